"""What a lift is made of, before any estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from attribution.diagnostics import CheckResults
from attribution.experiments.holdout.arm import Pair
from attribution.experiments.holdout.effects import Test
from attribution.experiments.holdout.events import FEW, events, far_from_normal, thin, two_valued, uneven
from attribution.experiments.holdout.holdout_request import Request
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.tally import SIZE
from attribution.stats.rerandomised import Reference


@dataclass(frozen=True, eq=False)
class Context:
    """What a lift is made of.

    Attributes
    ----------
    request
        What was asked.
    treatment
        The treated arm.
    sides
        Moments of what is compared, treated and holdout, before any adjustment.
    everyone
        Moments of all who were assigned.
    pair
        The compared arms, adjusted.
    checks
        Results of the checks.
    cap
        Where the outcome was capped, or None.
    robust
        Whether rows were there for HC2.
    references
        By metric, the studentised differences under other assignments, where events are few.
    unused
        Covariates that were asked for and not used, because events are too few to adjust.
    """

    request: Request
    treatment: str
    sides: tuple[Moments, Moments]
    everyone: tuple[Moments, Moments]
    pair: Pair
    checks: CheckResults
    cap: float | None
    robust: bool
    references: Mapping[str, Reference] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether there is any error to measure an effect by."""
        return self.pair.difference("outcome")[1] > 0

    @property
    def clustered(self) -> bool:
        """Whether the moments are those of clusters."""
        return SIZE in self.sides[0].names

    @property
    def binary(self) -> bool:
        """Whether the outcome is 0 or 1."""
        plain = not self.clustered and self.request.denominator is None
        return plain and all(side.is_binary("outcome") for side in self.sides)

    @property
    def negative(self) -> bool:
        """Whether some outcomes are, or may be, below zero."""
        return any(side.may_be_negative("outcome") for side in self.sides)

    @property
    def scored(self) -> bool:
        """Whether there are so few events that the score test is used."""
        if not self.binary or self.request.sequential is not None or self.request.pooled:
            return False
        return not self.request.covariates and any(thin(side, "outcome") for side in self.sides)

    def short(self, name: str) -> bool:
        """Return whether the t of a metric is far from normal, because events are few or apart."""
        if self.request.sequential is not None:
            return any(events(side, name) < FEW for side in self.sides)
        parts = [name] if self.request.denominator is None else [name, "denominator"]
        plain = not self.clustered and self.request.denominator is None
        if plain and all(two_valued(side, name) for side in self.sides):
            return any(thin(side, name) for side in self.sides)
        return any(far_from_normal(self.sides, part) for part in parts) or uneven(self.sides)

    def test(self, alpha: float) -> Test:
        """Return the test at a level: of every metric by what is known of its error."""
        request = self.request
        names = {"outcome": request.outcome} | ({} if request.value is None else {"value": request.value})
        missing = frozenset(
            name
            for name in names
            if name not in self.references and self.short(name) and not (name == "outcome" and self.scored)
        )
        return Test(
            alpha,
            request.sequential,
            references=self.references,
            blind=missing,
            side=request.alternative,
            margin=request.margin,
        )
