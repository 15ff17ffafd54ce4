"""Who is not in the table, placebo outcomes, A/A tests of a table, and where warnings are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.sizes import sizes

import attribution as at
from attribution.errors import ExperimentError
from attribution.experiments.holdout.balance import placebo_size

N = 3_000


def table(seed: int = 1, effect: float = 0.0, n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm = np.where(rng.permutation(n) < n // 5, "holdout", "treatment")
    return pd.DataFrame(
        {
            "user_id": np.arange(n),
            "arm": arm,
            "orders": rng.poisson(0.5 + effect * (arm == "treatment")),
            "past": rng.poisson(0.5, n),
            "past_value": rng.poisson(0.2, n) * 12.5,
        }
    )


def test_a_table_of_buyers_fails_a_check_unless_it_is_known_to_be_whole():
    users = table()
    assert "users_without_outcome" not in [
        check.name for check in at.analyze_holdout(users, outcome="orders").checks
    ]
    buyers = users[users["orders"] > 0]
    check = at.analyze_holdout(buyers, outcome="orders").checks["users_without_outcome"]
    assert (check.passed, check.count) == (False, len(buyers))
    assert check.fix.startswith("users = at.outcomes(log, arms, ")
    assert "Check failed: users_without_outcome" in repr(at.analyze_holdout(buyers, outcome="orders"))
    # Everybody has minutes, and everybody is there.
    minutes = users.assign(minutes=users["orders"] + 1.0)
    whole = at.analyze_holdout(minutes, outcome="minutes", assignment=minutes.groupby("arm").size().to_dict())
    assert whole.checks["assigned_users"].passed
    assert whole.checks.passed


@pytest.mark.parametrize("form", ["counts", "frame", "assignment"])
def test_far_fewer_users_than_were_assigned_fail_a_check(form):
    users = table()
    arms = at.assign_holdout(users["user_id"], share=0.2, salt="x")
    users["arm"] = arms.to_frame()["arm"].to_numpy()
    known = {"counts": arms.counts(), "frame": arms.to_frame(), "assignment": arms}[form]
    assert at.analyze_holdout(users, outcome="orders", assignment=known).checks["assigned_users"].passed
    buyers = at.analyze_holdout(users[users["orders"] > 0], outcome="orders", assignment=known)
    check = buyers.checks["assigned_users"]
    assert (check.passed, check.count) == (False, int((users["orders"] == 0).sum()))
    few = at.analyze_holdout(users[users["user_id"] % 50 > 0], outcome="orders", assignment=known)
    assert few.checks["assigned_users"].passed is None
    twice = pd.concat([users, users.assign(user_id=users["user_id"] + N)])
    more = at.analyze_holdout(twice, outcome="orders", assignment=known)
    assert more.checks["assigned_users"].passed is False
    assert "more users than were assigned" in more.checks["assigned_users"].text


def test_users_lost_of_one_arm_block_the_verdict():
    users = table()
    assigned = users.groupby("arm").size().to_dict()
    lost = users[(users["arm"] == "holdout") | (users["user_id"] % 40 > 0)]
    lift = at.analyze_holdout(lost, outcome="orders", assignment=assigned)
    check = lift.checks["sample_ratio_of_assigned"]
    n = lost.groupby("arm").size()
    cells = [[n[arm] for arm in assigned], [assigned[arm] - n[arm] for arm in assigned]]
    expected = stats.chi2_contingency(cells, correction=False)
    # 2.5% of the treated and nobody of the holdout: the sample ratio by itself does not see it.
    assert (check.p_value, check.statistic) == pytest.approx((expected.pvalue, expected.statistic))
    assert lift.checks["sample_ratio"].passed is not False
    assert lift.verdict == "blocked"
    read = at.analyze_holdout(lost, outcome="orders", assignment=assigned, despite="sample_ratio")
    assert read.verdict == "no effect shown"


def test_clusters_are_counted_by_their_users():
    users = table().assign(home=np.arange(N) // 2)
    users["arm"] = np.where(users["home"] % 5 == 0, "holdout", "treatment")
    counts = users.groupby("arm").size().to_dict()
    lift = at.analyze_holdout(users, outcome="orders", cluster="home", assignment=counts)
    assert lift.checks["assigned_users"].passed


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"assignment": {"treatment": 10}}, "nobody of the arm 'holdout'"),
        ({"assignment": {"treatment": 10.5, "holdout": 3}}, "numbers of users"),
        ({"assignment": {"treatment": -1, "holdout": 3}}, "numbers of users"),
        ({"assignment": 5}, "assignment"),
        ({"placebo": "pst"}, "did you mean 'past'"),
        ({"placebo": "orders"}, "also what the test measures"),
        ({"placebo": 5}, "placebo"),
    ],
)
def test_what_tells_nothing_is_refused(options, match):
    with pytest.raises(ExperimentError, match=match):
        at.analyze_holdout(table(), outcome="orders", **options)


def test_a_placebo_is_the_same_test_of_what_was_before():
    users = table(3)
    lift = at.analyze_holdout(users, outcome="orders", placebo=["past", "past_value"], covariate="past")
    check = lift.checks["placebo"]
    alone = {name: at.analyze_holdout(users, outcome=name) for name in ("past", "past_value")}
    worst = min(alone.values(), key=lambda one: one.p_value)
    assert check.p_value == pytest.approx(min(1.0, 2 * worst.p_value))  # Holm's first step of two
    assert check.statistic == pytest.approx(worst.absolute.value / worst.absolute.std_error)
    assert [row["estimate"] for row in check.rows if row["outcome"] == "past"] == [
        alone["past"].absolute.value
    ]
    # The reading itself is what it was.
    plain = at.analyze_holdout(users, outcome="orders", covariate="past")
    pd.testing.assert_frame_equal(lift.to_frame(), plain.to_frame())


def test_a_placebo_that_moved_fails_and_says_so():
    users = table()
    users["past"] += (users["arm"] == "treatment") & (np.arange(N) % 6 == 0)
    lift = at.analyze_holdout(users, outcome="orders", placebo="past")
    assert lift.checks["placebo"].passed is False
    assert "before the test" in lift.summary()
    two = at.analyze_holdout(
        users.assign(arm=np.where(np.arange(N) % 3 == 0, "push", users["arm"])),
        outcome="orders",
        treatment=["treatment", "push"],
        placebo="past",
    )
    assert {row["outcome"] for row in two["push"].checks["placebo"].rows} == {
        "past in treatment",
        "past in push",
    }
    assert "Check failed: placebo" in two.summary()
    assert "Check failed: placebo" in repr(two)


def test_a_placebo_of_nothing_tells_nothing():
    lift = at.analyze_holdout(table().assign(none=0.0), outcome="orders", placebo="none")
    assert (lift.checks["placebo"].passed, lift.checks["placebo"].p_value) == (None, None)


@sizes(few=(100, 4), full=(400, 10))
@pytest.mark.parametrize("column", ["past", "past_value"])
def test_placebos_fail_no_more_often_than_they_promise(column, size):
    """1% by construction; of no effect in 400 draws: more than 10 are less likely than .3% (exact binomial).

    Of 100 draws more than 4 are less likely than .4%.
    """
    draws, most = size
    rng = np.random.default_rng(7)
    failed = 0
    for _ in range(draws):
        users = {"arm": np.where(rng.permutation(600) < 120, "holdout", "treatment")}
        users |= {"orders": rng.poisson(0.5, 600), column: rng.poisson(0.3, 600) * 12.5}
        failed += (
            at.analyze_holdout(users, outcome="orders", placebo=column).checks["placebo"].passed is False
        )
    assert failed <= most


def test_aa_counts_false_alarms_with_their_exact_interval():
    users = table()
    check = at.aa_holdout(users, outcome="orders", share=0.2, draws=100, rng=3)
    row = check.rows[0]
    # Clopper & Pearson by the quantiles of the beta distribution.
    low, high = stats.beta.ppf([0.025, 0.975], [row["rejected"], row["rejected"] + 1],
                               [101 - row["rejected"], 100 - row["rejected"]])  # fmt: skip
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
    assert check.passed
    assert check.p_value == pytest.approx(stats.binom.sf(row["rejected"] - 1, 100, 0.05))
    again = at.aa_holdout(
        users.sample(frac=1.0, random_state=1).sort_index(), outcome="orders", share=0.2, draws=100, rng=3
    )
    assert again == check
    lift = at.analyze_holdout(users, outcome="orders", checks=[check])
    assert lift.checks["placebo_size"].passed


def test_aa_finds_households_that_are_analysed_as_users():
    rng = np.random.default_rng(1)
    homes = {"home": np.repeat(np.arange(300), 5), "orders": np.repeat(rng.poisson(1.0, 300), 5)}
    wrong = at.aa_holdout(homes, outcome="orders", split_by="home", draws=60, rng=1)
    assert wrong.passed is False
    assert wrong.rows[0]["ci_low"] > 0.05
    assert at.aa_holdout(homes, outcome="orders", cluster="home", draws=60, rng=1).passed


def test_what_the_aa_check_finds_and_how_often_it_is_wrong():
    """By the binomial: 32 of 400 splits fail it, a sound analysis in 0.7%, one of twice 5% in 92.5%."""
    fails = [count for count in range(401) if placebo_size(count, 400).passed is False]
    assert fails == list(range(32, 401))
    assert stats.binom.sf(31, 400, 0.05) == pytest.approx(0.0067, abs=5e-5)
    assert stats.binom.sf(31, 400, 0.10) == pytest.approx(0.925, abs=5e-4)


def test_pairs_that_do_the_same_are_found_with_the_stated_power():
    """Twice the variance makes 5% into 16.6%, which 150 splits find in 99.2%, with 0.8% false alarms."""
    level = 2 * stats.norm.sf(stats.norm.isf(0.025) / np.sqrt(2))
    assert stats.binom.sf(14, 150, level) > 0.99
    rng = np.random.default_rng(5)
    pairs = {"pair": np.arange(1_000) // 2, "spent": np.repeat(rng.normal(10.0, 1.0, 500), 2)}
    wrong = at.aa_holdout(pairs, outcome="spent", split_by="pair", draws=150, rng=1)
    assert wrong.passed is False
    assert wrong.rows[0]["ci_low"] < level < wrong.rows[0]["ci_high"]
    assert at.aa_holdout(pairs, outcome="spent", cluster="pair", draws=150, rng=1).passed


def test_aa_tells_splits_without_a_verdict_and_raises_where_there_is_none():
    few = {"converted": np.arange(400) < 3}
    check = at.aa_holdout(few, share=0.05, draws=30, rng=1)
    assert check.rows[0]["draws"] == 30
    with pytest.raises(ExperimentError, match="for everybody"):
        at.aa_holdout({"converted": np.zeros(50)}, draws=5)


@pytest.mark.parametrize("n", [40_000])
def test_an_unusual_sample_ratio_is_shown_wherever_a_lift_is(n):
    # 50.7% where half were planned: p = .0051 (chi-square 7.84).
    k = n // 2 + 280
    cells = {"arm": ["treatment"] * 2 + ["holdout"] * 2, "converted": [1, 0] * 2}
    cells |= {"other": [0, 1, 1, 0], "n": [900, k - 900, 800, n - k - 800]}
    options = {"count": "n", "shares": {"treatment": 0.5, "holdout": 0.5}}
    lift = at.analyze_holdout(cells, **options)
    assert 0.001 < lift.checks["sample_ratio"].p_value < 0.01
    many = at.analyze_holdout(cells, outcome=["converted", "other"], **options)
    for shown in (
        lift.summary(),
        repr(lift),
        lift._repr_html_(),
        many.summary(),
        repr(many),
        many._repr_html_(),
    ):
        assert shown.count("the shares are unusual, watch them") == 1
    journeys = at.read_paths({"path": ["email", "search"], "conversions": [200, 1]})
    credit = at.attribute(journeys, "linear")
    for language, words in (
        ("en", "unusual shares of users"),
        ("fr", "parts des groupes sont inhabituelles"),
    ):
        page = at.report(credit, lifts={"email": lift}, language=language).to_html()
        assert page.count(words) >= 1
        assert "50.7" in page or "50,7" in page


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.booleans())
def test_as_treated_is_the_exposed_of_both_arms_less_all_others(seed, share, leaks):
    rng = np.random.default_rng(seed)
    n = 400
    arm = np.where(rng.permutation(n) < n // 2, "holdout", "treatment")
    seen = (rng.random(n) < share) & ((arm == "treatment") | (leaks & (rng.random(n) < 0.5)))
    y = rng.gamma(1.0, 3.0, n) * (rng.random(n) < 0.6) + seen
    lift = at.analyze_holdout({"arm": arm, "seen": seen, "y": y}, outcome="y", exposed="seen")
    if 0 < seen.sum() < n:
        assert lift.details["as_treated"] == pytest.approx(y[seen].mean() - y[~seen].mean())


def test_what_a_plan_calls_cost_and_margin_says_its_name():
    for name, new in (("cost", "cost_per_exposed"), ("margin", "profit_margin")):
        with pytest.raises(ExperimentError, match=f"no {name}=; it is {new}= here"):
            at.plan_holdout(baseline=0.1, lift=0.1, **{name: 0.5})
    with pytest.raises(ExperimentError, match="did you mean 'baseline'"):
        at.plan_holdout(baselin=0.1, lift=0.1)


def test_covariates_and_segments_of_new_users_cost_nobody():
    users = table()
    gone = users.assign(
        past=users["past"].where(users["user_id"] % 7 > 0).astype(float),
        region=np.where(users["user_id"] % 5 > 0, "north", None),
    )
    for options in ({"covariate": "past"}, {"segment": "region"}):
        with pytest.raises(ExperimentError) as caught:
            at.analyze_holdout(gone, outcome="orders", **options)
        names = {"users": gone.copy()}
        exec(caught.value.hint, names)
        lift = at.analyze_holdout(names["users"], outcome="orders", **options)
        assert sum(lift.n.values()) == N


BAD = {
    "arms with blanks": (lambda u: u.assign(arm=u["arm"] + " "), {}, "treatment='treatment '"),
    "one arm": (lambda u: u.assign(arm="treatment"), {}, "no user is in the arm 'holdout'"),
    "arms missing": (lambda u: u.assign(arm=u["arm"].where(u.index > 3, None)), {}, "dropna"),
    "two columns of one name": (lambda u: pd.concat([u, u[["arm"]]], axis=1), {}, "more than once"),
    "words for yes": (lambda u: u.assign(orders=np.where(u["orders"] > 0, "yes", "no")), {}, "'yes': 1"),
    "an instant": (lambda u: u.assign(orders=pd.Timestamp("2026-01-01")), {}, "not numbers"),
    "a length of time": (lambda u: u.assign(orders=pd.to_timedelta(u["orders"], "s")), {}, "not numbers"),
    "a list": (lambda u: u.assign(orders=[[1]] * len(u)), {}, "not numbers"),
    "half a user": (lambda u: u.assign(n=1.5), {"count": "n"}, "whole number"),
    "a negative user": (lambda u: u.assign(n=-1), {"count": "n"}, "whole number"),
    "a denominator of nothing": (lambda u: u.assign(n=0.0), {"denominator": "n"}, "denominator"),
    "a negative denominator": (lambda u: u.assign(n=-1.0), {"denominator": "n"}, "positive on average"),
    "exposure of two": (lambda u: u.assign(seen=2), {"exposed": "seen"}, "0 or 1"),
    "a placebo of text": (lambda u: u.assign(past="a"), {"placebo": "past"}, "not numbers"),
    "a placebo with gaps": (
        lambda u: u.assign(past=u["past"].where(u.index > 3)), {"placebo": "past"}, "missing",
    ),
    "nobody was assigned": (lambda u: u, {"assignment": {"arm": []}}, "nobody"),
    "assignment without arms": (lambda u: u, {"assignment": pd.DataFrame({"x": [1]})}, "no column 'arm'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_bad_tables_are_refused_in_words(case):
    change, options, match = case
    with pytest.raises(ExperimentError, match=match):
        at.analyze_holdout(change(table()), outcome="orders", **options)


@pytest.mark.parametrize("form", ["bool", "decimal", "Int64", "float32", "category arms", "true arms"])
def test_columns_of_any_numeric_kind_say_the_same(form):
    import decimal

    users = table()
    expected = at.analyze_holdout(users, outcome="orders")
    options: dict[str, object] = {}
    if form == "bool":
        users["orders"] = users["orders"] > 0
        expected = at.analyze_holdout(users.assign(orders=users["orders"].astype(int)), outcome="orders")
    elif form == "decimal":
        users["orders"] = [decimal.Decimal(int(one)) for one in users["orders"]]
    elif form == "category arms":
        users["arm"] = users["arm"].astype("category")
    elif form == "true arms":
        users["arm"] = users["arm"] == "treatment"
        options = {"treatment": True, "holdout": False}
    else:
        users["orders"] = users["orders"].astype(form)
    found = at.analyze_holdout(users, outcome="orders", **options)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())
