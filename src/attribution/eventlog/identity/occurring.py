"""Whether a log's users occur among the identifiers; if not, how both look, without showing any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.errors import LogError
from attribution.tables.arrays import unwrap
from attribution.tables.keys import hash_array
from attribution.tables.spark_frames import SparkSource

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog
    from attribution.eventlog.identity.identity import Identity

_SHAPES = (
    ("an e-mail address", r"[^@\s]+@[^@\s]+"),
    ("64 hexadecimal digits", r"[0-9a-fA-F]{64}"),
    ("a UUID", r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    ("a phone number", r"\+[0-9 ()./-]{8,}"),
    ("digits", r"[0-9]+"),
    ("lower-case letters and digits", r"[a-z0-9]+"),
    ("upper-case letters and digits", r"[A-Z0-9]+"),
)


def refuse_strangers(log: EventLog, identity: Identity) -> None:
    """Refuse an identity none of whose identifiers is a user of the log.

    Users are read until one is known, so that nearly always the first rows are enough. A stream that can be
    read once is left alone, and so are the rows of a cluster.

    Raises
    ------
    LogError
        If the log has users, and none is known.
    """
    sources = [(log.touches, log.touch_table)]
    if log.conversions is not None:
        sources.append((log.conversions, log.conversion_table))
    example = None
    names = np.sort(identity.persons.name)
    for source, table in sources:
        if source.one_shot or isinstance(source, SparkSource):
            return
        for batch in source.batches([table.user]):
            array = unwrap(identity.people.prepared(unwrap(batch.column(0))))
            hashes = hash_array(array)
            # Rows under the anchor itself are known too: they bear the name of a person.
            if identity.people.knows(hashes).any() or np.isin(hashes, names).any():
                return
            example = next((value for value in array.slice(0, 100).to_pylist() if value is not None), example)
    if example is None:
        return
    column = log.touch_table.user
    msg = (
        f"no {column!r} of the log occurs among the {identity.user} identifiers: {shape_of(example)} "
        f"in the log"
    )
    why = "every customer would stay as many persons as he has identifiers, as if nothing had been stitched"
    hint = "user= names the kind of the log's users, kinds= of which kind each column is"
    if shape_of(example) == "64 hexadecimal digits":
        hint = 'user="email_sha256", where the log holds hashed addresses'
    raise LogError(msg, column="user", why=why, hint=hint)


def shape_of(value: Any) -> str:
    """Return how an identifier looks, from which nobody can tell which one it is.

    Examples
    --------
    >>> shape_of("ann@shop.example"), shape_of(17), shape_of("Ab-3")
    ('an e-mail address', 'integers', 'texts of 4 characters')
    """
    if isinstance(value, int):
        return "integers"
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    for name, pattern in _SHAPES:
        if re.fullmatch(pattern, text):
            return name
    return f"texts of {len(text)} characters"
