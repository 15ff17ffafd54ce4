"""The report on paper, A4 and Letter: nothing cut, no heading alone, no word or number broken."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.browser.paper import print_page
from tests.browser.sample import full_report
from tests.browser.test_page import open_page

# What of a table is never broken: numbers, headings, and the words of names that are not very long.
WHOLE = (
    "return [...document.querySelectorAll('table[id] td.n, table[id] thead th, table[id] tbody th')]"
    ".map(one => one.textContent)"
)
HEADINGS = "return [...document.querySelectorAll('h2, .caption, summary')].map(one => one.textContent)"
FIGURES = (
    "return [...document.querySelectorAll('figure')].map(one => [one.querySelector('.caption').textContent,"
    " [...one.querySelectorAll('.roomy svg text')].map(text => text.textContent)])"
)


@pytest.fixture(scope="module", params=[("en", "A4"), ("fr", "Letter")], ids=" ".join)
def printed(request, browser, tmp_path_factory):
    code, size = request.param
    folder = tmp_path_factory.mktemp("paper")
    full_report(language=code, title='The year 2025 \\ "so far"').to_html(folder / "report.html")
    open_page(browser, (folder / "report.html").as_uri())
    page = {name: browser.execute_script(ask) for name, ask in (("whole", WHOLE), ("headings", HEADINGS))}
    return print_page(browser, folder, size), page, browser.execute_script(FIGURES)


def squeezed(text):
    return re.sub(r"\s", "", text)


def test_no_word_leaves_the_sheet(printed):
    sheets, *_ = printed
    assert len(sheets) > 5
    outside = [
        (number, word)
        for number, sheet in enumerate(sheets, start=1)
        for word in sheet.words
        if word.left < 30 or word.right > sheet.width - 30 or word.bottom > sheet.height - 10
    ]
    assert outside == []


def test_no_sheet_ends_with_a_heading(printed):
    sheets, page, _ = printed
    headings = {squeezed(text) for text in page["headings"]}
    ends = [(number, sheet.lines()[-1]) for number, sheet in enumerate(sheets, start=1)]
    assert [end for end in ends if squeezed(end[1]) in headings] == []


def test_no_word_and_no_number_of_a_table_is_broken(printed):
    sheets, page, _ = printed
    there = {word.text for sheet in sheets for word in sheet.words}
    there |= {piece for word in there for piece in re.split(r"[\u00a0\u202f]", word)}
    wanted = {part for text in page["whole"] for part in re.split(r"\s", text) if len(part) <= 24}
    assert len(wanted) > 300
    assert sorted(wanted - there - {""}) == []


def test_a_figure_stands_on_one_sheet(printed):
    sheets, _, figures = printed
    pages = [squeezed("".join(word.text for word in sheet.words)) for sheet in sheets]
    words = [Counter(squeezed("".join(word.text for word in sheet.words))) for sheet in sheets]
    assert len(figures) >= 8
    for caption, texts in figures:
        on = [number for number, text in enumerate(pages) if squeezed(caption) in text]
        needed = Counter(squeezed("".join(texts)))
        assert any(not needed - words[number] for number in on), (caption, on)


def test_sheets_are_numbered_and_bear_the_title(printed):
    sheets, *_ = printed
    for number, sheet in enumerate(sheets, start=1):
        foot = " ".join(word.text for word in sheet.words if word.top > sheet.height - 45)
        assert foot == f"{number} / {len(sheets)}"
        head = " ".join(word.text for word in sheet.words if word.bottom < 42)
        assert head.startswith('The year 2025 \\ "so far"') == (number > 1), head


@pytest.mark.parametrize(("code", "size"), [("en", "A4"), ("fr", "Letter")])
def test_the_brief_is_two_sheets_at_the_most(browser, tmp_path, code, size):
    full_report(language=code, preset="brief").to_html(tmp_path / "brief.html")
    open_page(browser, (tmp_path / "brief.html").as_uri())
    sheets = print_page(browser, tmp_path, size)
    assert len(sheets) <= 2
    assert len(sheets[0].lines()) > 15
