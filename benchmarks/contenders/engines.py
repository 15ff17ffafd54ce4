"""This library at size: ten rules, Markov of order 2 and Shapley's channel sets, on each engine."""

from __future__ import annotations

from typing import Any

from benchmarks.contender import RULES, Answer
from benchmarks.contenders.ours import MODELS, _credit, _log

import attribution as at

EVERYTHING: list[Any] = [*MODELS, at.Markov(order=2), "shapley"]


def memory(folder: str) -> Answer:
    """All in memory, one process."""
    return _answer(folder, at.Memory())


def stream(folder: str) -> Answer:
    """From disk in two gigabytes, on all processors."""
    return _answer(folder, at.Stream(memory="2GB"))


def stream_alone(folder: str) -> Answer:
    """From disk in one gigabyte, one process."""
    return _answer(folder, at.Stream(memory="1GB", processes=1))


def _answer(folder: str, engine: Any) -> Answer:
    credit = _credit(at.attribute(_log(folder), EVERYTHING, engine=engine))
    return Answer({rule: credit[rule] for rule in RULES})
