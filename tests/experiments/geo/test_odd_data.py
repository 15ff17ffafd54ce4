"""Data that lie: late feeds, closed and opened shops, bulk orders; cost where the controls are spent on."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import ExperimentError

METHODS = {
    "did": {"method": "did"},
    "synthetic_control": {"method": at.SyntheticControl(placebos=30)},
    "synthetic_did": {"method": at.SyntheticDiD(inference="conformal")},
    "augmented_synthetic_control": {"method": at.AugmentedSyntheticControl(ridge=1e6, placebos=30)},
    "tbr": {"method": "tbr"},
    "bsts": {"method": at.BSTS(draws=100)},
    "gbr": {"method": "gbr", "cost": "cost"},
    "trimmed_match": {
        "method": "trimmed_match",
        "cost": "cost",
        "strata": [(f"g{n:02d}", f"g{n + 4:02d}") for n in range(4)],
    },
}
NAMES = [f"g{n:02d}" for n in range(16)]
DAYS = np.arange("2026-01-01", "2026-04-02", dtype="datetime64[D]")
PRE = 70


def panel(method, change=None, lift=1.08, seed=1):
    """Sales of 16 geos (8 for pairs), 70 + 21 days, the first four treated; `change` spoils them."""
    rng = np.random.default_rng(seed)
    week = 1 + 0.2 * np.sin(np.arange(len(DAYS)) * 2 * np.pi / 7)
    sales = rng.lognormal(7, 0.05, (16, 1)) * week * rng.lognormal(0, 0.03, (16, len(DAYS)))
    sales[:4, PRE:] *= lift
    cost = np.zeros_like(sales)
    cost[:4, PRE:] = 50.0 * np.arange(1, 5)[:, None]
    if change is not None:
        change(sales)
    count = 8 if method == "trimmed_match" else 16
    table = {"geo": np.repeat(NAMES[:count], len(DAYS)), "date": np.tile(DAYS, count)}
    table |= {"sales": sales[:count].ravel(), "cost": cost[:count].ravel()}
    return table, {"treated": NAMES[:4], "start": str(DAYS[PRE]), "end": str(DAYS[-1])} | METHODS[method]


def late_feed(sales):
    sales[4:7, -5:] = 0.0


def closed_control(sales):
    sales[5, PRE:] = 0.0


def closed_treated(sales):
    sales[2, PRE + 4 :] = 0.0


def opened(sales):
    sales[6, :30] = 0.0


def one_day(sales):
    sales[7, -1] = 0.0


def hole(sales):
    sales[5, 40:46] = 0.0


ZEROS = {
    "late feed": (late_feed, ["'g04'", "'g06'", "2026-03-28 to 2026-04-01", "5 days, the end of the test"]),
    "one day is not there yet": (one_day, ["'g07'", "2026-04-01", "1 day, the end of the test"]),
    "a control geo closes": (closed_control, ["'g05' (control)", "2026-03-12 to 2026-04-01"]),
    "a treated geo closes": (closed_treated, ["'g02' (treated)", "2026-03-16 to 2026-04-01"]),
    "a geo opens": (opened, ["'g06'", "2026-01-01 to 2026-01-30", "the start of the history"]),
    "a hole": (hole, ["'g05'", "2026-02-10 to 2026-02-15"]),
}


@pytest.mark.parametrize("what", ZEROS)
@pytest.mark.parametrize("method", METHODS)
def test_a_geo_that_falls_to_nothing_fails_a_check_that_names_it(method, what):
    change, words = ZEROS[what]
    table, asked = panel(method, change)
    try:
        lift = at.analyze_geo(table, **asked)
    except ExperimentError as refused:  # no logarithm: in words, with the geo
        assert words[0].strip("'").split("'")[0] in str(refused)  # noqa: PT017
        return
    check = lift.checks["zeros"]
    assert check.passed is False
    for word in words:
        assert word in check.text
    assert {row["geo"] for row in check.rows} == {w.split("'")[1] for w in words if w.startswith("'")} | (
        {"g05"} if what == "late feed" else set()
    )
    assert check.text in lift.summary()


def test_rows_that_are_taken_as_zero_fail_it_too():
    table, asked = panel("did")
    frame = pd.DataFrame(table)
    frame = frame[~(frame["geo"].isin(NAMES[4:8]) & (frame["date"] > "2026-03-27"))]
    lift = at.analyze_geo(frame, missing="zero", **asked)
    assert lift.checks["zeros"].passed is False
    assert "ended early" in lift.summary()


def test_zeros_that_a_geo_always_had_are_no_alarm():
    def sundays(sales):
        sales[:, 3::7] = 0.0
        sales[8, ::3] = 0.0

    table, asked = panel("tbr", sundays)
    assert at.analyze_geo(table, **asked).checks["zeros"].passed is not False


def test_the_fix_leaves_the_closed_geo_out():
    table, asked = panel("synthetic_control", closed_control)
    fix = at.analyze_geo(table, **asked).checks["zeros"].fix
    assert "buffer=['g05'] where they closed" in fix
    assert at.analyze_geo(table, buffer=["g05"], **asked).checks["zeros"].passed


def bulk_order(sales):
    sales[1, PRE + 9] *= 50.0


@pytest.mark.parametrize("method", METHODS)
def test_a_bulk_order_is_named_by_geo_and_day(method):
    table, asked = panel(method, bulk_order, lift=1.0)
    check = at.analyze_geo(table, **asked).checks["outlier_days"]
    assert check.passed is False
    assert "'g01' on 2026-03-21" in check.text


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("trimmed_match", "gbr")])
def test_an_effect_that_hangs_on_one_treated_geo_says_so(method):
    def strong(sales):
        sales[1, PRE:] *= 3.0

    table, asked = panel(method, strong, lift=1.0)
    lift = at.analyze_geo(table, **asked)
    check = lift.checks["leave_one_treated_out"]
    assert check.rows[0]["geo"] == "g01"
    assert abs(check.rows[0]["lift"]) < 0.1
    if lift.verdict == "effect":
        assert check.passed is False
        assert "hangs on 'g01'" in check.fix


@pytest.mark.parametrize("method", METHODS)
def test_sound_data_pass(method):
    table, asked = panel(method)
    checks = at.analyze_geo(table, **asked).checks
    for name in ("zeros", "outlier_days", "outlier_geos", "leave_one_treated_out"):
        assert checks[name].passed is not False, checks[name]


@pytest.mark.parametrize("seed", range(5))
def test_the_simulators_panels_pass_and_its_holidays_are_nobodys_odd_day(seed):
    data = at.datasets.simulate_geo(20, days=100, seed=seed)
    asked = {"treated": ["geo 03", "geo 08", "geo 11", "geo 15"], "start": "2025-03-24", "end": "2025-04-10"}
    checks = at.analyze_geo(data.panel, method="did", **asked).checks
    for name in ("zeros", "outlier_days", "leave_one_treated_out"):
        assert checks[name].passed is not False, checks[name]


def spending(controls, treated=200.0, before=0.0, noise=0.0, spenders=8):
    """12 equal geos, four of them treated; what is spent a day before and within 21 days of test."""
    rng = np.random.default_rng(6)
    sales = 1000.0 * rng.lognormal(0, 0.03, (12, len(DAYS)))
    sales[:4, PRE:] *= 1.1
    cost = np.full((12, len(DAYS)), before)
    cost[4 + spenders :] = 0.0
    cost[:4, PRE:], cost[4 : 4 + spenders, PRE:] = treated, controls
    cost *= rng.lognormal(0, noise, cost.shape) if noise else 1.0
    table = {"geo": np.repeat(NAMES[:12], len(DAYS)), "date": np.tile(DAYS, 12)}
    table |= {"sales": sales.ravel(), "cost": cost.ravel()}
    return table, {"treated": NAMES[:4], "start": str(DAYS[PRE]), "end": str(DAYS[-1]), "cost": "cost"}


@pytest.mark.parametrize("method", ["did", "tbr", "synthetic_did"])
@pytest.mark.parametrize(
    ("controls", "total"), [(0.0, 16_800), (1.0, 16_716), (100.0, 8_400), (400.0, -16_800), (200.0, None)]
)
def test_cost_of_a_new_channel_is_what_goes_beyond_the_controls(method, controls, total):
    """By hand: 4 geos, 21 days, 200 a day less what the control geos got."""
    table, asked = spending(controls)
    options = asked | {
        "method": at.SyntheticDiD(inference="conformal") if method == "synthetic_did" else method
    }
    if total is None:
        with pytest.raises(ExperimentError, match="did not change"):
            at.analyze_geo(table, **options)
        return
    lift = at.analyze_geo(table, **options)
    assert lift.details["cost"]["total"] == pytest.approx(total)
    check = lift.checks["spend_moved"]
    assert check.passed is (controls == 0.0)
    assert ("were spent on in the test" in check.text) is (controls > 0.0)
    assert lift.iroas.value * total == pytest.approx(lift.incremental.value)


@pytest.mark.parametrize("controls", [100.0, 0.0])
def test_a_little_spend_before_changes_nothing(controls):
    new, old = spending(controls), spending(controls, before=1e-6)
    costs = [
        at.analyze_geo(table, **asked, method="did").details["cost"]["total"] for table, asked in (new, old)
    ]
    assert costs[1] == pytest.approx(costs[0], rel=1e-6)


@pytest.mark.parametrize("spenders", [0, 1, 2, 8])
@pytest.mark.parametrize("before", [0.0, 100.0])
def test_an_uncertain_cost_is_not_taken_for_known(spenders, before):
    """Spend that varies by 20% a day: its error is 0 only where nobody else, and nobody before, spent."""
    table, asked = spending(100.0, before=before, noise=0.2, spenders=spenders)
    lift = at.analyze_geo(table, **asked, method="did")
    known = spenders == 0 and before == 0.0
    assert (lift.details["cost"]["error"] == 0.0) is known
    assert lift.iroas.holds(0.0) == (lift.verdict != "effect")


def test_one_control_geo_cannot_tell_how_sure_the_cost_is():
    table, asked = spending(100.0, before=100.0)
    frame = pd.DataFrame(table)
    lift = at.analyze_geo(frame[frame["geo"].isin(NAMES[:5])], **asked, method="did")
    assert math.isinf(lift.details["cost"]["error"])
    assert not lift.iroas.bounded
    assert "of one control geo" in lift.iroas.note
    assert lift.iroas.holds(0.0) == (lift.verdict != "effect")
    assert lift.checks["spend_moved"].passed is False


def test_the_cost_is_covered_by_its_interval():
    """800 worlds, spend of each geo drifts by 10% by itself, treated geos get 30% more: 1.96 errors hold it.

    The truth is known: what the treated geos got more. Binomial band of 95%: .93 to .97.
    """
    from benchmarks.coverage_panels import REQUEST

    from attribution.experiments.geo.geo_assignment import GeoTest
    from attribution.experiments.geo.incremental_cost import spent
    from attribution.experiments.geo.panel import Panel

    rng = np.random.default_rng(8)
    held = 0
    for _ in range(800):
        level = rng.lognormal(3, 0.3, (40, 1))
        cost = np.repeat(level, 30, axis=1)
        cost[:, 20:] *= rng.lognormal(0, 0.1, (40, 1))
        extra = 0.3 * cost[:10, 20:]
        cost[:10, 20:] += extra
        held_panel = Panel(tuple(f"g{n}" for n in range(40)), DAYS[:30], np.ones((40, 30)), cost)
        found = spent(GeoTest(held_panel, np.arange(40) < 10, 20, 0, None, "sales"), REQUEST)
        held += abs(found.total - extra.sum()) <= 1.96 * found.error
    assert 0.92 < held / 800 < 0.975


def test_cells_show_what_they_caused_and_cost():
    table, asked = panel("did")
    cells = {"a": NAMES[:2], "b": NAMES[2:4]}
    lifts = at.analyze_geo(
        table, **(asked | {"treated": cells, "cost": "cost", "method": at.DiD(inference="pooled")})
    )
    frame = lifts.to_frame().set_index("cell")
    for cell in cells:
        assert frame.loc[cell, "incremental"] == lifts[cell].incremental.value
        assert frame.loc[cell, "iroas_ci_low"] == lifts[cell].iroas.low
        assert frame.loc[cell, "cost"] == lifts[cell].details["cost"]["total"]
        assert frame.loc[cell, "cost_per_incremental"] == lifts[cell].cost_per_incremental.value
    assert lifts.summary().count("Incremental sales: ") == 2
    assert lifts.summary().count("iROAS: ") == 2
    without = at.analyze_geo(
        table, **(asked | {"treated": cells, "method": at.DiD(inference="pooled")})
    ).to_frame()
    assert "incremental" in without
    assert "iroas" not in without


def nothing_within(*rows):
    def change(sales):
        sales[list(rows), PRE:] = 0.0

    return change


@pytest.mark.parametrize("inference", ["welch", "autocorrelation"])
@pytest.mark.parametrize("rows", [(5,), (1,), (1, 5), (0, 1, 2, 3)])
@pytest.mark.parametrize("paired", [False, True])
def test_geos_without_outcome_are_refused_with_arguments_that_run(rows, inference, paired):
    table, asked = panel("did", nothing_within(*rows))
    if paired:
        frame = pd.DataFrame(table)
        table = frame[frame["geo"].isin(NAMES[:8])]
        asked |= {"strata": METHODS["trimmed_match"]["strata"]}
    asked |= {"method": at.DiD(inference=inference)}
    with pytest.raises(ExperimentError) as caught:
        at.analyze_geo(table, **asked)
    first = str(caught.value).split("Fix: ")[1]
    if first.startswith("method='tbr'"):
        assert len(rows) == 4
        again = at.analyze_geo(table, **(asked | {"method": "tbr"}))
    else:
        call = first.split(" to leave such geos out")[0]
        again = at.analyze_geo(table, **(asked | eval(f"dict({call})")))
    assert again.p_value >= 0


def test_a_plan_that_leaves_ten_days_fails_its_history():
    data = at.datasets.simulate_geo(24, days=120, seed=5, holidays=False)
    plan = at.plan_geo(data.panel, periods=100, progress=False)
    assert plan.checks["history"].passed is False
    assert "a history of 400 days" in plan.checks["history"].fix
    assert at.plan_geo(data.panel, periods=21, progress=False).checks["history"].passed is not False


def test_what_a_subtraction_leaves_of_nothing_is_no_refund():
    rng = np.random.default_rng(2)
    value = rng.gamma(2, 30, 4000) * (rng.random(4000) < 0.3)
    value[5] = -1.5e-11
    users = {"arm": np.repeat(["treatment", "holdout"], 2000), "value": value}
    assert "negative" not in at.analyze_holdout(users, outcome="value").summary()
    users["value"] = np.where(np.arange(4000) == 5, -20.0, value)
    assert "are negative (refunds?), the lowest -20" in at.analyze_holdout(users, outcome="value").summary()
