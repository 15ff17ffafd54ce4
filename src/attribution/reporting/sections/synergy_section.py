"""The section of synergy: which pairs of channels convert more or less often than expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attribution._typing import Ints
from attribution.engines.shared.engine import Tasks
from attribution.evaluation.synergy import GROUPS, solve_synergy
from attribution.evaluation.synergy_result import Synergy, draw_intervals, draw_map
from attribution.language.catalogue import Language
from attribution.models.tasks import TraitTask
from attribution.reporting.blocks import Block, Figure, Points, Text, make_table
from attribution.reporting.figures import NARROW, make_figure
from attribution.reporting.formats import MINUS, Style, label
from attribution.reporting.needs import Asked, Need
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution._draw import Axes

MAX_TOLD, MAX_LESS = 5, 3  # pairs that convert more, and less, often than expected
MAX_DRAWN = 12
MAX_ROWS = 40
_VERDICTS = {
    "more than expected": "synergy.more",
    "less than expected": "synergy.less",
    "unclear": "synergy.unclear",
    "too few": "synergy.few",
}


def synergy_pairs(words: Language, synergy: Synergy | None) -> tuple[Block, ...]:
    """Return the pairs that stand out in sentences, all of them as a map, the largest with intervals."""
    if synergy is None:
        return ()
    tested = int(synergy.tested.sum())
    counted = words("synergy.counted", tested=tested, n=len(synergy.pairs), channels=len(synergy.channels))
    if not tested:
        return (Text((counted, words("synergy.caveat"))),)
    held = words("synergy.held" if synergy.adjusted else "synergy.loose")
    what = f"{words(f'synergy.what.{synergy.scale}')} {held}"
    blocks: list[Block] = [Text((what, counted))]
    stands = np.flatnonzero(synergy.significant)
    if len(stands):
        told = _largest(synergy, stands[synergy.excess[stands] > 0], MAX_TOLD)
        told += _largest(synergy, stands[synergy.excess[stands] < 0], MAX_LESS)
        blocks.append(Points(tuple(_told(words, synergy, number) for number in told)))
        if len(stands) > len(told):
            blocks.append(Text((words("synergy.others", n=len(stands) - len(told)),), "note"))
    else:
        blocks.append(Text((words("synergy.none"),)))
    blocks += [_map(words, synergy), _intervals(words, synergy), _table(words, synergy)]
    lagging = (words("synergy.lagging"),) if len(stands) and synergy.adjusted else ()
    return (*blocks, Text((words("synergy.caveat"), *lagging), "warning"))


def _largest(synergy: Synergy, among: Ints, most: int) -> list[int]:
    """Return the pairs that differ most in conversions."""
    size = np.abs(synergy.excess * synergy.journeys[:, 0])[among]
    return [int(number) for number in among[np.argsort(-size, kind="stable")[:most]]]


def _pair(words: Language, synergy: Synergy, number: int) -> str:
    first, second = (label(synergy.channels[place], words) for place in synergy.pairs[number].tolist())
    return words("and", first=first, last=second)


def _told(words: Language, synergy: Synergy, number: int) -> tuple[str, str]:
    share = Style("share", 1, words=words)
    rate, excess = float(synergy.rates[number, 0]), float(synergy.excess[number])
    low, high = (_points(words, float(bound[number])) for bound in (synergy.low, synergy.high))
    sentence = words(
        "synergy.told",
        n=float(synergy.journeys[number, 0]),
        rate=share.write(rate),
        expected=share.write(rate - excess),
        points=_points(words, excess),
        interval=words("interval", low=low, high=high),
    )
    return f"{_pair(words, synergy, number)}.", sentence


def _points(words: Language, share: float) -> str:
    """Write a difference of rates, in conversions per 100 journeys, with its sign."""
    return _signed(words, 100 * share)


def _signed(words: Language, value: float) -> str:
    written = words.number(abs(value), 1)
    zero = words.number(0.0, 1)
    return written if written == zero else f"{MINUS if value < 0 else '+'}{written}"


def _map(words: Language, synergy: Synergy) -> Figure:
    title = words("synergy.map")
    n = len({place for pair in synergy.pairs[synergy.tested].tolist() for place in pair})
    found = [int(((synergy.excess > 0) == way)[synergy.significant].sum()) for way in (True, False)]
    alt = words(
        "synergy.map.alt", title=title, tested=int(synergy.tested.sum()), more=found[0], less=found[1]
    )

    def plot(ax: Axes) -> Axes:
        narrow = ax.figure.figure.get_size_inches()[0] <= NARROW
        signs = (lambda value: MINUS if value < 0 else "+") if narrow else None
        return draw_map(synergy, title, ax, signs or (lambda value: _signed(words, value)))

    wide, high = max(4.5, 1.8 + 0.5 * n), 1.6 + 0.3 * n
    return make_figure(
        words, "figure-synergy", title, alt, plot, size=(wide, high), note=words("synergy.map.note")
    )


def _intervals(words: Language, synergy: Synergy) -> Figure:
    title = words("synergy.figure")
    axis = words("synergy.axis")
    shown = _largest(synergy, np.flatnonzero(synergy.tested), MAX_DRAWN)
    parts = [
        words(
            "figure.part",
            channel=_pair(words, synergy, number),
            amount=_points(words, float(synergy.excess[number])),
        )
        for number in shown[:5]
    ]
    alt = words("synergy.alt", title=title, parts=words("semicolon").join(parts))

    def plot(ax: Axes) -> Axes:
        return draw_intervals(synergy, title, axis, MAX_DRAWN, ax)

    note = words("synergy.level", level=words.write(1 - synergy.alpha, ".4g%"))
    height = 1.2 + 0.3 * len(shown)
    return make_figure(
        words, "figure-pairs", title, alt, plot, size=(6.6, height), axes=(axis, None), note=note
    )


def _table(words: Language, synergy: Synergy) -> Block:
    frame = synergy.to_frame()
    shown = frame.head(MAX_ROWS)
    shown = shown.assign(verdict=[words(_VERDICTS[one]) for one in shown["verdict"]])
    kinds = {
        "channel_1": (words("synergy.first"), "name"),
        "channel_2": (words("synergy.second"), "name"),
        "journeys": (words("synergy.journeys"), "count"),
        "rate_both": (words("synergy.rate_both"), "share"),
        "rate_first": (words("synergy.rate_first"), "share"),
        "rate_second": (words("synergy.rate_second"), "share"),
        "rate_neither": (words("synergy.rate_neither"), "share"),
        "rate_expected": (words("synergy.expected"), "share"),
        "excess": (words("synergy.excess"), "points"),
        "ci_low": (words("synergy.low"), "points"),
        "ci_high": (words("synergy.high"), "points"),
        "p_adjusted": (words("synergy.p"), "number"),
        "verdict": (words("synergy.verdict"), "text"),
    }
    more = len(frame) - len(shown)
    note = words("synergy.left_out", n=more) if more else ""
    return make_table(words, "synergy", words("synergy.caption"), shown, kinds, note=note, folded=True)


def _tasks(asked: Asked) -> Tasks:
    # Comparing all pairs takes its time: it is done where the section is asked for by name.
    return {"traits": TraitTask(GROUPS)} if "synergy" in asked.sections else {}


_SYNERGY: Need[Synergy] = Need(
    "synergy",
    lambda: Synergy,
    "at.report(credit, synergy=at.synergy(journeys))",
    tasks=_tasks,
    solve=lambda tallies, asked: solve_synergy(tallies["traits"], asked.settings),
)
SECTION = SectionRecipe("synergy", lambda m: synergy_pairs(m.words, m.of(_SYNERGY)), needs=(_SYNERGY,))
