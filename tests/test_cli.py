"""The command line: its help, its exit codes, what it prints where, and what it leaves behind."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import attribution
from attribution import cli
from attribution.datasets import simulate
from tests.jobs.written import write_job

OUTPUTS = ["credit.csv", "credit.parquet", "manifest.json", "report.html"]
SOURCE = Path(attribution.__file__).parents[1]
quick_job = functools.partial(write_job, whole=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return simulate(1_500, seed=3, days=120).write(tmp_path_factory.mktemp("retailer"))


def environment(**changes):
    return {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONWARNINGS": "error", **changes}


def shell(*arguments, cwd=None, **changes):
    return subprocess.run(
        [sys.executable, "-m", "attribution", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8", cwd=cwd, env=environment(**changes), check=False,
    )  # fmt: skip


def test_run_prints_the_table_writes_the_files_and_exits_with_0(data, tmp_path):
    done = shell("run", write_job(data, tmp_path), "--verbose")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Channel +Last touch +Linear +Time decay$", done.stdout, re.MULTILINE)
    assert f"wrote {tmp_path / 'report.html'}" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == OUTPUTS
    assert done.stderr.count("INFO attribution.jobs.pipeline") == 7
    assert "Traceback" not in done.stderr


def test_inputs_are_relative_to_the_file_and_outputs_to_the_working_directory(data, tmp_path):
    config = quick_job(data, tmp_path / "x")
    config.write_text(config.read_text().replace(repr(str(tmp_path / "x")), '"week/out"'))
    done = shell("run", config, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "week" / "out").iterdir()) == OUTPUTS
    assert shell("run", config, "--output", "elsewhere", cwd=tmp_path).returncode == 0
    assert (tmp_path / "elsewhere" / "report.html").is_file()


def test_a_run_whose_checks_fail_writes_the_files_and_exits_with_1(data, tmp_path):
    dirty = simulate(1_500, seed=3, days=120, dirt=True, bots=2).write(tmp_path / "data")
    config = quick_job(dirty, tmp_path / "out", audit=True, fail_on='["exact_duplicates"]')
    config.write_text(config.read_text().replace("[log]", '[log]\ninvalid = "drop"\nmissing_value = 0'))
    done = shell("run", config)
    assert done.returncode == 1, done.stderr
    assert "failed checks: exact_duplicates" in done.stderr
    assert "checks failed" in done.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == OUTPUTS
    config.write_text(config.read_text().replace("exact_duplicates", "times_out_of_range"))
    assert shell("run", config).returncode in {0, 1}


def test_audit_exits_with_0_or_1(data, tmp_path):
    clean = shell("audit", data / "touches.parquet", "--conversions", data / "conversions.parquet")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert re.search(r"^ok +null_keys ", clean.stdout, re.MULTILINE)
    dirty = simulate(1_500, seed=3, days=120, dirt=True, bots=2).write(tmp_path)
    done = shell("audit", dirty / "touches.parquet", "--conversions", dirty / "conversions.parquet")
    assert done.returncode == 1, done.stderr
    assert re.search(r"^failed +exact_duplicates ", done.stdout, re.MULTILINE)
    assert "Fix: " in done.stdout
    assert re.search(r"^\d+ checks, [1-9]\d* failed$", done.stdout, re.MULTILINE)


def test_audit_takes_the_columns_from_its_options(data, tmp_path):
    table = pq.ParquetFile(data / "touches.parquet").read()
    names = {"user_id": "who", "time": "at", "channel": "how"}
    pq.write_table(
        table.rename_columns([names.get(name, name) for name in table.column_names]), tmp_path / "t.parquet"
    )
    conversions = data / "conversions.parquet"
    done = shell(
        "audit", tmp_path / "t.parquet", "--conversions", conversions,
        "--user", "who,user_id", "--time", "at,time",
        "--channel", "how", "--dims", "campaign,device", "--lookback", "7D",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = shell("audit", tmp_path / "t.parquet", "--conversions", conversions, "--user", "whoo,user_id")
    assert done.returncode == 2
    assert "whoo" in done.stderr
    assert "Traceback" not in done.stderr


def test_simulate_writes_a_log_that_run_and_audit_take(tmp_path):
    done = shell(
        "simulate", tmp_path / "sim", "--users", 500, "--days", 60, "--seed", 5, "--holdout", "email=0.2"
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^touches +[\d,]+ rows$", done.stdout, re.MULTILINE)
    table = pq.ParquetFile(tmp_path / "sim" / "users.parquet").read()
    assert set(table["arm_email"].to_pylist()) == {"treatment", "holdout"}
    assert table.equals(simulate(500, days=60, seed=5, holdout={"email": 0.2}).users)
    assert shell(
        "audit", tmp_path / "sim/touches.parquet", "--conversions", tmp_path / "sim/conversions.parquet"
    )


def test_version_and_help(capsys):
    for arguments, words in {
        ("--version",): [f"attribution-analytics {attribution.__version__}"],
        ("--help",): ["run", "audit", "simulate", "examples:", "exit codes:"],
        ("run", "--help"): ["attribution run weekly.toml", "--output", "touches = ", "exit codes:"],
        ("audit", "--help"): ["attribution audit touches.parquet", "--conversion-only", "exit codes:"],
        ("simulate", "--help"): ["attribution simulate sim", "--holdout", "exit codes:"],
    }.items():
        with pytest.raises(SystemExit) as stop:
            cli.main(arguments)
        assert stop.value.code == 0
        shown = capsys.readouterr().out
        assert all(word in shown for word in words), (arguments, shown)


def test_the_least_configuration_of_the_help_is_one(tmp_path):
    from attribution.cli import run
    from attribution.jobs.config import load_config

    example = run._EXAMPLES.split("the least configuration file:\n")[1]
    path = tmp_path / "weekly.toml"
    path.write_text(example.replace("\n  ", "\n"))
    assert len(load_config(path).models) == 3


USAGE = {
    "no command": [],
    "unknown command": ["rum"],
    "no file": ["run"],
    "unknown option": ["run", "x.toml", "--fast"],
    "users no number": ["simulate", "x", "--users", "many"],
    "holdout without share": ["simulate", "x", "--holdout", "email"],
    "holdout no number": ["simulate", "x", "--holdout", "email=some"],
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_exits_with_2(name, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(USAGE[name])
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


BAD = {
    "missing configuration": (["run", "nowhere.toml"], "nowhere.toml"),
    "missing log": (["audit", "nowhere.parquet"], "nowhere.parquet"),
    "no such channel": (["simulate", "x", "--holdout", "emial=0.2"], "'email'"),
    "users negative": (["simulate", "x", "--users", "-3"], "n_users"),
    "bad date": (["simulate", "x", "--start", "soon"], "'soon'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_exits_with_2_and_one_message(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, words = BAD[name]
    assert cli.main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("attribution: error: ")
    assert words in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_traceback(capsys):
    assert cli.main(["run", "nowhere.toml", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_error_of_our_own_exits_with_3_and_without_a_traceback(data, tmp_path, monkeypatch, capsys):
    def broken(_):
        raise RuntimeError("boom")

    monkeypatch.setattr("attribution.jobs.pipeline.run", broken)
    assert cli.main(["run", str(quick_job(data, tmp_path))]) == 3
    shown = capsys.readouterr().err
    assert "internal error: RuntimeError: boom" in shown
    assert "Traceback" not in shown


def test_a_full_disk_exits_with_2(data, tmp_path, monkeypatch, capsys):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert cli.main(["run", str(quick_job(data, tmp_path))]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


STALL = """
import sys, time
from attribution import cli
from attribution.reporting.html import Report
def stall(self, path=None):
    path.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
Report.to_html = stall
sys.exit(cli.main(["run", sys.argv[1]]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_leaves_nothing_behind(data, tmp_path, number, code):
    process = subprocess.Popen(
        [sys.executable, "-c", STALL, str(quick_job(data, tmp_path))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    assert process.stdout is not None
    while process.stdout.readline() != "writing\n":
        assert process.poll() is None
    time.sleep(0.1)
    process.send_signal(number)
    _, shown = process.communicate(timeout=30)
    assert process.returncode == code
    assert "nothing half-written" in shown
    assert "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []


def test_nobody_reads_to_the_end(data, tmp_path):
    command = f"{sys.executable} -m attribution run {quick_job(data, tmp_path)} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment(), check=False)
    assert done.stdout.startswith("A test")
    assert done.stderr == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == OUTPUTS


def test_a_full_disk_under_the_printed_table_exits_with_2(data, tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "attribution", "run", str(quick_job(data, tmp_path))],
            stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "attribution: error: No space left on device\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == OUTPUTS


def test_a_terminal_without_the_letters_still_gets_the_table(tmp_path):
    (tmp_path / "t.csv").write_text("user_id,time,channel\n1,2026-01-01,\U0001f4a9\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text("user_id,time,value\n1,2026-01-02,3\n")
    config = tmp_path / "job.toml"
    config.write_text(
        'models = "linear"\n[log]\ntouches = "t.csv"\nconversions = "c.csv"\n[report]\ncurrency = "€"\n'
    )
    done = shell("run", config, cwd=tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "\\U0001f4a9" in done.stdout


def test_the_library_stays_silent_for_others(data, tmp_path, capsys):
    import logging

    before = list(logging.getLogger("attribution").handlers)
    assert cli.main(["run", str(quick_job(data, tmp_path))]) == 0
    assert list(logging.getLogger("attribution").handlers) == before
    assert capsys.readouterr().err == ""


def test_a_wide_table_is_cut_into_parts(tmp_path):
    from attribution.reporting.html import report
    from attribution.reporting.table_text import table_text
    from tests.reporting.test_report import make_credit

    made = report(make_credit(models=tuple(f"model number {n}" for n in range(9))))
    table = next(b for s in made.sections for b in s.blocks if getattr(b, "name", "") == "credit")
    text = table_text(table, 60)
    assert max(map(len, text.splitlines()[1:])) <= 60
    assert text.count("Channel") == 5


def test_a_run_without_a_conversion_exits_with_1_and_keeps_what_stands(data, tmp_path):
    config = quick_job(data, tmp_path / "out")
    assert shell("run", config).returncode == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    text = config.read_text().replace('goal = "purchase"', 'goal = "subscription"')
    config.write_text(text)
    empty = shell("run", config)
    assert empty.returncode == 1, empty.stderr
    assert "no conversion with the goal 'subscription'" in empty.stderr
    assert "[output] allow_empty = true" in empty.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    config.write_text(text.replace("[output]", "[output]\nallow_empty = true"))
    assert shell("run", config).returncode == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} != before


def test_a_run_that_would_drop_most_rows_is_refused(data, tmp_path):
    folder = tmp_path / "week"
    folder.mkdir()
    (folder / "t.csv").write_text(
        "user_id,time,channel\n"
        + "a,31/12/2025 14:05,email\n" * 40
        + "a,2025-12-31,email\n,2025-12-31,email\n"
    )
    (folder / "c.csv").write_text("user_id,time\na,2026-01-01\n")
    config = folder / "job.toml"
    config.write_text(
        'models = "linear"\n[log]\ntouches = "t.csv"\nconversions = "c.csv"\ninvalid = "drop"\n'
        f'[output]\nfolder = "{tmp_path}/o"\n'
    )
    refused = shell("run", config)
    assert refused.returncode == 2
    assert "41 of 42 rows" in refused.stderr
    assert "day, month, year (besides, touches: users are null" in refused.stderr
    config.write_text(config.read_text().replace("[output]", "drop_limit = 1.0\n[output]"))
    assert shell("run", config).returncode == 0
