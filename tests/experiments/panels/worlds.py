"""Series whose law is known."""

from __future__ import annotations

import numpy as np


def ar1_noise(rng, phi, shape):
    """Draw AR(1) noise along the last axis, stationary, with steps of variance 1."""
    steps = rng.normal(size=shape)
    out = np.empty(shape)
    out[..., 0] = steps[..., 0] / np.sqrt(1 - phi**2)
    for t in range(1, shape[-1]):
        out[..., t] = phi * out[..., t - 1] + steps[..., t]
    return out
