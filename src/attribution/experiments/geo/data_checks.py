"""What looks wrong in a panel: geos that fall to nothing, days and geos unlike the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from attribution._typing import Floats, Ints
from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import Fitted, share_of
from attribution.experiments.geo.geo_assignment import FEWEST_BEFORE, GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.panel_times import shown
from attribution.experiments.geo.zero_runs import zero_runs
from attribution.language.sentence import Sentence

FAR, MATERIAL = 8.0, 0.02  # robust deviations of a day; share of an arm's total that a day is too much
_TWICE = math.log(2.0)
_NAMED = 5
_MOST = 12  # treated geos that are left out in turn; the largest


def zeros(test: GeoTest) -> CheckResult:
    """Return whether a geo falls to 0 and stays there: a late feed, a closed or an opened shop.

    A stretch of zeros stands out where it is unlikely by how much the geo sells at other times, how steadily,
    and how often it is 0: fewer than 1% of sound panels have one (see `zero_runs`).
    """
    none = test.panel.outcome == 0
    if not none.any():
        return CheckResult("zeros", True, Sentence("zeros.none"))
    count = int(none.sum())
    most = test.panel.geos[int(none.sum(axis=1).argmax())]
    text = Sentence("zeros.some", count=count, share=count / none.size, geo=most)
    found = zero_runs(test.panel.outcome, test.n_pre).tolist()
    if not found:
        return CheckResult("zeros", True if count < 0.05 * none.size else None, text, count=count)
    names = list(dict.fromkeys(test.panel.geos[row] for row, _, _ in found))
    told = Sentence("list.several", parts=tuple(_stretch(test, *one) for one in found[:_NAMED]))
    if len(names) > 1:
        if len(found) > _NAMED:
            told = Sentence("zeros.more", first=told, n=len(found) - _NAMED)
        told = Sentence("zeros.several", count=len(names), stretches=told)
    rows: list[Mapping[str, Any]] = [
        {
            "geo": test.panel.geos[row],
            "first": shown(test.panel.times[first]),
            "last": shown(test.panel.times[last]),
        }
        for row, first, last in found
    ]
    fix = _mend(test, [row for row, _, _ in found])
    return CheckResult("zeros", False, told, count=len(names), rows=rows, fix=fix)


def _stretch(test: GeoTest, row: int, first: int, last: int) -> Sentence:
    times, step = test.panel.times, test.panel.step
    length = last - first + 1
    ends = [shown(times[first]), shown(times[last])]
    when = ends[0] if length == 1 else Sentence("range", low=ends[0], high=ends[1])
    where = {len(times) - 1: "end_test", test.n_pre - 1: "end_history"}.get(last, "")
    if not where:
        where = {0: "start_history", test.n_pre: "start_test"}.get(first, "")
    return Sentence(
        "zeros.stretch",
        geo=test.panel.geos[row],
        arm=Sentence("arm.treated" if test.treated[row] else "arm.control"),
        when=when,
        steps=Sentence(f"n_steps.{step}", n=length),
        where=Sentence(f"zeros.{where}") if where else "",
    )


def _mend(test: GeoTest, rows: list[int]) -> str:
    control = list(dict.fromkeys(test.panel.geos[row] for row in rows if not test.treated[row]))
    rest = Sentence("fix.zeros.buffer", code=f"buffer={control!r}")
    if not control:
        rest = Sentence("fix.zeros.treated")
    elif test.strata is not None or len(control) > len(test.controls) - 2:
        rest = Sentence("fix.zeros.pairs")
    return Sentence("fix.zeros", rest=rest)


def odd_days(test: GeoTest) -> CheckResult:
    """Return whether single days of single geos are far from what the geo and the day have otherwise.

    Logarithms less the geo's and the day's median, apart for the history and the test, so that an effect is
    nobody's odd day; in units of the geo's own median deviation. Only days count that move an arm's total.
    """
    rows = []
    for part in (slice(0, test.n_pre), slice(test.n_pre, None)):
        outcome = test.panel.outcome[:, part]
        if outcome.shape[1] < 3:
            continue
        known = outcome > 0
        logs = np.log(np.where(known, outcome, 1.0))
        logs[~known] = np.nan
        with np.errstate(all="ignore"):
            rows += _far(test, part, outcome, logs)
    if not rows:
        return CheckResult("outlier_days", True, Sentence("outlier_days.ok"))
    rows.sort(key=lambda row: -abs(math.log(row["times"])))
    named = tuple(Sentence("outlier_days.one", **row) for row in rows[:_NAMED])
    told = Sentence("list", parts=named)
    if len(rows) > _NAMED:
        told = Sentence("and", first=named, last=Sentence("more", n=len(rows) - _NAMED))
    fix = Sentence("fix.outlier_days")
    return CheckResult("outlier_days", False, told, count=len(rows), rows=rows, fix=fix)


def _far(test: GeoTest, part: slice, outcome: Floats, logs: Floats) -> list[Mapping[str, Any]]:
    usual = _medians(logs, axis=1)[:, None]
    usual = usual + _medians(logs - usual, axis=0)[None, :]
    off = logs - usual
    spread = 1.4826 * _medians(np.abs(off), axis=1)[:, None]
    arm = np.where(test.treated, outcome[test.treated].sum(), outcome[~test.treated].sum())[:, None]
    moved = np.abs(outcome - np.exp(usual)) > MATERIAL * np.abs(arm)
    far = np.argwhere((np.abs(off) > np.maximum(FAR * spread, _TWICE)) & moved)
    return [
        {
            "geo": test.panel.geos[row],
            "time": shown(test.panel.times[part][day]),
            "times": float(np.exp(off[row, day])),
        }
        for row, day in far.tolist()
    ]


def _medians(values: Floats, axis: int) -> Floats:
    """Return medians without the missing; 0 where all are."""
    empty = np.isnan(values).all(axis=axis)
    filled = np.where(np.expand_dims(empty, axis), 0.0, values)
    medians: Floats = np.nanmedian(filled, axis=axis)
    return medians


def leave_one_treated_out(test: GeoTest, fitted: Fitted, request: GeoRequest) -> CheckResult:
    """Return how the lift moves as each treated geo is left out in turn, with its pair where it has one."""
    name = "leave_one_treated_out"
    treated = np.flatnonzero(test.treated)
    if len(treated) < 2:
        return CheckResult(name, None, Sentence("leave_one_treated_out.one"))
    sizes = test.panel.outcome[treated].sum(axis=1)
    moved: dict[str, float] = {}
    for row in treated[np.argsort(-sizes, kind="stable")][:_MOST].tolist():
        try:
            moved[test.panel.geos[row]] = request.method.lift(_smaller(test, row), request)
        except ExperimentError:
            continue
    whole = share_of(fitted.reading.value, fitted.reading.scale, test.actual)
    moved = {geo: lift for geo, lift in moved.items() if math.isfinite(lift)}
    if not moved or not math.isfinite(whole):
        return CheckResult(name, None, Sentence("leave_one_treated_out.rest"))
    low, high = min(moved.values()), max(moved.values())
    text = Sentence(name, count=len(moved), whole=whole, low=low, high=high)
    rows: list[Mapping[str, Any]] = [
        {"geo": geo, "lift": value}
        for geo, value in sorted(moved.items(), key=lambda item: -abs(item[1] - whole))[:_NAMED]
    ]
    reading = fitted.reading
    clear = reading.low > 0 or reading.high < 0
    ends = [share_of(end, reading.scale, test.actual) for end in (reading.low, reading.high)]
    hangs = [
        geo
        for geo, lift in moved.items()
        if lift * whole <= 0 or (abs(lift) < abs(whole) / 2 and not ends[0] <= lift <= ends[1])
    ]
    if not clear or not hangs:
        return CheckResult(name, True, text, rows=rows)
    fix = Sentence("fix.leave_one_treated_out", geo=hangs[0])
    return CheckResult(name, False, text, count=len(hangs), rows=rows, fix=fix)


def _smaller(test: GeoTest, row: int) -> GeoTest:
    """Return the test without a treated geo; without its stratum where one arm of that would be left."""
    gone: Ints = np.array([row], np.int64)
    if test.strata is not None:
        inside = np.flatnonzero(test.strata == test.strata[row])
        if int(test.treated[inside].sum()) < 2:
            gone = inside
    for place in sorted(gone.tolist(), reverse=True):
        test = test.without(place)
    if test.strata is not None:
        codes = np.unique(test.strata, return_inverse=True)[1].astype(np.int64)
        test = replace(test, strata=codes)
    if not test.treated.any() or test.treated.all() or test.n_pre < FEWEST_BEFORE:
        msg = "nothing is left to compare"
        raise ExperimentError(msg)
    return test
