"""Laws of rule models, and agreement with the plain-Python reference to 1e-12."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.journeys.build import build_from_columns
from attribution.journeys.options import JourneyOptions
from attribution.kernels.hashing import hash_integers
from attribution.models.registry import resolve
from tests.laws import reference
from tests.laws.worlds import CHANNELS, DAY, GOALS, clashing, columns, logs
from tests.sizes import sizes

# name, parameters for the library, parameters for the reference
RULES = [
    ("first_touch", {}, {}),
    ("last_touch", {}, {}),
    ("last_non_direct", {}, {}),
    ("linear", {}, {}),
    ("linear", {"per": "channel"}, {"per": "channel"}),
    ("time_decay", {"half_life": "7D"}, {"half_life": 7 * DAY}),
    ("time_decay", {"half_life": "1h"}, {"half_life": DAY / 24}),
    ("position_based", {"first": 0.3, "last": 0.5}, {"first": 0.3, "last": 0.5}),
    ("position_based", {"first": 0.0, "last": 0.0}, {"first": 0.0, "last": 0.0}),
    (
        "position_based",
        {"first": 0.1, "last": 0.5, "two_touch": "split_middle"},
        {"first": 0.1, "last": 0.5, "two_touch": "split_middle"},
    ),
    ("u_shaped", {}, {}),
    ("u_shaped", {"milestone": "lead"}, {"milestone": "lead"}),
    ("j_shaped", {}, {}),
    ("j_shaped", {"two_touch": "split_middle"}, {"two_touch": "split_middle"}),
    ("inverse_j", {}, {}),
    ("w_shaped", {}, {}),
    ("w_shaped", {"middle": "midpoint"}, {"middle": "midpoint"}),
    ("full_path", {}, {}),
]
MODELS = {f"{name}{params or ''}": resolve({"name": name, **params}) for name, params, _ in RULES}
POLICIES = st.sampled_from(["reset", "overlap"])
MILESTONES = ("lead", "opportunity")


def built(touches, conversions, lookback, policy, **options):
    hasher = options.pop("hasher", hash_integers)
    settings = JourneyOptions(lookback=f"{lookback}D", after_conversion=policy, goal="purchase", **options)
    return build_from_columns(
        columns(touches, conversions, hasher=hasher, channels=CHANNELS, goals=GOALS), settings
    )


def table(journeys, by="channel"):
    """Return {(model, *labels): (conversions, value)}."""
    frame = at.attribute(journeys, MODELS, by=by).to_frame()
    by = ["channel"] if by == "channel" else ["channel", by]
    keys = zip(frame["model"], *(frame[name] for name in by), strict=True)
    return dict(zip(keys, zip(frame["conversions"], frame["value"], strict=True), strict=True))


@sizes(few=200, full=2_000)
def test_every_rule_equals_the_reference(size):
    logs_and_options = (
        logs(goals=GOALS), st.integers(0, 40), POLICIES, st.sampled_from([hash_integers, clashing])
    )  # fmt: skip
    settings(max_examples=size)(given(*logs_and_options)(equals_the_reference))()


def equals_the_reference(log, lookback, policy, hasher):
    touches, conversions = log[0], log[1]
    got = table(built(touches, conversions, lookback, policy, hasher=hasher, nulls=False))
    converting, _ = reference.build(
        touches, conversions, lookback * DAY, policy, goal="purchase", milestone_goals=MILESTONES
    )
    for (name, _, params), label in zip(RULES, MODELS, strict=True):
        wanted = reference.credit(name, converting, params)
        for channel in (*CHANNELS, None):
            mine = got.get((label, channel or "(unattributed)"), (0.0, 0.0))
            assert mine == pytest.approx(wanted.get(channel, (0.0, 0.0)), abs=1e-12), (label, channel)


@given(logs(goals=GOALS), POLICIES)
def test_breakdowns_equal_the_reference_and_sum_to_the_channel_table(log, policy):
    touches, conversions = log[0], log[1]
    journeys = built(touches, conversions, 30, policy)
    converting, _ = reference.build(
        touches, conversions, 30 * DAY, policy, goal="purchase", milestone_goals=MILESTONES
    )
    whole = table(journeys)
    got = table(journeys, by="campaign")
    for (name, _, params), label in zip(RULES, MODELS, strict=True):
        wanted = reference.credit(
            name, converting, params, key=lambda t, _: (t.channel, t.campaign or "(none)")
        )
        for key, amounts in wanted.items():
            labels = key or ("(unattributed)", "(unattributed)")
            assert got[label, *labels] == pytest.approx(amounts, abs=1e-12)
        for channel in CHANNELS:
            parts = [amounts for (m, c, _), amounts in got.items() if (m, c) == (label, channel)]
            summed = tuple(np.sum(parts, axis=0)) if parts else (0.0, 0.0)
            assert summed == pytest.approx(whole[label, channel], abs=1e-12)


@given(logs(), st.integers(0, 40), POLICIES)
def test_credit_and_unattributed_are_the_logs_conversions(log, lookback, policy):
    touches, conversions = log[0], log[1]
    purchases = [c for c in conversions if c.goal == "purchase"]
    got = table(built(touches, conversions, lookback, policy))
    for label in MODELS:
        mine = np.sum([amounts for key, amounts in got.items() if key[0] == label], axis=0)
        wanted = len(purchases), sum(c.value for c in purchases)
        assert tuple(mine) == pytest.approx(wanted, abs=1e-9)


@given(logs(), st.permutations(range(8)))
def test_renaming_users_changes_nothing(log, names):
    touches, conversions = log[0], log[1]
    renamed = [reference.Touch(names[t.user], *_rest(t)) for t in touches]
    known = {**dict(enumerate(names))}
    events = [reference.Conversion(known.get(c.user, c.user), *_rest(c)) for c in conversions]
    a = table(built(touches, conversions, 30, "reset"))
    b = table(built(renamed, events, 30, "reset"))
    assert a.keys() == b.keys()
    for key, amounts in a.items():
        assert b[key] == pytest.approx(amounts, abs=1e-12)


def _rest(record):
    return [getattr(record, name) for name in list(record.__dataclass_fields__)[1:]]


@given(logs(), st.permutations(CHANNELS[1:]))
def test_renaming_channels_permutes_credit_where_there_are_no_ties(log, names):
    """Direct keeps its name (LastNonDirect knows it); ties are ordered by name, so they are spread out."""
    touches = [
        reference.Touch(t.user, t.time + position, t.sequence, t.channel, t.campaign)
        for position, t in enumerate(log[0])
    ]
    conversions = log[1]
    rename = dict(zip(CHANNELS[1:], names, strict=True)) | {"Direct": "Direct"}
    renamed = [reference.Touch(t.user, t.time, t.sequence, rename[t.channel], t.campaign) for t in touches]
    a = table(built(touches, conversions, 30, "reset"))
    b = table(built(renamed, conversions, 30, "reset"))
    for (label, channel), amounts in a.items():
        assert b[label, rename.get(channel, channel)] == pytest.approx(amounts, abs=1e-12)


@given(logs(goals=GOALS), POLICIES, st.integers(2, 4))
def test_merged_tallies_of_user_partitions_are_the_tally_of_the_whole(log, policy, parts):
    touches, conversions = log[0], log[1]
    journeys = built(touches, conversions, 30, policy)
    pieces = [
        built(
            [t for t in touches if t.user % parts == part],
            [c for c in conversions if c.user % parts == part],
            30,
            policy,
        )
        for part in range(parts)
    ]
    for by in (("channel",), ("channel", "campaign", "week")):
        for model in MODELS.values():
            whole = model.solve(model.tally(journeys, by))
            merged = model.tally(pieces[0], by)
            for piece in pieces[1:]:
                merged = merged + model.tally(piece, by)
            assert _as_dict(model.solve(merged)) == pytest.approx(_as_dict(whole), abs=1e-12)


def _as_dict(credit):
    keys = zip(*credit.keys, strict=True)
    return {
        str((*key, measure)): amount
        for key, *amounts in zip(keys, credit.conversions[0], credit.value[0], strict=True)
        for measure, amount in enumerate(amounts)
        if amount
    }


@given(logs(max_conversions=6))
def test_one_touch_journeys_give_that_touch_all(log):
    """Users with one touch each, converting at the instant of the touch."""
    touches = [reference.Touch(i, t.time, 0, t.channel) for i, t in enumerate(log[0][:9])]
    conversions = [reference.Conversion(t.user, t.time, 7.0) for t in touches]
    journeys = built(touches, conversions, 30, "reset")
    got = table(journeys)
    for label in MODELS:
        for channel in CHANNELS:
            count = sum(t.channel == channel for t in touches)
            assert got[label, channel] == pytest.approx((count, 7.0 * count), abs=1e-12)


@given(logs(), st.integers(0, 20))
def test_nothing_outside_the_window_gets_credit(log, lookback):
    """Channel 'social' only ever appears before the window of every conversion."""
    touches, conversions = log[0], log[1]
    horizon = (lookback + 61) * DAY
    late = [reference.Conversion(c.user, c.time + horizon, c.value, c.goal) for c in conversions]
    inside = [
        reference.Touch(t.user, t.time + horizon, t.sequence, t.channel, t.campaign)
        for t in touches
        if t.channel != "social"
    ]
    old = [t for t in touches if t.channel == "social"]
    got = table(built(old + inside, late, lookback, "overlap"))
    for label in MODELS:
        assert got[label, "social"] == (0.0, 0.0)


@given(logs(), POLICIES)
def test_activity_equals_counting(log, policy):
    touches, conversions = log[0], log[1]
    credit = at.attribute(built(touches, conversions, 30, policy), "linear")
    converting, _ = reference.build(touches, conversions, 30 * DAY, policy, goal="purchase")
    held = [j.touches for j in converting if j.touches]
    for row in credit.to_frame().itertuples():
        if row.channel == "(unattributed)":
            continue
        with_it = [j for j in held if any(t.channel == row.channel for t in j)]
        assert row.touched == len(with_it)
        assert row.closed == sum(j[-1].channel == row.channel for j in held)
        assert row.opened == sum(j[0].channel == row.channel for j in held)
        assert row.assisted == sum(j[-1].channel != row.channel for j in with_it)
        n_touches = sum(t.channel == row.channel for j in with_it for t in j)
        if with_it:
            assert row.mean_touches == pytest.approx(n_touches / len(with_it))


@given(logs(), POLICIES)
def test_last_touch_credit_is_closed_and_first_touch_credit_is_opened(log, policy):
    touches, conversions = log[0], log[1]
    credit = at.attribute(built(touches, conversions, 30, policy), ["first_touch", "last_touch"])
    attributed = credit.keys[0] != "(unattributed)"
    assert credit.activity is not None
    np.testing.assert_array_equal(credit.conversions[0][attributed], credit.activity.opened[attributed])
    np.testing.assert_array_equal(credit.conversions[1][attributed], credit.activity.closed[attributed])
