"""Conversions of an export: which rows, what each is worth when refunds are netted, each order once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from attribution._typing import Bools, Floats
from attribution.errors import LogError, unknown_name
from attribution.exports.export import Export, ExportConversions
from attribution.exports.export_rows import ExportRows
from attribution.exports.export_touches import required
from attribution.exports.values import amounts, changed, microseconds

if TYPE_CHECKING:
    import pandas as pd

REFUNDS = ("net", "remove", "ignore")
_SHOWN = 12  # event names that a message lists


def conversions_of(
    rows: ExportRows,
    user: Any,
    export: Export,
    *,
    goals: Mapping[str, str] | None,
    timezone: str | None,
    refunds: str,
    currency: str | None,
    left_out: Counter[str],
) -> pd.DataFrame:
    """Return the conversions of some rows.

    Parameters
    ----------
    rows, user, export, timezone, left_out
        As for `touches_of`.
    goals
        Event to goal; None for what the format itself says.
    refunds
        ``"net"``, ``"remove"`` or ``"ignore"``.
    currency
        The only one that is kept; None for all.

    Returns
    -------
    pandas.DataFrame
        Columns ``user_id``, ``time`` (microseconds), ``goal``, ``value``, ``order_id``, ``currency``.
    """
    part = export.conversions
    assert part is not None
    if part.dates:
        frame = _dated(rows, user, export, part, timezone)
    else:
        frame = _events(rows, user, export, part, goals, timezone, left_out)
    frame = _with_user(frame, left_out)
    if currency is not None:
        other = frame["currency"].notna() & (frame["currency"].str.upper() != currency.upper())
        left_out["other_currency"] += int(other.sum())
        frame = frame[~other]
    netted = _net(_once(frame, left_out), refunds, left_out)
    return netted.reset_index(drop=True).astype({"value": np.float64})


_COLUMNS = ("user_id", "time", "goal", "value", "order_id", "currency")


def _events(
    rows: ExportRows,
    user: Any,
    export: Export,
    part: ExportConversions,
    goals: Mapping[str, str] | None,
    timezone: str | None,
    left_out: Counter[str],
) -> pd.DataFrame:
    """Return a row for each event that is a conversion, and for each that pays one back."""
    import pandas as pd

    goal, pays_back = _goals(rows, export, part, goals)
    chosen = pd.notna(goal) | pays_back
    for path, wanted in part.where.items():
        name = required(rows, (path,), export, "where")
        blank = np.asarray(pc.is_null(rows.text(name)))
        fits = rows.any_of([(name, wanted)])
        left_out["line_items"] += int((chosen & blank).sum())
        left_out["other_status"] += int((chosen & ~blank & ~fits).sum())
        chosen &= fits
    rows, goal, pays_back = rows.take(chosen), goal[chosen], pays_back[chosen]
    name = required(rows, part.time, export, "time")
    clock = timezone if export.local or part.day_end else None
    time, known = microseconds(rows.column(*part.time), name, export, clock, day_end=part.day_end)
    left_out["no_time"] += int((~known).sum())
    value = _amounts(rows, part.value)
    returned = _amounts(rows, part.refunded)
    if part.refund is not None and pays_back.any():
        value = np.where(pays_back, _amounts(rows, (part.refund[1], *part.value)), value)
    frame = pd.DataFrame(
        {
            "user_id": user.filter(chosen).to_pandas(),
            "time": time,
            "goal": goal,
            "value": value,
            "order_id": rows.text(*part.order).to_pandas(),
            "currency": rows.text(*part.currency).to_pandas(),
            "returned": np.nan_to_num(returned),
            "pays_back": pays_back,
        }
    )
    return frame[known]


def _goals(
    rows: ExportRows, export: Export, part: ExportConversions, goals: Mapping[str, str] | None
) -> tuple[Any, Bools]:
    """Return the goal of each row, None where it is no conversion, and which rows pay an order back."""
    import pandas as pd

    nothing = np.zeros(rows.n, np.bool_)
    if goals is None and part.positive is not None and rows.has(part.positive):
        won = np.nan_to_num(_amounts(rows, (part.positive,))) > 0
        goal = np.full(rows.n, None, object)
        goal[won] = "purchase"
        return goal, nothing
    if not part.event:
        if part.goal is None:
            msg = (
                f"the export {export.name!r} says neither which events are conversions nor what its rows are"
            )
            raise LogError(msg, column="goal", hint=changed(export, 'goal="purchase"'))
        return np.full(rows.n, part.goal, object), nothing
    required(rows, part.event, export, "event")
    event = pd.Series(rows.text(*part.event).to_pandas(), dtype=object)
    counts = event.value_counts()
    shown = ", ".join(f"{name!r} ({count:,})" for name, count in counts.head(_SHOWN).items()) or "none"
    if goals is None:
        likely = next(
            (name for name in counts.index if "purchase" in name.lower() or "order" in name.lower()),
            "purchase",
        )
        msg = f"which events are conversions? The export does not mark them. Its events: {shown}"
        raise LogError(msg, column="conversions", hint=f"conversions={{{likely!r}: {'purchase'!r}}}")
    for name in goals:
        if name not in counts.index and len(counts):
            problem = unknown_name("event", name, [str(known) for known in counts.index])
            raise LogError(problem, column="conversions", why=f"its events are {shown}")
    back = nothing if part.refund is None else (event == part.refund[0]).to_numpy()
    return event.map(dict(goals)).to_numpy(dtype=object), back & ~event.isin(list(goals)).to_numpy()


def _dated(
    rows: ExportRows, user: Any, export: Export, part: ExportConversions, timezone: str | None
) -> pd.DataFrame:
    """Return a row for each date that stands for a goal."""
    import pandas as pd

    frames = []
    for column, (goal, worth) in part.dates.items():
        if not rows.has(column):
            continue
        time, known = microseconds(rows.column(column), column, export, timezone)
        value = _amounts(rows, () if worth is None else (worth,))
        frame = pd.DataFrame(
            {"user_id": user.to_pandas(), "time": time, "goal": goal, "value": np.nan_to_num(value)}
        )
        frames.append(frame[known])
    if not frames:
        required(rows, tuple(part.dates), export, "dates")
    found = pd.concat(frames, ignore_index=True)
    return found.assign(order_id=None, currency=None, returned=0.0, pays_back=False)


def _amounts(rows: ExportRows, paths: tuple[str, ...]) -> Floats:
    there = [path for path in paths if rows.has(path)]
    if not there:
        return np.full(rows.n, np.nan)
    found = amounts(rows.column(there[0]), there[0])
    for path in there[1:]:
        found = np.where(np.isnan(found), amounts(rows.column(path), path), found)
    return found


def _with_user(frame: pd.DataFrame, left_out: Counter[str]) -> pd.DataFrame:
    """Leave out conversions of nobody; what pays an order back is known by the order."""
    nobody = frame["user_id"].isna() & ~frame["pays_back"]
    left_out["no_user"] += int(nobody.sum())
    return frame[~nobody]


def _once(frame: pd.DataFrame, left_out: Counter[str]) -> pd.DataFrame:
    """Keep each order of a goal once, the earliest; what pays orders back stays."""
    frame = frame.sort_values(["time", "user_id", "value"], kind="stable")
    again = (
        frame["order_id"].notna() & ~frame["pays_back"] & frame.duplicated(["goal", "order_id", "pays_back"])
    )
    left_out["same_order"] += int(again.sum())
    return frame[~again]


def _net(frame: pd.DataFrame, refunds: str, left_out: Counter[str]) -> pd.DataFrame:
    """Take what was paid back off the orders, never below 0."""
    sold, back = frame[~frame["pays_back"]].copy(), frame[frame["pays_back"]]
    if refunds != "ignore":
        paid = back.groupby("order_id")["value"].sum()
        owed = sold["returned"] + sold["order_id"].map(paid).fillna(0.0).astype(float).abs()
        left_out["refunds"] += int((owed > 0).sum())
        left_out["refund_without_order"] += int((~back["order_id"].isin(sold["order_id"])).sum())
        before = sold["value"].fillna(0.0)
        sold["value"] = np.where(owed > 0, np.maximum(before - owed, 0.0), sold["value"])
        gone = (owed > 0) & (owed >= before)
        if refunds == "remove":
            left_out["refunded_in_full"] += int(gone.sum())
            sold = sold[~gone]
    else:
        left_out["refunds_ignored"] += len(back) + int((sold["returned"] > 0).sum())
    return sold[list(_COLUMNS)]
