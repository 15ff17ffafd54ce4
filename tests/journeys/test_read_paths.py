"""Path tables of other tools: read right, or refused with the row and the reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import AttributionError, JourneyError


def test_conversions_nulls_and_values_are_kept():
    table = pd.DataFrame(
        {
            "path": ["a > b", "b", "c"],
            "total_conversions": [3, 1.5, 0],
            "total_null": [5, 0, 2],
            "total_conversion_value": [60.0, 10.0, 0.0],
        }
    )
    journeys = at.read_paths(table)
    assert journeys.n_conversions == 4.5  # fractions are kept, not truncated
    assert journeys.conversion_rate == pytest.approx(4.5 / 11.5)
    back = journeys.path_counts().set_index("path")
    assert back.loc["a > b", ["conversions", "nulls", "value"]].tolist() == [3.0, 5.0, 60.0]
    assert back.loc["c", ["conversions", "nulls", "value"]].tolist() == [0.0, 2.0, 0.0]


def test_splitting_a_row_in_two_changes_nothing():
    whole = {"path": ["a > b", "b > a"], "conversions": [4, 2], "value": [40.0, 5.0], "nulls": [10, 6]}
    split = {
        "path": ["a > b", "b > a", "a > b"],
        "conversions": [1, 2, 3],
        "value": [15.0, 5.0, 25.0],
        "nulls": [10, 6, 0],
    }
    models = ["linear", "first_touch", "u_shaped"]
    one, two = (at.attribute(at.read_paths(table), models) for table in (whole, split))
    np.testing.assert_allclose(one.conversions, two.conversions, rtol=1e-12)
    np.testing.assert_allclose(one.value, two.value, rtol=1e-12)


def test_an_empty_path_is_unattributed():
    journeys = at.read_paths({"path": ["", "a"], "conversions": [2, 1], "value": [20.0, 1.0]})
    credit = at.attribute(journeys, "last_touch").to_frame().set_index("channel")
    assert credit.loc["(unattributed)", "conversions"] == 2.0
    assert credit.loc["(unattributed)", "value"] == 20.0


@pytest.mark.parametrize("text", ["a>b>c", "a > b > c", "  a >b  > c "], ids=["tight", "usual", "loose"])
def test_blanks_around_channels_do_not_matter(text):
    assert at.read_paths({"path": [text], "conversions": [1]}).channels == ("a", "b", "c")


def test_another_separator():
    assert at.read_paths({"path": ["a|b c"], "conversions": [1]}, separator="|").channels == ("a", "b c")


def test_any_table_will_do(tmp_path):
    import polars as pl
    import pyarrow as pa

    table = {"path": ["a > b", "b"], "conversions": [1, 2]}
    pd.DataFrame(table).to_csv(tmp_path / "paths.csv", index=False)
    pd.DataFrame(table).to_parquet(tmp_path / "paths.parquet")
    for source in (
        table,
        pd.DataFrame(table),
        pl.DataFrame(table),
        pa.table(table),
        tmp_path / "paths.csv",
        str(tmp_path / "paths.parquet"),
    ):
        assert at.read_paths(source).n_conversions == 3.0


BAD = {
    "misspelt path column": ({"paht": ["a"], "conversions": [1]}, {}, "did you mean 'paht'"),
    "misspelt conversions": ({"path": ["a"], "conv_n": [1]}, {"conversions": "convn"}, "'conv_n'"),
    "no conversions column": ({"path": ["a"]}, {}, "no column counts conversions"),
    "negative": ({"path": ["a", "b"], "conversions": [1, -2]}, {}, "first at 1"),
    "missing count": ({"path": ["a"], "conversions": [None]}, {"conversions": "conversions"}, "column"),
    "text counts": ({"path": ["a"], "conversions": ["x"]}, {}, "not numbers"),
    "infinite value": ({"path": ["a"], "conversions": [1], "value": [np.inf]}, {}, "infinite"),
    "value without conversions": ({"path": ["a"], "conversions": [0], "value": [5.0]}, {}, "no conversions"),
    "numeric path": ({"path": [1.5], "conversions": [1]}, {}, "must be text"),
    "missing path": ({"path": ["a", None], "conversions": [1, 1]}, {}, "first at 1"),
    "empty channel": ({"path": ["a >  > b"], "conversions": [1]}, {}, "empty channel"),
    "empty path with nulls": ({"path": [""], "conversions": [0], "nulls": [3]}, {}, "empty paths"),
    "reserved name": ({"path": ["(unattributed)"], "conversions": [1]}, {}, "reserved"),
    "blank separator": ({"path": ["a b"], "conversions": [1]}, {"separator": " "}, "separator"),
    "ragged columns": ({"path": ["a"], "conversions": [1, 2]}, {}, "one length"),
    "missing file": ("nowhere.csv", {}, "nowhere.csv"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tables_are_refused(name):
    table, options, words = BAD[name]
    with pytest.raises(AttributionError) as caught:
        at.read_paths(table, **options)
    assert words in str(caught.value)


def test_times_are_refused_where_there_are_none():
    journeys = at.read_paths({"path": ["a > b"], "conversions": [1]})
    with pytest.raises(AttributionError, match="times"):
        at.attribute(journeys, "time_decay")
    with pytest.raises(JourneyError, match="times"):
        at.attribute(journeys, "linear", by="month")


@pytest.mark.parametrize(
    ("path", "separator", "channels"),
    [
        ("Men>Shoes > email", " > ", ("Men>Shoes", "email")),
        ("Men>Shoes > email", None, ("Men>Shoes", "email")),
        ("a => b > c", " > ", ("a => b", "c")),
        ("a,b, c", ", ", ("a,b", "c")),
        ("a,b, c", ",", ("a", "b", "c")),
    ],
)
def test_a_separator_is_taken_as_it_stands(path, separator, channels):
    journeys = at.read_paths({"path": [path], "conversions": [1]}, separator=separator)
    assert journeys.channels == channels


def test_a_separator_that_no_path_holds_is_told():
    with pytest.raises(JourneyError, match="none of them the separator ' > '") as caught:
        at.read_paths({"path": ["a>b", "c"], "conversions": [1, 1]}, separator=" > ")
    assert caught.value.hint == "at.read_paths(table, separator='>')"


# `occurrences` counts journeys, `conversion` says whether they converted: 150 did, worth 300; 430 did not.
FLAGGED = {
    "path": ["a > b", "a > b", "b"],
    "conversion": [True, False, True],
    "occurrences": [100, 430, 50],
    "value": [200.0, 0.0, 100.0],
}


@pytest.mark.parametrize("asked", ["occurrences", None])
@pytest.mark.parametrize("words", [(True, False), (1, 0), ("yes", "no"), ("True", "False")])
def test_a_flag_says_which_of_the_counted_journeys_converted(asked, words):
    table = {**FLAGGED, "conversion": [words[0], words[1], words[0]]}
    journeys = at.read_paths(table, conversions=asked)
    assert journeys.weight[journeys.converted].tolist() == [100.0, 50.0]
    assert journeys.weight[~journeys.converted].tolist() == [430.0]
    assert at.attribute(journeys, "linear").to_frame()["conversions"].sum() == 150.0


def test_names_in_other_letters_are_found():
    assert at.read_paths({"path": ["a"], "Conversions": [3], "Total_Null": [4]}).weight.tolist() == [3.0, 4.0]
