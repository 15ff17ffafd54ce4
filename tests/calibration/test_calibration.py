"""Calibration: the posterior against brute force, coverage and error by simulation, refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.calibration import error as rms_error
from benchmarks.calibration import rate, score
from benchmarks.calibration_worlds import LAWS, drawn
from scipy import stats
from tests.sizes import sizes

import attribution as at
from attribution.calibration.evidence import captured
from attribution.credit.attachments import Provenance
from attribution.errors import ExperimentError
from attribution.experiments.shared.lift import Lift
from attribution.stats.shrinkage import pool

E = np.array([0.2, 0.9, np.nan, 0.5])
S = np.array([0.1, 0.3, np.nan, 0.05])
PRIOR = {"prior": (0.7, 0.5), "spread": 0.3}


def make_credit(amounts=(300.0, 500.0, 200.0), lost=100.0, **beside):
    return at.Credit(
        models=("last_touch",),
        by=("channel",),
        keys=(np.array(["email", "retargeting", "search", "(unattributed)"], dtype=object),),
        conversions=np.array([[*amounts, lost]]),
        value=100 * np.array([[*amounts, lost]]),
        **beside,
    )


def test_the_posterior_is_that_of_a_weighted_prior_sample():
    # Brute force: 400,000 draws of (tau, m, effects) from the prior, weighted by the likelihood of E. Whether
    # an untested channel is odd is not looked for: its variance is what it is on average.
    rng = np.random.default_rng(1)
    n = 400_000
    tau = np.abs(rng.normal(0, 0.3, n))
    m = rng.normal(0.7, 0.5, n)
    known = np.isfinite(E)
    odd = np.where(known, rng.random((n, 4)) < 0.05, 0.05)
    effects = m[:, None] + np.sqrt(tau[:, None] ** 2 + 4 * odd) * rng.normal(size=(n, 4))
    log_w = (-0.5 * ((E - effects)[:, known] / S[known]) ** 2).sum(axis=1)
    w = np.exp(log_w - log_w.max())
    w /= w.sum()
    posterior = pool(E, S, **PRIOR)
    for factors in (*np.eye(4), np.array([3.0, 5.0, 2.0, 4.0])):
        line = effects @ factors
        mean = w @ line
        sd = math.sqrt(w @ (line - mean) ** 2)
        got = posterior.moments(factors)
        assert got[0] == pytest.approx(mean, abs=0.1 * sd)
        assert got[1] == pytest.approx(sd, rel=0.1)
        middle = float(posterior.quantiles(factors, np.array([0.5]))[0])
        assert posterior.below(factors, middle) == pytest.approx(0.5)
        assert w @ (line < middle) == pytest.approx(0.5, abs=0.05)


def test_the_grid_is_fine_enough():
    # The same posterior by scipy's adaptive quadrature over tau.
    from scipy.integrate import quad

    known = np.isfinite(E)
    e, v = E[known], S[known] ** 2

    def density(tau):
        cov = np.diag(tau**2 + v) + 0.5**2
        return stats.multivariate_normal.pdf(e, np.full(3, 0.7), cov) * stats.halfnorm.pdf(tau, scale=0.3)

    def mean_of_untested(tau):
        total = tau**2 + v
        return (0.7 / 0.25 + (e / total).sum()) / (1 / 0.25 + (1 / total).sum())

    want = quad(lambda t: density(t) * mean_of_untested(t), 0, 3)[0] / quad(density, 0, 3)[0]
    assert pool(E, S, odd=(0, 1), **PRIOR).moments(np.eye(4)[2])[0] == pytest.approx(want, abs=2e-3)


def test_one_odd_channel_does_not_drag_the_others_after_it():
    # Video with few last touches and five times as many effects, among four channels near .4.
    estimates, errors = np.array([0.4, 0.5, 0.3, 0.4, 5.0, np.nan]), np.full(6, 0.1)
    untested = np.eye(6)[5]
    assert pool(estimates, errors, **PRIOR).moments(untested)[0] == pytest.approx(0.41, abs=0.04)
    assert pool(estimates, errors, odd=(0, 1), **PRIOR).moments(untested)[0] > 0.8
    assert pool(estimates, errors, **PRIOR).moments(np.eye(6)[4])[0] == pytest.approx(5.0, abs=0.1)
    # Nothing is built for more odd ones than can be told apart.
    many = pool(np.linspace(0, 1, 40), np.full(40, 0.1), **PRIOR)
    assert 0 < many.moments(np.eye(40)[0])[0] < 0.2


def test_exact_experiments_rule_and_vague_ones_yield():
    sharp = pool(np.array([0.1, 0.4, 1.2]), np.full(3, 1e-4), **PRIOR)
    np.testing.assert_allclose([sharp.moments(row)[0] for row in np.eye(3)], [0.1, 0.4, 1.2], atol=1e-3)
    vague = pool(np.array([9.0, -9.0]), np.full(2, 1e3), **PRIOR)
    assert vague.moments(np.eye(2)[0])[0] == pytest.approx(0.7, abs=1e-2)


@sizes(few=(20, 0.86, 1.0, 0.89), full=(80, 0.92, 0.99, 0.92))
@pytest.mark.parametrize("error", [0.013, 0.03, 0.06])
def test_calibrated_credit_beats_raw_credit_and_experiments_alone_and_covers(error, size):
    # Factors from another law than the prior's, 13 channels, 3 tested with an error of so much of all
    # conversions; 80 worlds, 240 tests: Monte Carlo error of a coverage .014, of 20 worlds .028.
    n_worlds, least, most, untested = size
    worlds = drawn(LAWS["uniform factors"], 10_000, error * 10_000, n_worlds, 3, 3)
    scores = [score(world, "drawn", 3) for world in worlds]
    assert rms_error(scores, "calibrated") < rms_error(scores, "credit")
    assert rms_error(scores, "calibrated") < rms_error(scores, "test alone")
    assert rms_error(scores, "calibrated", tested=False) < rms_error(scores, "credit", tested=False)
    assert least <= rate(scores, "tested")[0] <= most
    assert rate(scores, "untested")[0] >= untested
    assert all(one.bounded for one in scores)
    assert sum(one.verdict[0] for one in scores) == 0  # no effect becomes "perhaps none"


def test_adjustment_and_inflation():
    # Google Meridian's recipe by hand: p = .8, two years, spend doubled.
    evidence = at.Evidence(
        at.Estimate(80.0, 60.4, 99.6), attributed=200, capture=0.8, age_weeks=104, spend_ratio=2.0, extra=0.5
    )
    factor, error = evidence.factor(0, 0.05)
    assert factor == pytest.approx(80 / 200 / 0.8)
    inflation = 1 + (2 - 1) + (1 - 0.25) / 0.25 + 0.2 / 0.8 + 0.5
    assert error == pytest.approx(10 / 1.959964 * 1.96 / 200 / 0.8 * math.sqrt(inflation), rel=1e-4)
    sampled = replace(evidence, attributed_error=20.0).factor(0, 0.05)[1]
    assert sampled == pytest.approx(
        math.sqrt((19.6 / 1.959964) ** 2 + (0.4 * 20) ** 2) / 200 / 0.8 * math.sqrt(inflation), rel=1e-4
    )
    assert captured([0.5, 0.3, 0.2], 2) == pytest.approx(0.8)


def test_several_experiments_multiply():
    one, two = at.Estimate(100.0, 2.0, 198.0), at.Estimate(200.0, 151.0, 249.0)
    calibrated = at.calibrate(make_credit(), {"retargeting": [one, two]})
    s = np.array([50, 25]) / 500 * 1.96 / 1.959964
    want = (np.array([0.2, 0.4]) / s**2).sum() / (1 / s**2).sum()
    assert calibrated.estimates[1] == pytest.approx(want)
    # They are 1.79 standard errors apart; Cochran's Q is the square of that, on one degree of freedom.
    apart = 0.2 / math.sqrt((s**2).sum())
    assert calibrated.errors[1] == pytest.approx((1 / s**2).sum() ** -0.5 * apart)
    agree = at.calibrate(make_credit(), {"retargeting": [at.Estimate(190.0, 92.0, 288.0), two]})
    assert agree.errors[1] == pytest.approx((1 / s**2).sum() ** -0.5)


def test_the_table_adds_up_to_the_log_and_nothing_is_renormalised():
    credit = make_credit().with_spend({"email": 10.0, "retargeting": 20_000.0, "search": 0.0})
    calibrated = at.calibrate(credit, {"retargeting": at.Estimate(25.0, -24.0, 74.0)})
    frame = calibrated.to_frame().set_index("channel")
    assert frame["incremental"].sum() == pytest.approx(1_100)  # attributed and unattributed alike
    assert frame.loc["(baseline)", "incremental"] > 100
    assert frame.loc["retargeting", "iroas"] == pytest.approx(
        frame.loc["retargeting", "factor"] * 50_000 / 20_000
    )
    assert math.isnan(frame.loc["search", "iroas"])
    cost = frame.loc["retargeting"]
    assert cost["cost_per_incremental"] == pytest.approx(20_000 / cost["incremental"])
    assert cost["cost_per_incremental_ci_high"] == math.inf  # none may have been caused
    untested = frame.loc["email", "factor_ci_high"] - frame.loc["email", "factor_ci_low"]
    tested = frame.loc["retargeting", "factor_ci_high"] - frame.loc["retargeting", "factor_ci_low"]
    assert untested > tested
    stake = calibrated.next_test()
    assert stake["channel"].iloc[0] == "email"
    assert stake["at_stake"].iloc[0] == pytest.approx(30_000 * stake["sd_factor"].iloc[0])
    for text in (calibrated.summary(), repr(calibrated), calibrated._repr_html_()):
        assert "would have happened anyway" in text
    assert "A test of email would settle most" in calibrated.summary()
    for measure in ("factor", "incremental", "iroas"):
        assert len(calibrated.plot(measure).get_yticklabels()) == (
            2 if measure == "iroas" else 4 - (measure == "factor")
        )


def test_campaigns_get_the_factor_of_their_channel():
    credit = at.Credit(
        models=("linear",),
        by=("channel", "campaign"),
        keys=(np.array(["email", "email", "search"], dtype=object), np.array(["a", "b", "c"], dtype=object)),
        conversions=np.array([[10.0, 30.0, 60.0]]),
        value=np.array([[1.0, 3.0, 6.0]]),
    )
    frame = at.calibrate(credit, {"email": at.Estimate(20.0, 10.0, 30.0)}).to_frame()
    assert frame["factor"][0] == frame["factor"][1]
    assert frame["incremental"].sum() == pytest.approx(100)
    by_value = at.calibrate(credit, {"email": at.Estimate(2.0, 1.0, 3.0)}, measure="value").to_frame()
    np.testing.assert_allclose(by_value["factor"][:3], frame["factor"][:3])


def test_leave_one_out_flags_the_channel_that_is_unlike_the_others():
    amounts = dict.fromkeys("abcdefgh", 1_000.0)
    credit = at.Credit(
        models=("linear",),
        by=("channel",),
        keys=(np.array(list(amounts), dtype=object),),
        conversions=np.array([list(amounts.values())]),
        value=np.zeros((1, 8)),
    )
    lifts = {channel: at.Estimate(700.0, 661.0, 739.0) for channel in "abcdefg"} | {
        "h": at.Estimate(-900.0, -939.0, -861.0)
    }
    calibrated = at.calibrate(credit, lifts)
    missed = calibrated.leave_one_out().set_index("channel")["inside"]
    assert not missed["h"]
    assert missed[list("abcdefg")].all()
    assert "do not predict that of h" in calibrated.summary()


def users_of(data, channel):
    frame = data.users.to_pandas()
    return frame.rename(columns={f"arm_{channel}": "arm"})


def test_an_experiment_on_the_same_log_calibrates_and_one_on_another_is_refused():
    data = at.datasets.simulate(4_000, seed=5, days=120, holdout={"retargeting": 0.3})
    log = at.read_log(data.touches, data.conversions)
    credit = at.attribute(log, "last_touch", lookback="30D", goal="purchase")
    lift = at.analyze_holdout(users_of(data, "retargeting"), outcome="purchases")
    calibrated = at.calibrate(credit, {"retargeting": lift})
    row = calibrated.to_frame().set_index("channel").loc["retargeting"]
    assert row["tested"]
    place = calibrated.channels.index("retargeting")
    assert calibrated.estimates[place] == pytest.approx(lift.incremental.value / row["attributed"])
    half = at.analyze_holdout(users_of(data, "retargeting").head(1_000), outcome="purchases")
    with pytest.raises(ExperimentError, match="not the same users, days or conversions") as refused:
        at.calibrate(credit, {"retargeting": half})
    assert "..." not in str(refused.value)  # a line to copy has no blank: what must be found out is said
    assert "To do: credit the experiment's own users and days by themselves" in str(refused.value)
    assert at.calibrate(credit, {"retargeting": at.Evidence(half, attributed=40)}).errors[place] > 0
    with pytest.raises(ExperimentError, match="start 2024-06-01"):
        at.calibrate(credit, {"retargeting": at.Evidence(lift, start="2024-06-01")})
    with pytest.raises(ExperimentError, match="counted 'lead'"):
        at.calibrate(credit, {"retargeting": at.Evidence(lift, goal="lead")})
    assert isinstance(lift, Lift)
    blocked = replace(lift, details={**lift.details, "blocked": ("sample_ratio",)})
    with pytest.raises(ExperimentError, match="blocked by a failed check"):
        at.calibrate(credit, {"retargeting": blocked})
    with pytest.raises(ExperimentError, match="no incremental value"):
        at.calibrate(credit, {"retargeting": lift}, measure="value")


ONE = at.Estimate(25.0, -24.0, 74.0)


def test_a_test_may_begin_and_end_a_day_off_and_no_more():
    """A midnight of another zone is a day off, the day before that is another test."""
    days = np.array(["2026-03-02", "2026-03-31"], "datetime64[us]").astype(np.int64)
    credit = make_credit(provenance=Provenance(window=(int(days[0]), int(days[1]))))
    for start, end in (("2026-03-01", "2026-03-30"), ("2026-03-03", "2026-04-01")):
        assert at.calibrate(credit, {"email": at.Evidence(ONE, start=start, end=end)})
    for days_off in (
        {"start": "2026-02-28"},
        {"start": "2026-03-04"},
        {"end": "2026-03-29"},
        {"end": "2026-04-02"},
    ):
        with pytest.raises(ExperimentError, match="the experiment on 'email' has"):
            at.calibrate(credit, {"email": at.Evidence(ONE, **days_off)})


def test_a_channel_without_credit_is_split_alike_over_its_cells():
    credit = at.Credit(
        models=("last_touch",),
        by=("channel", "campaign"),
        keys=(
            np.array(["email", "email", "sms", "sms", "sms"], dtype=object),
            np.array(["a", "b", "a", "b", "c"], dtype=object),
        ),
        conversions=np.array([[300.0, 100.0, 0.0, 0.0, 0.0]]),
        value=np.zeros((1, 5)),
    )
    calibrated = at.calibrate(credit, {"email": at.Estimate(200.0, 100.0, 300.0)})
    frame = calibrated.to_frame().set_index("channel")
    whole = calibrated.pooled.estimate
    assert frame.loc["email", "incremental"].tolist() == pytest.approx([0.75 * whole[0], 0.25 * whole[0]])
    assert frame.loc["sms", "incremental"].tolist() == pytest.approx([whole[1] / 3] * 3)


@pytest.mark.parametrize(
    ("lifts", "options", "words"),
    [
        ({}, {}, "names no experiment"),
        ({"e-mail": ONE}, {}, "did you mean 'email'"),
        ({"email": 0.3}, {}, "not a Lift"),
        ({"email": []}, {}, "not a Lift"),
        ({"email": [ONE, 3]}, {}, "holds a int"),
        ({"email": at.Estimate(3.0, -math.inf, math.inf)}, {}, "no bounded interval"),
        ({"email": at.Evidence(ONE, attributed=0.0)}, {}, "leaves no factor"),
        ({"email": ONE}, {"prior": 0.7}, "no mean and standard deviation"),
        ({"email": ONE}, {"spread": 0}, "above 0"),
        ({"email": ONE}, {"alpha": 5}, "below 1"),
        ({"email": ONE}, {"measure": "sales"}, "no measure = 'sales'"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(lifts, options, words):
    with pytest.raises(ExperimentError, match=words):
        at.calibrate(make_credit(), lifts, **options)


def test_more_refusals():
    with pytest.raises(ExperimentError, match="has no credit to calibrate"):
        at.calibrate(make_credit((0.0, 5.0, 5.0)), {"email": ONE})
    two = replace(make_credit(), models=("a", "b"), conversions=np.ones((2, 4)), value=np.ones((2, 4)))
    with pytest.raises(ExperimentError, match="2 models"):
        at.calibrate(two, {"email": ONE})
    with pytest.raises(ExperimentError, match="not a Credit"):
        at.calibrate({"email": 3}, {"email": ONE})
    for options in ({"capture": 0.0}, {"spend_ratio": 0.5}, {"age_weeks": math.nan}, {"extra": "1"}):
        with pytest.raises(ExperimentError):
            at.Evidence(ONE, **options)
    for weights in ([], [-1.0, 2.0], [0.0]):
        with pytest.raises(ExperimentError):
            captured(weights, 3)


# Geo tests: the numbers are arithmetic on the lift (return times cost, or incremental over credit).

CITIES = ["geo 03", "geo 08", "geo 12", "geo 17", "geo 21", "geo 26"]


def geo_lift(kind="heavy_up", **more):
    dark = kind == "go_dark"
    data = at.datasets.simulate_geo(
        30, days=100, seed=5, treated=CITIES, lift=-0.12 if dark else 0.08, change=-1.0 if dark else 1.0
    )
    days = {"start": "2025-03-19", "end": "2025-04-15", "treated": CITIES, "method": "did"}
    return at.analyze_geo(data.panel, **{"cost": "spend", **days, **more})


@pytest.mark.parametrize("kind", ["heavy_up", "go_dark"])
def test_what_travels_from_a_geo_test_is_its_return(kind):
    lift = geo_lift(kind)
    credit = make_credit().with_spend({"email": 5_000, "search": 1_000})
    calibrated = at.calibrate(credit, {"email": lift}, measure="value")
    assert lift.iroas is not None
    assert lift.iroas.value > 0  # dark: effect and cost are both below 0
    assert calibrated.tested[0].factor == pytest.approx(lift.iroas.value * 5_000 / 30_000, rel=1e-9)
    # Not the width of Welch's t over a normal quantile, which is another number at each level.
    assert calibrated.tested[0].error == pytest.approx(lift.iroas.std_error * 5_000 / 30_000, rel=1e-9)


def test_a_geo_test_of_conversions_says_so_by_its_goal():
    lift = geo_lift(value=50.0)  # as if a conversion were worth 50
    credit = make_credit().with_spend({"email": 500})
    with pytest.raises(ExperimentError, match="money, or conversions"):
        at.calibrate(credit, {"email": lift})
    counted = at.calibrate(credit, {"email": at.Evidence(lift, goal="purchase")})
    assert lift.cost_per_incremental is not None
    expected = 500 / lift.cost_per_incremental.value / 300
    assert counted.tested[0].factor == pytest.approx(expected, rel=1e-9)


def test_a_geo_test_with_credit_of_its_own_needs_no_spend():
    up, dark = geo_lift(), geo_lift("go_dark")
    for lift in (up, dark):
        evidence = at.Evidence(lift, attributed=400_000.0)
        found = at.calibrate(make_credit(), {"email": evidence}, measure="value").tested[0]
        assert lift.incremental is not None
        assert found.factor == pytest.approx(abs(lift.incremental.value) / 400_000, rel=1e-9)
    evidence = at.Evidence(dark, attributed=400_000.0).found("value")
    assert evidence is not None
    assert evidence.low < evidence.value < evidence.high


@pytest.mark.parametrize(
    ("credit", "lift", "said"),
    [
        (make_credit(), {}, ["other regions and days", "with_spend"]),
        (make_credit().with_spend({"search": 10}), {}, ["other regions and days"]),
        (make_credit().with_spend({"email": 10}), {"cost": None}, ["what it cost", "cost="]),
    ],
)
def test_geo_tests_that_cannot_be_set_against_credit_are_refused(credit, lift, said):
    with pytest.raises(ExperimentError) as caught:
        at.calibrate(credit, {"email": geo_lift(**lift)}, measure="value")
    for part in said:
        assert part in str(caught.value)


@pytest.mark.parametrize("error", [0.2, 0.9, 40.0])
def test_a_standard_error_counts_whatever_its_size_and_the_interval_is_not_read(error):
    evidence = at.Evidence(at.Estimate(2.0, -60.0, 64.0, std_error=error), attributed=10.0)
    assert evidence.factor(0, 0.05) == pytest.approx((0.2, error / 10))
