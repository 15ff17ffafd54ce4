"""The section of the credit calibrated by experiments: factors and incremental effects of every channel."""

from __future__ import annotations

import math

import numpy as np

from attribution import _draw
from attribution.calibration.calibration import BASELINE, Calibration
from attribution.calibration.calibration_text import contradicted, far_from_test
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Figure, Text, make_table
from attribution.reporting.credit_columns import dimension
from attribution.reporting.figures import MAX_DRAWN, listed, make_figure
from attribution.reporting.formats import Style, fit, label
from attribution.reporting.needs import Need
from attribution.reporting.recipe import SectionRecipe


def calibrated(words: Language, calibration: Calibration | None) -> tuple[Block, ...]:
    """Return what the experiments make of the credit: factors and incremental effects of every channel."""
    if calibration is None:
        return ()
    what = words(f"calibration.{calibration.measure}")
    level = Style("share", 0, words=words).write(1 - calibration.alpha)
    frame = calibration.to_frame()
    order = (
        frame["incremental"]
        .where(frame["channel"] != BASELINE)
        .sort_values(ascending=False, na_position="last")
    )
    frame = frame.loc[order.index].reset_index(drop=True)
    base = frame["channel"] == BASELINE
    shown = frame.assign(
        channel=frame["channel"].where(~base, words("calibration.baseline")),
        tested=[
            "" if is_base else _known_by(words, share)
            for is_base, share in zip(base.tolist(), frame["from_test"].tolist(), strict=True)
        ],
    )
    kind = "money" if calibration.measure == "value" else "count"
    kinds = {
        **{name: (dimension(words, name), "name") for name in calibration.credit.by},
        "attributed": (words("calibration.attributed"), kind),
        "factor": (words("calibration.factor"), "ratio"),
        "incremental": (words("calibration.incremental"), kind),
        "incremental_ci_low": (words("incremental.low"), kind),
        "incremental_ci_high": (words("incremental.high"), kind),
        "tested": (words("calibration.tested"), "text"),
        "test": (words("calibration.test"), kind),
        "test_ci_low": (words("incremental.low"), kind),
        "test_ci_high": (words("incremental.high"), kind),
    }
    if "iroas" in shown:
        kinds |= {
            "iroas": (words("incremental.iroas"), "ratio"),
            "iroas_ci_low": (words("incremental.low"), "ratio"),
            "iroas_ci_high": (words("incremental.high"), "ratio"),
        }
    table = make_table(
        words,
        "calibration",
        words("calibration.caption", measure=what, level=level),
        shown[list(kinds)],
        kinds,
        alike=(
            *("incremental", "incremental_ci_low", "incremental_ci_high", "attributed"),
            *("test", "test_ci_low", "test_ci_high"),
        ),
        currency=calibration.credit.currency,
        decimals=calibration.credit.decimals,
        marks=tuple("aside" if one else "" for one in base.tolist()),
    )
    style = fit(
        kind, [calibration.total, *calibration.baseline()], currency=calibration.credit.currency, words=words
    )
    # No fewer than none of the conversions that there were would have happened anyway, and no more than all.
    value, low, high = (style.write(min(max(end, 0.0), calibration.total)) for end in calibration.baseline())
    told = [
        words(
            "calibration.baseline.text",
            value=value,
            total=words.count(calibration.total) if kind == "count" else style.write(calibration.total),
            measure=what,
            level=level,
            low=low,
            high=high,
        )
    ]
    told += _doubts(words, calibration, kind) + _next(words, calibration)
    text = Text((words("calibration.text"), " ".join(told)))
    return (text, *_figure(words, calibration, what, level), table)


def _known_by(words: Language, share: float) -> str:
    """Return what a number is known by: how much of it is its own test's, or analogy."""
    if math.isnan(share):
        return words("calibration.by_analogy")
    return words("calibration.by_test", share=Style("share", 0, words=words).write(share))


def _doubts(words: Language, calibration: Calibration, kind: str) -> list[str]:
    """Return where the numbers and the tests, or two tests of a channel, disagree, and what was left out."""
    ratio = Style("ratio", 1, words=words)
    told = [
        words(
            "calibration.repeated.chance" if one.p_value > 0.05 else "calibration.repeated",
            n=words.count(one.tests),
            channel=label(one.channel, words),
            widened=ratio.write(one.widened),
        )
        for one in calibration.repeated
        if one.widened > 1
    ]
    if contradicted(calibration):
        told.append(words("calibration.room", measure=words(f"calibration.{calibration.measure}")))
    style = fit(kind, [calibration.total], words=words)
    far = [
        words(
            "calibration.far.part", channel=label(name, words), test=style.write(test), now=style.write(now)
        )
        for name, test, now in far_from_test(calibration)
    ]
    if far:
        told.append(words("calibration.far", parts="; ".join(far)))
    if calibration.left_out:
        told.append(
            words(
                "calibration.left_out", names=", ".join(label(name, words) for name in calibration.left_out)
            )
        )
    return told


def _next(words: Language, calibration: Calibration) -> list[str]:
    """Return which test to run next, and which channels were not considered."""
    ranked = calibration.next_test()
    aside = ranked[ranked["not_considered"] != ""]
    if len(aside) == len(ranked):
        return []
    told = [words("calibration.next", channel=label(ranked["channel"].iloc[0], words))]
    if len(aside):
        key = "calibration.aside.spend" if "cost" in ranked else "calibration.aside"
        told.append(words(key, names=", ".join(label(name, words) for name in aside["channel"].tolist())))
    return told


def _figure(words: Language, calibration: Calibration, what: str, level: str) -> tuple[Figure, ...]:
    frame = calibration.factors()
    pooled = calibration.pooled
    order = np.argsort(-pooled.estimate, kind="stable")[:MAX_DRAWN].tolist()
    names = [label(frame["channel"].iloc[row], words) for row in order]
    ends = np.stack([pooled.estimate, pooled.low, pooled.high], axis=1)[order]
    tested = frame["experiments"].to_numpy()[order] > 0
    kind = "money" if calibration.measure == "value" else "count"
    style = fit(kind, ends.ravel().tolist(), words=words)
    alone = np.array([[float(end[row]) for end in calibration.own()] for row in order]).reshape(-1, 3)
    title = words("calibration.figure", measure=what, level=level)
    title = title[:1].upper() + title[1:]
    parts = [
        words(
            "calibration.figure.part",
            channel=name,
            caused=style.write(line[0]),
            low=style.write(line[1]),
            high=style.write(line[2]),
        )
        for name, line in zip(names[:5], ends.tolist(), strict=False)
    ]
    figure = make_figure(
        words,
        "figure-calibration",
        title,
        words("calibration.figure.alt", title=title, parts=listed(words, parts, len(frame))),
        lambda ax: _draw.intervals(
            names,
            ends[:, 0],
            ends[:, 1],
            ends[:, 2],
            [_draw.PALETTE[0] if known else _draw.GREY for known in tested.tolist()],
            title="",
            axis=what,
            tick=lambda value: f"{value:,.10g}",
            beside=(alone[:, 0], alone[:, 1], alone[:, 2]),
            ax=ax,
        ),
        size=(6.0, 1.2 + 0.3 * len(names)),
        note=words("calibration.figure.note"),
    )
    return (figure,)


CALIBRATION: Need[Calibration] = Need(
    "calibration", lambda: Calibration, "at.report(credit, calibration=at.calibrate(credit, lifts))"
)
SECTION = SectionRecipe("calibration", lambda m: calibrated(m.words, m.of(CALIBRATION)), needs=(CALIBRATION,))
