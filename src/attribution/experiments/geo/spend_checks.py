"""Did spend change as the test wanted, and only there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from attribution.diagnostics import CheckResult
from attribution.experiments.geo.layout import GeoTest
from attribution.experiments.geo.money import Spent
from attribution.language.sentence import Sentence

SPILLED = 0.2  # change of spend in a control geo over that in a treated geo, both a mean
_NAMED = 5


def spend_moved(test: GeoTest, spent: Spent) -> CheckResult:
    """Return whether spend changed in the treated geos as a test needs, and not in the control geos."""
    assert test.panel.cost is not None
    money, pre = test.panel.cost, test.n_pre
    before, after = money[:, :pre].mean(axis=1), money[:, pre:].mean(axis=1)
    sums = [float(part[test.treated].sum()) for part in (before, after)]
    step = Sentence(f"step.{test.panel.step}")
    text = Sentence("spend_moved", step=step, before=sums[0], after=sums[1], total=spent.total)
    spilled = _spilled(test, before, after)
    if spilled is not None:
        moved, fix = spilled
        return CheckResult(
            "spend_moved", False, Sentence("spend_moved.spilled", found=text, **moved), fix=fix
        )
    if spent.error == 0.0 or abs(spent.total) > 3 * spent.error:
        return CheckResult("spend_moved", True, text)
    if math.isinf(spent.error):
        text = Sentence("spend_moved.one_control", found=text)
        return CheckResult("spend_moved", False, text, fix=Sentence("fix.cost_known"))
    text = Sentence("spend_moved.unsure", found=text, error=spent.error)
    return CheckResult("spend_moved", False, text, fix=Sentence("fix.more_spend"))


def _spilled(test: GeoTest, before: np.ndarray, after: np.ndarray) -> tuple[dict[str, Any], Sentence] | None:
    """Return what the control geos were spent on, and what to do; None where they were left alone."""
    control = ~test.treated
    moved = [float((after - before)[rows].mean()) for rows in (test.treated, control)]
    new = control & (before == 0) & (after > 0)
    names = [test.panel.geos[row] for row in np.flatnonzero(new)]
    share = moved[1] / moved[0] if moved[0] else math.inf
    if not names and not share > SPILLED:
        return None
    what = Sentence("spend_moved.changed")
    if names:
        named: Any = tuple(names[:_NAMED])
        if len(names) > _NAMED:
            named = Sentence("and", first=named, last=Sentence("more", n=len(names) - _NAMED))
        what = Sentence("spend_moved.new", geos=named)
    told = {"what": what, "moved": moved[1], "other": moved[0], "step": Sentence(f"step.{test.panel.step}")}
    fix = Sentence("fix.spilled")
    if 0 < len(names) <= int(control.sum()) - 2 and test.strata is None:
        fix = Sentence("fix.spilled_buffer", code=f"buffer={names!r}", rest=fix)
    return told, fix
