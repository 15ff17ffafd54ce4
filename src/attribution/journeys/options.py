"""JourneyOptions: how journeys are built from a log, one frozen value or keywords, written out here alone."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict

import numpy as np

from attribution._checks import LONGEST, WEEKDAYS, duration_us, flag, name_list, one_of, whole, zone_name
from attribution._migration import tells_options
from attribution._options import refuse_beside
from attribution._typing import Ints
from attribution.errors import JourneyError, unknown_name
from attribution.journeys.period import Ends, period_of
from attribution.journeys.rates import Rates, rates_of
from attribution.kernels.clocks import DAY_US, UTC, clock_time, instant_of

AFTER_CONVERSION = ("reset", "overlap")


@tells_options(JourneyError)
@dataclass(frozen=True, slots=True, repr=False)
class JourneyOptions:
    """How journeys are built from a log.

    `build_journeys`, `attribute`, `path_counts` and `synergy` take it whole (``options=``), or its fields as
    keywords. A keyword beside it is refused; ``dataclasses.replace(usual, lookback="30D")`` changes a field.
    Section ``[journeys]`` of a configuration file has the same names.

    Parameters
    ----------
    lookback
        A touch at t is eligible for a conversion at T when ``T - lookback <= t <= T``. A string with a
        unit (``"30D"``, ``"12h"``), a timedelta, or ``"unlimited"`` or None for no limit.
    goal
        Which goals are conversions: a name, several names, or None for every row of the conversion
        table, whatever its goal. Rows with other goals become milestones for `WShaped` and `FullPath`.
    after_conversion
        ``"reset"``: touches at or before the user's previous, strictly earlier, conversion are spent.
        ``"overlap"``: every conversion looks back on its own. Conversions of one user at one instant
        look back on the same touches under both.
    session_gap
        Collapse consecutive touches of one channel no further apart than this into the first of them.
    max_touches
        Keep only the last so many touches of each journey.
    drop_censored
        Leave out the non-converting stretches that end less than one lookback before the log's end:
        they may still convert.
    nulls
        Whether to build the non-converting journeys: each maximal stretch of a user's touches that no
        conversion claims. Rule models do not need them; without them only the touches of users who
        convert are read. `attribute` asks its models instead, and `synergy` needs them.
    timezone
        The zone whose clock days, weeks, months and the period are told by, an IANA name such as
        ``"Europe/Berlin"``; ``"UTC"`` by default. Spend is joined by its days, rates by the day of the
        conversion there, and a `lookback` in days or weeks reaches back to the same time of day, which
        may be 23 or 25 hours a day where clocks change. Times of a log without a zone are those of UTC.
    week_start
        The day on which weeks begin, in ``by="week"`` and in weekly spend: ``"monday"`` (weeks are then
        numbered as in ISO 8601), ``"sunday"`` and so on (weeks are then called by their first day).
    period
        Which conversions count: those of a period, as its first and its last day, ``("2026-03-01",
        "2026-03-31")``, either of which may be None for no limit, or its name: ``"2026-03"``, ``"2026"``,
        ``"2026-W10"``. Journeys are built from the whole log all the same,
        so touches come from before, and are spent by conversions before, the period. A journey that did not
        convert counts where its last touch lies in the period. A datetime is an instant, up to which, not
        including it, a period lasts. Days are those of
        `timezone`.
    currency
        With `rates`: the currency that values become.
    rates
        What one unit of each currency of the conversions is worth: a mapping ``{"USD": 0.92}``, or a table
        (or a path) with the columns ``currency`` and ``rate`` and, where rates change, ``date``: the day of
        the conversion decides, and a day without a rate takes the last of the seven before it. None
        leaves values as they are.

    Raises
    ------
    JourneyError
        If a field makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> usual = at.JourneyOptions(lookback="7D", goal=["lead", "purchase"])
    >>> usual
    JourneyOptions(lookback='7D', goal=('lead', 'purchase'))
    >>> touches = {"user_id": [1, 1], "time": ["2026-01-01", "2026-01-20"], "channel": ["email", "search"]}
    >>> orders = {"user_id": [1], "time": ["2026-01-21"], "kind": ["purchase"]}
    >>> log = at.read_log(touches, orders, at.LogSchema(goal="kind"))
    >>> at.attribute(log, "linear", options=usual).to_frame()["conversions"].tolist()
    [0.0, 1.0]
    >>> at.attribute(log, "linear", lookback="30D").to_frame()["conversions"].tolist()
    [0.5, 0.5]
    """

    lookback: str | dt.timedelta | None = "30D"
    goal: str | Sequence[str] | None = None
    after_conversion: str = "reset"
    session_gap: str | dt.timedelta | None = None
    max_touches: int | None = None
    drop_censored: bool = False
    nulls: bool = True
    timezone: str = "UTC"
    week_start: str = "monday"
    period: str | Sequence[str | dt.date | None] | None = None
    currency: str = ""
    rates: Any = None

    def __post_init__(self) -> None:
        """Validate every field."""
        if self.rates is not None and not isinstance(self.rates, Rates | str | os.PathLike):
            object.__setattr__(self, "rates", rates_of(self.rates, self.currency))
        zone_name(self.timezone, "timezone", error=JourneyError)
        one_of(self.week_start, "week_start", WEEKDAYS, error=JourneyError)
        if self.period is not None:
            object.__setattr__(self, "period", period_of(self.period))
        if not isinstance(self.currency, str):
            msg = f"currency={self.currency!r} must be a symbol or code"
            raise JourneyError(msg, column="currency", hint='currency="EUR"')
        if self.rates is not None and not self.currency:
            msg = "rates need the currency that values become"
            raise JourneyError(msg, column="currency", hint='currency="EUR"')
        _ = self.lookback_us, self.session_gap_us
        one_of(self.after_conversion, "after_conversion", AFTER_CONVERSION, error=JourneyError)
        if self.max_touches is not None:
            whole(self.max_touches, "max_touches", error=JourneyError)
        for name in ("drop_censored", "nulls"):
            object.__setattr__(self, name, flag(getattr(self, name), name, error=JourneyError))
        if self.goal is not None and not isinstance(self.goal, str):
            object.__setattr__(self, "goal", name_list(self.goal, "goal", error=JourneyError))
        if self.drop_censored and self.lookback_us == LONGEST:
            msg = "drop_censored=True needs a lookback: without one every stretch may still convert"
            raise JourneyError(msg, hint='lookback="30D"')

    def __repr__(self) -> str:
        """Return the line that makes it, without what is as usual."""
        shown = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        if isinstance(self.rates, Rates) and not self.rates.dated:
            shown["rates"] = self.rates.always
        return f"JourneyOptions({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def lookback_us(self) -> int:
        """The lookback window in microseconds."""
        if self.lookback is None or (isinstance(self.lookback, str) and self.lookback == "unlimited"):
            return LONGEST
        return duration_us(self.lookback, "lookback", error=JourneyError, allow_zero=True)

    @property
    def ends(self) -> Ends | None:
        """The ends of the period as text, None where there is none."""
        return None if self.period is None else period_of(self.period)

    @property
    def by_calendar(self) -> bool:
        """Whether the lookback is in days, and they are those of a place, which may have 23 or 25 hours."""
        in_days = not isinstance(self.lookback, str) or self.lookback.strip()[-1:] in set("DdWw")
        whole = 0 < self.lookback_us < LONGEST and self.lookback_us % DAY_US == 0
        return in_days and whole and self.timezone != UTC

    @property
    def longest_lookback_us(self) -> int:
        """A time that no touch is further away from its conversion, microseconds."""
        return self.lookback_us + (DAY_US if self.by_calendar else 0)

    def lookback_at(self, time: Ints) -> Ints:
        """Return how far conversions look back, microseconds, int64, shape (m,).

        Parameters
        ----------
        time
            When they happened, microseconds since 1970 in UTC.
        """
        if not self.by_calendar:
            return np.full(len(time), self.lookback_us)
        return time - instant_of(clock_time(time, self.timezone) - self.lookback_us, self.timezone)

    @property
    def session_gap_us(self) -> int | None:
        """The session gap in microseconds, or None."""
        if self.session_gap is None:
            return None
        return duration_us(self.session_gap, "session_gap", error=JourneyError, allow_zero=True)

    def describe(self) -> dict[str, object]:
        """Return the settings that differ from doing nothing, for a result's own record."""
        shown: dict[str, object] = {
            "lookback": "unlimited" if self.lookback is None else str(self.lookback),
            "after_conversion": self.after_conversion,
        }
        always = (*shown, "currency", "rates")
        usual = {field.name: field.default for field in fields(self) if field.name not in always}
        shown |= {name: getattr(self, name) for name in usual if getattr(self, name) != usual[name]}
        if self.currency:
            shown["currency"] = self.currency
        if isinstance(self.rates, Rates):
            shown |= {"currency": self.rates.to, "rates": repr(self.rates)}
        return shown

    def with_rates(self) -> JourneyOptions:
        """Return the options with the rates read, where they name a file."""
        return replace(self, rates=None if self.rates is None else rates_of(self.rates, self.currency))


class JourneyKeywords(TypedDict, total=False):
    """The fields of `JourneyOptions` as keywords; which journeys to build beside is the callers' choice."""

    lookback: str | dt.timedelta | None
    goal: str | Sequence[str] | None
    after_conversion: str | None
    session_gap: str | dt.timedelta | None
    max_touches: int | None
    drop_censored: bool | None
    timezone: str | None
    week_start: str | None
    period: str | Sequence[str | dt.date | None] | None
    currency: str | None
    rates: Any


class BuildKeywords(JourneyKeywords, total=False):
    """All of them, as `build_journeys` takes them."""

    nulls: bool


def journey_options(
    options: JourneyOptions | None,
    keywords: Mapping[str, Any],
    *,
    known: type = JourneyKeywords,
    none_is_usual: bool = False,
) -> JourneyOptions:
    """Return the options that a call was given: a value, or its fields as keywords.

    Parameters
    ----------
    options, keywords
        As given.
    known
        The keywords that there are.
    none_is_usual
        Whether a lookback that is None stands for the default, as if it were left out; otherwise for none.
        Any other keyword that is None is as if it were left out.

    Raises
    ------
    JourneyError
        If a keyword is unknown (the message names the nearest), stands beside a value, or makes no sense.

    Examples
    --------
    >>> journey_options(None, {"goal": "lead", "lookback": "7D"})
    JourneyOptions(lookback='7D', goal='lead')
    """
    _check_names(keywords, known)
    if options is not None and not isinstance(options, JourneyOptions):
        msg = f"options={options!r} must be JourneyOptions"
        raise JourneyError(msg, column="options", hint=_as_options(options))
    usual: dict[str, Any] = {field.name: field.default for field in fields(JourneyOptions)}
    given: dict[str, Any] = {
        name: usual[name] if value is None and (none_is_usual or name != "lookback") else value
        for name, value in keywords.items()
    }
    if options is None:
        return JourneyOptions(**given).with_rates()
    means_none = "lookback" in keywords and not none_is_usual
    own = {name: value for name, value in keywords.items() if value is not None}
    own = ({"lookback": keywords["lookback"]} if means_none else {}) | own
    if own:
        by_name = known.__annotations__ if means_none else ()
        refuse_beside("options", options, own, JourneyError, by_name=by_name)
    return options.with_rates()


def _as_options(value: object) -> str:
    if isinstance(value, str) or type(value) is dt.timedelta:
        return f"lookback={value!r}, options=None"
    if isinstance(value, dt.timedelta):  # of pandas, whose text is no code
        return f'lookback="{value // dt.timedelta(microseconds=1)}us", options=None'
    known = {field.name for field in fields(JourneyOptions)}
    given = value if isinstance(value, Mapping) and set(value) <= known else {}
    return f"options=at.JourneyOptions({', '.join(f'{name}={entry!r}' for name, entry in given.items())})"


def refuse_options(
    call: str, options: JourneyOptions | None, keywords: Mapping[str, Any], engine: object = "auto"
) -> None:
    """Refuse what has no effect on journeys that are built already.

    Parameters
    ----------
    call
        How a call with a log begins, for the fix: ``"at.synergy(log"``.
    options, keywords, engine
        As given.

    Raises
    ------
    JourneyError
        If there is any.

    Examples
    --------
    >>> refuse_options("at.synergy(log", None, {"goal": None, "lookback": "7D"})
    Traceback (most recent call last):
    attribution.errors.JourneyError: lookback='7D' has no effect on journeys that are built already ...
    """
    _check_names(keywords, JourneyKeywords)
    given = {name: repr(value) for name, value in keywords.items() if value is not None}
    if options is not None:
        given = {"options": f"at.{options!r}"} | given
    if engine not in ("auto", "memory"):
        given["engine"] = repr(engine)
    for name, value in given.items():
        msg = f"{name}={value} has no effect on journeys that are built already"
        raise JourneyError(msg, column=name, hint=f"{call}, {name}={value})")


def _check_names(keywords: Mapping[str, Any], known: type) -> None:
    for name in keywords:
        if name not in known.__annotations__:
            raise JourneyError(unknown_name("option", name, known.__annotations__), column=name)
