"""English: what experiments say was caused, and credit calibrated by it."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "incremental": "What was incremental",
    "incremental.text": "Credit is bookkeeping; incremental is what an experiment says would not have "
    "happened without the channel. Here the two stand side by side, each as it is.",
    "incremental.caption": "Conversions credited, and what experiments say was caused, channel by channel",
    "incremental.credited": "Credited by {model}",
    "incremental.caused": "Incremental",
    "incremental.low": "from",
    "incremental.high": "to",
    "incremental.iroas": "iROAS",
    "incremental.verdict": "Verdict",
    "incremental.note": "Intervals are those of the experiments, each at its own level. A dash: not "
    "measured by this experiment. An experiment whose users or weeks are not those of the log counts other "
    "conversions than the credit beside it.",
    "incremental.figure": "Credited and incremental, channel by channel",
    "incremental.figure.part": "{channel}: {caused} caused ({low} to {high}), {credited} credited",
    "incremental.figure.alt": "{title}: {parts}.",
    "incremental.figure.note": "Points with lines: incremental, with the interval of the experiment. "
    "Hollow marks: credited by {model}.",
    "incremental.axis": "conversions",
    "incremental.effect": "{channel}: an effect is shown: {caused} caused ({low} to {high}; counted: "
    "{outcome}), where {model} credits {credited} conversions.",
    "incremental.unshown": "{channel}: no effect is shown (incremental {low} to {high}), where {model} "
    "credits {credited} conversions.",
    "incremental.blocked": "{channel}: the experiment must not be read, because a check failed ({checks}).",
    "incremental.unusual": "{channel}: the arms hold unusual shares of users ({arms}; p = {p}). "
    "Find out why before the lift is used.",
    "incremental.unusual.arm": "{arm} {n}, {share} of users, planned {planned}",
    "incremental.relative": "{channel}: the outcome is a ratio; relative lift {value} ({low} to {high}).",
    "incremental.geo": "{channel}: a geo test counted {outcome}: relative lift {value} ({low} to {high}).",
    "path.actual": "actual",
    "path.counterfactual": "without the treatment",
    "path.band": "{level} band, pointwise",
    "path.test": "test",
    "path.cooldown": "cooldown",
    "verdict.effect": "effect",
    "verdict.no effect shown": "no effect shown",
    "verdict.no worse": "no worse",
    "verdict.not shown": "not shown",
    "verdict.blocked": "not to be read",
    "holdouts": "Experiments",
    "holdouts.caption": "{channel}: what the experiment measured",
    "holdouts.facts": "{n_treated} units in {treated}, {n_holdout} in {holdout}; p-value {p}; smallest "
    "effect that it would have shown with 80% probability: {mde}.",
    "holdouts.failed": "Checks that failed: {checks}.",
    "holdouts.estimate": "Estimate",
    "holdouts.low": "from",
    "holdouts.high": "to",
    "holdouts.figure": "{channel}: what was and what would have been",
    "holdouts.figure.alt": "{title}: relative lift {value} ({low} to {high}).",
    "measure.absolute": "Difference per unit",
    "measure.relative": "Relative lift",
    "measure.incremental": "Incremental outcome",
    "measure.incremental_value": "Incremental value",
    "measure.cace": "Effect per unit exposed because of its arm (CACE)",
    "measure.att": "Effect per exposed unit (ATT)",
    "measure.iroas": "Incremental value per unit of cost (iROAS)",
    "measure.cost_per_incremental": "Cost per incremental outcome",
    "calibration": "Calibrated credit",
    "calibration.text": "Credit times an incrementality factor. The number of a tested channel lies between "
    "what its own test found, which stands beside it, and what credit and the other tests make of it; "
    "“Known by” says how much of it is its own test's. Its interval covers whatever the other tests say. An "
    "untested channel's number is what the tested ones teach, with a wide interval.",
    "calibration.caption": "Credit, factor and incremental {measure}, with {level} intervals",
    "calibration.attributed": "Credited",
    "calibration.factor": "Factor",
    "calibration.tested": "Known by",
    "calibration.by_test": "{share} its test",
    "calibration.test": "Its test alone",
    "calibration.by_analogy": "analogy",
    "calibration.incremental": "Incremental",
    "calibration.baseline": "Would have happened anyway",
    "calibration.all": "All channels",
    "calibration.conversions": "conversions",
    "calibration.value": "value",
    "calibration.figure": "Incremental {measure} by channel, {level} intervals",
    "calibration.figure.part": "{channel} {caused} ({low} to {high})",
    "calibration.figure.alt": "{title}: {parts}.",
    "calibration.figure.note": "Grey: no test of its own. Thin lines with hollow points: what its own "
    "test found.",
    "calibration.baseline.text": "{value} of {total} {measure} would have happened anyway ({level} "
    "interval {low} to {high}).",
    "calibration.room": "The tests together claim more than all {measure} or less than none: they may not "
    "count "
    "what the credit counts.",
    "calibration.repeated": "The {n} tests of {channel} differ by more than chance explains, so the error "
    "of their "
    "mean is {widened} times as large.",
    "calibration.repeated.chance": "The {n} tests of {channel} differ, within what chance explains; the "
    "error of "
    "their mean is {widened} times as large for it.",
    "calibration.far": "More than one standard error from its own test: {parts}.",
    "calibration.far.part": "{channel} (test {test}, here {now})",
    "calibration.left_out": "Left out, blocked by a failed check: {names}.",
    "calibration.next": "A test of {channel} would settle most.",
    "calibration.aside": "Not considered for a test, because nobody can withhold them, by their names: "
    "{names}.",
    "calibration.aside.spend": "Not considered for a test, because they have no spend: {names}.",
}
