"""How often the interval of a cell holds the truth, by how many conversions the cell is expected to have.

    python -m benchmarks.coverage_cells            # 400 logs, a few minutes of one processor
    python -m benchmarks.coverage_cells --quick    # 60 logs

docs/validation.md records a run; `attribution.credit.credit_intervals.FEW` is read off it.

Every user has one journey or more of one to three touches, whose channels are drawn by known chances whatever
came before; one journey in five converts, and a conversion is worth a lognormal amount. So last touch and
linear credit have the same expected shares: the chances. Channels stand for the cells of any breakdown: an
interval knows only what a cell holds. One channel has the rest.
"""

from __future__ import annotations

import argparse

import numpy as np

import attribution as at

EXPECTED = (2, 3, 5, 7, 10, 15, 20, 30, 50, 100)
EACH = 4  # cells of each size
CONVERSIONS = 2_000
MODELS = ("last_touch", "linear")


def draw(rng: np.random.Generator) -> tuple[at.Journeys, np.ndarray]:
    """Return a log's journeys, and what each channel's share is expected to be."""
    small = np.repeat(EXPECTED, EACH) / CONVERSIONS
    chances = np.append(1 - small.sum(), small)
    users = int(CONVERSIONS / 0.2 / 1.3)
    owner = np.repeat(
        np.sort(rng.integers(0, 1 << 63, users).astype(np.uint64) * 2), 1 + rng.poisson(0.3, users)
    )
    lengths = rng.integers(1, 4, len(owner))
    converted = rng.random(len(owner)) < 0.2
    journeys = at.Journeys(
        channels=tuple(f"c{code:02}" for code in range(len(chances))),
        offsets=np.append(0, np.cumsum(lengths)),
        channel=rng.choice(len(chances), lengths.sum(), p=chances).astype(np.int16),
        converted=converted,
        value=converted * rng.lognormal(4.0, 0.6, len(owner)),
        user=owner,
    )
    return journeys, chances


def study(logs: int, seed: int) -> None:
    """Print the table."""
    held: dict[tuple[str, str], list[np.ndarray]] = {}
    counts = []
    for log in range(logs):
        rng = np.random.default_rng([seed, log])
        journeys, chances = draw(rng)
        credit = at.attribute(journeys, list(MODELS), bootstrap=500, rng=rng)
        counts.append(credit.conversions[:, 1:])
        for measure, method in (("share", "percentile"), ("share", "bca"), ("value_share", "percentile")):
            frame = credit.intervals(measure, method=method, correction="none")
            low, high = (frame[end].to_numpy().reshape(len(MODELS), -1) for end in ("ci_low", "ci_high"))
            covers = (low <= chances) & (chances <= high)
            held.setdefault((measure, method), []).append(covers[:, 1:])
    seen = np.array(counts)
    lines = {key: np.array(each) for key, each in held.items()}
    heads = [f"{measure} {method}, {model}" for measure, method in lines for model in MODELS]
    print("| conversions | " + " | ".join(heads) + " |\n|---:|" + "---:|" * len(heads))
    for place, size in enumerate(EXPECTED):
        cells = slice(place * EACH, (place + 1) * EACH)
        row = [each[:, model, cells].mean() for each in lines.values() for model in range(len(MODELS))]
        print(f"| {size} expected | " + " | ".join(f"{100 * rate:.1f}%" for rate in row) + " |")
    for least, below in ((0, 5), (5, 10), (10, 20), (20, 30), (30, 50), (50, 1_000)):
        row = []
        for each in lines.values():
            for model in range(len(MODELS)):
                inside = (seen[:, model] >= least) & (seen[:, model] < below)
                row.append(each[:, model][inside].mean())
        print(f"| {least} to {below} credited | " + " | ".join(f"{100 * rate:.1f}%" for rate in row) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="60 logs")
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    logs = 60 if asked.quick else 400
    print(f"seed {asked.seed}, {logs} logs of {CONVERSIONS:,} conversions, {EACH} cells of each size\n")
    study(logs, asked.seed)


if __name__ == "__main__":
    main()
