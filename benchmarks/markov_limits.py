"""What large chains cost: 500 channels at order 1, and order 2 on random paths with 500 resamples."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import attribution as at

LIMITS = {"order 1, 500 channels, 20,000 paths": 5.0, "order 2, 20 channels, bootstrap=500": 90.0}


def paths(channels: int, n: int, seed: int) -> list[np.ndarray[Any, Any]]:
    """Return random paths of 1 to 7 touches, each channel as likely as any other."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, channels, rng.integers(1, 8)) for _ in range(n)]


def path_journeys(channels: int, n: int, seed: int) -> at.Journeys:
    """Return journeys of a path table; one in ten converts."""
    texts = [" > ".join(f"c{code}" for code in path) for path in paths(channels, n, seed)]
    won = (np.random.default_rng(seed + 1).random(n) < 0.1).astype(int)
    return at.read_paths({"path": texts, "conversions": won, "nulls": 1 - won})


def log_journeys(channels: int, n: int, seed: int) -> at.Journeys:
    """Return the same as journeys of a log, a user each, for a bootstrap."""
    touched = paths(channels, n, seed)
    lengths = np.array([len(path) for path in touched])
    user = np.repeat(np.arange(n), lengths)
    minute = np.arange(len(user)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    start = np.datetime64("2026-01-01", "us")
    names = np.array([f"c{code}" for code in range(channels)])
    touches = {
        "user_id": user,
        "time": start + minute * np.timedelta64(60_000_000, "us"),
        "channel": names[np.concatenate(touched)],
    }
    won = np.flatnonzero(np.random.default_rng(seed + 1).random(n) < 0.1)
    orders = {"user_id": won, "time": np.full(len(won), start + np.timedelta64(86_400_000_000, "us"))}
    return at.build_journeys(at.read_log(touches, orders))


def main() -> None:
    """Measure both, five logs each of the first, two of the second; print CPU seconds beside the limit."""
    for name, limit in LIMITS.items():
        for seed in range(5 if "order 1" in name else 2):
            if "order 1" in name:
                journeys, model, options = path_journeys(500, 20_000, seed), at.Markov(), {}
            else:
                journeys, model = log_journeys(20, 20_000, seed), at.Markov(2)
                options = {"bootstrap": 500, "rng": 1}
            began = time.process_time()
            credit = at.attribute(journeys, model, **options)  # type: ignore[arg-type]
            spent = time.process_time() - began
            solved = credit.details["markov"].solved  # type: ignore[attr-defined]
            print(f"{name}, seed {seed}: {spent:.1f} CPU s (limit {limit:.0f}), {solved.sweeps:,} sweeps")


if __name__ == "__main__":
    main()
