"""From the identifiers of a log to persons: by who used an identifier last, before the touch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution._typing import Bools, Hashes, Ints
from attribution.eventlog.identity.links import ALWAYS
from attribution.eventlog.identity.normalise import Normaliser
from attribution.kernels.hash_map import HashMap
from attribution.kernels.keyed import keyed
from attribution.kernels.ragged import search_segments
from attribution.tables import kinds as types


@dataclass(frozen=True, eq=False)
class People:
    """Which person each identifier of a log is, and since when.

    Attributes
    ----------
    normaliser
        How the identifiers of the log are made alike.
    ids, person
        Identifiers that belong to one person whatever the time, ascending, and these, uint64, shape (n,).
    timed, offsets
        Identifiers whose person depends on the time, ascending, shape (k,), and where the entries of each
        begin in `time` and `user`, shape (k + 1,).
    time, user
        When which person used them, ascending in time, shape (entries,).
    when
        ``"nearest"``, ``"ever"`` or ``"after"``.
    within
        How long a use is believed, in microseconds; None for good.
    key
        What hashes are kept under, None for nothing.
    """

    normaliser: Normaliser
    ids: Hashes
    person: Hashes
    timed: Hashes
    offsets: Ints
    time: Ints
    user: Hashes
    when: str = "nearest"
    within: int | None = None
    key: tuple[int, int] | None = None

    @cached_property
    def _ids(self) -> HashMap:
        return HashMap(self.ids)

    @cached_property
    def _timed(self) -> HashMap:
        return HashMap(self.timed)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the tables of first bits, which another process makes anew."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def prepared(self, array: Any) -> Any:
        """Return the log's identifiers made alike; what would be none of its kind stays as it is."""
        if pat.is_dictionary(array.type):
            array = array.dictionary_decode()
        if not types.is_text(array.type):
            return array
        if self.normaliser.how == "text":  # what is no identifier is found where users are read
            kind = array.type
            wide = pat.is_string(kind) or pat.is_large_string(kind)
            return pc.utf8_trim_whitespace(array if wide else array.cast(pa.large_string()))
        text = array.cast(pa.large_string())
        return pc.coalesce(self.normaliser(text), text)

    def knows(self, users: Hashes) -> Bools:
        """Return which identifiers are linked to a person, shape (n,)."""
        users = users if self.key is None else keyed(users, self.key)
        return np.asarray((self._ids.find(users) >= 0) | (self._timed.find(users) >= 0))

    def persons(self, users: Hashes, times: Ints) -> Hashes:
        """Return the person of each touch or conversion; who is unknown stays what the log calls him.

        Parameters
        ----------
        users, times
            Hashes of identifiers and microseconds, shape (n,).
        """
        users = users if self.key is None else keyed(users, self.key)
        found = users.copy()
        place = self._ids.find(users)
        rows = np.flatnonzero(place >= 0)
        found[rows] = self.person[place[rows]]
        if len(self.timed):
            place = self._timed.find(users)
            rows = np.flatnonzero(place >= 0)
            found[rows] = self._at(users[rows], place[rows], times[rows])
        return found

    def _at(self, users: Hashes, place: Ints, times: Ints) -> Hashes:
        """Return who used identifiers at times: the last at or before, else the first after."""
        begin, end = self.offsets[place], self.offsets[place + 1]
        last = search_segments(self.time, begin, end, times, "right") - 1
        before = last >= begin
        chosen = np.where(before, last, begin)
        known = before | (self.when != "after")
        if self.within is not None:
            use = self.time[chosen]
            # What has no time holds always.
            known &= (use == ALWAYS) | (np.abs(times - np.maximum(use, 0)) <= self.within)
        return np.where(known, self.user[chosen], users)
