"""English: a credit in words: in brief, one channel explained, and models compared."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # a credit
    "summary.title": "Credit by {by} ({models}): {counts}",
    "summary.channels_of": "{channels} of {whole:,}",
    "summary.conversions": (
        "{n:#} conversion",
        "{n:#} conversions",
    ),
    "summary.missing": "{missing:#} of them unattributed",
    "summary.lookback": "lookback {lookback}",
    "summary.model": "{model} credits {amount}.",
    "summary.model_tops": "{model} credits {amount}: {tops}.",
    "summary.amount": "{conversions:#} conversions",
    "summary.amount_value": "{conversions:#} conversions and {value} in value",
    "summary.top": "{channel} {number:#} ({share:.1%})",
    "summary.top_between": "{channel} {number:#} ({share:.1%}, {low:.1%} to {high:.1%})",
    "summary.tops_more": "{tops}, and {n:,} more",
    "summary.unattributed": "Unattributed: {missing:#} conversions ({part:.1%}) had no touch to credit; "
    "they are in no channel.",
    "summary.unattributed_value": "Unattributed: {missing:#} conversions ({part:.1%}, {value} in value) "
    "had no touch to credit; they are in no channel.",
    "summary.spend": "Spend: {cost} on {channels}{returns}.",
    "summary.no_cost": "none",
    "summary.highest": "; highest {measure}: {found}",
    "summary.lowest": "; lowest {measure}: {found}",
    "summary.hidden": "one of {count:d}, and chance hides which ({model})",
    "summary.best": "{channel} {amount} ({model})",
    "summary.settings": "Settings: {settings}.",
    "summary.setting": "{name} {value}",
    "summary.setting_model": "{label} is {model}",
    "summary.intervals": "In brackets, beside the share: {told}. They tell how far chance alone moves "
    "the numbers, not which model is right.",
    "intervals.told": "{level:.4g%} intervals from {count:,} resamples of {unit}",
    "intervals.users": "single users",
    "intervals.groups": "{count:,} groups of users",
    "intervals.few": "Credited with fewer than {few:d} conversions, so that their intervals are too "
    "short: {count:,} of {total:,} {cells} (`few` in `intervals()`).",
    "intervals.few_some": "Credited with fewer than {few:d} conversions by some model, so that their "
    "intervals are too short: {count:,} of {total:,} {cells} (`few` in `intervals()`).",
    "intervals.channels": "channels",
    "intervals.cells": "cells by {by}",
    "summary.bookkeeping": "Credit divides what happened; it does not say what would have happened "
    "without a channel.",
    # one channel explained
    "explain.credit": "{channel} gets {number:#} of {attributed} under {model}.",
    "explain.credit_place": "{channel} gets {number:#} of {attributed} under {model}, {share:.1%}: "
    "number {rank:.0f} of {channels:.0f} channels.",
    "explain.sure": "Sampling error puts that share between {low:.1%} and {high:.1%} ({interval}).",
    "explain.attributed": (
        "{n:#} attributed conversion",
        "{n:#} attributed conversions",
    ),
    "explain.absent": "No conversion had {channel} on its way.",
    "explain.way": "It was on the way of {conversions}, with {touches:.2f} touches each: it opened "
    "{opened:#}, closed {closed:#}, and was not the last touch of {assisted:#}.",
    "explain.way_of_all": "It was on the way of {conversions} ({part:.1%} of all), with {touches:.2f} "
    "touches each: it opened {opened:#}, closed {closed:#}, and was not the last touch of {assisted:#}.",
    "n_journeys": (
        "{n:#} journey",
        "{n:#} journeys",
    ),
    "explain.rate_with": "Of {journeys} with it {rate:.1%} converted",
    "explain.rate_without": "Of {journeys} without it {rate:.1%} converted",
    "explain.rate_then_without": "of {journeys} without it {rate:.1%} converted",
    "explain.rates": "{sides:;}. These are different people, so the gap is not its effect.",
    "explain.paths_with": "Most converting paths with it: {paths}.",
    "explain.paths_without": "Most converting paths without it: {paths}.",
    "explain.path": "{path} ({number:#})",
    "explain.path_rate": "{path} ({number:#}, {rate:.1%} of such journeys)",
    "explain.bookkeeping": "This is how credit was divided; what the channel caused, only an experiment "
    "tells.",
    "explain.title": "{channel} under {model}",
    # models compared
    "compare.title": "Shares of {channels:,} channels under {models:d} models, against {base}",
    "compare.farthest": "Farthest apart: {first} and {second} credit {apart:.1%} of the conversions to "
    "different channels; most of all {channel}, {moved} under {first}.",
    "compare.nearest": "Nearest: {first} and {second} credit {apart:.1%} of the conversions to different "
    "channels; most of all {channel}, {moved} under {first}.",
    "compare.more": (
        "{n:.1f} points more",
        "{n:.1f} points more",
    ),
    "compare.less": (
        "{n:.1f} points less",
        "{n:.1f} points less",
    ),
    "compare.steady": "Same rank under every model: {channels}.",
    "compare.bookkeeping": "Disagreement is about bookkeeping: no model tells what a channel caused.",
    "compare.brackets": "In brackets: places gained or lost against the base.",
}
