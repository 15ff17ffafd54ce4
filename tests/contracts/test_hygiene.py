"""What must not stand in the repository: download addresses, paths of one machine, unfinished marks."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = re.compile(r"\.git|\.venv.*|out|build|dist|\.hypothesis|.*_cache_*|__pycache__")
TEXT = {
    "",
    ".cfg",
    ".css",
    ".csv",
    ".html",
    ".ipynb",
    ".j2",
    ".json",
    ".md",
    ".py",
    ".svg",
    ".toml",
    ".yaml",
} | {".pyi"}
LONGEST_MODULE = 500


def files() -> list[Path]:
    """Return what git would commit; without git, whatever is not built."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0 and listed.stdout:
        names = [ROOT / line for line in listed.stdout.splitlines()]
    else:
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        names = [ROOT / path for path in found if not any(map(BUILT.fullmatch, path.parts))]
    return [path for path in names if path.is_file() and path.suffix in TEXT]


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if wanted.search(line)
    ]


def test_no_download_address_is_named():
    hosts = ["pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.", "index" + "-url", "find" + "-links"]
    assert lines_with("|".join(hosts), files()) == []


def test_no_path_of_one_machine_is_named():
    homes = ["/ho" + r"me/\w", "/ro" + r"ot/\w", "/Us" + r"ers/\w", r"[A-Z]:\\" + r"Users"]
    if len(ROOT.parts) > 2 and ROOT.parts[1] not in {"home", "tmp", "private", "var"}:
        homes.append(rf"(^|[^A-Za-z0-9_.]){re.escape(str(ROOT.parent))}/")
    assert lines_with("|".join(homes), files()) == []


def test_nothing_in_src_is_unfinished():
    marks = r"\b(TO" + "DO|FIX" + "ME|X" + "XX|NotImplemented" + r"Error)\b"
    assert lines_with(marks, [path for path in files() if "src" in path.relative_to(ROOT).parts]) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("src/attribution/**/*.py")), ids=lambda path: path.name)
def test_a_module_stays_short_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", sorted(ROOT.glob("notebooks/*.ipynb")), ids=lambda path: path.name)
def test_notebooks_are_committed_as_run(path):
    cells = [
        cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"
    ]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [
        output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"
    ]
