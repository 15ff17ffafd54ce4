"""Costs: a table of spend with how its money is read, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from attribution._checks import one_of
from attribution.credit.credit import Credit
from attribution.credit.spend_source import Spend
from attribution.errors import CreditError


@dataclass(frozen=True, eq=False)
class Costs:
    """A table of spend with its rates and its window, for `report`; see `Credit.with_spend`.

    Parameters
    ----------
    table
        The spend, as `Credit.with_spend` takes it.
    currency, decimals, outside, rates
        As there.

    Raises
    ------
    CreditError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a", "b"], "conversions": [3, 1], "value": [30.0, 8.0]})
    >>> credit = at.attribute(journeys, "linear")
    >>> spend = {"channel": ["a", "b"], "cost": [50.0, 4.0], "currency": ["SEK", "EUR"]}
    >>> costs = at.Costs(spend, currency="EUR", rates={"SEK": 0.1})
    >>> at.report(credit, spend=costs).tables["roas"]["cost"].tolist()[:2]
    [5.0, 4.0]
    """

    table: Spend
    currency: str = ""
    decimals: int | None = None
    outside: Literal["drop", "keep"] = "drop"
    rates: object = None

    def __post_init__(self) -> None:
        """Validate."""
        one_of(self.outside, "outside", ("drop", "keep"), error=CreditError)

    def beside(self, credit: Credit) -> Credit:
        """Return the credit with these costs.

        Parameters
        ----------
        credit
            From `attribute`.

        Raises
        ------
        CreditError
            If the spend does not fit it; see `Credit.with_spend`.
        """
        return credit.with_spend(
            self.table,
            currency=self.currency,
            decimals=self.decimals,
            outside=self.outside,
            rates=self.rates,
        )
