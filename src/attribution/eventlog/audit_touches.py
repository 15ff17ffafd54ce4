"""Checks of the touches: duplicates, ties, spellings, blank and unmatched channels, bots."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import pyarrow as pa

from attribution.diagnostics import CheckResult
from attribution.eventlog.audit import Finding, Thresholds
from attribution.eventlog.scan import Scan, both_of
from attribution.kernels.hashing import hash_integers
from attribution.kernels.ragged import run_starts
from attribution.language.sentence import Sentence
from attribution.tables.keys import hash_array

_BUSY_TIMES_USUAL, _FEWEST_BUSY = 10, 100
_NEAR = 100  # ids after 0 that are looked for
_MOST_OUT_OF_SEQUENCE = 0.001  # of the touches that follow another of their user


def findings(scan: Scan, limits: Thresholds) -> list[Finding]:
    """Return the findings on touches."""
    found = [
        _duplicates(scan),
        _ties(scan),
        _sequence(scan),
        _spelling(scan),
        _dimensions(scan),
        _blank(scan),
        _busy(scan, limits),
        _guests(scan),
    ]
    return found if scan.log.grouping is None else [*found, _unmatched(scan)]


def _n(touches: int) -> Sentence:
    return Sentence("n_touches", n=touches)


def _duplicates(scan: Scan) -> Finding:
    """Count rows that are the same in every column that is read, touches and conversions."""
    touches = np.sort(scan.sorted_touches.order[scan.repeated_touches])
    conversions = _repeated_conversions(scan)
    count = len(touches) + len(conversions)
    if not count:
        return Finding(CheckResult("exact_duplicates", True, Sentence("exact_duplicates.ok")))
    text = Sentence("exact_duplicates", rows=both_of(len(touches), len(conversions)))
    tables = [
        name
        for name, rows in (("touches", touches), ("conversions", conversions))
        if len(rows) and (name == "touches" or scan.log.conversions is not None)
    ] or ["touches"]
    code = "; ".join(f"{name} = {name}.drop_duplicates()" for name in tables)
    fix = Sentence("fix.duplicates", code=code)
    check = CheckResult("exact_duplicates", False, text, count, fix=fix)
    if len(touches):
        return Finding(check, "touches", scan.touch_rows[touches[:5]].tolist())
    return Finding(check, "conversions", scan.conversion_rows[conversions[:5]].tolist())


def _repeated_conversions(scan: Scan) -> np.ndarray:
    conversions = scan.conversions
    columns = [conversions.user, conversions.time, conversions.value.view(np.int64)]
    columns += [dim.codes for dim in conversions.dims]
    columns += [] if conversions.goal is None else [conversions.goal.codes]
    columns += [] if conversions.order is None else [conversions.order]
    order = np.lexsort(columns[::-1])
    return np.sort(order[~run_starts(*(column[order] for column in columns))])


def _sequence(scan: Scan) -> Finding:
    """Tell of rows whose place in a sequence contradicts their time; a sequence may begin anew."""
    name, sequence, by_user = "sequence_order", scan.touches.sequence, scan.sorted_touches
    if sequence is None:
        return Finding(CheckResult(name, None, Sentence("sequence_order.none")))
    place = sequence[by_user.order]
    later = np.zeros(len(place), np.bool_)
    later[1:] = (by_user.user[1:] == by_user.user[:-1]) & (by_user.time[1:] > by_user.time[:-1])
    back = later.copy()
    back[1:] &= place[1:] < place[:-1]
    spans = scan.spans
    least = np.minimum.reduceat(place, spans.low) if len(place) else place
    back &= place > np.repeat(least, spans.high - spans.low)  # where it is the least, a session begins
    count = int(back.sum())
    if not count:
        return Finding(CheckResult(name, True, Sentence("sequence_order.ok")))
    text = Sentence(name, touches=_n(count))
    column = scan.log.touch_table.sequence
    fix = Sentence("fix.sequence", code=f"touches = touches.drop(columns=[{column!r}])")
    failed = count > _MOST_OUT_OF_SEQUENCE * max(int(later.sum()), 1)
    rows = by_user.order[np.flatnonzero(back)[:5]]
    check = CheckResult(name, False if failed else None, text, count, fix=fix)
    return Finding(check, "touches", scan.touch_rows[rows].tolist())


def _ties(scan: Scan) -> Finding:
    by_user, touches = scan.sorted_touches, scan.touches
    keys = [by_user.user, by_user.time]
    if touches.sequence is not None:
        keys.append(touches.sequence[by_user.order])
    channel = touches.channel[by_user.order]
    same_moment = ~run_starts(*keys)
    tied = same_moment.copy()
    tied[1:] &= channel[1:] != channel[:-1]
    count = int(tied.sum())
    if not count:
        return Finding(CheckResult("ties", True, Sentence("ties.ok")))
    text = Sentence("ties", touches=_n(count))
    fix = Sentence("fix.ties_column" if touches.sequence is None else "fix.ties")
    rows = scan.touch_rows[np.sort(by_user.order[tied])[:5]].tolist()
    return Finding(CheckResult("ties", None, text, count, fix=fix), "touches", rows)


def _channel_names(scan: Scan) -> list[str]:
    """Return the channel of each code: grouped, if the log has a grouping."""
    grouping = scan.log.grouping
    return list(scan.channels) if grouping is None else grouping.rename(scan.channels)


def _counts(scan: Scan) -> dict[str, int]:
    per_code = np.bincount(scan.touches.channel, minlength=len(scan.channels)) if len(scan.touches) else ()
    counts: dict[str, int] = defaultdict(int)
    for name, count in zip(_channel_names(scan), np.asarray(per_code, np.int64).tolist(), strict=False):
        counts[name] += count
    return dict(counts)


def _spelling(scan: Scan) -> Finding:
    counts = _counts(scan)
    variants: dict[str, list[str]] = defaultdict(list)
    for name in filter(str.strip, counts):  # blank ones are a finding of their own
        variants[_sound(name)].append(name)
    groups = [sorted(names, key=lambda name: -counts[name]) for names in variants.values() if len(names) > 1]
    if not groups:
        text = Sentence("channel_spelling.ok", count=len(counts))
        return Finding(CheckResult("channel_spelling", True, text))
    rare = sum(counts[name] for names in groups for name in names[1:])
    shown = "; ".join(" = ".join(repr(name) for name in names[:5]) for names in groups[:5])
    channels = Sentence("n_channels", n=len(groups))
    text = Sentence("channel_spelling", channels=channels, touches=_n(rare), shown=shown)
    rules = ", ".join(f"({names[0]!r}, {_pattern(names)!r})" for names in groups)
    rows = [{"channel": name, "touches": counts[name]} for names in groups for name in names][:5]
    fix = f'log.group_channels([{rules}], unmatched="keep")'
    return Finding(CheckResult("channel_spelling", False, text, rare, rows, fix))


def _sound(name: str) -> str:
    """Return a name without case and punctuation, and ``"5.0"`` as ``"5"``."""
    return re.sub(r"[\W_]+", "", re.sub(r"^(\d+)\.0+$", r"\1", name.strip())).casefold() or name


def _dimensions(scan: Scan) -> Finding:
    """Find labels of the other dimensions that differ by case or punctuation only."""
    found: list[tuple[str, str, list[str]]] = []
    log = scan.log
    columns_of = {
        **dict(log.touch_table.dims),
        **dict(log.conversion_table.conversion_dims),
        "goal": log.conversion_table.goal or "goal",
    }
    later = "touches" if log.conversions is None else "conversions"
    for table, columns in (("touches", scan.touches), (later, scan.conversions)):
        goal = getattr(columns, "goal", None)
        for dim in (*columns.dims, *(() if goal is None else (goal,))):
            variants: dict[str, list[str]] = defaultdict(list)
            for label in dim.labels:
                variants[_sound(label)].append(label)
            found += [(table, dim.name, names) for names in variants.values() if len(names) > 1]
    if not found:
        return Finding(CheckResult("label_spelling", True, Sentence("label_spelling.ok")))
    shown = "; ".join(f"{dim}: " + " = ".join(map(repr, names[:5])) for _, dim, names in found[:5])
    text = Sentence("label_spelling", labels=Sentence("n_labels", n=len(found)), shown=shown)
    lines = [
        f"{table}[{columns_of[dim]!r}] = {table}[{columns_of[dim]!r}]"
        f".replace({dict.fromkeys(names[1:], names[0])!r})"
        for table, dim, names in found[:5]
    ]
    return Finding(CheckResult("label_spelling", False, text, len(found), fix="; ".join(lines)))


def _pattern(names: list[str]) -> str:
    if len({name.strip().casefold() for name in names}) == 1:
        return names[0].strip().casefold()
    return f"re:^({'|'.join(sorted(re.escape(name.strip().casefold()) for name in names))})$"


def _blank(scan: Scan) -> Finding:
    names = _channel_names(scan)
    blank = [code for code, name in enumerate(names) if not name.strip()]
    found = np.flatnonzero(np.isin(scan.touches.channel, blank))
    if not len(found):
        return Finding(CheckResult("blank_channels", True, Sentence("blank_channels.ok")))
    text = Sentence("blank_channels", touches=_n(len(found)))
    fix = Sentence("fix.blank_channels", code='log.group_channels([("direct", "")], unmatched="keep")')
    return Finding(
        CheckResult("blank_channels", False, text, len(found), fix=fix),
        "touches",
        scan.touch_rows[found[:5]].tolist(),
    )


def _busy(scan: Scan, limits: Thresholds) -> Finding:
    spans = scan.spans
    touches = spans.high - spans.low
    if not len(touches):
        return Finding(CheckResult("busy_users", True, Sentence("busy_users.none")))
    threshold = limits.busy_touches
    if threshold is None:
        threshold = max(_FEWEST_BUSY, int(_BUSY_TIMES_USUAL * np.quantile(touches, 0.99)))
    busy = np.flatnonzero(touches > threshold)
    if not len(busy):
        text = Sentence("busy_users.ok", threshold=threshold, most=int(touches.max()))
        return Finding(CheckResult("busy_users", True, text))
    busy = busy[np.argsort(-touches[busy], kind="stable")]
    share = touches[busy].sum() / touches.sum()
    users, most = Sentence("n_users", n=len(busy)), int(touches[busy[0]])
    text = Sentence("busy_users", users=users, threshold=threshold, most=most, share=float(share))
    rows = scan.touch_rows[scan.sorted_touches.order[spans.low[busy[:5]]]].tolist()
    fix = Sentence("fix.busy_users", code=f"at.build_journeys(log, max_touches={threshold})")
    return Finding(CheckResult("busy_users", False, text, len(busy), fix=fix), "touches", rows)


def _guests(scan: Scan) -> Finding:
    """Find a user 0 among ids that do not count from it: many shops write 0 for guests."""
    name, users = "guest_ids", scan.spans.user
    tables = [scan.log.touch_table, *([] if scan.log.conversions is None else [scan.log.conversion_table])]
    near = np.arange(1 + min(len(users), _NEAR))
    numbered = scan.log.touch_table.users == "integer"
    hashes = hash_integers(near) if numbered else hash_array(pa.array([str(each) for each in near.tolist()]))
    touches = int((scan.touches.user == hashes[0]).sum())
    orders = int((scan.conversions.user == hashes[0]).sum())
    place = np.minimum(np.searchsorted(users, hashes[1:]), len(users) - 1)
    counted = not len(users) or 2 * int((users[place] == hashes[1:]).sum()) >= len(near) - 2
    if counted or not touches + orders:
        return Finding(CheckResult(name, True, Sentence("guest_ids.ok")))
    first = np.flatnonzero(scan.touches.user == hashes[0])
    text = Sentence(name, touches=_n(touches), conversions=Sentence("n_conversions", n=orders))
    fix = "; ".join(_own_ids(table.table, table.user) for table in tables)
    check = CheckResult(name, False, text, touches + orders, fix=fix)
    return Finding(check, "touches", scan.touch_rows[first[:5]].tolist())


def _own_ids(table: str, user: str) -> str:
    """Return the line that makes each row of a guest a user of its own, so that no row is lost."""
    ids, row = f"{table}[{user!r}]", f"{table}.reset_index().index.astype('string')"
    return f"{ids} = {ids}.astype('string').where({ids}.astype('string').ne('0'), '{table} ' + {row})"


def _unmatched(scan: Scan) -> Finding:
    grouping = scan.log.grouping
    if grouping is None:
        return Finding(CheckResult("channels_unmatched", None, Sentence("channels_unmatched.none")))
    by = grouping.told_columns()
    missed = [code for code, label in enumerate(scan.channels) if not grouping.matched(label)]
    counts = (
        np.bincount(scan.touches.channel, minlength=len(scan.channels)) if len(scan.touches) else np.zeros(0)
    )
    if not missed:
        fine = Sentence("channels_unmatched.ok", count=len(scan.channels), by=by)
        return Finding(CheckResult("channels_unmatched", True, fine))
    missed.sort(key=lambda code: (-int(counts[code]), code))
    total = int(counts[missed].sum())
    text = Sentence(
        "channels_unmatched",
        missed=len(missed),
        count=len(scan.channels),
        touches=_n(total),
        share=total / max(len(scan.touches), 1),
        otherwise=grouping.otherwise,
        by=by,
    )
    rows = [
        {"label": grouping.spell(scan.channels[code]), "touches": int(counts[code])} for code in missed[:5]
    ]
    fix = Sentence("fix.channel_rule", code="log.group_channels([*DEFAULT_RULES, ChannelRule(...)])")
    return Finding(CheckResult("channels_unmatched", None, text, total, rows, fix))
