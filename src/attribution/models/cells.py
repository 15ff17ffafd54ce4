"""Cells: a channel, or a channel by dimensions and calendar periods; sums per cell add up over users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from attribution._checks import name_list
from attribution._threads import once
from attribution._typing import Codes, Floats, Ints
from attribution.credit.periods import PERIODS, period_codes
from attribution.errors import JourneyError, ModelError
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.customers import CUSTOMER, LABELS, is_returning
from attribution.journeys.journeys import NONE, UNATTRIBUTED, Journeys
from attribution.kernels.clocks import UTC, clock_time
from attribution.stats.sums import sums_by

_COMPRESS_ABOVE = 1 << 40


@dataclass(frozen=True, eq=False)
class Cells:
    """Combinations of labels that something is counted for.

    Attributes
    ----------
    by : tuple of str
        Names of the dimensions, ``"channel"`` first.
    labels : tuple of tuple of str
        For each dimension its labels.
    codes : int64, shape (n_cells, len(by))
        Each cell's labels, as positions in `labels`; rows are distinct.
    of_touches : tuple of str
        Which of `by` belong to touches, beside the channel; the others belong to the conversion.
    """

    by: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    codes: Ints
    of_touches: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, eq=False)
class JourneyCells(Cells):
    """Which cell each claimed touch and each unattributed conversion falls into; rows of `codes` are sorted.

    Attributes
    ----------
    touch : int64, shape (M,)
        Cell of each claimed touch.
    unattributed : int64, shape (U,)
        Cell of each unattributed conversion.
    lost : int64, shape (U,)
        Those conversions' positions among the journeys.
    """

    touch: Ints
    unattributed: Ints
    lost: Ints


def checked_by(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions of a breakdown, ``"channel"`` first and always there.

    Examples
    --------
    >>> checked_by("month")
    ('channel', 'month')
    """
    asked = name_list(by, "by", error=JourneyError)
    if len(set(asked)) != len(asked):
        msg = f"by={asked!r} names a dimension twice"
        raise JourneyError(msg, column="by")
    return ("channel", *(name for name in asked if name != "channel"))


def cells_of(journeys: Journeys, by: Sequence[str] = ("channel",)) -> JourneyCells:
    """Return the cells of `journeys`, computed once for each `by` and kept with them.

    Raises
    ------
    JourneyError
        If a name in `by` is neither a dimension nor a period nor ``"customer"``, or a period is asked of
        journeys without times, or customers of journeys without users.
    """
    by = checked_by(tuple(by))
    return once(journeys._cache, ("cells", by), lambda: _make_cells(journeys, by))  # noqa: SLF001


def _make_cells(journeys: Journeys, by: tuple[str, ...]) -> JourneyCells:
    claimed = claimed_touches(journeys)
    lost = np.flatnonzero(journeys.converted & (journeys.lengths == 0))
    if by == ("channel",):
        return _channel_cells(journeys, lost)
    labels: list[tuple[str, ...]] = []
    columns: list[Ints] = []
    for name in by:
        names, on_touches, on_lost = _column(journeys, name, lost)
        labels.append(names)
        columns.append(np.concatenate([on_touches, on_lost]))
    codes, number = distinct_rows(columns, [len(names) for names in labels])
    n_touches = len(claimed.index)
    known = {dimension.name for dimension in journeys.touch_dims}
    of_touches = tuple(name for name in by if name in known)
    touch, unattributed = number[:n_touches], number[n_touches:]
    return JourneyCells(by, tuple(labels), codes, touch, unattributed, lost, of_touches=of_touches)


def _channel_cells(journeys: Journeys, lost: Ints) -> JourneyCells:
    """Give every channel a cell, also those that no converting journey touched."""
    touch = claimed_touches(journeys).channel.astype(np.int64)
    n = len(journeys.channels)
    codes = np.arange(n + bool(len(lost)), dtype=np.int64)[:, None]
    return JourneyCells(
        ("channel",), ((*journeys.channels, UNATTRIBUTED),), codes, touch, np.full(len(lost), n), lost
    )


def _column(journeys: Journeys, name: str, lost: Ints) -> tuple[tuple[str, ...], Codes, Codes]:
    """Return a dimension's labels and its codes on claimed touches and on unattributed conversions."""
    claimed = claimed_touches(journeys)
    if name == "channel":
        labels = (*journeys.channels, UNATTRIBUTED)
        return labels, claimed.channel, np.full(len(lost), len(labels) - 1)
    known = {dim.name for dim in (*journeys.touch_dims, *journeys.journey_dims)}
    if name in PERIODS and name not in known:
        return _period_column(journeys, name, lost)
    if name == CUSTOMER and name not in known:
        returning = is_returning(journeys).astype(np.int64)
        return LABELS, returning[claimed.which][claimed.journey], returning[lost]
    dimension, of_touches = journeys.dimension(name)
    labels = dimension.labels
    extra = [label for label in (NONE, UNATTRIBUTED) if label not in labels]
    labels = (*labels, *extra)
    # Code -1 (no label) is read from the end of the lookup table.
    lookup = np.append(np.arange(len(dimension.labels)), labels.index(NONE))
    if of_touches:
        unknown = np.full(len(lost), labels.index(UNATTRIBUTED))
        return labels, lookup[dimension.codes[claimed.index]], unknown
    on_touches = lookup[dimension.codes[claimed.which]][claimed.journey]
    return labels, on_touches, lookup[dimension.codes[lost]]


def _period_column(journeys: Journeys, name: str, lost: Ints) -> tuple[tuple[str, ...], Codes, Codes]:
    if journeys.conversion_time is None:
        msg = f"by={name!r} needs the times of conversions, and these journeys came from a path table"
        raise JourneyError(msg, column="by")
    claimed = claimed_touches(journeys)
    which = np.concatenate([claimed.which, lost])
    week_start = str(journeys.settings.get("week_start", "monday"))
    shown = clock_time(journeys.conversion_time[which], str(journeys.settings.get("timezone", UTC)))
    codes, labels = period_codes(shown, name, week_start)
    return labels, codes[: len(claimed.which)][claimed.journey], codes[len(claimed.which) :]


def distinct_rows(columns: Sequence[NDArray[Any]], sizes: Sequence[int]) -> tuple[Ints, Ints]:
    """Give a number to each of the distinct rows of several code columns.

    Parameters
    ----------
    columns
        Codes, each of shape (n,), with ``0 <= code < size``.
    sizes
        How many codes each column may hold.

    Returns
    -------
    codes : int64, shape (d, len(columns))
        The distinct rows, sorted.
    number : int64, shape (n,)
        Each row's position among them.
    """
    key = columns[0].astype(np.int64)
    size = sizes[0]
    for column, extent in zip(columns[1:], sizes[1:], strict=True):
        if size * extent > _COMPRESS_ABOVE:  # keep the mixed-radix key inside 64 bits
            distinct, key = np.unique(key, return_inverse=True)
            key, size = key.reshape(-1), len(distinct)
        key = key * extent + column
        size *= extent
    if size <= 4 * len(key) + 65_536:
        present = np.zeros(size, np.bool_)
        present[key] = True
        number = (np.cumsum(present) - 1)[key]
    else:
        distinct, number = np.unique(key, return_inverse=True)
        number = number.reshape(-1)
    example = np.empty(int(number.max(initial=-1)) + 1, np.int64)
    example[number] = np.arange(len(number))
    return np.stack([column[example].astype(np.int64) for column in columns], axis=1), number


def common_cells(
    tables: Sequence[tuple[NDArray[np.object_], ...]],
) -> tuple[tuple[NDArray[np.object_], ...], list[Ints]]:
    """Return the cells that occur in any of several tables, and where each of them stands in each table.

    Parameters
    ----------
    tables
        Label columns of the cells of each table; all in the order of `CellTally.keys`.

    Returns
    -------
    keys : tuple of object arrays, shape (n_cells,)
        By label, unattributed last.
    places : list of int64, shape (n_cells,)
        Position of each cell in each table, -1 where it has none.
    """
    first = tables[0]
    if all(_same_keys(first, table) for table in tables[1:]):
        return first, [np.arange(len(first[0]))] * len(tables)
    rows = [list(zip(*(column.tolist() for column in table), strict=True)) for table in tables]
    union = sorted({row for table in rows for row in table}, key=lambda row: (row[0] == UNATTRIBUTED, row))
    places = []
    for table in rows:
        position = {row: place for place, row in enumerate(table)}
        places.append(np.array([position.get(row, -1) for row in union], np.int64))
    keys = np.empty((len(union), len(first)), dtype=object)
    for place, row in enumerate(union):
        keys[place] = row
    return tuple(keys.T), places


def _same_keys(one: tuple[NDArray[np.object_], ...], two: tuple[NDArray[np.object_], ...]) -> bool:
    return all(
        len(mine) == len(other) and bool((mine == other).all()) for mine, other in zip(one, two, strict=True)
    )


def at_cells(values: Floats, cells: Ints) -> Floats:
    """Return the values at the given cells along the last axis, 0 at cell -1."""
    if not values.shape[-1]:
        return np.zeros((*values.shape[:-1], len(cells)))
    return np.where(cells < 0, 0.0, values[..., cells])


@dataclass(frozen=True, eq=False)
class CellTally(Cells):
    """Sums per cell that add up over disjoint sets of users.

    Attributes
    ----------
    sums : float64, shape (n_cells, k)
        What is summed; a rule sums credited conversions and value.
    """

    sums: Floats

    def __add__(self, other: Self) -> Self:
        """Merge two tallies of disjoint sets of users, by the names of their cells.

        Raises
        ------
        ModelError
            If they are broken down by different dimensions.
        """
        if self.by != other.by:
            msg = f"tallies by {self.by} and by {other.by} cannot be merged"
            raise ModelError(msg)
        if self.labels == other.labels and np.array_equal(self.codes, other.codes):
            return replace(self, sums=self.sums + other.sums)
        labels, columns = [], []
        for position, (mine, theirs) in enumerate(zip(self.labels, other.labels, strict=True)):
            union = tuple(sorted({*mine, *theirs}))
            place = {label: code for code, label in enumerate(union)}
            parts = [
                np.array([place[label] for label in names], np.int64)[codes[:, position]]
                for names, codes in ((mine, self.codes), (theirs, other.codes))
            ]
            labels.append(union)
            columns.append(np.concatenate(parts))
        codes, number = distinct_rows(columns, [len(names) for names in labels])
        both = np.concatenate([self.sums, other.sums])
        sums = np.stack([sums_by(number, column, len(codes)) for column in both.T], axis=1)
        return replace(self, labels=tuple(labels), codes=codes, sums=sums)

    def by_name(self) -> Self:
        """Return the same cells in the same order, with each dimension's labels sorted."""
        labels = tuple(tuple(sorted(names)) for names in self.labels)
        codes = np.empty_like(self.codes)
        for position, (names, ordered) in enumerate(zip(self.labels, labels, strict=True)):
            place = {label: code for code, label in enumerate(ordered)}
            codes[:, position] = np.array([place[label] for label in names], np.int64)[
                self.codes[:, position]
            ]
        return replace(self, labels=labels, codes=codes)

    def keys(self) -> tuple[tuple[NDArray[np.object_], ...], Ints]:
        """Return the label columns of the cells and the cells' order: by label, unattributed last."""
        columns = tuple(
            np.array(names, dtype=object)[codes]
            for names, codes in zip(self.labels, self.codes.T, strict=True)
        )
        ranks = [
            np.argsort(np.argsort(np.array(names)))[codes]
            for names, codes in zip(self.labels, self.codes.T, strict=True)
        ]
        order = np.lexsort([*ranks[::-1], columns[0] == UNATTRIBUTED])
        return tuple(column[order] for column in columns), order
