"""Section ``[spend]``: the table of costs, or the report of an ad platform."""

from __future__ import annotations

from attribution._fixes import toml_value
from attribution.jobs import toml
from attribution.jobs.job import SpendSettings
from attribution.jobs.readers import Texts
from attribution.jobs.section import taken
from attribution.jobs.toml import Reader, Table, mistake


def spend_of_section(table: Table | None, inputs: Reader[Texts]) -> SpendSettings | None:
    """Read the section; None where there is none."""
    if table is None:
        return None
    from attribution.credit.spend_report import PLATFORMS

    settings = taken(SpendSettings, table, inputs, path=inputs, platform=toml.choice("auto", *PLATFORMS))
    paths = settings["path"]
    if len(paths) > 1:
        problem, hint = f"needs one file, got {len(paths)}", f"path = {toml_value(paths[0])}"
        table.mistakes.append(mistake(table.at("path"), problem, hint=hint))
    if settings["channel"] is not None and settings["platform"] is None:
        problem = "is only for the report of an ad platform"
        table.mistakes.append(mistake(table.at("channel"), problem, hint='platform = "auto"'))
    table.finish()
    return SpendSettings(**settings | {"path": paths[0]}) if paths else None
