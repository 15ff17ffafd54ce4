"""Geo plans: who is treated, what the test can see, and that the analysis replays it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import attribution as at
from attribution.errors import ExperimentError
from attribution.experiments.geo import aa_tests, designs, history_windows
from attribution.experiments.panels.did import contrast


@pytest.fixture(scope="module")
def data():
    return at.datasets.simulate_geo(20, days=110, seed=5, holidays=False)


@pytest.fixture(scope="module")
def plan(data):
    return at.plan_geo(data.panel, periods=21, cost="spend", rng=3)


@pytest.fixture(scope="module")
def searched(data):
    return at.plan_geo(
        data.panel,
        periods=21,
        cost="spend",
        choose="search",
        n_treated=2,
        candidates=40,
        method=at.SyntheticControl(placebos=20),
        windows=8,
    )


def panel_of(sales, first="2025-01-01", **more):
    n, days = sales.shape
    calendar = np.datetime64(first) + np.arange(days)
    columns = {name: values.ravel() for name, values in more.items()}
    return {
        "geo": np.repeat([f"g{row:02d}" for row in range(n)], days),
        "date": np.tile(calendar, n),
        "sales": sales.ravel(),
        **columns,
    }


# ------------------------------------------------------------------------------------------------ designs


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(data, plan):
    again = at.plan_geo(data.panel, periods=21, cost="spend", rng=3)
    assert again.treated == plan.treated
    assert again.mde_lift == plan.mde_lift
    assert at.plan_geo(data.panel, periods=21, rng=4).treated != plan.treated


def test_a_pair_has_one_treated_geo_and_every_geo_is_somewhere(plan):
    frame = plan.to_frame()
    counts = frame.groupby("stratum")["arm"].agg(lambda arm: tuple(sorted(arm)))
    assert set(counts) == {("holdout", "treatment")}
    assert sorted([*plan.treated, *plan.control, *plan.left_out]) == frame["geo"].tolist()
    assert frame["share"].sum() == pytest.approx(1.0)


def test_pairs_by_size_are_neighbours():
    size = np.array([5.0, 1.0, 4.9, 1.1, 9.0])
    pairs = designs.groups_by_size(size, np.arange(5), 2)
    assert [sorted(pair.tolist()) for pair in pairs] == [[0, 4], [2, 3]]


def test_pairs_of_geos_that_move_alike_are_found_where_sizes_tell_nothing():
    # Planted: geos 0 and 3, 1 and 4, 2 and 5 share a path; sizes pair 0 with 1, and so on.
    rng = np.random.default_rng(0)
    paths = np.exp(0.3 * rng.normal(size=(3, 80)))
    outcome = np.concatenate([paths, paths]) * np.exp(0.01 * rng.normal(size=(6, 80)))
    outcome *= np.array([6.0, 5.5, 4.0, 2.0, 3.6, 1.8])[:, None]
    pairs, how = designs.pair_up(outcome, np.arange(6), 5)
    assert sorted(sorted(pair.tolist()) for pair in pairs) == [[0, 3], [1, 4], [2, 5]]
    assert "moved alike" in how


def test_an_odd_geo_is_left_out_and_the_analysis_leaves_it_out():
    data = at.datasets.simulate_geo(11, days=80, seed=1, holidays=False)
    plan = at.plan_geo(data.panel, periods=14)
    assert len(plan.left_out) == 1
    assert plan.buffer == plan.left_out
    assert f"Left out: {plan.left_out[0]}" in plan.summary()


def test_draws_treat_each_geo_of_a_block_equally_often():
    blocks = designs.strata_by_size(np.arange(1.0, 15.0), np.arange(14), 4, 2)
    arms = blocks.draw(4000, np.random.default_rng(0))
    assert (np.count_nonzero(arms == 1, axis=1) == 4).all()
    assert (np.count_nonzero(arms == 2, axis=1) == 4).all()
    for code, take in enumerate(blocks.takes):
        inside = blocks.codes == code
        assert (np.count_nonzero(arms[:, inside] == 1, axis=1) == take).all()
        # Standard error of a share of 4,000: at most 0.008.
        assert np.mean(arms[:, inside] == 1, axis=0) == pytest.approx(take / inside.sum(), abs=0.035)


@pytest.mark.parametrize(
    ("n", "treated", "cells"), [(8, 3, 2), (40, 10, 1), (40, 30, 1), (9, 4, 1), (11, 2, 3)]
)
def test_every_block_has_all_arms(n, treated, cells):
    blocks = designs.strata_by_size(np.arange(n) + 1.0, np.arange(n), treated, cells)
    arms = blocks.draw(1, np.random.default_rng(0))[0]
    for code in range(len(blocks.takes)):
        assert set(arms[blocks.codes == code]) == set(range(cells + 1))
    assert [int((arms == cell).sum()) for cell in range(1, cells + 1)] == [treated] * cells


def test_excluded_geos_are_not_treated_and_a_random_design_leaves_them_out(data):
    plan = at.plan_geo(data.panel, periods=21, exclude=["geo 01", "geo 02"])
    assert plan.left_out == ("geo 01", "geo 02")


def test_several_cells_are_named_and_stand_at_a_shared_level(data):
    plan = at.plan_geo(data.panel, periods=21, cells=("search", "video"), cost="spend")
    assert set(plan.treated) == {"search", "video"}
    assert plan.alpha == 0.025
    assert len(plan.control) == len(plan.treated["search"]) == len(plan.treated["video"]) == 6
    one = at.plan_geo(data.panel, periods=21, cost="spend", n_treated=6)
    assert plan.mde_lift > one.mde_lift
    assert "In each cell it finds" in plan.summary()


# ---------------------------------------------------------------------------------------- simulated tests


def test_many_contrasts_at_once_are_those_of_the_analysis():
    # Brute force: `contrast`, once for each assignment.
    rng = np.random.default_rng(2)
    changes = rng.normal(size=12)
    blocks = designs.strata_by_size(np.arange(12.0), np.arange(12), 4, 1)
    arms = blocks.draw(20, rng)
    value, se, df = aa_tests.contrasts(changes, arms, blocks.codes)
    for row, arm in enumerate(arms):
        one = contrast(changes, arm == 1, blocks.codes)
        assert (value[row], se[row], df[row]) == pytest.approx((one.value, one.se, one.df))


def test_contrasts_of_a_cell_ignore_the_other_cells():
    rng = np.random.default_rng(2)
    changes = rng.normal(size=12)
    blocks = designs.blocks_of(list(np.arange(12).reshape(4, 3)), 12, np.ones(4, np.int64), 2, "")
    arms = blocks.draw(5, rng)
    value, se, _ = aa_tests.contrasts(changes, arms, blocks.codes)
    for row, arm in enumerate(arms):
        used = arm <= 1
        one = contrast(changes[used], arm[used] == 1, blocks.codes[used])
        assert (value[row], se[row]) == pytest.approx((one.value, one.se))


def test_power_on_independent_noise_is_the_closed_form():
    # Closed form: noncentral t of 30 pairs; a log change has variance sd^2 (1/n_pre + 1/n_test).
    from scipy import stats

    rng = np.random.default_rng(11)
    sd, pairs = 0.1, 30
    sales = rng.lognormal(5, 1, (2 * pairs, 1)) * np.exp(sd * rng.normal(size=(2 * pairs, 160)))
    plan = at.plan_geo(panel_of(sales), periods=20)
    spread = sd * math.sqrt(2 * (1 / plan.windows.n_pre + 1 / plan.windows.n_test) / pairs)
    critical = stats.t.isf(0.025, pairs - 1)
    expected = [stats.nct.sf(critical, pairs - 1, math.log1p(lift) / spread) for lift in (0.01, 0.02, 0.03)]
    assert [plan.power(lift) for lift in (0.01, 0.02, 0.03)] == pytest.approx(expected, abs=0.08)
    # 80% power: noncentrality of t_29.
    reach = stats.t.isf(0.025, pairs - 1) + stats.t.ppf(0.8, pairs - 1)
    assert plan.mde_lift == pytest.approx(math.expm1(reach * spread), rel=0.12)
    assert plan.size.low <= 0.065
    assert plan.size.value == pytest.approx(0.05, abs=0.02)


def test_power_never_falls_and_meets_the_target_at_the_mde(plan):
    power = plan.curve()["power"].to_numpy()
    assert (np.diff(power) >= 0).all()
    assert plan.power(plan.mde_lift * 1.0001) >= 0.8 > plan.power(plan.mde_lift * 0.98)


@pytest.mark.parametrize("method", ["did", at.SyntheticControl(placebos=40), "tbr"], ids=["did", "sc", "tbr"])
def test_an_injected_effect_is_an_exact_shift(data, method):
    # Brute force: a lift a little above the smallest that is said to be found is found, one below is not.
    from attribution.experiments.geo.panel import Panel
    from attribution.experiments.geo.plan_request import PlanRequest

    panel = Panel.read(data.panel, geo="geo", time="date", outcome="sales")
    request = _request(PlanRequest, method)
    arms = np.zeros(20, np.int64)
    arms[[3, 9, 11, 14]] = 1
    windows = history_windows.windows_of(110, 21, 6, "day")
    test = aa_tests.window_test(panel, arms, None, 4, windows)
    for sign in (1, -1):
        least = float(aa_tests.tried_out([test], request, sign, 1.0).needed[0])
        if not math.isfinite(least):
            continue
        found = [
            request.method.read(aa_tests._with_effect(test, sign * least * factor, 1.0), request).p_value
            <= 0.05
            for factor in (0.99, 1.01)
        ]
        assert found == [False, True]


def _request(kind, method):
    from attribution.experiments.geo.panel_options import PanelOptions

    return kind.read(
        periods=21,
        kind="heavy_up",
        choice=at.GeoSearch(windows=10, candidates=10),
        options=PanelOptions(),
        significance=at.Significance(),
        change=None,
        budget=None,
        rng=0,
        method=method,
        cost=None,
        value=1.0,
        progress=False,
    ).analysis


def test_methods_that_a_lift_changes_otherwise_are_fitted_again(data):
    plans = {
        method: at.plan_geo(data.panel, periods=21, method=method, cost="spend", windows=6, progress=False)
        for method in ("trimmed_match", at.TrimmedMatch(before="subtract"))
    }
    published, subtracted = plans.values()
    assert 0.002 < subtracted.mde_lift < 0.2
    # As published, what pairs differ by before the test is noise of the test: it sees less.
    assert published.mde_lift > subtracted.mde_lift
    assert {plan.method.name for plan in plans.values()} == {"trimmed_match"}


def test_windows_share_no_test_period_between_the_halves_where_history_allows():
    for times, test in ((120, 28), (365, 28), (90, 15), (60, 14)):
        found = history_windows.windows_of(times, test, 20, "day")
        assert found.apart
        assert found.newer[0] >= found.older[-1] + test
        assert found.every[-1] + found.n_pre + test == times


# ------------------------------------------------------------------------------------------------- search


def test_a_planted_set_is_found():
    # Planted: geos 4 and 9 together are the mean of the others but for tiny noise; the others wander.
    rng = np.random.default_rng(3)
    walk = np.exp(np.cumsum(0.03 * rng.normal(size=(12, 120)), axis=1))
    rest = np.delete(np.arange(12), [4, 9])
    common = walk[rest].mean(axis=0)
    walk[4] = common * np.exp(0.2 * np.sin(np.arange(120)))
    walk[9] = 2 * common * np.exp(0.001 * rng.normal(size=120)) - walk[4]
    plan = at.plan_geo(
        panel_of(1000 * walk),
        periods=14,
        choose="search",
        n_treated=2,
        candidates=66,
        method=at.SyntheticControl(inference="conformal"),
        windows=6,
    )
    assert plan.candidates()["geos"].iloc[0] == "g04, g09"
    assert plan.treated == ("g04", "g09")


def test_a_search_obeys_include_exclude_and_budget(data):
    mean = dict(zip(data.geos["geo"].to_pylist(), data.geos["size"].to_pylist(), strict=True))
    cheap = sorted(mean, key=mean.get)[:10]
    plan = at.plan_geo(
        data.panel,
        periods=21,
        cost="spend",
        choose="search",
        n_treated=3,
        include=cheap[0],
        exclude=cheap[1:4],
        budget=25_000,
        candidates=20,
        method=at.SyntheticControl(placebos=20),
        windows=6,
    )
    assert cheap[0] in plan.treated
    assert not set(cheap[1:4]) & set(plan.treated)
    assert set(cheap[1:4]) <= set(plan.control)
    assert plan.planned_cost.cost <= 25_000
    assert all(cheap[0] in geos for geos in plan.candidates()["geos"])


def test_a_search_shows_what_the_choosing_windows_and_the_others_say(searched):
    frame = searched.candidates()
    assert frame["chosen"].sum() == 1
    assert (np.diff(frame["error"]) >= 0).all()
    row = frame[frame["chosen"]].iloc[0]
    assert row["mde_lift"] == searched.mde_lift
    assert row["mde_lift_chosen"] == searched.mde_lift_chosen
    assert "windows that did not choose" in searched.summary()
    assert [check.name for check in searched.checks][:3] == ["false_alarms", "detectable", "winners_curse"]


# -------------------------------------------------------------------------------------------------- replay


def test_the_analysis_replays_a_random_plan(data, plan):
    run = at.datasets.simulate_geo(20, days=131, seed=5, holidays=False, treated=plan.treated, lift=0.1)
    start, end = run.settings["test"][0], run.settings["test"][1]
    start = str(np.datetime64(end) - 20)
    run = at.datasets.simulate_geo(
        20, days=131, seed=5, holidays=False, treated=plan.treated, lift=0.1, test=(start, end)
    )
    lift = at.analyze_geo(run.panel, plan=plan, start=start, end=end, cost="spend")
    assert lift.method.startswith("difference in differences of log means")
    assert "paired t" in lift.method
    assert lift.relative.holds(0.1)
    assert lift.details["path"].n_pre == plan.windows.n_pre
    again = at.analyze_geo(
        run.panel,
        treated=plan.treated,
        strata=plan.strata,
        start=start,
        end=end,
        method="did",
        buffer=plan.buffer,
        since=str(np.datetime64(start) - plan.windows.n_pre),
    )
    assert again.p_value == lift.p_value


def test_the_analysis_replays_cells_and_searches(data, searched):
    cells = at.plan_geo(data.panel, periods=14, cells=2)
    run = at.datasets.simulate_geo(
        20,
        days=124,
        seed=5,
        holidays=False,
        treated=cells.treated,
        lift=0.1,
        test=("2025-04-26", "2025-05-09"),
    )
    lifts = at.analyze_geo(run.panel, plan=cells, start="2025-04-26", end="2025-05-09")
    assert set(lifts) == {"cell 1", "cell 2"}
    run = at.datasets.simulate_geo(20, days=131, seed=5, holidays=False, treated=searched.treated, lift=0.1)
    lift = at.analyze_geo(run.panel, plan=searched, start="2025-04-26", end="2025-05-16")
    assert "synthetic control" in lift.method


# ---------------------------------------------------------------------------------------- money and words


def test_what_it_costs_and_saves(data, plan):
    spend = plan.to_frame().set_index("geo")["spend"]
    assert plan.planned_cost.cost == pytest.approx(spend[list(plan.treated)].sum() * 21)
    dark = at.plan_geo(data.panel, periods=21, cost="spend", kind="go_dark", rng=3)
    assert dark.planned_cost.cost == pytest.approx(-plan.planned_cost.cost)
    assert plan.iroas_told == pytest.approx(plan.mde_lift * plan.planned_cost.sales / plan.planned_cost.cost)
    assert "It saves" in dark.summary()
    assert "Stop the advertising" in dark.summary()
    assert "finds a fall" in dark.summary()


def test_a_budget_leaves_out_the_dearest_pairs_whatever_chance_says(data, plan):
    budget = plan.planned_cost.cost / 2
    small = at.plan_geo(data.panel, periods=21, cost="spend", budget=budget)
    assert small.planned_cost.cost <= budget
    assert len(small.treated) < len(plan.treated)
    assert small.mde_lift > plan.mde_lift


def test_cooldown_counts(data):
    plan = at.plan_geo(data.panel, periods=14, cooldown=7)
    assert plan.n_test == 21
    assert "The 7 days after the treatment count" in plan.summary()


def test_weekly_panels_speak_of_weeks(data):
    frame = data.to_frame()
    frame["date"] = frame["date"].dt.to_period("W").dt.start_time.astype("datetime64[s]")
    weekly = frame.groupby(["geo", "date"], as_index=False)["sales"].sum()
    weekly = weekly[weekly["date"] < weekly["date"].max()]
    plan = at.plan_geo(weekly, periods=2)
    assert "for 2 weeks in" in plan.summary()


def test_false_alarms_are_told_and_fail_where_there_are_too_many():
    from attribution.experiments.geo.plan_checks import false_alarms

    def size(hits, n):
        return aa_tests.Simulated(np.arange(n) < hits, np.ones(n)).size()

    assert false_alarms(size(50, 1000), 1000, 0.05).passed is True
    assert false_alarms(size(120, 1000), 1000, 0.05).passed is False
    assert false_alarms(size(5, 1000), 1000, 0.05).passed is None
    # Published: exact interval of 1 in 10 is 0.0025 to 0.4450 (Clopper & Pearson 1934).
    found = size(1, 10)
    assert (found.low, found.high) == pytest.approx((0.0025, 0.4450), abs=5e-5)


def test_plots_have_the_mde_on_them(plan, searched):
    axes = plan.plot()
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "treated geos" in names
    assert any("with an effect of +" in name for name in names)
    power = plan.plot("power")
    assert any("MDE" in text.get_text() for text in power.texts)
    assert len(searched.plot("power").get_legend().get_texts()) == 2
    with pytest.raises(ExperimentError, match="did you mean 'power'"):
        plan.plot("powr")


# ------------------------------------------------------------------------------------------------- errors


def test_a_budget_without_a_known_spend_is_an_amount_and_no_percentage(data):
    """Half of the budget in each of two cells; a test that goes dark saves the budget and stops the rest."""
    asked = {"periods": 21, "budget": 20_000, "windows": 6, "progress": False}
    found = at.plan_geo(data.panel, cells=2, **asked)
    assert math.isnan(found.change)
    assert "Spend 10,000 more (cell 1) for 21 days" in found.summary()
    assert "100%" not in found.summary()
    dark = at.plan_geo(data.panel, kind="go_dark", **asked)
    assert dark.planned_cost.cost == -20_000
    assert "Stop the advertising" in dark.summary()


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"exclude": ["geo 1"]}, "did you mean 'geo"),
        ({"include": ["geo 99"], "choose": "search"}, "there is no geo 'geo 99'"),
        ({"include": ["geo 01"]}, "lets chance decide"),
        (
            {"include": ["geo 01"], "exclude": ["geo 01"], "choose": "search"},
            "must be treated, and must not be",
        ),
        ({"periods": 100}, "too few to try out a test of 100"),
        ({"n_treated": 20, "choose": "search"}, "leaves 0 to compare"),
        ({"n_treated": 11}, "cannot be drawn and compared"),
        ({"n_treated": 19, "choose": "strata"}, "n_treated from 2 to 18"),
        ({"n_treated": 12, "choose": "search"}, "too few sets of 12"),
        ({"budget": 10, "cost": "spend"}, "pays for fewer than two pairs"),
        ({"budget": 10, "cost": "spend", "choose": "search"}, "pays for no 4 geos"),
        ({"budget": -5}, "no amount above 0"),
        ({"kind": "go_dark", "change": 0.5, "cost": "spend"}, "does not go with kind='go_dark'"),
        ({"change": 0.5}, "which is not known"),
        ({"change": 0, "cost": "spend"}, "no change of spend"),
        ({"cost": 1000.0}, "is not a column"),
        ({"kind": "heavyup"}, "did you mean 'heavy_up'"),
        ({"choose": "greedy"}, "there is no choose"),
        ({"method": "trimmed_match", "choose": "strata", "cost": "spend"}, "compares pairs"),
        ({"cells": 2, "choose": "search"}, "several cells"),
        ({"cells": ("a", "a")}, "not distinct names"),
        ({"cells": 12}, "too few"),
        ({"power": 1.0}, "between 0 and 1"),
        ({"rng": "seven"}, "makes no random numbers"),
        ({"outcome": "sale"}, "did you mean 'sales'"),
        ({"windows": 2}, "at least 6"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_words(data, asked, problem):
    with pytest.raises(ExperimentError, match=problem):
        at.plan_geo(data.panel, **{"periods": 21, "progress": False, **asked})


def test_a_geo_without_outcome_is_named():
    rng = np.random.default_rng(0)
    sales = 100 * np.exp(0.1 * rng.normal(size=(8, 80)))
    sales[3, 30:] = 0.0
    with pytest.raises(ExperimentError, match="g03 had no sales"):
        at.plan_geo(panel_of(sales), periods=14)
