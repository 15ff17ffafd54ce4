"""Budget advice: what is no calibration, margins that are none, moves that go too far."""

from __future__ import annotations

from typing import Any

import attribution as at
from attribution.calibration.calibration import Calibration

TEST = {"email": at.Estimate(1.0, 0.5, 1.5)}


def plain(**columns: Any) -> at.Credit:
    """Return credit of a little log, with other columns of its orders."""
    users = list(range(40))
    touches = {"user_id": users, "time": ["2026-03-01"] * 40, "channel": ["email", "search"] * 20}
    orders = {"user_id": users, "time": ["2026-03-02"] * 40} | columns
    return at.attribute(at.read_log(touches, orders), "linear")


def calibrated(**columns: Any) -> Calibration:
    """Return the same credit with spend, calibrated by one test."""
    spend = {"channel": ["email", "search"], "cost": [10.0, 20.0]}
    return at.calibrate(plain(**{"value": [10.0] * 40} | columns).with_spend(spend), TEST)


ROWS = (
    "at.advise_budget(plain(), margin=0.4)",
    "at.advise_budget(5, margin=0.4)",
    "at.advise_budget(at.calibrate(plain(), TEST), margin=0.4)",
    "at.advise_budget(calibrated())",
    "at.advise_budget(calibrated(), margin=0.4, per_conversion=5.0)",
    "at.advise_budget(calibrated(), margin=40)",
    "at.advise_budget(calibrated(), per_conversion=-1)",
    "at.advise_budget(calibrated(), margin=0.4, elasticity=0.5)",
    "at.advise_budget(calibrated(), margin=0.4).moves(limit=0.5)",
    "at.advise_budget(calibrated(), margin=0.4).optimum()",
    "at.advise_budget(calibrated(), margin=0.4, elasticity=(0.5, 1.0)).optimum()",
    "at.advise_budget(without_value(), margin=0.4)",
)


def without_value() -> Calibration:
    """Return a calibration of conversions that have no value."""
    spend = {"channel": ["email", "search"], "cost": [10.0, 20.0]}
    return at.calibrate(plain().with_spend(spend), TEST)
