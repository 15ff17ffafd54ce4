"""advise_budget: which spend is unproductive, which pays, and what only a test would tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

import numpy as np

from attribution._typing import Floats, Ints
from attribution.calibration.calibration import Calibration
from attribution.credit.credit import Credit
from attribution.errors import ExperimentError
from attribution.evaluation.budget_advice import BudgetAdvice
from attribution.stats.sums import sums_by

_CALL = "at.advise_budget(at.calibrate(credit.with_spend(spend), lifts), margin=0.4)"


def advise_budget(
    calibrated: Calibration,
    *,
    margin: float | None = None,
    per_conversion: float | None = None,
    elasticity: tuple[float, float] | None = None,
) -> BudgetAdvice:
    """Say of each channel whether its spend pays, as far as experiments tell, and what a test would be worth.

    What follows from an average is kept apart from what needs a curve. Where returns diminish, the next euro
    brings no more than the average one: so a channel that does not pay on average can be cut, and one that
    does need not pay for more.

    Parameters
    ----------
    calibrated
        What `calibrate` makes of credit with spend (`Credit.with_spend`).
    margin
        What stays of a unit of value before the cost of media, such as 0.4.
    per_conversion
        What a conversion is worth before that cost, in the money of the spend; in place of `margin`.
    elasticity
        Between what and what a channel's elasticity lies: by how many per cent its effect grows where its
        spend grows by one, such as ``(0.5, 1.0)``. None states only that returns diminish: between 0 and 1.
        From a log's own history it cannot be read: seasons move spend and sales together.

    Returns
    -------
    BudgetAdvice

    Raises
    ------
    ExperimentError
        If `calibrated` is credit that no experiment calibrated, or has no spend; there is no margin, or
        both; the calibration has no value that a margin could be of.

    Notes
    -----
    With an effect of mean m and an interval of half-width h at a level whose normal quantile is z, the net
    profit ``margin m - cost`` is taken as normal with standard deviation ``s = margin h / z``. The value of
    knowing it is ``s (phi(t) - t Phi(-t))``, ``t = |net| / s``: the expected value of perfect information of
    a decision to go on or to stop (Raiffa & Schlaifer 1961).

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> log = at.read_log(sample.touches, sample.conversions)
    >>> credit = at.attribute(log, "last_touch", goal="purchase").with_spend(sample.spend)
    >>> tests = {"email": at.Estimate(60, 20, 100), "retargeting": at.Estimate(10, -20, 40)}
    >>> advice = at.advise_budget(at.calibrate(credit, tests), margin=0.4)
    >>> advice.to_frame().set_index("channel").loc[["email", "retargeting"], "verdict"].to_dict()
    {'email': 'productive at the average', 'retargeting': 'unproductive'}
    """
    if isinstance(calibrated, Credit):
        msg = "credit is what models hand out, and not what spend caused"
        why = "who cuts by last-touch credit cuts good channels, and is no richer than by cutting nothing"
        raise ExperimentError(msg, column="calibrated", why=why, hint=_CALL)
    if not isinstance(calibrated, Calibration):
        msg = f"calibrated is a {type(calibrated).__name__}, and no calibration"
        raise ExperimentError(msg, column="calibrated", hint=_CALL)
    credit = calibrated.credit
    if credit.cost is None:
        msg = "there is no spend, and so nothing that could be spent otherwise"
        raise ExperimentError(msg, column="calibrated", hint=_CALL)
    worth = _worth(calibrated, margin, per_conversion)
    low, high = _elasticity(elasticity)
    cells = np.flatnonzero(credit.attributed)
    place = np.array([calibrated.channels.index(label) for label in credit.keys[0][cells].tolist()], np.int64)
    spent = np.nan_to_num(credit.cost[cells])
    cost = sums_by(place, spent, len(calibrated.channels))
    scale = _scale(calibrated, place, cells, per_conversion is None)
    pooled = calibrated.pooled
    effects = [ends * scale for ends in (pooled.estimate, pooled.low, pooled.high)]
    return BudgetAdvice(
        channels=calibrated.channels,
        cost=cost,
        incremental=effects[0],
        low=np.minimum(effects[1], effects[2]),
        high=np.maximum(effects[1], effects[2]),
        tested=calibrated.is_tested,
        worth=worth,
        unit="value" if per_conversion is None else "conversions",
        elasticity=(low, high),
        stated=elasticity is not None,
        alpha=calibrated.alpha,
        currency=credit.currency,
    )


def _worth(calibrated: Calibration, margin: float | None, per_conversion: float | None) -> float:
    """Return what a unit of the effect brings, value or conversions."""
    if (margin is None) == (per_conversion is None):
        both = margin is not None
        msg = "margin= and per_conversion= are two answers to one question" if both else "no margin is given"
        why = "revenue is not profit: at a margin of 40% a return of 2 on spend loses money"
        hint = "margin=0.4, per_conversion=None" if both else "margin=0.4"
        raise ExperimentError(msg, column="margin", why=why, hint=hint)
    if per_conversion is not None:
        if isinstance(per_conversion, bool) or not isinstance(per_conversion, Real) or not per_conversion > 0:
            msg = f"per_conversion={per_conversion!r} must be an amount of money above zero"
            raise ExperimentError(msg, column="per_conversion", hint="per_conversion=36.0")
        return float(per_conversion)
    if isinstance(margin, bool) or not isinstance(margin, Real) or not 0 < margin <= 1:
        msg = f"margin={margin!r} must be a part of the value, above 0 and at most 1"
        raise ExperimentError(msg, column="margin", hint="margin=0.4 for forty per cent")
    if not calibrated.credit.has_value:
        msg = "the conversions have no value that a margin could be of"
        raise ExperimentError(msg, column="margin", hint="margin=None, per_conversion=36.0")
    return float(margin)


def _elasticity(given: tuple[float, float] | None) -> tuple[float, float]:
    if given is None:
        return 0.0, 1.0
    ends = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    numbers = [end for end in ends if isinstance(end, Real) and not isinstance(end, bool)]
    if len(numbers) != 2 or not 0 <= numbers[0] <= numbers[1] <= 1:
        msg = f"elasticity={given!r} must be two numbers from 0 to 1, the lower first"
        why = "above 1 each further euro brings more than the one before, and one would spend without end"
        raise ExperimentError(msg, column="elasticity", why=why, hint="elasticity=(0.5, 1.0)")
    return float(numbers[0]), float(numbers[1])


def _scale(calibrated: Calibration, place: Ints, cells: Ints, valued: bool) -> Floats:
    """Return what turns effects in the calibration's measure into value or conversions, shape (n,)."""
    wanted = "value" if valued else "conversions"
    ones = np.ones(len(calibrated.channels))
    if calibrated.measure == wanted:
        return ones
    credit = calibrated.credit
    line = (credit.value if valued else credit.conversions)[0, cells]
    sums = sums_by(place, line, len(ones))
    out = np.full(len(ones), math.nan)
    scale: Floats = np.divide(sums, calibrated.attributed, out=out, where=calibrated.attributed != 0)
    return scale
