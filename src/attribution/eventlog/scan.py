"""What the audit looks at: a log read in full, dirt and all, with the place of every row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution._typing import Bools, Hashes, Ints
from attribution.eventlog.assemble import Span, to_columns
from attribution.eventlog.load import Loader
from attribution.kernels.ragged import run_starts
from attribution.kernels.sorting import order_by_user_and_time
from attribution.kernels.windows import Spans
from attribution.language.sentence import Sentence
from attribution.tables.arrays import positions as positions_of
from attribution.tables.arrays import unwrap, without_views
from attribution.tables.columns import ConversionColumns, TouchColumns
from attribution.tables.far_times import YEAR_2000
from attribution.tables.faults import FaultTally
from attribution.tables.kinds import is_text

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog

DAY = 86_400_000_000
EXAMPLES = 5
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Sorted:
    """Rows by user and time.

    Attributes
    ----------
    order
        int64, shape (n,): row numbers.
    user, time
        Columns in that order.
    """

    order: Ints
    user: Hashes
    time: Ints


@dataclass(frozen=True)
class Scan:
    """A log as it is: the rows that can be read, and what is wrong with the others.

    Attributes
    ----------
    log
        The log.
    channels
        Raw labels, before any grouping.
    touches, conversions
        The readable rows; a missing value is NaN.
    touch_rows, conversion_rows
        int64: where each of them stands in its table.
    faults
        The rows that cannot be read.
    clocks
        Table and column by clock (zone, ``"naive"``, ``"offsets"``).
    now
        What counts as the present, in microseconds.
    """

    log: EventLog
    channels: tuple[str, ...]
    touches: TouchColumns
    conversions: ConversionColumns
    touch_rows: Ints
    conversion_rows: Ints
    faults: tuple[FaultTally, FaultTally]
    clocks: Mapping[str, tuple[str, str]]
    now: int

    @classmethod
    def of(cls, log: EventLog, now: int) -> Scan:
        """Read the log."""
        tables = [replace(table, missing_value=math.nan) for table in (log.touch_table, log.conversion_table)]
        log.keep()
        loader = Loader(log.touches, log.conversions, tables[0], tables[1], hash_bits=log.hash_bits)
        touches, conversions, span = loader.collect(positions=True)
        rows = [
            np.empty(0, np.int64) if grown is None else grown.finish()
            for grown in (touches.positions, conversions.positions)
        ]
        columns = to_columns(touches, conversions, span, {}, None)
        return cls(
            log=log,
            channels=columns.channels,
            touches=columns.touches,
            conversions=columns.conversions,
            touch_rows=rows[0],
            conversion_rows=rows[1],
            faults=(touches.faults, conversions.faults),
            clocks=_clocks(span),
            now=now,
        )

    @cached_property
    def sorted_touches(self) -> Sorted:
        """Touches by user and time; ties by all other columns, so that duplicates are neighbours."""
        touches = self.touches
        sequence = () if touches.sequence is None else (touches.sequence,)
        ties = (*sequence, touches.channel, *(dim.codes for dim in touches.dims))
        return Sorted(*order_by_user_and_time(touches.user, touches.time, ties))

    @cached_property
    def repeated_touches(self) -> Bools:
        """Of the sorted touches, which are the same in every column as the one before."""
        touches, by_user = self.touches, self.sorted_touches
        others = [touches.channel, *(dim.codes for dim in touches.dims)]
        if touches.sequence is not None:
            others.append(touches.sequence)
        return ~run_starts(by_user.user, by_user.time, *(column[by_user.order] for column in others))

    @cached_property
    def spans(self) -> Spans:
        """Each user's stretch of the sorted touches."""
        return Spans.of(self.sorted_touches.user)

    @cached_property
    def buys(self) -> Bools:
        """Which users with touches have a conversion: as `spans`."""
        users, buyers = self.spans.user, np.unique(self.conversions.user)
        place = np.searchsorted(users, buyers)
        known = place < len(users)
        known[known] = users[place[known]] == buyers[known]
        buys = np.zeros(len(users), np.bool_)
        buys[place[known]] = True
        return buys

    @cached_property
    def plausible(self) -> Bools:
        """Which touches have a time that can be meant: from 2000 on and not in the future."""
        return plausible(self.touches.time, self.now)


def plausible(time: Ints, now: int) -> Bools:
    """Return which times lie between the year 2000 and `now`, in microseconds."""
    return (time >= YEAR_2000) & (time <= now)


def both_of(touches: int, conversions: int) -> Sentence:
    """Return how many touches and conversions there are.

    Examples
    --------
    >>> both_of(1, 1200)
    '1 touch and 1,200 conversions'
    """
    counted = Sentence("n_touches", n=touches), Sentence("n_conversions", n=conversions)
    return Sentence("both_of", touches=counted[0], conversions=counted[1])


def _clocks(span: Span) -> Mapping[str, tuple[str, str]]:
    return dict(span.clocks)


def fetch_rows(log: EventLog, wanted: Mapping[str, Sequence[int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """Read a few rows again, to show them.

    Parameters
    ----------
    log
        The log.
    wanted
        Row positions by table.

    Returns
    -------
    dict
        By (table, position): the row's needed columns as plain Python values, and ``"row"``, its position.
    """
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for name, rows in wanted.items():
        one_table = log.conversions is None
        source = log.touches if name == "touches" or log.conversions is None else log.conversions
        table = log.touch_table if name == "touches" or one_table else log.conversion_table
        places = np.unique(np.asarray(rows, np.int64))
        offset = 0
        for batch in map(without_views, source.batches(table.columns) if len(places) else ()):
            inside = places[(places >= offset) & (places < offset + batch.num_rows)]
            if len(inside):
                picked = batch.take(positions_of(inside - offset))
                texts = [_shown(picked.column(column)) for column in table.columns]
                for place, cells in zip(inside.tolist(), zip(*texts, strict=True), strict=True):
                    found[name, place] = {"row": place, **dict(zip(table.columns, cells, strict=True))}
            offset += batch.num_rows
            if offset > int(places[-1]):
                break
    return found


def _shown(array: Any) -> list[Any]:
    """Return a few values as numbers, texts and None; times as text, for Python has no year 57,000."""
    array = unwrap(array)
    if pat.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pat.is_temporal(array.type):
        bare = pa.timestamp(array.type.unit) if pat.is_timestamp(array.type) else array.type
        texts = pc.cast(array.cast(bare), pa.string()).to_pylist()
        return [text if text is None else text.removesuffix(".000000").removesuffix(".000") for text in texts]
    if is_text(array.type):
        texts = array.cast(pa.large_binary()).to_pylist()  # by way of bytes, also where it is no UTF-8
        return [
            text if text is None else text.decode("utf-8", "replace")[:_SHOWN_CHARACTERS] for text in texts
        ]
    return [value.hex() if isinstance(value, bytes) else value for value in array.to_pylist()]
