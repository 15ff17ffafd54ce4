"""A month of scheduled runs with what goes wrong in a month: the end is one run over everything.

The truth is a run of the same job over all files at once; plain runs must give its very bytes, increments its
numbers within 1e-9 (what `Increments` promises).
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import attribution
from attribution import cli
from attribution.datasets import simulate
from attribution.jobs import placeholders
from tests.sizes import sizes

SOURCE = Path(attribution.__file__).parents[1]
BERLIN = ZoneInfo("Europe/Berlin")
HISTORY = 20

JOB = """
models = ["last_touch", "linear"]
[log]
touches = "${{DATA}}/touches-*.parquet"
conversions = "${{DATA}}/conversions-*.parquet"
missing_value = 0
[audit]
fail_on = ["exact_duplicates"]
[journeys]
lookback = "7D"
[report]
title = "Nightly"
top_paths = 0
[schedule]
timezone = "Europe/Berlin"
[output]
folder = "{out}/{{today}}"
keep = 4
{more}
"""

STALL = """
import sys, time
from attribution import cli
from attribution.reporting.html import Report
def stall(self, path=None):
    path.write_text("half")
    print("writing", flush=True)
    time.sleep(120)
Report.to_html = stall
sys.exit(cli.main(["run", sys.argv[1], "--date", sys.argv[2], "--json"]))
"""


@dataclass(frozen=True)
class Month:
    """The first day of the nights, how many they are, and the night of everything that goes wrong."""

    first: dt.date
    nights: int
    late: int
    twin: int
    empty: int
    crash: int
    copy: int
    full: int


# The night of 29 March, which has no hour from 2 to 3, is in both.
MONTH = Month(dt.date(2026, 3, 15), 30, late=5, twin=9, empty=12, crash=15, copy=18, full=21)
WEEK = Month(dt.date(2026, 3, 26), 9, late=1, twin=3, empty=4, crash=5, copy=6, full=7)


@dataclass
class Shop:
    """What arrives, and what the runs say of it."""

    first: dt.date
    folder: Path
    config: Path
    capsys: pytest.CaptureFixture[str]
    tables: dict[str, pa.Table]
    told: list[tuple[int, str]] = field(default_factory=list)  # (night, message) of every ERROR line
    codes: list[tuple[int, int]] = field(default_factory=list)  # (night, exit code), of those that are not 0
    dates: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)

    def deliver(self, night: int, *names: str, empty: bool = False) -> None:
        day = self.first + dt.timedelta(night)
        for name in names or tuple(self.tables):
            table = self.tables[name]
            days = pc.strftime(table["time"], format="%Y-%m-%d")
            until = pc.less_equal if night == 0 else pc.equal  # the first delivery brings what came before
            rows = table.filter(until(days, day.isoformat()))
            pq.write_table(rows[:0] if empty else rows, self.folder / f"{name}-{day}.parquet")

    def run(self, night: int, *options: str) -> dict[str, object]:
        """Run at half past midnight in Berlin, on the day after the night's rows."""
        code = cli.main(["run", str(self.config), "--json", *options])
        shown = self.capsys.readouterr()
        lines = [json.loads(line) for line in shown.err.splitlines()]
        self.told += [(night, line["message"]) for line in lines if line["level"] == "ERROR"]
        self.warned += [line["message"] for line in lines if line["level"] == "WARNING"]
        result = json.loads(shown.out.splitlines()[-1])
        assert result["exit"] == code
        assert code != 3, shown.err
        if code:
            self.codes.append((night, code))
        else:
            self.dates.append(result["date"])
        return result

    def crash(self, night: int, today: dt.date) -> None:
        """Start a run, find the folder taken, kill it."""
        process = subprocess.Popen(
            [sys.executable, "-c", STALL, str(self.config), today.isoformat()],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            while process.stdout.readline() != "writing\n":
                assert process.poll() is None
            self.run(night)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()


@sizes(few=WEEK, full=MONTH)
@pytest.mark.parametrize("kind", ["plain", "increments"])
def test_a_month_of_nights_ends_where_one_run_does(kind, size, tmp_path, monkeypatch, capsys):
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    monkeypatch.setenv("DATA", str(data))
    more = f'[increments]\nfolder = "{tmp_path}/state"\nlate_by = "3D"\n' if kind == "increments" else ""
    config = tmp_path / "nightly.toml"
    config.write_text(JOB.format(out=out, more=more))
    full = simulate(250, seed=11, days=HISTORY + size.nights, start=str(size.first - dt.timedelta(HISTORY)))
    tables = {"touches": full.touches, "conversions": full.conversions}
    empty_day = (size.first + dt.timedelta(size.empty)).isoformat()
    for name, table in tables.items():  # nothing happened on that day
        days = pc.strftime(table["time"], format="%Y-%m-%d")
        tables[name] = table.filter(pc.not_equal(days, empty_day))
    shop = Shop(size.first, data, config, capsys, tables)

    for night in range(size.nights):
        today = size.first + dt.timedelta(night + 1)
        instant = dt.datetime.combine(today, dt.time(0, 30), BERLIN).astimezone(dt.UTC)
        monkeypatch.setattr(placeholders, "now", lambda instant=instant: instant)
        if night == size.late:
            shop.deliver(night, "conversions")  # the touches come a day late
        elif night == size.empty:
            shop.deliver(night, empty=True)
        else:
            shop.deliver(night)
        if night == size.late + 1:
            shop.deliver(size.late, "touches")
        day = size.first + dt.timedelta(night)
        usual = data / f"touches-{day}.parquet"
        if night == size.twin:  # the same file again
            twin = shutil.copy(usual, data / f"touches-{day}-again.parquet")
            assert "same bytes" in shop.run(night)["error"]["message"]
            twin.unlink()
        if night == size.crash:
            shop.crash(night, today)
        if night == size.copy:  # the same rows again, in other bytes
            copy = data / f"touches-{day}-copy.parquet"
            pq.write_table(pq.ParquetFile(usual).read(), copy, compression="zstd")
            assert [entry["check"] for entry in shop.run(night)["failed"]] == ["exact_duplicates"]
            copy.unlink()
        if night == size.full:
            with monkeypatch.context() as disk:
                disk.setattr(os, "fsync", full_disk)
                assert "No space left" in shop.run(night)["error"]["message"]
        shop.run(night)
        if night == size.late:
            again = shop.run(night, "--if-changed")
            assert again.get("skipped") is True, again
            shop.dates.pop()

    assert shop.dates == [(size.first + dt.timedelta(night + 1)).isoformat() for night in range(size.nights)]
    assert shop.codes == [(size.twin, 2), (size.crash, 4), (size.copy, 1), (size.full, 2)]
    assert [night for night, _ in shop.told] == [size.twin, size.crash, size.copy, size.full], shop.told
    assert len([message for message in shop.warned if "took over the lock" in message]) == 1
    assert sorted(path.name for path in out.iterdir()) == shop.dates[-4:]
    last = out / shop.dates[-1]
    assert sorted(path.name for path in last.iterdir()) == [
        "credit.csv", "credit.parquet", "manifest.json", "report.html"
    ]  # fmt: skip
    compare(kind, last, tmp_path, config)


def full_disk(_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def compare(kind: str, last: Path, tmp_path: Path, config: Path) -> None:
    text = config.read_text().split("[increments]")[0]
    config.write_text(text)
    assert cli.main(["run", str(config), "--output", str(tmp_path / "whole")]) == 0
    for name in ("credit.parquet", "credit.csv", "report.html"):
        if kind == "plain":
            assert (last / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    made, whole = (
        pq.ParquetFile(folder / "credit.parquet").read().to_pandas() for folder in (last, tmp_path / "whole")
    )
    common = [name for name in whole.columns if name in made.columns]
    assert {"model", "channel", "conversions", "value"} <= set(common)
    pd.testing.assert_frame_equal(made[common], whole[common], rtol=1e-9)
    assert np.isfinite(made["conversions"]).all()
    assert made["conversions"].sum() > 10
