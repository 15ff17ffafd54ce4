"""The same numbers as scipy, statsmodels, linearmodels and tea-tasting, where they compute the same."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import attribution as at

try:  # its import draws from numpy's global generator, which no test may
    import tea_tasting as tt
except ImportError:
    tt = None


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 3_000
    past = rng.gamma(2.0, 10.0, n)
    visits = rng.poisson(2.0, n) + 1
    arm = np.where(np.arange(n) < 2_000, "treatment", "holdout")
    rng.shuffle(arm)
    never = rng.random(n) < 0.4
    exposed = ((arm == "treatment") & ~never) | ((arm == "holdout") & (rng.random(n) < 0.1))
    revenue = past * rng.gamma(1.0, 1.0, n) + 4.0 * exposed + visits
    return pd.DataFrame(
        {"arm": arm, "revenue": revenue, "past": past, "age": rng.normal(40, 9, n), "visits": visits,
         "exposed": exposed, "converted": revenue > 35}
    )  # fmt: skip


def sides(users: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    return tuple(users.loc[users["arm"] == arm, column].to_numpy(float) for arm in ("treatment", "holdout"))


@pytest.mark.parametrize("outcome", ["revenue", "converted"])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_difference_is_scipys_welch_test(users, outcome, alpha):
    lift = at.analyze_holdout(users, outcome=outcome, alpha=alpha)
    found = stats.ttest_ind(*sides(users, outcome), equal_var=False)
    low, high = found.confidence_interval(1 - alpha)
    assert lift.p_value == pytest.approx(found.pvalue, rel=1e-8)
    assert [lift.absolute.low, lift.absolute.high] == pytest.approx([low, high], abs=1e-8)


@pytest.mark.parametrize("outcome", ["revenue", "converted"])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_pooled_variance_is_scipys_student_test(users, outcome, alpha):
    lift = at.analyze_holdout(users, outcome=outcome, alpha=alpha, variance="pooled")
    found = stats.ttest_ind(*sides(users, outcome))
    low, high = found.confidence_interval(1 - alpha)
    assert lift.p_value == pytest.approx(found.pvalue, rel=1e-8)
    assert [lift.absolute.low, lift.absolute.high] == pytest.approx([low, high], abs=1e-8)
    assert lift.method.startswith("Student's difference")


def lin_by_statsmodels(users: pd.DataFrame, outcome: str, covariates: list[str]) -> tuple[float, float]:
    """Return effect and HC2 standard error of the outcome on arm, centered covariates and their products."""
    import statsmodels.api as sm

    x = users[covariates] - users[covariates].mean()
    t = (users["arm"] == "treatment").to_numpy(float)
    design = np.column_stack([np.ones(len(users)), t, x, x.to_numpy() * t[:, None]])
    fit = sm.OLS(users[outcome].to_numpy(float), design).fit(cov_type="HC2")
    return fit.params[1], fit.bse[1]


@pytest.mark.parametrize("outcome", ["revenue", "converted"])
@pytest.mark.parametrize("covariates", [["past"], ["past", "age", "visits"]])
def test_lins_regression_is_that_of_statsmodels_with_hc2(users, outcome, covariates):
    lift = at.analyze_holdout(users, outcome=outcome, covariate=covariates)
    effect, error = lin_by_statsmodels(users, outcome, covariates)
    assert lift.absolute.value == pytest.approx(effect, rel=1e-9)
    assert lift.details["standard_error"] == pytest.approx(error, rel=1e-9)


def test_lins_regression_where_leverage_is_large(users):
    # Ten users an arm, one of them with a past unlike all others: leverages near one, where HC2 is not HC0.
    few = pd.concat([part.head(10) for _, part in users.groupby("arm")])
    few = few.assign(past=np.where(np.arange(20) % 10 == 0, 900.0, few["past"]))
    lift = at.analyze_holdout(few, outcome="revenue", covariate="past", despite=("covariate_balance",))
    effect, error = lin_by_statsmodels(few, "revenue", ["past"])
    assert lift.absolute.value == pytest.approx(effect, rel=1e-8)
    assert lift.details["standard_error"] == pytest.approx(error, rel=1e-8)


def test_lins_regression_where_rows_stand_for_many_users(users):
    cells = users.assign(
        visits=users["visits"] % 4, bought=users["visits"].clip(upper=3) + users["converted"]
    )
    cells = cells.groupby(["arm", "visits", "bought"], as_index=False).size()
    lift = at.analyze_holdout(cells, outcome="bought", covariate="visits", count="size")
    rows = cells.loc[cells.index.repeat(cells["size"])]
    effect, error = lin_by_statsmodels(rows, "bought", ["visits"])
    assert lift.absolute.value == pytest.approx(effect, rel=1e-8)
    assert lift.details["standard_error"] == pytest.approx(error, rel=1e-8)


def test_lins_regression_among_those_whom_a_ghost_ad_compares(users):
    lift = at.analyze_holdout(
        users,
        outcome="revenue",
        covariate="past",
        exposed="exposed",
        design="ghost_ads",
        despite=("exposure_ratio",),
    )
    effect, error = lin_by_statsmodels(users[users["exposed"]], "revenue", ["past"])
    assert lift.absolute.value == pytest.approx(effect, rel=1e-8)
    assert lift.details["standard_error"] == pytest.approx(error, rel=1e-8)


def test_effect_per_complier_is_two_stage_least_squares(users):
    iv = pytest.importorskip("linearmodels.iv", reason="linearmodels is not installed")
    equal = pd.concat([part.head(900) for _, part in users.groupby("arm")])
    lift = at.analyze_holdout(equal, outcome="revenue", exposed="exposed")
    ones, z = pd.Series(1.0, index=equal.index), (equal["arm"] == "treatment").astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = iv.IV2SLS(
            equal["revenue"], ones.rename("one"), equal["exposed"].astype(float), z.rename("z")
        ).fit(cov_type="robust")
    assert lift.cace is not None
    assert lift.cace.value == pytest.approx(fit.params["exposed"], rel=1e-8)
    wald = lift.details["cace_delta"]
    # Two-stage least squares divides by n, we by n - 1 in each arm.
    found = stats.ttest_ind(*sides(equal, "revenue"), equal_var=False)
    error = (wald.high - wald.low) / 2 / stats.t.ppf(0.975, found.df)
    assert error * np.sqrt(899 / 900) == pytest.approx(fit.std_errors["exposed"], rel=1e-8)


def test_effect_per_complier_with_one_variance_is_textbook_two_stage_least_squares(users):
    iv = pytest.importorskip("linearmodels.iv", reason="linearmodels is not installed")
    lift = at.analyze_holdout(users, outcome="revenue", exposed="exposed", variance="pooled")
    ones, z = pd.Series(1.0, index=users.index), (users["arm"] == "treatment").astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = iv.IV2SLS(
            users["revenue"], ones.rename("one"), users["exposed"].astype(float), z.rename("z")
        ).fit(cov_type="unadjusted", debiased=True)
    assert lift.cace is not None
    assert lift.cace.value == pytest.approx(fit.params["exposed"], rel=1e-8)
    wald = lift.details["cace_delta"]
    error = (wald.high - wald.low) / 2 / stats.t.ppf(0.975, len(users) - 2)
    assert error == pytest.approx(fit.std_errors["exposed"], rel=1e-8)


@pytest.mark.parametrize(
    ("options", "metric"),
    [
        ({}, ("Mean", ["revenue"], {})),
        ({"covariate": "past", "adjust": "cuped"}, ("Mean", ["revenue", "past"], {})),
        ({"denominator": "visits"}, ("RatioOfMeans", ["revenue", "visits"], {})),
    ],
)
def test_means_cuped_and_ratios_are_those_of_tea_tasting(users, options, metric):
    if tt is None:
        pytest.skip("tea-tasting is not installed")
    kind, columns, more = metric
    lift = at.analyze_holdout(users, outcome="revenue", **options)
    frame = users.assign(variant=(users["arm"] == "treatment").astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = tt.Experiment(x=getattr(tt, kind)(*columns, **more)).analyze(frame, control=0)["x"]
    assert lift.absolute.value == pytest.approx(found.effect_size, rel=1e-8)
    assert [lift.absolute.low, lift.absolute.high] == pytest.approx(
        [found.effect_size_ci_lower, found.effect_size_ci_upper], rel=1e-8
    )
    assert lift.p_value == pytest.approx(found.pvalue, rel=1e-6)
    assert lift.relative.value == pytest.approx(found.rel_effect_size, rel=1e-8)


def test_clusters_of_one_size_are_welchs_test_on_their_means(users):
    arms = [part.head(990) for _, part in users.groupby("arm")]
    house = [np.arange(990) // 3 + 1000 * place for place in range(2)]
    grouped = pd.concat([part.assign(house=ids) for part, ids in zip(arms, house, strict=True)])
    lift = at.analyze_holdout(grouped, outcome="revenue", cluster="house")
    means = grouped.groupby(["arm", "house"], as_index=False)["revenue"].mean()
    found = stats.ttest_ind(*sides(means, "revenue"), equal_var=False)
    low, high = found.confidence_interval()
    assert lift.details["units"] == {"treatment": 330, "holdout": 330}
    assert lift.p_value == pytest.approx(found.pvalue, rel=1e-8)
    assert [lift.absolute.low, lift.absolute.high] == pytest.approx([low, high], rel=1e-8)


def test_segments_are_corrected_as_by_statsmodels(users):
    from statsmodels.stats.multitest import multipletests

    split = users.assign(region=np.arange(len(users)) % 4)
    for correction in ("holm", "fdr_bh"):
        lift = at.analyze_holdout(split, outcome="revenue", segment="region", correction=correction)
        p_values = [
            stats.ttest_ind(*sides(part, "revenue"), equal_var=False).pvalue
            for _, part in split.groupby("region")
        ]
        assert lift.segments is not None
        found = lift.segments.to_frame().set_index("region").sort_index()["p_adjusted"]
        assert found.tolist() == pytest.approx(
            multipletests(p_values, method=correction)[1].tolist(), rel=1e-8
        )
