"""Do statements about many channels hold together? Differences, places, and the set that could be first.

    python -m benchmarks.together [--logs 400] [--users 2000] [--quick]

Thirteen channels are drawn with known shares; a user has one journey of 1 + Poisson(1) touches and converts
with probability .4 whatever the channels, so that the linear model's shares are the drawn ones. In four
worlds the shares lie evenly between 4 and 12%; one is 10% ahead of twelve; all are within 1%; two lead, 3%
apart. Log i of n users comes from the generator seeded with ``[14, n, i]``, with 500 resamples.

Printed: in how many logs some of the 78 differences is wrong, with and without max-t; some pair is called
different in the wrong direction; all 13 shares, and all 13 places, are right at once; the true best is in the
set that could be first, and how large the set is; and what the corrections cost beside the bootstrap.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import numpy as np

import attribution as at
from attribution.kernels.hashing import hash_integers

SEED, N, RESAMPLES = 14, 13, 500
CHANNELS = tuple("abcdefghijklm")
WORLDS = {
    "4 to 12%, evenly": np.linspace(0.04, 0.12, N),
    "one 10% ahead": np.r_[np.full(N - 1, 0.9), 1.0],
    "all within 1%": np.linspace(0.995, 1.005, N),
    "two on top, 3% apart": np.r_[np.linspace(0.4, 0.7, N - 2), 0.97, 1.0],
}


def draw(shares: Any, users: int, rng: np.random.Generator) -> at.Journeys:
    """Draw a log of journeys."""
    touches = 1 + rng.poisson(1.0, users)
    converted = rng.random(users) < 0.4
    return at.Journeys(
        channels=CHANNELS,
        offsets=np.r_[0, np.cumsum(touches)],
        channel=rng.choice(N, touches.sum(), p=shares).astype(np.int16),
        converted=converted,
        value=converted * 50.0,
        user=np.sort(hash_integers(np.arange(users))),
    )


def one(shares: Any, users: int, number: int) -> tuple[list[float], list[float]]:
    """Return what was right in a log, and the CPU seconds of bootstrap and corrections."""
    rng = np.random.default_rng([SEED, users, number])
    journeys = draw(shares, users, rng)
    clock = [time.process_time()]
    credit = at.attribute(journeys, "linear", bootstrap=RESAMPLES, rng=int(rng.integers(2**31)))
    clock.append(time.process_time())
    alone = credit.differences("share", correction="none")
    single = credit.intervals("share", correction="none")
    clock.append(time.process_time())
    pairs = credit.differences("share")
    frame = credit.intervals("share", correction="max_t").set_index("channel").loc[list(CHANNELS)]
    clock.append(time.process_time())
    could = credit.could_be_first("share").set_index("channel")["could_be_first"]
    del single
    share = dict(zip(CHANNELS, shares, strict=True))
    truth = np.array([share[a] - share[b] for a, b in zip(pairs["first"], pairs["second"], strict=True)])
    wrong = [((each["ci_low"] > truth) | (each["ci_high"] < truth)).any() for each in (alone, pairs)]
    called = [
        (((each["ci_low"] > 0) & (truth < 0)) | ((each["ci_high"] < 0) & (truth > 0))).any()
        for each in (alone, pairs)
    ]
    place = 1 + np.array([(shares > one).sum() for one in shares])
    right = [
        ((frame["ci_low"] <= shares) & (shares <= frame["ci_high"])).all(),
        ((frame["rank_low"] <= place) & (place <= frame["rank_high"])).all(),
        could[CHANNELS[int(shares.argmax())]],
        could.sum(),
    ]
    times = np.diff(clock).tolist()
    return [float(value) for value in (*wrong, *called, *right)], times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=400)
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--quick", action="store_true", help="20 logs")
    options = parser.parse_args()
    logs = 20 if options.quick else options.logs
    print(f"{logs:,} logs of {options.users:,} users in each world\n")
    print(
        "| world | a difference wrong: alone | together | wrong direction: alone | together "
        "| all shares right | all places right | best in the set | size of the set |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    clocks = []
    for name, shares in WORLDS.items():
        found = [one(shares / shares.sum(), options.users, number) for number in range(logs)]
        clocks += [times for _, times in found]
        rates = np.mean([values for values, _ in found], axis=0)
        cells = [f"{rate:.1%}" for rate in rates[:7]]
        print(f"| {name} | {' | '.join(cells)} | {rates[7]:.1f} |", flush=True)
    boot, alone, together = np.median(clocks, axis=0)
    print(
        f"\nmedian CPU ms: bootstrap {1000 * boot:.0f}, tables one by one {1000 * alone:.0f}, together ",
        end="",
    )
    print(f"{1000 * together:.0f}: {(together - alone) / boot:+.1%} of the bootstrap")


if __name__ == "__main__":
    main()
