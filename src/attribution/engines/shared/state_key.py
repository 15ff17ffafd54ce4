"""The key of a state folder: given, from the environment, or in a file beside the folder."""

from __future__ import annotations

import errno
import logging
import os
import re
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from attribution.engines.shared.sealing import KEY_BYTES, Seal
from attribution.errors import EngineError

logger = logging.getLogger(__name__)

VARIABLE = "ATTRIBUTION_KEY"
_HEX = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}")
_NEW = f'export {VARIABLE}=$(python -c "import secrets; print(secrets.token_hex({KEY_BYTES}))")'


def key_file(folder: Path) -> Path:
    """Return where the key of a folder is kept: beside it, so that a copy of the folder is without it."""
    place = folder.resolve()
    return place.with_name(f"{place.name}.key")


def seal_from(text: object, source: str) -> Seal:
    """Return the seal of a key written as 64 hexadecimal digits; the text is never shown.

    Raises
    ------
    EngineError
        If it is none.
    """
    if isinstance(text, str) and _HEX.fullmatch(text.strip()):
        return Seal(bytes.fromhex(text.strip()))
    size = f"{len(text.strip())} characters" if isinstance(text, str) else type(text).__name__
    msg = f"{source} is no key ({size}): a key is {2 * KEY_BYTES} hexadecimal digits"
    why = "a shorter one, or words, can be guessed, and with it every user in the state"
    raise EngineError(msg, column="key", why=why, hint=_NEW)


def find_seal(folder: Path, given: str | None, known: str | None) -> tuple[Seal, Path | None]:
    """Return the seal of a state folder, and the file of its key if that had to be made.

    Parameters
    ----------
    folder
        The state.
    given
        A key, or None for the one in ``ATTRIBUTION_KEY``, or else in the file beside the folder.
    known
        The name of the key that the state was written under, None for a state that is to be.

    Raises
    ------
    EngineError
        If there is no key, it is none, or another one.
    """
    place, made = key_file(folder), None
    if given is not None:
        source, seal = "key=", seal_from(given, "key=")
    elif VARIABLE in os.environ:
        source, seal = VARIABLE, seal_from(os.environ[VARIABLE], VARIABLE)
    elif place.exists():
        source, seal = str(place), _read(folder, place)
    elif known is None:
        source, seal, made = str(place), Seal.new(), place
        _make(place, seal)
    else:
        raise _lost(folder, place)
    if known is not None and seal.name != known:
        raise _wrong(folder, place, source, known)
    return seal, made


def _read(folder: Path, place: Path) -> Seal:
    try:
        mode = place.stat().st_mode
        if not stat.S_ISREG(mode):
            msg = f"{str(place)!r}, where the key of the increments is to be, is no file"
            raise EngineError(msg, hint="give the increments another folder")
        text = place.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        msg = f"the key {str(place)!r} of the increments cannot be read: {error.strerror or error}"
        raise EngineError(msg, hint=f"run as the owner of {str(place)!r}") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        logger.warning("others may read the key %s; chmod 600 %s", place, shlex.quote(str(place)))
    if not _HEX.fullmatch(text.strip()):
        msg = f"{str(place)!r} holds no key of increments, which is {2 * KEY_BYTES} hexadecimal digits"
        why = "without its key nobody can read the state"
        hint = f"put the key back, or {_anew(folder)}"
        raise EngineError(msg, why=why, hint=hint)
    return seal_from(text, str(place))


def _make(place: Path, seal: Seal) -> None:
    """Write a new key, all at once; whoever is killed on the way leaves what the next run takes away."""
    draft = place.with_name(f".{place.name}.tmp")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123
            draft.chmod(0o600)
            file.write(f"{seal.secret.hex()}\n")
            file.flush()
            os.fsync(descriptor)
        draft.replace(place)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        msg = f"cannot write the key of the increments to {str(place)!r}: {error.strerror or error}"
        why = (
            "nothing was saved, and nothing is left; users are kept under a key, which lies beside the state"
        )
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise EngineError(msg, why=why, hint="make room, then run again" if full else _NEW) from error


def _lost(folder: Path, place: Path) -> EngineError:
    msg = f"the key of the increments in {str(folder)!r} is not at {str(place)!r}"
    why = "users are kept under that key: without it nobody can tell them, or go on counting"
    hint = f"put the key back, or set {VARIABLE} to it, or {_anew(folder)}"
    return EngineError(msg, column="key", why=why, hint=hint)


def _wrong(folder: Path, place: Path, source: str, known: str) -> EngineError:
    msg = f"the increments in {str(folder)!r} were written under another key than that of {source}"
    why = "users are kept under that key: with another one they would be strangers"
    hint = f"give the key of this state, or {_anew(folder)}"
    with suppress(OSError, EngineError):
        if source != str(place) and place.exists() and _read(folder, place).name == known:
            hint = f"the right key is in {str(place)!r}: " + (
                f"unset {VARIABLE}" if source == VARIABLE else "leave key= out"
            )
    return EngineError(msg, column="key", why=why, hint=hint)


def _anew(folder: Path) -> str:
    """Return how to do without the key: all is counted again."""
    return f"rm -r {shlex.quote(str(folder))}, and run again on the whole log"
