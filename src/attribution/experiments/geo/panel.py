"""A panel of geos over time, read from a long frame and checked."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attribution._checks import one_of
from attribution._typing import Bools, Floats, Ints
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.geo.panel_hints import refuse_shape
from attribution.experiments.geo.panel_times import (
    Times,
    absent_times,
    read_times,
    several_times,
    shown,
    step_of,
)
from attribution.experiments.geo.window import Window
from attribution.experiments.shared.experiment_rows import Rows, floats, label_of, text_codes
from attribution.language.sentence import Sentence

MISSING = ("refuse", "zero", "drop")
_NAMED = 8  # geos or times that a message lists
_SIZES = (1e-100, 1e100)  # beyond these, squares no longer fit a float


@dataclass(frozen=True, eq=False, slots=True)
class Panel:
    """Outcomes of geos over time, without gaps.

    Attributes
    ----------
    geos
        Names, sorted; n of them.
    times
        Days or numbers of periods, in order; T of them.
    outcome
        float64, shape (n, T).
    cost
        float64, shape (n, T); None where no column of cost was named.
    notes
        What was done to the rows, in words.
    aside
        Times with rows that were left out, in order; None of them in a part of a panel.
    """

    geos: tuple[str, ...]
    times: Times
    outcome: Floats
    cost: Floats | None
    notes: tuple[str, ...] = ()
    aside: Times = field(default_factory=lambda: np.array([], "datetime64[D]"))

    @property
    def step(self) -> str:
        """What a period is: ``"day"``, ``"week"``, ``"month"`` or ``"period"``."""
        return step_of(self.times)

    @classmethod
    def read(
        cls,
        panel: Any,
        *,
        geo: str,
        time: str,
        outcome: str,
        cost: str | None = None,
        holidays: Any = (),
        buffer: Any = (),
        missing: str = "refuse",
        needed: Any = (),
        window: Window | None = None,
    ) -> Panel:
        """Read a long frame: a row for each geo and time.

        Parameters
        ----------
        panel
            A path, or any table that `analyze_holdout` takes.
        geo, time, outcome, cost
            Names of columns.
        holidays
            Times to leave out, for all geos.
        buffer
            Geos to leave out.
        missing
            What to do where a geo lacks a time: ``"refuse"``, ``"zero"``, or ``"drop"`` the geo.
        needed
            Geos that may not be dropped.
        window
            Which times are used; of others nothing is demanded.

        Raises
        ------
        ExperimentError
            If a column is unknown, a value is missing or infinite, a geo and time stand in two rows, or times
            are missing.
        """
        one_of(missing, "missing", MISSING, error=ExperimentError)
        table = _table(panel, {"geo": geo, "time": time, "outcome": outcome, "cost": cost})
        seen: dict[str, int] = {}
        codes = text_codes(table[geo], seen, geo, 0, "panel")
        times = read_times(table[time], time, geo)
        names = np.array(list(seen), dtype=object)
        keep = np.ones(len(codes), np.bool_)
        left_out = several_times(holidays, "holidays", times) if len(times) else times
        keep &= ~np.isin(times, left_out)
        off = np.unique(times[~keep])
        if window is not None:
            keep &= window.inside(times, np.setdiff1d(times, left_out), left_out)
        aside = known_geos(buffer, "buffer", seen)
        keep &= ~np.isin(codes, [seen[name] for name in aside])
        _refuse_absent(needed, codes, keep, seen, geo)
        codes, times = codes[keep], times[keep]
        if not len(codes):
            msg = "the panel has no rows"
            raise ExperimentError(msg, column=geo, hint="a row for each geo and day: geo, date, sales")
        _refuse_repeats(names[codes], times, geo, time, np.flatnonzero(keep))
        axis = np.unique(times)
        gaps = absent_times(axis, left_out[(left_out > axis[0]) & (left_out < axis[-1])])
        if len(gaps):
            msg = f"no geo has rows for {_some(map(shown, gaps))}"
            why = "days that do not follow one another make autocorrelation, and so intervals, wrong"
            raise ExperimentError(
                msg, column=time, why=why, hint=f"add the rows, or holidays={[shown(g) for g in gaps[:20]]}"
            )
        order = np.argsort(names[np.unique(codes)])
        present = np.unique(codes)[order]
        row = np.zeros(len(names), np.int64)
        row[present] = np.arange(len(present))
        column: Ints = np.asarray(np.searchsorted(axis, times), np.int64)
        cell = (row[codes], column)
        shape = (len(present), len(axis))
        there = np.zeros(shape, np.bool_)
        there[cell] = True
        values = _grid(_numbers(table[outcome], outcome, keep), outcome, cell, shape)
        spent = None if cost is None else _grid(_numbers(table[cost], cost, keep), cost, cell, shape)
        geos = tuple(str(name) for name in names[present])
        notes: list[str] = []
        if len(left_out):
            notes.append(Sentence("note.holidays", times=_some(map(shown, left_out))))
        if aside:
            notes.append(Sentence("note.buffer", geos=_some(aside)))
        gone: Bools = np.asarray(~there.all(axis=1), np.bool_)
        if gone.any():
            held = _fill(missing, there, geos, axis, needed, geo)
            notes.append(held)
            if missing == "drop":
                values, spent = values[~gone], None if spent is None else spent[~gone]
                geos = tuple(name for name, lost in zip(geos, gone, strict=True) if not lost)
        return cls(geos, axis, values, spent, tuple(notes), off)

    def places(self, geos: Iterable[str]) -> Ints:
        """Return the rows of these geos."""
        at = {name: row for row, name in enumerate(self.geos)}
        return np.array([at[name] for name in geos], np.int64)

    def between(self, first: int, last: int) -> Panel:
        """Return the panel of the times first to last - 1, by position."""
        cost = None if self.cost is None else self.cost[:, first:last]
        return Panel(self.geos, self.times[first:last], self.outcome[:, first:last], cost, self.notes)


def known_geos(geos: Any, name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the caller's geos as text, once each.

    Raises
    ------
    ExperimentError
        If one is not in the panel; the message names the nearest.
    """
    several = [geos] if isinstance(geos, str) or not isinstance(geos, Iterable) else list(geos)
    labels = tuple(dict.fromkeys(label_of(one) for one in several))
    there = list(known)
    for label in labels:
        if label not in there:
            raise ExperimentError(unknown_name("geo", label, there), column=name)
    return labels


def _refuse_absent(needed: Any, codes: Ints, keep: Bools, seen: dict[str, int], geo: str) -> None:
    """Refuse treated geos that have rows, but none at the times that are used."""
    there = set(np.unique(codes[keep]).tolist())
    gone = [name for name in needed if name in seen and seen[name] not in there]
    if gone:
        msg = f"the treated geo {gone[0]!r} has no row at the times that are used"
        why = "its rows lie before since= or after the test, or its name was left out by buffer="
        hint = "add its rows, or leave it out of treated="
        raise ExperimentError(msg, column=geo, count=len(gone), why=why, hint=hint)


def _numbers(array: Any, name: str, keep: Bools) -> Floats:
    """Return a column's numbers in the rows that are used; of others nothing is asked."""
    if not keep.all():
        with suppress(pa.ArrowException):  # no numbers, which is told below
            array = pc.if_else(pa.array(keep), array, pa.scalar(0).cast(array.type))
    return floats(array, name, 0, "panel")[keep]


def _table(panel: Any, columns: dict[str, str | None]) -> Any:
    shape = (str(columns["geo"]), str(columns["time"]), str(columns["outcome"]))
    if not hasattr(panel, "columns"):
        refuse_shape(panel, (), *shape)
    rows = Rows(panel, "panel")
    refuse_shape(panel, rows.names, *shape)
    wanted = {name: rows.need(column, name) for name, column in columns.items() if column is not None}
    if len(set(wanted.values())) < len(wanted):
        names = [column for column in wanted.values() if list(wanted.values()).count(column) > 1]
        msg = f"the column {names[0]!r} is asked to be two things"
        raise ExperimentError(msg, column=names[0], hint='geo="geo", time="date", outcome="sales"')
    table = rows.table(list(wanted.values()))
    if table is None:
        msg = "the panel has no rows"
        raise ExperimentError(msg, column=wanted["geo"], hint="a row for each geo and day: geo, date, sales")
    return {name: table.column(name).combine_chunks() for name in wanted.values()}


def _refuse_repeats(geos: Any, times: Times, geo: str, time: str, rows: Ints) -> None:
    order = np.lexsort((times, geos))
    same = (geos[order][1:] == geos[order][:-1]) & (times[order][1:] == times[order][:-1])
    if same.any():
        again = np.sort(rows[order[1:][same]])
        first = order[1:][same][0]
        msg = f"some geos have two rows for one time, such as {geos[first]!r} at {shown(times[first])}"
        why = "a panel has one row a geo and time; which of the two counts is not known"
        hint = f"panel.groupby([{geo!r}, {time!r}], as_index=False).sum()"
        raise ExperimentError(msg, column=geo, rows=again[:5].tolist(), count=len(again), why=why, hint=hint)


def _grid(values: Floats, name: str, cell: tuple[Ints, Ints], shape: tuple[int, int]) -> Floats:
    largest = float(np.abs(values).max())
    if largest and not _SIZES[0] < largest < _SIZES[1]:
        msg = f"the largest value is {largest:.3g} in size, which nothing can be computed with"
        raise ExperimentError(msg, column=name, hint=f"other units: panel[{name!r}] / {largest:.0e}")
    grid = np.zeros(shape)
    grid[cell] = values
    return grid


def _fill(missing: str, there: Bools, geos: tuple[str, ...], times: Times, needed: Any, geo: str) -> str:
    """Return what was done about missing times, or refuse."""
    lacking = np.flatnonzero(~there.all(axis=1))
    count = int((~there).sum())
    first = lacking[0]
    when = times[np.flatnonzero(~there[first])]
    firsts = np.argmax(there[lacking], axis=1)
    lasts = there.shape[1] - 1 - np.argmax(there[lacking][:, ::-1], axis=1)
    late = [geos[g] for g, at in zip(lacking, firsts, strict=True) if at > 0]
    early = [geos[g] for g, at in zip(lacking, lasts, strict=True) if at < there.shape[1] - 1]
    kinds = [Sentence("note.began_late", geos=_some(late))] if late else []
    kinds += [Sentence("note.ended_early", geos=_some(early))] if early else []
    told = Sentence("in_brackets", parts=tuple(kinds)) if kinds else ""
    if missing == "zero":
        return Sentence("note.missing_zero", count=count, geos=len(lacking), kinds=told)
    lost = [geos[g] for g in lacking]
    kept = set(needed) & set(lost)
    if missing == "drop" and not kept:
        return Sentence("note.missing_rows", geos=_some(lost), kinds=told)
    msg = f"the geo {geos[first]!r} lacks rows for {_some(map(shown, when))}{told}"
    if len(lacking) > 1:
        msg = f"{len(lacking)} geos lack rows, {count:,} in all, such as {msg[len('the geo ') :]}"
    why = "a missing row may mean no sales or no data; taken wrongly it looks like an effect"
    hint = 'missing="zero" where no row means no sales, or missing="drop" to leave such geos out'
    if kept and missing == "drop":
        treated = min(kept)
        lost_at = times[np.flatnonzero(~there[geos.index(treated)])]
        msg = f"the treated geo {treated!r} lacks rows for {_some(map(shown, lost_at))}"
        hint = 'missing="zero" where no row means no sales; or take it, and its pair, out of the test'
    raise ExperimentError(msg, column=geo, count=count, why=why, hint=hint)


def _some(names: Iterable[str]) -> str:
    shown_names = [str(name) for name in names]
    more = len(shown_names) - _NAMED
    named = tuple(shown_names[:_NAMED])
    return Sentence("and", first=named, last=Sentence("more", n=more)) if more > 0 else ", ".join(named)
