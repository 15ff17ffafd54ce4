"""The audit of a log: one check after the other, with counts, example rows and the line that fixes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from attribution._checks import duration_us, whole
from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import LogError
from attribution.eventlog.scan import EXAMPLES, Scan, fetch_rows

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog


class Finding(NamedTuple):
    """A check before its example rows are fetched.

    Attributes
    ----------
    check
        The check, without rows or with rows that are no rows of the log (days, labels).
    table
        The table that `rows` are of.
    rows
        Positions of the examples, any number; five are shown.
    """

    check: CheckResult
    table: str = "touches"
    rows: Sequence[int] = ()


class Thresholds(NamedTuple):
    """What `EventLog.audit` was told; see there."""

    lookback: int
    lookback_text: str
    busy_touches: int | None
    outlier_deviations: float
    most_without_touch: float


def audit(
    log: EventLog,
    lookback: str | dt.timedelta,
    now: dt.datetime | str | None,
    busy_touches: int | None,
    outlier_deviations: float,
    most_without_touch: float,
) -> CheckResults:
    """Run every check; `EventLog.audit` documents them."""
    from attribution.eventlog import audit_conversions, audit_rows, audit_times, audit_touches

    limits = Thresholds(
        duration_us(lookback, "lookback", error=LogError),
        str(lookback),
        None if busy_touches is None else whole(busy_touches, "busy_touches", error=LogError),
        _positive(outlier_deviations, "outlier_deviations"),
        _positive(most_without_touch, "most_without_touch"),
    )
    scan = Scan.of(log, _moment(now))
    findings: list[Finding] = []
    for part in (audit_rows, audit_times, audit_touches, audit_conversions):
        findings += part.findings(scan, limits)
    checks = _with_examples(log, findings)
    return checks if log.identity is None else CheckResults([*checks, *log.identity.audit()])


def _with_examples(log: EventLog, findings: Sequence[Finding]) -> CheckResults:
    wanted: dict[str, list[int]] = {"touches": [], "conversions": []}
    for finding in findings:
        wanted[finding.table] += [int(row) for row in finding.rows[:EXAMPLES]]
    found = fetch_rows(log, wanted)
    return CheckResults(
        replace(check, rows=tuple(found[table, int(row)] for row in rows[:EXAMPLES])) if len(rows) else check
        for check, table, rows in findings
    )


def _moment(now: dt.datetime | str | None) -> int:
    """Return `now` in microseconds; a naive time is taken as UTC."""
    if now is None:
        moment = dt.datetime.now(tz=dt.UTC)
    elif isinstance(now, str):
        try:
            moment = dt.datetime.fromisoformat(now)
        except ValueError as error:
            msg = f"now={now!r} is no ISO 8601 time"
            raise LogError(msg, column="now", hint='now="2026-03-01T00:00:00Z"') from error
    elif isinstance(now, dt.datetime) and now == now:  # NaT is a datetime too, and not equal to itself
        moment = now
    else:
        msg = f"now={now!r} is no time"
        raise LogError(msg, column="now", hint='now="2026-03-01T00:00:00Z"')
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _positive(value: float, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        msg = f"{name}={value!r} must be a number above zero"
        raise LogError(msg, column=name, hint=f"{name}=0.5, for instance")
    return float(value)
