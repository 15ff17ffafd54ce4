"""Methods on time series: time-based regression and Bayesian structural time series."""

from __future__ import annotations

import math

import numpy as np

from attribution.errors import ExperimentError
from attribution.experiments.geo.layout import GeoTest
from attribution.experiments.geo.reading import Fitted, Reading, Steps, agreed
from attribution.experiments.geo.request import GeoRequest
from attribution.experiments.panels.bsts import bsts
from attribution.experiments.panels.tbr import Tbr, tbr
from attribution.stats.intervals import t_critical, t_p_value

_SECOND_LOOK = (
    "a second look, not a verdict: geos that drift apart, this took for an effect in {} of tests of nothing "
    "at 5% (docs/validation.md, a zoo of panels)"
)
_NO_SPILL = "no spill-over from treated to control geos"


def read_tbr(test: GeoTest, request: GeoRequest) -> Reading:
    """Return the effect by time-based regression alone."""
    return _regressed(test, request)[0]


def _regressed(test: GeoTest, request: GeoRequest) -> tuple[Reading, Tbr, float]:
    target = test.panel.outcome[test.treated].sum(axis=0)
    found = tbr(target, test.donors.sum(axis=0), test.n_pre)
    published = request.inference == "published"
    se = found.se_published if published else found.se_corrected
    df = float(found.df) if published else found.df_corrected
    if not se > 1e-12 * abs(test.actual):
        msg = "the control total predicts the treated total without error before the test"
        raise ExperimentError(
            msg, column=test.outcome, hint="is a treated geo copied among the control geos?"
        )
    critical = float(t_critical(df, request.alpha))
    how = (
        "posterior t interval as published, for independent days"
        if published
        else f"t, variance corrected for autocorrelation {found.phi:.2f}"
    )
    ends = (found.total - critical * se, found.total + critical * se)
    p_value = float(t_p_value(found.total / se, df))
    return Reading("level", found.total, *ends, p_value, se, critical, how, se), found, df


def fit_tbr(test: GeoTest, request: GeoRequest) -> Fitted:
    """Return what time-based regression makes of the test."""
    reading, found, df = _regressed(test, request)
    published = request.inference == "published"
    band = float(t_critical(df, request.alpha)) * found.sigma * np.ones(len(found.counterfactual))
    return Fitted(
        counterfactual=found.counterfactual,
        low=found.counterfactual - band,
        high=found.counterfactual + band,
        reading=reading,
        weights=None,
        method=f"time-based regression (Kerman, Wang & Vaver 2017); {reading.how}",
        assumptions=(
            "the treated total would have gone on to follow the control total as it did before",
            "errors independent from day to day" if published else "errors autocorrelated of first order",
            _NO_SPILL,
        ),
        details={
            "slope": found.slope,
            "phi": found.phi,
            "durbin_watson": found.durbin_watson,
            "df": df,
            "heeds_autocorrelation": not published,
            "notes": (_SECOND_LOOK.format("5% to 34%"),),
            "beside": {} if published else {"as published": _published(found, request.alpha)},
        },
    )


def _published(found: Tbr, alpha: float) -> str:
    half = float(t_critical(found.df, alpha)) * found.se_published
    low, high = found.total - half, found.total + half
    return (
        f"the interval for independent days is {low:,.4g} to {high:,.4g} "
        f"(Durbin-Watson {found.durbin_watson:.2f}; about 2 without autocorrelation)"
    )


def fit_bsts(test: GeoTest, request: GeoRequest) -> Fitted:
    """Return what a Bayesian structural time series makes of the test."""
    target = test.panel.outcome[test.treated].sum(axis=0)
    found = bsts(
        target,
        test.donors,
        test.n_pre,
        draws=request.draws,
        rng=np.random.default_rng(request.rng),
    )
    totals = np.sort(found.effects)
    n = len(totals)
    below = int((totals <= 0).sum())
    p_value = min(1.0, 2 * (1 + min(below, n - below)) / (1 + n))
    rank = max(math.floor(request.alpha / 2 * (1 + n) + 1e-9), 1)
    value = test.actual - float(found.counterfactual[test.n_pre :].sum())
    low, high = agreed(float(totals[rank - 1]), float(totals[n - rank]), p_value, request.alpha, value)
    half = request.alpha / 2
    low_path, high_path = np.quantile(found.draws, [half, 1 - half], axis=0)
    how = f"posterior of {n:,} draws"
    error = float(totals.std(ddof=1))
    steps = Steps(2 / (1 + n), f"{n:,} draws", f"draws={math.ceil(2 / request.alpha)}")
    reading = Reading("level", value, low, high, p_value, math.nan, math.nan, how, error, steps)
    return Fitted(
        counterfactual=found.counterfactual,
        low=low_path,
        high=high_path,
        reading=reading,
        weights=None,
        method="Bayesian structural time series, local level and spike-and-slab regression (Brodersen et al. "
        f"2015); {how}",
        assumptions=(
            "the regression on control geos and the local level would have gone on as before",
            "the prior: few control geos matter, and the level moves slowly",
            _NO_SPILL,
        ),
        details={
            "inclusion": dict(zip(test.controls, found.inclusion.tolist(), strict=True)),
            "posterior": totals,
            "effective_draws": found.effective_draws,
            "notes": (
                "p is twice the posterior probability of the other sign, not a frequency of errors",
                _SECOND_LOOK.format("8% to 52%"),
            ),
        },
    )
