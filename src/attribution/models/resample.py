"""How users are resampled for a bootstrap: by bucket, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from attribution._checks import one_of, whole
from attribution._progress import bar
from attribution._typing import Floats
from attribution.credit.bootstrap import Bootstrap, Replicates
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import run_starts
from attribution.models.cells import at_cells, common_cells
from attribution.stats.resampling import multinomial_weights

_MOST_BUCKETS = 1 << 16
_LARGEST = 4 << 30  # bytes of replicates that are kept


@dataclass(frozen=True)
class Resampling:
    """How often, from which seed and by what unit users are resampled.

    Attributes
    ----------
    n
        Replicates.
    rng
        Seed or generator.
    unit
        ``"bucket"`` or ``"user"``.
    buckets
        Buckets of users, a power of two.
    """

    n: int
    rng: int | np.random.Generator | None
    unit: str = "bucket"
    buckets: int = 256

    def __post_init__(self) -> None:
        """Validate."""
        whole(self.n, "bootstrap", least=2, error=ModelError)
        one_of(self.unit, "resample", ["bucket", "user"], error=ModelError)
        if whole(self.buckets, "buckets", least=2, error=ModelError).bit_count() != 1:
            msg = f"buckets={self.buckets} is not a power of two"
            raise ModelError(msg, hint="buckets=256")
        if self.buckets > _MOST_BUCKETS:
            msg = f"buckets={self.buckets:,} is more than {_MOST_BUCKETS:,}"
            raise ModelError(msg, why="each needs a table of its own", hint="buckets=256")
        try:
            np.random.default_rng(self.rng)
        except (TypeError, ValueError) as error:
            msg = f"rng={self.rng!r} is neither a seed nor a generator ({error})"
            raise ModelError(msg, column="rng", hint="rng=7, or rng=numpy.random.default_rng(7)") from error

    def by_bucket(
        self, credit: Credit, replicates: Sequence[Callable[[Floats], tuple[Floats, Floats]]]
    ) -> Bootstrap:
        """Resample buckets: the sums of each bucket count as often as the bucket was drawn."""
        rng = np.random.default_rng(self.rng)
        samples = multinomial_weights(self.n, self.buckets, rng)
        without_one = 1.0 - np.eye(self.buckets)
        _refuse_huge(credit, self.n + self.buckets)
        weights = np.concatenate([samples, without_one])
        parts = [solve(weights) for solve in replicates]
        conversions, value = (np.stack([part[side] for part in parts], axis=1) for side in (0, 1))
        return Bootstrap(
            Replicates.of(conversions[: self.n], value[: self.n], credit.attributed),
            Replicates.of(conversions[self.n :], value[self.n :], credit.attributed),
            "bucket",
        )

    def by_user(
        self,
        credit: Credit,
        journeys: Journeys,
        solve: Callable[[Journeys], Credit],
        progress: bool | None,
    ) -> Credit:
        """Resample single users, and credit all journeys anew each time."""
        assert journeys.user is not None
        assert credit.bootstrap is not None
        rng = np.random.default_rng(self.rng)
        user = np.cumsum(run_starts(journeys.user)) - 1
        n_users = int(user[-1]) + 1 if len(user) else 0
        solved = []
        for _ in bar(range(self.n), "resampling users", progress):
            drawn = np.bincount(rng.integers(0, n_users, n_users), minlength=n_users)[user]
            weighted = replace(journeys, weight=journeys.weights * drawn, value=journeys.value * drawn)
            solved.append(solve(weighted))
        # A sample may credit a cell that the table of all users lacks: it stays, with nothing in the table.
        keys, (places, *each_place) = common_cells([credit.keys, *(each.keys for each in solved)])
        if len(places) > len(credit.keys[0]):
            credit = credit.placed(keys, places)
        aligned = list(zip(solved, each_place, strict=True))
        samples = Replicates.of(
            np.array([at_cells(each.conversions, cells) for each, cells in aligned]),
            np.array([at_cells(each.value, cells) for each, cells in aligned]),
            credit.attributed,
        )
        assert credit.bootstrap is not None
        return replace(credit, bootstrap=replace(credit.bootstrap, samples=samples, resample="user"))


def _refuse_huge(credit: Credit, n: int) -> None:
    size = 2 * 8 * n * credit.conversions.size
    if size > _LARGEST:
        msg = f"{n:,} replicates of {credit.conversions.size:,} numbers need {size / 2**30:.1f} GB"
        raise ModelError(msg, hint="fewer replicates, fewer models, or a coarser by=")
