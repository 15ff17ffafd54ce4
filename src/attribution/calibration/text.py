"""A calibration in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from attribution._display import format_number
from attribution.calibration.next_test import NOBODY

if TYPE_CHECKING:
    from attribution.calibration.calibration import Calibration

_ROOM = 0.05  # a sum of effects within the bounds that is less likely than this contradicts the tests


def title(calibration: Calibration) -> str:
    """Return the heading."""
    n = len(calibration.tested)
    model = calibration.credit.models[0]
    return f"Calibration of {model} by {n} experiment{'s' if n != 1 else ''}, {calibration.measure}"


def summary(calibration: Calibration) -> str:
    """Return a line a channel, and the notes."""
    frame = calibration.factors()
    pooled, level = calibration.pooled, f"{100 * (1 - calibration.alpha):g}%"
    own = calibration.own()
    lines = [title(calibration)]
    for place, channel in enumerate(calibration.channels):
        how = "by analogy: it was not tested"
        if calibration.is_tested[place]:
            alone, low, high = (format_number(float(end[place])) for end in own)
            how = f"{pooled.own[place]:.0%} from its test, which by itself says {alone} ({low} to {high})"
        factor = float(frame["factor"].iloc[place])
        lines.append(
            f"{channel}: {format_number(float(pooled.estimate[place]))} incremental ({level} interval "
            f"{format_number(float(pooled.low[place]))} to {format_number(float(pooled.high[place]))}) of "
            f"{format_number(float(calibration.attributed[place]))} attributed"
            + (f", factor {factor:.2f}" if math.isfinite(factor) else "")
            + f"; {how}."
        )
    return "\n".join([*lines, *notes(calibration)])


def notes(calibration: Calibration) -> tuple[str, ...]:
    """Return what to know: the baseline, contradictions, what was not tested, what to test next."""
    mean, low, high = calibration.baseline()
    level = f"{100 * (1 - calibration.alpha):g}%"
    baseline = (
        f"{format_number(mean)} of {format_number(calibration.total)} {calibration.measure} would have "
        f"happened anyway ({level} interval {format_number(low)} to {format_number(high)})."
    )
    found = [baseline, *_contradictions(calibration)]
    untested = [
        channel
        for channel, known in zip(calibration.channels, calibration.is_tested.tolist(), strict=True)
        if not known
    ]
    if untested:
        found.append(f"Not tested, so known only by analogy: {', '.join(untested)}.")
    if calibration.left_out:
        found.append(f"Left out, blocked by a failed check: {', '.join(calibration.left_out)}.")
    return tuple(found + next_test(calibration))


def _contradictions(calibration: Calibration) -> list[str]:
    found = []
    if contradicted(calibration):
        found.append(
            f"The tests together claim more than all {calibration.measure} or less than none: do they count "
            "what the credit counts?"
        )
    for one in calibration.repeated:
        if one.widened > 1:
            chance = "more than chance explains" if one.p_value <= 0.05 else "within what chance explains"
            found.append(
                f"The {one.tests} tests of {one.channel} differ, {chance} (Cochran's Q {one.q:.1f}, "
                f"p = {one.p_value:.2g}): the error of their mean is {one.widened:.1f} times as large for it."
            )
    moved = far_from_test(calibration)
    if moved:
        text = ", ".join(
            f"{name} (test {format_number(alone)}, calibrated {format_number(now)})"
            for name, alone, now in moved
        )
        found.append(f"More than one standard error from its own test: {text}.")
    out = calibration.leave_one_out()
    missed = out["channel"][~out["inside"]].tolist()
    if missed and len(out) > 1:
        found.append(f"The other experiments do not predict that of {', '.join(map(str, missed))}.")
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
    found = [f"A test of {ranked['channel'].iloc[0]} would settle most."]
    if len(aside):
        why = aside["not_considered"].iloc[0]
        why = f"{why}, by its name" if why == NOBODY else why
        found.append(f"Not considered for a test ({why}): {', '.join(aside['channel'])}.")
    return [" ".join(found)]
