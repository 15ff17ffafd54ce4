"""Users told apart by 128 bits: a first hash so weak that most users share it leaves journeys as they are."""

from __future__ import annotations

import uuid
from collections import defaultdict
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.errors import LogError
from attribution.eventlog import assemble
from attribution.eventlog.read import read_log
from attribution.journeys.build import build_from_columns
from attribution.journeys.options import JourneyOptions
from attribution.tables import keys
from tests.eventlog.tables import conversion_table, same_log, touch_table
from tests.laws import reference
from tests.laws.worlds import CAMPAIGNS, CHANNELS, DAY, logs

SCHEMA = {"dims": ("campaign",), "sequence": "sequence"}
LOOKBACK = 20
KINDS = {
    "text": lambda ids: pa.array([f"u{i}" * (1 + i % 5) for i in ids], pa.string()),
    "large": lambda ids: pa.array([f"u{i}" for i in ids], pa.large_string()),
    "coded": lambda ids: pa.array([f"u{i}" for i in ids], pa.string()).dictionary_encode(),
    "binary": lambda ids: pa.array([b"%d" % i for i in ids], pa.binary()),
    "uuid": lambda ids: pa.array([uuid.UUID(int=i + 1).bytes for i in ids], pa.binary(16)),
}
TOP, LOW = 0xFF << 56, 0xFF


def weaken(patch, mask):
    """Let lane 0 keep only the bits of `mask`."""

    def weak(whole, *args, lane=0):
        hashes = whole(*args, lane=lane)
        return hashes & np.uint64(mask) if lane == 0 else hashes

    for name in ("hash_strings", "hash_fixed"):
        patch.setattr(keys, name, partial(weak, getattr(keys, name)))


def random_log(users=400, n_touches=2500, n_conversions=300, buyers=None):
    rng = np.random.default_rng(7)
    touches = [
        reference.Touch(
            int(rng.integers(users)),
            int(rng.integers(60)) * DAY,
            int(rng.integers(2)),
            CHANNELS[rng.integers(len(CHANNELS))],
            CAMPAIGNS[rng.integers(len(CAMPAIGNS))],
        )
        for _ in range(n_touches)
    ]
    conversions = [
        reference.Conversion(
            int(rng.integers(buyers or users)), int(rng.integers(60)) * DAY, float(rng.integers(9))
        )
        for _ in range(n_conversions)
    ]
    return touches, conversions


def open_log(touches, conversions, kind="text", **options):
    ids = KINDS[kind]
    table = pa.table(
        {
            "user_id": ids([t.user for t in touches]),
            "time": pa.array([t.time for t in touches], pa.timestamp("us")),
            "channel": pa.array([t.channel for t in touches], pa.string()),
            "campaign": pa.array([t.campaign or None for t in touches], pa.string()),
            "sequence": pa.array([t.sequence for t in touches], pa.int64()),
        }
    )
    orders = pa.table(
        {
            "user_id": ids([c.user for c in conversions]),
            "time": pa.array([c.time for c in conversions], pa.timestamp("us")),
            "value": pa.array([c.value for c in conversions], pa.float64()),
        }
    )
    return read_log(table, orders, SCHEMA, **options)


def built(log, *, converters_only=False):
    """Return the journeys of each user, without their names."""
    columns = log.load(converters_only=converters_only)
    settings = JourneyOptions(lookback=f"{LOOKBACK}D", nulls=not converters_only)
    journeys = build_from_columns(columns, settings)
    campaign = journeys.touch_dims[0].values()
    by_user = defaultdict(list)
    for j in range(len(journeys)):
        part = slice(journeys.offsets[j], journeys.offsets[j + 1])
        touches = tuple(
            (int(time), journeys.channels[code], label or "")
            for time, code, label in zip(
                journeys.time[part], journeys.channel[part], campaign[part], strict=True
            )
        )
        end = (int(journeys.conversion_time[j]), float(journeys.value[j])) if journeys.converted[j] else None
        by_user[int(journeys.user[j])].append((touches, end))
    return sorted((sorted(mine, key=repr) for mine in by_user.values()), key=repr)


def expected(touches, conversions, *, converters_only=False):
    converting, nulls = reference.build(touches, conversions, LOOKBACK * DAY, "reset")
    by_user = defaultdict(list)
    for journey in converting if converters_only else [*converting, *nulls]:
        steps = tuple((t.time, t.channel, t.campaign) for t in journey.touches)
        end = (journey.conversion.time, journey.conversion.value) if journey.conversion else None
        by_user[journey.user].append((steps, end))
    return sorted((sorted(mine, key=repr) for mine in by_user.values()), key=repr)


@pytest.mark.parametrize("converters_only", [False, True])
@pytest.mark.parametrize("mask", [TOP, LOW])
@pytest.mark.parametrize("kind", KINDS)
def test_journeys_are_those_of_the_true_ids_whatever_the_first_hash(monkeypatch, kind, mask, converters_only):
    weaken(monkeypatch, mask)
    log = random_log()
    wanted = expected(*log, converters_only=converters_only)
    assert built(open_log(*log, kind, hash_bits=128), converters_only=converters_only) == wanted
    # The same hash without the second is wrong, so the test above can fail.
    assert built(open_log(*log, kind, hash_bits=64), converters_only=converters_only) != wanted


@given(logs(), st.sampled_from([0, 1, 1 << 63, 0xFF]), st.booleans())
def test_any_log_under_any_weak_hash(log, mask, converters_only):
    with pytest.MonkeyPatch.context() as patch:
        weaken(patch, mask)
        got = built(open_log(*log, hash_bits=128), converters_only=converters_only)
    assert got == expected(*log, converters_only=converters_only)


def test_touches_of_a_stranger_who_shares_the_hash_are_not_claimed(monkeypatch):
    weaken(monkeypatch, 0)
    touches = [reference.Touch(1, 0, 0, "ad"), reference.Touch(2, DAY, 0, "email")]
    conversions = [reference.Conversion(1, 2 * DAY, 1.0)]
    (journeys,) = built(open_log(touches, conversions, hash_bits=128), converters_only=True)
    assert journeys == [(((0, "ad", ""),), (2 * DAY, 1.0))]
    ((merged, _),) = built(open_log(touches, conversions), converters_only=True)[0]
    assert len(merged) == 2


def test_one_table(monkeypatch):
    weaken(monkeypatch, 0)
    events = pa.table(
        {"user_id": ["a", "b", "b"], "time": ["2026-03-01", "2026-03-02", "2026-03-03"], "channel": ["x"] * 3}
    ).append_column("bought", pa.array([False, False, True]))
    for converters_only in (False, True):
        columns = read_log(events, schema={"conversion": "bought"}, hash_bits=128).load(
            converters_only=converters_only
        )
        assert (columns.touches.user == columns.conversions.user).tolist() == [False, True, True]


def test_strong_hashes_stay_as_they_are():
    for converters_only in (False, True):
        loads = [
            read_log(touch_table(), conversion_table(), {"dims": ("campaign",)}, hash_bits=bits).load(
                converters_only=converters_only
            )
            for bits in (64, 128)
        ]
        same_log(*loads)


def test_rows_that_are_dropped_drop_their_second_hash(monkeypatch):
    weaken(monkeypatch, 0)
    touches = pa.table({"user_id": ["a", None, "b"], "time": ["2026-03-01"] * 3, "channel": ["x", "x", "y"]})
    orders = pa.table({"user_id": [None, "b"], "time": ["2026-03-02"] * 2})
    columns = read_log(touches, orders, invalid="drop", drop_limit=1.0, hash_bits=128).load()
    assert (columns.touches.user == columns.conversions.user).tolist() == [False, True]


def test_the_audit_tells_users_apart_too(monkeypatch):
    weaken(monkeypatch, 0)
    touches = pa.table({"user_id": ["a", "b"], "time": ["2026-03-01"] * 2, "channel": ["x", "x"]})
    orders = pa.table({"user_id": ["c"], "time": ["2026-03-02"]})
    found = [read_log(touches, orders, hash_bits=bits).audit(now="2026-04-01") for bits in (64, 128)]
    assert [checks["conversions_without_touch"].count for checks in found] == [0, 1]
    assert [checks["exact_duplicates"].count for checks in found] == [1, 0]


def test_integers_need_no_second_hash(monkeypatch):
    def never(*_):
        raise AssertionError

    touches = pa.table({"user_id": [1, 2], "time": ["2026-03-01"] * 2, "channel": ["x", "y"]})
    orders = pa.table({"user_id": [2], "time": ["2026-03-02"]})
    plain = read_log(touches, orders).load()
    monkeypatch.setattr(assemble, "tell_apart", never)
    same_log(read_log(touches, orders, hash_bits=128).load(), plain)
    with pytest.raises(AssertionError):
        read_log(touch_table(), conversion_table(), hash_bits=128).load()


@pytest.mark.parametrize("bits", [0, 32, 65, 256, 128.0, "128", True, None])
def test_other_numbers_of_bits_are_refused(bits):
    with pytest.raises(LogError, match="must be 64 or 128") as caught:
        read_log(touch_table(), conversion_table(), hash_bits=bits)
    assert caught.value.column == "hash_bits"
    assert caught.value.why
    assert "hash_bits=128" in caught.value.hint
