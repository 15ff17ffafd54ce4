"""What a run reads: the log that it opens, its files, and those of them that are there twice."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution.errors import CreditError, LogError
from attribution.jobs.check_section import baseline_file
from attribution.jobs.doors import toml_of
from attribution.jobs.experiments import experiment_files
from attribution.jobs.identity_section import identity_files, stitched
from attribution.jobs.job import ExportSettings, Job, LogSettings, SpendSettings
from attribution.jobs.manifest import Fingerprint, fingerprints
from attribution.jobs.query_section import queries

if TYPE_CHECKING:
    from attribution.credit.spend_report import SpendReport
    from attribution.eventlog.eventlog import EventLog
    from attribution.tables.files import FilesSource
    from attribution.tables.sources import Source

logger = logging.getLogger(__name__)

# How systems and browsers name a copy: "a (1)", "a - Copy", "Copy of a", "a copie", "a - Kopie", "a copia".
_COPY = re.compile(r"\(\d+\)|\b(?:copy|copie|kopie|copia)\b", re.IGNORECASE)
_HEADER = 1 << 16  # a text file with one line in its first bytes holds no rows


def open_log(job: Job) -> EventLog:
    """Open the log of a job; no rows are read but those of identifiers.

    Raises
    ------
    LogError
        If it cannot be opened, or two of a table's files have the same bytes and the job does not say what
        that means.
    """
    from attribution.eventlog.read import read_log

    settings = job.log
    if settings.export is not None:
        return _grouped(job, stitched(_read_export(settings, settings.export), job.identity))
    touches: Any = _one_or_many(settings.touches)
    conversions: Any = _one_or_many(settings.conversions) if settings.conversions else None
    if settings.query is not None:
        touches, conversions = queries(settings.query)
    log = read_log(
        touches,
        conversions,
        dict(settings.schema),
        invalid=settings.invalid,
        **({} if settings.drop_limit is None else {"drop_limit": settings.drop_limit}),
        missing_value=settings.missing_value,
        hash_bits=settings.hash_bits,
    )
    if settings.twins != "count":
        touches = _without_twins(log.touches, settings.twins)
        conversions = None if log.conversions is None else _without_twins(log.conversions, settings.twins)
        log = replace(log, touches=touches, conversions=conversions)
    return _grouped(job, stitched(log, job.identity))


def _read_export(settings: LogSettings, export: ExportSettings) -> EventLog:
    """Read an export; of a format without touches the conversions are the export."""
    from attribution.exports.presets import EXPORTS
    from attribution.exports.read_export import read_export

    options = {key: value for key, value in asdict(export).items() if key != "name"}
    options["conversions"] = options["conversions"] or None
    touches, others = (
        _one_or_many(settings.touches),
        _one_or_many(settings.conversions) if settings.conversions else None,
    )
    has_touches = bool(EXPORTS[export.name].touches)
    if others is None and not has_touches:
        msg = f"{export.name} exports hold conversions only, and [log] names no other file"
        raise LogError(
            msg,
            column="log.conversions",
            hint='[log] conversions = "orders.csv"',
        )
    try:
        if has_touches:
            return read_export(touches, export.name, orders=others, **options)
        return read_export(others, export.name, touches=touches, **options)
    except LogError as error:
        raise error.with_hint(toml_of(error.hint or "", section="log.export")) from error


def _grouped(job: Job, log: EventLog) -> EventLog:
    """Group the channels of a log, where the job says how."""
    if job.channels is None:
        return log
    options = {key: value for key, value in asdict(job.channels).items() if value is not None}
    return log.group_channels(options.pop("rules", None), **options)


def spend_files(job: Job) -> list[Path]:
    """Return the file of the costs, if there is one.

    Raises
    ------
    CreditError
        If it is not there.
    """
    if job.spend is None:
        return []
    path = Path(job.spend.path)
    if not path.is_file():
        msg = f"there is no spend table at {path}"
        raise CreditError(msg, column="spend.path", hint="paths are relative to the configuration file")
    return [path]


def spend_of(settings: SpendSettings) -> str | SpendReport:
    """Return the costs of a job: a table as it is, or what the report of a platform says."""
    if settings.platform is None:
        return settings.path
    from attribution.credit.spend_report import read_spend

    platform = None if settings.platform == "auto" else settings.platform
    try:
        return read_spend(settings.path, platform, channel=settings.channel)
    except CreditError as error:
        raise error.with_hint(toml_of(error.hint or "", section="spend")) from error


def _rate_files(job: Job) -> list[Path]:
    return [Path(job.journeys.rates)] if isinstance(job.journeys.rates, str) else []


def input_files(job: Job, log: EventLog, *, hashed: bool = True) -> list[Fingerprint]:
    """Return what tells whether any input of a job has changed.

    With increments the files of the log are not hashed: that would mean reading what a run does not read.
    """
    others = [*spend_files(job), *_rate_files(job), *baseline_file(job), *experiment_files(job)]
    others += identity_files(job.identity)
    files = fingerprints([Path(job.path), *others], hashed=hashed)
    return files + fingerprints([*log.files], hashed=hashed and job.increments is None)


def _one_or_many(paths: tuple[str, ...]) -> str | list[str]:
    return paths[0] if len(paths) == 1 else list(paths)


def _without_twins(source: Source, twins: str) -> Source:
    """Refuse or leave out files whose bytes are those of another: delivered twice, they would count twice.

    Files in different partitions (``channel=email/``, ``channel=search/``) are no twins: the folder's name is
    a column. Neither are files without rows.
    """
    from attribution.tables.files import FilesSource

    if not isinstance(source, FilesSource) or len(source.members) < 2:
        return source
    extra = _twins(source)
    if not extra:
        return source
    first, original = next(iter(extra.items()))
    others = f", and {len(extra) - 1} more like it" if len(extra) > 1 else ""
    text = f"{source.table}: {str(first)!r} has the same bytes as {str(original)!r}{others}"
    if twins == "refuse":
        raise LogError(
            text,
            why="its rows would count twice",
            hint='remove it, or [log] twins = "skip" to leave such files out, "count" for rows meant so',
        )
    logger.warning("%s: left out, its rows would count twice", text)
    return FilesSource([member for member in source.members if member[0].path not in extra], source.table)


def _twins(source: FilesSource) -> dict[Path, Path]:
    """Return the files that are another's twin, with that other; only files of one size are read."""
    sizes: dict[tuple[object, ...], list[Path]] = defaultdict(list)
    for file, keys in source.members:
        try:
            size = file.path.stat().st_size
        except OSError as error:
            msg = f"cannot read {file.path}: {error.strerror or error}"
            raise LogError(msg) from error
        if file.n_rows != 0:
            sizes[(size, *sorted(keys.items()))].append(file.path)
    found: dict[Path, Path] = {}
    for paths in sizes.values():
        if len(paths) > 1:
            found |= same_bytes(paths)
    return found


def same_bytes(paths: Iterable[Path]) -> dict[Path, Path]:
    """Return the files that hold what another holds, each with the one that it is a copy of."""
    first: dict[str | None, Path] = {}
    found: dict[Path, Path] = {}
    for file in fingerprints(sorted(paths, key=_how_original)):
        original = first.setdefault(file.sha256, file.path)
        if original != file.path and not _is_header_only(file.path):
            found[file.path] = original
    return found


def _how_original(path: Path) -> tuple[bool, int, int, str]:
    """Return what sorts a file before its copies: they say so in their names, or are younger, or longer."""
    return _COPY.search(path.stem) is not None, path.stat().st_mtime_ns, len(path.name), path.name


def _is_header_only(path: Path) -> bool:
    """Return whether a text file holds one line at most, and so no rows."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
    return len(head) < _HEADER and not head.startswith((b"PAR1", b"ARROW1")) and len(head.splitlines()) <= 1
