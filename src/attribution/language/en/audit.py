"""English: what the audit of a log finds, and what to do about it."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # counts with their nouns
    "n_orders": (
        "{n} order id",
        "{n} order ids",
    ),
    "n_values": (
        "{n} value",
        "{n} values",
    ),
    "n_days": (
        "{n} day",
        "{n} days",
    ),
    "n_users": (
        "{n} user",
        "{n} users",
    ),
    "n_channels": (
        "{n} channel",
        "{n} channels",
    ),
    "n_labels": (
        "{n} label",
        "{n} labels",
    ),
    "both_of": "{touches} and {conversions}",
    # rows that cannot be read
    "null_keys.ok": "every row has its keys",
    "unreadable_entries.ok": "every entry can be read",
    "no_touch.ok": "no touch was left out for the host that it comes from",
    "no_touch": "{count:,} {what} ({share:.1%}); they are left out and take no credit",
    "unreadable": "{table}: {what} ({count:,} in column {column!r})",
    "mixed_clocks": "times are not on one clock: {places}",
    "mixed_clocks.place": "{zone} in {where}",
    "clock.naive": "no zone",
    "clock.offsets": "texts with offsets",
    "clock.zone": "zone {zone}",
    "mixed_clocks.ok": "all times are on one clock: {clock}",
    "clock.as_utc": "no zone, taken as UTC",
    "clock.each": "an offset each",
    "clock.one": "one zone",
    # times
    "times_out_of_range.ok": "all times are of this century",
    "times_out_of_range.before": "{rows} before the year 2000",
    "times_out_of_range.beyond": "{rows} outside the years 1678 to 2262",
    "fix.times": "correct them where they are made, or filter them out before reading",
    "fix.times_unit": 'is time_unit="{unit}" right? correct them where they are made, or filter them out '
    "before reading",
    "times_in_future.ok": "no time is in the future",
    "times_in_future": "{rows} after the present",
    "fix.future": "filter them out before reading; if all are a few hours ahead, local times were taken "
    "for UTC",
    "missing_days.few": "too few touches a day to tell a missing day from a quiet one",
    "missing_days.ok": "touches on each of {count:,} days",
    "missing_days": "{days} of {count:,} without a touch, where a day has {usual:,.0f} on average",
    "fix.missing_days": "load those days again: conversions after them lack the touches that led to them",
    "log_stops.nothing": "no touches or no conversions to compare",
    "log_stops.censored": "{touches} in the last {lookback} of the log: their users may yet convert, so "
    "journeys that end there are no evidence against a channel",
    "log_stops.short": "the log is {days:.1f} days long and its lookback {lookback}",
    "log_stops.touches": "touches stop at {touch}, conversions at {conversion}: {after} after the last touch",
    "log_stops.conversions": "conversions stop at {conversion}, touches at {touch}: later journeys look "
    "as if they had failed",
    "log_stops.cut_off": "the last day, {day}, has {touches:,} touches, {usual:,.0f} are usual: it looks "
    "cut off",
    "fix.longer_log": "load a longer log, or a shorter lookback: dropping what is censored would leave "
    "no journey that failed",
    "fix.more_days": "load more days: users are too busy to know of a journey that failed",
    "fix.conversions_after": "leave out conversions after {time}, or load the missing touches; {rest}",
    "fix.touches_after": "leave out touches after {time}, or load the missing conversions; {rest}",
    # touches
    "exact_duplicates.ok": "no two rows are the same in every column",
    "exact_duplicates": "{rows} like another row in every column that is read",
    "fix.duplicates": "{code}  # if an event is there once",
    "sequence_order.none": "the log has no column of a sequence",
    "sequence_order.ok": "the sequence of each user's touches goes with their times",
    "sequence_order": "{touches} later in time and earlier in the sequence than the one before: time decides",
    "fix.sequence": "{code}  # if it is no order; else mend the times",
    "ties.ok": "no user has two channels at one instant",
    "ties": "{touches} at the instant of another channel of the same user: channel names order them",
    "fix.ties": "make the sequence column tell them apart",
    "fix.ties_column": 'LogSchema(sequence="...") with a column that orders them',
    "channel_spelling.ok": "{count:,} channels, all of distinct spelling",
    "channel_spelling": "{channels} spelt in several ways, {touches} in the rarer ones: {shown}",
    "label_spelling.ok": "no label of a dimension is spelt in several ways",
    "label_spelling": "{labels} spelt in several ways: {shown}",
    "blank_channels.ok": "every channel has a name",
    "blank_channels": "{touches} with an empty channel name",
    "fix.blank_channels": "{code}, if no name means direct",
    "busy_users.none": "no touches",
    "busy_users.ok": "no user has more than {threshold:,} touches; the most is {most:,}",
    "busy_users": "{users} with more than {threshold:,} touches, up to {most:,}: {share:.1%} of all "
    "touches; people seldom do, bots and shared devices do",
    "fix.busy_users": "filter those users out before reading, or {code}",
    "guest_ids.ok": "no user is called 0, or ids count from it",
    "guest_ids": "user 0 has {touches} and {conversions}, and other ids do not count from it: shops "
    "write 0 for guests, and strangers would be one customer",
    "channels_unmatched.none": "the log has no channel grouping",
    "channels_unmatched.ok": "rules fit all {count:,} distinct labels ({by})",
    "channels_unmatched": "no rule fits {missed:,} of {count:,} distinct labels, {touches} "
    "({share:.1%}), which become {otherwise!r} ({by})",
    "grouping.part": "{part} in column {column!r}",
    "fix.channel_rule": "add a ChannelRule for them: {code}",
    # conversions
    "conversion_rate.few": "too few users or no conversions to judge a rate by",
    "conversion_rate": "{buyers:,} of {count:,} users with touches convert ({rate:.2%})",
    "conversion_rate.high": "{found}: most of those who did not seem to be missing, and models that "
    "learn compare with them",
    "fix.same_users": "do both tables name users alike, and are of the same days?",
    "fix.load_others": "load the touches of users who did not convert too; is a page view taken for a "
    "conversion?",
    "conversions_without_touch.none": "the log has no conversions",
    "conversions_without_touch.ok": "every conversion has a touch in the {lookback} before it",
    "conversions_without_touch": "{conversions} of {count:,} ({share:.1%}) without a touch in the "
    "{lookback} before, {strangers:,} of them by users without any touch",
    "fix.longer_lookback": "do both tables name users alike? A longer lookback finds older touches",
    "conversions_before_first_touch.ok": "no user with touches converts before the first of them",
    "conversions_before_first_touch": "{conversions} before the user's first touch: {share:.1%} where "
    "there are touches",
    "fix.one_zone": "are both tables in one time zone, and do the touches begin early enough?",
    "duplicate_orders.none": "the log has no column of order ids",
    "duplicate_orders.ok": "every order id is there once",
    "duplicate_orders": "{orders} more than once: {what:;}",
    "duplicate_orders.shared": "{orders} of several users, whose rows are no copies or lines of one order",
    "duplicate_orders.again": "{conversions} too many, of the same value as another",
    "duplicate_orders.again_worth": "{conversions} too many, of the same value as another ({worth:,.2f} "
    "in all)",
    "duplicate_orders.lines": "{conversions} of another value, as the lines of an order are",
    "duplicate_orders.refunds": "{conversions} below zero, refunds to be taken off their order",
    "duplicate_orders.unclear": "{conversions} of the same value as another in an order of several "
    "values: lines, or one sent twice",
    "fix.orders_apart": "{code}  # if order ids count anew for each user; else one person has several "
    "user ids",
    "values_missing.none": "the log has no column of values",
    "values_missing.ok": "every conversion has a value",
    "values_missing": "{conversions} without a value",
    "values_missing.counted": "{conversions} without a value, counted as {given:g}, as missing_value says",
    "fix.missing_value": "at.read_log(..., missing_value=0.0) if they were worth nothing",
    "values_negative.ok": "no conversion has a negative value",
    "values_negative": "{conversions} with a negative value, {total:,.2f} in all",
    "fix.refunds": "net refunds against their orders before reading: a refund is no conversion of its own",
    "value_currencies.none": "the log has no column of the currency of values",
    "value_currencies.ok": "values are in one currency: {currencies}",
    "value_currencies.nothing": "values are in one currency: none",
    "value_currencies": "values are in {count:d} currencies: {currencies}; their sum would mean nothing",
    "currency.count": "{currency} ({count:,})",
    "fix.currencies": "{code}; currency= and rates= make them one",
    "value_outliers.few": "too few values to tell what is usual",
    "value_outliers.ok": "no value is above {limit:,.2f}, where the middle one is {usual:,.2f}",
    "value_outliers": "{values} above {limit:,.2f}, where the middle one is {usual:,.2f}: {share:.1%} of "
    "all value",
    "fix.outliers": "are they of another currency or unit, or sums of many orders? Correct or cap them "
    "before reading",
    "export_rows.ok": "everything in the {export} export is in the log",
    "export_rows": "of the {export} export: {parts}",
    "export_rows.duplicates": (
        "{n} row that was sent twice",
        "{n} rows that were sent twice",
    ),
    "export_rows.not_touches": (
        "{n} row that is no touch",
        "{n} rows that are no touches",
    ),
    "export_rows.no_time": (
        "{n} row without a time",
        "{n} rows without a time",
    ),
    "export_rows.no_user": (
        "{n} row without a user (no consent, no log-in)",
        "{n} rows without a user (no consent, no log-in)",
    ),
    "export_rows.no_session": (
        "{n} row outside any visit",
        "{n} rows outside any visit",
    ),
    "export_rows.no_source": (
        "{n} row without a source",
        "{n} rows without a source",
    ),
    "export_rows.visits": (
        "{n} further row of a visit, which counts as one touch",
        "{n} further rows of visits, each of which counts as one touch",
    ),
    "export_rows.line_items": (
        "{n} line of an order that stands in another row",
        "{n} lines of orders that stand in other rows",
    ),
    "export_rows.other_status": (
        "{n} order whose status does not count",
        "{n} orders whose status does not count",
    ),
    "export_rows.other_currency": (
        "{n} conversion in another currency",
        "{n} conversions in other currencies",
    ),
    "export_rows.same_order": (
        "{n} row of an order that was counted already",
        "{n} rows of orders that were counted already",
    ),
    "export_rows.refunds": (
        "{n} order that was paid back in part or in full, which is taken off",
        "{n} orders that were paid back in part or in full, which is taken off",
    ),
    "export_rows.refunded_in_full": (
        "{n} order that was paid back in full, left out",
        "{n} orders that were paid back in full, left out",
    ),
    "export_rows.refund_without_order": (
        "{n} refund whose order is not there",
        "{n} refunds whose orders are not there",
    ),
    "export_rows.refunds_ignored": (
        "{n} refund that was ignored, as asked",
        "{n} refunds that were ignored, as asked",
    ),
    "export_rows.stitched": (
        "{n} row of an anonymous id that another row shows to belong to a known user",
        "{n} rows of anonymous ids that other rows show to belong to known users",
    ),
    "export_rows.shared_ids": (
        "{n} anonymous id that several known users share, left alone",
        "{n} anonymous ids that several known users share, left alone",
    ),
}
