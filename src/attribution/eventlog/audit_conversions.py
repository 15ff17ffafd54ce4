"""Checks of the conversions: without a touch, before the first touch, sent twice, and their values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Bools
from attribution.diagnostics import CheckResult
from attribution.eventlog.audit import Finding, Thresholds
from attribution.eventlog.currency import code, is_currency
from attribution.eventlog.scan import Scan
from attribution.kernels.windows import conversion_windows
from attribution.language.sentence import Sentence

_MOST_BEFORE_FIRST = 0.2
_FEWEST_FOR_OUTLIERS = 20
_HEAVY = 0.01
_FEWEST_FOR_RATE = 100  # users
_LOWEST_RATE, _HIGHEST_RATE = 0.0001, 0.5  # of users with touches; shops see 0.2% to 10% of visitors buy
_LARGEST_EXPONENT = 700.0  # of e, that a float holds


def findings(scan: Scan, limits: Thresholds) -> list[Finding]:
    """Return the findings on conversions."""
    return [
        _rate(scan),
        _without_touch(scan, limits),
        _before_first(scan),
        _orders(scan),
        _missing(scan),
        _negative(scan),
        _currencies(scan),
        _outliers(scan, limits),
    ]


def _finding(scan: Scan, name: str, passed: bool | None, text: str, mask: Bools, fix: str) -> Finding:
    rows = np.flatnonzero(mask)
    check = CheckResult(name, passed, text, len(rows), fix=fix)
    return Finding(check, "conversions", scan.conversion_rows[rows[:5]].tolist())


def _n(count: int) -> Sentence:
    return Sentence("n_conversions", n=count)


def _rate(scan: Scan) -> Finding:
    """Tell whether so many users convert, or so few, that a part of the log must be missing."""
    name, n = "conversion_rate", len(scan.spans.user)
    if n < _FEWEST_FOR_RATE or not len(scan.conversions):
        return Finding(CheckResult(name, None, Sentence("conversion_rate.few")))
    buyers = int(scan.buys.sum())
    rate = buyers / n
    text = Sentence("conversion_rate", buyers=buyers, count=n, rate=rate)
    if _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        return Finding(CheckResult(name, True, text))
    fix = Sentence("fix.same_users")
    if rate > _HIGHEST_RATE:
        text, fix = Sentence("conversion_rate.high", found=text), Sentence("fix.load_others")
    return Finding(CheckResult(name, False, text, buyers, fix=fix))


def _without_touch(scan: Scan, limits: Thresholds) -> Finding:
    name, conversions = "conversions_without_touch", scan.conversions
    if not len(conversions):
        return Finding(CheckResult(name, None, Sentence("conversions_without_touch.none")))
    low, high = conversion_windows(
        scan.spans, scan.sorted_touches.time, conversions.user, conversions.time, limits.lookback, reset=False
    )
    alone = low == high
    count = int(alone.sum())
    if not count:
        text = Sentence("conversions_without_touch.ok", lookback=limits.lookback_text)
        return Finding(CheckResult(name, True, text))
    _, first, last = scan.spans.find(conversions.user)
    strangers = int((first == last).sum())
    share = count / len(conversions)
    text = Sentence(
        name,
        conversions=_n(count),
        count=len(conversions),
        share=share,
        lookback=limits.lookback_text,
        strangers=strangers,
    )
    fix = Sentence("fix.longer_lookback")
    return _finding(scan, name, False if share > limits.most_without_touch else None, text, alone, fix)


def _before_first(scan: Scan) -> Finding:
    name, conversions = "conversions_before_first_touch", scan.conversions
    _, first, last = scan.spans.find(conversions.user)
    known = first < last
    early = known.copy()
    early[known] = conversions.time[known] < scan.sorted_touches.time[first[known]]
    count = int(early.sum())
    if not count:
        return Finding(CheckResult(name, True, Sentence("conversions_before_first_touch.ok")))
    share = count / int(known.sum())
    text = Sentence(name, conversions=_n(count), share=share)
    fix = Sentence("fix.one_zone")
    return _finding(scan, name, False if share > _MOST_BEFORE_FIRST else None, text, early, fix)


def _orders(scan: Scan) -> Finding:
    order = scan.conversions.order
    if order is None:
        return Finding(CheckResult("duplicate_orders", None, Sentence("duplicate_orders.none")))
    _, first, counts = np.unique(order, return_index=True, return_counts=True)
    again = np.ones(len(order), np.bool_)
    again[first] = False
    again &= order != 0
    repeated = int(((counts > 1) & (order[first] != 0)).sum())
    if not repeated:
        return Finding(CheckResult("duplicate_orders", True, Sentence("duplicate_orders.ok")))
    table = scan.log.conversion_table
    name = "touches" if scan.log.conversions is None else "conversions"
    column = f'{name}["{table.order}"]'
    own, within, shared = _of_one_user(scan.conversions.user, order)
    what, fix = _same_order(scan, own, within, column, name) if within.any() else ([], "")
    if shared:
        user = f'{name}["{table.user}"]'
        apart = f'{column} = {user}.astype("string") + " " + {column}.astype("string")'
        what = [Sentence("duplicate_orders.shared", orders=Sentence("n_orders", n=shared)), *what]
        fix = Sentence("fix.orders_apart", code=f"{apart}; {fix}" if fix else apart)
    text = Sentence("duplicate_orders", orders=Sentence("n_orders", n=repeated), what=tuple(what))
    return _finding(scan, "duplicate_orders", False, text, again, fix)


def _of_one_user(user: NDArray[Any], order: NDArray[np.uint64]) -> tuple[NDArray[np.intp], Bools, int]:
    """Return a number for each (user, order), 0 for none; which rows repeat one; how many ids are shared."""
    pairs = np.rec.fromarrays([order, user])
    _, first, own = np.unique(pairs, return_index=True, return_inverse=True)
    own = np.where(order == 0, 0, own.ravel() + 1)
    within = np.ones(len(order), np.bool_)
    within[first] = False
    _, users = np.unique(order[first][order[first] != 0], return_counts=True)
    return own, within & (order != 0), int((users > 1).sum())


def _same_order(
    scan: Scan, ids: NDArray[np.intp], again: Bools, order: str, name: str
) -> tuple[list[Sentence], str]:
    """Say what rows of one order are to each other, and the line that is right for all of these kinds.

    An order sent twice has one value twice and counts once; the lines of an order, and a refund, add up.
    Whoever drops the repeated ids of these loses their money.
    """
    conversions, table = scan.conversions, scan.log.conversion_table
    value = np.nan_to_num(conversions.value)
    by = np.lexsort((value, ids))
    same = np.zeros(len(ids), np.bool_)
    same[by[1:]] = (ids[by[1:]] == ids[by[:-1]]) & (value[by[1:]] == value[by[:-1]])
    refund = np.isin(ids, ids[again]) & (value < 0)
    lines = again & ~same & ~refund & (value > 0)
    unclear = same & np.isin(ids, ids[lines])  # equal lines of one order, or one sent twice
    counts = [int(mask.sum()) for mask in (same & ~unclear & ~refund, lines, refund, unclear)]
    parts = [
        Sentence(f"duplicate_orders.{what}", conversions=_n(count))
        for count, what in zip(counts, ("again", "lines", "refunds", "unclear"), strict=True)
        if count
    ]
    worth_of_copies = float(value[same & ~unclear & ~refund].sum())
    if counts[0] and worth_of_copies:
        parts[0] = Sentence("duplicate_orders.again_worth", conversions=_n(counts[0]), worth=worth_of_copies)
    none, frame = f"{order}.isna()", name
    if not any(counts[1:]) or table.value is None:
        return parts, f"{frame} = {frame}[{none} | ~{order}.duplicated()]"
    key = order[len(name) + 1 : -1]
    worth = f'{name}["{table.value}"]'
    drop = f'{frame} = {frame}[{none} | ~{frame}.duplicated([{key}, "{table.value}"])].copy()'
    total = f'{worth} = {frame}.groupby({key})["{table.value}"].transform("sum").fillna({worth})'
    one = f'{frame} = {frame}[{none} | ~{frame}.sort_values("{table.time}")[{key}].duplicated()]'
    return parts, "; ".join([drop, total, one] if counts[0] and not counts[3] else [total, one])


def _missing(scan: Scan) -> Finding:
    name = "values_missing"
    if scan.log.conversion_table.value is None:
        return Finding(CheckResult(name, None, Sentence("values_missing.none")))
    missing = np.isnan(scan.conversions.value)
    if not missing.any():
        return Finding(CheckResult(name, True, Sentence("values_missing.ok")))
    given = scan.log.conversion_table.missing_value
    text, found = Sentence(name, conversions=_n(int(missing.sum()))), _n(int(missing.sum()))
    if given is not None:
        text = Sentence("values_missing.counted", conversions=found, given=given)
    fix = Sentence("fix.missing_value")
    return _finding(scan, name, False if given is None else None, text, missing, fix)


def _negative(scan: Scan) -> Finding:
    value = scan.conversions.value
    negative = value < 0
    if not negative.any():
        return Finding(CheckResult("values_negative", True, Sentence("values_negative.ok")))
    total = value[negative].sum()
    text = Sentence("values_negative", conversions=_n(int(negative.sum())), total=float(total))
    fix = Sentence("fix.refunds")
    return _finding(scan, "values_negative", False, text, negative, fix)


def _currencies(scan: Scan) -> Finding:
    """Tell of values in several currencies, and of values without one beside others."""
    name, conversions = "value_currencies", scan.conversions
    column = next((dim for dim in conversions.dims if is_currency(dim.name)), None)
    if column is None or scan.log.conversion_table.value is None:
        return Finding(CheckResult(name, None, Sentence("value_currencies.none")))
    names = [*map(code, column.labels), ""]  # null is the last
    labels = np.array(names, object)[column.codes]
    worth = ~(conversions.value == 0)  # nothing is nothing in every currency
    found, place, counts = np.unique(labels[worth].astype(str), return_inverse=True, return_counts=True)
    known = tuple(
        Sentence("currency.count", currency=str(label), count=int(count))
        for label, count in zip(found, counts, strict=True)
        if label
    )
    if len(known) < 2:
        one = Sentence("value_currencies.ok", currencies=known)
        return Finding(CheckResult(name, True, one if known else Sentence("value_currencies.nothing")))
    text = Sentence(name, count=len(known), currencies=known[:10])
    fix = Sentence("fix.currencies", code=f'at.attribute(log, "linear", by=("channel", "{column.name}"))')
    rare = np.zeros(len(labels), np.bool_)
    rare[np.flatnonzero(worth)[place != counts.argmax()]] = True
    return _finding(scan, name, False, text, rare, fix)


def _outliers(scan: Scan, limits: Thresholds) -> Finding:
    """Find values far above the others, by median and median deviation of their logarithms."""
    name, value = "value_outliers", scan.conversions.value
    positive = value > 0
    if int(positive.sum()) < _FEWEST_FOR_OUTLIERS:
        return Finding(CheckResult(name, None, Sentence("value_outliers.few")))
    logs = np.log(value[positive])
    middle = float(np.median(logs))
    # 1.4826 makes the median deviation estimate a normal distribution's standard deviation.
    spread = 1.4826 * float(np.median(np.abs(logs - middle))) or float(logs.std())
    limit = math.exp(min(middle + limits.outlier_deviations * spread, _LARGEST_EXPONENT))
    far = positive & (value > limit)
    usual = float(np.exp(middle))
    if not far.any() or not spread:
        text = Sentence("value_outliers.ok", limit=limit, usual=usual)
        return Finding(CheckResult(name, True, text))
    share = float(value[far].sum() / value[positive].sum())
    values = Sentence("n_values", n=int(far.sum()))
    text = Sentence(name, values=values, limit=limit, usual=usual, share=share)
    fix = Sentence("fix.outliers")
    return _finding(scan, name, False if share >= _HEAVY else None, text, far, fix)
