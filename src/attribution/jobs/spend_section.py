"""Section ``[spend]``: the table of costs, or the report of an ad platform."""

from __future__ import annotations

from attribution._fixes import toml_value
from attribution.jobs import toml
from attribution.jobs.job import SpendSettings, Texts
from attribution.jobs.toml import Reader, Table, mistake

_NONE: Texts = ()


def spend_of_section(table: Table | None, inputs: Reader[Texts]) -> SpendSettings | None:
    """Read the section; None where there is none."""
    if table is None:
        return None
    from attribution.credit.spend_report import PLATFORMS

    table.require("path", 'path = "spend.parquet"')
    paths = table.take("path", inputs, _NONE)
    if len(paths) > 1:
        problem, hint = f"needs one file, got {len(paths)}", f"path = {toml_value(paths[0])}"
        table.mistakes.append(mistake(table.at("path"), problem, hint=hint))
    outside = table.take("outside", toml.choice("drop", "keep"), "drop")
    platform = table.take("platform", toml.choice("auto", *PLATFORMS), None)
    channel = table.take("channel", toml.text, None)
    if channel is not None and platform is None:
        problem = "is only for the report of an ad platform"
        table.mistakes.append(mistake(table.at("channel"), problem, hint='platform = "auto"'))
    table.finish()
    settings = SpendSettings(
        paths[0] if paths else "", "keep" if outside == "keep" else "drop", platform, channel
    )
    return settings if paths else None
