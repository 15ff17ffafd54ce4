"""Is one day like the days before it: a count of a kind of rows, and a distribution over classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attribution._typing import Floats, Ints
from attribution.stats.sums import sums_by

_EXPECTED = 5.0  # fewest expected in a class; smaller neighbours are put together
_SHIFTS = (-2, -1, 1, 2)
_WAVES = 3
_NAMED = 0.001  # p from which on a shift is named although Pearson's statistic sees more


def count_p(hits: float, rows: float, past_hits: Floats, past_rows: Floats) -> float:
    """Return how likely a day has so many hits or more, given the days before.

    The predictive distribution of a rate that nobody knows: beta-binomial, of Jeffreys' prior and the past.
    Where the past days vary more than a binomial does, its weight shrinks to what that variation allows
    (moments; Williams 1982), so that a rate which jumps from day to day is no alarm.

    Parameters
    ----------
    hits, rows
        Of the day.
    past_hits, past_rows
        Of the days before, shape (d,).

    Examples
    --------
    >>> import numpy as np
    >>> past = np.full(40, 10.0)
    >>> float(round(count_p(1, 10, np.zeros(40), past), 3)), count_p(10, 20, np.zeros(40), past) < 1e-9
    (0.013, True)
    """
    from scipy.stats import betabinom

    if hits <= 0 or rows <= 0:
        return 1.0
    total, found = float(past_rows.sum()), float(past_hits.sum())
    rate = (found + 0.5) / (total + 1.0)
    weight = total + 1.0
    expected = past_rows * rate
    free = max(len(past_rows) - 1, 1)
    spread = float(((past_hits - expected) ** 2 / np.maximum(expected * (1 - rate), 1e-12)).sum()) / free
    size = float(past_rows.mean()) if len(past_rows) else 0.0
    if spread > 1.0 and size > 1.0:
        weight = min(weight, max((size - 1.0) / (spread - 1.0) - 1.0, 1.0))
    hits, rows = min(round(hits), round(rows)), round(rows)
    return float(betabinom.sf(hits - 1, rows, rate * weight, (1 - rate) * weight))


def count_range(past: Floats, days: int, alpha: float) -> tuple[float, float]:
    """Return the fewest and the most that some days come to by chance, given the days before.

    The predictive distribution of a sum of counts that vary more than a Poisson does: negative binomial, of
    the mean and variance of the days before. It leans to the right as counts of one or two a day do.

    Parameters
    ----------
    past
        Counts of the days before, shape (d,), d at least 1.
    days
        How many days are added up.
    alpha
        How often the sum is outside, half of it on either side.

    Returns
    -------
    float, float
        Both ends are still inside.

    Examples
    --------
    >>> import numpy as np
    >>> count_range(np.array([1.0, 2.0, 0.0, 1.0, 3.0, 1.0]), 1, 0.0005)
    (0.0, 8.0)
    >>> count_range(np.full(40, 100.0), 1, 0.0005)
    (67.0, 137.0)
    """
    from scipy.stats import nbinom, poisson

    mean = days * float(past.mean())
    if mean <= 0:
        return 0.0, 0.0
    daily = max(float(past.var(ddof=1)) if len(past) > 1 else 0.0, float(past.mean()))
    variance = daily * (days + days**2 / len(past))
    tail = alpha / 2
    if variance <= mean * (1 + 1e-9):
        return float(poisson.ppf(tail, mean)), float(poisson.isf(tail, mean))
    chance = mean / variance
    size = mean * chance / (1 - chance)
    return float(nbinom.ppf(tail, size, chance)), float(nbinom.isf(tail, size, chance))


def profile_p(
    now: Floats, past: Floats, *, others: Sequence[Floats] = (), ordered: bool = False
) -> tuple[float, int]:
    """Return how likely chance alone makes a day's distribution so different from that of days before.

    Pearson's statistic of the day against the sum of the days, divided by what days vary among themselves
    (quasi-likelihood; McCullagh & Nelder 1989, 4.5) and compared with F. With `ordered` there is a second
    question: whether the classes moved by one or two places, by the score of that shift, which sees a clock
    that is off long before Pearson's does; it is divided by what that score varies from day to day, and
    compared with t. The smaller p counts, times the number of questions.

    Parameters
    ----------
    now
        Counts of the day, shape (k,).
    past
        Counts of the days before that should be alike, shape (d, k).
    others
        Further groups of days, alike inside a group, each of shape (d, k): they tell how much days vary.
    ordered
        Whether the classes are a circle, such as 24 hours.

    Returns
    -------
    float, int
        The p-value, and by how many places the classes moved where a shift explains it, else 0.

    Examples
    --------
    >>> import numpy as np
    >>> shape = 100 + 80 * np.cos(np.arange(24) / 24 * 2 * np.pi)
    >>> p, moved = profile_p(np.roll(shape, 1), np.tile(shape, (6, 1)), ordered=True)
    >>> p < 0.01, moved
    (True, 1)
    """
    pooled = past.sum(axis=0)
    total, n = float(pooled.sum()), float(now.sum())
    if not total or not n:
        return 1.0, 0
    alike = [past, *others]
    p = _pearson_p(now, pooled, alike)
    if not ordered:
        return p, 0
    base = _smooth(np.concatenate(alike).sum(axis=0))
    best = min(_score_p(now, np.roll(base, by) - base, pooled, alike) for by in _SHIFTS)
    moved = max(_SHIFTS, key=lambda by: float(now @ np.roll(base, by)))  # the likeliest
    questions = 1 + len(_SHIFTS)
    found = min(min(p, best) * questions, 1.0)
    return found, moved if best < p or best * questions < _NAMED else 0


def _pearson_p(now: Floats, pooled: Floats, alike: Sequence[Floats]) -> float:
    from scipy.stats import f

    total, n = float(pooled.sum()), float(now.sum())
    groups = _grouped(pooled * min(n / total, 1.0))
    share, counts = sums_by(groups, pooled) / total, sums_by(groups, now)
    if len(share) < 2:
        return 1.0
    spread, free = _overdispersion(alike, groups)
    expected = n * share
    pearson = float(((counts - expected) ** 2 / expected).sum()) / (1.0 + n / total)  # the past is a sample
    degrees = len(share) - 1
    return float(f.sf(pearson / degrees / spread, degrees, free))


def _smooth(counts: Floats) -> Floats:
    """Return the logarithms of a smooth daily profile: of its mean and first three waves.

    A score made of raw counts would know the noise of the very days that it is compared with.
    """
    waves = np.fft.rfft(counts)
    waves[_WAVES + 1 :] = 0.0
    profile = np.maximum(np.fft.irfft(waves, len(counts)), 0.05 * counts.mean())
    return np.asarray(np.log(profile), dtype=np.float64)


def _score_p(now: Floats, score: Floats, pooled: Floats, alike: Sequence[Floats]) -> float:
    """Return how likely the sum of scores gets so large, given what their mean varies from day to day."""
    from scipy.stats import t

    n, total = float(now.sum()), float(pooled.sum())
    mean = float(pooled @ score) / total
    variance = float(pooled @ (score - mean) ** 2) / total
    parts, free = [np.zeros(0)], 0
    for days in alike:
        rows = days.sum(axis=1)
        held = days[rows > 0]
        if len(held) < 2:
            continue
        rows = rows[rows > 0]
        share = held.sum(axis=0) / rows.sum()
        center = float(share @ score)
        within = max(float(share @ (score - center) ** 2), 1e-300)
        parts.append((held @ score / rows - center) ** 2 * rows / within)
        free += len(held) - 1
    squares = np.concatenate(parts)
    spread = max(float(squares.sum()) / max(free, 1), 1.0)
    if len(squares):
        worst = float(t.isf(0.25 / len(squares), max(free, 1)))
        spread = max(spread, float(squares.max()) / worst**2)
    z = (float(now @ score) / n - mean) / max(variance * spread * (1.0 / n + 1.0 / total), 1e-300) ** 0.5
    return float(t.sf(z, max(free, 1)))


def _grouped(expected: Floats) -> Ints:
    """Return the group of each class, so that each group expects enough; neighbours go together."""
    groups = np.zeros(len(expected), np.int64)
    held, group = 0.0, 0
    for place, amount in enumerate(expected.tolist()):
        if held >= _EXPECTED:
            group, held = group + 1, 0.0
        groups[place] = group
        held += amount
    if held < _EXPECTED and group:  # the rest goes with the group before
        groups[groups == group] = group - 1
    return groups


def _overdispersion(alike: Sequence[Floats], groups: Ints) -> tuple[float, int]:
    """Return by how much the days vary more than chance, at least 1, and with how many degrees of freedom.

    Bursts (one busy visitor) make the tail heavier than the mean tells: it is enough too for the worst of
    the days to be an ordinary worst.
    """
    n_groups = int(groups.max()) + 1
    from scipy.stats import f

    parts, free = [np.zeros(0)], 0
    for days in alike:
        table = np.stack([sums_by(groups, day, n_groups) for day in days])
        table = table[table.sum(axis=1) > 0]
        if len(table) < 2:
            continue
        expected = table.sum(axis=1)[:, None] * (table.sum(axis=0) / table.sum())
        parts.append(((table - expected) ** 2 / np.maximum(expected, 1e-12)).sum(axis=1))
        free += (len(table) - 1) * (n_groups - 1)
    pearson = np.concatenate(parts)
    spread = max(float(pearson.sum()) / max(free, 1), 1.0)
    if len(pearson):
        worst = float(f.isf(0.5 / len(pearson), n_groups - 1, max(free, 1)))
        spread = max(spread, float(pearson.max()) / (n_groups - 1) / worst)
    return spread, max(free, 1)
