"""Logs with a finding of the audit each: its fix is followed, and the finding is then gone."""

# ruff: noqa: E501, F401 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.fixes.rows.logs import order_lines


def days(n: int = 60) -> pd.DataFrame:
    """Return a log of many users and days."""
    rng = np.random.default_rng(5)
    users = rng.integers(0, 300, 20 * n)
    times = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, n * 86_400, 20 * n), "s")
    return pd.DataFrame({"user_id": users, "time": times, "channel": rng.choice(["email", "search"], 20 * n)})


def orders(n: int = 60) -> pd.DataFrame:
    """Return conversions of a third of its users."""
    rng = np.random.default_rng(6)
    times = pd.Timestamp("2026-01-20") + pd.to_timedelta(rng.integers(0, (n - 20) * 86_400, 100), "s")
    return pd.DataFrame(
        {
            "user_id": np.arange(100),
            "time": times,
            "value": rng.gamma(2.0, 20.0, 100).round(2),
            "order_id": [f"o{n}" for n in range(100)],
        }
    )


ROWS = (
    "at.read_log(days(), orders()).audit()",
    "at.read_log(touches, order_lines()).audit(now='2026-04-01')",
    "at.read_log(touches, order_lines().assign(value=[100.0, -100.0, 3.0, 7.0])).audit(now='2026-04-01')",
    "at.read_log(touches, pd.concat([order_lines().iloc[[0, 3]], order_lines().iloc[[0]]], ignore_index=True)).audit(now='2026-04-01')",
    "at.read_log(touches, order_lines().assign(time=['2026-03-04', '2026-03-05', '2026-03-06', '2026-03-05'], value=10.0)).audit(now='2026-04-01')",
    "at.read_log(touches, order_lines().assign(user_id=[1, 2, 3, 4])).audit(now='2026-04-01')",
    "at.read_log(touches, order_lines().assign(user_id=[1, 1, 2, 2])).audit(now='2026-04-01')",
    "at.read_log(touches, order_lines().assign(user_id=[1, 1, 2, 2], value=10.0)).audit(now='2026-04-01')",
    "at.read_log(touches, order_lines().assign(user_id=[1, 2, 1, 2], order_id=[7, 7, 7, 8], value=[10.0, 10.0, -3.0, 7.0])).audit(now='2026-04-01')",
    "at.read_log(touches, conversions.assign(value=[100.0, -40.0, 5.0])).audit(now='2026-04-01')",
    "at.read_log(pd.concat([touches, touches.iloc[:2]], ignore_index=True), conversions).audit(now='2026-04-01')",
    "at.read_log(touches.assign(time='2026-03-01'), conversions).audit(now='2026-04-01')",
    "at.read_log(touches.assign(channel=['email', 'Email', 'e-mail', ' email', 'search', 'Search', 'x']), conversions).audit(now='2026-04-01')",
    "at.read_log(touches.assign(channel=['', ' ', '-', 'a', 'a', 'a', 'a']), conversions).audit(now='2026-04-01')",
    "at.read_log(touches.assign(user_id=[None, 1, 2, 3, 3, 4, 5]), conversions).audit(now='2026-04-01')",
    "at.read_log(touches.assign(user_id=['', 'a', 'null', 'b', 'undefined', '-', '0']), conversions.assign(user_id=['a', 'b', ''])).audit(now='2026-04-01')",
    "at.read_log(touches.assign(time=['1950-01-01'] + ['2026-03-01'] * 6), conversions).audit(now='2026-04-01')",
    "at.read_log(touches, conversions).audit(now='2026-03-03')",
    "at.read_log(touches, conversions.assign(value=[10.0, None, 5.0])).audit(now='2026-04-01')",
    "at.read_log(touches, conversions.assign(value=['10', 'x', '5'])).audit(now='2026-04-01')",
    "at.read_log(touches, conversions.assign(user_id=[1, 77, 78])).audit(now='2026-04-01')",
    "at.read_log(touches, conversions.assign(time='2026-02-01')).audit(now='2026-04-01')",
    "at.read_log(days().query('time < \"2026-02-01\" or time > \"2026-02-05\"'), orders()).audit(now='2026-04-01')",
    "at.read_log(days(), orders()).audit(now='2026-06-01')",
    "at.read_log(days(10), orders(30)).audit(now='2026-04-01')",
    "at.read_log(pd.concat([days(), days().assign(user_id=7)]), orders()).audit(now='2026-04-01')",
    "at.read_log(days(), orders().assign(value=[1e7] + [5.0] * 99)).audit(now='2026-04-01')",
    "at.read_log(days().assign(time=lambda t: t.time.astype(str) + np.where(t.user_id % 2, '+01:00', '')), orders()).audit(now='2026-04-01')",
)
