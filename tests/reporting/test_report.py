"""The report says what the frames say, whatever the names are, and asks nothing of anybody."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import attribution as at
from attribution.credit.attachments import Activity, Look, Provenance
from attribution.credit.credit import Credit
from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import OutputError
from attribution.reporting.formats import MISSING, Style, fit, label, shorten
from attribution.reporting.html import Report, report
from tests.reporting.pages import read_page

UNATTRIBUTED = "(unattributed)"
HOSTILE = [
    "<script>alert(1)</script>",
    "</style></table><img src=x onerror=alert(1)>",
    "\" onmouseover='alert(1)",
    "=cmd|' /C calc'!A0",
    "a > b",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "$x^2$ & <!-- -->",
    "](javascript:alert(1)) | `x`",
    "\U0001f4a9 \U0001f468\u200d\U0001f469\u200d\U0001f467 فارسی",
    "line\nbreak\ttab",
    "&lt;b&gt;",
    "]]>",
    "",
]


def make_credit(names=("email", "search", "video"), *, models=("last_touch", "linear"), lost=4.0, **options):
    """Return a Credit of given channels with numbers that no two cells share."""
    keys = [*names, UNATTRIBUTED] if lost else [*names]
    cells = len(keys)
    rng = np.random.default_rng(5)
    conversions = rng.uniform(1, 400, (len(models), cells))
    value = conversions * rng.uniform(20, 60, conversions.shape)
    conversions[:, : len(names)] *= 900 / conversions[:, : len(names)].sum(axis=1, keepdims=True)
    if lost:
        conversions[:, -1], value[:, -1] = lost, 33.3
    activity = Activity(*(rng.uniform(1, 90, cells) for _ in range(5)))
    settings = {
        "lookback": "30D",
        "after_conversion": "reset",
        "models": {name: f"{name}()" for name in models},
    }
    return Credit(
        models=tuple(models),
        by=("channel",),
        keys=(np.array(keys, dtype=object),),
        conversions=conversions,
        value=value,
        activity=activity,
        provenance=Provenance(settings, (1735689600_000_000, 1767225599_000_000)),
        look=Look(**options),
    )


def paid(credit):
    names = [name for name in credit.keys[0].tolist() if name != UNATTRIBUTED]
    return credit.with_spend({name: 100.0 * place for place, name in enumerate(names[:-1], 1)}, currency="€")


CHECKS = CheckResults(
    [
        CheckResult("null_keys", True, "no null users"),
        CheckResult("duplicates", False, "12 rows twice", 12, [{"user_id": "u-secret"}], "drop_duplicates()"),
        CheckResult("ties", None, "3 users have ties", 3),
    ]
)


def test_the_numbers_in_the_page_are_those_of_the_frames():
    made = report(paid(make_credit()), checks=CHECKS)
    page = read_page(made.to_html())
    assert page.unclosed == []
    assert set(page.tables) == set(made.tables)
    tables = {
        block.name: block for section in made.sections for block in section.blocks if hasattr(block, "frame")
    }
    compared = 0
    for name, frame in made.tables.items():
        columns = tables[name].columns
        assert page.heads[name] == [column.title for column in columns]
        assert len(page.tables[name]) == len(frame)
        for row, (_, values) in zip(page.tables[name], frame.iterrows(), strict=True):
            for column, (text, exact) in zip(columns, row, strict=True):
                value = values[column.key]
                if not column.style.numeric:
                    assert text == column.style.write(value)
                elif math.isnan(value):
                    assert (text, exact) == (MISSING, None)
                else:
                    assert exact == value
                    assert text == column.style.write(float(value))
                    compared += 1
    assert compared > 100


def test_the_credit_table_is_the_credit():
    credit = make_credit()
    frame = report(credit).tables["credit"].set_index("channel")
    expected = credit.to_frame().pivot(index="channel", columns="model", values="conversions")
    for model in credit.models:
        for channel in [*credit.channels, UNATTRIBUTED]:
            assert frame.loc[channel, model] == expected.loc[channel, model]
        assert frame.loc["All conversions", model] == pytest.approx(904.0)


def test_the_money_tables_are_the_credit_with_spend():
    credit = paid(make_credit())
    made = report(credit)
    expected = credit.to_frame().set_index(["model", "channel"])
    roas = made.tables["roas"].set_index("channel")
    for model in credit.models:
        for channel in credit.channels:
            same = expected.loc[(model, channel)]
            np.testing.assert_equal(roas.loc[channel, model], same["roas"])
            np.testing.assert_equal(made.tables["cpa"].set_index("channel").loc[channel, model], same["cpa"])
    total = credit.value[0, :3].sum() / 300.0
    assert roas.loc["All channels", "last_touch"] == pytest.approx(total)
    single = made.tables["money_2"].set_index("channel")
    for measure in (
        "cost",
        "conversions",
        "value",
        "roas",
        "roi",
        "cpa",
        "cost_share",
        "share",
        "value_share",
    ):
        np.testing.assert_equal(
            single[measure].to_numpy(), expected.loc["linear"].loc[single.index, measure].to_numpy()
        )


def test_spend_on_one_side_only_is_told():
    made = report(make_credit(), spend={"email": 10.0, "radio": 5.0, "search": 0.0})
    page = read_page(made.to_html())
    assert "Credited, but without any spend: Video." in page.text
    assert "Spend, but no credit under any model: radio." in page.text
    assert "Spend of zero: search." in page.text


def test_the_page_runs_nothing_and_asks_for_nothing():
    text = report(paid(make_credit(HOSTILE)), checks=CHECKS).to_html()
    page = read_page(text)
    assert page.unclosed == []
    tags = {tag for tag, _ in page.tags}
    assert tags.isdisjoint(
        {"script", "iframe", "object", "embed", "link", "img", "form", "base", "foreignobject"}
    )
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"href", "src", "xlink:href"}:
                assert str(value).startswith("#"), (tag, value)
    assert "url(http" not in text
    assert "@import" not in text
    policy = [
        tag["content"] for tag in page.names("meta") if tag.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_hostile_names_stay_text():
    page = read_page(report(paid(make_credit(HOSTILE))).to_html())
    shown = {row[0][0] for row in page.tables["credit"]}
    assert {label(name) for name in HOSTILE} <= shown
    assert "49" not in {row[0][0] for row in page.tables["credit"]}


def test_hostile_models_titles_and_checks_stay_text():
    bad = "<script>alert(1)</script>"
    checks = [CheckResult(bad, False, bad, 1, (), bad)]
    credit = make_credit(models=(bad, "linear"), currency=bad)
    made = report(
        credit, spend={"email": 3.0, "search": 4.0}, checks=checks, title=bad, manifest={bad: {bad: bad}}
    )
    page = read_page(made.to_html())
    assert page.names("script") == []
    assert page.unclosed == []
    assert "<script" not in made.to_markdown()


def test_hostile_names_stay_text_in_markdown():
    text = report(make_credit(HOSTILE)).to_markdown()
    assert "<script" not in text
    assert "<img" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    for line in text.splitlines():
        if line.startswith("|"):
            bare = re.sub(r"\\.", "", line)
            assert bare.count("|") == bare.split("\n")[0].count("|")
    table = text.split("Conversions credited to each channel")[1].split("\n\n")[1].splitlines()
    assert len({re.sub(r"\\.", "", line).count("|") for line in table}) == 1


def test_control_characters_and_overrides_do_not_reach_the_page():
    text = report(make_credit(["a\x00b", "c\u202ed", "e\x1b[31m"])).to_html()
    assert not re.search("[\x00\x1b\u202e]", text)
    assert "a\ufffdb" in text


def test_figures_tell_what_they_show():
    page = read_page(report(paid(make_credit())).to_html())
    drawings = page.names("svg")
    assert len(drawings) == 8  # four, each for wide and for narrow screens
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert len(drawing["aria-label"] or "") > 60
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    labels = [attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes]
    assert set(labels) <= set(ids)


def test_every_link_of_the_page_leads_somewhere():
    page = read_page(report(paid(make_credit()), checks=CHECKS).to_html())
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert {link["href"] for link in page.names("a")} <= {f"#{name}" for name in ids}


def test_the_same_input_gives_the_same_bytes():
    first = report(paid(make_credit()), checks=CHECKS).to_html()
    assert report(paid(make_credit()), checks=CHECKS).to_html() == first


def test_example_rows_of_the_audit_stay_out():
    made = report(make_credit(), checks=CHECKS)
    assert "u-secret" not in made.to_html() + made.to_markdown()
    assert "1 check of 3 failed: duplicates." in made.to_html()


def test_no_checks_and_checks_that_pass():
    assert "Audit of the log" not in report(make_credit()).to_html()
    assert "The one check did not fail." in report(make_credit(), checks=CHECKS[:1]).to_html()


def test_a_log_without_values_has_no_columns_of_value():
    credit = make_credit()
    credit.settings["has_value"] = False  # type: ignore[index]
    made = report(credit, spend={"email": 100.0, "search": 50.0})
    assert "roas" not in made.tables
    assert "credit_value" not in made.tables
    assert "cpa" in made.tables
    assert "worth" not in made.to_html()


def test_a_log_without_conversions_or_channels_still_gives_a_report():
    empty = Credit(
        models=("linear",),
        by=("channel",),
        keys=(np.array([], dtype=object),),
        conversions=np.zeros((1, 0)),
        value=np.zeros((1, 0)),
    )
    page = read_page(report(empty).to_html())
    assert "no conversions" in page.text
    assert page.unclosed == []
    nothing = make_credit(lost=0)
    nothing.conversions[:] = 0
    nothing.value[:] = 0
    assert read_page(report(nothing, spend={"email": 3.0}).to_html()).unclosed == []


def test_ten_thousand_channels_give_a_page_that_can_be_read():
    names = [f"channel {number:05d}" for number in range(10_000)]
    text = report(paid(make_credit(names))).to_html()
    assert len(text) < 2_000_000
    assert "9,940 channels with less credit are not shown; the totals count them." in text


def test_long_names_of_channels_and_models_leave_room_for_the_drawing():
    names = ["x" * 300, "many words " * 20, "short"]
    page = read_page(report(paid(make_credit(names, models=["y" * 200, *"abcd"]))).to_html())
    assert len(page.names("svg")) == 8
    assert all(len(row[0][0]) <= 60 for row in page.tables["credit"])


def test_one_model_is_said_by_name():
    text = read_page(report(make_credit(models=("linear",))).to_html()).text
    assert "Credited conversions by channel, Linear" in text
    assert "disagree" not in text


def test_a_model_called_like_a_column_has_a_column_of_its_own():
    made = report(make_credit(models=("channel", "cost")), spend={"email": 1.0, "search": 2.0})
    assert made.tables["roas"].columns.tolist() == [
        "channel",
        "cost",
        "cost_share",
        "channel (1)",
        "cost (2)",
    ]


def test_a_breakdown_sums_to_its_channels_and_keeps_the_roles():
    touches = {
        "user_id": [1, 1, 2],
        "time": ["2026-01-01", "2026-01-02", "2026-02-05"],
        "channel": ["a", "b", "a"],
    }
    conversions = {"user_id": [1, 2], "time": ["2026-01-03", "2026-02-06"], "value": [30.0, 10.0]}
    pa = pytest.importorskip("pyarrow")
    journeys = at.build_journeys(at.read_log(pa.table(touches), pa.table(conversions)))
    credit = at.attribute(journeys, ["linear", "last_touch"], by=("channel", "month"))
    made = report(credit, journeys=journeys)
    breakdown = made.tables["breakdown"]
    totals = breakdown.groupby("channel")["conversions under linear"].sum()
    assert made.tables["credit"].set_index("channel").loc[["a", "b"], "linear"].to_dict() == totals.to_dict()
    assert made.tables["activity"].set_index("channel")["touched"].to_dict() == {"a": 2.0, "b": 1.0}
    page = read_page(made.to_html())
    assert "Credited conversions by month, Linear" in page.text


def test_top_paths_are_those_of_the_journeys():
    paths = {"path": ["search > email", "email", "video"], "conversions": [3, 7, 0], "nulls": [5, 9, 4]}
    journeys = at.read_paths(paths)
    made = report(at.attribute(journeys, "linear"), journeys=journeys, top_paths=2)
    assert made.tables["top_paths"]["path"].tolist() == ["email", "search > email"]
    assert made.tables["top_paths"]["conversions"].tolist() == [7.0, 3.0]
    assert "top_paths" not in report(at.attribute(journeys, "linear"), journeys=journeys, top_paths=0).tables


def test_a_notebook_shows_the_page_in_a_frame_of_its_own():
    hostile = report(paid(make_credit(HOSTILE)), title='"><script>hurt()</script>')
    shown = read_page(hostile._repr_html_())
    (frame,) = shown.names("iframe")
    assert frame["srcdoc"] == hostile.to_html()
    assert frame["sandbox"] == "", "nothing of the page runs in the notebook"
    assert shown.names("script") == []


def test_a_report_is_written_in_full_or_not_at_all(tmp_path):
    made = report(make_credit())
    path = tmp_path / "report.html"
    assert made.to_html(path) == path
    assert made.to_html(str(path)) == path
    assert path.read_text(encoding="utf-8") == made.to_html()
    assert made.to_markdown(tmp_path / "report.md") == tmp_path / "report.md"
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == made.to_markdown()
    assert made.to_markdown().startswith("# Marketing attribution\n")
    with pytest.raises(OutputError):
        made.to_html(tmp_path / "missing" / "report.html")
    with pytest.raises(OutputError):
        made.to_html("/dev/full")


def test_a_report_shows_its_contents():
    made = report(make_credit())
    assert isinstance(made, Report)
    assert "credit_share" in repr(made)
    assert made.subtitle == "1 January 2025 to 31 December 2025"


def test_numbers_are_written_for_people():
    assert Style("money", 0, "€").write(-0.4) == "€0"
    assert Style("count", 0).write(1e15) == "1,000,000,000,000,000"
    assert Style("ratio", 2).write(float("inf")) == "∞"
    assert fit("money", [999.5]).decimals == 2
    assert fit("money", [999.5], decimals=0).decimals == 0
    assert fit("share", []).write(-0.123) == "\N{MINUS SIGN}12.3%"
    assert shorten("x" * 100, 20) == "x" * 12 + "…" + "x" * 7
