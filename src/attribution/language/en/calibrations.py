"""English: a calibration in words."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "calibrated.title": (
        "Calibration of {model} by {n} experiment, {measure}",
        "Calibration of {model} by {n} experiments, {measure}",
    ),
    "calibrated.conversions": "conversions",
    "calibrated.value": "value",
    "calibrated.analogy": "by analogy: it was not tested",
    "calibrated.own": "{share:.0%} from its test, which by itself says {alone:#} ({low:#} to {high:#})",
    "calibrated.line": "{channel}: {value:#} incremental ({level:g%} interval {low:#} to {high:#}) of "
    "{attributed:#} attributed; {how}.",
    "calibrated.line_factor": "{channel}: {value:#} incremental ({level:g%} interval {low:#} to "
    "{high:#}) of {attributed:#} attributed, factor {factor:.2f}; {how}.",
    "calibrated.baseline": "{value:#} of {total:#} {measure} would have happened anyway ({level:g%} "
    "interval {low:#} to {high:#}).",
    "calibrated.untested": "Not tested, so known only by analogy: {channels}.",
    "calibrated.left_out": "Left out, blocked by a failed check: {names}.",
    "calibrated.room": "The tests together claim more than all {measure} or less than none: do they "
    "count what the credit counts?",
    "calibrated.repeated": "The {tests:d} tests of {channel} differ, {chance} (Cochran's Q {q:.1f}, p = "
    "{p:.2g}): the error of their mean is {widened:.1f} times as large for it.",
    "calibrated.beyond": "more than chance explains",
    "calibrated.within": "within what chance explains",
    "calibrated.far": "More than one standard error from its own test: {parts}.",
    "calibrated.far.one": "{channel} (test {test:#}, calibrated {now:#})",
    "calibrated.missed": "The other experiments do not predict that of {channels}.",
    "calibrated.next": "A test of {channel} would settle most.",
    "calibrated.aside": "Not considered for a test ({why}): {channels}.",
    "calibrated.nobody": "nobody can withhold it, by its name",
    "calibrated.no_spend": "no spend",
    "calibrated.not_named": "not in withhold",
}
