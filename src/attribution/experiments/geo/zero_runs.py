"""Stretches of zeros that chance does not explain, by how much the geo sells, and how steadily, otherwise."""

from __future__ import annotations

import numpy as np

from attribution._typing import Floats, Ints

ALARMS = 0.005  # of sound panels, as a bound; measured, with what the estimates add, below 1%
_ENDS = 4  # places of a geo where data come late and shops open and close
_FEWEST = 10  # periods that tell how steady a geo is


def zero_runs(outcome: Floats, n_pre: int) -> Ints:
    """Return geo, first place and last place of each stretch of zeros that chance does not explain.

    Half of `ALARMS` is for stretches at the ends of the history and of the window, four a geo; the other
    half for those that begin anywhere.

    Parameters
    ----------
    outcome
        Of each geo at each time, shape (n, T).
    n_pre
        Periods before the test.

    Returns
    -------
    array
        Shape (k, 3).

    Examples
    --------
    >>> import numpy as np
    >>> sales = np.tile([9.0, 11.0, 10.0, 10.0], (3, 5))
    >>> sales[1, -2:] = 0
    >>> zero_runs(sales, 14).tolist()
    [[1, 18, 19]]
    """
    n, periods = outcome.shape
    none = np.zeros((n, periods + 2), np.int8)
    none[:, 1:-1] = outcome == 0
    change = np.diff(none, axis=1)
    geo, first = np.nonzero(change == 1)
    last = np.nonzero(change == -1)[1] - 1
    length = last - first + 1
    chance = log_chance(outcome[geo], length)
    ends = np.array([0, n_pre - 1, n_pre, periods - 1])
    at_end = np.isin(first, ends) | np.isin(last, ends)
    limit = np.log(ALARMS / 2 / n / np.where(at_end, _ENDS, periods))
    kept = (chance < limit) & (length < periods)
    runs: Ints = np.column_stack([geo, first, last])[kept].astype(np.int64)
    return runs


def log_chance(outcome: Floats, length: Ints) -> Floats:
    """Return the logarithm of a bound on the chance of so many zeros in a row, from all other periods.

    The smaller of two. (1) By the zeros elsewhere: that none of the k periods with an outcome is among these,
    if each set of k of all T periods is as likely, ``C(T - length, k) / C(T, k)``. (2) By size and
    steadiness elsewhere: a period stands for ``mean^2 / variance`` events, the mean of a Poisson count, and
    fewer than lie behind an overdispersed one or behind money (whose variance is at least ``mean^2`` over the
    expected number of buyers). That number is taken two standard errors too low, and that none of all events
    falls into the stretch has the chance ``((T - length) / T)^events``.

    Parameters
    ----------
    outcome
        Of the geo, a row a stretch, shape (k, T); the stretch itself is 0 in it.
    length
        Periods of each stretch, shape (k,).

    Examples
    --------
    >>> import numpy as np
    >>> steady = np.tile([9.0, 11.0], (1, 10)); steady[0, -1] = 0
    >>> float(log_chance(steady, np.array([1]))[0]) < -50
    True
    """
    from scipy.special import gammaln

    periods, m = outcome.shape[1], outcome.shape[1] - length
    k = (outcome != 0).sum(axis=1)
    by_zeros = gammaln(m + 1) - gammaln(m - k + 1) - gammaln(periods + 1) + gammaln(periods - k + 1)
    size = np.abs(outcome).max(axis=1, initial=0.0)
    scaled = outcome / np.where(size > 0, size, 1.0)[:, None]
    total, squares = scaled.sum(axis=1), (scaled**2).sum(axis=1)
    at_least_one = np.maximum(m, 1)
    variance = np.maximum(squares - total**2 / at_least_one, 1e-12 * squares) / np.maximum(m - 1, 1)
    told = (m >= _FEWEST) & (variance > 0) & (total > 0)
    rate = np.divide((total / at_least_one) ** 2, variance, out=np.zeros(len(m)), where=told)
    # Two standard errors off, by the delta method for counts: Var(rate) / rate^2 = 2 / m + 1 / (m rate).
    off = np.sqrt(np.divide(2.0 + 1.0 / np.where(told, rate, 1.0), at_least_one))
    events = m * rate / (1.0 + 2.0 * off)
    bound: Floats = np.minimum(by_zeros, -events * np.log(periods / at_least_one))
    return bound
