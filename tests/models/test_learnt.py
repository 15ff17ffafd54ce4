"""A model that has learnt nothing says so; a test that says it when it should not is worse than none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import attribution as at
from attribution.stats.additive_hazards import Events
from attribution.stats.homogeneity import hazards_differ, marks_matter, rates_differ
from tests.models.test_hazard import simulated

LEARN = {
    "markov": at.Markov(),
    "markov 2": at.Markov(2),
    "rate": at.Shapley("subset_rate"),
    "within": at.Shapley("within_set_rate"),
    "bagged": at.BaggedLogistic(bags=2),
    "probabilistic": "probabilistic",
    "hazard": "additive_hazard",
}
RULES = ["linear", "last_touch", at.Shapley()]


def journeys_of(seed: int, effect: float, users: int = 3_000) -> at.Journeys:
    """Channels a to e at random; the odds of buying grow with touches and, by `effect`, with e."""
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 6, users)
    user = np.repeat(np.arange(users), n)
    channel = rng.integers(0, 5, len(user))
    has = np.bincount(user, channel == 4, users) > 0
    buys = rng.random(users) < 1 / (1 + np.exp(3 - 0.4 * n - effect * has))
    time = pd.Timestamp("2026-03-01") + pd.to_timedelta(np.arange(len(user)), "s")
    touches = {"user_id": user, "time": time, "channel": np.array(list("abcde"))[channel]}
    who = np.flatnonzero(buys)
    orders = {"user_id": who, "time": [pd.Timestamp("2026-03-05")] * len(who)}
    return at.build_journeys(at.read_log(touches, orders))


def learnt_nothing(credit: at.Credit) -> int:
    return sum("has learnt nothing" in note for note in credit.notes)


def test_models_say_so_where_channels_do_nothing():
    # Seeds 0 to 9; with a test at 5% a model stays silent in one log of twenty. Markov has one note for both.
    logs = [journeys_of(seed, 0.0) for seed in range(10)]
    told = {
        name: sum(learnt_nothing(at.attribute(log, model)) for log in logs) for name, model in LEARN.items()
    }
    assert min(told.values()) >= 7, told


def test_models_say_nothing_of_the_kind_where_channels_matter():
    credit = at.attribute(journeys_of(1, 1.0), LEARN)
    assert learnt_nothing(credit) == 0


def test_rules_have_nothing_to_learn():
    assert learnt_nothing(at.attribute(journeys_of(1, 0.0), RULES)) == 0


@pytest.mark.parametrize(("language", "said"), [("en", ": has learnt nothing"), ("fr", " : n\u2019a rien")])
def test_the_report_says_so_too(language, said, tmp_path):
    credit = at.attribute(journeys_of(3, 0.0), LEARN)
    assert learnt_nothing(credit) >= 4  # each is silent in one log of twenty by chance
    at.report(credit, language=language).to_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    said = said.replace(" :", "\u202f:")
    assert page.count(said) == learnt_nothing(credit)
    assert f"additive_hazard{said}" in page


def test_rates_differ_is_the_chi_squared_test_of_scipy():
    won, n = np.array([30.0, 50.0, 44.0]), np.array([100.0, 120.0, 90.0])
    right = stats.chi2_contingency([won, n - won], correction=False).pvalue
    assert rates_differ(won, n) == pytest.approx(right)
    assert rates_differ(won[:1], n[:1]) is None


def test_marks_matter_is_the_mantel_haenszel_test_of_statsmodels_for_one_mark():
    from scipy import sparse
    from statsmodels.stats.contingency_tables import StratifiedTable

    won, n = np.array([30.0, 52.0, 44.0, 61.0]), np.array([100.0, 120.0, 90.0, 110.0])
    tables = [np.array([[won[k + 1], n[k + 1] - won[k + 1]], [won[k], n[k] - won[k]]]) for k in (0, 2)]
    right = StratifiedTable(tables).test_null_odds().pvalue
    inside = sparse.csr_array(np.array([[0.0], [1.0], [0.0], [1.0]]))
    assert marks_matter(inside, np.array([0, 0, 1, 1]), won, n) == pytest.approx(right)


@pytest.mark.parametrize("seen", [[30, 52, 44], [0, 40, 25], [21, 20]])
def test_hazards_differ_is_nearly_pearsons_test_of_rates_where_nothing_else_is(seen):
    """One age, one touch an event: beside scipy's chi-squared test of what is due to each."""
    from scipy import sparse

    seen, spent = np.array(seen, float), np.array([100.0, 120.0, 90.0])[: len(seen)]
    events = Events(sparse.eye_array(len(seen), format="csr"), spent[:, None], np.zeros(1), np.ones(1))
    right = stats.chisquare(seen, seen.sum() * spent / spent.sum()).pvalue
    assert hazards_differ(events, seen) == pytest.approx(right, abs=0.005)
    assert hazards_differ(events, seen / 100) is None


@pytest.mark.parametrize("strength", [0.03, 0.2])
def test_the_size_of_the_test_of_hazards(strength):
    """200 logs whose channels are alike: 5% of p-values below .05, within three standard errors."""
    model, found = at.AdditiveHazard(), []
    for seed in range(200):
        tally = model.tally(simulated(1_000, [strength] * 4, [3.0] * 4, seed, most=6))
        found.append(bool(model.learnt(tally)))
    size = 1 - np.mean(found)
    assert abs(size - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 200), size


@pytest.mark.parametrize("df", [1, 2, 3, 8, 37, 400])
def test_p_values_are_those_of_scipy(df):
    whole = np.full(df + 1, 1_000.0)
    won = np.full(df + 1, 200.0) + 30.0 * np.cos(np.arange(df + 1))
    right = stats.chi2_contingency([won, whole - won], correction=False).pvalue
    assert rates_differ(won, whole) == pytest.approx(right, rel=1e-9)


def test_the_size_of_both_tests():
    """400 logs of 600 users without any effect: 5% of p-values below .05, within three standard errors."""
    rng = np.random.default_rng(5)
    from scipy import sparse

    found = []
    for _ in range(400):
        inside = rng.random((600, 4)) < 0.4
        strata = inside.sum(axis=1)
        won = (rng.random(600) < 0.1 + 0.15 * strata).astype(float)
        found.append(marks_matter(sparse.csr_array(inside.astype(float)), strata, won, np.ones(600)))
    size = np.mean(np.array(found) < 0.05)
    assert abs(size - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400), size


def test_subset_rate_says_when_it_gives_and_takes_more_than_there_is():
    # By hand: rates of {a} .2, {b} .8, all .22: a (.2 - .58) / 2 = -.19, b (.8 + .02) / 2 = .41.
    table = {"path": ["a", "b", "a > b"], "conversions": [20, 8, 16], "nulls": [80, 2, 74]}
    credit = at.attribute(at.read_paths(table), at.Shapley("subset_rate"))
    assert credit.details["shapley"].to_frame()["shapley"].tolist() == pytest.approx([-0.19, 0.41])
    assert any("gives and takes 120 conversions of 44" in note for note in credit.notes)
