"""HoldoutPlan: a planned test in numbers, in words and as a curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from attribution import _draw
from attribution._checks import one_of
from attribution._display import Display
from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.holdout import holdout_plan_text
from attribution.experiments.holdout.pilot import Pilot
from attribution.experiments.holdout.power import Design

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes


@dataclass(frozen=True, slots=True)
class Money:
    """What an exposed unit costs, what an outcome is worth, and so what breaks even.

    Attributes
    ----------
    cost
        Spend per exposed unit.
    value
        Money per unit of the outcome.
    margin
        Share of the value that is left before the advertising is paid.
    exposure
        Share of the treated that is exposed, and so costs.
    currency
        How amounts are shown.
    """

    cost: float
    value: float
    margin: float
    exposure: float
    currency: str

    @property
    def break_even(self) -> float:
        """The iROAS at which the margin on what the advertising caused pays for it."""
        return 1 / self.margin

    def iroas(self, effect: float) -> float:
        """Return the incremental value per unit of cost of an effect on an exposed unit."""
        return effect * self.value / self.cost


@dataclass(frozen=True, eq=False, repr=False)
class HoldoutPlan(Display):
    """A holdout test before it is run.

    Attributes
    ----------
    pilot
        What is known of the outcome: kind, baseline, sd, skewness.
    design
        The comparison that decides the size: of the holdout with the smallest other arm.
    shares, n_per_arm
        Share and units of each arm.
    compared
        The arm of that comparison.
    comparisons, multiplicity
        How many arms are compared with the holdout, and how they share `alpha`.
    kind
        ``"itt"``, ``"psa"`` or ``"ghost_ads"``.
    exposure, rho, design_effect
        What moves the size: reach, covariate, clusters.
    alpha, target_power
        As asked for.
    effect
        Absolute effect on an exposed unit to find, or None.
    n_required
        Units that find it with the target power, or None.
    power
        Chance that this test finds `effect`; the target where there is none.
    mde
        Smallest absolute gain on an exposed unit found with the target power; inf where there is none. With
        ``alternative="smaller"`` the smallest loss, which is negative.
    daily_units, outcome_days
        New units a day, and days until the last outcome is known.
    money
        Cost, value and margin, or None.
    """

    pilot: Pilot
    design: Design
    shares: Mapping[str, float]
    compared: str
    comparisons: int
    multiplicity: str
    kind: str
    exposure: float
    rho: float
    design_effect: float
    alpha: float
    target_power: float
    effect: float | None
    n_per_arm: Mapping[str, int]
    n_required: int | None
    power: float
    mde: float
    daily_units: float | None
    outcome_days: float
    money: Money | None

    @property
    def n(self) -> int:
        """Units of all arms."""
        return sum(self.n_per_arm.values())

    @property
    def lift(self) -> float | None:
        """`effect` relative to the baseline."""
        return (
            None if self.effect is None or not self.pilot.baseline else self.effect / abs(self.pilot.baseline)
        )

    @property
    def mde_lift(self) -> float:
        """`mde` relative to the baseline; NaN where that is 0."""
        return self.mde / abs(self.pilot.baseline) if self.pilot.baseline else math.nan

    @property
    def days(self) -> float | None:
        """Days until the units are in and their outcomes known."""
        return None if self.daily_units is None else math.ceil(self.n / self.daily_units) + self.outcome_days

    @property
    def error(self) -> float:
        """Standard error of the effect on an exposed unit, at the baseline's variance."""
        return self.design.error(self.n) / self.design.dilution

    @property
    def iroas_error(self) -> float | None:
        """Standard error of the iROAS."""
        return None if self.money is None else self.money.iroas(self.error)

    @property
    def iroas_told(self) -> float | None:
        """Smallest distance from break-even that the test tells, with the target power, from none.

        ``(z_alpha + z_power)`` standard errors of the iROAS: Lewis & Rao (2015).
        """
        return None if self.iroas_error is None else self._quantiles() * self.iroas_error

    @property
    def n_from_break_even(self) -> float | None:
        """Units that tell the effect's iROAS from break-even with the target power; inf if they are equal."""
        if self.money is None or self.effect is None or self.iroas_told is None:
            return None
        gap = abs(self.money.iroas(self.effect) - self.money.break_even)
        return self.n * (self.iroas_told / gap) ** 2 if gap > 1e-12 else math.inf

    def _quantiles(self) -> float:
        from scipy.stats import norm

        tail = self.design.alpha / (2 if self.design.two_sided else 1)
        return float(norm.isf(tail) + norm.ppf(self.target_power))

    def to_frame(self) -> pd.DataFrame:
        """Return one row a number of the plan.

        Returns
        -------
        pandas.DataFrame
            Columns ``measure``, ``value`` and ``meaning``.
        """
        import pandas as pd

        held = 100 * self.target_power
        rows: list[tuple[str, float | None, str]] = [
            ("n", self.n, "units of all arms"),
            *((f"n_{arm}", count, f"units in {arm}") for arm, count in self.n_per_arm.items()),
            ("n_required", self.n_required, f"units that find the effect with {held:g}% power"),
            ("days", self.days, "days until the last outcome is known"),
            ("clusters", self.clusters, "clusters of all arms"),
            ("baseline", self.pilot.baseline, "mean of the outcome without treatment"),
            ("sd", self.pilot.sd, "its standard deviation between units"),
            ("effect", self.effect, "difference to find, on an exposed unit"),
            ("lift", self.lift, "the same relative to the baseline"),
            ("power", self.power if self.effect is not None else None, "chance to find it"),
            (
                "mde",
                self.mde,
                f"smallest {holdout_plan_text.wanted(self)} found with {held:g}% power, on an exposed unit",
            ),
            ("mde_lift", self.mde_lift, "the same relative to the baseline"),
            ("alpha_per_comparison", self.design.alpha, "error rate of each comparison"),
        ]
        if self.money is not None:
            effect = self.effect
            rows += [
                (
                    "iroas",
                    None if effect is None else self.money.iroas(effect),
                    "incremental value per unit of cost",
                ),
                ("break_even", self.money.break_even, "iROAS that pays for itself"),
                ("iroas_error", self.iroas_error, "its standard error"),
                ("iroas_told", self.iroas_told, f"distance from break-even told with {held:g}% power"),
                ("n_from_break_even", self.n_from_break_even, "units that tell the effect from break-even"),
            ]
        kept = [row for row in rows if row[1] is not None and not math.isnan(row[1])]
        return pd.DataFrame(kept, columns=["measure", "value", "meaning"]).astype({"value": "float64"})

    @property
    def clusters(self) -> float | None:
        """Clusters of all arms; None where single units are assigned."""
        return self.n / self.design.cluster_size if self.design.cluster_size > 1 else None

    def curve(self, n: Floats | None = None) -> pd.DataFrame:
        """Return what tests of other sizes would see.

        Parameters
        ----------
        n
            Units of all arms; by default 40 sizes up to twice the plan's.

        Returns
        -------
        pandas.DataFrame
            Columns ``n``, ``days`` where known, ``power`` where there is an effect, ``mde``, ``mde_lift``.

        Raises
        ------
        ExperimentError
            If a size is not above 0.
        """
        import pandas as pd

        sizes = self._sizes() if n is None else np.asarray(n, dtype=np.float64)
        if not (np.isfinite(sizes).all() and (sizes > 0).all()):
            msg = "n must hold numbers of units above 0"
            raise ExperimentError(msg, column="n", hint="plan.curve(np.array([50_000, 100_000]))")
        mde = np.array([self.design.mde(size, self.target_power) for size in sizes.tolist()])
        columns: dict[str, Floats] = {"n": sizes}
        if self.daily_units is not None:
            columns["days"] = np.ceil(sizes / self.daily_units) + self.outcome_days
        if self.effect is not None:
            columns["power"] = self.design.power(sizes, self.effect)
        columns["mde"] = mde
        if self.pilot.baseline:
            columns["mde_lift"] = mde / abs(self.pilot.baseline)
        return pd.DataFrame(columns)

    def _sizes(self) -> Floats:
        top = 2 * max(self.n, self.n_required or 0)
        return np.linspace(top / 40, top, 40)

    def plot(self, kind: Literal["power", "mde"] | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw power, or the smallest lift found, against the number of units.

        Parameters
        ----------
        kind
            ``"power"`` (default where there is an effect to find): the chance to find it, half of it, and
            half as much again. ``"mde"``: the smallest lift found with the target power.
        ax
            A matplotlib Axes to draw on; a new figure by default.

        Returns
        -------
        Axes
            The axes drawn on.

        Raises
        ------
        ExperimentError
            If `kind` is unknown, or power is wanted and there is no effect to find.
        """
        kind = kind or ("power" if self.effect is not None else "mde")
        one_of(kind, "kind", ("power", "mde"), error=ExperimentError)
        sizes = np.geomspace(self._sizes()[0], self._sizes()[-1], 160)
        here = (float(self.n), f"this plan: {self.n:,}")
        count = ("units of all arms", _count)
        if kind == "mde":
            relative = bool(self.pilot.baseline)
            what = "lift" if relative else "effect"
            scale = abs(self.pilot.baseline) if relative else 1.0
            line = np.array([self.design.mde(size, self.target_power) for size in sizes.tolist()]) / scale
            line[~np.isfinite(line)] = np.nan
            # Small tests see so little that they would squeeze the rest of the curve.
            sizes, line = sizes[sizes > sizes[-1] / 16], line[sizes > sizes[-1] / 16]
            return _draw.curves(
                sizes,
                [line],
                names=["mde"],
                title=f"Smallest {what} found with {100 * self.target_power:g}% power",
                axes=(count[0], "lift on the exposed" if relative else "difference on the exposed"),
                ticks=(count[1], _percent if relative else _plain),
                upright=here,
                bottom=None if self.design.loss else 0.0,
                ax=ax,
            )
        if self.effect is None:
            msg = "there is no effect whose power could be drawn"
            raise ExperimentError(
                msg, column="kind", hint='plan.plot("mde"), or plan_holdout(..., lift=0.05)'
            )
        effect = self.effect
        factors = [1.5, 1.0, 0.5]
        if self.design.proportion:
            reach = self.pilot.baseline + self.design.dilution * effect * 1.5
            factors = factors if 0 < reach < 1 else factors[1:]
        return _draw.curves(
            sizes,
            [self.design.power(sizes, effect * factor) for factor in factors],
            names=[holdout_plan_text.curve_name(self, effect * factor) for factor in factors],
            title="Chance to find an effect",
            axes=(count[0], "power"),
            ticks=(count[1], _percent),
            across=(self.target_power, f"{100 * self.target_power:g}%"),
            upright=here,
            ax=ax,
        )

    def _title(self) -> str:
        arms = ", ".join(f"{arm} {count:,}" for arm, count in self.n_per_arm.items())
        return f"Holdout plan: {self.n:,} units ({arms})"

    def _notes(self) -> tuple[str, ...]:
        return (*holdout_plan_text.sentences(self), *self.cautions())

    def summary(self) -> str:
        """Return the plan in words.

        Returns
        -------
        str
            What it needs, what it sees, what that is in money, and what to beware of.
        """
        return "\n".join([self._title(), *self._notes()])

    def cautions(self) -> tuple[str, ...]:
        """Return what a reader of the plan must beware of."""
        return holdout_plan_text.cautions(self)


def _count(value: float) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.10g}{letter}"
    return f"{value:.10g}"


def _percent(value: float) -> str:
    return f"{100 * value:.6g}%"


def _plain(value: float) -> str:
    return f"{value:,.6g}"
