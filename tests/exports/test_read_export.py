"""Every known format gives what was worked out by hand, and leaves nothing out in silence."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.errors import LogError

DATA = Path(__file__).parent / "data"
SHIPPED = Path(__file__).parents[2] / "data" / "samples" / "exports"
PURCHASE = {"purchase": "purchase"}
BUYERS = {
    "user_id": ["customer-1", "customer-2", "cus_1", "cus_2"],
    "time": ["2026-04-30", "2026-10-30", "2026-06-01", "2026-06-01"],
    "channel": ["email", "search", "video", "display"],
}


def credit(log: at.EventLog, model: str = "last_touch", **options: object) -> dict[str, tuple[float, float]]:
    """Return {channel: (conversions, value)} of the channels that have any."""
    frame = at.attribute(log, model, **options).to_frame()
    rows = zip(frame["channel"], frame["conversions"], frame["value"], strict=True)
    return {channel: (count, value) for channel, count, value in rows if count}


def touches(log: at.EventLog) -> list[tuple[int, str]]:
    """Return (time, channel) of all touches, in order."""
    columns = log.load()
    return sorted(
        zip(
            columns.touches.time.tolist(), (columns.channels[c] for c in columns.touches.channel), strict=True
        )
    )


# By hand, and the same from SQL on the Parquet file: a study of the format, November 2026.
@pytest.mark.parametrize("name", ["ga4.ndjson", "ga4.json", "ga4.parquet"])
def test_ga4(name):
    log = at.read_export((SHIPPED if name == "ga4.ndjson" else DATA) / name, "ga4", conversions=PURCHASE)
    assert sorted(channel for _, channel in touches(log)) == ["direct", "direct", "email", "paid_search"]
    assert credit(log, "last_touch") == {"paid_search": (1, 100), "direct": (1, 50)}
    assert credit(log, "first_touch") == {"email": (1, 100), "direct": (1, 50)}
    assert credit(log, "linear") == {"email": (0.5, 50), "paid_search": (0.5, 50), "direct": (1, 50)}
    assert log.left_out.counts == {"no_user": 1, "same_order": 1, "refunds": 1, "visits": 6}


def test_ga4_compressed_and_in_several_files(tmp_path):
    lines = (SHIPPED / "ga4.ndjson").read_bytes().splitlines()
    for part in (0, 1):
        with gzip.open(tmp_path / f"events_{part}.ndjson.gz", "wb") as file:
            file.write(b"\n".join(lines[part::2]))
    log = at.read_export(tmp_path / "events_*.ndjson.gz", "ga4", conversions=PURCHASE)
    assert credit(log, "linear") == {"email": (0.5, 50), "paid_search": (0.5, 50), "direct": (1, 50)}
    assert len(log.files) == 2


def test_ga4_by_fivetran():
    log = at.read_export(DATA / "ga4_fivetran.csv", "ga4_fivetran", conversions="purchase")
    assert credit(log) == {"paid_search": (1, 29.99)}  # a click id of Google Ads beats the medium "organic"


# Published: last touch of the peer's own tests (dbt-snowplow-fractribution 0.3.7), 97 sessions, 6 orders.
def test_snowplow():
    log = at.read_export(DATA / "snowplow.csv", "snowplow")
    assert len(touches(log)) + log.load().dropped["touches.no_touch"] == 97  # two come from log-in pages
    assert log.load().conversions.value.sum() == pytest.approx(500.92, abs=1e-9)
    found = credit(log, lookback="30D", after_conversion="overlap", session_gap="3650D")
    assert found == {
        "direct": (4, pytest.approx(234.42, abs=1e-9)),
        "organic_search": (1, pytest.approx(66.5)),
        "video": (1, pytest.approx(200)),
    }


TRACKS = pd.DataFrame(
    {
        "id": ["a", "b", "b", "c"],
        "anonymous_id": ["507f191e810c19729de860ea"] * 4,
        "user_id": [None, "97980cfea0067", "97980cfea0067", None],
        "timestamp": [
            "2015-02-24 10:00:00",
            "2015-02-25 10:00:00",
            "2015-02-25 10:00:00",
            "2015-02-26 10:00:00",
        ],
        "event": ["viewed", "order_completed", "order_completed", "order_refunded"],
        "revenue": [None, 80.0, 80.0, None],
        "total": [None, None, None, 30.0],
        "order_id": [None, "o1", "o1", "o1"],
    }
)


@pytest.mark.parametrize("name", ["segment", "rudderstack"])
def test_segment_with_its_tracks(name):
    log = at.read_export(
        DATA / "segment_pages.csv", name, orders=TRACKS, conversions={"order_completed": "purchase"}
    )
    assert credit(log) == {"organic_social": (1, 50)}
    assert log.left_out.counts == {"duplicates": 1, "refunds": 1, "stitched": 2}


def test_mixpanel_counts_by_the_clock_of_the_account():
    preset = at.EXPORTS["mixpanel"].replace(value="properties.item_price")
    options = {"conversions": {"Items purchased": "purchase"}}
    with pytest.raises(LogError, match="clock of the account") as told:
        at.read_export(SHIPPED / "mixpanel.ndjson", preset, **options)
    assert told.value.hint == 'timezone="Europe/Paris"'
    log = at.read_export(SHIPPED / "mixpanel.ndjson", preset, timezone="America/Los_Angeles", **options)
    assert log.load().conversions.time.tolist() == [1_652_851_048 * 1_000_000]
    assert credit(log) == {"paid_search": (1, 800)}


def test_mixpanel_by_fivetran():
    log = at.read_export(
        DATA / "mixpanel_fivetran.csv",
        at.EXPORTS["mixpanel"].replace(time_unit=None, local=False),
        conversions="plays",
    )
    assert len(log.load().conversions) > 0


def test_amplitude():
    log = at.read_export(DATA / "amplitude.json", "amplitude", conversions={"revenue_amount": "purchase"})
    assert credit(log) == {"paid_search": (1, 99)}


def test_posthog():
    log = at.read_export(DATA / "posthog.csv", "posthog", conversions=PURCHASE)
    assert credit(log) == {"paid_search": (1, pytest.approx(49.9))}
    assert log.left_out.counts == {"not_touches": 2}


def test_matomo():
    log = at.read_export(
        DATA / "matomo.json", "matomo", conversions={"ecommerceOrder": "purchase", "signup": "signup"}
    )
    assert credit(log, goal="purchase") == {"paid_search": (1, pytest.approx(49.9))}
    assert credit(log, goal="signup") == {"paid_search": (1, 0)}


def test_hubspot():
    log = at.read_export(DATA / "hubspot_contacts.csv", "hubspot", timezone="Europe/Berlin")
    assert credit(log, goal="customer") == {"email": (1, 1200.5)}
    assert credit(log, goal="lead") == {"paid_search": (1, 0), "organic_search": (1, 0)}
    assert len(touches(log)) == 4


def test_shopify():
    log = at.read_export(SHIPPED / "shopify.csv", "shopify", touches=BUYERS)
    rows = log.load().conversions
    assert dict(
        zip(pd.to_datetime(rows.time, unit="us").strftime("%m-%d %H:%M"), rows.value, strict=True)
    ) == {
        "05-01 08:00": pytest.approx(100.9),
        "11-01 09:00": pytest.approx(40.0),
    }
    assert log.left_out.counts == {"line_items": 1, "other_status": 2, "refunds": 1}
    assert credit(log) == {"email": (1, pytest.approx(100.9)), "search": (1, 40)}


def test_stripe():
    log = at.read_export(DATA / "stripe.csv", "stripe", touches=BUYERS)
    assert credit(log) == {"video": (1, 3125), "display": (1, 60)}
    assert log.left_out.counts == {"other_status": 1, "refunds": 1}


def test_salesforce_counts_what_was_won_by_the_end_of_its_day():
    won = pd.read_csv(DATA / "salesforce.csv").assign(is_deleted=False)
    log = at.read_export(
        won,
        "salesforce",
        touches={"user_id": won["account_id"][:1], "time": ["2018-12-19 20:00"], "channel": ["fair"]},
    )
    assert credit(log, lookback="1D")["fair"][0] >= 1  # met at 20:00, won on that day
    assert (
        at.read_export(DATA / "salesforce.csv", "salesforce", touches=BUYERS).left_out.counts["other_status"]
        == 10
    )


def test_touches_of_one_export_with_the_orders_of_another():
    visits = at.read_export(DATA / "posthog.csv", "posthog", conversions=PURCHASE)
    orders = pd.DataFrame(
        {
            "Name": ["#1"],
            "Email": ["p1"],
            "Financial Status": ["paid"],
            "Paid at": ["2026-06-02 10:00:00 +0200"],
            "Created at": ["2026-06-02 10:00:00 +0200"],
            "Total": ["12.50"],
            "Currency": ["EUR"],
            "Refunded Amount": ["0.00"],
        }
    )
    assert credit(at.read_export(orders, "shopify", touches=visits)) == {"paid_search": (1, 12.5)}


def test_an_export_of_ones_own():
    crm = at.Export(
        name="crm",
        user="contact",
        touches=at.ExportTouches(time=("sent",), sources=(("tool", "kind", None),)),
        conversions=at.ExportConversions(time=("won",), goal="deal", value=("amount",), order=("deal",)),
    )
    assert eval(repr(crm), vars(at)) == crm
    rows = {
        "contact": ["a", "b"],
        "sent": ["2026-03-01", "2026-03-01"],
        "tool": ["google", "brevo"],
        "kind": ["cpc", "email"],
        "won": ["2026-03-09", None],
        "amount": ["1.200,50", None],
        "deal": ["d1", None],
    }
    log = at.read_export(rows, crm)
    assert credit(log) == {"paid_search": (1, 1200.5)}
    assert log.left_out.counts == {"no_time": 1}
    assert crm.replace(value="sum", user=("account",)).conversions.value == ("sum",)


def test_the_audit_and_the_report_say_what_was_left_out():
    log = at.read_export(SHIPPED / "ga4.ndjson", "ga4", conversions=PURCHASE)
    check = log.audit(now="2026-09-30")["left_out"]
    assert check.passed is None
    assert check.count == 9
    assert "1 row without a user" in check.text
    assert "6 further rows of visits" in check.text


REFUSED = {
    "no such format": (
        lambda: at.read_export(DATA / "ga4.json", "ga"),
        "no export 'ga'; did you mean 'ga4'",
        None,
    ),
    "neither name nor export": (
        lambda: at.read_export(DATA / "ga4.json", 5),
        "neither the name",
        'export="ga4"',
    ),
    "events not named": (
        lambda: at.read_export(DATA / "ga4.json", "ga4"),
        "'purchase' (3)",
        "conversions={'purchase': 'purchase'}",
    ),
    "an event that is not there": (
        lambda: at.read_export(DATA / "ga4.json", "ga4", conversions={"purchas": "purchase"}),
        "did you mean 'purchase'",
        None,
    ),
    "no events": (lambda: at.read_export(DATA / "ga4.json", "ga4", conversions={}), "names no events", None),
    "another export": (
        lambda: at.read_export(DATA / "stripe.csv", "shopify", touches=BUYERS),
        "no export of shopify",
        None,
    ),
    "no touches": (lambda: at.read_export(SHIPPED / "shopify.csv", "shopify"), "hold conversions only", None),
    "touches twice": (
        lambda: at.read_export(DATA / "ga4.json", "ga4", conversions=PURCHASE, touches=BUYERS),
        "hold touches themselves",
        None,
    ),
    "a clock that is not needed": (
        lambda: at.read_export(DATA / "ga4.json", "ga4", conversions=PURCHASE, timezone="Europe/Paris"),
        "in UTC",
        None,
    ),
    "no such zone": (
        lambda: at.read_export(DATA / "hubspot_contacts.csv", "hubspot", timezone="Europe/Pariss"),
        "Europe/Paris",
        None,
    ),
    "no such refunds": (
        lambda: at.read_export(DATA / "ga4.json", "ga4", conversions=PURCHASE, refunds="nett"),
        "'net'",
        None,
    ),
    "no such file": (lambda: at.read_export(DATA / "ga5.json", "ga4"), "ga5.json", None),
    "no JSON": (lambda: at.read_export(DATA / "broken.json", "ga4"), "broken.json", None),
    "a field that is none": (lambda: at.EXPORTS["ga4"].replace(valeu="x"), "did you mean 'value'", None),
    "an export of nothing": (lambda: at.Export(name="x", user="u"), "neither touches nor conversions", None),
    "an export of nobody": (lambda: at.Export(name="x", user=()), "no column", None),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_said(case):
    call, words, hint = REFUSED[case]
    with pytest.raises(LogError) as told:
        call()
    assert words in str(told.value)
    assert hint is None or told.value.hint == hint


def test_text_that_is_no_json_is_told(tmp_path):
    (tmp_path / "x.ndjson").write_text('{"event": "a"}\n{"event": \n')
    with pytest.raises(LogError, match=r"x\.ndjson"):
        at.read_export(tmp_path / "x.ndjson", "ga4", conversions=PURCHASE)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("46143", "spreadsheet"),
        ("1780000000", "whole numbers"),
        ("03/04/2026", "either way round"),
        ("soon", "'soon'"),
    ],
)
def test_times_that_may_be_anything_are_refused(written, words):
    rows = {
        "Customer ID": ["a"],
        "Created date (UTC)": [written],
        "Amount": ["1"],
        "Status": ["Paid"],
        "Captured": ["true"],
    }
    with pytest.raises(LogError, match=words):
        at.read_export(rows, "stripe", touches=BUYERS)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (["1,200.50", "3"], 1203.5),
        (["1.200,50", "3"], 1203.5),
        (["12,5"], 12.5),
        (["1 200,5"], 1200.5),
        (["--", "7"], 7),
        (["1,200"], None),
    ],
)
def test_amounts_are_read_by_the_whole_column(written, value):
    rows = {
        "Customer ID": ["cus_1"] * len(written),
        "Created date (UTC)": ["2026-06-02 4:05:00"] * len(written),
        "Amount": written,
        "Status": ["Paid"] * len(written),
        "Captured": ["true"] * len(written),
        "id": [f"c{n}" for n in range(len(written))],
    }
    if value is None:
        with pytest.raises(LogError, match="thousands or cents"):
            at.read_export(rows, "stripe", touches=BUYERS)
    else:
        assert np.nansum(at.read_export(rows, "stripe", touches=BUYERS).load().conversions.value) == value


def test_other_currencies_and_refunds_as_asked():
    rows = {
        "Customer ID": ["cus_1"] * 3,
        "Created date (UTC)": ["2026-06-02 04:05:00"] * 3,
        "Amount": [10.0, 20.0, 30.0],
        "Amount Refunded": [0.0, 20.0, 5.0],
        "Currency": ["eur", "eur", "usd"],
        "Status": ["Paid", "Refunded", "Paid"],
        "Captured": ["true"] * 3,
        "id": ["a", "b", "c"],
    }

    def values(**options: object) -> list[float]:
        return sorted(
            at.read_export(rows, "stripe", touches=BUYERS, **options).load().conversions.value.tolist()
        )

    assert values(currency="EUR") == [0, 10]
    assert values(currency="EUR", refunds="remove") == [10]
    assert values(currency="EUR", refunds="ignore") == [10, 20]
    assert values(currency="JPY") == []
    with pytest.raises(at.AttributionError, match="currenc"):
        at.attribute(at.read_export(rows, "stripe", touches=BUYERS), "linear")


def test_an_hour_that_comes_twice_or_never_by_the_clock():
    rows = {
        "Record ID": [1, 2],
        "Create Date": ["2026-03-29 02:30", "2026-10-25 02:30"],
        "Original Source": ["PAID_SEARCH"] * 2,
        "Original Source Drill-Down 1": ["google"] * 2,
        "Became a Lead Date": ["2026-11-01 09:00"] * 2,
    }
    preset = at.EXPORTS["hubspot"]
    log = at.read_export(rows, preset.replace(touches=preset.touches[:1]), timezone="Europe/Berlin")
    shown = pd.to_datetime(sorted(log.load().touches.time), unit="us").strftime("%m-%d %H:%M").tolist()
    assert shown == ["03-29 01:00", "10-25 01:30"]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("ab"),  # user
        st.integers(0, 2),  # visit
        st.integers(0, 50),  # minute
        st.sampled_from([None, "google/cpc", "newsletter/email", "(direct)/(none)"]),
        st.sampled_from(["page_view", "page_view", "purchase", "refund"]),
        st.sampled_from([None, "T1", "T2"]),
        st.integers(1, 9),
    ),
    max_size=14,
    unique_by=lambda event: (event[0], event[2], event[4], event[5]),  # what is alike there was sent twice
)


@settings(max_examples=60)
@given(EVENTS)
def test_ga4_equals_plain_python(events):
    rows = [
        {
            "user_pseudo_id": user,
            "event_name": name,
            "event_timestamp": (1_788_000_000 + visit * 86_400 + minute * 60) * 1_000_000,
            "event_params": [{"key": "ga_session_id", "value": {"int_value": visit}}],
            "collected_traffic_source": dict(
                zip(
                    ("manual_source", "manual_medium"),
                    source.split("/") if source else (None, None),
                    strict=True,
                )
            ),
            "ecommerce": {
                "transaction_id": order,
                "purchase_revenue": float(worth),
                "refund_value": float(worth),
            },
        }
        for user, visit, minute, source, name, order, worth in events
    ]
    if not any(row["event_name"] == "purchase" for row in rows):
        return
    visits: dict[tuple[str, int], list[tuple[int, str | None]]] = {}
    for (user, visit, _, source, *_), row in zip(events, rows, strict=True):
        visits.setdefault((user, visit), []).append((row["event_timestamp"], source))
    expected = []
    for (user, _), seen in visits.items():
        seen.sort(key=lambda row: (row[0], row[1] or "zz"))
        known = [source for _, source in seen if source and not source.startswith("(direct)")]
        expected.append((user, seen[0][0], known[0].split("/")[0] if known else "(direct)"))
    log = at.read_export(pa.Table.from_pylist(rows), "ga4", conversions=PURCHASE)
    got = next(iter(log.touches.batches(["user_id", "time", "source"]))).to_pylist()
    assert sorted(tuple(row.values()) for row in got) == sorted(expected)
    sold: dict[str, tuple[int, float]] = {}
    alone = []
    for (*_, order, worth), row in sorted(
        zip(events, rows, strict=True), key=lambda pair: (pair[1]["event_timestamp"], pair[0][0], pair[0][6])
    ):
        if row["event_name"] != "purchase":
            continue
        if order is None:
            alone.append(float(worth))
        else:
            sold.setdefault(order, (row["event_timestamp"], float(worth)))
    back = {
        order: sum(worth for *_, name, other, worth in events if name == "refund" and other == order)
        for order in sold
    }
    wanted = sorted(alone + [max(worth - back[order], 0.0) for order, (_, worth) in sold.items()])
    assert sorted(log.load().conversions.value.tolist()) == pytest.approx(wanted)


def test_a_job_reads_an_export(tmp_path):
    (tmp_path / "job.toml").write_text(
        f'models = ["linear"]\n[log]\ntouches = "{DATA}/ga4.parquet"\n[log.export]\nname = "ga4"\n'
        f'conversions = {{ purchase = "purchase" }}\n[output]\nfolder = "{tmp_path}/out"\n'
    )
    result = at.run(at.load_config(tmp_path / "job.toml"))
    assert result.credit.to_frame()["conversions"].sum() == 2
    assert [Path(item["path"]).name for item in result.manifest["inputs"]] == ["job.toml", "ga4.parquet"]
    assert pq.read_table(tmp_path / "out" / "credit.parquet").num_rows == 3
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["rows"]["touches"] == 4


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            ('conversions = { purchase = "purchase" }', ""),
            '[log.export] conversions = {purchase = "purchase"}',
        ),
        (('"ga4"', '"mixpanel"'), '[log.export] timezone = "Europe/Paris"'),
        (('"ga4"', '"ga5"'), "'ga4'"),
        (("[log.export]", "missing_value = 0\n[log.export]"), "[log.export] says already"),
        (("[output]", "[log.export.x]\n[output]"), "log.export.x"),
    ],
)
def test_a_job_that_cannot_says_so_in_its_own_language(tmp_path, change, line):
    text = (
        f'models = ["linear"]\n[log]\ntouches = "{DATA}/ga4.parquet"\n[log.export]\nname = "ga4"\n'
        f'conversions = {{ purchase = "purchase" }}\n[output]\nfolder = "{tmp_path}/out"\n'
    )
    (tmp_path / "job.toml").write_text(text.replace(*change))
    with pytest.raises(at.AttributionError) as told:
        at.run(at.load_config(tmp_path / "job.toml"))
    assert line in f"{told.value} {told.value.hint}"


def test_every_preset_can_be_printed_and_changed():
    for name, preset in at.EXPORTS.items():
        assert preset.name == name
        assert eval(repr(preset), vars(at)) == preset
        assert preset.replace(name="mine") == replace(preset, name="mine")


def test_a_day_ends_by_the_clock_of_its_place():
    deals = {"Id": ["d"], "AccountId": ["a"], "CloseDate": ["2026-03-29"], "Amount": [5.0],
             "IsWon": ["true"], "IsDeleted": ["false"]}  # fmt: skip
    met = {"user_id": ["a"], "time": ["2026-03-28"], "channel": ["fair"]}
    for zone, ends in ((None, "2026-03-29 23:59:59.999999"), ("Europe/Berlin", "2026-03-29 21:59:59.999999")):
        log = at.read_export(deals, "salesforce", touches=met, timezone=zone)
        assert str(pd.Timestamp(int(log.load().conversions.time[0]), unit="us")) == ends


def test_one_name_stands_for_several_and_one_value_for_some():
    won = at.ExportConversions(time="won", goal="deal", value="amount", where={"stage": "won"})
    assert (won.time, won.value, won.where) == (("won",), ("amount",), {"stage": ("won",)})
    assert at.ExportTouches(time="sent", sources=("tool", "kind", None)).sources == (("tool", "kind", None),)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: at.read_export(DATA / "stripe.csv", "stripe", touches=BUYERS, conversions="Paid"),
            "themselves",
        ),
        (
            lambda: at.read_export(DATA / "posthog.csv", "posthog", conversions=PURCHASE, refunds="remove"),
            "no refunds",
        ),
        (
            lambda: at.read_export(DATA / "matomo.json", "matomo", conversions="signup", currency="EUR"),
            "no currencies",
        ),
    ],
)
def test_what_would_change_nothing_is_refused(call, words):
    with pytest.raises(LogError, match=words):
        call()


@pytest.mark.parametrize(("written", "value"), [(["1.5e3", "2"], 1502.0), (["1.172", "2.500"], 3.672)])
def test_amounts_of_machines_have_points(written, value):
    rows = [{"event": "$pageview", "person_id": "a", "timestamp": "2026-03-01T00:00:00Z", "properties": "{}"}]
    rows += [
        {"event": "purchase", "person_id": "a", "timestamp": f"2026-03-0{n + 2}T00:00:00Z",
         "properties": json.dumps({"revenue": text})}
        for n, text in enumerate(written)
    ]  # fmt: skip
    log = at.read_export(pd.DataFrame(rows), "posthog", conversions=PURCHASE)
    assert log.load().conversions.value.sum() == pytest.approx(value)


def test_amounts_written_in_two_ways_are_no_amounts():
    rows = {
        "Customer ID": ["cus_1"] * 2, "Created date (UTC)": ["2026-06-02 4:05:00"] * 2, "id": ["a", "b"],
        "Amount": ["1,200.50", "1.200,50"], "Status": ["Paid"] * 2, "Captured": ["true"] * 2,
    }  # fmt: skip
    with pytest.raises(LogError, match="no numbers"):
        at.read_export(rows, "stripe", touches=BUYERS)
