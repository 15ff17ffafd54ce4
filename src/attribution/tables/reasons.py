"""Why rows cannot be used, in words, each with the line that mends it.

In a fix ``@`` stands for the column, such as ``touches["time"]``: `cure` puts it in. A test runs each.
"""

from __future__ import annotations

import json
from typing import NamedTuple

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


def _epoch(unit: str, name: str) -> Reason:
    text = f"times are numbers: {name} since 1970, by their size"
    return Reason(text, _NO_TIME, f'LogSchema(time_unit="{unit}")')


REASONS = {
    "null_user": Reason(
        "users are null, blank or placeholders such as 'undefined'",
        "a touch of nobody belongs to no journey, and all of them together are no customer",
        _DROP,
    ),
    "user_cut": Reason(
        "users are in scientific notation (1.23E+15)",
        "a spreadsheet has cut their last digits: many users are one id, and match nobody elsewhere",
        f"export that column as text and read it with dtype=str; {DROP} leaves those rows out",
    ),
    "null_time": Reason("times are null (NaT, or text that says so)", _NO_TIME, _DROP),
    "null_channel": Reason(
        "channels are null",
        "credit for them would have no name",
        "at.read_log(...).group_channels()  # calls a touch without a source direct traffic; "
        'invalid="drop" would take it away; in a log in one table whose conversions have no channel: '
        "LogSchema(conversion_is_touch=False)",
    ),
    "no_touch": Reason(
        "touches come from log-in, payment or tag-debugging hosts, or from the shop's own domains",
        "the visitor was here before and comes back, so another touch brought them",
        'ChannelRule("referral", source="paypal.com")  # before the other rules, to count those of a host',
        aside=True,
    ),
    "null_sequence": Reason("sequence numbers are null", "the order of touches would be a guess", _DROP),
    "user_text": Reason(
        "users are no whole numbers below 2**63, as they are in the other table",
        "they would match nobody",
        f"write both tables with ids of one type; {DROP} leaves those rows out",
    ),
    "user_range": Reason(
        "users are 2**63 or more, and ids elsewhere in this log are signed integers",
        "in 64 bits they look like the negative ids, and two users would be one",
        "write the ids of both tables as uint64, or as text",
        fatal=True,
    ),
    "time_text": Reason(
        "times cannot be read as ISO 8601 (2026-03-01T12:30:00Z)",
        _NO_TIME,
        '@ = pandas.to_datetime(@, format="...")  # with the format that they are in',
    ),
    "time_loose": Reason(
        "times are not quite ISO 8601 (2026-03-01T12:30:00Z)",
        _NO_TIME,
        '@ = pandas.to_datetime(@, format="mixed", utc=True)',
    ),
    "time_day_first": Reason(
        "times are no ISO 8601 (2026-03-01T12:30:00Z): day, month, year",
        _NO_TIME,
        '@ = pandas.to_datetime(@, format="mixed", dayfirst=True)',
    ),
    "time_month_first": Reason(
        "times are no ISO 8601 (2026-03-01T12:30:00Z): month, day, year",
        _NO_TIME,
        '@ = pandas.to_datetime(@, format="mixed", dayfirst=False)',
    ),
    "time_ambiguous": Reason(
        "times are no ISO 8601, and nothing tells the day from the month (03/04/2026)",
        "read the wrong way, rows are months from where they were",
        '@ = pandas.to_datetime(@, format="mixed", dayfirst=True), or '
        '@ = pandas.to_datetime(@, format="mixed", dayfirst=False)  # they differ: 03/04 is 3 April '
        "by the first and March 4 by the second",
    ),
    "time_both_ways": Reason(
        "times are no ISO 8601: some have the day first and some the month (13/03/2026 and 03/13/2026)",
        "one reading is wrong for some of the rows, and most rows fit both",
        '@ = pandas.to_datetime(@, format="...")  # that of each source, before they are one table',
    ),
    "time_s": _epoch("s", "seconds"),
    "time_ms": _epoch("ms", "milliseconds"),
    "time_us": _epoch("us", "microseconds"),
    "time_ns": _epoch("ns", "nanoseconds"),
    "time_point": Reason(
        "times are whole numbers written with a decimal point",
        _NO_TIME,
        '@ = @.astype("string").str.replace(r"\\.0*\\s*$", "", regex=True)',
    ),
    "time_fraction": Reason(
        "times are numbers with a fraction: seconds since 1970, by their size",
        _NO_TIME,
        '@ = pandas.to_datetime(@.astype("float64"), unit="s", utc=True)',
    ),
    "time_zone": Reason(
        "times have no offset while others of this column have one",
        "naive and aware times together would be hours apart from where they were",
        '@ = pandas.to_datetime(@, format="mixed", utc=True)  # where no offset means UTC',
        fatal=True,
    ),
    "time_range": Reason(
        "times lie outside the years 1678 to 2262",
        "the unit of the numbers is not what was said, or the clock was broken",
        f'LogSchema(time_unit=...) with "s", "ms", "us" or "ns"; {DROP} leaves those rows out',
    ),
    "sequence_text": Reason("sequence numbers are not whole numbers", "they cannot be ordered", _DROP),
    "value_missing": Reason(
        "values are missing (null or NaN)",
        "their sum would be wrong by what they were worth",
        "at.read_log(..., missing_value=0.0)  # if they were worth nothing",
        fatal=True,
    ),
    "value_infinite": Reason("values are infinite", "every sum with them is infinite", _DROP),
    "value_point": Reason(
        "values are not numbers: texts with currency signs or thousands separators",
        _UNKNOWN_WORTH,
        '@ = pandas.to_numeric(@.astype("string").str.replace(r"[^0-9.+-]", "", regex=True))',
    ),
    "value_comma": Reason(
        "values are not numbers: texts with a decimal comma",
        _UNKNOWN_WORTH,
        '@ = pandas.to_numeric(@.astype("string").str.replace(r"[^0-9,+-]", "", regex=True)'
        '.str.replace(",", "."))  # with a decimal point',
    ),
    "value_mixed": Reason(
        "values are not numbers: texts, some with a decimal comma and some with a decimal point",
        _UNKNOWN_WORTH,
        '@ = pandas.to_numeric(@.astype("string").str.replace(r"[^0-9.,+-]|[.,](?=.*[.,])", "", regex=True)'
        '.str.replace(",", "."))  # the last sign is the decimal one',
    ),
    "value_ambiguous": Reason(
        "values are not numbers: texts that can be read in two ways (1,234 is 1234 or 1.234)",
        "read the wrong way, they are a thousand times too large or too small",
        '@ = pandas.to_numeric(@.astype("string").str.replace(r"[^0-9.+-]", "", regex=True))  # if the comma '
        'parts thousands; else @.str.replace(",", ".") first',
    ),
    "value_currencies": Reason(
        "values are not numbers: texts in several currencies",
        "their sum would mean nothing",
        "write the currency into a column of its own, and numbers into this one",
        fatal=True,
    ),
    "value_text": Reason(
        "values are not numbers",
        _UNKNOWN_WORTH,
        f"write numbers with a decimal point; {DROP} leaves those rows out",
    ),
    "flag": Reason(
        "entries of the conversion column are numbers, and neither 0 nor 1",
        "a count of conversions would be taken for one conversion",
        "@ = @ > 0  # if a row is one conversion however large the number is; else one row a conversion",
        fatal=True,
    ),
    "flag_text": Reason(
        "entries of the conversion column are neither 0 nor 1, true nor false, but names of events or goals",
        "nothing says which of them are conversions",
        '@ = @.isin(["purchase"])  # the names that are conversions',
        fatal=True,
    ),
    "flag_ids": Reason(
        "entries of the conversion column are neither 0 nor 1, true nor false, but ids",
        "nothing says which rows are conversions",
        "@ = @.notna()  # if every row with an id is a conversion",
        fatal=True,
    ),
    "reserved_channel": Reason(
        f"rows bear the channel name {RESERVED_CHANNEL!r}, kept for conversions without a touch",
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
