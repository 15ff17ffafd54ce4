"""A small simulated log with a configuration beside it, for tests of the whole flow."""

from __future__ import annotations

from pathlib import Path

CONFIG = """
models = ["last_touch", "linear", {{name = "time_decay", half_life = "7D"}}]

[log]
touches = "touches.parquet"
conversions = "conversions.parquet"

[audit]
enabled = {audit}
{fail_on}

[journeys]
goal = "purchase"

[spend]
path = "spend.parquet"

[report]
title = "A test"
{sections}
currency = "EUR"

[output]
folder = {folder!r}
"""


def write_job(
    data: Path,
    folder: Path,
    *,
    audit: bool = False,
    fail_on: str = "",
    more: str = "",
    whole: bool = True,
) -> Path:
    """Write a configuration beside the data; its outputs go to `folder`.

    A report that is not `whole` has its findings alone: drawings take most of the time of a small run.
    """
    text = CONFIG.format(
        audit=str(audit).lower(),
        fail_on=f"fail_on = {fail_on}" if fail_on else "",
        folder=str(folder),
        sections="" if whole else 'sections = ["findings"]',
    )
    path = data / f"{folder.name}.toml"
    path.write_text(text + more, encoding="utf-8")
    return path
