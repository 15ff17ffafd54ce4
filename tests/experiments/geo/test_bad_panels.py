"""Panels and requests that must be refused in words, or answered with a note."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import AttributionError, ExperimentError

NAMES = [f"geo {number:02d}" for number in range(12)]
ASKED = {"treated": NAMES[:4], "start": "2026-02-15", "end": "2026-02-28"}


def good():
    rng = np.random.default_rng(2)
    days = pd.date_range("2026-01-01", "2026-02-28")
    sales = rng.lognormal(6, 0.3, (12, 1)) * rng.lognormal(0, 0.05, (12, len(days)))
    return pd.DataFrame(
        {
            "geo": np.repeat(NAMES, len(days)),
            "date": np.tile(days, 12),
            "sales": sales.ravel(),
            "cost": np.ones(sales.size),
        }
    )


def with_value(column, value, at_row=30):
    panel = good()
    panel[column] = panel[column].astype(float if isinstance(value, float) else object)
    panel.loc[at_row, column] = value
    return panel


def opened_late():
    panel = good()
    return panel[(panel["geo"] != NAMES[7]) | (panel["date"] >= "2026-02-20")]


def never_sold():
    panel = good()
    panel.loc[panel["geo"] == NAMES[7], "sales"] = 0.0
    return panel


def all_gone(day="2026-01-20"):
    panel = good()
    return panel[panel["date"] != day]


def twice():
    return pd.concat([good(), good().iloc[[5, 6]]])


def noon():
    return good().assign(date=lambda panel: panel["date"] + pd.Timedelta(hours=12))


def proportional():
    panel = good()
    day = (panel["date"] - panel["date"].min()).dt.days
    return panel.assign(sales=(1 + panel["geo"].str[-2:].astype(int)) * (10.0 + day % 7))


PANELS = [
    (lambda: with_value("sales", np.nan), {}, ["sales", "missing", "1 row", "30"]),
    (lambda: with_value("sales", np.inf), {}, ["sales", "infinite", "30"]),
    (lambda: good().assign(sales=good()["sales"].astype(str)), {}, ["sales", "numbers", "astype(float)"]),
    (lambda: with_value("geo", None), {}, ["geo", "no label"]),
    (lambda: good().assign(date="yesterday"), {}, ["date", "text", "to_datetime"]),
    (lambda: good().assign(date=1.5), {}, ["date", "neither dates nor whole numbers"]),
    (noon, {}, ["midnight", "one row a geo and day"]),
    (twice, {}, ["two rows", "groupby", "geo 00"]),
    (lambda: good().drop(index=30), {}, ["lacks rows", "geo 00", "2026-01-31", "missing="]),
    (opened_late, {}, ["geo 07", "began late", 'missing="drop"']),
    (opened_late, {"missing": "zero", "since": "2026-01-05"}, None),
    (never_sold, {"method": "did"}, ["geo 07", "no sales", "buffer="]),
    (lambda: good().assign(sales=0.0), {"method": "did"}, ["no sales"]),
    (lambda: good().assign(sales=0.0), {"method": "synthetic_control"}, ["placebos"]),
    (lambda: good().assign(sales=-good()["sales"]), {"method": "did"}, ["no sales"]),
    (all_gone, {}, ["no geo has rows for 2026-01-20", "holidays="]),
    (proportional, {"method": "did"}, ["same proportion"]),
    (lambda: good().iloc[:0], {}, ["no rows"]),
    (lambda: good().rename(columns={"sales": "sale"}), {}, ["'sales'", "'sale'"]),
    (lambda: 7, {}, ["int", "neither a path nor a table"]),
    (lambda: "nowhere.parquet", {}, ["no file", "nowhere.parquet"]),
    (good, {"treated": ["Geo 01"]}, ["Geo 01", "did you mean 'geo 01'"]),
    (good, {"treated": []}, ["no geo is treated"]),
    (good, {"treated": None}, ["treated", "names no geos"]),
    (good, {"treated": NAMES}, ["all geos are treated"]),
    (good, {"treated": {"a": NAMES[:3], "b": NAMES[2:4]}}, ["geo 02", "two cells"]),
    (good, {"treated": {"a": NAMES[:3], "b": NAMES[3:5]}, "cost": 10.0}, ["one total", "2 cells"]),
    (good, {"treated": NAMES[:1], "method": at.DiD(inference="welch")}, ["one geo on a side"]),
    (good, {"start": "2027-01-01"}, ["start", "outside the panel", "2026-01-01 to 2026-02-28"]),
    (good, {"start": "soon"}, ["start='soon'", "not a day"]),
    (good, {"start": None}, ["start= is missing"]),
    (good, {"start": 12}, ["start=12", "not a day"]),
    (good, {"end": "2026-02-01"}, ["before start"]),
    (good, {"start": "2026-01-03", "end": "2026-01-09"}, ["only 2 days lie before", "8 are needed"]),
    (good, {"cooldown": 3}, ["cooldown=3", "only 0 days after"]),
    (good, {"method": "difference"}, ["method", "Known"]),
    (good, {"method": "synthetic_contol"}, ["did you mean 'synthetic_control'"]),
    (good, {"method": {"name": "did", "inference": "placebo"}}, ["inference", "Known", "'welch'"]),
    (good, {"method": "gbr"}, ["needs the cost"]),
    (good, {"method": "gbr", "cost": 100.0}, ["cost of each geo"]),
    (good, {"method": "trimmed_match", "cost": "cost"}, ["pairs", "strata="]),
    (good, {"strata": [("geo 00", "geo 01")]}, ["no entry for the geo 'geo 02'", "buffer="]),
    (good, {"strata": [NAMES[:4], NAMES[4:]]}, ["one arm only"]),
    (good, {"strata": "north"}, ["strata='north'"]),
    (good, {"cost": "cost", "method": "did"}, ["did not change"]),
    (good, {"cost": -5.0}, ["cost=-5.0"]),
    (good, {"value": 0}, ["value=0"]),
    (good, {"alpha": 5}, ["alpha=5", "between"]),
    (good, {"method": {"name": "augmented_synthetic_control", "ridge": -1.0}}, ["ridge=-1.0"]),
    (
        good,
        {"method": {"name": "synthetic_control", "ridge": 1.0}},
        ["option of synthetic_control", "'ridge'"],
    ),
    (good, {"method": {"name": "bsts", "drawn": 500}}, ["'drawn'", "did you mean 'draws'"]),
    (good, {"method": {"draws": 500}}, ["method"]),
    (good, {"missing": "ignore"}, ["missing", "Known"]),
    (good, {"buffer": ["geo 77"]}, ["geo 77"]),
    (good, {"buffer": NAMES[:4]}, ["geo 00"]),
    (good, {"holidays": ["someday"]}, ["holidays"]),
    (good, {"method": {"name": "did", "rng": "dice"}}, ["rng='dice'"]),
    (good, {"method": {"name": "synthetic_control", "placebos": 3}}, ["placebos=3"]),
    (good, {"outcome": "geo"}, ["asked to be two things"]),
    (lambda: good()[good()["geo"].isin(NAMES[:6])], {"method": "synthetic_control"}, ["control geos"]),
]


@pytest.mark.parametrize(("panel", "changes", "words"), PANELS, ids=range(len(PANELS)))
def test_refused_in_words(panel, changes, words):
    asked = {**ASKED, **changes}
    if words is None:
        assert at.analyze_geo(panel(), **{"method": "tbr", **asked}).p_value >= 0
        return
    with pytest.raises(ExperimentError) as caught:
        at.analyze_geo(panel(), **asked)
    text = str(caught.value)
    for word in words:
        assert word in text, text
    assert isinstance(caught.value, AttributionError)
    assert isinstance(caught.value, ValueError)
    assert any(word in text for word in ("Fix: ", "To do: ", "Known")), text


def test_missing_rows_may_be_zero_or_dropped():
    panel = good().drop(index=500)
    zero = at.analyze_geo(panel, **ASKED, method="did", missing="zero")
    drop = at.analyze_geo(panel, **ASKED, method="did", missing="drop")
    assert zero.n["holdout"] == drop.n["holdout"] + 1
    assert "1 missing rows of 1 geos taken as 0" in zero.summary()
    assert "left out for missing rows: geo 08" in drop.summary()


def test_a_treated_geo_is_never_dropped():
    with pytest.raises(ExperimentError, match="the treated geo 'geo 00' lacks rows"):
        at.analyze_geo(good().drop(index=5), **ASKED, method="did", missing="drop")


def test_an_outlier_is_named():
    panel = good()
    mad = panel["geo"].eq(NAMES[9]) & (panel["date"] >= "2026-02-15")
    panel.loc[mad, "sales"] *= 4
    lift = at.analyze_geo(panel, **ASKED, method="did")
    assert lift.checks["outlier_geos"].passed is False
    assert "geo 09" in lift.checks["outlier_geos"].text
    assert "geo 09" in lift.summary()


def test_drift_before_the_test_is_told():
    """Treated geos that grow by 2% a day before the test: the test of nothing must see it."""
    panel = good()
    day = (panel["date"] - panel["date"].min()).dt.days
    panel.loc[panel["geo"].isin(NAMES[:4]), "sales"] *= 1.02**day
    lift = at.analyze_geo(panel, **ASKED, method="did")
    assert lift.checks["placebo_in_time"].passed is False


def test_autocorrelated_gaps_fail_the_published_tbr():
    rng = np.random.default_rng(1)
    panel = good().sort_values(["geo", "date"])
    walk = np.exp(0.03 * np.cumsum(rng.normal(size=(12, 59)), axis=1))
    panel["sales"] = panel["sales"] * walk.ravel()
    published = at.analyze_geo(panel, **ASKED, method=at.TBR(inference="published"))
    ours = at.analyze_geo(panel, **ASKED, method="tbr")
    assert published.checks["residual_autocorrelation"].passed is False
    assert ours.checks["residual_autocorrelation"].passed is True
    assert ours.relative.high - ours.relative.low > published.relative.high - published.relative.low
