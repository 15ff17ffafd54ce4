"""outcomes: what the log says of every assigned user, those of whom it says nothing included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._checks import name_list
from attribution._typing import Bools, Floats, Ints
from attribution.errors import LESS_MEMORY, ExperimentError, enough_memory, unknown_name
from attribution.eventlog.eventlog import EventLog
from attribution.incrementality.rows import Rows
from attribution.incrementality.units import hash_units
from attribution.stats.grouping import sums_by

if TYPE_CHECKING:
    import pandas as pd


@enough_memory(LESS_MEMORY)
def outcomes(
    log: EventLog,
    assignment: Any,
    *,
    start: Any,
    end: Any,
    before: Any = None,
    goal: str | Sequence[str] | None = None,
    exposed: str | Sequence[str] | None = None,
    user: str = "user_id",
) -> pd.DataFrame:
    """Return the users of a holdout test: a row for every assigned user, zeros where nothing is known.

    The usual inner join of orders and arms keeps only buyers, and answers another question than the test
    asked. Here the assignment decides who is in the table, and the log what is in it. Conversions of users
    who were not assigned are left out.

    Parameters
    ----------
    log
        From `read_log`. It is read into memory; without `exposed` the conversions only.
    assignment
        From `assign_holdout`, or any table with a column of ids and one of arms; its columns are kept. Users
        without an arm are not in the test and are left out.
    start, end
        The window of the outcome: from `start` on, before `end`. Instants without a zone are UTC.
    before
        Length of a window that ends at `start`, such as ``"28D"``, or its start: its conversions and value
        are covariates that no treatment can have moved, and a placebo outcome.
    goal
        Which goals count; all by default.
    exposed
        Channel, or channels, whose touches within the window mark a user as exposed.
    user
        Column of the ids in the assignment.

    Returns
    -------
    pandas.DataFrame
        The assignment's columns, ``converted`` (0 or 1), ``conversions``, ``value``; with `before` also
        ``conversions_before`` and ``value_before``; with `exposed` also ``exposed`` (0 or 1).

    Raises
    ------
    ExperimentError
        If the window is empty or outside the log, a goal, channel or column is unknown, ids of log and
        assignment are of different kinds, or a user stands in the assignment twice.

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"user_id": [1, 2], "time": ["2026-03-02"] * 2, "channel": ["email", "email"]}
    >>> orders = {"user_id": [1], "time": ["2026-03-03"], "value": [30.0]}
    >>> arms = {"user_id": [1, 2, 3], "arm": ["treatment", "treatment", "holdout"]}
    >>> log = at.read_log(touches, orders)
    >>> at.outcomes(log, arms, start="2026-03-01", end="2026-04-01")[["arm", "converted", "value"]]
             arm  converted  value
    0  treatment          1   30.0
    1  treatment          0    0.0
    2    holdout          0    0.0
    """
    import pandas as pd

    if not isinstance(log, EventLog):
        msg = f"outcomes takes a log, not {type(log).__name__}"
        raise ExperimentError(msg, column="log", hint="at.outcomes(at.read_log(touches, orders), arms)")
    if log.hash_bits != 64:
        msg = "the log tells users apart by a second hash, which an assignment does not have"
        raise ExperimentError(msg, column="log", hint="at.read_log(touches, orders), of 64 bits")
    first, last = _instant(start, "start"), _instant(end, "end")
    if not first < last:
        msg = f"the window from {start!r} to {end!r} is empty"
        raise ExperimentError(msg, column="end", hint="end= is the first instant after the window")
    earlier = None if before is None else _earlier(before, first)
    frame = _assigned(assignment, user)
    hashes = hash_units(frame[user], user)
    order = np.argsort(hashes, kind="stable")
    known = hashes[order]
    twice = int((known[1:] == known[:-1]).sum())
    if twice:
        msg = f"{twice:,} users stand in the assignment more than once"
        raise ExperimentError(msg, column=user, count=twice, hint=f"assignment.drop_duplicates({user!r})")
    columns = log.load(converters_only=exposed is None)
    made = columns.conversions
    if len(made) and len(hashes) and (columns.users == "integer") != (frame[user].dtype.kind in "iu"):
        msg = f"the log's users are of kind {columns.users}, those of the assignment {frame[user].dtype}"
        kind = "int64" if columns.users == "integer" else "str"
        why = "7 and '7' are different ids, so that nobody would be found"
        raise ExperimentError(
            msg, column=user, why=why, hint=f"assignment[{user!r}] = assignment[{user!r}].astype({kind!r})"
        )
    if columns.start is not None and columns.end is not None:
        _refuse_outside(first, last, columns.start, columns.end)

    def rows_of(users: Any, chosen: Bools) -> Ints:
        """Return the row in the table of each chosen event of an assigned user, -1 for others."""
        place = np.minimum(np.searchsorted(known, users), max(len(known) - 1, 0))
        found = chosen & (known[place] == users) if len(known) else np.zeros(len(users), np.bool_)
        return np.where(found, order[place] if len(known) else -1, -1)

    counts = np.ones(len(made), np.bool_) if goal is None else _goals(made.goal, goal)
    windows = {"": (first, last)} | ({} if earlier is None else {"_before": (earlier, first)})
    for name, (low, high) in windows.items():
        rows = rows_of(made.user, counts & (made.time >= low) & (made.time < high))
        number = _sums(rows, np.ones(len(rows)), len(frame)).astype(np.int64)
        if not name:
            frame["converted"] = (number > 0).astype(np.int64)
        frame[f"conversions{name}"] = number
        frame[f"value{name}"] = _sums(rows, made.value, len(frame))
    if exposed is not None:
        touches = columns.touches
        codes = _channels(columns.channels, exposed)
        inside = np.isin(touches.channel, codes) & (touches.time >= first) & (touches.time < last)
        rows = rows_of(touches.user, inside)
        frame["exposed"] = (_sums(rows, np.ones(len(rows)), len(frame)) > 0).astype(np.int64)
    return pd.DataFrame(frame)


def _sums(rows: Ints, values: Floats, n: int) -> Floats:
    kept = rows >= 0
    return sums_by(rows[kept], values[kept], n)


def _assigned(assignment: Any, user: str) -> Any:
    """Return the assignment as a frame of its own, without those who have no arm."""
    import pyarrow as pa

    table = Rows(assignment, "assignment")
    table.need(user, "user")
    names = list(table.names)
    batches = list(table.batches(names))
    if not batches:
        msg = "the assignment has no rows"
        raise ExperimentError(msg, column="assignment", hint="one row a user, with its arm")
    frame = pa.Table.from_batches(batches).to_pandas()
    if "arm" in frame:
        frame = frame[frame["arm"].notna()].reset_index(drop=True)
        frame["arm"] = frame["arm"].astype(object)
    taken = [name for name in ("converted", "conversions", "value", "exposed") if name in frame]
    if taken:
        msg = f"the assignment has a column {taken[0]!r} already, which comes from the log"
        raise ExperimentError(msg, column=taken[0], hint=f"assignment.drop(columns={taken!r})")
    return frame


def _instant(value: Any, name: str) -> int:
    """Return microseconds since 1970 in UTC."""
    import pandas as pd

    try:
        stamp = pd.Timestamp(value)
    except (TypeError, ValueError) as error:
        msg = f"{name}={value!r} is no instant"
        raise ExperimentError(msg, column=name, hint=f"{name}='2026-03-01'") from error
    if pd.isna(stamp):
        msg = f"{name}={value!r} is no instant"
        raise ExperimentError(msg, column=name, hint=f"{name}='2026-03-01'")
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return int(stamp.value) // 1000


def _earlier(before: Any, first: int) -> int:
    """Return where the window before the test begins: a length back from its start, or an instant."""
    import pandas as pd

    try:
        length = pd.Timedelta(before)
    except (TypeError, ValueError):
        begins = _instant(before, "before")
    else:
        begins = first - int(length.value) // 1000
    if not begins < first:
        msg = f"before={before!r} does not lie before the test"
        raise ExperimentError(msg, column="before", hint="before='28D'")
    return begins


def _refuse_outside(first: int, last: int, start: int, end: int) -> None:
    if last <= start or first > end:
        shown = [str(np.datetime64(time, "us").astype("datetime64[D]")) for time in (start, end)]
        msg = f"the log has rows from {shown[0]} to {shown[1]}, and none in the window"
        why = "a table of zeros would say that nobody bought"
        raise ExperimentError(msg, column="start", why=why, hint=f"start={shown[0]!r}")


def _goals(goals: Any, wanted: str | Sequence[str]) -> Bools:
    names = name_list(wanted, "goal", error=ExperimentError)
    labels = () if goals is None else goals.labels
    for name in names:
        if name not in labels:
            raise ExperimentError(unknown_name("goal", name, labels), column="goal")
    return np.isin(goals.codes, [labels.index(name) for name in names])


def _channels(channels: tuple[str, ...], wanted: str | Sequence[str]) -> list[int]:
    names = name_list(wanted, "exposed", error=ExperimentError)
    for name in names:
        if name not in channels:
            raise ExperimentError(unknown_name("channel", name, channels), column="exposed")
    return [channels.index(name) for name in names]
