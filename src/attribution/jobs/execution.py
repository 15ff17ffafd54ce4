"""The long part of a run, by where it is done: in memory, from disk, or on what is new."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from attribution._threads import threads_of
from attribution.crediting import attribute
from attribution.engines.choose import engine_of
from attribution.engines.increments.increments import Increments
from attribution.engines.increments.state_store import settings_in
from attribution.engines.memory import Memory, tallied
from attribution.engines.shared.session import Beside, Session
from attribution.engines.stream.stream import Stream
from attribution.jobs.job import Job
from attribution.journeys.build import build_journeys
from attribution.journeys.options import JourneyOptions
from attribution.models.log_profile import profile_of, tally_profile
from attribution.models.registry import labelled
from attribution.reporting.contents import SECTIONS
from attribution.reporting.needs import Asked, JourneyTallies
from attribution.reporting.tallying import dims_of, tasks_of

if TYPE_CHECKING:
    from attribution.credit.credit import Credit
    from attribution.engines.shared.engine import Engine, Run, Tasks
    from attribution.eventlog.eventlog import EventLog
    from attribution.journeys.journeys import Journeys

Stages = Callable[[str], AbstractContextManager[None]]
_PROFILE, _COUNT = "profile of the log", "number of journeys"
_OWN: Tasks = {_PROFILE: tally_profile, _COUNT: len}
logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Credited:
    """Credit, and what can be told of the journeys behind it.

    Attributes
    ----------
    credit
        Credit of all models.
    rows
        Counts for the manifest.
    tallies
        What the sections of the report need of the journeys.
    journeys
        The journeys, where they are in memory.
    profile
        What the log looks like, for the manifest; see `models.profile`.
    """

    credit: Credit
    rows: Mapping[str, Any]
    tallies: JourneyTallies
    journeys: Journeys | None = None
    profile: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Execution(ABC):
    """A way to do the long part of a job: where it tallies differs, what it tallies does not."""

    job: Job
    log: EventLog
    in_memory = False

    @abstractmethod
    def credited(self, stages: Stages) -> Credited:
        """Do it."""

    def _tallied(self, run: Run, own: Tasks, wanted: Tasks) -> tuple[Credit, dict[str, Any]]:
        """Tally all models, and what the manifest and the report need, in one pass over the journeys."""
        beside = Beside(run, {**own, **wanted})
        credit = attribute(
            self.log,
            self.models,
            by=self.job.by,
            engine=Session(beside),
            options=self.job.journeys,
            **self.sampling,
        )
        return credit, beside.tallies

    @property
    def asked(self) -> Asked:
        """What the report asks of the journeys."""
        report, settings = self.job.report, self.job.journeys.describe()
        return Asked(self.job.by, report.sections, report.top_paths, dims_of(self.log), settings=settings)

    @property
    def wanted(self) -> Tasks:
        """What is tallied for the report."""
        return tasks_of(self.job.report.sections or SECTIONS, self.asked)

    @property
    def models(self) -> dict[str, Any]:
        """The models by label, as `attribute` takes them."""
        return {model.label: {"name": model.name, **model.params} for model in self.job.models}

    @property
    def sampling(self) -> dict[str, Any]:
        """The arguments of `attribute` that make intervals; none where the job asks for none."""
        return {} if self.job.bootstrap is None else {"bootstrap": self.job.bootstrap, "rng": self.job.rng}


class _InMemory(Execution):
    in_memory = True

    def credited(self, stages: Stages) -> Credited:
        with stages("journeys"):
            journeys = build_journeys(self.log, self.job.journeys)
        with stages("credit"):
            credit, tallies = self._tallied(
                partial(tallied, journeys, threads=threads_of()), _OWN, self.wanted
            )
        columns = self.log.load(converters_only=not self.job.journeys.nulls)
        rows = {
            "touches": len(columns.touches),
            "conversions": len(columns.conversions),
            "dropped": dict(columns.dropped),
            "journeys": tallies[_COUNT],
        }
        profile = {"log": profile_of(tallies[_PROFILE])}
        return Credited(credit, rows, JourneyTallies(self.asked, tallies), journeys, profile)


@dataclass(frozen=True)
class _FromDisk(Execution):
    engine: Engine

    def credited(self, stages: Stages) -> Credited:
        with stages("credit"), self.engine.open(self.log, self.job.journeys) as run:
            credit, tallies = self._tallied(run, _OWN, self.wanted)
        rows = {
            "touches": self.log.touches.n_rows,
            "conversions": None if self.log.conversions is None else self.log.conversions.n_rows,
            "journeys": tallies[_COUNT],
        }
        profile = {"log": profile_of(tallies[_PROFILE])}
        return Credited(credit, rows, JourneyTallies(self.asked, tallies), profile=profile)


@dataclass(frozen=True)
class _OnWhatIsNew(Execution):
    """Increments: what a state keeps decides, so that one that was begun with fewer tallies goes on."""

    engine: Increments

    def credited(self, stages: Stages) -> Credited:
        settings, wanted = self._kept()
        with stages("credit"), self.engine.open(self.log, settings) as run:
            credit, tallies = self._tallied(run, {}, wanted)
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
        return Credited(credit, rows, JourneyTallies(self.asked, tallies))

    def _kept(self) -> tuple[JourneyOptions, Tasks]:
        """Return how journeys are built, and what is tallied for the report, as the saved state has it."""
        saved = settings_in(self.engine.folder)
        if saved is None:
            return self._settings(self.wanted), self.wanted
        every = replace(self.asked, sections=tuple(SECTIONS), top_paths=max(1, self.asked.top_paths))
        known = {name: task for name, task in tasks_of(SECTIONS, every).items() if f"task {name!r}" in saved}
        lacking = sorted(set(self.wanted) - set(known))
        if lacking:
            logger.warning(
                "the tallies in %r were begun without %s, so the sections that need it are left out of the "
                "report; with a new folder, counted from the whole log, they are there",
                str(self.engine.folder),
                ", ".join(lacking),
            )
        return self._settings(known), known

    def _settings(self, tasks: Tasks) -> JourneyOptions:
        """Return how journeys are built: with non-converting ones, which are carried, only for a reason."""
        needed = any(model.needs_nulls for model in labelled(self.models).values())
        return replace(self.job.journeys, nulls=needed or (self.job.journeys.nulls and bool(tasks)))


def execution_of(job: Job, log: EventLog) -> Execution:
    """Return the way to do a job that it asks for, or that the size of its log asks for."""
    if job.increments is not None:
        return _OnWhatIsNew(job, log, Increments(**asdict(job.increments)))
    settings = asdict(job.engine)
    name = settings.pop("name")
    engine = Stream(**settings) if name == "stream" else engine_of(name, log)
    if isinstance(engine, Memory):
        return _InMemory(job, log)
    return _FromDisk(job, log, engine)
