"""Laws of journeys: they are what the definitions say, whatever the order, names and hashes of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.journeys.build import build_from_columns
from attribution.journeys.options import JourneyOptions
from attribution.kernels.hashing import hash_integers
from tests.laws import reference
from tests.laws.worlds import DAY, GOALS, clashing, columns, logs

HASHERS = st.sampled_from([hash_integers, clashing])
POLICIES = st.sampled_from(["reset", "overlap"])


def built(touches, conversions, lookback, policy, hasher=hash_integers, **options):
    settings = JourneyOptions(lookback=f"{lookback}D", after_conversion=policy, **options)
    return build_from_columns(columns(touches, conversions, hasher=hasher), settings)


def described(journeys, hasher, users=range(10)):
    """Return every journey as a comparable tuple."""
    names = {int(h): user for user, h in zip(users, hasher(np.array(users)), strict=True)}
    campaign = journeys.touch_dims[0]
    out = []
    for j in range(len(journeys)):
        part = slice(journeys.offsets[j], journeys.offsets[j + 1])
        touches = tuple(
            (int(t), journeys.channels[c], campaign.labels[d] if d >= 0 else "")
            for t, c, d in zip(journeys.time[part], journeys.channel[part], campaign.codes[part], strict=True)
        )
        end = (int(journeys.conversion_time[j]), float(journeys.value[j])) if journeys.converted[j] else None
        out.append((names[int(journeys.user[j])], touches, end))
    return sorted(out, key=repr)


def expected(converting, nulls):
    return sorted(
        (
            (
                j.user,
                tuple((t.time, t.channel, t.campaign) for t in j.touches),
                (j.conversion.time, j.conversion.value) if j.conversion else None,
            )
            for j in [*converting, *nulls]
        ),
        key=repr,
    )


@given(logs(), st.integers(0, 40), POLICIES, HASHERS)
def test_journeys_equal_the_reference(log, lookback, policy, hasher):
    touches, conversions = log
    journeys = built(touches, conversions, lookback, policy, hasher)
    wanted = reference.build(touches, conversions, lookback * DAY, policy)
    assert described(journeys, hasher) == expected(*wanted)


@given(logs(goals=GOALS), st.integers(0, 40), POLICIES)
def test_milestones_equal_the_reference(log, lookback, policy):
    touches, conversions = log
    if not any(c.goal == "purchase" for c in conversions):
        conversions = [*conversions, reference.Conversion(0, 0, 1.0, "purchase")]
    journeys = built(touches, conversions, lookback, policy, goal="purchase")
    present = sorted({c.goal for c in conversions} - {"purchase"})
    converting, _ = reference.build(
        touches, conversions, lookback * DAY, policy, goal="purchase", milestone_goals=present
    )
    assert sorted(journeys.milestones) == present
    for name in present:
        got = [
            (int(u), int(t), float(v), int(p))
            for u, t, v, p, c in zip(
                journeys.user,
                journeys.conversion_time,
                journeys.value,
                journeys.milestones[name],
                journeys.converted,
                strict=True,
            )
            if c
        ]
        hashes = hash_integers(np.arange(10))
        want = [
            (int(hashes[j.user]), j.conversion.time, j.conversion.value, j.milestones.get(name, -1))
            for j in converting
        ]
        assert sorted(got) == sorted(want)


@given(logs(), st.integers(0, 40), POLICIES, st.randoms())
def test_row_order_changes_nothing_at_all(log, lookback, policy, random):
    touches, conversions = log
    shuffled, mixed = list(touches), list(conversions)
    random.shuffle(shuffled)
    random.shuffle(mixed)
    a = built(touches, conversions, lookback, policy)
    b = built(shuffled, mixed, lookback, policy)
    for name in ("offsets", "channel", "time", "user", "converted", "conversion_time", "value"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


@given(logs(), st.integers(0, 40), POLICIES)
def test_without_nulls_are_the_converting_journeys(log, lookback, policy):
    touches, conversions = log
    whole = built(touches, conversions, lookback, policy)
    only = built(touches, conversions, lookback, policy, nulls=False)
    assert described(whole.take(whole.converted), hash_integers) == described(only, hash_integers)


@given(logs(), st.integers(0, 30))
def test_every_touch_is_in_one_journey_under_reset(log, lookback):
    """Unless conversions share an instant, reset journeys partition the touches."""
    touches, conversions = log
    instants = {(c.user, c.time): c for c in conversions}
    journeys = built(touches, list(instants.values()), lookback, "reset")
    assert len(journeys.channel) == len(touches)
    assert journeys.lengths.sum() == len(touches)


@given(logs(), st.integers(1, 30))
def test_drop_censored_leaves_out_exactly_the_open_stretches(log, lookback):
    touches, conversions = log
    journeys = built(touches, conversions, lookback, "reset", drop_censored=True)
    converting, nulls = reference.build(touches, conversions, lookback * DAY, "reset")
    end = max([t.time for t in touches] + [c.time for c in conversions], default=0)
    settled = [j for j in nulls if end - j.touches[-1].time >= lookback * DAY]
    assert described(journeys, hash_integers) == expected(converting, settled)


@given(logs(), st.integers(0, 10), st.integers(1, 3), POLICIES)
def test_session_gap_and_max_touches_equal_the_reference(log, gap, most, policy):
    touches, conversions = log
    journeys = built(touches, conversions, 30, policy, session_gap=f"{gap}D", max_touches=most)

    def collapsed(journey):
        kept, before = [], None
        for touch in journey.touches:
            same = before is not None and before.channel == touch.channel
            if not (same and touch.time - before.time <= gap * DAY):
                kept.append(touch)
            before = touch
        return reference.Journey(journey.user, tuple(kept[-most:]), journey.conversion)

    converting, nulls = reference.build(touches, conversions, 30 * DAY, policy)
    wanted = expected([collapsed(j) for j in converting], [collapsed(j) for j in nulls])
    assert described(journeys, hash_integers) == wanted


@given(logs(), POLICIES)
def test_path_counts_equal_counting(log, policy):
    touches, conversions = log
    journeys = built(touches, conversions, 20, policy)
    table = journeys.path_counts()
    converting, nulls = reference.build(touches, conversions, 20 * DAY, policy)
    wanted = {}
    for j in [*converting, *nulls]:
        if j.touches:
            row = wanted.setdefault(" > ".join(t.channel for t in j.touches), [0, 0, 0.0, []])
            row[0] += j.conversion is not None
            row[1] += j.conversion is None
            if j.conversion:
                row[2] += j.conversion.value
                row[3].append((j.conversion.time - j.touches[0].time) / DAY)
    got = {r.path: r for r in table.itertuples()}
    assert set(got) == set(wanted)
    for path, (conversions_, nulls_, value, days) in wanted.items():
        row = got[path]
        assert (row.conversions, row.nulls) == (conversions_, nulls_)
        assert row.value == pytest.approx(value, abs=1e-9)
        assert row.touches == path.count(" > ") + 1
        if days:
            assert row.median_days == pytest.approx(float(np.median(days)), abs=1e-12)
        else:
            assert np.isnan(row.median_days)


@given(logs())
def test_path_counts_survive_the_round_trip(log):
    import attribution as at

    touches, conversions = log
    journeys = built(touches, conversions, 20, "reset")
    table = journeys.path_counts()
    # A negative value beside conversions is fine; compare the table with itself read back.
    back = at.read_paths(table).path_counts()
    for name in ("path", "conversions", "nulls", "value"):
        assert table[name].tolist() == back[name].tolist()


def test_names_holding_the_separator_survive_the_round_trip():
    import attribution as at

    touches = [
        reference.Touch(0, 0, 0, "a > b"),
        reference.Touch(0, 1, 0, "c"),
        reference.Touch(1, 0, 0, "a"),
        reference.Touch(1, 1, 0, "b"),
    ]
    conversions = [reference.Conversion(0, 5, 1.0), reference.Conversion(1, 5, 2.0)]
    table = built(touches, conversions, 20, "reset").path_counts()
    back = at.read_paths(table)
    assert back.channels == ("a", "a > b", "b", "c")
    assert sorted(table["path"]) == ["a > b", r"a \> b > c"]
    assert back.path_counts()["path"].tolist() == table["path"].tolist()


def test_unattributed_conversions_between_touches_do_not_cut_a_stretch():
    """Each *maximal* stretch of touches that no conversion claims is one journey."""
    touches = [reference.Touch(0, 0, 0, "ad"), reference.Touch(0, 50 * DAY, 0, "email")]
    conversions = [reference.Conversion(0, 40 * DAY, 1.0)]
    journeys = built(touches, conversions, 30, "reset")
    assert journeys.n_unattributed == 1
    assert journeys.path_counts()["path"].tolist() == ["ad > email"]
