"""Job: one run, described in full, as frozen dataclasses; a section of a configuration file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from attribution._display import Display
from attribution.jobs import readers, toml
from attribution.jobs.placeholders import time_zone
from attribution.jobs.readers import Texts
from attribution.jobs.section import Files, NotAKey, Required
from attribution.journeys.options import JourneyOptions
from attribution.language.catalogue import LANGUAGES

if TYPE_CHECKING:
    import pandas as pd

CHANNEL: Texts = ("channel",)
Limit: TypeAlias = Annotated[float | None, toml.not_negative]
GROUPING_CHECKS = ("no_touch", "channels_unmatched")
"""Checks of the audit that are made where channels are grouped."""
IDENTITY_CHECKS = (
    *("identifiers_unmatched", "identified_by_channel", "shared_identifiers", "conflicting_anchors"),
    *("largest_person", "links_after_log", "placeholders"),
)
"""Those that are made where users are stitched."""
EXPORT_CHECKS = ("left_out",)
"""Those that are made where the log is an export."""


@dataclass(frozen=True)
class ExportSettings:
    """Section ``[log.export]``: what the log is an export of (see `read_export`).

    `conversions` maps events to goals; it is empty for formats that mark their conversions themselves.
    """

    name: Annotated[str, Required('name = "ga4"')]
    conversions: Annotated[Mapping[str, str], NotAKey] = field(default_factory=dict)
    timezone: str | None = None
    currency: str | None = None
    refunds: Annotated[str, toml.choice("net", "remove", "ignore")] = "net"
    own_domains: Texts = ()


@dataclass(frozen=True)
class QuerySettings:
    """Section ``[log.query]``: the queries that give touches and conversions (see `Query`).

    `connection` is the name of the environment's variable that holds the address of the database.
    """

    connection: Annotated[str, Required('connection = "WAREHOUSE"')]
    touches: Annotated[str, Required('touches = "SELECT user_id, time, channel FROM touches"')]
    conversions: str = ""
    hashed: Texts = ()


@dataclass(frozen=True)
class LogSettings:
    """Section ``[log]``: where touches and conversions lie, and how to read them (see `read_log`).

    `twins` says what becomes of a file whose bytes are those of another: ``"refuse"``, ``"skip"`` or
    ``"count"``. With `export` the files are those of an export: `touches` is the export and `conversions`
    the table of its orders where that is another file; of a format without touches, `conversions` is the
    export. With `query` there are no files.
    """

    touches: Annotated[Texts, Files] = ()
    conversions: Annotated[Texts, Files] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    invalid: Annotated[str, toml.choice("raise", "drop")] = "raise"
    drop_limit: Annotated[float | None, toml.not_negative] = None
    missing_value: Annotated[float | None, toml.number] = None
    hash_bits: Annotated[int, readers.hash_bits] = 64
    twins: Annotated[str, toml.choice("refuse", "skip", "count")] = "refuse"
    export: Annotated[ExportSettings | None, NotAKey] = None
    query: Annotated[QuerySettings | None, NotAKey] = None


@dataclass(frozen=True)
class IdentitySettings:
    """Section ``[identity]``: what says that identifiers are one person's (see `stitch`).

    Each of `tables` is a table of its own. `salt` is the name of the environment's variable that holds the
    secret.
    """

    tables: Annotated[Texts, Files, Required('tables = "logins.parquet"')]
    kinds: Annotated[Mapping[str, str], NotAKey] = field(default_factory=dict)
    user: str | None = None
    time: str | None = None
    when: Annotated[str, toml.choice("nearest", "ever", "after")] = "nearest"
    within: Annotated[str | None, toml.duration] = None
    region: str | None = None
    blocked: Texts = ()
    salt: str | None = None


@dataclass(frozen=True)
class AuditSettings:
    """Section ``[audit]``: whether to audit the log, and which failed checks make the run exit with 1.

    `fail_on` is ``()`` (none, the default), ``("any",)``, or names of checks; the outputs are written in
    every case, because the report is where the findings are read. The rest are the thresholds of
    `EventLog.audit`, None for its own.
    """

    enabled: bool = True
    fail_on: Annotated[Texts, readers.fail_on] = ()
    busy_touches: Annotated[int | None, toml.whole(1)] = None
    outlier_deviations: Annotated[float | None, toml.positive] = None
    most_without_touch: Annotated[float | None, toml.positive] = None


@dataclass(frozen=True)
class ChannelSettings:
    """Section ``[channels]``: grouping of raw sources into channels (see `EventLog.group_channels`).

    `rules` is None for the default channel grouping.
    """

    rules: tuple[Mapping[str, str], ...] | None = None
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    unmatched: str | None = None
    own_domains: Texts | None = None


@dataclass(frozen=True)
class ModelSettings:
    """One entry of ``models``: a model's name, the label it gets in the tables, and its parameters."""

    label: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SpendSettings:
    """Section ``[spend]``: the table of costs (see `Credit.with_spend`).

    With `platform` it is a report as an ad platform hands it out (see `read_spend`): its name, or ``"auto"``
    to find that out. `channel` is the channel that such costs are of, None for what the report tells.
    """

    path: Annotated[str, Required('path = "spend.parquet"')]
    outside: Literal["drop", "keep"] = "drop"
    platform: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class ReportSettings:
    """Section ``[report]``: how the report looks; no number depends on it (see `report`).

    Without `sections` it has all that there is something to say about. Without a title of its own it has
    that of its language.
    """

    title: str = "Marketing attribution"
    currency: str = ""
    decimals: Annotated[int | None, toml.whole(0)] = None
    top_paths: Annotated[int, toml.whole(0)] = 20
    sections: Texts = ()
    logo: str | None = None
    language: Annotated[str, toml.choice(*LANGUAGES)] = "en"


@dataclass(frozen=True)
class ExperimentSettings:
    """One entry of ``[[holdouts]]`` (`analyze_holdout`) or ``[[geo_tests]]`` (`analyze_geo`): one test.

    `path` is the table of users or the panel; `options` are further arguments of the function.
    """

    channel: str
    kind: Literal["holdout", "geo"]
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CalibrationSettings:
    """Section ``[calibration]``: which model's credit the experiments calibrate (see `calibrate`)."""

    model: str
    measure: Literal["conversions", "value"] = "conversions"
    blocked: Literal["refuse", "drop"] = "refuse"


@dataclass(frozen=True)
class BudgetSettings:
    """Section ``[budget]``: what the calibrated credit says of the spend (see `advise_budget`)."""

    margin: Annotated[float | None, toml.positive] = None
    per_conversion: Annotated[float | None, toml.positive] = None
    elasticity: Annotated[tuple[float, float] | None, readers.two_parts] = None


@dataclass(frozen=True)
class IncrementSettings:
    """Section ``[increments]``: read only what is new (see `Increments`); the folder as for ``[output]``."""

    folder: Annotated[str, Required('folder = "state"')]
    period: Annotated[str, toml.choice("day", "week", "month")] = "day"
    late_by: Annotated[str, toml.late_by] = "3D"


@dataclass(frozen=True)
class EngineSettings:
    """Section ``[engine]``: where the work is done (see `attribute` and `Stream`)."""

    name: Annotated[str, toml.choice("auto", "memory", "stream")] = "auto"
    memory: str | None = None
    processes: Annotated[int | None, toml.whole(1)] = None
    folder: str | None = None


@dataclass(frozen=True)
class OutputSettings:
    """Section ``[output]``: the folder for the outputs, relative to the working directory.

    Where the folder's name holds a date, `keep` is how many of these folders stay, None for all of them,
    and `pattern` is the name with its dates left open; empty without a date. With `allow_empty` a run without
    a single conversion is written like any other; else it fails and leaves what an earlier run wrote.
    """

    folder: str = "out"
    keep: Annotated[int | None, toml.whole(1)] = None
    pattern: Annotated[str, NotAKey] = ""
    allow_empty: bool = False


@dataclass(frozen=True)
class CheckSettings:
    """Section ``[check]``: compare the result with a baseline before it is written.

    `baseline` is a file, or ``"previous"`` for the run before; `fail` says whether a failed check makes the
    run exit with 1. The rest are the arguments of the regression check, None for its own.
    """

    baseline: Annotated[str, Required('baseline = "previous"')]
    mode: Literal["pinned", "nightly"] = "nightly"
    fail: bool = True
    rtol: Limit = None
    atol: Limit = None
    share_points: Limit = None
    ranks: Limit = None
    sampling: Annotated[float | bool | None, readers.sampling] = None
    drift: Limit = None
    history: Limit = None
    alpha: Annotated[float | None, readers.level] = None
    despite: Texts = ()


@dataclass(frozen=True)
class ScheduleSettings:
    """Section ``[schedule]``: the time zone in which "today" is meant; no number depends on it."""

    timezone: Annotated[str, time_zone] = "UTC"


@dataclass(frozen=True, repr=False)
class Job(Display):
    """One run, described in full: what `run` reads, does and writes.

    Attributes
    ----------
    path
        The configuration file.
    log, audit, channels, journeys, models, by, engine, increments, spend, report, output, check, schedule
        One attribute a section. `audit`, `channels`, `increments`, `spend`, `check`, `calibration`,
        `budget` and `identity` are None where the file has no such section; a log that is held in memory is
        then audited all the same.
    bootstrap, rng
        Replicates for intervals, None for none, and the seed that they are drawn with.
    experiments
        The tests of ``[[holdouts]]`` and ``[[geo_tests]]``.
    calibration
        What they calibrate.
    budget
        What that says of the spend.
    identity
        What says who is one person.
    date
        The day that the run is for, such as ``"2026-11-21"``: what placeholders were filled with.
    """

    path: str
    log: LogSettings
    models: tuple[ModelSettings, ...]
    by: Texts = CHANNEL
    audit: AuditSettings | None = None
    channels: ChannelSettings | None = None
    journeys: JourneyOptions = field(default_factory=JourneyOptions)
    engine: EngineSettings = EngineSettings()
    increments: IncrementSettings | None = None
    spend: SpendSettings | None = None
    report: ReportSettings = ReportSettings()
    output: OutputSettings = OutputSettings()
    check: CheckSettings | None = None
    schedule: ScheduleSettings = ScheduleSettings()
    date: str = ""
    bootstrap: int | None = None
    rng: int = 0
    experiments: tuple[ExperimentSettings, ...] = ()
    calibration: CalibrationSettings | None = None
    budget: BudgetSettings | None = None
    identity: IdentitySettings | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the job as nested plain values, as the manifest stores it."""
        return asdict(self)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a setting: its key path and its value."""
        import pandas as pd

        return pd.DataFrame(list(toml.flatten(self.to_dict())), columns=["setting", "value"])

    def _title(self) -> str:
        return f"Job {self.path}"
