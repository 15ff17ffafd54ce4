"""The measures of credit, each said once: its formula, its unit, what it needs and how plots head it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from attribution._typing import Bools, Floats
from attribution.credit.attachments import Activity


def ratio(top: Floats, bottom: Floats, *, positive: bool = True) -> Floats:
    """Return ``top / bottom``, NaN where `bottom` is unknown or zero, or negative unless that makes sense.

    Examples
    --------
    >>> import numpy as np
    >>> ratio(np.array([1.0, 1.0, 1.0]), np.array([4.0, 0.0, np.nan]))
    array([0.25,  nan,  nan])
    """
    top, bottom = np.broadcast_arrays(top, bottom)
    defined = (bottom > 0) if positive else (bottom != 0) & ~np.isnan(bottom)
    with np.errstate(over="ignore"):
        result: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=defined)
    return np.where(np.isinf(result), np.nan, result)


@dataclass(frozen=True, eq=False)
class Terms:
    """What measures are made of, on plain arrays; what a credit lacks is NaN.

    Attributes
    ----------
    amounts
        Conversions, value, columns of spend and activity by name, float64, shape (..., n_cells).
    sums
        Of the attributed cells of the whole table, for what has a share; they broadcast against the amounts.
    attributed
        Which cells belong to a channel, bool, shape (n_cells,).
    """

    amounts: Mapping[str, Floats]
    sums: Mapping[str, Floats]
    attributed: Bools

    def __getitem__(self, name: str) -> Floats:
        """Return an amount of every cell."""
        return self.amounts[name]

    def share(self, name: str) -> Floats:
        """Return each channel's part of the sum of an amount."""
        part = ratio(self.amounts[name], self.sums[name], positive=False)
        return np.where(self.attributed, part, np.nan)


@dataclass(frozen=True, eq=False)
class Measure:
    """A number of every cell: frames, words, plots, intervals and the report read what it says of itself.

    Attributes
    ----------
    name
        Its column in `Credit.to_frame`.
    unit
        ``"count"``, ``"money"``, ``"share"`` (a part of a whole, in percent), ``"ratio"``, or ``"return"`` (a
        ratio that the report shows in percent).
    heading, axis
        What plots call it, and its axis.
    formula
        How it is made of the terms; by default it is the amount of its name, or the share of `share_of`.
    needs
        What must be there: ``"value"``, ``"spend"``, ``"activity"``.
    share_of
        The amount that it is the share of.
    per
        The amount that it is a cost of one of. So the lowest is the best, it has no bound where there is none
        of that amount, and its money has two decimals or more.
    credited
        Whether it is made of credit, so that models differ in it and it has intervals.
    """

    name: str
    unit: Literal["count", "money", "share", "ratio", "return"]
    heading: str
    axis: str
    formula: Callable[[Terms], Floats] | None = None
    needs: tuple[str, ...] = ()
    share_of: str = ""
    per: str = ""
    credited: bool = True

    def __call__(self, terms: Terms) -> Floats:
        """Return the measure of every cell, in the shape of its terms."""
        if self.formula is not None:
            return self.formula(terms)
        return terms.share(self.share_of) if self.share_of else terms[self.name]

    @property
    def additive(self) -> bool:
        """Whether cells of it may be summed."""
        return self.formula is None and not self.share_of and "activity" not in self.needs

    @property
    def lowest_is_best(self) -> bool:
        """Whether less of it is better."""
        return bool(self.per)


# A new measure is an entry here, and its name in the report's two languages: see CONTRIBUTING.md.
_DECLARED = (
    Measure("conversions", "count", "Credited conversions", "conversions"),
    Measure("value", "money", "Credited value", "value", needs=("value",)),
    Measure("share", "share", "Share of credit", "share of attributed conversions", share_of="conversions"),
    Measure(
        "value_share",
        "share",
        "Share of credited value",
        "share of attributed value",
        needs=("value",),
        share_of="value",
    ),
    Measure("cost", "money", "Spend", "cost", needs=("spend",), credited=False),
    Measure(
        "roas",
        "ratio",
        "Return on ad spend",
        "ROAS: value per unit of cost",
        lambda terms: ratio(terms["value"], terms["cost"]),
        needs=("value", "spend"),
    ),
    Measure(
        "roi",
        "return",
        "Return on investment",
        "ROI: (value - cost) / cost",
        lambda terms: ratio(terms["value"] - terms["cost"], terms["cost"]),
        needs=("value", "spend"),
    ),
    Measure(
        "cpa",
        "money",
        "Cost per credited conversion",
        "CPA: cost per conversion",
        lambda terms: np.where(terms["cost"] > 0, ratio(terms["cost"], terms["conversions"]), np.nan),
        needs=("spend",),
        per="conversions",
    ),
    Measure(
        "cost_share",
        "share",
        "Share of spend",
        "share of cost",
        needs=("spend",),
        share_of="cost",
        credited=False,
    ),
    Measure("touched", "count", "Conversions touched", "conversions", needs=("activity",), credited=False),
    Measure("assisted", "count", "Conversions assisted", "conversions", needs=("activity",), credited=False),
    Measure("opened", "count", "Conversions opened", "conversions", needs=("activity",), credited=False),
    Measure("closed", "count", "Conversions closed", "conversions", needs=("activity",), credited=False),
    Measure(
        "mean_touches",
        "ratio",
        "Touches per conversion touched",
        "touches",
        needs=("activity",),
        credited=False,
    ),
)
MEASURES: dict[str, Measure] = {one.name: one for one in _DECLARED}
"""By name, in the order of the columns of `Credit.to_frame`."""

ACTIVITY = tuple(entry.name for entry in fields(Activity))


def resampled() -> tuple[str, ...]:
    """Return the names of the measures that have intervals."""
    return tuple(name for name, one in MEASURES.items() if one.credited)


def needing(what: str) -> tuple[str, ...]:
    """Return the names of the measures that need something.

    Examples
    --------
    >>> needing("value")
    ('value', 'value_share', 'roas', 'roi')
    """
    return tuple(name for name, one in MEASURES.items() if what in one.needs)


def of_unit(unit: str) -> tuple[str, ...]:
    """Return the names of the measures of a unit.

    Examples
    --------
    >>> of_unit("money")
    ('value', 'cost', 'cpa')
    """
    return tuple(name for name, one in MEASURES.items() if one.unit == unit)
