"""How often the intervals of `AdditiveHazard` hold the population value; docs/validation.md records a run.

    python -m benchmarks.coverage_hazard                  # 200 logs of 2,000 users
    python -m benchmarks.coverage_hazard --users 20000 --logs 50

Users have 1 + Poisson(1.5) touches at random times of 60 days. Every touch brings Poisson(strength)
conversions after exponential lags, by channel: the process of the model. Besides, three users in ten prefer
other channels, are worth more, and convert by themselves: what the model does not know. The population value
is what the model credits in one log of 2,000,000 users, whose own error is 3% of that of a log of 2,000.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

import attribution as at

CHANNELS = np.array(["ad", "email", "search", "social", "video"])
STRENGTH = np.array([0.05, 0.10, 0.16, 0.06, 0.08])
LAG_DAYS = np.array([6.0, 2.0, 0.5, 4.0, 9.0])
PREFERRED = np.array([[0.30, 0.10, 0.25, 0.15, 0.20], [0.10, 0.30, 0.35, 0.15, 0.10]])
DAYS, BY_THEMSELVES, POPULATION = 60, 0.15, 2_000_000


def draw(users: int, rng: np.random.Generator) -> at.Journeys:
    """Return the journeys of some users."""
    kind = (rng.random(users) < 0.3).astype(int)
    owner = np.repeat(np.arange(users), 1 + rng.poisson(1.5, users))
    picks = rng.random(len(owner))[:, None] > PREFERRED.cumsum(axis=1)[kind[owner]][:, :-1]
    channel = picks.sum(axis=1)
    day = rng.uniform(0, DAYS, len(owner))
    brought = np.repeat(np.arange(len(owner)), rng.poisson(STRENGTH[channel]))
    lagged = day[brought] + rng.exponential(LAG_DAYS[channel[brought]])
    alone = np.flatnonzero((rng.random(users) < BY_THEMSELVES) & (kind == 1))
    buyer = np.append(owner[brought], alone)
    when = np.append(lagged, rng.uniform(0, DAYS, len(alone)))
    inside = when < DAYS
    buyer, when = buyer[inside], when[inside]
    worth = np.array([40.0, 90.0])[kind[buyer]] * rng.lognormal(-0.18, 0.6, len(buyer))
    start = np.datetime64("2026-01-01", "us")

    def instants(days: np.ndarray) -> np.ndarray:
        return start + (days * 86_400e6).astype("timedelta64[us]")

    touches = pd.DataFrame({"user_id": owner, "time": instants(day), "channel": CHANNELS[channel]})
    orders = pd.DataFrame({"user_id": buyer, "time": instants(when), "value": worth})
    return at.build_journeys(at.read_log(touches, orders), lookback="30D")


def study(users: int, logs: int, seed: int, kernel: str) -> None:
    """Print the coverage of the shares of the channels."""
    model = at.AdditiveHazard(kernel=kernel)
    whole = at.attribute(draw(POPULATION, np.random.default_rng([seed, 0])), model).to_frame()
    truth = whole.set_index("channel")["share"].reindex(CHANNELS).to_numpy()
    began = time.process_time()
    covered, estimates, errors = [], [], []
    for log in range(logs):
        rng = np.random.default_rng([seed, users, log])
        credit = at.attribute(draw(users, rng), model, bootstrap=500, rng=rng)
        frame = credit.intervals("share", correction="none").set_index("channel").reindex(CHANNELS)
        covered.append((frame["ci_low"] <= truth) & (truth <= frame["ci_high"]))
        estimates.append(frame["estimate"])
        errors.append(frame["standard_error"])
    rate, spread = np.mean(covered, axis=0), np.std(estimates, axis=0, ddof=1)
    ratio = np.mean(errors, axis=0) / spread
    print(f"{users:,} users, {logs} logs, {kernel}: coverage {rate.mean():.3f}, lowest {rate.min():.3f}, ")
    print(f"highest {rate.max():.3f}, standard error over spread {ratio.mean():.3f}; by channel:")
    print(
        pd.DataFrame({"truth": truth, "coverage": rate, "sd": spread, "se_ratio": ratio}, CHANNELS).round(4)
    )
    print(f"bias over spread {np.round((np.mean(estimates, axis=0) - truth) / spread, 2).tolist()}")
    print(f"{time.process_time() - began:.0f} CPU seconds", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--logs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kernel", default="exponential", choices=["exponential", "free"])
    asked = parser.parse_args()
    study(asked.users, asked.logs, asked.seed, asked.kernel)


if __name__ == "__main__":
    main()
