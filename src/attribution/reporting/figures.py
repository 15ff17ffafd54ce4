"""The report's figures: plots of credit as SVG, each with what it shows in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from attribution import _draw
from attribution.credit.periods import PERIODS
from attribution.credit.table import measure
from attribution.credit.uncertainty import place_chances
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Figure
from attribution.reporting.formats import MINUS, fit, label, without_controls

if TYPE_CHECKING:
    from attribution._draw import Axes
    from attribution.credit.credit import Credit

MAX_DRAWN = 30
MAX_PLACES = 12  # whose numbers have room on a phone
NARROW = 3.3  # inches, on a phone
PLOT = 2.5  # inches between the labels and the legend
LETTER = 0.066

_AND = " + "  # between the two channels of a pair
_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?(%?)")
_OTHERS = re.compile(r"([\d,]+) other channels")


def make_figure(
    words: Language,
    name: str,
    title: str,
    alt: str,
    plot: Callable[[Axes], Axes],
    *,
    size: tuple[float, float],
    narrow_height: float | None = None,
    axes: tuple[str | None, str | None] = (None, None),
    note: str = "",
) -> Figure:
    """Return a figure that is drawn twice, for wide and for narrow screens.

    Parameters
    ----------
    words
        The language of the report.
    name
        A name of its own in the page, letters, digits and hyphens.
    title, alt, note
        As in `Figure`.
    plot
        Draws on the Axes that it is given, and returns it.
    size
        Inches of the wide one: width, height.
    narrow_height
        Inches of the narrow one; that of the wide one by default.
    axes
        Names of the two axes, where the plot's own are not in the language of the report.
    """

    def draw(narrow: bool) -> str:
        width, height = (NARROW, narrow_height or size[1]) if narrow else size
        drawn = plot(_draw.new_axes(height, width, shown=False))
        drawn.set_title("", loc="left")  # the page has it, as text
        for axis, text in zip((drawn.xaxis, drawn.yaxis), axes, strict=True):
            if text is not None:
                axis.set_label_text(text)
        _draw.translate(drawn, lambda text: _word(words, text), numeric_dates=words.code != "en")
        if narrow:
            _draw.narrow(drawn)
        return without_controls(_draw.to_svg(drawn.figure, f"{name}-{'n' if narrow else 'w'}", alt))

    return Figure(title, draw, alt, note, size[0])


def _word(words: Language, text: str) -> str:
    """Return what stands in a drawing, in the language of the report."""
    if text == UNATTRIBUTED:
        return words(UNATTRIBUTED)
    if words.labels:
        text = _AND.join(words.labels.get(name, name) for name in text.split(_AND))
    if _NUMBER.fullmatch(text):
        return _written(words, _bare(text)).replace("-", MINUS)
    if words.code == "en":
        return text
    if others := _OTHERS.fullmatch(text):
        return words("figure.others", n=int(others[1].replace(",", "")))
    return text


def _bare(number: str) -> str:
    """Return a number without the zeros of ticks such as 0.5000."""
    return number.rstrip("0").rstrip(".") if re.fullmatch(r"-?[\d,]+\.\d{3,}", number) else number


def _written(words: Language, number: str) -> str:
    """Return an English number as `words` write it."""
    bare = words.own(number.removesuffix("%"))
    return words.percent.format(bare) if number.endswith("%") else bare


def bars(words: Language, credit: Credit) -> tuple[Figure, ...]:
    """Draw each channel's credited conversions under each model; only the largest of many channels."""
    inside = np.flatnonzero(credit.attributed)
    rows = credit.conversions[:, inside]
    if not rows.any():
        return ()
    order = np.argsort(-rows.max(axis=0), kind="stable")
    channels = credit.keys[0][inside][order].tolist()
    drawn = credit.select(channels=channels[:MAX_DRAWN]) if len(channels) > MAX_DRAWN else credit
    style = fit("count", rows.ravel().tolist(), words=words)
    parts = []
    for position in order[:5].tolist():
        low, high = (
            style.write(float(bound)) for bound in (rows[:, position].min(), rows[:, position].max())
        )
        extent = low if low == high else words("range", low=low, high=high)
        parts.append(words("figure.part", channel=_channel(words, credit, inside[position]), amount=extent))
    many = len(credit.models) > 1
    title = (
        words("credit.figure") if many else words("credit.figure.one", model=label(credit.models[0], words))
    )
    told = listed(words, parts, len(channels))
    alt = words("credit.figure.alt", title=title, parts=told)
    if many:
        alt = words("credit.figure.across", title=title, n=len(credit.models), parts=told)
    notes = [words("figure.largest", n=MAX_DRAWN, total=len(channels))] if len(channels) > MAX_DRAWN else []
    notes += [words("credit.figure.spans")] if credit.bootstrap is not None else []
    groups = min(len(channels), MAX_DRAWN) + 1
    row = 0.34 if len(credit.models) > 3 else 0.16 + 0.14 * len(credit.models)
    if credit.bootstrap is not None and len(credit.models) > 3:
        row = 0.2 + 0.09 * len(credit.models)
    height = 1.0 + groups * row
    legend = _longest(credit.models) + 6 if many else 3
    width = PLOT + LETTER * (_longest(drawn.keys[0]) + legend) + 0.2
    figure = make_figure(
        words,
        "figure-credit",
        title,
        alt,
        lambda ax: drawn.plot("conversions", ax, kind="bars"),
        size=(width, height),
        narrow_height=height + (0.12 * len(credit.models) if many else 0.0),
        axes=(words("axis.conversions"), None),
        note=" ".join(notes),
    )
    return (figure,)


def over_time(words: Language, credit: Credit) -> tuple[Figure, ...]:
    """Draw the first model's credited conversions over the periods of a credit by channel and period."""
    inside = credit.attributed
    period = credit.by[1]
    periods = sorted(set(credit.keys[1][inside].tolist()))
    if period not in PERIODS or len(periods) < 2:
        return ()
    sums = [float(credit.conversions[0, inside & (credit.keys[1] == one)].sum()) for one in periods]
    style = fit("count", sums, words=words)
    title = words("over_time.figure", period=words(f"period.{period}"), model=label(credit.models[0], words))
    high, low = int(np.argmax(sums)), int(np.argmin(sums))
    alt = words(
        "over_time.alt",
        title=title,
        n=len(periods),
        first=periods[0],
        last=periods[-1],
        high=periods[high],
        most=style.write(sums[high]),
        low=periods[low],
        least=style.write(sums[low]),
    )
    one = credit.select(models=credit.models[0])
    figure = make_figure(
        words,
        f"figure-{period}",
        title,
        alt,
        lambda ax: one.plot("conversions", ax, kind="time"),
        size=(4.5 + LETTER * (_longest(one.keys[0]) + 6), 3.6),
        narrow_height=2.6 + 0.11 * min(len(credit.channels), 16),
        axes=(None, words("axis.conversions")),
    )
    return (figure,)


def spend_against_credit(words: Language, credit: Credit) -> tuple[Figure, ...]:
    """Draw each channel's share of spend against its share of credit, for the first model."""
    name = "value_share" if credit.has_value else "share"
    cost, share = measure(credit, "cost_share")[0], measure(credit, name)[0]
    known = np.flatnonzero(credit.attributed & np.isfinite(cost) & np.isfinite(share))
    if len(known) < 2:
        return ()
    order = known[np.argsort(-cost[known], kind="stable")].tolist()
    style = fit("share", [], words=words)
    parts = [
        words(
            "money.figure.part",
            channel=_channel(words, credit, cell),
            cost=style.write(float(cost[cell])),
            credit=style.write(float(share[cell])),
        )
        for cell in order[:5]
    ]
    title = words(
        "money.figure.value" if credit.has_value else "money.figure.credit",
        model=label(credit.models[0], words),
    )
    alt = words("credit.figure.alt", title=title, parts=listed(words, parts, len(order)))
    note = words("money.figure.note")
    if len(order) > MAX_DRAWN:
        note += " " + words("figure.largest", n=MAX_DRAWN, total=len(order))
    one = credit.select(
        models=credit.models[0], channels=[str(credit.keys[0][cell]) for cell in order[:MAX_DRAWN]]
    )
    figure = make_figure(
        words,
        "figure-spend",
        title,
        alt,
        lambda ax: one.plot(name, ax, kind="spend"),
        size=(4.6, 4.4),
        narrow_height=3.2,
        axes=(words("axis.cost_share"), words(f"axis.{name}")),
        note=note,
    )
    return (figure,)


def places(words: Language, credit: Credit) -> tuple[Figure, ...]:
    """Draw in which part of the resamples each channel holds each place, for the first model."""
    one = credit.select(models=credit.models[0])
    cells, chance = place_chances(one, "share")
    if not 2 <= len(cells) <= MAX_PLACES:
        return ()
    style = fit("share", [], words=words)
    title = words("sure.figure", model=label(credit.models[0], words))
    order = np.argsort(chance @ np.arange(len(cells)), kind="stable")[:5].tolist()
    parts = [
        words(
            "sure.figure.part",
            channel=_channel(words, one, cells[cell]),
            place=int(np.argmax(chance[cell])) + 1,
            chance=style.write(float(chance[cell].max())),
        )
        for cell in order
    ]
    alt = words("sure.figure.alt", title=title, parts=listed(words, parts, len(cells)))
    longest = LETTER * _longest(one.keys[0])
    figure = make_figure(
        words,
        "figure-places",
        title,
        alt,
        lambda ax: one.plot("share", ax, kind="places"),
        size=(max(4.5, 1.0 + 0.4 * len(cells) + longest), 1.1 + 0.29 * len(cells)),
        axes=(words("sure.figure.axis"), ""),
    )
    return (figure,)


def listed(words: Language, parts: list[str], n: int) -> str:
    """Return what is told of a figure, and how many of `n` channels it leaves out."""
    told = words("semicolon").join(parts)
    return words("figure.rest", parts=told, n=n - len(parts)) if n > len(parts) else told


def _longest(names: Iterable[str]) -> int:
    """Return how many letters the longest label has in a plot, which cuts them off."""
    return min(max((len(name) for name in names), default=0), 32)


def _channel(words: Language, credit: Credit, cell: int) -> str:
    return label(credit.keys[0][cell], words)
