"""What pages say of the code is there: modules and names by their dots, files by their paths.

Decisions and the changelog are exempt: they tell what was.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "attribution"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
DOTTED = re.compile(r"\battribution(?:\.[A-Za-z_]\w*)+")
PATH = re.compile(r"(?<![\w/.-])(?:src|tests|benchmarks|docs|notebooks|constraints)/[\w./*-]*[\w*]")


def there(dotted: str) -> bool:
    """Whether a module, or a name in one, or an attribute of that, bears this dotted name."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        return found is not None
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_dotted_name_of_a_page_is_there(page):
    names = set(DOTTED.findall(page.read_text(encoding="utf-8")))
    assert [name for name in sorted(names) if not there(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_path_of_a_page_is_there(page):
    paths = set(PATH.findall(page.read_text(encoding="utf-8")))
    assert [path for path in sorted(paths) if not any(ROOT.glob(path))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_module_of_a_page_is_there(page):
    modules = set(re.findall(r"`((?:\w+/)+\w+\.pyi?)`", page.read_text(encoding="utf-8")))
    roots = (PACKAGE, PACKAGE.parent, ROOT)
    assert [name for name in sorted(modules) if not any((root / name).exists() for root in roots)] == []


def test_every_room_of_the_guide_is_there_and_no_list_is_misnamed():
    from attribution.models import registry

    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\|[^|]*\|[^|]*?`(\w+/)`", guide, re.MULTILINE)
    assert len(rooms) > 5
    assert [room for room in rooms if not (PACKAGE / room).is_dir()] == []
    lists = re.findall(r"`(\w+)` \(`models/registry\.py`\)", guide)
    assert lists
    assert all(isinstance(getattr(registry, name), tuple) for name in lists)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("attribution.models.registry", True),
        ("attribution.models.registry.RULES", False),
        ("attribution.schedule", False),
        ("attribution.Credit.with_spend", True),
    ],
)
def test_what_is_not_there_is_noticed(name, found):
    assert there(name) is found
