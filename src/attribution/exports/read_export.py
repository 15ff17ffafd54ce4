"""read_export: from an export as it lies on the desk to a log."""

from __future__ import annotations

import zoneinfo
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from attribution._checks import one_of
from attribution.errors import FEWER_COLUMNS, LogError, enough_memory, unknown_name
from attribution.eventlog.channels import ChannelRule
from attribution.eventlog.eventlog import EventLog
from attribution.eventlog.left_out import LeftOut
from attribution.eventlog.read import read_log
from attribution.eventlog.schema import LogSchema
from attribution.exports.export import Export, ExportConversions
from attribution.exports.export_conversions import REFUNDS, conversions_of
from attribution.exports.export_rows import ExportRows, read_rows
from attribution.exports.export_touches import touches_of
from attribution.exports.people import users_of
from attribution.exports.presets import EXPORTS
from attribution.tables.sources import TableSource

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = LogSchema(
    user="user_id", time="time", channel="source", goal="goal", value="value", order="order_id",
    dims=("medium", "campaign"), time_unit="us",
)  # fmt: skip
Rule = ChannelRule | Mapping[str, str] | tuple[str, str]


@enough_memory(FEWER_COLUMNS)
def read_export(
    data: Any,
    export: str | Export,
    *,
    conversions: Mapping[str, str] | Sequence[str] | str | None = None,
    orders: Any = None,
    touches: Any = None,
    timezone: str | None = None,
    currency: str | None = None,
    refunds: str = "net",
    own_domains: str | Sequence[str] = (),
    rules: Iterable[Rule] | None = None,
) -> EventLog:
    """Read an export of an analytics, CRM, shop or payment system as a log, with channels.

    Parameters
    ----------
    data
        The export: a path, glob or list of paths of JSON, JSON lines (``.gz`` too), CSV, Parquet or Arrow
        files, or a table in memory.
    export
        What it is an export of: ``"ga4"``, ``"ga4_fivetran"``, ``"snowplow"``, ``"segment"``,
        ``"rudderstack"``, ``"mixpanel"``, ``"amplitude"``, ``"posthog"``, ``"matomo"``, ``"hubspot"``,
        ``"salesforce"``, ``"shopify"``, ``"stripe"`` (`at.EXPORTS`), one of these changed by
        `Export.replace`, or your own `Export`.
    conversions
        Which events are conversions: event to goal, or names that are goals too. Formats that mark their
        conversions (an order, a date) need none.
    orders
        The table of conversions, where it is another file than that of the touches (Segment's ``tracks``).
    touches
        For formats that know no touches (orders of a shop, charges): where the touches come from, a log or a
        table as `read_log` takes it, under the same user ids.
    timezone
        The place whose clock local times are of, such as ``"Europe/Paris"``; formats with local times need
        it.
    currency
        Conversions in others are left out and counted. None keeps all, and `attribute` refuses to add them
        up.
    refunds
        What becomes of money paid back: ``"net"`` (taken off the order, not below 0), ``"remove"`` (an order
        paid back in full is no conversion), ``"ignore"``.
    own_domains
        The shop's own hosts: where a visitor came from one of them, the source is not known.
    rules
        How source, medium and campaign become channels, as for `EventLog.group_channels`; None for the
        default.

    Returns
    -------
    EventLog
        In memory. ``log.left_out.counts`` says what is not in it; so does the check ``left_out`` of its
        audit.

    Raises
    ------
    LogError
        If the file is no such export, if nothing says which events are conversions or on which clock times
        are, if times or amounts cannot be read.

    Notes
    -----
    Visits (GA4, Snowplow, Amplitude, PostHog) are one touch each: at the time of their first row, from the
    first source that any of their rows knows; else direct. An order counts once, the earliest of its rows.
    What each format means by its columns, and what was taken from where, is told in docs/exports.md.

    Examples
    --------
    >>> import pyarrow as pa
    >>> import attribution as at
    >>> charges = pa.table({"id": ["ch_1", "ch_2"], "Created date (UTC)": ["2026-06-05 20:38:34"] * 2,
    ...                     "Amount": [100.0, 77.0], "Amount Refunded": [40.0, 0.0], "Currency": ["usd"] * 2,
    ...                     "Captured": ["true", "false"], "Status": ["Refunded", "Failed"],
    ...                     "Customer ID": ["c1", "c2"]})
    >>> visits = {"user_id": ["c1"], "time": ["2026-06-01"], "channel": ["email"]}
    >>> log = at.read_export(charges, "stripe", touches=visits)
    >>> log.load().conversions.value.tolist(), dict(log.left_out.counts)
    ([60.0], {'other_status': 1, 'refunds': 1})
    """
    preset = _preset(export)
    one_of(refunds, "refunds", REFUNDS, error=LogError)
    _check_clock(preset, timezone)
    own = (own_domains,) if isinstance(own_domains, str) else tuple(own_domains)
    left_out: Counter[str] = Counter()
    wanted = preset.columns()
    rows = read_rows(data, wanted)
    events = rows if orders is None else read_rows(orders, wanted, "conversions")
    if preset.conversions is None:
        msg = f"the export {preset.name!r} says nothing of conversions"
        hint = 'export=export.replace(conversions=at.ExportConversions(time=("time",), goal="purchase"))'
        raise LogError(msg, column="conversions", hint=hint)
    _refuse_unused(preset, {"touches": touches, "orders": orders, "own_domains": own_domains, "rules": rules})
    _refuse_ignored(preset.name, preset.conversions, conversions, refunds)
    apart = events is not rows
    rows = _sent_once(rows, preset, left_out)
    tables = [rows, _sent_once(events, preset, left_out)] if apart else [rows]
    users = users_of(tables, preset, left_out)
    won, buyers = tables[-1], users[-1]
    if preset.unfold is not None:
        won = tables[-1].unfolded(preset.unfold)
        buyers = users_of([won], preset, Counter())[0]
    if currency is not None and not any(map(won.has, preset.conversions.currency)):
        msg = f"currency={currency!r} was given, but the export names no currencies"
        raise LogError(
            msg, column="currency", why="all of its amounts would be taken for it", hint="currency=None"
        )
    bought = conversions_of(
        won, buyers, preset,
        goals=_goals(conversions), timezone=timezone, refunds=refunds, currency=currency, left_out=left_out,
    )  # fmt: skip
    money = "currency" if bought["currency"].notna().any() else ""
    columns = replace(_COLUMNS, currency=money)
    if not preset.touches:
        try:
            log = _with_touches(touches, _table(bought), columns)
        except LogError as error:  # the conversions are no argument of this function
            fixes = [fix for fix in (error.hint or "").split("; ") if not fix.startswith("conversions[")]
            raise error.with_hint("; ".join(fixes)) from error
    else:
        found = _touches(rows, users[0], preset, timezone, own, left_out)
        log = read_log(
            _source(found, rows, "touches"),
            _source(_table(bought), won, "conversions"),
            columns,
            missing_value=0.0,
        )
        log = log.group_channels(
            rules, source="source", medium="medium", campaign="campaign", own_domains=own
        )
    return replace(log, left_out=LeftOut(preset.name, {name: n for name, n in left_out.items() if n}))


def _preset(export: str | Export) -> Export:
    if isinstance(export, Export):
        return export
    if not isinstance(export, str) or export not in EXPORTS:
        if isinstance(export, str):
            raise LogError(unknown_name("export", export, list(EXPORTS)), column="export")
        msg = f"export={export!r} is neither the name of a format nor an Export"
        raise LogError(msg, column="export", hint='export="ga4"')
    return EXPORTS[export]


def _refuse_unused(preset: Export, given: Mapping[str, Any]) -> None:
    """Refuse what a format has no use for, and the lack of touches for a format that knows none."""
    if not preset.touches and given["touches"] is None:
        msg = f"{preset.name} exports hold conversions only"
        why = "nothing says who met which channel; a log or table of touches under the same user ids does"
        raise LogError(msg, column="touches", why=why, hint='touches="touches.parquet"')
    unused = ("touches",) if preset.touches else ("orders", "own_domains", "rules")
    for name in unused:
        if given[name] is not None and (name != "own_domains" or given[name]):
            whose = (
                "hold touches themselves" if preset.touches else "are the conversions, and hold no touches"
            )
            msg = f"{name}= was given, but {preset.name} exports {whose}"
            raise LogError(
                msg, column=name, hint="own_domains=()" if name == "own_domains" else f"{name}=None"
            )


def _refuse_ignored(name: str, part: ExportConversions, conversions: Any, refunds: str) -> None:
    """Refuse what would change nothing: the export marks its conversions, or knows no refunds."""
    if conversions is not None and (part.dates or not part.event):
        msg = f"conversions= was given, but {name} exports mark their conversions themselves"
        raise LogError(msg, column="conversions", hint="conversions=None")
    if refunds != "net" and not part.refunded and part.refund is None:
        msg = f"refunds={refunds!r} was given, but {name} exports know no refunds"
        raise LogError(msg, column="refunds", hint='refunds="net"')


def _check_clock(preset: Export, timezone: str | None) -> None:
    if timezone is None:
        if preset.local:
            msg = f"{preset.name} writes times by the clock of the account, and does not say which that is"
            why = "read as UTC, conversions would come hours before or after their touches"
            raise LogError(msg, column="timezone", why=why, hint='timezone="Europe/Paris"')
        return
    if not preset.local and not (preset.conversions is not None and preset.conversions.day_end):
        msg = f"timezone={timezone!r} was given, but {preset.name} writes times in UTC or with their offset"
        raise LogError(msg, column="timezone", hint="timezone=None")
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        near = unknown_name("time zone", str(timezone), sorted(zoneinfo.available_timezones()))
        raise LogError(
            near.partition("; Known")[0], column="timezone", hint='timezone="Europe/Paris"'
        ) from error


def _goals(conversions: Mapping[str, str] | Sequence[str] | str | None) -> dict[str, str] | None:
    if conversions is None:
        return None
    if isinstance(conversions, str):
        conversions = (conversions,)
    named = dict(conversions) if isinstance(conversions, Mapping) else {name: name for name in conversions}
    wrong = [pair for pair in named.items() if not all(isinstance(text, str) and text for text in pair)]
    if wrong or not named:
        msg = f"conversions={conversions!r} names no events"
        raise LogError(msg, column="conversions", hint='conversions={"purchase": "purchase"}')
    return named


def _sent_once(rows: ExportRows, preset: Export, left_out: Counter[str]) -> ExportRows:
    """Leave out rows that were sent twice."""
    import pandas as pd

    keys = [path for path in preset.key if rows.has(path)]
    if not keys or not rows.n:
        return rows
    frame = pd.DataFrame({str(place): rows.text(path).to_pandas() for place, path in enumerate(keys)})
    if preset.newest is not None and rows.has(preset.newest):
        newest = pd.to_numeric(pd.Series(rows.text(preset.newest).to_pandas()), errors="coerce").fillna(0)
        frame = frame.iloc[newest.sort_values(ascending=False, kind="stable").index]
    again = frame.duplicated() & frame.notna().any(axis=1)
    left_out["duplicates"] += int(again.sum())
    return rows.take((~again).sort_index().to_numpy()) if again.any() else rows


def _touches(
    rows: ExportRows,
    user: Any,
    preset: Export,
    timezone: str | None,
    own: Sequence[str],
    left_out: Counter[str],
) -> pa.Table:
    import pandas as pd

    frames = [
        touches_of(rows, user, preset, part, timezone=timezone, own_domains=own, left_out=left_out)
        for part in preset.touches
    ]
    if len(frames) > 1:  # first and latest source of a contact, which may be one and the same visit
        whole = pd.concat(frames, ignore_index=True)
        return _table(whole.drop_duplicates(["user_id", "time", "source", "medium"]))
    return _table(frames[0])


def _table(frame: pd.DataFrame) -> pa.Table:
    """Return a frame as an Arrow table whose texts are texts even where all are missing."""
    texts = [name for name in frame.columns if name not in ("time", "value", "sequence")]
    table = pa.Table.from_pandas(frame.astype(dict.fromkeys(texts, object)), preserve_index=False)
    for name in texts:
        column = pc.cast(table.column(name), pa.string())
        fill = "" if name in ("source", "medium", "campaign") else None
        column = column if fill is None else pc.fill_null(column, fill)
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _source(table: pa.Table, rows: ExportRows, name: str) -> TableSource:
    """Return a table in memory that knows which files it is of, for the manifest of a run."""
    source = TableSource(table, name)
    source.files = rows.files
    return source


def _with_touches(touches: Any, bought: pa.Table, columns: LogSchema) -> EventLog:
    if isinstance(touches, EventLog):
        user = touches.touch_table.user
        named = replace(columns, user=(user, "user_id"), time=(touches.touch_table.time, "time"),
                        channel=touches.schema.channel, dims=touches.schema.dims)  # fmt: skip
        log = read_log(touches.touches, bought, named, missing_value=0.0, invalid=touches.invalid)
        grouping = touches.grouping
        if grouping is None:
            return log
        options = {part: name for part, name in grouping.columns.items() if part != "raw"}
        return log.group_channels(
            grouping.rules, **options, unmatched=grouping.otherwise, own_domains=grouping.own_domains
        )
    named = replace(columns, user=None, time=None, channel=None, dims=())
    return read_log(touches, bought, named, missing_value=0.0)
