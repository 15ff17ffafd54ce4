"""Plots: what is on the Axes, the same colours everywhere, and nothing global changed."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import pairwise
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from attribution._draw import GREY, PALETTE, channel_colors, label_text, to_svg
from attribution.credit.attachments import Look
from attribution.credit.credit import Credit
from attribution.errors import CreditError
from tests.credit.tables import by_month, cells, labels, two_models, with_activity


def named(count: int, models: tuple[str, ...] = ("linear",)) -> Credit:
    names = [f"channel {position:02d}" for position in range(count)]
    amounts = np.random.default_rng(count).lognormal(3, 1, (len(models), count))
    return Credit(models, ("channel",), (labels(*names),), amounts, amounts * 40)


def ticks(ax, axis="y"):
    return [text.get_text() for text in getattr(ax, f"get_{axis}ticklabels")()]


def widths(ax):
    return [patch.get_width() for patch in ax.patches]


def colors(ax):
    return [to_hex(patch.get_facecolor()).upper() for patch in ax.patches]


def png(ax) -> bytes:
    buffer = io.BytesIO()
    ax.figure.savefig(buffer, format="png", dpi=50)
    return buffer.getvalue()


# ----------------------------------------------------------------------------------------------- bars


def test_bars_of_one_model_are_sorted_labelled_and_end_with_unattributed():
    ax = two_models().select(models="last_touch").plot()
    assert ticks(ax) == ["display", "email", "search", "(unattributed)"]
    assert widths(ax) == [6, 2, 0, 2]
    assert colors(ax)[-1] == GREY
    assert [text.get_text() for text in ax.texts] == ["6", "2", "0", "2"]
    assert ax.get_title(loc="left") == "Credited conversions by channel, last_touch"
    assert ax.get_xlabel() == "conversions"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # first on top


def test_bars_of_few_models_stand_together_with_a_legend():
    ax = two_models().plot("share")
    assert ticks(ax) == ["display", "email", "search"]
    assert widths(ax) == [0.5, 0.375, 0.125, 0.75, 0.25, 0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["linear", "last_touch"]
    assert ax.get_title(loc="left") == "Share of credit by channel"
    assert ax.xaxis.get_major_formatter()(0.3) == "30%"


def test_many_models_are_marks():
    models = tuple(f"model {position}" for position in range(15))
    ax = named(12, models).plot()
    assert len(ax.collections) == 16  # a mark a model, and the spans between them
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(models)
    assert np.asarray(ax.collections[1].get_offsets())[:, 1].tolist() == list(range(12))


def test_money_by_hand_with_units_and_flags():
    credit = (
        two_models()
        .select(models="linear")
        .with_spend({"display": 150, "email": 0}, currency="EUR", decimals=0)
    )
    ax = credit.plot("cpa")
    assert ticks(ax) == ["display", "email", "search"]
    assert widths(ax) == [37.5, 0, 0]
    assert {text.get_text() for text in ax.texts if text.get_text()} == {"37.50", "zero cost", "no spend"}
    both = two_models().with_spend({"display": 150, "email": 0}).plot("roas")
    assert {text.get_text(): text.xy[1] for text in both.texts} == {"zero cost": 1, "no spend": 2}
    assert ax.get_xlabel() == "CPA: cost per conversion (EUR)"
    assert widths(credit.plot("roas"))[0] == 3
    assert credit.plot("cost").get_xlabel() == "cost (EUR)"
    assert "linear" not in credit.plot("cost").get_title(loc="left")


def test_dimensions_that_are_not_shown_are_summed():
    ax = by_month().plot(kind="bars")
    assert dict(zip(ticks(ax), widths(ax), strict=True)) == {"display": 3, "email": 3, "(unattributed)": 1}


def test_activity_is_drawn_once_for_all_models():
    ax = with_activity().plot("assisted")
    assert dict(zip(ticks(ax), widths(ax), strict=True)) == {"email": 3, "display": 2, "search": 2}
    assert ax.get_legend() is None


@pytest.mark.parametrize("count", [1, 12, 60])
def test_every_channel_has_its_line_and_the_labels_do_not_overlap(count):
    ax = named(count).plot()
    assert len(ticks(ax)) == count
    png(ax)
    boxes = [text.get_window_extent() for text in ax.get_yticklabels()]
    assert all(upper.y0 >= lower.y1 - 0.5 for upper, lower in pairwise(boxes))
    edge = ax.figure.bbox
    assert all(edge.x0 <= box.x0 and box.x1 <= edge.x1 for box in boxes)


def test_beyond_sixty_channels_the_rest_is_one_line():
    credit = named(200)
    ax = credit.plot()
    assert len(ticks(ax)) == 61
    assert ticks(ax)[-1] == "140 other channels"
    assert sum(widths(ax)) == pytest.approx(credit.conversions.sum())
    assert "first 60 of 200" in ax.get_title(loc="left")
    spent = credit.with_spend(dict.fromkeys(credit.channels, 1.0))
    assert len(ticks(spent.plot("roas"))) == 60


def test_negative_bars_are_drawn_from_zero():
    credit = cells(("channel",), {("a",): (3.0, 1.0), ("b",): (-1.0, 1.0)})
    ax = credit.plot()
    assert widths(ax) == [3, -1]
    assert any(line.get_xdata()[0] == 0 for line in ax.lines)


def test_an_empty_credit_is_an_empty_plot():
    empty = Credit(("linear",), ("channel",), (labels(),), np.zeros((1, 0)), np.zeros((1, 0)))
    assert len(png(empty.plot())) > 0
    nothing = Credit(("a", "b", "c", "d"), ("channel",), (labels(),), np.zeros((4, 0)), np.zeros((4, 0)))
    assert len(png(nothing.plot())) > 0
    months = Credit(
        ("linear",), ("channel", "month"), (labels(), labels()), np.zeros((1, 0)), np.zeros((1, 0))
    )
    assert len(png(months.plot())) > 0
    assert len(png(empty.with_spend({}).plot(kind="spend"))) > 0


# ------------------------------------------------------------------------------------------- over time


def test_over_time_is_the_default_for_periods_and_fills_gaps():
    credit = cells(
        ("channel", "month"),
        {
            ("a", "2026-01"): (2, 20),
            ("a", "2026-03"): (1, 10),
            ("b", "2026-03"): (4, 1),
            ("(unattributed)", "2026-02"): (5, 7),
        },
    )
    ax = credit.plot()
    assert ticks(ax, "x") == ["2026-01", "2026-02", "2026-03"]
    heights = [[bar.get_height() for bar in group] for group in ax.containers]
    assert heights == [[0, 0, 4], [2, 0, 1], [0, 5, 0]]  # b, a, unattributed
    assert [bar.get_y() for bar in ax.containers[1]] == [0, 0, 4]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["(unattributed)", "a", "b"]
    assert ax.get_title(loc="left") == "Credited conversions by month, linear"


def test_shares_over_time_are_of_each_period():
    credit = cells(
        ("channel", "month"), {("a", "2026-01"): (2, 1), ("b", "2026-01"): (6, 1), ("a", "2026-02"): (5, 1)}
    )
    heights = [[bar.get_height() for bar in group] for group in credit.plot("share").containers]
    assert heights == [[0.25, 1.0], [0.75, 0.0]]


def test_ratios_over_time_are_lines_with_gaps():
    rows = {("a", "2026-01"): (2, 30), ("a", "2026-02"): (5, 1), ("b", "2026-02"): (5, 1)}
    spend = {"channel": ["a"], "date": ["2026-01-05"], "cost": [10.0]}
    (line,) = cells(("channel", "month"), rows).with_spend(spend).plot("roas").lines  # none for b
    assert line.get_ydata()[0] == 3
    assert np.isnan(line.get_ydata()[1])


def test_many_channels_over_time_are_the_largest_and_the_rest():
    rows = {(f"c{i:02d}", f"2026-{m:02d}"): (60.0 - i, 1.0) for i in range(60) for m in (1, 2)}
    ax = cells(("channel", "month"), rows).plot()
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[0] == "46 other channels"
    assert names[-1] == "c00"
    assert sum(bar.get_height() for group in ax.containers for bar in group) == 2 * sum(range(1, 61))


def test_a_year_of_days_is_readable():
    days = np.arange("2025-01-01", "2026-01-01", dtype="datetime64[D]").astype(str).tolist()
    credit = cells(("channel", "day"), {(name, day): (1.0, 1.0) for name in ("a", "b") for day in days})
    ax = credit.plot()
    assert len(ticks(ax, "x")) <= 9
    assert len(ax.collections) == 2
    png(ax)


def test_several_models_over_time_teach():
    months = (labels("a", "a"), labels("2026-01", "2026-02"))
    credit = Credit(("x", "y"), ("channel", "month"), months, np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(CreditError, match=r"credit.select\(models='x'\)"):
        credit.plot(kind="time")
    assert widths(credit.plot()) == [2, 2]  # by default bars, then


# ---------------------------------------------------------------------------------------------- spend


def test_share_of_spend_against_share_of_credit():
    credit = two_models().select(models="linear").with_spend({"display": 150, "email": 50})
    ax = credit.plot("value", kind="spend")
    assert np.asarray(ax.collections[0].get_offsets()).tolist() == [[0.75, 0.5], [0.25, 0.4]]
    assert {text.get_text() for text in ax.texts} == {"display", "email"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("share of cost", "share of attributed value")


def test_names_in_the_scatter_do_not_cover_each_other():
    credit = named(60)
    ax = credit.with_spend({name: float(i + 1) for i, name in enumerate(credit.channels)}).plot(kind="spend")
    png(ax)
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) >= 12
    for place, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[place + 1 :])


# --------------------------------------------------------------------------------------------- colours


def test_a_channel_has_one_colour_in_every_plot():
    credit = named(12)
    spent = credit.with_spend({"aaa": 5.0, "channel 03": 5.0})
    wanted = channel_colors(credit.channels)["channel 03"]
    for one, kind in ((credit, "bars"), (spent, "bars"), (credit.select(channels=["channel 03"]), "bars")):
        ax = one.plot(kind=kind)
        assert colors(ax)[ticks(ax).index("channel 03")] == wanted
    dots = spent.plot(kind="spend").collections[0]
    assert to_hex(dots.get_facecolor()[1]).upper() == wanted


def test_palette_decides_where_given():
    credit = named(2)
    ax = Credit(
        credit.models,
        credit.by,
        credit.keys,
        credit.conversions,
        credit.value,
        look=Look(palette=("z", *credit.channels)),
    ).plot()
    assert set(colors(ax)) == set(PALETTE[1:3])


def lab(hexes, matrix=None):
    """Return CIELAB of colours as a person sees them, after Machado et al. (2009) at full severity."""
    rgb = np.array([[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in hexes]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if matrix is not None:
        linear = np.clip(linear @ np.array(matrix).T, 0, 1)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.072175],
            [0.0193339, 0.119192, 0.9503041],
        ]
    )
    xyz = linear @ to_xyz.T / to_xyz.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    ), linear @ to_xyz[1]


DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]


@pytest.mark.parametrize(
    "sight", [None, DEUTERANOPIA, PROTANOPIA], ids=["normal", "deuteranopia", "protanopia"]
)
@pytest.mark.parametrize(("count", "least"), [(12, 17.0), (60, 6.5)])
def test_colours_are_told_apart_also_by_the_colour_blind(sight, count, least):
    seen, _ = lab(PALETTE[:count], sight)
    distance = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert distance[np.triu_indices(count, 1)].min() > least


def test_colours_stand_out_from_white():
    _, luminance = lab(PALETTE)
    assert (1.05 / (luminance + 0.05) >= 1.99).all()
    assert len(set(PALETTE)) == 60


# --------------------------------------------------------------------------------------- hostile names

HOSTILE = ("$a_b^{$", "_hidden", "<b>&", "a\nb\tc\x00", "x" * 200, "😀", "100%$", "  ", "\\frac", "\u202eabc")


@pytest.mark.parametrize("models", [("$m$", "_n"), ("a", "b", "c", "_d$x$")])
def test_hostile_names_are_drawn_as_text(models):
    amounts = np.ones((len(models), len(HOSTILE)))
    credit = Credit(models, ("channel",), (labels(*HOSTILE),), amounts, amounts, look=Look(currency="$US$"))
    ax = credit.plot("value")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(models)
    root = ET.fromstring(to_svg(ax.figure, "f"))
    shown = " ".join(root.itertext())
    for text in ("$a_b^{$", "_hidden", "<b>&", "a b c", "😀", "value ($US$)", "(empty)"):
        assert text in shown
    assert "x" * 33 not in shown


def test_label_text_is_one_short_line():
    assert label_text("a\r\nb\u2028c") == "a b c"
    assert label_text("\ud800x") == "x"
    assert len(label_text("ä" * 50)) == 32


@pytest.mark.parametrize("longest", [8, 12, 18, 32])
def test_long_names_that_begin_alike_stay_apart(longest):
    names = [f"Google Ads / Search / Brand / Campaign no. {number:02d}" for number in range(30)]
    shown = [label_text(name, longest) for name in names]
    assert len(set(shown)) == 30
    assert max(map(len, shown)) <= longest


# ------------------------------------------------------------------------------------------------- svg


def test_svg_is_deterministic_prefixed_and_has_text():
    first, second = (to_svg(two_models().plot().figure, "credit", "Conversions by channel") for _ in range(2))
    assert first == second
    root = ET.fromstring(first)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Conversions by channel"
    names = [element.get("id") for element in root.iter() if element.get("id")]
    assert names
    assert all(name.startswith("credit-") for name in names)
    assert len(set(names)) == len(names)
    assert "display" in list(root.itertext())
    for reference in (part.split(")")[0] for part in first.split("url(#")[1:]):
        assert reference in names
    assert "<?xml" not in first
    assert "<metadata" not in first
    assert "xlink" not in first
    assert "<script" not in first


def test_svg_in_a_page_loads_nothing():
    text = to_svg(two_models().plot().figure, "x")
    assert text.count("http") == 1  # the name of the format itself
    assert 'href="#x-' in text


# --------------------------------------------------------------------------------------- good citizens


def test_ax_given_is_drawn_on_and_returned():
    ax = Figure().add_subplot()
    assert two_models().plot(ax=ax) is ax
    assert len(ax.patches) == 8
    ax = Figure().add_subplot()
    assert by_month().plot("value", ax) is ax


def test_nothing_global_changes():
    before = mpl.rcParams.copy()
    svg = to_svg(two_models().plot().figure, "x")
    by_month().plot()
    assert svg
    assert mpl.rcParams == before


def test_pyplot_is_not_even_imported():
    code = (
        "import sys, numpy as np\n"
        "from attribution.credit.credit import Credit\n"
        "assert 'matplotlib' not in sys.modules and 'pandas' not in sys.modules\n"
        "key = np.array(['a'], dtype=object)\n"
        "Credit(('m',), ('channel',), (key,), np.ones((1, 1)), np.ones((1, 1))).plot()\n"
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"measure": "conversion"}, "did you mean 'conversions'"),
        ({"measure": "roas"}, r"credit.with_spend\(spend\)"),
        ({"measure": "touched"}, "not known"),
        ({"kind": "bar"}, "did you mean 'bars'"),
        ({"kind": "time"}, "draws one model"),
        ({"ax": np.array([1, 2])}, r"ax=axes\[0\]"),
    ],
)
def test_mistakes_teach(arguments, text):
    with pytest.raises(CreditError, match=text):
        two_models().plot(**arguments)


def test_mistakes_of_one_model_teach():
    credit = two_models().select(models="linear")
    with pytest.raises(CreditError, match="not by day, week or month"):
        credit.plot(kind="time")
    with pytest.raises(CreditError, match="needs spend"):
        credit.plot(kind="spend")
    with pytest.raises(CreditError, match="not 'roas'"):
        credit.with_spend({"email": 1}).plot("roas", kind="spend")


def test_activity_cannot_be_summed_over_campaigns():
    whole = with_activity()
    keys = (whole.keys[0], labels("x", "y", "z", "(unattributed)"))
    credit = Credit(
        whole.models, ("channel", "campaign"), keys, whole.conversions, whole.value, whole.activity
    )
    with pytest.raises(CreditError, match="cannot be summed over campaign"):
        credit.plot("touched")
