"""What a lift is made of, before any estimate."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.diagnostics import CheckResults
from attribution.incrementality.arm import Pair
from attribution.incrementality.moments import Moments
from attribution.incrementality.request import Request
from attribution.incrementality.tally import SIZE

FEW_EVENTS = 10


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
    """

    request: Request
    treatment: str
    sides: tuple[Moments, Moments]
    everyone: tuple[Moments, Moments]
    pair: Pair
    checks: CheckResults
    cap: float | None
    robust: bool

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
        request = self.request
        if not self.binary or request.covariates or request.sequential is not None or request.pooled:
            return False
        events = [(side.mean[0] * side.n, (1 - side.mean[0]) * side.n) for side in self.sides]
        return bool(min(min(pair) for pair in events) < FEW_EVENTS)
