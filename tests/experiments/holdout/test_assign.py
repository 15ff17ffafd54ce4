"""Assignment by keyed hash: stable, independent across salts, balanced, monotone in the share."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import stats

from attribution.errors import ExperimentError
from attribution.experiments.holdout.assign import assign_holdout, points
from attribution.experiments.holdout.hash_ranges import lay_out
from attribution.experiments.shared.units import hash_units
from attribution.kernels.hashing import hash_integers

N = 50_000
ANN = ["ann", "bob", "cem", "dora", "eve", "finn", "gil", "hana"]


def arms_of(users, **options):
    return np.array(assign_holdout(users, **options).table["arm"].cast("string").to_pylist(), dtype=object)


def test_the_arms_of_these_ids_never_change():
    # Frozen: an assignment in use must survive an upgrade of the library.
    arms = arms_of(ANN, share=0.5, salt="frozen")
    assert "".join(arm[0] for arm in arms) == "httththh"
    arms = arms_of(np.arange(8), share=0.5, salt="frozen")
    assert "".join(arm[0] for arm in arms) == "hththtth"


def test_every_form_of_a_column_and_of_a_table_gives_the_same_arms():
    options = {"share": 0.4, "salt": "forms"}
    text = arms_of(ANN, **options).tolist()
    for form in (
        pa.array,
        lambda ids: pa.array(ids, pa.large_string()),
        lambda ids: pa.array(ids, pa.string_view()),
        lambda ids: pa.array(ids).dictionary_encode(),
        lambda ids: pa.chunked_array([ids[:3], ids[3:]]),
        lambda ids: pa.array(["x", *ids])[1:],
        pd.Series,
        lambda ids: pd.Series(ids, dtype="category"),
        pl.Series,
        lambda ids: pl.DataFrame({"user_id": ids}),
        lambda ids: pd.DataFrame({"user_id": ids}),
        lambda ids: pa.table({"user_id": ids}),
        lambda ids: {"user_id": ids},
        iter,
    ):
        assert arms_of(form(ANN), **options).tolist() == text
    numbers = arms_of(np.arange(100), **options).tolist()
    for form in (
        range,
        lambda n: list(range(n)),
        lambda n: np.arange(n, dtype=np.int8),
        lambda n: np.arange(n, dtype=np.uint32),
        lambda n: pl.Series(range(n)),
        lambda n: pd.Series(range(n), dtype="Int64"),
    ):
        assert arms_of(form(100), **options).tolist() == numbers


def test_arms_do_not_depend_on_who_else_is_there():
    everyone = arms_of(np.arange(N), share=0.1, salt="s")
    later = np.random.default_rng(1).permutation(N)[:1_000]
    assert (arms_of(later, share=0.1, salt="s") == everyone[later]).all()


def test_points_are_uniform_and_independent_of_the_id_even_for_consecutive_integers():
    place = points(hash_integers(np.arange(200_000)), "uniform")
    assert stats.kstest(place, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(place[:-1], place[1:])[0, 1]) < 4 / math.sqrt(200_000)
    # Runs of 16 ids, parity, last digit: no pattern of the id shows in the holdout.
    held = place < 0.1
    for label in (np.arange(200_000) % 2, np.arange(200_000) % 10, np.arange(200_000) // 16 % 50):
        assert stats.chi2_contingency(pd.crosstab(label, held)).pvalue > 0.001


def test_experiments_with_different_salts_are_independent():
    # 10 salts, among them near-identical ones: 45 tables, chi-square with 1 df; their p-values are uniform.
    salts = ["a", "b", "aa", "ab", "A", "2026-q1", "2026-q2", "2026-Q1", "email", "email "]
    hashes = hash_units(pa.array([f"user-{i}" for i in range(N)]))
    held = np.array([points(hashes, salt) < 0.2 for salt in salts])
    p = [
        stats.chi2_contingency(pd.crosstab(a, b), correction=False).pvalue
        for a, b in itertools.combinations(held, 2)
    ]
    assert min(p) > 0.001 / len(p)
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_false_alarms_of_the_sample_ratio_over_many_salts():
    hashes = hash_integers(np.arange(20_000))
    held = np.array([(points(hashes, f"salt {k}") < 0.1).sum() for k in range(500)])
    p = stats.chisquare(np.stack([held, 20_000 - held]), np.array([[2_000], [18_000]])).pvalue
    assert stats.kstest(p, "uniform").pvalue > 0.001


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"holdout": 0.05, "treatment": 0.95}, {"holdout": 0.8, "treatment": 0.2}),
        ({"a": 0.05, "holdout": 0.1, "treatment": 0.85}, {"a": 0.25, "holdout": 0.4, "treatment": 0.35}),
        ({"b": 0.2, "a": 0.55, "treatment": 0.25}, {"a": 0.65, "b": 0.3, "treatment": 0.05}),
        (
            {"a": 0.1, "b": 0.2, "c": 0.3, "treatment": 0.4},
            {"a": 0.3, "b": 0.33, "c": 0.33, "treatment": 0.04},
        ),
    ],
)
def test_a_growing_share_only_takes_from_the_rest(before, after):
    users = np.arange(N)
    old, new = arms_of(users, arms=before, salt="m"), arms_of(users, arms=after, salt="m")
    assert (new[old != "treatment"] == old[old != "treatment"]).all()
    for shares, arms in ((before, old), (after, new)):
        seen = [int((arms == arm).sum()) for arm in shares]
        assert stats.chisquare(seen, np.array(list(shares.values())) * N).pvalue > 0.001


@pytest.mark.parametrize("seed", range(20))
def test_layouts_give_every_arm_its_share(seed):
    rng = np.random.default_rng(seed)
    shares = dict(zip("abcde", rng.dirichlet(np.full(5, 0.4)) * 0.9 + 0.02, strict=True))
    layout = lay_out(shares, "c")
    widths = np.diff(np.r_[layout.starts, 1.0])
    got = np.bincount(layout.codes, widths, minlength=5)
    np.testing.assert_allclose(got, [shares[arm] for arm in layout.arms], atol=1e-8)
    assert layout.starts[0] == 0
    assert (np.diff(layout.starts) > 0).all()


def test_clusters_stay_together():
    households = np.arange(N) // 3
    arms = assign_holdout({"user_id": np.arange(N), "home": households}, cluster="home", share=0.3, salt="c")
    frame = arms.to_frame()
    assert frame.groupby("home")["arm"].nunique().max() == 1
    assert sum(arms.counts(units=True).values()) == -(-N // 3)
    assert arms.check().passed
    assert (arms_of(households, share=0.3, salt="c") == frame["arm"]).all()


def test_exclusion_groups_share_no_user_and_stay_random_inside():
    users = np.arange(N)
    one = arms_of(users, share=0.5, salt="one", exclusion=("layer", 0.0, 0.4))
    two = arms_of(users, share=0.5, salt="two", exclusion=("layer", 0.4, 1.0))
    assert ((one == None) == (two != None)).all()  # noqa: E711 (elementwise)
    grown = arms_of(users, share=0.5, salt="one", exclusion=("layer", 0.0, 0.7))
    assert (grown[one != None] == one[one != None]).all()  # noqa: E711
    inside = one[one != None]  # noqa: E711
    assert abs((inside == "holdout").mean() - 0.5) < 4 * 0.5 / math.sqrt(len(inside))
    # A layer and a salt of one name are not one hash.
    same = arms_of(users, share=0.5, salt="layer", exclusion=("layer", 0.0, 0.5))
    assert abs((same[same != None] == "holdout").mean() - 0.5) < 0.02  # noqa: E711


def test_strata_are_balanced_to_a_unit_and_a_hash_alone_is_not():
    rng = np.random.default_rng(3)
    region = rng.choice(["north", "south", "east"], 3_001, p=[0.7, 0.2, 0.1])
    segment = rng.choice(["new", "old"], 3_001)
    frame = pd.DataFrame({"user_id": rng.permutation(3_001), "region": region, "segment": segment})
    shares = {"holdout": 0.15, "half": 0.25, "treatment": 0.6}

    def gaps(**options):
        table = assign_holdout(frame, arms=shares, salt="s", **options).to_frame()
        joined = frame.merge(table[["user_id", "arm"]], on="user_id")
        counts = pd.crosstab([joined["region"], joined["segment"]], joined["arm"])[list(shares)]
        return np.abs(
            counts - counts.to_numpy().sum(1, keepdims=True) * np.array(list(shares.values()))
        ).to_numpy()

    assert gaps(strata=["region", "segment"]).max() <= 2  # the rest has two parts of the interval
    assert gaps().max() > 5
    shuffled = frame.sample(frac=1, random_state=1)
    one, two = (
        assign_holdout(f, share=0.1, salt="s", strata="region").to_frame().set_index("user_id")["arm"]
        for f in (frame, shuffled)
    )
    assert (one.loc[two.index] == two).all()


def test_each_user_of_a_stratum_is_held_out_with_the_planned_probability():
    # Seven users, share .3: over many salts each is held out in 30%, and 2 or 3 of them at a time.
    held = np.array(
        [arms_of(ANN[:7], share=0.3, salt=f"s{k}", strata=["x"] * 7) == "holdout" for k in range(1_500)]
    )
    assert set(held.sum(axis=1)) <= {2, 3}
    assert np.abs(held.mean(axis=0) - 0.3).max() < 4 * math.sqrt(0.21 / 1_500)


def test_previous_assignments_are_kept_and_batches_of_arrivals_stay_balanced():
    strata = np.arange(3_000) % 4
    result = None
    for stop in range(100, 3_001, 100):
        frame = {"user_id": np.arange(stop), "stratum": strata[:stop]}
        new = assign_holdout(frame, share=0.1, salt="p", strata="stratum", previous=result)
        if result is not None:
            assert (new.to_frame()["arm"][: len(result)] == result.to_frame()["arm"]).all()
        result = new
    frame = result.to_frame()
    held = frame[frame["arm"] == "holdout"].groupby("stratum").size()
    # 30 batches of 25 per stratum round 2.5 up or down: sd .5 * sqrt(30) = 2.7 around 75.
    assert np.abs(held - 75).max() < 11
    with pytest.raises(ExperimentError, match="no arm 'holdout'"):
        assign_holdout(np.arange(10), arms={"off": 0.5, "treatment": 0.5}, salt="p", previous=result)


def test_the_result_is_a_table_for_everybody():
    arms = assign_holdout(pd.Series(ANN, name="user_id"), share=0.3, salt="t", exclusion=("l", 0.0, 0.5))
    assert pl.DataFrame(arms).columns == ["user_id", "arm"]
    assert pa.table(arms).num_rows == len(ANN) == len(arms)
    assert arms.to_frame()["arm"].isna().any()
    assert "not in the experiment" in repr(arms)
    assert "<table" in arms._repr_html_()
    again = assign_holdout(ANN, share=0.3, salt="t", exclusion=("l", 0.0, 0.5), previous=arms)
    assert again.to_frame()["arm"].equals(arms.to_frame()["arm"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "either share= .* or arms="),
        ({"share": 0.1, "arms": {"a": 0.5, "treatment": 0.5}}, "either share="),
        ({"share": 10}, "0.1 for 10 percent"),
        ({"share": 0.0}, "leaves an arm empty"),
        ({"share": float("nan")}, "leaves an arm empty"),
        ({"arms": {"a": 0.5, "b": 0.4}}, "sum to 0.9"),
        ({"arms": {"a": 0.5, "b": 0.5}}, "is no arm"),
        ({"share": 0.1, "salt": " "}, "name of the experiment"),
        ({"share": 0.1, "users": [1.0, 2.5]}, "does not name units"),
        ({"share": 0.1, "users": ["a", None]}, "1 missing values"),
        ({"share": 0.1, "users": ["a", 1]}, "cannot be read"),
        ({"share": 0.1, "users": "ann"}, "not a column of ids"),
        ({"share": 0.1, "users": {"user": ["a"]}}, "did you mean 'user'"),
        (
            {"share": 0.1, "users": {"user_id": [1, 1], "r": ["x", "y"]}, "strata": "r"},
            "more than one stratum",
        ),
        ({"share": 0.1, "cluster": "home"}, "names a column"),
        ({"share": 0.1, "cluster": [1]}, "has 1 rows"),
        ({"share": 0.1, "exclusion": ("l", 0.5, 0.2)}, "no part of a layer"),
        ({"share": 0.1, "exclusion": "l"}, "a start and a stop"),
    ],
)
def test_impossible_requests_are_refused(options, words):
    options = {"users": ANN, "salt": "s"} | options
    with pytest.raises(ExperimentError, match=words):
        assign_holdout(options.pop("users"), **options)


def test_no_user_is_a_result_too():
    assert assign_holdout(np.array([], dtype=np.int64), share=0.1, salt="s").counts() == {
        "holdout": 0,
        "treatment": 0,
    }
    assert len(assign_holdout([1], share=0.1, salt="s", strata=["x"])) == 1


@pytest.mark.parametrize(
    "shares",
    [
        {"a": 0.8, "b": 0.1, "holdout": 0.1},
        {"a": 0.05, "b": 0.9, "holdout": 0.05},
        {"a": 0.45, "b": 0.3, "c": 0.2, "holdout": 0.05},
    ],
)
def test_pieces_of_the_line_add_up_to_the_shares(shares):
    layout = lay_out(shares, "holdout")
    widths = np.diff(np.append(layout.starts, 1.0))
    found = np.bincount(layout.codes, widths, len(layout.arms))
    assert dict(zip(layout.arms, found.tolist(), strict=True)) == pytest.approx(shares)
