"""What synthetic methods share: control geos weighted to follow the treated, judged by placebos or blocks."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np

from attribution._checks import flag, whole
from attribution._progress import bar
from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted, Steps, agreed
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.method import NO_SPILL, GeoMethod
from attribution.experiments.panels import Counterfactual
from attribution.experiments.panels.conformal import block_conformal_interval, block_conformal_p
from attribution.experiments.panels.placebo import (
    LEAST_R2,
    PlaceboTest,
    Studentised,
    draw_sets,
    placebo_test,
    placebos,
    studentise,
)
from attribution.experiments.panels.synthetic_control import match_levels
from attribution.language.sentence import Sentence
from attribution.stats.ratio_intervals import t_critical

FEWEST_SETS = 10
MOST_SETS, SIMULATED_SETS = 500, 100  # by default: in an analysis, and in each simulated test of a plan
_KEEPS = "the mix of control geos that moved as the treated geos did before would have gone on to do so"


@dataclass(frozen=True, kw_only=True)
class Weighted(GeoMethod):
    """A synthetic method: `SyntheticControl` and its kin, which document the options."""

    match_levels: bool = False
    inference: Literal["placebo", "conformal"] | None = None
    placebos: int | None = None
    rng: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        flag(self.match_levels, "match_levels", error=ExperimentError)
        self._check_inference(("placebo", "conformal"), default=True)
        if self.placebos is not None:
            whole(self.placebos, "placebos", least=20, error=ExperimentError)
        self._check_rng()

    @abstractmethod
    def _named(self) -> str:
        """Return the method in words, with its source."""

    @abstractmethod
    def _plain(self, test: GeoTest) -> Counterfactual:
        """Return the method as a function of a series and its donors, whatever their levels."""

    @abstractmethod
    def _weights(self, test: GeoTest) -> tuple[Floats, dict[str, Any]]:
        """Return what each control geo counts for, and what else the fit has found."""

    @property
    def conformal(self) -> bool:
        """Whether moving blocks judge, rather than placebos in space."""
        return self.inference == "conformal"

    @property
    def refits(self) -> bool:
        """Whether it has to see each effect: moving blocks fit the window as well."""
        return self.conformal

    def estimator(self, test: GeoTest) -> Counterfactual:
        """Return the method as a function of a series and its donors; a ridge is chosen once."""
        plain = self._plain(test)
        if not self.match_levels:
            return plain

        def matched(target: Floats, donors: Floats, n_pre: int) -> Floats:
            return plain(target, match_levels(target, donors, n_pre), n_pre)

        return matched

    def fewer(self, placebos: int) -> Self:
        """Return the method with no more placebos than these."""
        return replace(self, placebos=min(self.placebos or MOST_SETS, placebos))

    def simulated(self) -> Self:
        """Return the method as simulated tests have it: with few placebos, unless a number was asked for."""
        return self if self.placebos is not None else replace(self, placebos=SIMULATED_SETS)

    def suited(self, treated: int, control: int, *, instead: bool) -> Self:
        """Return the method; by moving blocks where no set of so many geos fits beside its donors.

        Raises
        ------
        ExperimentError
            If placebos were asked for, or moving blocks may not take their place.
        """
        if self.conformal or (control - treated >= 2 and math.comb(control, treated) >= FEWEST_SETS):
            return self
        if self.inference is None and instead:
            return replace(self, inference="conformal")
        msg = f"{control} control geos hold too few sets of {treated} to tell what chance does"
        hint = f"n_treated={max((treated + control) // 5, 1)}, or {self.hint(inference='conformal')}"
        raise ExperimentError(msg, column="n_treated", hint=hint)

    def read(self, test: GeoTest, request: GeoRequest) -> EffectEstimate:
        """Return the effect alone, without what only a report shows.

        Raises
        ------
        ExperimentError
            As `fit`.
        """
        self._enough(test)
        method = self.estimator(test)
        if self.conformal:
            return self._by_blocks(test, method, request)
        return self._of_placebos(self._placebo(test, method, request), test, request)

    def judged(self, test: GeoTest, request: GeoRequest) -> EffectEstimate:
        """Return the effect and its p-value; of moving blocks without the interval, which takes long."""
        if not self.conformal:
            return self.read(test, request)
        method, pre = self.estimator(test), test.n_pre
        gap = test.target - method(test.target, test.donors, pre)
        p_value = block_conformal_p(test.target, test.donors, pre, method)
        steps = self._moving_blocks(test, request)
        value, nan = float(gap[pre:].mean()), math.nan
        return EffectEstimate("level", value, nan, nan, p_value, nan, nan, "conformal", steps=steps)

    def lift(self, test: GeoTest, request: GeoRequest) -> float:  # noqa: ARG002
        """Return the effect as a share of what would have been, without inference."""
        method = self.estimator(test)
        expected = test.n_treated * float(method(test.target, test.donors, test.n_pre)[test.n_pre :].sum())
        return test.actual / expected - 1.0 if expected > 0 else math.nan

    def fit(self, test: GeoTest, request: GeoRequest) -> Fitted:
        """Return what the method makes of the test.

        Raises
        ------
        ExperimentError
            If there are too few control geos for the method or its inference.
        """
        self._enough(test)
        method = self.estimator(test)
        weights, details = self._weights(test)
        mean = method(test.target, test.donors, test.n_pre)
        path = test.n_treated * mean
        if self.conformal:
            reading = self._by_blocks(test, method, request)
            band = np.full(len(path), np.nan)
        else:
            found = self._placebo(test, method, request)
            reading = self._of_placebos(found, test, request)
            details |= {
                "placebo_statistics": found.statistics,
                "placebos_dropped": found.n_dropped,
                "placebo_r2": found.actual.r2,
                "larger": self._larger(test),
            }
            band = np.abs(path) * float(t_critical(math.inf, request.alpha)) * found.actual.scale
        matched = ", control geos multiplied to the treated geos' level" if self.match_levels else ""
        exchange = (
            "the errors of the fit would have stayed as they were, in level and in dependence"
            if self.conformal
            else "without treatment the treated geos would have been as hard to predict as sets of control "
            "geos are, each by its own error"
        )
        return Fitted(
            counterfactual=path,
            low=path - band,
            high=path + band,
            reading=reading,
            weights=weights,
            method=f"{self._named()}{matched}; {reading.how}",
            assumptions=(_KEEPS, exchange, NO_SPILL),
            details=details,
        )

    def _enough(self, test: GeoTest) -> None:
        if len(test.donors) < 2:
            msg = f"method={self.name!r} mixes control geos, and there is one"
            raise ExperimentError(msg, column="treated", hint="method='tbr', or method='did'")

    def _donors(self, test: GeoTest) -> Floats:
        return match_levels(test.target, test.donors, test.n_pre) if self.match_levels else test.donors

    def _larger(self, test: GeoTest) -> bool:
        """Return whether the treated geos are larger than any set of as many control geos can be."""
        if self.match_levels:
            return False
        levels = np.sort(test.donors[:, : test.n_pre].mean(axis=1))
        return float(test.target[: test.n_pre].mean()) > float(levels[-test.n_treated :].mean())

    def _placebo(self, test: GeoTest, method: Counterfactual, request: GeoRequest) -> PlaceboTest:
        k, controls = test.n_treated, test.donors
        conformal = self.hint(inference="conformal")
        if len(controls) - k < 2:
            msg = f"{len(controls)} control geos hold no set of {k} with donors beside it"
            raise ExperimentError(msg, column="treated", hint=f"{conformal}, or method='did'")
        sets = draw_sets(len(controls), k, self.placebos or MOST_SETS, np.random.default_rng(self.rng))
        actual = studentise(test.target, controls, test.n_pre, method)
        if not math.isfinite(actual.effect) or not actual.scale > 0:
            msg = "the treated geos or their counterfactual have no total above 0, or are predicted without "
            msg += "error"
            why = "placebos are compared by the logarithm of actual over counterfactual, over its error"
            raise ExperimentError(msg, column=test.outcome, why=why, hint=conformal)
        every = _shown(placebos(controls, sets, test.n_pre, method), request.progress, len(sets))
        found = placebo_test(actual, every, alpha=request.alpha)
        if len(found.statistics) < FEWEST_SETS:
            kept = f"{len(found.statistics)} of {len(sets)}"
            msg = f"only {kept} sets of control geos can be predicted (R2 >= {LEAST_R2})"
            why = f"placebos are the measure of chance; with fewer than {FEWEST_SETS} there is none"
            hint = f"{conformal}, more control geos, or method='did' where geos were drawn at random"
            raise ExperimentError(msg, column="treated", why=why, hint=hint)
        return found

    def _of_placebos(self, found: PlaceboTest, test: GeoTest, request: GeoRequest) -> EffectEstimate:
        kept = len(found.statistics)
        drawn, possible = kept + found.n_dropped, math.comb(len(test.donors), test.n_treated)
        least = 1.0 / (1 + kept)
        fixes = ["more control geos"]
        if drawn < possible and least > request.alpha:
            wanted = math.ceil((1.0 / request.alpha - 1) * drawn / kept - 1e-9)
            fixes = [self.hint(placebos=wanted)] if wanted <= possible else fixes
        if len(test.panel.times) * request.alpha >= 1:
            fixes.append(self.hint(inference="conformal"))
        fixes.append('method="did" where geos were drawn at random')
        return EffectEstimate(
            "log",
            found.actual.effect,
            found.low,
            found.high,
            found.p_value,
            found.actual.scale,
            found.critical,
            f"studentised placebos in space, {kept:,} sets of control geos",
            found.actual.scale * math.sqrt(float((found.statistics**2).mean())),
            Steps(least, Sentence("reach.sets", count=kept), " or ".join(fixes)),
        )

    def _moving_blocks(self, test: GeoTest, request: GeoRequest) -> Steps:
        """Return what limits the conformal p-value: there are as many windows as periods."""
        count = len(test.panel.times)
        wanted = math.ceil(1 / request.alpha - 1)
        placebo = self.hint(inference="placebo")
        return Steps(
            1 / count,
            Sentence("reach.windows", count=count),
            f"a longer time before the test, or {placebo} with {wanted} sets of control geos or more",
        )

    def _by_blocks(self, test: GeoTest, method: Counterfactual, request: GeoRequest) -> EffectEstimate:
        target, donors, pre = test.target, test.donors, test.n_pre
        value = float((target[pre:] - method(target, donors, pre)[pre:]).mean())
        p_value = block_conformal_p(target, donors, pre, method)
        found = block_conformal_interval(target, donors, pre, method, alpha=request.alpha)
        if found.empty:
            msg = "no constant effect fits the window: the conformal test rejects every one"
            why = "the effect changed within the window, or something else did"
            hint = f"{self.hint(inference='placebo')}; look at the plot"
            raise ExperimentError(msg, column=test.outcome, why=why, hint=hint)
        cells = test.n_treated * test.n_test
        low, high = agreed(min(found.low, value), max(found.high, value), p_value, request.alpha, value)
        how = f"conformal, moving blocks of {test.n_test} of {len(target)} {test.panel.step}s"
        steps = self._moving_blocks(test, request)
        ends = (low * cells, high * cells)
        return EffectEstimate("level", value * cells, *ends, p_value, math.nan, math.nan, how, steps=steps)


def _shown(every: Iterator[Studentised], progress: bool | None, total: int) -> Iterator[Studentised]:
    yield from bar(every, "placebos", progress, total=total)
