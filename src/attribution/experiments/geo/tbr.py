"""Time-based regression of the treated total on the control total: `TBR`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from attribution._migration import tells_options
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.incremental_cost import Spent
from attribution.experiments.geo.method import NO_SPILL, GeoMethod
from attribution.experiments.panels.tbr import Tbr, tbr, tbr_covariance
from attribution.language.sentence import Sentence
from attribution.stats.ratio_intervals import t_critical, t_p_value


@tells_options(ExperimentError)
@dataclass(frozen=True)
class TBR(GeoMethod):
    """Time-based regression of the treated total on the control total (Kerman, Wang & Vaver 2017).

    Attributes
    ----------
    inference
        ``"autocorrelation"``: the variance heeds that days depend on one another; or ``"published"``, for
        independent days: too narrow where they are not.

    Raises
    ------
    ExperimentError
        If the inference is unknown.

    Examples
    --------
    >>> import attribution as at
    >>> at.TBR(inference="published")
    TBR(inference='published')
    """

    name: ClassVar[str] = "tbr"
    quick: ClassVar[bool] = True
    inference: Literal["autocorrelation", "published"] = "autocorrelation"

    def __post_init__(self) -> None:
        """Refuse an inference that it has not."""
        self._check_inference(("autocorrelation", "published"))

    @property
    def _published(self) -> bool:
        return self.inference == "published"

    def read(self, test: GeoTest, request: GeoRequest) -> EffectEstimate:
        """Return the effect alone."""
        return self._regressed(test, request)[0]

    def _regressed(self, test: GeoTest, request: GeoRequest) -> tuple[EffectEstimate, Tbr, float]:
        target = test.panel.outcome[test.treated].sum(axis=0)
        found = tbr(target, test.donors.sum(axis=0), test.n_pre)
        se = found.se_published if self._published else found.se_corrected
        df = float(found.df) if self._published else found.df_corrected
        if not se > 1e-12 * abs(test.actual):
            msg = "the control total predicts the treated total without error before the test"
            raise ExperimentError(
                msg, column=test.outcome, hint="is a treated geo copied among the control geos?"
            )
        critical = float(t_critical(df, request.alpha))
        how = (
            "posterior t interval as published, for independent days"
            if self._published
            else f"t, variance corrected for autocorrelation {found.phi:.2f}"
        )
        ends = (found.total - critical * se, found.total + critical * se)
        p_value = float(t_p_value(found.total / se, df))
        return EffectEstimate("level", found.total, *ends, p_value, se, critical, how, se), found, df

    def fit(self, test: GeoTest, request: GeoRequest) -> Fitted:
        """Return what time-based regression makes of the test."""
        reading, found, df = self._regressed(test, request)
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
                "errors independent from day to day"
                if self._published
                else "errors autocorrelated of first order",
                NO_SPILL,
            ),
            details={
                "slope": found.slope,
                "phi": found.phi,
                "durbin_watson": found.durbin_watson,
                "df": df,
                "heeds_autocorrelation": not self._published,
                "notes": (Sentence("note.second_look", low=0.05, high=0.34),),
                "beside": {} if self._published else {"as published": _as_published(found, request.alpha)},
            },
        )

    def cost(self, test: GeoTest) -> Spent:
        """Return the treated geos' cost less what its regression on the control geos' cost predicts."""
        assert test.panel.cost is not None
        money, sales, one = test.panel.cost, test.panel.outcome, test.treated
        cost = tbr(money[one].sum(axis=0), money[~one].sum(axis=0), test.n_pre)
        response = tbr(sales[one].sum(axis=0), sales[~one].sum(axis=0), test.n_pre)
        error, other = (
            (cost.se_published, response.se_published)
            if self._published
            else (cost.se_corrected, response.se_corrected)
        )
        joint = tbr_covariance(response, cost, corrected=not self._published)
        shared = joint / (error * other) if error > 0 and other > 0 else 0.0
        how = "spend in the window less what its regression on the control geos' spend predicts"
        return Spent(cost.total, error, shared, how)


def _as_published(found: Tbr, alpha: float) -> str:
    half = float(t_critical(found.df, alpha)) * found.se_published
    low, high = found.total - half, found.total + half
    return (
        f"the interval for independent days is {low:,.4g} to {high:,.4g} "
        f"(Durbin-Watson {found.durbin_watson:.2f}; about 2 without autocorrelation)"
    )
