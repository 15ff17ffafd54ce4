"""Which method is asked for, and what fits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attribution.experiments.geo import did, pairs, series, synthetic
from attribution.experiments.geo.layout import GeoTest
from attribution.experiments.geo.reading import Fitted, Reading
from attribution.experiments.geo.request import GeoRequest

_READS: Mapping[str, Callable[[GeoTest, GeoRequest], Reading]] = {
    "did": did.read,
    **dict.fromkeys(synthetic.SYNTHETIC, synthetic.read),
    "tbr": series.read_tbr,
}
_FITS: Mapping[str, Callable[[GeoTest, GeoRequest], Fitted]] = {
    "did": did.fit,
    **dict.fromkeys(synthetic.SYNTHETIC, synthetic.fit),
    "tbr": series.fit_tbr,
    "bsts": series.fit_bsts,
    "gbr": pairs.fit_gbr,
    "trimmed_match": pairs.fit_trimmed_match,
}


def chosen(method: str, strata: Mapping[str, str] | None) -> str:
    """Return the method that ``"auto"`` stands for.

    Geos that were assigned at random, as strata tell, are compared as they are; the few that someone picked
    need a counterfactual of their own.
    """
    if method != "auto":
        return method
    return "did" if strata is not None else "synthetic_control"


def fit(test: GeoTest, request: GeoRequest) -> Fitted:
    """Return what the method makes of the test."""
    return _FITS[request.method](test, request)


def read(test: GeoTest, request: GeoRequest) -> Reading:
    """Return the effect alone, as fast as the method can: for simulations and tests of nothing."""
    if request.method in _READS:
        return _READS[request.method](test, request)
    return fit(test, request).reading
