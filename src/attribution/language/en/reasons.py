"""English: why rows cannot be read."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "reason.null_user": "users are null, blank or placeholders such as 'undefined'",
    "reason.user_cut": "users are in scientific notation (1.23E+15)",
    "reason.null_time": "times are null (NaT, or text that says so)",
    "reason.null_channel": "channels are null",
    "reason.no_touch": "touches come from log-in, payment or tag-debugging hosts, or from the shop's own "
    "domains",
    "reason.null_sequence": "sequence numbers are null",
    "reason.user_text": "users are no whole numbers below 2**63, as they are in the other table",
    "reason.user_range": "users are 2**63 or more, and ids elsewhere in this log are signed integers",
    "reason.time_text": "times cannot be read as ISO 8601 (2026-03-01T12:30:00Z)",
    "reason.time_loose": "times are not quite ISO 8601 (2026-03-01T12:30:00Z)",
    "reason.time_day_first": "times are no ISO 8601 (2026-03-01T12:30:00Z): day, month, year",
    "reason.time_month_first": "times are no ISO 8601 (2026-03-01T12:30:00Z): month, day, year",
    "reason.time_ambiguous": "times are no ISO 8601, and nothing tells the day from the month (03/04/2026)",
    "reason.time_both_ways": "times are no ISO 8601: some have the day first and some the month "
    "(13/03/2026 and 03/13/2026)",
    "reason.time_s": "times are numbers: seconds since 1970, by their size",
    "reason.time_ms": "times are numbers: milliseconds since 1970, by their size",
    "reason.time_us": "times are numbers: microseconds since 1970, by their size",
    "reason.time_ns": "times are numbers: nanoseconds since 1970, by their size",
    "reason.time_point": "times are whole numbers written with a decimal point",
    "reason.time_fraction": "times are numbers with a fraction: seconds since 1970, by their size",
    "reason.time_zone": "times have no offset while others of this column have one",
    "reason.time_range": "times lie outside the years 1678 to 2262",
    "reason.sequence_text": "sequence numbers are not whole numbers",
    "reason.value_missing": "values are missing (null or NaN)",
    "reason.value_infinite": "values are infinite",
    "reason.value_point": "values are not numbers: texts with currency signs or thousands separators",
    "reason.value_comma": "values are not numbers: texts with a decimal comma",
    "reason.value_mixed": "values are not numbers: texts, some with a decimal comma and some with a "
    "decimal point",
    "reason.value_ambiguous": "values are not numbers: texts that can be read in two ways (1,234 is 1234 "
    "or 1.234)",
    "reason.value_currencies": "values are not numbers: texts in several currencies",
    "reason.value_text": "values are not numbers",
    "reason.flag": "entries of the conversion column are numbers, and neither 0 nor 1",
    "reason.flag_text": "entries of the conversion column are neither 0 nor 1, true nor false, but names "
    "of events or goals",
    "reason.flag_ids": "entries of the conversion column are neither 0 nor 1, true nor false, but ids",
    "reason.reserved_channel": "rows bear the channel name {name!r}, kept for conversions without a touch",
}
