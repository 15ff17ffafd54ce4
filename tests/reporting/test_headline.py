"""When the findings say that models agree: to a tenth of a point, which is what the sentence promises."""

from __future__ import annotations

import pytest

import attribution as at
from attribution.reporting.html import report


@pytest.mark.parametrize(("mixed", "agree"), [(0, True), (4, True), (6, False), (20, False), (400, False)])
def test_models_agree_where_no_share_differs_by_half_a_tenth_of_a_point(mixed, agree):
    """By hand: of 10,000 conversions so many go to `a` by first touch, to `b` by last; 5 are half a tenth."""
    rest = 10_000 - mixed
    paths = {"path": ["a", "b", "a > b"], "conversions": [rest // 2, rest - rest // 2, mixed]}
    credit = at.attribute(at.read_paths(paths), ["first_touch", "last_touch"])
    shares = credit.to_frame().set_index(["model", "channel"])["share"]
    assert shares["first_touch", "a"] - shares["last_touch", "a"] == pytest.approx(mixed / 10_000)
    text = report(credit).to_html()
    assert ("The models agree on every channel to a tenth of a point" in text) is agree
    assert ("The models disagree most about" in text) is not agree
