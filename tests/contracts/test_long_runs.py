"""A long run is due when a file that it guards changed, and only then."""

from __future__ import annotations

import re

import pytest

from tests.long_runs import GUARDED, digest, fresh, passed, stamps


@pytest.fixture
def house(tmp_path):
    (tmp_path / "constraints").mkdir()
    (tmp_path / "constraints" / "dev.txt").write_text("numpy==2\n")
    for run, guarded in GUARDED.items():
        for name in guarded:
            folder = tmp_path / name.replace("*", "")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "one.py").write_text(f"{run}\n")
    return tmp_path


@pytest.mark.parametrize("run", sorted(GUARDED))
def test_what_is_changed_added_moved_or_gone_makes_it_due(house, run):
    file = house / "stamps.txt"
    assert not fresh(run, house, file)  # a clone without stamps runs it
    one = house / GUARDED[run][0].replace("*", "") / "one.py"

    def now_due() -> bool:
        due = not fresh(run, house, file)
        passed(run, house, file)
        return due and fresh(run, house, file)

    passed(run, house, file)
    one.write_text("changed\n")
    assert now_due()
    one.with_name("another.py").write_text("")
    assert now_due()
    one.rename(one.with_name("moved.py"))
    assert now_due()
    one.with_name("moved.py").unlink()
    assert now_due()
    (house / "constraints" / "dev.txt").write_text("numpy==3\n")
    assert now_due()
    (house / "README.md").write_text("not guarded\n")
    assert fresh(run, house, file)


def test_a_stamp_of_one_run_says_nothing_of_another(house):
    file = house / "stamps.txt"
    passed("fuzz", house, file)
    assert set(stamps(file)) == {"fuzz"}
    assert not fresh("validate", house, file)
    file.write_text("fuzz\n<<<<<<< main\n", encoding="utf-8")  # a merge gone wrong is no stamp
    assert not fresh("fuzz", house, file)


@pytest.mark.parametrize("run", sorted(GUARDED))
def test_each_run_guards_what_is_there_and_writes_its_stamp_last(root, run):
    assert all(list(root.glob(name)) for name in GUARDED[run])
    assert digest(run) == digest(run)
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(rf"^{run}: .*\n((?:\t.*\n|(?:if|endif).*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    lines = [line for line in recipe[1].splitlines() if line.startswith("\t")]
    assert lines[-1].endswith(f"tests.long_runs passed {run}")
    assert f"\t$(FRESH) {run} || " in makefile
    assert "\nmake due" in (root / ".ci" / "run").read_text(encoding="utf-8")


def test_what_has_two_sizes_is_guarded(root):
    # Its full size would never be run by .ci/run otherwise.
    sized = [
        path.relative_to(root).as_posix()
        for path in (root / "tests").rglob("test_*.py")
        if re.search(r"^@sizes\(|\bmark\.full\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sized
    assert [
        path for path in sized if not path.startswith(tuple(f"{name}/" for name in GUARDED["thorough"]))
    ] == []
