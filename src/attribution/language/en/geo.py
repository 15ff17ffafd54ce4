"""English: checks and notes of geo tests."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # periods
    "step.day": "day",
    "step.week": "week",
    "step.month": "month",
    "step.quarter": "quarter",
    "step.year": "year",
    "step.period": "period",
    "n_steps.day": (
        "{n:d} day",
        "{n:d} days",
    ),
    "n_steps.week": (
        "{n:d} week",
        "{n:d} weeks",
    ),
    "n_steps.month": (
        "{n:d} month",
        "{n:d} months",
    ),
    "n_steps.quarter": (
        "{n:d} quarter",
        "{n:d} quarters",
    ),
    "n_steps.year": (
        "{n:d} year",
        "{n:d} years",
    ),
    "n_steps.period": (
        "{n:d} period",
        "{n:d} periods",
    ),
    # the fit before the test
    "not_checked": "not checked: {why}",
    "reach": "with {how} the smallest p there can be is {least:.2g}",
    "reach.failed": "{found}, so that no effect, however large, could be shown at the {level:.3g%} level",
    "fix.reach": "{fix}; the least level it reaches is {least:.2g%}",
    "fix.reach_alpha": "{fix}; the least level it reaches is {least:.2g%} (alpha={alpha})",
    "pre_period_fit": "before the test the counterfactual misses by {off:.1f%} on average, R2 {r2:.2f}",
    "pre_period_fit.scaled": "before the test the counterfactual misses by {off:.1f%} on average, R2 "
    "{r2:.2f}, scaled L2 imbalance {l2:.3f} (0 perfect, 1 as equal weights)",
    "fix.pre_period_fit": "more history, geos that are more alike, or fewer and larger treated geos",
    "residual_autocorrelation.zero": "the gaps before the test are all 0",
    "residual_autocorrelation": "Durbin-Watson {dw:.2f}, Ljung-Box p = {p:.2g}",
    "residual_autocorrelation.allowed": "{found}: the gaps are autocorrelated, which this inference "
    "allows for",
    "residual_autocorrelation.failed": "{found}: the gaps are autocorrelated, and this inference takes "
    "them for independent: its interval is too narrow",
    "fix.autocorrelation": "{code}, or sum the panel to weeks",
    "placebo_in_time.short": "not checked: too little time before the test",
    "placebo_in_time": "the same analysis of the {steps} before the test, when nothing was done: p = {p:.2g}",
    "fix.placebo_in_time": "look at the plot: something else happened, or treated and control geos drift "
    "apart",
    "outlier_geos.ok": "no geo changed far more or less than the rest of its arm",
    "outlier_geos": "{geos} changed unlike the rest of their arm, by more than five robust deviations",
    "fix.outlier_geos": "find out why; only then {code}, which is a choice that the outcome has made",
    "placebos_alike": "the last days before the test, predicted by a fit that did not see them: R2 "
    "{r2:.2f} for the treated geos; {dropped:d} sets of control geos with less than {least} were dropped",
    "placebos_alike.larger": "{found}; the treated geos are larger than any such set, and large geos "
    "move more than small ones can",
    "fix.placebos_alike": "more history, or method='did' where geos were drawn at random",
    "donor_concentration": "the counterfactual rests on {worth:.1f} geos' worth of donors; the heaviest "
    "is {geo!r} with {share:.0f%}",
    "fix.donor_concentration": "what happens in {geo!r} looks like an effect: more donors alike, or "
    "method='did'",
    "leave_one_donor_out.few": "not checked: fewer than three donors",
    "leave_one_donor_out": "as each of {count:d} donors is left out in turn, the incremental {outcome} "
    "of {whole:#} becomes {low:#} to {high:#}",
    "fix.leave_one_donor_out": "the sign hangs on {geo!r}: find out what happened there",
    "leave_one_treated_out.one": "not checked: one treated geo",
    "leave_one_treated_out.rest": "not checked: what is left cannot be analysed",
    "leave_one_treated_out": "as each of {count:d} treated geos is left out in turn, the lift of "
    "{whole:.3g%} becomes {low:.3g%} to {high:.3g%}",
    "fix.leave_one_treated_out": "the effect hangs on {geo!r}: find out what happened there",
    # the data of the test
    "zeros.none": "no geo is without outcome at any time",
    "zeros.some": "{count:,} cells of the panel ({share:.1f%}) are 0, most in {geo!r}",
    "zeros.several": "{count:d} geos fall to 0 though they were not before: {stretches}",
    "zeros.more": "{first}; and {n:d} more",
    "zeros.stretch": "{geo!r} ({arm}) is 0 on {when} ({steps}{where})",
    "arm.treated": "treated",
    "arm.control": "control",
    "zeros.end_test": ", the end of the test",
    "zeros.end_history": ", the end of the history",
    "zeros.start_history": ", the start of the history",
    "zeros.start_test": ", the start of the test",
    "fix.zeros": "load these days again, or end= before them, where the feed was late; {rest}",
    "fix.zeros.treated": "a treated geo that closed or opened belongs to neither arm",
    "fix.zeros.pairs": "geos that closed or opened belong out of the test, in pairs with their pair",
    "fix.zeros.buffer": "{code} where they closed or opened",
    "outlier_days.ok": "no geo had a day far from its own and the others' usual",
    "outlier_days.one": "{geo!r} on {time} ({times:.2g} times its usual)",
    "fix.outlier_days": "find out why (a bulk order, an import done twice); holidays= leaves a day out "
    "in all geos",
    # spend
    "spend_moved": "the treated geos' spend a {step} went from {before:#} to {after:#}; incremental "
    "{total:#} in all",
    "spend_moved.spilled": "{found}; {what} ({moved:#} a geo and {step}, where it is {other:#} in "
    "treated geos)",
    "spend_moved.new": "control geos that had no spend before were spent on in the test: {geos}",
    "spend_moved.changed": "the control geos' spend changed as well",
    "spend_moved.one_control": "{found}; how sure that is cannot be told from the spend of one control geo",
    "spend_moved.unsure": "{found}, which its standard error of {error:#} hardly tells from none",
    "fix.cost_known": "cost=(total, standard error), where they are known",
    "fix.more_spend": "without more spend, no iROAS can be told",
    "fix.spilled": "what is told is the effect of the difference in spend; look at where the campaign ran",
    "fix.spilled_buffer": "{code}, or count on this: {rest}",
    "reach.sets": "{count:,} sets of control geos",
    "reach.windows": "{count:d} windows to move over",
    "reach.draws": "{count:,} draws",
    "reach.assignments": "{count:,} assignments to replay",
    # notes of a geo test
    "note.cooldown": "the last {steps} are cooldown: without treatment, but counted",
    "note.second_look": "a second look, not a verdict: geos that drift apart, this took for an effect in "
    "{low:.0%} to {high:.0%} of tests of nothing at 5% (docs/validation.md, a zoo of panels)",
    "note.posterior": "p is twice the posterior probability of the other sign, not a frequency of errors",
    "note.index_path": "the path is drawn by the control geos' index, scaled to the estimate",
    "note.usual_off": "each geo's usual response and spend before the test are taken off first, which is "
    "no part of the published method",
    "note.trimmed": "pairs trimmed, by their treated geo: {geos}",
    "note.loose": 'at.DiD(inference="autocorrelation") knows how the gap varied from day to day, and '
    "nothing of how far geos drift apart over weeks: it found something in 5% to 35% of tests of nothing "
    "at 5% (docs/geo.md)",
    "note.missing_zero": "{count:,} missing rows of {geos:d} geos taken as 0{kinds}",
    "note.missing_rows": "left out for missing rows: {geos}{kinds}",
    "note.began_late": "{geos} began late",
    "note.ended_early": "{geos} ended early",
    "in_brackets": " ({parts:;})",
    "note.picked": "the data picked the trim rate, and the interval takes it for given: 95% intervals "
    "held the truth in 92 to 94% of simulated tests (docs/validation.md); given beforehand, "
    "at.TrimmedMatch(trim_rate=0.1), it costs no coverage",
    "note.holidays": "left out as holidays: {times}",
    "note.buffer": "left out as buffer: {geos}",
}
