"""Plots of models: places, disagreement, how sure a place is, transitions and removal effects."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import attribution as at
from attribution.errors import CreditError, ModelError
from tests.credit.tables import by_month

PATHS = {"path": ["a > b", "b", "c > a", "c"], "conversions": [2, 3, 1, 0], "nulls": [2, 1, 3, 4]}


@pytest.fixture(scope="module")
def credit():
    return at.attribute(at.read_paths(PATHS), ["first_touch", "last_touch", "markov"])


@pytest.fixture(scope="module")
def sure():
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    return at.attribute(log, ["linear", "last_touch"], goal="purchase", bootstrap=60, rng=1)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def ticks(ax, axis="y"):
    return [text.get_text() for text in getattr(ax, f"get_{axis}ticklabels")()]


def grid(ax, shape):
    """Return the numbers of a heat map."""
    return np.ma.filled(ax.collections[0].get_array(), np.nan).reshape(shape)


def drawn(ax):
    ax.figure.savefig(io.BytesIO(), format="png", dpi=40)
    return ax


def test_places_are_the_ranks_in_the_colours_of_credit(credit):
    found = credit.compare()
    ax = drawn(found.plot())
    assert [line.get_ydata().tolist() for line in ax.lines] == found.ranks.T.tolist()
    assert ticks(ax, "x") == ["first_touch", "last_touch", "markov"]
    shares = dict(zip(found.channels, found.shares[0], strict=True))
    assert texts(ax)[0] == f"{shares[found.channels[0]]:.1%}"
    bars = credit.select(models="first_touch").plot("share")
    of_bars = dict(zip(ticks(bars), (to_hex(bar.get_facecolor()) for bar in bars.patches), strict=True))
    lines = zip(found.channels, ax.lines, strict=True)
    assert {name: to_hex(line.get_color()) for name, line in lines} == of_bars


def test_each_place_is_held_by_one_channel_also_where_shares_are_equal():
    tied = at.attribute(
        at.read_paths({"path": ["a > b > c"], "conversions": [3]}), ["linear", "first_touch", "markov"]
    )
    lines = np.array([line.get_ydata() for line in tied.compare().plot().lines])
    assert np.sort(lines, axis=0).T.tolist() == [[1, 2, 3]] * 3


def test_shares_and_disagreement_as_heat_maps(credit):
    found = credit.compare()
    ax = drawn(found.plot("shares"))
    assert grid(ax, (3, 3)) == pytest.approx(found.shares.T)
    assert ticks(ax) == list(found.channels)
    apart = grid(drawn(found.plot("disagreement")), (3, 3))
    pairs = found.disagreement().set_index(["first", "second"])["disagreement"]
    assert apart[0, 1] == pytest.approx(pairs["first_touch", "last_touch"])
    assert apart == pytest.approx(apart.T)
    assert apart.diagonal().tolist() == [0, 0, 0]


def test_negative_shares_are_orange():
    journeys = at.read_paths({"path": ["a", "b", "a > b"], "conversions": [8, 0, 2], "nulls": [2, 10, 18]})
    ax = drawn(at.attribute(journeys, ["linear", at.Shapley("exact_rate")]).compare().plot("shares"))
    values = grid(ax, (2, 2))
    assert values.min() < 0
    red, _, blue, _ = ax.collections[0].to_rgba(values.min())
    assert red > blue


def test_transitions_are_the_matrix_and_rows_sum_to_a_hundred(credit):
    solution = credit.details["markov"]
    ax = drawn(solution.plot("transitions"))
    matrix = solution.transition_matrix().loc[ticks(ax), ticks(ax, "x")]
    assert grid(ax, matrix.shape) == pytest.approx(matrix.to_numpy())
    assert ax.get_title(loc="left") == "What comes after each channel"


def test_transitions_of_order_two_lead_to_channels():
    ax = at.attribute(at.read_paths(PATHS), at.Markov(order=2)).details["markov"].plot("transitions")
    assert ticks(ax)[0] == "(start)"
    assert set(ticks(ax)) == {"(start)", "a", "b", "c", "a > b", "c > a"}
    values = grid(ax, (6, 5))
    assert values.sum(axis=1) == pytest.approx(1)
    after_a = dict(zip(ticks(ax, "x"), values[ticks(ax).index("a")], strict=True))
    assert after_a == {"a": 0, "b": 1, "c": 0, "(conversion)": 0, "(null)": 0}


def test_removal_effects_are_bars_in_order(credit):
    solution = credit.details["markov"]
    ax = drawn(solution.plot())
    assert [bar.get_width() for bar in ax.patches] == sorted(solution.effect_conversions, reverse=True)
    assert "journey" in ax.get_xlabel()


def test_thirty_channels_leave_room_and_get_a_scale():
    rng = np.random.default_rng(3)
    names = np.array([f"channel {number:02d}" for number in range(30)])
    table = {
        "path": [" > ".join(names[rng.integers(0, 30, 3)]) for _ in range(400)],
        "conversions": rng.integers(1, 3, 400),
        "nulls": rng.integers(0, 9, 400),
    }
    many = at.attribute(at.read_paths(table), ["linear", "markov"])
    ax = drawn(many.details["markov"].plot("transitions"))
    assert len(ax.figure.axes) == 2  # the map and its scale
    assert texts(ax) == []
    for axes in (ax, drawn(many.compare().plot("shares"))):
        boxes = [text.get_window_extent() for text in axes.get_yticklabels()]
        assert all(upper.y0 >= lower.y1 - 0.5 for upper, lower in pairwise(boxes))
    assert len(drawn(many.compare().plot()).lines) == 30


def test_how_sure_each_place_is(sure):
    one = sure.select(models="last_touch")
    ax = drawn(one.plot("share", kind="places"))
    chance = grid(ax, (13, 13))
    assert chance.sum(axis=1) == pytest.approx(1)
    assert chance.sum(axis=0) == pytest.approx(1)
    first = one.could_be_first("share").set_index("channel")["first_in"]
    assert chance[:, 0] == pytest.approx(first[ticks(ax)])
    ranks = one.intervals("share").set_index("channel").loc[ticks(ax)]
    low = ranks["rank_low"].to_numpy(int) - 1
    assert (np.array([row[:at_least].sum() for row, at_least in zip(chance, low, strict=True)]) <= 0.03).all()


def test_an_axes_given_is_drawn_on(credit, sure):
    for draw in (
        credit.compare().plot,
        credit.details["markov"].plot,
        lambda ax: credit.details["markov"].plot("transitions", ax=ax),
        lambda ax: sure.select(models="linear").plot("share", ax, kind="places"),
    ):
        ax = Figure().add_subplot()
        assert draw(ax=ax) is ax


def test_mistakes_teach(credit, sure):
    with pytest.raises(CreditError, match="did you mean 'shares'"):
        credit.compare().plot("share")
    with pytest.raises(ModelError, match="did you mean 'effects'"):
        credit.details["markov"].plot("effect")
    with pytest.raises(CreditError, match="bootstrap=500"):
        by_month().plot("share", kind="places")
    with pytest.raises(CreditError, match="draws one model"):
        sure.plot("share", kind="places")
