"""Checks of when things happened: impossible times, the future, missing days, and where the log stops."""

from __future__ import annotations

import math

import numpy as np

from attribution._typing import Bools, Ints
from attribution.diagnostics import CheckResult
from attribution.eventlog.audit import Finding, Thresholds
from attribution.eventlog.scan import DAY, Scan, both_of, plausible
from attribution.language.sentence import Sentence
from attribution.tables.far_times import YEAR_2000

_ENOUGH_A_DAY = 10
_QUIET = 0.25
_TWO_WEEKS = 14
_ENOUGH_TO_STOP = 20
_ENDLESS = 3650 * DAY  # a lookback that means all there is, which no log is longer than


def findings(scan: Scan, limits: Thresholds) -> list[Finding]:
    """Return the findings on times."""
    return [_out_of_range(scan), _in_future(scan), _missing_days(scan), _stops(scan, limits)]


def _out_of_range(scan: Scan) -> Finding:
    masks = {
        "touches": (scan.touches.time < YEAR_2000, scan.touch_rows),
        "conversions": (scan.conversions.time < YEAR_2000, scan.conversion_rows),
    }
    parts: list[Sentence] = []
    rows: tuple[str, list[int]] | None = None
    total = 0
    for tally, (name, (early, positions)) in zip(scan.faults, masks.items(), strict=True):
        noun = f"n_{name}"
        beyond = sum(count for (reason, _), count in tally.counts.items() if reason == "time_range")
        before = int(early.sum())
        total += beyond + before
        if before:
            parts.append(Sentence("times_out_of_range.before", rows=Sentence(noun, n=before)))
            rows = rows or (name, positions[early][:5].tolist())
        if beyond:
            parts.append(Sentence("times_out_of_range.beyond", rows=Sentence(noun, n=beyond)))
            kept = [
                row for (reason, _), found in tally.rows.items() if reason == "time_range" for row in found
            ]
            rows = rows or (name, kept)
    if rows is None:
        return Finding(CheckResult("times_out_of_range", True, Sentence("times_out_of_range.ok")))
    unit = scan.log.schema.time_unit
    fix = Sentence("fix.times_unit", unit=unit) if unit else Sentence("fix.times")
    text = Sentence("list.several", parts=tuple(parts))
    return Finding(CheckResult("times_out_of_range", False, text, total, fix=fix), *rows)


def _in_future(scan: Scan) -> Finding:
    late = scan.touches.time > scan.now
    later = scan.conversions.time > scan.now
    count = int(late.sum()) + int(later.sum())
    if not count:
        return Finding(CheckResult("times_in_future", True, Sentence("times_in_future.ok")))
    text = Sentence("times_in_future", rows=both_of(int(late.sum()), int(later.sum())))
    check = CheckResult("times_in_future", False, text, count, fix=Sentence("fix.future"))
    if late.any():
        return Finding(check, "touches", scan.touch_rows[late][:5].tolist())
    return Finding(check, "conversions", scan.conversion_rows[later][:5].tolist())


def _missing_days(scan: Scan) -> Finding:
    first, counts = _per_day(scan.touches.time, scan.plausible)
    active = counts[counts > 0]
    if not len(active) or active.mean() < _ENOUGH_A_DAY:
        return Finding(CheckResult("missing_days", None, Sentence("missing_days.few")))
    gaps = np.flatnonzero(counts == 0)
    if not len(gaps):
        return Finding(CheckResult("missing_days", True, Sentence("missing_days.ok", count=len(counts))))
    days = Sentence("n_days", n=len(gaps))
    text = Sentence("missing_days", days=days, count=len(counts), usual=float(active.mean()))
    rows = [{"day": _text(int(first + gap) * DAY)[:10]} for gap in gaps[:5]]
    return Finding(CheckResult("missing_days", False, text, len(gaps), rows, Sentence("fix.missing_days")))


def _stops(scan: Scan, limits: Thresholds) -> Finding:
    """Tell whether one table ends before the other, the last day is cut off, and how much is censored."""
    touches = scan.touches.time[scan.plausible]
    conversions = scan.conversions.time[plausible(scan.conversions.time, scan.now)]
    if not len(touches) or not len(conversions):
        return Finding(CheckResult("log_stops", None, Sentence("log_stops.nothing")))
    last_touch, last_conversion = int(touches.max()), int(conversions.max())
    end = max(last_touch, last_conversion)
    censored = scan.plausible & (scan.touches.time > end - limits.lookback)
    count = int(censored.sum())
    lookback = limits.lookback_text
    told = Sentence("log_stops.censored", touches=Sentence("n_touches", n=count), lookback=lookback)
    begin = min(int(touches.min()), int(conversions.min()))
    short = end - begin <= limits.lookback
    fix = Sentence("fix.longer_log") if short else _cure_of_censored(scan, end - limits.lookback)
    problems = (
        [Sentence("log_stops.short", days=(end - begin) / DAY, lookback=lookback)]
        if short and end - begin >= DAY and limits.lookback < _ENDLESS
        else []
    )
    ends = {"touch": _text(last_touch), "conversion": _text(last_conversion)}
    if last_conversion - last_touch > _surprising_gap(touches):
        after = int((conversions > last_touch).sum())
        problems.append(Sentence("log_stops.touches", **ends, after=Sentence("n_conversions", n=after)))
        fix = Sentence("fix.conversions_after", time=ends["touch"], rest=fix)
    elif last_touch - last_conversion > _surprising_gap(conversions):
        problems.append(Sentence("log_stops.conversions", **ends))
        fix = Sentence("fix.touches_after", time=ends["conversion"], rest=fix)
    problems += _cut_off(scan)
    if problems:
        text = Sentence("list.several", parts=(*problems, told))
        return Finding(CheckResult("log_stops", False, text, count, fix=fix))
    return Finding(CheckResult("log_stops", None, told, count, fix=fix))


def _cure_of_censored(scan: Scan, since: int) -> str:
    """Return how to leave out journeys that may yet convert: words where no other would be left."""
    ends = scan.sorted_touches.time[scan.spans.high - 1]
    if ((ends < since) & ~scan.buys).any():
        return "at.build_journeys(log, drop_censored=True)"
    return Sentence("fix.more_days")


def _surprising_gap(times: Ints) -> float:
    """Return how long a table must be silent to have stopped: ten times its mean gap, at least a day."""
    if len(times) < _ENOUGH_TO_STOP:
        return math.inf
    return max(DAY, 10 * float(times.max() - times.min()) / (len(times) - 1))


def _cut_off(scan: Scan) -> list[Sentence]:
    first, counts = _per_day(scan.touches.time, scan.plausible)
    if len(counts) < 8:
        return []
    before = counts[-1 - _TWO_WEEKS : -1]
    usual = float(np.median(before))
    if usual < 2 * _ENOUGH_A_DAY or counts[-1] >= _QUIET * usual:
        return []
    day = _text(int(first + len(counts) - 1) * DAY)[:10]
    return [Sentence("log_stops.cut_off", day=day, touches=int(counts[-1]), usual=usual)]


def _per_day(times: Ints, mask: Bools) -> tuple[int, Ints]:
    """Return the first day since 1970 and the number of touches of each day from there on."""
    days = times[mask] // DAY
    if not len(days):
        return 0, np.zeros(0, np.int64)
    first = int(days.min())
    return first, np.bincount(days - first)


def _text(microseconds: int) -> str:
    return str(np.datetime64(int(microseconds), "us").astype("datetime64[s]"))
