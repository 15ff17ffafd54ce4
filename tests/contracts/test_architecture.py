"""docs/architecture.md against the tree: every module is listed, every listed module exists, layers agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "attribution"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TREE = re.search(r"```text\nsrc/attribution/\n(.*?)```", PAGE, re.DOTALL)


def listed() -> list[str]:
    """Return the modules that the page's tree lists, as paths below src/attribution."""
    assert TREE is not None, "the page has no tree of src/attribution"
    names: list[str] = []
    folders: list[str] = []
    for line in TREE[1].splitlines():
        entry = re.match(r"^( +)(\S+)", line)
        if entry is None:
            continue
        depth, name = len(entry[1]), entry[2]
        folders = folders[: depth // 2 - 1]
        if name.endswith("/"):
            folders.append(name)
        elif name.endswith(".py"):
            names.append("".join(folders) + name)
    return names


def present() -> list[str]:
    """Return the modules of the tree, but for the empty `__init__.py` of folders."""
    paths = (path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    return [path for path in paths if not path.endswith("/__init__.py")]


def test_every_listed_module_exists_and_every_module_is_listed():
    assert sorted(listed()) == sorted(present()), "`make tree` writes the tree of the page again"


def test_every_folder_says_what_it_is_for():
    for path in PACKAGE.rglob("__init__.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), f"{path} has no docstring"


def test_the_page_states_the_layers_that_are_checked():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    checked = [re.sub(r"[()]", "", layer) for layer in contract["layers"]]
    stated = re.search(r"^`(cli > .*?)`", PAGE, re.MULTILINE | re.DOTALL)
    assert stated is not None
    assert [layer.strip() for layer in stated[1].replace("\n", " ").split(">")] == checked


def test_the_picture_is_the_one_in_the_package():
    init = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    picture = re.search(r"```text\n( *touch log.*?)```", PAGE, re.DOTALL)
    assert picture is not None
    for line in picture[1].splitlines():
        assert line.strip() in init
