"""How a section is made: its name, what it needs, and the function that makes it of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Section
from attribution.reporting.needs import JourneysAtHand, JourneyTallies, Need

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Material:
    """What sections are made of.

    Attributes
    ----------
    words
        The language of the report.
    credit, channels
        The credit, and the credit by channel alone.
    top_paths
        How many paths are listed.
    given
        What was given to the report, by need.
    journeys
        Where the rest may come from.
    needs
        Those of the section that is made: it can have no others.
    """

    words: Language
    credit: Credit
    channels: Credit
    top_paths: int = 20
    given: Mapping[Need[Any], Any] = field(default_factory=dict)
    journeys: JourneyTallies | JourneysAtHand | None = None
    needs: tuple[Need[Any], ...] = ()

    def of(self, need: Need[T]) -> T | None:
        """Return what was given, else what the journeys tell; None where nothing is known."""
        assert need in self.needs, "a section declares what it needs"
        given: T | None = self.given.get(need)
        if given is not None or self.journeys is None:
            return given
        return self.journeys.of(need)

    def section(self, recipe: SectionRecipe) -> Section:
        """Return a section, without a block where there is nothing to say."""
        blocks = recipe.make(replace(self, needs=recipe.needs))
        return Section(recipe.name, self.words(recipe.name), blocks)


@dataclass(frozen=True, eq=False)
class SectionRecipe:
    """How a section is made.

    Attributes
    ----------
    name
        Its name in ``sections=``; under this key the catalogues have its title.
    make
        From the material to its blocks; none where there is nothing to say.
    needs
        What `make` takes of the material beside the credit.
    """

    name: str
    make: Callable[[Material], tuple[Block, ...]]
    needs: tuple[Need[Any], ...] = ()
