"""One contender, one job, one process: ``python -m benchmarks.contender MODULE FUNCTION FOLDER``.

With ``--answer FILE`` the answer is written for comparison, with a digest of the journeys; such a run is
not measured. Without it the answer is made just the same and thrown away.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

RULES = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "time_decay",
    "position_based",
    "u_shaped",
    "j_shaped",
    "inverse_j",
    "w_shaped",
)
UNATTRIBUTED = "(unattributed)"
Amounts = tuple[float, float | None]
Credit = dict[str, dict[str, Amounts]]


class Paths(NamedTuple):
    """Journeys that hold a touch: journey j is ``codes[offsets[j]:offsets[j + 1]]``, codes of `labels`."""

    labels: list[str]
    codes: Any
    offsets: Any
    converted: Any


class Answer(NamedTuple):
    """What a contender found.

    Attributes
    ----------
    credit
        Rule -> channel -> (conversions, value); "(unattributed)" is among the channels. No value is None.
    paths
        Returns the journeys; None for a job without. Called for comparison only: the journeys themselves
        must be there, as lists or flat arrays, when the contender returns.
    """

    credit: Credit
    paths: Callable[[], Paths] | None = None


def credit_of(rows: list[tuple[Any, ...]], lost: Amounts) -> Credit:
    """Return credit from rows of (channel, then conversions and value for each rule in order)."""
    return {
        rule: {str(row[0]): (row[1 + 2 * i], row[2 + 2 * i]) for row in rows} | {UNATTRIBUTED: lost}
        for i, rule in enumerate(RULES)
    }


def digest(paths: Paths) -> dict[str, int]:
    """Return counts and a checksum of all journeys that does not depend on their order.

    Each journey is hashed by its channels in order and by whether it converted; the hashes are summed.
    """
    import numpy as np

    names = sorted(paths.labels)
    number = np.array([names.index(label) + 1 for label in paths.labels], np.uint64)
    code = number[np.asarray(paths.codes)]
    offsets = np.asarray(paths.offsets, np.int64)
    lengths = np.diff(offsets)
    powers = np.cumprod(np.full(int(lengths.max(initial=1)), 0x9E3779B97F4A7C15, np.uint64))
    position = np.arange(len(code)) - np.repeat(offsets[:-1], lengths)
    converted = np.asarray(paths.converted, bool)
    hashes = (
        np.add.reduceat(code * powers[position], offsets[:-1]) if len(lengths) else np.zeros(0, np.uint64)
    )
    hashes += converted
    for shift in (30, 27, 31):
        hashes ^= hashes >> np.uint64(shift)
        hashes *= np.uint64(0xBF58476D1CE4E5B9)
    return {
        "converting": int(converted.sum()),
        "non-converting": int((~converted).sum()),
        "touches": len(code),
        "checksum": int(hashes.sum(dtype=np.uint64)),
    }


def main(module: str, function: str, folder: str, *given: str) -> None:
    answer: Answer | None = getattr(import_module(f"benchmarks.contenders.{module}"), function)(folder)
    if given[:1] == ("--answer",):
        import json
        from importlib.metadata import distributions
        from pathlib import Path

        known = {d.metadata["Name"]: d.version for d in distributions()}
        plain = {
            "credit": None if answer is None else answer.credit,
            "journeys": None if answer is None or answer.paths is None else digest(answer.paths()),
            "versions": known,
        }
        Path(given[1]).write_text(json.dumps(plain))


if __name__ == "__main__":
    main(*sys.argv[1:])
