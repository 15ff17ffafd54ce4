"""path_counts: the table of distinct paths of a log, on any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from attribution._migration import tells_places
from attribution.engines.choose import engine_of
from attribution.engines.shared.engine import Engine
from attribution.errors import LESS_MEMORY, JourneyError, enough_memory
from attribution.eventlog.eventlog import EventLog
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import JourneyKeywords, JourneyOptions, journey_options
from attribution.journeys.paths import path_frame, tally_paths

if TYPE_CHECKING:
    import pandas as pd

_PATHS = "paths"


@tells_places(JourneyError)
@enough_memory(LESS_MEMORY)
def path_counts(
    log: EventLog,
    top: int | None = None,
    *,
    separator: str = " > ",
    engine: str | Engine = "auto",
    progress: bool | None = None,
    options: JourneyOptions | None = None,
    **keywords: Unpack[JourneyKeywords],
) -> pd.DataFrame:
    """Count the distinct paths of a log without holding its journeys, on any engine.

    The table grows almost with the log (89% of distinct paths occur once), and all of it is held while it
    is counted; `top` only cuts what is returned.

    Parameters
    ----------
    log
        From `read_log`. Journeys that are built already have `Journeys.path_counts`.
    top, separator
        As in `Journeys.path_counts`.
    engine, progress
        As in `attribute`.
    options
        How journeys are built, as one value.
    **keywords
        Or its fields by name: ``lookback``, ``goal``, ``after_conversion``, ``session_gap``, ``max_touches``,
        ``drop_censored``, ``timezone``, ``week_start``, ``period``, ``currency`` and ``rates``.
        ``lookback=None`` sets no limit; whatever else is None has its default.

    Returns
    -------
    pandas.DataFrame
        As `Journeys.path_counts` returns it.

    Raises
    ------
    JourneyError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"user_id": [1, 1, 2], "time": ["2026-01-01", "2026-01-02", "2026-01-05"],
    ...            "channel": ["email", "search", "email"]}
    >>> conversions = {"user_id": [1], "time": ["2026-01-03"], "value": [30.0]}
    >>> at.path_counts(at.read_log(touches, conversions))[["path", "conversions", "nulls"]]
                 path  conversions  nulls
    0  email > search          1.0    0.0
    1           email          0.0    1.0
    """
    if isinstance(log, Journeys):
        msg = "path_counts takes a log; journeys have a method for it"
        raise JourneyError(msg, hint=f"journeys.path_counts({'' if top is None else f'top={top}'})")
    if not isinstance(log, EventLog):
        msg = f"path_counts takes a log, not {type(log).__name__}"
        raise JourneyError(msg, hint="at.path_counts(at.read_log(touches, conversions))")
    settings = journey_options(options, keywords)
    with engine_of(engine, log).open(log, settings, progress=progress) as run:
        tally = run({_PATHS: tally_paths})[_PATHS]
    return path_frame(tally, top=top, separator=separator)
