"""Placebo in space: the effect beside those of sets of geos that were not treated, each by its own error."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from attribution._typing import Floats, Ints
from attribution.experiments.panels import Counterfactual

LEAST_R2 = 0.6
FEWEST_SETS = 10


@dataclass(frozen=True, slots=True)
class Studentised:
    """An effect and the error that its estimator made where there was none.

    Parameters
    ----------
    effect
        Log of what the series sums to in the test window over what its counterfactual does; NaN where either
        is not positive.
    scale
        Root mean squared error per period in the last part of the time before the test, by a fit that did not
        see it, over the series' mean there.
    r2
        Of that prediction: one minus the sum of its squared errors over that about the mean.
    """

    effect: float
    scale: float
    r2: float


def validation_length(n_pre: int, n_test: int) -> int:
    """Return how many of the periods before the test to keep out of the fit that gives the scale.

    As many as the test has, so that the errors are those of a prediction as far ahead; at most a third of
    them, at least two.

    Examples
    --------
    >>> validation_length(60, 15), validation_length(60, 28), validation_length(5, 1)
    (15, 20, 2)
    """
    return max(min(n_test, n_pre // 3), min(2, n_pre - 1))


def studentise(
    target: Floats,
    donors: Floats,
    n_pre: int,
    counterfactual: Counterfactual,
    *,
    n_validation: int | None = None,
) -> Studentised:
    """Return the effect of the test on a series, and the scale of its estimator's errors.

    Parameters
    ----------
    target
        The series, shape (T,).
    donors
        Shape (J, T).
    n_pre
        Periods before the test, at least 3 and fewer than T.
    counterfactual
        The estimator; it is fitted twice.
    n_validation
        Periods at the end of those before the test that the fit for the scale does not see;
        `validation_length` where it is None.

    Returns
    -------
    Studentised
        Effect and scale.

    Examples
    --------
    >>> import numpy as np
    >>> donors = np.array([[10.0, 12.0, 10.0, 12.0, 10.0, 12.0]])
    >>> mean = lambda target, donors, n_pre: donors.mean(axis=0)
    >>> fit = studentise(donors[0] + np.array([0, 0, 1, -1, 1, 1]), donors, 4, mean)
    >>> round(fit.effect, 4), round(fit.scale, 4), round(fit.r2, 4)
    (0.087, 0.0909, -inf)
    """
    held = validation_length(n_pre, target.size - n_pre) if n_validation is None else n_validation
    seen = n_pre - held
    errors = (target[:n_pre] - counterfactual(target[:n_pre], donors[:, :n_pre], seen))[seen:]
    actual = target[seen:n_pre]
    squares = float(errors @ errors)
    about_mean = float(((actual - actual.mean()) ** 2).sum())
    total = float(target[n_pre:].sum())
    expected = float(counterfactual(target, donors, n_pre)[n_pre:].sum())
    level = abs(float(actual.mean()))
    return Studentised(
        effect=math.log(total / expected) if total > 0.0 and expected > 0.0 else math.nan,
        scale=math.sqrt(squares / held) / level if level > 0.0 else math.nan,
        r2=1.0 - squares / about_mean if about_mean > 0.0 else (-math.inf if squares > 0.0 else 1.0),
    )


def draw_sets(n_controls: int, k: int, n_sets: int, rng: np.random.Generator) -> Ints:
    """Draw distinct sets of controls, each as likely as any other; all of them where there are no more.

    Parameters
    ----------
    n_controls
        How many to draw from.
    k
        Size of a set, fewer than `n_controls`.
    n_sets
        How many sets.
    rng
        Where the randomness comes from.

    Returns
    -------
    Ints
        Positions, sorted in each set, shape (n, k) with ``n <= n_sets``.

    Examples
    --------
    >>> import numpy as np
    >>> draw_sets(4, 2, 100, np.random.default_rng(0)).tolist()
    [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    >>> draw_sets(40, 3, 500, np.random.default_rng(0)).shape
    (500, 3)
    """
    possible = math.comb(n_controls, k)
    if possible <= 4 * n_sets:
        every = np.array(list(combinations(range(n_controls), k)), dtype=np.int64).reshape(possible, k)
        return every if possible <= n_sets else every[np.sort(rng.permutation(possible)[:n_sets])]
    found = np.empty((0, k), dtype=np.int64)
    while len(found) < n_sets:
        keys = rng.random((n_sets, n_controls))
        more = np.sort(np.argpartition(keys, k, axis=1)[:, :k], axis=1)
        found = np.concatenate([found, more])
        _, first = np.unique(found, axis=0, return_index=True)
        found = found[np.sort(first)]  # in the order drawn: cutting sorted sets would favour the first geos
    return found[:n_sets]


def placebos(
    controls: Floats,
    sets: Ints,
    n_pre: int,
    counterfactual: Counterfactual,
    *,
    n_validation: int | None = None,
) -> Iterator[Studentised]:
    """Yield what the estimator finds for each set of controls, with the other controls as its donors.

    Parameters
    ----------
    controls
        The untreated geos, shape (G, T).
    sets
        From `draw_sets`, shape (n, k).
    n_pre, counterfactual, n_validation
        As in `studentise`.

    Yields
    ------
    Studentised
        One for each set, as it is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> controls = np.random.default_rng(0).normal(100.0, 5.0, (6, 20))
    >>> mean = lambda target, donors, n_pre: donors.mean(axis=0)
    >>> len(list(placebos(controls, draw_sets(6, 2, 10, np.random.default_rng(1)), 15, mean)))
    10
    """
    for chosen in sets:
        donor = np.ones(len(controls), dtype=np.bool_)
        donor[chosen] = False
        yield studentise(
            controls[chosen].mean(axis=0), controls[donor], n_pre, counterfactual, n_validation=n_validation
        )


@dataclass(frozen=True, slots=True)
class PlaceboTest:
    """An effect judged by its place among placebo effects, each over its own scale.

    Parameters
    ----------
    actual
        Effect and scale of the treated geos.
    low, high
        Interval of the effect, on its log scale; infinite with too few sets for the level.
    p_value
        Two-sided, of no effect.
    critical
        What the scale is multiplied by, either side.
    statistics
        Effect over scale of each set kept, shape (n,).
    n_dropped
        How many sets were not kept, because they were predicted too badly or have no log ratio.
    """

    actual: Studentised
    low: float
    high: float
    p_value: float
    critical: float
    statistics: Floats
    n_dropped: int


def placebo_test(
    actual: Studentised, others: Iterable[Studentised], *, alpha: float = 0.05, least_r2: float = LEAST_R2
) -> PlaceboTest:
    """Compare an effect with those of placebo sets, all in units of their own scale.

    With ``t = effect / scale`` and n sets kept, ``p = (1 + #{|t_p| >= |t|}) / (1 + n)``. The interval holds
    just the effects that this test does not reject: ``effect -+ critical * scale``, where `critical` is the
    ``floor(alpha (1 + n))``-th largest ``|t_p|``. Abadie, Diamond & Hainmueller (2010) compare ratios of
    errors after and before in the same way.

    The test takes the treated geos for a set like the others. That holds by design where they were drawn at
    random; where they were chosen, by size say, it is an assumption. The scale is the error in single
    periods, not that of their sum: serial correlation that all geos share multiplies every ``t`` alike and
    cancels. It has to come from periods that the fit did not see, because the error inside a fit is the
    smaller the more donors happen to suit a set.

    Sets of controls alone never hold a treated geo. Where a few odd geos make the large errors and many geos
    are treated, the treated set may hold odd geos that no placebo can, and the test rejects a little too
    often: of 1,400 draws of 2 of 40 real cities without any effect, 60 days before and 15 of test, synthetic
    controls rejected 5.7% at 5% and 10.4% at 10%. Under the hypothesis of no effect the treated geos may be
    drawn too: with sets of all geos in `placebos` the p-value, not the interval, is that of an exact
    permutation test of a random draw.

    Parameters
    ----------
    actual
        Of the treated geos, from `studentise`.
    others
        Of the placebo sets, from `placebos`.
    alpha
        One minus the confidence level.
    least_r2
        Sets that were predicted worse are dropped.

    Returns
    -------
    PlaceboTest
        With fewer than `FEWEST_SETS` statistics the result says little; the caller refuses.

    Examples
    --------
    >>> others = [Studentised(k / 100, 0.01, 0.9) for k in range(-10, 10)]
    >>> test = placebo_test(Studentised(0.095, 0.01, 0.9), others, alpha=0.1)
    >>> test.p_value.__round__(4), round(test.low, 4), round(test.high, 4)
    (0.0952, 0.005, 0.185)
    """
    listed = list(others)
    effects = np.array([one.effect for one in listed], dtype=np.float64)
    scales = np.array([one.scale for one in listed], dtype=np.float64)
    fits = np.array([one.r2 for one in listed], dtype=np.float64)
    kept = np.isfinite(effects) & (scales > 0.0) & (fits >= least_r2)
    statistics = effects[kept] / scales[kept]
    extreme = np.sort(np.abs(statistics))[::-1]
    n = extreme.size
    rank = math.floor(alpha * (1 + n) + 1e-9)
    critical = float(extreme[rank - 1]) if 0 < rank <= n else math.inf
    reach = critical * actual.scale if math.isfinite(critical) else math.inf
    return PlaceboTest(
        actual=actual,
        low=actual.effect - reach,
        high=actual.effect + reach,
        p_value=float(1 + np.count_nonzero(extreme * actual.scale >= abs(actual.effect))) / (1 + n),
        critical=critical,
        statistics=statistics,
        n_dropped=len(listed) - n,
    )
