"""Merge the tallies of many partitions, always in the same order, holding few at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Merger:
    """Add up tallies as they arrive in any order; the additions do not depend on that order.

    Tally i is added to its neighbour in pairs, pairs to pairs, and so on, as in a tournament. At most one
    sum a round waits, beside those that arrived too early.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._next = 0
        self._early: dict[int, Mapping[str, Any]] = {}
        self._stack: list[tuple[int, Mapping[str, Any]]] = []  # (how many were added, their sum)

    def add(self, number: int, tallies: Mapping[str, Any]) -> None:
        """Add the tallies of partition `number`."""
        self._early[number] = tallies
        while self._next in self._early:
            self._stack.append((1, self._early.pop(self._next)))
            self._next += 1
            while len(self._stack) > 1 and self._stack[-1][0] == self._stack[-2][0]:
                self._join()

    def finish(self) -> dict[str, Any]:
        """Return the sums over all partitions."""
        assert self._next == self._n, "a partition is missing"
        while len(self._stack) > 1:
            self._join()
        return dict(self._stack[0][1])

    def _join(self) -> None:
        right, left = self._stack.pop(), self._stack.pop()
        merged = {name: left[1][name] + right[1][name] for name in left[1]}
        self._stack.append((left[0] + right[0], merged))
