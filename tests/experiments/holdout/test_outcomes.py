"""Several outcomes read in one pass, and how often the rows are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.axes import Axes

import attribution as at
from attribution.errors import ExperimentError
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.shared.experiment_rows import Rows
from attribution.experiments.shared.lift import Lifts

OUTCOMES = ["converted", "revenue", "visits"]


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    rng = np.random.default_rng(23)
    n = 4_000
    arm = rng.choice(["treatment", "holdout"], n)
    converted = rng.random(n) < 0.1 + 0.03 * (arm == "treatment")
    return pd.DataFrame(
        {
            "arm": arm,
            "converted": converted,
            "revenue": converted * rng.gamma(2.0, 20.0, n),
            "visits": rng.poisson(3.0, n),
            "past": rng.gamma(1.0, 5.0, n) + converted,
            "seen": (arm == "treatment") & (rng.random(n) < 0.5),
            "region": rng.choice(["north", "south"], n),
            "house": np.arange(n) // 2 * 2 + (arm == "treatment"),
        }
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"covariate": "past", "value": "revenue", "exposed": "seen", "cost": 500.0},
        {"covariate": "past", "adjust": "cuped", "segment": "region"},
        {"covariate": "past", "segment": "region"},
        {"cluster": "house"},
        {"winsorise": 0.95, "two_part": True},
    ],
    ids=str,
)
def test_each_outcome_is_as_it_is_alone(users, options):
    together = at.analyze_holdout(users, outcome=OUTCOMES, correction="none", **options)
    assert isinstance(together, Lifts)
    assert (together.by, list(together), together.primary) == ("outcome", OUTCOMES, "converted")
    for name in OUTCOMES:
        alone = at.analyze_holdout(users, outcome=name, correction="none", **options)
        pd.testing.assert_frame_equal(together[name].to_frame(), alone.to_frame(), rtol=1e-9)
        assert together[name].summary() == alone.summary()
        if alone.segments is not None:
            assert together[name].segments is not None
            pd.testing.assert_frame_equal(
                together[name].segments.to_frame(), alone.segments.to_frame(), rtol=1e-9
            )


def test_the_first_outcome_is_tested_by_itself_and_the_others_as_a_family(users):
    lifts = at.analyze_holdout(users, outcome=OUTCOMES)
    p_values = {name: at.analyze_holdout(users, outcome=name).p_value for name in OUTCOMES}
    assert lifts.adjusted["converted"] == pytest.approx(p_values["converted"])
    assert lifts["converted"].alpha == 0.05
    low, high = sorted((p_values["revenue"], p_values["visits"]))  # Holm (1979), by hand
    adjusted = sorted((lifts.adjusted["revenue"], lifts.adjusted["visits"]))
    assert adjusted == pytest.approx([min(1.0, 2 * low), max(min(1.0, 2 * low), high)])
    for name in OUTCOMES:
        assert (lifts[name].verdict == "effect") == (lifts.adjusted[name] <= 0.05)
        assert lifts[name].absolute.holds(0.0) == (lifts[name].verdict != "effect")
    first = "3 lifts by outcome, converted (primary) by itself, the others Holm-corrected"
    assert lifts.summary().startswith(first)
    assert repr(lifts).startswith(first)
    assert lifts.to_frame()["outcome"].tolist() == OUTCOMES
    axes = lifts.plot()
    assert isinstance(axes, Axes)
    assert axes.get_title(loc="left").startswith("3 outcomes")


def test_one_outcome_in_a_list_and_moments(users):
    alone = at.analyze_holdout(users, outcome=["revenue"])
    assert list(alone) == ["revenue"]
    assert "no other" in alone.summary()
    parts = {arm: Moments.of(OUTCOMES, part[OUTCOMES].to_numpy(float)) for arm, part in users.groupby("arm")}
    by_moments, by_rows = (at.analyze_holdout(form, outcome=OUTCOMES) for form in (parts, users))
    pd.testing.assert_frame_equal(by_moments.to_frame(), by_rows.to_frame(), rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "match", "hint"),
    [
        ({"outcome": []}, "at least one column", "outcome="),
        ({"outcome": ["revenue", "revenue"]}, "each once", "outcome="),
        ({"outcome": ["revenue", "visit"]}, "did you mean 'visits'", "outcome='visits'"),
        ({"outcome": ["revenue", "visits"], "treatment": ["treatment"]}, "two families", "outcome='revenue'"),
        ({"outcome": ["revenue", "visits"], "denominator": "visits"}, "over itself", "denominator=None"),
        ({"outcome": ["visits", "revenue"], "denominator": "seen", "value": "revenue"},
         "numerator", "by itself"),
        ({"outcome": ["nothing", "revenue"]}, "outcome is 0 for everybody", "join"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(users, options, match, hint):
    with pytest.raises(ExperimentError, match=match) as caught:
        at.analyze_holdout(users.assign(nothing=0), **options)
    assert hint in str(caught.value)


@pytest.mark.parametrize(("room", "times"), [(1 << 29, 1), (1_000, 2)])
def test_rows_are_read_once_while_there_is_room_and_twice_beyond(users, monkeypatch, room, times):
    options = {"outcome": OUTCOMES, "covariate": "past", "segment": "region"}
    expected = at.analyze_holdout(users, **options)
    monkeypatch.setattr("attribution.tables.sources.BATCH_ROWS", 500)
    monkeypatch.setattr("attribution.experiments.holdout.tally.KEPT_BYTES", room)
    read, readings = Rows.batches, []

    def counted(rows: Rows, columns: Sequence[str], labels: Sequence[str] = ()) -> Iterator[Any]:
        readings.append(columns)
        return read(rows, columns, labels)

    monkeypatch.setattr(Rows, "batches", counted)
    lifts = at.analyze_holdout(users, **options)
    assert len(readings) == times
    pd.testing.assert_frame_equal(lifts.to_frame(), expected.to_frame(), rtol=1e-9)


@pytest.mark.parametrize("kinds", [("string", "large"), ("coded", "string"), ("string", "integer")])
def test_labels_of_several_types_in_several_files(users, tmp_path, kinds):
    # 0 and 1 as text, as text of another kind, as a dictionary, as integers: one file each.
    made = {
        "string": lambda array: array,
        "large": lambda array: array.cast(pa.large_string()),
        "coded": lambda array: array.dictionary_encode(),
        "integer": lambda array: array.cast(pa.int64()),
    }
    codes = users.assign(arm=(users["arm"] == "treatment").astype(int).astype(str))
    for place, kind in enumerate(kinds):
        table = pa.Table.from_pandas(codes.iloc[place::2], preserve_index=False)
        arms = made[kind](table["arm"].combine_chunks().cast(pa.string()))
        pq.write_table(table.set_column(0, "arm", arms), tmp_path / f"{place}.parquet")
    lift = at.analyze_holdout(tmp_path, treatment="1", holdout="0", segment="region")
    assert lift.absolute.value == pytest.approx(at.analyze_holdout(users).absolute.value)


def test_who_alone_determines_a_slope_has_no_residual(users):
    # The covariate is zero for all but one user in the treated arm: a leverage of one.
    past = np.where(users["arm"] == "holdout", users["past"], 0.0)
    past[np.flatnonzero(users["arm"] == "treatment")[0]] = 5.0
    options = {"outcome": "revenue", "covariate": "past", "despite": "covariate_balance"}
    lift = at.analyze_holdout(users.assign(past=past), **options)
    assert lift.absolute.bounded


def test_a_segment_with_fewer_users_than_slopes_is_left_out_and_named(users):
    few = users.assign(
        age=np.arange(len(users)) % 71, size=np.arange(len(users)) % 53, since=users["visits"] % 3
    )
    for arm in ("treatment", "holdout"):
        few.loc[few.index[few["arm"] == arm][:5], "region"] = "isle"
    lift = at.analyze_holdout(few, covariate=["past", "age", "size", "since"], segment="region")
    assert lift.segments is not None
    assert sorted(lift.segments) == ["north", "south"]
    assert "isle" in lift.summary()
