"""What a credit carries beside its table: values that select and sum themselves as the table's cells do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Protocol, Self

import numpy as np

from attribution._checks import whole
from attribution._typing import Bools, Floats, Ints
from attribution.diagnostics import CheckResults
from attribution.errors import CreditError
from attribution.stats.sums import sums_by


@dataclass(frozen=True, eq=False)
class Groups:
    """Which cells are summed: cell i becomes a part of cell ``of[i]``, of `n`.

    Examples
    --------
    >>> import numpy as np
    >>> Groups(np.array([0, 1, 0]), 2).total(np.array([1.0, 2.0, 3.0])).tolist()
    [4.0, 2.0]
    """

    of: Ints
    n: int

    def total(self, line: Floats) -> Floats:
        """Return the sums of numbers of shape (n_cells,)."""
        return sums_by(self.of, amounts=line, n=self.n)


class Attachment(Protocol):
    """What stands beside the cells of a credit: its spend, its activity, its replicates."""

    def take(self, cells: Ints) -> Self:
        """Return it at other cells, by position; cell -1 is new, and nothing is known of it."""

    def fold(self, groups: Groups) -> Self | None:
        """Return it with cells summed; None where it cannot be."""


@dataclass(frozen=True, eq=False)
class Activity:
    """What the channels did in converting journeys, the same for every model.

    Every array has shape (n_cells,), float64.

    Attributes
    ----------
    touched
        Conversions that the cell touched at least once.
    assisted
        Conversions that it touched, but not last.
    opened
        Conversions whose first touch it was.
    closed
        Conversions whose last touch it was.
    mean_touches
        Its mean number of touches in a conversion that it touched.
    """

    touched: Floats
    assisted: Floats
    opened: Floats
    closed: Floats
    mean_touches: Floats

    def take(self, cells: Ints) -> Activity:
        """Return the activity of the given cells; cell -1 had none.

        Examples
        --------
        >>> import numpy as np
        >>> two = np.array([5.0, 3.0])
        >>> Activity(two, two, two, two, two).take(np.array([1, -1])).touched.tolist()
        [3.0, 0.0]
        """
        taken = {}
        for entry in fields(self):
            empty = np.nan if entry.name == "mean_touches" else 0.0
            # One more entry, which cell -1 finds from the end.
            taken[entry.name] = np.append(getattr(self, entry.name), empty)[cells]
        return Activity(**taken)

    def fold(self, groups: Groups) -> Activity | None:
        """Return nothing: one conversion may be touched in several cells, so that touches have no sum."""
        del groups
        return None


@dataclass(frozen=True, eq=False)
class Spent:
    """What was spent on each cell, the same for every model.

    Attributes
    ----------
    amounts
        The columns of spend by name, ``"cost"`` first; float64, shape (n_cells,), NaN where none is known.
    flags
        What is wrong with a cell's cost: ``"no spend"``, ``"no credit"``, ``"zero cost"``, or ``""``.
    """

    amounts: Mapping[str, Floats]
    flags: tuple[str, ...]

    @property
    def cost(self) -> Floats:
        """What each cell cost."""
        return self.amounts["cost"]

    def take(self, cells: Ints) -> Spent:
        """Return the spend on the given cells; on cell -1 none is known."""
        amounts = {name: np.append(line, np.nan)[cells] for name, line in self.amounts.items()}
        return Spent(amounts, tuple([*self.flags, ""][cell] for cell in cells.tolist()))

    def fold(self, groups: Groups) -> Spent:
        """Return the spend with cells summed: those whose spend is known; the flags have to be set anew."""
        known = {name: np.isfinite(line).astype(np.float64) for name, line in self.amounts.items()}
        amounts = {
            name: np.where(groups.total(known[name]) > 0, groups.total(np.nan_to_num(line)), np.nan)
            for name, line in self.amounts.items()
        }
        return Spent(amounts, ("",) * groups.n)

    def flagged(self, attributed: Bools, barren: Bools) -> Spent:
        """Return the spend with what is wrong with it.

        Parameters
        ----------
        attributed
            Which cells belong to a channel, shape (n_cells,).
        barren
            Which cells no model credits with anything, same shape.
        """
        flags = np.select(
            [~attributed, np.isnan(self.cost), barren, self.cost == 0],
            ["", "no spend", "no credit", "zero cost"],
            default="",
        )
        return replace(self, flags=tuple(flags.tolist()))

    def unknown(self) -> Spent:
        """Return spend of which no amount is known."""
        return replace(self, amounts={name: np.full(len(one), np.nan) for name, one in self.amounts.items()})

    def totals(self) -> dict[str, float]:
        """Return the known sum of each column; NaN where nothing is known."""
        return {
            name: float(np.nansum(line)) if np.isfinite(line).any() else float("nan")
            for name, line in self.amounts.items()
        }


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums of a whole credit table, to which shares refer.

    Attributes
    ----------
    conversions, value
        Attributed, float64, shape (n_models,).
    unattributed_conversions, unattributed_value
        Of conversions without an eligible touch, float64, shape (n_models,).
    spent
        The known sum of each column of spend; NaN where nothing is known.
    channels
        How many channels the table has.
    """

    conversions: Floats
    unattributed_conversions: Floats
    value: Floats
    unattributed_value: Floats
    spent: Mapping[str, float]
    channels: int

    @property
    def cost(self) -> float:
        """Known spend; NaN where none is."""
        return self.spent.get("cost", float("nan"))

    def rows(self, models: Sequence[int]) -> Totals:
        """Return the sums of some models, by position."""
        chosen = list(models)
        return replace(
            self,
            conversions=self.conversions[chosen],
            unattributed_conversions=self.unattributed_conversions[chosen],
            value=self.value[chosen],
            unattributed_value=self.unattributed_value[chosen],
        )


@dataclass(frozen=True, eq=False)
class Provenance:
    """How a credit was made, and what its makers have to say.

    Attributes
    ----------
    settings
        Lookback, after_conversion, goal, the models' reprs and so on. With ``has_value=False`` the log has no
        values, and everything made of value is empty.
    window
        First and last instant of the time that the conversions were counted in, microseconds since 1970 in
        UTC; None where it is not known. Dated spend on other days is left out (see `Credit.with_spend`).
    details
        What a model tells beside its credit, such as removal effects, by model label.
    notes
        Sentences that a reader of the table must see, such as which spend was left out.
    checks
        What was checked while crediting, a `CheckResult` each: whether a breakdown by what belongs to the
        conversion agrees with the conversions of every label.
    """

    settings: Mapping[str, object] = field(default_factory=dict)
    window: tuple[int, int] | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    checks: CheckResults = field(default_factory=CheckResults)

    def without(self, models: Collection[str]) -> Provenance:
        """Return it without the details of some models, by label."""
        return replace(
            self, details={name: detail for name, detail in self.details.items() if name not in models}
        )


@dataclass(frozen=True)
class Look:
    """How a credit is shown; no number depends on it.

    Attributes
    ----------
    currency
        Symbol or code beside amounts of money.
    decimals
        Their digits after the point; as many as fit by default.
    palette
        Channels in the order in which plots give them colours; by default those of the table, sorted.

    Raises
    ------
    CreditError
        If one of them makes no sense.
    """

    currency: str = ""
    decimals: int | None = None
    palette: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Validate."""
        if not isinstance(self.currency, str):
            msg = f"currency={self.currency!r} must be a symbol or code"
            raise CreditError(msg, column="currency", hint='currency="EUR"')
        if self.decimals is not None and whole(self.decimals, "decimals", least=0, error=CreditError) > 20:
            msg = f"decimals={self.decimals} is more than a number has"
            raise CreditError(msg, column="decimals", hint="decimals=2")
