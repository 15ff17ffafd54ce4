"""English: a lift in words."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # numbers of a lift
    "told.note": "Note: {note}.",
    "told.percent": "{value:+,.4g%}",
    "told.number": "{value:#}",
    "told.more": "+{value:#}",
    "told.points": (
        "{n:,.3g} points",
        "{n:,.3g} points",
    ),
    "told.points_more": (
        "+{n:,.3g} points",
        "+{n:,.3g} points",
    ),
    "told.rate": "{value:,.3g%}",
    "p.value": "p = {p:.2g}",
    "p.small": "p < 0.0001",
    # what was tested
    "design.itt": "Holdout test",
    "design.psa": "Placebo-ad test",
    "design.ghost_ads": "Ghost-ad test",
    "design.geo": "Geo test",
    "lift.title": "{design}, {outcome}: {units}",
    "lift.units": "{count:,} in {arm}",
    "lift.geos": "{count:,} geos in {arm}",
    "lift.check_failed": "Check failed: {name}: {text}",
    # verdicts
    "lift.blocked_geo": "Verdict: blocked, nothing can be told: {told:;}. What helps: {helps:;}.",
    "lift.few_events": "Verdict: none. Too few events to tell chance from effect; see the failed check.",
    "lift.blocked": "Verdict: blocked. A check failed that forbids reading the result ({names}); find "
    "out why first, or pass despite={despite}.",
    "lift.no_worse": "Verdict: no worse. A loss is by less than the margin of {margin} ({p}, "
    "{alpha:.4g%} level).",
    "lift.not_shown": "Verdict: not shown. A loss is not shown to be within the margin of {margin} ({p}, "
    "{alpha:.4g%} level).",
    "lift.effect_more": "Verdict: effect. The treated have more {outcome} ({p}, {alpha:.4g%} level).",
    "lift.effect_less": "Verdict: effect. The treated have less {outcome} ({p}, {alpha:.4g%} level).",
    "lift.no_effect": "Verdict: no effect shown ({p}, {alpha:.4g%} level). That is no proof that there "
    "is none.",
    "lift.no_effect_size": "Verdict: no effect shown ({p}, {alpha:.4g%} level). That is no proof that "
    "there is none: a test of this size shows a difference of {size} with 80% probability, smaller ones "
    "more rarely.",
    # lines
    "lift.despite": "Read in spite of failed checks: {names}. The numbers may be biased.",
    "lift.estimand": "Estimand: {estimand}.",
    "lift.means": "Mean {outcome}: {levels}.",
    "lift.level": "{arm} {value}",
    "lift.difference": "Difference",
    "lift.difference_per": "Difference per {unit}",
    "lift.lift": "Lift",
    "lift.incremental": "Incremental {outcome}",
    "lift.incremental_value": "Incremental value",
    "lift.cace": "Per exposed complier (CACE)",
    "lift.iroas": "iROAS",
    "lift.cost_per": "Cost per incremental {outcome}",
    "lift.method": "Method: {method}.",
    "lift.assumes": "Assumes: {assumptions:;}.",
    "lift.as_treated": "Biased, for comparison only: exposed users against all others, whatever their "
    "arm, differ by {change}; who is exposed is not random.",
    "lift.by_segment": "By {by} ({count:d}, {how}): effect in {shown}.",
    "lift.nobody": "none",
    "correction.holm": "Holm-corrected",
    "correction.fdr_bh": "Benjamini-Hochberg-corrected",
    "correction.none": "not corrected for their number",
    "lift.no_verdict": "Checks: none has a verdict{rest}.",
    "lift.no_verdict.one": "; {name} {text}",
    "lift.checks": "Checks: {passed:d} passed, {failed:d} failed.",
    "lift.checks_failed": "Checks: {passed:d} passed, {failed:d} failed: {told:;}.",
    # several lifts
    "lifts.title": "{count:d} lifts by {by}, {how}",
    "lifts.primary": "{primary} (primary) by itself, the others {how}",
    "lifts.primary_alone": "{primary} (primary) by itself, no other",
    "lifts.line": "{label}: {verdict} ({p}). {line}",
    "lifts.line_adjusted": "{label}: {verdict} ({p} adjusted). {line}",
    "lifts.more": "And {count:d} more; .to_frame() has all.",
    # an estimate with its interval
    "estimate.alone": "{what}: {value}{note}.",
    "estimate": "{what}: {value} ({level:.4g%} interval: {inside}){note}.",
    "estimate.note": "; {note}",
    "estimate.untold": "cannot be told",
    "estimate.no_low": "without lower bound",
    "estimate.no_high": "without upper bound",
    "estimate.not_zero": "anything but 0",
    "estimate.not_between": "anything but what lies between {low} and {high}",
    "estimate.anything": "anything",
    "estimate.or_more": "{low} or more",
    "estimate.or_less": "{high} or less",
    "estimate.cost": "{what}: {value} ({level:.4g%} interval: {low} or more, or none was caused); {note}.",
}
