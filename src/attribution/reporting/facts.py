"""ReportFacts: all that a report is given beside the credit, as one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from attribution._migration import tells_places
from attribution.errors import CreditError, unknown_name
from attribution.journeys.journeys import Journeys
from attribution.reporting.contents import SECTIONS, FactKeywords
from attribution.reporting.needs import Asked, JourneysAtHand, JourneyTallies, Need

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

_JOURNEYS: Need[Journeys | JourneyTallies] = Need(
    "journeys",
    lambda: Journeys | JourneyTallies,
    "at.report(credit, journeys=at.build_journeys(log))",
)


@dataclass(frozen=True, eq=False, init=False, repr=False)
class ReportFacts:
    """All that a report is given beside the credit, checked when made.

    Parameters
    ----------
    **given
        The facts, as `report` takes them: ``journeys``, ``lifts``, ``calibration``, ``budget``, ``checks``,
        ``synergy``, ``paths``, ``flows``, ``lags``, ``manifest``.

    Attributes
    ----------
    given
        The facts by name; what was left out or None is not among them.

    Raises
    ------
    CreditError
        If a name is unknown, or a fact is not what its name says.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["ad > email", "email"], "conversions": [2, 1]})
    >>> facts = at.ReportFacts(journeys=journeys, manifest={"week": 47})
    >>> facts
    ReportFacts(journeys=..., manifest=...)
    >>> credit = at.attribute(journeys, "linear")
    >>> [section.name for section in at.report(credit, facts, sections=["paths", "settings"]).sections]
    ['paths', 'settings']
    """

    given: Mapping[str, Any]

    @tells_places(CreditError)
    def __init__(self, **given: Unpack[FactKeywords]) -> None:
        """Check."""
        for name, value in given.items():
            if name not in FactKeywords.__annotations__:
                raise CreditError(unknown_name("fact", name, FactKeywords.__annotations__), column=name)
            for need in needs_of(name):
                need.check(value)
        object.__setattr__(self, "given", {name: value for name, value in given.items() if value is not None})

    def with_facts(self, **given: Unpack[FactKeywords]) -> ReportFacts:
        """Return these facts and others; those given take the place of those that there were.

        Parameters
        ----------
        **given
            As for the class.

        Returns
        -------
        ReportFacts

        Raises
        ------
        CreditError
            As for the class.
        """
        return ReportFacts(**{**self.given, **given})

    def by_need(self, channels: Credit) -> dict[Need[Any], Any]:
        """Return what sections take of the facts.

        Parameters
        ----------
        channels
            The credit by channel.
        """
        return {
            need: need.given(value, channels)
            for name, value in self.given.items()
            if name != _JOURNEYS.argument
            for need in needs_of(name)
        }

    def journeys_for(self, asked: Asked) -> JourneysAtHand | JourneyTallies | None:
        """Return where a section that was given nothing may find what it needs.

        Parameters
        ----------
        asked
            What the report asks of journeys.
        """
        journeys = self.given.get(_JOURNEYS.argument)
        if isinstance(journeys, Journeys):
            return JourneysAtHand.of_journeys(journeys, asked)
        return None if journeys is None else journeys.for_report(asked)

    def __repr__(self) -> str:
        """Return the names of the facts."""
        return f"ReportFacts({', '.join(f'{name}=...' for name in self.given)})"


def needs_of(argument: str) -> Iterator[Need[Any]]:
    """Yield what sections take of an argument of `report`."""
    if argument == _JOURNEYS.argument:
        yield _JOURNEYS
    found = {need: None for recipe in SECTIONS.values() for need in recipe.needs}
    yield from (need for need in found if need.argument == argument)
