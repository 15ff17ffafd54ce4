"""The section of every experiment by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from attribution import _draw
from attribution.experiments.shared.lift import Lift
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Figure, Text, make_table, spoken
from attribution.reporting.experiments_found import LIFTS, Found, in_words
from attribution.reporting.figures import make_figure
from attribution.reporting.formats import MISSING, Style, fit, label, listing
from attribution.reporting.recipe import SectionRecipe

_SMALLEST = 0.0001  # p-value that is written


def holdouts(words: Language, found: Sequence[Found]) -> tuple[Block, ...]:
    """Return every experiment by itself: units, p-value, measures with intervals, a geo test's path."""
    blocks: list[Block] = []
    for position, one in enumerate(one for one in found if one.lift is not None):
        assert one.lift is not None
        blocks += _experiment(words, one.channel, one.lift, position + 1)
    return tuple(blocks)


def _experiment(words: Language, channel: str, lift: Lift, position: int) -> list[Block]:
    import pandas as pd

    treated, holdout = lift.arms
    kind = "points" if lift.details.get("binary") else "number"
    frame = pd.DataFrame({name: [one.value, one.low, one.high] for name, one in lift.estimates.items()})
    if lift.verdict == "blocked":
        frame[:] = math.nan  # what must not be read is not shown
    frame.insert(0, "end", [words(f"holdouts.{end}") for end in ("estimate", "low", "high")])
    facts = words(
        "holdouts.facts",
        n_treated=lift.n[treated],
        n_holdout=lift.n[holdout],
        treated=label(treated, words),
        holdout=label(holdout, words),
        p=words.number(lift.p_value, 4) if lift.p_value >= _SMALLEST else f"< {words.number(_SMALLEST, 4)}",
        mde=fit(kind, [lift.mde], words=words).write(lift.mde) if math.isfinite(lift.mde) else MISSING,
    )
    failed = lift.checks.failed
    units = {"relative": "share", "absolute": kind, "cace": kind, "att": kind, "iroas": "ratio"}
    kinds = {"end": ("", "text")} | {
        name: (words(f"measure.{name}"), units.get(name, "count")) for name in lift.estimates
    }
    blocks: list[Block] = [*_path(words, channel, lift, position)]
    table = make_table(
        words,
        f"experiment_{position}",
        words("holdouts.caption", channel=label(channel, words)),
        frame,
        kinds,
        note=facts,
    )
    blocks.append(table)
    if failed:
        names = listing([check.name for check in failed], 20, words)
        blocks.append(Text((words("holdouts.failed", checks=names),), "warning"))
    blocks += spoken(words, [*(check.text for check in failed), *lift.details.get("notes", ())], "note")
    return blocks


def _path(words: Language, channel: str, lift: Lift, position: int) -> list[Figure]:
    """Draw a geo test over time."""
    path = lift.details.get("path")
    if path is None:
        return []
    title = words("holdouts.figure", channel=label(channel, words))
    value, low, high = in_words(lift.relative, Style("share", 1, words=words))
    spans = [(path.times[path.n_pre], path.times[len(path.times) - path.n_cooldown - 1], words("path.test"))]
    if path.n_cooldown:
        spans.append((path.times[-path.n_cooldown], path.times[-1], words("path.cooldown")))
    level = Style("share", 0, words=words).write(1 - lift.alpha)
    figure = make_figure(
        words,
        f"figure-experiment-{position}",
        title,
        words("holdouts.figure.alt", title=title, value=value, low=low, high=high),
        lambda ax: _draw.path(
            path.times,
            [(path.actual, words("path.actual")), (path.counterfactual, words("path.counterfactual"))],
            band=(path.low, path.high, words("path.band", level=level)),
            spans=spans,
            title="",
            axis=label(lift.outcome, words),
            tick=lambda value: f"{value:,.10g}",
            ax=ax,
        ),
        size=(7.0, 3.4),
    )
    return [figure]


SECTION = SectionRecipe("holdouts", lambda m: holdouts(m.words, m.of(LIFTS) or ()), needs=(LIFTS,))
