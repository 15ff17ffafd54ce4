"""What a log becomes once it is read: flat typed columns, with text as dictionary codes.

Rows carry no order: journeys are ordered later, by user, time, `sequence` and channel name. Users are
64-bit hashes, times are microseconds since 1970 in UTC, labels are sorted by code point so that the same
log gives the same codes whatever the order of its rows or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Codes, Floats, Hashes, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """A text column as codes into its sorted distinct labels.

    Attributes
    ----------
    name
        The dimension's name, as `by=` knows it.
    labels
        The distinct labels, sorted by code point.
    codes
        int32, shape (n,): position in `labels`, or -1 where the row has no label.

    Examples
    --------
    >>> import numpy as np
    >>> device = Dimension("device", ("phone", "tablet"), np.array([1, 0, -1], dtype=np.int32))
    >>> device.values().tolist()
    ['tablet', 'phone', None]
    """

    name: str
    labels: tuple[str, ...]
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)

    def values(self) -> NDArray[np.object_]:
        """Return the label of every row as an object array; None where there is none."""
        # One more entry, None, so that code -1 finds it from the end.
        lookup = np.array([*self.labels, None], dtype=object)
        return lookup[self.codes]

    def take(self, rows: NDArray[Any]) -> Dimension:
        """Return the dimension of some rows: positions or a mask. Labels stay."""
        return Dimension(self.name, self.labels, self.codes[rows])


@dataclass(frozen=True, slots=True, eq=False)
class TouchColumns:
    """The touches of a log, one entry a touch, in no particular order.

    Attributes
    ----------
    user
        uint64, shape (n,): 64-bit hash of the user; with ``hash_bits=128`` another key of 64 bits for
        each of those users who share a hash.
    time
        int64, shape (n,): microseconds since 1970 in UTC.
    channel
        int16 (int32 from 32,768 channels on), shape (n,): code into `LogColumns.channels`.
    sequence
        int64, shape (n,), or None: orders touches of one user at one instant.
    dims
        Extra dimensions of the touches, each of n codes.
    """

    user: Hashes
    time: Ints
    channel: Codes
    sequence: Ints | None = None
    dims: tuple[Dimension, ...] = ()

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: NDArray[Any]) -> TouchColumns:
        """Return some rows, given as positions or as a mask."""
        return TouchColumns(
            self.user[rows],
            self.time[rows],
            self.channel[rows],
            None if self.sequence is None else self.sequence[rows],
            tuple(dim.take(rows) for dim in self.dims),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ConversionColumns:
    """The conversions of a log, one entry a conversion, in no particular order.

    Attributes
    ----------
    user
        uint64, shape (m,): 64-bit hash of the user, the same as in the touches.
    time
        int64, shape (m,): microseconds since 1970 in UTC.
    value
        float64, shape (m,): finite; zeros where the log has no value column.
    goal
        What kind of conversion each row is, or None where the log has no goal column.
    order
        uint64, shape (m,), or None: hash of the order id; 0 where a row has none.
    dims
        Dimensions of the conversions, each of m codes.
    """

    user: Hashes
    time: Ints
    value: Floats
    goal: Dimension | None = None
    order: Hashes | None = None
    dims: tuple[Dimension, ...] = ()

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: NDArray[Any]) -> ConversionColumns:
        """Return some rows, given as positions or as a mask."""
        return ConversionColumns(
            self.user[rows],
            self.time[rows],
            self.value[rows],
            None if self.goal is None else self.goal.take(rows),
            None if self.order is None else self.order[rows],
            tuple(dim.take(rows) for dim in self.dims),
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LogColumns:
    """A log in memory.

    Attributes
    ----------
    channels
        Every channel of the log sorted by code point, also those that no converter ever touched.
    touches, conversions
        The rows.
    start, end
        First and last time over all rows of both tables, in microseconds, also when only converters were
        loaded; None for a log without rows.
    has_value
        Whether the log has a value column; without one all values are zero.
    dropped
        With ``invalid="drop"``: how many rows were left out, by reason, such as ``"touches.null_user"``.
    users
        ``"integer"``, ``"string"`` or ``"binary"``: what the user ids were before they were hashed.
    """

    channels: tuple[str, ...]
    touches: TouchColumns
    conversions: ConversionColumns
    start: int | None
    end: int | None
    has_value: bool = True
    dropped: Mapping[str, int] = field(default_factory=dict)
    users: str = "integer"

    def __repr__(self) -> str:
        return (
            f"LogColumns({len(self.touches):,} touches, {len(self.conversions):,} conversions, "
            f"{len(self.channels):,} channels, users: {self.users})"
        )

    @property
    def touch_dims(self) -> tuple[str, ...]:
        """Names of the touches' dimensions."""
        return tuple(dim.name for dim in self.touches.dims)

    @property
    def conversion_dims(self) -> tuple[str, ...]:
        """Names of the conversions' dimensions."""
        return tuple(dim.name for dim in self.conversions.dims)
