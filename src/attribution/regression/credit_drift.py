"""Checks of the credit: conservation, channels, amounts, shares and places, one a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from attribution._typing import Bools, Floats
from attribution.regression.baseline import AMOUNTS, Baseline
from attribution.regression.pair import (
    Finding,
    Pair,
    Side,
    change,
    failed,
    not_checked,
    passed,
    relative,
    total,
)
from attribution.regression.tolerance import Tolerance
from attribution.reporting.formats import amount_of, label, listing

_EXACT = 1e-9  # rounding of sums; more than that is credit made or lost
_FEW = 10.0  # so few of anything come and go by chance
_NAMES = {True: "sampling noise (standard errors guessed from counts)", False: "sampling noise (bootstrap)"}


def conservation(new: Baseline) -> list[Finding]:
    """Check, per model, that credit and unattributed conversions are the log's, and the same for value."""
    held = new.totals.sum(axis=0)  # measure, model
    amounts = None if new.log is None else new.log.get("amounts")
    measures = range(2 if new.has_value else 1)
    if amounts is not None:
        truth, source = [amounts[name] for name in AMOUNTS], "the log has"
    elif len(new.models) > 1:
        truth, source = np.median(held, axis=1).tolist(), "other models give"
    else:
        why = "the log's own count is not known, and one model has none to agree with (journeys=...)"
        return [found for model in new.models for found in not_checked(f"conservation[{model}]", why)]
    # A table that was cut, by hand or by a full disk, no longer holds what its totals say.
    inside = new.attributed
    rows_sum = np.stack([new.amounts[:, :, inside].sum(axis=2), new.amounts[:, :, ~inside].sum(axis=2)])
    findings = []
    for place, model in enumerate(new.models):
        name = f"conservation[{model}]"
        rows: list[dict[str, Any]] = []
        for measure in measures:
            for what, sum_, right in (
                (source, held[measure, place], truth[measure]),
                ("totals say", rows_sum[:, measure, place].sum(), held[measure, place]),
            ):
                scale = max(abs(right), 1.0 if measure == 0 else 1e-9)
                if abs(sum_ - right) > _EXACT * scale:
                    rows.append({
                        "measure": AMOUNTS[measure], "against": what, "right": right, "found": float(sum_),
                        "off": float(abs(sum_ - right) / scale),
                    })  # fmt: skip
        if rows:
            rows.sort(key=lambda row: -row["off"])
            worst = rows[0]
            text = (
                f"{worst['measure']}: credit and unattributed add up to {worst['found']:.10g}, "
                f"{worst['against']} {worst['right']:.10g}"
            )
            fix = "credit was made or lost: a bug of the model or of what came after it; never accept it"
            findings += failed(name, text, 10.0 + worst["off"], rows, len(rows), fix)
        else:
            known = "the log's" if amounts is not None else "the same under all models"
            findings += passed(
                name, f"credit and unattributed add up to {held[0, place]:.10g} conversions, {known}"
            )
    return findings


def models(new: Baseline, old: Baseline) -> list[Finding]:
    """Check that the same models are there."""
    gone = [name for name in old.models if name not in new.models]
    come = [name for name in new.models if name not in old.models]
    if not gone and not come:
        return passed("models", f"{amount_of(len(new.models), 'model')}, as in the baseline")
    said = [f"{listing(gone)} vanished"] * bool(gone) + [f"{listing(come)} new"] * bool(come)
    rows = [{"model": name, "change": "vanished"} for name in gone]
    rows += [{"model": name, "change": "new"} for name in come]
    return failed("models", "; ".join(said), 3.0, rows, len(rows))


def channels(pair: Pair, limits: Tolerance) -> list[Finding]:
    """Check that no channel vanished and none is new; nightly, those of a few touches may come and go."""
    weights = [_weight(pair, side) for side in (pair.old, pair.new)]
    size = [_size(side) for side in (pair.old, pair.new)]
    rows: list[dict[str, Any]] = []
    small: list[str] = []
    for name in dict.fromkeys(pair.channel[pair.attributed].tolist()):
        before, after = (weight.get(name, 0.0) for weight in weights)
        if (before > 0) == (after > 0) and _there(pair, name, pair.old) == _there(pair, name, pair.new):
            continue
        vanished = after == 0 and not (before == 0 and _there(pair, name, pair.new))
        expected = before * size[1] / size[0] if vanished and size[0] else after
        if limits.nightly and expected < _FEW:
            small.append(name)
            continue
        part = (before / size[0] if vanished else after / size[1]) if size[0] and size[1] else 0.0
        rows.append({"channel": name, "change": "vanished" if vanished else "new", "share": part})
    if not rows:
        note = f"; {listing(small)} came or went, too few to tell from chance" if small else ""
        n = len(set(pair.channel[pair.attributed].tolist()))
        return passed("channels", f"{amount_of(n, 'channel')}, none vanished and none new{note}")
    rows.sort(key=lambda row: (-row["share"], row["change"] != "vanished", row["channel"]))
    said = []
    for kind in ("vanished", "new"):
        named = [f"{label(row['channel'])} ({row['share']:.1%})" for row in rows if row["change"] == kind]
        if named:
            came = "is new" if len(named) == 1 else "are new"
            said.append(f"{listing(named, 3)} {came if kind == 'new' else kind}")
    fix = (
        "a channel that was renamed needs its old name back (log.group_channels(...)); else --update-baseline"
    )
    return failed("channels", "; ".join(said), 4.0 + rows[0]["share"], rows, len(rows), fix)


def _there(pair: Pair, name: str, side: Side) -> bool:
    return bool((side.present & (pair.channel == name)).any()) or name in (side.log or {}).get("channels", {})


def _weight(pair: Pair, side: Side) -> dict[str, float]:
    """Return how much of each channel there is: touches where the log is known, else credit."""
    if pair.old.log is not None and pair.new.log is not None:
        return dict((side.log or {}).get("channels", {}))
    most = np.abs(side.amounts[0]).max(axis=0, initial=0.0) * side.days
    found: dict[str, float] = {}
    for name, amount in zip(pair.channel.tolist(), most.tolist(), strict=True):
        found[name] = found.get(name, 0.0) + amount
    return found


def _size(side: Side) -> float:
    touches = total(side.log, "amounts", "touches")
    return touches or side.conversions


def amounts(pair: Pair, limits: Tolerance, place: int) -> list[Finding]:
    """Check the credit of one model: conversions and value of every cell, per day where the data grew."""
    name = f"credit[{pair.models[place]}]"
    old, new = pair.old.amounts[:, place], pair.new.amounts[:, place]
    chance = limits.sampling * np.hypot(pair.old.amount_errors[:, place], pair.new.amount_errors[:, place])
    plain = np.maximum(limits.rtol * np.maximum(np.abs(old), np.abs(new)), limits.atol)
    return _judge(pair, name, old, new, plain, chance, unit=" per day" if pair.new.days != 1.0 else "")


def cost(pair: Pair, limits: Tolerance) -> list[Finding]:
    """Check the spend of every cell, per day where the data grew; nothing where neither side has any."""
    if pair.old.cost is None and pair.new.cost is None:
        return []
    if pair.old.cost is None or pair.new.cost is None:
        side = "the baseline" if pair.old.cost is None else "the result"
        return not_checked("cost", f"{side} has no spend (with_spend, or [spend] of a run)")
    old, new = np.nan_to_num(pair.old.cost), np.nan_to_num(pair.new.cost)
    off = np.abs(new - old)
    bad = np.flatnonzero(off > np.maximum(limits.rtol * np.maximum(np.abs(old), np.abs(new)), limits.atol))
    if not len(bad):
        return passed("cost", f"the spend of {amount_of(int((old > 0).sum()), 'cell')} is what it was")
    order = bad[np.argsort(-off[bad], kind="stable")]
    rows = [
        {"cell": pair.cells[at], "measure": "cost", "old": float(old[at]), "new": float(new[at])}
        for at in order[:5].tolist()
    ]
    unit = " per day" if pair.new.days != 1.0 else ""
    text = f"{label(rows[0]['cell'])}, cost: {change(float(old[order[0]]), float(new[order[0]]))}{unit}; "
    text += f"{amount_of(len(bad), 'cell')} moved"
    return failed("cost", text, float(off[order[0]] / max(old.sum(), new.sum(), 1e-300)), rows, len(bad))


def shares(pair: Pair, limits: Tolerance, place: int) -> list[Finding]:
    """Check the shares of one model, in percentage points."""
    name = f"shares[{pair.models[place]}]"
    old, new = 100 * pair.old.shares[:, place], 100 * pair.new.shares[:, place]
    chance = (
        100 * limits.sampling * np.hypot(pair.old.share_errors[:, place], pair.new.share_errors[:, place])
    )
    plain = np.full(old.shape, limits.share_points)
    return _judge(pair, name, old, new, plain, chance, unit=" points")


def _judge(
    pair: Pair,
    name: str,
    old: Floats,
    new: Floats,
    plain: Floats,
    chance: Floats,
    *,
    unit: str,
) -> list[Finding]:
    """Compare two tables of measure by cell; what chance explains passes."""
    inside = np.zeros(old.shape, dtype=np.bool_)
    inside[list(pair.measures)] = True
    points = unit == " points"
    if points:
        inside &= pair.attributed
    off = np.abs(new - old)
    bad: Bools = inside & (off > plain + chance)
    spared = int((inside & (off > plain) & ~bad).sum())
    noise = _NAMES[pair.old.counted or pair.new.counted]
    what = "share of " if points else ""
    if not bad.any():
        largest = (
            f"largest change {off[inside].max(initial=0.0):.3g}{unit}" if points or unit else "unchanged"
        )
        note = f"; {spared} of them differ by no more than {noise}" if spared else ""
        if not points and not unit and off[inside].any():
            largest = f"largest relative change {relative(new, old)[inside].max():.2g}"
        return passed(name, f"{int(inside.sum()):,} numbers, {largest}{note}")
    # By what part of the whole moved: a channel of two conversions that lost one is no worst offender.
    whole = 100.0 if points else np.maximum(np.abs(old).sum(axis=1), np.abs(new).sum(axis=1))[:, None]
    apart = off / np.where(whole > 0, whole, 1.0)
    order = np.lexsort([-relative(new, old)[bad], -np.round(apart[bad], 9)])
    measure, cell = (axis[order] for axis in np.nonzero(bad))
    rows = [
        {
            "cell": pair.cells[at], "measure": f"{what}{AMOUNTS[kind]}", "old": float(old[kind, at]),
            "new": float(new[kind, at]), "allowed": float((plain + chance)[kind, at]),
        }
        for kind, at in zip(measure[:5].tolist(), cell[:5].tolist(), strict=True)
    ]  # fmt: skip
    worst = rows[0]
    said = (
        f"{worst['old']:.4g} -> {worst['new']:.4g} points" if points
        else change(worst["old"], worst["new"]) + unit
    )  # fmt: skip
    text = f"{label(worst['cell'])}, {worst['measure']}: {said}"
    text += f"; {int(bad.sum()):,} of {int(inside.sum()):,} numbers moved"
    text += f", {spared} more within {noise}" if spared else ""
    return failed(name, text, float(apart[bad].max()), rows, int(bad.sum()))


def ranks(pair: Pair, limits: Tolerance, place: int) -> list[Finding]:
    """Check the order of the channels of one model; a pair so close that chance orders it does not count."""
    name = f"ranks[{pair.models[place]}]"
    names = sorted(set(pair.channel[pair.attributed].tolist()))
    if len(names) < 2:
        return passed(name, "fewer than two channels")
    member = np.array([[channel == held for held in names] for channel in pair.channel.tolist()], dtype=float)
    sides = [
        (side.shares[0, place] @ member, side.share_errors[0, place] ** 2 @ member)
        for side in (pair.old, pair.new)
    ]
    certain = []
    for share, variance in sides:
        gap = share[:, None] - share[None, :]
        tie = limits.sampling * np.sqrt(variance[:, None] + variance[None, :])
        certain.append((gap, np.maximum(tie, 1e-6 if limits.nightly else limits.rtol * np.abs(share).max())))
    (before, noise0), (after, noise1) = certain
    overtaken = (before > noise0) & (after < -noise1)  # i was ahead of j, and now j is ahead
    moves = overtaken.sum(axis=0) - overtaken.sum(axis=1)
    bad = np.flatnonzero(np.abs(moves) > limits.ranks)
    if not len(bad):
        return passed(
            name,
            f"{len(names)} channels in the same order"
            + (", but for what chance explains" if limits.sampling else ""),
        )
    order = bad[np.argsort(-np.abs(moves[bad]), kind="stable")]
    places = [np.argsort(np.argsort(-share, kind="stable"), kind="stable") + 1 for share, _ in sides]
    rows = [
        {"channel": names[at], "old": int(places[0][at]), "new": int(places[1][at])} for at in order.tolist()
    ]
    worst = rows[0]
    text = f"{label(worst['channel'])}: place {worst['old']} -> {worst['new']}; "
    text += f"{amount_of(len(bad), 'channel')} moved"
    return failed(name, text, 0.01, rows, len(bad))


def unattributed(pair: Pair, limits: Tolerance) -> list[Finding]:
    """Check the part of the conversions that no touch precedes."""
    old, new = float(pair.old.lost[0, 0]), float(pair.new.lost[0, 0])
    sizes = [max(side.conversions, 1.0) for side in (pair.old, pair.new)]
    pooled = max((old + new) / 2, 1.0 / min(sizes))
    chance = limits.sampling * float(np.sqrt(pooled * (1 - min(pooled, 1.0)) * sum(1 / n for n in sizes)))
    text = f"{old:.2%} -> {new:.2%} of the conversions have no touch before them"
    if abs(new - old) <= limits.share_points / 100 + chance:
        return passed("unattributed", text)
    rows = [{"old": old, "new": new}]
    fix = "touches were lost, the window is shorter, or ids are others: log.audit(); else --update-baseline"
    return failed("unattributed", text, abs(new - old), rows, 1, fix)
