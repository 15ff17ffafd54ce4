"""Files: in full or not at all, and inert in a spreadsheet."""

from __future__ import annotations

import csv
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from attribution._files import atomic_write
from attribution.credit.credit import Credit
from attribution.credit.table_files import inert, write_csv, write_parquet
from attribution.errors import AttributionError, OutputError
from tests.credit.tables import labels, two_models

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1")


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_formulas_get_an_apostrophe_and_numbers_stay(tmp_path):
    amounts = -np.arange(1.0, len(HOSTILE) + 1)[None, :]
    credit = Credit(("=linear",), ("channel",), (labels(*HOSTILE),), amounts, amounts)
    credit.to_csv(tmp_path / "credit.csv")
    rows = rows_of(tmp_path / "credit.csv")
    assert [row[1] for row in rows[1:]] == ["'" + name for name in HOSTILE]
    assert {row[0] for row in rows[1:]} == {"'=linear"}
    assert [float(row[2]) for row in rows[1:]] == amounts[0].tolist()


def test_a_header_cannot_run_either(tmp_path):
    write_csv(pd.DataFrame({"=cmd()": ["x"], "kind": pd.Categorical(["-1"])}), tmp_path / "t.csv")
    assert rows_of(tmp_path / "t.csv") == [["'=cmd()", "kind"], ["x", "'-1"]]


def test_quotes_separators_and_emoji_come_back(tmp_path):
    names = ('say "hi"', "a,b;c", "two\nlines", "😀", "ünïcode", "(unattributed)")
    credit = Credit(("linear",), ("channel",), (labels(*names),), np.ones((1, 6)), np.ones((1, 6)))
    credit.to_csv(tmp_path / "credit.csv")
    assert [row[1] for row in rows_of(tmp_path / "credit.csv")[1:]] == list(names)
    assert pd.read_csv(tmp_path / "credit.csv")["channel"].tolist() == list(names)


def test_csv_keeps_full_precision_and_missing_cells_are_empty(tmp_path):
    frame = pd.DataFrame({"x": [0.1 + 0.2, 1e-17, np.nan, 123456789.123456789]})
    write_csv(frame, tmp_path / "t.csv")
    cells = [row[0] if row else "" for row in rows_of(tmp_path / "t.csv")[1:]]
    assert cells[2] == ""
    assert [float(cell) for cell in cells if cell] == frame["x"].dropna().tolist()


def test_parquet_has_the_frame(tmp_path):
    credit = two_models().with_spend({"email": 10})
    credit.to_parquet(tmp_path / "credit.parquet")
    table = parquet.read_table(tmp_path / "credit.parquet")
    frame = credit.to_frame()
    assert table.column_names == list(frame.columns)
    assert table["cost"].null_count == int(frame["cost"].isna().sum())
    assert table["channel"].to_pylist() == frame["channel"].tolist()


def test_same_credit_same_bytes(tmp_path):
    for name in ("a", "b"):
        two_models().to_csv(tmp_path / f"{name}.csv")
        two_models().to_parquet(tmp_path / f"{name}.parquet")
    for kind in ("csv", "parquet"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


@pytest.mark.parametrize("write", ["to_csv", "to_parquet"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, write):
    target = tmp_path / "credit.out"
    target.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device") as caught:
        getattr(two_models(), write)(target)
    assert isinstance(caught.value, AttributionError)
    assert target.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["credit.out"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_a_full_disk_is_an_output_error(write):
    with pytest.raises(OutputError, match="No space left"):
        write(two_models().to_frame(), "/dev/full")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError])
def test_a_writer_that_stops_leaves_nothing_and_is_not_disguised(tmp_path, stop):
    def half() -> None:
        with atomic_write(tmp_path / "x") as file:
            file.write(b"half")
            raise stop

    with pytest.raises(stop):
        half()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_and_a_folder_as_file_teach(tmp_path):
    with pytest.raises(OutputError, match="mkdir"):
        two_models().to_csv(tmp_path / "none" / "x.csv")
    with pytest.raises(OutputError, match="is a folder"):
        two_models().to_csv(tmp_path)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions bind no administrator")
def test_no_permission_teaches(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        two_models().to_csv(tmp_path / "x.csv")


def test_links_and_permissions_stay(tmp_path):
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    with atomic_write(link, text=True) as file:
        file.write("new\n")
    assert link.is_symlink()
    assert real.read_bytes() == b"new\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_follows_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        with atomic_write(tmp_path / "x") as file:
            file.write(b"1")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_inert_leaves_plain_text_alone():
    assert [inert(text) for text in ("email", "a=b", "", "'=1", " =1")] == ["email", "a=b", "", "'=1", " =1"]
