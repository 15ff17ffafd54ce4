"""Conversions that have been there before: by their order id, or in everything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution.kernels.ragged import run_starts
from attribution.tables.columns import ConversionColumns

SAME_ORDER, SAME_ROW = 1, 2


def repeats_of(conversions: ConversionColumns) -> NDArray[np.uint8]:
    """Say of each conversion whether it repeats an earlier one of its user.

    Parameters
    ----------
    conversions
        By user and time, then by everything else, so that rows that are the same are neighbours.

    Returns
    -------
    uint8, shape (m,)
        `SAME_ORDER` where the order id and the goal are those of an earlier conversion of this user,
        `SAME_ROW` where everything is, their sum for both, 0 for neither. An order id that two users share is
        not seen: tallies are made user by user.

    Examples
    --------
    >>> import numpy as np
    >>> user, time = np.array([1, 1, 1], np.uint64), np.array([5, 5, 9])
    >>> orders = np.array([7, 7, 7], np.uint64)
    >>> repeats_of(ConversionColumns(user, time, np.array([2.0, 2.0, 3.0]), order=orders)).tolist()
    [0, 3, 1]
    """
    goal = [] if conversions.goal is None else [conversions.goal.codes]
    columns: list[NDArray[Any]] = [conversions.user, conversions.time, conversions.value, *goal]
    if conversions.order is not None:
        columns.append(conversions.order)
    same = ~run_starts(*columns, *(dim.codes for dim in conversions.dims))
    found = np.where(same, SAME_ROW, 0).astype(np.uint8)
    if conversions.order is not None and len(found):
        known = np.flatnonzero(conversions.order)
        keys = [column[known] for column in (*goal, conversions.order, conversions.user)]
        order = np.lexsort(keys)  # stable, so the earliest of a user's comes first
        again = ~run_starts(*(key[order] for key in keys))
        found[known[order[again]]] += SAME_ORDER
    return found
