"""Geo tests under attack: odd arguments, odd panels, and numbers that must not contradict one another."""

from __future__ import annotations

import copy
import datetime as dt
import math
import pickle

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError

NAMES = [f"geo {number:02d}" for number in range(12)]
DAYS = pd.date_range("2026-01-01", "2026-02-28")
ASKED = {"treated": NAMES[:4], "start": "2026-02-15", "end": "2026-02-28", "method": "did"}


def panel(days=DAYS, seed=2):
    rng = np.random.default_rng(seed)
    sales = rng.lognormal(6, 0.3, (12, 1)) * rng.lognormal(0, 0.05, (12, len(days)))
    return pd.DataFrame(
        {"geo": np.repeat(NAMES, len(days)), "date": np.tile(days, 12), "sales": sales.ravel()}
    )


@pytest.mark.parametrize(
    "kind", [tuple, set, np.array, pd.Series, pd.Index, iter, lambda names: dict.fromkeys(names).keys()]
)
def test_any_collection_of_geos_is_one(kind):
    whole = at.analyze_geo(panel(), **ASKED)
    assert at.analyze_geo(panel(), **ASKED | {"treated": kind(NAMES[:4])}).summary() == whole.summary()
    cells = {"a": kind(NAMES[:2]), "b": kind(NAMES[2:4])}
    assert list(at.analyze_geo(panel(), **ASKED | {"treated": cells})) == ["a", "b"]


def test_a_window_of_holidays_is_refused_and_takes_no_day_before():
    with pytest.raises(ExperimentError, match="left out as a holiday"):
        at.analyze_geo(panel(), holidays=list(DAYS[45:]), **ASKED)
    lift = at.analyze_geo(panel(), holidays=[DAYS[45], DAYS[-1]], **ASKED)
    assert lift.path["phase"].eq("test").sum() == 12


def test_a_month_is_no_day_where_the_panel_has_days():
    with pytest.raises(ExperimentError, match="'2026-02' is not a day"):
        at.analyze_geo(panel(), **ASKED | {"end": "2026-02"})
    months = panel(pd.date_range("2022-01-01", periods=59, freq="MS"))
    asked = ASKED | {"start": "2026-06", "end": "2026-11"}
    assert at.analyze_geo(months, **asked).path["phase"].eq("test").sum() == 6


def test_a_start_within_a_week_is_refused():
    weeks = panel(pd.date_range("2025-01-06", periods=59, freq="7D"))
    with pytest.raises(ExperimentError, match="none of the panel's weeks"):
        at.analyze_geo(weeks, **ASKED | {"start": "2025-12-03", "end": "2026-02-05"})
    lift = at.analyze_geo(weeks, **ASKED | {"start": "2025-12-01", "end": "2026-02-08"})
    assert lift.path["phase"].eq("test").sum() == 10


def test_days_with_a_time_zone_are_the_wall_clocks():
    aware = panel().assign(date=lambda table: table["date"].dt.tz_localize("Europe/Berlin"))
    start = pd.Timestamp("2026-02-15", tz="Europe/Berlin")
    end = dt.datetime(2026, 2, 28, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    lift = at.analyze_geo(aware, **ASKED | {"start": start, "end": end})
    assert lift.summary() == at.analyze_geo(panel(), **ASKED).summary()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"treated": {"holdout": NAMES[:2], "b": NAMES[2:4]}}, "called 'holdout'"),
        ({"treated": 5}, "no geo '5'"),
        ({"checks": ["prices"]}, "no CheckResult"),
        ({"checks": None}, "no CheckResult"),
    ],
)
def test_odd_arguments_are_refused_in_words(changes, words):
    with pytest.raises(ExperimentError, match=words):
        at.analyze_geo(panel(), **ASKED | changes)
    told = at.analyze_geo(panel(), checks=[CheckResult("prices", True, "steady")], **ASKED)
    assert "prices" in [check.name for check in told.checks]


@pytest.mark.parametrize("method", ["did", "synthetic_control", "synthetic_did", "tbr", "bsts"])
@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_sizes_beyond_arithmetic_are_refused(method, factor):
    huge = panel().assign(sales=lambda table: table["sales"] * factor)
    with pytest.raises(ExperimentError, match="nothing can be computed"):
        at.analyze_geo(huge, **ASKED | {"method": method})


@pytest.mark.parametrize("method", ["did", "tbr"])
def test_a_panel_without_chance_has_no_p_value(method):
    flat = panel()
    flat["sales"] = np.tile(flat["sales"][: len(DAYS)], 12) * np.repeat(np.arange(1.0, 13.0) / 3, len(DAYS))
    with pytest.raises(ExperimentError, match=r"same proportion|without error"):
        at.analyze_geo(flat, **ASKED | {"method": method})


def test_periods_of_pandas_are_told_how_to_become_days():
    with pytest.raises(ExperimentError, match="to_timestamp"):
        at.analyze_geo(panel().assign(date=lambda table: table["date"].dt.to_period("D")), **ASKED)


def test_no_lift_in_per_cent_of_an_outcome_below_zero():
    lift = at.analyze_geo(panel().assign(sales=lambda t: t["sales"] - 2000.0), **ASKED | {"method": "tbr"})
    assert math.isnan(lift.relative.value)
    assert "Lift: cannot be told" in lift.summary()
    assert "%" not in lift.plot().get_title(loc="left") + lift.plot().get_title()


def random_test(seed):
    """Return a panel with random size, noise, effect and spend, and how it was treated."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 6))
    n, n_pre, n_test = 2 * k, int(rng.integers(9, 30)), int(rng.integers(1, 9))
    size, t = rng.lognormal(5, 0.5, (n, 1)), n_pre + n_test
    sales = (
        size * np.exp(np.cumsum(rng.normal(0, 0.03, t))) * rng.lognormal(0, rng.choice([0.02, 0.1]), (n, t))
    )
    cost = 0.05 * size * rng.lognormal(0, rng.choice([0.1, 0.8]), (n, t))
    way = rng.choice([1.0, -0.9])
    sales[:k, n_pre:] *= 1 + rng.choice([0.0, 0.05, 0.1, 0.3]) * way
    cost[:k, n_pre:] *= 1 + way
    names = [f"g{number}" for number in range(n)]
    table = {"geo": np.repeat(names, t), "time": np.tile(np.arange(t), n), "sales": sales.ravel()}
    asked = {"time": "time", "treated": names[:k], "start": n_pre, "end": t - 1}
    pairs = list(zip(names[:k], names[k:], strict=True))
    return table | {"cost": cost.ravel()}, asked, pairs, float(rng.choice([0.01, 0.05, 0.1, 0.3]))


@pytest.mark.parametrize(
    ("method", "inference"),
    [
        ("did", "welch"),
        ("did", "permutation"),
        ("did", "autocorrelation"),
        ("synthetic_control", "conformal"),
        ("synthetic_did", "conformal"),
        ("augmented_synthetic_control", "conformal"),
        ("tbr", "autocorrelation"),
        ("tbr", "published"),
        ("gbr", None),
        ("trimmed_match", None),
    ],
)
def test_nothing_contradicts_anything(method, inference):
    """Every measure, with an uncertain cost too, holds no effect exactly where p is above the level."""
    for seed in range(8):
        table, asked, pairs, alpha = random_test(seed)
        strata = pairs if method == "trimmed_match" else None
        given = {"name": method} | ({} if inference is None else {"inference": inference})
        lift = at.analyze_geo(table, cost="cost", method=given, strata=strata, alpha=alpha, **asked)
        effect = lift.p_value <= alpha
        assert (lift.verdict == "effect") is effect
        # Where the smallest p there can be is above the level the verdict is that nothing can be told.
        blocked = lift.verdict == "blocked"
        assert blocked is any(check.name == "reach" for check in lift.checks.failed)
        assert ("no effect shown" in lift.summary()) is (not effect and not blocked)
        for measure in (lift.absolute, lift.relative, lift.incremental, lift.iroas):
            assert measure.holds(0.0) is not effect, (seed, measure)
            assert measure.holds(measure.value)
        assert lift.cost_per_incremental.bounded is effect or lift.iroas.gap is not None
        assert lift.iroas.value * lift.cost_per_incremental.value == pytest.approx(1.0)


def test_an_interval_without_end_and_an_uncertain_cost():
    """Of 20 days the smallest conformal p is 0.05, so at the level 0.01 nothing is told."""
    table, asked, _, _ = random_test(1)
    lift = at.analyze_geo(
        table, cost=(100.0, 20.0), method=at.SyntheticDiD(inference="conformal"), alpha=0.01, **asked
    )
    assert not lift.incremental.bounded
    assert not lift.iroas.bounded
    assert "no bound at this level" in lift.summary()


def test_gbr_and_its_money_are_one_number():
    """Incremental outcome over the cost that the summary shows is the iROAS of the regression."""
    table, asked, pairs, _ = random_test(3)
    for method, strata in (("gbr", None), ("trimmed_match", pairs)):
        lift = at.analyze_geo(table, cost="cost", method=method, strata=strata, **asked)
        assert lift.incremental.value / lift.details["cost"]["total"] == pytest.approx(lift.iroas.value)
        ends = [end / lift.details["cost"]["total"] for end in (lift.incremental.low, lift.incremental.high)]
        assert sorted(ends) == pytest.approx([lift.iroas.low, lift.iroas.high])


def test_a_history_without_chance_cannot_be_planned_on():
    flat = panel()
    flat["sales"] = np.tile(flat["sales"][: len(DAYS)], 12)
    with pytest.raises(ExperimentError, match="same proportion"):
        at.plan_geo(flat, periods=7)


@pytest.mark.parametrize("method", ["did", "synthetic_did", "tbr", "gbr"])
def test_a_lift_survives_pickle_and_copy(method):
    table, asked, _, _ = random_test(2)
    given = at.SyntheticDiD(inference="conformal") if method == "synthetic_did" else method
    lift = at.analyze_geo(table, cost="cost", method=given, **asked)
    for other in (pickle.loads(pickle.dumps(lift)), copy.copy(lift), copy.deepcopy(lift)):
        assert other.summary() == lift.summary()
        assert other.path.equals(lift.path)
