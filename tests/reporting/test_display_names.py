"""What names a report shows: those of its caller, else the usual ones; its frames keep those of the data."""

from __future__ import annotations

import pytest

import attribution as at
from attribution.errors import CreditError
from attribution.eventlog.channels import NO_TOUCH
from attribution.eventlog.default_rules import DEFAULT_RULES
from attribution.language.catalogue import LANGUAGES, language
from attribution.models.registry import MODELS
from attribution.reporting.html import report
from tests.reporting.pages import read_page
from tests.reporting.test_report import make_credit, paid

MODEL_NAMES = ("last_touch", "linear")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_model_and_every_channel_of_the_default_grouping_has_a_name(code):
    texts = language(code).texts
    names = {*MODELS, *(rule.channel for rule in DEFAULT_RULES)} - {NO_TOUCH}
    assert [name for name in sorted(names) if f"name.{name}" not in texts] == []
    shown = [texts[f"name.{name}"] for name in sorted(names)]
    assert len(set(shown)) == len(shown)
    assert not [text for text in shown if "_" in text]


def test_no_code_of_a_model_or_a_channel_is_left_in_the_text():
    credit = paid(make_credit(["organic_search", "paid_search", "email"], models=MODEL_NAMES))
    most = [section.name for section in report(credit).sections if section.name != "settings"]
    page = read_page(report(credit, sections=most).to_html())
    assert not [name for name in ("last_touch", "organic_search", "paid_search") if name in page.text]
    assert page.heads["credit"] == ["Channel", "Last touch", "Linear"]


def test_labels_name_channels_and_models_everywhere_and_the_frames_keep_the_names():
    credit = paid(make_credit(["organic_search", "email"], models=MODEL_NAMES))
    made = report(
        credit, labels={"organic_search": "Unpaid & found", "linear": "Equal parts", "not_here": "x"}
    )
    page = read_page(made.to_html())
    assert page.heads["credit"] == ["Channel", "Last touch", "Equal parts"]
    assert {row[0][0] for row in page.tables["credit"][:2]} == {"Unpaid & found", "Email"}
    assert "organic_search" not in page.text
    assert set(made.tables["credit"]["channel"][:2]) == {"organic_search", "email"}
    assert made.tables["credit"].columns.tolist() == ["channel", "last_touch", "linear"]


def test_the_channels_of_a_path_are_labelled():
    paths = {"path": ["search > email", "email"], "conversions": [3, 7], "nulls": [5, 9]}
    journeys = at.read_paths(paths)
    made = report(at.attribute(journeys, "linear"), journeys=journeys, labels={"search": "Found it"})
    shown = [row[0][0] for row in read_page(made.to_html()).tables["top_paths"]]
    assert shown == ["Email", "Found it > Email"]


def test_a_default_name_that_the_data_uses_too_is_not_used():
    page = read_page(report(make_credit(["email", "Email"])).to_html())
    assert {row[0][0] for row in page.tables["credit"][:2]} == {"email", "Email"}


def test_markup_in_labels_is_text():
    page = read_page(report(make_credit(["email", "search"]), labels={"email": "<b>x</b>"}).to_html())
    assert "<b>x</b>" in {row[0][0] for row in page.tables["credit"]}
    assert page.names("b") == []


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ("Search", "labels is of type str"),
        ({"email": ""}, "labels['email'] = ''"),
        ({"email": 5}, "labels['email'] = 5"),
        ({5: "five"}, "labels[5] = 'five'"),
        ({"email": "Post", "search": "Post"}, "'email' and 'search' would look alike: 'Post'"),
        ({"email": "search"}, "would look alike: 'search'"),
    ],
)
def test_labels_that_cannot_be_shown_are_refused(labels, told):
    with pytest.raises(CreditError) as caught:
        report(make_credit(["email", "search"]), labels=labels)
    assert told in str(caught.value)
