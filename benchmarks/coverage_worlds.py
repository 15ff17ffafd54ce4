"""Do intervals of holdouts in the simulated retailer hold what the simulator says is true?

In each world half of the users are withheld from a channel, and `at.analyze_holdout` reads the users' table.
The truth has three meanings, and intervals are held against each:

expected    the effect on these users, their missions and touches as they are, expected over what they decide:
            `effect_converted`, `effect_conversions`, `effect_value` of `truth`; exact, and another number in
            each world
both worlds what these users did with the channel on for everybody, less what the same users did with it off:
            a finite population with both potential outcomes known (Neyman 1923), for which Welch's interval
            is a little too wide, by the variance of the users' own effects
all such    the effect in the population that the users come from: the mean of `expected` over the worlds

Effects per exposed user are these over `reach`: nobody who would not be touched is affected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from benchmarks.coverage_row import Row

import attribution as at

USERS, SHARE = 4_000, 0.5
CHANNELS = ("email", "retargeting")  # one that works, one that chases those who buy anyway
BAND = (0.94, 0.96)
EFFECTS = {"converted": "effect_converted", "purchases": "effect_conversions", "value": "effect_value"}


def worlds(rng: np.random.Generator, sims: int) -> Iterator[Row]:
    """Yield the coverage of every interval, for every channel and meaning of truth."""
    seeds = rng.integers(2**31, size=sims).tolist()
    found = [world(seed) for seed in seeds]
    for channel in CHANNELS:
        name = f"ITT, {channel}, purchases"
        population = np.mean([truth for one in found for truth in one[name, "expected"][1:]])
        for one in found:
            one[name, "all such"] = one[name, "expected"][0], population
        for (label, meaning), _ in found[0].items():
            if channel in label:
                held = [one[label, meaning][0].holds(one[label, meaning][1]) for one in found]
                yield Row(f"{label}; truth: {meaning}", float(np.mean(held)), BAND, sims, level=0.05)


def world(seed: int) -> dict[tuple[str, str], tuple[Any, float]]:
    """Return the estimates of one world by what they estimate, each beside the truth."""
    out: dict[tuple[str, str], tuple[Any, float]] = {}
    everywhere = _truth(at.datasets.simulate(USERS, seed=seed))
    for channel in CHANNELS:
        data = at.datasets.simulate(USERS, seed=seed, holdout={channel: SHARE})
        truth, arm = _truth(data)[channel], f"arm_{channel}"
        # Purchases of the log with the channel on for all, less those of the log with the channel off.
        both = everywhere[channel]["conversions"] / USERS
        for outcome, effect in EFFECTS.items():
            lift = at.analyze_holdout(data.users, assigned=arm, outcome=outcome, exposed=f"exposed_{channel}")
            out[f"ITT, {channel}, {outcome}", "expected"] = lift.absolute, truth[effect]
            out[f"CACE, {channel}, {outcome}", "expected"] = lift.cace, truth[effect] / truth["reach"]
            if outcome == "purchases":
                out[f"ITT, {channel}, {outcome}", "both worlds"] = lift.absolute, both
                out[f"CACE, {channel}, {outcome}", "both worlds"] = lift.cace, both / truth["reach"]
        lift = at.analyze_holdout(
            data.users,
            assigned=arm,
            outcome="purchases",
            covariate="past_orders",
            despite=("covariate_balance",),
        )
        out[f"ITT, {channel}, purchases, adjusted (Lin)", "expected"] = (
            lift.absolute,
            truth["effect_conversions"],
        )
        lift = at.analyze_holdout(
            data.users,
            assigned=arm,
            outcome="purchases",
            exposed=f"eligible_{channel}",
            design="ghost_ads",
        )
        out[f"ATT by ghost ads, {channel}, purchases", "expected"] = (
            lift.absolute,
            truth["effect_conversions"] / truth["reach"],
        )
    return out


def _truth(data: Any) -> dict[str, dict[str, float]]:
    return {row["channel"]: row for row in data.truth.to_pylist()}
