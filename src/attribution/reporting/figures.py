"""The report's figures: plots of credit as SVG, each with what it shows in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attribution._draw import to_svg
from attribution.credit.table import measure
from attribution.reporting.blocks import Figure
from attribution.reporting.formats import clean, fit

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

MAX_DRAWN = 30


def bars(credit: Credit, name: str, title: str) -> tuple[Figure, ...]:
    """Draw a measure of each channel under each model; the largest channels where there are many."""
    inside = np.flatnonzero(credit.attributed)
    rows = measure(credit, name)[:, inside]
    if not len(inside) or not np.isfinite(rows).any():
        return ()
    order = np.argsort(-np.nan_to_num(rows).max(axis=0), kind="stable")
    channels = credit.keys[0][inside][order].tolist()
    shown = credit.select(channels=channels[:MAX_DRAWN]) if len(channels) > MAX_DRAWN else credit
    style = fit("count", rows[np.isfinite(rows)].tolist())
    parts = []
    for position in order[:5]:
        low, high = (
            style.write(float(bound)) for bound in (rows[:, position].min(), rows[:, position].max())
        )
        parts.append(
            f"{clean(credit.keys[0][inside[position]])} {low if low == high else f'{low} to {high}'}"
        )
    more = len(channels) - len(parts)
    across = "" if len(credit.models) == 1 else f", lowest to highest of {len(credit.models)} models"
    alt = f"{title}{across}: {'; '.join(parts)}{f'; and {more} more channels' if more else ''}."
    note = f"The {MAX_DRAWN} largest of {len(channels)} channels." if len(channels) > MAX_DRAWN else ""
    return (Figure(title, to_svg(shown.plot(name, kind="bars").figure), alt, note),)


def over_time(credit: Credit) -> tuple[Figure, ...]:
    """Draw the first model's credited conversions over the periods of a credit by channel and period."""
    inside = credit.attributed
    if not inside.any():
        return ()
    model, period = clean(credit.models[0]), credit.by[1]
    periods = sorted(set(credit.keys[1][inside].tolist()))
    if len(periods) < 2:
        return ()
    sums = [float(credit.conversions[0, inside & (credit.keys[1] == label)].sum()) for label in periods]
    style = fit("count", sums)
    title = f"Credited conversions by {period}, under {model}"
    high, low = int(np.argmax(sums)), int(np.argmin(sums))
    alt = (
        f"{title}: {len(periods)} periods from {clean(periods[0])} to {clean(periods[-1])}; most in "
        f"{clean(periods[high])} ({style.write(sums[high])}), fewest in {clean(periods[low])} "
        f"({style.write(sums[low])})."
    )
    axes = credit.select(models=credit.models[0]).plot("conversions", kind="time")
    return (Figure(title, to_svg(axes.figure), alt),)


def spend_against_credit(credit: Credit) -> tuple[Figure, ...]:
    """Draw each channel's share of spend against its share of credit, for the first model."""
    model = clean(credit.models[0])
    cost = measure(credit, "cost_share")[0]
    name = "value_share" if credit.has_value else "share"
    share = measure(credit, name)[0]
    known = np.flatnonzero(credit.attributed & np.isfinite(cost) & np.isfinite(share))
    if len(known) < 2:
        return ()
    order = known[np.argsort(-cost[known], kind="stable")]
    style = fit("share", [])
    parts = [
        f"{clean(credit.keys[0][cell])} {style.write(float(cost[cell]))} of spend, "
        f"{style.write(float(share[cell]))} of credit"
        for cell in order[:5]
    ]
    title = f"Share of spend against share of credit, under {model}"
    alt = f"{title}: {'; '.join(parts)}{f'; and {len(order) - 5} more channels' if len(order) > 5 else ''}."
    axes = credit.select(models=credit.models[0]).plot(name, kind="spend")
    return (Figure(title, to_svg(axes.figure), alt),)
