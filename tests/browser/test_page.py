"""The report as a browser shows it: nothing fetched, nothing hidden, nothing that runs, readable by all."""

from __future__ import annotations

import base64
import json
import math
import re
from pathlib import Path

import pytest

from attribution.reporting.formats import label
from attribution.reporting.html import report
from tests.browser.sample import HOSTILE, full_report, hostile_report

PHONE, DESK = 390, 1440
READABLE = 9.0  # CSS pixels, of the letters in a drawing
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><script>document.hurt = 1</script>'
    '<rect width="120" height="40" fill="#0072B2"/></svg>'
)

# Of the rows of a table that differ in their words and numbers alone, two are left: what axe says of a row
# it says of all of its kind, and a table of a hundred rows takes it ten seconds.
ONE_OF_A_KIND = """
const seen = {};
for (const row of document.querySelectorAll('tbody tr')) {
  const bare = row.outerHTML.replace(/>[^<]+</g, '><').replace(/ value="[^"]*"|--w:[0-9.]+/g, '');
  const kind = row.closest('table').id + bare;
  seen[kind] = (seen[kind] || 0) + 1;
  if (seen[kind] > 2) row.remove();
}
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    logo = tmp_path_factory.mktemp("logo") / "logo.svg"
    logo.write_text(LOGO)
    return full_report(logo=logo)


@pytest.fixture(scope="session")
def page(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    made.to_html(path)
    return path.as_uri()


def resize(browser, width, *, scheme="light", media=""):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [feature]})


def open_page(browser, uri, width=DESK, **options):
    resize(browser, width, **options)
    browser.get(uri)


@pytest.mark.parametrize("width", [1280, DESK])
def test_a_table_of_eight_models_is_seen_whole(browser, tmp_path, width):
    from tests.reporting.test_report import make_credit, paid

    models = ("last_touch", "first_touch", "last_non_direct", "linear", "time_decay", "u_shaped", "w_shaped")
    path = tmp_path / "eight.html"
    credit = paid(make_credit([f"organic_search_{n}" for n in range(9)], models=(*models, "markov")))
    report(credit, currency="€").to_html(path)
    open_page(browser, path.as_uri(), width)
    cut = browser.execute_script(
        "document.querySelectorAll('details').forEach(one => one.open = true);"
        "return [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"
        ".map(one => one.querySelector('table').id)"
    )
    assert cut == []
    columns = "return document.querySelector('#table-roas thead tr').cells.length"
    assert browser.execute_script(columns) == 11


def test_it_opens_from_a_file_and_asks_for_nothing(browser, page):
    browser.get("about:blank")
    browser.get_log("performance"), browser.get_log("browser")
    open_page(browser, page)
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith("data:")] == [page]  # the logo is in the page
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.scripts.length") == 0


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_section_figure_and_table_can_be_seen(browser, page, made, width):
    open_page(browser, page, width)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width  # only tables scroll sideways
    boxes = browser.execute_script(
        "return [...document.querySelectorAll('section, figure, table[id], .fact, h1, h2')].map(one => {"
        " const box = one.getBoundingClientRect(); return [one.tagName + one.id, box.width, box.height]; })"
    )
    assert all(box[1] > 40 and box[2] > 15 for box in boxes), boxes
    tables = browser.execute_script("return [...document.querySelectorAll('table[id]')].map(one => one.id)")
    assert tables == [f"table-{name}" for name in made.tables]
    shown = browser.execute_script(
        "return [...document.querySelectorAll('figure')].map(one => [...one.querySelectorAll('svg')]"
        ".filter(svg => svg.getBoundingClientRect().width > 100).length)"
    )
    assert len(shown) >= 8
    assert set(shown) == {1}  # the drawing for this width, and only it


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_letters_in_drawings_can_be_read(browser, page, width):
    open_page(browser, page, width)
    sizes = browser.execute_script(
        "return [...document.querySelectorAll('svg text')].filter(one => one.getClientRects().length)"
        ".map(one => [one.textContent, parseFloat(getComputedStyle(one).fontSize)"
        " * Math.hypot(one.getScreenCTM().c, one.getScreenCTM().d)])"
    )
    assert len(sizes) > 100
    assert min(size for _, size in sizes) >= READABLE, sorted(sizes, key=lambda one: one[1])[:5]


def test_a_table_that_is_wider_than_the_screen_says_so(browser, page):
    open_page(browser, page, PHONE)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    silent = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 8"
        " && !(one.previousElementSibling && one.previousElementSibling.matches('.hint')"
        " && one.previousElementSibling.getClientRects().length)).map(one => one.querySelector('table').id)"
    )
    assert silent == []


def test_print_shows_what_is_folded(browser, page, made):
    open_page(browser, page)
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 5
    resize(browser, 794, media="print")  # A4
    heights = browser.execute_script(
        "return [...document.querySelectorAll('table, figure .roomy svg')]"
        ".filter(one => !one.closest('.on-screen')).map(one =>"
        " [one.id, one.getBoundingClientRect().height, one.getBoundingClientRect().right])"
    )
    assert len(heights) >= len(made.tables) + 8
    assert all(height > 15 for _, height, _ in heights), [one for one in heights if one[1] <= 15]
    assert all(right <= 800 for _, _, right in heights), [one for one in heights if one[2] > 800]
    larger = browser.execute_script(
        "const size = one => parseFloat(getComputedStyle(one).fontSize);"
        " return [...document.querySelectorAll('table')].filter(one => one.querySelector('tbody td')"
        " && size(one.querySelector('thead th')) > size(one.querySelector('tbody td')) + .1)"
        ".map(one => one.id)"
    )
    assert larger == []  # a heading of larger letters than its column breaks in the middle of words


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "light"), (DESK, "dark")])
def test_axe_finds_no_barrier(browser, page, width, scheme):
    axe = pytest.importorskip("axe_core_python", reason="brings axe-core (dependency group browser)")
    open_page(browser, page, width, scheme=scheme)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.execute_script(ONE_OF_A_KIND)
    browser.execute_script(Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run({exclude: ['.drawing svg > *']}, {resultTypes: ['violations'],"
        " runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
        ".then(out => done([out.violations.map(one => [one.id, one.nodes.length, one.nodes[0].html]),"
        " out.passes.map(one => one.id)]), error => done([[String(error)], []]))"
    )
    violations, passed = found
    assert violations == []
    assert {
        "color-contrast",
        "svg-img-alt",
        "region",
        "landmark-one-main",
        "html-has-lang",
        "image-alt",
    } <= set(passed)


def test_the_keyboard_reaches_sections_and_tables(browser, page):
    from selenium.webdriver.common.keys import Keys

    open_page(browser, page, PHONE)
    active = browser.switch_to.active_element
    active.send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.get_attribute("class") == "skip"
    assert first.get_attribute("href").endswith("#answer")
    assert first.rect["x"] >= 0  # seen while it has the focus
    focusable = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')].every(one => one.tabIndex === 0)"
    )
    assert focusable


def test_the_numbers_shown_are_those_of_the_frames(browser, page, made):
    open_page(browser, page)
    shown = browser.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('table[id]')].map("
        "table => [table.id.slice(6), [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => {"
        " const data = cell.querySelector('data'); return data ? Number(data.value) : null; }))]))"
    )
    blocks = {
        block.name: block for section in made.sections for block in section.blocks if hasattr(block, "frame")
    }
    compared = 0
    for name, block in blocks.items():
        for position, column in enumerate(block.columns):
            if not column.style.numeric:
                continue
            for row, value in zip(shown[name], block.frame[column.key].tolist(), strict=True):
                if value is None or math.isnan(value):
                    assert row[position] is None
                else:
                    assert row[position] == value or not math.isfinite(value)
                    compared += 1
    assert compared > 500


def test_hostile_names_stay_text(browser, tmp_path):
    path = tmp_path / "hostile.html"
    hostile_report().to_html(path)
    open_page(browser, path.as_uri())
    assert browser.get_log("browser") == []
    assert browser.title.startswith("<script>")
    assert (
        browser.execute_script("return document.querySelectorAll('script, img, iframe, object').length") == 0
    )
    assert browser.execute_script("return window.hurt === undefined")
    names = browser.execute_script(
        "return [...document.querySelectorAll('#table-credit tbody th')].map(one => one.textContent)"
    )
    assert {label(name) for name in HOSTILE} <= set(names)
    # A name that is read from right to left leaves the numbers beside it where they are.
    resize(browser, PHONE)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE


def test_a_logo_is_part_of_the_page(browser, tmp_path):
    from tests.reporting.test_report import make_credit

    logo = tmp_path / "logo.svg"
    logo.write_text(LOGO)
    path = tmp_path / "report.html"
    report(make_credit(), logo=logo, sections=["findings"]).to_html(path)
    open_page(browser, path.as_uri())
    size = browser.execute_script(
        "const logo = document.querySelector('.logo'); return [logo.complete, logo.naturalWidth, logo.alt]"
    )
    assert size == [True, 120, "Logo"]
    assert browser.execute_script("return document.hurt === undefined")
