"""Check of the Markov chain: which steps customers take from channel to channel, weighted by traffic."""

from __future__ import annotations

import numpy as np

from attribution.models.log_profile import Profile
from attribution.regression.pair import Finding, failed, not_checked, passed
from attribution.regression.tolerance import Tolerance
from attribution.reporting.formats import label

_NAME = "transitions"


def check(old: Profile | None, new: Profile | None, limits: Tolerance) -> list[Finding]:
    """Compare two chains of order 1.

    For each channel the total variation distance of what comes next, ``sum |p - q| / 2``; the channels
    are weighted by how many steps leave them, in the mean of both logs. Half the mean absolute deviation
    of a binomial proportion, ``sqrt(2 p (1 - p) / (pi n))``, is what chance adds to each step.
    """
    if not old or not new:
        side = "the baseline" if not old else "the result"
        return not_checked(_NAME, f"{side} has no transition counts (a Markov model, or journeys=...)")
    states = sorted({*old, *new})
    steps = sorted({step for side in (old, new) for row in side.values() for step in row})
    counts = [
        np.array([[side.get(state, {}).get(step, 0.0) for step in steps] for state in states])
        for side in (old, new)
    ]
    traffic = [count.sum(axis=1, keepdims=True) for count in counts]
    p, q = (count / np.maximum(sums, 1e-300) for count, sums in zip(counts, traffic, strict=True))
    both = (traffic[0] > 0) & (traffic[1] > 0)
    weight = (traffic[0] / traffic[0].sum() + traffic[1] / traffic[1].sum()) / 2
    # A state that one side never leaves has nowhere to go there: all of it is drift.
    distance = np.where(both, np.abs(p - q), p + q) / 2
    distance[~both[:, 0]] *= 2
    moved = weight * distance
    drift = float(moved.sum())
    pooled = (counts[0] + counts[1]) / np.maximum(traffic[0] + traffic[1], 1e-300)
    scatter = np.zeros_like(weight)
    np.divide(1.0, traffic[0], out=scatter, where=both)
    scatter += np.divide(1.0, traffic[1], out=np.zeros_like(weight), where=both)
    noise = float((weight * np.sqrt(2 / np.pi * pooled * (1 - pooled) * scatter)).sum() / 2)
    allowed = limits.drift + (noise * (1 + limits.sampling / 4) if limits.sampling else 0.0)
    if limits.drift == 0 and not limits.sampling:
        allowed = limits.rtol
    if drift <= allowed:
        return passed(
            _NAME, f"{drift:.2%} of the steps go elsewhere, weighted by traffic (allowed {allowed:.2%})"
        )
    order = np.argsort(-moved, axis=None, kind="stable")[:5]
    rows = [
        {
            "from": states[at // len(steps)], "to": steps[at % len(steps)],
            "old": float(p.flat[at]), "new": float(q.flat[at]), "part": float(moved.flat[at]),
        }
        for at in order.tolist()
        if moved.flat[at] > 0
    ]  # fmt: skip
    worst = rows[0]
    text = (
        f"{label(worst['from'])} > {label(worst['to'])}: {worst['old']:.2%} -> {worst['new']:.2%}; "
        f"{drift:.2%} of all steps go elsewhere, allowed {allowed:.2%}"
    )
    return failed(_NAME, text, drift, rows, int((moved > 0).sum()))
