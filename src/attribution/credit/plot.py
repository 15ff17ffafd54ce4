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
from attribution.credit.bootstrap import RESAMPLED, interval
from attribution.credit.credit import Credit
from attribution.credit.intervals import place_chances
from attribution.credit.periods import PERIODS, consecutive, is_period
from attribution.credit.table import ACTIVITY, MONEY, SHARES, fold, measure, ratio, row_flags
from attribution.credit.text import money_decimals, unit
from attribution.errors import CreditError
from attribution.journeys.journeys import UNATTRIBUTED

if TYPE_CHECKING:
    from attribution._draw import Axes

_MOST_BARS = 60
_MOST_SERIES = 15
_MOST_PLACES = 40
_RARE = 0.005
_REST = "#C8C8C8"
_ADDITIVE = ("conversions", "value", "cost")
_SHARE_OF = {"share": "conversions", "value_share": "value", "cost_share": "cost"}
_SAME_FOR_ALL_MODELS = ("cost", "cost_share", *ACTIVITY)
_HEADINGS = {
    "conversions": ("Credited conversions", "conversions"),
    "value": ("Credited value", "value"),
    "share": ("Share of credit", "share of attributed conversions"),
    "value_share": ("Share of credited value", "share of attributed value"),
    "cost": ("Spend", "cost"),
    "roas": ("Return on ad spend", "ROAS: value per unit of cost"),
    "roi": ("Return on investment", "ROI: (value - cost) / cost"),
    "cpa": ("Cost per credited conversion", "cpa"),
    "cost_share": ("Share of spend", "share of cost"),
    "touched": ("Conversions touched", "conversions"),
    "assisted": ("Conversions assisted", "conversions"),
    "opened": ("Conversions opened", "conversions"),
    "closed": ("Conversions closed", "conversions"),
    "mean_touches": ("Touches per conversion touched", "touches"),
}


def plot_credit(credit: Credit, name: str, ax: Axes | None, kind: str | None) -> Axes:
    """Draw a measure of `credit`; see `Credit.plot`."""
    if ax is not None and not hasattr(ax, "barh"):
        msg = f"ax is a {type(ax).__name__}, not an Axes"
        raise CreditError(
            msg,
            column="ax",
            hint="import matplotlib.pyplot as plt; figure, axes = plt.subplots(2); credit.plot(ax=axes[0])",
        )
    if name in {"value", "value_share", "roas", "roi"} and not credit.has_value:
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


def _folded(credit: Credit, by: tuple[str, ...], name: str) -> Credit:
    if name in ACTIVITY and by != credit.by:
        summed = ", ".join(entry for entry in credit.by if entry not in by)
        msg = f"{name!r} cannot be summed over {summed}: one conversion may be in several"
        raise CreditError(msg, column="measure", hint=f"at.attribute(..., by={by!r}).plot({name!r})")
    return fold(credit, by)


def _tick(name: str) -> Callable[[float], str]:
    # Ten digits are enough to tell ticks apart and too few to show 0.30000000000000004.
    return (lambda value: f"{100 * value:,.10g}%") if name in SHARES else (lambda value: f"{value:,.10g}")


def _headings(credit: Credit, name: str, by: str) -> tuple[str, str]:
    heading, axis = _HEADINGS[name]
    model = f", {credit.models[0]}" if len(credit.models) == 1 and name not in _SAME_FOR_ALL_MODELS else ""
    if name in MONEY:
        axis = unit(credit, name).replace("cpa", "CPA: cost per conversion")
    return f"{heading} by {by}{_draw.label_text(model) if model else ''}", axis


def _bars(credit: Credit, name: str, ax: Axes | None) -> Axes:
    table = _folded(credit, ("channel",), name)
    same = name in _SAME_FOR_ALL_MODELS
    values = measure(table, name)[: 1 if same else None]
    labels = [str(label) for label in table.keys[0]]
    colors = _draw.channel_colors(labels, credit.palette or credit.channels)
    heading, axis = _headings(credit, name, "channel")
    inside = np.flatnonzero(table.attributed)
    order = inside[np.argsort(-np.nan_to_num(values[0, inside], nan=-np.inf), kind="stable")]
    shown = order[:_MOST_BARS] if len(order) > _MOST_BARS else order
    drawn, rest = values[:, shown], order[len(shown) :]
    spans = None
    if table.bootstrap is not None and name in RESAMPLED:
        spans = interval(table, name)
        heading += ", with 95% intervals"
    names = [labels[cell] for cell in shown.tolist()]
    shades = [colors[label] for label in names]
    if len(rest):
        heading += f" (first {len(shown)} of {len(order):,})"
        if name in (*_ADDITIVE, *SHARES):
            drawn = np.column_stack([drawn, np.nansum(values[:, rest], axis=1)])
            names.append(f"{len(rest):,} other channels")
            shades.append(_REST)
    outside = values[:, ~table.attributed].sum(axis=1)
    if name in ("conversions", "value") and outside.any():
        drawn = np.column_stack([drawn, outside])
        names.append(UNATTRIBUTED)
        shades.append(_draw.GREY)
    return _draw.bars(
        names,
        drawn,
        shades,
        series=credit.models[:1] if same else credit.models,
        title=heading,
        axis=axis,
        tick=_tick(name),
        texts=_texts(table, name, drawn[0]) if len(drawn) == 1 else (),
        missing=_missing(table, shown, len(names)),
        spans=None if spans is None else _aligned(spans, shown, drawn.shape[1]),
        ax=ax,
    )


def _aligned(spans: tuple[Floats, Floats], shown: NDArray[np.intp], count: int) -> tuple[Floats, Floats]:
    """Return the bounds of what is drawn; what comes after the channels has none."""
    after = ((0, 0), (0, count - len(shown)))
    low, high = (np.pad(side[:, shown], after, constant_values=np.nan) for side in spans)
    return low, high


def _texts(table: Credit, name: str, line: Floats) -> list[str]:
    decimals = money_decimals(table, name) if name in MONEY else None
    return [
        ""
        if np.isnan(value)
        else f"{value:.1%}"
        if name in SHARES
        else format_number(value, decimals=decimals)
        for value in line.tolist()
    ]


def _missing(table: Credit, shown: NDArray[np.intp], count: int) -> list[str]:
    flags = row_flags(table)[: len(table.keys[0])] if table.cost is not None else [""] * len(table.keys[0])
    return [flags[cell] for cell in shown.tolist()] + [""] * (count - len(shown))


def _over_time(credit: Credit, name: str, ax: Axes | None, period: str) -> Axes:
    table = _folded(credit, ("channel", period), name)
    channel = [str(label) for label in table.keys[0]]
    when = [str(label) for label in table.keys[1]]
    rows = {label: place for place, label in enumerate(dict.fromkeys(channel))}
    periods = consecutive(when, period)
    columns = {label: place for place, label in enumerate(periods)}
    cells = (
        np.array([rows[label] for label in channel], int),
        np.array([columns[label] for label in when], int),
    )

    def spread(part: str, empty: float) -> Floats:
        grid = np.full((len(rows), len(periods)), empty)
        grid[cells] = np.nan_to_num(measure(table, part)[0], nan=empty)
        return grid

    inside = np.array([label != UNATTRIBUTED for label in rows], dtype=np.bool_)
    if name in _SHARE_OF:
        grid = np.where(inside[:, None], spread(_SHARE_OF[name], 0.0), 0.0)
        grid = np.nan_to_num(ratio(grid, grid.sum(axis=0), positive=False))
    else:
        grid = spread(name, 0.0 if name in _ADDITIVE else np.nan)
    additive = name in (*_ADDITIVE, *_SHARE_OF)
    size = grid.sum(axis=1) if additive else spread("cost", 0.0).sum(axis=1)
    inside_known = inside & ~np.isnan(grid).all(axis=1)
    order = np.flatnonzero(inside_known)[np.argsort(-size[inside_known], kind="stable")]
    heading, axis = _headings(credit, name, period)
    names = list(rows)
    chosen, rest = order, order[:0]
    if len(order) > _MOST_SERIES:
        chosen, rest = order[: _MOST_SERIES - 1], order[_MOST_SERIES - 1 :]
        heading += f" (first {len(chosen)} of {len(order):,} channels)"
    colors = _draw.channel_colors(names, credit.palette or credit.channels)
    labels = [names[row] for row in chosen.tolist()]
    shades = [colors[label] for label in labels]
    lines = grid[chosen]
    if len(rest) and additive:
        lines = np.vstack([lines, grid[rest].sum(axis=0)])
        labels.append(f"{len(rest):,} other channels")
        shades.append(_REST)
    if name in ("conversions", "value") and grid[~inside].any():
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
        tick=_tick(name),
        stacked=additive and bool((lines >= 0).all()),
        ax=ax,
    )


def _spend(credit: Credit, name: str, ax: Axes | None) -> Axes:
    share = {
        "conversions": "share",
        "share": "share",
        "value": "value_share",
        "value_share": "value_share",
    }.get(name)
    if share is None:
        msg = f"kind='spend' sets the share of conversions or value against that of spend, not {name!r}"
        raise CreditError(msg, column="measure", hint='credit.plot("value", kind="spend")')
    table = fold(credit, ("channel",))
    x, y = measure(table, "cost_share")[0], measure(table, share)[0]
    shown = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    names = [str(table.keys[0][cell]) for cell in shown.tolist()]
    colors = _draw.channel_colors(names, credit.palette or credit.channels)
    heading = f"{_HEADINGS[share][0]} against share of spend, {_draw.label_text(credit.models[0])}"
    return _draw.scatter(
        x[shown],
        y[shown],
        [colors[label] for label in names],
        names=names,
        title=heading,
        axes=(_HEADINGS["cost_share"][1], _HEADINGS[share][1]),
        tick=_tick("share"),
        ax=ax,
    )


def _places(credit: Credit, name: str, ax: Axes | None) -> Axes:
    table = fold(credit, ("channel",))
    cells, chance = place_chances(table, name)
    # By the mean place: the rows follow the diagonal.
    order = np.argsort(chance @ np.arange(len(cells)), kind="stable")
    heading = f"{_HEADINGS[name][0]}: how sure is each channel's place, {_draw.label_text(credit.models[0])}"
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
