"""The table of distinct paths: how often each converted, how often not, worth what, how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._checks import whole
from attribution._typing import Floats, Ints
from attribution.errors import JourneyError
from attribution.journeys.journeys import Journeys
from attribution.kernels.paths import distinct_paths
from attribution.kernels.ragged import expand, run_starts

if TYPE_CHECKING:
    import pandas as pd

_DAY = 86_400_000_000.0


def path_counts(journeys: Journeys, *, top: int | None, separator: str) -> pd.DataFrame:
    """Count distinct paths; see `Journeys.path_counts`."""
    import pandas as pd

    if top is not None:
        whole(top, "top", error=JourneyError)
    filled = np.flatnonzero(journeys.lengths > 0)
    offsets = np.append(journeys.offsets[filled], journeys.offsets[filled[-1:] + 1])
    if not len(filled):
        offsets = np.zeros(1, np.int64)
    number, example = distinct_paths(journeys.channel, offsets)
    n = len(example)
    converted, weights = journeys.converted[filled], journeys.weights[filled]
    conversions = np.bincount(number, np.where(converted, weights, 0.0), n)
    nulls = np.bincount(number, np.where(converted, 0.0, weights), n)
    value = np.bincount(number, journeys.value[filled], n)
    texts = path_texts(journeys, offsets[example], offsets[example + 1], separator)
    with np.errstate(invalid="ignore"):
        rate = conversions / (conversions + nulls)
    order = np.lexsort([np.argsort(np.argsort(texts)), -nulls, -conversions])[:top]
    columns: dict[str, Any] = {
        "path": texts[order].astype(object),
        "touches": np.diff(offsets)[example][order],
        "conversions": conversions[order],
        "nulls": nulls[order],
        "value": value[order],
        "conversion_rate": rate[order],
        "median_days": _median_days(journeys, filled, offsets, number, n)[order],
    }
    return pd.DataFrame(columns)


def _median_days(journeys: Journeys, filled: Ints, offsets: Ints, number: Ints, n: int) -> Floats:
    """Return the median days from first touch to conversion by path, NaN where unknown; shape (n,)."""
    medians = np.full(n, np.nan)
    if journeys.time is None or journeys.conversion_time is None:
        return medians
    converted = np.flatnonzero(journeys.converted[filled])
    first = journeys.time[offsets[converted]]
    days = (journeys.conversion_time[filled[converted]] - first) / _DAY
    path = number[converted]
    order = np.lexsort([days, path])
    days, path = days[order], path[order]
    starts = np.flatnonzero(run_starts(path))
    counts = np.diff(np.append(starts, len(path)))
    lower, upper = starts + (counts - 1) // 2, starts + counts // 2
    medians[path[starts]] = (days[lower] + days[upper]) / 2
    return medians


def path_texts(journeys: Journeys, low: Ints, high: Ints, separator: str) -> np.ndarray[Any, Any]:
    """Write each path out; an object array, shape (p,)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    checked_separator(separator)
    index, offsets = expand(low, high)
    names = pa.array([escaped(name, separator) for name in journeys.channels], pa.large_string())
    parts = names.take(pa.array(journeys.channel[index]))
    lists = pa.LargeListArray.from_arrays(pa.array(offsets), parts)
    joined = pc.binary_join(lists, pa.scalar(separator, pa.large_string()))
    texts: np.ndarray[Any, Any] = joined.to_numpy(zero_copy_only=False)
    return texts


def checked_separator(separator: object) -> str:
    """Return what of a separator is not blank."""
    mark = separator.strip() if isinstance(separator, str) else ""
    if not mark or "\\" in mark:
        msg = f"separator={separator!r} must be a text of more than blanks, without a backslash"
        raise JourneyError(msg, column="separator", hint='separator=" > "')
    return mark


def escaped(name: str, separator: str) -> str:
    r"""Put a backslash before a separator, with blanks around it or not, inside a channel's own name.

    Examples
    --------
    >>> print(escaped("a > b", " > "), escaped("a>b", " > "))
    a \> b a\>b

    Raises
    ------
    JourneyError
        If nothing tells where the name ends and the separator begins: the name ends in a backslash or in the
        separator's first letters, and the separator has no blank before it.
    """
    mark = separator.strip()
    endings = ("\\", *(mark[:length] for length in range(1, len(mark))))
    if separator.startswith(mark) and name.endswith(endings):
        msg = f"the channel {name!r} ends in what would read as a part of the separator {separator!r}"
        raise JourneyError(msg, column="separator", hint=f"separator={' ' + separator!r}")
    return name.replace(mark, "\\" + mark)
