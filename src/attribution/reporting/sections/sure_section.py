"""How sure the credit is: intervals, places and differences, from its bootstrap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attribution.credit.credit_intervals import FEW
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Table, Text, make_table
from attribution.reporting.credit_columns import MAX_CHANNELS, left_out
from attribution.reporting.figures import places
from attribution.reporting.formats import label
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.credit import Credit

_MOST_PAIRS = 40


def sure(words: Language, credit: Credit) -> tuple[Block, ...]:
    """Return intervals of the shares of credit, channel by channel, for each model."""
    if credit.bootstrap is None or not credit.attributed.any():
        return ()
    blocks: list[Block] = [Text((words("sure.text", n=len(credit.bootstrap)), words("sure.note")))]
    blocks += places(words, credit)
    intervals, best = credit.intervals("share"), credit.could_be_first("share")
    for position, model in enumerate(credit.models):
        one = intervals[intervals["model"] == model]
        one = one.merge(best[best["model"] == model][["channel", "could_be_first", "first_in"]], on="channel")
        one = one[one["channel"] != UNATTRIBUTED].sort_values("estimate", ascending=False, kind="stable")
        blocks.append(_intervals(words, model, position, one.reset_index(drop=True)))
    if len(credit.models) > 1:
        blocks += _differences(words, credit)
    return tuple(blocks)


def _intervals(words: Language, model: str, position: int, frame: pd.DataFrame) -> Table:
    shown = frame.head(MAX_CHANNELS).drop(columns=["model", "standard_error"])
    rare = [label(name, words) for name in shown["channel"][shown.pop("few")]]
    for name in ("rank", "rank_low", "rank_high"):
        shown[name] = shown[name].astype("float64")
    shown["could_be_first"] = [words("sure.yes") if one else "" for one in shown["could_be_first"]]
    kinds = {
        "channel": (words("channel"), "name"),
        "estimate": (words("share"), "share"),
        "ci_low": (words("sure.low"), "share"),
        "ci_high": (words("sure.high"), "share"),
        "rank": (words("sure.rank"), "count"),
        "rank_low": (words("sure.rank_low"), "count"),
        "rank_high": (words("sure.rank_high"), "count"),
        "could_be_first": (words("sure.could"), "text"),
        "first_in": (words("sure.best"), "share"),
    }
    return make_table(
        words,
        f"intervals_{position + 1}",
        words("sure.caption", model=label(model, words)),
        shown,
        kinds,
        note=_notes(words, left_out(words, len(frame), len(shown)), rare),
        folded=position > 0,
    )


def _notes(words: Language, note: str, rare: list[str]) -> str:
    """Add which channels have too few conversions for their intervals to a note."""
    told = words("sure.few", channels=words.join(rare), n=FEW) if rare else ""
    return " ".join(part for part in (note, told) if part)


def _differences(words: Language, credit: Credit) -> list[Block]:
    """Return the channels whose share differs between two models by more than chance."""
    frame = credit.differences("share", between="models")
    frame = frame[(frame["ci_low"] > 0) | (frame["ci_high"] < 0)]
    if frame.empty:
        return []
    order = frame["difference"].abs().sort_values(ascending=False, kind="stable").index
    frame = frame.loc[order].head(_MOST_PAIRS).reset_index(drop=True)
    kinds = {
        "channel": (words("channel"), "name"),
        "first": (words("sure.first"), "name"),
        "second": (words("sure.second"), "name"),
        "difference": (words("sure.difference"), "points"),
        "ci_low": (words("sure.low"), "points"),
        "ci_high": (words("sure.high"), "points"),
    }
    return [
        make_table(
            words,
            "differences",
            words("sure.models"),
            frame[list(kinds)],
            kinds,
            note=words("sure.models.note"),
            folded=True,
        )
    ]


SECTION = SectionRecipe("sure", lambda m: sure(m.words, m.channels))
