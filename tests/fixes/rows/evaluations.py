"""Evaluations: nothing to hold credit against, too few experiments, channels that nobody knows."""

from __future__ import annotations

import attribution as at

TRUTH = {"email": 1.0, "search": 1.0}
LIFT = at.Estimate(1.0, 0.5, 1.5)


def plain(by: str | tuple[str, ...] = "channel") -> at.Credit:
    """Return credit of a little log."""
    users = list(range(40))
    touches = {"user_id": users, "time": ["2026-03-01"] * 40, "channel": ["email", "search"] * 20}
    orders = {"user_id": users, "time": ["2026-03-02"] * 40}
    return at.attribute(at.read_log(touches, orders), "linear", by=by)


ROWS = (
    "at.evaluate(5, truth=TRUTH)",
    "at.evaluate(plain())",
    "at.evaluate(plain(), truth=TRUTH, lifts={'email': LIFT})",
    "at.evaluate(plain(('channel', 'month')), truth=TRUTH)",
    "at.evaluate(plain(), truth=TRUTH, rho=2)",
    "at.evaluate(plain(), truth=TRUTH, channels=['emial'])",
    "at.evaluate(plain(), truth={'channel': ['email'], 'sales': [1.0]})",
    "at.evaluate(plain(), lifts={'email': LIFT})",
)
