"""Baselines as files: JSON to read and diff, Parquet for large tables, and the folder of a run."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._files import atomic_write
from attribution.credit.credit import Credit
from attribution.errors import BaselineError
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.regression.baseline import (
    AMOUNTS,
    ERRORS,
    Baseline,
    baseline_of,
    renamed,
    settings_hash,
)

if TYPE_CHECKING:
    import pandas as pd

    from attribution.eventlog.eventlog import EventLog
    from attribution.journeys.journeys import Journeys

FORMAT, SCHEMA = "attribution-baseline", 1
_KEY = b"attribution_baseline"
_CREDIT = "credit.parquet"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NORMAL = 2 * 1.959963984540054  # width of a 95% interval in standard errors


def _anew(path: str | Path) -> str:
    """Return the line that writes a baseline anew."""
    return f"at.save_baseline(credit, {os.fspath(path)!r}) writes it anew"


def save_baseline(
    result: Any,
    path: str | os.PathLike[str],
    *,
    journeys: Journeys | None = None,
    log: EventLog | None = None,
) -> Path:
    """Write what `check` compares later results with.

    Parameters
    ----------
    result
        A `Credit`, the result of `run`, or the folder that ``attribution run`` wrote.
    path
        Ends in ``.json`` (readable, sorted, one row of credit a line: made for version control) or
        ``.parquet``.
    journeys, log
        Of a credit: what it was made of. With them the baseline also holds counts of the log (volumes,
        channels, hours, days, values), so that a later check can say what in the data changed. The result
        of a run brings its own.

    Returns
    -------
    pathlib.Path
        The file, written whole or not at all.

    Raises
    ------
    BaselineError
        If the result is none, or the path ends otherwise.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["ad > email", "email"], "conversions": [2, 1], "nulls": [9, 4]})
    >>> credit = at.attribute(journeys, ["linear", "markov"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = at.save_baseline(credit, f"{folder}/credit.json", journeys=journeys)
    ...     at.check(credit, path, journeys=journeys).passed
    True
    """
    place = _path(path)
    writer = _WRITERS.get(place.suffix.lower())
    if writer is None:
        msg = f"{place.name!r} ends neither in .json nor in .parquet"
        raise BaselineError(msg, hint="at.save_baseline(credit, 'baseline.json')")
    writer(as_baseline(result, journeys=journeys, log=log), place)
    return place


def as_baseline(
    result: Any,
    *,
    name: str = "the result",
    journeys: Journeys | None = None,
    log: EventLog | None = None,
) -> Baseline:
    """Return what a check knows of a credit, of a run, of its folder, or of a baseline's file."""
    if isinstance(result, Baseline):
        return result
    if isinstance(result, str | os.PathLike):
        return read_baseline(_path(result))
    if isinstance(getattr(result, "credit", None), Credit):  # the result of a run
        found = baseline_of(result.credit, name=name, journeys=journeys or result.journeys, log=log)
        found = replace(found, inputs=result.manifest.get("inputs"))
        return _with_manifest(found, result.manifest) if found.log is None else found
    return baseline_of(result, name=name, journeys=journeys, log=log)


def read_baseline(path: Path) -> Baseline:
    """Read a baseline, or the outputs of a run as one."""
    try:
        if path.is_dir():
            return _read_run(path / _CREDIT)
        if path.suffix.lower() == ".json":
            document = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(document, dict) and document.get("format") == FORMAT:
                return renamed(_from_document(document, document.get("credit"), path), path.name)
            if isinstance(document, dict) and "outputs" in document and "config" in document:
                return _read_run(path.with_name(_CREDIT))
            msg = f"{path} is JSON, but no baseline"
            raise BaselineError(msg, hint=_anew(path))
        if path.suffix.lower() == ".parquet":
            return _read_run(path)
    except FileNotFoundError as error:
        msg = f"there is no {error.filename or path}"
        raise BaselineError(msg, hint=_anew(path)) from error
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror or error}"
        raise BaselineError(msg) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        if isinstance(error, BaselineError):
            raise
        msg = f"{path} is damaged or no baseline ({type(error).__name__}: {error})"
        raise BaselineError(msg, hint=_anew(path)) from error
    msg = f"{path} is neither a folder of a run nor a .json or .parquet file"
    raise BaselineError(msg, hint="at.check(credit, 'baseline.json')")


def is_broken(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Return whether a run was killed while it moved its outputs to `folder`: its credit is another's.

    The credit is moved first and the manifest last, so the two differ whenever not all was moved. A report
    that somebody wrote remarks into breaks nothing.

    Raises
    ------
    OSError
        If the credit is not there.
    """
    named = {entry["path"]: entry["sha256"] for entry in manifest.get("outputs", ())}
    with (folder / _CREDIT).open("rb") as file:
        return named.get(_CREDIT) != hashlib.file_digest(file, "sha256").hexdigest()


def _path(path: object) -> Path:
    try:
        place = Path(os.fspath(path))  # type: ignore[call-overload] # checked by being tried
    except TypeError as error:
        msg = f"{path!r} is neither a credit nor the path of one"
        raise BaselineError(msg, hint="at.check(credit, 'baseline.json')") from error
    return place


def _read_run(path: Path) -> Baseline:
    """Read a table of credit: a baseline in Parquet, or a run's credit with the manifest beside it."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path).read()
    except pa.ArrowInvalid as error:
        msg = f"{path} is no Parquet file, or damaged ({error})"
        raise BaselineError(msg) from error
    held = (table.schema.metadata or {}).get(_KEY)
    if held is not None:
        document = json.loads(held)
        return renamed(_from_document(document, table.to_pylist(), path), path.name)
    manifest = path.with_name("manifest.json")
    if not manifest.is_file():
        msg = f"{path} has no manifest.json beside it, so its settings are not known"
        raise BaselineError(msg, why="results of other settings must not be compared", hint="attribution run")
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    if "profile" not in facts:
        msg = f"{manifest} has no profile: it was written by an older version of this library"
        raise BaselineError(msg, hint="attribution run")
    if is_broken(path.parent, facts):
        msg = f"{path.parent} is a broken run: its {path.name} is not the file that its manifest.json is of"
        why = "a run was killed while it moved its files, or one was changed since: this is no regression"
        raise BaselineError(
            msg, why=why, hint=f"attribution run {shlex.quote(str(facts.get('job', 'JOB.toml')))}"
        )
    profile = facts["profile"]
    frame = table.to_pandas()
    by = list(profile["settings"]["by"])
    credit = _from_rows(frame.to_dict("list"), by, profile["settings"])
    return _with_manifest(renamed(credit, path.parent.name or str(path)), facts)


def _with_manifest(found: Baseline, manifest: Mapping[str, Any]) -> Baseline:
    profile = manifest.get("profile", {})
    return replace(
        found,
        window=_instants(profile.get("window")) or found.window,
        log=profile.get("log"),
        transitions=found.transitions or profile.get("transitions"),
        inputs=manifest.get("inputs"),
    )


def _from_document(document: Mapping[str, Any], rows: Any, path: Path) -> Baseline:
    schema = document.get("schema")
    if not isinstance(schema, int) or schema > SCHEMA:
        msg = f"{path} has schema {schema!r}, and this version reads up to {SCHEMA}"
        why = "it was written by a newer version, whose numbers may mean something else"
        raise BaselineError(msg, why=why, hint="pip install --upgrade attribution-analytics")
    settings = document["settings"]
    if document["settings_hash"] != settings_hash(settings):
        msg = f"the settings in {path} are not those that its hash is of"
        raise BaselineError(msg, why="somebody changed them by hand", hint=_anew(path))
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    found = _from_rows(columns, list(settings["by"]), settings)
    totals = document["totals"]
    sums = np.array(
        [
            [[float(totals[model][f"{prefix}{name}"]) for model in found.models] for name in AMOUNTS]
            for prefix in ("attributed_", "unattributed_")
        ]
    )
    return replace(
        found,
        totals=sums,
        window=_instants(document.get("window")),
        log=_counts(document.get("log")),
        transitions=_counts(document.get("transitions")),
    )


def _counts(held: Mapping[str, Mapping[str, Any]] | None) -> dict[str, dict[str, float]] | None:
    if held is None:
        return None
    return {part: {key: float(count) for key, count in counts.items()} for part, counts in held.items()}


def _from_rows(columns: Mapping[str, list[Any]], by: list[str], settings: Mapping[str, Any]) -> Baseline:
    """Lay rows of model and cell out as arrays."""
    models = tuple(dict.fromkeys(columns.get("model", ())))
    cells = list(zip(*(columns.get(name, ()) for name in by), strict=True))
    distinct = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    rank = {model: place for place, model in enumerate(models)}
    row = np.array([rank[model] for model in columns.get("model", ())], dtype=np.int64)
    column = np.array([distinct[cell] for cell in cells], dtype=np.int64)
    if len(np.unique(row * len(distinct) + column)) < len(cells):
        msg = "a row of credit comes twice"
        raise ValueError(msg)
    names = [*AMOUNTS, *(f"{name}_se" for name in ERRORS)]
    bounds = {f"{name}_se": f"{name}_ci_" for name in ERRORS}
    layers = []
    for name in names:
        values = columns.get(name)
        if values is None and f"{bounds.get(name)}low" in columns:
            low, high = (
                np.array(columns[f"{bounds[name]}{end}"], dtype=np.float64) for end in ("low", "high")
            )
            values = ((high - low) / _NORMAL).tolist()
        if values is None:
            continue
        layer = np.zeros((len(models), len(distinct)))
        layer[row, column] = np.nan_to_num(np.array(values, dtype=np.float64))
        layers.append(layer)
    if len(layers) not in (len(AMOUNTS), len(names)):
        msg = f"the table of credit has no column {' or '.join(names[:2])}"
        raise BaselineError(msg, column=names[0])
    cost = None
    if "cost" in columns:
        cost = np.full(len(distinct), np.nan)
        cost[column] = np.array(columns["cost"], dtype=np.float64)
    keys = tuple(
        np.array([cell[place] for cell in distinct], dtype=object).reshape(len(distinct))
        for place in range(len(by))
    )
    amounts = np.stack(layers[:2])
    inside = np.asarray(keys[0] != UNATTRIBUTED, dtype=np.bool_) if distinct else np.zeros(0, np.bool_)
    return Baseline(
        name="",
        models=models,
        by=tuple(by),
        keys=keys,
        amounts=amounts,
        totals=np.stack([amounts[:, :, inside].sum(axis=2), amounts[:, :, ~inside].sum(axis=2)]),
        settings=dict(settings),
        errors=np.stack(layers[2:]) if len(layers) > len(AMOUNTS) else None,
        cost=cost,
    )


def document_of(baseline: Baseline) -> dict[str, Any]:
    """Return all of a baseline but its rows, as plain values."""
    settings = dict(baseline.settings)
    document: dict[str, Any] = {
        "format": FORMAT,
        "schema": SCHEMA,
        "settings": settings,
        "settings_hash": settings_hash(settings),
        "totals": {
            model: {
                f"{prefix}{name}": float(baseline.totals[side, measure, place])
                for side, prefix in enumerate(("attributed_", "unattributed_"))
                for measure, name in enumerate(AMOUNTS)
            }
            for place, model in enumerate(baseline.models)
        },
    }
    if baseline.window is not None:
        document["window"] = [
            (_EPOCH + dt.timedelta(microseconds=int(instant))).isoformat() for instant in baseline.window
        ]
    for name in ("log", "transitions"):
        if getattr(baseline, name) is not None:
            document[name] = getattr(baseline, name)
    return document


def _instants(window: Any) -> tuple[int, int] | None:
    if window is None:
        return None
    first, last = (
        (dt.datetime.fromisoformat(text) - _EPOCH) // dt.timedelta(microseconds=1) for text in window
    )
    return first, last


def _rows(frame: pd.DataFrame) -> Iterator[str]:
    names = list(frame.columns)
    for row in zip(*(frame[name].tolist() for name in names), strict=True):
        known = {
            name: value for name, value in zip(names, row, strict=True) if value == value
        }  # NaN is unknown
        yield json.dumps(known, ensure_ascii=False, allow_nan=False)


def _write_json(baseline: Baseline, path: Path) -> None:
    document = document_of(baseline) | {"credit": None}
    frame = baseline.to_frame().sort_values(["model", *baseline.by], kind="stable")
    parts = []
    for name in sorted(document):
        if name == "credit":
            rows = ",\n".join(f"    {row}" for row in _rows(frame))
            text = f"[\n{rows}\n  ]" if rows else "[]"
        else:
            text = json.dumps(document[name], indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
            text = text.replace("\n", "\n  ")
        parts.append(f'  "{name}": {text}')
    with atomic_write(path, text=True) as file:
        file.write("{\n" + ",\n".join(parts) + "\n}\n")


def _write_parquet(baseline: Baseline, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(baseline.to_frame(), preserve_index=False)
    held = json.dumps(document_of(baseline), sort_keys=True, allow_nan=False).encode()
    with atomic_write(path) as file:
        parquet.write_table(table.replace_schema_metadata({_KEY: held}), file)


_WRITERS = {".json": _write_json, ".parquet": _write_parquet}
