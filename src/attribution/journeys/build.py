"""From a log to journeys: order, lookback, what a conversion spends, what nothing claims."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import numpy as np
from numpy.typing import NDArray

from attribution._migration import tells_places
from attribution._threads import threads_of
from attribution._typing import Bools, Hashes, Ints
from attribution.errors import LESS_MEMORY, JourneyError, enough_memory, nearest, unknown_name
from attribution.journeys.journeys import Journeys, lay_out
from attribution.journeys.milestones import milestone_positions
from attribution.journeys.options import BuildKeywords, JourneyOptions, journey_options
from attribution.journeys.period import of_period
from attribution.journeys.rates import converted, rates_of
from attribution.journeys.repeated_conversions import repeats_of
from attribution.journeys.transform import collapse_repeats, keep_last
from attribution.kernels.membership import HashFilter
from attribution.kernels.sorting import order_by_user_and_time
from attribution.kernels.windows import Spans, conversion_windows, unclaimed_stretches
from attribution.tables.columns import ConversionColumns, Dimension, LogColumns, TouchColumns

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog

logger = logging.getLogger(__name__)
_MOST_TOUCHES = 1 << 30
Scalar = TypeVar("Scalar", bound=np.generic)


@tells_places(JourneyError)
@enough_memory(LESS_MEMORY)
def build_journeys(
    log: EventLog,
    options: JourneyOptions | None = None,
    *,
    progress: bool | None = None,
    **keywords: Unpack[BuildKeywords],
) -> Journeys:
    """Build customer journeys from a log of touches and conversions.

    A user's touches are ordered by time, then by the ``sequence`` column if the schema names one, then
    by channel name, then by the other dimensions: never by the order of rows.

    Parameters
    ----------
    log
        From `read_log`.
    options
        How: lookback window, goals, what a conversion spends and the like.
    progress
        Whether to show a bar while the log is read; by default only in a terminal or notebook.
    **keywords
        Or its fields by name (``lookback="14D"``): ``lookback``, ``goal``, ``after_conversion``,
        ``session_gap``, ``max_touches``, ``drop_censored``, ``timezone``, ``week_start``,
        ``period``, ``currency``, ``rates`` and ``nulls``.

    Returns
    -------
    Journeys
        Sorted by user, and in time inside a user. Conversions with no eligible touch are journeys of
        length zero. The result does not depend on the order of the log's rows.

    Raises
    ------
    JourneyError
        If a setting is invalid or a goal unknown.
    LogError
        If the log holds values that have no right reading.

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"user_id": [1, 1, 2], "time": ["2026-01-01", "2026-01-02", "2026-01-05"],
    ...            "channel": ["email", "search", "email"]}
    >>> conversions = {"user_id": [1], "time": ["2026-01-03"], "value": [30.0]}
    >>> log = at.read_log(touches, conversions)
    >>> at.build_journeys(log, lookback="30D").path_counts()[["path", "conversions", "nulls"]]
                 path  conversions  nulls
    0  email > search          1.0    0.0
    1           email          0.0    1.0
    """
    settings = journey_options(options, keywords, known=BuildKeywords)
    from attribution.eventlog.eventlog import EventLog

    if not isinstance(log, EventLog):
        msg = f"build_journeys takes a log, not {type(log).__name__}"
        raise JourneyError(msg, hint="at.build_journeys(at.read_log(touches, conversions))")
    threads = threads_of()
    columns = log.load(converters_only=not settings.nulls, progress=progress)
    return build_from_columns(columns, settings, threads=threads)


def build_from_columns(columns: LogColumns, settings: JourneyOptions, *, threads: int = 1) -> Journeys:
    """Build the journeys of a whole log from its columns, which are the same for any number of threads."""
    began = perf_counter()
    goal = columns.conversions.goal
    check_goal(None if goal is None else goal.labels, settings.goal)
    journeys = build_part(columns, settings, threads=threads)
    seconds = perf_counter() - began
    if logger.isEnabledFor(logging.INFO):
        logger.info(
            "built %d journeys of %d users from %d touches and %d conversions in %.2f s",
            len(journeys),
            journeys.count_users(),
            len(columns.touches),
            len(columns.conversions),
            seconds,
        )
    return journeys


def build_part(
    columns: LogColumns, settings: JourneyOptions, *, threads: int = 1, whole: bool = False
) -> Journeys:
    """Build the journeys of some of a log's users; what an engine calls for each partition of users.

    With `whole`, also those outside the period that the settings name.
    `check_goal` is the engine's business, once for the log: a partition may lack a goal that others have.
    """
    chosen = _chosen_goals(columns.conversions, settings.goal)
    conversions = _sorted_conversions(columns.conversions, chosen)
    if settings.rates is not None:
        conversions = converted(conversions, rates_of(settings.rates, settings.currency), settings.timezone)
    touches = columns.touches if settings.nulls else _of_converters(columns.touches, conversions)
    columns = replace(columns, touches=touches)
    ties: list[NDArray[Any]] = [column for column in (touches.sequence,) if column is not None]
    ties += [touches.channel, *(dimension.codes for dimension in touches.dims)]
    row, user, time = order_by_user_and_time(touches.user, touches.time, ties, threads=threads)
    spans = Spans.of(user)
    del user  # the spans know it; at ten million touches it is 80 MB
    low, high = conversion_windows(
        spans,
        time,
        conversions.user,
        conversions.time,
        settings.lookback_at(conversions.time) if settings.by_calendar else settings.lookback_us,
        reset=settings.after_conversion == "reset",
    )
    _refuse_huge(int((high - low).sum()), settings)
    journeys = _assemble(columns, settings, conversions, row, time, spans, low, high)
    if settings.session_gap_us is not None:
        journeys = collapse_repeats(journeys, settings.session_gap_us)
    if settings.max_touches is not None:
        journeys = keep_last(journeys, settings.max_touches)
    if columns.conversions.goal is not None and chosen is not None:
        others = _milestone_events(columns.conversions, chosen)
        journeys = replace(journeys, milestones=milestone_positions(journeys, others))
    return journeys if whole else of_period(journeys, settings.ends, settings.timezone)


def _refuse_huge(claimed: int, settings: JourneyOptions) -> None:
    """Refuse what would fill the memory: many conversions that look back on the same many touches."""
    if claimed > _MOST_TOUCHES:
        msg = f"the conversions look back on {claimed:,} touches in all, more than memory is likely to hold"
        overlap = settings.after_conversion == "overlap"
        why = "a user with very many touches and conversions, such as a bot or a shared device, makes them"
        hint = 'after_conversion="reset", a shorter lookback, or ' if overlap else "a shorter lookback, or "
        raise JourneyError(
            msg, why=why, hint=hint + "leave that user out, whom busy_users of the audit names"
        )


def _of_converters(touches: TouchColumns, conversions: ConversionColumns) -> TouchColumns:
    """Leave out touches of users without a conversion (a few may stay); they can claim nothing."""
    kept = HashFilter(conversions.user).keep(touches.user)
    return touches if bool(kept.all()) else touches.take(np.flatnonzero(kept))


def check_goal(labels: Sequence[str] | None, goal: str | Sequence[str] | None) -> None:
    """Refuse a goal that is misspelt, and tell if several are counted as one.

    A goal that no conversion has is no mistake: a day without purchases is a day.

    Parameters
    ----------
    labels
        The goals of the whole log, or None if it has no goal column.
    goal
        What was asked for.

    Raises
    ------
    JourneyError
        If that cannot be.
    """
    if goal is None:
        if labels is not None and len(labels) > 1:
            logger.warning("goal=None counts every goal as a conversion: %s", tuple(labels))
        return
    if labels is None:
        msg = f"goal={goal!r} was asked for, but the conversions have no goal column"
        raise JourneyError(msg, hint='goal=None, or at.LogSchema(goal="...")')
    wanted = _names(goal)
    for name in wanted:
        if name not in labels and nearest(name, labels) is not None:  # misspelt, most likely
            raise JourneyError(unknown_name("goal", name, labels), column="goal")
        if name not in labels:
            known = ", ".join(map(repr, labels)) or "none, for there are no conversions"
            logger.warning("no conversion has the goal %r; the goals are %s", name, known)
    if not wanted:
        msg = "goal=() asks for no conversions at all"
        raise JourneyError(msg, hint="goal=None for all goals")


def _names(goal: str | Sequence[str]) -> list[str]:
    return [goal] if isinstance(goal, str) else list(goal)


def _chosen_goals(conversions: ConversionColumns, goal: str | Sequence[str] | None) -> Bools | None:
    """Mark the conversion rows whose goal was asked for; None where all are; shape (m,)."""
    if goal is None or conversions.goal is None:
        return None
    labels = conversions.goal.labels
    return np.isin(conversions.goal.codes, [labels.index(name) for name in _names(goal) if name in labels])


def _sorted_conversions(conversions: ConversionColumns, chosen: Bools | None) -> ConversionColumns:
    """Return the chosen conversions by (user, time, everything else), so that row order is forgotten."""
    ties: list[NDArray[Any]] = [conversions.value]
    if conversions.goal is not None:
        ties.append(conversions.goal.codes)
    if conversions.order is not None:
        ties.append(conversions.order)
    ties += [dimension.codes for dimension in conversions.dims]
    order, user, time = order_by_user_and_time(conversions.user, conversions.time, ties)
    if chosen is not None:
        kept = chosen[order]
        order, user, time = order[kept], user[kept], time[kept]
    goal = conversions.goal
    return ConversionColumns(
        user=user,
        time=time,
        value=conversions.value[order],
        goal=None if goal is None else replace(goal, codes=goal.codes[order]),
        order=None if conversions.order is None else conversions.order[order],
        dims=tuple(replace(dim, codes=dim.codes[order]) for dim in conversions.dims),
    )


def _assemble(
    columns: LogColumns,
    settings: JourneyOptions,
    conversions: ConversionColumns,
    row: Ints,
    time: Ints,
    spans: Spans,
    low: Ints,
    high: Ints,
) -> Journeys:
    """Lay windows and unclaimed stretches out as journeys, by user and time."""
    n_conversions, n_touches = len(low), len(row)
    user = conversions.user
    if settings.nulls:
        null_low, null_high, null_span = unclaimed_stretches(spans, user, low, high)
        if settings.drop_censored and columns.end is not None and len(null_low):
            lookback = settings.lookback_at(np.array([columns.end]))
            settled = columns.end - time[null_high - 1] >= lookback
            null_low, null_high, null_span = null_low[settled], null_high[settled], null_span[settled]
        low, high = np.concatenate([low, null_low]), np.concatenate([high, null_high])
        user = np.concatenate([user, spans.user[null_span]])
    # Both parts are runs already sorted: a stable sort merges them in one pass.
    journey = np.argsort(low, kind="stable")
    low, high = low[journey], high[journey]
    pick, offsets = lay_out(low, high)
    row = row[pick]
    touches = columns.touches
    return Journeys(
        channels=columns.channels,
        offsets=offsets,
        channel=touches.channel[row],
        time=time[pick],
        row=row.astype(np.uint32) if settings.nulls and n_touches < 2**32 else None,
        user=user[journey],
        converted=journey < n_conversions,
        conversion_time=_padded(conversions.time, journey, np.iinfo(np.int64).min),
        value=_padded(conversions.value, journey, 0.0),
        repeats=_padded(repeats_of(conversions), journey, 0),
        touch_dims=tuple(replace(dim, codes=dim.codes[row]) for dim in touches.dims),
        journey_dims=tuple(
            replace(dim, codes=_padded(dim.codes, journey, -1)) for dim in _journey_dims(conversions)
        ),
        settings=settings.describe() | ({} if columns.has_value else {"has_value": False}),
        window=None if columns.start is None or columns.end is None else (columns.start, columns.end),
    )


def _padded(column: NDArray[Scalar], journey: Ints, fill: float) -> NDArray[Scalar]:
    """Pick a column of conversions for each journey, `fill` where the journey has no conversion."""
    out = np.full(len(journey), fill, column.dtype)
    converting = np.flatnonzero(journey < len(column))
    out[converting] = column[journey[converting]]
    return out


def _journey_dims(conversions: ConversionColumns) -> tuple[Dimension, ...]:
    goal = () if conversions.goal is None else (replace(conversions.goal, name="goal"),)
    return (*goal, *conversions.dims)


def _milestone_events(conversions: ConversionColumns, chosen: Bools) -> dict[str, tuple[Hashes, Ints]]:
    """Return (user, time) of the events of every goal that is not a conversion here."""
    goal = conversions.goal
    assert goal is not None
    events = {}
    for code, name in enumerate(goal.labels):
        of_goal = goal.codes == code
        if bool((of_goal & chosen).any()):
            continue
        events[name] = (conversions.user[of_goal], conversions.time[of_goal])
    return events
