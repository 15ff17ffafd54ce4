"""README and docs: blocks of code run and print what the page says they print; links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import blocks, run_page

ROOT = Path(__file__).parents[2]
CHANGELOG = ROOT / "CHANGELOG.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_runs(path, tmp_path, monkeypatch):
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    run_page(path, TARGETS)


@pytest.mark.parametrize("path", [*PAGES, CHANGELOG], ids=name_of)
def test_links_lead_somewhere(path):
    for target, _ in LINK.findall(path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_an_output_that_differs_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\n1 + 1\n```\n```text\n2\n```\n", encoding="utf-8")
    run_page(page, TARGETS)
    page.write_text("```python\n1 + 1\n```\n\n```text\n3\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="the code gives"):
        run_page(page, TARGETS)


@pytest.mark.parametrize("command", ["make no-such-target", "curl address", "attribution no-such-verb"])
def test_a_command_that_does_not_work_is_found(tmp_path, command):
    page = tmp_path / "page.md"
    page.write_text(f"```bash\n{command}\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        run_page(page, TARGETS)


def test_blocks_know_their_lines():
    assert [(block.language, block.line) for block in blocks("a\n```python\nx\n```\n\n```\ny\n```\n")] == [
        ("python", 2),
        ("", 6),
    ]
