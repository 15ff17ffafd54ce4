"""Windows of the history on which a planned test is tried out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.geo_assignment import FEWEST_BEFORE

FEWEST_WINDOWS = 6


@dataclass(frozen=True, eq=False, slots=True)
class Windows:
    """Stretches of the history, each as long as the time before a test and the test itself.

    Attributes
    ----------
    n_pre, n_test
        Periods before and within a simulated test, the same in all windows.
    older, newer
        First period of each window, in order: those that may choose a design, and those that judge it.
    apart
        Whether no simulated test of the newer windows shares a period with one of the older.
    """

    n_pre: int
    n_test: int
    older: Ints
    newer: Ints
    apart: bool

    @property
    def every(self) -> Ints:
        """First period of all windows."""
        return np.concatenate([self.older, self.newer])

    @property
    def until(self) -> int:
        """Periods that the older windows cover: what may choose a design."""
        return int(self.older[-1]) + self.n_pre + self.n_test

    @property
    def without_overlap(self) -> float:
        """How many tests of this length fit side by side into the time that the simulated tests cover."""
        every = self.every
        return 1.0 + float(every[-1] - every[0]) / self.n_test


def windows_of(n_times: int, n_test: int, count: int, step: str) -> Windows:
    """Lay windows over the history.

    The time before each simulated test is about two thirds of what the real test will have, or less where the
    newer half of the simulated tests would otherwise share periods with the older half.

    Parameters
    ----------
    n_times
        Periods of history.
    n_test
        Periods of the test, cooldown included.
    count
        How many windows are wanted; no more than there are distinct ones are laid.
    step
        What a period is, for the message.

    Raises
    ------
    ExperimentError
        If the history is too short.

    Examples
    --------
    >>> found = windows_of(120, 28, 10, "day")
    >>> found.n_pre, found.older.tolist(), found.newer.tolist(), found.apart
    (46, [0, 2, 4, 7, 9], [37, 39, 42, 44, 46], True)
    """
    room = n_times - n_test
    least = max(FEWEST_BEFORE, min(2 * n_test, room // 2))
    n_pre = max(min(max(room - 2 * n_test, least), 2 * room // 3), FEWEST_BEFORE)
    last = room - n_pre
    if last + 1 < FEWEST_WINDOWS:
        needed = FEWEST_BEFORE + n_test + FEWEST_WINDOWS - 1
        msg = f"the history has {n_times} {step}s, too few to try out a test of {n_test}"
        why = (
            f"each trial needs {FEWEST_BEFORE} {step}s before it, and there should be {FEWEST_WINDOWS} "
            "trials or more"
        )
        hint = f"a panel of at least {needed} {step}s (four times the test is good), or a shorter test"
        raise ExperimentError(msg, column="periods", why=why, hint=hint)
    apart = last >= n_test + 4
    end_older = (last - n_test) // 2 if apart else (last - 1) // 2
    start_newer = end_older + n_test if apart else end_older + 1
    halves = (count // 2, count - count // 2)
    older, newer = (
        np.unique(np.round(np.linspace(first, stop, min(half, stop - first + 1))).astype(np.int64))
        for (first, stop), half in zip(((0, end_older), (start_newer, last)), halves, strict=True)
    )
    return Windows(n_pre, n_test, older, newer, apart)
