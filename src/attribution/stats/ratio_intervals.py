"""Two means and their ratio under one test: Welch's difference, Fieller's set, and their p-value.

Everything works on numbers and on arrays of them alike, so that a simulation tests what users get.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Bools, Floats, Ints

BOUNDED, OUTSIDE, WHOLE, EMPTY = 0, 1, 2, 3


def welch_df(v_a: Any, df_a: Any, v_b: Any, df_b: Any) -> Floats:
    """Return the degrees of freedom of a difference (Welch 1947; Satterthwaite 1946).

    Parameters
    ----------
    v_a, v_b
        Squared standard errors of the two means.
    df_a, df_b
        Degrees of freedom of each: units less one.

    Examples
    --------
    >>> round(float(welch_df(1.0, 9, 1.0, 9)), 6)
    18.0
    """
    v_a, v_b = np.asarray(v_a, np.float64), np.asarray(v_b, np.float64)
    _, size = np.frexp(
        np.maximum(v_a, v_b)
    )  # a power of two: squares of any unit are numbers, to the same digits
    v_a, v_b = np.ldexp(v_a, -size), np.ldexp(v_b, -size)
    with np.errstate(divide="ignore", invalid="ignore"):
        df: Floats = (v_a + v_b) ** 2 / (v_a**2 / df_a + v_b**2 / df_b)
    return df


def t_critical(df: Any, alpha: float) -> Floats:
    """Return the two-sided critical value of Student's t; infinite degrees of freedom give the normal's."""
    from scipy import stats

    return np.asarray(stats.t.ppf(1.0 - alpha / 2.0, df), np.float64)


def t_p_value(t: Any, df: Any) -> Floats:
    """Return the two-sided p-value of Student's t."""
    from scipy import stats

    return np.asarray(2.0 * stats.t.sf(np.abs(t), df), np.float64)


@dataclass(frozen=True, slots=True)
class RatioSet:
    """The ratios that a test does not reject, for one pair or for arrays of pairs.

    Attributes
    ----------
    kind
        0: all between `low` and `high`, of which either may be infinite. 1: all but those strictly between
        `low` and `high`. 2: every ratio. 3: none, where neither mean has any variation.
    low, high
        Ends; infinite for kind 2 and missing for kind 3.
    """

    kind: Ints
    low: Floats
    high: Floats

    def contains(self, ratio: Any) -> Bools:
        """Return whether the set holds `ratio`."""
        inside = (self.low <= ratio) & (ratio <= self.high)
        beyond = (ratio <= self.low) | (ratio >= self.high)
        choices = [inside, beyond, np.True_, np.False_]
        return np.asarray(np.choose(self.kind, choices), np.bool_)


def ratio_set(
    a: Any, b: Any, v_a: Any, v_b: Any, c_ab: Any = 0.0, critical: Any = 1.959963984540054
) -> RatioSet:
    """Return the ratios ``r = a / b`` that the test of ``a - r b = 0`` does not reject (Fieller 1954).

    They solve ``(b^2 - z^2 v_b) r^2 - 2 (a b - z^2 c_ab) r + (a^2 - z^2 v_a) <= 0``. The set is bounded where
    `b` differs from zero at the same level; otherwise it is the outside of an interval or the whole line.
    Because the test of r = 1 is that of ``a - b = 0`` and the test of r = 0 that of ``a = 0``, the set can
    never contradict those tests. For an effect over a share of compliers it is Anderson and Rubin's (1949).

    Parameters
    ----------
    a, b
        Estimates of numerator and denominator.
    v_a, v_b, c_ab
        Their variances and covariance.
    critical
        Critical value z of the test.

    Examples
    --------
    >>> found = ratio_set(2.0, 1.0, 0.01, 0.01, critical=2.0)
    >>> int(found.kind), round(float(found.low), 4), round(float(found.high), 4)
    (0, 1.6194, 2.5473)
    >>> int(ratio_set(2.0, 0.1, 0.01, 0.01, critical=2.0).kind)
    1
    """
    a, b, v_a, v_b, c_ab, z = np.broadcast_arrays(
        *(np.asarray(part, np.float64) for part in (a, b, v_a, v_b, c_ab, critical))
    )
    # In units of the estimates' own size, so that neither cents nor millions lose digits.
    s_a, s_b = np.hypot(a, np.sqrt(v_a)), np.hypot(b, np.sqrt(v_b))
    s_a, s_b = np.where(s_a > 0, s_a, 1.0), np.where(s_b > 0, s_b, 1.0)
    a, b, v_a, v_b, c_ab = a / s_a, b / s_b, v_a / s_a**2, v_b / s_b**2, c_ab / (s_a * s_b)
    square, middle, last = b**2 - z**2 * v_b, a * b - z**2 * c_ab, a**2 - z**2 * v_a
    # The discriminant without its cancelling terms, a^2 b^2.
    spread = z**2 * (a**2 * v_b + b**2 * v_a - 2 * a * b * c_ab) - z**4 * (v_a * v_b - c_ab**2)
    root = np.sqrt(np.maximum(spread, 0.0))
    larger = middle + np.where(middle >= 0, root, -root)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([larger / square, np.where(larger != 0, last / larger, 0.0)])
        low, high = ends.min(axis=0), ends.max(axis=0)
        line = last / (2 * middle)
    kind = np.where(square > 0, BOUNDED, np.where(spread > 0, OUTSIDE, WHOLE))
    flat = square == 0
    low = np.where(flat, np.where(middle > 0, line, -np.inf), low)
    high = np.where(flat, np.where(middle < 0, line, np.inf), high)
    kind = np.where(flat, np.where(middle != 0, BOUNDED, np.where(last <= 0, WHOLE, EMPTY)), kind)
    low = np.where(kind == WHOLE, -np.inf, np.where(kind == EMPTY, np.nan, low * s_a / s_b))
    high = np.where(kind == WHOLE, np.inf, np.where(kind == EMPTY, np.nan, high * s_a / s_b))
    return RatioSet(kind.astype(np.int64), low, high)


def not_negative(found: RatioSet) -> RatioSet:
    """Return the part of the set that is zero or more, for ratios of means that cannot be negative.

    It holds 1 exactly when the whole set does.

    Examples
    --------
    >>> found = not_negative(ratio_set(2.0, 0.1, 0.01, 0.01, critical=2.0))
    >>> int(found.kind), round(float(found.low), 3), float(found.high)
    (0, 6.617, inf)
    """
    kind, low, high = found.kind, found.low, found.high
    left = (kind == OUTSIDE) & (low < 0)  # only the upper ray is left
    whole = kind == WHOLE
    low = np.where(
        left,
        np.maximum(high, 0.0),
        np.where(whole, 0.0, np.where(kind == BOUNDED, np.maximum(low, 0.0), low)),
    )
    high = np.where(left | whole, np.inf, high)
    kind = np.where(left | whole, BOUNDED, kind)
    gone = (kind == BOUNDED) & (high < 0)
    return RatioSet(np.where(gone, EMPTY, kind), np.where(gone, np.nan, low), np.where(gone, np.nan, high))


def ratio_variance(mean_y: Any, mean_x: Any, v_y: Any, v_x: Any, c_yx: Any) -> Floats:
    """Return the variance of a ratio of means by the delta method (Deng, Knoblich & Lu 2018, eq. 3).

    ``(v_y - 2 R c_yx + R^2 v_x) / mean_x^2`` with ``R = mean_y / mean_x``.

    Parameters
    ----------
    mean_y, mean_x
        The two means.
    v_y, v_x, c_yx
        Variances and covariance of the means (not of single units).
    """
    ratio = np.asarray(mean_y, np.float64) / mean_x
    variance: Floats = (v_y - 2 * ratio * c_yx + ratio**2 * v_x) / np.asarray(mean_x, np.float64) ** 2
    return variance
