"""analyze_geo: what every method must obey, what they must find, and what money makes of it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import attribution as at
from attribution.errors import ExperimentError

METHODS = {
    "did": ("welch", "permutation", "autocorrelation"),
    "synthetic_control": ("placebo", "conformal"),
    "augmented_synthetic_control": ("placebo", "conformal"),
    "synthetic_did": ("placebo", "conformal"),
    "tbr": ("autocorrelation", "published"),
    "gbr": (None,),
    "bsts": (None,),
    "trimmed_match": (None,),
}
EVERY = [(method, inference) for method, several in METHODS.items() for inference in several]
NAMES = [f"geo {number:02d}" for number in range(24)]
TREATED = NAMES[0:24:4]
PAIRS = [(NAMES[n], NAMES[n + 1]) for n in range(0, 24, 4)]


def world(lift=0.1, *, days=70, test=14, seed=3, noise=0.03, spend=0.0):
    """24 geos with a common season, six of them treated; the true effect is a share `lift`."""
    rng = np.random.default_rng(seed)
    day = np.arange(days)
    level = rng.lognormal(7.0, 0.4, (24, 1))
    season = 1 + 0.2 * np.sin(2 * np.pi * day / 7) + 0.1 * np.sin(2 * np.pi * day / 30)
    without = level * season * rng.lognormal(0.0, noise, (24, days))
    sales, treated = without.copy(), np.isin(NAMES, TREATED)
    sales[treated, days - test :] *= 1 + lift
    cost = np.zeros((24, days)) + spend * level
    cost[treated, days - test :] += 0.05 * level[treated]
    return pd.DataFrame(
        {
            "geo": np.repeat(NAMES, days),
            "date": np.tile(pd.date_range("2026-01-01", periods=days), 24),
            "sales": sales.ravel(),
            "cost": cost.ravel(),
            "without": without.ravel(),
        }
    )


def analyze(panel, method, inference=None, **options):
    first, last = panel["date"].max() - pd.Timedelta(days=13), panel["date"].max()
    paired = method == "trimmed_match"
    given = {} if inference is None else {"inference": inference}
    if paired:  # the pairs of this world differ in level
        given["before"] = "subtract"
    if method in {"synthetic_control", "augmented_synthetic_control", "synthetic_did"}:
        given["placebos"] = 100
    kept = {name for pair in PAIRS for name in pair}
    return at.analyze_geo(
        panel[panel["geo"].isin(kept)] if paired else panel,
        treated=TREATED,
        start=first,
        end=last,
        method={"name": method, **given, **({"draws": 400, **options} if method == "bsts" else options)},
        cost="cost",
        strata=PAIRS if paired else None,
    )


@pytest.mark.parametrize(("method", "inference"), EVERY)
def test_finds_the_effect_and_agrees_with_itself(method, inference):
    panel = world()
    lift = analyze(panel, method, inference)
    inside = panel["date"] > panel["date"].max() - pd.Timedelta(days=14)
    rows = panel[panel["geo"].isin(TREATED) & inside]
    truth = float((rows["sales"] - rows["without"]).sum())  # simulated, known
    assert lift.incremental.value == pytest.approx(truth, rel=0.25)
    assert lift.verdict == "effect"
    _agrees(lift, float(rows["sales"].sum()), float(rows["cost"].sum()))


@pytest.mark.parametrize(("method", "inference"), EVERY)
def test_no_effect_is_none(method, inference):
    panel = world(0.0, seed=5)
    lift = analyze(panel, method, inference)
    inside = panel["date"] > panel["date"].max() - pd.Timedelta(days=14)
    rows = panel[panel["geo"].isin(TREATED) & inside]
    assert abs(lift.relative.value) < 0.05
    _agrees(lift, float(rows["sales"].sum()), float(rows["cost"].sum()))


def _agrees(lift, actual, cost):
    """Every measure is an image of one reading, so all say the same."""
    for estimate in (lift.absolute, lift.relative, lift.incremental, lift.iroas):
        assert estimate.holds(0.0) == (lift.p_value > lift.alpha)
        assert estimate.low <= estimate.value <= estimate.high
    for end in ("value", "low", "high"):
        total = getattr(lift.incremental, end)
        assert getattr(lift.absolute, end) * 6 * 14 == pytest.approx(total, rel=1e-9)
        assert getattr(lift.relative, end) == pytest.approx(total / (actual - total), rel=1e-9)
        assert getattr(lift.iroas, end) * cost == pytest.approx(total, rel=1e-6)
    path = lift.path
    window = path[path["phase"] == "test"]
    assert window["actual"].sum() == pytest.approx(actual)
    assert window["effect"].sum() == pytest.approx(lift.incremental.value, rel=1e-9)
    assert window["cumulative"].iloc[-1] == pytest.approx(lift.incremental.value, rel=1e-9)
    assert lift.verdict in lift.summary()


@pytest.mark.parametrize("method", ["did", "synthetic_control", "tbr", "gbr", "trimmed_match", "bsts"])
def test_units_of_money_do_not_matter(method):
    panel = world()
    cents = panel.assign(sales=panel["sales"] * 100, cost=panel["cost"] * 100)
    options = {"draws": 100} if method == "bsts" else {}
    euros, other = (analyze(each, method, **options) for each in (panel, cents))
    assert other.relative.value == pytest.approx(euros.relative.value, rel=1e-6)
    assert other.relative.low == pytest.approx(euros.relative.low, rel=1e-5)
    assert other.incremental.value == pytest.approx(100 * euros.incremental.value, rel=1e-6)
    assert other.iroas.value == pytest.approx(euros.iroas.value, rel=1e-6)
    assert other.p_value == pytest.approx(euros.p_value, rel=1e-6)


def test_order_of_rows_and_names_does_not_matter():
    panel = world()
    mixed = panel.sample(frac=1.0, random_state=1)
    for method in ("did", "synthetic_control", "bsts"):
        options = {"draws": 100} if method == "bsts" else {}
        first, second = (analyze(each, method, **options).to_frame() for each in (mixed, panel))
        assert first.equals(second)


def test_did_is_welch_of_log_changes():
    panel = world()
    lift = analyze(panel, "did")
    wide = panel.pivot_table(index="geo", columns="date", values="sales")
    change = np.log(wide.iloc[:, 56:].mean(axis=1)) - np.log(wide.iloc[:, :56].mean(axis=1))
    treated = change.index.isin(TREATED)
    oracle = stats.ttest_ind(change[treated], change[~treated], equal_var=False)
    interval = oracle.confidence_interval(0.95)
    assert lift.p_value == pytest.approx(oracle.pvalue, rel=1e-10)
    assert lift.relative.low == pytest.approx(math.expm1(interval.low), rel=1e-10)
    assert lift.relative.high == pytest.approx(math.expm1(interval.high), rel=1e-10)


def test_pairs_are_the_paired_t_test():
    panel = world()
    panel = panel[panel["geo"].isin({name for pair in PAIRS for name in pair})]
    lift = at.analyze_geo(panel, treated=TREATED, start="2026-02-26", end="2026-03-11", strata=PAIRS)
    assert "paired" in lift.method
    wide = panel.pivot_table(index="geo", columns="date", values="sales")
    change = np.log(wide.iloc[:, 56:].mean(axis=1)) - np.log(wide.iloc[:, :56].mean(axis=1))
    oracle = stats.ttest_rel([change[a] for a, _ in PAIRS], [change[b] for _, b in PAIRS])
    assert lift.p_value == pytest.approx(oracle.pvalue, rel=1e-10)


def test_permutation_of_pairs_is_all_swaps():
    """Brute force: 2^6 swaps of the six pairs."""
    panel = world(0.02, seed=11)
    panel = panel[panel["geo"].isin({name for pair in PAIRS for name in pair})]
    lift = at.analyze_geo(
        panel,
        treated=TREATED,
        start="2026-02-26",
        end="2026-03-11",
        strata=PAIRS,
        method=at.DiD(inference="permutation"),
    )
    wide = panel.pivot_table(index="geo", columns="date", values="sales")
    change = np.log(wide.iloc[:, 56:].mean(axis=1)) - np.log(wide.iloc[:, :56].mean(axis=1))
    gaps = np.array([change[a] - change[b] for a, b in PAIRS])
    signs = np.array([[1 - 2 * (n >> bit & 1) for bit in range(6)] for n in range(64)])
    swapped = signs * gaps
    t = np.abs(swapped.mean(axis=1)) / swapped.std(axis=1, ddof=1)
    assert lift.p_value == pytest.approx(np.mean(t >= t[0] * (1 - 1e-9)), abs=1e-12)


def test_cells_share_the_controls_and_the_level():
    panel = world(0.1)
    cells = {"search": TREATED[:3], "video": TREATED[3:]}
    lifts = at.analyze_geo(panel, treated=cells, start="2026-02-26", end="2026-03-11", method="did")
    assert list(lifts) == ["search", "video"]
    assert lifts["search"].n == {"search": 3, "holdout": 18}
    alone = at.analyze_geo(
        panel,
        treated=cells["search"],
        buffer=cells["video"],
        start="2026-02-26",
        end="2026-03-11",
        method="did",
    )
    assert lifts["search"].relative.value == pytest.approx(alone.relative.value)
    # Holm by hand.
    p = {cell: lift.p_value for cell, lift in lifts.lifts.items()}
    smaller, larger = sorted(p, key=p.__getitem__)
    assert lifts.adjusted[smaller] == pytest.approx(min(1, 2 * p[smaller]))
    assert lifts.adjusted[larger] == pytest.approx(max(min(1, 2 * p[smaller]), p[larger]))
    for cell in cells:
        assert lifts[cell].relative.holds(0.0) == (lifts[cell].verdict != "effect")


def test_go_dark_has_negative_effect_and_cost():
    panel = world(-0.08, spend=0.1)
    dark = panel["geo"].isin(TREATED) & (panel["date"] >= "2026-02-26")
    panel.loc[dark, "cost"] = 0.0
    lift = analyze(panel, "did")
    assert lift.incremental.high < 0
    assert lift.details["cost"]["total"] < 0
    assert lift.iroas.low > 0
    assert lift.iroas.value == pytest.approx(lift.incremental.value / lift.details["cost"]["total"])


def test_uncertain_cost_is_fieller():
    """By hand: Fieller's ends with the reading's own t and no covariance."""
    panel = world(0.1)
    lift = at.analyze_geo(
        panel, treated=TREATED, start="2026-02-26", end="2026-03-11", method="tbr", cost=(1000.0, 200.0)
    )
    effect, z = lift.incremental.value, None
    se, df = lift.details["standard_error"], lift.details["df"]
    z = stats.t.isf(0.025, df)
    a = 1000.0**2 - z**2 * 200.0**2
    b = effect * 1000.0
    c = effect**2 - z**2 * se**2
    roots = np.sort([(b - math.sqrt(b * b - a * c)) / a, (b + math.sqrt(b * b - a * c)) / a])
    assert [lift.iroas.low, lift.iroas.high] == pytest.approx(list(roots), rel=1e-9)


def test_cost_that_cannot_be_told_has_no_bound():
    panel = world(0.1)
    lift = at.analyze_geo(
        panel, treated=TREATED, start="2026-02-26", end="2026-03-11", method="did", cost=(1000.0, 900.0)
    )
    assert not lift.iroas.bounded
    assert "cost change too small to tell" in lift.iroas.note
    assert "cost change too small to tell" in lift.summary()


def test_weekly_and_numbered_panels():
    panel = world(0.1, days=70)
    weekly = panel.assign(week=(panel["date"] - panel["date"].min()).dt.days // 7)
    weekly = weekly.groupby(["geo", "week"], as_index=False)["sales"].sum()
    lift = at.analyze_geo(weekly, time="week", treated=TREATED, start=8, end=9, method="did")
    daily = analyze(panel, "did")
    assert lift.relative.value == pytest.approx(daily.relative.value, rel=1e-9)
    assert lift.details["unit"] == "geo and period"


def test_cooldown_counts_after_the_end():
    panel = world(0.1)
    whole = analyze(panel, "did")
    cool = at.analyze_geo(
        panel, treated=TREATED, start="2026-02-26", end="2026-03-08", cooldown=3, method="did", cost="cost"
    )
    assert cool.incremental.value == pytest.approx(whole.incremental.value)
    assert (cool.path["phase"] == "cooldown").sum() == 3


@pytest.mark.parametrize("frame", ["arrow", "polars", "file", "mapping"])
def test_tables_of_all_kinds(frame, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    panel = world()
    table = pa.Table.from_pandas(panel, preserve_index=False)
    given = table
    if frame == "polars":
        given = pytest.importorskip("polars").from_arrow(table)
    elif frame == "file":
        given = tmp_path / "panel.parquet"
        pq.write_table(table, given)
    elif frame == "mapping":
        given = {name: table[name] for name in table.column_names}
    lift = at.analyze_geo(given, treated=TREATED, start="2026-02-26", end="2026-03-11", method="did")
    oracle = at.analyze_geo(panel, treated=TREATED, start="2026-02-26", end="2026-03-11", method="did")
    assert lift.to_frame().equals(oracle.to_frame())


def test_input_is_not_changed_and_seeds_decide():
    panel = world()
    before = panel.copy(deep=True)
    first, again, other = (analyze(panel, "bsts", draws=100, rng=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(panel, before)
    assert first.to_frame().equals(again.to_frame())
    assert not first.to_frame().equals(other.to_frame())


def test_large_treated_geos_are_told_and_levels_can_be_matched():
    """The two largest geos treated: no set of the others is as large. Truth: 8% more."""
    panel = world(0.0, noise=0.02, seed=4)
    largest = panel.groupby("geo")["sales"].mean().nlargest(2).index.tolist()
    inside = panel["geo"].isin(largest) & (panel["date"] >= "2026-02-26")
    panel.loc[inside, "sales"] *= 1.08
    asked = {"treated": largest, "start": "2026-02-26", "end": "2026-03-11"}
    plain = at.analyze_geo(panel, **asked, method=at.SyntheticControl(placebos=100))
    matched = at.analyze_geo(panel, **asked, method=at.SyntheticControl(placebos=100, match_levels=True))
    assert plain.checks["placebos_alike"].passed is False
    assert plain.checks["placebos_alike"].fix == "method=at.SyntheticControl(match_levels=True, placebos=100)"
    assert matched.checks["placebos_alike"].passed
    assert matched.relative.value == pytest.approx(0.08, abs=0.02)
    width = [lift.relative.high - lift.relative.low for lift in (plain, matched)]
    assert width[1] < width[0]


def test_tbr_predicts_the_cost_by_the_same_regression():
    """Least squares by hand of the treated geos' spend on the control geos' (Kerman et al. 2017)."""
    panel = world(0.1, spend=0.1)
    rng = np.random.default_rng(8)
    panel["cost"] *= rng.lognormal(0, 0.05, len(panel))
    lift = analyze(panel, "tbr")
    wide = panel.pivot_table(index="date", columns="geo", values="cost")
    treated, control = wide[TREATED].sum(axis=1).to_numpy(), wide.drop(columns=TREATED).sum(axis=1).to_numpy()
    slope, intercept = np.polyfit(control[:56], treated[:56], 1)
    expected = (treated - intercept - slope * control)[56:].sum()
    assert lift.details["cost"]["total"] == pytest.approx(expected, rel=1e-9)
    assert lift.details["cost"]["error"] > 0
    assert lift.iroas.value == pytest.approx(lift.incremental.value / expected)
    assert lift.iroas.holds(0.0) == (lift.verdict != "effect")


def test_a_planned_geo_that_is_left_out_leaves_its_arm():
    history = at.datasets.simulate_geo(24, days=130, seed=5)
    plan = at.plan_geo(history.panel, periods=14)
    pair = [geo for geo, stratum in plan.strata.items() if stratum == plan.strata[plan.treated[0]]]
    days = {"start": "2025-05-02", "end": "2025-05-15"}
    whole = at.analyze_geo(history.panel, plan=plan, **days)
    less = at.analyze_geo(history.panel, plan=plan, buffer=pair, **days)
    assert {arm: n - 1 for arm, n in whole.n.items()} == dict(less.n)
    with pytest.raises(ExperimentError, match="one arm only") as caught:
        at.analyze_geo(history.panel, plan=plan, buffer=plan.treated[:1], **days)
    assert "add" in str(caught.value)


def test_a_geo_cannot_be_treated_and_left_out():
    history = at.datasets.simulate_geo(24, days=100, seed=5, holidays=False)
    with pytest.raises(ExperimentError, match="'geo 03' is treated, and buffer= leaves it out"):
        at.analyze_geo(
            history.panel, treated=["geo 03"], buffer=["geo 03"], start="2025-04-01", end="2025-04-10"
        )


def test_a_test_may_end_on_a_holiday_at_the_end_of_the_panel():
    history = at.datasets.simulate_geo(24, days=100, seed=5)
    last = str(history.panel["date"][-1])
    asked = {"treated": ["geo 03", "geo 08"], "start": "2025-04-01", "method": "tbr", "holidays": [last]}
    at_edge = at.analyze_geo(history.panel, end=last, **asked)
    before = at.analyze_geo(history.panel, end="2025-04-14", **asked)
    assert at_edge.relative == before.relative
    assert str(history.panel["date"][98]) == "2025-04-14"
