"""stress: what models make of causes that are known, put into one's own log."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Unpack

import numpy as np

from attribution._checks import duration_us, fraction, name_list, one_of, whole
from attribution._migration import tells_places
from attribution._typing import Floats
from attribution.engines.choose import engine_of
from attribution.engines.increments.increments import Increments
from attribution.engines.shared.engine import Engine
from attribution.errors import LESS_MEMORY, EngineError, JourneyError, ModelError, enough_memory, unknown_name
from attribution.evaluation.altered_log import PLACEBO, AlteredTally, AlteredTask, Placebo, Spike
from attribution.evaluation.stress_result import Stress
from attribution.eventlog.eventlog import EventLog
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.journeys.options import JourneyKeywords, JourneyOptions, journey_options
from attribution.models.model import Model
from attribution.models.registry import ModelSpec, labelled

logger = logging.getLogger(__name__)
PLACEBOS = ("random", "following", "closing")
_MOST_SPIKED = 8  # channels by default, those with most touches
_SALTS = 8  # of one change in one draw


@tells_places(JourneyError)
@enough_memory(LESS_MEMORY)
def stress(
    log: EventLog,
    models: ModelSpec | Sequence[ModelSpec] | Mapping[str, ModelSpec],
    *,
    spike: Sequence[str] | None = None,
    placebo: Sequence[str] = PLACEBOS,
    share: float = 0.05,
    delay: str | dt.timedelta = "3D",
    draws: int = 5,
    level: float = 0.95,
    seed: int = 0,
    engine: str | Engine = "auto",
    progress: bool | None = None,
    options: JourneyOptions | None = None,
    **keywords: Unpack[JourneyKeywords],
) -> Stress:
    """Put causes that are known into a log, and see what models make of them.

    **Spike-in**: touches of a channel are picked at random, and each causes a conversion of its user some
    days later. How much of these does the channel get (its *recovery*: the change of its credit for each
    conversion added, 1 being right), and who else gains? **Placebo**: a channel whose touches cause nothing
    is put in. How much does a touch of it get, over what a touch of the log gets (0 being right)? Nothing is
    simulated or fitted: journeys, and what confounds them, are those of the log.

    Parameters
    ----------
    log
        From `read_log`.
    models
        As in `attribute`. Models that need milestones find none.
    spike
        Channels to make cause conversions; by default the eight with most touches. ``()`` for none.
    placebo
        Kinds of placebos: ``"random"`` (of users as they are touched, at any time), ``"following"`` (three
        hours after touches, on average), ``"closing"`` (a quarter of them half a day before conversions).
        ``()`` for none.
    share
        Conversions that are added by a spike-in, over those of the log; touches of a placebo, over those of
        the log.
    delay
        Mean of the exponential time from a spiked touch to the conversion.
    draws
        How often each is drawn anew; intervals are of the mean over draws.
    level
        Of the intervals.
    seed
        Decides what is drawn, together with users and times, so that every engine draws the same.
    engine, progress
        As in `attribute`; increments keep no users, and are refused.
    options
        How journeys are built, as one value.
    **keywords
        Or its fields by name, as in `attribute`; without ``period``, since causes are put into the whole log.

    Returns
    -------
    Stress
        With ``to_frame()``, ``leaks()``, ``plot()`` and ``summary()``.

    Raises
    ------
    ModelError
        If an option makes no sense, or a channel is unknown, or a period is asked for.
    EngineError
        If the engine is none, keeps no users, or fails.

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> log = at.read_log(sample.touches, sample.conversions)
    >>> found = at.stress(log, ["last_touch"], spike="email", placebo="random", draws=2, goal="purchase")
    >>> found.to_frame()[["model", "test", "of"]]
            model      test      of
    0  last_touch  spike-in   email
    1  last_touch   placebo  random
    """
    began = perf_counter()
    if not isinstance(log, EventLog):
        msg = f"stress takes a log, not {type(log).__name__}"
        raise ModelError(msg, column="log", hint="at.stress(at.read_log(touches, conversions), models)")
    chosen = labelled(models)
    kinds = name_list(placebo, "placebo", error=ModelError)
    for kind in kinds:
        one_of(kind, "placebo", PLACEBOS, error=ModelError)
    for name, number, right in (("share", share, "0.05"), ("level", level, "0.95")):
        if not 0 < fraction(number, name, error=ModelError) < 1:
            msg = f"{name}={number!r} must lie between 0 and 1"
            raise ModelError(msg, column=name, hint=f"{name}={right}")
    wait = duration_us(delay, "delay", error=ModelError)
    whole(draws, "draws", error=ModelError)
    whole(seed, "seed", least=0, error=ModelError)
    wanted = None if spike is None else name_list(spike, "spike", error=ModelError)
    usual = journey_options(options, keywords, none_is_usual=True)
    if usual.period is not None:
        msg = f"period={usual.period!r} leaves out conversions, also some of those that are put in"
        why = "a model would seem to miss what was never counted"
        raise ModelError(msg, column="period", why=why, hint="period=None")
    inside = replace(usual, goal=None, rates=None, currency="", nulls=True)
    whole_log = JourneyOptions(lookback="unlimited", goal=usual.goal, nulls=True)
    runs = engine_of(engine, log)
    if isinstance(runs, Increments):
        msg = "increments keep sums of settled periods, not users, into whose journeys causes could be put"
        hint = 'engine="stream"  # reads the whole log, whatever its size'
        raise EngineError(msg, column="engine", hint=hint)
    with runs.open(log, whole_log, progress=progress) as run:
        base: AlteredTally = run({"base": AlteredTask(chosen, inside, None)})["base"]
        spiked = _spiked(base, wanted)
        changes = _changes(base, spiked, kinds, share, wait, draws, seed)
        altered = run({name: AlteredTask(chosen, inside, change) for name, change in changes.items()})
    settings = {"share": share, "delay": str(delay), "draws": draws, "seed": seed, **usual.describe()}
    found = _result(chosen, base, altered, spiked, kinds, draws, level, settings)
    logger.info("stressed %d models in %.2f s", len(chosen), perf_counter() - began)
    return found


def _spiked(base: AlteredTally, wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the channels to spike, as asked for or those with most touches."""
    order = np.argsort(-base.touches, kind="stable")
    if wanted is None:
        return tuple(base.channels[code] for code in order[:_MOST_SPIKED].tolist() if base.touches[code])
    for name in wanted:
        if name not in base.channels:
            raise ModelError(unknown_name("channel", name, base.channels), column="spike")
    return wanted


def _changes(
    base: AlteredTally,
    spiked: tuple[str, ...],
    kinds: tuple[str, ...],
    share: float,
    wait: int,
    draws: int,
    seed: int,
) -> dict[str, Spike | Placebo]:
    """Return what is put in by each test of each draw, by a name of its own."""
    n_touches, (n_bought, n_near) = float(base.touches.sum()), base.conversions.tolist()
    n_tests = len(spiked) + len(kinds)
    found: dict[str, Spike | Placebo] = {}
    for draw in range(draws):
        for place in range(n_tests):
            salt = 1 + _SALTS * (place + n_tests * (draw + draws * seed))
            if place < len(spiked):
                touched = float(base.touches[base.channels.index(spiked[place])])
                chance = min(1.0, share * n_bought / max(touched, 1.0))
                found[f"{draw} {place}"] = Spike(spiked[place], chance, wait, salt)
            else:
                closers = min(1.0, 0.25 * share * n_touches / max(n_near, 1.0))
                kind: Any = kinds[place - len(spiked)]
                found[f"{draw} {place}"] = Placebo(kind, share, closers, salt)
    return found


def _result(
    models: Mapping[str, Model[Any]],
    base: AlteredTally,
    altered: Mapping[str, AlteredTally],
    spiked: tuple[str, ...],
    kinds: tuple[str, ...],
    draws: int,
    level: float,
    settings: Mapping[str, object],
) -> Stress:
    channels = base.channels
    before = {label: _credit(model, base.tallies[label], channels) for label, model in models.items()}
    gains = np.zeros((draws, len(models), len(spiked), len(channels)))
    phantom = np.zeros((draws, len(models), len(kinds)))
    for draw in range(draws):
        for place in range(len(spiked) + len(kinds)):
            change = altered[f"{draw} {place}"]
            n_added = max(change.added, 1)
            for number, (label, model) in enumerate(models.items()):
                if place < len(spiked):
                    after = _credit(model, change.tallies[label], channels)
                    gains[draw, number, place] = (after - before[label]) / n_added
                else:
                    nothing = _credit(model, change.tallies[label], (PLACEBO,))[0]
                    usual = before[label].sum() / max(base.touches.sum(), 1.0)
                    phantom[draw, number, place - len(spiked)] = nothing / n_added / usual
    return Stress(tuple(models), spiked, channels, gains, kinds, phantom, level, settings)


def _credit(model: Model[Any], tally: Any, channels: tuple[str, ...]) -> Floats:
    """Return the conversions credited to each of some channels, 0 where there is no credit."""
    credit = model.solve(tally)
    found = dict(zip(credit.keys[0].tolist(), credit.conversions[0].tolist(), strict=True))
    found.pop(UNATTRIBUTED, None)
    return np.array([found.get(name, 0.0) for name in channels])
