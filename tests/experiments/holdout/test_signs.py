"""No lift in per cent where what would have been is not clearly above zero."""

from __future__ import annotations

import math

import numpy as np
import pytest

import attribution as at
from attribution.experiments.shared.ratios import NO_PER_CENT, no_per_cent


def profit(middle, effect=0.0):
    """Profit of 12 geos, 40 + 14 days, which may be below zero; what the first four gain is known."""
    rng = np.random.default_rng(4)
    days = np.arange("2026-01-01", "2026-02-24", dtype="datetime64[D]")
    values = middle + 0.2 * np.sin(np.arange(54)) + rng.normal(0, 0.5, (12, 54))
    values[:4, 40:] += effect
    names = [f"g{n:02d}" for n in range(12)]
    table = {"geo": np.repeat(names, 54), "date": np.tile(days, 12), "sales": values.ravel()}
    return table, {"treated": names[:4], "start": "2026-02-10", "end": "2026-02-23"}


@pytest.mark.parametrize("inference", ["autocorrelation", "published"])
@pytest.mark.parametrize(
    ("middle", "effect", "told"),
    [(-10.0, 5.0, False), (-2.0, 5.0, False), (0.02, 3.0, False), (9.0, 3.0, True)],
)
def test_a_geo_tests_lift_of_profit(middle, effect, told, inference):
    table, asked = profit(middle, effect)
    lift = at.analyze_geo(table, method=at.TBR(inference=inference), **asked)
    assert lift.verdict == "effect"
    assert lift.absolute.value == pytest.approx(effect, abs=0.5)
    assert math.isfinite(lift.relative.value) is told
    assert (NO_PER_CENT in lift.summary()) is not told
    assert not lift.relative.holds(0.0)


def test_the_set_agrees_with_the_verdict_and_has_no_missing_end():
    for shown in (True, False):
        found = no_per_cent(shown=shown)
        assert found.holds(0.0) is not shown
        assert found.holds(0.1)
        assert found.holds(-0.1)
        assert not math.isnan(found.low + 1)
        assert not found.bounded
