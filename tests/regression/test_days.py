"""Checks of single new days: what is doubled, shifted or written anew is named; ordinary days pass."""

from __future__ import annotations

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import poisson

import attribution as at
from attribution import cli
from attribution.engines.memory import Memory
from attribution.journeys.options import JourneyOptions
from attribution.models.days import KEPT, day_parts
from attribution.models.log_profile import profile_of, tally_profile
from attribution.regression import input_drift
from attribution.regression.log_drift import noise
from attribution.regression.store import as_baseline
from attribution.regression.tolerance import tolerance
from attribution.stats.day_profiles import count_p, count_range, profile_p

DAY = 86_400_000_000
START = int(np.datetime64("2026-01-01", "us").astype(np.int64))
JOB = """
models = ["linear"]
[log]
touches = "touches-*.parquet"
conversions = "conversions-*.parquet"
[report]
sections = ["findings"]
[check]
baseline = "previous"
alpha = 0.0005
[output]
folder = "{folder}/out"
{more}
"""
HOURS = 1 + 0.8 * np.cos((np.arange(24) - 15) / 24 * 2 * np.pi)


def made(days=60, buyers=120, seed=0, *, orders=True, resolution=1):
    """Return touches and conversions: each buyer is new, touched once, and buys within minutes to days."""
    rng = np.random.default_rng(seed)
    n = buyers * days
    day = np.repeat(np.arange(days), buyers)
    hour = rng.choice(24, n, p=HOURS / HOURS.sum())
    bought = START + day * DAY + hour * (DAY // 24) + rng.integers(0, DAY // 24, n)
    wait = (60e6 * 30 * np.exp(rng.normal(0, 2, n))).astype(np.int64)
    bought = bought // resolution * resolution
    users = np.arange(n)
    touches = pa.table(
        {
            "user_id": users,
            "time": stamps(bought - wait),
            "channel": rng.choice(["email", "ads", "direct"], n),
        }
    )
    conversions = {"user_id": users, "time": stamps(bought), "value": rng.integers(5, 99, n).astype(float)}
    if orders:
        conversions["order_id"] = [f"o{number}" for number in range(n)]
    return touches, pa.table(conversions)


def stamps(times):
    return pa.array(times).cast(pa.timestamp("us"))


def day_of(table):
    return (table["time"].cast(pa.int64()).to_numpy() - START) // DAY


def upto(tables, day):
    return [table.filter(pa.array(day_of(table) < day)) for table in tables]


def changed(tables, day, *, touches=lambda rows: rows, conversions=lambda rows: rows):
    """Change the rows of one day."""
    found = []
    for table, change in zip(tables, (touches, conversions), strict=True):
        on = day_of(table) == day
        found.append(pa.concat_tables([table.filter(pa.array(~on)), change(table.filter(pa.array(on)))]))
    return found


def twice(rows):
    return pa.concat_tables([rows, rows])


def later(hours):
    def change(rows):
        moved = rows["time"].cast(pa.int64()).to_numpy() + int(hours * DAY / 24)
        return rows.set_column(1, "time", stamps(moved))

    return change


def nightly(old, new, **options):
    """Compare the log of tonight with that of the night before."""
    sides = []
    for tables in (old, new):
        journeys = at.build_journeys(at.read_log(*tables), **options)
        sides.append(as_baseline(at.attribute(journeys, "linear"), journeys=journeys))
    return at.check(sides[1], sides[0], mode="nightly")


NIGHTS = {
    "conversions twice": ({"conversions": twice}, {"log.duplicates", "log.orders"}),
    "touches twice": ({"touches": twice}, {"log.duplicates"}),
    "conversions an hour later": ({"conversions": later(1)}, {"log.day_waits"}),
    "conversions two hours earlier": ({"conversions": later(-2)}, {"log.day_waits"}),
    "touches three hours later": ({"touches": later(3)}, {"log.day_waits"}),
}


@pytest.mark.parametrize("night", NIGHTS)
def test_a_bad_day_is_caught_by_the_check_for_it(night):
    change, caught = NIGHTS[night]
    tables = made()
    checks = nightly(upto(tables, 58), changed(upto(tables, 59), 58, **change))
    assert caught <= {check.name for check in checks.failed}, str(checks)
    for name in caught:
        assert checks[name].rows[0]["day"] == "2026-02-28"
        assert "2026-02-28" in checks[name].text
        assert checks[name].p_value <= 0.0005
        assert checks[name].fix
    assert nightly(upto(tables, 58), upto(tables, 59)).passed


def test_a_clock_that_is_off_for_a_day_is_named():
    tables = made(buyers=1_500)
    checks = nightly(upto(tables, 58), changed(upto(tables, 59), 58, conversions=later(1)))
    assert "the clock of the conversions looks shifted, 1 hour later" in checks["log.day_hours"].text
    assert checks["log.day_hours"].rows[0]["hours_later"] == 1


def test_one_doubled_order_is_enough_where_there_never_was_one_and_is_usual_where_they_are_usual():
    tables = made()
    one = changed(upto(tables, 59), 58, conversions=lambda rows: pa.concat_tables([rows, rows.slice(0, 1)]))
    checks = nightly(upto(tables, 58), one)
    assert [check.name for check in checks.failed] == ["log.orders"]
    assert "1 of 121 conversions have an order id that was there before" in checks["log.orders"].text
    refunds = tables[1].filter(pa.array(np.arange(len(tables[1])) % 20 == 0))  # the same id, a day later
    refunds = later(24)(refunds).set_column(2, "value", pa.array(-np.ones(len(refunds))))
    usual = [tables[0], pa.concat_tables([tables[1], refunds])]
    checks = nightly(upto(usual, 58), upto(usual, 59))
    assert checks["log.orders"].passed, str(checks["log.orders"])


def test_rows_that_repeat_by_nature_are_no_finding():
    # A log whose times are days, of users who buy the same twice a day now and then.
    tables = made(orders=False, resolution=DAY)
    again = tables[1].filter(pa.array(np.random.default_rng(1).random(len(tables[1])) < 0.05))
    usual = [tables[0], pa.concat_tables([tables[1], again])]
    for night in range(45, 59):
        checks = nightly(upto(usual, night), upto(usual, night + 1))
        assert checks["log.duplicates"].passed, str(checks["log.duplicates"])
        assert checks["log.orders"].passed is not False
    broken = changed(upto(usual, 59), 58, conversions=twice)
    assert nightly(upto(usual, 58), broken)["log.duplicates"].passed is False


def test_a_finding_that_was_accepted_is_not_told_again():
    tables = changed(made(), 57, conversions=twice)
    assert nightly(upto(tables, 58), upto(tables, 59)).passed


def test_little_data_is_said_to_be_little():
    tables = made(days=30, buyers=5)
    checks = nightly(upto(tables, 28), upto(tables, 29))
    for name in ("log.day_hours", "log.day_waits"):
        assert checks[name].passed is None
        assert "too few rows" in checks[name].text


def test_the_last_day_may_not_be_over():
    tables = made(buyers=600)
    end = START + int(58.5 * DAY)
    noon = [rows.filter(pa.array(rows["time"].cast(pa.int64()).to_numpy() < end)) for rows in tables]
    assert nightly(upto(tables, 58), noon)["log.day_hours"].passed


def test_pinned_checks_make_no_tests_of_days_and_alpha_is_what_it_is_told():
    tables = made(days=50, buyers=20)
    journeys = at.build_journeys(at.read_log(*tables))
    credit = at.attribute(journeys, "linear")
    baseline = as_baseline(credit, journeys=journeys)
    assert "log.orders" not in [check.name for check in at.check(credit, baseline, journeys=journeys)]
    with pytest.raises(at.AttributionError, match=r"alpha=1\.0 must be below 1"):
        at.check(credit, baseline, alpha=1.0)


@pytest.mark.parametrize("engine", ["stream", "memory"])
def test_every_engine_counts_days_alike(engine):
    tables = changed(made(days=50, buyers=30), 48, conversions=twice)
    touched = int((day_of(tables[0]) == 46).sum())
    log = at.read_log(*changed(tables, 46, touches=twice))
    whole = profile_of(tally_profile(at.build_journeys(log)))
    assert whole["order_day_repeats"] == whole["conversion_day_repeats"] == {"2026-02-18": 30.0}
    assert whole["day_repeats"].keys() == {"2026-02-16"}
    assert whole["day_repeats"]["2026-02-16"] >= touched  # those before a doubled purchase count for both
    engines = {"stream": at.Stream(), "memory": Memory()}
    with engines[engine].open(log, JourneyOptions()) as tally:
        assert profile_of(tally({"profile": tally_profile})["profile"]) == whole


def test_days_by_hand():
    # By hand: the last 42 days to 1 March are those from 19 January on.
    times = ["2026-02-28T10:00", "2026-02-28T10:00", "2026-01-18T09:00"]
    touches = {"user_id": [1, 1, 2], "channel": ["a", "a", "b"], "time": times}
    orders = {
        "user_id": [1, 1, 1, 1], "order_id": ["x", "x", "x", ""], "value": [1.0, 1.0, 2.0, 1.0],
        "time": ["2026-02-28T10:03", "2026-02-28T10:03", "2026-03-01T10:00", "2026-03-01T23:00"],
    }  # fmt: skip
    built = at.build_journeys(at.read_log(touches, orders), after_conversion="overlap")
    parts = {name: dict(zip(*map(list, part), strict=True)) for name, part in day_parts(built).items()}
    assert KEPT == 42
    assert parts["conversion_day_repeats"] == {"2026-02-28": 1}
    assert parts["order_day_repeats"] == {"2026-02-28": 1, "2026-03-01": 1}
    assert parts["day_hours"] == {"2026-02-28 10": 8}  # each of four conversions looks back on two
    assert parts["day_repeats"] == {"2026-02-28": 4}
    assert parts["day_waits"] == {"2026-02-28 5min": 2, "2026-03-01 1D": 1, "2026-03-01 3D": 1}


# ------------------------------------------------------------------------------------------- false alarms


@pytest.mark.parametrize("jumps", [None, 200.0])
def test_the_tests_keep_their_level(jumps):
    """Multinomial days, and days whose profiles jump (Dirichlet): type-I error at 5%, 300 draws, seed 4."""
    rng = np.random.default_rng(4)
    share = HOURS / HOURS.sum()

    def day():
        return rng.multinomial(rng.poisson(150), share if jumps is None else rng.dirichlet(share * jumps))

    alarms = 0
    for _ in range(300):
        days = np.array([day() for _ in range(36)], float)
        alarms += profile_p(days[0], days[1:6], others=[days[6:21], days[21:]], ordered=True)[0] <= 0.05
    assert alarms <= 33  # 15 are expected; of Binomial(300, 0.08) more than 33 come once in 50


def test_the_count_keeps_its_level_where_rates_jump():
    """Days whose rate of repeats is beta(2, 38): type-I error at 1%, 2,000 draws, seed 5."""
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(2_000):
        rows = rng.poisson(40, 41).astype(float) + 1
        hits = rng.binomial(rows.astype(int), rng.beta(2, 38, 41)).astype(float)
        alarms += count_p(hits[0], rows[0], hits[1:], rows[1:]) <= 0.01
    assert alarms <= 40  # 20 are expected


@pytest.mark.parametrize("mean", [1.4, 10.0, 100.0])
@pytest.mark.parametrize("spread", [1.0, 1.5])
def test_volumes_of_few_a_day_keep_their_level(mean, spread):
    """Negative binomial days of variance `spread` times the mean: at most 1 alarm in 200, seed 6."""
    rng = np.random.default_rng(6)

    def days(n):
        rate = mean if spread == 1.0 else rng.gamma(mean / (spread - 1), spread - 1, n)
        return rng.poisson(rate, n).astype(float)

    limits = tolerance("nightly", None)
    alarms = 0
    for _ in range(3_000):
        before, now = days(28), days(1)
        apart = abs(now[0] - before.mean())
        alarms += apart > noise(before, now, limits) and apart > 0.25 * max(now[0], before.mean())
    assert alarms <= 15


def test_a_range_of_counts_holds_what_it_says():
    """Poisson days are outside once in 1 / alpha: 5%, seed 7; after many days as Poisson says."""
    rng = np.random.default_rng(7)
    outside = 0
    for _ in range(2_000):
        low, high = count_range(rng.poisson(20.0, 28).astype(float), 3, 0.05)
        outside += not low <= rng.poisson(60.0) <= high
    assert 40 <= outside <= 130  # at most 100 are expected, for counts are whole
    many = np.tile([19.0, 20.0, 21.0], 10**5)
    assert count_range(many, 1, 0.01) == (poisson.ppf(0.005, 20), poisson.isf(0.005, 20))
    assert count_range(np.zeros(5), 2, 0.05) == (0.0, 0.0)


# ------------------------------------------------------------------------------------------------- files


def entry(day, size=10, digest="a"):
    return {"path": f"data/touches-2026-03-{day:02}.parquet", "bytes": size, "sha256": digest}


def test_a_settled_file_that_was_written_anew_is_named(caplog):
    old = [entry(day) for day in range(1, 10)]
    new = [entry(3, digest="b") if day == 3 else entry(day) for day in range(1, 11)]
    (found,) = input_drift.check(old, new)
    assert found.check.status == "info"
    assert "touches-2026-03-03.parquet" in found.check.text
    assert found.check.count == 1
    assert "touches-2026-03-03.parquet" in caplog.text
    (found,) = input_drift.check(old, [entry(day, 11 if day > 6 else 10) for day in range(1, 10)])
    assert found.check.passed  # the last three may still grow
    assert input_drift.check([entry(1)], [entry(1, 11)]) == []  # one file: it grows
    assert input_drift.check(None, old) == []


@pytest.fixture
def daily(tmp_path):
    """Return a folder with a file a day of either table."""
    for name, rows in zip(("touches", "conversions"), made(days=20, buyers=10), strict=True):
        for day in range(20):
            chosen = rows.filter(pa.array(day_of(rows) == day))
            pq.write_table(chosen, tmp_path / f"{name}-{day + 1:02}.parquet")
    return tmp_path


def test_a_job_on_daily_files_tells_a_rewritten_one(daily, caplog):
    job = daily / "job.toml"
    job.write_text(JOB.format(folder=daily, more=""))
    assert cli.main(["run", str(job)]) == 0
    path = daily / "conversions-05.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows.set_column(2, "value", pa.array(np.full(len(rows), 1e6))), path)
    caplog.clear()
    cli.main(["run", str(job)])
    assert "conversions-05.parquet" in caplog.text
    facts = json.loads((daily / "out" / "manifest.json").read_text())
    assert facts["regression"]["inputs.rewritten"] == "info"
    assert facts["regression"]["log.days"] == "info"  # no new one


def test_increments_tell_a_file_that_was_only_touched(daily, caplog):
    job = daily / "job.toml"
    job.write_text(JOB.format(folder=daily, more=f'[increments]\nfolder = "{daily}/state"\n'))
    assert cli.main(["run", str(job)]) == 0
    os.utime(daily / "touches-02.parquet", (1, 1))
    assert cli.main(["run", str(job)]) == 0
    assert "touches-02.parquet" in caplog.text
