"""The Shapley games on thirteen paths, against values computed by other packages; see PROVENANCE.md."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import attribution as at
from tests.golden.thirteen_paths import table

SHARED = Path(__file__).parents[3] / "shared" / "reference" / "thirteen_paths"

# Shapley values on conversions in each game's own unit, channels A to D.
PUBLISHED = {
    "subset_conversions": [34.25, 28.75, 21.25, 5.75],
    "subset_rate": [0.114968901272, 0.0446249859282, 0.0308882134414, 0.00100726106045],
    "exact_rate": [0.161388888889, 0.161388888889, 0.158888888889, 0.0183333333333],
    "within_set_rate": [46.7972222222, 23.1694444444, 17.3944444444, 2.63888888889],
}
LABELS = {
    "subset_conversions": "shapley_subset_conversions",
    "subset_rate": "shapley_subset_rate",
    "exact_rate": "shapley_exactset_rate",
    "within_set_rate": "shapley_mam",
}


@pytest.mark.parametrize("game", PUBLISHED)
def test_published_values(game):
    credit = at.attribute(at.read_paths(table()), at.Shapley(game))
    frame = credit.details["shapley"].to_frame()
    assert frame["channel"].tolist() == list("ABCD")
    assert frame["shapley"].tolist() == pytest.approx(PUBLISHED[game], abs=1e-9)
    assert frame["standard_error"].isna().all()
    whole = sum(PUBLISHED[game])
    scaled = [90 * value / whole for value in PUBLISHED[game]]
    assert credit.conversions[0].tolist() == pytest.approx(scaled, abs=1e-7)
    assert credit.conversions.sum() == pytest.approx(90, abs=1e-9)
    assert credit.value.sum() == pytest.approx(1347, abs=1e-9)


def test_position_credit_of_all_journeys():
    """A package that implements Zhao et al. credits every journey, converting or not: so do we, if asked."""
    paths = table()
    paths["journeys"] = [a + b for a, b in zip(paths.pop("conversions"), paths.pop("nulls"), strict=True)]
    journeys = at.read_paths(paths, conversions="journeys")
    credit = at.attribute(journeys, at.Shapley(ordered=True))
    assert credit.conversions[0].round(1).tolist() == [147.5, 159.2, 119.2, 44.2]


@pytest.mark.skipif(not SHARED.exists(), reason="the reference folder is not beside this checkout")
@pytest.mark.parametrize("game", LABELS)
def test_reference_folder(game):
    expected = pd.read_csv(SHARED / "expected.csv")
    rows = expected[expected["model"].str.split(" ").str[0] == LABELS[game]]
    assert len(rows) == 4
    credit = at.attribute(at.read_paths(SHARED / "paths.csv"), at.Shapley(game))
    frame = credit.details["shapley"].to_frame()
    got = dict(zip(frame["channel"], frame["shapley"], strict=True))
    assert got == pytest.approx(dict(zip(rows["channel"], rows["value"], strict=True)), abs=1e-9)
