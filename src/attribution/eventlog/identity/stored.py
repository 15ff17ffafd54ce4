"""An identity on disk: one file of arrays in a folder, without the secret that its hashes are kept under."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from attribution._checks import single_name
from attribution._files import atomic_write
from attribution.errors import LogError, OutputError
from attribution.eventlog.identity.forest import Persons
from attribution.eventlog.identity.identity import Identity
from attribution.eventlog.identity.kinds import Kind
from attribution.eventlog.identity.links import Links
from attribution.eventlog.identity.normalise import Normaliser
from attribution.eventlog.identity.people import People
from attribution.kernels.keyed import key_of

FILE = "identity.npz"
_FORM = 1
_AGAIN = "a folder that an identity was written to"
_LINKS = ("node", "node_kind", "left", "right", "count", "first", "last")
_PERSONS = ("label", "name", "anchored", "shared", "refused")
_PEOPLE = ("ids", "person", "timed", "offsets", "time", "user")


def write(identity: Identity, folder: str | Path) -> None:
    """Write an identity; `Identity.write` documents it."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot make the folder {str(folder)!r}: {error.strerror or error}"
        raise OutputError(msg, hint="a folder that may be written to") from error
    links, persons, people = identity.links, identity.persons, identity.people
    facts = {
        "form": _FORM,
        "kinds": [asdict(kind) for kind in links.kinds],
        "user": identity.user,
        "when": identity.when,
        "within": identity.within,
        "placeholders": dict(identity.placeholders),
        "normaliser": asdict(people.normaliser),
        "key": _proof(people.key),
    }
    arrays: dict[str, Any] = {f"links.{name}": getattr(links, name) for name in _LINKS}
    arrays |= {f"persons.{name}": getattr(persons, name) for name in _PERSONS}
    arrays |= {f"people.{name}": getattr(people, name) for name in _PEOPLE}
    arrays |= {f"forest.{name}": getattr(persons.forest, name) for name in ("data", "indices", "indptr")}
    with atomic_write(folder / FILE, private=True) as file:
        np.savez(file, facts=np.array(json.dumps(facts)), **arrays)


def read_identity(folder: str | Path, *, salt: str | None = None) -> Identity:
    """Read an identity that `Identity.write` wrote, to apply it to another log: ``at.stitch(log, identity)``.

    Parameters
    ----------
    folder
        Where it was written to.
    salt
        The secret that it was made with, if there was one; it is not in the folder.

    Returns
    -------
    Identity

    Raises
    ------
    LogError
        If there is none, it is damaged or of another version, or `salt` is not the secret that it was made
        with.

    Examples
    --------
    >>> import tempfile
    >>> import attribution as at
    >>> touches = {"device_id": ["a", "b"], "time": ["2026-03-01"] * 2, "channel": ["social", "search"]}
    >>> log = at.read_log(touches, {"device_id": ["b"], "time": ["2026-03-03"]}, {"user": "device_id"})
    >>> logins = {"device_id": ["a", "b"], "customer_id": ["ann"] * 2, "time": ["2026-02-01"] * 2}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     at.stitch(log, logins).identity.write(folder)
    ...     kept = at.read_identity(folder)
    >>> at.stitch(log, kept).identity.n_persons
    1
    """
    single_name(salt, "salt", error=LogError, optional=True)
    path = Path(folder) / FILE
    if not path.is_file():
        msg = f"there is no identity in {str(folder)!r}"
        raise LogError(msg, column="folder", hint=_AGAIN)
    try:
        with np.load(path) as stored:
            facts = json.loads(str(stored["facts"]))
            arrays = {name: stored[name] for name in stored.files if name != "facts"}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        msg = f"{str(path)!r} is damaged, or no identity"
        raise LogError(msg, column="folder", hint=_AGAIN) from error
    if facts.get("form") != _FORM:
        msg = f"{str(path)!r} was written by another version"
        raise LogError(msg, column="folder", hint=_AGAIN)
    key = None if salt is None else key_of(salt)
    if _proof(key) != facts["key"]:
        said = "without a secret" if facts["key"] is None else "under another secret"
        msg = f"the identity in {str(folder)!r} was made {said}"
        why = "no identifier of a log would be found in it"
        hint = (
            f"at.read_identity({str(folder)!r})"
            if facts["key"] is None
            else "salt= the secret it was made with"
        )
        raise LogError(msg, column="salt", why=why, hint=hint)
    return _made(facts, arrays, key)


def _made(facts: dict[str, Any], arrays: dict[str, Any], key: tuple[int, int] | None) -> Identity:
    from scipy.sparse import csr_matrix

    kinds = tuple(Kind(**kind) for kind in facts["kinds"])
    links = Links(kinds, *(arrays[f"links.{name}"] for name in _LINKS))
    n = len(links.node)
    forest = csr_matrix(tuple(arrays[f"forest.{name}"] for name in ("data", "indices", "indptr")), (n, n))
    persons = Persons(**{name: arrays[f"persons.{name}"] for name in _PERSONS}, forest=forest)
    told = facts["normaliser"]
    normaliser = Normaliser(**(told | {"blocked": tuple(told["blocked"])}))
    found = {name: arrays[f"people.{name}"] for name in _PEOPLE}
    people = People(normaliser, **found, when=facts["when"], within=facts["within"], key=key)
    return Identity(
        facts["user"], facts["when"], facts["within"], links, persons, people, facts["placeholders"]
    )


def _proof(key: tuple[int, int] | None) -> str | None:
    """Return what tells whether a secret is the right one, and nothing of it."""
    if key is None:
        return None
    return blake2b(repr(key).encode(), digest_size=8, person=b"attribution-idk").hexdigest()
