"""Evidence: an experiment's answer made comparable with a channel's credit, or refused."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from attribution._checks import single_name
from attribution._migration import tells_options
from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.shared.lift import Estimate, Lift

_WEEK = 7.0
_HALF_LIFE_WEEKS = 52.0
_DAY_US = 86_400_000_000
_SAME_TOTAL = 0.05
_COUNTED = 20.0  # conversions of credit from which an effect below one is no count
_BEYOND = 1e15  # nobody counts so many; squares of much larger numbers overflow

Day: TypeAlias = str | dt.date


@tells_options(ExperimentError)
@dataclass(frozen=True)
class Evidence:
    """An experiment on a channel, and how it relates to the credit that it shall calibrate.

    A bare `Lift` says: same users, dates and conversions as the credit, now, at today's spend. Where that is
    not so, the result is adjusted and made less sure: the mean by ``gamma = 1 / capture``, the standard
    error by ``sqrt(1 + t_spend + t_recency + t_duration + t_user)``. Google Meridian 2.1,
    ``calibration/roi.py``.

    A geo test covers regions and days of its own, so it is its return that travels: incremental outcome per
    cost, times the channel's cost in a credit with spend. A test that went dark returns what all of the spend
    does, on average; a heavy-up what more of it would.

    Attributes
    ----------
    lift
        What the experiment found: a `Lift`, or its incremental total as an `Estimate` (95%).
    attributed
        Credit of the channel over the experiment's own users, dates and conversions, where those are not
        the credit's. Of a geo test: the credit that came, or where it went dark was lost, with the treatment.
    attributed_error
        Its standard error, where it was sampled.
    start, end
        First and last day of the experiment.
    goal
        The conversion that the experiment counted. A geo test that counted conversions, and not money, needs
        it.
    age_weeks
        Weeks since the experiment, with ``t_recency = (1 - l) / l``, ``l = .5 ** (weeks / 52)``.
    spend_ratio
        Higher over lower rate of spend, then and now: ``t_spend = ratio - 1``.
    capture
        Part of the effect that fell into the experiment's time, p: ``gamma = 1 / p``,
        ``t_duration = (1 - p) / p``. See `captured`.
    extra
        ``t_user``: any further doubt, as a factor on the variance minus 1.

    Raises
    ------
    ExperimentError
        If a number is impossible.

    Examples
    --------
    >>> evidence = Evidence(Estimate(300.0, 104.0, 496.0), attributed=1_000, age_weeks=52)
    >>> factor, error = evidence.factor(attributed=0.0, alpha=0.05)
    >>> round(factor, 3), round(error, 4)  # one half-life doubles the variance: 0.1 becomes 0.1414
    (0.3, 0.1414)
    """

    lift: Lift | Estimate
    attributed: float | None = None
    attributed_error: float = 0.0
    start: Day | None = None
    end: Day | None = None
    goal: str | None = None
    age_weeks: float = 0.0
    spend_ratio: float = 1.0
    capture: float = 1.0
    extra: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.lift, Lift | Estimate):
            msg = f"lift is a {type(self.lift).__name__}, not a Lift"
            raise ExperimentError(msg, column="lift", hint="lift=at.analyze_holdout(users)")
        bounds = {
            "attributed_error": (0.0, math.inf),
            "age_weeks": (0.0, 52.0 * 50),
            "spend_ratio": (1.0, math.inf),
            "capture": (1e-3, 1.0),
            "extra": (0.0, math.inf),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                msg = f"{name}={value!r} is no number"
                raise ExperimentError(msg, column=name, hint=f"{name}={max(low, min(1.0, high)):g}")
            if not low <= value <= high or math.isinf(value):
                top = "" if math.isinf(high) else f" and {high:g}"
                msg = f"{name}={value!r} must lie between {low:g}{top or ' and a finite number'}"
                raise ExperimentError(msg, column=name, hint=f"{name}={max(low, min(1.0, high)):g}")
        own = self.attributed
        known = own is None or (isinstance(own, int | float | np.number) and not isinstance(own, bool))
        if not known or (own is not None and not (math.isfinite(own) and own >= 0)):
            msg = f"attributed={own!r} is no number" + (" of conversions, or no amount" if known else "")
            raise ExperimentError(msg, column="attributed", hint="attributed=1_240, the channel's credit")
        single_name(self.goal, "goal", error=ExperimentError, optional=True)
        days = [_day(name, getattr(self, name)) for name in ("start", "end")]
        if days[0] is not None and days[1] is not None and days[1] < days[0]:
            msg = f"the experiment ends ({self.end}) before it starts ({self.start})"
            raise ExperimentError(msg, column="end", hint=f"start={self.end!r}, end={self.start!r}")

    @property
    def inflation(self) -> float:
        """Factor on the variance."""
        recency = 2 ** (self.age_weeks / _HALF_LIFE_WEEKS) - 1
        return 1 + (self.spend_ratio - 1) + recency + (1 - self.capture) / self.capture + self.extra

    def found(self, measure: str = "conversions", cost: float = math.nan) -> Estimate | None:
        """Return what the channel caused, to set against its credit; None where the experiment does not say.

        Parameters
        ----------
        measure
            ``"conversions"`` or ``"value"``.
        cost
            What the channel cost in the credit, for a geo test without credit of its own.
        """
        lift = self.lift
        if isinstance(lift, Estimate):
            return lift
        total = lift.incremental if measure == "conversions" else lift.incremental_value
        if lift.design != "geo" or total is None:
            return total
        if self.attributed is None:
            assert lift.iroas is not None
            worth = 1.0 if measure == "value" else float(lift.details["worth"])
            return lift.iroas.times(cost / worth)
        # Of a test that went dark, what was lost is what the advertising had caused.
        dark = lift.details["cost"]["total"] < 0
        return (
            Estimate(-total.value, -total.high, -total.low, total.note, std_error=total.std_error)
            if dark
            else total
        )

    def factor(
        self, attributed: float, alpha: float, measure: str = "conversions", cost: float = math.nan
    ) -> tuple[float, float]:
        """Return the incrementality factor, incremental over attributed, and its standard error.

        Parameters
        ----------
        attributed
            The credit to compare with, where the evidence has none of its own.
        alpha
            Level of an `Estimate` that has no standard error.
        measure
            ``"conversions"`` or ``"value"``.
        cost
            As in `found`.
        """
        from scipy.stats import norm

        level = self.lift.alpha if isinstance(self.lift, Lift) else alpha
        found = self.found(measure, cost)
        assert found is not None
        base = attributed if self.attributed is None else self.attributed
        error = found.std_error
        if not (math.isfinite(error) and error > 0):
            # The width of an interval of t, of a sequence or of permutations is another multiple of it.
            error = (found.high - found.low) / (2 * float(norm.isf(level / 2)))
        factor = found.value / base
        # The delta method on the ratio; exact where the credit is counted, not sampled.
        spread = math.sqrt(error**2 + (factor * self.attributed_error) ** 2) / base
        return factor / self.capture, spread / self.capture * math.sqrt(self.inflation)


def captured(weights: Sequence[float] | Floats, days: int) -> float:
    """Return the part of a lagged effect that falls into an experiment, summed over its days.

    ``sum of w_l over l < days / sum of all w_l``: Google Meridian 2.1, ``calibration/roi.py``.

    Parameters
    ----------
    weights
        Effect by days since the touch, from 0; for example the delays from touch to conversion.
    days
        Length of the experiment in days.

    Raises
    ------
    ExperimentError
        If the weights are no weights.

    Examples
    --------
    >>> captured([4, 2, 1, 1], days=2)
    0.75
    """
    line = np.asarray(weights, dtype=np.float64)
    if line.ndim != 1 or not len(line) or not np.isfinite(line).all() or (line < 0).any() or not line.sum():
        msg = "weights must be numbers of at least 0, one a day of delay, not all 0"
        raise ExperimentError(msg, column="weights", hint="weights=[0.5, 0.25, 0.125]")
    if days < 1:
        msg = f"days={days!r} is no length of an experiment"
        raise ExperimentError(msg, column="days", hint="days=28")
    return float(line[: int(days)].sum() / line.sum())


def failed_checks(evidence: Evidence) -> str:
    """Return the names of the checks that block an experiment; empty where it can be read."""
    lift = evidence.lift
    if not isinstance(lift, Lift) or lift.verdict != "blocked":
        return ""
    return ", ".join(str(name).replace("_", " ") for name in lift.details["blocked"])


def check_match(
    channel: str,
    evidence: Evidence,
    *,
    measure: str,
    credited: float,
    total: float,
    window: tuple[int, int] | None,
    goal: object,
    cost: float = math.nan,
) -> None:
    """Refuse an experiment whose estimand is not that of the credit.

    Raises
    ------
    ExperimentError
        If the experiment is blocked, has no total, covers other days, conversions or users, or its interval
        has no end.
    """
    lift = evidence.lift
    where = f"lifts[{channel!r}]"
    own = (
        f"credit the experiment's own users and days by themselves, and give what {channel!r} gets there to "
        "at.Evidence as attributed"
    )
    if isinstance(lift, Lift):
        if failed := failed_checks(evidence):
            msg = f"the experiment on {channel!r} is blocked by a failed check ({failed})"
            why = "a test whose arms were not filled as planned says nothing about the channel"
            hint = 'blocked="drop" to go on without it; lift.checks.failed has the cause'
            raise ExperimentError(msg, column=where, why=why, hint=hint)
        if lift.design == "geo":
            _check_geo(channel, evidence, lift, measure, cost, where)
        found = evidence.found(measure, cost)
        if found is None:
            msg = f"the experiment on {channel!r} has no incremental {measure} in total"
            hint = "at.analyze_holdout(..., outcome='conversions'), a count per user"
            hint = hint if measure == "conversions" else "at.analyze_holdout(..., value='revenue')"
            raise ExperimentError(msg, column=where, hint=hint)
    else:
        found = lift
    _check_interval(channel, found, where)
    if evidence.goal is not None and goal is not None and evidence.goal not in _goals(goal):
        msg = f"the experiment on {channel!r} counted {evidence.goal!r}, the credit {goal!r}"
        why, hint = "they count different things", f"goal={evidence.goal!r}"
        raise ExperimentError(msg, column=where, why=why, hint=hint)
    if evidence.attributed is not None:
        if not evidence.attributed > 0 or not math.isfinite(evidence.attributed):
            msg = f"attributed={evidence.attributed!r} leaves no factor for {channel!r}"
            raise ExperimentError(msg, column=where, hint=own)
        return
    if isinstance(lift, Lift) and lift.design == "geo":
        return  # Its return is what travels, and it has days of its own.
    _same_days(channel, evidence, window, where, own)
    _check_size(channel, found, credited, f"{total:,.0f} {measure}", total, where)
    if isinstance(lift, Lift) and lift.design == "itt" and measure == "conversions":
        _same_total(channel, lift, total, where, own)


def _same_total(channel: str, lift: Lift, total: float, where: str, own: str) -> None:
    """Refuse a test of users whose arms hold other conversions than the credit."""
    means: Mapping[str, float] = lift.details.get("means", {})
    counted = sum(means[arm] * n for arm, n in lift.n.items()) if set(lift.n) <= set(means) else 0.0
    if counted and abs(counted - total) > _SAME_TOTAL * max(counted, total):
        msg = (
            f"the experiment on {channel!r} counts {counted:,.0f} conversions in its arms and the "
            f"credit's log {total:,.0f}: not the same users, days or conversions"
        )
        why = "a factor of one population's effect over another's credit has no meaning"
        raise ExperimentError(msg, column=where, why=why, hint=own)


def _check_interval(channel: str, found: Estimate, where: str) -> None:
    """Refuse an interval that cannot say how sure the experiment is."""
    ends = f"{found.low:g} to {found.high:g}"
    if not (found.bounded and math.isfinite(found.value)) or found.gap is not None:
        msg = f"the experiment on {channel!r} has no bounded interval: {ends}"
        raise ExperimentError(msg, column=where, hint="leave it out: it says nothing about the channel")
    if not found.low < found.high or not found.low <= found.value <= found.high:
        msg = f"the experiment on {channel!r} has no interval around its estimate {found.value:g}: {ends}"
        why = "how sure an experiment is decides how much it counts, and that is read off its interval"
        ordered = ", ".join(f"{each:g}" for each in (found.value, found.high, found.low))
        swapped = found.high < found.value < found.low
        hint = f"at.Estimate({ordered})" if swapped else "at.Estimate(value, low, high), low < value < high"
        raise ExperimentError(msg, column=where, why=why, hint=hint)
    if max(abs(found.low), abs(found.high)) > _BEYOND:
        msg = f"the experiment on {channel!r} has an interval beyond any count: {ends}"
        raise ExperimentError(msg, column=where, hint="incremental conversions, in units of one")


def _check_size(channel: str, found: Estimate, credited: float, whole: str, total: float, where: str) -> None:
    """Refuse an effect that cannot be a part of what happened: of another unit, or of other users."""
    ends = f"{found.low:,.4g} to {found.high:,.4g}"
    if found.low > total or found.high < -total:
        msg = f"the experiment on {channel!r} says {ends}, and the credit's log holds {whole} in all"
        why = "what a channel caused is a part of what happened: this is of another unit, or of other users"
        hint = (
            f"credit the experiment's own users in its own unit, and give what {channel!r} gets there to "
            "at.Evidence as attributed"
        )
        raise ExperimentError(msg, column=where, why=why, hint=hint)
    if max(abs(found.low), abs(found.high)) < 1.0 and credited > _COUNTED:
        msg = f"the experiment on {channel!r} says {ends} in all, where {credited:,.0f} were credited"
        why = "no test of so many tells its effect to less than one: this is a rate, or a part of the whole"
        hint = "lift.incremental, the effect in total; of an estimate by hand, the rate times the users"
        raise ExperimentError(msg, column=where, why=why, hint=hint)


def _check_geo(channel: str, evidence: Evidence, lift: Lift, measure: str, cost: float, where: str) -> None:
    """Refuse a geo test that cannot be set against credit."""
    if measure == "conversions" and evidence.goal is None:
        msg = f"the geo test on {channel!r} counts {lift.outcome!r}: money, or conversions?"
        why = "money over conversions is no factor"
        hint = (
            'at.calibrate(..., measure="value"), or at.Evidence(lift, goal="purchase") of counted purchases'
        )
        raise ExperimentError(msg, column=where, why=why, hint=hint)
    if lift.details.get("cost") is None or lift.iroas is None:
        msg = f"the geo test on {channel!r} does not know what it cost"
        why = "credit is of all of a channel's advertising, and only the cost says how much of it was tested"
        raise ExperimentError(msg, column=where, why=why, hint='at.analyze_geo(..., cost="spend")')
    if evidence.attributed is None and not (math.isfinite(cost) and cost > 0):
        msg = f"the geo test on {channel!r} is of other regions and days than the credit, which has no cost"
        why = "what travels is the test's return, times what the channel cost"
        hint = (
            "at.calibrate(credit.with_spend(spend), ...), or give the credit that the treatment brought in "
            "its geos and days to at.Evidence as attributed"
        )
        raise ExperimentError(msg, column=where, why=why, hint=hint)


def _same_days(
    channel: str, evidence: Evidence, window: tuple[int, int] | None, where: str, own: str
) -> None:
    if window is None:
        return
    for name, day, edge in (("start", evidence.start, window[0]), ("end", evidence.end, window[1])):
        date = _day(name, day)
        if date is None:
            continue
        number = (date - dt.date(1970, 1, 1)).days
        if abs(number - edge // _DAY_US) > 1:
            there = dt.date(1970, 1, 1) + dt.timedelta(days=edge // _DAY_US)
            msg = f"the experiment on {channel!r} has {name} {date}, the credit {there}"
            why = "effect and credit of different days are not one ratio"
            raise ExperimentError(msg, column=where, why=why, hint=own)


def _day(name: str, day: Day | None) -> dt.date | None:
    if day is None:
        return None
    try:
        date = dt.date.fromisoformat(day) if isinstance(day, str) else day
        return dt.date(date.year, date.month, date.day)
    except (ValueError, AttributeError, TypeError) as error:
        msg = f"{name}={day!r} is not a date"
        raise ExperimentError(msg, column=name, hint=f'{name}="2026-03-01"') from error


def _goals(goal: object) -> tuple[object, ...]:
    return tuple(goal) if isinstance(goal, list | tuple | set | frozenset) else (goal,)
