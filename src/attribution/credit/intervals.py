"""How sure: intervals, differences and probabilities as tables, from the replicates of a credit."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from attribution._checks import one_of
from attribution._typing import Bools, Floats, Ints
from attribution.credit.bootstrap import METHODS, bounds, checked_level, interval, replicated
from attribution.credit.table import fold, measure
from attribution.errors import CreditError

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.credit import Credit

LOWEST_IS_BEST = ("cpa",)
_TIES: tuple[Literal["min"], Literal["max"]] = ("min", "max")


def intervals_frame(credit: Credit, name: str, level: float, method: str) -> pd.DataFrame:
    """Return estimate, standard error, interval and rank of every cell; see `Credit.intervals`."""
    import pandas as pd

    low, high = interval(credit, name, level, method)
    estimate, samples = measure(credit, name), replicated(credit, name)
    known = np.isfinite(estimate) & credit.attributed
    lowest = name in LOWEST_IS_BEST
    tail = (1.0 - level) / 2.0
    ranks = _ranks(samples, known, lowest=lowest)
    columns: dict[str, Any] = _keys(credit)
    columns["estimate"] = estimate.ravel()
    columns["standard_error"] = _spread(samples).ravel()
    columns["ci_low"], columns["ci_high"] = low.ravel(), high.ravel()
    # Outwards to whole ranks, so that the interval holds at least its level.
    for label, rank in (
        ("rank", _ranks(estimate[None], known, lowest=lowest)[0]),
        ("rank_low", np.quantile(ranks, tail, axis=0, method="lower")),
        ("rank_high", np.quantile(ranks, 1.0 - tail, axis=0, method="higher")),
    ):
        columns[label] = pd.array(np.where(known, rank, np.nan).ravel(), dtype="Int64")
    return pd.DataFrame(columns)


def differences_frame(credit: Credit, name: str, between: str, level: float, method: str) -> pd.DataFrame:
    """Return the difference of every pair of channels or models; see `Credit.differences`."""
    one_of(between, "between", ("channels", "models"), error=CreditError)
    one_of(method, "method", METHODS, error=CreditError)
    checked_level(level)
    table = fold(credit, ("channel",)) if between == "channels" else credit
    layers = [measure(table, name)[None], replicated(table, name)]
    layers += [replicated(table, name, jackknife=True)] if method == "bca" else []
    inside = np.flatnonzero(table.attributed & np.isfinite(layers[0][0]).any(axis=0))
    layers = [layer[:, :, inside] for layer in layers]
    if between == "channels":
        return _between_channels(table, inside, layers, level, method)
    return _between_models(table, inside, layers, level, method)


def best_frame(credit: Credit, name: str, lowest: bool | None) -> pd.DataFrame:
    """Return how often each channel comes first; see `Credit.probability_best`."""
    import pandas as pd

    table = fold(credit, ("channel",))
    samples = replicated(table, name)
    known = np.isfinite(measure(table, name)) & table.attributed
    ranks = _ranks(samples, known, lowest=name in LOWEST_IS_BEST if lowest is None else lowest)
    first = (ranks == 1) & known
    # Where several come first together, each has an equal part.
    chance = (first / np.maximum(first.sum(axis=2, keepdims=True), 1)).mean(axis=0)
    columns: dict[str, Any] = _keys(table)
    columns["estimate"] = measure(table, name).ravel()
    columns["probability"] = np.where(known, chance, np.nan).ravel()
    frame = pd.DataFrame(columns)[np.tile(table.attributed, len(table.models))]
    frame["order"] = frame["model"].map({label: place for place, label in enumerate(table.models)})
    frame = frame.sort_values(["order", "probability"], ascending=[True, False], kind="stable")
    return frame.drop(columns="order").reset_index(drop=True)


def place_chances(table: Credit, name: str) -> tuple[Ints, Floats]:
    """Return the cells that have a measure, and in which part of the resamples each holds each place.

    Parameters
    ----------
    table
        A credit of one model by channel, with a bootstrap.
    name
        As in `Credit.intervals`.

    Returns
    -------
    cells : int64, shape (n,)
        Which cells, as positions in the table.
    chance : float64, shape (n, n)
        A row a cell, a column a place, best first. Cells that are equal have equal parts of their places.
    """
    cells = np.flatnonzero(np.isfinite(measure(table, name)[0]) & table.attributed)
    samples = replicated(table, name)[:, :, cells]
    known = np.ones((1, len(cells)), dtype=np.bool_)
    lowest = name in LOWEST_IS_BEST
    first, last = (_ranks(samples, known, lowest=lowest, ties=ties)[:, 0] for ties in _TIES)
    part = 1.0 / (last - first + 1.0)
    chance = np.zeros((len(cells), len(cells)))
    for place in range(len(cells)):
        chance[:, place] = (part * ((first <= place + 1) & (place + 1 <= last))).mean(axis=0)
    return cells, chance


def _keys(credit: Credit) -> dict[str, Any]:
    models, cells = credit.conversions.shape
    columns: dict[str, Any] = {"model": np.repeat(np.array(credit.models, dtype=object), cells)}
    for label, key in zip(credit.by, credit.keys, strict=True):
        columns[label] = np.tile(key, models)
    return columns


def _spread(samples: Floats) -> Floats:
    spread: Floats = samples.std(axis=0, ddof=1)
    return spread


def _ranks(samples: Floats, known: Bools, *, lowest: bool, ties: Literal["min", "max"] = "min") -> Floats:
    """Rank the known cells of each model within each sample, 1 is best, ties share the best rank."""
    from scipy import stats

    amounts = samples if lowest else -samples
    amounts = np.where(known & ~np.isnan(amounts), amounts, np.inf)
    ranks: Floats = stats.rankdata(amounts, method=ties, axis=2).astype(np.float64)
    return ranks


def _compared(layers: list[Floats], level: float, method: str) -> dict[str, Floats]:
    """Return what a table of differences says of each, from ``first - second`` of shapes (1 or R, ...)."""
    estimate, samples = layers[0][0], layers[1]
    low, high = bounds(estimate, samples, layers[2] if len(layers) > 2 else None, level, method)
    above = ((samples > 0) + 0.5 * (samples == 0)).mean(axis=0)
    return {
        "difference": estimate,
        "standard_error": _spread(samples),
        "ci_low": low,
        "ci_high": high,
        "probability": np.where(np.isnan(samples).any(axis=0), np.nan, above),
    }


def _between_channels(
    table: Credit, inside: NDArray[np.intp], layers: list[Floats], level: float, method: str
) -> pd.DataFrame:
    names = table.keys[0][inside]
    n_models, n = len(table.models), len(inside)
    # The first channel against all that follow it, then the second, and so on.
    parts = [
        _compared([layer[:, :, [first]] - layer[:, :, first + 1 :] for layer in layers], level, method)
        for first in range(n - 1)
    ]
    first, second = np.triu_indices(n, 1)
    columns: dict[str, Any] = {
        "model": np.repeat(np.array(table.models, dtype=object), len(first)),
        "first": np.tile(names[first], n_models),
        "second": np.tile(names[second], n_models),
    }
    return _table(columns, parts, axis=1)


def _between_models(
    table: Credit, inside: NDArray[np.intp], layers: list[Floats], level: float, method: str
) -> pd.DataFrame:
    pairs = list(combinations(range(len(table.models)), 2))
    if not pairs:
        msg = f"this credit has one model, {', '.join(table.models)}"
        raise CreditError(
            msg, column="between", hint='at.attribute(journeys, ["last_touch", "linear"], bootstrap=500)'
        )
    parts = [_compared([layer[:, a] - layer[:, b] for layer in layers], level, method) for a, b in pairs]
    columns: dict[str, Any] = {
        label: np.tile(key[inside], len(pairs)) for label, key in zip(table.by, table.keys, strict=True)
    }
    for place, side in enumerate(("first", "second")):
        labels = np.array([table.models[pair[place]] for pair in pairs], dtype=object)
        columns[side] = np.repeat(labels, len(inside))
    return _table(columns, parts, axis=0)


def _table(columns: dict[str, Any], parts: list[dict[str, Floats]], *, axis: int) -> pd.DataFrame:
    import pandas as pd

    for label in ("difference", "standard_error", "ci_low", "ci_high", "probability"):
        columns[label] = np.concatenate([part[label] for part in parts], axis=axis).ravel() if parts else ()
    return pd.DataFrame(columns)
