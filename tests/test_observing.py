"""at.outcomes: a row for every assigned user, from a log and an assignment."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

import attribution as at
from attribution.errors import ExperimentError

ARMS = pd.DataFrame(
    {"user_id": [1, 2, 3, 4, 5], "arm": ["treatment", "treatment", "holdout", "holdout", None]}
)


def log() -> at.EventLog:
    touches = {
        "user_id": [1, 1, 2, 3, 9],
        "time": ["2026-02-27", "2026-03-02", "2026-04-01", "2026-03-05", "2026-03-05"],
        "channel": ["email", "email", "email", "search", "email"],
    }
    orders = {
        "user_id": [1, 1, 1, 2, 5, 9],
        "time": ["2026-02-20", "2026-03-01", "2026-03-31 23:59:59", "2026-04-01", "2026-03-03", "2026-03-03"],
        "value": [7.0, 10.0, 20.0, 40.0, 80.0, 160.0],
        "goal": ["order", "order", "lead", "order", "order", "order"],
    }
    return at.read_log(touches, orders)


def test_every_assigned_user_has_a_row_and_only_they():
    users = at.outcomes(log(), ARMS, start="2026-03-01", end="2026-04-01", before="28D", exposed="email")
    # By hand: start counts, end does not; user 5 has no arm, user 9 was not assigned.
    assert users["user_id"].tolist() == [1, 2, 3, 4]
    assert users["conversions"].tolist() == [2, 0, 0, 0]
    assert users["converted"].tolist() == [1, 0, 0, 0]
    assert users["value"].tolist() == [30.0, 0.0, 0.0, 0.0]
    assert users["value_before"].tolist() == [7.0, 0.0, 0.0, 0.0]
    assert users["exposed"].tolist() == [1, 0, 0, 0]
    orders = at.outcomes(
        log(), ARMS, start="2026-03-01", end="2026-04-01", goal="order", before="2026-03-01 00:00:00+01:00"
    )
    assert orders["value"].tolist() == [10.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"end": "2026-02-01"}, "is empty"),
        ({"start": "soon"}, "no instant"),
        ({"start": "2027-01-01", "end": "2027-02-01"}, "none in the window"),
        ({"goal": "ordre"}, "did you mean 'order'"),
        ({"exposed": "emial"}, "did you mean 'email'"),
        ({"before": "0D"}, "before the test"),
        ({"assignment": ARMS.assign(user_id=ARMS["user_id"].astype(str))}, "different ids"),
        ({"assignment": pd.concat([ARMS, ARMS])}, "more than once"),
        ({"assignment": ARMS.rename(columns={"user_id": "user"})}, "user"),
        ({"assignment": ARMS.assign(value=1.0)}, "already"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(options, match):
    asked = {"start": "2026-03-01", "end": "2026-04-01", "assignment": ARMS} | options
    with pytest.raises(ExperimentError, match=match):
        at.outcomes(log(), asked.pop("assignment"), **asked)


def test_the_table_answers_what_was_asked_and_the_join_of_buyers_warns():
    data = at.datasets.simulate(4_000, seed=12, holdout={"email": 0.2})
    known = pa.table(data.users).to_pandas()
    arms = known[["user_id", "arm_email"]].rename(columns={"arm_email": "arm"})
    orders = at.read_log(data.touches, data.conversions)
    window = {"start": "2025-01-01", "end": "2026-01-01"}
    users = at.outcomes(orders, arms, goal="purchase", exposed="email", **window)
    # The simulator's own table of users.
    assert users["conversions"].tolist() == known["purchases"].tolist()
    assert users["value"].tolist() == pytest.approx(known["value"].tolist())
    right = at.analyze_holdout(users, outcome="conversions")
    expected = at.analyze_holdout(known.assign(arm=known["arm_email"]), outcome="purchases")
    assert right.absolute.value == pytest.approx(expected.absolute.value)
    buyers = users[users["conversions"] > 0]
    trap = at.analyze_holdout(buyers, outcome="conversions")
    assert "every user has some conversions" in trap.summary()
    assert "every user has some" not in right.summary()
