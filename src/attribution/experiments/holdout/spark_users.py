"""Users of an experiment on a Spark cluster: each task hands back moments, and no row leaves its worker."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from attribution._typing import Floats
from attribution.errors import AttributionError, ExperimentError
from attribution.experiments.holdout.heavy_units import Far, Scale, far_units, merged_far
from attribution.experiments.holdout.lin import Jobs, robust_sums
from attribution.experiments.holdout.moments import merged
from attribution.experiments.holdout.tally import Reader, Spec, Tallied, repeated, tally
from attribution.experiments.shared.experiment_rows import Table
from attribution.tables.spark_errors import spark_errors
from attribution.tables.spark_frames import in_utc, quoted

_FOUND, _FAILED = "found", "failed"
_DDL = "kind string, payload binary"
_ADVICE = "run it again with smaller partitions: users.repartition(1000)"


class SparkUsers(Table):
    """Users in a Spark DataFrame, classic or of Spark Connect.

    Parameters
    ----------
    frame
        One row a user. It is computed once for moments, again for regressions, once for ids, once for a
        quantile; cache it if that is dear.

    Raises
    ------
    EngineError
        If Spark cannot make the DataFrame.
    """

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        with spark_errors("looking at the columns of the users", _ADVICE):
            super().__init__([str(field.name) for field in frame.schema.fields])

    def tally(self, spec: Spec) -> Tallied:
        """Return the moments of every group, merged from those of the tasks.

        Clusters are brought together by a shuffle of the needed columns; ids are counted by Spark itself.

        Raises
        ------
        ExperimentError
            As `attribution.experiments.holdout.tally.tally`; rows have no numbers on a cluster.
        EngineError
            If Spark fails.
        """
        self._refuse_repeated(spec)
        once = replace(spec, unit=None, again=False)
        parts: list[Tallied] = self._mapped(once, tally)
        return Tallied(
            merged(part.groups for part in parts),
            tuple(sorted({label for part in parts for label in part.arms})),
            tuple(sorted({label for part in parts for label in part.segments})),
            sum(part.crossed for part in parts),
        )

    def robust(self, spec: Spec, jobs: Jobs) -> list[Floats]:
        """Return the HC2 covariances, summed over the tasks."""
        once = replace(spec, unit=None, again=False)
        parts: list[list[Floats]] = self._mapped(once, lambda reader: robust_sums(reader.parts(), jobs))
        return [np.sum(covs, axis=0) for covs in zip(*parts, strict=True)]

    def far(self, spec: Spec, scale: Scale) -> Far:
        """Return the units that decide the error, the farthest of those of all tasks."""
        once = replace(spec, unit=None, again=False)
        return merged_far(self._mapped(once, lambda reader: far_units(reader, scale)), scale)

    def quantile(self, column: str, share: float) -> float:
        """Return a quantile of a column over all users, by Spark's exact `percentile`."""
        number = f"percentile(CAST({quoted(column)} AS DOUBLE), {share!r}) AS found"
        with spark_errors(f"looking for a quantile of {column!r}", _ADVICE):
            found = self.frame.selectExpr(number).collect()[0][0]
        if found is None:
            msg = "the table of users has no rows"
            raise ExperimentError(msg, column="users")
        return float(found)

    def _mapped(self, spec: Spec, work: Callable[[Reader], Any]) -> list[Any]:
        columns = list(dict.fromkeys(spec.columns))
        chosen = self.frame.selectExpr(*(f"{quoted(name)} AS c{place}" for place, name in enumerate(columns)))
        if spec.cluster is not None:
            chosen = chosen.repartition(f"c{columns.index(spec.cluster)}")

        def task(batches: Iterator[Any]) -> Iterator[Any]:
            yield _done(Reader(_Stream(batches, columns), spec), work)

        with spark_errors("reading the users", _ADVICE):
            answers = chosen.mapInArrow(task, _DDL).collect()
        # Pickles from our own tasks.
        failed = [pickle.loads(bytes(row["payload"])) for row in answers if row["kind"] == _FAILED]  # noqa: S301
        if failed:
            raise _together(failed)
        return [pickle.loads(bytes(row["payload"])) for row in answers]  # noqa: S301

    def _refuse_repeated(self, spec: Spec) -> None:
        if spec.unit is None:
            return
        arm = f"CAST({quoted(spec.assigned)} AS string)"
        each = self.frame.selectExpr(
            f"{quoted(spec.unit)} AS id", f"{arm} AS low", f"{arm} AS high", "1 AS n"
        )
        by_id = each.groupBy("id").agg({"low": "min", "high": "max", "n": "sum"})
        counts = by_id.selectExpr(
            "coalesce(sum(if(id IS NULL, `sum(n)`, 0)), 0)",
            "count_if(`sum(n)` > 1)",
            "count_if(`sum(n)` > 1 AND `min(low)` <> `max(high)`)",
            "coalesce(sum(if(`sum(n)` > 1, `sum(n)`, 0)), 0)",
        )
        with spark_errors("counting the ids of the users", _ADVICE):
            missing, units, crossed, rows = (int(count) for count in counts.collect()[0])
        if missing:
            msg = f"{spec.unit} has {missing:,} missing values"
            why = "a unit without an id cannot be told from another, now or later"
            hint = f"users.where({quoted(spec.unit) + ' IS NOT NULL'!r})"
            raise ExperimentError(msg, column=spec.unit, count=missing, why=why, hint=hint)
        if units:
            raise repeated(spec.unit, units, crossed, count=rows)


class _Stream:
    """The batches that Spark hands to a task, under the columns' own names, which can be read once."""

    def __init__(self, batches: Iterator[Any], columns: Sequence[str]) -> None:
        self._batches, self._columns = batches, columns

    def batches(self, columns: Sequence[str], labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield them; all that is asked for is in them."""
        del columns, labels
        for batch in self._batches:
            yield in_utc(batch, self._columns)


def _done(reader: Reader, work: Callable[[Reader], Any]) -> Any:
    """Return the row of what a task found, or of the error that it met."""
    try:
        kind, payload = _FOUND, pickle.dumps(work(reader))
    except AttributionError as error:
        kind, payload = _FAILED, pickle.dumps(error)
    return pa.RecordBatch.from_arrays(
        [pa.array([kind], pa.string()), pa.array([payload], pa.binary())], names=["kind", "payload"]
    )


def _together(errors: Sequence[AttributionError]) -> AttributionError:
    """Return the first error, with the rows of all tasks that met the same."""
    first = errors[0]
    alike = [error for error in errors if (error.problem, error.column) == (first.problem, first.column)]
    count = sum(error.count or 0 for error in alike) or None
    return type(first)(first.problem, column=first.column, count=count, why=first.why, hint=first.hint)
