"""Why rows cannot be used, in words, each with the line that mends it.

In a fix ``@`` stands for the column, such as ``touches["time"]``: `cure` puts it in. A test runs each.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from attribution.language.sentence import Sentence

RESERVED_CHANNEL = "(unattributed)"
DROP = 'at.read_log(..., invalid="drop")'
_DROP = f"{DROP}  # leaves those rows out and counts them"


class Reason(NamedTuple):
    """Why a row cannot be used, in the words of the message."""

    text: str
    why: str
    hint: str
    fatal: bool = False  # not to be cured by leaving the row out
    aside: bool = False  # no fault: the row is left out on purpose, and counted


_NO_TIME = "without a time a row has no place in a journey"
_UNKNOWN_WORTH = "their worth is unknown"


EPOCHS = {"time_s": "s", "time_ms": "ms", "time_us": "us", "time_ns": "ns"}
"""Kinds of times that are numbers since 1970, with their unit."""


def _epoch(unit: str) -> Reason:
    return Reason(Sentence(f"reason.time_{unit}"), _NO_TIME, f'LogSchema(time_unit="{unit}")')


REASONS = {
    "null_user": Reason(
        Sentence("reason.null_user"),
        "a touch of nobody belongs to no journey, and all of them together are no customer",
        _DROP,
    ),
    "user_cut": Reason(
        Sentence("reason.user_cut"),
        "a spreadsheet has cut their last digits: many users are one id, and match nobody elsewhere",
        f"export that column as text and read it with dtype=str; {DROP} leaves those rows out",
    ),
    "null_time": Reason(Sentence("reason.null_time"), _NO_TIME, _DROP),
    "null_channel": Reason(
        Sentence("reason.null_channel"),
        "credit for them would have no name",
        "at.read_log(...).group_channels()  # calls a touch without a source direct traffic; "
        'invalid="drop" would take it away; in a log in one table whose conversions have no channel: '
        "LogSchema(conversion_is_touch=False)",
    ),
    "no_touch": Reason(
        Sentence("reason.no_touch"),
        "the visitor was here before and comes back, so another touch brought them",
        'ChannelRule("referral", source="paypal.com")  # before the other rules, to count those of a host',
        aside=True,
    ),
    "null_sequence": Reason(Sentence("reason.null_sequence"), "the order of touches would be a guess", _DROP),
    "user_text": Reason(
        Sentence("reason.user_text"),
        "they would match nobody",
        f"write both tables with ids of one type; {DROP} leaves those rows out",
    ),
    "user_range": Reason(
        Sentence("reason.user_range"),
        "in 64 bits they look like the negative ids, and two users would be one",
        "write the ids of both tables as uint64, or as text",
        fatal=True,
    ),
    "time_text": Reason(
        Sentence("reason.time_text"),
        _NO_TIME,
        '@ = pandas.to_datetime(@, format="...")  # with the format that they are in',
    ),
    "time_loose": Reason(
        Sentence("reason.time_loose"),
        _NO_TIME,
        '@ = pandas.to_datetime(@, format="mixed", utc=True)',
    ),
    "time_day_first": Reason(
        Sentence("reason.time_day_first"),
        _NO_TIME,
        '@ = pandas.to_datetime(@, format="mixed", dayfirst=True)',
    ),
    "time_month_first": Reason(
        Sentence("reason.time_month_first"),
        _NO_TIME,
        '@ = pandas.to_datetime(@, format="mixed", dayfirst=False)',
    ),
    "time_ambiguous": Reason(
        Sentence("reason.time_ambiguous"),
        "read the wrong way, rows are months from where they were",
        '@ = pandas.to_datetime(@, format="mixed", dayfirst=True), or '
        '@ = pandas.to_datetime(@, format="mixed", dayfirst=False)  # they differ: 03/04 is 3 April '
        "by the first and March 4 by the second",
    ),
    "time_both_ways": Reason(
        Sentence("reason.time_both_ways"),
        "one reading is wrong for some of the rows, and most rows fit both",
        '@ = pandas.to_datetime(@, format="...")  # that of each source, before they are one table',
    ),
    "time_s": _epoch("s"),
    "time_ms": _epoch("ms"),
    "time_us": _epoch("us"),
    "time_ns": _epoch("ns"),
    "time_point": Reason(
        Sentence("reason.time_point"),
        _NO_TIME,
        '@ = @.astype("string").str.replace(r"\\.0*\\s*$", "", regex=True)',
    ),
    "time_fraction": Reason(
        Sentence("reason.time_fraction"),
        _NO_TIME,
        '@ = pandas.to_datetime(@.astype("float64"), unit="s", utc=True)',
    ),
    "time_zone": Reason(
        Sentence("reason.time_zone"),
        "naive and aware times together would be hours apart from where they were",
        '@ = pandas.to_datetime(@, format="mixed", utc=True)  # where no offset means UTC',
        fatal=True,
    ),
    "time_range": Reason(
        Sentence("reason.time_range"),
        "the unit of the numbers is not what was said, or the clock was broken",
        f'LogSchema(time_unit=...) with "s", "ms", "us" or "ns"; {DROP} leaves those rows out',
    ),
    "sequence_text": Reason(Sentence("reason.sequence_text"), "they cannot be ordered", _DROP),
    "value_missing": Reason(
        Sentence("reason.value_missing"),
        "their sum would be wrong by what they were worth",
        "at.read_log(..., missing_value=0.0)  # if they were worth nothing",
        fatal=True,
    ),
    "value_infinite": Reason(Sentence("reason.value_infinite"), "every sum with them is infinite", _DROP),
    "value_point": Reason(
        Sentence("reason.value_point"),
        _UNKNOWN_WORTH,
        '@ = pandas.to_numeric(@.astype("string").str.replace(r"[^0-9.+-]", "", regex=True))',
    ),
    "value_comma": Reason(
        Sentence("reason.value_comma"),
        _UNKNOWN_WORTH,
        '@ = pandas.to_numeric(@.astype("string").str.replace(r"[^0-9,+-]", "", regex=True)'
        '.str.replace(",", "."))  # with a decimal point',
    ),
    "value_mixed": Reason(
        Sentence("reason.value_mixed"),
        _UNKNOWN_WORTH,
        '@ = pandas.to_numeric(@.astype("string").str.replace(r"[^0-9.,+-]|[.,](?=.*[.,])", "", regex=True)'
        '.str.replace(",", "."))  # the last sign is the decimal one',
    ),
    "value_ambiguous": Reason(
        Sentence("reason.value_ambiguous"),
        "read the wrong way, they are a thousand times too large or too small",
        '@ = pandas.to_numeric(@.astype("string").str.replace(r"[^0-9.+-]", "", regex=True))  # if the comma '
        'parts thousands; else @.str.replace(",", ".") first',
    ),
    "value_currencies": Reason(
        Sentence("reason.value_currencies"),
        "their sum would mean nothing",
        "write the currency into a column of its own, and numbers into this one",
        fatal=True,
    ),
    "value_text": Reason(
        Sentence("reason.value_text"),
        _UNKNOWN_WORTH,
        f"write numbers with a decimal point; {DROP} leaves those rows out",
    ),
    "flag": Reason(
        Sentence("reason.flag"),
        "a count of conversions would be taken for one conversion",
        "@ = @ > 0  # if a row is one conversion however large the number is; else one row a conversion",
        fatal=True,
    ),
    "flag_text": Reason(
        Sentence("reason.flag_text"),
        "nothing says which of them are conversions",
        '@ = @.isin(["purchase"])  # the names that are conversions',
        fatal=True,
    ),
    "flag_ids": Reason(
        Sentence("reason.flag_ids"),
        "nothing says which rows are conversions",
        "@ = @.notna()  # if every row with an id is a conversion",
        fatal=True,
    ),
    "reserved_channel": Reason(
        Sentence("reason.reserved_channel", name=RESERVED_CHANNEL),
        "credit and the lack of it would be added up",
        f'@ = @.replace({RESERVED_CHANNEL!r}, "no channel")  # rename it',
        fatal=True,
    ),
}


def cure(reason: str, table: str, column: str) -> str:
    """Return the line that mends a fault in a column of a table.

    Examples
    --------
    >>> cure("flag_ids", "touches", "orderId")
    'touches["orderId"] = touches["orderId"].notna()  # if every row with an id is a conversion'
    """
    return REASONS[reason].hint.replace("@", f"{table}[{json.dumps(column, ensure_ascii=False)}]")
