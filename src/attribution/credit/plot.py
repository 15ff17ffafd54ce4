"""What `Credit.plot` draws: which numbers, in which order, under which heading."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from attribution import _draw
from attribution._checks import one_of
from attribution._display import format_number
from attribution._typing import Floats
from attribution.credit.credit_intervals import interval
from attribution.credit.credit_text import money_decimals
from attribution.credit.frames import row_flags
from attribution.credit.measures import ACTIVITY, MEASURES, Measure, needing, ratio
from attribution.credit.periods import PERIODS, consecutive, is_period
from attribution.credit.table import CreditTable, declared, fold, measure
from attribution.credit.uncertainty import place_chances
from attribution.errors import CreditError
from attribution.journeys.journeys import UNATTRIBUTED

if TYPE_CHECKING:
    from attribution._draw import Axes

_MOST_BARS = 60
_MOST_SERIES = 15
_MOST_PLACES = 40
_RARE = 0.005
_REST = "#C8C8C8"


def plot_credit(credit: CreditTable, name: str, ax: Axes | None, kind: str | None) -> Axes:
    """Draw a measure of `credit`; see `Credit.plot`."""
    if ax is not None and not hasattr(ax, "barh"):
        msg = f"ax is a {type(ax).__name__}, not an Axes"
        raise CreditError(
            msg,
            column="ax",
            hint="import matplotlib.pyplot as plt; figure, axes = plt.subplots(2); credit.plot(ax=axes[0])",
        )
    if name in needing("value") and not credit.has_value:
        msg = f"there is no {name!r} to draw: the log has no values"
        raise CreditError(msg, column="measure", hint='at.LogSchema(value="...") names their column')
    periods = [
        name for name in PERIODS if name in credit.by and is_period(name, credit.keys[credit.by.index(name)])
    ]
    if kind is None:
        kind = "time" if periods and len(credit.models) == 1 and name not in ACTIVITY else "bars"
    one_of(kind, "kind", ("bars", "time", "spend", "places"), error=CreditError)
    if kind == "bars":
        return _bars(credit, name, ax)
    if len(credit.models) != 1:
        msg = f"kind={kind!r} draws one model, and this credit has {len(credit.models)}"
        first = next(iter(credit.models), "linear")
        raise CreditError(
            msg, column="kind", hint=f"credit.select(models={first!r}).plot({name!r}, kind={kind!r})"
        )
    if kind == "spend":
        return _spend(credit, name, ax)
    if kind == "places":
        return _places(credit, name, ax)
    if not periods:
        msg = "the credit is not by day, week or month"
        raise CreditError(msg, column="kind", hint='at.attribute(..., by=("channel", "month"))')
    return _over_time(credit, name, ax, periods[0])


def _folded(credit: CreditTable, by: tuple[str, ...], name: str) -> CreditTable:
    if name in ACTIVITY and by != credit.by:
        summed = ", ".join(entry for entry in credit.by if entry not in by)
        msg = f"{name!r} cannot be summed over {summed}: one conversion may be in several"
        raise CreditError(msg, column="measure", hint=f"at.attribute(..., by={by!r}).plot({name!r})")
    return fold(credit, by)


def _tick(one: Measure) -> Callable[[float], str]:
    # Ten digits are enough to tell ticks apart and too few to show 0.30000000000000004.
    share = one.unit == "share"
    return (lambda value: f"{100 * value:,.10g}%") if share else (lambda value: f"{value:,.10g}")


def _headings(credit: CreditTable, one: Measure, by: str) -> tuple[str, str]:
    model = f", {credit.models[0]}" if len(credit.models) == 1 and one.credited else ""
    axis = f"{one.axis} ({credit.currency})" if credit.currency and one.unit == "money" else one.axis
    return f"{one.heading} by {by}{_draw.label_text(model) if model else ''}", axis


def _bars(credit: CreditTable, name: str, ax: Axes | None) -> Axes:
    table = _folded(credit, ("channel",), name)
    one = declared(table, name)
    values = measure(table, name)[: None if one.credited else 1]
    labels = [str(label) for label in table.keys[0]]
    colors = _draw.channel_colors(labels, credit.palette)
    heading, axis = _headings(credit, one, "channel")
    inside = np.flatnonzero(table.attributed)
    order = inside[np.argsort(-np.nan_to_num(values[0, inside], nan=-np.inf), kind="stable")]
    shown = order[:_MOST_BARS] if len(order) > _MOST_BARS else order
    drawn, rest = values[:, shown], order[len(shown) :]
    spans = None
    if table.bootstrap is not None and one.credited:
        spans = interval(table, name)
        heading += ", with 95% intervals"
    names = [labels[cell] for cell in shown.tolist()]
    shades = [colors[label] for label in names]
    if len(rest):
        heading += f" (first {len(shown)} of {len(order):,})"
        if one.additive or one.share_of:
            drawn = np.column_stack([drawn, np.nansum(values[:, rest], axis=1)])
            names.append(f"{len(rest):,} other channels")
            shades.append(_REST)
    outside = values[:, ~table.attributed].sum(axis=1)
    if one.additive and one.credited and outside.any():
        drawn = np.column_stack([drawn, outside])
        names.append(UNATTRIBUTED)
        shades.append(_draw.GREY)
    return _draw.bars(
        names,
        drawn,
        shades,
        series=credit.models if one.credited else credit.models[:1],
        title=heading,
        axis=axis,
        tick=_tick(one),
        texts=_texts(table, one, drawn[0]) if len(drawn) == 1 else (),
        missing=_missing(table, shown, len(names)),
        spans=None if spans is None else _aligned(spans, shown, drawn.shape[1]),
        ax=ax,
    )


def _aligned(spans: tuple[Floats, Floats], shown: NDArray[np.intp], count: int) -> tuple[Floats, Floats]:
    """Return the bounds of what is drawn; what comes after the channels has none."""
    after = ((0, 0), (0, count - len(shown)))
    low, high = (np.pad(side[:, shown], after, constant_values=np.nan) for side in spans)
    return low, high


def _texts(table: CreditTable, one: Measure, line: Floats) -> list[str]:
    decimals = money_decimals(table, one.name) if one.unit == "money" else None
    return [
        ""
        if np.isnan(value)
        else f"{value:.1%}"
        if one.unit == "share"
        else format_number(value, decimals=decimals)
        for value in line.tolist()
    ]


def _missing(table: CreditTable, shown: NDArray[np.intp], count: int) -> list[str]:
    flags = row_flags(table)[: len(table.keys[0])] if table.spent is not None else [""] * len(table.keys[0])
    return [flags[cell] for cell in shown.tolist()] + [""] * (count - len(shown))


def _over_time(credit: CreditTable, name: str, ax: Axes | None, period: str) -> Axes:
    table = _folded(credit, ("channel", period), name)
    one = declared(table, name)
    names, periods, grid = _by_period(table, one, period)
    inside = np.array([label != UNATTRIBUTED for label in names], dtype=np.bool_)
    additive = one.additive or bool(one.share_of)
    size = grid.sum(axis=1) if additive else _by_period(table, MEASURES["cost"], period)[2].sum(axis=1)
    known = inside & ~np.isnan(grid).all(axis=1)
    order = np.flatnonzero(known)[np.argsort(-size[known], kind="stable")]
    heading, axis = _headings(credit, one, period)
    chosen, rest = order, order[:0]
    if len(order) > _MOST_SERIES:
        chosen, rest = order[: _MOST_SERIES - 1], order[_MOST_SERIES - 1 :]
        heading += f" (first {len(chosen)} of {len(order):,} channels)"
    colors = _draw.channel_colors(names, credit.palette)
    labels = [names[row] for row in chosen.tolist()]
    shades = [colors[label] for label in labels]
    lines = grid[chosen]
    if len(rest) and additive:
        lines = np.vstack([lines, grid[rest].sum(axis=0)])
        labels.append(f"{len(rest):,} other channels")
        shades.append(_REST)
    if one.additive and one.credited and grid[~inside].any():
        lines = np.vstack([lines, grid[~inside].sum(axis=0)])
        labels.append(UNATTRIBUTED)
        shades.append(_draw.GREY)
    return _draw.over_time(
        periods,
        lines,
        shades,
        names=labels,
        title=heading,
        axis=axis,
        tick=_tick(one),
        stacked=additive and bool((lines >= 0).all()),
        ax=ax,
    )


def _by_period(table: CreditTable, one: Measure, period: str) -> tuple[list[str], tuple[str, ...], Floats]:
    """Return channels, periods without a gap, and a measure of each, shape (n_channels, n_periods).

    A share is that of its period.
    """
    channel, when = ([str(label) for label in key] for key in table.keys)
    rows = {label: place for place, label in enumerate(dict.fromkeys(channel))}
    periods = consecutive(when, period)
    columns = {label: place for place, label in enumerate(periods)}
    cells = np.array([rows[label] for label in channel], int), np.array([columns[at] for at in when], int)
    empty = 0.0 if one.additive or one.share_of else np.nan
    grid = np.full((len(rows), len(periods)), empty)
    grid[cells] = np.nan_to_num(measure(table, one.share_of or one.name)[0], nan=empty)
    if one.share_of:
        inside = np.array([label != UNATTRIBUTED for label in rows], dtype=np.bool_)
        grid = np.where(inside[:, None], grid, 0.0)
        grid = np.nan_to_num(ratio(grid, grid.sum(axis=0), positive=False))
    return list(rows), periods, grid


def _spend(credit: CreditTable, name: str, ax: Axes | None) -> Axes:
    amount = MEASURES[name].share_of or name if name in MEASURES else ""
    shares = {one.share_of: one for one in MEASURES.values() if one.share_of and one.credited}
    share = shares.get(amount)
    if share is None:
        msg = f"kind='spend' sets the share of conversions or value against that of spend, not {name!r}"
        raise CreditError(msg, column="measure", hint='credit.plot("value", kind="spend")')
    table = fold(credit, ("channel",))
    x, y = measure(table, "cost_share")[0], measure(table, share.name)[0]
    shown = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    names = [str(table.keys[0][cell]) for cell in shown.tolist()]
    colors = _draw.channel_colors(names, credit.palette)
    heading = f"{share.heading} against share of spend, {_draw.label_text(credit.models[0])}"
    return _draw.scatter(
        x[shown],
        y[shown],
        [colors[label] for label in names],
        names=names,
        title=heading,
        axes=(MEASURES["cost_share"].axis, share.axis),
        tick=_tick(share),
        ax=ax,
    )


def _places(credit: CreditTable, name: str, ax: Axes | None) -> Axes:
    table = fold(credit, ("channel",))
    cells, chance = place_chances(table, name)
    # By the mean place: the rows follow the diagonal.
    order = np.argsort(chance @ np.arange(len(cells)), kind="stable")
    heading = (
        f"{MEASURES[name].heading}: how sure is each channel's place, {_draw.label_text(credit.models[0])}"
    )
    if len(order) > _MOST_PLACES:
        heading += f" (first {_MOST_PLACES} of {len(order):,})"
        order = order[:_MOST_PLACES]
    return _draw.heat_map(
        [str(table.keys[0][cell]) for cell in cells[order].tolist()],
        [str(place + 1) for place in range(len(order))],
        chance[order][:, : len(order)],
        title=heading,
        axes=("", "place, best first; percent of resamples"),
        text=lambda part: "" if part <= _RARE else f"{100 * part:.0f}",
        ax=ax,
    )
