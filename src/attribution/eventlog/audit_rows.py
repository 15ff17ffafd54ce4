"""Checks of what cannot be read: null keys, entries that make no sense, times on several clocks."""

from __future__ import annotations

from collections.abc import Sequence

from attribution.diagnostics import CheckResult
from attribution.eventlog.audit import Finding, Thresholds
from attribution.eventlog.column_types import clock_clash
from attribution.eventlog.left_out import LeftOut
from attribution.eventlog.scan import Scan
from attribution.language.sentence import Sentence
from attribution.tables.faults import FaultTally
from attribution.tables.unusable_rows import REASONS

_NULLS = ("null_user", "null_time", "null_channel", "null_sequence")


def findings(scan: Scan, limits: Thresholds) -> list[Finding]:
    """Return the findings on rows that cannot be read."""
    del limits
    told = (*_NULLS, "time_range")
    others = [name for name, reason in REASONS.items() if name not in told and not reason.aside]
    return [
        _of_reasons(scan, "null_keys", _NULLS, Sentence("null_keys.ok")),
        _of_reasons(scan, "unreadable_entries", others, Sentence("unreadable_entries.ok")),
        _clock(scan),
        *([] if scan.log.grouping is None else [_no_touch(scan)]),
        *([] if scan.log.left_out is None else [_left_out(scan.log.left_out)]),
    ]


def _left_out(told: LeftOut) -> Finding:
    """Tell what of an export is not in the log."""
    parts = told.sentences()
    if not parts:
        return Finding(CheckResult("left_out", True, Sentence("export_rows.ok", export=told.export)))
    text = Sentence("export_rows", export=told.export, parts=Sentence("list", parts=parts))
    return Finding(CheckResult("left_out", None, text, sum(told.counts.values())))


def _no_touch(scan: Scan) -> Finding:
    """Tell how many touches are none by their host."""
    tally = scan.faults[0]
    keys = [key for key in tally.counts if REASONS[key[0]].aside]
    count = sum(tally.counts[key] for key in keys)
    if not count:
        return Finding(CheckResult("no_touch", True, Sentence("no_touch.ok")))
    reason, column = keys[0]
    share = count / max(tally.seen, 1)
    text = Sentence("no_touch", count=count, what=REASONS[reason].text, share=share)
    check = CheckResult("no_touch", None, text, count, fix=tally.cure(reason, column))
    return Finding(check, "touches", tally.rows[reason, column])


def _of_reasons(scan: Scan, name: str, reasons: Sequence[str], fine: str) -> Finding:
    parts: list[str] = []
    total = 0
    fixes: list[str] = []
    first: tuple[str, list[int]] | None = None
    for tally in _distinct_tallies(scan, reasons):
        for (reason, column), count in tally.counts.items():
            if reason in reasons:
                what = REASONS[reason].text
                parts.append(Sentence("unreadable", table=tally.table, what=what, count=count, column=column))
                fixes.append(tally.cure(reason, column))
                total += count
                first = first or (tally.table, tally.rows[reason, column])
    if first is None:
        return Finding(CheckResult(name, True, fine))
    check = CheckResult(
        name, False, Sentence("list.several", parts=tuple(parts)), total, fix="; ".join(dict.fromkeys(fixes))
    )
    return Finding(check, *first)


def _distinct_tallies(scan: Scan, reasons: Sequence[str]) -> list[FaultTally]:
    """Return the tallies; in a log in one table, what both tell of the same rows is left out once."""
    touches, conversions = scan.faults
    if scan.log.conversions is not None or not scan.log.touch_table.conversion_is_touch:
        return [touches, conversions]
    own = {key: count for key, count in conversions.counts.items() if key not in touches.counts}
    rest = FaultTally("conversions", own, conversions.rows, source=conversions.source)
    return [touches, rest] if any(reason in reasons for reason, _ in own) else [touches]


def _clock(scan: Scan) -> Finding:
    zones = {clock: table for clock, (table, _) in scan.clocks.items()}
    typed = set(zones) - {"offsets"}
    if len(typed) > 1 or ("naive" in typed and "offsets" in zones):
        tables = [scan.log.touch_table] + (
            [] if scan.log.conversions is None else [scan.log.conversion_table]
        )
        error = clock_clash(zones, {table.table: table.time for table in tables})
        return Finding(CheckResult("mixed_clocks", False, error.problem, len(zones), fix=error.hint or ""))
    kind = {"naive": "as_utc", "offsets": "each"}.get(next(iter(zones), ""), "one")
    text = Sentence("mixed_clocks.ok", clock=Sentence(f"clock.{kind}"))
    return Finding(CheckResult("mixed_clocks", True, text))
