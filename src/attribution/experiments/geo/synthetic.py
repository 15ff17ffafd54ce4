"""Methods on weighted control geos: synthetic control, augmented, synthetic difference in differences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from attribution._progress import bar
from attribution._typing import Floats
from attribution.errors import ExperimentError
from attribution.experiments.geo.layout import GeoTest
from attribution.experiments.geo.reading import Fitted, Reading, Steps, agreed
from attribution.experiments.geo.request import FEWEST_SETS, GeoRequest
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
from attribution.experiments.panels.synthetic_control import choose_ridge, match_levels, synthetic_control
from attribution.experiments.panels.synthetic_did import synthetic_did
from attribution.stats.intervals import t_critical

SYNTHETIC = ("synthetic_control", "augmented_synthetic_control", "synthetic_did")
_NO_SPILL = "no spill-over from treated to control geos"
_KEEPS = "the mix of control geos that moved as the treated geos did before would have gone on to do so"


def estimator(test: GeoTest, request: GeoRequest) -> Counterfactual:
    """Return the method as a function of a series and its donors; a ridge is chosen once, for the test."""
    plain = _plain(test, request)
    if not request.match_levels:
        return plain

    def matched(target: Floats, donors: Floats, n_pre: int) -> Floats:
        return plain(target, match_levels(target, donors, n_pre), n_pre)

    return matched


def _plain(test: GeoTest, request: GeoRequest) -> Counterfactual:
    if request.method == "synthetic_did":

        def did(target: Floats, donors: Floats, n_pre: int) -> Floats:
            return synthetic_did(target, donors, n_pre, n_treated=test.n_treated).counterfactual

        return did
    ridge = _ridge(test, request)

    def control(target: Floats, donors: Floats, n_pre: int) -> Floats:
        return synthetic_control(
            target, donors, n_pre, fixed_effects=request.fixed_effects, ridge=ridge
        ).counterfactual

    return control


def read(test: GeoTest, request: GeoRequest) -> Reading:
    """Return the effect alone, without what only a report shows.

    Raises
    ------
    ExperimentError
        As `fit`.
    """
    _enough(test, request)
    method = estimator(test, request)
    if request.inference == "conformal":
        return _conformal(test, method, request)
    return _of_placebos(_placebo(test, method, request), test, request)


def fit(test: GeoTest, request: GeoRequest) -> Fitted:
    """Return what the method makes of the test.

    Raises
    ------
    ExperimentError
        If there are too few control geos for the method or its inference.
    """
    _enough(test, request)
    method = estimator(test, request)
    weights, details = _weights(test, request)
    mean = method(test.target, test.donors, test.n_pre)
    path = test.n_treated * mean
    if request.inference == "conformal":
        reading = _conformal(test, method, request)
        band = np.full(len(path), np.nan)
    else:
        found = _placebo(test, method, request)
        reading = _of_placebos(found, test, request)
        details |= {
            "placebo_statistics": found.statistics,
            "placebos_dropped": found.n_dropped,
            "placebo_r2": found.actual.r2,
            "larger": _larger(test, request),
        }
        band = np.abs(path) * float(t_critical(math.inf, request.alpha)) * found.actual.scale
    named = {
        "synthetic_control": "synthetic control"
        + (" with unit fixed effects" if request.fixed_effects else "")
        + " (Abadie, Diamond & Hainmueller 2010; Doudchenko & Imbens 2016)",
        "augmented_synthetic_control": "ridge-augmented synthetic control (Ben-Michael et al. 2021)",
        "synthetic_did": "synthetic difference in differences (Arkhangelsky et al. 2021)",
    }[request.method]
    if request.match_levels:
        named += ", control geos multiplied to the treated geos' level"
    exchange = (
        "the errors of the fit would have stayed as they were, in level and in dependence"
        if request.inference == "conformal"
        else "without treatment the treated geos would have been as hard to predict as sets of control geos "
        "are, each by its own error"
    )
    return Fitted(
        counterfactual=path,
        low=path - band,
        high=path + band,
        reading=reading,
        weights=weights,
        method=f"{named}; {reading.how}",
        assumptions=(_KEEPS, exchange, _NO_SPILL),
        details=details,
    )


def _enough(test: GeoTest, request: GeoRequest) -> None:
    if len(test.donors) < 2:
        msg = f"method={request.method!r} mixes control geos, and there is one"
        raise ExperimentError(msg, column="treated", hint="method='tbr', or method='did'")


def _donors(test: GeoTest, request: GeoRequest) -> Floats:
    return match_levels(test.target, test.donors, test.n_pre) if request.match_levels else test.donors


def _ridge(test: GeoTest, request: GeoRequest) -> float | None:
    if request.method != "augmented_synthetic_control" or request.ridge is not None:
        return request.ridge
    return choose_ridge(test.target, _donors(test, request), test.n_pre, fixed_effects=request.fixed_effects)


def _weights(test: GeoTest, request: GeoRequest) -> tuple[Floats, dict[str, Any]]:
    donors = _donors(test, request)
    if request.method == "synthetic_did":
        found = synthetic_did(test.target, donors, test.n_pre, n_treated=test.n_treated)
        return found.unit_weights, {"time_weights": found.time_weights}
    ridge = _ridge(test, request)
    fitted = synthetic_control(
        test.target, donors, test.n_pre, fixed_effects=request.fixed_effects, ridge=ridge
    )
    return fitted.weights, {"l2": fitted.l2, "scaled_l2": fitted.scaled_l2, "ridge": ridge}


def _larger(test: GeoTest, request: GeoRequest) -> bool:
    """Return whether the treated geos are larger than any set of as many control geos can be."""
    if request.match_levels or request.method == "synthetic_did":
        return False
    levels = np.sort(test.donors[:, : test.n_pre].mean(axis=1))
    return float(test.target[: test.n_pre].mean()) > float(levels[-test.n_treated :].mean())


def _placebo(test: GeoTest, method: Counterfactual, request: GeoRequest) -> PlaceboTest:
    k, controls = test.n_treated, test.donors
    if len(controls) - k < 2:
        msg = f"{len(controls)} control geos hold no set of {k} with donors beside it"
        hint = "inference='conformal', or method='did'"
        raise ExperimentError(msg, column="treated", hint=hint)
    sets = draw_sets(len(controls), k, request.placebos, np.random.default_rng(request.rng))
    actual = studentise(test.target, controls, test.n_pre, method)
    if not math.isfinite(actual.effect) or not actual.scale > 0:
        msg = "the treated geos or their counterfactual have no total above 0, or are predicted without error"
        why = "placebos are compared by the logarithm of actual over counterfactual, over its error"
        raise ExperimentError(msg, column=test.outcome, why=why, hint="inference='conformal'")
    found = placebo_test(actual, _shown(controls, sets, test, method, request), alpha=request.alpha)
    if len(found.statistics) < FEWEST_SETS:
        kept = f"{len(found.statistics)} of {len(sets)}"
        msg = f"only {kept} sets of control geos can be predicted (R2 >= {LEAST_R2})"
        why = f"placebos are the measure of chance; with fewer than {FEWEST_SETS} there is none"
        hint = "inference='conformal', more control geos, or method='did' where geos were drawn at random"
        raise ExperimentError(msg, column="treated", why=why, hint=hint)
    return found


def _shown(
    controls: Floats, sets: Any, test: GeoTest, method: Counterfactual, request: GeoRequest
) -> Iterator[Studentised]:
    every = placebos(controls, sets, test.n_pre, method)
    yield from bar(every, "placebos", request.progress, total=len(sets))


def _of_placebos(found: PlaceboTest, test: GeoTest, request: GeoRequest) -> Reading:
    kept = len(found.statistics)
    drawn, possible = kept + found.n_dropped, math.comb(len(test.donors), test.n_treated)
    least = 1.0 / (1 + kept)
    fixes = ["more control geos"]
    if drawn < possible and least > request.alpha:
        wanted = math.ceil((1.0 / request.alpha - 1) * drawn / kept - 1e-9)
        fixes = [f"placebos={wanted}"] if wanted <= possible else fixes
    if len(test.panel.times) * request.alpha >= 1:
        fixes.append('inference="conformal"')
    fixes.append('method="did" where geos were drawn at random')
    return Reading(
        "log",
        found.actual.effect,
        found.low,
        found.high,
        found.p_value,
        found.actual.scale,
        found.critical,
        f"studentised placebos in space, {kept:,} sets of control geos",
        found.actual.scale * math.sqrt(float((found.statistics**2).mean())),
        Steps(least, f"{kept:,} sets of control geos", " or ".join(fixes)),
    )


def moving_blocks(test: GeoTest, request: GeoRequest) -> Steps:
    """Return what limits the conformal p-value: there are as many windows as periods."""
    count = len(test.panel.times)
    wanted = math.ceil(1 / request.alpha - 1)
    return Steps(
        1 / count,
        f"{count} windows to move over",
        f'a longer time before the test, or inference="placebo" with {wanted} sets of control geos or more',
    )


def _conformal(test: GeoTest, method: Counterfactual, request: GeoRequest) -> Reading:
    target, donors, pre = test.target, test.donors, test.n_pre
    value = float((target[pre:] - method(target, donors, pre)[pre:]).mean())
    p_value = block_conformal_p(target, donors, pre, method)
    found = block_conformal_interval(target, donors, pre, method, alpha=request.alpha)
    if found.empty:
        msg = "no constant effect fits the window: the conformal test rejects every one"
        why = "the effect changed within the window, or something else did"
        raise ExperimentError(msg, column=test.outcome, why=why, hint="inference='placebo'; look at the plot")
    cells = test.n_treated * test.n_test
    low, high = agreed(min(found.low, value), max(found.high, value), p_value, request.alpha, value)
    how = f"conformal, moving blocks of {test.n_test} of {len(target)} {test.panel.step}s"
    steps = moving_blocks(test, request)
    ends = (low * cells, high * cells)
    return Reading("level", value * cells, *ends, p_value, math.nan, math.nan, how, steps=steps)
