"""Cells of few conversions: their intervals are marked, because they hold too little."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.coverage_cells import EACH, EXPECTED, MODELS, draw

import attribution as at
from attribution.credit.credit_intervals import FEW
from attribution.language.catalogue import language


@pytest.fixture(scope="module")
def credit():
    # Ten conversions of email, nine of sms, which had a touch before of mail in one journey of search.
    n = {"search": 300, "email": 10, "sms": 9}
    channels = [name for name, count in n.items() for _ in range(count)]
    users = list(range(len(channels)))
    touches = {"user_id": users, "time": ["2026-01-01"] * len(users), "channel": channels}
    log = at.read_log(touches, {"user_id": users, "time": ["2026-01-02"] * len(users)})
    return at.attribute(log, ["linear", "last_touch"], by=("channel", "month"), bootstrap=60, rng=1)


def test_cells_below_the_number_are_marked_and_those_at_it_are_not(credit):
    frame = credit.intervals("conversions").set_index(["model", "channel"])["few"]
    assert FEW == 10
    for model in credit.models:
        assert frame[model].to_dict() == {"search": False, "email": False, "sms": True}
    share = credit.intervals("share", correction="max_t")
    assert share["few"].tolist() == frame.tolist()


def test_the_summary_says_how_many_and_is_silent_where_there_are_none(credit):
    [line] = [line for line in credit.summary().splitlines() if "fewer than 10" in line]
    assert "fewer than 10 conversions by some model" in line
    assert "1 of 3 cells by channel, month" in line
    assert "fewer than" not in credit.select(channels=["search", "email"]).summary()
    bare = at.attribute(at.read_paths({"path": ["a"], "conversions": [3]}), "linear")
    assert "fewer than" not in bare.summary()


@pytest.mark.parametrize("code", ["en", "fr"])
def test_the_report_names_them(credit, code):
    page = at.report(credit, language=code).to_html()
    told = language(code)("sure.few", channels="SMS", n=FEW)
    assert told in page.replace("\N{NO-BREAK SPACE}", " ") or told in page
    quiet = at.report(credit.select(channels=["search", "email"]), language=code).to_html()
    assert language(code)("sure.few", channels="", n=FEW)[:20] not in quiet


def test_the_number_is_where_intervals_begin_to_hold():
    """Known shares: 60 logs of four cells of each size (seed 5), a Monte Carlo error of 2 points a row.

    docs/validation.md has 400 logs. Cells of two or three conversions hold .85 to .90 by share, those of ten
    and more .92 to .95.
    """
    held = []
    for log in range(25):
        rng = np.random.default_rng([5, log])
        journeys, chances = draw(rng)
        frame = at.attribute(journeys, MODELS[0], bootstrap=200, rng=rng).intervals("value_share")
        low, high = (frame[end].to_numpy()[1:] for end in ("ci_low", "ci_high"))
        held.append((low <= chances[1:]) & (chances[1:] <= high))
    by_size = np.array(held).reshape(25, len(EXPECTED), EACH).mean(axis=(0, 2))
    small, enough = np.array(EXPECTED) <= 3, np.array(EXPECTED) >= FEW
    assert by_size[small].mean() < 0.88
    assert by_size[enough].mean() > 0.91
