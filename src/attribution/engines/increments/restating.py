"""Increments without some people: what is saved is counted again from the log, as if they had never been."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from attribution._typing import Hashes
from attribution.engines.increments.increments import Increments
from attribution.engines.increments.state_store import State
from attribution.errors import EngineError
from attribution.eventlog.load import Loader
from attribution.eventlog.recent import DAY, RecentLog, read_recent
from attribution.tables.keys import hash_array

_LARGEST = 2**64


@dataclass(frozen=True)
class Absence:
    """What a log holds of people who are to be forgotten: rows by table, and how many of them have any."""

    rows: Mapping[str, int]
    found: int

    @classmethod
    def of(cls, recent: RecentLog) -> Absence:
        """Return what was left out while a log was read."""
        users = [source.absent_users for source in recent.sources.values()]
        rows = {name: source.absent_rows for name, source in recent.sources.items()}
        return cls(rows, len(np.unique(np.concatenate(users))))


@dataclass(frozen=True)
class Restating(Increments):
    """One run of increments that counts all again without some users, in place of what was saved.

    What is saved depends on the rows before the boundary alone: so this leaves what a first run leaves on
    the log without these users, and the next run goes on from there.
    """

    without: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64), repr=False, compare=False)
    _absences: list[Absence] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def absence(self) -> Absence:
        """What the run left out."""
        return self._absences[-1]

    def _read(self, loader: Loader, folder: Path, state: State | None) -> tuple[State | None, RecentLog]:
        recent = read_recent(loader, None, {}, self.without)
        if state is not None:
            refuse_shorter(folder, state, recent)
        self._absences[:] = [Absence.of(recent)]
        return None, recent


def refuse_shorter(folder: Path, state: State, recent: RecentLog) -> None:
    """Refuse a log that begins later than the saved tallies: what came before could not be counted again.

    Raises
    ------
    EngineError
        If a table does.
    """
    for table, source in recent.sources.items():
        days = [int(day) for day, count in state.days.get(table, {}).items() if count]
        firsts = [time for time in (source.first, source.absent_first) if time is not None]
        begins = min(firsts) // DAY if firsts else None
        if days and (begins is None or begins > min(days)):
            known = np.datetime64(min(days), "D")
            now = "has no rows" if begins is None else f"begins on {np.datetime64(begins, 'D')}"
            msg = f"{table}: the log {now}, and the saved tallies on {known}"
            why = "what came to these tallies before cannot be counted again without somebody"
            hint = f"rm -r {shlex.quote(str(folder))}, and run again: only what the log holds is counted then"
            raise EngineError(msg, column=table, why=why, hint=hint)


def hashes_of(ids: Sequence[object], users: str) -> Hashes:
    """Return the hashes of ids as a log has them, distinct and sorted.

    Parameters
    ----------
    ids
        Integers or texts.
    users
        What the users of the log are: ``"integer"``, ``"string"`` or ``"binary"``.

    Raises
    ------
    EngineError
        If one cannot be an id of such a log; it is not shown.
    """
    texts = [str(one).strip() for one in ids]
    if not all(texts):
        msg = f"{texts.count(''):,} of {len(texts):,} ids are empty"
        raise EngineError(msg, column="ids", hint="one id a line, and no empty line between")
    if users == "integer":
        return np.unique(hash_array(_integers(texts)))
    if users == "binary":
        try:
            return np.unique(hash_array(pa.array([uuid.UUID(text).bytes for text in texts], pa.binary(16))))
        except ValueError:
            return np.unique(hash_array(pa.array([text.encode() for text in texts], pa.binary())))
    return np.unique(hash_array(pa.array([str(one) for one in ids], pa.string())))


def _integers(texts: Sequence[str]) -> pa.Array:
    numbers: list[int] = []
    for text in texts:
        try:
            number = int(text)
        except ValueError:
            continue
        if -_LARGEST // 2 <= number < _LARGEST:
            numbers.append(number % _LARGEST)
    if len(numbers) < len(texts):
        strange = len(texts) - len(numbers)
        msg = f"{strange:,} of {len(texts):,} ids are no whole numbers, as those of the log are"
        why = "an id that no row can have would be told as forgotten, and its owner would stay"
        raise EngineError(msg, column="ids", why=why, hint="give the ids of the log's user column")
    return pa.array(numbers, pa.uint64())
