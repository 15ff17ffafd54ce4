"""`Significance`: how sure a test must be, and what counts as an effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Literal, TypedDict

from attribution._checks import fraction, one_of, whole
from attribution._migration import tells_options
from attribution.errors import ExperimentError
from attribution.experiments.shared.cost_argument import between

SIDES = ("two-sided", "larger", "smaller")
Alternative = Literal["two-sided", "larger", "smaller"]


class SignificanceKeywords(TypedDict, total=False):
    """The fields of `Significance`, as keywords of the functions that take one."""

    alpha: float
    correction: Literal["holm", "fdr_bh", "none"]
    alternative: Alternative
    margin: float
    sequential: int | None
    power: float


@tells_options(ExperimentError)
@dataclass(frozen=True)
class Significance:
    """How sure a test must be, and what counts as an effect: one value for its plan and its analysis.

    Functions take it whole, ``significance=at.Significance(alpha=0.1)``, or its fields as keywords,
    ``alpha=0.1``; each refuses the fields that it has no use for.

    Attributes
    ----------
    alpha
        Level: 0.05 gives 95% intervals.
    correction
        For several comparisons: ``"holm"``, ``"fdr_bh"`` (Benjamini & Hochberg 1995) or ``"none"``.
    alternative
        What counts as an effect: ``"larger"``, where a loss would not be acted upon, or ``"smaller"``, for
        what the treatment shall lower, test one side at `alpha`, and intervals have one end.
    margin
        Of a test of non-inferiority, the largest difference in the unwanted direction that is still taken
        for none, such as 0.002 for 0.2 points, together with ``alternative="larger"``: the p-value is that
        of a loss as large. Plan it as an effect of that size.
    sequential
        Planned number of users of a test that is looked at again and again: a confidence sequence, valid at
        every look, takes the place of the interval (Waudby-Smith et al. 2021).
    power
        Wished chance to find the effect; plans are made for it, and no analysis changes by it.

    Raises
    ------
    ExperimentError
        If a field makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.Significance(alpha=0.1, alternative="larger").alpha
    0.1
    """

    alpha: float = 0.05
    correction: Literal["holm", "fdr_bh", "none"] = "holm"
    alternative: Alternative = "two-sided"
    margin: float = 0.0
    sequential: int | None = None
    power: float = 0.8

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        found = {
            "alpha": between(self.alpha, "alpha", 0.0, 0.5, "alpha=0.05 for 95% intervals"),
            "margin": _margin(self.margin),
            "power": fraction(self.power, "power", error=ExperimentError, hint="power=0.8"),
        }
        if self.sequential is not None:
            found["sequential"] = whole(self.sequential, "sequential", least=2, error=ExperimentError)
        one_of(self.correction, "correction", ("holm", "fdr_bh", "none"), error=ExperimentError)
        one_of(self.alternative, "alternative", SIDES, error=ExperimentError)
        if not 0 < found["power"] < 1:
            msg = f"power={self.power!r} must lie between 0 and 1"
            raise ExperimentError(msg, column="power", hint="power=0.8")
        for name, value in found.items():
            object.__setattr__(self, name, value)

    def only(self, used: Iterable[str], why: str) -> None:
        """Refuse fields that a function has no use for.

        Parameters
        ----------
        used
            Those it uses; `power` may be left from the plan.
        why
            Why it has no use for others.

        Raises
        ------
        ExperimentError
            If another field is not its default.
        """
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name not in {*used, "power"} and value != entry.default:
                msg = f"{entry.name}={value!r} has no effect here: {why}"
                raise ExperimentError(msg, column=entry.name, hint=f"{entry.name}={entry.default!r}")


def refuse_power(keywords: Mapping[str, object]) -> None:
    """Refuse a power that an analysis is given: only a value that it shares with its plan may hold one.

    Raises
    ------
    ExperimentError
        If there is one.
    """
    power = keywords.get("power")
    if power is not None:
        msg = f"power={power!r} has no effect here: what was found does not depend on what was wished for"
        hint = "power=None"
        raise ExperimentError(msg, column="power", hint=hint)


def _margin(margin: Any) -> float:
    if isinstance(margin, bool) or not isinstance(margin, Real) or not 0 <= float(margin) < float("inf"):
        msg = f"margin={margin!r} must be a difference of means, 0 or more"
        raise ExperimentError(msg, column="margin", hint="margin=0.002 for 0.2 points")
    return float(margin)
