"""The report's figures: plots of credit as SVG, each with what it shows in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from attribution._draw import new_axes, to_svg
from attribution.credit.periods import PERIODS
from attribution.credit.table import measure
from attribution.reporting.blocks import Figure
from attribution.reporting.formats import fit, label, without_controls

if TYPE_CHECKING:
    from attribution._draw import Axes
    from attribution.credit.credit import Credit

MAX_DRAWN = 30
PLOT = 2.5  # inches between the labels and the legend
LETTER = 0.066


def bars(credit: Credit) -> tuple[Figure, ...]:
    """Draw each channel's credited conversions under each model; only the largest of many channels."""
    inside = np.flatnonzero(credit.attributed)
    rows = credit.conversions[:, inside]
    if not rows.any():
        return ()
    order = np.argsort(-rows.max(axis=0), kind="stable")
    channels = credit.keys[0][inside][order].tolist()
    drawn = credit.select(channels=channels[:MAX_DRAWN]) if len(channels) > MAX_DRAWN else credit
    style = fit("count", rows.ravel().tolist())
    parts = []
    for position in order[:5].tolist():
        low, high = (
            style.write(float(bound)) for bound in (rows[:, position].min(), rows[:, position].max())
        )
        parts.append(
            f"{label(_channel(credit, inside[position]))} {low if low == high else f'{low} to {high}'}"
        )
    many = len(credit.models) > 1
    title = "Credited conversions by channel" + ("" if many else f", {label(credit.models[0])}")
    across = f", from the lowest to the highest of {len(credit.models)} models" if many else ""
    alt = f"{title}{across}: {_listed(parts, len(channels))}"
    note = f"The {MAX_DRAWN} largest of {len(channels):,} channels." if len(channels) > MAX_DRAWN else ""
    groups = min(len(channels), MAX_DRAWN) + 1
    height = 1.0 + groups * (0.34 if len(credit.models) > 3 else 0.16 + 0.14 * len(credit.models))
    legend = _longest(credit.models) + 6 if many else 3
    width = PLOT + LETTER * (_longest(drawn.keys[0]) + legend) + 0.2
    axes = drawn.plot("conversions", new_axes(height, width, shown=False), kind="bars")
    return (Figure(title, _svg(axes, "figure-credit", alt), alt, note, width),)


def over_time(credit: Credit) -> tuple[Figure, ...]:
    """Draw the first model's credited conversions over the periods of a credit by channel and period."""
    inside = credit.attributed
    period = credit.by[1]
    periods = sorted(set(credit.keys[1][inside].tolist()))
    if period not in PERIODS or len(periods) < 2:
        return ()
    sums = [float(credit.conversions[0, inside & (credit.keys[1] == label)].sum()) for label in periods]
    style = fit("count", sums)
    title = f"Credited conversions by {period}, {label(credit.models[0])}"
    high, low = int(np.argmax(sums)), int(np.argmin(sums))
    alt = (
        f"{title}: {len(periods)} periods from {periods[0]} to {periods[-1]}; most in {periods[high]} "
        f"({style.write(sums[high])}), fewest in {periods[low]} ({style.write(sums[low])})."
    )
    one = credit.select(models=credit.models[0])
    width = 4.5 + LETTER * (_longest(one.keys[0]) + 6)
    axes = one.plot("conversions", new_axes(3.6, width, shown=False), kind="time")
    return (Figure(title, _svg(axes, f"figure-{period}", alt), alt, width=width),)


def spend_against_credit(credit: Credit) -> tuple[Figure, ...]:
    """Draw each channel's share of spend against its share of credit, for the first model."""
    model = label(credit.models[0])
    name = "value_share" if credit.has_value else "share"
    cost, share = measure(credit, "cost_share")[0], measure(credit, name)[0]
    known = np.flatnonzero(credit.attributed & np.isfinite(cost) & np.isfinite(share))
    if len(known) < 2:
        return ()
    order = known[np.argsort(-cost[known], kind="stable")].tolist()
    style = fit("share", [])
    of = "credited value" if credit.has_value else "credit"
    parts = [
        f"{label(_channel(credit, cell))} {style.write(float(cost[cell]))} of spend and "
        f"{style.write(float(share[cell]))} of {of}"
        for cell in order[:5]
    ]
    title = f"Share of {of} against share of spend, {model}"
    alt = f"{title}: {_listed(parts, len(order))}"
    note = "Above the dashed line a channel's share of credit is larger than its share of spend."
    if len(order) > MAX_DRAWN:
        note += f" The {MAX_DRAWN} most expensive of {len(order):,} channels."
    drawn = [_channel(credit, cell) for cell in order[:MAX_DRAWN]]
    one = credit.select(models=credit.models[0], channels=drawn)
    axes = one.plot(name, new_axes(4.4, 4.6, shown=False), kind="spend")
    return (Figure(title, _svg(axes, "figure-spend", alt), alt, note),)


def _longest(names: Iterable[str]) -> int:
    """Return how many letters the longest label has in a plot, which cuts them off."""
    return min(max((len(name) for name in names), default=0), 32)


def _svg(axes: Axes, name: str, alt: str) -> str:
    axes.set_title("", loc="left")  # the page has it, as text
    return without_controls(to_svg(axes.figure, name, alt))


def _channel(credit: Credit, cell: int) -> str:
    return str(credit.keys[0][cell])


def _listed(parts: list[str], n: int) -> str:
    more = n - len(parts)
    rest = f"; and {more:,} more channel{'s' if more > 1 else ''}" if more else ""
    return f"{'; '.join(parts)}{rest}."
