"""Which model is least wrong, world by world: the credit of every model against what channels caused.

    python -m benchmarks.evaluate                   # 60,000 users, 4 seeds: 6 minutes
    python -m benchmarks.evaluate --quick           # 20,000 users, 2 seeds
    python -m benchmarks.evaluate --world closers   # one world, or several

docs/models.md records a run. Three tables, a column a world, over the channels with a cost:

1. Share error: half the sum over channels of |credit share - true share|, 0 to 1.
2. Rank: Spearman's correlation of credit per euro with true conversions per euro.
3. Level: the sum of credit over the sum of what the channels caused.

Where nothing causes anything there are no true shares: its column is the credit of these channels in all
purchases, of which the truth is 0. There is no mean over worlds, for nobody lives in a mean of worlds.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import pandas as pd

import attribution as at
from attribution.datasets import WORLDS, simulate

MODELS = {
    "first_touch": at.FirstTouch(),
    "w_shaped": at.WShaped(),
    "inverse_j": at.InverseJ(),
    "full_path": at.FullPath(),
    "u_shaped": at.UShaped(),
    "linear, by channel": at.Linear(per="channel"),
    "linear": at.Linear(),
    "time_decay": at.TimeDecay("7D"),
    "j_shaped": at.JShaped(),
    "last_non_direct": at.LastNonDirect(),
    "last_touch": at.LastTouch(),
    "markov": at.Markov(),
    "markov, order 2": at.Markov(order=2),
    "markov, by journey": at.Markov(allocation="journey"),
    "shapley, within_set_rate": at.Shapley("within_set_rate"),
    "shapley, subset_rate": at.Shapley("subset_rate"),
    "probabilistic": at.Probabilistic(),
    "bagged_logistic": at.BaggedLogistic(),
    "additive_hazard": at.AdditiveHazard(),
}


def scores(credit: pd.Series, truth: pd.DataFrame, total: float) -> dict[str, float]:
    """Return share error, rank and level of one model in one world, over the channels with a cost."""
    paid = truth[truth.cost > 0]
    given = credit.reindex(paid.index).fillna(0.0)
    caused = paid.expected_conversions
    if caused.sum() == 0:
        return {"share error": given.abs().sum() / total}
    shares = given.clip(lower=0) / given.clip(lower=0).sum()
    return {
        "share error": 0.5 * float((shares - caused / caused.sum()).abs().sum()),
        "rank": float((given / paid.cost).corr(caused / paid.cost, method="spearman")),
        "level": float(given.sum() / caused.sum()),
    }


def play(world: str, n_users: int, seed: int) -> pd.DataFrame:
    """Return a row a model: its scores in one simulated log of a world."""
    data = simulate(n_users, seed=seed, world=world)
    truth = data.truth.to_pandas().set_index("channel")
    log = at.read_log(data.touches, data.conversions)
    journeys = at.build_journeys(log, lookback="30D", goal="purchase")
    rows = []
    for label, model in MODELS.items():
        credit = at.attribute(journeys, model).to_frame().set_index("channel")["conversions"]
        rows.append({"world": world, "model": label} | scores(credit, truth, journeys.n_conversions))
    return pd.DataFrame(rows)


def main() -> None:
    """Play the worlds and print the tables."""
    parser = argparse.ArgumentParser(description="Every model in every world")
    parser.add_argument("--world", nargs="*", choices=list(WORLDS), default=list(WORLDS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--users", type=int)
    parser.add_argument("--seeds", type=int)
    asked = parser.parse_args()
    n_users = asked.users or (20_000 if asked.quick else 60_000)
    seeds = asked.seeds or (2 if asked.quick else 4)
    played = []
    for world in asked.world:
        played += [play(world, n_users, seed) for seed in range(seeds)]
        print(world, flush=True)
    rows = pd.concat(played)
    print(f"\n{n_users:,} users, seeds 0 to {seeds - 1}, lookback 30 days, channels with a cost")
    for score in ("share error", "rank", "level"):
        table = rows.pivot_table(index="model", columns="world", values=score, sort=False)
        print(f"\n{score}, mean over seeds\n{table.round(2).to_string()}")
        if score == "share error" and seeds > 1:
            spread = rows.groupby(["world", "model"])[score].std(ddof=1) / np.sqrt(seeds)
            print(f"\nstandard error of a cell: median {spread.median():.3f}, largest {spread.max():.3f}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
