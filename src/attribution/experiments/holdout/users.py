"""Where the users of an experiment are: in this process or its files, or on a Spark cluster."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.holdout.heavy_units import Far, Scale, far_units
from attribution.experiments.holdout.lin import Jobs, robust_sums
from attribution.experiments.holdout.tally import Reader, Spec, Tallied, tally
from attribution.experiments.shared.experiment_rows import Rows, floats
from attribution.tables.spark_frames import is_spark_frame


class Users(Protocol):
    """What an analysis asks of the users: moments, at most twice."""

    def tally(self, spec: Spec) -> Tallied:
        """Return the moments of every group; see `attribution.experiments.holdout.tally.tally`."""

    def robust(self, spec: Spec, jobs: Jobs) -> list[Floats]:
        """Return the HC2 covariances; see `attribution.experiments.holdout.lin.robust_sums`."""

    def far(self, spec: Spec, scale: Scale) -> Far:
        """Return the units that decide the error; see `heavy_units.far_units`."""

    def quantile(self, column: str, share: float) -> float:
        """Return a quantile of a column over all users."""


class Local(Rows):
    """Users in a table of this process, or in files."""

    def __init__(self, users: Any) -> None:
        super().__init__(users)
        self._reader: Reader | None = None

    def tally(self, spec: Spec) -> Tallied:
        """Return the moments of every group."""
        self._reader = Reader(self, spec)
        return tally(self._reader)

    def robust(self, spec: Spec, jobs: Jobs) -> list[Floats]:
        """Return the HC2 covariances, from the numbers that `tally` kept, or from a second reading."""
        reader = self._reader or Reader(self, spec)
        return robust_sums(reader.parts(), jobs)

    def far(self, spec: Spec, scale: Scale) -> Far:
        """Return the units that decide the error, from the numbers kept, or from another reading."""
        return far_units(self._reader or Reader(self, spec), scale)

    def quantile(self, column: str, share: float) -> float:
        """Return a quantile of a column over all users (linear between two values)."""
        parts, row = [], 0
        for batch in self.batches([column]):
            parts.append(floats(batch.column(column), column, row))
            row += batch.num_rows
        if not row:
            msg = "the table of users has no rows"
            raise ExperimentError(msg, column="users")
        return float(np.quantile(np.concatenate(parts), share))


def users_of(users: Any) -> Local | Any:
    """Return the users, wherever they are: `Local`, or for a Spark DataFrame `SparkUsers`."""
    if is_spark_frame(users):
        from attribution.experiments.holdout.spark_users import SparkUsers

        return SparkUsers(users)
    return Local(users)
