"""Probabilistic links, by the library that makes them well: its predictions as a table of identifiers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attribution._checks import fraction
from attribution.errors import LogError, unknown_name
from attribution.tables.sources import open_source

_SIDES = ("unique_id_l", "unique_id_r")
_SURE = "match_probability"


def links_from_splink(edges: Any, *, threshold: float = 0.9) -> pa.Table:
    """Return Splink's predictions as identifiers that `stitch` takes: those that are sure enough.

    Each kept pair becomes an identifier of its own, a strong one, that its two records share; so one
    pair is two rows. Guards hold as for all links: no pair makes one person of two customers.

    Parameters
    ----------
    edges
        What ``linker.inference.predict()`` gives, in the forms of `read_log`: ``unique_id_l``,
        ``unique_id_r``, ``match_probability``.
    threshold
        The least probability of a match, in [0, 1].

    Returns
    -------
    pyarrow.Table
        ``record``, ``match``: two rows a pair; for ``kinds={"record": ..., "match": at.Kind("match")}`` with
        the kind that the records are of.

    Raises
    ------
    LogError
        If a column is missing, or no pair is as sure as that.

    Examples
    --------
    >>> edges = {"unique_id_l": ["a", "b"], "unique_id_r": ["b", "c"], "match_probability": [0.97, 0.4]}
    >>> links_from_splink(edges).to_pylist()
    [{'record': 'a', 'match': 'a b'}, {'record': 'b', 'match': 'a b'}]
    """
    least = fraction(threshold, "threshold", error=LogError)
    source = open_source(edges, "edges")
    for column in (*_SIDES, _SURE):
        if column not in source.columns:
            raise LogError(unknown_name("column", column, list(source.columns)), column="edges")
    batches = list(source.batches([*_SIDES, _SURE]))
    table = pa.Table.from_batches(batches) if batches else None
    sure = table.filter(pc.greater_equal(table[_SURE], least)) if table is not None else None
    if sure is None or not sure.num_rows:
        msg = f"no pair is a match with a probability of {least:g} or more"
        raise LogError(msg, column="threshold", hint="threshold=0.5")
    left, right = (pc.cast(sure[side], pa.string()).combine_chunks() for side in _SIDES)
    first = np.asarray(pc.less(left, right).to_numpy(zero_copy_only=False))
    low, high = (pc.if_else(pa.array(mask), left, right) for mask in (first, ~first))
    match = pc.binary_join_element_wise(low, high, " ")
    return pa.table({"record": pa.concat_arrays([left, right]), "match": pa.concat_arrays([match, match])})
