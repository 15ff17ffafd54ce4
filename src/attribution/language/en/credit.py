"""English: findings, credit by model, how sure, what channels did, breakdowns, unattributed conversions."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "conversions": "Conversions",
    "value": "Value",
    "share": "Share",
    "model": "Model",
    "all_conversions": "All conversions",
    "all_value": "All value",
    "left_out": (
        "{n} channel with less credit is not shown; the totals count it.",
        "{n} channels with less credit are not shown; the totals count them.",
    ),
    # findings
    "findings": "Findings",
    "findings.attributed": "Attributed",
    "findings.unattributed": "{conversions} unattributed",
    "findings.spend": "Spend",
    "findings.roas": "attributed value per unit of spend",
    "findings.cpa": "spend per attributed conversion",
    "findings.incremental": "Incremental",
    "findings.incremental.detail": "caused by {channel} (counted: {outcome}); {low} to {high} with {level} "
    "confidence",
    "findings.caused": "conversions caused by all channels, of which {tested} of {channels} were tested; "
    "{low} to "
    "{high} with {level} probability",
    "findings.empty": "The log holds no conversions, so there is nothing to credit.",
    "findings.whole": "{conversions}{worth}: each had at least one touch{window} before it.",
    "findings.partly": "{conversions}{worth}: {attributed} ({share}) had at least one touch{window} "
    "before; {lost} had none: unattributed, and spread over no channel.",
    "findings.worth": " worth {value}",
    "findings.window": " within {lookback}",
    "findings.leader": "{channel} gets the most credit under {models}: {extent} of attributed conversions.",
    "findings.every": "every model ({models})",
    "findings.all": ("the model", "all {n} models"),
    "findings.others": "In the lead under the other models: {channels}.",
    "findings.agree": "The models agree on every channel to a tenth of a point.",
    "findings.disagree": "The models disagree most about {channel}: {least} of the credit under {low}, "
    "{most} under {high}. There the choice of a model decides, not the data.",
    "findings.returns": "Under {model}, {best} has the highest ROAS ({highest}), {worst} the lowest "
    "({lowest}).",
    "findings.returns_open": "Under {model}, ROAS runs from {lowest} ({worst}) to {highest} ({best}); other "
    "channels could be at an end as well.",
    "findings.below": "Credited value stays below spend under {models} for {channels}.",
    "findings.that_model": "that model",
    "findings.every_model": "every model",
    "findings.open": "Under {models} nothing tells which of {channels} gets the most credit.",
    "findings.lead_sure": "How sure: under {model}, {first} alone could be first (95% confidence), and its "
    "share lies between {low} and {high} (95% interval).",
    "findings.lead_open": "How sure: under {model}, {n} channels could be first (95% confidence), so none is "
    "said to lead; the share of {first} lies between {low} and {high} (95% interval).",
    "findings.no_intervals": "How sure: these numbers carry no intervals, so small differences may be "
    "chance.",
    # credit by model
    "credit": "Credit by model",
    "credit.nothing": "The log names no channel.",
    "credit.conversions": "Conversions credited to each channel, by model",
    "credit.value": "Value credited to each channel, by model",
    "credit.share": "Share of attributed conversions, by model",
    "credit.figure": "Credited conversions by channel",
    "credit.figure.one": "Credited conversions by channel, {model}",
    "credit.figure.spans": "The lines are 95% intervals.",
    "credit.figure.alt": "{title}: {parts}.",
    "credit.figure.across": (
        "{title}, from the lowest to the highest of {n} model: {parts}.",
        "{title}, from the lowest to the highest of {n} models: {parts}.",
    ),
    "figure.largest": ("The largest of {total} channels.", "The {n} largest of {total} channels."),
    "figure.part": "{channel} {amount}",
    "figure.others": ("{n} other channel", "{n} other channels"),
    "figure.rest": ("{parts}; and {n} more channel", "{parts}; and {n} more channels"),
    "axis.conversions": "conversions",
    "axis.share": "share of attributed conversions",
    "axis.value_share": "share of attributed value",
    "axis.cost_share": "share of cost",
    # how sure
    "sure": "How sure the credit is",
    "sure.text": "From {n} resamples of users: how much the credit would change with other users like "
    "these. It does not tell whether the model is right.",
    "sure.caption": "Share of credit with 95% intervals, places, and which channels could be first, {model}",
    "sure.note": "Each interval of a share holds for itself. The places hold for all channels at once with "
    "95% confidence, and so does the set of channels that could be first: where it has one member, that "
    "channel leads. “First in” is the part of the resamples in which a channel comes first; it is not the "
    "probability that it is the best.",
    "sure.few": "Credited with fewer than {n} conversions, and so with intervals that are too short: "
    "{channels}.",
    "sure.could": "Could be first",
    "sure.yes": "yes",
    "sure.low": "95% from",
    "sure.high": "95% to",
    "sure.rank": "Place",
    "sure.rank_low": "Place from",
    "sure.rank_high": "Place to",
    "sure.best": "First in",
    "sure.models": "Where two models differ by more than chance, channel by channel",
    "sure.models.note": "Difference of the shares, first less second, in percentage points; only pairs "
    "whose interval leaves out zero, the largest first. The intervals hold for all pairs of models and all "
    "channels at once with 95% confidence.",
    "sure.first": "First",
    "sure.second": "Second",
    "sure.difference": "Difference",
    "sure.figure": "Place of each channel, {model}",
    "sure.figure.alt": "{title}: {parts}.",
    "sure.figure.part": "{channel} holds place {place} in {chance} of the resamples",
    "sure.figure.axis": "place, best first; percent of resamples",
    # what channels did
    "activity": "What channels did",
    "activity.caption": "Conversions that each channel touched, assisted (touched, but not last), opened and "
    "closed",
    "activity.touched": "Touched",
    "activity.assisted": "Assisted",
    "activity.opened": "Opened",
    "activity.closed": "Closed",
    "activity.mean_touches": "Mean touches",
    "activity.note": "These counts are the same under every model. They do not add up to the conversions: "
    "one conversion may be touched by several channels.",
    # over time, breakdown
    "over_time": "Over time",
    "over_time.figure": "Credited conversions by {period}, {model}",
    "over_time.alt": "{title}: {n} periods from {first} to {last}; most in {high} ({most}), fewest in "
    "{low} ({least}).",
    "breakdown": "Breakdown",
    "breakdown.caption": "Credited conversions by {dimensions}, largest first",
    "breakdown.more": (
        "{n} smaller line is not shown; credit.to_frame() has it.",
        "{n} smaller lines are not shown; credit.to_frame() has all of them.",
    ),
    # unattributed
    "unattributed": "Unattributed conversions",
    "unattributed.none": "None: every conversion had at least one eligible touch.",
    "unattributed.why": "A conversion without an eligible touch is counted here and given to no channel. "
    "Usual reasons: a lookback shorter than the time people take to decide, touches that were not logged, "
    "touches logged under another user id, and, under after_conversion = reset, repeat purchases that "
    "needed no new touch.",
    "unattributed.every": "every model",
    "unattributed.conversions": "Attributed and unattributed conversions",
    "unattributed.value": "Attributed and unattributed value",
    "unattributed.attributed": "Attributed",
    "unattributed.lost": "Unattributed",
    "unattributed.total": "Total",
    "unattributed.share": "Unattributed share",
}
