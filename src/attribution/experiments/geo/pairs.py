"""Methods on one number a geo: geo-based regression, and trimmed match of pairs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.did import index_path
from attribution.experiments.geo.layout import GeoTest
from attribution.experiments.geo.reading import Fitted, Reading, agreed
from attribution.experiments.geo.request import GeoRequest
from attribution.experiments.panels.gbr import cost_change, gbr
from attribution.experiments.panels.trimmed_match import TrimmedMatch, trimmed_match
from attribution.experiments.shared.lift import Estimate
from attribution.stats.intervals import t_critical, t_p_value

_EXTREME = 1e6  # standard errors; a wider set is taken to have no end
_PICKED = (
    "the data picked the trim rate, and the interval takes it for given: 95% intervals held the truth in 92 "
    "to 94% of simulated tests (docs/validation.md); given beforehand, at.TrimmedMatch(trim_rate=0.1), it "
    "costs no coverage"
)
_NO_SPILL = "no spill-over from treated to control geos"


def fit_gbr(test: GeoTest, request: GeoRequest) -> Fitted:
    """Return what geo-based regression makes of the test."""
    outcome, cost, pre = test.panel.outcome, test.panel.cost, test.n_pre
    assert cost is not None  # GeoRequest asks for the column
    length = test.n_test / pre
    change = cost_change(cost[:, :pre].sum(axis=1) * length, cost[:, pre:].sum(axis=1), test.treated)
    found = gbr(outcome[:, :pre].sum(axis=1) * length, outcome[:, pre:].sum(axis=1), change)
    critical = float(t_critical(found.df, request.alpha))
    half = critical * found.se
    iroas = Estimate(found.iroas, found.iroas - half, found.iroas + half, std_error=found.se)
    ends = sorted((iroas.low * found.cost, iroas.high * found.cost))
    reading = Reading(
        "level",
        found.incremental,
        ends[0],
        ends[1],
        float(t_p_value(found.iroas / found.se, found.df)),
        found.se * abs(found.cost),
        critical,
        "t of weighted least squares",
        found.se * abs(found.cost),
    )
    path = index_path(test, found.incremental)
    return Fitted(
        counterfactual=path,
        low=np.full(len(path), math.nan),
        high=np.full(len(path), math.nan),
        reading=reading,
        weights=None,
        method="geo-based regression of outcome on outcome before and change of cost, weights 1 / before^2 "
        "(Vaver & Koehler 2011)",
        assumptions=(
            "geos were assigned at random",
            "the effect is proportional to the change of spend, by the same factor in each geo",
            _NO_SPILL,
        ),
        details={
            "iroas": iroas,
            "cost_change": (found.cost, "change of spend, as the regression takes it"),
            "slope": found.slope,
            "df": float(found.df),
            "notes": ("the path is drawn by the control geos' index, scaled to the estimate",),
        },
    )


def fit_trimmed_match(test: GeoTest, request: GeoRequest) -> Fitted:
    """Return what trimmed match makes of the test."""
    treated, control = _paired(test)
    cost, pre = test.panel.cost, test.n_pre
    trim, as_published = request.trim, request.inference == "published"
    less = test.n_test / pre if trim.before == "subtract" else 0.0

    def gained(values: Floats) -> Floats:
        change = values[:, pre:].sum(axis=1) - values[:, :pre].sum(axis=1) * less
        gap: Floats = change[treated] - change[control]
        return gap

    response = gained(test.panel.outcome)
    if cost is not None:
        spend = gained(cost)
    else:
        # GeoRequest asks for a cost, and it is no column.
        assert request.cost is not None
        assert request.cost.total is not None
        size = test.panel.outcome[treated, :pre].sum(axis=1)
        spend = request.cost.total * size / size.sum()
    found = trimmed_match(
        response, spend, trim_rate=trim.trim_rate, max_trim=trim.max_trim, alpha=request.alpha
    )
    published = _published(response, spend, found, request.alpha)
    total = float(spend.sum())
    low, high, p_value = published if as_published else (found.low, found.high, found.p_value)
    low, high = agreed(low, high, p_value, request.alpha, found.iroas)
    iroas = Estimate(found.iroas, low, high, std_error=found.se)
    ends = sorted((low * total, high * total))
    rate = f"trim rate {found.trim_rate:.2f}{'' if trim.trim_rate is not None else ', picked by the data'}"
    kind = "normal as published" if as_published else "Student's t"
    reading = Reading(
        "level",
        found.iroas * total,
        ends[0],
        ends[1],
        p_value,
        found.se * abs(total),
        math.nan,
        f"studentised trimmed mean, {kind}, {rate}",
        found.se * abs(total),
    )
    path = index_path(test, reading.value)
    ratio: dict[str, Any] = {}
    if cost is not None:
        ratio = {
            "iroas": iroas,
            "cost_change": (total, "what the treated geo of each pair spent more than its control geo"),
        }
    elif request.cost is not None and request.cost.error == 0.0:
        ratio = {"iroas": iroas}
    left_out = [test.panel.geos[row] for row in treated[~found.kept]]
    notes = ["the path is drawn by the control geos' index, scaled to the estimate"]
    if trim.before == "subtract":
        notes.append(
            "each geo's usual response and spend before the test are taken off first, which is no part of "
            "the published method"
        )
    if trim.trim_rate is None:
        notes.append(_PICKED)
    if left_out:
        notes.append(f"pairs trimmed, by their treated geo: {', '.join(left_out[:8])}")
    return Fitted(
        counterfactual=path,
        low=np.full(len(path), math.nan),
        high=np.full(len(path), math.nan),
        reading=reading,
        weights=None,
        method=f"trimmed match of {len(response)} pairs (Chen & Au 2022); {reading.how}",
        assumptions=(
            "within each pair the treated geo was drawn at random",
            "iROAS is the same in all pairs; what else differs within a pair is as likely for either geo",
            _NO_SPILL,
        ),
        details={
            "trim_rate": found.trim_rate,
            "notes": tuple(notes),
            "published": {"low": published[0], "high": published[1], "p_value": published[2]},
            "beside": {} if as_published else {"as published": _told(published, request.alpha)},
        }
        | ratio,
    )


def _published(
    response: Floats, spend: Floats, found: TrimmedMatch, alpha: float
) -> tuple[float, float, float]:
    """Return interval and p-value as google/trimmed_match gives them: by the normal's quantile.

    Where its set has no end, that package reports three times the normal interval instead, and so does this.
    """
    from scipy import stats

    z = float(t_critical(math.inf, alpha))
    fit = trimmed_match(response, spend, trim_rate=found.trim_rate, alpha=alpha, critical=z)
    if fit.high - fit.low > _EXTREME * fit.se:
        half = 3 * z * fit.se
        p_value = float(t_p_value(fit.iroas / (3 * fit.se), math.inf)) if fit.se > 0 else 0.0
        return fit.iroas - half, fit.iroas + half, p_value
    statistic = float(stats.t.isf(found.p_value / 2, found.df))
    return fit.low, fit.high, float(t_p_value(statistic, math.inf))


def _told(published: tuple[float, float, float], alpha: float) -> str:
    low, high, p_value = published
    level = f"{100 * (1 - alpha):.4g}%"
    return f"by the normal's quantile, iROAS {low:,.4g} to {high:,.4g} ({level}), p = {p_value:.2g}"


def _paired(test: GeoTest) -> tuple[Ints, Ints]:
    """Return the rows of the treated and of the control geo of each pair."""
    if test.strata is None or not (np.bincount(test.strata) == 2).all():
        msg = "trimmed match compares pairs of geos, one of each treated"
        hint = 'strata=[("chicago", "reno"), ("miami", "tulsa"), ...]'
        raise ExperimentError(msg, column="strata", hint=hint)
    first, second = np.flatnonzero(test.treated), np.flatnonzero(~test.treated)
    treated: Ints = first[np.argsort(test.strata[first])].astype(np.int64)
    control: Ints = second[np.argsort(test.strata[second])].astype(np.int64)
    return treated, control
