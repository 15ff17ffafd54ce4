"""stitch: one customer for all the identifiers that are known to be his."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attribution._checks import duration_us, name_list, one_of, single_name
from attribution._known_columns import known_column
from attribution._typing import Bools, Hashes, Ints
from attribution.errors import LogError, unknown_name
from attribution.eventlog.eventlog import EventLog
from attribution.eventlog.identity.identity import Identity, applied, found_in
from attribution.eventlog.identity.kinds import COLUMNS, KINDS, PLACES, Kind, place_error
from attribution.eventlog.identity.links import ALWAYS, Events, pairs, seed_of
from attribution.eventlog.identity.normalise import Normaliser
from attribution.kernels.keyed import key_of, keyed
from attribution.tables.arrays import null_mask, unwrap
from attribution.tables.faults import Screen
from attribution.tables.keys import hash_array
from attribution.tables.sources import Source, open_source
from attribution.tables.times import to_microseconds

WHEN = ("nearest", "ever", "after")


def stitch(
    log: EventLog,
    identities: Any,
    *,
    kinds: Mapping[str, str | Kind] | None = None,
    user: str | None = None,
    time: str | None = None,
    when: str = "nearest",
    within: str | dt.timedelta | None = None,
    region: str | None = None,
    blocked: Sequence[str] = (),
    salt: str | None = None,
) -> EventLog:
    """Return the log with its users put together to persons, by what links their identifiers.

    Any table of identifiers will do, a column a kind: log-ins, orders, a CRM's customers, cards that were
    shown, links that another library found. Identifiers that stand in one row are linked. A person is what
    the strongest links hold together, without ever joining two customers; identifiers that many customers use
    (a kiosk, the phone of a call centre) link nobody.

    Parameters
    ----------
    log
        The log. Its rows stay as they are; only whose they are changes.
    identities
        A table, in the forms of `read_log`, or a list of tables; or the `Identity` of another log, which is
        applied as it stands.
    kinds
        Of which kind a column's identifiers are: a name (`customer`, `email`, `email_sha256`, `phone`,
        `loyalty`, `cookie`, `device`, `maid`) or a `Kind`. None goes by the usual names of columns.
    user
        The kind of the log's users. None: that of the column that is called as the log's, else the one kind
        of devices that there is.
    time
        The column with the time of a link. None takes one with a usual name.
    when
        Whose a touch is on an identifier that several persons used. ``"nearest"``: his who used it last
        before, else first after. ``"ever"``: his who has the strongest link, for good; needs no times.
        ``"after"``:
        as nearest, but for all identifiers, and touches before the first link stay strangers': what was known
        then. It credits worse than no stitching wherever customers identify themselves at the purchase (first
        touch 27% of credit wrong against 11% in a simulated retailer).
    within
        How long a link is believed, such as ``"30D"``; None for good.
    region
        Where phone numbers without a country code are from, such as ``"DE"``.
    blocked
        Texts that are nobody's, beside the usual placeholders: addresses of tests, a default customer number.
    salt
        A secret. Identifiers are kept as hashes; without a secret, who has a list of addresses can hash it
        and compare. With one, users of the log are hashed under it too.

    Returns
    -------
    EventLog
        A new log, not read yet, whose `identity` says who is one person, and why.

    Raises
    ------
    LogError
        If no identifier of the log occurs in `identities`; a kind is unknown, or a place (an IP address links
        nobody); a table has one kind only, or no times where `when` needs them; phone numbers have no
        country.

    Notes
    -----
    Links are ordered by the role of their weaker side, how often they were seen, how recently, and by hash;
    each is accepted unless it would join two anchors (Kruskal's algorithm under one constraint).

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"device_id": ["phone", "laptop"], "time": ["2026-03-01", "2026-03-02"],
    ...            "channel": ["social", "search"]}
    >>> orders = {"device_id": ["laptop"], "time": ["2026-03-03"]}
    >>> logins = {"device_id": ["phone", "laptop"], "customer_id": ["ann", "ann"],
    ...           "time": ["2026-02-01", "2026-02-02"]}
    >>> log = at.read_log(touches, orders, {"user": "device_id"})
    >>> at.attribute(log, "linear").to_frame()[["channel", "conversions"]].to_dict("list")
    {'channel': ['search', 'social'], 'conversions': [1.0, 0.0]}
    >>> stitched = at.stitch(log, logins)
    >>> at.attribute(stitched, "linear").to_frame()[["channel", "conversions"]].to_dict("list")
    {'channel': ['search', 'social'], 'conversions': [0.5, 0.5]}
    """
    if not isinstance(log, EventLog):
        msg = f"log is a {type(log).__name__}, and no log"
        raise LogError(msg, column="log", hint="log = at.read_log(touches, conversions)")
    if log.hash_bits > 64:
        msg = "persons are told apart by 64 bits, and this log by 128"
        raise LogError(msg, column="hash_bits", hint="at.read_log(touches, conversions)")
    if isinstance(identities, Identity):
        return applied(log, identities)
    one_of(when, "when", WHEN, error=LogError)
    single_name(region, "region", error=LogError, optional=True)
    single_name(salt, "salt", error=LogError, optional=True)
    span = None if within is None else duration_us(within, "within", error=LogError)
    tables = [open_source(table, "identities") for table in _tables(identities)]
    _refuse_unknown(kinds, tables)
    columns = [_kinds_of(source, kinds) for source in tables]
    every = _by_name(columns)
    name = _user_kind(user, every, columns, log)
    blocked = name_list(blocked, "blocked", error=LogError)
    digest = "email_sha256" in every
    normalisers = {
        code: Normaliser(kind.normalise, region, blocked, digest) for code, kind in enumerate(every.values())
    }
    key = None if salt is None else key_of(salt)
    placeholders: Counter[str] = Counter()
    events: list[Events] = []
    for source, found, clock in zip(tables, columns, _clocks(tables, time, when), strict=True):
        events += _read(source, found, every, normalisers, clock, (log, name, key), placeholders)
    identity = found_in(
        Events.together(events),
        tuple(every.values()),
        user=name,
        when=when,
        within=span,
        normaliser=normalisers[list(every).index(name)],
        key=key,
        placeholders=placeholders,
    )
    return applied(log, identity)


def _tables(identities: Any) -> list[Any]:
    if isinstance(identities, list | tuple) and not all(isinstance(item, str | Path) for item in identities):
        return list(identities)
    return [identities]


def _kinds_of(source: Source, given: Mapping[str, str | Kind] | None) -> dict[str, Kind]:
    """Return the kinds of a table's columns."""
    named = given if given is not None else {}
    if not isinstance(named, Mapping):
        msg = f"kinds={given!r} says of no column which kind it is"
        raise LogError(msg, column="kinds", hint='kinds={"device_id": "device", "user_id": "customer"}')
    found: dict[str, Kind] = {}
    for column in source.columns:
        kind = named.get(column)
        if kind is None and given is None and (usual := COLUMNS.get(column.lower())) is not None:
            kind = usual
        if kind is not None:
            found[column] = _kind(kind)
    if len({kind.name for kind in found.values()}) < len(found):
        msg = f"{source.table}: several columns are of one kind ({', '.join(found)})"
        raise LogError(msg, column="kinds", hint="two tables, one for each of them: identities=[one, other]")
    if len(found) < 2:
        has = f"only {next(iter(found))!r}" if found else "no column"
        msg = f"{source.table}: {has} is of a known kind, and a link has two sides"
        time = known_column("time", list(source.columns))
        shown = [column for column in source.columns if column != time][:2]
        hint = f'kinds={{"{shown[0]}": "device", "{shown[-1]}": "customer"}}'
        if len(shown) < 2:
            hint = "a row holds two identifiers: a device, and the customer who used it"
        raise LogError(msg, column="kinds", hint=hint)
    anchors = [column for column, kind in found.items() if kind.role == "anchor"]
    if len(anchors) > 1:
        msg = f"{source.table}: {' and '.join(map(repr, anchors))} are both anchors, and a person has one"
        raise LogError(msg, column="kinds", hint='at.Kind("...", role="strong") for one of them')
    return found


def _refuse_unknown(kinds: Mapping[str, str | Kind] | None, tables: Sequence[Source]) -> None:
    known = [column for source in tables for column in source.columns]
    for column in kinds if isinstance(kinds, Mapping) else ():
        if column not in known:
            raise LogError(unknown_name("column", column, known), column="kinds")


def _kind(given: str | Kind) -> Kind:
    if isinstance(given, Kind):
        return given
    if given in PLACES:
        raise place_error(given)
    if not isinstance(given, str) or given not in KINDS:
        msg = unknown_name("kind", given, KINDS)
        raise LogError(msg, column="kinds", hint='at.Kind("club_card", cap=3) for one of yours')
    return KINDS[given]


def _by_name(columns: Sequence[Mapping[str, Kind]]) -> dict[str, Kind]:
    """Return all kinds by name, in an order that is not that of tables or columns."""
    found: dict[str, Kind] = {}
    for kind in (kind for table in columns for kind in table.values()):
        if found.setdefault(kind.name, kind) != kind:
            msg = f"the kind {kind.name!r} is said in two ways: {found[kind.name]!r} and {kind!r}"
            raise LogError(msg, column="kinds", hint="one at.Kind for all tables")
    return dict(sorted(found.items()))


def _user_kind(
    user: str | None, every: Mapping[str, Kind], columns: Sequence[Mapping[str, Kind]], log: EventLog
) -> str:
    """Return the name of the kind that the log's users are of."""
    if user is not None:
        return one_of(user, "user", every, error=LogError)
    for table in columns:
        if log.touch_table.user in table:
            return table[log.touch_table.user].name
    devices = [name for name, kind in every.items() if kind.role == "device"]
    if len(devices) == 1:
        return devices[0]
    msg = (
        f"of which kind the log's users are ({log.touch_table.user!r}) is not to be seen; there are "
        f"{', '.join(every)}"
    )
    raise LogError(msg, column="user", hint=f'user="{(devices or list(every))[0]}"')


def _time_of(source: Source, time: str | None) -> str | None:
    if time is not None and time in source.columns:
        return time
    return None if time is not None else known_column("time", list(source.columns))


def _clocks(tables: Sequence[Source], time: str | None, when: str) -> list[str | None]:
    """Return the column of each table's times, None where it has none."""
    clocks = [_time_of(table, time) for table in tables]
    if any(clocks):
        return clocks
    if time is not None:
        raise LogError(unknown_name("column", time, list(tables[0].columns)), column="time")
    if when != "ever":
        msg = f'identities: no column tells when a link was seen, and when="{when}" asks it'
        why = "whose a touch is on a device that two people used depends on who used it last"
        raise LogError(msg, column="time", why=why, hint='when="ever"')
    return clocks


def _read(
    source: Source,
    columns: Mapping[str, Kind],
    every: Mapping[str, Kind],
    normalisers: Mapping[int, Normaliser],
    clock: str | None,
    log: tuple[EventLog, str, tuple[int, int] | None],
    placeholders: Counter[str],
) -> list[Events]:
    """Read a table of identifiers to pairs."""
    names = list(every)
    found: list[Events] = []
    wanted = [*columns, *([] if clock is None else [clock])]
    for batch in source.batches(wanted):
        ids: dict[int, tuple[Hashes, Bools]] = {}
        for column, kind in columns.items():
            code = names.index(kind.name)
            array = unwrap(batch.column(column))
            made = normalisers[code](array, column)
            missing = null_mask(made)
            there = np.ones(len(made), np.bool_) if missing is None else ~missing
            empty = null_mask(array)
            given = len(array) if empty is None else int((~empty).sum())
            placeholders[kind.name] += given - int(there.sum())
            ids[code] = (_hashed(made, kind, log), there)
        found += pairs(list(every.values()), ids, _times(batch, clock, source.table))
    return found


def _hashed(array: Any, kind: Kind, log: tuple[EventLog, str, tuple[int, int] | None]) -> Hashes:
    """Return identifiers as hashes that tell kinds apart; those that a log may hold, hashed as it does."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as pat

    found, user, key = log
    if kind.role == "anchor" or kind.name == user:
        integer = found.touch_table.users == "integer"
        if integer and not pat.is_integer(array.type):
            digits = pc.match_substring_regex(array, r"^-?[0-9]{1,18}$")
            if pc.all(pc.fill_null(digits, fill_value=True)).as_py():
                array = array.cast(pa.int64())
        elif not integer and pat.is_integer(array.type):
            array = array.cast(pa.string())
    elif pat.is_integer(array.type):
        array = array.cast(pa.string())
    hashes = hash_array(array)
    return (hashes if key is None else keyed(hashes, key)) ^ seed_of(kind)


def _times(batch: Any, clock: str | None, table: str) -> Ints:
    if clock is None:
        return np.full(batch.num_rows, ALWAYS)
    screen = Screen(batch.num_rows)
    times, _ = to_microseconds(batch.column(clock), None, clock, screen)
    bad = 0 if screen.good is None else int((~screen.good).sum())
    if bad:
        msg = f"{table}: {bad:,} rows have no time that can be read"
        why = "when somebody used a device decides whose its touches are"
        hint = "times such as 2026-03-01T10:00:00Z; rows without one are left out beforehand"
        raise LogError(msg, column=clock, why=why, hint=hint)
    return times
