"""Which model's credit predicts experiments: each test from the others, by a factor and an error."""

from __future__ import annotations

import math

import numpy as np

from attribution._typing import Floats

# What credit is multiplied by to give effects, and by how much single channels differ from that; a judgement.
PRIOR = (0.7, 0.5)
SPREADS = (0.1, 0.2, 0.4, 0.8, 1.6)
_USUAL = 0.8


def left_out_scores(credit: Floats, effect: Floats, error: Floats) -> Floats:
    """Return the log density of each test's result under the others, shape (n,).

    ``effect_i ~ N(b credit_i, error_i^2 + (tau credit_i)^2)``, ``b ~ N(.7, .5^2)``, tau on a grid with
    weights of a half-normal of scale .8; b and tau are learnt from the other tests.

    Parameters
    ----------
    credit
        What the model gives to the tested channels, shape (n,).
    effect, error
        What their tests found, in the same unit, and its standard error, shape (n,).
    """
    n = len(credit)
    spread = np.array(SPREADS)[:, None]
    variance = error**2 + (spread * credit) ** 2  # (spreads, n)
    others = ~np.eye(n, dtype=np.bool_)
    weight = credit / variance
    precision = 1 / PRIOR[1] ** 2 + np.einsum("sn,mn->sm", weight * credit, others)  # (spreads, left out)
    mean = (PRIOR[0] / PRIOR[1] ** 2 + np.einsum("sn,mn->sm", weight * effect, others)) / precision
    # The evidence of a spread: the density of the other tests, b integrated out.
    fit = _log_normal(effect, mean[:, :, None] * credit, variance[:, None, :])
    evidence = (fit * others).sum(axis=2) + _log_normal(mean, PRIOR[0], PRIOR[1] ** 2)
    evidence = evidence + np.log(2 * math.pi / precision) / 2 - (spread / _USUAL) ** 2 / 2
    predicted = _log_normal(effect, mean * credit, variance + credit**2 / precision)
    top = evidence.max(axis=0)
    chance = np.exp(evidence - top)
    chance /= chance.sum(axis=0)
    found: Floats = np.log((chance * np.exp(np.maximum(predicted, -700))).sum(axis=0))
    return found


def _log_normal(value: Floats, mean: Floats | float, variance: Floats | float) -> Floats:
    found: Floats = -((value - mean) ** 2) / (2 * variance) - np.log(2 * math.pi * np.asarray(variance)) / 2
    return found
