"""How often synergy finds what is there, and what is not: worlds without and with an interaction of channels.

    python -m benchmarks.synergy [--logs 100] [--quick] [--worlds "all 8" ...]

6,000 users touch five channels; a touch may convert, and a conversion ends its journey. Worlds differ in how
many touches users have, in what a touch's chance depends on (nothing, its own channel, the channels seen so
far, how often they were), in whether users differ in that chance and in the channels that they meet, and in
whether conversions follow at once or days later. No pair of channels does anything beyond its two parts, but
in the last three worlds, where the odds double (log odds .7) once a and b have both been seen.

Printed: in how many logs a pair that does nothing is found after Holm's correction at 5%, on odds and on
rates; and how often a planted pair is, with the mean estimate of its log odds.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import numpy as np
import pandas as pd

import attribution as at

SEED, USERS = 14, 6_000
CHANNELS, SHARES = np.array(list("abcde")), np.array([0.3, 0.26, 0.19, 0.13, 0.12])
OWN, SEEN = np.array([0.6, -0.5, 0, 0.8, -0.8]), np.array([0.4, -0.3, 0, 0.5, -0.5])
PLANTED = 0.7
LENGTHS: dict[str, Any] = {
    "geometric": lambda rng, taste: rng.geometric(0.12, len(taste)),
    "all 8": lambda _, taste: np.full(len(taste), 8),
    "2 or 15": lambda rng, taste: np.where(rng.random(len(taste)) < 0.5, 2, 15),
    "Poisson": lambda rng, taste: 1 + rng.poisson(np.exp(1.2 + 0.5 * taste)),
}


@dataclass(frozen=True)
class World:
    """What users touch, and what makes a touch convert."""

    touches: str
    matters: str = "nothing"  # or "own", "seen", "dose", "uncapped"
    base: float = 0.03
    frailty: float = 0.0
    prefer: bool = False
    sticky: float = 0.0
    lag: float = 0.0
    planted: float = 0.0

    def draw(self, seed: int) -> at.Journeys:
        """Draw a log and build its journeys."""
        rng = np.random.default_rng([SEED, seed])
        taste = rng.normal(size=USERS)
        touches = LENGTHS[self.touches](rng, taste)
        user = np.repeat(np.arange(USERS), touches)
        day = np.repeat(rng.uniform(0, 335, USERS), touches) + rng.uniform(0, 25, len(user))
        day = day[np.lexsort([day, user])]
        channel = self._channels(rng, user)
        bought = self._bought(channel, touches, taste, rng.random(len(user)))
        start = pd.Timestamp("2025-01-01")
        table = {
            "user_id": user,
            "time": start + pd.to_timedelta(day, unit="D"),
            "channel": CHANNELS[channel],
        }
        if not self.lag:
            log = at.read_log(table | {"bought": bought}, schema=at.LogSchema(conversion="bought"))
        else:
            late = day[bought] + rng.exponential(self.lag, int(bought.sum()))
            sales = {"user_id": user[bought], "time": start + pd.to_timedelta(late, unit="D")}
            log = at.read_log(table, sales)
        return at.build_journeys(log, lookback="30D")

    def _channels(self, rng: np.random.Generator, user: Any) -> Any:
        if self.prefer:
            liked = np.cumsum(rng.dirichlet(SHARES * 4, USERS), axis=1)[user]
            return (rng.random(len(user))[:, None] > liked[:, :-1]).sum(axis=1)
        drawn = rng.choice(5, len(user), p=SHARES)
        if not self.sticky:
            return drawn
        fresh = (rng.random(len(user)) >= self.sticky) | (np.diff(user, prepend=-1) != 0)
        return drawn[np.maximum.accumulate(np.where(fresh, np.arange(len(user)), 0))]

    def _bought(self, channel: Any, touches: Any, taste: Any, luck: Any) -> Any:
        bought, first = np.zeros(len(channel), bool), np.cumsum(touches) - touches
        times = np.zeros((USERS, 5))
        for step in range(touches.max()):
            live = np.flatnonzero(touches > step)
            place = first[live] + step
            times[live, channel[place]] += 1
            seen = times[live] > 0
            odds = np.log(self.base / (1 - self.base)) + self.frailty * taste[live]
            odds = odds + self.planted * (seen[:, 0] & seen[:, 1])
            if self.matters == "own":
                odds = odds + OWN[channel[place]]
            elif self.matters == "seen":
                odds = odds + seen @ SEEN
            elif self.matters in ("dose", "uncapped"):
                odds = odds + np.minimum(times[live], 3 if self.matters == "dose" else 99) @ SEEN * 0.5
            buys = luck[place] < 1 / (1 + np.exp(-odds))
            bought[place] = buys
            if not self.lag:
                times[live[buys]] = 0
        return bought


WORLDS = {
    "geometric": World("geometric"),
    "all 8": World("all 8", base=0.05),
    "2 or 15": World("2 or 15"),
    "2 or 15, the touch's channel matters": World("2 or 15", "own"),
    "2 or 15, channels seen so far matter": World("2 or 15", "seen", base=0.02),
    "all 8, seen so far, users differ": World("all 8", "seen", frailty=0.7),
    "Poisson, users differ and prefer, own": World("Poisson", "own", frailty=0.7, prefer=True),
    "Poisson, users differ and prefer, seen": World("Poisson", "seen", base=0.02, frailty=0.7, prefer=True),
    "2 or 15, number of touches matters (to 3)": World("2 or 15", "dose", base=0.02),
    "2 or 15, number of touches matters": World("2 or 15", "uncapped", base=0.02),
    "Poisson, channels in runs, users differ": World("Poisson", "own", frailty=0.7, sticky=0.5),
    "geometric, conversions lag by 3 days": World("geometric", "own", lag=3.0),
    "2 or 15, conversions lag by 3 days": World("2 or 15", "own", lag=3.0),
    "all 8, conversions lag by 3 days": World("all 8", "own", lag=3.0),
    "Poisson, differ and prefer, lag by 3 days": World("Poisson", "own", frailty=0.7, prefer=True, lag=3.0),
    "planted: geometric": World("geometric", "seen", base=0.02, planted=PLANTED),
    "planted: 2 or 15": World("2 or 15", "own", base=0.02, planted=PLANTED),
    "planted: Poisson, differ and prefer": World(
        "Poisson", "own", base=0.02, frailty=0.7, prefer=True, planted=PLANTED
    ),
}


def line(name: str, world: World, logs: int, first: int) -> str:
    """Return a line of the table."""
    began = time.process_time()
    odds, rates, planted, contrast = [], [], [], []
    for seed in range(first, first + logs):
        journeys = world.draw(seed)
        found = at.synergy(journeys, correction="holm")
        pair = np.array(
            [{found.channels[code] for code in one} == {"a", "b"} for one in found.pairs.tolist()]
        )
        other = ~pair if world.planted else np.ones_like(pair)
        odds.append(found.significant[other].any())
        planted.append(found.significant[pair].any())
        contrast.append(found.interaction[pair, 0].mean())
        rates.append(at.synergy(journeys, correction="holm", scale="rate").significant[other].any())
    more = f"{np.mean(planted):.0%} ({np.nanmean(contrast):.2f})" if world.planted else ""
    each = 1000 * (time.process_time() - began) / logs
    return f"| {name} | {np.mean(odds):.0%} | {np.mean(rates):.0%} | {more} | {each:.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="number of the first log")
    parser.add_argument("--quick", action="store_true", help="20 logs")
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS), help="part of their names")
    options = parser.parse_args()
    logs = 20 if options.quick else options.logs
    print(f"{logs:,} logs of {USERS:,} users in each world\n")
    print("| world | a pair found, odds | rates | planted pair found (log odds) | CPU ms |")
    print("|---|---|---|---|---|")
    for name, world in WORLDS.items():
        if any(part in name for part in options.worlds):
            print(line(name, world, logs, options.first), flush=True)


if __name__ == "__main__":
    main()
