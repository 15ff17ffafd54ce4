"""Markov against published and independently computed values; see PROVENANCE.md."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import attribution as at

SHARED = Path(__file__).parents[3] / "shared" / "reference"

# Conversions by exact order-1 chains on thirteen paths (90 conversions), nulls used: PROVENANCE.md.
THIRTEEN = [
    ("A", 10, 40, 100), ("B", 6, 54, 72), ("C", 4, 46, 32), ("A > B", 12, 38, 180), ("B > A", 8, 42, 120),
    ("A > C", 9, 31, 99), ("C > B", 5, 35, 45), ("A > B > C", 14, 26, 280), ("C > A > A > B", 7, 13, 126),
    ("B > C > D", 6, 14, 96), ("D", 1, 29, 5), ("A > D > A", 3, 7, 42), ("A > B > C > D", 5, 5, 150),
]  # fmt: skip
PUBLISHED = {
    1: {"A": 28.6856585979, "B": 28.208143019, "C": 24.7234869806, "D": 8.38271140248},
    2: {"A": 31.4994, "B": 29.6822, "C": 21.7512, "D": 7.0672},
}


def thirteen():
    columns = zip(*THIRTEEN, strict=True)
    return dict(zip(["path", "conversions", "nulls", "value"], map(list, columns), strict=True))


@pytest.mark.parametrize(("order", "digits"), [(1, 9), (2, 4)])
def test_thirteen_paths(order, digits):
    credit = at.attribute(at.read_paths(thirteen()), at.Markov(order=order)).to_frame()
    got = dict(zip(credit["channel"], credit["conversions"], strict=True))
    assert got == pytest.approx(PUBLISHED[order], abs=10.0**-digits)


needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason="the reference folder is not beside this checkout"
)


@needs_shared
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("nulls", ["null", "nonull"])
def test_thirteen_paths_in_full(order, nulls):
    paths = pd.read_csv(SHARED / "thirteen_paths" / "paths.csv")
    if nulls == "nonull":
        paths = paths.drop(columns="total_null")
    expected = pd.read_csv(SHARED / "thirteen_paths" / "expected.csv")
    credit = at.attribute(at.read_paths(paths), at.Markov(order=order))
    frame, solution = credit.to_frame(), credit.details["markov"].to_frame()
    got = {
        "": frame["conversions"],
        "_value": frame["value"],
        "_RE": solution["removal_effect"],
        "_RE_value": solution["removal_effect_value"],
    }
    for suffix, column in got.items():
        wanted = expected[expected["model"] == f"markov{order}_{nulls}{suffix}"].set_index("channel")["value"]
        assert dict(zip(frame["channel"], column, strict=True)) == pytest.approx(wanted.to_dict(), abs=1e-9)


@needs_shared
def test_five_channels():
    """586,737 rows of a widely posted log; exact credits from its transition counts."""
    oracle = json.loads((SHARED / "markov_five_channels" / "oracle.json").read_text())
    model = at.Markov()
    credit = model.solve(model.tally_of_counts(oracle["A_unique_first_occurrence_counts"]))
    solution = credit.details["markov"]
    assert solution.conversion_probability == pytest.approx(oracle["base_conversion_probability"], abs=1e-12)
    got = dict(zip(credit.keys[0], credit.conversions[0], strict=True))
    assert got == pytest.approx(oracle["A_credit_exact"], abs=1e-9)
    effects = dict(zip(solution.channels, solution.effect_conversions, strict=True))
    assert effects == pytest.approx(oracle["A_removal_exact"], abs=1e-9)


def test_journey_allocation_is_the_warehouse_variant():
    """Nova MAM 2.1.1 re-normalises removal effects inside each journey: its published shares of 90."""
    credit = at.attribute(at.read_paths(thirteen()), at.Markov(allocation="journey")).to_frame()
    got = dict(zip(credit["channel"], credit["conversions"], strict=True))
    assert got == pytest.approx({"A": 37.690, "B": 29.537, "C": 20.104, "D": 2.669}, abs=1e-3)
