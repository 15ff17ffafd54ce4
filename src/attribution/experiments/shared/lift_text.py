"""A lift in words, which are chosen by the same numbers that stand beside them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from attribution._display import format_number
from attribution.diagnostics import CheckResult
from attribution.experiments.shared.lift import Estimate, Lift, Lifts
from attribution.experiments.shared.p_value_limits import doubtful
from attribution.language.sentence import Sentence

_HEAVY = 5
FEW_EVENTS = "few_events"  # the check that fails where too few events say nothing
_DESIGNS = ("itt", "psa", "ghost_ads", "geo")
_SEVERAL = 12  # lines of a summary of many


def title(lift: Lift) -> str:
    """Return one line: design, outcome, units per arm."""
    key = "lift.geos" if lift.design == "geo" else "lift.units"
    units = tuple(Sentence(key, count=count, arm=arm) for arm, count in lift.n.items())
    design = Sentence(f"design.{lift.design}") if lift.design in _DESIGNS else lift.design
    return Sentence("lift.title", design=design, outcome=lift.outcome, units=units)


def notes(lift: Lift) -> tuple[str, ...]:
    """Return what stands below the table: verdict, failed checks, notes."""
    return (verdict_line(lift), *map(_failed, lift.checks.failed), *_notes(lift))


def _failed(check: CheckResult) -> Sentence:
    return Sentence("lift.check_failed", name=check.name, text=check.text)


def _notes(lift: Lift) -> list[str]:
    return [Sentence("told.note", note=note) for note in lift.details.get("notes", ())]


def verdict_line(lift: Lift) -> str:
    """Return the verdict with its reason."""
    if lift.verdict == "blocked":
        names = list(lift.details["blocked"])
        if lift.design == "geo":
            failed = [lift.checks[name] for name in names]
            told, helps = tuple(check.text for check in failed), tuple(check.fix for check in failed)
            return Sentence("lift.blocked_geo", told=told, helps=helps)
        names = [name for name in names if name != FEW_EVENTS]
        if not names:
            return Sentence("lift.few_events")
        return Sentence("lift.blocked", names=tuple(names), despite=repr(tuple(names)))
    level = {"p": p_text(lift.p_value), "alpha": lift.alpha}
    if lift.verdict in {"no worse", "not shown"}:
        key = "lift.no_worse" if lift.verdict == "no worse" else "lift.not_shown"
        return Sentence(key, margin=_change(lift, lift.details["margin"], signed=False), **level)
    if lift.verdict == "effect":
        key = "lift.effect_more" if lift.absolute.value > 0 else "lift.effect_less"
        return Sentence(key, outcome=lift.outcome, **level)
    if math.isnan(lift.mde):
        return Sentence("lift.no_effect", **level)
    return Sentence("lift.no_effect_size", size=_change(lift, lift.mde, signed=False), **level)


def summary(lift: Lift) -> str:
    """Return the result in words; see `Lift.summary`."""
    return "\n".join([f"{title(lift)}.", *sentences(lift)])


def sentences(lift: Lift) -> list[str]:
    """Return the result in words, sentence by sentence."""
    lines = [verdict_line(lift)]
    overridden = lift.details.get("despite")
    if overridden:
        lines.append(Sentence("lift.despite", names=tuple(overridden)))
    lines.append(Sentence("lift.estimand", estimand=lift.estimand))
    means = lift.details.get("means", {})
    if means:
        levels = [Sentence("lift.level", arm=arm, value=_level(lift, mean)) for arm, mean in means.items()]
        lines.append(Sentence("lift.means", outcome=lift.outcome, levels=tuple(levels)))
    lines += _measures(lift)
    if lift.design == "geo":
        lines += _geo_lines(lift)
    lines += _extras(lift)
    lines.append(Sentence("lift.method", method=lift.method))
    lines.append(Sentence("lift.assumes", assumptions=tuple(lift.assumptions)))
    return lines


def _measures(lift: Lift) -> list[str]:
    """Return a line for each measure that the result has."""
    per, outcome = lift.details.get("unit"), lift.outcome

    def moved(value: float) -> Sentence:
        return _change(lift, value)

    name = Sentence("lift.difference") if per is None else Sentence("lift.difference_per", unit=per)
    lines = [_line(name, lift.absolute, moved, lift)]
    lines.append(_line(Sentence("lift.lift"), lift.relative, _percent, lift))
    if lift.incremental is not None:
        lines.append(_line(Sentence("lift.incremental", outcome=outcome), lift.incremental, _number, lift))
    if lift.incremental_value is not None:
        lines.append(_line(Sentence("lift.incremental_value"), lift.incremental_value, _number, lift))
    if lift.cace is not None:
        lines.append(_line(Sentence("lift.cace"), lift.cace, moved, lift))
    if lift.iroas is not None:
        lines.append(_line(Sentence("lift.iroas"), lift.iroas, _number, lift))
    if lift.cost_per_incremental is not None:
        cost = Sentence("lift.cost_per", outcome=outcome)
        lines.append(_cost_line(cost, lift.cost_per_incremental, lift))
    return lines


def _extras(lift: Lift) -> list[str]:
    lines: list[str] = []
    naive = lift.details.get("as_treated")
    if naive is not None:
        lines.append(Sentence("lift.as_treated", change=_change(lift, naive)))
    if lift.segments is not None:
        parts = lift.segments
        shown = tuple(name for name, part in parts.lifts.items() if part.verdict == "effect")
        how = Sentence(f"correction.{parts.correction}")
        where = shown or Sentence("lift.nobody")
        lines.append(Sentence("lift.by_segment", by=parts.by, count=len(parts), how=how, shown=where))
    if len(lift.checks):
        lines.append(_checked(lift))
    return lines + _notes(lift)


def _checked(lift: Lift) -> str:
    """Return how the checks went; where none could pass or fail, what they lacked."""
    passed, failed = sum(check.passed is True for check in lift.checks), lift.checks.failed
    if not passed and not failed:
        left = [check for check in lift.checks if not doubtful(check)]  # which stands in a note
        told = [Sentence("lift.no_verdict.one", name=one.name, text=_bare(one.text)) for one in left]
        return Sentence("lift.no_verdict", rest=Sentence("joined", parts=tuple(told)))
    if not failed:
        return Sentence("lift.checks", passed=passed, failed=0)
    texts = tuple(_bare(check.text) for check in failed)
    return Sentence("lift.checks_failed", passed=passed, failed=len(failed), told=texts)


def _bare(text: str) -> str:
    return text.rstrip(".") if text.endswith(".") else text


def title_of_many(lifts: Lifts) -> str:
    """Return one line: how many, by what, and how corrected."""
    how = Sentence(f"correction.{lifts.correction}")
    if lifts.primary is not None:
        key = "lifts.primary" if len(lifts) > 1 else "lifts.primary_alone"
        how = Sentence(key, primary=lifts.primary, how=how)
    return Sentence("lifts.title", count=len(lifts), by=lifts.by, how=how)


def summary_of_many(lifts: Lifts) -> str:
    """Return several lifts in words; see `Lifts.summary`."""
    lines = [f"{title_of_many(lifts)}."]
    for label in list(lifts)[:_SEVERAL]:
        lift = lifts[label]
        alone = lifts.correction == "none" or label == lifts.primary
        told = [_line(Sentence("lift.lift"), lift.relative, _percent, lift)]
        if lift.design == "geo" and lift.incremental is not None:
            name = Sentence("lift.incremental", outcome=lift.outcome)
            told.append(_line(name, lift.incremental, _number, lift))
        if lift.design == "geo" and lift.iroas is not None:
            told.append(_line(Sentence("lift.iroas"), lift.iroas, _number, lift))
        key, p = "lifts.line" if alone else "lifts.line_adjusted", p_text(lifts.adjusted[label])
        line = Sentence("spaced", parts=tuple(told))
        lines.append(Sentence(key, label=label, verdict=lift.verdict, p=p, line=line))
    if len(lifts) > _SEVERAL:
        lines.append(Sentence("lifts.more", count=len(lifts) - _SEVERAL))
    return "\n".join([*lines, *notes_of_many(lifts)])


def notes_of_many(lifts: Lifts) -> tuple[str, ...]:
    """Return the failed checks of several lifts, and those that are unusual, each once."""
    several = lifts.lifts.values()
    failed = [_failed(check) for one in several for check in one.checks.failed]
    looked = [
        Sentence("told.note", note=check.text) for one in several for check in one.checks if doubtful(check)
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
    return Sentence("p.small") if p_value < 0.0001 else Sentence("p.value", p=p_value)


def _line(what: str, estimate: Estimate, write: Callable[[float], str], lift: Lift) -> str:
    value = write(estimate.value) if math.isfinite(estimate.value) else Sentence("estimate.untold")
    told = {"what": what, "value": value, "note": _beside(estimate)}
    nothing = math.isnan(estimate.value) and math.isinf(estimate.low) and math.isinf(estimate.high)
    if nothing or math.isnan(estimate.low):
        return Sentence("estimate.alone", **told)
    return Sentence("estimate", **told, level=1 - lift.alpha, inside=_inside(estimate, write))


def _beside(estimate: Estimate) -> str:
    return Sentence("estimate.note", note=estimate.note) if estimate.note else ""


def _inside(estimate: Estimate, write: Callable[[float], str]) -> Sentence:
    """Return which values the interval of an estimate holds."""
    if estimate.gap is not None and estimate.gap[1] == sys.float_info.min:
        return Sentence("estimate.not_zero")
    if estimate.gap is not None:
        return Sentence("estimate.not_between", low=write(estimate.gap[0]), high=write(estimate.gap[1]))
    below, above = math.isinf(estimate.low), math.isinf(estimate.high)
    if below and above:
        return Sentence("estimate.anything")
    if above:
        return Sentence("estimate.or_more", low=write(estimate.low))
    if below:
        return Sentence("estimate.or_less", high=write(estimate.high))
    return Sentence("range", low=write(estimate.low), high=write(estimate.high))


def _cost_line(what: str, estimate: Estimate, lift: Lift) -> str:
    """Return a cost, of which only those above zero can be paid."""
    gap = estimate.gap
    if gap is None or not gap[0] <= 0 < gap[1]:
        return _line(what, estimate, _number, lift)
    value = _number(estimate.value) if estimate.value > 0 else Sentence("estimate.untold")
    told = {"what": what, "value": value, "note": estimate.note, "level": 1 - lift.alpha}
    return Sentence("estimate.cost", **told, low=_number(gap[1]))


def _percent(value: float) -> Sentence:
    return Sentence("told.percent", value=value)


def _number(value: float) -> Sentence:
    return Sentence("told.number", value=value)


def _level(lift: Lift, value: float) -> Sentence:
    """Return a mean: in percent where the outcome is 0 or 1."""
    return Sentence("told.rate" if lift.details.get("binary") else "told.number", value=value)


def _change(lift: Lift, value: float, *, signed: bool = True) -> Sentence:
    """Return a difference of means: in points where the outcome is 0 or 1."""
    more = signed and value > 0
    if lift.details.get("binary"):
        return Sentence("told.points_more" if more else "told.points", n=100 * value)
    return Sentence("told.more" if more else "told.number", value=value)


def _geo_lines(lift: Lift) -> list[str]:
    """Return who was treated, what the comparison rests on, and what it cost."""
    details = lift.details
    treated, controls = details["treated"], details["controls"]
    found = [f"Treated: {_some(treated)}; compared with {len(controls)} control geos."]
    weights = details.get("weights")
    if weights:
        heavy = sorted(weights.items(), key=lambda item: -abs(item[1]))[:_HEAVY]
        named = ", ".join(f"{geo} {100 * weight:.0f}%" for geo, weight in heavy)
        found.append(
            f"Control geos that count most: {named} (as good as {details['effective_donors']:.1f} geos of "
            "equal weight)."
        )
    cost = details.get("cost")
    if cost:
        error = f" +- {format_number(cost['error'])} (standard error)" if cost["error"] else ""
        if math.isinf(cost["error"]):
            error = " (how sure that is cannot be told)"
        found.append(f"Incremental cost: {format_number(cost['total'])}{error}; {cost['how']}.")
    permuted = details.get("permutation_p")
    if permuted is not None and "permutation" not in lift.method:
        found.append(f"For comparison, the permutation that replays the assignment: p = {permuted:.2g}.")
    for name, text in (details.get("beside") or {}).items():
        found.append(f"For comparison, {name}: {text}.")
    return found


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - 6
    return ", ".join(names[:6]) + (f" and {more} more" if more > 0 else "")
