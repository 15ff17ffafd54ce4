"""Published randomised experiments, from their counts or rows; PROVENANCE.md says where they come from."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

import attribution as at

CRITEO = Path(__file__).parents[3] / "shared" / "reference" / "criteo_uplift" / "counts.json"


@pytest.mark.parametrize("outcome", ["visit", "conversion"])
def test_criteo_uplift(outcome):
    if not CRITEO.is_file():
        pytest.skip("the reference folder is not beside this checkout")
    facts = json.loads(CRITEO.read_text(encoding="utf-8"))
    cells, published = facts[outcome], facts["published"][outcome]
    control = facts["n_control"] - cells["c_y1"]
    users = {
        "arm": ["treatment"] * 4 + ["holdout"] * 2,
        "exposed": [0, 0, 1, 1, 0, 0],
        outcome: [0, 1, 0, 1, 1, 0],
        "n": [*(cells[name] for name in ("t_e0_y0", "t_e0_y1", "t_e1_y0", "t_e1_y1", "c_y1")), control],
    }
    lift = at.analyze_holdout(users, outcome=outcome, exposed="exposed", count="n")
    assert lift.absolute.value == pytest.approx(published["itt"], abs=1e-12)
    assert [lift.absolute.low, lift.absolute.high] == pytest.approx(published["itt_ci95"], abs=1e-8)
    assert lift.relative.value == pytest.approx(published["itt_rel"], abs=1e-12)
    assert lift.cace is not None
    assert lift.cace.value == pytest.approx(published["cace"], abs=1e-12)
    wald = lift.details["cace_delta"]
    assert [wald.low, wald.high] == pytest.approx(published["cace_ci95_delta"], abs=1e-8)
    assert [lift.cace.low, lift.cace.high] == pytest.approx(published["cace_ci95_delta"], abs=1e-4)
    naive = lift.details["exposed_less_holdout"]
    assert naive == pytest.approx(published["naive_exposed_vs_control"], abs=1e-12)
    assert lift.att == lift.cace  # nobody in the control group was exposed
    assert lift.n == {"treatment": facts["n_treated"], "holdout": facts["n_control"]}


def test_national_supported_work():
    # Printed to four digits; the digits beyond are those of statsmodels' OLS on the same rows.
    causaldata = pytest.importorskip("causaldata", reason="causaldata carries the data")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        people = causaldata.nsw_mixtape.load_pandas().data
    import statsmodels.api as sm

    for variance, cov_type, difference, error in (
        ("welch", "HC2", 1794.34238185, 670.99654447),
        ("pooled", "nonrobust", 1794.34238185, 632.85339241),
    ):
        lift = at.analyze_holdout(
            people, assigned="treat", outcome="re78", treatment=1, holdout=0, variance=variance
        )
        assert lift.n == {"1": 185, "0": 260}
        assert lift.absolute.value == pytest.approx(difference, abs=1e-6)
        assert lift.details["standard_error"] == pytest.approx(error, abs=1e-6)
        fit = sm.OLS(people["re78"].astype(float), sm.add_constant(people["treat"].astype(float)))
        fit = fit.fit(cov_type=cov_type)
        assert lift.absolute.value == pytest.approx(fit.params["treat"], rel=1e-10)
        assert lift.details["standard_error"] == pytest.approx(fit.bse["treat"], rel=1e-10)
        if variance == "pooled":
            assert lift.p_value == pytest.approx(fit.pvalues["treat"], rel=1e-8)
            ends = [lift.absolute.low, lift.absolute.high]
            assert ends == pytest.approx(fit.conf_int().loc["treat"].tolist(), abs=1e-6)


def test_lewis_and_rao_example_of_a_campaign_that_cannot_be_measured():
    # Lewis & Rao (2015): sales of mean 7 and sd 75 per customer, cost 0.14 per exposed customer,
    # a margin of 50%, an ROI of 25%: sales up by 0.35; one million customers in either arm.
    # t = 0.35 / (75 sqrt(2 / 1e6)) = 3.2998, R^2 = (0.35 / 2 / 75)^2 = 5.444e-6.
    from attribution.experiments.holdout.moments import Moments

    n, spread = 1_000_000, 75.0**2
    arms = {
        arm: Moments.of_sums(
            ("sales",), n, np.array([n * mean]), np.array([[n * mean**2 + (n - 1) * spread]])
        )
        for arm, mean in (("treatment", 7.35), ("holdout", 7.0))
    }
    lift = at.analyze_holdout(arms, outcome="sales")
    t = lift.absolute.value / lift.details["standard_error"]
    assert t == pytest.approx(3.2998, abs=1e-3)
    assert (lift.absolute.value / 2 / 75) ** 2 == pytest.approx(5.444e-6, abs=1e-8)
    assert lift.p_value == pytest.approx(math.erfc(t / math.sqrt(2)), rel=1e-3)
