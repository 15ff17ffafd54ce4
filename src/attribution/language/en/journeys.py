"""English: journeys, paths, synergy, kinds of customers."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "paths": "Top paths",
    "paths.caption": ("The one path", "The {n} paths that converted most often"),
    "paths.note": "A path is the order of touches inside one journey. Median days run from the journey's "
    "first touch to its conversion.",
    "paths.path": "Path",
    "paths.touches": "Touches",
    "paths.nulls": "Without conversion",
    "paths.rate": "Rate",
    "paths.days": "Median days",
    # journey map
    "journey_map": "Journey map",
    "journey_map.figure": "Converting journeys, from touch to touch",
    "journey_map.alt": "{title}: {conversions} from the first touch on. The largest flows: {parts}.",
    "journey_map.part": "{source} to {target} at touch {step}, {amount}",
    "journey_map.note": "Each bar is a channel at one place of the journey, as high as the "
    "conversions that pass it; each band leads to what came next. Up to "
    "{n} touches are told apart, consecutive touches of one channel are "
    "one, and small channels are together.",
    "journey_map.touch": "touch {n}",
    "journey_map.step": "Touch",
    "journey_map.source": "From",
    "journey_map.target": "To",
    "journey_map.caption": (
        "The largest flow of converting journeys",
        "The {n} largest flows of converting journeys",
    ),
    "(later touches)": "(later touches)",
    "(conversion)": "(conversion)",
    "(no conversion)": "(no conversion)",
    "(other)": "(other)",
    # time and touches to convert
    "time_to_convert": "Time to convert",
    "lags.days.median": "Median days to convert",
    "lags.days.within": ("Within {n} day", "Within {n} days"),
    "lags.days.figure": "Days from the first touch to the conversion",
    "lags.days.axis": "days from the first touch",
    "lags.days.up_to": "Up to (days)",
    "lags.days.caption": "Conversions by the days they took",
    "lags.touches.median": "Median touches to convert",
    "lags.touches.within": ("With {n} touch", "With at most {n} touches"),
    "lags.touches.figure": "Touches up to the conversion",
    "lags.touches.axis": "touches",
    "lags.touches.up_to": "Up to (touches)",
    "lags.touches.caption": "Conversions by the touches they took",
    "lags.quartiles": "middle half: {range}",
    "lags.alt": "{title}: half of the conversions have come after {median}, a quarter after {low}, three "
    "quarters after {high}.",
    "lags.marked": "median {median}",
    "lags.axis": "share of conversions",
    "lags.above": "More than",
    "lags.cumulative": "Up to here",
    "lags.note": "Counted from the first touch inside the lookback window, so no time is longer than the "
    "window. Conversions without a touch are left out.",
    # new and returning customers
    "customers": "New and returning customers",
    "customers.credit": "Credited conversions of new and of returning customers, {model}",
    "customers.touched": "Conversions of new and of returning customers that each channel touched",
    "customers.new": "New",
    "customers.returning": "Returning",
    "customers.share": "Share of new",
    "customers.note": "A customer is returning when the log holds an earlier conversion of the same user. "
    "Those who converted before the log began count as new.",
    "customers.left_out": ("{n} smaller channel is not shown.", "{n} smaller channels are not shown."),
    # synergy
    "synergy": "Channels together",
    "synergy.what.odds": (
        "Do journeys with two channels convert more often than those with one or the other "
        "lead to expect? Expected: each multiplies the odds of a journey without both as much "
        "as it does alone."
    ),
    "synergy.what.rate": (
        "Do journeys with two channels convert more often than those with one or the other "
        "lead to expect? Expected: each adds to the rate of a journey without both as much as "
        "it does alone."
    ),
    "synergy.held": "The number of touches, the channel of the last one and the other channels of the "
    "journey are held fixed.",
    "synergy.loose": "Nothing is held fixed here, so the verdicts say nothing about the channels: journeys "
    "with two are longer, and a conversion ends its journey.",
    "synergy.lagging": "Where conversions follow their touches by days, one log in ten shows a pair though "
    "none does anything.",
    "synergy.counted": "Pairs with enough journeys to compare: {tested} of {n}, of {channels} channels.",
    "synergy.none": "No pair clearly converts more or less often than expected.",
    "synergy.others": (
        "{n} more pair is clear; it is in the table.",
        "{n} more pairs are clear; they are in the table.",
    ),
    "synergy.told": "{rate} of {n} journeys with both convert, {expected} were expected: {points} "
    "conversions per 100 journeys ({interval}).",
    "synergy.map": "Conversions per 100 journeys with both channels, beyond those expected",
    "synergy.map.alt": (
        "{title}. Pairs compared: {tested}; clearly more often than expected: {more}; less often: {less}."
    ),
    "synergy.map.note": "Blue: more than expected; orange: less. A number or a sign stands "
    "where the difference is clear; blank pairs had too few journeys.",
    "synergy.figure": "The pairs that differ most from what was expected, with intervals",
    "synergy.alt": "{title}, in conversions per 100 journeys: {parts}.",
    "synergy.axis": "conversions per 100 journeys, beyond those expected",
    "synergy.level": (
        "{level} intervals, corrected for the number of pairs; grey where the difference is not clear."
    ),
    "synergy.caption": "Pairs of channels: conversion rates and what was expected",
    "synergy.first": "Channel",
    "synergy.second": "And",
    "synergy.journeys": "Journeys with both",
    "synergy.rate_both": "Rate of both",
    "synergy.rate_first": "Rate of the first only",
    "synergy.rate_second": "Rate of the second only",
    "synergy.rate_neither": "Rate of neither",
    "synergy.expected": "Expected rate",
    "synergy.excess": "Difference",
    "synergy.low": "From",
    "synergy.high": "To",
    "synergy.p": "p (corrected)",
    "synergy.verdict": "Verdict",
    "synergy.more": "more than expected",
    "synergy.less": "less than expected",
    "synergy.unclear": "unclear",
    "synergy.few": "too few",
    "synergy.left_out": ("{n} more pair is not shown.", "{n} more pairs are not shown."),
    "synergy.caveat": "This is association, not cause: people who meet both channels may "
    "differ from those who meet one. Only an experiment that switches both "
    "on and off tells what the pair causes.",
}
