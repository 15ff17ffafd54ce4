"""Checks of the log behind the credit: volumes, days, channels, hours, values, lengths of journeys."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from attribution._typing import Floats
from attribution.eventlog.direct import is_direct
from attribution.models.log_profile import Profile
from attribution.regression import day_drift
from attribution.regression.pair import (
    Finding,
    change,
    failed,
    not_checked,
    passed,
    relative,
    total,
)
from attribution.regression.tolerance import Tolerance
from attribution.reporting.formats import amount_of, label, listing
from attribution.stats.day_profiles import count_range

NAMES = (
    "log.volumes", "log.history", "log.missing_days", "log.channel_mix", "log.direct", "log.hours",
    "log.conversion_hours", "log.values", "log.lengths", "log.conversion_rate",
    *day_drift.NAMES,
)  # fmt: skip
_DISTRIBUTIONS = (
    ("log.channel_mix", "channels", "channel", "touches"),
    ("log.hours", "hours", "hour", "touches"),
    ("log.conversion_hours", "conversion_hours", "hour", "conversions"),
    ("log.values", "values", "values from", "conversions"),
    ("log.lengths", "lengths", "touches a journey", "journeys"),
)
_FORGOTTEN = 3.0  # rows that a day may lose because somebody asked to be forgotten
_SETTLING = 3  # days at the end of a log for which rows may still come
_RECENT = 28  # days that new ones are compared with
_BUSY = 10.0  # touches a day from which an empty day is no chance
_FIX = "look at the log: log.audit(), attribution audit; if it is right, accept it: --update-baseline"
_SHIFT = 15.0  # log-likelihood by which a shift of the clock must win


def checks(old: Profile | None, new: Profile | None, limits: Tolerance, why: str = "") -> list[Finding]:
    """Compare what two logs look like."""
    if old is None or new is None:
        side = "the baseline" if old is None else "the result"
        reason = why or f"{side} has no profile of its log (journeys=... or the folder of a run)"
        return not_checked("log", reason)
    findings = [*_volumes(old, new, limits), *_history(old, new, limits), *_missing_days(old, new)]
    fresh = _added(old, new) if limits.nightly else None
    for name, part, unit, of in _DISTRIBUTIONS:
        later = fresh if fresh is not None and part != "lengths" else new
        findings += _distribution(name, part, (unit, of), old, later, limits, added=later is not new)
    findings += [*_direct(old, new, limits), *_conversion_rate(old, new, limits)]
    return findings + day_drift.checks(old, new, limits)


def _days(profile: Profile, part: str) -> dict[str, float]:
    return dict(profile.get(part, {}))


def _volumes(old: Profile, new: Profile, limits: Tolerance) -> list[Finding]:
    """Touches, users, journeys, conversions and value; of a log that grew, those of its new days."""
    name = "log.volumes"
    if not limits.nightly:
        names = ("touches", "users", "journeys", "conversions", "unattributed", "value")
        pairs = [(what, total(old, "amounts", what), total(new, "amounts", what)) for what in names]
        allowed = [limits.rtol] * len(pairs)
    else:
        pairs, allowed = [], []
        for what, part in (("touches a day", "days"), ("conversions a day", "conversion_days")):
            series = _new_days(_days(old, part), _days(new, part), _days(old, "days"), _days(new, "days"))
            if series is None:
                continue
            before, after = series
            pairs.append((what, float(before.mean()), float(after.mean())))
            largest = max(before.mean(), after.mean(), 1e-300)
            allowed.append(max(limits.rtol, noise(before, after, limits) / largest))
        if not pairs:
            return not_checked(name, "no new day is known; log.history compares the old ones")
    apart = [float(relative(after, before)) for _, before, after in pairs]
    bad = sorted(
        (place for place in range(len(pairs)) if apart[place] > allowed[place]), key=lambda at: -apart[at]
    )
    said = [f"{what} {change(before, after)}" for what, before, after in pairs]
    if not bad:
        return passed(name, ", ".join(said) if limits.nightly else f"{pairs[0][2]:,.0f} touches, as before")
    rows = [
        {"what": pairs[at][0], "old": pairs[at][1], "new": pairs[at][2], "allowed": allowed[at]} for at in bad
    ]
    return failed(name, "; ".join(said[at] for at in bad), apart[bad[0]], rows, len(bad), _FIX)


def noise(before: Floats, after: Floats, limits: Tolerance) -> float:
    """Return how far the mean of some new days may be from that of the days before, by chance.

    So many standard errors; and because four of those are no rarity where a day has one or two conversions,
    also as far as such counts come apart once in ``1 / alpha`` comparisons.
    """
    spread = float(before.std(ddof=1)) if len(before) > 1 else float(np.sqrt(before.mean()))
    errors = limits.sampling * spread * float(np.sqrt(1 / len(before) + 1 / len(after)))
    if not (limits.sampling and limits.alpha):
        return errors
    low, high = count_range(before, len(after), limits.alpha)
    mean = float(before.mean())
    chance = high / len(after) - mean if after.mean() > mean else mean - low / len(after)
    return max(errors, chance)


def _new_days(
    old: dict[str, float], new: dict[str, float], old_log: dict[str, float], new_log: dict[str, float]
) -> tuple[Floats, Floats] | None:
    """Return amounts of the last whole days of the old log, and of the whole days that the new one adds."""
    if not old_log or not new_log:
        return None
    before, end = _calendar(min(old_log), max(old_log)), max(new_log)
    first = _after(max(old_log))
    added = _calendar(first, end) if first <= end else []
    if len(added) > 1:
        added = added[:-1]  # the last day may not be over
    if not added or len(before) < 3:
        return None
    held = before[1:-1][-_RECENT:]
    return (
        np.array([old.get(day, 0.0) for day in held]),
        np.array([new.get(day, 0.0) for day in added]),
    )


def _calendar(first: str, last: str) -> list[str]:
    start, end = (dt.date.fromisoformat(day) for day in (first, last))
    return [(start + dt.timedelta(days=n)).isoformat() for n in range((end - start).days + 1)]


def _after(day: str) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat()


def _history(old: Profile, new: Profile, limits: Tolerance) -> list[Finding]:
    """Check that days that both logs hold are what they were."""
    name = "log.history"
    rows: list[dict[str, Any]] = []
    compared = 0
    for part, what in (("days", "touches"), ("conversion_days", "conversions")):
        before, after = _days(old, part), _days(new, part)
        spans = _days(old, "days") or before, _days(new, "days") or after
        if not before or not after:
            continue
        first, last = max(min(span) for span in spans), min(max(span) for span in spans)
        days = _calendar(first, last) if first <= last else []
        if limits.nightly:  # the first day may be cut, and for the last ones rows may still come
            days = days[int(min(spans[1]) > min(spans[0])) : max(len(days) - _SETTLING, 0)]
        compared += len(days)
        held = [(day, before.get(day, 0.0), after.get(day, 0.0)) for day in days]
        together = ("all days", sum(one for _, one, _ in held), sum(two for _, _, two in held))
        slack = _FORGOTTEN if limits.nightly else 0.0
        for day, one, two in [*held, together] if limits.nightly else held:
            apart = float(relative(two, one))
            if apart > limits.history and abs(two - one) > slack:
                rows.append({"day": day, "what": what, "old": one, "new": two, "apart": apart})
    if not compared:
        return not_checked(name, "the two logs have no day in common, or no times")
    if not rows:
        return passed(name, "days that both logs hold are what they were")
    rows.sort(key=lambda row: (-round(row["apart"], 3), -abs(row["new"] - row["old"]), row["day"]))
    worst = rows[0]
    n_days = len({row["day"] for row in rows} - {"all days"}) or compared
    text = f"{worst['day']}, {worst['what']}: {change(worst['old'], worst['new'])}"
    text += f"; {amount_of(n_days, 'day')} that both logs hold changed"
    return failed(name, text, worst["apart"], rows, len(rows), _FIX)


def _missing_days(old: Profile, new: Profile) -> list[Finding]:
    name = "log.missing_days"
    touches = _days(new, "days")
    if not touches:
        return not_checked(name, "no touches by day are known, or they depend on what came later")
    before = _days(old, "days")
    usual = float(np.median(list(touches.values())))
    known = set(_calendar(min(before), max(before))) - set(before) if before else set()
    empty = [day for day in _calendar(min(touches), max(touches)) if day not in touches and day not in known]
    if not empty or usual < _BUSY:
        return passed(name, "no day without a touch that was not empty before")
    rows = [{"day": day, "usual": usual} for day in empty]
    text = f"{listing(empty, 3)}: no touch at all, where {usual:,.0f} a day are usual"
    return failed(name, text, 1.0, rows, len(empty), _FIX)


def _added(old: Profile, new: Profile) -> Profile | None:
    """Return what a log that only grew added; None where it did more than grow."""
    before, after = _days(old, "days"), _days(new, "days")
    if not before or not after or min(before) != min(after) or max(after) <= max(before):
        return None
    found = {}
    for part in ("channels", "hours", "conversion_hours", "values"):
        held, now = old.get(part, {}), new.get(part, {})
        rest = {name: now.get(name, 0.0) - held.get(name, 0.0) for name in {*held, *now}}
        if min(rest.values(), default=0.0) < -0.02 * max(sum(held.values()), 1.0):
            return None
        found[part] = {name: max(amount, 0.0) for name, amount in rest.items()}
    return found


def _distribution(
    name: str,
    part: str,
    words: tuple[str, str],
    old: Profile,
    new: Profile,
    limits: Tolerance,
    *,
    added: bool,
) -> list[Finding]:
    """Compare two distributions: count by count, or by the population stability index."""
    before, after = old.get(part, {}), new.get(part, {})
    if not before or not after or not sum(before.values()) or not sum(after.values()):
        missing = "neither log has" if not before and not after else "one of the logs has no"
        return not_checked(name, f"{missing} {part.replace('_', ' ')}, or nothing was added")
    hours = part.endswith("hours")
    labels = [f"{hour:02d}" for hour in range(24)] if hours else sorted({*before, *after})
    one, two = (np.array([side.get(entry, 0.0) for entry in labels]) for side in (before, after))
    index, parts = psi(one, two)
    noise = chance_psi(len(labels), one.sum(), two.sum(), limits.sampling)
    moved = shift(one, two) if hours else 0
    if limits.drift == 0:
        apart = relative(two, one)
        bad = apart > limits.rtol
    else:
        apart = parts / max(float(parts.sum()), 1e-300)
        bad = np.full(len(labels), index > limits.drift + noise or moved != 0)
    if not bad.any():
        where = "in what was added, " if added else ""
        return passed(name, f"{where}{len(labels)} {part.replace('_', ' ')}, PSI {index:.3g}")
    shares = one / one.sum(), two / two.sum()
    order = np.flatnonzero(bad)[np.argsort(-parts[bad], kind="stable")]
    rows = [
        {
            words[0]: labels[at], "old": float(one[at]), "new": float(two[at]),
            "old_share": float(shares[0][at]), "new_share": float(shares[1][at]), "psi": float(parts[at]),
        }
        for at in order[:5].tolist()
    ]  # fmt: skip
    worst = rows[0]
    text = f"{words[0]} {label(worst[words[0]])}: {worst['old_share']:.1%} -> {worst['new_share']:.1%}"
    text += f" of the {words[1]}"
    if limits.drift == 0:
        text += f" ({worst['old']:,.6g} -> {worst['new']:,.6g})"
    text += f"; PSI {index:.3g}"
    if moved:
        by = f"{amount_of(abs(moved), 'hour')} {'later' if moved > 0 else 'earlier'}"
        text = f"the clock looks shifted: everything {by}; {text}"
    severity = min(index, 1.0) if not moved else max(min(index, 1.0), 0.5)
    return failed(name, text, severity, rows, int(bad.sum()), _FIX)


def psi(old: Floats, new: Floats) -> tuple[float, Floats]:
    """Return the population stability index of two counts, and each bin's part of it.

    Sum over bins of ``(q - p) ln(q / p)``, half a count added to each bin, so that an empty one is no
    infinity. Up to 0.1 is read as stable, above 0.25 as another population
    (Siddiqi 2006, "Credit Risk Scorecards").

    Examples
    --------
    >>> import numpy as np
    >>> round(psi(np.array([50.0, 50.0]), np.array([60.0, 40.0]))[0], 3)
    0.04
    """
    p, q = ((side + 0.5) / (side.sum() + 0.5 * len(side)) for side in (old, new))
    parts: Floats = (q - p) * np.log(q / p)
    return float(parts.sum()), parts


def chance_psi(bins: int, old: float, new: float, z: float) -> float:
    """Return how large the index of two samples of one population gets by chance, z deviations out.

    It is about chi-squared with ``bins - 1`` degrees of freedom, times ``1/n + 1/m``.
    """
    free = max(bins - 1, 1)
    return float((free + z * np.sqrt(2 * free)) * (1 / old + 1 / new)) if z else 0.0


def shift(old: Floats, new: Floats) -> int:
    """Return by how many hours a daily profile has moved, -11 to 12; 0 where the evidence is thin.

    The shift with the highest multinomial likelihood, if it beats no shift by far.
    """
    if len(old) != 24 or not old.sum() or not new.sum():
        return 0
    logs = np.log((old + 0.5) / (old.sum() + 12.0))
    likelihood = np.array([float(new @ np.roll(logs, hours)) for hours in range(24)])
    best = int(likelihood.argmax())
    if likelihood[best] - likelihood[0] <= _SHIFT * (1.0 + new.sum() / old.sum()):
        return 0
    return best if best <= 12 else best - 24


def _direct(old: Profile, new: Profile, limits: Tolerance) -> list[Finding]:
    """Check the share of direct traffic, the first to go when tracking breaks and the first to grow."""
    names = [name for name in {*old.get("channels", {}), *new.get("channels", {})} if is_direct(name)]
    if not names:
        return not_checked("log.direct", "no channel is called direct")
    sizes = [total(side, "amounts", "touches") for side in (old, new)]
    parts = [sum(side.get("channels", {}).get(name, 0.0) for name in names) for side in (old, new)]
    text = "{} -> {} of the touches are direct"
    return _proportion("log.direct", text, parts, sizes, limits)


def _conversion_rate(old: Profile, new: Profile, limits: Tolerance) -> list[Finding]:
    sizes = [total(side, "amounts", "journeys") for side in (old, new)]
    parts = [total(side, "amounts", "converting") for side in (old, new)]
    return _proportion("log.conversion_rate", "{} -> {} of the journeys convert", parts, sizes, limits)


def _proportion(
    name: str, text: str, parts: list[float], sizes: list[float], limits: Tolerance
) -> list[Finding]:
    if not all(sizes):
        return not_checked(name, "one of the logs is empty")
    old, new = (part / size for part, size in zip(parts, sizes, strict=True))
    pooled = sum(parts) / sum(sizes)
    chance = limits.sampling * float(np.sqrt(max(pooled * (1 - pooled), 0.0) * sum(1 / n for n in sizes)))
    said = text.format(f"{old:.2%}", f"{new:.2%}")
    # A rate of 2% may not double within two points.
    allowed = min(limits.share_points / 100, max(limits.rtol, 1e-6) * max(old, new)) + chance
    if abs(new - old) <= allowed:
        return passed(name, said)
    rows = [{"old": old, "new": new, "allowed": allowed}]
    return failed(name, said, abs(new - old), rows, 1, _FIX)
