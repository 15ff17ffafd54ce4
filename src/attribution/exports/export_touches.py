"""Touches of an export: which rows, from where, one a visit where the format knows visits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attribution.errors import LogError, nearest
from attribution.exports.export import Export, ExportTouches
from attribution.exports.export_rows import ExportRows
from attribution.exports.values import changed, microseconds

if TYPE_CHECKING:
    import pandas as pd

DIRECT = ("(direct)", "(none)")
_HOST = r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*://)?(?:www\.)?(?P<host>[^/?#:]+)"


def touches_of(
    rows: ExportRows,
    user: Any,
    export: Export,
    part: ExportTouches,
    *,
    timezone: str | None,
    own_domains: Sequence[str],
    left_out: Counter[str],
) -> pd.DataFrame:
    """Return the touches of some rows.

    Parameters
    ----------
    rows
        The rows.
    user : array of str, shape (n,)
        Whose each is; null where nobody's.
    export, part
        What the columns mean.
    timezone
        The clock of local times.
    own_domains
        Hosts that are the shop's own: no source.
    left_out
        Counts by reason, added to.

    Returns
    -------
    pandas.DataFrame
        Columns ``user_id``, ``time`` (microseconds), ``source``, ``medium``, ``campaign``, and ``sequence``
        where the format has one.
    """
    import pandas as pd

    name = required(rows, part.time, export, "time")
    chosen = rows.any_of(
        (required(rows, (path,), export, "where"), wanted) for path, wanted in part.where.items()
    )
    time, known = microseconds(rows.column(*part.time), name, export, timezone if export.local else None)
    has_user = np.asarray(pc.is_valid(user))
    left_out["not_touches"] += int((~chosen).sum())
    left_out["no_time"] += int((chosen & ~known).sum())
    left_out["no_user"] += int((chosen & known & ~has_user).sum())
    chosen &= known & has_user
    source, medium, campaign = _sources(rows, part, own_domains)
    frame = pd.DataFrame(
        {
            "user_id": user.to_pandas(),
            "time": time,
            "source": source.to_pandas(),
            "medium": medium.to_pandas(),
            "campaign": campaign.to_pandas(),
        }
    )
    orders = [path for path in export.sequence if rows.has(path)]
    if orders:
        ranks = [
            pd.to_numeric(pd.Series(rows.text(path).to_pandas()), errors="coerce").fillna(0)
            for path in orders
        ]
        frame["sequence"] = _places(ranks)
    session = _session(rows, part)
    if session is not None:
        frame["session"] = session
        left_out["no_session"] += int((chosen & frame["session"].isna().to_numpy()).sum())
        chosen &= frame["session"].notna().to_numpy()
    frame = frame[chosen]
    if session is not None:
        frame = _visits(frame, left_out)
    unknown = (frame["source"].isna() & frame["medium"].isna()).to_numpy()
    if part.sourced_only:
        left_out["no_source"] += int(unknown.sum())
        return frame[~unknown]
    frame = frame.copy()
    frame.loc[unknown, "source"], frame.loc[unknown, "medium"] = DIRECT
    return frame


def required(rows: ExportRows, paths: Sequence[str], export: Export, role: str) -> str:
    """Return the first of some columns that is there.

    Raises
    ------
    LogError
        If none is: the file is another export, or was cut down.
    """
    for path in paths:
        if rows.has(path):
            return path
    shown = ", ".join(map(repr, rows.names[:40])) or "none"
    more = f" and {len(rows.names) - 40} more" if len(rows.names) > 40 else ""
    msg = f"this is no export of {export.name}: it has no column {' or '.join(map(repr, paths))} ({role})"
    guess = nearest(paths[0], rows.names)
    changeable = role in ("user", "value", "order", "currency", "event") and guess is not None
    hint = changed(export, f"{role}={guess!r}") if changeable else None
    raise LogError(msg, column=paths[0], why=f"its columns are {shown}{more}", hint=hint)


def _sources(rows: ExportRows, part: ExportTouches, own_domains: Sequence[str]) -> tuple[Any, Any, Any]:
    """Return source, medium and campaign of each row: as tagged, by click id, by referrer."""
    nothing = pa.nulls(rows.n, pa.string())
    source, medium, campaign = nothing, nothing, nothing
    for triple in part.sources:
        found = [nothing if path is None else rows.text(path) for path in triple]
        if part.words:
            found[0], found[1] = _by_words(found[0], found[1], part)
        still = _unknown(source, medium)
        source, medium, campaign = (
            pc.if_else(still, new, old) for new, old in zip(found, (source, medium, campaign), strict=True)
        )
    for path, (clicked, kind) in part.clicks.items():
        if rows.has(path):
            proves = pc.or_(
                _unknown(source, medium),
                pc.fill_null(pc.equal(pc.utf8_lower(medium), "organic"), fill_value=False),
            )
            proves = pc.and_(proves, pc.is_valid(rows.text(path)))
            source, medium = pc.if_else(proves, clicked, source), pc.if_else(proves, kind, medium)
    if part.referrer and any(map(rows.has, part.referrer)):
        host = _hosts(rows.text(*part.referrer), own_domains)
        direct = pc.fill_null(pc.equal(host, "$direct"), fill_value=False)
        host = pc.if_else(direct, None, host)
        open_ = pc.and_(_unknown(source, medium), pc.is_valid(host))
        source, medium = pc.if_else(open_, host, source), pc.if_else(open_, "referral", medium)
    return source, medium, campaign


def _unknown(source: Any, medium: Any) -> Any:
    return pc.and_(pc.is_null(source), pc.is_null(medium))


def _by_words(source: Any, word: Any, part: ExportTouches) -> tuple[Any, Any]:
    """Replace words such as ``"PAID_SEARCH"`` by what they stand for."""
    medium = word
    for text, (named, kind) in part.words.items():
        meant = pc.fill_null(pc.equal(pc.utf8_lower(word), text.lower()), fill_value=False)
        medium = pc.if_else(meant, kind, medium)
        if named is not None:
            source = pc.if_else(meant, named, source)
    return source, medium


def _hosts(addresses: Any, own_domains: Sequence[str]) -> Any:
    host = pc.utf8_lower(pc.struct_field(pc.extract_regex(addresses, _HOST), "host"))
    for domain in own_domains:
        bare = domain.lower().removeprefix("www.")
        own = pc.or_(pc.equal(host, bare), pc.ends_with(host, f".{bare}"))
        host = pc.if_else(pc.fill_null(own, fill_value=False), None, host)
    return host


def _session(rows: ExportRows, part: ExportTouches) -> Any:
    """Return the visit of each row as text, None where the export does not know visits."""
    if not part.session or not any(map(rows.has, part.session)):
        return None
    session = rows.text(*part.session)
    return pc.if_else(pc.equal(session, "-1"), pa.scalar(None, session.type), session).to_pandas()


def _visits(frame: pd.DataFrame, left_out: Counter[str]) -> pd.DataFrame:
    """Make one touch of the rows of a visit: the time of its first, the first source that is known."""
    visit = ["user_id", "session"]
    order = ["time", "sequence"] if "sequence" in frame else ["time"]
    frame = frame.sort_values([*visit, *order, "source", "medium"], kind="stable", na_position="last")
    first = frame.drop_duplicates(visit).set_index(visit)
    tagged = (frame["source"].notna() | frame["medium"].notna()) & (frame["source"] != DIRECT[0])
    known = frame[tagged].drop_duplicates(visit).set_index(visit)[["source", "medium", "campaign"]]
    known = known.reindex(first.index)
    there = (known["source"].notna() | known["medium"].notna()).to_numpy()
    first.loc[there, ["source", "medium", "campaign"]] = known[there].to_numpy()
    left_out["visits"] += len(frame) - len(first)
    return first.reset_index().drop(columns="session")


def _places(ranks: Sequence[Any]) -> Any:
    """Return the place of each row by several columns, equal rows at one place."""
    order = np.lexsort([np.asarray(rank) for rank in reversed(ranks)])
    columns = np.stack([np.asarray(rank)[order] for rank in ranks])
    step = np.any(columns[:, 1:] != columns[:, :-1], axis=0) if columns.shape[1] else np.zeros(0, np.bool_)
    places = np.empty(len(order), np.int64)
    places[order] = np.concatenate([np.zeros(min(1, len(order)), np.int64), np.cumsum(step)])
    return places
