"""The audit: each kind of dirt is found and counted, rows are shown, and dirt never raises."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attribution as at
from attribution.datasets import simulate
from attribution.diagnostics import CheckResults
from attribution.errors import LogError
from attribution.eventlog.read import read_log
from tests.eventlog.tables import T0, UTC, conversion_table, times, touch_table
from tests.language.french import checks_in_french

NOW = "2026-06-01"
NAMES = [
    "null_keys",
    "unreadable_entries",
    "mixed_clocks",
    "times_out_of_range",
    "times_in_future",
    "missing_days",
    "log_stops",
    "exact_duplicates",
    "ties",
    "sequence_order",
    "channel_spelling",
    "label_spelling",
    "blank_channels",
    "busy_users",
    "guest_ids",
    "conversion_rate",
    "conversions_without_touch",
    "conversions_before_first_touch",
    "duplicate_orders",
    "values_missing",
    "values_negative",
    "value_currencies",
    "value_outliers",
]


def frame(**columns):
    table = touch_table().to_pandas()
    return table.assign(**columns)


def orders(**columns):
    return conversion_table().to_pandas().assign(**columns)


def audit(touches=None, conversions=None, schema=None, **options) -> CheckResults:
    log = read_log(
        touch_table() if touches is None else touches,
        conversion_table() if conversions is None else conversions,
        schema,
    )
    checks = log.audit(**{"now": NOW, **options})
    checks_in_french(checks)  # whatever a test finds, a French report can say
    return checks


def test_every_check_is_there_by_name():
    checks = audit()
    assert [check.name for check in checks] == NAMES
    for check in checks:
        assert check.text
        assert len(check.rows) <= 5
        assert check.passed is not False or (check.fix and check.count)


def test_null_keys():
    check = audit(frame(user_id=["a", None, "b", "c", None], channel=["x", None, None, "y", "z"]))[
        "null_keys"
    ]
    assert (check.passed, check.count) == (False, 3)
    assert [row["row"] for row in check.rows] == [1, 4]
    assert check.rows[0]["user_id"] is None
    assert "invalid=" in check.fix


def test_unreadable_entries():
    touches = frame(
        channel=["a", "(unattributed)", "b", "c", "d"],
        time=["2026-03-01T12Z", "2026-03-01T12Z", "soon", "2026-03-01", "2026-03-02T12Z"],
    )
    conversions = orders(value=[np.inf, 1, 2])
    check = audit(touches, conversions)["unreadable_entries"]
    assert (check.passed, check.count) == (False, 4)
    assert "reserved" not in check.text
    assert "kept for conversions without a touch" in check.text
    assert "ISO 8601" in check.text
    assert "infinite" in check.text


def test_flags_that_are_counts():
    table = touch_table().append_column("n", pa.array([0, 1, 2, 0, 1]))
    checks = read_log(table, schema={"conversion": "n"}).audit(now=NOW)
    assert checks["unreadable_entries"].count == 1
    assert checks["unreadable_entries"].rows[0]["n"] == 2


def test_clocks():
    mixed = audit(frame(time=["2026-03-01 12:00"] * 5))["mixed_clocks"]
    assert mixed.passed is False
    assert "no zone in touches" in mixed.text
    assert audit()["mixed_clocks"].passed


def test_times_out_of_range_and_in_the_future(tmp_path):
    moments = pa.array([0, 4_000_000_000, 1_772_366_400, 2**40, 1_772_366_401], pa.timestamp("s", "UTC"))
    checks = audit(touch_table().set_column(1, "time", moments))
    early, late = checks["times_out_of_range"], checks["times_in_future"]
    assert (early.passed, early.count) == (False, 2)
    assert early.rows[0]["row"] == 0
    assert early.rows[0]["time"] == "1970-01-01 00:00:00"
    assert (late.passed, late.count) == (False, 1)
    assert late.rows[0]["row"] == 1
    assert checks["missing_days"].passed is None
    beyond = audit(touch_table().set_column(1, "time", pa.array([2**40] * 5, pa.timestamp("s", "UTC"))))
    assert beyond["times_out_of_range"].count == 5
    assert isinstance(beyond["times_out_of_range"].rows[0]["time"], str)


def test_now_may_be_a_time_or_text():
    for now in (
        dt.datetime(2026, 2, 1),  # noqa: DTZ001 (naive is UTC)
        dt.datetime(2026, 2, 1, tzinfo=UTC),
        "2026-02-01",
        "2026-02-01T01:00+01:00",
    ):
        assert audit(now=now)["times_in_future"].count == 8
    assert audit(now=None)["times_in_future"].name == "times_in_future"


def test_exact_duplicates_are_the_same_in_every_column():
    table = frame()
    twice = pd.concat([table, table.iloc[[1, 1, 3]], table.iloc[[2]].assign(campaign="other")])
    ignoring = audit(twice)["exact_duplicates"]
    assert ignoring.count == 4
    check = audit(twice, pd.concat([orders(), orders().iloc[:1]]), {"dims": ("campaign",)})[
        "exact_duplicates"
    ]
    assert check.count == 4
    assert check.text.startswith("3 touches and 1 conversion ")
    assert check.rows[0]["user_id"] == "bob"


def test_missing_values_may_be_duplicates():
    table = orders(value=[None, 1.0, 2.0])
    assert audit(None, pd.concat([table, table.iloc[:1]]))["exact_duplicates"].count == 1


def test_ties_need_a_sequence():
    touches = frame(
        user_id="ann",
        time=[T0] * 3 + [T0 + dt.timedelta(hours=1)] * 2,
        channel=list("abaaa"),
        sequence=[1, 2, 3, 1, 2],
    )
    assert audit(touches, schema={"sequence": ""})["ties"].count == 1
    assert "sequence" in audit(touches, schema={"sequence": ""})["ties"].fix
    assert audit(touches)["ties"].passed is True


def test_channels_that_differ_by_case_or_space():
    touches = frame(channel=["Paid Search", "paid_search", " paid search", "email", "Email"])
    check = audit(touches)["channel_spelling"]
    assert check.passed is False
    assert check.count == 3
    assert {row["channel"] for row in check.rows} == set(touches["channel"])
    log = read_log(touches, conversion_table())
    fixed = eval(check.fix, {"log": log})
    assert fixed.audit(now=NOW)["channel_spelling"].passed
    assert len(fixed.load().channels) == 2


def test_blank_channels():
    assert audit(frame(channel=["", "  ", "a", "b", "c"]))["blank_channels"].count == 2


def test_busy_users():
    users = np.concatenate([np.repeat(np.arange(300), 3), np.full(250, 1000)])
    table = pa.table({"user_id": users, "time": times(len(users)), "channel": ["a"] * len(users)})
    conversions = pa.table({"user_id": [1], "time": times(1)})
    check = read_log(table, conversions).audit(now="2027-01-01")["busy_users"]
    assert (check.passed, check.count) == (False, 1)
    assert check.rows[0]["user_id"] == 1000
    assert read_log(table, conversions).audit(now="2027-01-01", busy_touches=2)["busy_users"].count == 301


def test_conversions_without_and_before_touches():
    conversions = pd.DataFrame(
        {
            "user_id": ["ann", "ann", "ann", "dora", "bob"],
            "time": [
                T0,
                T0 - dt.timedelta(microseconds=1),
                T0 + dt.timedelta(days=31),
                T0,
                T0 + dt.timedelta(hours=2),
            ],
        }
    )
    checks = audit(None, conversions)
    without = checks["conversions_without_touch"]
    assert (without.count, without.passed) == (3, False)
    assert [row["row"] for row in without.rows] == [1, 2, 3]
    assert "1 of them by users without any touch" in without.text
    assert audit(None, conversions, most_without_touch=0.9)["conversions_without_touch"].passed is None
    assert audit(None, conversions, lookback="40D")["conversions_without_touch"].count == 2
    before = checks["conversions_before_first_touch"]
    assert before.count == 1
    assert before.rows[0]["row"] == 1


def test_orders_and_values():
    conversions = pd.DataFrame(
        {
            "user_id": ["ann"] * 6,
            "time": [T0 + dt.timedelta(hours=hour) for hour in range(6)],
            "value": [1.0, -2.0, None, 4.0, -0.5, 6.0],
            "order_id": ["a", "b", "a", None, None, "a"],
        }
    )
    checks = audit(None, conversions)
    assert checks["duplicate_orders"].count == 2
    assert [row["row"] for row in checks["duplicate_orders"].rows] == [2, 5]
    assert checks["values_missing"].count == 1
    assert checks["values_negative"].count == 2
    assert "-2.50" in checks["values_negative"].text
    assert checks["value_outliers"].passed is None
    told = read_log(touch_table(), conversions, missing_value=0.0).audit(now=NOW)["values_missing"]
    assert told.passed is None
    assert "counted as 0" in told.text


def test_value_outliers():
    values = np.append(np.exp(np.random.default_rng(1).normal(4, 1, 500)), 1e6)
    conversions = pa.table({"user_id": ["ann"] * 501, "time": times(501), "value": values})
    check = audit(None, conversions)["value_outliers"]
    assert (check.passed, check.count) == (False, 1)
    assert check.rows[0]["value"] == 1e6
    assert audit(None, conversions, outlier_deviations=1e9)["value_outliers"].passed
    equal = pa.table({"user_id": ["ann"] * 50, "time": times(50), "value": [5.0] * 50})
    assert audit(None, equal)["value_outliers"].passed


def daily(days, per_day=20):
    """Return touches spread over some days, and a conversion each day."""
    stamps = [T0 + dt.timedelta(days=day, minutes=minute) for day in days for minute in range(per_day)]
    table = pd.DataFrame({"user_id": np.arange(len(stamps)), "time": stamps, "channel": "a"})
    conversions = pd.DataFrame({"user_id": 1, "time": [T0 + dt.timedelta(days=day, hours=3) for day in days]})
    return table, conversions


def test_missing_days():
    check = audit(*daily([0, 1, 2, 5, 6, 7, 8, 10]))["missing_days"]
    assert (check.passed, check.count) == (False, 3)
    assert [row["day"] for row in check.rows] == ["2026-03-04", "2026-03-05", "2026-03-10"]
    assert audit(*daily(range(10)))["missing_days"].passed
    assert audit(*daily([0, 5], per_day=2))["missing_days"].passed is None


def test_where_the_log_stops():
    touches, conversions = daily(range(40))
    fine = audit(touches, conversions)["log_stops"]
    assert fine.passed is None
    assert "drop_censored=True" in fine.fix
    end = conversions["time"].max()
    assert fine.count == int((touches["time"] > end - dt.timedelta(days=30)).sum())
    cut = touches[touches["time"] < T0 + dt.timedelta(days=30)]
    early = audit(cut, conversions)["log_stops"]
    assert early.passed is False
    assert "11 conversions after the last touch" in early.text
    late = audit(touches, conversions[conversions["time"] < T0 + dt.timedelta(days=20)])["log_stops"]
    assert late.passed is False
    assert "conversions stop at 2026-03-20" in late.text
    partial = audit(touches[touches["time"] < T0 + dt.timedelta(days=39, minutes=2)], conversions)[
        "log_stops"
    ]
    assert partial.passed is False
    assert "2026-04-09, has 2 touches" in partial.text


def test_one_table():
    table = touch_table().append_column("bought", pa.array([False, True, None, True, False]))
    table = table.set_column(0, "user_id", pa.array(["ann", None, "ann", "cleo", "bob"]))
    checks = read_log(table, schema={"conversion": "bought"}).audit(now=NOW)
    assert checks["null_keys"].count == 1
    assert checks["conversions_without_touch"].passed
    assert checks["null_keys"].rows[0]["row"] == 1


def test_rows_come_from_any_file(tmp_path):
    for number in range(3):
        user = pa.array(["a", "b", None if number == 2 else "c", "d", "e"])
        pq.write_table(
            touch_table().set_column(0, "user_id", user), tmp_path / f"{number}.parquet", row_group_size=2
        )
    check = audit(tmp_path)["null_keys"]
    assert check.rows == (
        {"row": 12, "user_id": None, "time": "2026-03-01 14:00:00", "channel": "search", "sequence": 3},
    )


def test_dirt_made_on_purpose_is_found_in_number():
    data = simulate(3000, seed=5, dirt=True, bots=3)
    made = data.settings["dirt_rows"]
    checks = read_log(data.touches, data.conversions).audit(now="2026-06-01")
    found = {check.name: check.count for check in checks}
    assert found["null_keys"] == made["null_users"] + made["null_times"] + made["null_channels"]
    assert found["times_out_of_range"] == made["epoch_times"]
    assert found["times_in_future"] == made["future_times"]
    assert found["missing_days"] == made["missing_days"]
    assert found["channel_spelling"] == made["channel_spelling"]
    assert found["exact_duplicates"] == made["exact_duplicates"]
    assert found["duplicate_orders"] == made["duplicate_orders"]
    assert found["values_missing"] == made["missing_values"]
    assert found["values_negative"] == made["negative_values"]
    assert found["value_outliers"] == made["outlier_values"]
    assert found["busy_users"] == 3


def test_a_clean_log_passes():
    data = simulate(3000, seed=5)
    assert read_log(data.touches, data.conversions).audit(now="2026-06-01").passed


@pytest.mark.parametrize(
    "options",
    [
        {"lookback": "-1D"},
        {"lookback": 30},
        {"now": "soon"},
        {"now": 5},
        {"busy_touches": 0},
        {"outlier_deviations": -1},
        {"most_without_touch": True},
    ],
)
def test_arguments_that_make_no_sense(options):
    with pytest.raises(LogError) as caught:
        audit(**options)
    assert caught.value.column in options


TEXT = st.none() | st.sampled_from(["a", "A ", "", "(unattributed)", "b"])
DIRTY_TIMES = st.none() | st.integers(-(2**62), 2**62) | st.integers(1_700_000_000, 1_800_000_000)
DIRTY = st.lists(st.tuples(TEXT, DIRTY_TIMES, TEXT), max_size=12)
VALUES = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@given(DIRTY, st.lists(st.tuples(TEXT, DIRTY_TIMES, VALUES), max_size=6))
def test_dirt_never_raises(touches, conversions):
    left = pa.table(
        {
            "user_id": pa.array([row[0] for row in touches], pa.string()),
            "time": pa.array([row[1] for row in touches], pa.int64()),
            "channel": pa.array([row[2] for row in touches], pa.string()),
        }
    )
    right = pa.table(
        {
            "user_id": pa.array([row[0] for row in conversions], pa.string()),
            "time": pa.array([row[1] for row in conversions], pa.int64()),
            "value": pa.array([row[2] for row in conversions], pa.float64()),
        }
    )
    checks = read_log(left, right, {"time_unit": "s"}).audit(now=NOW)
    assert [check.name for check in checks] == NAMES
    nulls = sum(None in row or not row[0].strip() for row in touches)
    nulls += sum(None in row[:2] or not row[0].strip() for row in conversions)
    assert checks["null_keys"].count <= nulls
    assert repr(checks)


def test_spellings_differ_by_punctuation_in_every_dimension():
    touches = (
        touch_table()
        .to_pandas()
        .assign(
            channel=["email", "e-mail", "PaidSearch", "paid_search", "x"],
            campaign=["Brand", "brand", "5.0", "5", "other"],
        )
    )
    checks = read_log(touches, conversion_table(), {"dims": "campaign"}).audit(now=NOW)
    assert "'e-mail'" in checks["channel_spelling"].text
    assert "'paid_search'" in checks["channel_spelling"].text
    assert "campaign: '5' = '5.0'" in checks["label_spelling"].text
    assert "'Brand' = 'brand'" in checks["label_spelling"].text
    exec(checks["label_spelling"].fix, {"touches": touches})
    log = read_log(touches, conversion_table(), {"dims": "campaign"})
    assert log.audit(now=NOW)["label_spelling"].passed
    grouped = eval(checks["channel_spelling"].fix, {"log": log})
    assert grouped.audit(now=NOW)["channel_spelling"].passed


@pytest.mark.parametrize(("n", "buyers", "passed"), [(200, 10, True), (200, 100, True), (200, 101, False),
                                                     (200, 200, False), (99, 99, None), (200, 0, None),
                                                     (20_000, 1, False), (20_000, 2, True)])  # fmt: skip
def test_a_rate_of_conversion_that_nobody_has_is_told(n, buyers, passed):
    users = [f"u{i:05}" for i in range(n)]
    touches = pd.DataFrame({"user_id": users, "time": T0, "channel": "email"})
    bought = pd.DataFrame({"user_id": users[:buyers], "time": T0 + dt.timedelta(hours=1), "value": 1.0})
    check = read_log(touches, bought.astype({"user_id": str})).audit(now=NOW)["conversion_rate"]
    assert check.passed is passed
    if passed is False:
        assert f"{buyers:,} of {n:,} users with touches convert" in check.text


@pytest.mark.parametrize(("sequence", "count"), [([1, 2, 3, 4], 0), ([1, 2, 1, 2], 0), ([1, 3, 2, 4], 1),
                                                 ([5, 9, 8, 7], 2), ([1, 1, 1, 1], 0)])  # fmt: skip
def test_a_sequence_that_contradicts_the_times_is_told(sequence, count):
    """By hand: a place lower than the one before and above the user's lowest, where a session may begin."""
    touches = pd.DataFrame(
        {"user_id": ["a"] * 4 + ["b"], "time": [T0 + dt.timedelta(hours=i) for i in range(5)],
         "channel": list("xyxyz"), "sequence": [*sequence, 0]}
    ).sample(frac=1.0, random_state=3)  # fmt: skip
    check = read_log(touches, orders()).audit(now=NOW)["sequence_order"]
    assert check.count == count
    assert check.passed is (count == 0)
    if count:
        exec(check.fix, {}, kept := {"touches": touches})
        assert list(kept["touches"]) == ["user_id", "time", "channel"]
        assert len(kept["touches"]) == 5


def hours(after) -> pa.Array:
    return pa.array([T0 + dt.timedelta(hours=hour) for hour in after], pa.timestamp("us", "UTC"))


@pytest.mark.parametrize("kind", ["int64", "string"])
def test_guests_called_0_are_found_and_the_fix_loses_nothing(kind):
    """A shop's export: large ids, and 0 for guests; by hand 3 touches and 2 orders of guests."""
    user = pd.Series([8123, 0, 9121, 0, 77001, 0, 8123]).astype(kind)
    touches = pd.DataFrame({"user_id": user, "time": hours(range(7)), "channel": list("abcdefg")})
    buyers = pd.Series([0, 8123, 0]).astype(kind)
    conversions = pd.DataFrame({"user_id": buyers, "time": hours([90, 91, 92]), "value": [5.0, 7.0, 11.0]})
    check = read_log(touches, conversions).audit(now=NOW)["guest_ids"]
    assert check.passed is False
    assert (check.count, len(check.rows)) == (5, 3)
    assert "3 touches and 2 conversions" in check.text
    scope = {"touches": touches.copy(), "conversions": conversions.copy()}
    exec(check.fix, scope)
    mended = read_log(scope["touches"], scope["conversions"])
    assert mended.audit(now=NOW)["guest_ids"].passed
    assert (len(mended.load().touches), len(mended.load().conversions)) == (7, 3)
    credit = at.attribute(mended, "last_touch").to_frame().set_index("channel")["value"]
    assert credit["(unattributed)"] == 16.0  # nobody knows what brought the guests
    assert credit["g"] == 7.0


@pytest.mark.parametrize(
    ("ids", "guest"),
    [
        (range(300), False),  # simulated ids
        (range(0, 600, 2), False),
        ([0], False),
        ([0, 1], False),
        ([0, *range(10_000, 10_050)], True),
        ([0, 3, *range(10_000, 10_050)], True),
        (range(10_000, 10_050), False),
    ],
)
@pytest.mark.parametrize("text", [False, True])
def test_a_user_0_is_a_person_where_ids_count_from_it(ids, guest, text):
    who = [str(each) if text else each for each in ids]
    table = {"user_id": who, "time": hours([0] * len(who)), "channel": ["a"] * len(who)}
    check = read_log(table, {"user_id": who[:1], "time": hours([9])}).audit(now=NOW)["guest_ids"]
    assert (check.passed is False) == guest


def test_values_in_several_currencies_are_told_and_the_fix_runs():
    names = ["EUR", "sek", "EUR ", None, "SEK"]
    users = pd.DataFrame({"user_id": range(5), "time": hours([0] * 5), "channel": ["a"] * 5})
    paid = pd.DataFrame(
        {"user_id": range(5), "time": hours([9] * 5), "value": [1.0, 2.0, 3.0, 4.0, 0.0], "currency": names}
    )
    log = read_log(users, paid)
    check = log.audit(now=NOW)["value_currencies"]
    assert check.passed is False
    assert "EUR (2), SEK (1)" in check.text
    credit = eval(check.fix.split("; ")[0], {"at": at, "log": log})
    assert credit.value.sum() == paid["value"].sum()
    one = read_log(users, paid.assign(currency="EUR")).audit(now=NOW)["value_currencies"]
    assert one.passed
    assert read_log(users, paid.drop(columns="currency")).audit(now=NOW)["value_currencies"].passed is None
