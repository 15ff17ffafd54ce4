"""Were the arms alike before the test: covariates, and A/A tests on the time before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from attribution._typing import Floats
from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError
from attribution.experiments.shared.p_value_limits import BLOCK, WARN
from attribution.language.sentence import Sentence

LARGE_DIFFERENCE = 0.1  # standardised mean difference; Austin (2009) and research on matching use it


def covariate_balance(
    n: Mapping[str, int],
    means: Mapping[str, Floats],
    covariances: Mapping[str, Floats],
    names: Sequence[str],
    *,
    alpha: float = BLOCK,
    large: float = LARGE_DIFFERENCE,
) -> CheckResult:
    """Test whether the arms are alike in what was known before assignment.

    Each covariate by its standardised mean difference ``(m_1 - m_0) / sqrt((s_1^2 + s_0^2) / 2)``, and all
    together by Hotelling's T-squared, which is the F test of a regression of the arm on the covariates.
    With more than two arms, every arm is compared with the first, Bonferroni-adjusted.

    Parameters
    ----------
    n
        Units per arm.
    means
        Means of the k covariates per arm, shape (k,).
    covariances
        Their covariance matrices per arm, shape (k, k).
    names
        Names of the covariates.
    alpha
        Fails when the joint p-value is below this.
    large
        A standardised difference that is worth a note although chance may explain it.

    Returns
    -------
    CheckResult
        ``passed`` is False when chance does not explain the differences, None when one is large but chance
        may have made it; one row a covariate with its largest difference.

    Raises
    ------
    ExperimentError
        If there are fewer than two arms.

    Examples
    --------
    >>> import numpy as np
    >>> n = {"holdout": 1_000, "treatment": 1_000}
    >>> means = {"holdout": np.array([5.0]), "treatment": np.array([5.4])}
    >>> spread = {"holdout": np.eye(1), "treatment": np.eye(1)}
    >>> covariate_balance(n, means, spread, ["past_orders"]).passed
    False
    """
    arms = list(n)
    if len(arms) < 2:
        msg = f"balance needs two arms, and there are {len(arms)}"
        raise ExperimentError(msg, column="n")
    name, first, k = "covariate_balance", arms[0], len(names)
    if min(n.values()) < 2 or not k:
        return CheckResult(name, None, Sentence("covariate_balance.few"))
    largest = np.zeros(k)
    joint: list[float] = []
    for arm in arms[1:]:
        spread = (_matrix(covariances[arm], k), _matrix(covariances[first], k))
        gap = np.asarray(means[arm], dtype=np.float64) - np.asarray(means[first], dtype=np.float64)
        scale = np.sqrt((np.diag(spread[0]) + np.diag(spread[1])) / 2)
        smd = np.divide(gap, scale, out=np.where(gap == 0, 0.0, np.copysign(np.inf, gap)), where=scale > 0)
        largest = np.where(np.abs(smd) > np.abs(largest), smd, largest)
        joint.append(_hotelling(gap, spread, n[arm], n[first]))
    p_value = min(1.0, len(joint) * min(joint))
    order = np.argsort(-np.abs(largest), kind="stable")[:5].tolist()
    rows = [
        {"covariate": names[position], "difference_in_sd": float(largest[position])} for position in order
    ]
    widest = float(rows[0]["difference_in_sd"])
    worst = Sentence("covariate_balance.worst", difference=widest, covariate=rows[0]["covariate"])
    beyond = int((np.abs(largest) >= large).sum())
    if p_value < alpha:
        text = Sentence("covariate_balance.failed", worst=worst, p=p_value)
        fix = Sentence("fix.assignment")
        return CheckResult(name, False, text, max(beyond, 1), rows, fix).judged_by(p_value, widest)
    if beyond:
        text = Sentence("covariate_balance.chance", worst=worst, p=p_value)
        return CheckResult(name, None, text, beyond, rows).judged_by(p_value, widest)
    text = Sentence("covariate_balance.ok", worst=worst, p=p_value)
    return CheckResult(name, True, text, rows=rows).judged_by(p_value, widest)


def _matrix(values: Floats, k: int) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(k, k)


def _hotelling(gap: Floats, spread: tuple[Floats, Floats], n_1: int, n_0: int) -> float:
    """Return the p-value of Hotelling's two-sample T-squared; covariates without spread are left out."""
    from scipy.stats import f

    pooled = ((n_1 - 1) * spread[0] + (n_0 - 1) * spread[1]) / (n_1 + n_0 - 2)
    flat = np.diag(pooled) <= 0
    if (flat & (gap != 0)).any():
        return 0.0
    scale = np.sqrt(np.diag(pooled)[~flat])
    if not len(scale):
        return 1.0
    correlation = pooled[np.ix_(~flat, ~flat)] / np.outer(scale, scale)
    z = gap[~flat] / scale / math.sqrt(1 / n_1 + 1 / n_0)
    values, vectors = np.linalg.eigh(correlation)
    kept = values > 1e-10 * values.max()  # covariates that repeat one another count once
    k, freedom = int(kept.sum()), n_1 + n_0 - 2
    squared = float((((vectors[:, kept].T @ z) ** 2) / values[kept]).sum())
    if freedom - k + 1 <= 0:
        return 1.0
    return float(f.sf(squared * (freedom - k + 1) / (k * freedom), k, freedom - k + 1))


def pre_period(
    p_values: Mapping[str, float], *, estimates: Mapping[str, float] | None = None, alpha: float = WARN
) -> CheckResult:
    """Judge an A/A test: the same estimator, on what the same units did before the treatment began.

    Parameters
    ----------
    p_values
        p-value of the pre-period "effect", per outcome or per earlier window.
    estimates
        Its size, for the rows.
    alpha
        Fails when the smallest p-value, Holm-adjusted over the entries, is below this.

    Returns
    -------
    CheckResult
        ``count`` is the number of entries that fail by themselves.

    Examples
    --------
    >>> pre_period({"orders in May": 0.41, "orders in June": 0.002}).passed
    False
    """
    name = "pre_period"
    known = {label: float(p) for label, p in p_values.items() if math.isfinite(p)}
    if not known:
        return CheckResult(name, None, Sentence("pre_period.none"))
    worst = sorted(known, key=lambda label: known[label])
    adjusted = min(1.0, len(known) * known[worst[0]])
    rows = [
        {"outcome": label, "p_value": known[label]} | ({"estimate": estimates[label]} if estimates else {})
        for label in worst[:5]
    ]
    if adjusted >= alpha:
        text = Sentence("pre_period.ok", p=known[worst[0]], tested=len(known))
        return CheckResult(name, True, text, rows=rows).judged_by(adjusted)
    # Holm (1979): step down while the p-values stay below their share of alpha.
    bad = 0
    while bad < len(worst) and known[worst[bad]] * (len(worst) - bad) < alpha:
        bad += 1
    text = Sentence("pre_period.failed", bad=bad, tested=len(known), worst=worst[0], p=adjusted)
    fix = Sentence("fix.window_before")
    return CheckResult(name, False, text, bad, rows, fix).judged_by(adjusted)


def placebo_size(rejected: int, draws: int, *, level: float = 0.05, alpha: float = WARN) -> CheckResult:
    """Judge many A/A tests: the estimator shall reject no more often than its level promises.

    Parameters
    ----------
    rejected
        A/A tests with a p-value below `level`.
    draws
        A/A tests in all, independent of one another (random splits; overlapping windows are not).
    level
        The level of each test.
    alpha
        Fails when so many rejections are less likely than this (one-sided exact binomial test).

    Returns
    -------
    CheckResult
        The empirical size against the promised one.

    Examples
    --------
    >>> placebo_size(9, 200).passed, placebo_size(66, 200).passed
    (True, False)
    """
    from scipy.stats import binomtest

    name = "placebo_size"
    if not 0 <= rejected <= draws:
        msg = f"rejected={rejected!r} is not between 0 and draws={draws!r}"
        raise ExperimentError(msg, column="rejected")
    if not draws:
        return CheckResult(name, None, Sentence("placebo_size.none"))
    p_value = float(binomtest(rejected, draws, level, alternative="greater").pvalue)
    share = rejected / draws
    size = Sentence(name, rejected=rejected, draws=draws, share=share, level=level)
    if p_value >= alpha:
        return CheckResult(name, True, size).judged_by(p_value, rejected / draws)
    text = Sentence("placebo_size.failed", found=size)
    fix = Sentence("fix.unit_of_assignment")
    return CheckResult(name, False, text, rejected, (), fix).judged_by(p_value, rejected / draws)
