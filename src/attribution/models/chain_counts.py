"""Transition counts of order-k chains: an additive table of (last k channels, next step)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attribution._typing import Codes, Floats, Ints
from attribution.errors import ModelError, unknown_name
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.models.cells import CellTally, distinct_rows
from attribution.stats.sums import sums_by

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
RESERVED = (START, CONVERSION, NULL, UNATTRIBUTED)
_DIRECT_CELLS = 1 << 22  # count straight into a table up to this many possible chains
_FEW_CELLS = 1 << 16  # a table of so many costs nothing, however few the journeys
_KEY_LIMIT = 1 << 62
_SPELLINGS = {
    "start": START,
    "(start)": START,
    "conv": CONVERSION,
    "conversion": CONVERSION,
    "(conversion)": CONVERSION,
    "null": NULL,
    "(null)": NULL,
}


def tally_chains(journeys: Journeys, order: int) -> CellTally:
    """Count the steps of all journeys, converting or not, by the last `order` channels before the step.

    Parameters
    ----------
    journeys
        N touches in J journeys over C channels.
    order
        How many channels a state remembers; before the first touches it holds START.

    Returns
    -------
    CellTally
        By ``last_k ... last_1, next``: the sums are how often the step was taken and, for steps to
        CONVERSION, the value of those conversions. Unattributed conversions are a step of their own.
    """
    n_channels = len(journeys.channels)
    states = (*journeys.channels, START)
    steps = (*journeys.channels, CONVERSION, NULL, UNATTRIBUTED)
    by = (*(f"last_{age}" for age in range(order, 0, -1)), "next")
    labels = (*((states,) * order), steps)
    lengths = journeys.lengths
    filled = np.flatnonzero(lengths > 0)
    columns = _contexts(journeys, order, filled)
    ends = np.where(journeys.converted[filled], n_channels, n_channels + 1)
    columns.append(np.concatenate([journeys.channel, ends.astype(journeys.channel.dtype)]))
    weights = journeys.weights
    counts = (
        None if journeys.weight is None else np.concatenate([np.repeat(weights, lengths), weights[filled]])
    )
    value = np.where(journeys.converted, journeys.value, 0.0)[filled]
    codes, sums = _summed_chains(columns, [len(names) for names in labels], counts, value)
    lost = journeys.converted & (lengths == 0)
    if bool(lost.any()):
        row = np.full((1, order + 1), n_channels, np.int64)
        row[0, -1] = n_channels + 2
        codes = np.concatenate([codes, row])
        sums = np.concatenate([sums, [[weights[lost].sum(), journeys.value[lost].sum()]]])
    return CellTally(by, labels, codes, sums)


def _contexts(journeys: Journeys, order: int, filled: Ints) -> list[Codes]:
    """Return the last `order` channel codes before each touch and after each last touch, oldest first."""
    n, n_channels = len(journeys.channel), len(journeys.channels)
    kind = np.int16 if n_channels < np.iinfo(np.int16).max - 3 else np.int32
    starts, lasts = journeys.offsets[filled], journeys.offsets[filled + 1] - 1
    lengths = lasts - starts + 1
    columns = []
    for age in range(order, 0, -1):
        column: Codes = np.full(n + len(filled), n_channels, kind)
        column[age:n] = journeys.channel[: max(n - age, 0)]
        for position in range(age):  # the first touches of a journey have no such predecessor
            column[starts[lengths > position] + position] = n_channels
        long_enough = lengths >= age
        column[n:][long_enough] = journeys.channel[lasts[long_enough] - age + 1]
        columns.append(column)
    return columns


def _summed_chains(
    columns: list[Codes], sizes: list[int], counts: Floats | None, value: Floats
) -> tuple[Ints, Floats]:
    """Return the distinct rows, and the counts and the value of each; value belongs to the last rows."""
    n = len(columns[0])
    extent = math.prod(sizes)
    tail = slice(n - len(value), n)
    if extent > min(_DIRECT_CELLS, 4 * n + _FEW_CELLS):
        codes, number = _distinct_chains(columns, sizes, extent)
        amounts = (sums_by(number, counts, len(codes)), sums_by(number[tail], value, len(codes)))
        return codes, np.stack(amounts, axis=1).astype(np.float64)
    key = _mixed(columns, sizes)
    table = np.stack([sums_by(key, counts, extent), sums_by(key[tail], value, extent)], axis=1)
    distinct = np.flatnonzero(table.any(axis=1))
    return _unmixed(distinct, sizes), table[distinct].astype(np.float64)


def _distinct_chains(columns: list[Codes], sizes: list[int], extent: int) -> tuple[Ints, Ints]:
    """Give a number to each distinct row, by one mixed-radix key where it fits into 64 bits."""
    if extent > _KEY_LIMIT:
        return distinct_rows(columns, sizes)
    distinct, number = np.unique(_mixed(columns, sizes), return_inverse=True)
    return _unmixed(distinct, sizes), number.reshape(-1)


def _mixed(columns: list[Codes], sizes: list[int]) -> Ints:
    narrow = math.prod(sizes) < 1 << 31
    key: Ints = columns[0].astype(np.int32 if narrow else np.int64)
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        key *= size
        key += column
    return key


def _unmixed(key: Ints, sizes: list[int]) -> Ints:
    codes = np.empty((len(key), len(sizes)), np.int64)
    key = key.astype(np.int64)
    for position in range(len(sizes) - 1, -1, -1):
        key, codes[:, position] = np.divmod(key, sizes[position])
    return codes


def chains_of_counts(
    counts: Mapping[str, Mapping[str, float]], value: Mapping[str, float] | None = None
) -> CellTally:
    """Make an order-1 tally from transition counts, such as published ones.

    Parameters
    ----------
    counts
        ``counts[from][to]``: how often the step was taken. START, CONVERSION (or CONV) and NULL are known
        in any case and in brackets.
    value
        Total value of the conversions that ended in each channel.

    Raises
    ------
    ModelError
        If a count is negative, or a step leads into START or out of CONVERSION or NULL.
    """
    rows = [
        (_SPELLINGS.get(a.casefold(), a), _SPELLINGS.get(b.casefold(), b), float(n))
        for a, steps in counts.items()
        for b, n in steps.items()
    ]
    for a, b, n in rows:
        if not 0 <= n < np.inf:
            msg = f"the step from {a!r} to {b!r} was counted {n} times"
            raise ModelError(msg)
        if a in {CONVERSION, NULL} or b == START:
            msg = f"no journey can step from {a!r} to {b!r}"
            raise ModelError(msg, hint="journeys begin in START and end in CONVERSION or NULL")
    channels = tuple(sorted({name for a, b, _ in rows for name in (a, b)} - set(RESERVED)))
    worth = dict(value or {})
    for name in worth:
        if name not in channels:
            raise ModelError(unknown_name("channel", name, channels), column="value")
    states, steps = (*channels, START), (*channels, CONVERSION, NULL, UNATTRIBUTED)
    codes = np.array([[states.index(a), steps.index(b)] for a, b, _ in rows], np.int64).reshape(-1, 2)
    sums = np.array([[n, worth.get(a, 0.0) if b == CONVERSION else 0.0] for a, b, n in rows])
    return CellTally(("last_1", "next"), (states, steps), codes, sums.reshape(-1, 2))


@dataclass(frozen=True, slots=True, eq=False)
class ChainCounts:
    """A gram tally with its states numbered.

    S states other than START; state i is the last k channels, oldest first, START-padded.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted.
    states : int64, shape (S, k)
        Codes into ``(*channels, START)``.
    source : int64, shape (E,)
        State a step leaves; -1 for START.
    target : int64, shape (E,)
        State it enters; -1 for CONVERSION, -2 for NULL.
    count, value : float64, shape (E,)
        How often the step was taken, and the value of the conversions it led to.
    unattributed : float64, shape (2,)
        Conversions without a touch, and their value.
    rows : int64, shape (E,)
        Row of the tally that each step comes from.
    lost_rows : int64, or None
        Rows of the tally that hold unattributed conversions; None where there is none.
    """

    channels: tuple[str, ...]
    states: Ints
    source: Ints
    target: Ints
    count: Floats
    value: Floats
    unattributed: Floats
    rows: Ints
    lost_rows: Ints | None


def number_states(tally: CellTally) -> ChainCounts:
    """Give a number to each state of a gram tally."""
    steps = tally.labels[-1]
    channels = tuple(sorted({name for names in tally.labels for name in names} - set(RESERVED)))
    # Labels to positions in (*channels, START) and (*channels, CONVERSION, NULL, UNATTRIBUTED).
    place = {name: position for position, name in enumerate(channels)}
    n = len(channels)
    place |= {START: n, CONVERSION: n, NULL: n + 1, UNATTRIBUTED: n + 2}
    codes = np.stack(
        [
            np.array([place[name] for name in names], np.int64)[column]
            for names, column in zip(tally.labels, tally.codes.T, strict=True)
        ],
        axis=1,
    )
    lost = tally.codes[:, -1] == (steps.index(UNATTRIBUTED) if UNATTRIBUTED in steps else -1)
    used = ~lost & (tally.sums[:, 0] > 0)
    codes, sums = codes[used], tally.sums[used]
    context, step = codes[:, :-1], codes[:, -1]
    entered = np.concatenate([context[:, 1:], step[:, None]], axis=1)
    enters = step < n
    order = context.shape[1]
    rows = np.concatenate([context, entered[enters]])
    distinct, number = distinct_rows(list(rows.T), [n + 1] * order)
    at_start = (distinct == n).all(axis=1)
    rank = np.where(at_start, -1, np.cumsum(~at_start) - 1)
    number = rank[number]
    target = np.where(step == n, -1, -2)
    target[enters] = number[len(context) :]
    return ChainCounts(
        channels=channels,
        states=distinct[~at_start],
        source=number[: len(context)],
        target=target,
        count=sums[:, 0],
        value=sums[:, 1],
        unattributed=tally.sums[lost].sum(axis=0),
        rows=np.flatnonzero(used),
        lost_rows=np.flatnonzero(lost) if bool(lost.any()) else None,
    )
