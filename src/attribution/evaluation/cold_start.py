"""observe_incremental: what touches out of the blue caused, as far as a log without a test can tell."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from time import perf_counter

import numpy as np

from attribution._checks import duration_us, fraction, name_list, whole
from attribution._typing import Bools, Floats
from attribution.diagnostics import CheckResult, CheckResults
from attribution.engines.choose import engine_of
from attribution.engines.increments.increments import Increments
from attribution.engines.shared.engine import Engine
from attribution.errors import LESS_MEMORY, EngineError, ModelError, enough_memory, unknown_name
from attribution.evaluation.cold_estimate import ColdEstimate, estimate
from attribution.evaluation.cold_result import ESTIMATED, FEW, FOLLOWS, ObservedIncremental
from attribution.evaluation.cold_tally import DAY, FOLLOWED, GROUPS, MOST_CHANNELS, ColdTally, ColdTask
from attribution.eventlog.eventlog import EventLog
from attribution.journeys.options import JourneyOptions
from attribution.stats.resampling import multinomial_weights, percentile_interval

logger = logging.getLogger(__name__)
FOLLOW_LIMIT = 0.25
FEWEST_COLD = 200
_PLACEBO_LIMIT = 0.25  # of what a touch of the estimated channels causes on average
_MOVE_LIMIT = 0.25  # of the sum of the estimated channels
_LONGEST = 3650 * DAY
_COLD = "cold"


@enough_memory(LESS_MEMORY)
def observe_incremental(
    log: EventLog,
    *,
    own: Sequence[str] | None = None,
    quiet: str | dt.timedelta = "21D",
    horizon: str | dt.timedelta = "30D",
    goal: str | Sequence[str] | None = None,
    bootstrap: int = 500,
    level: float = 0.95,
    rng: int | np.random.Generator | None = 0,
    engine: str | Engine = "auto",
    progress: bool | None = None,
) -> ObservedIncremental:
    """Estimate what channels caused from touches that came out of the blue.

    A touch is cold when its user did nothing in the `quiet` time before. For a channel that reaches users
    whatever they do, the conversions in the `horizon` after its cold touches, less those after quiet moments
    at random (of the same two months, of users who bought in the 60 days before, or did not), are what the
    touches started. Two things are added. Some cold touches are the first that is *seen* of a stretch already
    under way: own touches always are inside one, and the share of them that has another before it tells how
    many starts are unseen; so many cold touches cause no more than a cold own touch, which is taken away.
    And in stretches that hold an own touch and that others started, touches help: by the slope of converting
    on them in a least-squares regression beside own touches and who started the stretch.

    It is neither credit nor a test. A channel that follows its users, such as retargeting, has no touches out
    of the blue, and is refused. See docs/observe.md for what it was measured to get right and wrong.

    Parameters
    ----------
    log
        From `read_log`.
    own
        Channels that users come by of themselves, such as ``("direct", "organic_search")``. They tell when
        users are active, so all such channels are to be named; none is guessed.
    quiet
        How long a user did nothing before a cold touch. Two thirds of it and half as much again are tried
        beside it, and the check ``"quiet_length"`` fails where the sum moves by a quarter.
    horizon
        How long after a touch conversions count: as long as decisions take.
    goal
        Which goals count; all by default.
    bootstrap
        How often users are resampled, in 256 groups by their hash, for the intervals.
    level
        Of the intervals.
    rng
        Seed or generator of the resampling.
    engine
        Where the log is read, as in `attribute`; increments keep no users, and are refused.
    progress
        Whether to show a bar while the log is read; by default only in a terminal or notebook.

    Returns
    -------
    ObservedIncremental
        With ``to_frame()``, ``controls()``, ``checks``, ``plot()`` and ``summary()``.

    Raises
    ------
    ModelError
        If an option makes no sense, own channels are not named or unknown, all channels or more than 40 are
        in the log, or it is shorter than quiet and horizon together.
    EngineError
        If the engine is none, keeps no users, or fails.

    Notes
    -----
    The design is a pre-touch comparison, as in Sapp & Vaver (2016), Toward Improving Digital Attribution
    Model Accuracy; quiet, unseen starts and the refusal were measured on simulated worlds.

    Examples
    --------
    >>> import attribution as at
    >>> sample = at.load_sample("retailer")
    >>> log = at.read_log(sample.touches, sample.conversions)
    >>> own = ("direct", "organic_search", "store_visit", "call_centre")
    >>> found = at.observe_incremental(log, own=own, goal="purchase").to_frame().set_index("channel")
    >>> found.loc[["retargeting", "affiliate"], "verdict"].tolist()
    ['follows its users: test it', 'follows its users: test it']
    """
    began = perf_counter()
    if not isinstance(log, EventLog):
        msg = f"observe_incremental takes a log, not {type(log).__name__}"
        raise ModelError(msg, column="log", hint="at.read_log(touches, conversions)")
    if own is None or not len(names := name_list(own, "own", error=ModelError)):
        msg = "no channel is named as one that users come by of themselves"
        why = "only these tell when a user was quiet, and which channels follow what users do"
        raise ModelError(msg, column="own", why=why, hint='own=("direct",)  # and all others of that kind')
    whole(bootstrap, "bootstrap", least=20, error=ModelError)
    if not 0 < fraction(level, "level", error=ModelError) < 1:
        msg = f"level={level!r} must lie between 0 and 1"
        raise ModelError(msg, column="level", hint="level=0.95")
    lengths = duration_us(quiet, "quiet", error=ModelError), duration_us(horizon, "horizon", error=ModelError)
    for name, length, usual in zip(("quiet", "horizon"), lengths, ("21D", "30D"), strict=True):
        if not DAY <= length <= _LONGEST:
            msg = f"{name} must be at least a day, and at most ten years"
            raise ModelError(msg, column=name, hint=f'{name}="{usual}"')
    weights = np.vstack([np.ones(GROUPS), _drawn(bootstrap, rng)])
    task = ColdTask((lengths[0] * 2 // 3, lengths[0], lengths[0] * 3 // 2), lengths[1], names)
    chosen = engine_of(engine, log)
    if isinstance(chosen, Increments):
        msg = "increments keep sums of settled periods, not users, so that nobody's quiet time is in them"
        hint = 'engine="stream"  # reads the whole log, whatever its size'
        raise EngineError(msg, column="engine", hint=hint)
    settings = JourneyOptions(lookback="unlimited", goal=goal, nulls=True)
    with chosen.open(log, settings, progress=progress) as run:
        tally: ColdTally = run({_COLD: task})[_COLD]
    _refuse(tally, task)
    told = {"own": names, "quiet": str(quiet), "horizon": str(horizon), "goal": goal, "bootstrap": bootstrap}
    found = _result(tally, task, weights, level, told)
    logger.info("observed %d channels in %.2f s", len(found.channels), perf_counter() - began)
    return found


def _drawn(bootstrap: int, rng: int | np.random.Generator | None) -> Floats:
    try:
        return multinomial_weights(bootstrap, GROUPS, np.random.default_rng(rng))
    except (TypeError, ValueError) as error:
        msg = f"rng={rng!r} is neither a seed nor a generator ({error})"
        raise ModelError(msg, column="rng", hint="rng=7") from error


def _refuse(tally: ColdTally, task: ColdTask) -> None:
    """Raise ModelError where the log cannot be observed."""
    for name in task.own:
        if name not in tally.channels:
            raise ModelError(unknown_name("channel", name, tally.channels), column="own")
    if set(task.own) == set(tally.channels):
        msg = "every channel of the log is named as one that users come by of themselves"
        raise ModelError(msg, column="own", hint=f"own=({tally.channels[0]!r},)")
    if len(tally.channels) > MOST_CHANNELS:
        msg = f"the log has {len(tally.channels):,} channels, and at most {MOST_CHANNELS} are told apart"
        why = "each is held beside all others; few of so many have touches enough"
        raise ModelError(msg, column="log", count=len(tally.channels), why=why)
    start, end = tally.window or (0, 0)
    need = max(task.quiet[-1], FOLLOWED) + task.horizon
    if end - start < need:
        takes = f"1.5 times quiet and horizon take {need / DAY:.0f}"
        msg = f"the log is {(end - start) / DAY:.0f} days long; {takes}"
        why = "no touch would have both a quiet time before it and a horizon after it in the log"
        days = (end - start) // DAY
        fits = f'quiet="{days // 4}D", horizon="{days // 4}D"' if days >= 30 else ""
        raise ModelError(msg, column="quiet", why=why, hint=fits)


def _result(
    tally: ColdTally, task: ColdTask, weights: Floats, level: float, settings: Mapping[str, object]
) -> ObservedIncremental:
    own = np.isin(np.array(tally.channels, dtype=object), task.own)
    by_look = [
        estimate(tally, own, weights if look == 1 else weights[:1], look) for look in range(len(task.quiet))
    ]
    main, media = by_look[1], np.flatnonzero(~own)
    touches = tally.touches[1].sum(axis=0)[:, 0]
    cold = tally.cold[1][..., 0].sum(axis=(0, 2))
    follow = main.follow[0]
    verdicts = np.where(follow > FOLLOW_LIMIT, FOLLOWS, np.where(cold < FEWEST_COLD, FEW, ESTIMATED))
    estimated = np.append(~own, False) & (verdicts == ESTIMATED)
    told = np.where(estimated, main.caused, np.nan)[:, media]
    names = [f"{length / DAY:.3g}D" for length in task.quiet]
    return ObservedIncremental(
        channels=tuple(tally.channels[code] for code in media.tolist()),
        verdicts=tuple(str(text) for text in verdicts[media]),
        touches=touches[media],
        cold_touches=cold[media],
        follow_ratio=follow[media],
        incremental=told[0],
        replicates=told[1:],
        placebo=main.caused[:, -1],
        placebo_touches=float(touches[-1]),
        by_quiet={
            name: np.where(estimated, look.caused[0], np.nan)[media]
            for name, look in zip(names, by_look, strict=True)
        },
        conversions=float(tally.conversions.sum()),
        checks=CheckResults(
            [_placebo(main, touches, estimated, level), _quiet_length(by_look, estimated, names)]
        ),
        level=level,
        settings=settings,
    )


def _placebo(main: ColdEstimate, touches: Floats, estimated: Bools, level: float) -> CheckResult:
    """Fail where touches that nobody made seem to cause a good part of what touches cause."""
    if not estimated.any() or not touches[-1]:
        return CheckResult("placebo", None, "no channel is estimated")
    low, high = (float(end) for end in percentile_interval(main.caused[1:, -1], level))
    each = float(main.caused[0, -1] / touches[-1])
    usual = float(main.caused[0, estimated].sum() / touches[estimated].sum())
    beyond = low > 0 or high < 0
    moved = beyond and abs(each) > _PLACEBO_LIMIT * max(usual, 0.0)
    text = (
        f"{touches[-1]:,.0f} touches that nobody made seem to have caused {main.caused[0, -1]:,.0f} "
        f"conversions ({low:,.0f} to {high:,.0f}), {1000 * each:.2f} for each 1,000; the estimated channels "
        f"{1000 * usual:.2f}"
    )
    return CheckResult("placebo", not moved, text, count=int(moved), statistic=each)


def _quiet_length(looks: list[ColdEstimate], estimated: Bools, names: list[str]) -> CheckResult:
    """Fail where the sum of the estimated channels moves with the length of quiet."""
    if not estimated.any():
        return CheckResult("quiet_length", None, "no channel is estimated")
    sums = [float(look.caused[0, estimated].sum()) for look in looks]
    move = max(abs(sums[0] - sums[1]), abs(sums[2] - sums[1])) / max(abs(sums[1]), 1e-9)
    moved = move > _MOVE_LIMIT
    told = ", ".join(f"{value:,.0f} at {name}" for value, name in zip(sums, names, strict=True))
    text = f"the estimated channels together caused {told} of quiet"
    return CheckResult("quiet_length", not moved, text, count=int(moved), statistic=move)
