"""Search, as a plan asks for it: how many geos, which of them, and by which inference."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.choices import GeoSearch
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.history_windows import Windows
from attribution.experiments.geo.panel import Panel
from attribution.experiments.geo.plan_request import PlanRequest
from attribution.experiments.geo.search import Searched, candidates, search


def best_set(
    panel: Panel,
    windows: Windows,
    request: PlanRequest,
    wanted: Ints,
    barred: Ints,
    prices: Floats | None,
    change: float,
    rng: np.random.Generator,
) -> tuple[Searched, GeoRequest]:
    """Return what the search found, and the analysis that goes with it.

    Parameters
    ----------
    panel, windows, request
        The history, where to try tests out, and what was asked.
    wanted, barred
        Rows that must and that must not be treated.
    prices
        What each geo costs, shape (n,); None where it is not known.
    change
        What treatment does to spend, as a share.
    rng
        Where random sets come from.

    Raises
    ------
    ExperimentError
        If there are too few geos, or the budget pays for no set.
    """
    n = len(panel.geos)
    free = np.setdiff1d(np.arange(n), np.concatenate([wanted, barred]))
    choice = request.choice
    assert isinstance(choice, GeoSearch)
    k = choice.n_treated
    if k is None:
        k = n - max(n // 4, 2) if request.kind == "holdback" else max(n // 5, 2, len(wanted))
        k = min(k, len(wanted) + len(free))
    _room(len(panel.geos), k, wanted, free)
    method = request.analysis.method.suited(k, n - k, instead=request.kind == "holdback")
    analysis = replace(request.analysis, method=method)
    sets = candidates(
        panel,
        free,
        wanted,
        k,
        choice.candidates,
        windows.until,
        prices,
        request.budget,
        rng,
    )
    found = search(
        panel,
        sets,
        windows,
        replace(analysis, method=method.simulated()),
        sign=request.sign,
        change=1.0 if math.isnan(change) else change,
        power=request.power,
        rng=rng,
    )
    return found, analysis


def _room(n: int, k: int, wanted: Ints, free: Ints) -> None:
    if len(wanted) > k:
        msg = f"include= names {len(wanted)} geos, and n_treated={k}"
        raise ExperimentError(msg, column="include", hint=f"n_treated={len(wanted)}, or more")
    if len(wanted) + len(free) < k:
        msg = f"n_treated={k}, but only {len(wanted) + len(free)} geos may be treated"
        raise ExperimentError(msg, column="exclude", hint="exclude fewer geos, or treat fewer")
    if n - k < 2:
        msg = f"n_treated={k} of {n} geos leaves {n - k} to compare with"
        raise ExperimentError(msg, column="n_treated", hint=f"n_treated={max(n // 5, 1)}")
    if k < 1 or n < 4:
        msg = f"{n} geos are too few for a search"
        raise ExperimentError(msg, column="geo", hint="smaller regions: cities rather than states")
