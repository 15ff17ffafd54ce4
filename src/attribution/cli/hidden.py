"""Ids as keyed hashes: what a command prints is copied into tickets and chats."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from hashlib import blake2b

import pyarrow as pa

from attribution.diagnostics import CheckResult, CheckResults
from attribution.engines.shared.sealing import Seal
from attribution.engines.shared.state_key import VARIABLE, seal_from
from attribution.tables.keys import no_ids


def without_ids(checks: CheckResults, columns: Collection[str]) -> CheckResults:
    """Return checks whose example rows show keyed hashes in some columns.

    Parameters
    ----------
    checks
        The checks.
    columns
        Columns of ids. What is no id, such as null or ``"(not set)"``, is shown: it is what is wrong.

    Raises
    ------
    EngineError
        If ``ATTRIBUTION_KEY`` is set and no key.
    """
    found = os.environ.get(VARIABLE)
    seal = Seal.new() if found is None else seal_from(found, VARIABLE)
    return CheckResults(_hidden(check, columns, seal) for check in checks)


def _hidden(check: CheckResult, columns: Collection[str], seal: Seal) -> CheckResult:
    rows = tuple(
        {name: token(value, seal) if name in columns else value for name, value in row.items()}
        for row in check.rows
    )
    return replace(check, rows=rows)


def token(value: object, seal: Seal) -> object:
    """Return the keyed hash of an id, ``"id-"`` and ten hexadecimal digits; what is no id as it is."""
    if value is None:
        return None
    text = str(value)
    missing, cut = no_ids(pa.array([text]))
    if missing is not None or cut is not None:
        return value
    return (
        "id-" + blake2b(text.encode(), key=seal.secret, person=b"attribution-show", digest_size=5).hexdigest()
    )
