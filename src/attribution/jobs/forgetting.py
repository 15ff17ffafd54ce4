"""People who are to be forgotten: what increments keep of them goes, and the tallies are restated without."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from attribution.engines.increments.converters import read_converters
from attribution.engines.increments.open_touches_store import read_open_touches
from attribution.engines.increments.restating import Absence, Restating, hashes_of, refuse_shorter
from attribution.engines.increments.state_store import State, StateStore
from attribution.errors import EngineError
from attribution.eventlog.recent import read_recent
from attribution.jobs.config import load_config
from attribution.jobs.doors import at_door, toml_of
from attribution.jobs.execution import execution_of
from attribution.jobs.inputs import open_log
from attribution.jobs.job import Job
from attribution.jobs.stages import Stages

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Forgotten:
    """What was done, or is to be done, so that a state holds nothing of some people.

    Attributes
    ----------
    restated
        Whether the state is now that of a log without them.
    asked
        How many ids were given; repeated ones count once.
    found
        How many of them have rows in the log; None where no log was read.
    rows
        Rows of theirs that the log holds, by table; empty where no log was read.
    carried
        Rows of theirs that the state held, by table; ``customers`` says who of them converted.
    periods
        Settled periods that were counted again, or would be.
    """

    restated: bool
    asked: int
    found: int | None
    rows: Mapping[str, int]
    carried: Mapping[str, int]
    periods: int


def forget(
    state: str | os.PathLike[str],
    ids: Iterable[object],
    job: Job | str | os.PathLike[str] | None = None,
    *,
    key: str | None = None,
    dry_run: bool = False,
) -> Forgotten:
    """Make the state of increments one that never knew some people.

    The rows that are carried of them go, and the tallies, which are sums over everybody, are counted again
    from the log without their rows: for that it takes the job whose state it is. The log is held in memory
    while it lasts, as in a first run. Afterwards the next run gives the numbers of a run on the whole log
    without these people; their rows have to leave the log as well, before or after. Whatever stops it leaves
    the state as it was.

    Parameters
    ----------
    state
        The folder of the increments.
    ids
        Their ids, as the log has them: integers, or texts.
    job
        The job with this folder in its ``[increments]``, or the path of its file. Without it nothing is
        changed, and the answer tells what the state holds of them.
    key
        The key of the state; by default as for `Increments`.
    dry_run
        Only tell what would be done; the log is read for it.

    Returns
    -------
    Forgotten
        How many were found, and what of theirs.

    Raises
    ------
    EngineError
        If the folder holds no state, is another job's, or is in use; if an id cannot be one of this log; or
        if the log begins later than the tallies do, so that they could not be counted again.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import attribution as at
    >>> home = tempfile.TemporaryDirectory()
    >>> files = at.datasets.simulate(300, days=60, seed=1).write(home.name)
    >>> config = Path(home.name, "nightly.toml")
    >>> _ = config.write_text(f'''
    ... models = ["linear"]
    ... [log]
    ... touches = "touches.parquet"
    ... conversions = "conversions.parquet"
    ... [increments]
    ... folder = "{home.name}/state"
    ... [output]
    ... folder = "{home.name}/out"
    ... ''')
    >>> result = at.run(at.load_config(config))
    >>> done = at.forget(f"{home.name}/state", ["u0000040"], config)
    >>> done.restated, done.asked, done.found
    (True, 1, 1)
    >>> home.cleanup()
    """
    folder = Path(state).expanduser()
    given = _listed(ids)
    if job is None:
        return _told(folder, given, key)
    if not isinstance(job, Job):
        job = load_config(Path(job))
    if job.increments is None or Path(job.increments.folder).expanduser().resolve() != folder.resolve():
        own = "none" if job.increments is None else repr(job.increments.folder)
        msg = f"the state {str(folder)!r} is not that of {job.path}, whose [increments] folder is {own}"
        raise EngineError(msg, column="state", hint="give the folder and the job that belong together")
    with at_door(toml_of):
        log = open_log(job)
        job = replace(job, journeys=job.journeys.with_rates())
    users = hashes_of(given, log.touch_table.users)
    with StateStore.opened(folder, key) as ledger:
        saved = _saved(ledger)
        carried = _carried(ledger, saved, users)
    if dry_run:
        with at_door(toml_of):
            recent = read_recent(log.loader(False), None, {}, users)
        refuse_shorter(folder, saved, recent)
        return _done(Absence.of(recent), users, carried, len(saved.periods), restated=False)
    assert job.increments is not None
    work: Any = execution_of(job, log)
    engine = Restating(**asdict(job.increments), key=key, without=users)
    with at_door(toml_of):
        replace(work, engine=engine).credited(Stages(logger))
    assert engine.last is not None
    return _done(engine.absence, users, carried, len(engine.last.settled), restated=True)


def _done(
    absence: Absence, users: Any, carried: Mapping[str, int], periods: int, *, restated: bool
) -> Forgotten:
    return Forgotten(restated, len(users), absence.found, dict(absence.rows), carried, periods)


def _listed(ids: Iterable[object]) -> Sequence[object]:
    if isinstance(ids, str | bytes | Mapping) or not hasattr(ids, "__iter__"):
        msg = f"ids is a {type(ids).__name__}, which is no list of ids"
        raise EngineError(msg, column="ids", hint="ids=[...], one entry a person")
    found = [one.item() if isinstance(one, np.generic) else one for one in ids]
    strange = [one for one in found if isinstance(one, bool) or not isinstance(one, int | str | os.PathLike)]
    if strange:
        msg = f"{len(strange):,} of {len(found):,} ids are neither numbers nor texts"
        raise EngineError(msg, column="ids", hint="ids as the log's user column has them")
    if not found:
        msg = "there are no ids"
        raise EngineError(msg, column="ids", hint="ids=[...], one entry a person")
    return found


def _saved(ledger: StateStore) -> State:
    state = ledger.load()
    if state is None:
        msg = f"{str(ledger.folder)!r} holds no state of increments: nothing is kept of anybody"
        raise EngineError(
            msg, column="state", hint="give the folder of [increments], or of at.Increments(...)"
        )
    return state


def _told(folder: Path, ids: Sequence[object], key: str | None) -> Forgotten:
    """Return what a state alone tells."""
    with StateStore.opened(folder, key) as ledger:
        state = _saved(ledger)
        users = hashes_of(ids, state.settings["touches.users"].strip("'"))
        carried = _carried(ledger, state, users)
    return Forgotten(False, len(users), None, {}, carried, len(state.periods))


def _carried(ledger: StateStore, state: State, users: Any) -> dict[str, int]:
    assert state.touches is not None and state.events is not None  # noqa: PT018
    events = state.events
    carry = ledger.read(
        state.touches,
        lambda touches: ledger.read(
            events, lambda rows: read_open_touches(touches, rows, len(state.channels))
        ),
    )
    found = {
        "touches": int(np.isin(carry.touches.user, users).sum()),
        "conversions": int(np.isin(carry.events.user, users).sum()),
    }
    if state.converters is not None:
        known = ledger.read(state.converters, read_converters)
        found["customers"] = int(np.isin(known.user, users).sum())
    return found
