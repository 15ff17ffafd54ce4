"""A calibration in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from attribution.calibration.next_test import NO_SPEND, NOBODY, NOT_NAMED
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    from attribution.calibration.calibration import Calibration

_ROOM = 0.05  # a sum of effects within the bounds that is less likely than this contradicts the tests


def title(calibration: Calibration) -> str:
    """Return the heading."""
    told = {"model": calibration.credit.models[0], "measure": _measure(calibration)}
    return Sentence("calibrated.title", n=len(calibration.tested), **told)


def _measure(calibration: Calibration) -> Sentence:
    return Sentence(f"calibrated.{calibration.measure}")


def summary(calibration: Calibration) -> str:
    """Return a line a channel, and the notes."""
    frame = calibration.factors()
    pooled, own, level = calibration.pooled, calibration.own(), 1 - calibration.alpha
    lines = [title(calibration)]
    for place, channel in enumerate(calibration.channels):
        how = Sentence("calibrated.analogy")
        if calibration.is_tested[place]:
            alone, low, high = (float(end[place]) for end in own)
            share = float(pooled.own[place])
            how = Sentence("calibrated.own", share=share, alone=alone, low=low, high=high)
        told = {
            "channel": channel,
            "value": float(pooled.estimate[place]),
            "level": level,
            "low": float(pooled.low[place]),
            "high": float(pooled.high[place]),
            "attributed": float(calibration.attributed[place]),
            "how": how,
        }
        factor = float(frame["factor"].iloc[place])
        if math.isfinite(factor):
            lines.append(Sentence("calibrated.line_factor", **told, factor=factor))
        else:
            lines.append(Sentence("calibrated.line", **told))
    return "\n".join([*lines, *notes(calibration)])


def notes(calibration: Calibration) -> tuple[str, ...]:
    """Return what to know: the baseline, contradictions, what was not tested, what to test next."""
    mean, low, high = calibration.baseline()
    ends = {"value": mean, "low": low, "high": high, "level": 1 - calibration.alpha}
    baseline = Sentence("calibrated.baseline", total=calibration.total, measure=_measure(calibration), **ends)
    found = [baseline, *_contradictions(calibration)]
    known = zip(calibration.channels, calibration.is_tested.tolist(), strict=True)
    untested = tuple(channel for channel, tested in known if not tested)
    if untested:
        found.append(Sentence("calibrated.untested", channels=untested))
    if calibration.left_out:
        found.append(Sentence("calibrated.left_out", names=tuple(calibration.left_out)))
    return tuple(found + next_test(calibration))


def _contradictions(calibration: Calibration) -> list[str]:
    found: list[str] = []
    if contradicted(calibration):
        found.append(Sentence("calibrated.room", measure=_measure(calibration)))
    for one in calibration.repeated:
        if one.widened > 1:
            chance = Sentence("calibrated.beyond" if one.p_value <= 0.05 else "calibrated.within")
            told = {"tests": one.tests, "channel": one.channel, "q": one.q, "p": one.p_value}
            found.append(Sentence("calibrated.repeated", chance=chance, widened=one.widened, **told))
    moved = far_from_test(calibration)
    if moved:
        parts = [
            Sentence("calibrated.far.one", channel=name, test=alone, now=now) for name, alone, now in moved
        ]
        found.append(Sentence("calibrated.far", parts=tuple(parts)))
    out = calibration.leave_one_out()
    missed = out["channel"][~out["inside"]].tolist()
    if missed and len(out) > 1:
        found.append(Sentence("calibrated.missed", channels=tuple(map(str, missed))))
    return found


def contradicted(calibration: Calibration) -> bool:
    """Return whether the tests together leave the baseline no room between nothing and all."""
    return calibration.pooled.effects.room < _ROOM


def far_from_test(calibration: Calibration) -> list[tuple[str, float, float]]:
    """Return channels whose estimate is over a standard error from its own test: name, test, estimate."""
    alone = calibration.estimates * calibration.attributed
    reach = calibration.errors * np.abs(calibration.attributed)
    far = np.abs(calibration.pooled.estimate - alone) > reach  # False where untested
    return [
        (calibration.channels[place], float(alone[place]), float(calibration.pooled.estimate[place]))
        for place in np.flatnonzero(far).tolist()
    ]


def next_test(calibration: Calibration) -> list[str]:
    """Return which test to run next, and what was not considered."""
    ranked = calibration.next_test()
    aside = ranked[ranked["not_considered"] != ""]
    if len(aside) == len(ranked):
        return []
    first = Sentence("calibrated.next", channel=str(ranked["channel"].iloc[0]))
    if not len(aside):
        return [first]
    why = Sentence(_ASIDE[aside["not_considered"].iloc[0]])
    rest = Sentence("calibrated.aside", why=why, channels=tuple(aside["channel"]))
    return [Sentence("spaced", parts=(first, rest))]


_ASIDE = {
    NOBODY: "calibrated.nobody",
    NO_SPEND: "calibrated.no_spend",
    NOT_NAMED: "calibrated.not_named",
}
