"""Checks of when things happened: impossible times, the future, missing days, and where the log stops."""

from __future__ import annotations

import math

import numpy as np

from attribution._typing import Bools, Ints
from attribution.diagnostics import CheckResult
from attribution.eventlog.audit import Finding, Thresholds
from attribution.eventlog.scan import DAY, Scan, many, plausible
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
    parts: list[str] = []
    rows: tuple[str, list[int]] | None = None
    total = 0
    for tally, (name, (early, positions)) in zip(scan.faults, masks.items(), strict=True):
        noun = "touch" if name == "touches" else "conversion"
        beyond = sum(count for (reason, _), count in tally.counts.items() if reason == "time_range")
        before = int(early.sum())
        total += beyond + before
        if before:
            parts.append(f"{many(before, noun)} before the year 2000")
            rows = rows or (name, positions[early][:5].tolist())
        if beyond:
            parts.append(f"{many(beyond, noun)} outside the years 1678 to 2262")
            kept = [
                row for (reason, _), found in tally.rows.items() if reason == "time_range" for row in found
            ]
            rows = rows or (name, kept)
    if rows is None:
        return Finding(CheckResult("times_out_of_range", True, "all times are of this century"))
    unit = scan.log.schema.time_unit
    fix = f'is time_unit="{unit}" right? ' if unit else ""
    fix += "correct them where they are made, or filter them out before reading"
    return Finding(CheckResult("times_out_of_range", False, "; ".join(parts), total, fix=fix), *rows)


def _in_future(scan: Scan) -> Finding:
    late = scan.touches.time > scan.now
    later = scan.conversions.time > scan.now
    count = int(late.sum()) + int(later.sum())
    if not count:
        return Finding(CheckResult("times_in_future", True, "no time is in the future"))
    who = f"{many(int(late.sum()), 'touch')} and {many(int(later.sum()), 'conversion')}"
    fix = "filter them out before reading; if all are a few hours ahead, local times were taken for UTC"
    check = CheckResult("times_in_future", False, f"{who} after the present", count, fix=fix)
    if late.any():
        return Finding(check, "touches", scan.touch_rows[late][:5].tolist())
    return Finding(check, "conversions", scan.conversion_rows[later][:5].tolist())


def _missing_days(scan: Scan) -> Finding:
    first, counts = _per_day(scan.touches.time, scan.plausible)
    active = counts[counts > 0]
    if not len(active) or active.mean() < _ENOUGH_A_DAY:
        text = "too few touches a day to tell a missing day from a quiet one"
        return Finding(CheckResult("missing_days", None, text))
    gaps = np.flatnonzero(counts == 0)
    if not len(gaps):
        return Finding(CheckResult("missing_days", True, f"touches on each of {len(counts):,} days"))
    usual = f"{active.mean():,.0f}"
    text = f"{many(len(gaps), 'day')} of {len(counts):,} without a touch, where a day has {usual} on average"
    rows = [{"day": _text(int(first + gap) * DAY)[:10]} for gap in gaps[:5]]
    fix = "load those days again: conversions after them lack the touches that led to them"
    return Finding(CheckResult("missing_days", False, text, len(gaps), rows, fix))


def _stops(scan: Scan, limits: Thresholds) -> Finding:
    """Tell whether one table ends before the other, the last day is cut off, and how much is censored."""
    touches = scan.touches.time[scan.plausible]
    conversions = scan.conversions.time[plausible(scan.conversions.time, scan.now)]
    if not len(touches) or not len(conversions):
        return Finding(CheckResult("log_stops", None, "no touches or no conversions to compare"))
    last_touch, last_conversion = int(touches.max()), int(conversions.max())
    end = max(last_touch, last_conversion)
    censored = scan.plausible & (scan.touches.time > end - limits.lookback)
    count = int(censored.sum())
    told = (
        f"{many(count, 'touch')} in the last {limits.lookback_text} of the log: their users may yet convert, "
        "so journeys that end there are no evidence against a channel"
    )
    begin = min(int(touches.min()), int(conversions.min()))
    short = end - begin <= limits.lookback
    fix = (
        "load a longer log, or a shorter lookback: dropping what is censored would leave no journey "
        "that failed"
        if short
        else _cure_of_censored(scan, end - limits.lookback)
    )
    problems: list[str] = (
        [f"the log is {(end - begin) / DAY:.1f} days long and its lookback {limits.lookback_text}"]
        if short and end - begin >= DAY and limits.lookback < _ENDLESS
        else []
    )
    if last_conversion - last_touch > _surprising_gap(touches):
        after = int((conversions > last_touch).sum())
        problems.append(
            f"touches stop at {_text(last_touch)}, conversions at {_text(last_conversion)}: "
            f"{many(after, 'conversion')} after the last touch"
        )
        fix = f"leave out conversions after {_text(last_touch)}, or load the missing touches; {fix}"
    elif last_touch - last_conversion > _surprising_gap(conversions):
        problems.append(
            f"conversions stop at {_text(last_conversion)}, touches at {_text(last_touch)}: later journeys "
            "look as if they had failed"
        )
        fix = f"leave out touches after {_text(last_conversion)}, or load the missing conversions; {fix}"
    problems += _cut_off(scan)
    if problems:
        return Finding(CheckResult("log_stops", False, "; ".join([*problems, told]), count, fix=fix))
    return Finding(CheckResult("log_stops", None, told, count, fix=fix))


def _cure_of_censored(scan: Scan, since: int) -> str:
    """Return how to leave out journeys that may yet convert: words where no other would be left."""
    ends = scan.sorted_touches.time[scan.spans.high - 1]
    if ((ends < since) & ~scan.buys).any():
        return "at.build_journeys(log, drop_censored=True)"
    return "load more days: users are too busy to know of a journey that failed"


def _surprising_gap(times: Ints) -> float:
    """Return how long a table must be silent to have stopped: ten times its mean gap, at least a day."""
    if len(times) < _ENOUGH_TO_STOP:
        return math.inf
    return max(DAY, 10 * float(times.max() - times.min()) / (len(times) - 1))


def _cut_off(scan: Scan) -> list[str]:
    first, counts = _per_day(scan.touches.time, scan.plausible)
    if len(counts) < 8:
        return []
    before = counts[-1 - _TWO_WEEKS : -1]
    usual = float(np.median(before))
    if usual < 2 * _ENOUGH_A_DAY or counts[-1] >= _QUIET * usual:
        return []
    day = _text(int(first + len(counts) - 1) * DAY)[:10]
    return [f"the last day, {day}, has {counts[-1]:,} touches, {usual:,.0f} are usual: it looks cut off"]


def _per_day(times: Ints, mask: Bools) -> tuple[int, Ints]:
    """Return the first day since 1970 and the number of touches of each day from there on."""
    days = times[mask] // DAY
    if not len(days):
        return 0, np.zeros(0, np.int64)
    first = int(days.min())
    return first, np.bincount(days - first)


def _text(microseconds: int) -> str:
    return str(np.datetime64(int(microseconds), "us").astype("datetime64[s]"))
