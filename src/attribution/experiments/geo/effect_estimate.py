"""What an inference says about the effect in the test window, in one shape for every method."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from attribution._typing import Floats

Scale = Literal["log", "level"]


@dataclass(frozen=True, slots=True)
class Steps:
    """Why a p-value cannot be as small as one likes: chance is measured by counting.

    Attributes
    ----------
    least
        The smallest p-value that there can be.
    how
        What is counted, with its number: ``"10 sets of control geos"``.
    fix
        What makes more of them, or does without.
    """

    least: float
    how: str
    fix: str

    def reach(self, alpha: float) -> bool:
        """Return whether anything can be shown at the level."""
        return self.least <= alpha * (1 + 1e-9)


@dataclass(frozen=True, slots=True)
class EffectEstimate:
    """An effect with the interval and the p-value of one test.

    Attributes
    ----------
    scale
        ``"log"``: logarithm of the treated geos' total over what it would have been. ``"level"``: the
        difference of the two. Both over the whole window, and all treated geos together.
    value, low, high
        The effect and the values that the test does not reject.
    p_value
        Two-sided, of no effect; at most the level exactly where 0 lies outside the interval.
    spread
        Standard error, or what takes its place; missing where the test has none.
    critical
        How many spreads the interval reaches; missing where it has none.
    how
        The inference in words.
    std_error
        Standard error of the effect; missing where the inference has none. `spread` is what the effect is
        studentised by, which of placebos is another number.
    steps
        What limits the p-value; None where nothing does.
    """

    scale: Scale
    value: float
    low: float
    high: float
    p_value: float
    spread: float
    critical: float
    how: str
    std_error: float = math.nan
    steps: Steps | None = None

    def can_tell(self, alpha: float) -> bool:
        """Return whether the inference can show any effect at the level, however large."""
        return self.steps is None or self.steps.reach(alpha)

    def lift(self, actual: float) -> float:
        """Return the effect as a share of what would have been, given what was."""
        return share_of(self.value, self.scale, actual)


def share_of(effect: float, scale: str, actual: float) -> float:
    """Return an effect as a share of what would have been."""
    if scale == "log":
        return math.expm1(min(effect, 700.0))
    return effect / (actual - effect) if actual > effect else math.inf if effect > 0 else math.nan


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a method makes of a test.

    Attributes
    ----------
    counterfactual
        float64, shape (T,): what the treated geos' total would have been, fitted before the test and
        predicted within it.
    low, high
        float64, shape (T,): its pointwise band; missing where the method has none.
    reading
        The effect.
    weights
        float64, shape (J,): what each control geo counts for; None where the method has no such weights.
    method
        In words, with its source.
    assumptions
        What must hold.
    details
        Further figures by name.
    """

    counterfactual: Floats
    low: Floats
    high: Floats
    reading: EffectEstimate
    weights: Floats | None
    method: str
    assumptions: tuple[str, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


def agreed(low: float, high: float, p_value: float, alpha: float, value: float) -> tuple[float, float]:
    """Return an interval found by search so that it agrees with its p-value.

    It moves by no more than rounding, but where the values not rejected lie on both sides of a rejected 0:
    then those on the side of the estimate are kept.

    Parameters
    ----------
    low, high
        Ends as found.
    p_value, alpha
        Of no effect, and the level: 0 lies inside exactly where ``p_value > alpha``.
    value
        The effect; what is small is so against it.
    """
    if p_value > alpha:
        return min(low, 0.0), max(high, 0.0)
    tiny = 1e-12 * abs(value)
    if low <= 0.0 <= high:
        return (tiny, high) if value > 0 else (low, -tiny)
    return low, high
