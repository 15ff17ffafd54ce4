"""Tables fitted to both of their margins: iterative proportional fitting, and what it leaves put right.

A table is sparse: entry e stands in row ``row[e]`` and column ``column[e]``, where several may stand, and
what is not listed is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats, Ints
from attribution.stats.sums import sums_by

_ROUNDS = 500
_TOLERANCE = 1e-13  # of the whole
_STALLED = 0.99  # of the error of ten rounds before: the margins do not fit where the table has entries
_LOOK = 10
_ROUNDING = 1e-12  # of the whole
_DUST = 1e-9  # of the whole: less than this is not worth entries of its own


@dataclass(frozen=True, eq=False)
class Raked:
    """A table whose rows and columns sum to what they should.

    Attributes
    ----------
    amounts : float64, shape (n,)
        The entries that were there.
    row, column : int64, shape (k,)
        Entries that had to be added.
    added : float64, shape (k,)
        Their amounts.
    moved : float
        How much of the whole the entries cannot hold by themselves.
    rounds : int
        How many rounds of fitting there were.
    """

    amounts: Floats
    row: Ints
    column: Ints
    added: Floats
    moved: float
    rounds: int


def rake(amounts: Floats, row: Ints, column: Ints, rows: Floats, columns: Floats) -> Raked:
    """Scale rows and columns in turn until both sum to what they should (Deming & Stephan 1940).

    The result is the table nearest to the one given, in relative entropy, that has these margins. Where
    the margins do not fit the entries (an order that one channel alone touched, and a channel with less
    credit than such orders), rows are scaled down to what they should be at most, and what rows and columns
    then lack is added, each in proportion to both (Altschuler, Weed & Rigollet 2017, algorithm 2): also where
    there was no entry.

    Parameters
    ----------
    amounts
        The entries, not negative, shape (n,).
    row, column
        Where they stand, shape (n,).
    rows, columns
        What rows and columns should sum to, not negative, of one sum.

    Returns
    -------
    Raked
        Exact in both margins up to rounding.

    Examples
    --------
    >>> import numpy as np
    >>> row, column = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> table = rake(np.ones(4), row, column, np.array([1.0, 3.0]), np.array([2.0, 2.0]))
    >>> table.amounts.tolist(), table.rounds
    ([0.5, 0.5, 1.5, 1.5], 1)
    >>> apart = np.array([0, 1])
    >>> alone = rake(np.ones(2), apart, apart, np.array([1.0, 3.0]), np.array([2.0, 2.0]))
    >>> alone.amounts.tolist(), alone.row.tolist(), alone.column.tolist(), alone.added.tolist()
    ([1.0, 2.0], [1], [0], [1.0])
    """
    fitted, rounds = _fitted(amounts, row, column, rows, columns)
    held = sums_by(row, fitted, len(rows))
    fitted = fitted * np.minimum(_ratio(rows, held), 1.0)[row]
    whole = float(columns.sum())
    lacking_rows = _lacking(rows - sums_by(row, fitted, len(rows)), whole)
    lacking_columns = _lacking(columns - sums_by(column, fitted, len(columns)), whole)
    moved = float(lacking_columns.sum())
    none = np.empty(0, np.int64)
    if moved <= _DUST * whole:
        return Raked(_filled(fitted, column, columns), none, none, np.empty(0), moved, rounds)
    place = row * len(columns) + column
    there, which, alike = np.unique(place, return_inverse=True, return_counts=True)
    fitted = fitted + lacking_rows[row] * lacking_columns[column] / (moved * alike[which.reshape(-1)])
    short, wanting = np.flatnonzero(lacking_rows), np.flatnonzero(lacking_columns)
    pairs = (short[:, None] * len(columns) + wanting[None, :]).ravel()
    new = pairs[~np.isin(pairs, there)]
    at_row, at_column = np.divmod(new, max(len(columns), 1))
    added = lacking_rows[at_row] * lacking_columns[at_column] / moved
    if added.sum() <= _DUST * whole:
        return Raked(_filled(fitted, column, columns), none, none, np.empty(0), moved, rounds)
    return Raked(fitted, at_row, at_column, added, moved, rounds)


def _lacking(short: Floats, whole: float) -> Floats:
    """Return what is lacking, rounding apart: entries of nothing would come and go with the order of sums."""
    return np.where(short > _ROUNDING * whole, short, 0.0)


def rake_inside(amounts: Floats, row: Ints, column: Ints, rows: Floats, columns: Floats) -> Floats:
    """Rake without adding entries: where they cannot hold both margins, columns are met, rows nearly.

    Parameters
    ----------
    amounts, row, column, rows, columns
        As in `rake`.
    """
    found = rake(amounts, row, column, rows, columns)
    return _filled(found.amounts, column, columns) if len(found.added) else found.amounts


def shift_inside(
    amounts: Floats, sizes: Floats, row: Ints, column: Ints, rows: Floats, columns: Floats
) -> Floats:
    """Add to rows and columns in turn until both sum to what they should, columns exactly.

    For tables with negative entries, which scaling would blow up: what a row or column lacks is added to its
    entries in proportion to their sizes, which comes to the nearest table by least squares weighted by these
    (linear calibration: Deville & Sarndal 1992).

    Parameters
    ----------
    amounts, row, column, rows, columns
        As in `rake`, of any sign.
    sizes
        How large entries are, not negative, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> row, column = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> table = np.array([1.0, -1.0, 2.0, 2.0])
    >>> shift_inside(table, np.ones(4), row, column, np.array([1.0, 4.0]), np.array([3.0, 2.0])).tolist()
    [1.25, -0.25, 1.75, 2.25]
    """
    whole = float(np.abs(columns).sum()) or 1.0
    of_row = _ratio(np.ones(len(rows)), sums_by(row, sizes, len(rows)))
    of_column = _ratio(np.ones(len(columns)), sums_by(column, sizes, len(columns)))
    for _ in range(_ROUNDS):
        lacking = rows - sums_by(row, amounts, len(rows))
        amounts = amounts + sizes * (lacking * of_row)[row]
        lacking = columns - sums_by(column, amounts, len(columns))
        amounts = amounts + sizes * (lacking * of_column)[column]
        if float(np.abs(lacking).max(initial=0.0)) <= _TOLERANCE * whole:
            break
    return amounts


def _fitted(amounts: Floats, row: Ints, column: Ints, rows: Floats, columns: Floats) -> tuple[Floats, int]:
    """Scale rows and columns in turn, until rows fit after columns did or no more comes of it."""
    whole = float(columns.sum())
    errors: list[float] = []
    for turn in range(1, _ROUNDS + 1):
        amounts = amounts * _ratio(rows, sums_by(row, amounts, len(rows)))[row]
        amounts = _filled(amounts, column, columns)
        error = float(np.abs(sums_by(row, amounts, len(rows)) - rows).max(initial=0.0))
        if error <= _TOLERANCE * whole:
            return amounts, turn
        errors.append(error)
        if turn > _LOOK and error > _STALLED * errors[-1 - _LOOK]:
            return amounts, turn
    return amounts, _ROUNDS


def _filled(amounts: Floats, column: Ints, columns: Floats) -> Floats:
    """Scale columns to what they should sum to; those that hold nothing stay empty."""
    filled: Floats = amounts * _ratio(columns, sums_by(column, amounts, len(columns)))[column]
    return filled


def _ratio(wanted: Floats, held: Floats) -> Floats:
    return np.divide(wanted, held, out=np.zeros(len(held)), where=held > 0)
