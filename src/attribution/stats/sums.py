"""Sums by code: of float64 also where there is nothing to sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._typing import Floats


def sums_by(code: NDArray[Any], amounts: NDArray[Any] | None = None, n: int = 0) -> Floats:
    """Return the sum of the amounts of each code, float64, shape (n,) or more where a code is larger.

    `numpy.bincount` returns integers where it is given nothing to count, although it was given weights, and
    dividing into those is an error: a log without a value column, or a cell without a touch, is legitimate.

    Parameters
    ----------
    code
        Whole numbers from 0, shape (k,).
    amounts
        What to sum, shape (k,); each counts 1 by default.
    n
        How many codes there are.

    Examples
    --------
    >>> import numpy as np
    >>> sums_by(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 4).tolist()
    [1.0, 0.0, 5.0, 0.0]
    >>> sums_by(np.empty(0, np.int64), np.empty(0), 2).dtype
    dtype('float64')
    """
    return np.bincount(code, amounts, n).astype(np.float64, copy=False)
