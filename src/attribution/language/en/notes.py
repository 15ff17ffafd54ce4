"""English: notes on a whole credit and on its spend."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # days and their like
    "weekday.monday": "Monday",
    "weekday.tuesday": "Tuesday",
    "weekday.wednesday": "Wednesday",
    "weekday.thursday": "Thursday",
    "weekday.friday": "Friday",
    "weekday.saturday": "Saturday",
    "weekday.sunday": "Sunday",
    "periods.day": "days",
    "periods.week": "weeks",
    "periods.month": "months",
    "a_period.week": "a week",
    "a_period.month": "a month",
    "commas": "commas",
    "tabs": "tabs",
    "semicolons": "semicolons",
    "bars": "bars",
    # of a whole credit
    "note.nothing": "the journeys hold no conversion, so there is nothing to credit",
    "note.nothing_in_period": (
        "no conversion lies in the period {period}; the log runs from {first} to {last}"
    ),
    "note.no_touch": (
        (
            "none of the {n} conversions has a touch in the window before it; do both tables name users "
            "alike? log.audit() tells more"
        ),
        (
            "none of the {n} conversions has a touch in the window before it; do both tables name users "
            "alike? log.audit() tells more"
        ),
    ),
    "note.currencies": "values are in {currencies}: amounts of several have no sum and no shares",
    "note.no_currency": "some conversions with a value name no currency, and are taken to be in {currency}",
    "note.agrees": "{model}: credit by {by:and} equals the conversions and the value of every label",
    "note.disagrees": "{model}: credit by {by:and} does not agree with the {what} of {wrong:,} of "
    "{total:,} labels; worst is {label}: {credited:,.4g} credited for {counted:,.4g}",
    "of.conversions": "conversions",
    "of.value": "value",
    "note.negative": "{found}; some credit or value is negative, so that cells cannot be fitted to both",
    "note.moved": "{model}: {part:.1%} of the credit by {by:and} is of channels that did not touch these "
    "conversions: some channels are credited with more than conversions that they touched",
    # of spend
    "spend.flights": (
        "spend: {n} row is of several days, and spread evenly over them, first and last included",
        "spend: {n} rows are of several days, and spread evenly over them, first and last included",
    ),
    "spend.spread": "spend: {what} are spread evenly over their days, as the credit is by {periods:and}",
    "spend.spread_from": "spend: {what} that begin on {own} (those of the credit on {other}) are spread "
    "evenly over their days, as the credit is by {periods:and}",
    "spend.rates": "spend: converted by rates: {rates}",
    "spend.left_out": "spend: {amount:#} on days outside {first} to {last}, the days of the credit, is "
    'left out; outside="keep" counts it',
    "spend.kept": "spend: {amount:#} on days outside {first} to {last}, the days of the credit, is counted",
    "spend.in_part": "spend: {period} of it lies only in part within {first} to {last}, and is counted whole",
    "spend.other_days": "spend: it is of {start} to {end} and the credit of {first} to {last}; ROAS and "
    "CPA count conversions of days whose spend is not known",
    "spend.no_value": "spend: the log has no values, so that ROAS and ROI are empty",
    "spend.no_channel": "spend: none of its channels is a channel of the credit; are the names those of "
    "the log?",
    "spend.alike": "spend: {one!r} has spend but no credit, and {other!r} credit, no spend; are they one?",
    "spend.no_label": "spend: costs without a label are in the rows {label!r}",
    "spend.days": "spend: its days are those of {columns}",
    "spend.unused": "spend: columns not used: {columns}",
    "spend.suspect": "spend: {label!r} in row {row:d} cost as much as all other rows together; is it a "
    "total of them?",
    "spend.summed": "spend: {n:,} rows are summed to {rows:,}, one for each day and campaign",
    "spend.usual_channel": "spend: all of it is taken for {channel!r}; channel= says another",
    "spend.sentences": (
        "spend: {n:d} row of one cell is no cost, and left out",
        "spend: {n:d} rows of one cell are no costs, and left out",
    ),
    "spend.totals": (
        "spend: {n:d} row is a total of others and left out{named}: {amount:#}",
        "spend: {n:d} rows are totals of others and left out{named}: {amount:#}",
    ),
    "spend.file": "spend: {path} is read as {found}",
    "spend.file.separated": "separated by {separator}",
    "spend.file.header": "with its header in line {line:d}",
    "spend.no_rows": (
        "spend: {n:d} line is no row and left out: {shown}",
        "spend: {n:d} lines are no rows and left out: {shown}",
    ),
}
