"""Search for sets of geos whose outcome the others predict well."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution._progress import bar
from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.aa_tests import Simulated, tried_out, widest, window_test
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.history_windows import Windows
from attribution.experiments.geo.panel import Panel
from attribution.experiments.panels.placebo import draw_sets
from attribution.experiments.panels.simplex import simplex_weights

FINALISTS = 3
NOTHINGS = 100  # tests of nothing on random sets
_STARTS = 20  # greedy sets to grow
_OVERDRAW = 8  # sets to draw for each that is wanted, where a budget may refuse most


@dataclass(frozen=True, eq=False)
class Searched:
    """Candidates, in order of their errors, and what was simulated of the best.

    Attributes
    ----------
    sets
        int64, shape (m, k): rows of the panel.
    error
        float64, shape (m,): how far off they are predicted over the older windows; see `errors`.
    chosen, judged
        What the first few found on the older and on the newer windows, by their place in `sets`.
    winner
        Its place.
    aa_tests
        Tests of nothing on sets drawn at random.
    """

    sets: Ints
    error: Floats
    chosen: dict[int, Simulated]
    judged: dict[int, Simulated]
    winner: int
    aa_tests: Simulated


def candidates(
    panel: Panel,
    free: Ints,
    fixed: Ints,
    k: int,
    count: int,
    until: int,
    cost: Floats | None,
    budget: float | None,
    rng: np.random.Generator,
) -> Ints:
    """Return sets of geos to compare: random ones, and some grown greedily; all there are if there are few.

    Parameters
    ----------
    panel
        The history.
    free, fixed
        Rows that may, and that must be treated.
    k
        Geos in a set.
    count
        How many random sets.
    until
        Periods of history that greedy growth may see.
    cost, budget
        What each geo costs, shape (n,), and what all treated may cost; None without.
    rng
        Where the random sets come from.

    Raises
    ------
    ExperimentError
        If no set costs so little.
    """
    more = k - len(fixed)
    wanted = count if cost is None or budget is None else count * _OVERDRAW
    sets = fixed[None, :]
    if more:
        drawn = free[draw_sets(len(free), more, wanted, rng)] if more < len(free) else free[None, :]
        sets = np.concatenate([np.broadcast_to(fixed, (len(drawn), len(fixed))), drawn], axis=1)
    affordable = np.ones(len(sets), np.bool_)
    if cost is not None and budget is not None:
        affordable = cost[sets].sum(axis=1) <= budget
        cheapest = np.concatenate([fixed, free[np.argsort(cost[free], kind="stable")[:more]]])
        least = float(cost[cheapest].sum())
        if least > budget:
            msg = f"the budget of {budget:,.6g} pays for no {k} geos: the cheapest cost {least:,.6g}"
            hint = "a larger budget, fewer treated geos (n_treated=...), or a smaller change of spend"
            raise ExperimentError(msg, column="budget", hint=hint)
        sets = np.concatenate([cheapest[None, :], sets[affordable]])[: count + 1]
    if more and len(sets) >= count:
        grown = _grown(panel.outcome[:, :until], free, fixed, k)
        if cost is not None and budget is not None and len(grown):
            grown = grown[cost[grown].sum(axis=1) <= budget]
        sets = np.concatenate([sets, grown.reshape(-1, k)])
    unique: Ints = np.unique(np.sort(sets, axis=1), axis=0)
    return unique


def _grown(outcome: Floats, free: Ints, fixed: Ints, k: int) -> Ints:
    """Return sets that begin with one geo and take the next so that they follow the rest, again and again."""
    whole = outcome.sum(axis=0)
    starts = free[np.argsort(-outcome[free].mean(axis=1), kind="stable")[:_STARTS]]
    found = []
    for start in starts.tolist():
        held = [*fixed.tolist(), start]
        while len(held) < k:
            left = np.setdiff1d(free, held)
            treated = outcome[held].sum(axis=0) + outcome[left]
            rest = whole - treated
            with np.errstate(divide="ignore", invalid="ignore"):
                gap = np.log(treated) - np.log(rest)
            spread = np.nan_to_num(gap.std(axis=1), nan=np.inf)
            held.append(int(left[np.argmin(spread)]))
        found.append(held)
    return np.array(found, np.int64).reshape(-1, k)


def errors(panel: Panel, sets: Ints, windows: Windows, request: GeoRequest, progress: bool | None) -> Floats:
    """Return how far off each set is predicted over the older windows, as a share of its outcome.

    For quick methods the root mean square of estimate and standard error. For the rest the root
    mean squared error a period in the simulated tests, of synthetic control with or without fixed effects: it
    is what the intervals are multiples of, and there are more periods than windows to tell it by.
    """
    squares = np.zeros(len(sets))
    places = bar(range(len(sets)), "candidates", progress, total=len(sets))
    if request.method.quick:
        for place in places:
            arms = np.zeros(len(panel.geos), np.int64)
            arms[sets[place]] = 1
            squares[place] = np.mean(
                [
                    _direct(window_test(panel, arms, None, start, windows), request)
                    for start in windows.older.tolist()
                ]
            )
        return np.sqrt(squares)
    pre, length = windows.n_pre, windows.n_pre + windows.n_test
    parts = []
    for start in windows.older.tolist():
        part = panel.outcome[:, start : start + length]
        level = part[:, :pre].mean(axis=1) if request.method.own_levels else np.zeros(len(part))
        # Their triangular factor keeps the distances between geos, in fewer columns than there are periods.
        factor = np.asarray(np.linalg.qr((part[:, :pre] - level[:, None]).T, mode="r"), np.float64)
        before = factor.T
        parts.append((before, part[:, pre:] - level[:, None], part[:, pre:].mean(axis=1)))
    for place in places:
        chosen = sets[place]
        donor = np.ones(len(panel.geos), np.bool_)
        donor[chosen] = False
        total = 0.0
        for before, after, mean in parts:
            weights = simplex_weights(before[chosen].mean(axis=0), before[donor])
            gap = after[chosen].mean(axis=0) - weights @ after[donor]
            usual = float(mean[chosen].mean())
            total += float(gap @ gap) / len(gap) / usual**2 if usual > 0 else math.inf
        squares[place] = total / len(parts)
    return np.sqrt(squares)


def _direct(test: GeoTest, request: GeoRequest) -> float:
    reading = request.method.read(test, request)
    if reading.scale == "log":
        return reading.value**2 + reading.spread**2
    without = test.actual - reading.value
    return (reading.value**2 + reading.spread**2) / without**2 if without > 0 else math.inf


def search(
    panel: Panel,
    sets: Ints,
    windows: Windows,
    request: GeoRequest,
    *,
    sign: int,
    change: float,
    power: float,
    rng: np.random.Generator,
) -> Searched:
    """Rank candidates, simulate the best, choose among them on the older windows and judge on the newer.

    Parameters
    ----------
    panel, sets, windows
        The history, the candidates and where to try them out.
    request
        Method and inference, as the analysis will have them.
    sign, change
        As in `simulate.tried_out`.
    power
        Power of the smallest detectable effect that decides among the best.
    rng
        Draws the sets and windows of the tests of nothing.

    Raises
    ------
    ExperimentError
        If the method can analyse none of the best.
    """
    error = errors(panel, sets, windows, request, request.progress)
    order = np.argsort(error, kind="stable")
    sets, error = sets[order], error[order]
    quiet = replace(request, progress=False)
    best = range(min(FINALISTS, len(sets)))
    every = [(place, int(start)) for place in best for start in windows.older]
    every += [(place, int(start)) for place in best for start in windows.newer]
    drawn = rng.integers(0, len(sets), NOTHINGS), rng.choice(windows.every, NOTHINGS)
    every += [(int(place), int(start)) for place, start in zip(*drawn, strict=True)]
    found: list[Simulated | None] = []
    problem: ExperimentError | None = None
    shown = bar(every, "simulated tests", request.progress, total=len(every))
    for number, (place, start) in enumerate(shown):
        effects = number < len(every) - NOTHINGS
        try:
            found.append(_simulated(panel, sets[place], start, windows, quiet, sign, change, effects=effects))
        except ExperimentError as told:
            problem = told
            found.append(None)
    if problem is not None and not any(found):
        raise problem
    per, other = len(best) * len(windows.older), len(best) * len(windows.newer)
    chosen = _split(found[:per], len(best))
    judged = _split(found[per : per + other], len(best))
    winner = min(best, key=lambda place: (chosen[place].mde(power), place))
    aa_tests = _joined(found[per + other :])
    return Searched(sets, error, chosen, judged, winner, aa_tests)


def _simulated(
    panel: Panel,
    rows: Ints,
    start: int,
    windows: Windows,
    request: GeoRequest,
    sign: int,
    change: float,
    *,
    effects: bool,
) -> Simulated:
    arms = np.zeros(len(panel.geos), np.int64)
    arms[rows] = 1
    test = window_test(panel, arms, None, start, windows)
    return tried_out([test], request, sign, change, effects=effects)


def _split(found: list[Simulated | None], parts: int) -> dict[int, Simulated]:
    each = len(found) // parts
    return {part: _joined(found[part * each : (part + 1) * each]) for part in range(parts)}


def _joined(found: Any) -> Simulated:
    """Return tests as one; those that could not be analysed found nothing."""
    alarms = np.array([one is not None and bool(one.alarms[0]) for one in found], np.bool_)
    nothing = np.full(2, math.inf)
    needed = np.concatenate([nothing if one is None else one.needed for one in found])
    limits = widest(one.steps for one in found if one is not None)
    return Simulated(alarms, needed, sum(one is None for one in found), limits)
