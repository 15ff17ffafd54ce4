"""The folder of the increments: what is settled, in files that are never changed, behind one manifest.

``manifest.json`` is the only thing that is ever replaced, by an atomic rename, after every file that it names
is on disk. So whatever kills a run, the folder holds the old state or the new one. Files that no manifest
names, left by a run that was killed, are removed by the next.

Files and folders are their owner's alone, whatever the umask. What holds users lies under a key (`sealing`,
`state_key`); the manifest holds counts, names and settings, and which key it was.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from attribution import __version__
from attribution._files import atomic_write
from attribution._lock import holder, take
from attribution.engines.shared.sealing import NONCE_BYTES, Seal, new_nonce
from attribution.engines.shared.state_key import find_seal
from attribution.errors import EngineError, InUseError, OutputError
from attribution.tables.unreadable import first_line

T = TypeVar("T")

_OPEN = (1, 2)  # formats that kept users as hashes without a key
FORMAT = 3
"""Version of the files, and of what the numbers in them mean: raised whenever either changes."""

_MANIFEST, _LOCK, _PERIODS = "manifest.json", "lock", "periods"
logger = logging.getLogger(__name__)

_OURS = re.compile(
    r"(total|touches|events|converters|period-[0-9W-]+)\.[0-9a-f]{12}\.(sealed|parquet)|\.manifest\.json\.[0-9a-f]+\.tmp"
)


@dataclass(frozen=True)
class Stored:
    """A file that the manifest names: its place below the folder, its bytes and their hash."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class State:
    """What is known of everything before the boundary.

    Attributes
    ----------
    settings
        What the tallies depend on, as text by name.
    boundary
        All rows before it are settled; microseconds since 1970 in UTC, the beginning of a period.
    first, last
        Earliest and latest time of the settled rows.
    clocks
        The clocks that times were on, with the table and column where each was met.
    channels, goals
        Of the settled rows; `goals` is None for a log without goals.
    rows
        Settled rows by table and file (``""`` where there are no files).
    days
        Settled rows by table and day (of 1970, as text).
    dropped
        Settled rows that were left out, by reason.
    periods
        The tallies of each settled period that has any.
    total
        The sum of these tallies, so that a run need not read them one by one.
    touches, events
        The carried rows.
    converters
        Who converted, and when first; None where nothing asks who returns.
    key
        The name of the key that the files are under; which key it is, and nothing of the key itself.
    """

    settings: Mapping[str, str]
    boundary: int
    first: int
    last: int
    clocks: Mapping[str, tuple[str, str]]
    channels: tuple[str, ...]
    goals: tuple[str, ...] | None
    rows: Mapping[str, Mapping[str, int]]
    days: Mapping[str, Mapping[str, int]]
    dropped: Mapping[str, int]
    periods: Mapping[str, Stored] = field(default_factory=dict)
    total: Stored | None = None
    touches: Stored | None = None
    events: Stored | None = None
    converters: Stored | None = None
    key: str = ""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> State:
        """Return the state that a manifest tells."""
        found = dict(facts)
        found["clocks"] = {name: (str(a), str(b)) for name, (a, b) in found["clocks"].items()}
        found["channels"] = tuple(found["channels"])
        found["goals"] = None if found["goals"] is None else tuple(found["goals"])
        found["periods"] = {label: Stored(**file) for label, file in found["periods"].items()}
        for name in ("total", "touches", "events"):
            found[name] = Stored(**found[name])
        if found.get("converters") is not None:
            found["converters"] = Stored(**found["converters"])
        return cls(**found)


class StateStore:
    """One state folder, locked for as long as it is open."""

    def __init__(self, folder: Path, key: str | None = None) -> None:
        self.folder = folder
        self._fresh: list[Path] = []  # written, and named by no manifest yet
        self._given = key
        self._known: str | None = None
        self._seal: Seal | None = None

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, key: str | None = None) -> Iterator[StateStore]:
        """Lock the folder, which is made if it is not there.

        Parameters
        ----------
        folder
            The folder.
        key
            The key that users are kept under; by default see `find_seal`.

        Raises
        ------
        EngineError
            If another process holds it, it holds something else, or it cannot be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / _MANIFEST).exists():
                _refuse_foreign(folder)
                _own(folder)
            (folder / _PERIODS).mkdir(exist_ok=True)
            _own(folder / _PERIODS)
            lock = take(folder / _LOCK, f"process {os.getpid()}", mode=0o600)
        except OSError as error:
            msg = f"cannot write to the folder of the increments {str(folder)!r}: {error.strerror or error}"
            raise EngineError(msg, hint="choose a folder that you may write to") from error
        if isinstance(lock, str):
            msg = f"{str(folder)!r} is in use by {lock}"
            why = "two runs at once would each save what the other does not know"
            raise InUseError(msg, why=why, hint="wait until it is done, or give each run its own folder")
        with lock.file:
            ledger = cls(folder, key)
            try:
                yield ledger
            except BaseException:
                ledger._discard()
                raise

    def load(self) -> State | None:
        """Return the saved state, or None where none is; leftovers of a killed run are removed.

        Raises
        ------
        EngineError
            If the manifest is damaged or of another version.
        """
        place = self.folder / _MANIFEST
        if not place.exists():
            if self._sweep(None):
                logger.warning(
                    "%s holds tallies without their %s, of a first run that was killed or because somebody "
                    "removed it: they are dropped, and what the log holds now is counted from its beginning",
                    self.folder,
                    _MANIFEST,
                )
            return None
        with self._intact(place):
            facts = json.loads(place.read_text(encoding="utf-8"))
            version, library = facts.pop("format"), facts.pop("library")
            if version != FORMAT:
                msg = (
                    f"the tallies in {str(self.folder)!r} have format {version} (written by {library}); "
                    f"this is {__version__}, with format {FORMAT}"
                )
                why = "a number may mean something else there"
                if version in _OPEN:
                    why = "there anybody who may read the files can tell users; they are kept under a key now"
                raise EngineError(msg, why=why, hint=self._start_anew)
            state = State.of(facts)
            self._known = str(state.key)
        self._sealed()
        self._sweep(state)
        return state

    def read(self, stored: Stored, read: Callable[[Any], T]) -> T:
        """Return what `read` makes of a stored file, whose bytes are checked and unsealed first.

        Raises
        ------
        EngineError
            If it is not what was written.
        """
        seal = self._sealed()
        path = self.folder / stored.file
        with self._intact(path):
            raw = path.read_bytes()
            if hashlib.sha256(raw).hexdigest() != stored.sha256:
                msg = "its bytes are not those that were written"
                raise ValueError(msg)
            hidden = np.frombuffer(raw, np.uint8, offset=NONCE_BYTES)
            return read(pa.BufferReader(pa.py_buffer(seal.on(hidden, raw[:NONCE_BYTES]))))

    def write(self, name: str, write: Callable[[Any], None]) -> Stored:
        """Write a file under a new name, sealed and safely on disk; nothing refers to it yet."""
        seal = self._sealed()
        folder = _PERIODS if name.startswith("period-") else "."
        path = self.folder / folder / f"{name}.{secrets.token_hex(6)}.sealed"
        sink = pa.BufferOutputStream()
        write(sink)
        nonce = new_nonce()
        raw = nonce + seal.on(np.frombuffer(sink.getvalue(), np.uint8), nonce).tobytes()
        self._fresh.append(path)
        with self._writing():
            descriptor = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
            )
            with open(descriptor, "wb") as file:  # noqa: PTH123 - for its owner alone from the first byte on
                path.chmod(0o600)
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            return Stored(path.relative_to(self.folder).as_posix(), len(raw), hashlib.sha256(raw).hexdigest())

    def _sealed(self) -> Seal:
        """Return the seal of the folder; its key is made when it is first needed."""
        if self._seal is None:
            self._seal, made = find_seal(self.folder, self._given, self._known)
            if made is not None:
                self._fresh.append(made)
        return self._seal

    def commit(self, state: State) -> None:
        """Make `state` the saved state, all at once."""
        facts = {"format": FORMAT, "library": __version__, **asdict(state), "key": self._sealed().name}
        if state.converters is None:
            del facts["converters"]
        with self._writing():
            _sync(self.folder / _PERIODS)
            _sync(self.folder)
            with atomic_write(self.folder / _MANIFEST, text=True, private=True) as file:
                file.write(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
            _sync(self.folder)
        self._fresh.clear()
        self._sweep(state)

    def clear(self) -> None:
        """Have no saved state any more, all at once; there may be none."""
        with self._writing():
            (self.folder / _MANIFEST).unlink(missing_ok=True)
            _sync(self.folder)
        self._sweep(None)

    def _discard(self) -> None:
        """Remove what was written for a state that is not to be: on a full disk it would stay in the way."""
        for path in self._fresh:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    @property
    def _start_anew(self) -> str:
        return f"rm -r {str(self.folder)!r}, and run again on the whole log"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OutputError as error:
            raise EngineError(error.problem, why=error.why, hint=error.hint) from error
        except OSError as error:
            msg = f"cannot write to {str(self.folder)!r}: {error.strerror or error}"
            earlier = (self.folder / _MANIFEST).exists()
            why = (
                "the state of the run before is unchanged"
                if earlier
                else "nothing was saved, and nothing is left"
            )
            raise EngineError(
                msg, why=why, hint="make room, or choose another folder, then run again"
            ) from error

    @contextmanager
    def _intact(self, path: Path) -> Iterator[None]:
        """Turn what a damaged file may raise into one error that says what to do."""
        try:
            yield
        except EngineError:
            raise
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:
            msg = f"{str(path)!r} is damaged or missing ({first_line(error)})"
            raise EngineError(
                msg, why="the tallies so far are lost with it", hint=self._start_anew
            ) from error

    def _sweep(self, state: State | None) -> int:
        """Remove files of ours that `state` does not name; return how many there were."""
        named: set[str] = set()
        if state is not None:
            files = (*state.periods.values(), state.total, state.touches, state.events, state.converters)
            named = {stored.file for stored in files if stored is not None}
        stale = [
            path
            for place in (self.folder, self.folder / _PERIODS)
            for path in place.iterdir()
            if _OURS.fullmatch(path.name) and path.relative_to(self.folder).as_posix() not in named
        ]
        for path in stale:
            with suppress(OSError):
                path.unlink()
        return len(stale)


def settings_in(folder: str | os.PathLike[str]) -> dict[str, str] | None:
    """Return what the saved tallies of a folder depend on, as text by name; None where none can be read."""
    with suppress(OSError, ValueError):
        facts = json.loads((Path(folder).expanduser() / _MANIFEST).read_text(encoding="utf-8"))
        if isinstance(facts, dict) and facts.get("format") == FORMAT:
            return dict(facts["settings"])
    return None


def holder_of(folder: Path) -> str | None:
    """Return who works on a folder of increments at the moment, or None if nobody does."""
    return holder(folder / _LOCK)


def _refuse_foreign(folder: Path) -> None:
    others = [
        path.name
        for path in folder.iterdir()
        if path.name not in {_LOCK, _PERIODS, _MANIFEST} and not _OURS.fullmatch(path.name)
    ]
    if others:
        msg = f"{str(folder)!r} holds {min(others)!r}, but no {_MANIFEST} of earlier increments"
        raise EngineError(msg, hint="give the increments a folder of their own")


def _own(folder: Path) -> None:
    """Make a folder its owner's alone, where it is ours."""
    with suppress(PermissionError):
        folder.chmod(0o700)


def _sync(folder: Path) -> None:
    """See to it that the names in a folder are on disk; some systems have no such thing."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
