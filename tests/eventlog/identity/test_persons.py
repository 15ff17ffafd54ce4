"""Who is one person: against constrained Kruskal in plain Python, and the reference cases of the study.

`kruskal` is a brute force: links in their order, each accepted unless it would join two anchors.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attribution as at
from attribution.errors import LogError

KINDS = {"device_id": "device", "customer_id": "customer", "email": "email", "phone": "phone"}


def log_of(users):
    """A log with one touch of each user, all of one channel."""
    touches = pd.DataFrame({"device_id": list(users), "time": "2026-03-01", "channel": "email"})
    orders = pd.DataFrame({"device_id": list(users)[:1], "time": ["2026-03-02"]})
    return at.read_log(touches, orders, {"user": "device_id"})


def frame_of(links):
    """Identities of links, pairs like ("d1", "A"): d is a device, capitals are customers, x@ an e-mail."""
    rows = [{column_of(one): one, column_of(other): other} for one, other in links]
    frame = pd.DataFrame(rows, columns=["device_id", "customer_id", "email"])
    return frame.assign(time=pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(len(frame)), "h"))


def column_of(name):
    return "email" if "@" in name else "customer_id" if name.isupper() else "device_id"


def groups_of(identity, names):
    """Return the sets of identifiers that are one person."""
    found: dict[int, set[str]] = {}
    for name in names:
        kind = {"email": "email", "customer_id": "customer", "device_id": "device"}[column_of(name)]
        position = identity._position((kind, name), "one")
        found.setdefault(int(identity.persons.label[position]), set()).add(name)
    return sorted(map(sorted, found.values()))


# The reference values of the study: caps 5 for devices, 3 for e-mail addresses.
CASES = {
    "chain": ([("d1", "A"), ("a@x.com", "A"), ("a@x.com", "d2")], [["A", "a@x.com", "d1", "d2"]], 0),
    "tablet, one more": ([("d1", "A")] + [("t", "A")] * 5 + [("t", "B")] * 9, [["A", "d1"], ["B", "t"]], 1),
    "tablet": ([("t", "A"), *[("t", "B")] * 9], [["A"], ["B", "t"]], 1),
    "kiosk of six": (
        [("k", name) for name in "ABCDEF"],
        [["A"], ["B"], ["C"], ["D"], ["E"], ["F"], ["k"]],
        0,
    ),
    "e-mail of four": ([("x@x.com", name) for name in "ABCD"], [["A"], ["B"], ["C"], ["D"], ["x@x.com"]], 0),
    "family": (
        [("f@x.com", "A"), *[("f@x.com", "B")] * 2, *[("f@x.com", "C")] * 3],
        [["A"], ["B"], ["C", "f@x.com"]],
        2,
    ),
    "two devices by e-mail": ([("d1", "e@x.com"), ("d2", "e@x.com")], [["d1", "d2", "e@x.com"]], 0),
    "a bridge": (
        [*[("a@x.com", "A")] * 2, *[("d1", "B")] * 2, ("a@x.com", "d1")],
        [["A", "a@x.com"], ["B", "d1"]],
        1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_reference_cases(name):
    links, expected, refused = CASES[name]
    names = sorted({one for link in links for one in link})
    users = [one for one in names if column_of(one) == "device_id"] or names
    kind = "device" if column_of(users[0]) == "device_id" else "customer"
    columns = [column for column in KINDS if column in {column_of(one) for one in names}]
    identity = at.stitch(log_of(users), frame_of(links)[[*columns, "time"]], user=kind).identity
    assert groups_of(identity, names) == sorted(expected)
    assert identity.persons.refused.sum() == refused
    assert len(identity.refused()) == refused


def test_a_person_bears_the_name_of_its_anchor_or_of_what_was_seen_first():
    import pyarrow as pa

    from attribution.tables.keys import hash_array

    links = [("d2", "e@x.com"), ("d1", "e@x.com"), ("d3", "A")]
    stitched = at.stitch(log_of(["d1", "d2", "d3"]), frame_of(links))
    users = stitched.load().touches.user
    named = hash_array(pa.array(["d2", "d2", "A"]))
    assert users.tolist() == named.tolist()


def kruskal(links, cap):
    """Return the persons of counted links, {(one, other): (count, last)}, and how many links are refused."""
    names = {one for link in links for one in link}
    anchors = {name for name in names if name.isupper()}
    seen = {name: {o for link in links for o in link if name in link and o != name} for name in names}
    counted = anchors or names
    shared = {n for n in names - anchors if len(seen[n] & counted) > cap[column_of(n)]}
    person = {name: {name} for name in names}
    strength = {"customer_id": 0, "email": 1, "device_id": 2}
    usable = [link for link in links if not set(link) & shared]
    order = sorted(
        usable,
        key=lambda link: (max(strength[column_of(n)] for n in link), -links[link][0], -links[link][1]),
    )
    for one, other in order:
        if person[one] is person[other] or len((person[one] | person[other]) & anchors) > 1:
            continue
        both = person[one] | person[other]
        for name in both:
            person[name] = both
    refused = sum(person[one] is not person[other] for one, other in usable)
    return sorted({tuple(sorted(group)) for group in person.values()}), refused


NAMES = ["A", "B", "C", "a@x.com", "b@x.com", "d1", "d2", "d3", "d4"]
PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(
    lambda pair: column_of(pair[0]) != column_of(pair[1])
)
KRUSKAL = {"device_id": 2, "email": 2}


def stitched(links, cap=KRUSKAL):
    kinds = {
        "device_id": at.Kind("device", "device", cap["device_id"]),
        "email": at.Kind("email", "strong", cap["email"], "email"),
        "customer_id": "customer",
    }
    names = sorted({one for link in links for one in link})
    frame = frame_of(links)
    given = {column: kinds[column] for column in kinds}
    return at.stitch(log_of([*names, "d9"]), frame, kinds=given, user="device"), names


@given(
    st.lists(PAIRS, min_size=1, max_size=25).filter(
        lambda links: any("d" in one for link in links for one in link)
    )
)
def test_persons_are_those_of_kruskal_under_the_constraint(links):
    links = [(one, other) if one < other else (other, one) for one, other in links]
    counted = {
        link: (links.count(link), max(i for i, other in enumerate(links) if other == link)) for link in links
    }
    if not any(name in {"d1", "d2", "d3", "d4"} for link in links for name in link):
        return
    log, names = stitched(links)
    expected, refused = kruskal(counted, KRUSKAL)
    assert [tuple(group) for group in groups_of(log.identity, names)] == expected
    assert log.identity.persons.refused.sum() == refused
    # No person has two customers, whatever the links.
    assert all(sum(name.isupper() for name in group) <= 1 for group in groups_of(log.identity, names))


@given(st.lists(PAIRS, min_size=1, max_size=20), st.randoms())
def test_the_order_of_rows_and_columns_changes_nothing(links, random):
    links = [*links, ("d1", "A")]
    frame = frame_of(links)
    kinds = {"device_id": "device", "email": "email", "customer_id": "customer"}
    mixed = frame.sample(frac=1, random_state=random.randrange(2**31))
    mixed = mixed[random.sample(list(frame.columns), len(frame.columns))]
    half = len(frame) // 2
    log = log_of(["d1", "d2", "d3", "d4"])
    whole = at.stitch(log, frame, kinds=kinds).identity
    for other in (mixed, [frame.iloc[half:], frame.iloc[:half]] if half else mixed):
        again = at.stitch(log, other, kinds=kinds).identity
        assert again.digest == whole.digest
        np.testing.assert_array_equal(
            again.persons.name[again.persons.label], whole.persons.name[whole.persons.label]
        )


@given(st.lists(PAIRS, min_size=2, max_size=20), st.integers(0, 19))
def test_persons_of_one_link_fewer_are_never_fewer(links, out):
    kept = [link for place, link in enumerate(links) if place != out % len(links)]
    # without caps: one link less can also make an identifier be shared no more
    many = {"device_id": 99, "email": 99}
    links, kept = [*links, ("d1", "A")], [*kept, ("d1", "A")]
    whole, names = stitched(links, many)
    fewer, some = stitched(kept, many)
    lost = len(names) - len(some)
    assert len(groups_of(fewer.identity, some)) + lost >= len(groups_of(whole.identity, names))


def test_stitching_twice_is_stitching_once():
    links = [("d1", "A"), ("d2", "A"), ("d3", "e@x.com"), ("e@x.com", "A")]
    log = log_of(["d1", "d2", "d3"])
    once = at.stitch(log, frame_of(links))
    twice = at.stitch(once, frame_of(links))
    assert twice.load().touches.user.tolist() == once.load().touches.user.tolist()
    assert at.stitch(log, once.identity).load().touches.user.tolist() == once.load().touches.user.tolist()


def test_a_kiosk_of_three_thousand_merges_nobody():
    customers = [f"c{place}" for place in range(3_000)]
    frame = pd.DataFrame({"device_id": "kiosk", "customer_id": customers, "time": "2026-01-01"})
    own = pd.DataFrame(
        {"device_id": [f"d{p}" for p in range(3_000)], "customer_id": customers, "time": "2026-01-01"}
    )
    stitched = at.stitch(log_of(["kiosk", *own["device_id"]]), [frame, own])
    assert len(np.unique(stitched.load().touches.user)) == 3_001
    row = stitched.identity.shared().iloc[0]
    assert (row["kind"], row["seen_with"], row["cap"]) == ("device", 3_000, 5)
    assert stitched.identity.audit()["shared_identifiers"].count == 1


def test_a_test_account_and_the_phone_of_a_call_centre_merge_nobody():
    devices = [f"d{place}" for place in range(50)]
    test = pd.DataFrame({"device_id": devices, "customer_id": "TEST", "time": "2026-01-01"})
    calls = pd.DataFrame(
        {
            "phone": "+4930123456",
            "customer_id": [f"c{p}" for p in range(50)],
            "device_id": devices,
            "time": "2026-01-01",
        }
    )
    stitched = at.stitch(log_of(devices), [test, calls])
    assert len(np.unique(stitched.load().touches.user)) == 50
    checks = stitched.identity.audit()
    assert checks["placeholders"].count == 50
    assert checks["shared_identifiers"].rows[0]["kind"] == "phone"
    accounts = pd.concat([test.assign(customer_id="qa-7"), test.tail(1).assign(customer_id="ann")])
    named = at.stitch(log_of(devices), accounts, blocked=["QA-7"])
    assert len(np.unique(named.load().touches.user)) == 50


def test_why_two_identifiers_are_one_person():
    links = [("d1", "A"), ("e@x.com", "A"), ("e@x.com", "A"), ("e@x.com", "d2")]
    identity = at.stitch(log_of(["d1", "d2", "d9"]), frame_of([*links, ("d9", "B")])).identity
    steps = identity.explain("d1", "d2")
    assert steps["kind"].tolist() == ["device", "customer", "email"]
    assert steps["count"].tolist() == [1, 2, 1]
    assert identity.explain("d1", ("email", "E@x.com ")).shape[0] == 2
    with pytest.raises(LogError, match=r"they are two persons(.|\n)*anchor of its own"):
        identity.explain("d1", "d9")
    with pytest.raises(LogError, match="occurs in no link") as told:
        identity.explain("secret-id-7", "d2")
    assert "secret" not in str(told.value)
