"""One pass over the rows of an experiment: moments of every group of users, and what forbids reading them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from attribution._typing import Floats, Hashes, Ints
from attribution.errors import ExperimentError
from attribution.incrementality.moments import Moments, merged
from attribution.incrementality.rows import Rows, floats, text_codes
from attribution.incrementality.units import hash_units

MAX_ARMS = 64
SIZE = "(size)"
Group = tuple[str, str, int]  # arm, segment (empty without), exposed (0 or 1)


@dataclass(frozen=True)
class Spec:
    """Which columns play which part.

    Attributes
    ----------
    assigned
        Column of the arms.
    metrics
        Column by role: ``"outcome"``, ``"value"``, ``"exposed"``, a covariate's own role, ...
    caps
        Largest value by role; larger ones are set to it.
    segment, unit, cluster, count
        Columns, or None.
    split
        Whether the exposed and the others are tallied apart.
    any_of
        Whether to add the role ``"any"``: an outcome greater than zero.
    """

    assigned: str
    metrics: Mapping[str, str]
    caps: Mapping[str, float] = field(default_factory=dict)
    segment: str | None = None
    unit: str | None = None
    cluster: str | None = None
    count: str | None = None
    split: bool = False
    any_of: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of the moments, in order."""
        return (*self.metrics, *(["any"] if self.any_of else []))

    @property
    def columns(self) -> list[str]:
        """The columns to read."""
        more = (self.segment, self.unit, self.cluster, self.count)
        return [self.assigned, *self.metrics.values(), *(name for name in more if name is not None)]


@dataclass(frozen=True)
class Chunk:
    """Some rows: group of each, numbers of shape (metrics, rows), users each stands for, hashed ids."""

    codes: Ints
    numbers: Floats
    counts: Floats | None
    units: Hashes | None
    clusters: Hashes | None


@dataclass(frozen=True)
class Tallied:
    """What one pass found.

    Attributes
    ----------
    groups
        Moments by group; of clusters where there are any, with their sizes as the last metric.
    arms, segments
        Labels, in order of first appearance.
    crossed
        Clusters with units in two arms.
    """

    groups: Mapping[Group, Moments]
    arms: tuple[str, ...]
    segments: tuple[str, ...]
    crossed: int = 0


class Reader:
    """Rows as chunks of numbers, in the same order at every reading."""

    def __init__(self, rows: Rows, spec: Spec) -> None:
        self.rows, self.spec = rows, spec
        self.arms: dict[str, int] = {}
        self.segments: dict[str, int] = {}

    def group(self, code: int) -> Group:
        """Return the group that a code stands for."""
        rest, shown = divmod(code, 2)
        segment, arm = divmod(rest, MAX_ARMS)
        labels = list(self.segments) or [""]
        return list(self.arms)[arm], labels[segment], shown

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows.

        Raises
        ------
        ExperimentError
            If a value is missing, infinite or of the wrong kind.
        """
        spec, row = self.spec, 0
        for batch in self.rows.batches(spec.columns):
            if not batch.num_rows:
                continue
            yield self._chunk(batch, row)
            row += batch.num_rows

    def _chunk(self, batch: Any, row: int) -> Chunk:
        spec = self.spec
        arms = text_codes(batch.column(spec.assigned), self.arms, spec.assigned, row)
        if len(self.arms) > MAX_ARMS:
            msg = f"the column has more than {MAX_ARMS} labels, too many for the arms of an experiment"
            raise ExperimentError(msg, column=spec.assigned, hint="assigned= names the column of the arms")
        codes = arms * 2
        if spec.segment is not None:
            found = text_codes(batch.column(spec.segment), self.segments, spec.segment, row)
            codes += found * (2 * MAX_ARMS)
        numbers = np.empty((len(spec.roles), batch.num_rows))
        for place, (role, column) in enumerate(spec.metrics.items()):
            numbers[place] = floats(batch.column(column), column, row)
            if role in spec.caps:
                np.minimum(numbers[place], spec.caps[role], out=numbers[place])
        if spec.any_of:
            numbers[-1] = numbers[spec.roles.index("outcome")] > 0
        if "exposed" in spec.metrics:
            shown = numbers[spec.roles.index("exposed")]
            self._refuse_shares(shown, row)
            if spec.split:
                codes += shown.astype(np.int64)
        return Chunk(
            codes,
            numbers,
            None if spec.count is None else self._counts(batch.column(spec.count), row),
            None if spec.unit is None else hash_units(batch.column(spec.unit), spec.unit),
            None if spec.cluster is None else hash_units(batch.column(spec.cluster), spec.cluster),
        )

    def _refuse_shares(self, shown: Floats, row: int) -> None:
        odd = np.flatnonzero((shown != 0) & (shown != 1))
        if len(odd):
            name = self.spec.metrics["exposed"]
            msg = f"exposure must be 0 or 1, and is {shown[odd[0]]:g}"
            hint = f"users[{name!r}] = (users[{name!r}] > 0)"
            raise ExperimentError(msg, column=name, rows=(odd[:5] + row).tolist(), count=len(odd), hint=hint)

    def _counts(self, array: Any, row: int) -> Floats:
        counts = floats(array, str(self.spec.count), row)
        odd = np.flatnonzero((counts < 0) | (counts != np.round(counts)))
        if len(odd):
            msg = f"a row must stand for a whole number of users, and one is {counts[odd[0]]:g}"
            rows = (odd[:5] + row).tolist()
            raise ExperimentError(
                msg,
                column=self.spec.count,
                rows=rows,
                count=len(odd),
                hint="count= names the column of how many",
            )
        return counts


def by_code(codes: Ints) -> Iterator[tuple[int, Any]]:
    """Yield each code with what selects its rows."""
    sizes = np.bincount(codes)
    present = np.flatnonzero(sizes).tolist()
    if len(present) == 1:
        yield present[0], slice(None)
    elif len(present) <= 8:
        for code in present:
            yield code, np.flatnonzero(codes == code)
    else:
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(sizes[present])
        for code, end, size in zip(present, ends.tolist(), sizes[present].tolist(), strict=True):
            yield code, order[end - size : end]


def picked(numbers: Floats, rows: Any) -> Floats:
    """Return some rows of numbers that are stored by metric, shape (rows, metrics)."""
    # Indexing would leave them stored by row.
    return numbers.T if isinstance(rows, slice) else numbers.take(rows, axis=1).T


def tally(reader: Reader) -> Tallied:
    """Return the moments of every group.

    Raises
    ------
    ExperimentError
        If a value is missing, infinite or of the wrong kind, or a unit stands in two rows.
    """
    spec = reader.spec
    found: dict[int, Moments] = {}
    units: list[tuple[Hashes, Ints]] = []
    gathered: list[Chunk] = []
    for chunk in reader.chunks():
        if chunk.units is not None:
            units.append((chunk.units, chunk.codes // 2 % MAX_ARMS))
        if spec.cluster is not None:
            gathered.append(chunk)
            continue
        found = merged([found, _moments(chunk, spec.roles)])
    refuse_repeated(units, spec.unit)
    crossed = 0
    if gathered:
        found, crossed = _of_clusters(gathered, spec)
    groups = {reader.group(code): part for code, part in found.items()}
    return Tallied(groups, tuple(reader.arms), tuple(reader.segments), crossed)


def _moments(chunk: Chunk, roles: Sequence[str]) -> dict[int, Moments]:
    return {
        code: Moments.of(
            roles, picked(chunk.numbers, rows), None if chunk.counts is None else chunk.counts[rows]
        )
        for code, rows in by_code(chunk.codes)
    }


def refuse_repeated(parts: Sequence[tuple[Hashes, Ints]], name: str | None) -> None:
    """Refuse a table in which a unit has two rows.

    Parameters
    ----------
    parts
        Hashed units and the codes of their arms, a pair of arrays a chunk.
    name
        Column of the units.

    Raises
    ------
    ExperimentError
        If a unit has two rows, of one arm or of two.
    """
    if not parts:
        return
    hashes = np.concatenate([part[0] for part in parts])
    ordered = np.sort(hashes)
    again = ordered[1:] == ordered[:-1]
    if not again.any():
        return
    twice = np.unique(ordered[1:][again])
    rows = np.flatnonzero(np.isin(hashes, twice))
    place = np.searchsorted(twice, hashes[rows])
    arms = np.concatenate([part[1] for part in parts])[rows]
    lowest, highest = np.full(len(twice), MAX_ARMS), np.full(len(twice), -1)
    np.minimum.at(lowest, place, arms)
    np.maximum.at(highest, place, arms)
    crossed = int((lowest != highest).sum())
    if crossed:
        msg = f"{crossed:,} units stand in more than one arm"
        why = "what a unit does cannot be told apart by arm when it had both"
        hint = f"users.groupby({name!r})['arm'].nunique() shows them; find out how they were assigned twice"
    else:
        msg = f"{len(twice):,} units stand in more than one row"
        why = "a unit's rows are alike, so that counting them as several units makes the interval too narrow"
        hint = f"users.groupby([{name!r}, 'arm'], as_index=False).sum(), one row a unit"
    raise ExperimentError(msg, column=name, rows=rows[:5].tolist(), count=len(rows), why=why, hint=hint)


def _of_clusters(chunks: Sequence[Chunk], spec: Spec) -> tuple[dict[int, Moments], int]:
    """Return the moments of cluster totals, sizes last, and how many clusters lie in two arms."""
    clusters = np.concatenate([chunk.clusters for chunk in chunks if chunk.clusters is not None])
    codes = np.concatenate([chunk.codes for chunk in chunks])
    numbers = np.concatenate([chunk.numbers for chunk in chunks], axis=1)
    labels, cluster = np.unique(clusters, return_inverse=True)
    pairs, unit = np.unique(cluster * (int(codes.max()) + 1) + codes, return_inverse=True)
    owner, code = np.divmod(pairs, int(codes.max()) + 1)
    totals = np.column_stack(
        [np.bincount(unit, line, len(pairs)) for line in numbers]
        + [np.bincount(unit, minlength=len(pairs)).astype(np.float64)]
    )
    arm_of = code // 2 % MAX_ARMS
    lowest, highest = np.full(len(labels), MAX_ARMS), np.full(len(labels), -1)
    np.minimum.at(lowest, owner, arm_of)
    np.maximum.at(highest, owner, arm_of)
    roles = (*spec.roles, SIZE)
    parts = {each: Moments.of(roles, totals[rows]) for each, rows in by_code(code)}
    return parts, int((lowest != highest).sum())


def each_group(reader: Reader, visit: Callable[[Group, Floats, Floats | None], None]) -> None:
    """Call `visit` with group, numbers and counts of every stretch of rows of one group."""
    for chunk in reader.chunks():
        for code, rows in by_code(chunk.codes):
            counts = None if chunk.counts is None else chunk.counts[rows]
            visit(reader.group(code), picked(chunk.numbers, rows), counts)
