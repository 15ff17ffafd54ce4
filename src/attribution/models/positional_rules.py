"""Rule models by role: first, last, and the touches that created a lead or an opportunity."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attribution._checks import fraction, one_of, single_name
from attribution._migration import tells_options
from attribution._typing import Floats, Ints
from attribution.errors import ModelError
from attribution.journeys.claimed import ClaimedTouches
from attribution.journeys.journeys import Journeys
from attribution.models.rules import Rule
from attribution.models.touch_roles import TWO_TOUCH, role_weights


def _ends(claimed: ClaimedTouches) -> tuple[Ints, Ints]:
    """Return the positions of the first and the last touch of each journey, shapes (K,)."""
    return np.zeros(len(claimed.which), np.int64), claimed.lengths - 1


def _check_goals(**goals: object) -> None:
    """Refuse what is not the name of one goal."""
    for name, goal in goals.items():
        single_name(goal, name, error=ModelError)


@tells_options(ModelError)
@dataclass(frozen=True)
class PositionBased(Rule):
    """Fixed shares to the first and the last touch, the rest equally to those between.

    One touch gets everything.

    Parameters
    ----------
    first, last
        Shares in [0, 1], summing to at most 1.
    two_touch
        For journeys of two touches: ``"renormalise"`` scales the ends up to 1 (Adobe, Mixpanel: 20/60
        becomes 25/75), ``"split_middle"`` gives half the middle's share to each (Amplitude: 30/70).

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b > c > d"], "conversions": [10]})
    >>> model = at.PositionBased(first=0.3, last=0.5)
    >>> at.attribute(journeys, model).to_frame()["conversions"].tolist()
    [3.0, 1.0, 1.0, 5.0]
    """

    name: ClassVar[str] = "position_based"
    first: float = 0.4
    last: float = 0.4
    two_touch: str = "renormalise"

    def __post_init__(self) -> None:
        """Validate."""
        fraction(self.first, "first", error=ModelError)
        fraction(self.last, "last", error=ModelError)
        one_of(self.two_touch, "two_touch", TWO_TOUCH, error=ModelError)
        if self.first + self.last > 1 + 1e-12:
            msg = f"first={self.first} and last={self.last} sum to more than 1"
            raise ModelError(msg, hint="at.PositionBased(first=0.4, last=0.4)")

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return shares by position, shape (M,)."""
        return role_weights(
            claimed.offsets, _ends(claimed), (self.first, self.last), two_touch=self.two_touch
        )


@dataclass(frozen=True)
class _Preset(Rule):
    """A `PositionBased` with fixed shares."""

    shares: ClassVar[tuple[float, float]]
    two_touch: str = "renormalise"

    def __post_init__(self) -> None:
        """Validate."""
        one_of(self.two_touch, "two_touch", TWO_TOUCH, error=ModelError)

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return shares by position, shape (M,)."""
        return role_weights(claimed.offsets, _ends(claimed), self.shares, two_touch=self.two_touch)


@tells_options(ModelError)
@dataclass(frozen=True)
class JShaped(_Preset):
    """20% to the first touch, 60% to the last, 20% to those between.

    Parameters
    ----------
    two_touch
        As in `PositionBased`: 25/75 by default, 30/70 with ``"split_middle"``.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b"], "conversions": [100]})
    >>> at.attribute(journeys, "j_shaped").to_frame()["conversions"].round(9).tolist()
    [25.0, 75.0]
    """

    name: ClassVar[str] = "j_shaped"
    shares: ClassVar[tuple[float, float]] = (0.2, 0.6)


@tells_options(ModelError)
@dataclass(frozen=True)
class InverseJ(_Preset):
    """60% to the first touch, 20% to the last, 20% to those between.

    Parameters
    ----------
    two_touch
        As in `PositionBased`: 75/25 by default, 70/30 with ``"split_middle"``.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b"], "conversions": [100]})
    >>> model = at.InverseJ(two_touch="split_middle")
    >>> at.attribute(journeys, model).to_frame()["conversions"].round(9).tolist()
    [70.0, 30.0]
    """

    name: ClassVar[str] = "inverse_j"
    shares: ClassVar[tuple[float, float]] = (0.6, 0.2)


class _MilestoneRule(Rule):
    """A rule that may need milestones of the journeys."""

    @abstractmethod
    def milestones(self) -> tuple[str, ...]:
        """Return the names of the milestones that the rule needs."""

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if the journeys lack a milestone."""
        for name in self.milestones():
            if name not in journeys.milestones:
                known = ", ".join(map(repr, journeys.milestones)) or "none"
                midpoint = ', or at.WShaped(middle="midpoint") without milestones'
                msg = f"{self.name} needs the milestone {name!r}, and these journeys know: {known}"
                raise ModelError(
                    msg,
                    why="milestones are events of their own, never guessed from positions",
                    hint="put the milestones into the conversion table as further goals and choose the "
                    'conversion: at.build_journeys(log, goal="purchase")'
                    + (midpoint if self.name == "w_shaped" else ""),
                )


@tells_options(ModelError)
@dataclass(frozen=True)
class UShaped(_MilestoneRule):
    """40% to the first touch, 40% to the last, 20% to those between.

    Parameters
    ----------
    two_touch
        As in `PositionBased`.
    milestone
        The goal whose touch gets the second 40% in place of the last touch, such as ``"lead"``
        (HubSpot's U-shape).

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b > c"], "conversions": [10]})
    >>> at.attribute(journeys, at.UShaped()).to_frame()["conversions"].tolist()
    [4.0, 2.0, 4.0]
    """

    name: ClassVar[str] = "u_shaped"
    two_touch: str = "renormalise"
    milestone: str | None = None

    def __post_init__(self) -> None:
        """Validate."""
        single_name(self.milestone, "milestone", error=ModelError, optional=True)
        one_of(self.two_touch, "two_touch", TWO_TOUCH, error=ModelError)

    def milestones(self) -> tuple[str, ...]:
        """Return the milestone, if one was named."""
        return () if self.milestone is None else (self.milestone,)

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return shares by role, shape (M,)."""
        first, last = _ends(claimed)
        if self.milestone is not None:
            last = claimed.journeys.milestones[self.milestone][claimed.which]
        return role_weights(claimed.offsets, (first, last), (0.4, 0.4), two_touch=self.two_touch)


@tells_options(ModelError)
@dataclass(frozen=True)
class WShaped(_MilestoneRule):
    """30% each to the first, the lead-creation and the opportunity-creation touch, 10% to the rest.

    A milestone's touch is the last touch at or before the milestone's time (Marketo Measure, HubSpot).

    Parameters
    ----------
    lead, opportunity
        Goals in the conversion table that mark the milestones.
    middle
        ``"midpoint"`` does without milestones: 30% each to the first, the middle and the last touch (the
        two middle touches share it where their number is even).

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b > c > d > e"], "conversions": [20]})
    >>> model = at.WShaped(middle="midpoint")
    >>> at.attribute(journeys, model).to_frame()["conversions"].tolist()
    [6.0, 1.0, 6.0, 1.0, 6.0]
    """

    name: ClassVar[str] = "w_shaped"
    lead: str = "lead"
    opportunity: str = "opportunity"
    middle: str | None = None

    def __post_init__(self) -> None:
        """Validate."""
        _check_goals(lead=self.lead, opportunity=self.opportunity)
        if self.middle is not None:
            one_of(self.middle, "middle", ["midpoint"], error=ModelError)

    def milestones(self) -> tuple[str, ...]:
        """Return the two milestones, unless the midpoint stands for them."""
        return () if self.middle else (self.lead, self.opportunity)

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return shares by role, shape (M,)."""
        first, last = _ends(claimed)
        if self.middle:
            halves = (last // 2, (last + 1) // 2)
            return role_weights(claimed.offsets, (first, *halves, last), (0.3, 0.15, 0.15, 0.3))
        known = claimed.journeys.milestones
        roles = (first, known[self.lead][claimed.which], known[self.opportunity][claimed.which])
        return role_weights(claimed.offsets, roles, (0.3, 0.3, 0.3))


@tells_options(ModelError)
@dataclass(frozen=True)
class FullPath(_MilestoneRule):
    """22.5% each to the first, lead-, opportunity-creation and closing touch, 10% to the rest.

    Parameters
    ----------
    lead, opportunity
        Goals in the conversion table that mark the milestones.

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"user_id": [1] * 5, "channel": list("abcde"),
    ...            "time": [f"2026-01-0{day}" for day in range(1, 6)]}
    >>> events = {"user_id": [1] * 3, "goal": ["lead", "opportunity", "purchase"],
    ...           "time": ["2026-01-02", "2026-01-03", "2026-01-05"]}
    >>> journeys = at.build_journeys(at.read_log(touches, events), goal="purchase")
    >>> at.attribute(journeys, at.FullPath()).to_frame()["conversions"].round(3).tolist()
    [0.225, 0.225, 0.225, 0.1, 0.225]
    """

    name: ClassVar[str] = "full_path"
    lead: str = "lead"
    opportunity: str = "opportunity"

    def __post_init__(self) -> None:
        """Validate."""
        _check_goals(lead=self.lead, opportunity=self.opportunity)

    def milestones(self) -> tuple[str, ...]:
        """Return the two milestones."""
        return (self.lead, self.opportunity)

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return shares by role, shape (M,)."""
        first, last = _ends(claimed)
        known = claimed.journeys.milestones
        lead, opportunity = (known[name][claimed.which] for name in self.milestones())
        return role_weights(claimed.offsets, (first, lead, opportunity, last), (0.225,) * 4)
