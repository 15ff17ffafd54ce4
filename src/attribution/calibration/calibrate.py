"""calibrate: credit times what experiments say of it, shrunk over channels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from attribution._checks import one_of
from attribution._typing import Floats
from attribution.calibration.calibration import Calibration, Tested
from attribution.calibration.evidence import Evidence, check_match, failed_checks
from attribution.calibration.pooling import Evident, pooled
from attribution.calibration.repeated_tests import combine, refuse_repeats
from attribution.credit.credit import Credit
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.shared.lift import Estimate, Lift, Lifts

Outcome: TypeAlias = Lift | Estimate | Evidence


def calibrate(
    credit: Credit,
    lifts: Mapping[str, Outcome | Sequence[Outcome]],
    *,
    measure: Literal["conversions", "value"] = "conversions",
    prior: tuple[float, float] = (0.7, 0.5),
    spread: float = 0.3,
    alpha: float = 0.05,
    blocked: Literal["refuse", "drop"] = "refuse",
) -> Calibration:
    """Turn credit into incremental effects, by the experiments that there are.

    Each experiment gives an incrementality factor: incremental over attributed conversions of the same users
    and dates. What channels caused is pooled, an estimate drawn to the others the more the less sure it is:
    ``effect_c ~ N(m credit_c, (tau credit_c)^2 + d^2)``, ``m ~ N(prior)``, ``tau ~ half-normal(spread)``, d
    half-normal with a scale of 3% of all conversions, which is how far credit misses a channel whatever its
    size; one channel in ten may be odd by 15% of all. Effects add up to no less than nothing and no more
    than there is; what they leave is the baseline, which would have happened anyway. Nothing is scaled to
    add up to 100%.

    The interval of a tested channel is that of its own test, assisted by the others, so that it covers
    whatever they say; that of an untested one is what the tested ones teach, wide as that is.

    Parameters
    ----------
    credit
        The credit of one model (`Credit.select` picks one), by any dimensions; the factors are per channel.
    lifts
        For each tested channel a `Lift`, an `Evidence` (which says how the experiment relates to the
        credit), or several. Several multiply as likelihoods; where they disagree (Cochran's Q) the error
        grows by as much. A geo test's return is set against that of the channel, so it needs a credit with
        spend.
    measure
        What the experiments counted: ``"conversions"`` or ``"value"``.
    prior
        Mean and standard deviation of the common factor m before any experiment.
    spread
        Scale of the prior of tau, by how much channels differ.
    alpha
        0.05 for 95% intervals.
    blocked
        An experiment with a failed check that forbids reading it is refused; or ``"drop"``: it is left out,
        and named.

    Returns
    -------
    Calibration
        `to_frame` (with a ``(baseline)`` row), `factors`, `leave_one_out`, `next_test`, `summary`, `plot`.

    Raises
    ------
    ExperimentError
        If an experiment's estimand is not that of the credit (users, dates, conversions), its verdict is
        blocked, its interval has no end, a channel is unknown, or one test is given twice.

    Examples
    --------
    >>> import numpy as np
    >>> import attribution as at
    >>> credit = at.Credit(
    ...     models=("last_touch",),
    ...     by=("channel",),
    ...     keys=(np.array(["email", "retargeting", "search"], dtype=object),),
    ...     conversions=np.array([[300.0, 500.0, 200.0]]),
    ...     value=np.array([[30_000.0, 50_000.0, 20_000.0]]),
    ... )
    >>> found = at.Evidence(at.Estimate(25.0, -24.0, 74.0))  # 25 of the 500 were caused
    >>> calibrated = at.calibrate(credit, {"retargeting": found})
    >>> calibrated.to_frame()[["channel", "attributed", "factor", "tested", "incremental"]].round(2)
           channel  attributed  factor  tested  incremental
    0        email       300.0    0.33   False       100.16
    1  retargeting       500.0    0.06    True        30.54
    2       search       200.0    0.33   False        66.64
    3   (baseline)         NaN     NaN   False       802.66
    """
    _check_credit(credit, measure)
    _check_prior(prior, spread, alpha)
    channels, attributed, total = _per_channel(credit, measure)
    costs = _costs(credit, channels)
    evidence = _evidence(lifts, channels)
    one_of(blocked, "blocked", ("refuse", "drop"), error=ExperimentError)
    evidence, left_out = _readable(evidence, drop=blocked == "drop")
    refuse_repeats(evidence)
    estimates, errors = np.full(len(channels), np.nan), np.full(len(channels), np.nan)
    tested, repeated = [], []
    for channel, several in evidence.items():
        place = channels.index(channel)
        own = float(attributed[place])
        found = []
        for entry in several:
            cost = costs[channel]
            _check(credit, channel, entry, own, measure, total, cost)
            found.append(Tested(channel, entry, *entry.factor(own, alpha, measure, cost)))
        tested += found
        whole = combine(channel, [(one.factor, one.error) for one in found])
        repeated += [whole] if whole.tests > 1 else []
        estimates[place], errors[place] = whole.factor, whole.error
    beliefs = (float(prior[0]), float(prior[1])), float(spread)
    known = Evident(estimates * attributed, errors * np.abs(attributed), attributed, total, *beliefs)
    return Calibration(
        credit=credit,
        measure=measure,
        channels=channels,
        attributed=attributed,
        total=total,
        estimates=estimates,
        errors=errors,
        tested=tuple(tested),
        repeated=tuple(repeated),
        left_out=left_out,
        pooled=pooled(known, float(alpha)),
        prior=beliefs[0],
        spread=beliefs[1],
        alpha=float(alpha),
    )


def _check_credit(credit: object, measure: str) -> None:
    """Raise ExperimentError for what is no credit of one model that has the measure."""
    if not isinstance(credit, Credit):
        msg = f"credit is a {type(credit).__name__}, not a Credit"
        raise ExperimentError(msg, column="credit", hint='at.attribute(journeys, "last_touch")')
    if len(credit.models) != 1:
        msg = f"the credit is of {len(credit.models)} models, and a factor belongs to one"
        hint = f"credit.select(models={next(iter(credit.models), 'linear')!r})"
        raise ExperimentError(msg, column="credit", hint=hint)
    one_of(measure, "measure", ("conversions", "value"), error=ExperimentError)
    if measure == "value" and not credit.has_value:
        msg = "the log has no values to calibrate"
        raise ExperimentError(msg, column="measure", hint='measure="conversions"')


def _readable(
    evidence: Mapping[str, list[Evidence]], *, drop: bool
) -> tuple[dict[str, list[Evidence]], tuple[str, ...]]:
    """Return the experiments without those that a failed check blocks, where they are to be dropped."""
    kept: dict[str, list[Evidence]] = {}
    left_out: list[str] = []
    for channel, several in evidence.items():
        failed = [failed_checks(entry) for entry in several]
        left_out += [f"{channel} ({names})" for names in failed if names and drop]
        rest = [entry for entry, names in zip(several, failed, strict=True) if not (names and drop)]
        if rest:
            kept[channel] = rest
    if not kept:
        msg = f"every experiment is blocked by a failed check: {', '.join(left_out)}"
        why = "a test whose arms were not filled as planned says nothing about the channel"
        raise ExperimentError(
            msg, column="lifts", why=why, hint="look at lift.checks.failed for the cause, and test again"
        )
    return kept, tuple(left_out)


def _per_channel(credit: Credit, measure: str) -> tuple[tuple[str, ...], Floats, float]:
    """Return the channels, their credit and the log's total, or raise ExperimentError where it is nothing."""
    line = (credit.conversions if measure == "conversions" else credit.value)[0]
    labels = credit.keys[0].tolist()
    inside = credit.attributed.tolist()
    sums: dict[str, float] = {}
    for label, own, amount in zip(labels, inside, line.tolist(), strict=True):
        if own:
            sums[label] = sums.get(label, 0.0) + amount
    whole = credit.sums()
    if measure == "conversions":
        total = float(whole.conversions[0] + whole.unattributed_conversions[0])
    else:
        total = float(whole.value[0] + whole.unattributed_value[0])
    if not total > 0:
        msg = f"the log has no {measure} to calibrate ({total:g})"
        raise ExperimentError(msg, column="credit", hint="look at what was read: log.audit(), credit.sums()")
    return tuple(sums), np.array(list(sums.values()), dtype=np.float64), total


def _costs(credit: Credit, channels: tuple[str, ...]) -> dict[str, float]:
    """Return what each channel cost; missing where that is not known."""
    if credit.cost is None:
        return dict.fromkeys(channels, math.nan)
    labels, known = credit.keys[0], np.isfinite(credit.cost)
    return {
        channel: float(credit.cost[mine].sum()) if (mine := known & (labels == channel)).any() else math.nan
        for channel in channels
    }


def _evidence(lifts: object, channels: tuple[str, ...]) -> dict[str, list[Evidence]]:
    hint = 'lifts={"email": at.analyze_holdout(users)}'
    if not isinstance(lifts, Mapping) or not lifts:
        msg = "lifts names no experiment"
        if not isinstance(lifts, Mapping):
            msg = f"lifts is a {type(lifts).__name__}, and does not say which channel was tested"
        raise ExperimentError(msg, column="lifts", hint=hint)
    out: dict[str, list[Evidence]] = {}
    for channel, entry in lifts.items():
        if channel not in channels:
            raise ExperimentError(unknown_name("channel", channel, channels), column="lifts")
        if isinstance(entry, Lifts):
            msg = f"lifts[{channel!r}] holds several lifts, by {entry.by}"
            raise ExperimentError(
                msg, column="lifts", hint=f"lifts[{channel!r}] = lifts[{channel!r}][{next(iter(entry))!r}]"
            )
        several = [entry] if isinstance(entry, Lift | Estimate | Evidence) else entry
        kinds: Any = Lift | Estimate | Evidence
        if not isinstance(several, Iterable) or not (entries := list(several)):
            msg = f"lifts[{channel!r}] is a {type(entry).__name__}, not a Lift"
            raise ExperimentError(msg, column="lifts", hint=hint)
        for one in entries:
            if not isinstance(one, kinds):
                msg = f"lifts[{channel!r}] holds a {type(one).__name__}, not a Lift"
                if isinstance(one, int | float):
                    hint = "at.Estimate(25.0, 5.0, 45.0): incremental conversions with their interval"
                raise ExperimentError(msg, column="lifts", hint=hint)
        out[channel] = [one if isinstance(one, Evidence) else Evidence(one) for one in entries]
    return out


def _check(
    credit: Credit, channel: str, evidence: Evidence, own: float, measure: str, total: float, cost: float
) -> None:
    window, goal = credit.window, credit.settings.get("goal")
    check_match(
        channel,
        evidence,
        measure=measure,
        credited=own,
        total=total,
        window=window,
        goal=goal,
        cost=cost,
    )
    if evidence.attributed is None and not own > 0:
        msg = f"{channel!r} has no credit to calibrate ({own:g})"
        why = "incremental over attributed has no value when nothing is attributed"
        raise ExperimentError(msg, column="lifts", why=why, hint="a model that credits the channel")


def _check_prior(prior: object, spread: object, alpha: object) -> None:
    pair = prior if isinstance(prior, tuple | list) and len(prior) == 2 else None
    if pair is None or not all(_real(entry) for entry in pair) or not pair[1] > 0:
        msg = f"prior={prior!r} is no mean and standard deviation"
        raise ExperimentError(msg, column="prior", hint="prior=(0.7, 0.5)")
    for name, value, most in (("spread", spread, math.inf), ("alpha", alpha, 1.0)):
        if not _real(value) or not 0 < float(value) < most:  # type: ignore[arg-type]
            msg = f"{name}={value!r} must be above 0" + (" and below 1" if most == 1 else "")
            raise ExperimentError(msg, column=name, hint="spread=0.3, alpha=0.05")


def _real(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
