"""Does calibrated credit come nearer to what channels caused? Errors and coverage, with known truth.

    python -m benchmarks.calibration [--quick]

1. Factors from a law that is not the prior's, 8 channels, 5 tested: error, coverage.
2. The simulated retailer: each model's credit, raw and calibrated, against the true effects.
"""

from __future__ import annotations

import argparse

import numpy as np

import attribution as at
from attribution.stats.shrinkage import pool

ERRORS = (0.1, 0.25, 0.5)
MODELS = ("first_touch", "last_touch", "linear", "u_shaped", "time_decay", "markov", "shapley")
SENT = ("display", "email", "retargeting", "sms", "social", "video")
Z = 1.959963984540054


def pooled_error(error: float, worlds: int, seed: int) -> dict[str, float]:
    """Return root mean squared errors and coverage over many worlds of 8 channels, 5 of them tested."""
    rng = np.random.default_rng(seed)
    squares: dict[str, list[float]] = {"raw": [], "experiments only": [], "calibrated": []}
    inside: dict[str, list[bool]] = {"tested": [], "untested": []}
    for _ in range(worlds):
        credit = 10_000 * rng.dirichlet(np.full(8, 2.0))
        truth = rng.uniform(0.4, 0.8) + rng.uniform(0.1, 0.35) * rng.uniform(-1.73, 1.73, 8)
        estimates = np.where(np.arange(8) < 5, truth + rng.normal(0, error, 8), np.nan)
        posterior = pool(estimates, np.full(8, error), prior=(0.7, 0.5), spread=0.3)
        mean = np.array([posterior.moments(row)[0] for row in np.eye(8)])
        # Without pooling an untested channel keeps its credit.
        alone = np.where(np.isfinite(estimates), estimates, 1.0)
        for name, factor in (("raw", np.ones(8)), ("experiments only", alone), ("calibrated", mean)):
            squares[name].append(float((((factor - truth) * credit) ** 2).sum()))
        for channel, row in enumerate(np.eye(8)):
            kind = "tested" if channel < 5 else "untested"
            inside[kind].append(0.025 <= posterior.below(row, float(truth[channel])) <= 0.975)
    out = {name: float(np.sqrt(np.mean(values))) for name, values in squares.items()}
    return out | {f"coverage {kind}": float(np.mean(values)) for kind, values in inside.items()}


def retailer_error(
    users: int, worlds: int, draws: int, seed: int, errors: tuple[float, ...] = ERRORS
) -> dict[str, dict[float, tuple[float, float]]]:
    """Return, per model and error of the factors, the error of raw and calibrated credit in conversions.

    The experiments test every channel in SENT; those measure the true effect of the
    simulator with a normal error of the stated size in units of the factor.
    """
    rng = np.random.default_rng(seed)
    squares: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for world in range(worlds):
        data = at.datasets.simulate(users, seed=seed + world)
        caused = dict(
            zip(
                data.truth["channel"].to_pylist(), data.truth["expected_conversions"].to_pylist(), strict=True
            )
        )
        log = at.read_log(data.touches, data.conversions)
        tables = at.attribute(log, list(MODELS), lookback="30D", goal="purchase")
        sent = [name for name in tables.channels if name in SENT]
        for model in tables.models:
            credit = tables.select(models=model)
            channels = credit.channels
            line = credit.conversions[0, credit.attributed]
            truth = np.array([caused.get(channel, 0.0) for channel in channels])
            raw = float(((line - truth) ** 2).sum())
            for error in errors:
                for _ in range(draws):
                    lifts = {}
                    for channel in sent:
                        own = float(line[channels.index(channel)])
                        half = Z * error * own
                        found = caused[channel] + rng.normal(0, error * own)
                        lifts[channel] = at.Estimate(found, found - half, found + half)
                    posterior = at.calibrate(credit, lifts).posterior
                    got = line * [posterior.moments(row)[0] for row in np.eye(len(line))]
                    squares.setdefault((model, error), []).append((raw, float(((got - truth) ** 2).sum())))
    out: dict[str, dict[float, tuple[float, float]]] = {}
    for (model, error), values in squares.items():
        raw_error, calibrated = np.sqrt(np.mean(values, axis=0)).tolist()
        out.setdefault(model, {})[error] = (raw_error, calibrated)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer worlds")
    quick = parser.parse_args().quick
    print("| error of a factor | raw | experiments only | calibrated | coverage tested | untested |")
    print("|---|---|---|---|---|---|")
    for error in ERRORS:
        row = pooled_error(error, worlds=200 if quick else 4_000, seed=11)
        print(
            f"| {error} | {row['raw']:,.0f} | {row['experiments only']:,.0f} | {row['calibrated']:,.0f} "
            f"| {row['coverage tested']:.3f} | {row['coverage untested']:.3f} |"
        )
    print()
    print("| model | raw | " + " | ".join(f"calibrated, error {error}" for error in ERRORS) + " |")
    print("|---|---|" + "---|" * len(ERRORS))
    table = retailer_error(
        5_000 if quick else 20_000, worlds=1 if quick else 5, draws=3 if quick else 40, seed=21
    )
    for model, errors in table.items():
        cells = " | ".join(f"{calibrated:,.0f}" for _, calibrated in errors.values())
        print(f"| {model} | {next(iter(errors.values()))[0]:,.0f} | {cells} |")


if __name__ == "__main__":
    main()
