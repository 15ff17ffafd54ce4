"""Write the tree of modules into docs/architecture.md again, from their docstrings: `make tree`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "attribution"
PAGE = ROOT / "docs" / "architecture.md"
TREE = re.compile(r"(?<=```text\nsrc/attribution/\n).*?(?=```)", re.DOTALL)
WIDTH = 28
# From the bottom of the layers to the top, and inside a folder what to read first; the rest by name.
ORDER = (
    "errors",
    "_typing",
    "_migration",
    "_display",
    "_progress",
    "_draw",
    "_checks",
    "_files",
    "_lock",
    "_scratch",
    "diagnostics",
    "stats",
    "kernels",
    "datasets",
    "tables",
    "eventlog",
    "journeys",
    "credit",
    "models",
    "engines",
    "experiments",
    "crediting",
    "counting",
    "observing",
    "calibration",
    "evaluation",
    "reporting",
    "regression",
    "jobs",
    "cli",
)
FIRST = {
    "_draw": ("canvas",),
    "kernels": ("hashing", "sorting", "windows", "ragged"),
    "datasets": ("samples", "simulation", "dataset"),
    "tables": ("sources", "files", "columns"),
    "eventlog": ("read", "schema", "resolve", "eventlog", "load"),
    "journeys": ("journeys", "build"),
    "credit": ("credit",),
    "models": ("model", "registry", "rules", "positional_rules", "touch_roles"),
    "engines": ("choose", "shared", "memory", "stream", "spark", "increments"),
    "shared": ("lift", "engine"),
    "experiments": ("shared", "holdout", "geo", "panels"),
    "jobs": ("config", "job", "job_keys", "toml", "pipeline", "execution", "manifest"),
    "cli": ("shell", "commands", "parsers"),
    "reporting": ("html", "facts", "contents", "recipe", "needs", "sections"),
}


def purpose(path: Path) -> str:
    """Return the first sentence of a module's docstring."""
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    sentence = re.split(r"\. (?=[A-Z])", " ".join(doc.split("\n\n")[0].split()))[0]
    return sentence.replace("`", "").rstrip(".")


def sorted_by(paths: list[Path], first: tuple[str, ...]) -> list[Path]:
    """Return the named modules in the order of their names, then the rest."""
    rank = {name: position for position, name in enumerate(first)}
    return sorted(
        paths, key=lambda path: (rank.get(path.stem, len(rank)), path.stem == "__main__", path.stem)
    )


def lines() -> Iterator[str]:
    """Yield a line a folder and a line a module."""
    yield (
        "  __init__.py".ljust(WIDTH)
        + "the picture above, and the public names, loaded when first used from where __init__.pyi says"
    )
    yield from folder(PACKAGE, ORDER, "  ")


def folder(place: Path, first: tuple[str, ...], margin: str) -> Iterator[str]:
    """Yield a line for each module and each folder of a folder, and the lines of those folders."""
    entries = [path for path in place.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    for entry in sorted_by(entries, first):
        if entry.is_dir():
            yield f"{margin}{entry.name}/ ".ljust(WIDTH) + purpose(entry / "__init__.py")
            yield from folder(entry, FIRST.get(entry.name, ()), margin + "  ")
        elif entry.name != "__init__.py":
            yield f"{margin}{entry.name} ".ljust(WIDTH) + purpose(entry)


if __name__ == "__main__":
    tree = "".join(f"{line.rstrip()}\n" for line in lines())
    PAGE.write_text(TREE.sub(lambda _: tree, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
