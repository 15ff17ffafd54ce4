"""Stitched logs: the same on every engine, by the last use of a device, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attribution as at
from attribution.errors import AttributionError, LogError
from attribution.eventlog.identity.normalise import Normaliser

MODELS = ["first_touch", "linear", at.Markov(2), "shapley"]


@pytest.fixture(scope="module")
def sample():
    return at.load_sample("retailer")


@pytest.fixture(scope="module")
def by_device(sample):
    return at.read_log(sample.touches, sample.conversions, {"user": "device_id"})


@pytest.fixture(scope="module")
def stitched(by_device, sample):
    return at.stitch(by_device, sample.identities)


def test_the_sample_by_device_stitched_and_by_true_user(by_device, stitched, sample):
    # docs/identity.md; 59 refused links and 112 are those of the study, which mapped each device for good.
    true = at.read_log(sample.touches, sample.conversions)
    ever = at.stitch(by_device, sample.identities, when="ever")
    lost = [
        at.attribute(log, "linear", goal="purchase").to_frame()["conversions"].iloc[-1]
        for log in (by_device, ever, stitched, true)
    ]
    assert lost == [215.0, 112.0, 113.0, 33.0]
    assert stitched.identity.persons.refused.sum() == 59
    assert stitched.identity.n_persons == 13_686


@pytest.mark.parametrize(
    "options", [{}, {"when": "ever"}, {"when": "after"}, {"within": "60D"}, {"salt": "s"}]
)
def test_memory_and_stream_are_one(by_device, sample, options):
    log = at.stitch(by_device, sample.identities, **options)
    memory, stream = (
        at.attribute(log, MODELS, goal="purchase", engine=engine).to_frame()
        for engine in ("memory", "stream")
    )
    np.testing.assert_allclose(memory["conversions"], stream["conversions"], atol=1e-9)


def test_a_log_mapped_beforehand_gives_the_same_credit(stitched, sample):
    # By hand: each device of one person gets that person's name.
    people, touches = stitched.identity.people, sample.touches.to_pandas()
    times = touches["time"].astype("datetime64[us, UTC]").astype("int64").to_numpy()
    named = touches.assign(who=people.persons(hashes(touches["device_id"]), times).astype(str))
    orders = sample.conversions.to_pandas()
    times = orders["time"].astype("datetime64[us, UTC]").astype("int64").to_numpy()
    orders = orders.assign(who=people.persons(hashes(orders["device_id"]), times).astype(str))
    by_hand = at.attribute(at.read_log(named, orders, {"user": "who"}), MODELS, goal="purchase").to_frame()
    got = at.attribute(stitched, MODELS, goal="purchase").to_frame()
    np.testing.assert_allclose(got["conversions"], by_hand["conversions"], atol=1e-9)


def hashes(texts):
    from attribution.tables.keys import hash_array

    return hash_array(pa.array(texts))


def test_a_secret_changes_hashes_and_no_number(by_device, stitched, sample):
    salted = at.stitch(by_device, sample.identities, salt="2026")
    a, b = (at.attribute(log, MODELS, goal="purchase").to_frame() for log in (stitched, salted))
    np.testing.assert_allclose(a["conversions"], b["conversions"], atol=1e-9)
    assert not np.isin(salted.identity.persons.name, stitched.identity.persons.name).any()
    assert not np.isin(salted.load().touches.user, stitched.load().touches.user).any()


def one(touch_times, **options):
    """Whose touches on one tablet are that A used on day 10 and B on day 20 (names, or the tablet itself)."""
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(touch_times, "D")
    touches = pd.DataFrame({"device_id": "tablet", "time": days, "channel": "email"})
    orders = pd.DataFrame({"device_id": ["tablet"], "time": [days[0]]})
    used = pd.DataFrame(
        {"device_id": "tablet", "customer_id": ["A", "B"], "time": ["2026-01-11", "2026-01-21"]}
    )
    log = at.stitch(at.read_log(touches, orders, {"user": "device_id"}), used, **options)
    names = dict(zip(hashes(["A", "B", "tablet"]).tolist(), ["A", "B", "tablet"], strict=True))
    return [names[user] for user in log.load().touches.user.tolist()]


def test_a_device_of_two_people_is_whose_who_used_it_last():
    days = [0, 10, 15, 20, 30]
    assert one(days) == ["A", "A", "A", "B", "B"]  # at one instant the link holds
    assert one(days, when="after") == ["tablet", "A", "A", "B", "B"]
    assert one(days, within="7D") == ["tablet", "A", "A", "B", "tablet"]
    assert len(set(one(days, when="ever"))) == 1


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.sampled_from(["nearest", "after"]))
def test_the_last_use_by_brute_force(days, when):
    expected = []
    for day in days:
        before = [who for use, who in ((10, "A"), (20, "B")) if use <= day]
        expected.append(before[-1] if before else "A" if when == "nearest" else "tablet")
    assert sorted(one(sorted(days), when=when)) == sorted(expected)


def test_orders_under_the_customer_meet_the_touches_of_his_devices():
    touches = {"id": ["d1"], "time": ["2026-03-01"], "channel": ["email"]}
    orders = {"id": ["A"], "time": ["2026-03-02"]}
    log = at.read_log(touches, orders, {"user": "id"})
    used = {"device_id": ["d1"], "customer_id": ["A"], "time": ["2026-01-01"]}
    for salt in (None, "s"):
        credit = at.attribute(at.stitch(log, used, user="device", salt=salt), "linear")
        assert credit.to_frame().set_index("channel")["conversions"].to_dict() == {"email": 1.0}


def test_numbers_as_ids_are_those_of_the_log():
    touches = {"id": [7, 8], "time": ["2026-03-01", "2026-03-01"], "channel": ["email", "search"]}
    log = at.read_log(touches, {"id": [9], "time": ["2026-03-02"]}, {"user": "id"})
    for kind in (int, str):
        used = {"device_id": [kind(7), kind(8)], "customer_id": [kind(9)] * 2, "time": ["2026-01-01"] * 2}
        credit = at.attribute(at.stitch(log, used, user="device"), "linear")
        assert credit.to_frame()["conversions"].tolist() == [0.5, 0.5]


def test_a_raw_address_meets_its_hash():
    # The digest of annlee@gmail.com is the study's.
    digest = "16e202bdcd9646af11faa3a5a3b9c07a6303e9629583246f8208e43c529087de"
    assert Normaliser("email", digest=True)(pa.array(["Ann.Lee+x@googlemail.com"])).to_pylist() == [digest]
    touches = {"device_id": ["d1", "d2"], "time": ["2026-03-01"] * 2, "channel": ["email", "search"]}
    log = at.read_log(touches, {"device_id": ["d2"], "time": ["2026-03-02"]}, {"user": "device_id"})
    forms = {"device_id": ["d1"], "email": ["Ann.Lee+x@googlemail.com"], "time": ["2026-01-01"]}
    seen = {"device_id": ["d2"], "email_sha256": [digest.upper()], "time": ["2026-01-01"]}
    credit = at.attribute(at.stitch(log, [forms, seen]), "linear").to_frame()
    assert credit["conversions"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("how", "text", "expected"),
    [
        ("email", " Ann.Lee+promo@GMAIL.com", "annlee@gmail.com"),
        ("email", "ann.lee+x@corp.com", "ann.lee@corp.com"),
        ("email_with_tags", "ann.lee+x@corp.com", "ann.lee+x@corp.com"),
        ("email", "ann.lee", None),
        ("phone", "+49 (0) 151 23456789", "+4915123456789"),
        ("phone", "0049 151 23456789", "+4915123456789"),
        ("phone", "(212) 555-2368", "+12125552368"),
        ("phone", "0000000000", None),
        ("phone", "911", None),
        ("sha256", "abc", None),
        ("upper", "6d92078a-8246-4ba4-ae5b-76104861e7dc", "6D92078A-8246-4BA4-AE5B-76104861E7DC"),
        ("upper", "00000000-0000-0000-0000-000000000000", None),
        ("text", "(not set)", None),
        ("text", " x ", "x"),
    ],
)
def test_identifiers_are_made_alike(how, text, expected):
    if text == "(212) 555-2368":
        pytest.importorskip("phonenumbers", reason="the extra identity is not installed")
    assert Normaliser(how, region="US")(pa.array([text])).to_pylist() == [expected]


def test_what_was_written_is_read_and_frozen(by_device, stitched, sample, tmp_path):
    stitched.identity.write(tmp_path / "who")
    kept = at.read_identity(tmp_path / "who")
    assert kept.digest == stitched.identity.digest
    again = at.stitch(by_device, kept)
    assert (again.load().touches.user == stitched.load().touches.user).all()
    assert kept.refused().equals(stitched.identity.refused())
    salted = at.stitch(by_device, sample.identities, salt="s").identity
    salted.write(tmp_path / "salted")
    assert b'"s"' not in (tmp_path / "salted" / "identity.npz").read_bytes()
    assert at.read_identity(tmp_path / "salted", salt="s").digest == salted.digest
    for wrong in (None, "t"):
        with pytest.raises(LogError, match="secret"):
            at.read_identity(tmp_path / "salted", salt=wrong)
    (tmp_path / "who" / "identity.npz").write_bytes(b"PK")
    with pytest.raises(LogError, match="damaged"):
        at.read_identity(tmp_path / "who")


def test_no_identifier_is_kept(stitched, tmp_path):
    stitched.identity.write(tmp_path)
    raw = (tmp_path / "identity.npz").read_bytes()
    assert b"d0000009" not in raw
    assert b"u0000003" not in raw
    shown = repr(stitched.identity) + stitched.identity._repr_html_() + repr(stitched.identity.audit())
    assert "u00000" not in shown
    assert "d00000" not in shown


def test_pairs_by_splink_reach_what_its_records_are(tmp_path):
    edges = {
        "unique_id_l": ["d2", "d1", "d1"],
        "unique_id_r": ["d1", "d3", "d4"],
        "match_probability": [0.95, 0.99, 0.3],
    }
    log = at.read_log(
        {"id": ["d1", "d2", "d3", "d4"], "time": ["2026-03-01"] * 4, "channel": ["a", "b", "c", "d"]},
        {"id": ["d1"], "time": ["2026-03-02"]},
        {"user": "id"},
    )
    kinds = {"record": "device", "match": at.Kind("match")}
    for order in ([0, 1, 2], [2, 1, 0]):
        mixed = {name: [values[place] for place in order] for name, values in edges.items()}
        found = at.stitch(log, at.links_from_splink(mixed), kinds=kinds, when="ever")
        credit = at.attribute(found, "linear").to_frame().set_index("channel")["conversions"]
        assert credit.round(3).to_dict() == {"a": 0.333, "b": 0.333, "c": 0.333, "d": 0.0}
    with pytest.raises(LogError, match="no pair is a match"):
        at.links_from_splink(edges, threshold=1.0)


def test_a_holdout_by_device_is_read_by_person(by_device, stitched, sample):
    devices = sample.identities.to_pandas()[["device_id"]].head(2_000)
    person = stitched.identity.persons_of(pa.array(devices["device_id"]))
    devices = devices[~pd.Series(person, devices.index).duplicated()]
    arms = devices.assign(arm=np.where(np.arange(len(devices)) % 2 == 0, "treatment", "holdout"))
    options = {"user": "device_id", "start": "2025-03-01", "end": "2025-09-01", "goal": "purchase"}
    alone, together = (
        at.outcomes(log, arms, **options)["conversions"].sum() for log in (by_device, stitched)
    )
    assert together > alone  # what he bought by other devices is his


USED = {"device_id": ["d1"], "customer_id": ["A"], "time": ["2026-01-01"]}


@pytest.mark.parametrize(
    ("identities", "options", "told"),
    [
        (USED | {"device_id": ["x1"]}, {}, "no 'device_id' of the log occurs.*lower-case letters and digits"),
        (USED, {"kinds": {"device_id": "devise", "customer_id": "customer"}}, "did you mean 'device'"),
        (USED, {"kinds": {"device": "device"}}, "there is no column 'device'"),
        (
            USED,
            {"kinds": {"device_id": "ip", "customer_id": "customer"}},
            "'ip' is a place, and links nobody",
        ),
        (USED, {"when": "last"}, "when"),
        (USED, {"user": "cookie"}, "user"),
        (USED, {"within": "soon"}, "within"),
        (USED, {"time": "seen"}, "there is no column 'seen'"),
        ({"device_id": ["d1"], "customer_id": ["A"]}, {}, "no column tells when a link was seen"),
        ({"device_id": ["d1"], "time": ["2026-01-01"]}, {}, "only 'device_id' is of a known kind"),
        (USED | {"time": ["soon"]}, {}, "1 rows have no time"),
        (USED | {"phone": ["0151 23456789"]}, {}, "1 phone numbers have no country code"),
        (
            USED | {"household": ["h"]},
            {"kinds": {"customer_id": "customer", "household": at.Kind("household", "anchor")}},
            "both anchors",
        ),
    ],
)
def test_what_cannot_be_stitched_is_refused(identities, options, told):
    log = at.read_log(
        {"device_id": ["d1"], "time": ["2026-03-01"], "channel": ["email"]},
        {"device_id": ["d1"], "time": ["2026-03-02"]},
        {"user": "device_id"},
    )
    with pytest.raises(AttributionError, match=told) as caught:
        at.stitch(log, identities, **options)
    assert "x1" not in str(caught.value)
    assert "23456789" not in str(caught.value)


def test_households_where_they_are_asked_for():
    touches = {"device_id": ["d1", "d2"], "time": ["2026-03-01"] * 2, "channel": ["email", "search"]}
    log = at.read_log(touches, {"device_id": ["d2"], "time": ["2026-03-02"]}, {"user": "device_id"})
    home = {"device_id": ["d1", "d2"], "house": ["main st 5|lee"] * 2, "time": ["2026-01-01"] * 2}
    kinds = {"device_id": "device", "house": at.Kind("household", role="anchor")}
    assert at.attribute(at.stitch(log, home, kinds=kinds), "linear").to_frame()["conversions"].tolist() == [
        0.5,
        0.5,
    ]


def test_the_audit_of_a_stitched_log_says_what_tilts_its_credit():
    rng = np.random.default_rng(1)
    devices = [f"d{place}" for place in range(600)]
    touches = pd.DataFrame(
        {"device_id": devices, "time": "2026-03-01", "channel": np.repeat(["email", "video"], 300)}
    )
    orders = pd.DataFrame({"device_id": devices[:20], "time": "2026-03-02"})
    known = [*devices[:300], *rng.choice(devices[300:], 60, replace=False)]
    used = pd.DataFrame(
        {"device_id": known, "customer_id": [f"c{i % 200}" for i in range(360)], "time": "2026-02-01"}
    )
    log = at.stitch(at.read_log(touches, orders, {"user": "device_id"}), used)
    check = log.audit(now="2026-04-01")["identified_by_channel"]
    assert check.passed is False
    assert str(check.text).startswith(
        "touches are known to be somebody's in 100% of 'email' and 20% of 'video'"
    )
    assert log.identity.audit()["identifiers_unmatched"].count == 240


def test_what_the_audit_reads_is_not_taken_for_the_stitched_log(by_device, sample):
    log = at.stitch(by_device, sample.identities)
    log.identity.audit()
    first = at.attribute(log, "linear", goal="purchase").to_frame()["conversions"]
    again = at.attribute(at.stitch(by_device, sample.identities), "linear", goal="purchase")
    assert first.tolist() == again.to_frame()["conversions"].tolist()
    assert by_device.load().touches.user.tolist() != log.load().touches.user.tolist()


def test_increments_refuse_other_links_and_take_frozen_ones(by_device, sample, tmp_path):
    identities = sample.identities.to_pandas()
    half = identities[identities["time"] < "2025-07-01"]
    frozen = at.stitch(by_device, half)
    frozen.identity.write(tmp_path / "who")
    engine = at.Increments(tmp_path / "state")
    first = at.attribute(frozen, "linear", goal="purchase", engine=engine).to_frame()
    expected = at.attribute(frozen, "linear", goal="purchase").to_frame()
    np.testing.assert_allclose(first["conversions"], expected["conversions"], atol=1e-9)
    with pytest.raises(AttributionError, match="identity"):
        at.attribute(at.stitch(by_device, identities), "linear", goal="purchase", engine=engine)
    kept = at.stitch(by_device, at.read_identity(tmp_path / "who"))
    again = at.attribute(kept, "linear", goal="purchase", engine=engine).to_frame()
    np.testing.assert_allclose(again["conversions"], first["conversions"], atol=1e-9)
