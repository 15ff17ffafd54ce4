"""Synthetic control, augmented synthetic control and synthetic difference in differences."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

from attribution._checks import flag
from attribution._migration import tells_options
from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.weighted import Weighted
from attribution.experiments.panels import Counterfactual
from attribution.experiments.panels.synthetic_control import choose_ridge, synthetic_control
from attribution.experiments.panels.synthetic_did import synthetic_did


@tells_options(ExperimentError)
@dataclass(frozen=True, kw_only=True)
class SyntheticControl(Weighted):
    """Control geos weighted so that they move as the treated geos did before the test.

    By default each at its own level (Abadie et al. 2010; Doudchenko & Imbens 2016).

    Attributes
    ----------
    match_levels
        Whether to multiply each control geo to the treated geos' mean before the test first, so that geos
        share growth and seasons in per cent. For treated geos that are larger than the rest.
    inference
        ``"placebo"``, the default: studentised placebos in space; or ``"conformal"``: moving blocks
        (Chernozhukov et al. 2021).
    placebos
        Sets of control geos to analyse as if they had been treated: by default 500, and 100 in each simulated
        test of a plan.
    rng
        Seed or generator that draws the sets.
    fixed_effects
        Whether each geo is taken at its own level.

    Raises
    ------
    ExperimentError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.SyntheticControl(inference="placebo", placebos=999).code()
    "at.SyntheticControl(inference='placebo', placebos=999)"
    """

    name: ClassVar[str] = "synthetic_control"
    fixed_effects: bool = True

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        super().__post_init__()
        flag(self.fixed_effects, "fixed_effects", error=ExperimentError)

    @property
    def own_levels(self) -> bool:
        """Whether each geo is taken at its own level."""
        return self.fixed_effects

    def _named(self) -> str:
        fixed = " with unit fixed effects" if self.fixed_effects else ""
        return f"synthetic control{fixed} (Abadie, Diamond & Hainmueller 2010; Doudchenko & Imbens 2016)"

    def _ridge(self, test: GeoTest) -> float | None:  # noqa: ARG002
        """Return the penalty of the correction; None without one."""
        return None

    def _plain(self, test: GeoTest) -> Counterfactual:
        ridge = self._ridge(test)

        def control(target: Floats, donors: Floats, n_pre: int) -> Floats:
            found = synthetic_control(target, donors, n_pre, fixed_effects=self.fixed_effects, ridge=ridge)
            return found.counterfactual

        return control

    def _weights(self, test: GeoTest) -> tuple[Floats, dict[str, Any]]:
        ridge = self._ridge(test)
        found = synthetic_control(
            test.target, self._donors(test), test.n_pre, fixed_effects=self.fixed_effects, ridge=ridge
        )
        return found.weights, {"l2": found.l2, "scaled_l2": found.scaled_l2, "ridge": ridge}


@tells_options(ExperimentError)
@dataclass(frozen=True, kw_only=True)
class AugmentedSyntheticControl(SyntheticControl):
    """Synthetic control, corrected by a ridge regression (Ben-Michael, Feller & Rothstein 2021).

    Attributes
    ----------
    match_levels, inference, placebos, rng, fixed_effects
        As in `SyntheticControl`.
    ridge
        Penalty of the regression; chosen by cross-validation by default.

    Raises
    ------
    ExperimentError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.AugmentedSyntheticControl(ridge=0.1).code()
    'at.AugmentedSyntheticControl(ridge=0.1)'
    """

    name: ClassVar[str] = "augmented_synthetic_control"
    ridge: float | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        super().__post_init__()
        ridge = self.ridge
        if ridge is None:
            return
        if isinstance(ridge, bool) or not isinstance(ridge, Real) or not 0 < float(ridge) < float("inf"):
            msg = f"ridge={ridge!r} must be a number above 0"
            hint = "ridge=None, and cross-validation chooses it"
            raise ExperimentError(msg, column="ridge", hint=hint)
        object.__setattr__(self, "ridge", float(ridge))

    def _named(self) -> str:
        return "ridge-augmented synthetic control (Ben-Michael et al. 2021)"

    def _ridge(self, test: GeoTest) -> float:
        if self.ridge is not None:
            return self.ridge
        return choose_ridge(test.target, self._donors(test), test.n_pre, fixed_effects=self.fixed_effects)


@tells_options(ExperimentError)
@dataclass(frozen=True, kw_only=True)
class SyntheticDiD(Weighted):
    """Synthetic difference in differences: periods are weighted as well (Arkhangelsky et al. 2021).

    Attributes
    ----------
    match_levels, inference, placebos, rng
        As in `SyntheticControl`.

    Raises
    ------
    ExperimentError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.SyntheticDiD(match_levels=True).code()
    'at.SyntheticDiD(match_levels=True)'
    """

    name: ClassVar[str] = "synthetic_did"

    def _named(self) -> str:
        return "synthetic difference in differences (Arkhangelsky et al. 2021)"

    def _larger(self, test: GeoTest) -> bool:  # noqa: ARG002
        return False

    def _plain(self, test: GeoTest) -> Counterfactual:
        def did(target: Floats, donors: Floats, n_pre: int) -> Floats:
            return synthetic_did(target, donors, n_pre, n_treated=test.n_treated).counterfactual

        return did

    def _weights(self, test: GeoTest) -> tuple[Floats, dict[str, Any]]:
        found = synthetic_did(test.target, self._donors(test), test.n_pre, n_treated=test.n_treated)
        return found.unit_weights, {"time_weights": found.time_weights}
