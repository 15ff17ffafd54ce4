"""Job: one run, described in full, as frozen dataclasses; a section of a configuration file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attribution._display import Display
from attribution.jobs import toml
from attribution.journeys.options import JourneyOptions

if TYPE_CHECKING:
    import pandas as pd

Texts: TypeAlias = tuple[str, ...]
CHANNEL: Texts = ("channel",)

AUDIT_CHECKS = (
    *("null_keys", "unreadable_entries", "no_touch", "mixed_clocks", "times_out_of_range", "times_in_future"),
    *("missing_days", "log_stops", "exact_duplicates", "ties", "sequence_order", "channel_spelling"),
    *("label_spelling", "blank_channels", "busy_users", "channels_unmatched", "conversion_rate"),
    *("conversions_without_touch", "conversions_before_first_touch", "duplicate_orders", "values_missing"),
    *("values_negative", "value_outliers", "guest_ids", "value_currencies", "left_out"),
)
"""What `EventLog.audit` checks, without importing it."""
GROUPING_CHECKS = ("no_touch", "channels_unmatched")
"""Those of them that are made where channels are grouped."""
EXPORT_CHECKS = ("left_out",)
"""Those of them that are made where the log is an export."""


@dataclass(frozen=True)
class ExportSettings:
    """Section ``[log.export]``: what the log is an export of (see `read_export`).

    `conversions` maps events to goals; it is empty for formats that mark their conversions themselves.
    """

    name: str
    conversions: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    currency: str | None = None
    refunds: str = "net"
    own_domains: Texts = ()


@dataclass(frozen=True)
class LogSettings:
    """Section ``[log]``: where touches and conversions lie, and how to read them (see `read_log`).

    `twins` says what becomes of a file whose bytes are those of another: ``"refuse"``, ``"skip"`` or
    ``"count"``. With `export` the files are those of an export: `touches` is the export and `conversions`
    the table of its orders where that is another file; of a format without touches, `conversions` is the
    export.
    """

    touches: Texts
    conversions: Texts = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    invalid: str = "raise"
    drop_limit: float | None = None
    missing_value: float | None = None
    hash_bits: int = 64
    twins: str = "refuse"
    export: ExportSettings | None = None


@dataclass(frozen=True)
class AuditSettings:
    """Section ``[audit]``: whether to audit the log, and which failed checks make the run exit with 1.

    `fail_on` is ``()`` (none, the default), ``("any",)``, or names of checks; the outputs are written in
    every case, because the report is where the findings are read. The rest are the thresholds of
    `EventLog.audit`, None for its own.
    """

    enabled: bool = True
    fail_on: Texts = ()
    busy_touches: int | None = None
    outlier_deviations: float | None = None
    most_without_touch: float | None = None


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

    path: str
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
    decimals: int | None = None
    top_paths: int = 20
    sections: Texts = ()
    logo: str | None = None
    language: str = "en"


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
class IncrementSettings:
    """Section ``[increments]``: read only what is new (see `Increments`); the folder as for ``[output]``."""

    folder: str
    period: str = "day"
    late_by: str = "3D"


@dataclass(frozen=True)
class EngineSettings:
    """Section ``[engine]``: where the work is done (see `attribute` and `Stream`)."""

    name: str = "auto"
    memory: str | None = None
    processes: int | None = None
    folder: str | None = None


@dataclass(frozen=True)
class OutputSettings:
    """Section ``[output]``: the folder for the outputs, relative to the working directory.

    Where the folder's name holds a date, `keep` is how many of these folders stay, None for all of them,
    and `pattern` is the name with its dates left open; empty without a date. With `allow_empty` a run without
    a single conversion is written like any other; else it fails and leaves what an earlier run wrote.
    """

    folder: str = "out"
    keep: int | None = None
    pattern: str = ""
    allow_empty: bool = False


@dataclass(frozen=True)
class CheckSettings:
    """Section ``[check]``: compare the result with a baseline before it is written.

    `baseline` is a file, or ``"previous"`` for the run before; `fail` says whether a failed check makes the
    run exit with 1. The rest are the arguments of the regression check, None for its own.
    """

    baseline: str
    mode: Literal["pinned", "nightly"] = "nightly"
    fail: bool = True
    rtol: float | None = None
    atol: float | None = None
    share_points: float | None = None
    ranks: float | None = None
    sampling: float | bool | None = None
    drift: float | None = None
    history: float | None = None
    alpha: float | None = None
    despite: Texts = ()


@dataclass(frozen=True)
class ScheduleSettings:
    """Section ``[schedule]``: the time zone in which "today" is meant; no number depends on it."""

    timezone: str = "UTC"


@dataclass(frozen=True, repr=False)
class Job(Display):
    """One run, described in full: what `run` reads, does and writes.

    Attributes
    ----------
    path
        The configuration file.
    log, audit, channels, journeys, models, by, engine, increments, spend, report, output, check, schedule
        One attribute a section. `audit`, `channels`, `increments`, `spend`, `check` and `calibration` are
        None where the file has no such section; a log that is held in memory is then audited all the same.
    bootstrap, rng
        Replicates for intervals, None for none, and the seed that they are drawn with.
    experiments
        The tests of ``[[holdouts]]`` and ``[[geo_tests]]``.
    calibration
        What they calibrate.
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

    def to_dict(self) -> dict[str, Any]:
        """Return the job as nested plain values, as the manifest stores it."""
        return asdict(self)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a setting: its key path and its value."""
        import pandas as pd

        return pd.DataFrame(list(toml.flatten(self.to_dict())), columns=["setting", "value"])

    def _title(self) -> str:
        return f"Job {self.path}"
