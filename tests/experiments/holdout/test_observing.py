"""at.outcomes: a row for every assigned user, from a log and an assignment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.errors import EngineError, ExperimentError

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


DAYS = pd.Timestamp("2026-03-01"), pd.Timestamp("2026-03-11"), pd.Timestamp("2026-02-24")


def random_tables(rng: np.random.Generator, users: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return touches, conversions and arms; not everybody of one is in the others, and some hours tie."""

    def hours(n: int) -> pd.Series:
        return pd.Series(pd.Timestamp("2026-02-20") + pd.to_timedelta(rng.integers(0, 24 * 24, n), "h"))

    n, m = (int(rng.integers(1, 4 * users)) for _ in range(2))
    touches = pd.DataFrame(
        {
            "user_id": rng.integers(0, users, n),
            "time": hours(n),
            "channel": np.array(["email", "push", "search"])[rng.integers(0, 3, n)],
        }
    )
    orders = pd.DataFrame(
        {
            "user_id": rng.integers(0, users, m),
            "time": hours(m),
            "value": rng.integers(0, 4, m) / 4,
            "goal": np.array(["order", "lead"])[rng.integers(0, 2, m)],
        }
    )
    known = rng.permutation(users + 5)[: int(rng.integers(1, users + 5))]
    arms = pd.DataFrame(
        {"user_id": known, "arm": np.array(["treatment", "holdout"])[rng.integers(0, 2, len(known))]}
    )
    # Whatever was drawn, the log reaches over the window and knows every goal and channel.
    ends = [pd.Timestamp("2026-02-20"), pd.Timestamp("2026-03-20"), pd.Timestamp("2026-03-20")]
    every = pd.DataFrame({"user_id": [0] * 3, "time": ends, "channel": ["email", "push", "search"]})
    goals = pd.DataFrame(
        {"user_id": [0, 0], "time": ends[:2], "value": [0.0, 0.0], "goal": ["order", "lead"]}
    )
    return pd.concat([touches, every]), pd.concat([orders, goals]), arms


def by_hand(
    touches: pd.DataFrame, orders: pd.DataFrame, arms: pd.DataFrame, goal: str | None, seen: list[str]
):
    """Return the table of users by pandas, column by column."""
    start, end, earlier = DAYS
    kept = orders if goal is None else orders[orders["goal"] == goal]
    frame = arms.copy()
    for name, (low, high) in {"": (start, end), "_before": (earlier, start)}.items():
        inside = kept[(kept["time"] >= low) & (kept["time"] < high)].groupby("user_id")["value"]
        number = arms["user_id"].map(inside.size()).fillna(0).astype("int64")
        if not name:
            frame["converted"] = (number > 0).astype("int64")
        frame[f"conversions{name}"] = number
        frame[f"value{name}"] = arms["user_id"].map(inside.sum()).fillna(0.0)
    inside = touches[touches["channel"].isin(seen) & (touches["time"] >= start) & (touches["time"] < end)]
    frame["exposed"] = arms["user_id"].isin(inside["user_id"]).astype("int64")
    return frame


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 40),
    st.sampled_from([None, "order", "lead"]),
    st.sampled_from([["email"], ["push", "search"]]),
    st.integers(1, 7),
)
def test_memory_stream_and_pandas_say_the_same(seed, users, goal, seen, buckets):
    touches, orders, arms = random_tables(np.random.default_rng(seed), users)
    log = at.read_log(touches, orders)
    start, end, earlier = DAYS
    asked = {"start": start, "end": end, "before": earlier, "goal": goal, "exposed": seen}
    expected = by_hand(touches, orders, arms, goal, seen)
    for engine in ("memory", at.Stream(processes=1, buckets=buckets)):
        found = at.outcomes(log, arms, **asked, engine=engine)
        found["arm"] = found["arm"].astype(expected["arm"].dtype)
        pd.testing.assert_frame_equal(found, expected)


def test_processes_of_a_stream_and_readers_of_converters_only_say_the_same():
    touches, orders, arms = random_tables(np.random.default_rng(5), 300)
    start, end, earlier = DAYS
    for exposed in (None, "email"):
        asked = {"start": start, "end": end, "before": earlier, "exposed": exposed}
        found = [
            at.outcomes(at.read_log(touches, orders), arms, **asked, engine=engine)
            for engine in ("memory", at.Stream(processes=2, buckets=4))
        ]
        pd.testing.assert_frame_equal(*found)


def test_instants_of_any_zone_are_one_window():
    zoned = {
        "start": "2026-03-01 01:00+01:00",
        "end": pd.Timestamp("2026-03-31 20:00", tz="America/New_York"),
    }
    plain = {"start": "2026-03-01", "end": "2026-04-01"}
    pd.testing.assert_frame_equal(at.outcomes(log(), ARMS, **zoned), at.outcomes(log(), ARMS, **plain))


def test_a_window_before_may_reach_before_the_log_and_users_need_not_be_in_it():
    strangers = {"user_id": [77, 78], "arm": ["treatment", "holdout"]}
    users = at.outcomes(
        log(), strangers, start="2026-03-01", end="2026-04-01", before="9000D", exposed="email"
    )
    assert not users.drop(columns=["user_id", "arm"]).to_numpy().any()


def test_users_in_several_arms_are_told_from_rows_that_repeat():
    crossed = pd.concat([ARMS, pd.DataFrame({"user_id": [1, 2], "arm": ["holdout", "treatment"]})])
    window = {"start": "2026-03-01", "end": "2026-04-01"}
    with pytest.raises(
        ExperimentError, match=r"2 users stand in .* more than once, 1 of them in several arms"
    ):
        at.outcomes(log(), crossed, **window)
    names = {"assignment": crossed[crossed["user_id"] != 1]}
    with pytest.raises(ExperimentError, match="1 users stand in the assignment more than once") as caught:
        at.outcomes(log(), names["assignment"], **window)
    exec(caught.value.hint, names)
    assert at.outcomes(log(), names["assignment"], **window)["user_id"].tolist() == [2, 3, 4]


def test_increments_have_no_users_and_name_the_engine_that_has(tmp_path):
    with pytest.raises(EngineError, match=r"(?s)not users.*stream"):
        at.outcomes(log(), ARMS, start="2026-03-01", end="2026-04-01", engine=at.Increments(tmp_path))


def test_values_of_several_currencies_have_no_sum_but_at_rates():
    orders = {
        "user_id": [1, 2, 3],
        "time": ["2026-03-02"] * 3,
        "value": [10.0, 10.0, 0.0],
        "currency": ["EUR", "USD", "JPY"],
    }
    touches = {"user_id": [1], "time": ["2026-03-01"], "channel": ["email"]}
    money = at.read_log(touches, orders)
    window = {"start": "2026-03-01", "end": "2026-04-01"}
    with pytest.raises(ExperimentError, match="several currencies: EUR, USD"):
        at.outcomes(money, ARMS, **window)
    rates = {"USD": 0.5, "JPY": 0.01}
    assert at.outcomes(money, ARMS, **window, currency="EUR", rates=rates)["value"].tolist() == [10, 5, 0, 0]
    other = at.outcomes(money, ARMS[ARMS["user_id"] != 2], **window)
    assert other["value"].tolist() == [10, 0, 0]


def test_the_trap_of_the_join_and_the_right_answer():
    """The figures of the issue: an inner join of orders and arms, and the table of all who were assigned."""
    data = at.datasets.simulate(20_000, seed=12, holdout={"email": 0.2})
    arms = pa.table(data.users).to_pandas()[["user_id", "arm_email"]].rename(columns={"arm_email": "arm"})
    orders = at.read_log(data.touches, data.conversions)
    users = at.outcomes(orders, arms, start="2025-01-01", end="2026-01-01", goal="purchase")
    assert len(users) == len(arms)
    right = at.analyze_holdout(users, outcome="conversions")
    assert right.verdict == "effect"
    assert (right.absolute.value, right.p_value) == pytest.approx((0.01189, 0.0049), abs=5e-5)
    buyers = users[users["conversions"] > 0]
    trap = at.analyze_holdout(buyers, outcome="conversions")
    assert trap.verdict == "no effect shown"
    assert trap.absolute.value == pytest.approx(0.02837, abs=5e-6)
