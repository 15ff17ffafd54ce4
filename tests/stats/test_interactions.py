"""Interactions of pairs: against statsmodels, closed forms, and processes without or with an interaction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from attribution.stats.interactions import Counts, pair_interactions
from attribution.stats.multiplicity import adjust

PAIRS = np.stack(np.triu_indices(4, 1), axis=1)
SIGNS = np.array([1.0, -1.0, -1.0, 1.0])


def units(rng, n_users=400, n_marks=4, slopes=(0.6, 0.3, 0.0, 0.9), planted=0.0, scale="odds"):
    """Draw units (user, marks, success): alike in a user, marks correlated, `planted` for the first pair."""
    user = np.repeat(np.arange(n_users), rng.poisson(1.5, n_users) + 1)
    reach = rng.normal(size=n_users)[user]
    lean = np.linspace(-0.5, 0.5, n_marks)
    marks = rng.random((len(user), n_marks)) < special.expit(-0.8 + 0.9 * reach[:, None] + lean)
    both = marks[:, 0] & marks[:, 1]
    taste = np.tanh(rng.normal(size=n_users))[user]  # of mean 0 and independent of the marks
    if scale == "odds":
        rate = special.expit(-2.8 + marks @ np.array(slopes) + planted * both) * (1 + 0.6 * taste)
    else:
        rate = 0.05 + 0.04 * (marks @ np.array(slopes)) + planted * both + 0.03 * taste
    return user, marks, rng.random(len(user)) < rate


def counts_of(cluster, marks, success, *, clustered=True):
    """Return the counts by cluster and set."""
    n = marks.shape[1]
    place = marks @ (1 << np.arange(n))
    key = cluster * 2**n + place
    total, good = np.bincount(key), np.bincount(key, success)
    live = np.flatnonzero(total)
    inside = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(bool)
    return Counts(inside, live % 2**n, live // 2**n, total[live].astype(float), good[live], clustered)


@pytest.mark.parametrize("scale", ["rate", "odds"])
@pytest.mark.parametrize("clustered", [True, False])
def test_adjusted_contrasts_are_those_of_statsmodels(scale, clustered):
    # statsmodels' OLS and Binomial GLM on single units, with robust or cluster-robust covariance.
    import statsmodels.api as sm

    user, marks, success = units(np.random.default_rng(3))
    found = pair_interactions(counts_of(user, marks, success, clustered=clustered), PAIRS, scale=scale)
    n, n_users = len(user), len(np.unique(user))
    for number, (one, other) in enumerate(PAIRS.tolist()):
        design = np.column_stack([np.ones(n), marks, marks[:, one] & marks[:, other]]).astype(float)
        model = (
            sm.OLS(success * 1.0, design)
            if scale == "rate"
            else sm.GLM(success * 1.0, design, sm.families.Binomial())
        )
        kind = {"cov_type": "cluster", "cov_kwds": {"groups": user, "use_correction": False}}
        fit = model.fit(**(kind if clustered else {"cov_type": "HC0"}))
        assert found.contrast[number] == pytest.approx(fit.params[-1], rel=1e-6)
        grown = np.sqrt(n_users / (n_users - 1)) if clustered else 1.0
        assert found.error[number] == pytest.approx(fit.bse[-1] * grown, rel=1e-6)


@pytest.mark.parametrize("scale", ["rate", "odds"])
def test_what_is_held_and_bent_are_columns_of_statsmodels(scale):
    # The same fits with the columns written out: strata, held marks, and the two of the trend.
    import statsmodels.api as sm

    user, marks, success = units(np.random.default_rng(7), n_marks=5, slopes=(0.6, 0.3, 0.0, 0.9, 0.4))
    marks, held = marks[:, :4], marks[:, 4:]
    stratum = np.random.default_rng(8).integers(1, 4, len(user))
    key = (marks @ (1 << np.arange(4))) * 8 + held[:, 0] * 4 + stratum
    known, row = np.unique(key, return_inverse=True)
    inside = ((known[:, None] // 8 >> np.arange(4)) & 1).astype(bool)
    counts = Counts(
        inside,
        row.reshape(-1),
        user,
        np.ones(len(user)),
        success * 1.0,
        held=(known[:, None] & 4) > 0,
        stratum=known & 3,
        trend=np.log(known & 3),
    )
    found = pair_interactions(counts, PAIRS, scale=scale)

    def fit(design):
        model = (
            sm.OLS(success * 1.0, design)
            if scale == "rate"
            else sm.GLM(success * 1.0, design, sm.families.Binomial())
        )
        return model.fit(cov_type="cluster", cov_kwds={"groups": user, "use_correction": False})

    base = np.column_stack([np.ones(len(user)), marks, held, stratum == 2, stratum == 3]).astype(float)
    score = base[:, 1:6] @ fit(base).params[1:6]
    trend = np.log(stratum)
    score, trend = score - score.mean(), trend - trend.mean()
    grown = np.sqrt(len(np.unique(user)) / (len(np.unique(user)) - 1))
    for number, (one, other) in enumerate(PAIRS.tolist()):
        full = fit(np.column_stack([base, score * trend, score**2, marks[:, one] & marks[:, other]]))
        assert found.contrast[number] == pytest.approx(full.params[-1], rel=1e-5)
        assert found.error[number] == pytest.approx(full.bse[-1] * grown, rel=1e-5)


@pytest.mark.parametrize("scale", ["rate", "odds"])
def test_plain_contrasts_are_those_of_the_four_cells(scale):
    # The definition, and the delta method for independent units.
    user, marks, success = units(np.random.default_rng(4))
    found = pair_interactions(
        counts_of(user, marks, success, clustered=False), PAIRS, scale=scale, adjust=False
    )
    for number, (one, other) in enumerate(PAIRS.tolist()):
        cells = [(marks[:, one] == a) & (marks[:, other] == b) for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))]
        size, rate = (np.array([f(success[cell]) for cell in cells]) for f in (len, np.mean))
        assert found.units[number].tolist() == size.tolist()
        spread = rate * (1 - rate)
        value, variance = (
            (rate, spread / size) if scale == "rate" else (special.logit(rate), 1 / spread / size)
        )
        assert found.contrast[number] == pytest.approx(value @ SIGNS)
        assert found.error[number] == pytest.approx(np.sqrt(variance.sum()))


def test_a_pair_alone_has_the_plain_contrast_adjusted_or_not():
    # With two marks both models are saturated: the same numbers, clustered variance included.
    user, marks, success = units(np.random.default_rng(5), n_marks=2, slopes=(0.6, 0.3))
    counts = counts_of(user, marks, success)
    pair = np.array([[0, 1]])
    for scale in ("rate", "odds"):
        one, other = (pair_interactions(counts, pair, scale=scale, adjust=way) for way in (True, False))
        assert one.contrast[0] == pytest.approx(other.contrast[0])
        assert one.error[0] == pytest.approx(other.error[0])


def test_what_the_data_do_not_hold_has_no_contrast():
    # Every unit has one of two marks at least: nothing tells the product from the marks.
    rng = np.random.default_rng(6)
    marks = rng.random((500, 2)) < 0.6
    marks = marks[marks.any(axis=1)]
    success = rng.random(len(marks)) < 0.2
    counts = counts_of(np.arange(len(marks)) % 50, marks, success)
    for scale in ("rate", "odds"):
        assert np.isnan(pair_interactions(counts, np.array([[0, 1]]), scale=scale).contrast).all()


@pytest.mark.parametrize("scale", ["rate", "odds"])
def test_no_interaction_is_found_as_rarely_as_the_level_says(scale):
    # Simulation with known truth: 80 worlds of 6 pairs without interaction. benchmarks/synergy.py has more.
    p_values = []
    for seed in range(80):
        user, marks, success = units(np.random.default_rng(seed), n_users=700, scale=scale)
        found = pair_interactions(counts_of(user % 256, marks, success), PAIRS, scale=scale)
        p_values.append(2 * stats.t.sf(np.abs(found.contrast / found.error), found.freedom))
    rejected = np.array(p_values) < 0.05
    assert 0.025 <= rejected.mean() <= 0.08
    by_chance = np.mean([adjust(each, 0.05, "holm")[0].min() <= 0.05 for each in p_values])
    assert by_chance <= 0.13  # 0.05 and three standard errors of 80 draws


@pytest.mark.parametrize(("scale", "planted"), [("odds", 1.0), ("rate", 0.12)])
def test_a_planted_interaction_is_found(scale, planted):
    found = []
    for seed in range(20):
        user, marks, success = units(np.random.default_rng(seed), n_users=3_000, planted=planted, scale=scale)
        one = pair_interactions(counts_of(user % 256, marks, success), PAIRS, scale=scale)
        p_values = 2 * stats.t.sf(np.abs(one.contrast / one.error), one.freedom)
        found.append((one.contrast[0], adjust(p_values, 0.05, "holm")[0][0] <= 0.05))
    contrast, seen = np.array(found).T
    assert seen.mean() >= 0.9
    assert contrast.mean() == pytest.approx(planted, rel=0.15)  # heterogeneity flattens odds a little
