"""A folder for the time of a block: what a kill at any point leaves, the next run removes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import attribution
from attribution._scratch import locked_folder, reclaim

PREFIX = "attribution-spill-"
# Dies by SIGKILL at its nth change of the file system, inside the making or the removal of the folder.
DIES = """
import os, signal, sys
from pathlib import Path
from attribution._scratch import locked_folder
left = int(sys.argv[2])
def counted(change):
    def changed(*arguments, **options):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return change(*arguments, **options)
    return changed
for name in ("mkdir", "rename", "unlink", "rmdir", "open"):
    setattr(os, name, counted(getattr(os, name)))
with locked_folder(Path(sys.argv[1]), "attribution-spill-") as folder:
    for part in range(3):
        (folder / f"{part}.bin").write_bytes(b"users")
print("alive")
"""


def die(place: Path, at: int) -> bool:
    """Run the script; return whether it was killed."""
    environment = {**os.environ, "PYTHONPATH": str(Path(attribution.__file__).parents[1])}
    code = subprocess.run(
        [sys.executable, "-c", DIES, str(place), str(at)], env=environment, check=False, capture_output=True
    ).returncode
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_nothing_is_left_by_a_kill_at_any_point(tmp_path):
    killed = 0
    for point in range(40):
        place = tmp_path / str(point)
        place.mkdir()
        (place / "mine").mkdir()
        dead = die(place, point)
        killed += dead
        with locked_folder(place, PREFIX) as folder:  # the next run
            assert sorted(place.iterdir()) == sorted([folder, place / "mine"]), point
        assert [path.name for path in place.iterdir()] == ["mine"]
        if not dead:
            break
    assert killed >= 8  # its making, four files, its removal


def test_the_living_keep_theirs(tmp_path):
    with locked_folder(tmp_path, PREFIX) as mine, locked_folder(tmp_path, PREFIX) as other:
        assert mine != other
        assert reclaim(tmp_path, PREFIX) == []
        assert mine.is_dir()
        assert mine.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_one_removed_while_it_is_born_is_made_again(tmp_path, monkeypatch):
    rename, robbed = Path.rename, []

    def robbing(self: Path, target: Path) -> Path:
        if not robbed:
            robbed.append(self)
            monkeypatch.setattr("fcntl.flock", lambda *_: None)  # as if ours were not taken yet
            reclaim(tmp_path, PREFIX)
            monkeypatch.undo()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", robbing)
    with locked_folder(tmp_path, PREFIX) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "lock").touch()
    (tmp_path / f"{PREFIX}1-a").symlink_to(tmp_path / "away")
    assert reclaim(tmp_path, PREFIX) == []
    assert (tmp_path / "away" / "lock").exists()
