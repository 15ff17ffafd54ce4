"""The simulated panel of regions: one world for one seed, with the truth beside it."""

from __future__ import annotations

import numpy as np
import pytest

from attribution.datasets import simulate_geo
from attribution.errors import DatasetError

TREATED = ["geo 03", "geo 08"]


def sales(data):
    days = data.settings["days"]
    return np.array(data.panel["sales"].to_pylist()).reshape(-1, days)


def test_the_same_seed_gives_the_same_panel_and_another_seed_another():
    one = simulate_geo(10, days=40, seed=3)
    assert one.panel == simulate_geo(10, days=40, seed=3).panel
    assert one.panel != simulate_geo(10, days=40, seed=4).panel


def test_more_days_leave_the_first_ones_as_they_are():
    short, long = simulate_geo(10, days=40, seed=3), simulate_geo(10, days=90, seed=3)
    assert (sales(long)[:, :40] == sales(short)).all()


def test_a_treatment_changes_nothing_but_the_treated_geos_in_the_test():
    plain = simulate_geo(10, days=60, seed=3)
    data = simulate_geo(10, days=60, seed=3, treated=TREATED, test=("2025-02-10", "2025-02-19"), lift=0.2)
    moved = np.argwhere(sales(data) != sales(plain))
    assert set(moved[:, 0]) == {2, 7}
    assert moved[:, 1].min() == 35
    assert moved[:, 1].max() == 44


def test_the_truth_is_the_difference_of_the_two_worlds():
    plain = simulate_geo(10, days=60, seed=3)
    data = simulate_geo(10, days=60, seed=3, treated=TREATED, lift=0.2, change=0.5, carryover=0.6)
    (row,) = data.truth.to_pylist()
    assert row["incremental"] == pytest.approx((sales(data) - sales(plain)).sum(), abs=0.01)
    cost = sum(data.panel["spend"].to_pylist()) - sum(plain.panel["spend"].to_pylist())
    assert row["cost"] == pytest.approx(cost, abs=0.01)
    assert row["iroas"] == pytest.approx(row["incremental"] / row["cost"], rel=1e-6)


def test_carry_over_outlives_the_test_and_adds_up_to_nearly_the_same():
    # Closed form: on day t of the test 1 - 0.5**t of the full effect is there; it halves each day after.
    data = simulate_geo(
        4, days=40, seed=1, treated="geo 01", test=("2025-01-26", "2025-01-30"), lift=0.5, carryover=0.5
    )
    ratio = sales(data)[0] / sales(simulate_geo(4, days=40, seed=1))[0] - 1
    assert ratio[20:27] == pytest.approx(
        0.5 * np.array([0.5, 0.75, 0.875, 0.9375, 0.96875, 0.484375, 0.2421875]), abs=1e-4
    )


def test_cells_have_effects_of_their_own():
    data = simulate_geo(
        6,
        days=60,
        treated={"search": ["geo 01"], "video": ["geo 02"]},
        lift={"search": 0.1, "video": -0.2},
        change={"search": 1.0, "video": -1.0},
        holidays=False,
    )
    search, video = data.truth.to_pylist()
    assert search["lift_in_test"] == pytest.approx(0.1, abs=1e-4)
    assert video["lift_in_test"] == pytest.approx(-0.2, abs=1e-4)
    assert video["cost"] < 0 < search["cost"]


def test_noise_has_the_spread_and_the_correlation_it_was_given():
    # Known truth: without season, holidays and factors' share, log sales are AR(1) of sd 0.2 and phi 0.5.
    data = simulate_geo(30, days=400, seed=2, noise=0.2, autocorrelation=0.5, season=0, holidays=False)
    logs = np.log(sales(data))
    own = logs - logs.mean(axis=1, keepdims=True)
    own -= own.mean(axis=0)
    assert own.std() == pytest.approx(0.2, rel=0.06)
    assert (own[:, 1:] * own[:, :-1]).mean() / (own**2).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"treated": ["geo 3"]}, "did you mean 'geo 03'"),
        ({"treated": {"a": ["geo 03"], "b": ["geo 03"]}}, "treated twice"),
        ({"test": ("2026-01-01", "2026-01-07")}, "does not lie in the panel"),
        ({"test": "2025-01-10"}, "not a first and a last day"),
        ({"start": "soon"}, "is no day"),
        ({"carryover": 1.0}, "below 1"),
        ({"noise": -1}, "at least 0"),
        ({"treated": TREATED, "lift": {"serch": 0.1}}, "no entry for the cell"),
        ({"n_geos": 1}, "at least 2"),
        ({"days": 60_000_000}, "more than the simulator takes"),
    ],
)
def test_what_is_impossible_is_refused(asked, problem):
    with pytest.raises(DatasetError, match=problem):
        simulate_geo(**{"n_geos": 10, "days": 60, **asked})


def test_the_text_tells_the_truth_and_the_frame_has_days():
    data = simulate_geo(10, days=60, seed=3, treated=TREATED, lift=0.2, holidays=True)
    assert "lift +20.0% in the test" in repr(data)
    assert "<pre>" in data._repr_html_()
    assert data.to_frame()["date"].dtype.kind == "M"
    assert simulate_geo(4, days=40, start="2025-12-20").holidays == (
        "2025-12-24",
        "2025-12-25",
        "2025-12-26",
        "2026-01-01",
    )
