"""English: checks and notes of tests on users."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # shares of arms
    "arms.differ": "arms that were not filled as planned differ in more than the treatment, so any "
    "difference may be theirs",
    "fix.units_lost": "find where units are lost (logging, joins, filters after assignment, bots) before "
    "reading the result; Fabijan et al. (2019) list the usual causes",
    "sample_ratio.untold": "not checked: the planned shares were not told (shares=)",
    "sample_ratio.arm": "{arm} {count:,} ({share:.1%}, planned {planned:.1%})",
    "sample_ratio.ok": "the arms hold the planned shares: {arms}; p = {p:.3g}",
    "sample_ratio.unusual": "the shares are unusual, watch them: {arms}; p = {p:.2g}",
    "sample_ratio.failed": "the arms hold other shares than planned: {arms}; p = {p:.2g}; {why}",
    "sample_ratio_by.none": "no {by} was given",
    "sample_ratio_by.few": "no {by} expects {least:.0f} units in every arm: too few to test",
    "sample_ratio_by.ok": "the shares hold in each of {tested:,} {by}s tested (p = {p:.3g} over all)",
    "sample_ratio_by.alone": "{bad:,} of {tested:,} {by}s deviate by themselves from the planned shares, "
    "worst {worst} (p = {p:.2g} over all): {why}",
    "sample_ratio_by.together": "{tested:,} {by}s deviate together from the planned shares, worst "
    "{worst} (p = {p:.2g} over all): {why}",
    "sample_ratio_sequential.none": "no look was taken yet",
    "sample_ratio_sequential.ok": "after {looks:,} looks the shares are as planned (p = {p:.3g}, valid "
    "at every look)",
    "sample_ratio_sequential.failed": "the shares left the plan at look {look:d} of {looks:,} (p = "
    "{p:.2g}, valid at every look): {why}",
    # who is in the table
    "assigned_users.arm": "{arm} {present:,} of {assigned:,}",
    "assigned_users.more": "the table has more users than were assigned: {arms}",
    "fix.assigned_only": "one row a user, and only those assigned: {code}",
    "assigned_users.ok": "all {total:,} assigned users are in the table",
    "assigned_users": "{lost:,} of {total:,} assigned users are not in the table: {arms}",
    "assigned_users.failed": "{lost:,} of {total:,} assigned users are not in the table: {arms}; those "
    "who are missing may be those without any outcome",
    "assigned_users.uneven": "more users were lost of one arm than of another: {arms}; p = {p:.2g}; {why}",
    "users_without_outcome": "every user has some {outcome}: if the table was joined from orders, those "
    "without are missing, and the answer is to another question, about buyers; if it has all who were "
    "assigned, assignment= with their numbers says so",
    "clusters_in_two_arms": "{crossed:,} clusters have units in more than one arm",
    "fix.whole_clusters": "assign whole clusters, or analyse users without cluster=",
    # exposure
    "contamination.ok": "no unit of the holdout was exposed ({total:,} units)",
    "contamination": "{seen:,} of {total:,} holdout units were exposed ({share:.3g%}){hides}{nothing}",
    "contamination.hides": "; it hides {part:.0f%} of the contrast in exposure",
    "contamination.nothing": ", no fewer than among the treated: the test contrasts nothing",
    "fix.withhold": "withhold by the assignment table at serving time; read the effect per exposed unit "
    "as CACE",
    "exposure_ratio.nothing": "all units of all arms are exposed, or none: nothing to compare",
    "exposure_ratio.arm": "{arm} {share:.2%}",
    "exposure_ratio.ok": "the arms would be exposed alike: {arms}; p = {p:.3g}",
    "exposure_ratio.unusual": "exposure is unusually uneven: {arms}; p = {p:.2g}",
    "exposure_ratio.failed": "the arms would not be exposed alike: {arms}; p = {p:.2g}. The exposed of "
    "one arm and the would-be exposed of the other are then different people",
    "fix.log_exposure": "log the would-be exposure at the same point of serving in all arms; until then "
    "read the ITT only",
    # before the test
    "covariate_balance.few": "too few units or no covariate to compare",
    "covariate_balance.worst": "largest difference {difference:+.3f} sd ({covariate})",
    "covariate_balance.failed": "the arms differed before the test: {worst}, joint p = {p:.2g}; chance "
    "does not explain it",
    "fix.assignment": "check how units were assigned, and that the covariates were measured before "
    "assignment",
    "covariate_balance.chance": "{worst}; chance explains it (joint p = {p:.3g}); adjust for it to be surer",
    "covariate_balance.ok": "the arms were alike before the test: {worst}, joint p = {p:.3g}",
    "covariate_balance.skewed": "the arms differed before the test by {difference:+.3f} sd "
    "({covariate}), p = {p:.2g}, which is not exact where a covariate is as skewed: look at how units were "
    "assigned",
    "pre_period.none": "no outcome from before the test was given; pass one to test the arms on it",
    "pre_period.ok": "before the test the arms did not differ (smallest p = {p:.3g}, {tested:,} tested)",
    "pre_period.failed": "{bad:,} of {tested:,} outcomes differed between the arms before the test, most "
    "{worst} (adjusted p = {p:.2g}): the difference after it is not all the treatment's",
    "fix.window_before": "check the assignment, and that the window ends before the test",
    "placebo.blind": "{outcomes} cannot tell the arms apart: it hardly varies, or has too few events",
    "placebo_size.none": "no A/A test was run",
    "placebo_size": "{rejected:,} of {draws:,} A/A tests reject ({share:.1%}, promised {level:.3g%})",
    "placebo_size.failed": "{found}: effects that are not there are found too often, so a small p-value "
    "here proves little",
    "fix.unit_of_assignment": "use the unit of assignment as the unit of analysis (cluster=)",
    "outcome_is_zero": "{outcome} is 0 for everybody and is left out: there is nothing to compare",
    "fix.join": "check the join that brought it to the users",
    # few events
    "few_events.clusters": "the clusters of {arm} are as good as {found} of one size",
    "few_events.events": "{outcome} in {arm} rests on as good as {found} events",
    "few_events.whole": "{count:,.0f}",
    "few_events.part": "{count:,.1f}",
    "few_events.blind": "{found}, {why}: there is no verdict",
    "few_events.out_of_reach": "{found}: however they had fallen, the smallest p would have been "
    "{p:.2g}, so that no effect can be shown at {level:.3g%}",
    "few_events.made_by": "{found}, so that the test is made by {how}",
    "few_events.score": "the score test",
    "few_events.anew": "assigning the same units anew, whatever they are like",
    "few_events.sequential": "fewer than the {least:d} in an arm from which a confidence sequence is to "
    "be looked at",
    "few_events.sums": "and sums alone do not tell how its error is distributed",
    "fix.more_events": "a longer test, a larger holdout, or something more frequent: outcome= visits or "
    "baskets",
    "fix.look_later": "look again when each arm has {least:d} events",
    # notes of a holdout test
    "note.capped": "{outcome} is capped at {cap:#}, the {quantile:g} quantile of all arms together: the "
    "effect on what lies above is not in the numbers",
    "note.below_zero": "some values of {outcome} are negative (refunds?), the lowest {low:#}",
    "note.few_clusters": "an arm has {fewest:d} clusters; below {least:d} the interval is right only "
    "where clusters are of about one size",
    "note.unused": "the covariates {covariates} are not used: with so few events nobody knows what they "
    "explain",
    "note.two_part": "two parts: the mean per user with any outcome compares other people in either arm, "
    "and is no effect by itself",
    "note.heavy_tails": "{outcome} has heavy tails (in the holdout, standard deviation {cv:.3g} times "
    "the mean, skewness {skewness:.3g}): the interval is sure to hold its level only with {times:.2g} "
    "times as many users; {advice} it otherwise",
    "note.heavy_tails.rare": "two_part=True reads",
    "note.heavy_tails.common": "winsorise=0.999 or two_part=True read",
    "note.short_segments": "segments with too few users or no outcome are left out: {segments}",
}
