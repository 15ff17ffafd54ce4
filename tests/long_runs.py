"""Which long runs are due: those whose files are not what they were when the run last passed in full.

python -m tests.long_runs fresh fuzz     # exits with 0 if nothing that `make fuzz` guards has changed
python -m tests.long_runs passed fuzz    # the last line of `make fuzz`: it passed with the files as they are

`make due` runs what is not fresh. A stamp that does not fit means "run it", never "fail". The stamps stand in
long_runs.txt, and need no history.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
STAMPS = Path(__file__).with_suffix(".txt")

_NUMBERS = ("stats", "kernels", "experiments", "calibration", "evaluation", "models", "credit", "datasets")
_DOORS = ("_checks*", "_files*", "tables", "eventlog", "journeys", "credit", "experiments", "stats", "jobs")
_SIZED = (
    "calibration",
    "credit",
    "datasets",
    "engines",
    "evaluation",
    "experiments",
    "jobs",
    "laws",
    "models",
)
GUARDED = {
    "notebooks": ("notebooks", "src/attribution"),
    "fuzz": ("tests/fuzz", *(f"src/attribution/{name}" for name in _DOORS)),
    "validate": ("benchmarks", *(f"src/attribution/{name}" for name in _NUMBERS)),
    "thorough": (
        *(f"tests/{name}" for name in _SIZED),
        *(f"src/attribution/{name}" for name in {*_NUMBERS, "engines", "eventlog", "journeys", "jobs"}),
    ),
}
"""What each run guards: folders and modules. The libraries as they are pinned count for all."""


def digest(run: str, root: Path = ROOT) -> str:
    """Return the hash of the files that a run guards: other if one is changed, added, moved or gone."""
    found = {root / "constraints" / "dev.txt"}
    for pattern in GUARDED[run]:
        for place in root.glob(pattern):
            inside = place.rglob("*") if place.is_dir() else [place]
            found.update(path for path in inside if path.suffix in {".py", ".ipynb"})
    every = hashlib.sha256()
    for path in sorted(found):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        every.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return every.hexdigest()


def stamps(file: Path = STAMPS) -> dict[str, str]:
    """Return the stamps as they are written down; what cannot be read is none."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def fresh(run: str, root: Path = ROOT, file: Path = STAMPS) -> bool:
    """Whether a run passed with the files as they are."""
    return stamps(file).get(run) == digest(run, root)


def passed(run: str, root: Path = ROOT, file: Path = STAMPS) -> None:
    """Write down that a run passed with the files as they are."""
    now = {**stamps(file), run: digest(run, root)}
    lines = [
        "# The files with which the long runs last passed in full; written by make fuzz, thorough and so on."
    ]
    file.write_text(
        "\n".join([*lines, *(f"{name} {now[name]}" for name in sorted(now))]) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    what, which = sys.argv[1:]
    if what == "passed":
        passed(which)
    else:
        sys.exit(not fresh(which))
