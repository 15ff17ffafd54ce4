"""The oracle: what is between the first call and the last may repair, and may lose or move nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

import attribution as at
from attribution.errors import AttributionError
from tests.fixes.watch import Watch

MEASURES = ("value", "revenue", "amount", "cost", "spend", "conversions", "sales", "converted")


class LostError(Exception):
    """A fix lost rows or sums without saying how many."""


def counts_in(text: str) -> set[int]:
    """Return the whole numbers that a text tells."""
    return {int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)}


def told_sum(gone: float, error: AttributionError | str) -> bool:
    """Whether a text tells a sum."""
    return any(
        np.isclose(gone, float(one.replace(",", ""))) for one in re.findall(r"-?\d[\d,]*\.?\d*", str(error))
    )


def sums(table: Any) -> dict[str, float]:
    """Return the sum of each measure that holds numbers only."""
    found = {}
    for name in getattr(table, "columns", []):
        if str(name).lower() in MEASURES:
            with np.errstate(all="ignore"):
                numbers = pd.to_numeric(pd.Series(table[name]), errors="coerce")
            if len(numbers) and numbers.notna().all() and np.isfinite(numbers.astype(float)).all():
                found[str(name)] = float(numbers.sum())
    return found


def changed_table(name: str, before: Any, after: Any, error: AttributionError | str) -> None:
    """Refuse a change of a table that loses rows or sums, and does not say how many.

    Raises
    ------
    LostError
        If it does.
    """
    from tests.fixes.follow import as_frame

    try:
        old = as_frame(before)
    except (TypeError, ValueError):
        return
    if not isinstance(after, pd.DataFrame):
        if not isinstance(after, Mapping):
            return
        after = as_frame(after)
    told = counts_in(str(error))
    gone = len(old) - len(after)
    if gone > 0:
        if gone not in told:
            msg = f"{name}: {gone} of {len(old)} rows are gone, and the message does not say so"
            raise LostError(msg)
        same = after.index.isin(old.index).all() and len(after.columns) == len(old.columns)
        if same and after.astype(str).equals(old.loc[after.index, after.columns].astype(str)):
            _only_copies_and_gaps(name, old, after, error)
            return
    had, has = sums(old), sums(after)
    for column in had.keys() & has.keys():
        if not np.isclose(had[column], has[column], rtol=1e-9) and not told_sum(
            had[column] - has[column], error
        ):
            msg = f"{name}: {column} added up to {had[column]:g} and adds up to {has[column]:g}"
            raise LostError(msg)
    for column in after.columns:
        if column in old.columns:
            nulls = int(pd.Series(after[column]).isna().sum()) - int(pd.Series(old[column]).isna().sum())
            if nulls > 0 and nulls not in told:
                msg = f"{name}: {nulls} entries of {column} became null"
                raise LostError(msg)


def _only_copies_and_gaps(
    name: str, old: pd.DataFrame, after: pd.DataFrame, error: AttributionError | str
) -> None:
    """Refuse to lose a row that says something: neither the copy of one that stays nor one with a gap."""
    dropped = old[~old.index.isin(after.index)]
    copies = pd.concat([after[old.columns.intersection(after.columns)], dropped]).astype(str).duplicated()
    said = dropped[~copies.to_numpy()[len(after) :] & dropped.notna().all(axis=1).to_numpy()]
    gone = sum(sums(said).values())
    if len(said) and not (gone and told_sum(gone, error)):
        first = said.iloc[0].to_dict()
        msg = f"{name}: {len(said)} rows are gone that are no copies of others, such as {first}"
        raise LostError(msg)


def kept_journeys(log: Any, journeys: Any) -> None:
    """Refuse to lose a conversion of the log, or every journey that did not convert."""
    if not isinstance(log, at.EventLog):
        return
    whole = at.build_journeys(log).path_counts()[["conversions", "nulls"]].sum()
    left = journeys.path_counts()[["conversions", "nulls"]].sum()
    if left["conversions"] != whole["conversions"] or (whole["nulls"] and not left["nulls"]):
        msg = f"of {whole.to_dict()} journeys {left.to_dict()} are left"
        raise LostError(msg)


def same_log(watch: Watch) -> str:
    """Return where the log that was read in the end differs from that of the world; empty where nowhere.

    Row by row: times and channels of touches, times and values of conversions, and the credit of each
    channel, so that nothing was moved either.
    """
    from tests.fixes.world import World

    call = next(call for call in reversed(watch.calls) if call.name == "read_log")
    logs = [call.function(**call.arguments), World()["log"]]
    for name, table in {"touches": _rows_of_touches, "conversions": _rows_of_conversions}.items():
        mended, true = (table(log.load()) for log in logs)
        if mended != true:
            return f"{name}: {mended} for {true}"
    found = [at.attribute(log, "linear").to_frame()[["channel", "conversions", "value"]] for log in logs]
    mended, true = (frame.sort_values("channel", ignore_index=True) for frame in found)
    return "" if mended.equals(true) else f"credit: {mended.to_dict()} for {true.to_dict()}"


def _rows_of_touches(log: Any) -> list[tuple[int, str]]:
    return sorted(
        (int(time), log.channels[code])
        for time, code in zip(log.touches.time, log.touches.channel, strict=True)
    )


def _rows_of_conversions(log: Any) -> list[tuple[int, float]]:
    return sorted(zip(log.conversions.time.tolist(), log.conversions.value.tolist(), strict=True))


def kept_rows(watch: Watch, outcome: str, error: AttributionError) -> tuple[str, str]:
    """Compare what was read with the tables that went in: every row is there, or was told to be left out."""
    from tests.fixes.follow import as_frame

    for call in watch.calls:
        if call.name != "read_log":
            continue
        try:
            tables = [as_frame(call.arguments[name]) for name in ("touches", "conversions")]
        except (KeyError, TypeError, ValueError):
            continue
        try:
            log = call.function(**call.arguments).load()
        except AttributionError:  # what came after the reading mended it
            continue
        told = counts_in(str(error))
        for table, rows in zip(tables, (len(log.touches), len(log.conversions)), strict=True):
            gone = len(table) - rows
            if gone and gone not in told:
                return "lost", f"{gone} of {len(table)} rows are gone after reading, and nothing says so"
    return outcome, ""
