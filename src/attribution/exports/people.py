"""Whose rows they are: the first id that a row has, and ids that a row shows to be one person's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from attribution.exports.export import Export
from attribution.exports.export_rows import ExportRows
from attribution.exports.export_touches import required


def users_of(parts: Sequence[ExportRows], export: Export, left_out: Counter[str]) -> list[Any]:
    """Return the user of each row of several tables.

    With `Export.stitch` an anonymous id that is seen with one known id only, in any row of any table, stands
    for that one everywhere, before the log-in too; one that is seen with several (a shared device) stands
    for itself.

    Parameters
    ----------
    parts
        The tables.
    export
        What their columns mean.
    left_out
        Counts by reason, added to.

    Returns
    -------
    list of arrays of str
        As long as each table; null where a row has no id.
    """
    for rows in parts:
        required(rows, export.user, export, "user")
    if not (export.stitch and len(export.user) > 1):
        return [rows.text(*export.user) for rows in parts]
    known, anonymous = export.user[0], export.user[1:]
    owner = _owners([(rows.text(*anonymous), rows.text(known)) for rows in parts], left_out)
    found = []
    for rows in parts:
        own, other = rows.text(known), rows.text(*anonymous)
        ids = pa.array(list(owner), pa.string())
        names = pa.array(list(owner.values()), pa.string())
        tied = names.take(pc.index_in(other, value_set=ids))
        left_out["stitched"] += int(pc.sum(pc.and_(pc.is_null(own), pc.is_valid(tied))).as_py() or 0)
        found.append(pc.coalesce(own, tied, other))
    return found


def _owners(pairs: Sequence[tuple[Any, Any]], left_out: Counter[str]) -> dict[str, str]:
    import pandas as pd

    seen = pd.concat(
        [pd.DataFrame({"id": one.to_pandas(), "known": other.to_pandas()}) for one, other in pairs]
    )
    seen = seen.dropna().drop_duplicates()
    shared = seen["id"].duplicated(keep=False)
    left_out["shared_ids"] += int(seen.loc[shared, "id"].nunique())
    alone = seen[~shared]
    return dict(zip(alone["id"], alone["known"], strict=True))
