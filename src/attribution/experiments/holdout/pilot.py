"""What a plan knows of the outcome: a baseline and its spread, stated or from a pilot sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._checks import one_of
from attribution._typing import Floats
from attribution.errors import ExperimentError

OUTCOMES = ("proportion", "mean", "ratio", "revenue")
_SKEW_RULE = 355


@dataclass(frozen=True, slots=True)
class Pilot:
    """Mean and standard deviation of an outcome, and its skewness where a sample tells it."""

    outcome: str
    baseline: float
    sd: float
    skew: float = math.nan
    size: int = 0
    estimand: str = ""

    @property
    def normal_from(self) -> float:
        """Units per arm from which the mean of an outcome so skewed is near normal.

        355 skewness**2: Kohavi, Deng, Longbotham & Xu (2014), "Seven rules of thumb for web site
        experimenters", KDD, rule 7.
        """
        return _SKEW_RULE * self.skew**2


def read_pilot(
    outcome: object, baseline: float | None, sd: float | None, pilot: Any, winsorise: float | None
) -> Pilot:
    """Return the outcome's mean and spread from what the caller gave.

    Raises
    ------
    ExperimentError
        If they are missing, impossible, or given twice.
    """
    outcome = one_of(outcome, "outcome", OUTCOMES, error=ExperimentError)
    if pilot is not None:
        if baseline is not None or sd is not None:
            msg = "pilot gives the baseline and its spread, and so do baseline and sd"
            raise ExperimentError(msg, column="pilot", hint="give one of them")
        return _from_sample(outcome, pilot, winsorise)
    if winsorise is not None:
        msg = "winsorise needs a pilot sample to take the quantile from"
        raise ExperimentError(msg, column="winsorise", hint="pilot=users['revenue']")
    if outcome == "ratio" and sd is None:
        msg = "a ratio needs a pilot: its spread depends on how numerator and denominator go together"
        hint = "pilot=(users['revenue'], users['sessions']), or sd= of the linearised ratio"
        raise ExperimentError(msg, column="pilot", hint=hint)
    level = _finite(baseline, "baseline", "baseline=0.02 for a conversion rate of 2%")
    if outcome == "proportion":
        if not 0 < level < 1:
            msg = f"baseline={baseline!r} is no conversion rate"
            hint = f"baseline={level / 100:g}" if 1 <= level < 100 else "a number between 0 and 1"
            raise ExperimentError(msg, column="baseline", hint=hint)
        if sd is not None:
            msg = "the standard deviation of a proportion follows from the baseline"
            raise ExperimentError(msg, column="sd", hint="leave sd out, or outcome='mean'")
        return Pilot(outcome, level, math.sqrt(level * (1 - level)))
    return Pilot(outcome, level, _positive(sd, "sd", "sd=75, the spread between units, zeros included"))


def _from_sample(outcome: str, pilot: Any, winsorise: float | None) -> Pilot:
    if outcome == "ratio":
        return _ratio(pilot)
    sample = _sample(pilot, "pilot")
    estimand = ""
    if outcome == "proportion" and not np.isin(sample, (0.0, 1.0)).all():
        msg = "pilot holds values other than 0 and 1"
        raise ExperimentError(msg, column="pilot", hint="outcome='mean', or pilot > 0")
    if winsorise is not None:
        if not 0.5 < winsorise < 1:
            msg = f"winsorise={winsorise!r} is no upper quantile"
            raise ExperimentError(msg, column="winsorise", hint="winsorise=0.999")
        top = float(np.quantile(sample, winsorise))
        sample = np.minimum(sample, top)
        estimand = f"mean of the outcome capped at {top:,.4g} (its {100 * winsorise:g}% point)"
    mean, sd = float(sample.mean()), float(sample.std(ddof=1))
    if not sd:
        msg = f"all {len(sample):,} values of the pilot are {mean:g}"
        raise ExperimentError(msg, column="pilot", hint="a pilot in which the outcome varies")
    skew = float((((sample - mean) / sample.std()) ** 3).mean())
    return Pilot(outcome, mean, sd, skew, len(sample), estimand)


def _ratio(pilot: Any) -> Pilot:
    """Linearise a ratio of means: Deng, Knoblich & Lu (2018), KDD, eq. 4."""
    if not isinstance(pilot, tuple | list) or len(pilot) != 2:
        msg = "the pilot of a ratio is a pair of columns"
        raise ExperimentError(msg, column="pilot", hint="pilot=(users['revenue'], users['sessions'])")
    top, bottom = _sample(pilot[0], "pilot[0]"), _sample(pilot[1], "pilot[1]")
    if len(top) != len(bottom) or not bottom.mean() > 0:
        msg = f"the pair has {len(top):,} and {len(bottom):,} values, the second of mean {bottom.mean():g}"
        raise ExperimentError(
            msg, column="pilot", hint="two columns of one length, the second positive on average"
        )
    ratio = float(top.mean() / bottom.mean())
    line = (top - ratio * bottom) / bottom.mean()
    sd = _positive(float(line.std(ddof=1)), "pilot", "a pilot in which the ratio varies")
    skew = float(((line - line.mean()) ** 3).mean() / line.std() ** 3)
    return Pilot("ratio", ratio, sd, skew, len(top), "ratio of the means of numerator and denominator")


def _sample(values: Any, name: str) -> Floats:
    try:
        sample = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name} is no column of numbers"
        raise ExperimentError(msg, column=name, hint=f"{name}=users['revenue']") from error
    bad = np.flatnonzero(~np.isfinite(sample)) if sample.ndim == 1 else np.zeros(0, np.intp)
    if sample.ndim != 1 or len(sample) < 10:
        msg = f"{name} has shape {sample.shape}: a pilot is one column of at least 10 values"
        raise ExperimentError(
            msg, column=name, hint=f"{name}=users['revenue'], one value a unit, zeros included"
        )
    if np.isinf(sample).any():
        rows = np.flatnonzero(np.isinf(sample))
        msg = f"{name} has infinite values"
        hint = "find where they come from, and cap or correct them"
        raise ExperimentError(msg, column=name, rows=rows[:5].tolist(), count=len(rows), hint=hint)
    if len(bad):
        why = "a unit without a purchase counts as 0; leaving it out overstates the mean and hides the spread"
        msg = f"{name} has missing values"
        raise ExperimentError(
            msg, column=name, rows=bad[:5].tolist(), count=len(bad), why=why, hint=".fillna(0)"
        )
    return sample


def _finite(value: object, name: str, hint: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        msg = f"{name}={value!r} is no number"
        raise ExperimentError(msg, column=name, hint=hint)
    return float(value)


def _positive(value: object, name: str, hint: str) -> float:
    number = _finite(value, name, hint)
    if number <= 0:
        msg = f"{name}={value!r} must be above 0"
        raise ExperimentError(msg, column=name, hint=hint)
    return number
