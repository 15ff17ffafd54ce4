"""Trimmed match of pairs of geos with heavy tails: `TrimmedMatch`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np

from attribution._checks import one_of
from attribution._migration import tells_options
from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted, agreed
from attribution.experiments.geo.geo_assignment import GeoTest, index_path
from attribution.experiments.geo.geo_request import GeoRequest
from attribution.experiments.geo.method import NO_SPILL, GeoMethod
from attribution.experiments.panels import trimmed_match as matched
from attribution.experiments.shared.lift import Estimate
from attribution.language.sentence import Sentence
from attribution.stats.ratio_intervals import t_critical, t_p_value

LARGEST = 0.5
_EXTREME = 1e6  # standard errors; a wider set is taken to have no end
_PICKED = Sentence("note.picked")


@tells_options(ExperimentError)
@dataclass(frozen=True)
class TrimmedMatch(GeoMethod):
    """Trimmed match of pairs of geos (Chen & Au 2022).

    With its defaults it is the published method, which takes response and spend of the test alone. Each
    stratum of the test is a pair.

    Attributes
    ----------
    trim_rate
        Share of the pairs to leave out on each side, from 0 to below 0.5; picked by the data by default, as
        the smallest whose standard error is within ``1 + 0.25 / sqrt(pairs)`` of the least.
    max_trim
        Largest share to pick from.
    before
        ``"ignore"``, as published; or ``"subtract"``: each geo's usual response and spend, by its means
        before the test, are taken off first. That is no part of the published method; it helps where the
        geos of a pair differ in level.
    inference
        ``"studentised"``, by Student's t, or ``"published"``, by the normal.

    Raises
    ------
    ExperimentError
        If a share is none, or `before` is unknown.

    Examples
    --------
    >>> import attribution as at
    >>> at.TrimmedMatch(trim_rate=0.1)
    TrimmedMatch(trim_rate=0.1, max_trim=0.25, before='ignore', inference='studentised')
    """

    name: ClassVar[str] = "trimmed_match"
    needs_cost: ClassVar[Literal["", "total", "column"]] = "total"
    pairs: ClassVar[bool] = True
    trim_rate: float | None = None
    max_trim: float = 0.25
    before: Literal["ignore", "subtract"] = "ignore"
    inference: Literal["studentised", "published"] = "studentised"

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        for name in ("trim_rate", "max_trim"):
            value = getattr(self, name)
            if value is None and name == "trim_rate":
                continue
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not number or not 0 <= float(value) < LARGEST:
                msg = f"{name}={value!r} is no share of the pairs from 0 to below {LARGEST}"
                raise ExperimentError(msg, column=name, hint=f"{name}=0.25")
            object.__setattr__(self, name, float(value))
        one_of(self.before, "before", ("ignore", "subtract"), error=ExperimentError)
        self._check_inference(("studentised", "published"))

    def fit(self, test: GeoTest, request: GeoRequest) -> Fitted:
        """Return what trimmed match makes of the test."""
        treated, response, spend = self._gains(test, request)
        found = matched.trimmed_match(
            response, spend, trim_rate=self.trim_rate, max_trim=self.max_trim, alpha=request.alpha
        )
        published = _published(response, spend, found, request.alpha)
        as_published = self.inference == "published"
        total = float(spend.sum())
        low, high, p_value = published if as_published else (found.low, found.high, found.p_value)
        low, high = agreed(low, high, p_value, request.alpha, found.iroas)
        least, most = sorted((low * total, high * total))
        picked = "" if self.trim_rate is not None else ", picked by the data"
        kind = "normal as published" if as_published else "Student's t"
        how = f"studentised trimmed mean, {kind}, trim rate {found.trim_rate:.2f}{picked}"
        error = found.se * abs(total)
        reading = EffectEstimate(
            "level", found.iroas * total, least, most, p_value, error, math.nan, how, error
        )
        path = index_path(test, reading.value)
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
                NO_SPILL,
            ),
            details={
                "trim_rate": found.trim_rate,
                "notes": self._notes([test.panel.geos[row] for row in treated[~found.kept]]),
                "published": {"low": published[0], "high": published[1], "p_value": published[2]},
                "beside": {} if as_published else {"as published": _told(published, request.alpha)},
                **_returns(Estimate(found.iroas, low, high, std_error=found.se), total, test, request),
            },
        )

    def _gains(self, test: GeoTest, request: GeoRequest) -> tuple[Ints, Floats, Floats]:
        """Return each pair's treated geo, and what its response and spend rose beside the other's."""
        treated, control = _paired(test)
        cost, pre = test.panel.cost, test.n_pre
        less = test.n_test / pre if self.before == "subtract" else 0.0

        def gained(values: Floats) -> Floats:
            change = values[:, pre:].sum(axis=1) - values[:, :pre].sum(axis=1) * less
            gap: Floats = change[treated] - change[control]
            return gap

        if cost is not None:
            return treated, gained(test.panel.outcome), gained(cost)
        # GeoRequest asks for a cost, and it is no column.
        assert request.cost is not None
        assert request.cost.total is not None
        size = test.panel.outcome[treated, :pre].sum(axis=1)
        return treated, gained(test.panel.outcome), request.cost.total * size / size.sum()

    def _notes(self, left_out: list[str]) -> tuple[str, ...]:
        notes: list[str] = [Sentence("note.index_path")]
        if self.before == "subtract":
            notes.append(Sentence("note.usual_off"))
        if self.trim_rate is None:
            notes.append(_PICKED)
        if left_out:
            notes.append(Sentence("note.trimmed", geos=tuple(left_out[:8])))
        return tuple(notes)


def _returns(iroas: Estimate, total: float, test: GeoTest, request: GeoRequest) -> dict[str, Any]:
    """Return the iROAS, where the cost is known, and the cost that it is of, where that is measured."""
    if test.panel.cost is not None:
        change = (total, "what the treated geo of each pair spent more than its control geo")
        return {"iroas": iroas, "cost_change": change}
    known = request.cost is not None and request.cost.error == 0.0
    return {"iroas": iroas} if known else {}


def _published(
    response: Floats, spend: Floats, found: matched.TrimmedMatch, alpha: float
) -> tuple[float, float, float]:
    """Return interval and p-value as google/trimmed_match gives them: by the normal's quantile.

    Where its set has no end, that package reports three times the normal interval instead, and so does this.
    """
    from scipy import stats

    z = float(t_critical(math.inf, alpha))
    fit = matched.trimmed_match(response, spend, trim_rate=found.trim_rate, alpha=alpha, critical=z)
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
