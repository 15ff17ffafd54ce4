"""A lift in words, which are chosen by the same numbers that stand beside them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from attribution._display import format_number
from attribution.diagnostics import CheckResult
from attribution.experiments.shared.doubt import doubtful
from attribution.experiments.shared.geo_lines import lines as geo_lines
from attribution.experiments.shared.lift import Estimate, Lift, Lifts

CORRECTIONS = {
    "holm": "Holm-corrected",
    "fdr_bh": "Benjamini-Hochberg-corrected",
    "none": "not corrected for their number",
}
FEW_EVENTS = "few_events"  # the check that fails where too few events say nothing
_DESIGNS = {"itt": "Holdout test", "psa": "Placebo-ad test", "ghost_ads": "Ghost-ad test", "geo": "Geo test"}
_SEVERAL = 12  # lines of a summary of many


def title(lift: Lift) -> str:
    """Return one line: design, outcome, units per arm."""
    what = " geos" if lift.design == "geo" else ""
    units = ", ".join(f"{count:,}{what} in {arm}" for arm, count in lift.n.items())
    return f"{_DESIGNS.get(lift.design, lift.design)}, {lift.outcome}: {units}"


def notes(lift: Lift) -> tuple[str, ...]:
    """Return what stands below the table: verdict, failed checks, notes."""
    failed = [f"Check failed: {check.name}: {check.text}" for check in lift.checks.failed]
    return (verdict_line(lift), *failed, *(f"Note: {note}." for note in lift.details.get("notes", ())))


def verdict_line(lift: Lift) -> str:
    """Return the verdict with its reason."""
    if lift.verdict == "blocked":
        names = list(lift.details["blocked"])
        if lift.design == "geo":
            told = "; ".join(lift.checks[name].text for name in names)
            helps = "; ".join(lift.checks[name].fix for name in names)
            return f"Verdict: blocked, nothing can be told: {told}. What helps: {helps}."
        names = [name for name in names if name != FEW_EVENTS]
        if not names:
            return "Verdict: none. Too few events to tell chance from effect; see the failed check."
        return (
            f"Verdict: blocked. A check failed that forbids reading the result ({', '.join(names)}); "
            f"find out why first, or pass despite={tuple(names)!r}."
        )
    level = f"{100 * lift.alpha:.4g}% level"
    if lift.verdict in {"no worse", "not shown"}:
        margin = _change(lift, lift.details["margin"], signed=False)
        told = (
            "by less than the margin" if lift.verdict == "no worse" else "not shown to be within the margin"
        )
        return f"Verdict: {lift.verdict}. A loss is {told} of {margin} ({p_text(lift.p_value)}, {level})."
    if lift.verdict == "effect":
        way = "more" if lift.absolute.value > 0 else "less"
        return f"Verdict: effect. The treated have {way} {lift.outcome} ({p_text(lift.p_value)}, {level})."
    told = f"Verdict: no effect shown ({p_text(lift.p_value)}, {level}). That is no proof that there is none"
    if math.isnan(lift.mde):
        return f"{told}."
    size = _change(lift, lift.mde, signed=False)
    return (
        f"{told}: a test of this size shows a difference of {size} with 80% probability, "
        "smaller ones more rarely."
    )


def summary(lift: Lift) -> str:
    """Return the result in words; see `Lift.summary`."""
    lines = [title(lift) + ".", verdict_line(lift)]
    overridden = lift.details.get("despite")
    if overridden:
        lines.append(f"Read in spite of failed checks: {', '.join(overridden)}. The numbers may be biased.")
    lines.append(f"Estimand: {lift.estimand}.")
    means = lift.details.get("means", {})
    if means:
        levels = ", ".join(f"{arm} {_level(lift, value)}" for arm, value in means.items())
        lines.append(f"Mean {lift.outcome}: {levels}.")
    per = lift.details.get("unit")
    named = "Difference" if per is None else f"Difference per {per}"
    lines.append(_line(named, lift.absolute, lambda value: _change(lift, value), lift))
    lines.append(_line("Lift", lift.relative, _percent, lift))
    if lift.incremental is not None:
        lines.append(_line(f"Incremental {lift.outcome}", lift.incremental, _number, lift))
    if lift.incremental_value is not None:
        lines.append(_line("Incremental value", lift.incremental_value, _number, lift))
    if lift.cace is not None:
        lines.append(
            _line("Per exposed complier (CACE)", lift.cace, lambda value: _change(lift, value), lift)
        )
    if lift.iroas is not None:
        lines.append(_line("iROAS", lift.iroas, _number, lift))
    if lift.cost_per_incremental is not None:
        lines.append(_cost_line(f"Cost per incremental {lift.outcome}", lift.cost_per_incremental, lift))
    if lift.design == "geo":
        lines += geo_lines(lift)
    lines += _extras(lift)
    lines.append(f"Method: {lift.method}.")
    lines.append(f"Assumes: {'; '.join(lift.assumptions)}.")
    return "\n".join(lines)


def _extras(lift: Lift) -> list[str]:
    lines = []
    naive = lift.details.get("as_treated")
    if naive is not None:
        lines.append(
            f"Biased, for comparison only: exposed users against all others, whatever their arm, differ by "
            f"{_change(lift, naive)}; who is exposed is not random."
        )
    if lift.segments is not None:
        shown = [name for name, part in lift.segments.lifts.items() if part.verdict == "effect"]
        how = CORRECTIONS[lift.segments.correction]
        lines.append(
            f"By {lift.segments.by} ({len(lift.segments)}, {how}): effect in {', '.join(shown) or 'none'}."
        )
    if len(lift.checks):
        lines.append(_checked(lift))
    lines += [f"Note: {note}." for note in lift.details.get("notes", ())]
    return lines


def _checked(lift: Lift) -> str:
    """Return how the checks went; where none could pass or fail, what they lacked."""
    passed, failed = sum(check.passed is True for check in lift.checks), lift.checks.failed
    if not passed and not failed:
        left = [check for check in lift.checks if not doubtful(check)]  # which stands in a note
        told = "".join(f"; {check.name} {check.text.rstrip('.')}" for check in left)
        return f"Checks: none has a verdict{told}."
    said = ": " + "; ".join(check.text.rstrip(".") for check in failed) if failed else ""
    return f"Checks: {passed} passed, {len(failed)} failed{said}."


def title_of_many(lifts: Lifts) -> str:
    """Return one line: how many, by what, and how corrected."""
    how = CORRECTIONS[lifts.correction]
    if lifts.primary is not None:
        how = f"{lifts.primary} (primary) by itself, " + (
            f"the others {how}" if len(lifts) > 1 else "no other"
        )
    return f"{len(lifts)} lifts by {lifts.by}, {how}"


def summary_of_many(lifts: Lifts) -> str:
    """Return several lifts in words; see `Lifts.summary`."""
    lines = [f"{title_of_many(lifts)}."]
    for label in list(lifts)[:_SEVERAL]:
        lift = lifts[label]
        adjusted = "" if lifts.correction == "none" or label == lifts.primary else " adjusted"
        lines.append(
            f"{label}: {lift.verdict} ({p_text(lifts.adjusted[label])}{adjusted}). "
            + _line("Lift", lift.relative, _percent, lift)
        )
        if lift.design == "geo" and lift.incremental is not None:
            lines[-1] += " " + _line(f"Incremental {lift.outcome}", lift.incremental, _number, lift)
        if lift.design == "geo" and lift.iroas is not None:
            lines[-1] += " " + _line("iROAS", lift.iroas, _number, lift)
    if len(lifts) > _SEVERAL:
        lines.append(f"And {len(lifts) - _SEVERAL} more; .to_frame() has all.")
    return "\n".join([*lines, *notes_of_many(lifts)])


def notes_of_many(lifts: Lifts) -> tuple[str, ...]:
    """Return the failed checks of several lifts, and those that are unusual, each once."""
    failed = [
        f"Check failed: {check.name}: {check.text}"
        for one in lifts.lifts.values()
        for check in one.checks.failed
    ]
    looked = [
        f"Note: {check.text}." for one in lifts.lifts.values() for check in one.checks if doubtful(check)
    ]
    return tuple(dict.fromkeys([*failed, *looked]))


def unusual(lift: Lift) -> list[CheckResult]:
    """Return the sample ratios that are unusual, yet not so much that reading is forbidden."""
    ratios = [check for check in lift.checks if check.name.startswith("sample_ratio")]
    return [check for check in ratios if check.passed is None and check.count]


def p_text(p_value: float) -> str:
    """Return a p-value for people.

    Examples
    --------
    >>> p_text(0.0321), p_text(1e-9)
    ('p = 0.032', 'p < 0.0001')
    """
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"


def _line(what: str, estimate: Estimate, write: Callable[[float], str], lift: Lift) -> str:
    text = f"{what}: {write(estimate.value) if math.isfinite(estimate.value) else 'cannot be told'}"
    level = f"{100 * (1 - lift.alpha):.4g}%"
    nothing = math.isnan(estimate.value) and math.isinf(estimate.low) and math.isinf(estimate.high)
    if nothing or math.isnan(estimate.low):
        return f"{text}{'; ' + estimate.note if estimate.note else ''}."
    ends = [
        "without lower bound" if math.isinf(estimate.low) else write(estimate.low),
        "without upper bound" if math.isinf(estimate.high) else write(estimate.high),
    ]
    if estimate.gap is not None and estimate.gap[1] == sys.float_info.min:
        inside = "anything but 0"
    elif estimate.gap is not None:
        between = " and ".join(write(end) for end in estimate.gap)
        inside = f"anything but what lies between {between}"
    elif math.isinf(estimate.low) and math.isinf(estimate.high):
        inside = "anything"
    elif math.isinf(estimate.high):
        inside = f"{ends[0]} or more"
    elif math.isinf(estimate.low):
        inside = f"{ends[1]} or less"
    else:
        inside = f"{ends[0]} to {ends[1]}"
    return f"{text} ({level} interval: {inside}){'; ' + estimate.note if estimate.note else ''}."


def _cost_line(what: str, estimate: Estimate, lift: Lift) -> str:
    """Return a cost, of which only those above zero can be paid."""
    gap = estimate.gap
    if gap is None or not gap[0] <= 0 < gap[1]:
        return _line(what, estimate, _number, lift)
    text = f"{what}: {_number(estimate.value) if estimate.value > 0 else 'cannot be told'}"
    level = f"{100 * (1 - lift.alpha):.4g}%"
    return f"{text} ({level} interval: {_number(gap[1])} or more, or none was caused); {estimate.note}."


def _percent(value: float) -> str:
    return f"{100 * value:+,.4g}%"


def _number(value: float) -> str:
    return format_number(float(value))


def _level(lift: Lift, value: float) -> str:
    """Return a mean: in percent where the outcome is 0 or 1."""
    return f"{100 * value:,.3g}%" if lift.details.get("binary") else format_number(float(value))


def _change(lift: Lift, value: float, *, signed: bool = True) -> str:
    """Return a difference of means: in points where the outcome is 0 or 1."""
    sign = "+" if signed and value > 0 else ""
    if lift.details.get("binary"):
        return f"{sign}{100 * value:,.3g} points"
    return sign + format_number(float(value))
