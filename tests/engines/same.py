"""Two results that ought to be the same: counts to the last bit, sums to rounding, replicates too."""

from __future__ import annotations

import numpy as np

from attribution.credit.credit import Credit

RTOL = 1e-9  # what the architecture page promises of sums; counts are exact
COUNTED = ("touched", "assisted", "opened", "closed")


def assert_same(found: Credit, expected: Credit) -> None:
    """Compare two results of the same models on the same log."""
    assert found.models == expected.models
    assert found.by == expected.by
    assert found.settings == expected.settings
    assert found.window == expected.window
    assert found.palette == expected.palette
    assert found.notes == expected.notes
    for mine, other in zip(found.keys, expected.keys, strict=True):
        assert mine.tolist() == other.tolist()
    for measure in COUNTED:
        assert np.array_equal(getattr(found.activity, measure), getattr(expected.activity, measure)), measure
    close(found.conversions, expected.conversions)
    close(found.value, expected.value)
    assert (found.bootstrap is None) == (expected.bootstrap is None)
    if found.bootstrap is not None and expected.bootstrap is not None:
        close(found.bootstrap.samples.conversions, expected.bootstrap.samples.conversions)
        close(found.bootstrap.samples.value, expected.bootstrap.samples.value)
        close(found.bootstrap.jackknife.conversions, expected.bootstrap.jackknife.conversions)


def close(found: object, expected: object) -> None:
    """Compare numbers to 1e-9 of the largest of them."""
    largest = np.nanmax(np.abs(np.asarray(expected, float)), initial=0.0)
    np.testing.assert_allclose(found, expected, rtol=RTOL, atol=RTOL * largest)
