"""Random small logs for the laws: ties, repeats, several and simultaneous conversions, hash clashes."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from attribution.kernels.hashing import hash_integers
from attribution.tables.columns import ConversionColumns, Dimension, LogColumns, TouchColumns
from tests.laws.reference import Conversion, Touch

CHANNELS = ("Direct", "ad", "email", "search", "social")
CAMPAIGNS = ("", "spring", "autumn")
GOALS = ("lead", "opportunity", "purchase")
DAY = 86_400_000_000


@st.composite
def logs(draw, max_touches=40, max_conversions=12, goals=("purchase",)):
    """Return (touches, conversions) as lists of plain records."""
    users = draw(st.integers(1, 8))
    span = draw(st.integers(1, 60))
    touch = st.builds(
        Touch,
        st.integers(0, users - 1),
        st.integers(0, span).map(lambda day: day * DAY),
        st.integers(0, 1),
        st.sampled_from(CHANNELS),
        st.sampled_from(CAMPAIGNS),
    )
    conversion = st.builds(
        Conversion,
        st.integers(0, users),
        st.integers(0, span).map(lambda day: day * DAY),
        st.sampled_from([0.0, 1.0, 10.0, 99.5, -3.0]),
        st.sampled_from(goals),
    )
    return draw(st.lists(touch, max_size=max_touches)), draw(st.lists(conversion, max_size=max_conversions))


def clashing(users):
    """Map users to hashes that share all their high bits, so that every run must be repaired."""
    return np.asarray(users, np.uint64) + np.uint64(5)


def columns(touches, conversions, *, hasher=hash_integers, channels=None, goals=()):
    """Return the log as loaded columns; `channels` and `goals` are known even where no row has them."""
    names = tuple(sorted(channels or {t.channel for t in touches}))
    users = np.array([t.user for t in touches], np.int64)
    buyers = np.array([c.user for c in conversions], np.int64)
    times = [t.time for t in touches] + [c.time for c in conversions]
    return LogColumns(
        channels=names,
        touches=TouchColumns(
            user=hasher(users),
            time=np.array([t.time for t in touches], np.int64),
            channel=np.array([names.index(t.channel) for t in touches], np.int16),
            sequence=np.array([t.sequence for t in touches], np.int64),
            dims=(_dimension("campaign", [t.campaign for t in touches]),),
        ),
        conversions=ConversionColumns(
            user=hasher(buyers),
            time=np.array([c.time for c in conversions], np.int64),
            value=np.array([c.value for c in conversions], np.float64),
            goal=_dimension("goal", [c.goal for c in conversions], goals),
        ),
        start=min(times, default=None),
        end=max(times, default=None),
    )


def _dimension(name, values, known=()):
    labels = tuple(sorted({value for value in values if value} | set(known)))
    codes = [labels.index(value) if value else -1 for value in values]
    return Dimension(name, labels, np.array(codes, np.int32))
