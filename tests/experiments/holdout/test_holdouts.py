"""Designs, checks, families, money and words of holdout analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.axes import Axes

import attribution as at
from attribution.diagnostics import CheckResult
from attribution.experiments.shared.lift import Lifts


def world(n: int = 20_000, effect: float = 0.05, seed: int = 3) -> pd.DataFrame:
    """Users of whom 40% would see the ad; those buy more often anyway."""
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < 0.5, "treatment", "holdout")
    would_see = rng.random(n) < 0.4
    seen = would_see & (arm == "treatment")
    converted = rng.random(n) < 0.05 + 0.05 * would_see + effect * seen
    revenue = converted * rng.gamma(2.0, 20.0, n)
    return pd.DataFrame(
        {
            "arm": arm,
            "would_see": would_see,
            "seen": seen,
            "converted": converted,
            "revenue": revenue,
            "cost": 0.5 * seen + 0.1 * rng.random(n),
            "past": rng.gamma(1.0, 5.0, n) + 10 * converted,
            "region": np.array(["north", "south", "west"])[rng.integers(0, 3, n)],
            "house": np.arange(n) // 2,
        }
    )


def test_intention_to_treat_compliers_and_the_biased_contrast():
    users = world()
    lift = at.analyze_holdout(users, exposed="seen")
    assert lift.absolute.holds(0.4 * 0.05)
    assert lift.cace is not None
    assert lift.cace.holds(0.05)
    assert lift.att == lift.cace
    assert lift.details["compliance"] == "one-sided"
    naive = users.query("seen")["converted"].mean() - users.query("arm == 'holdout'")["converted"].mean()
    assert lift.details["exposed_less_holdout"] == pytest.approx(naive)
    # As treated: by exposure, whatever the arm.
    others = users.query("not seen")["converted"].mean()
    assert lift.details["as_treated"] == pytest.approx(users.query("seen")["converted"].mean() - others)
    assert naive > 0.07  # who would see the ad buys more anyway
    assert "as_treated" not in " ".join(lift.to_frame()["measure"])
    assert "Biased" in lift.summary()


@pytest.mark.parametrize("design", ["psa", "ghost_ads"])
def test_exposed_users_are_compared_with_those_who_would_have_been(design):
    users = world()
    lift = at.analyze_holdout(users, exposed="would_see", design=design)
    part = at.analyze_holdout(users.query("would_see"), design=design)
    assert lift.att == lift.absolute
    assert lift.absolute.low == pytest.approx(part.absolute.low, rel=1e-12)
    assert lift.n == part.n
    assert lift.absolute.holds(0.05)
    itt = at.analyze_holdout(users, exposed="seen")
    assert itt.cace is not None
    # Johnson, Lewis & Nubbemeyer (2017): surer than the scaled effect of all.
    assert lift.absolute.high - lift.absolute.low < itt.cace.high - itt.cace.low
    assert lift.details["itt"].low == pytest.approx(itt.absolute.low, rel=1e-12)
    assert lift.details["unexposed"].holds(0.0)
    assert lift.checks["exposure_ratio"].passed
    rest = at.analyze_holdout(users.query("not would_see"))
    assert lift.details["unexposed"].low == pytest.approx(rest.absolute.low, rel=1e-9)


def test_an_unlike_share_of_exposed_blocks():
    users = world()
    users.loc[(users["arm"] == "holdout") & (users.index % 5 == 0), "would_see"] = False
    lift = at.analyze_holdout(users, exposed="would_see", design="ghost_ads")
    assert lift.verdict == "blocked"


def test_a_sample_ratio_mismatch_blocks_unless_overridden():
    users = world()
    users = users[~(users["arm"].eq("holdout") & (users.index % 10 == 0))]
    shares = {"treatment": 0.5, "holdout": 0.5}
    lift = at.analyze_holdout(users, shares=shares, segment="region")
    assert lift.verdict == "blocked"
    assert lift.segments is not None
    assert {part.verdict for part in lift.segments.lifts.values()} == {"blocked"}
    assert "Verdict: blocked" in lift.summary()
    assert "Verdict: effect" not in lift.summary()
    assert "Verdict: blocked" in repr(lift)
    anyway = at.analyze_holdout(users, shares=shares, segment="region", despite=("sample_ratio",))
    assert anyway.verdict == "effect"
    assert "in spite of failed checks: sample_ratio" in anyway.summary()
    assert at.analyze_holdout(users).checks["sample_ratio"].passed is None


def test_checks_of_the_caller_are_shown_and_heeded():
    users = world(2_000)
    uneven = CheckResult("sample_ratio by browser", False, "12 browsers hold other shares than planned", 12)
    lift = at.analyze_holdout(users, checks=[uneven])
    assert lift.verdict == "blocked"
    assert "12 browsers" in lift.summary()
    assert at.analyze_holdout(users, checks=[uneven], despite="sample_ratio").verdict != "blocked"


def test_two_sided_exposure_has_no_effect_on_the_treated_and_tells_contamination():
    users = world()
    users.loc[users["arm"].eq("holdout") & (users.index % 7 == 0) & users["would_see"], "seen"] = True
    lift = at.analyze_holdout(users, exposed="seen")
    assert lift.details["compliance"] == "two-sided"
    assert lift.att is None
    assert lift.checks["contamination"].count > 0


def test_exposure_alike_in_both_arms_leaves_no_bound():
    users = world(4_000).assign(seen=lambda frame: frame["would_see"])
    lift = at.analyze_holdout(users, exposed="seen")
    assert lift.cace is not None
    assert not lift.cace.bounded
    assert "no bound" in lift.cace.note


def test_money_with_fixed_uncertain_and_user_level_cost():
    users = world(effect=0.1)
    fixed = at.analyze_holdout(users, value="revenue", cost=2_000.0)
    assert fixed.incremental_value is not None
    assert fixed.iroas is not None
    assert fixed.iroas.value == pytest.approx(fixed.incremental_value.value / 2_000)
    assert fixed.iroas.low == pytest.approx(fixed.incremental_value.low / 2_000)
    assert fixed.cost_per_incremental is not None
    assert fixed.incremental is not None
    assert fixed.cost_per_incremental.low == pytest.approx(2_000 / fixed.incremental.high)
    unsure = at.analyze_holdout(users, value="revenue", cost=(2_000.0, 200.0))
    assert unsure.iroas is not None
    assert unsure.iroas.high > fixed.iroas.high
    by_user = at.analyze_holdout(users, value="revenue", cost="cost")
    assert by_user.iroas is not None
    assert by_user.iroas.bounded
    assert by_user.iroas.holds(0.1 * 40.0 / 0.5)


def test_a_cost_that_did_not_move_says_so_instead_of_a_number_with_false_ends():
    users = world(effect=0.1).assign(cost=lambda frame: np.random.default_rng(1).normal(1, 1, len(frame)))
    lift = at.analyze_holdout(users, value="revenue", cost="cost")
    assert lift.iroas is not None
    assert not lift.iroas.bounded
    assert "cost change too small to tell" in lift.iroas.note
    assert "cost change too small to tell" in lift.summary()


def test_no_effect_leaves_the_cost_per_incremental_without_bound():
    lift = at.analyze_holdout(world(effect=0.0), cost=2_000.0)
    assert lift.verdict == "no effect shown"
    assert lift.cost_per_incremental is not None
    assert not lift.cost_per_incremental.bounded
    assert "no proof that there is none" in lift.summary()


def test_several_arms_are_a_family():
    users = world()
    users["arm"] = np.where(users["house"] % 3 == 0, "email", users["arm"])
    lifts = at.analyze_holdout(users, treatment=["treatment", "email"], shares=None)
    assert isinstance(lifts, Lifts)
    assert list(lifts) == ["treatment", "email"]
    frame = lifts.to_frame()
    assert (frame["p_adjusted"] >= frame["p_value"]).all()
    for name, lift in lifts.lifts.items():
        assert (lift.verdict == "effect") == (lifts.adjusted[name] <= 0.05)
        assert lift.absolute.holds(0.0) == (lift.verdict != "effect")
    assert "Holm" in lifts.summary()
    assert isinstance(lifts.plot(), Axes)


def test_segments_add_up_and_agree_with_their_corrected_verdicts():
    lift = at.analyze_holdout(world(effect=0.03), segment="region", correction="fdr_bh")
    parts = lift.segments
    assert parts is not None
    assert sum(parts[name].n["treatment"] for name in parts) == lift.n["treatment"]
    for name in parts:
        assert (parts[name].verdict == "effect") == (parts.adjusted[name] <= 0.05)
    assert isinstance(lift.plot(), Axes)
    with pytest.raises(at.AttributionError, match="did you mean 'north'"):
        parts["nort"]


def test_segments_too_small_to_analyse_are_named():
    users = world(2_000)
    users.loc[:3, "region"] = "isle"
    lift = at.analyze_holdout(users, segment="region")
    assert lift.segments is not None
    assert "isle" not in lift.segments.lifts
    assert "isle" in lift.summary()


def test_a_covariate_shortens_the_interval_and_leaves_the_question():
    users = world()
    plain = at.analyze_holdout(users, outcome="revenue")
    for how in ("lin", "cuped"):
        lift = at.analyze_holdout(
            users, outcome="revenue", covariate="past", adjust=how, despite="covariate_balance"
        )
        assert lift.details["variance_factor"] < 0.95
        assert lift.absolute.high - lift.absolute.low < plain.absolute.high - plain.absolute.low
        assert lift.estimand == plain.estimand


def test_lift_under_cuped_counts_the_covariates_own_chance():
    # The covariate explains all: then the lift errs as the covariate's mean does, which both arms share.
    rng = np.random.default_rng(0)
    covered, runs = 0, 300
    for _ in range(runs):
        past = rng.normal(10, 5, 400)
        arm = np.where(np.arange(400) % 2, "treatment", "holdout")
        users = {"arm": arm, "past": past, "y": past + 3.0 * (arm == "treatment") + rng.normal(0, 0.1, 400)}
        lift = at.analyze_holdout(
            users, outcome="y", covariate="past", adjust="cuped", despite="covariate_balance"
        )
        covered += lift.relative.holds(0.3)
    assert 0.91 <= covered / runs <= 0.98  # 95% give or take three standard errors


def test_clusters_make_the_interval_wider_where_members_are_alike():
    rng = np.random.default_rng(6)
    base = world(4_000)
    house_arm = rng.permutation(np.arange(2_000) % 2)
    base["arm"] = np.where(house_arm[base["house"]] == 1, "treatment", "holdout")
    base["revenue"] = rng.gamma(2.0, 20.0, 2_000)[base["house"]]
    plain = at.analyze_holdout(base, outcome="revenue")
    grouped = at.analyze_holdout(base, outcome="revenue", cluster="house")
    ratio = (grouped.absolute.high - grouped.absolute.low) / (plain.absolute.high - plain.absolute.low)
    assert ratio == pytest.approx(np.sqrt(2), rel=0.01)  # pairs that are the same are one
    assert grouped.absolute.value == pytest.approx(plain.absolute.value)
    assert grouped.n == plain.n
    mixed = at.analyze_holdout(world(4_000), cluster="house")
    assert mixed.verdict == "blocked"
    assert mixed.checks["clusters_in_two_arms"].count > 0


def test_a_ratio_is_that_of_the_sums():
    users = world()
    lift = at.analyze_holdout(users, outcome="revenue", denominator="cost")
    sums = users.groupby("arm")[["revenue", "cost"]].sum()
    ratio = sums["revenue"] / sums["cost"]
    assert lift.absolute.value == pytest.approx(ratio["treatment"] - ratio["holdout"])
    assert lift.incremental is None
    assert lift.outcome == "revenue per cost"


def test_a_sequence_is_wider_and_says_so():
    users = world(effect=0.03)
    fixed = at.analyze_holdout(users)
    always = at.analyze_holdout(users, sequential=20_000)
    assert always.absolute.low < fixed.absolute.low
    assert (always.absolute.high - always.absolute.value) / (
        fixed.absolute.high - fixed.absolute.value
    ) == pytest.approx(1.55, abs=0.01)
    assert "valid at every look" in always.method


def test_a_capped_outcome_is_another_estimand_and_says_so():
    users = world()
    cap = users["revenue"].quantile(0.99)
    lift = at.analyze_holdout(users, outcome="revenue", winsorise=0.99)
    by_hand = at.analyze_holdout(users.assign(revenue=users["revenue"].clip(upper=cap)), outcome="revenue")
    assert lift.absolute == by_hand.absolute
    assert "capped at" in lift.estimand
    assert "capped at" in lift.summary()


def test_two_parts_multiply_to_the_mean():
    lift = at.analyze_holdout(world(), outcome="revenue", two_part=True)
    parts, users = lift.details["two_part"], world()
    assert parts["any"].value == pytest.approx(at.analyze_holdout(users).absolute.value)
    share = users.query("arm == 'treatment'")["converted"].mean()
    assert share * parts["mean_if_any"]["treatment"] == pytest.approx(lift.details["means"]["treatment"])
    assert "no effect by itself" in lift.summary()


def test_heavy_tails_are_told():
    rng = np.random.default_rng(9)
    users = world(2_000).assign(revenue=lambda frame: rng.lognormal(0, 3, len(frame)))
    assert "heavy tails" in at.analyze_holdout(users, outcome="revenue").summary()


@pytest.mark.parametrize(
    "form", ["pandas", "polars", "arrow", "mapping", "parquet", "csv", "folder", "reader"]
)
def test_every_form_of_table_gives_the_same(form, tmp_path):
    users = world(3_000)
    table = pa.Table.from_pandas(users, preserve_index=False)
    pq.write_table(table, tmp_path / "users.parquet")
    (tmp_path / "parts").mkdir()
    pq.write_table(table.slice(0, 1_000), tmp_path / "parts" / "0.parquet")
    pq.write_table(table.slice(1_000), tmp_path / "parts" / "1.parquet")
    users.to_csv(tmp_path / "users.csv", index=False)
    made = {
        "pandas": lambda: users,
        "polars": lambda: pl.from_pandas(users),
        "arrow": lambda: table,
        "mapping": lambda: users.to_dict("list"),
        "parquet": lambda: tmp_path / "users.parquet",
        "csv": lambda: str(tmp_path / "users.csv"),
        "folder": lambda: tmp_path / "parts",
        "reader": lambda: table.to_reader(500),
    }[form]()
    options = {"exposed": "seen", "value": "revenue", "covariate": "past", "despite": ("covariate_balance",)}
    lift = at.analyze_holdout(made, **options)
    expected = at.analyze_holdout(users, **options)
    pd.testing.assert_frame_equal(lift.to_frame(), expected.to_frame(), rtol=1e-9)


def test_counts_and_rows_give_the_same():
    users = world()
    cells = users.groupby(["arm", "seen", "converted"]).size().rename("n").reset_index()
    by_rows = at.analyze_holdout(users, exposed="seen")
    by_counts = at.analyze_holdout(cells, exposed="seen", count="n")
    pd.testing.assert_frame_equal(by_rows.to_frame(), by_counts.to_frame(), rtol=1e-9)


def test_labels_may_be_numbers_or_flags():
    users = world(2_000)
    treated = users["arm"].eq("treatment")
    expected = at.analyze_holdout(users).absolute
    for labels, arms in (
        (treated, (True, False)),
        (treated.astype(int), (1, 0)),
        (treated.astype(float), (1, 0)),
    ):
        lift = at.analyze_holdout(users.assign(arm=labels), treatment=arms[0], holdout=arms[1])
        assert lift.absolute == expected


def test_many_batches_are_as_one(monkeypatch):
    users = world(5_000)
    whole = at.analyze_holdout(
        users, segment="region", exposed="would_see", design="ghost_ads", covariate="house"
    )
    monkeypatch.setattr("attribution.tables.sources.BATCH_ROWS", 700)
    parts = at.analyze_holdout(
        users, segment="region", exposed="would_see", design="ghost_ads", covariate="house"
    )
    pd.testing.assert_frame_equal(whole.to_frame(), parts.to_frame(), rtol=1e-8)
    assert whole.segments is not None
    assert parts.segments is not None
    pd.testing.assert_frame_equal(whole.segments.to_frame(), parts.segments.to_frame(), rtol=1e-8)


def test_few_events_get_the_score_test():
    cells = {"arm": ["treatment"] * 2 + ["holdout"] * 2, "converted": [1, 0, 1, 0], "n": [9, 991, 0, 1000]}
    lift = at.analyze_holdout(cells, count="n")
    assert "score test" in lift.method
    assert lift.verdict == "effect"
    assert lift.relative.low > 0
    assert lift.relative.high == np.inf
    assert "cannot be told" in lift.summary()


def test_a_pooled_variance_is_one_test_for_everything():
    # 8 of 4,000 against 1 of 1,000: with variances of their own these few events would get the score test.
    cells = {"arm": ["treatment"] * 2 + ["holdout"] * 2, "converted": [1, 0, 1, 0], "n": [8, 3_992, 1, 999]}
    few = at.analyze_holdout(cells, count="n", variance="pooled")
    share = 9 / 5_000
    within = (8 * (1 - 8 / 4_000) + 1 * (1 - 1 / 1_000)) / 4_998  # by hand: sum of squares within the arms
    assert few.details["standard_error"] == pytest.approx(
        (within * (1 / 4_000 + 1 / 1_000)) ** 0.5, rel=1e-12
    )
    assert within == pytest.approx(share, rel=0.01)
    assert "one variance" in few.method
    assert any("varies as much" in text for text in few.assumptions)
    # At the level that equals the p-value, difference and lift end where nothing begins.
    users = world(4_000)
    for options in ({"outcome": "revenue"}, {"outcome": "revenue", "denominator": "cost"}):
        p_value = at.analyze_holdout(users, variance="pooled", **options).p_value
        edge = at.analyze_holdout(users, variance="pooled", alpha=p_value, **options)
        assert min(abs(edge.absolute.low), abs(edge.absolute.high)) < 1e-7 * abs(edge.absolute.value)
        assert min(abs(edge.relative.low), abs(edge.relative.high)) < 1e-7 * abs(edge.relative.value)
    ghost = at.analyze_holdout(users, exposed="would_see", design="ghost_ads", variance="pooled")
    whole = at.analyze_holdout(users, variance="pooled")
    assert ghost.details["itt"].low == pytest.approx(whole.absolute.low, rel=1e-12)


def test_a_lift_shows_itself(tmp_path):
    lift = at.analyze_holdout(world(), value="revenue", cost=1_000.0, exposed="seen")
    assert list(lift.to_frame()) == ["measure", "estimate", "ci_low", "ci_high", "note"]
    assert "Verdict: effect" in lift._repr_html_()
    for measure in lift.estimates:
        axes = lift.plot(measure)
        axes.figure.savefig(tmp_path / f"{measure}.png")
    with pytest.raises(at.AttributionError, match="did you mean 'relative'"):
        lift.plot("relativ")
    with pytest.raises(AttributeError):
        lift.p_value = 0.0  # type: ignore[misc]
