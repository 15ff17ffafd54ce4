"""plan_holdout: how many units, how long, what it can see, and what that means in money."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, Unpack

from attribution._migration import tells_renamed
from attribution._options import taken
from attribution.errors import FEWER_COLUMNS, ExperimentError, enough_memory
from attribution.experiments.holdout.holdout_plan import HoldoutPlan, Money
from attribution.experiments.holdout.pilot import Pilot, read_pilot
from attribution.experiments.holdout.plan_numbers import number
from attribution.experiments.holdout.plan_options import (
    HOLDOUT,
    EconomicsKeywords,
    HoldoutSetup,
    SetupKeywords,
    UnitEconomics,
)
from attribution.experiments.holdout.power import Design
from attribution.experiments.shared.significance import Significance, SignificanceKeywords


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
    run = taken(HoldoutSetup, setup, "setup", given, ExperimentError)
    pays = taken(UnitEconomics, economics, "economics", given, ExperimentError)
    test = taken(Significance, significance, "significance", given, ExperimentError)
    test.only(
        ("alpha", "alternative"), "multiplicity= shares the level, and lift= or effect= is what to find"
    )
    known = read_pilot(outcome, baseline, sd, pilot, winsorise)
    shares = run.shares
    treated = min((arm for arm in shares if arm != HOLDOUT), key=lambda arm: shares[arm])
    compared = _compared(known, (shares[HOLDOUT], shares[treated]), len(shares) - 1, run, test)
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
        design_effect=run.design_effect,
        alpha=test.alpha,
        target_power=test.power,
        effect=wanted,
        n_per_arm=counts,
        n_required=None if required is None else sum(required.values()),
        power=test.power if wanted is None else float(compared.power(total, wanted)),
        mde=compared.mde(total, test.power),
        daily_units=None if run.daily_units is None else float(run.daily_units),
        outcome_days=float(run.outcome_days),
        money=money,
    )


def _compared(
    known: Pilot, shares: tuple[float, float], comparisons: int, run: HoldoutSetup, test: Significance
) -> Design:
    """Return the comparison that decides the size."""
    reach, whole = float(run.exposure), run.design == "itt"
    return Design(
        proportion=known.outcome == "proportion",
        baseline=known.baseline,
        sd=known.sd,
        shares=shares,
        alpha=test.alpha / (1 if run.multiplicity == "none" else comparisons),
        two_sided=test.alternative == "two-sided",
        used=1.0 if whole else reach,
        dilution=reach if whole else 1.0,
        inflation=(1 - run.rho**2) * run.design_effect,
        cluster_size=float(run.cluster_size),
        loss=test.alternative == "smaller",
    )


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
    wanted = number(entry, name)
    if name == "lift":
        if not design.baseline:
            msg = "a lift is relative to the baseline, which is 0"
            raise ExperimentError(msg, column="lift", hint="lift=None, effect=0.02  # a difference")
        wanted *= abs(design.baseline)
    elif name == "iroas":
        if money is None:
            msg = "an iROAS needs what an exposed unit costs"
            raise ExperimentError(
                msg, column="cost_per_exposed", hint="cost_per_exposed=0.14, and value=60 per conversion"
            )
        wanted *= money.cost / money.value
    if not wanted or (not design.two_sided and (wanted < 0) != design.loss):
        side = "" if design.two_sided else f' with alternative="{design.side}"'
        msg = f"{name}={entry!r} is nothing to find{side}"
        raise ExperimentError(msg, column=name, hint=f"{name}={'-' if design.loss else ''}0.05")
    reached = design.baseline + wanted * design.dilution
    if design.proportion and not 0 < reached < 1:
        msg = f"{name}={entry!r} moves the rate from {design.baseline:g} to {reached:g}"
        share = wanted / 100 / (design.baseline if name == "lift" else 1.0)
        hint = f"{name}={share:g} for {entry:g} percent" if name != "iroas" else None
        raise ExperimentError(msg, column=name, hint=hint)
    return wanted


def _money(pays: UnitEconomics, reach: float, pilot: Pilot) -> Money | None:
    cost, value = pays.cost_per_exposed, pays.value
    if cost is None:
        return None
    if value is None:
        if pilot.outcome == "proportion":
            msg = "an iROAS needs what a conversion is worth"
            raise ExperimentError(msg, column="value", hint="value=60, the mean value of a conversion")
        value = 1.0
    return Money(float(cost), float(value), float(pays.profit_margin), reach, pays.currency)


def _counts(total: float, shares: Mapping[str, float]) -> dict[str, int]:
    return {arm: math.ceil(round(total * share, 6)) for arm, share in shares.items()}


def _given(n: object, shares: Mapping[str, float]) -> dict[str, int]:
    total = number(n, "n")
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
