"""Costs: a table of spend with how its money is read, as one value."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from attribution._checks import one_of
from attribution._migration import tells_options
from attribution.credit.spend_source import Spend
from attribution.errors import CreditError


@tells_options(CreditError)
@dataclass(frozen=True, eq=False)
class Costs:
    """A table of spend with its rates and its window, for `Credit.with_spend` and `report`.

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
    >>> credit.with_spend(costs).to_frame()["cost"].tolist()[:2]
    [5.0, 4.0]
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

    def completed(self, given: Costs) -> Costs:
        """Return these costs with the options of others, where they have none of their own.

        Parameters
        ----------
        given
            The options that were given beside these costs.

        Returns
        -------
        Costs
            Of the same table.

        Raises
        ------
        CreditError
            If an option is there twice and differs: either would be overruled in silence.
        """
        more = {}
        for option in fields(self)[1:]:
            mine, other = getattr(self, option.name), getattr(given, option.name)
            if mine is other or _same(other, option.default):
                continue
            if not _same(mine, option.default) and not _same(mine, other):
                rest = ", ".join(f"{one.name}=spend.{one.name}" for one in fields(self)[1:] if one != option)
                msg = f"{option.name} is given in the costs and beside them, and differs"
                raise CreditError(
                    msg,
                    column=option.name,
                    why="one of the two would be overruled in silence",
                    hint="credit.with_spend(spend)  # as the costs say; else "
                    f"credit.with_spend(spend.table, {option.name}=..., {rest})",
                )
            more[option.name] = other
        return replace(self, **more)


def _same(one: object, other: object) -> bool:
    """Whether two options are one; tables of rates are only where they are one object."""
    return one is other or (isinstance(one, str | int) and one == other)
