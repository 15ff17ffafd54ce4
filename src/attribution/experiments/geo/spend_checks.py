"""Did spend change as the test wanted, and only there."""

from __future__ import annotations

import math

import numpy as np

from attribution._display import format_number
from attribution.diagnostics import CheckResult
from attribution.experiments.geo.layout import GeoTest
from attribution.experiments.geo.money import Spent

SPILLED = 0.2  # change of spend in a control geo over that in a treated geo, both a mean
_NAMED = 5


def spend_moved(test: GeoTest, spent: Spent) -> CheckResult:
    """Return whether spend changed in the treated geos as a test needs, and not in the control geos."""
    assert test.panel.cost is not None
    money, pre = test.panel.cost, test.n_pre
    before, after = money[:, :pre].mean(axis=1), money[:, pre:].mean(axis=1)
    sums = [format_number(float(part[test.treated].sum())) for part in (before, after)]
    text = (
        f"the treated geos' spend a {test.panel.step} went from {sums[0]} to {sums[1]}; incremental "
        f"{format_number(spent.total)} in all"
    )
    spilled = _spilled(test, before, after)
    if spilled is not None:
        return CheckResult("spend_moved", False, f"{text}; {spilled[0]}", fix=spilled[1])
    if spent.error == 0.0 or abs(spent.total) > 3 * spent.error:
        return CheckResult("spend_moved", True, text)
    if math.isinf(spent.error):
        text += "; how sure that is cannot be told from the spend of one control geo"
        return CheckResult(
            "spend_moved", False, text, fix="cost=(total, standard error), where they are known"
        )
    text += f", which its standard error of {format_number(spent.error)} hardly tells from none"
    return CheckResult("spend_moved", False, text, fix="without more spend, no iROAS can be told")


def _spilled(test: GeoTest, before: np.ndarray, after: np.ndarray) -> tuple[str, str] | None:
    """Return what the control geos were spent on, and what to do; None where they were left alone."""
    control = ~test.treated
    moved = [float((after - before)[rows].mean()) for rows in (test.treated, control)]
    new = control & (before == 0) & (after > 0)
    names = [test.panel.geos[row] for row in np.flatnonzero(new)]
    share = moved[1] / moved[0] if moved[0] else math.inf
    if not names and not share > SPILLED:
        return None
    step = test.panel.step
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        named = ", ".join(names[:_NAMED])
        text = f"control geos that had no spend before were spent on in the test: {named}{more}"
    else:
        text = "the control geos' spend changed as well"
    one, other = format_number(moved[1]), format_number(moved[0])
    text += f" ({one} a geo and {step}, where it is {other} in treated geos)"
    fix = "what is told is the effect of the difference in spend; look at where the campaign ran"
    few = 0 < len(names) <= int(control.sum()) - 2 and test.strata is None
    return text, f"buffer={names!r}, or count on this: {fix}" if few else fix
