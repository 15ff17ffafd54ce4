"""The Gibbs sampler against quadrature, against statsmodels' smoother, against R, and with known truth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from attribution.errors import ExperimentError
from attribution.experiments.panels import bsts as module
from attribution.experiments.panels.bsts import bsts
from attribution.experiments.panels.serial import effective_draws


def posterior_by_quadrature(y, x, level_sd, inclusion):
    """Integrate the posterior over a grid of the two variances and over all sets of donors.

    With the variances given, y is normal around its first value with covariance noise I + step min(i, j) + 1
    + noise X P^-1 X'; its moments are closed forms.
    """
    n, j = x.shape
    grid = np.exp(np.linspace(np.log(1e-3), np.log(3.0), 32))
    noise, step = (part.ravel() for part in np.meshgrid(grid, grid, indexing="ij"))
    place = np.arange(n)
    walk = np.minimum(place[:, None], place)
    gram = x.T @ x / n
    prior = 0.01 * (0.5 * gram + 0.5 * np.diag(np.diag(gram)))
    # Inverse gamma densities on the log scale of the grid; the step's sd is at most 1.
    log_prior = -25 * np.log(noise) - 50 * 0.2 / 2 / noise
    log_prior += np.where(step <= 1, -16 * np.log(step) - 32 * level_sd**2 / 2 / step, -np.inf)
    logs, moments = [], []
    for chosen in itertools.product([0, 1], repeat=j):
        inside = np.flatnonzero(chosen)
        slab = np.linalg.inv(prior[np.ix_(inside, inside)])
        level = 1.0 + step[:, None, None] * walk
        cov = level + noise[:, None, None] * (np.eye(n) + x[:, inside] @ slab @ x[:, inside].T)
        gap = np.broadcast_to((y - y[0])[:, None], (len(noise), n, 1))
        solved = np.linalg.solve(cov, gap)[:, :, 0]
        k = len(inside)
        logs.append(
            log_prior
            - 0.5 * np.linalg.slogdet(cov)[1]
            - 0.5 * solved @ (y - y[0])
            + k * np.log(inclusion)
            + (j - k) * np.log1p(-inclusion)
        )
        b = np.zeros((len(noise), j))
        b[:, inside] = noise[:, None] * (solved @ x[:, inside] @ slab)
        end = y[0] + (level[:, -1, :] * solved).sum(axis=1)
        moments.append(np.column_stack([noise, step, np.tile(chosen, (len(noise), 1)), b, end]))
    logs = np.concatenate(logs)
    weight = np.exp(logs - logs.max())
    return weight @ np.concatenate(moments) / weight.sum()


def test_posterior_is_that_of_quadrature():
    """Brute force on 10 periods and two donors, the second in doubt; 3,000 draws."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(10, 2))
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    y = 0.7 * x[:, 0] + 0.45 * x[:, 1] + rng.normal(0, 0.4, 10) + rng.normal(0, 0.2, 10).cumsum()
    y = (y - y.mean()) / y.std(ddof=1)
    truth = posterior_by_quadrature(y, x, 0.3, 1 / 3)
    kept = module._run(module._Sampler(y, x, 0.3, 1 / 3, rng), 3_000, 100)
    chains = np.column_stack(
        [kept.noise_sd**2, kept.step_sd**2, kept.coefficients != 0, kept.coefficients, kept.levels[:, -1]]
    )
    error = chains.std(axis=0) / np.sqrt([effective_draws(chain) for chain in chains.T.astype(float)])
    gaps = np.abs(chains.mean(axis=0) - truth)
    assert 0.05 < truth[3] < 0.95  # the second donor is in doubt, so that the test is one of its indicator
    assert (gaps <= 4 * error + 1e-3 * np.abs(truth)).all()
    assert (error[:6] < 0.04).all()


def test_level_is_that_of_the_kalman_smoother():
    """Mean and variance of the level at fixed variances, without donors, from UnobservedComponents."""
    structural = pytest.importorskip("statsmodels.tsa.statespace.structural")
    rng = np.random.default_rng(2)
    y = rng.normal(0, 0.5, 40) + rng.normal(0, 0.3, 40).cumsum()
    known = structural.UnobservedComponents(y, level="llevel")
    known.ssm.initialize_known(y[:1], np.ones((1, 1)))
    smoothed = known.smooth([0.25, 0.09])
    sampler = module._Sampler(y, np.empty((40, 0)), 0.3, 0.5, rng)
    sampler.noise_var, sampler.step_var = 0.25, 0.09
    sampler._draw_variances = lambda residuals: None
    levels = module._run(sampler, 2_000, 0).levels
    mean, variance = smoothed.smoothed_state[0], smoothed.smoothed_state_cov[0, 0]
    assert np.abs((levels.mean(axis=0) - mean) / np.sqrt(variance / 2_000)).max() < 4
    assert levels.var(axis=0) == pytest.approx(variance, rel=0.15)


def r_normals(seed, n):
    """Return R's ``set.seed(seed); rnorm(n)``: its Mersenne twister, seeding and inversion."""
    key = []
    for place in range(675):
        seed = (69069 * seed + 1) & 0xFFFFFFFF
        if place >= 51:
            key.append(seed)
    twister = np.random.MT19937()
    twister.state = {"bit_generator": "MT19937", "state": {"key": np.array(key, np.uint32), "pos": 624}}
    u = twister.random_raw(2 * n) * 2.3283064365386963e-10
    big = 134217728.0
    return norm.ppf((np.floor(big * u[::2]) + u[1::2]) / big)


def test_agrees_with_r():
    """R CausalImpact 1.4.1 on data that it made itself, 5,000 draws.

    From the tests of bsts-causalimpact (tests/fixtures/r_reference_covariates.json): effect a period 2.8859,
    interval 2.4680 to 3.2974. Three of its standard errors, of at most .01, and as much of ours.
    """
    y = 1 + r_normals(42, 100)
    assert y[0] == pytest.approx(2.3709584, abs=1e-6)  # 1 + rnorm(1) of seed 42
    y[70:] += 3
    x = np.stack([r_normals(43, 100), r_normals(44, 100)])
    fit = bsts(y + 0.5 * x[0] + 0.25 * x[1], x, 70, draws=2_000, rng=np.random.default_rng(3))
    assert fit.total / 30 == pytest.approx(2.8859, abs=0.03)
    assert np.array(fit.interval()) / 30 == pytest.approx([2.4680, 3.2974], abs=0.06)
    assert (fit.effects > 0).all()  # of 2,000 draws none is as far down as no effect: its p is 1 / 2,001
    assert fit.effective_draws > 1_000


def world(rng, n=90, j=8, effect=0.0):
    donors = 100 + 10 * rng.normal(size=(j, n))
    target = 200 + 0.6 * donors[0] + 0.4 * donors[1] + rng.normal(0, 3, n) + rng.normal(0, 0.1, n).cumsum()
    target[60:] += effect
    return target, donors


def test_finds_the_donors_and_the_effect():
    rng = np.random.default_rng(4)
    target, donors = world(rng, effect=10.0)
    donors[5] = 7.0
    fit = bsts(target, donors, 60, draws=500, burn=100, rng=rng)
    assert (fit.inclusion[:2] > 0.99).all()
    assert (fit.inclusion[2:] < 0.3).all()
    assert (fit.inclusion[5], fit.coefficients[5]) == (0, 0)
    assert fit.coefficients[:2] == pytest.approx([0.6, 0.4], abs=0.15)
    assert fit.noise_sd.mean() == pytest.approx(3, abs=0.8)
    low, high = fit.interval()
    assert low < 300 < high
    assert low > 0
    assert fit.total == pytest.approx(
        (target - fit.counterfactual)[60:].sum(), abs=4 * 3 * 30**0.5 / 500**0.5
    )
    assert (fit.draws.shape, fit.counterfactual.shape) == ((500, 90), (90,))


def test_coverage():
    """Simulation, 12 runs of 95% intervals: fewer than 9 cover with a chance of .0002; more in benchmarks."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(12):
        target, donors = world(rng, j=4, effect=5.0)
        low, high = bsts(target, donors, 60, draws=150, burn=30, rng=rng).interval()
        hits += low <= 150 <= high
    assert hits >= 9


def test_one_seed_gives_one_result_and_units_do_not_matter():
    target, donors = world(np.random.default_rng(6))
    fits = [
        bsts(scale * target, part, 60, draws=50, burn=10, rng=np.random.default_rng(7))
        for scale, part in ((1.0, donors), (1.0, donors), (1e6, donors * 1e-3 + 5))
    ]
    assert np.array_equal(fits[0].effects, fits[1].effects)
    assert fits[2].effects == pytest.approx(fits[0].effects * 1e6, rel=1e-6, abs=1.0)
    assert fits[2].coefficients == pytest.approx(fits[0].coefficients * 1e9, rel=1e-6, abs=1e-3)


def test_the_caller_keeps_the_series():
    target, donors = world(np.random.default_rng(8))
    before = target.copy(), donors.copy()
    bsts(target, donors, 60, draws=10, burn=0, rng=np.random.default_rng(9))
    assert np.array_equal(before[0], target)
    assert np.array_equal(before[1], donors)


def test_errors_teach():
    target, donors = world(np.random.default_rng(11))
    with pytest.raises(ExperimentError, match="2 of 90 periods"):
        bsts(target, donors, 2, rng=np.random.default_rng(0))
    with pytest.raises(ExperimentError, match="constant before the test"):
        bsts(np.where(np.arange(90) < 60, 4.0, target), donors, 60, rng=np.random.default_rng(0))
