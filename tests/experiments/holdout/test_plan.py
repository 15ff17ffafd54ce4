"""plan_holdout against published sizes, statsmodels, closed forms and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

import attribution as at
from attribution.errors import ExperimentError
from attribution.experiments.holdout.power import Design, design_effect


def sizes(**options):
    return at.plan_holdout(**options).n_per_arm


def test_published_sizes():
    # Acceptance values of the project: 2.0% -> 2.2% needs 80,681 per arm, d = .02 39,245; within a unit.
    assert sizes(baseline=0.02, lift=0.1)["holdout"] == pytest.approx(80_681, abs=1)
    assert sizes(outcome="mean", baseline=1, sd=1, effect=0.02)["holdout"] == pytest.approx(39_245, abs=1)


def test_lewis_and_rao_2015():
    # Their worked example: sales of standard deviation $75, $0.35 more of them, a million people an arm.
    plan = at.plan_holdout(
        outcome="revenue", baseline=7, sd=75, n=2_000_000, iroas=2.5, cost_per_exposed=0.14, profit_margin=0.5
    )
    assert plan.effect == pytest.approx(0.35)
    t = plan.effect / plan.error
    assert t == pytest.approx(3.2998, abs=1e-3)
    assert t**2 / 2_000_000 == pytest.approx(5.444e-6, rel=1e-3)  # R2 = (effect / sd)^2 / 4
    # A 25% return is an iROAS of 2.5 against 2: (z + z) sd(iROAS) = .5 needs (2.8016 * 75 * 2 / .07)^2 units.
    quantiles = stats.norm.isf(0.025) + stats.norm.ppf(0.8)
    assert plan.n_from_break_even == pytest.approx(4 * (quantiles * 75 / 0.07) ** 2, rel=1e-6)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.8])
def test_sizes_are_those_of_statsmodels(share):
    ratio = share / (1 - share)
    treated = samplesize_proportions_2indep_onetail(0.004, 0.03, 0.9, ratio=ratio, alpha=0.01)
    got = sizes(baseline=0.03, effect=0.004, share=share, power=0.9, alpha=0.01)
    assert got["treatment"] == pytest.approx(treated, abs=1.5)
    held = NormalIndPower().solve_power(0.05, None, 0.05, 0.8, (1 - share) / share)
    assert sizes(outcome="mean", baseline=1, sd=2, effect=0.1, share=share)["holdout"] == pytest.approx(
        held, abs=1
    )
    few = TTestIndPower().solve_power(0.8, None, 0.05, 0.8, (1 - share) / share)
    assert sizes(outcome="mean", baseline=1, sd=1, effect=0.8, share=share)["holdout"] == pytest.approx(
        few, abs=1
    )


def test_size_power_and_mde_are_one_relation():
    for options in (
        {"baseline": 0.02},
        {"baseline": 0.3, "share": 0.05, "exposure": 0.2, "rho": 0.6, "alternative": "larger"},
        {"outcome": "mean", "baseline": 5, "sd": 9, "cluster_size": 3, "cluster_cv": 0.4, "icc": 0.1},
        {"outcome": "revenue", "baseline": 5, "sd": 90, "exposure": 0.3, "design": "ghost_ads"},
    ):
        plan = at.plan_holdout(lift=0.12, power=0.9, **options)
        assert plan.power == pytest.approx(0.9, abs=2e-3)
        again = at.plan_holdout(n=plan.n, power=0.9, **options)
        assert again.mde_lift == pytest.approx(0.12, rel=2e-3)
        assert at.plan_holdout(n=plan.n, lift=0.12, **options).power == pytest.approx(0.9, abs=2e-3)


def test_what_moves_the_size_does_so_by_its_formula():
    options = {"outcome": "mean", "baseline": 10.0, "sd": 20.0, "lift": 0.02}
    base = at.plan_holdout(**options).n
    assert at.plan_holdout(exposure=0.25, **options).n == pytest.approx(base / 0.25**2, rel=1e-4)
    assert at.plan_holdout(exposure=0.25, design="ghost_ads", **options).n == pytest.approx(
        base / 0.25, rel=1e-4
    )
    assert at.plan_holdout(rho=0.7, **options).n == pytest.approx(base * (1 - 0.49), rel=1e-4)
    assert at.plan_holdout(cluster_size=4, icc=0.1, **options).n == pytest.approx(base * 1.3, rel=1e-4)
    assert at.plan_holdout(share=0.1, **options).n == pytest.approx(base * 0.25 / 0.09, rel=1e-4)
    three = at.plan_holdout(arms={"holdout": 0.4, "a": 0.3, "b": 0.3}, **options)
    z = stats.norm.isf(np.array([0.025, 0.0125, 0.2]))
    factor = ((z[1] + z[2]) / (z[0] + z[2])) ** 2 * (1 / 0.4 + 1 / 0.3) / 4
    assert three.n == pytest.approx(base * factor, rel=1e-4)
    loose = at.plan_holdout(arms={"holdout": 0.4, "a": 0.3, "b": 0.3}, multiplicity="none", **options)
    assert loose.n < three.n
    assert design_effect(5, 0.5, 0.1) == pytest.approx(1 + (1.25 * 5 - 1) * 0.1)


def simulated(rejects):
    """Research table: a plan for 80% must find the effect in 79% to 81%; 40,000 draws, se .002."""
    assert 0.79 <= np.mean(rejects) <= 0.81


def test_power_of_proportions_by_simulation():
    rng = np.random.default_rng(1)
    plan = at.plan_holdout(baseline=0.03, lift=0.2, share=0.3)
    n = plan.n_per_arm
    held = rng.binomial(n["holdout"], 0.03, 40_000) / n["holdout"]
    treated = rng.binomial(n["treatment"], 0.036, 40_000) / n["treatment"]
    pooled = (held * n["holdout"] + treated * n["treatment"]) / plan.n
    error = np.sqrt(pooled * (1 - pooled) * (1 / n["holdout"] + 1 / n["treatment"]))
    simulated(np.abs(treated - held) / error > 1.959964)


def test_power_under_dilution_by_simulation():
    # A quarter of the treated is exposed and converts at 8% instead of 5%; the others do not change.
    rng = np.random.default_rng(2)
    plan = at.plan_holdout(baseline=0.05, effect=0.03, exposure=0.25)
    n = plan.n_per_arm["holdout"]
    held = rng.binomial(n, 0.05, 40_000) / n
    exposed = rng.binomial(n, 0.25, 40_000)
    treated = (rng.binomial(exposed, 0.08) + rng.binomial(n - exposed, 0.05)) / n
    error = np.sqrt((held * (1 - held) + treated * (1 - treated)) / n)
    simulated(np.abs(treated - held) / error > 1.959964)


def test_power_of_small_means_clusters_and_covariates_by_simulation():
    rng = np.random.default_rng(3)

    def rejects(a, b):
        return stats.ttest_ind(a, b, axis=1).pvalue < 0.05

    n = sizes(outcome="mean", baseline=1, sd=1, effect=0.6)["holdout"]
    simulated(rejects(rng.normal(1, 1, (20_000, n)), rng.normal(1.6, 1, (20_000, n))))
    # Households of 4 with icc .3, analysed by their means.
    n = sizes(outcome="mean", baseline=1, sd=1, effect=0.3, cluster_size=4, icc=0.3)["holdout"] / 4
    sd = math.sqrt(0.3 + 0.7 / 4)
    simulated(rejects(rng.normal(0, sd, (10_000, round(n))), rng.normal(0.3, sd, (10_000, round(n)))))
    # Adjusted by a covariate of correlation .6: the residual's sd is .8.
    n = sizes(outcome="mean", baseline=1, sd=1, effect=0.2, rho=0.6)["holdout"]
    simulated(rejects(rng.normal(0, 0.8, (10_000, n)), rng.normal(0.2, 0.8, (10_000, n))))


def test_a_ratio_is_planned_by_its_linearised_spread():
    rng = np.random.default_rng(4)
    sessions = rng.poisson(3, 50_000) + 1.0
    revenue = sessions * rng.gamma(2, 5, 50_000)
    plan = at.plan_holdout(outcome="ratio", pilot=(revenue, sessions), n=20_000)
    assert plan.pilot.baseline == pytest.approx(revenue.sum() / sessions.sum())
    # Brute force: the ratio's spread over samples of 1,000.
    drawn = rng.integers(0, 50_000, (3_000, 1_000))
    ratios = revenue[drawn].sum(1) / sessions[drawn].sum(1)
    assert plan.pilot.sd / math.sqrt(1_000) == pytest.approx(ratios.std(), rel=0.05)


def test_a_heavy_tailed_pilot_warns_and_winsorising_names_its_estimand():
    rng = np.random.default_rng(5)
    revenue = np.where(rng.random(50_000) < 0.02, rng.lognormal(3.5, 1.5, 50_000), 0.0)
    plan = at.plan_holdout(outcome="revenue", pilot=revenue, n=10_000)
    assert plan.pilot.skew == pytest.approx(stats.skew(revenue))
    assert "skewed" in plan.summary()
    capped = at.plan_holdout(outcome="revenue", pilot=revenue, n=10_000, winsorise=0.999)
    assert capped.mde_lift < plan.mde_lift
    assert "capped" in capped.summary()


def test_duration_and_words_and_pictures():
    plan = at.plan_holdout(
        baseline=0.02,
        lift=0.1,
        exposure=0.3,
        daily_units=10_000,
        outcome_days=7,
        cost_per_exposed=0.1,
        value=60,
    )
    assert plan.days == math.ceil(plan.n / 10_000) + 7
    words = plan.summary()
    for part in (
        # Of the exposed it is known what they gain, not where they stand: levels are those of all units.
        "a change of +0.2 points for an exposed unit (+10% of the baseline)",
        "so lift +3% over all units (2% to 2.06%)",
        "80.0% power",
        f"{plan.n_required:,} units",
        "ghost ads",
        "Break-even is an iROAS of 1",
        "days",
    ):
        assert part in words
    assert "<table" in plan._repr_html_()
    assert "Holdout plan" in repr(plan)
    frame = plan.to_frame().set_index("measure")["value"]
    assert frame["n"] == plan.n
    assert frame["iroas"] == pytest.approx(0.002 * 60 / 0.1)
    curve = plan.curve()
    assert (np.diff(curve["power"]) > 0).all()
    assert (np.diff(curve["mde_lift"]) < 0).all()
    assert np.interp(plan.n, curve["n"], curve["power"]) == pytest.approx(0.8, abs=0.01)
    for kind in ("power", "mde"):
        axes = plan.plot(kind)
        assert axes.get_xlabel() == "units of all arms"
    even = at.plan_holdout(
        baseline=0.1, iroas=2, cost_per_exposed=0.5, value=60, profit_margin=0.5, exposure=0.3, design="psa"
    )
    assert "break-even itself" in even.summary()
    legend = [entry.get_text() for entry in even.plot("power").get_legend().get_texts()]
    assert [name.partition(", ")[2] for name in legend] == ["iROAS 3", "iROAS 2", "iROAS 1"]
    text = at.plan_holdout(baseline=0.2, n=2_000, arms={"holdout": 0.5, "a": 0.3, "b": 0.2}).summary()
    assert "2.5%" in text
    assert "the size is that of b" in text
    assert "clusters" in at.plan_holdout(baseline=0.2, n=200, cluster_size=10, icc=0.1).summary()


def test_no_possible_gain_is_said():
    plan = at.plan_holdout(baseline=0.6, n=20)
    assert plan.mde == math.inf
    assert "No possible gain" in plan.summary()
    plan.plot()


def test_the_mde_is_the_effect_with_the_target_power():
    design = Design(True, 0.02, 0.14, (0.1, 0.9), 0.05, True, dilution=0.3)
    for units in (1e4, 1e6, 1e9):
        assert float(design.power(units, design.mde(units, 0.8))) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "baseline=None is no number"),
        ({"baseline": 2, "lift": 0.1}, "baseline=0.02"),
        ({"baseline": 0.02}, "neither an effect"),
        ({"baseline": 0.02, "lift": 10, "effect": 1}, "in different ways"),
        ({"baseline": 0.2, "lift": 10}, "moves the rate"),
        ({"baseline": 0.2, "lift": 0.0}, "nothing to find"),
        ({"baseline": 0.2, "lift": 0.1, "sd": 1}, "follows from the baseline"),
        ({"baseline": 0.2, "lift": 0.1, "alpha": 5}, "alpha=5"),
        ({"baseline": 0.2, "lift": 0.1, "share": 10}, "share=0.1"),
        ({"baseline": 0.2, "lift": 0.1, "exposure": 1.5}, "at most 1"),
        ({"baseline": 0.2, "lift": 0.1, "rho": 1}, "no correlation"),
        ({"baseline": 0.2, "lift": 0.1, "cluster_size": 3}, "icc"),
        ({"baseline": 0.2, "lift": 0.1, "value": 3}, "value without cost_per_exposed"),
        ({"baseline": 0.2, "lift": 0.1, "cost_per_exposed": 3}, "what a conversion is worth"),
        ({"baseline": 0.2, "iroas": 2}, "what an exposed unit costs"),
        ({"baseline": 0.2, "n": 3}, "is too few"),
        ({"baseline": 0.2, "n": 300, "arms": {"control": 0.5, "a": 0.5}}, "no arm 'holdout'"),
        ({"baseline": 0.2, "n": 300, "arms": {"holdout": 0.5, "a": 0.4}}, "sum to 0.9"),
        ({"baseline": 0.2, "n": 300, "design": "ghost"}, "did you mean 'ghost_ads'"),
        ({"outcome": "mean", "baseline": 0.2, "n": 300}, "sd=None"),
        ({"outcome": "ratio", "baseline": 0.2, "n": 300}, "a ratio needs a pilot"),
        ({"outcome": "revenu", "baseline": 0.2, "n": 300}, "did you mean 'revenue'"),
        ({"outcome": "mean", "pilot": [1.0] * 20, "n": 300}, "are 1"),
        ({"outcome": "mean", "pilot": [1.0, math.nan] * 20, "n": 300}, "missing values"),
        ({"outcome": "proportion", "pilot": [0, 2] * 20, "n": 300}, "other than 0 and 1"),
        ({"outcome": "mean", "baseline": 0, "sd": 1, "lift": 0.1}, "relative to the baseline"),
        ({"outcome": "mean", "baseline": 1, "sd": 1, "effect": 1e-12}, "too small for any test"),
    ],
)
def test_impossible_plans_are_refused(options, words):
    with pytest.raises(ExperimentError, match=words):
        at.plan_holdout(**options)


def test_limits_of_a_plan_are_where_they_say():
    """Clusters of 1.5 units must say how alike units are; no units are none; a median is no cap."""
    plain = {"baseline": 0.05, "lift": 0.1}
    with pytest.raises(ExperimentError, match="icc"):
        at.plan_holdout(**plain, cluster_size=1.5)
    assert at.plan_holdout(**plain, cluster_size=1.0).n > 0
    with pytest.raises(ExperimentError, match="above 0"):
        at.plan_holdout(baseline=0.05, n=0)
    pilot = np.random.default_rng(1).gamma(1.0, 10.0, 500)
    with pytest.raises(ExperimentError, match="no upper quantile"):
        at.plan_holdout(outcome="mean", pilot=pilot, lift=0.1, winsorise=0.5)
    assert at.plan_holdout(outcome="mean", pilot=pilot, lift=0.1, winsorise=0.6).n > 0


@pytest.mark.parametrize(
    "options",
    [
        {"share": 0.2},
        {"exposure": 0.4},
        {"exposure": 0.4, "design": "psa"},
        {"rho": 0.5, "cluster_size": 2, "icc": 0.1},
    ],
    ids=str,
)
def test_a_plan_for_a_loss_mirrors_the_plan_for_a_gain(options):
    """By symmetry: a fall of a rate p is a rise of 1 - p, and a mean's fall is a rise of its negative."""
    for down, up in (
        ({"baseline": 0.3}, {"baseline": 0.7}),
        ({"outcome": "mean", "baseline": 5.0, "sd": 9.0}, {"outcome": "mean", "baseline": 5.0, "sd": 9.0}),
    ):
        loss = at.plan_holdout(effect=-0.02, alternative="smaller", **down, **options)
        gain = at.plan_holdout(effect=0.02, alternative="larger", **up, **options)
        assert loss.n_per_arm == gain.n_per_arm
        assert loss.mde == pytest.approx(-gain.mde)
        assert loss.mde_lift == pytest.approx(-gain.mde / down["baseline"])
        few = [
            at.plan_holdout(n=60, alternative=side, **one, **options).mde
            for side, one in (("smaller", down), ("larger", up))
        ]
        assert few[0] == pytest.approx(-few[1])
        assert "one-sided, smaller" in loss.summary()
        assert "smallest loss it finds" in loss.summary()
        assert loss.curve()["mde"].max() < 0
        assert (loss.curve()["power"].diff().dropna() > 0).all()
        assert loss.plot("mde").get_ylim()[0] < 0


def test_no_loss_that_is_possible_is_inf_and_wrong_signs_are_refused():
    plan = at.plan_holdout(baseline=0.001, n=100, alternative="smaller")
    assert plan.mde == -math.inf
    assert "No possible loss" in plan.summary()
    with pytest.raises(ExperimentError, match=r"nothing to find with alternative=.smaller"):
        at.plan_holdout(baseline=0.1, lift=0.1, alternative="smaller")
    with pytest.raises(ExperimentError, match="a fall has no iROAS"):
        at.plan_holdout(baseline=0.1, lift=-0.1, alternative="smaller", cost_per_exposed=1, value=2)
