"""Section ``[identity]``: tables of identifiers by which the log's users are put together to persons."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution.errors import LogError
from attribution.jobs import toml
from attribution.jobs.doors import toml_of
from attribution.jobs.job import IdentitySettings
from attribution.jobs.query_section import variable
from attribution.jobs.readers import Texts
from attribution.jobs.section import taken
from attribution.jobs.toml import Reader, Table
from attribution.tables.files import open_files

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog


def identity_of(table: Table | None, inputs: Reader[Texts]) -> IdentitySettings | None:
    """Return the section, None where there is none; note what is wrong with it."""
    if table is None:
        return None
    kinds = table.section("kinds")
    told = {column: kinds.take(column, _kind, "") for column in kinds.values} if kinds is not None else {}
    if kinds is not None:
        kinds.finish()
    settings = IdentitySettings(**taken(IdentitySettings, table, inputs, salt=variable), kinds=told)
    table.finish()
    return settings


def _kind(value: Any, where: str) -> str:
    """Read the name of a kind."""
    from attribution.eventlog.identity.kinds import KINDS

    return toml.choice(*KINDS)(value, where)


def identity_files(settings: IdentitySettings | None) -> list[Path]:
    """Return the files of the identifiers.

    Raises
    ------
    LogError
        If one is not there.
    """
    if settings is None:
        return []
    return [path for table in settings.tables for path in open_files([table], "identities").files]


def stitched(log: EventLog, settings: IdentitySettings | None) -> EventLog:
    """Return the log of persons, where the job has identifiers; these are read.

    Raises
    ------
    LogError
        If they link nobody, or the secret is not set.
    """
    from attribution.eventlog.identity.stitching import stitch

    if settings is None:
        return log
    salt = None
    if settings.salt is not None:
        salt = os.environ.get(settings.salt)
        if not salt:
            msg = (
                f"the variable {settings.salt} is not set, which [identity] names as the one that "
                f"holds the secret"
            )
            raise LogError(msg, column="identity.salt", hint=f"export {settings.salt}=...")
    options: Mapping[str, Any] = {
        "kinds": dict(settings.kinds) or None,
        "user": settings.user,
        "time": settings.time,
        "when": settings.when,
        "within": settings.within,
        "region": settings.region,
        "blocked": settings.blocked,
        "salt": salt,
    }
    try:
        return stitch(log, [open_files([table], "identities") for table in settings.tables], **options)
    except LogError as error:
        raise error.with_hint(toml_of(error.hint or "", section="identity")) from error
