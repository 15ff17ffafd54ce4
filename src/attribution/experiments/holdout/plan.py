"""plan_holdout: how many units, how long, what it can see, and what that means in money."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, Unpack

import numpy as np

from attribution._checks import fraction
from attribution._migration import tells_renamed
from attribution.errors import FEWER_COLUMNS, ExperimentError, enough_memory, unknown_name
from attribution.experiments.holdout.holdout_plan import HoldoutPlan, Money
from attribution.experiments.holdout.pilot import Pilot, read_pilot
from attribution.experiments.holdout.plan_options import (
    EconomicsKeywords,
    HoldoutSetup,
    SetupKeywords,
    UnitEconomics,
)
from attribution.experiments.holdout.power import Design, design_effect
from attribution.experiments.shared.options import taken
from attribution.experiments.shared.significance import Significance, SignificanceKeywords

_HOLDOUT = "holdout"
_EXAMPLES = {
    "lift": "lift=0.1 for ten percent",
    "effect": "effect=0.002, a difference of means",
    "iroas": "iroas=2.5, incremental value per unit of cost",
    "n": "n=200_000, units of all arms together",
    "share": "share=0.1 for ten percent",
    "rho": "rho=0.5",
    "exposure": "exposure=0.3 where 30% of the treated are reached",
    "cluster_size": "cluster_size=2.4 units per household",
    "cluster_cv": "cluster_cv=0.5",
    "daily_units": "daily_units=10_000",
    "outcome_days": "outcome_days=14",
    "cost_per_exposed": "cost_per_exposed=0.14, the spend per exposed unit",
    "value": "value=60, the mean value of a conversion",
    "profit_margin": "profit_margin=0.4 for forty percent",
}


class PlanKeywords(SetupKeywords, EconomicsKeywords, SignificanceKeywords, total=False):
    """What `plan_holdout` takes by name beside its own arguments."""


@tells_renamed(ExperimentError)
@enough_memory(FEWER_COLUMNS)
def plan_holdout(
    *,
    outcome: Literal["proportion", "mean", "ratio", "revenue"] = "proportion",
    baseline: float | None = None,
    sd: float | None = None,
    pilot: Any = None,
    winsorise: float | None = None,
    lift: float | None = None,
    effect: float | None = None,
    iroas: float | None = None,
    n: int | None = None,
    setup: HoldoutSetup | None = None,
    economics: UnitEconomics | None = None,
    significance: Significance | None = None,
    **keywords: Unpack[PlanKeywords],
) -> HoldoutPlan:
    """Plan a holdout test: sample size, duration, smallest effect it can see, power, and iROAS.

    With an effect to find (`lift`, `effect` or `iroas`) and no `n`, the plan is the smallest test that finds
    it with the wished power. With `n`, it is what that test can see.

    Parameters
    ----------
    outcome
        ``"proportion"`` (converted or not), ``"mean"``, ``"ratio"`` of two sums over the unit (revenue per
        session), or ``"revenue"`` (a mean, mostly zeros with a heavy tail).
    baseline
        Conversion rate or mean without the treatment, of all units (with ``design="psa"`` or
        ``"ghost_ads"`` of the would-be exposed).
    sd
        Standard deviation of the outcome between units, zeros included.
    pilot
        Instead of both: outcomes of past units, one a unit, zeros included; for a ratio, a pair of columns.
    winsorise
        Cap the pilot at this quantile, as the analysis will: the estimand is then the capped mean.
    lift
        Relative effect to find, of an exposed unit: 0.1 for ten percent.
    effect
        The same as a difference.
    iroas
        Incremental value per unit of cost to find, as another way to state the effect.
    n
        Units of all arms together that there are.
    setup
        How the test is to be run, as one value.
    economics
        What units cost and earn, as one value.
    significance
        Level, power and side of the test, as one value.
    **keywords
        Their fields one by one: ``share``, ``arms``, ``multiplicity``, ``rho``, ``exposure``, ``design``,
        ``cluster_size``, ``cluster_cv``, ``icc``, ``daily_units`` and ``outcome_days`` of `HoldoutSetup`;
        ``cost_per_exposed``, ``value``, ``profit_margin`` and ``currency`` of `UnitEconomics`; ``alpha``,
        ``power`` and ``alternative`` of `Significance`.

    Returns
    -------
    HoldoutPlan
        With `summary`, `to_frame`, `curve` and `plot`.

    Raises
    ------
    ExperimentError
        If a number is missing or impossible; the message says which and what would do.

    Examples
    --------
    >>> import attribution as at
    >>> plan = at.plan_holdout(baseline=0.02, lift=0.10, daily_units=10_000)
    >>> plan.n_per_arm, plan.days
    ({'holdout': 80682, 'treatment': 80682}, 17.0)
    >>> at.plan_holdout(baseline=0.02, n=100_000, share=0.1).mde_lift
    0.2207...
    """
    given: dict[str, Any] = dict(keywords)
    run = taken(HoldoutSetup, setup, "setup", given)
    pays = taken(UnitEconomics, economics, "economics", given)
    test = taken(Significance, significance, "significance", given)
    test.only(
        ("alpha", "alternative"), "multiplicity= shares the level, and lift= or effect= is what to find"
    )
    if run.daily_units is None:
        why = "without daily_units there is no duration"
        _refuse_idle(run, "outcome_days", 0.0, why, "daily_units=10_000")
    known = read_pilot(outcome, baseline, sd, pilot, winsorise)
    shares = _shares(run.share, run.arms)
    treated = min((arm for arm in shares if arm != _HOLDOUT), key=lambda arm: shares[arm])
    compared = _compared(known, (shares[_HOLDOUT], shares[treated]), len(shares) - 1, run, test)
    if compared.loss and pays.cost_per_exposed is not None:
        msg = "cost_per_exposed= asks what an outcome that shall fall earns, and a fall has no iROAS"
        hint = "cost_per_exposed=None, value=None, iroas=None"
        raise ExperimentError(msg, column="cost_per_exposed", hint=hint)
    money = _money(pays, float(run.exposure), known)
    wanted = _effect(lift, effect, iroas, money, compared)
    if wanted is None and n is None:
        msg = "there is neither an effect to find nor a number of units"
        raise ExperimentError(
            msg, column="lift", hint="lift=0.05 (then n follows), or n=200_000 (then the MDE follows)"
        )
    return _planned(known, compared, shares, treated, run, test, money, wanted, n)


def _planned(
    known: Pilot,
    compared: Design,
    shares: dict[str, float],
    treated: str,
    run: HoldoutSetup,
    test: Significance,
    money: Money | None,
    wanted: float | None,
    n: int | None,
) -> HoldoutPlan:
    """Return the plan of the smallest test that finds the effect, or of one with so many units."""
    required = None if wanted is None else _counts(compared.units(wanted, test.power), shares)
    counts = required if n is None else _given(n, shares)
    assert counts is not None
    total = sum(counts.values())
    return HoldoutPlan(
        pilot=known,
        design=compared,
        shares=shares,
        compared=treated,
        comparisons=len(shares) - 1,
        multiplicity=run.multiplicity if len(shares) > 2 else "none",
        kind=run.design,
        exposure=float(run.exposure),
        rho=float(run.rho),
        design_effect=_spread(run),
        alpha=test.alpha,
        target_power=test.power,
        effect=wanted,
        n_per_arm=counts,
        n_required=None if required is None else sum(required.values()),
        power=test.power if wanted is None else float(compared.power(total, wanted)),
        mde=compared.mde(total, test.power),
        daily_units=None if run.daily_units is None else _above(run.daily_units, "daily_units"),
        outcome_days=_above(run.outcome_days, "outcome_days", zero=True),
        money=money,
    )


def _compared(
    known: Pilot, shares: tuple[float, float], comparisons: int, run: HoldoutSetup, test: Significance
) -> Design:
    """Return the comparison that decides the size."""
    reach = _above(run.exposure, "exposure", most=1.0)
    whole = run.design == "itt"
    if not -1 < _number(run.rho, "rho") < 1:
        msg = f"rho={run.rho!r} is no correlation that leaves anything to explain"
        raise ExperimentError(
            msg, column="rho", hint="rho=0.5  # rho**2 is the R2 of a regression on the covariate"
        )
    return Design(
        proportion=known.outcome == "proportion",
        baseline=known.baseline,
        sd=known.sd,
        shares=shares,
        alpha=test.alpha / (1 if run.multiplicity == "none" else comparisons),
        two_sided=test.alternative == "two-sided",
        used=1.0 if whole else reach,
        dilution=reach if whole else 1.0,
        inflation=(1 - run.rho**2) * _spread(run),
        cluster_size=float(run.cluster_size),
        loss=test.alternative == "smaller",
    )


def _spread(run: HoldoutSetup) -> float:
    """Return by how much clusters inflate the variance."""
    size = _above(run.cluster_size, "cluster_size")
    if size < 1:
        msg = f"cluster_size={run.cluster_size!r} is less than a unit"
        raise ExperimentError(msg, column="cluster_size", hint="cluster_size=2.4 units per household")
    if size > 1 and not run.icc:
        msg = "clusters are assigned, and icc (how alike their units are) is 0"
        why = "units of a household behave alike; counted one by one they make the test look surer than it is"
        raise ExperimentError(msg, column="icc", why=why, hint="icc=0.2, from past data")
    if size == 1:
        for name in ("icc", "cluster_cv"):
            _refuse_idle(
                run, name, 0.0, "cluster_size is 1: each unit is assigned by itself", "cluster_size=2.4"
            )
    return design_effect(
        size,
        _above(run.cluster_cv, "cluster_cv", zero=True),
        fraction(run.icc, "icc", error=ExperimentError),
    )


def _refuse_idle(run: HoldoutSetup, name: str, idle: float, why: str, needed: str) -> None:
    """Refuse an option that does nothing for want of another."""
    value = getattr(run, name)
    if value != idle:
        msg = f"{name}={value!r} has no effect here: {why}"
        raise ExperimentError(msg, column=name, hint=f"{needed}, or {name}={idle!r}")


def _shares(share: float | None, arms: Mapping[str, float] | None) -> dict[str, float]:
    if arms is None:
        held = _above(0.5 if share is None else share, "share")
        if held >= 1:
            hint = f"share={held / 100:g}" if 1 <= held < 100 else "share=0.1"
            msg = f"share={share!r} leaves the treatment empty"
            raise ExperimentError(msg, column="share", hint=hint)
        return {_HOLDOUT: held, "treatment": 1 - held}
    if share is not None:
        msg = "arms has the share of the holdout, and so has share"
        raise ExperimentError(msg, column="share", hint="leave share out")
    if isinstance(arms, Mapping) and len(arms) < 2:
        msg = f"arms={dict(arms)!r} names fewer than two arms"
        raise ExperimentError(msg, column="arms", hint='arms={"holdout": 0.2, "treatment": 0.8}')
    if not isinstance(arms, Mapping) or _HOLDOUT not in arms:
        problem = (
            unknown_name("arm", _HOLDOUT, arms)
            if isinstance(arms, Mapping)
            else f"arms={arms!r} has no shares"
        )
        raise ExperimentError(problem, column="arms", hint='arms={"holdout": 0.2, "email": 0.4, "sms": 0.4}')
    shares = {str(arm): _above(value, f"arms[{arm!r}]") for arm, value in arms.items()}
    if abs(sum(shares.values()) - 1) > 1e-6:
        msg = f"the shares of the arms sum to {sum(shares.values()):.6g}, not 1"
        raise ExperimentError(msg, column="arms", hint="shares of all units, such as 0.2, 0.4 and 0.4")
    return shares


def _effect(
    lift: float | None, effect: float | None, iroas: float | None, money: Money | None, design: Design
) -> float | None:
    """Return the absolute effect on an exposed unit that the test shall find."""
    given = {
        name: entry
        for name, entry in (("lift", lift), ("effect", effect), ("iroas", iroas))
        if entry is not None
    }
    if len(given) > 1:
        msg = f"{' and '.join(given)} state the effect in different ways"
        raise ExperimentError(
            msg, column=next(iter(given)), hint=", or ".join(f"{name}=None" for name in given)
        )
    if not given:
        return None
    (name, entry), *_ = given.items()
    number = _number(entry, name)
    if name == "lift":
        if not design.baseline:
            msg = "a lift is relative to the baseline, which is 0"
            raise ExperimentError(msg, column="lift", hint="lift=None, effect=0.02  # a difference")
        number *= abs(design.baseline)
    elif name == "iroas":
        if money is None:
            msg = "an iROAS needs what an exposed unit costs"
            raise ExperimentError(
                msg, column="cost_per_exposed", hint="cost_per_exposed=0.14, and value=60 per conversion"
            )
        number *= money.cost / money.value
    if not number or (not design.two_sided and (number < 0) != design.loss):
        side = "" if design.two_sided else f' with alternative="{design.side}"'
        msg = f"{name}={entry!r} is nothing to find{side}"
        raise ExperimentError(msg, column=name, hint=f"{name}={'-' if design.loss else ''}0.05")
    reached = design.baseline + number * design.dilution
    if design.proportion and not 0 < reached < 1:
        msg = f"{name}={entry!r} moves the rate from {design.baseline:g} to {reached:g}"
        share = number / 100 / (design.baseline if name == "lift" else 1.0)
        hint = f"{name}={share:g} for {entry:g} percent" if name != "iroas" else None
        raise ExperimentError(msg, column=name, hint=hint)
    return number


def _money(pays: UnitEconomics, reach: float, pilot: Pilot) -> Money | None:
    cost, value = pays.cost_per_exposed, pays.value
    share = _above(pays.profit_margin, "profit_margin", most=1.0)
    if cost is None:
        if value is not None:
            msg = "value without cost_per_exposed makes no iROAS"
            hint = "cost_per_exposed=0.14, the spend per exposed unit"
            raise ExperimentError(msg, column="cost_per_exposed", hint=hint)
        return None
    if value is None:
        if pilot.outcome == "proportion":
            msg = "an iROAS needs what a conversion is worth"
            raise ExperimentError(msg, column="value", hint="value=60, the mean value of a conversion")
        value = 1.0
    return Money(_above(cost, "cost_per_exposed"), _above(value, "value"), share, reach, pays.currency)


def _counts(total: float, shares: Mapping[str, float]) -> dict[str, int]:
    return {arm: math.ceil(round(total * share, 6)) for arm, share in shares.items()}


def _given(n: object, shares: Mapping[str, float]) -> dict[str, int]:
    total = _number(n, "n")
    counts = {arm: round(total * share) for arm, share in shares.items()}
    hint = "n=200_000, units of all arms together"
    if total != round(total) or total <= 0:
        msg = f"n={n!r} must be a whole number of units above 0"
        raise ExperimentError(msg, column="n", hint=hint)
    if min(counts.values()) < 2 or total < 2 * len(shares):
        msg = f"n={n!r} is too few: each of the {len(shares)} arms needs two units at least"
        why = "from fewer no test can tell chance from effect"
        raise ExperimentError(msg, column="n", why=why, hint=hint)
    return counts


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        msg = f"{name}={value!r} is no number"
        raise ExperimentError(msg, column=name, hint=_EXAMPLES.get(name))
    return float(value)


def _above(value: object, name: str, *, most: float = math.inf, zero: bool = False) -> float:
    number = _number(value, name)
    if number < 0 or (number == 0 and not zero) or number > most:
        bound = f" and at most {most:g}" if math.isfinite(most) else ""
        msg = f"{name}={value!r} must be {'0 or more' if zero else 'above 0'}{bound}"
        percent = f"{name}={number / 100:g} for {number:g} percent" if most == 1 < number <= 100 else None
        raise ExperimentError(msg, column=name, hint=percent or _EXAMPLES.get(name))
    return number
