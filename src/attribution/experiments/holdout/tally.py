"""One pass over the rows of an experiment: moments of every group of users, and what forbids reading them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from attribution._typing import Codes, Floats, Hashes, Ints
from attribution.errors import ExperimentError
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.shared.experiment_rows import floats, numbers_of, text_codes
from attribution.experiments.shared.units import hash_units

MAX_ARMS = 64
KEPT_BYTES = 1 << 29  # of numbers that are needed twice: 16 million users of four columns
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
        Column by name of the metric.
    caps
        Largest value by name; larger ones are set to it.
    positive
        Further metrics, 1 where the metric that they name is greater than zero.
    exposed
        The metric that may be 0 or 1 only, or None.
    segment, unit, cluster, count
        Columns, or None.
    split
        Whether the exposed and the others are tallied apart.
    again
        Whether the numbers will be wanted a second time.
    """

    assigned: str
    metrics: Mapping[str, str]
    caps: Mapping[str, float] = field(default_factory=dict)
    positive: Mapping[str, str] = field(default_factory=dict)
    exposed: str | None = None
    segment: str | None = None
    unit: str | None = None
    cluster: str | None = None
    count: str | None = None
    split: bool = False
    again: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the moments, in order."""
        return (*self.metrics, *self.positive)

    @property
    def labels(self) -> list[str]:
        """The columns of labels."""
        return [self.assigned] if self.segment is None else [self.assigned, self.segment]

    @property
    def columns(self) -> list[str]:
        """The columns to read."""
        more = (self.unit, self.cluster, self.count)
        return [*self.labels, *self.metrics.values(), *(name for name in more if name is not None)]


class Batches(Protocol):
    """What hands out rows as record batches."""

    def batches(self, columns: Sequence[str], labels: Sequence[str] = ()) -> Iterator[Any]:
        """Yield record batches of these columns, in the same order every time."""


@dataclass(frozen=True)
class Part:
    """Rows of one group: its code, numbers of shape (metrics, rows), users each row stands for."""

    code: int
    numbers: Floats
    counts: Floats | None


@dataclass(frozen=True)
class Chunk:
    """Some rows: group of each, numbers of shape (metrics, rows), users each stands for, hashed ids."""

    codes: Ints
    numbers: Floats
    counts: Floats | None
    units: Hashes | None
    clusters: Hashes | None

    @property
    def arms(self) -> Ints:
        """Code of each row's arm."""
        return ((self.codes >> 1) & (MAX_ARMS - 1)).astype(np.uint8)

    def parts(self) -> Iterator[Part]:
        """Yield the rows of each group."""
        for code, rows in by_code(self.codes):
            alone = isinstance(rows, slice)
            numbers = self.numbers if alone else self.numbers.take(rows, axis=1)
            yield Part(code, numbers, None if self.counts is None else self.counts[rows])


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

    def under(self, roles: Mapping[str, str]) -> Tallied:
        """Return the moments of some metrics under other names, as `Moments.under`."""
        return replace(self, groups={group: part.under(roles) for group, part in self.groups.items()})


class Reader:
    """Rows as chunks of numbers, in the same order at every reading.

    Parameters
    ----------
    rows
        Hands out the columns.
    spec
        Which play which part.
    """

    def __init__(self, rows: Batches, spec: Spec) -> None:
        self.rows, self.spec = rows, spec
        self._kept: list[Part] | None = [] if spec.again else None
        self._bytes = 0
        self.arms: dict[str, int] = {}
        self.segments: dict[str, int] = {}

    def group(self, code: int) -> Group:
        """Return the group that a code stands for."""
        rest, shown = divmod(code, 2)
        segment, arm = divmod(rest, MAX_ARMS)
        labels = list(self.segments) or [""]
        return list(self.arms)[arm], labels[segment], shown

    def keep(self, part: Part) -> None:
        """Keep numbers for a second time, unless they become too many; then all are read again."""
        if self._kept is not None:
            self._kept.append(part)
            self._bytes += part.numbers.nbytes
            if self._bytes > KEPT_BYTES:
                self._kept = None

    def parts(self) -> Iterator[tuple[Group, Floats, Floats | None]]:
        """Yield the rows a second time: group, numbers of shape (metrics, rows), counts."""
        kept = self._kept
        again = (part for chunk in self.chunks() for part in chunk.parts())
        for part in again if kept is None else kept:
            yield self.group(part.code), part.numbers, part.counts

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows.

        Raises
        ------
        ExperimentError
            If a value is missing, infinite or of the wrong kind.
        """
        spec, row = self.spec, 0
        for batch in self.rows.batches(spec.columns, spec.labels):
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
            found = text_codes(batch.column(spec.segment), self.segments, spec.segment, row, needed=False)
            codes += found * (2 * MAX_ARMS)
        numbers = np.empty((len(spec.names), batch.num_rows))
        for place, (name, column) in enumerate(spec.metrics.items()):
            numbers[place] = numbers_of(
                batch.column(column), column, row, before=name.startswith("covariate:")
            )
            if name in spec.caps:
                np.minimum(numbers[place], spec.caps[name], out=numbers[place])
        for place, name in enumerate(spec.positive.values(), len(spec.metrics)):
            numbers[place] = numbers[spec.names.index(name)] > 0
        if spec.exposed is not None:
            shown = numbers[spec.names.index(spec.exposed)]
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
            name = self.spec.metrics[str(self.spec.exposed)]
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


def by_code(codes: Codes) -> Iterator[tuple[int, Any]]:
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
            units.append((chunk.units, chunk.arms))
        if spec.cluster is not None:
            gathered.append(chunk)
            continue
        for part in chunk.parts():
            moments = Moments.of(spec.names, part.numbers.T, part.counts)
            found[part.code] = found[part.code] + moments if part.code in found else moments
            reader.keep(part)
    refuse_repeated(units, spec.unit)
    crossed = 0
    if gathered:
        rows = cluster_rows(gathered)
        names, crossed = (*spec.names, SIZE), rows.crossed
        found = {code: Moments.of(names, rows.totals[places]) for code, places in rows.by_code()}
    groups = {reader.group(code): part for code, part in found.items()}
    return Tallied(groups, tuple(reader.arms), tuple(reader.segments), crossed)


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
    raise repeated(name, len(twice), crossed, count=len(rows), rows=rows[:5].tolist())


def repeated(
    name: str | None, units: int, crossed: int, *, count: int, rows: Sequence[int] = ()
) -> ExperimentError:
    """Return the error of units that have several rows, some of them in several arms."""
    if crossed:
        msg = f"{crossed:,} units stand in more than one arm"
        why = "what a unit does cannot be told apart by arm when it had both"
        hint = f"users.groupby({name!r})['arm'].nunique() shows them; find out how they were assigned twice"
    else:
        msg = f"{units:,} units stand in more than one row"
        why = "a unit's rows are alike, so that counting them as several units makes the interval too narrow"
        hint = f"users.groupby([{name!r}, 'arm'], as_index=False).sum(), one row a unit"
    return ExperimentError(msg, column=name, rows=rows, count=count, why=why, hint=hint)


@dataclass(frozen=True, eq=False)
class Clusters:
    """Totals of clusters.

    Attributes
    ----------
    totals
        Of every metric, and last their sizes; shape (clusters, k + 1).
    codes
        Group of each.
    crossed
        How many lie in two arms.
    """

    totals: Floats
    codes: Codes
    crossed: int

    def by_code(self) -> Iterator[tuple[int, Any]]:
        """Yield each group's code with what selects its clusters."""
        return by_code(self.codes)


def cluster_rows(chunks: Sequence[Chunk]) -> Clusters:
    """Return the totals of every cluster in every group."""
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
    return Clusters(totals.astype(np.float64, copy=False), code, int((lowest != highest).sum()))
