"""attribute: models x engine -> Credit."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from attribution._migration import tells_places
from attribution._threads import threads_of
from attribution._typing import Ints
from attribution.credit.attachments import Look, Provenance
from attribution.credit.credit import Credit
from attribution.credit.value_currency import in_currency
from attribution.diagnostics import CheckResults
from attribution.engines.choose import engine_of
from attribution.engines.memory import tallied
from attribution.engines.shared.engine import Engine, Run
from attribution.errors import LESS_MEMORY, JourneyError, ModelError, enough_memory
from attribution.eventlog.eventlog import EventLog
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import (
    JourneyKeywords,
    JourneyOptions,
    journey_options,
    refuse_options,
)
from attribution.journeys.period import window_in_period
from attribution.language.sentence import Sentence
from attribution.models.activity import ActivityTally, solve_activity
from attribution.models.buckets import replicate
from attribution.models.cells import at_cells, checked_by, common_cells
from attribution.models.model import Model
from attribution.models.registry import ModelSpec, labelled
from attribution.models.resample import Resampling
from attribution.models.tasks import ActivityTask, AllocateTask, TallyTask

logger = logging.getLogger(__name__)

_ACTIVITY = "\0activity"  # a task beside the models'; no label begins like this


@tells_places(JourneyError)
@enough_memory(LESS_MEMORY)
def attribute(
    source: Journeys | EventLog,
    models: ModelSpec | Sequence[ModelSpec] | Mapping[str, ModelSpec],
    *,
    by: str | Sequence[str] = "channel",
    bootstrap: int | None = None,
    rng: int | np.random.Generator | None = None,
    resample: str = "bucket",
    buckets: int = 256,
    engine: str | Engine = "auto",
    progress: bool | None = None,
    options: JourneyOptions | None = None,
    **keywords: Unpack[JourneyKeywords],
) -> Credit:
    """Credit conversions and their value to channels.

    Credit is bookkeeping: it splits conversions that happened over touches that came before. What a
    channel *caused* is another question, which only an experiment answers.

    Parameters
    ----------
    source
        Journeys, or a log whose journeys are built on the way (with the options below). From a log,
        models that do not learn from non-converting journeys read only the users who convert.
    models
        A model, a name (``"u_shaped"``), a mapping with a name and parameters, a list of these, or a
        mapping of labels to them.
    by
        What to break credit down by, beside the channel: dimensions of the log; ``"day"``, ``"week"`` or
        ``"month"`` of the conversion (in UTC); and ``"customer"``: ``"returning"`` where the log holds an
        earlier conversion of the user, else ``"new"``. A breakdown always sums to the channel table.
    bootstrap
        How many times to resample the users, for intervals on every number (`Credit.intervals`); 500 are
        enough for 95% intervals. None, the default, does not.
    rng
        Seed or generator of the bootstrap; the same seed gives the same replicates on any engine.
    resample
        ``"bucket"``: resample groups of users, `buckets` of them by the hash of the user; costs little and
        gives standard errors 1.02 to 1.05 times those of ``"user"``, which resamples single users and
        credits all journeys anew each time: a slow check.
    buckets
        How many groups of users, a power of two.
    engine
        Where the work is done on a log: ``"memory"``, ``"stream"`` (larger than memory, from disk),
        ``"auto"`` for one of the two by the size of the log, or an engine with settings of its own, such as
        ``at.Stream(memory="2GB")`` or ``at.Spark(session)``. The numbers are the same on all.
    progress
        Whether to show a bar while a log is read; by default only in a terminal or notebook.
    options
        How journeys are built, only with a log. Which of them, its models say, whatever `nulls` does.
    **keywords
        Or its fields by name: ``lookback``, ``goal``, ``after_conversion``, ``session_gap``, ``max_touches``,
        ``drop_censored``, ``timezone``, ``week_start``, ``period``, ``currency`` and ``rates``.
        What is None has its default, such as ``"30D"`` for the lookback (``"unlimited"`` sets no limit).

    Returns
    -------
    Credit
        Conserving: credit plus unattributed conversions are the log's conversions, under every model.

    Raises
    ------
    ModelError
        If a model is unknown, or needs what the journeys lack.
    JourneyError
        If a dimension or an option is unknown, or options come with journeys that are built already.
    CreditError
        If values are in several currencies and neither `by` nor rates tell them apart.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["ad > email", "email"], "conversions": [2, 1]})
    >>> credit = at.attribute(journeys, ["first_touch", "last_touch"])
    >>> credit.to_frame()[["model", "channel", "conversions"]]
             model channel  conversions
    0  first_touch      ad          2.0
    1  first_touch   email          1.0
    2   last_touch      ad          0.0
    3   last_touch   email          3.0
    """
    chosen = labelled(models)
    keys = checked_by(by)
    began = perf_counter()
    resampling = None if bootstrap is None else Resampling(bootstrap, rng, resample, buckets)
    if isinstance(source, Journeys):
        refuse_options("at.attribute(log, models", options, keywords, engine)
        credit = _credited(chosen, keys, _runner(source), resampling)
    elif isinstance(source, EventLog):
        settings = journey_options(options, keywords, none_is_usual=True)
        settings = replace(settings, nulls=any(model.needs_nulls for model in chosen.values()))
        with engine_of(engine, source).open(source, settings, progress=progress) as run:
            credit = _credited(chosen, keys, run, resampling)
    else:
        msg = f"attribute takes journeys or a log, not {type(source).__name__}"
        raise JourneyError(msg, hint="at.attribute(at.read_log(touches, conversions), models)")
    if resampling is not None and resample == "user":
        if not isinstance(source, Journeys):
            msg = "resample='user' needs journeys in memory"
            raise ModelError(msg, hint="at.attribute(at.build_journeys(log), ..., resample='user')")
        credit = resampling.by_user(
            credit, source, lambda part: _credited(chosen, keys, _runner(part), None), progress
        )
    logger.info("credited %d models in %.2f s", len(chosen), perf_counter() - began)
    return credit


def _credited(
    models: Mapping[str, Model[Any]], by: tuple[str, ...], run: Run, resampling: Resampling | None
) -> Credit:
    """Tally, merge and solve; then, for the models whose breakdown needs their solution, once more."""
    buckets = None if resampling is None else resampling.buckets

    def total(tally: Any) -> Any:
        return tally if resampling is None else tally.total()

    first = {label: TallyTask(model, by, buckets) for label, model in models.items()}
    tallies = run({_ACTIVITY: ActivityTask(by), **first})
    solved = {label: _solved(model, total(tallies[label])) for label, model in models.items()}
    again = {
        label: AllocateTask(model, by, buckets, solved[label])
        for label, model in models.items()
        if model.needs_allocation(by)
    }
    allocated = run(again) if again else {}
    solved |= {label: models[label].spread(solved[label], total(allocated[label])) for label in again}
    activity: ActivityTally = tallies[_ACTIVITY]
    keys, places = common_cells([activity.cells.keys()[0], *(solved[label].keys for label in models)])
    credit = in_currency(_combine(models, solved, activity, keys, places), activity.currencies)
    if resampling is None:
        return credit
    replicates = [
        partial(replicate, model, tallies[label], allocated=allocated.get(label), cells=cells)
        for (label, model), cells in zip(models.items(), places[1:], strict=True)
    ]
    return replace(credit, bootstrap=resampling.by_bucket(credit, replicates))


def _solved(model: Model[Any], tally: Any) -> Credit:
    """Solve the model, and ask it what it has learnt."""
    credit = model.solve(tally)
    return credit.with_notes(*model.learnt(tally))


def _runner(journeys: Journeys) -> Run:
    """Return how to run tasks on journeys that are built already."""
    return partial(tallied, journeys, threads=threads_of())


def _combine(
    models: Mapping[str, Model[Any]],
    solved: Mapping[str, Credit],
    activity: ActivityTally,
    keys: tuple[NDArray[np.object_], ...],
    places: Sequence[Ints],
) -> Credit:
    """Stack the models' results over their common cells into one Credit."""
    parts = [solved[label] for label in models]
    placed = list(zip(parts, places[1:], strict=True))
    settings = {**activity.settings, "models": {label: repr(model) for label, model in models.items()}}
    return replace(
        parts[0],
        models=tuple(models),
        keys=keys,
        conversions=np.stack([at_cells(part.conversions[0], cells) for part, cells in placed]),
        value=np.stack([at_cells(part.value[0], cells) for part, cells in placed]),
        activity=solve_activity(activity).take(places[0]),
        look=Look(palette=activity.channels),
        provenance=Provenance(
            settings=settings,
            window=window_in_period(activity.window, activity.settings),
            details={
                label: solved[label].details[model.name]
                for label, model in models.items()
                if model.name in solved[label].details
            },
            notes=tuple(
                dict.fromkeys([*_warnings(activity), *(note for part in parts for note in part.notes)])
            ),
            checks=CheckResults(check for part in parts for check in part.checks),
        ),
    )


def _warnings(activity: ActivityTally) -> list[str]:
    """Say what an empty table would leave to guess: nothing converted, or nothing could be attributed."""
    if activity.cells.sums[:, 1].sum() > 0:
        return []
    if activity.lost > 0:
        return [Sentence("note.no_touch", n=activity.lost)]
    period: Any = activity.settings.get("period")
    if period is not None and activity.window is not None:
        first, last = np.datetime_as_string(np.array(activity.window, "datetime64[us]"), "D").tolist()
        shown = " / ".join(end or "..." for end in period)
        return [Sentence("note.nothing_in_period", period=shown, first=first, last=last)]
    return [Sentence("note.nothing")]
