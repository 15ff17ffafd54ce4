"""The long part of a run, by where it is done: in memory, from disk, or on what is new."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attribution.crediting import attribute
from attribution.engines.choose import engine_of
from attribution.engines.increments.increments import Increments
from attribution.engines.memory import Memory
from attribution.engines.shared.opened import Opened
from attribution.engines.stream.stream import Stream
from attribution.evaluation.synergy import synergy
from attribution.jobs.job import Job
from attribution.journeys.build import build_journeys
from attribution.journeys.flows import FlowTask, solve_flows
from attribution.journeys.lags import LagTask, Unit, solve_lags
from attribution.journeys.paths import path_frame, tally_paths
from attribution.models.profile import profile_of, tally_profile

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.credit import Credit
    from attribution.engines.shared.base import Engine
    from attribution.evaluation.synergy_result import Synergy
    from attribution.eventlog.eventlog import EventLog
    from attribution.journeys.flows import Flows
    from attribution.journeys.journeys import Journeys
    from attribution.journeys.lags import Lags

_STEPS, _CHANNELS = 4, 6  # of the journey map, as of `Journeys.flows`
_UNITS: tuple[Unit, ...] = ("days", "touches")
_OF_MONEY = ("week_start", "currency", "rates")  # options of `attribute` alone
Stages = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, eq=False)
class Credited:
    """Credit, and what can be told of the journeys behind it.

    Attributes
    ----------
    credit
        Credit of all models.
    rows
        Counts for the manifest.
    journeys
        The journeys, where they are in memory.
    paths
        The most converting paths, where only they were asked for.
    flows, lags, synergy
        Where journeys go, how long they take, and which channels go together; where the report shows them
        and cannot make them of `journeys` itself.
    profile
        What the log looks like, for the manifest; see `models.profile`.
    """

    credit: Credit
    rows: Mapping[str, Any]
    journeys: Journeys | None = None
    paths: pd.DataFrame | None = None
    flows: Flows | None = None
    lags: tuple[Lags, ...] = ()
    synergy: Synergy | None = None
    profile: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Work(ABC):
    """A way to do the long part of a job."""

    job: Job
    log: EventLog
    in_memory = False

    @abstractmethod
    def credited(self, stages: Stages) -> Credited:
        """Do it."""

    @property
    def models(self) -> dict[str, Any]:
        """The models by label, as `attribute` takes them."""
        return {model.label: {"name": model.name, **model.params} for model in self.job.models}

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of `attribute` that say how journeys are built; models say which they need."""
        options = asdict(self.job.journeys)
        del options["nulls"]
        options["currency"] = options["currency"] or None
        return {**options, "lookback": options["lookback"] or "unlimited"}

    @property
    def sampling(self) -> dict[str, Any]:
        """The arguments of `attribute` that make intervals; none where the job asks for none."""
        return {} if self.job.bootstrap is None else {"bootstrap": self.job.bootstrap, "rng": self.job.rng}

    def shows(self, section: str) -> bool:
        """Return whether the report has a section, asked for by name or by leaving the choice open."""
        return not self.job.report.sections or section in self.job.report.sections


class _InMemory(Work):
    in_memory = True

    def credited(self, stages: Stages) -> Credited:
        with stages("journeys"):
            journeys = build_journeys(self.log, **asdict(self.job.journeys))
        with stages("credit"):
            credit = attribute(journeys, self.models, by=self.job.by, **self.sampling)
            profile = {"log": profile_of(tally_profile(journeys))}
            pairs = synergy(journeys) if "synergy" in self.job.report.sections else None
        columns = self.log.load(converters_only=not self.job.journeys.nulls)
        rows = {
            "touches": len(columns.touches),
            "conversions": len(columns.conversions),
            "dropped": dict(columns.dropped),
            "journeys": len(journeys),
        }
        return Credited(credit, rows, journeys, synergy=pairs, profile=profile)


@dataclass(frozen=True)
class _FromDisk(Work):
    engine: Engine

    def credited(self, stages: Stages) -> Credited:
        top = self.job.report.top_paths
        with stages("credit"), self.engine.open(self.log, self.job.journeys) as run:
            credit = attribute(
                self.log,
                self.models,
                by=self.job.by,
                engine=Opened(run),
                **self.options,
                **self.sampling,
            )
            tasks: dict[str, Any] = {"journeys": len, "profile": tally_profile}
            if top:
                tasks["paths"] = tally_paths
            if self.shows("journey_map"):
                tasks["flows"] = FlowTask(_STEPS)
            if self.shows("time_to_convert"):
                tasks |= {unit: LagTask(unit) for unit in _UNITS}
            tallies = run(tasks)
            pairs = None
            if "synergy" in self.job.report.sections:
                of_journeys = {name: value for name, value in self.options.items() if name not in _OF_MONEY}
                pairs = synergy(self.log, engine=Opened(run), **of_journeys)
        paths = path_frame(tallies["paths"], top=top, separator=" > ") if top else None
        conversions = None if self.log.conversions is None else self.log.conversions.n_rows
        rows = {
            "touches": self.log.touches.n_rows,
            "conversions": conversions,
            "journeys": tallies["journeys"],
        }
        return Credited(
            credit,
            rows,
            paths=paths,
            flows=solve_flows(tallies["flows"], _CHANNELS) if "flows" in tallies else None,
            lags=tuple(solve_lags(tallies[unit], unit) for unit in _UNITS if unit in tallies),
            synergy=pairs,
            profile={"log": profile_of(tallies["profile"])},
        )


@dataclass(frozen=True)
class _OnWhatIsNew(Work):
    engine: Increments

    def credited(self, stages: Stages) -> Credited:
        with stages("credit"):
            credit = attribute(
                self.log,
                self.models,
                by=self.job.by,
                engine=self.engine,
                **self.options,
                **self.sampling,
            )
        assert self.engine.last is not None
        done = self.engine.last
        settled = None if done.boundary is None else datetime.fromtimestamp(done.boundary / 1e6, UTC)
        rows = {
            "read": dict(done.read),
            "carried": done.carried,
            "kept": done.kept,
            "settled_until": None if settled is None else settled.isoformat(),
            "settled_now": list(done.settled),
            "dropped": dict(done.dropped),
        }
        return Credited(credit, rows)


def work_of(job: Job, log: EventLog) -> Work:
    """Return the way to do a job that it asks for, or that the size of its log asks for."""
    if job.increments is not None:
        return _OnWhatIsNew(job, log, Increments(**asdict(job.increments)))
    settings = asdict(job.engine)
    name = settings.pop("name")
    engine = Stream(**settings) if name == "stream" else engine_of(name, log)
    if isinstance(engine, Memory):
        return _InMemory(job, log)
    return _FromDisk(job, log, engine)
