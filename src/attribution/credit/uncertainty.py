"""How sure: intervals, differences and probabilities as tables, from the replicates of a credit."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from attribution._checks import one_of
from attribution._typing import Bools, Floats, Ints
from attribution.credit.credit_intervals import METHODS, bounds, checked_level, few, interval, replicated
from attribution.credit.measures import MEASURES
from attribution.credit.table import CreditTable, fold, measure
from attribution.errors import CreditError
from attribution.stats.simultaneous import (
    bounds_together,
    could_be_first,
    peak_of_pairs,
    reach_of,
    surely_ordered,
    t_values,
)

if TYPE_CHECKING:
    import pandas as pd

CORRECTIONS = ("max_t", "none")
_TIES: tuple[Literal["min"], Literal["max"]] = ("min", "max")


def intervals_frame(
    credit: CreditTable, name: str, level: float, method: str, correction: str | None
) -> pd.DataFrame:
    """Return estimate, standard error, interval and rank of every cell; see `Credit.intervals`."""
    import pandas as pd

    together = _together(correction, method)
    checked_level(level)
    estimate, samples = measure(credit, name), replicated(credit, name)
    if correction == "max_t":
        low, high = _cells_together(credit, name, estimate, samples, level)
    else:
        low, high = interval(credit, name, level, method)
    known = np.isfinite(estimate) & credit.attributed
    columns: dict[str, Any] = _keys(credit)
    columns["estimate"] = estimate.ravel()
    columns["standard_error"] = _spread(samples).ravel()
    columns["ci_low"], columns["ci_high"] = low.ravel(), high.ravel()
    lowest = MEASURES[name].lowest_is_best
    rank = _ranks(estimate[None], known, lowest=lowest)[0]
    if together:
        ends = _ranks_together(credit, name, estimate, samples, level)
    else:
        # Outwards to whole ranks, so that the interval holds at least its level.
        tail, ranks = (1.0 - level) / 2.0, _ranks(samples, known, lowest=lowest)
        ends = (
            np.quantile(ranks, tail, axis=0, method="lower"),
            np.quantile(ranks, 1.0 - tail, axis=0, method="higher"),
        )
    for label, place in (("rank", rank), ("rank_low", ends[0]), ("rank_high", ends[1])):
        columns[label] = pd.array(np.where(known, place, np.nan).ravel(), dtype="Int64")
    columns["few"] = few(credit).ravel()
    return pd.DataFrame(columns)


def _cells_together(
    credit: CreditTable, name: str, estimate: Floats, samples: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return intervals that hold together for all cells of a model, shape (n_models, n_cells)."""
    left_out = replicated(credit, name, jackknife=True)
    low, high = np.full((2, *estimate.shape), np.nan)
    for model, row in enumerate(estimate):
        cells = np.flatnonzero(np.isfinite(row) & credit.attributed)
        low[model, cells], high[model, cells] = bounds_together(
            row[cells], samples[:, model, cells], level, freedom(credit), left_out[:, model, cells]
        )
    return low, high


def shift_bounds(
    table: CreditTable, base: int, cells: Ints, level: float, correction: str | None
) -> tuple[Floats | None, Floats | None]:
    """Return intervals of the shares less those of one model; None without a bootstrap."""
    together = _together(correction, "percentile")
    checked_level(level)
    if table.bootstrap is None:
        return None, None
    shares, samples = measure(table, "share")[:, cells], replicated(table, "share")[:, :, cells]
    shift, drawn = shares - shares[[base]], samples - samples[:, [base]]
    if not together:
        return bounds(shift, drawn, None, level, "percentile")
    error, values = t_values(shift, drawn)
    away = error * reach_of(values.max(axis=(1, 2), initial=0.0), level, freedom(table))
    return shift - away, shift + away


def freedom(credit: CreditTable) -> float:
    """Return the degrees of freedom of standard errors: groups of users less one; infinite for users."""
    known = credit.bootstrap
    assert known is not None
    return np.inf if known.resample == "user" else float(len(known.jackknife.conversions) - 1)


def _together(correction: str | None, method: str) -> bool:
    """Return whether statements are to hold together, or raise CreditError."""
    one_of(method, "method", METHODS, error=CreditError)
    if correction is None:
        return method == "percentile"
    if one_of(correction, "correction", CORRECTIONS, error=CreditError) == "max_t" and method != "percentile":
        msg = f"method={method!r} corrects single intervals, and those of correction='max_t' hold together"
        raise CreditError(msg, column="method", hint='method="percentile", or correction="none"')
    return correction == "max_t"


def _amounts(name: str, estimate: Floats, samples: Floats, *, lowest: bool) -> tuple[Floats, Floats]:
    """Return estimate and samples of which more is better, in numbers that every sample has."""
    if not MEASURES[name].per:
        return (-estimate, -samples) if lowest else (estimate, samples)
    with np.errstate(divide="ignore", invalid="ignore"):  # so many per cost: none is 0, not inf
        estimate, samples = 1.0 / estimate, np.nan_to_num(1.0 / samples, nan=0.0)
    return (estimate, samples) if lowest else (-estimate, -samples)


def _ranks_together(
    credit: CreditTable, name: str, estimate: Floats, samples: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return the first and last place that each cell of a model may have, all at once."""
    amounts, drawn = _amounts(name, estimate, samples, lowest=MEASURES[name].lowest_is_best)
    low, high = np.full((2, *estimate.shape), np.nan)
    for model, row in enumerate(estimate):
        cells = np.flatnonzero(np.isfinite(row) & credit.attributed)
        above, below = surely_ordered(amounts[model, cells], drawn[:, model, cells], level, freedom(credit))
        low[model, cells], high[model, cells] = 1 + above, len(cells) - below
    return low, high


def differences_frame(
    credit: CreditTable, name: str, between: str, level: float, method: str, correction: str | None
) -> pd.DataFrame:
    """Return the difference of every pair of channels or models; see `Credit.differences`."""
    one_of(between, "between", ("channels", "models"), error=CreditError)
    together = _together(correction, method)
    checked_level(level)
    table = fold(credit, ("channel",)) if between == "channels" else credit
    layers = [measure(table, name)[None], replicated(table, name)]
    layers += [replicated(table, name, jackknife=True)] if method == "bca" else []
    inside = np.flatnonzero(table.attributed & np.isfinite(layers[0][0]).any(axis=0))
    layers = [layer[:, :, inside] for layer in layers]
    if between == "channels":
        return _between_channels(table, inside, layers, level, method, together=together)
    return _between_models(table, inside, layers, level, method, together=together)


def first_frame(credit: CreditTable, name: str, lowest: bool | None, level: float) -> pd.DataFrame:
    """Return which channels could be first; see `Credit.could_be_first`."""
    import pandas as pd

    checked_level(level)
    table = fold(credit, ("channel",))
    lowest = MEASURES[name].lowest_is_best if lowest is None else lowest
    samples = replicated(table, name)
    known = np.isfinite(measure(table, name)) & table.attributed
    first = (_ranks(samples, known, lowest=lowest) == 1) & known
    # Where several come first together, each has an equal part.
    part = (first / np.maximum(first.sum(axis=2, keepdims=True), 1)).mean(axis=0)
    estimate, samples = _amounts(name, measure(table, name), samples, lowest=lowest)
    inside = np.zeros(known.shape, np.bool_)
    for model, row in enumerate(known):
        cells = np.flatnonzero(row)
        inside[model, cells] = could_be_first(
            estimate[model, cells], samples[:, model, cells], level, freedom(table)
        )
    columns: dict[str, Any] = _keys(table)
    columns["estimate"] = measure(table, name).ravel()
    columns["could_be_first"] = inside.ravel()
    columns["first_in"] = np.where(known, part, np.nan).ravel()
    frame = pd.DataFrame(columns)[np.tile(table.attributed, len(table.models))]
    frame["order"] = frame["model"].map({label: place for place, label in enumerate(table.models)})
    frame = frame.sort_values(
        ["order", "could_be_first", "first_in"], ascending=[True, False, False], kind="stable"
    )
    return frame.drop(columns="order").reset_index(drop=True)


def candidates(credit: CreditTable, name: str, model: str, *, lowest: bool) -> int:
    """Return how many channels could be at an end of a measure: 1 where one is set apart, or nothing tells.

    This is the rule by which words name a highest and a lowest; without a bootstrap the estimate is all there
    is.
    """
    one = credit.select(models=model)
    if credit.bootstrap is None or np.isfinite(measure(fold(one, ("channel",)), name)).sum() < 2:
        return 1
    return max(int(first_frame(one, name, lowest, 0.95)["could_be_first"].sum()), 1)


def place_chances(table: CreditTable, name: str) -> tuple[Ints, Floats]:
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
    lowest = MEASURES[name].lowest_is_best
    first, last = (_ranks(samples, known, lowest=lowest, ties=ties)[:, 0] for ties in _TIES)
    part = 1.0 / (last - first + 1.0)
    chance = np.zeros((len(cells), len(cells)))
    for place in range(len(cells)):
        chance[:, place] = (part * ((first <= place + 1) & (place + 1 <= last))).mean(axis=0)
    return cells, chance


def _keys(credit: CreditTable) -> dict[str, Any]:
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


def _compared(layers: list[Floats], level: float, method: str, *, alone: bool) -> dict[str, Floats]:
    """Return what a table of differences says of each, from ``first - second`` of shapes (1 or R, ...).

    Intervals that hold together come later, when all differences are known.
    """
    estimate, samples = layers[0][0], layers[1]
    low = high = estimate
    if alone:
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
    table: CreditTable,
    inside: NDArray[np.intp],
    layers: list[Floats],
    level: float,
    method: str,
    *,
    together: bool,
) -> pd.DataFrame:
    names = table.keys[0][inside]
    n_models, n = len(table.models), len(inside)
    # The first channel against all that follow it, then the second, and so on.
    parts = [
        _compared(
            [layer[:, :, [place]] - layer[:, :, place + 1 :] for layer in layers],
            level,
            method,
            alone=not together,
        )
        for place in range(n - 1)
    ]
    if together:
        peaks = [peak_of_pairs(layers[0][0, model], layers[1][:, model])[0] for model in range(n_models)]
        reach = np.array([reach_of(peak, level, freedom(table)) for peak in peaks])
        parts = [_widened(part, reach[:, None]) for part in parts]
    first, second = np.triu_indices(n, 1)
    columns: dict[str, Any] = {
        "model": np.repeat(np.array(table.models, dtype=object), len(first)),
        "first": np.tile(names[first], n_models),
        "second": np.tile(names[second], n_models),
    }
    return _table(columns, parts, axis=1)


def _between_models(
    table: CreditTable,
    inside: NDArray[np.intp],
    layers: list[Floats],
    level: float,
    method: str,
    *,
    together: bool,
) -> pd.DataFrame:
    pairs = list(combinations(range(len(table.models)), 2))
    if not pairs:
        msg = f"this credit has one model, {', '.join(table.models)}"
        raise CreditError(
            msg, column="between", hint='at.attribute(journeys, ["last_touch", "linear"], bootstrap=500)'
        )
    gaps = [[layer[:, a] - layer[:, b] for layer in layers] for a, b in pairs]
    parts = [_compared(each, level, method, alone=not together) for each in gaps]
    if together:
        peak = np.max([t_values(each[0][0], each[1])[1].max(axis=1, initial=0.0) for each in gaps], axis=0)
        parts = [_widened(part, reach_of(peak, level, freedom(table))) for part in parts]
    columns: dict[str, Any] = {
        label: np.tile(key[inside], len(pairs)) for label, key in zip(table.by, table.keys, strict=True)
    }
    for place, side in enumerate(("first", "second")):
        labels = np.array([table.models[pair[place]] for pair in pairs], dtype=object)
        columns[side] = np.repeat(labels, len(inside))
    return _table(columns, parts, axis=0)


def _widened(part: dict[str, Floats], reach: Floats) -> dict[str, Floats]:
    """Return the differences with intervals that hold together."""
    away = reach * part["standard_error"]
    return part | {"ci_low": part["difference"] - away, "ci_high": part["difference"] + away}


def _table(columns: dict[str, Any], parts: list[dict[str, Floats]], *, axis: int) -> pd.DataFrame:
    import pandas as pd

    for label in ("difference", "standard_error", "ci_low", "ci_high", "probability"):
        columns[label] = np.concatenate([part[label] for part in parts], axis=axis).ravel() if parts else ()
    return pd.DataFrame(columns)
