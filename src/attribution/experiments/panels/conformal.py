"""Conformal inference: refit under a null hypothesis, and move the window over the residuals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from attribution._typing import Floats
from attribution.experiments.panels import Counterfactual

Statistic: TypeAlias = Literal["abs_of_sum", "sum_of_abs", "positive"]
Scale: TypeAlias = Literal["level", "log"]
STATISTICS: tuple[str, ...] = get_args(Statistic)

_TIE = 1e-12  # of the largest statistic: sums that differ by rounding alone are equal
_MOST_DOUBLINGS = 12
_MOST_ZOOMS = 4
_HALVINGS = 10


def block_conformal_p(
    target: Floats,
    donors: Floats,
    n_pre: int,
    counterfactual: Counterfactual,
    *,
    effect: float = 0.0,
    statistic: Statistic = "abs_of_sum",
    scale: Scale = "level",
) -> float:
    """Return the p-value of a constant effect (Chernozhukov, Wuthrich & Zhu 2021, section 2).

    The hypothetical effect is taken out of the window, the counterfactual is fitted again on all T periods,
    and the statistic of the residuals in the window is ranked among those of the T windows of the same
    length that begin at each period in turn and wrap around (their moving block permutations, which keep the
    order of time and so allow for serial correlation). Under the hypothesis the residuals are to be
    stationary. In 4,000 draws of 2 of 40 real cities without any effect, 60 days before and 15 of test, the
    default statistic of synthetic controls rejected 7% at 5% and 12% at 10%.

    Parameters
    ----------
    target
        The treated series, shape (T,).
    donors
        Shape (J, T).
    n_pre
        Periods before the test, fewer than T.
    counterfactual
        The estimator. It is called with `n_pre` equal to T.
    effect
        The hypothetical effect: per period in units of the target, or the log of a ratio.
    statistic
        `"abs_of_sum"`, sensitive to an effect that lasts; `"sum_of_abs"`, to any deviation, that of
        Chernozhukov et al. with q = 1; `"positive"`, the sum itself, for the one-sided test of a larger
        effect.
    scale
        `"level"`: the effect adds to the target. `"log"`: it multiplies the target by its exponential.

    Returns
    -------
    float
        A multiple of 1 / T, at least 1 / T.

    Examples
    --------
    >>> import numpy as np
    >>> donors = np.sin(np.arange(20.0)[None] * np.array([[0.5], [1.7]]))
    >>> target = donors.mean(axis=0) + 0.01 * np.cos(9.0 * np.arange(20.0))
    >>> target[17:] += 1.0
    >>> mean = lambda target, donors, n_pre: donors.mean(axis=0)
    >>> block_conformal_p(target, donors, 17, mean)
    0.05
    """
    null = target.copy()
    null[n_pre:] = target[n_pre:] - effect if scale == "level" else target[n_pre:] * math.exp(-effect)
    residuals = null - counterfactual(null, donors, null.size)
    blocks = _blocks(residuals, null.size - n_pre, statistic)
    observed = blocks[n_pre]
    return float(np.mean(blocks >= observed - _TIE * np.abs(blocks).max()))


@dataclass(frozen=True, slots=True)
class ConformalInterval:
    """The effects that a conformal test does not reject.

    Parameters
    ----------
    low, high
        The smallest and the largest effect that is not rejected; infinite where the search found no end, NaN
        where every effect was rejected.
    unbounded
        Whether an end is infinite without the statistic being one-sided: because 1 / T exceeds alpha, so
        that nothing can be rejected, or because the donors can follow any step.
    empty
        Whether every effect tried was rejected: no constant effect fits.
    connected
        Whether no effect tried between `low` and `high` was rejected; else the interval is the hull of the
        effects not rejected, which covers at least as often.
    """

    low: float
    high: float
    unbounded: bool
    empty: bool
    connected: bool


def block_conformal_interval(
    target: Floats,
    donors: Floats,
    n_pre: int,
    counterfactual: Counterfactual,
    *,
    alpha: float = 0.05,
    statistic: Statistic = "abs_of_sum",
    scale: Scale = "level",
    n_grid: int = 41,
) -> ConformalInterval:
    """Return the effects that `block_conformal_p` does not reject, ``{effect : p > alpha}``.

    The p-values of a grid around the estimate are computed first, each by a refit; the grid doubles in width
    until both its ends are rejected. The outermost effects not rejected are then refined by bisection to a
    thousandth of the grid's step. Zero is always tried, so that the interval agrees with the test of no
    effect. With `"positive"` the interval has a lower end only. With `"sum_of_abs"`, which any odd period
    moves, it may be empty or lie beside the estimate: it is a set of constant effects that leave the window
    as quiet as other periods, no measure of how well the mean effect is known; use `"abs_of_sum"` for that.

    Parameters
    ----------
    target, donors, n_pre, counterfactual, statistic, scale
        As in `block_conformal_p`, which this inverts.
    alpha
        One minus the confidence level; an interval of finite length needs ``alpha >= 1 / T``.
    n_grid
        Points of the grid, odd, at least 3.

    Returns
    -------
    ConformalInterval
        The ends, and what is to be said of them.

    Examples
    --------
    >>> import numpy as np
    >>> donors = np.sin(np.arange(20.0)[None] * np.array([[0.5], [1.7]]))
    >>> target = donors.mean(axis=0) + 0.01 * np.cos(9.0 * np.arange(20.0))
    >>> target[17:] += 1.0
    >>> mean = lambda target, donors, n_pre: donors.mean(axis=0)
    >>> interval = block_conformal_interval(target, donors, 17, mean, alpha=0.1)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.99, 1.01)
    """
    if alpha * target.size < 1.0 - _TIE:
        return ConformalInterval(-math.inf, math.inf, unbounded=True, empty=False, connected=True)

    def p_value(effect: float) -> float:
        return block_conformal_p(
            target, donors, n_pre, counterfactual, effect=effect, statistic=statistic, scale=scale
        )

    centre, reach = _start(target, donors, n_pre, counterfactual, scale)
    tried = {0.0: p_value(0.0)}  # so that the interval holds zero just if the test of zero does not reject
    found = _search(p_value, tried, centre, reach, n_grid, alpha, upper=statistic != "positive")
    if not any(found.values()):
        return ConformalInterval(math.nan, math.nan, unbounded=False, empty=True, connected=True)
    effects = sorted(found)
    kept = [position for position, effect in enumerate(effects) if found[effect]]
    first, last = kept[0], kept[-1]
    low, high = -math.inf, math.inf
    if first > 0:
        low = _border(p_value, alpha, effects[first], effects[first - 1])
    if last < len(effects) - 1:
        high = _border(p_value, alpha, effects[last], effects[last + 1])
    return ConformalInterval(
        low,
        high,
        unbounded=math.isinf(low) or (math.isinf(high) and statistic != "positive"),
        empty=False,
        connected=len(kept) == last - first + 1,
    )


def _blocks(residuals: Floats, length: int, statistic: Statistic) -> Floats:
    """Return the statistic of each of the T windows that begin at a period and wrap around."""
    wrapped = np.concatenate([residuals, residuals[: length - 1]])
    windows = np.lib.stride_tricks.sliding_window_view(wrapped, length)
    if statistic == "sum_of_abs":
        sums: Floats = np.abs(windows).sum(axis=1)
        return sums
    sums = windows.sum(axis=1)
    return np.abs(sums) if statistic == "abs_of_sum" else sums


def _start(
    target: Floats, donors: Floats, n_pre: int, counterfactual: Counterfactual, scale: Scale
) -> tuple[float, float]:
    """Return the estimate, and how far around it to look first: three times the error before the test."""
    expected = counterfactual(target, donors, n_pre)
    gaps = target - expected
    error = 3.0 * float(np.sqrt((gaps[:n_pre] ** 2).mean()))
    size = float(np.abs(target).mean())
    if scale == "level":
        return float(gaps[n_pre:].mean()), max(error, 1e-6 * size) or 1.0
    ratio = float(target[n_pre:].sum() / expected[n_pre:].sum())
    return (math.log(ratio) if ratio > 0.0 else 0.0), max(error / (size or 1.0), 1e-6)


def _search(
    p_value: Callable[[float], float],
    tried: dict[float, float],
    centre: float,
    reach: float,
    n_grid: int,
    alpha: float,
    upper: bool,
) -> dict[float, bool]:
    """Return which effects of a grid are not rejected; it widens, or narrows, until it has found the ends."""

    def look(points: Floats) -> None:
        for point in points.tolist():
            if point not in tried:
                tried[point] = p_value(point)

    look(centre + reach * np.linspace(-1.0, 1.0, n_grid))
    step = 2.0 * reach / (n_grid - 1)
    for _ in range(_MOST_ZOOMS):
        if max(tried.values()) > alpha + _TIE:
            break
        best = max(tried, key=lambda effect: tried[effect])
        look(best + step * np.linspace(-1.0, 1.0, n_grid))
        step *= 2.0 / (n_grid - 1)
    more = np.linspace(0.0, 1.0, max(n_grid // 4, 2) + 1)[1:]
    for _ in range(_MOST_DOUBLINGS):
        low, high = min(tried), max(tried)
        open_low, open_high = tried[low] > alpha + _TIE, tried[high] > alpha + _TIE
        if open_low:
            look(low - (high - low) * more)
        if open_high and upper:
            look(high + (high - low) * more)
        if not open_low and not (open_high and upper):
            break
    return {effect: p > alpha + _TIE for effect, p in tried.items()}


def _border(p_value: Callable[[float], float], alpha: float, kept: float, rejected: float) -> float:
    """Return the kept effect that is nearest to the rejected one, to a thousandth of their distance."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (kept + rejected)
        if p_value(middle) > alpha + _TIE:
            kept = middle
        else:
            rejected = middle
    return kept
