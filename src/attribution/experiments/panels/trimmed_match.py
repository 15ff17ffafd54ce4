"""Trimmed match: the iROAS of matched pairs of geos, with the pairs that fit least left out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats
from attribution.errors import ExperimentError
from attribution.stats.ratio_intervals import t_critical, t_p_value

_NEAR = 1e-9  # relative: how far from its interval a root may lie by rounding
_SMALL = 1e-12
_CELLS = 1 << 21  # numbers in a table of sorted residuals
_SLACK = 0.25  # over the square root of the pairs: how much more than the least error is still as good


@dataclass(frozen=True, slots=True)
class Candidate:
    """The estimate at one trim rate: `trimmed` pairs left out on each side."""

    trimmed: int
    trim_rate: float
    iroas: float
    se: float


@dataclass(frozen=True, eq=False, slots=True)
class TrimmedMatch:
    """A trimmed match.

    Attributes
    ----------
    iroas
        The theta at which the trimmed mean of ``d_response - theta d_cost`` is zero.
    low, high
        Ends of the thetas that the studentised trimmed mean does not reject; infinite where it rejects none.
    p_value
        Of an iROAS of zero, by the same test.
    se
        Standard error.
    trim_rate
        Share of the pairs left out on each side.
    df
        Pairs kept less one.
    kept
        bool, shape (n,).
    candidates
        The estimates at the other trim rates.
    """

    iroas: float
    low: float
    high: float
    p_value: float
    se: float
    trim_rate: float
    df: int
    kept: Bools
    candidates: tuple[Candidate, ...]


def trimmed_match(
    d_response: Floats,
    d_cost: Floats,
    *,
    trim_rate: float | None = None,
    max_trim: float = 0.25,
    alpha: float = 0.05,
    critical: float | None = None,
) -> TrimmedMatch:
    """Estimate the iROAS of matched pairs (Chen & Au 2022).

    Under the right theta the residuals ``d_response - theta d_cost`` of randomised pairs are symmetric around
    zero, so the estimate is the theta at which their trimmed mean vanishes (eq. 5); of several such thetas,
    that with the most symmetric residuals.
    Without a trim rate it is the smallest whose standard error is
    within ``1 + 0.25 / sqrt(n)`` of the least (section 5, and google/trimmed_match). The interval holds the
    thetas whose studentised trimmed mean, with the winsorised variance, is not significant (Tukey &
    McLaughlin 1963). The order of the residuals changes only where two of them cross, n (n - 1) / 2 times at
    most, and between those every quantity is a linear or quadratic function of theta: all is exact.

    Parameters
    ----------
    d_response, d_cost
        Response and cost of the treated geo of each pair less that of its control geo, float64, shape (n,).
    trim_rate
        Share of the pairs to leave out on each side, in [0, 0.5).
    max_trim
        Largest share to try.
    alpha
        Level of the interval and of the test.
    critical
        Critical value; None for that of Student's t with the degrees of freedom of the kept pairs. The
        reference implementation takes the normal's, which is too small for few pairs: of 15, its 95%
        interval covers 90%. To pick the trim rate from the data costs a point or two of coverage as well.

    Raises
    ------
    ExperimentError
        With fewer than 3 pairs, a trim rate that leaves fewer than 2, or no theta that solves the equation.

    Examples
    --------
    >>> import numpy as np
    >>> found = trimmed_match(np.array([1.0, 10.0, 3.0, 8.0]), np.array([1.0, 5.0, 2.0, 5.0]), trim_rate=0.25)
    >>> round(found.iroas, 4), found.kept.tolist()  # 11 / 7
    (1.5714, [False, False, True, True])
    """
    n = len(d_response)
    if n < 3:
        msg = f"{n} pairs"
        raise ExperimentError(msg, why="their spread cannot be told", hint="use at least 3 pairs")
    counts = _trims(n, trim_rate, max_trim)
    # In units of their sizes: thetas are of the order of one.
    unit_r, unit_c = float(np.abs(d_response).max()), float(np.abs(d_cost).max())
    unit_r = unit_r if unit_r > 0 else 1.0
    if unit_c == 0.0:
        msg = "the cost of no pair changed"
        raise _unsolved(msg)
    r, c = d_response / unit_r, d_cost / unit_c
    breaks = _crossings(r, c)
    roots = _roots(r, c, breaks, counts)
    found = [_best(r, c, count, thetas) for count, thetas in zip(counts, roots, strict=True) if len(thetas)]
    if not found:
        msg = "no iROAS makes the trimmed mean of the pairs vanish"
        raise _unsolved(msg)
    least = min(candidate.se for candidate in found)
    chosen = next(one for one in found if one.se <= (1 + _SLACK / math.sqrt(n)) * least)
    df = n - 2 * chosen.trimmed - 1
    z = float(t_critical(df, alpha)) if critical is None else critical
    low, high = _interval(r, c, breaks, chosen.trimmed, z)
    residuals = r - chosen.iroas * c
    rank = np.empty(n, np.int64)
    rank[np.argsort(residuals, kind="stable")] = np.arange(n)
    unit = unit_r / unit_c
    return TrimmedMatch(
        iroas=chosen.iroas * unit,
        low=low * unit,
        high=high * unit,
        p_value=float(t_p_value(_studentised(r, chosen.trimmed), df)),
        se=chosen.se * unit,
        trim_rate=chosen.trim_rate,
        df=df,
        kept=(rank >= chosen.trimmed) & (rank < n - chosen.trimmed),
        candidates=tuple(Candidate(x.trimmed, x.trim_rate, x.iroas * unit, x.se * unit) for x in found),
    )


def _unsolved(problem: str) -> ExperimentError:
    return ExperimentError(
        problem,
        why="the change of cost of the pairs that are kept is zero, or nearly so",
        hint="use pairs in which the treated geo spent more, or less, than the control geo",
    )


def _trims(n: int, trim_rate: float | None, max_trim: float) -> list[int]:
    if trim_rate is None:
        most = min(math.floor(max_trim * n + _NEAR), (n - 2) // 2)
        return list(range(most + 1))
    count = math.ceil(trim_rate * n - _NEAR)
    if count < 0 or n - 2 * count < 2:
        msg = f"a trim rate of {trim_rate:g} leaves {max(n - 2 * count, 0)} of {n} pairs"
        raise ExperimentError(
            msg,
            hint=f"use a trim rate from 0 to {(n - 2) // 2 / n:.3g}",
        )
    return [count]


def _crossings(r: Floats, c: Floats) -> Floats:
    """Return the thetas at which two residuals cross, sorted, shape (m,)."""
    i, j = np.triu_indices(len(r), 1)
    gap = c[i] - c[j]
    crosses = np.abs(gap) > _SMALL
    thetas: Floats = np.unique((r[i] - r[j])[crosses] / gap[crosses])
    return thetas


def _spans(breaks: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the ends of the intervals between crossings, the outer ones infinite, and a point in each."""
    low, high = np.append(-np.inf, breaks), np.append(breaks, np.inf)
    if not len(breaks):
        return low, high, np.zeros(1)
    reach = 1.0 + np.abs(breaks).max()
    inner = (breaks[1:] + breaks[:-1]) / 2
    return low, high, np.concatenate([[breaks[0] - reach], inner, [breaks[-1] + reach]])


def _roots(r: Floats, c: Floats, breaks: Floats, counts: list[int]) -> list[Floats]:
    """Return, for each number of trimmed pairs, the thetas at which the trimmed sum vanishes."""
    low, high, inside = _spans(breaks)
    n = len(r)
    found: list[list[Floats]] = [[] for _ in counts]
    rows = max(_CELLS // n, 1)
    for start in range(0, len(inside), rows):
        part = slice(start, start + rows)
        order = np.argsort(r - inside[part, None] * c, axis=1, kind="stable")
        sums = [np.pad(np.cumsum(x[order], axis=1), ((0, 0), (1, 0))) for x in (r, c)]
        for place, count in enumerate(counts):
            top, bottom = (total[:, n - count] - total[:, count] for total in sums)
            solvable = np.abs(bottom) > _SMALL
            theta = np.divide(top, bottom, out=np.full(len(top), np.nan), where=solvable)
            near = _NEAR * (1 + np.abs(theta))
            with np.errstate(invalid="ignore"):
                fits = solvable & (theta >= low[part] - near) & (theta <= high[part] + near)
            found[place].append(theta[fits])
    return [np.unique(np.concatenate(thetas)) for thetas in found]


def _best(r: Floats, c: Floats, count: int, thetas: Floats) -> Candidate:
    """Return the theta with the most symmetric residuals, and its standard error (ibid., eq. 8.2)."""
    n = len(r)
    residuals = r - thetas[:, None] * c
    order = np.argsort(residuals, axis=1, kind="stable")
    ordered = np.take_along_axis(residuals, order, axis=1)
    uneven = np.abs(ordered + ordered[:, ::-1])[:, count : n - count].mean(axis=1)
    pick = int(np.argmin(uneven))
    kept = ordered[pick, count : n - count]
    square = float(kept @ kept) + count * float(kept[0] ** 2 + kept[-1] ** 2)
    cost = float(c[order[pick, count : n - count]].sum())
    se = math.sqrt(square) / abs(cost) if abs(cost) > _SMALL else math.inf
    return Candidate(count, count / n, float(thetas[pick]), se)


def _studentised(residuals: Floats, count: int) -> float:
    """Return the studentised trimmed mean (Tukey & McLaughlin 1963)."""
    n = len(residuals)
    kept = np.sort(residuals)[count : n - count]
    size = len(kept)
    winsorised = (kept.sum() + count * (kept[0] + kept[-1])) / n
    square = ((kept - winsorised) ** 2).sum() + count * ((kept[[0, -1]] - winsorised) ** 2).sum()
    total = float(kept.sum())
    if square == 0.0:
        return math.inf if total else 0.0
    return total / math.sqrt(float(square) * size / (size - 1))


def _interval(r: Floats, c: Floats, breaks: Floats, count: int, z: float) -> tuple[float, float]:
    """Return the least and the largest theta that the studentised trimmed mean does not reject.

    ``f(theta) = z^2 k / (k - 1) W(theta) - S(theta)^2``, with the winsorised sum of squares W and the trimmed
    sum S, is continuous, and between crossings a quadratic ``p theta^2 - 2 q theta + s``. Thetas with f >= 0
    are kept, so the ends are roots of f, or infinite.
    """
    low, high, inside = _spans(breaks)
    n = len(r)
    k = n - 2 * count
    scale = z**2 * k / (k - 1)
    ends: list[Floats] = []
    outer: list[float] = []
    rows = max(_CELLS // n, 1)
    for start in range(0, len(inside), rows):
        part = slice(start, start + rows)
        order = np.argsort(r - inside[part, None] * c, axis=1, kind="stable")[:, count : n - count]
        x, y = c[order], r[order]
        p = _part(x, x, count, scale)
        q = _part(x, y, count, scale)
        s = _part(y, y, count, scale)
        root = np.sqrt(np.maximum(q**2 - p * s, 0.0))
        real = q**2 - p * s >= 0
        larger = q + np.where(q >= 0, root, -root)
        with np.errstate(divide="ignore", invalid="ignore"):
            both = np.stack([larger / p, s / larger])
        near = _NEAR * (1 + np.abs(both))
        with np.errstate(invalid="ignore"):
            fits = real & (both >= low[part] - near) & (both <= high[part] + near)
        ends.append(both[fits & np.isfinite(both)])
        outer += [float(p[0]), float(p[-1])] if len(p) else []
    every = np.concatenate(ends)
    left, right = outer[0] > 0, outer[-1] > 0
    least = -math.inf if left or not len(every) else float(every.min())
    largest = math.inf if right or not len(every) else float(every.max())
    return least, largest


def _part(a: Floats, b: Floats, count: int, scale: float) -> Floats:
    """Return a coefficient of f from the kept values of two series in order, shapes (m, k)."""
    s_a, s_b = a.sum(axis=1), b.sum(axis=1)
    w_a, w_b = s_a + count * (a[:, 0] + a[:, -1]), s_b + count * (b[:, 0] + b[:, -1])
    squares = (a * b).sum(axis=1) + count * (a[:, 0] * b[:, 0] + a[:, -1] * b[:, -1])
    n = a.shape[1] + 2 * count
    coefficient: Floats = scale * (squares - w_a * w_b / n) - s_a * s_b
    return coefficient
