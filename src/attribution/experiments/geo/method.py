"""What every method of geo tests is: a frozen value that holds its fit, its inference and its options."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np

from attribution._checks import one_of, whole
from attribution.errors import ExperimentError

if TYPE_CHECKING:
    from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted
    from attribution.experiments.geo.geo_assignment import GeoTest
    from attribution.experiments.geo.geo_request import GeoRequest
    from attribution.experiments.geo.incremental_cost import Spent
    from attribution.experiments.panels import Counterfactual

NO_SPILL = "no spill-over from treated to control geos"


@dataclass(frozen=True)
class GeoMethod(ABC):
    """A method of geo tests. A new one is one file with `fit`, and a line in `methods.METHODS`.

    Attributes
    ----------
    name
        Its short name: what stands for it with all its defaults.
    needs_cost
        Whether it estimates an iROAS, so that it needs the cost: ``"total"``, or ``"column"`` of each geo.
    pairs
        Whether it compares pairs of geos, and nothing else.
    quick
        Whether it is as fast as the synthetic control that ranks the candidates of a search for the rest.
    """

    name: ClassVar[str]
    needs_cost: ClassVar[Literal["", "total", "column"]] = ""
    pairs: ClassVar[bool] = False
    quick: ClassVar[bool] = False

    @abstractmethod
    def fit(self, test: GeoTest, request: GeoRequest) -> Fitted:
        """Return what the method makes of the test: effect, counterfactual, words."""

    def read(self, test: GeoTest, request: GeoRequest) -> EffectEstimate:
        """Return the effect alone, as fast as the method can: for simulations and tests of nothing."""
        return self.fit(test, request).reading

    def judged(self, test: GeoTest, request: GeoRequest) -> EffectEstimate:
        """Return the effect and its p-value; without an interval where that takes long."""
        return self.read(test, request)

    def lift(self, test: GeoTest, request: GeoRequest) -> float:
        """Return the effect as a share of what would have been; without inference where that takes long."""
        return self.read(test, request).lift(test.actual)

    def estimator(self, test: GeoTest) -> Counterfactual | None:  # noqa: ARG002
        """Return the method as a function of a series and its donors; None where it weighs no donors."""
        return None

    def cost(self, test: GeoTest) -> Spent | None:  # noqa: ARG002
        """Return the incremental cost, where the method has a way of its own to tell it."""
        return None

    def fewer(self, placebos: int) -> Self:  # noqa: ARG002
        """Return the method with no more placebos than these, for checks and simulations."""
        return self

    def simulated(self) -> Self:
        """Return the method as simulated tests of a plan have it: as fast as it can be."""
        return self

    def suited(self, treated: int, control: int, *, instead: bool) -> Self:  # noqa: ARG002
        """Return the method for so many geos; with another inference, `instead`, where that is needed.

        Raises
        ------
        ExperimentError
            If the geos cannot carry its inference.
        """
        return self

    @property
    def refits(self) -> bool:
        """Whether it has to see each effect, because an effect changes more than its estimate."""
        return bool(self.needs_cost)

    @property
    def by_means(self) -> bool:
        """Whether least squares on log changes judges many assignments at once."""
        return False

    @property
    def own_levels(self) -> bool:
        """Whether each geo is taken at its own level, where candidates of a search are ranked."""
        return True

    def code(self) -> str:
        """Return the method as it is written, with what is not its default.

        Examples
        --------
        >>> import attribution as at
        >>> at.SyntheticControl(inference="conformal", fixed_effects=True).code()
        "at.SyntheticControl(inference='conformal')"
        """
        given = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        default = {entry.name: entry.default for entry in fields(self)}
        told = [f"{name}={value!r}" for name, value in given.items() if value != default[name]]
        return f"at.{type(self).__name__}({', '.join(told)})"

    def hint(self, **changes: Any) -> str:
        """Return the argument that asks for this method with something else, for an error to print."""
        return f"method={replace(self, **changes).code()}"

    def _check_inference(self, known: tuple[str, ...], *, default: bool = False) -> None:
        inference = getattr(self, "inference", None)
        if inference is not None or not default:
            one_of(inference, "inference", known, error=ExperimentError)

    def _check_rng(self) -> None:
        rng = getattr(self, "rng", 0)
        if isinstance(rng, np.random.Generator):
            object.__setattr__(self, "rng", int(rng.integers(2**63)))
            return
        try:
            whole(rng, "rng", least=0, error=ExperimentError)
        except ExperimentError as error:
            msg = f"rng={rng!r} makes no random numbers"
            raise ExperimentError(msg, column="rng", hint="rng=7") from error
