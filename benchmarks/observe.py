"""What observe_incremental gets right of what was caused, and how often its intervals hold.

    python -m benchmarks.observe [--logs 100] [--users 20000] [--worlds retailer ...]

Logs of `datasets.simulate`, seeds from 1000 on. Worlds: the retailer as it is; all ads 2.5 times as strong;
e-mail doing nothing; other strengths by channel; a null world, where no channel causes anything.

Printed for each world, over the channels that are estimated in every log: share error (half the sum of
absolute differences between shares of estimates and of truth, negative estimates as 0) and level (sum of
estimates over sum of truth) as means over logs; in the null world instead the sum over conversions; how often
the 95% interval of a channel holds the mean of the estimates over all logs (its own estimand) and the truth;
how often the checks failed; and which channels were refused for following their users, in how many logs.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import numpy as np
import pandas as pd

import attribution as at

SEED = 1000
OWN = ("direct", "organic_search", "store_visit", "call_centre")
MEDIA = (
    "affiliate", "direct_mail", "display", "email", "paid_search", "retargeting", "sms", "social", "video",
)  # fmt: skip
WORLDS: dict[str, dict[str, float] | None] = {
    "retailer": None,
    "strong ads": dict.fromkeys(MEDIA, 2.5),
    "e-mail idle": {"email": 0.0},
    "other strengths": {"display": 3.0, "social": 2.0, "video": 0.5, "email": 0.5},
    "null": dict.fromkeys((*MEDIA, *OWN), 0.0),
}


def observed(world: str, users: int, seed: int) -> tuple[pd.DataFrame, float, list[str]]:
    """Return estimates beside the truth, the log's conversions, and the checks that failed."""
    data = at.datasets.simulate(users, seed=seed, effects=WORLDS[world])
    found = at.observe_incremental(at.read_log(data.touches, data.conversions), own=OWN, goal="purchase")
    truth = data.truth.to_pandas().set_index("channel")["expected_conversions"]
    frame = found.to_frame().set_index("channel")
    return frame.assign(truth=truth), found.conversions, [check.name for check in found.checks.failed]


def scores(frame: pd.DataFrame, conversions: float) -> tuple[float, float]:
    """Return share error and level; in a world without effects, no share error and the sum by conversions."""
    kept = frame[frame["verdict"] == "estimated"]
    told, truth = kept["incremental"].clip(lower=0), kept["truth"]
    if not truth.sum():
        return float("nan"), float(kept["incremental"].sum() / conversions)
    error = (told / told.sum() - truth / truth.sum()).abs().sum() / 2
    return float(error), float(kept["incremental"].sum() / truth.sum())


def main() -> None:
    """Print a table a world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=100)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS), choices=list(WORLDS))
    asked = parser.parse_args()
    for world in asked.worlds:
        runs = [observed(world, asked.users, SEED + number) for number in range(asked.logs)]
        frames = pd.concat({number: run[0] for number, run in enumerate(runs)}, names=["log"])
        score = np.array([scores(frame, conversions) for frame, conversions, _ in runs])
        always = [
            channel for channel, rows in frames.groupby("channel") if (rows["verdict"] == "estimated").all()
        ]
        kept = frames[frames.index.get_level_values("channel").isin(always)]
        aim = kept.groupby("channel")["incremental"].transform("mean")
        holds = [(kept["ci_low"] <= aim) & (aim <= kept["ci_high"])]
        holds.append((kept["ci_low"] <= kept["truth"]) & (kept["truth"] <= kept["ci_high"]))
        failed = pd.Series([name for _, _, names in runs for name in names]).value_counts().to_dict()
        print(f"{world}: {asked.logs} logs of {asked.users:,} users")
        print(f"  share error {score[:, 0].mean():.3f}, level {score[:, 1].mean():.2f}")
        print(f"  intervals hold their own mean {holds[0].mean():.3f}, the truth {holds[1].mean():.3f}")
        print(f"  checks failed: {failed or 'none'}")
        refused = frames[frames["verdict"].str.startswith("follows")].groupby("channel").size()
        print(f"  refused: {refused.to_dict()}")
        means = kept.groupby("channel")[["incremental", "truth"]].mean().round(1)
        covered = holds[0].groupby("channel").mean().round(3)
        print(means.assign(own_mean_held=covered).to_string(), flush=True)


if __name__ == "__main__":
    main()
