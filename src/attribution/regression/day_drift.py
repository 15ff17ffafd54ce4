"""Checks of single new days: rows that are there twice, hours of the day, waits from touch to conversion."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from attribution._typing import Floats
from attribution.models.days import HOURS, KEPT, WAITS
from attribution.models.log_profile import Profile
from attribution.regression.pair import Finding, failed, not_checked, passed
from attribution.regression.tolerance import Tolerance
from attribution.reporting.formats import amount_of
from attribution.stats.day_profiles import count_p, profile_p
from attribution.stats.multiplicity import adjust

NAMES: tuple[str, ...] = ("log.duplicates", "log.orders", "log.day_hours", "log.day_waits")
_JUDGED = 14  # days at the end of a log that are judged, at most
_WEEKS, _ALIKE = 3, 10  # days that a day is compared with: of its weekday, or else of its kind, at least
_FEWEST = 30  # events of a day that tell anything of its profile
_FIX = "look at that day in the log; if it is right, accept it: --update-baseline"


class _Test(NamedTuple):
    """A day of one table: how likely chance alone makes it so strange, and what to say."""

    day: str
    what: str
    p: float
    text: str
    row: dict[str, Any]


def checks(old: Profile, new: Profile, limits: Tolerance) -> list[Finding]:
    """Judge the days that the new log has and the old one has not, or not so."""
    if not limits.alpha:
        return []
    fresh = _fresh(old, new)
    if not fresh:
        return not_checked("log.days", "no new day is known; log.history compares the old ones")
    tests = (_duplicates(new, fresh), _orders(new, fresh), _hours(new, fresh), _waits(new, fresh))
    return [
        finding
        for name, found in zip(NAMES, tests, strict=True)
        for finding in _judged(name, found, limits.alpha, len(fresh))
    ]


def _fresh(old: Profile, new: Profile) -> list[str]:
    """Return the days to judge: of the last two weeks, those with other counts than in the old log."""
    parts = ("days", "conversion_days")
    known = sorted({day for part in parts for day in new.get(part, {})})
    if not known:
        return []
    end = dt.date.fromisoformat(known[-1])
    since = (end - dt.timedelta(days=_JUDGED - 1)).isoformat()
    return [
        day
        for day in known
        if day >= since and any(old.get(part, {}).get(day) != new.get(part, {}).get(day) for part in parts)
    ]


def _judged(name: str, tests: list[_Test], alpha: float, days: int) -> list[Finding]:
    """Correct for the number of tests, and report the days that remain (Holm)."""
    if not tests:
        return not_checked(name, f"too few rows in {amount_of(days, 'new day')}, or too few days before")
    adjusted, _ = adjust(np.array([test.p for test in tests]), alpha, "holm")
    bad = sorted((p, at) for at, p in enumerate(adjusted.tolist()) if p <= alpha)
    if not bad:
        return _with_p(
            passed(name, f"{amount_of(days, 'new day')} like the days before"), float(adjusted.min())
        )
    rows = [{"day": tests[at].day, "what": tests[at].what, **tests[at].row, "p": p} for p, at in bad]
    texts = [tests[at].text for _, at in bad]
    more = f"; and {len(texts) - 1} more" if len(texts) > 1 else ""
    return _with_p(failed(name, texts[0] + more, 0.5, rows, len(bad), _FIX), bad[0][0])


def _with_p(findings: list[Finding], p: float) -> list[Finding]:
    return [replace(found, check=replace(found.check, p_value=p)) for found in findings]


def _before(new: Profile, part: str, fresh: list[str]) -> list[str]:
    """Return the days of the last weeks that are not judged; the first of the log may be cut."""
    held = new.get(part, {})
    if not held:
        return []
    end = dt.date.fromisoformat(max(held))
    since = (end - dt.timedelta(days=KEPT - 1)).isoformat()
    first = min(held)
    return [day for day in sorted(held) if since <= day and day != first and day not in fresh]


def _duplicates(new: Profile, fresh: list[str]) -> list[_Test]:
    """Rows that are the same as another in everything, touches and conversions apart."""
    tests = []
    for part, repeats, what in (
        ("days", "day_repeats", "touches"),
        ("conversion_days", "conversion_day_repeats", "conversions"),
    ):
        text = "{day}: {n:,.0f} of {rows:,.0f} {what} are the same as another in every column ({usual})"
        tests += _counted(new, fresh, (part, repeats, what), text)
    return tests


def _orders(new: Profile, fresh: list[str]) -> list[_Test]:
    """Conversions whose order id was there before: one is too many where there never was any."""
    text = "{day}: {n:,.0f} of {rows:,.0f} {what} have an order id that was there before ({usual})"
    tests = _counted(new, fresh, ("conversion_days", "order_day_repeats", "conversions"), text)
    never = not any(
        new.get("order_day_repeats", {}).get(day) for day in _before(new, "conversion_days", fresh)
    )
    return [test._replace(p=0.0) if never and test.row["rows_again"] else test for test in tests]


def _counted(new: Profile, fresh: list[str], parts: tuple[str, str, str], text: str) -> list[_Test]:
    rows, again, what = (new.get(parts[0], {}), new.get(parts[1], {}), parts[2])
    before = _before(new, parts[0], fresh)
    if not before:
        return []
    total = np.array([rows[day] for day in before])
    hits = np.array([again.get(day, 0.0) for day in before])
    usual = f"{hits.sum() / max(total.sum(), 1.0):.1%} in {amount_of(len(before), 'day')} before"
    tests = []
    for day in fresh:
        n, size = again.get(day, 0.0), rows.get(day, 0.0)
        said = text.format(day=day, n=n, rows=size, what=what, usual=usual)
        row = {"rows": size, "rows_again": n}
        tests.append(_Test(day, what, count_p(n, size, hits, total), said, row))
    return tests


def _hours(new: Profile, fresh: list[str]) -> list[_Test]:
    tests = []
    for part, what in (("day_hours", "touches"), ("conversion_day_hours", "conversions")):
        table = _table(new, part, HOURS)
        last = max(table, default="")
        for day in fresh:
            like = _alike(day, _known(table, fresh))
            if day not in table or not like:
                continue
            history = np.array([table[other] for other in like])
            bins = np.arange(24)
            if day == last:  # the last day may not be over
                final = int(np.flatnonzero(table[day]).max())
                bins = bins if final == 23 else bins[:final]
            now = table[day][bins]
            if now.sum() < _FEWEST or len(bins) < 2:
                continue
            others = [np.array(days)[:, bins] for days in _weekdays(day, _known(table, fresh))]
            p, moved = profile_p(now, history[:, bins], others=others, ordered=len(bins) == 24)
            said = f"{day}: the {what} come at other hours than on {amount_of(len(like), 'day')} like it"
            if moved:
                by = f"{amount_of(abs(moved), 'hour')} {'later' if moved > 0 else 'earlier'}"
                said = f"{day}: the clock of the {what} looks shifted, {by}"
            tests.append(_Test(day, what, p, said, {"rows": float(now.sum()), "hours_later": moved}))
    return tests


def _waits(new: Profile, fresh: list[str]) -> list[_Test]:
    """Time from the last touch to the conversion: clocks that are apart show here first."""
    table = _table(new, "day_waits", WAITS)
    tests = []
    before = sorted(_known(table, fresh))
    if len(before) < _ALIKE:
        return []
    history = np.array([table[day] for day in before])
    usual = history.sum(axis=0) / max(history.sum(), 1.0)
    for day in fresh:
        now = table.get(day)
        if now is None or now.sum() < _FEWEST:
            continue
        p, _ = profile_p(now, history)
        share = now / now.sum()
        at = int(np.abs(share - usual).argmax())
        name = "no touch before them" if WAITS[at] == "none" else f"the last touch up to {WAITS[at]} before"
        if WAITS[at] == "more":
            name = "the last touch over 7D before"
        said = f"{day}: {share[at]:.1%} of the conversions have {name}, {usual[at]:.1%} are usual"
        row = {"rows": float(now.sum()), "share": float(share[at]), "usual": float(usual[at])}
        tests.append(_Test(day, "conversions", p, said, row))
    return tests


def _table(new: Profile, part: str, names: tuple[str, ...]) -> dict[str, Floats]:
    """Return the counts of each day as an array over classes."""
    place = {name: at for at, name in enumerate(names)}
    found: dict[str, Floats] = {}
    for label, count in new.get(part, {}).items():
        day, _, name = label.partition(" ")
        found.setdefault(day, np.zeros(len(names)))[place[name]] = count
    return found


def _known(table: Mapping[str, Floats], fresh: list[str]) -> dict[str, Floats]:
    """Return the days to compare with: not those that are judged, nor the first, which may be cut."""
    first = min(table, default="")
    return {day: counts for day, counts in table.items() if day != first and day not in fresh}


def _alike(day: str, known: Mapping[str, Floats]) -> list[str]:
    """Return the days of the same weekday, or with too few of them, of the same half of the week."""
    weekday = dt.date.fromisoformat(day).weekday()
    days = {other: dt.date.fromisoformat(other).weekday() for other in known}
    same = [other for other, of in days.items() if of == weekday]
    if len(same) >= _WEEKS:
        return same
    kind = [other for other, of in days.items() if (of >= 5) == (weekday >= 5)]
    return kind if len(kind) >= _ALIKE else []


def _weekdays(day: str, known: Mapping[str, Floats]) -> list[list[Floats]]:
    """Return the days of each other weekday: they tell how much days of one kind vary."""
    weekday = dt.date.fromisoformat(day).weekday()
    found: dict[int, list[Floats]] = {}
    for other, counts in known.items():
        found.setdefault(dt.date.fromisoformat(other).weekday(), []).append(counts)
    return [days for of, days in sorted(found.items()) if of != weekday]
