"""Options of holdouts are values: whole or by their fields give the same; refused where they do nothing."""

from __future__ import annotations

import numpy as np
import pytest

import attribution as at
from attribution.errors import ExperimentError


def users():
    rng = np.random.default_rng(3)
    n = 4000
    return {
        "group": np.where(rng.random(n) < 0.5, "treatment", "holdout"),
        "revenue": rng.gamma(2.0, 20.0, n) * (rng.random(n) < 0.2),
        "before": rng.gamma(2.0, 20.0, n),
        "country": np.where(rng.random(n) < 0.4, "de", "fr"),
        "visits": rng.poisson(3.0, n) + 1,
    }


VALUES = {
    "columns": at.UserColumns(assigned="group", segment="country"),
    "metric": at.MetricOptions(covariate="before", adjust="cuped", winsorise=0.99),
    "validity": at.Validity(shares={"treatment": 0.5, "holdout": 0.5}, placebo="visits"),
    "significance": at.Significance(alpha=0.1, correction="fdr_bh", alternative="larger", margin=0.5),
}
FIELDS = {
    "assigned": "group",
    "segment": "country",
    "covariate": "before",
    "adjust": "cuped",
    "winsorise": 0.99,
    "shares": {"treatment": 0.5, "holdout": 0.5},
    "placebo": "visits",
    "alpha": 0.1,
    "correction": "fdr_bh",
    "alternative": "larger",
    "margin": 0.5,
}


def test_an_analysis_takes_its_options_whole_or_by_their_fields():
    whole = at.analyze_holdout(users(), outcome="revenue", **VALUES)
    fields = at.analyze_holdout(users(), outcome="revenue", **FIELDS)
    assert whole.summary() == fields.summary()
    assert whole.to_frame().equals(fields.to_frame())
    assert "placebo" in {check.name for check in whole.checks}


def test_a_plan_takes_its_options_whole_or_by_their_fields():
    setup = {
        "share": 0.2,
        "exposure": 0.4,
        "cluster_size": 2.0,
        "icc": 0.3,
        "daily_units": 5_000,
        "outcome_days": 7,
    }
    economics = {"cost_per_exposed": 0.1, "value": 40, "profit_margin": 0.5, "currency": "€"}
    significance = {"alpha": 0.1, "power": 0.9}
    whole = at.plan_holdout(
        baseline=0.02,
        lift=0.1,
        setup=at.HoldoutSetup(**setup),
        economics=at.UnitEconomics(**economics),
        significance=at.Significance(**significance),
    )
    fields = at.plan_holdout(baseline=0.02, lift=0.1, **setup, **economics, **significance)
    assert whole.summary() == fields.summary()
    assert (whole.alpha, whole.target_power, whole.shares["holdout"]) == (0.1, 0.9, 0.2)


def test_one_value_says_how_sure_a_test_must_be_for_its_plan_and_its_analysis():
    strict = at.Significance(alpha=0.01, power=0.9, alternative="larger")
    assert at.plan_holdout(baseline=0.02, lift=0.1, significance=strict).alpha == 0.01
    lift = at.analyze_holdout(users(), assigned="group", outcome="revenue", significance=strict)
    assert lift.alpha == 0.01
    assert lift.relative.high == np.inf


@pytest.mark.parametrize(
    ("name", "field"),
    [("columns", "assigned"), ("metric", "adjust"), ("validity", "placebo"), ("significance", "alpha")],
)
def test_options_given_twice_are_refused_by_name(name, field):
    with pytest.raises(ExperimentError, match=f"{field}= stands beside {name}="):
        at.analyze_holdout(users(), outcome="revenue", **{name: VALUES[name], field: FIELDS[field]})


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"correction": "fdr_bh"}, "correction='fdr_bh' has no effect here"),
        ({"sequential": 1000}, "sequential=1000 has no effect here"),
        ({"setup": 0.1}, "setup=0.1 is no at.HoldoutSetup"),
        ({"exposur": 0.1}, "did you mean 'exposure'"),
    ],
)
def test_what_has_no_effect_on_a_plan_is_refused(asked, words):
    with pytest.raises(ExperimentError, match=words):
        at.plan_holdout(baseline=0.02, lift=0.1, **asked)
