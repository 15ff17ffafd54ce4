"""Breakdowns of models that are solved by channel: cells that agree with channels and with conversions.

A month, a customer, an order belong to the conversion, and how many conversions carry each such label is a
count. So the cells of a breakdown have two margins: channels as solved, and labels as counted. The cells are
what the model splits its journeys into, scaled until they have both; see `attribution.stats.raking`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from attribution._typing import Bools, Floats, Ints
from attribution.credit.credit import Credit
from attribution.diagnostics import CheckResult, CheckResults
from attribution.journeys.journeys import NONE, UNATTRIBUTED
from attribution.language.sentence import Sentence
from attribution.models.cells import CellTally, distinct_rows
from attribution.stats.raking import Raked, rake, rake_inside, shift_inside
from attribution.stats.sums import sums_by

MEASURES = ("conversions", "value")
_NOTHING = 1e-12  # of the whole: smaller numbers below zero are rounding
_OFF = 1e-6  # of the whole: labels that are off by more do not agree
_MOVED = 1e-6


@dataclass(frozen=True, eq=False)
class Margins:
    """Where the cells of a breakdown stand: in the row of their channel and the column of their labels.

    Attributes
    ----------
    channels : tuple of str
        The rows.
    inside : bool, shape (n_cells,)
        Which cells belong to a channel; the others hold unattributed conversions.
    row, column : int64
        Of the cells inside.
    labels : int64, shape (n_columns, k)
        The labels of each column, as positions in the tally's; k dimensions belong to the conversion.
    places : tuple of int
        Positions of these dimensions in `by`.
    """

    channels: tuple[str, ...]
    inside: Bools
    row: Ints
    column: Ints
    labels: Ints
    places: tuple[int, ...]

    @classmethod
    def of(cls, tally: CellTally, solved: Credit) -> Margins:
        """Return the margins of a tally whose channels are those of the tally and of the solution."""
        known = (*tally.labels[0], *solved.keys[0].tolist())
        channels = tuple(sorted({*known} - {UNATTRIBUTED}))
        place = {name: code for code, name in enumerate(channels)} | {UNATTRIBUTED: -1}
        row = np.array([place[name] for name in tally.labels[0]], np.int64)[tally.codes[:, 0]]
        inside = row >= 0
        places = tuple(
            position for position, name in enumerate(tally.by) if position and name not in tally.of_touches
        )
        codes = tally.codes[inside]
        if places:
            columns = [codes[:, position] for position in places]
            labels, column = distinct_rows(columns, [len(tally.labels[position]) for position in places])
        else:
            labels, column = np.zeros((1, 0), np.int64), np.zeros(len(codes), np.int64)
        return cls(channels, inside, row[inside], column, labels, places)

    def wanted(self, solved: Credit) -> Floats:
        """Return what each channel is credited with, shape (n_rows, 2)."""
        amounts = zip(solved.conversions[0].tolist(), solved.value[0].tolist(), strict=True)
        credit = dict(zip(solved.keys[0].tolist(), amounts, strict=True))
        return np.array([credit.get(name, (0.0, 0.0)) for name in self.channels], np.float64).reshape(-1, 2)

    def by_label(self, amounts: Floats) -> Floats:
        """Sum amounts of the cells inside by column."""
        return sums_by(self.column, amounts, len(self.labels))


@dataclass(frozen=True, eq=False)
class Breakdown:
    """The cells of a breakdown, and what is needed to fill them anew for a resample of the users.

    Attributes
    ----------
    cells : CellTally
        Credited conversions and value; also cells that were added because margins did not fit without.
    margins : Margins
        Of these cells.
    fits : tuple of bool
        For conversions and for value, whether labels agree with what was counted.
    counted : float64, shape (n_columns, 2)
        Conversions and value of each label.
    moved : float64, shape (2,)
        How much had to go to channels that conversions with the label were not touched by, as parts of all.
    fixed : bool
        Whether each journey is split in one way in every resample, so that cells just add up.
    """

    cells: CellTally
    margins: Margins
    fits: tuple[bool, bool]
    counted: Floats
    moved: Floats
    fixed: bool = False

    @classmethod
    def raked(cls, solved: Credit, allocated: CellTally) -> Breakdown:
        """Fit what journeys were split into to the channels' credit and to the labels' conversions.

        Where credit is negative the cells of a channel are scaled to its credit, and labels stay as they
        come out.
        """
        allocated = allocated.by_name()  # what has to be added goes by name, and not by how an engine counts
        margins = Margins.of(allocated, solved)
        wanted, given = margins.wanted(solved), allocated.sums[margins.inside, :2]
        counted = np.stack([margins.by_label(column) for column in given.T], axis=1)
        raked = [
            _raked(_start(given, measure, margins), margins, rows, columns)
            if _positive(given[:, measure], rows, columns)
            else None
            for measure, (rows, columns) in enumerate(zip(wanted.T, counted.T, strict=True))
        ]
        new = [
            np.empty(0, np.int64) if each is None else each.row * len(counted) + each.column for each in raked
        ]
        pairs = np.unique(np.concatenate(new))
        lost = _lost(pairs, wanted, margins) if None in raked else pairs[:0]
        cells = _with_cells(allocated, margins, np.concatenate([pairs, lost]))
        margins = Margins.of(cells, solved)
        sums = cells.sums[:, :2].copy()
        inside = np.flatnonzero(margins.inside)
        counted = np.stack([margins.by_label(column) for column in sums[inside].T], axis=1)
        for measure, found in enumerate(raked):
            if found is None:
                start = _start(cells.sums[inside, :2], measure, margins)
                sums[inside, measure] = _scaled(start, wanted[:, measure], margins)
            else:
                sums[inside[: len(found.amounts)], measure] = found.amounts
                more = len(allocated.codes) + np.searchsorted(pairs, new[measure])
                sums[more, measure] = found.added
        whole = np.maximum(np.abs(counted).sum(axis=0), 1e-300)
        moved = np.array([0.0 if each is None else float(each.added.sum()) for each in raked]) / whole
        fits = tuple(each is not None for each in raked)
        return cls(replace(cells, sums=sums), margins, (fits[0], fits[1]), counted, moved)

    @classmethod
    def split(cls, solved: Credit, allocated: CellTally, *, fixed: bool) -> Breakdown:
        """Return the cells as the model splits each journey: their labels agree by themselves."""
        margins = Margins.of(allocated, solved)
        sums = allocated.sums[:, :2]
        counted = np.stack([margins.by_label(column) for column in sums[margins.inside].T], axis=1)
        return cls(replace(allocated, sums=sums), margins, (True, True), counted, np.zeros(2), fixed)

    def replicate(self, solved: Credit, sums: Floats) -> Floats:
        """Fill the cells for a resample of the users, shape (n_cells, 2).

        Parameters
        ----------
        solved
            What the resample credits to channels.
        sums
            What its journeys were split into by the model of all users, shape (n_allocated, k).
        """
        filled = np.zeros_like(self.cells.sums)
        filled[: len(sums)] = sums[:, :2]
        if self.fixed:
            return filled
        margins, inside = self.margins, np.flatnonzero(self.margins.inside)
        wanted, given = margins.wanted(solved), filled[inside]
        if np.isnan(wanted).any():  # a resample that cannot be solved has no credit by label either
            filled[inside] = np.nan
            return filled
        for measure, fits in enumerate(self.fits):
            rows, columns = wanted[:, measure], margins.by_label(given[:, measure])
            start = _start(given, measure, margins)
            if not fits:
                found = _scaled(start, rows, margins)
            elif _positive(given[:, measure], rows, columns):
                found = rake_inside(
                    np.maximum(start, 0.0), margins.row, margins.column, np.maximum(rows, 0.0), columns
                )
            else:
                sizes = np.abs(start) + 1e-9 * np.abs(start).max(initial=0.0)
                found = shift_inside(start, sizes, margins.row, margins.column, rows, columns)
            filled[inside, measure] = found
        return filled

    def told(self, model: str) -> tuple[CheckResults, tuple[str, ...]]:
        """Return whether labels agree with their conversions, and what a reader must know of it."""
        names = [self.cells.by[place] for place in self.margins.places]
        if not names:
            return CheckResults(), ()
        by, notes, checks = tuple(names), [], CheckResults()
        credited = self.cells.sums[self.margins.inside, :2]
        for measure, word in enumerate(MEASURES):
            found, counted = self.margins.by_label(credited[:, measure]), self.counted[:, measure]
            off = np.abs(found - counted)
            wrong = np.flatnonzero(off > _OFF * max(float(np.abs(counted).sum()), 1e-300))
            if not len(wrong):
                continue
            rows = [
                {"label": self._named(each), "credited": float(found[each]), "counted": float(counted[each])}
                for each in wrong[_worst_first(off[wrong], np.abs(counted[wrong]))][:5].tolist()
            ]
            sizes = {"wrong": len(wrong), "total": len(off)}
            what = Sentence(f"of.{word}")
            text = Sentence("note.disagrees", model=model, by=by, what=what, **sizes, **rows[0])
            notes.append(Sentence("note.negative", found=text))
            fix = f'at.attribute(log, "shapley", by={self.cells.by!r})'
            checks.append(CheckResult("breakdown_agrees", False, text, len(wrong), rows, fix))
        if not checks:
            text = Sentence("note.agrees", model=model, by=by)
            checks.append(CheckResult("breakdown_agrees", True, text))
        if self.moved.max() > _MOVED:
            notes.append(Sentence("note.moved", model=model, part=self.moved.max(), by=by))
        return checks, tuple(notes)

    def _named(self, column: int) -> str:
        parts = zip(self.margins.places, self.margins.labels[column].tolist(), strict=True)
        return ", ".join(f"{self.cells.by[place]} {self.cells.labels[place][code]}" for place, code in parts)


def _worst_first(off: Floats, counted: Floats) -> Ints:
    """Order labels by how far they are off, as a part of what was counted; ties by label, on any engine."""
    least = float(counted[counted > 0].min(initial=np.inf))
    part = off / np.where(counted > 0, counted, least if np.isfinite(least) else 1.0)
    return np.argsort(-np.round(part, 9), kind="stable")


def _raked(start: Floats, margins: Margins, rows: Floats, columns: Floats) -> Raked:
    return rake(np.maximum(start, 0.0), margins.row, margins.column, np.maximum(rows, 0.0), columns)


def _start(given: Floats, measure: int, margins: Margins) -> Floats:
    """Return what to scale: where a channel's values cancel to zero, its value follows its conversions."""
    held = sums_by(margins.row, given[:, measure], len(margins.channels))
    return np.where(held[margins.row] != 0.0, given[:, measure], given[:, 0])


def _scaled(start: Floats, wanted: Floats, margins: Margins) -> Floats:
    """Scale the cells of each channel to its credit; evenly where they hold nothing."""
    n = len(margins.channels)
    held = sums_by(margins.row, start, n)
    even = 1.0 / np.maximum(sums_by(margins.row, None, n), 1.0)
    part = np.divide(start, held[margins.row], out=even[margins.row], where=held[margins.row] != 0.0)
    scaled: Floats = part * wanted[margins.row]
    return scaled


def _positive(amounts: Floats, rows: Floats, columns: Floats) -> bool:
    least = -_NOTHING * max(float(np.abs(columns).sum()), 1e-300)
    return all(bool((each >= least).all()) for each in (amounts, rows, columns))


def _lost(pairs: Ints, wanted: Floats, margins: Margins) -> Ints:
    """Return a place for each channel that is credited and has no cell: -1 less its row, for no label."""
    here = np.zeros(len(margins.channels), np.bool_)
    here[margins.row] = True
    here[pairs // max(len(margins.labels), 1)] = True
    return -1 - np.flatnonzero(~here & (wanted != 0.0).any(axis=1))


def _with_cells(tally: CellTally, margins: Margins, pairs: Ints) -> CellTally:
    """Append a cell of nothing for each (channel, label) pair; ``"(none)"`` in every other dimension."""
    if not len(pairs):
        return tally
    labels = [tuple(dict.fromkeys((*tally.labels[0], *margins.channels)))]
    labels += [tuple(dict.fromkeys((*names, NONE))) for names in tally.labels[1:]]
    place = {name: code for code, name in enumerate(labels[0])}
    row, column = np.divmod(pairs, max(len(margins.labels), 1))
    lost = pairs < 0
    row = np.where(lost, -1 - pairs, row)
    codes = np.tile(np.array([0, *(names.index(NONE) for names in labels[1:])], np.int64), (len(pairs), 1))
    codes[:, 0] = np.array([place[name] for name in margins.channels], np.int64)[row]
    for position, dimension in enumerate(margins.places):
        codes[~lost, dimension] = margins.labels[column[~lost], position]
    sums = np.concatenate([tally.sums, np.zeros((len(pairs), tally.sums.shape[1]))])
    return replace(tally, labels=tuple(labels), codes=np.concatenate([tally.codes, codes]), sums=sums)
