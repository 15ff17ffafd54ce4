"""Experiments that cannot be read: each is refused with the reason and the line that fixes it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import ExperimentError


def users(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    return pd.DataFrame(
        {
            "user_id": np.arange(n),
            "arm": np.where(np.arange(n) % 2, "treatment", "holdout"),
            "converted": rng.random(n) < 0.3,
            "revenue": rng.gamma(1.0, 10.0, n),
            "past": rng.gamma(1.0, 10.0, n),
            "exposed": np.arange(n) % 4 == 1,
            "house": np.arange(n) // 2,
        }
    )


def put(column: str, value: object, rows: object = 3) -> pd.DataFrame:
    frame = users()
    frame[column] = frame[column].astype(float if isinstance(value, float) else object)
    frame.loc[rows, column] = value
    return frame


CASES = [
    ("misspelt arm", lambda: users().replace({"arm": {"holdout": "hold-out"}}), {},
     "no user is in the arm 'holdout'", "holdout='hold-out'"),
    ("misspelt treatment", users, {"treatment": "treatmnt"}, "treatment' (100)", "treatment='treatment'"),
    ("a third arm", lambda: put("arm", "email", [1, 5]), {},
     "neither treatment nor holdout", "treatment=['treatment', 'email']"),
    ("one arm empty", lambda: users().query("arm == 'treatment'"), {},
     "no user is in the arm 'holdout'", "without any outcome"),
    ("no rows", lambda: users().head(0), {}, "no rows", "one row a user"),
    ("three users", lambda: users().head(3), {}, "has 1 users, too few|has 2 users, too few", "plan_holdout"),
    ("no outcome at all", lambda: users().assign(converted=0), {}, "outcome is 0 for everybody", "join"),
    ("constant outcome", lambda: users().assign(converted=1), {}, "outcome is 1 for everybody", "join"),
    ("constant in the arms", lambda: users().assign(revenue=lambda f: 2.0 + 3.0 * (f["arm"] == "treatment")),
     {"outcome": "revenue"}, "does not vary within the arms", "0 and 1"),
    ("missing outcome", lambda: put("revenue", np.nan), {"outcome": "revenue"}, "1 row, first", "fillna"),
    ("infinite outcome", lambda: put("revenue", np.inf), {"outcome": "revenue"}, "infinite", "correct them"),
    ("text outcome", lambda: users().assign(converted="yes"), {}, "not numbers", "astype"),
    ("unknown column", users, {"outcome": "revenu"}, "did you mean 'revenue'", "outcome='revenue'"),
    ("unknown covariate", users, {"covariate": "pasd"}, "did you mean 'past'", "covariate='past'"),
    ("constant covariate", lambda: users().assign(past=5.0), {"covariate": "past"},
     "5 for everybody", "without 'past'"),
    ("covariate constant in an arm", lambda: users().assign(past=lambda f: f["exposed"] * 1.0),
     {"covariate": "past", "despite": ("covariate_balance",)}, "constant among the users of an arm", "cuped"),
    ("covariates alike", lambda: users().assign(twice=lambda f: 2 * f["past"]),
     {"covariate": ["past", "twice"]}, "say the same", "leave one"),
    ("covariate after assignment", lambda: users().assign(past=lambda f: f["past"] + 30 * (f["user_id"] % 2)),
     {"covariate": "past"}, "differ in the covariate", "before assignment"),
    ("a user twice", lambda: pd.concat([users(), users().head(2)]), {},
     "2 units stand in more than one row", "groupby"),
    ("a user in both arms", lambda: pd.concat([users(), users().head(1).assign(arm="treatment")]), {},
     "more than one arm", "assigned twice"),
    ("missing arm", lambda: put("arm", None), {}, "have no label", "dropna"),
    ("arms by id", users, {"assigned": "past"}, "too many for the arms", "assigned="),
    ("exposure counts", lambda: users().assign(exposed=3), {"exposed": "exposed"}, "0 or 1", "> 0"),
    ("nobody exposed", users, {"design": "ghost_ads", "exposed": "exposed"}, "marked as exposed", "the ad"),
    ("half users", lambda: users().assign(n=1.5), {"count": "n"}, "whole number of users", "count="),
    ("unknown design", users, {"design": "ghost"}, "design", "ghost_ads"),
    ("alpha", users, {"alpha": 95}, "alpha=95", "0.05"),
    ("no cost", users, {"cost": 0}, "above zero", "cost="),
    ("shares of other arms", users, {"shares": {"a": 1}}, "no entry for the arm", "shares="),
    ("unknown check", users, {"despite": ("sample-ratio",)}, "sample_ratio", ""),
    ("same arms", users, {"treatment": "holdout"}, "different arms", "treatment="),
    ("no file", lambda: "nowhere.parquet", {}, "no file", "parquet"),
    ("no table", lambda: 5, {}, "neither a path nor a table", "a table of pandas"),
    ("pooled and adjusted", users, {"covariate": "past", "variance": "pooled"}, "do not go", "variance="),
    ("unknown variance", users, {"variance": "pool"}, "variance", "pooled"),
    ("ratio with cost", users, {"denominator": "past", "cost": 5.0}, "do not go together", "cost=None"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "options", "text", "fix"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_it_is_refused_with_the_fix(make, options, text, fix):
    with pytest.raises(ExperimentError, match=text.replace("(", r"\(").replace(")", r"\)")) as caught:
        at.analyze_holdout(make(), **options)
    assert fix in str(caught.value)


def test_negative_revenue_is_analysed_and_said():
    lift = at.analyze_holdout(put("revenue", -50.0), outcome="revenue")
    assert any("negative" in note and "-50" in note for note in lift.details["notes"])
    assert "negative" in lift.summary()


def test_what_was_passed_in_is_unchanged():
    frame = users()
    copy = frame.copy(deep=True)
    at.analyze_holdout(frame, outcome="revenue", covariate="past", exposed="exposed", winsorise=0.9)
    pd.testing.assert_frame_equal(frame, copy)
