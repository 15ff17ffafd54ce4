"""Section ``[log.export]``: what the files of ``[log]`` are an export of."""

from __future__ import annotations

from attribution.jobs import toml
from attribution.jobs.job import ExportSettings
from attribution.jobs.readers import Texts
from attribution.jobs.section import taken
from attribution.jobs.toml import Reader, Table, mistake

_SAID_BY_THE_FORMAT = ("schema", "invalid", "drop_limit", "missing_value", "hash_bits")


def export_of(log: Table, inputs: Reader[Texts]) -> ExportSettings | None:
    """Read ``export = "ga4"``, or the section with what else there is to say."""
    from attribution.exports.presets import EXPORTS

    for key in _SAID_BY_THE_FORMAT if "export" in log.values else ():
        if key in log.values:
            log.mistakes.append(mistake(log.at(key), "says what [log.export] says already"))
    if isinstance(log.values.get("export"), str):
        return ExportSettings(log.take("export", toml.choice(*EXPORTS), ""))
    table = log.section("export")
    if table is None:
        return None
    events = table.section("conversions")
    settings = ExportSettings(
        **taken(ExportSettings, table, inputs, name=toml.choice(*EXPORTS)),
        conversions={}
        if events is None
        else {event: events.take(event, toml.text, "") for event in events.values},
    )
    table.finish()
    return settings
