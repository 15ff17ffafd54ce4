"""What a run tells: a summary, JSON, a dry run; and what it says of doubled files and of its baseline."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attribution import cli
from attribution.errors import LogError, OutputError
from attribution.jobs.config import load_config
from attribution.jobs.inputs import open_log, same_bytes
from attribution.jobs.pipeline import run
from attribution.jobs.preview import preview
from attribution.jobs.summary import LONGEST, summary_line

MADE = {"model": "linear", "conversions": 1234.0, "value": 5678.9, "shares": {"email": 0.41, "tv": 0.59}}


@pytest.fixture
def job(job_file):
    return load_config(job_file(), date="2026-11-21")


def test_the_summary_says_what_changed(job):
    def line(before, failed=(), findings=0):
        return summary_line(job, MADE, before, list(failed), "out/report.html", findings)

    head = "2026-11-21 Nightly: 1,234 conversions, 5,679; top tv 59.0% "
    assert line(None) == f"{head}(linear); checks ok; out/report.html"
    assert line({**MADE, "shares": {"tv": 0.6}}) == f"{head}(-1.0 points, linear); checks ok; out/report.html"
    assert "(as before, linear)" in line(MADE)
    assert "(new, linear)" in line({**MADE, "shares": {"email": 1.0}})
    assert "(linear)" in line({**MADE, "model": "markov"})  # another model's share is no change
    assert "; FAILED ties, gaps; " in line(None, ["ties", "gaps"])
    assert "; audit: 2 findings; " in line(None, findings=2)
    assert "no credit" in summary_line(job, {**MADE, "shares": {}}, None, [], "x")


def test_the_summary_speaks_the_language_of_the_report(job):
    job = replace(job, report=replace(job.report, language="fr"))

    def line(before, failed=(), findings=0):
        told = summary_line(job, MADE, before, list(failed), "out/report.html", findings)
        return told.replace("\u202f", " ")

    head = "2026-11-21 Nightly : 1 234 conversions, 5 679 ; en tête : tv 59,0 % "
    assert line(None) == f"{head}(linear) ; contrôles réussis; out/report.html"
    assert "(+1,0 point, linear)" in line({**MADE, "shares": {"tv": 0.58}})
    assert "(\N{MINUS SIGN}2,0 points, linear)" in line({**MADE, "shares": {"tv": 0.61}})
    assert "(comme avant, linear)" in line(MADE)
    assert "ÉCHEC ties, gaps; " in line(None, ["ties", "gaps"])
    assert "audit : 1 constat; " in line(None, findings=1)
    assert "audit : 2 constats; " in line(None, findings=2)


def test_a_summary_is_one_short_line_whatever_the_names(job):
    hostile = "<!channel> @here\n*x* `y` \u202e|z|" * 30
    job = replace(job, report=replace(job.report, title=hostile))
    made = {**MADE, "model": hostile, "shares": {hostile: 1.0}, "conversions": 1e15}
    line = summary_line(job, made, {**made, "shares": {}}, [hostile] * 9, f"{hostile}/report.html")
    assert len(line) <= LONGEST
    assert len(line.splitlines()) == 1
    assert not set(line) & set("<>@*`|\u202e\n")
    assert line.endswith("/report.html")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("https://evil.example/x", "https\u00b7evil\u00b7example/x"),
        ("[a](http://e.x)", "(a)(http\u00b7e\u00b7x)"),
        ("mailto:ann@shop.com", "mailto\u00b7ann(at)shop\u00b7com"),
        ("google.com", "google\u00b7com"),
        ("<!here>", "(!here)"),
        ("version 1.5 (v2)", "version 1.5 (v2)"),
        ("paid_search", "paid_search"),
    ],
)
def test_links_and_mentions_are_inert_wherever_a_name_stands(job, name, shown):
    made = {**MADE, "shares": {name: 1.0}}
    line = summary_line(job, made, None, [], "out/report.html")
    assert f"top {shown} " in line
    assert line.endswith("out/report.html")
    report = replace(job.report, title=name, currency=name)
    line = summary_line(replace(job, report=report), made, None, ["log.hours"], "out/report.html")
    assert line.count(shown) == 3
    assert "FAILED log.hours; " in line


@pytest.mark.parametrize(
    ("names", "copy"),
    [
        (["touches.parquet", "touches (1).parquet"], 1),
        (["touches-03.parquet", "touches-03 - Copy.parquet"], 1),
        (["Copy of touches.parquet", "touches.parquet"], 0),
        (["touches - Kopie.parquet", "touches.parquet"], 0),
        (["touches-b.parquet", "touches-a.parquet"], 1),  # the younger
    ],
)
def test_the_twin_that_is_named_for_removal_is_the_copy(tmp_path, names, copy):
    table = pa.table({"user_id": ["a"], "time": ["2026-03-01"], "channel": ["email"]})
    for age, name in enumerate(names):
        pq.write_table(table, tmp_path / name)
        os.utime(tmp_path / name, (1_700_000_000 + age, 1_700_000_000 + age))
    assert same_bytes(tmp_path / name for name in names) == {
        tmp_path / names[copy]: tmp_path / names[1 - copy]
    }


def test_the_last_line_is_the_summary_and_compares_with_the_run_before(job_file, tmp_path, capsys):
    config = str(job_file())
    assert cli.main(["run", config, "--date", "2026-11-20"]) == 0
    assert "as before" not in capsys.readouterr().out
    assert cli.main(["run", config, "--date", "2026-11-21"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("2026-11-21 Nightly: ")
    assert "(as before, last_touch)" in last
    assert last.endswith(str(tmp_path / "out/2026-11-21/report.html"))


def test_json_is_one_line_and_the_log_is_lines_of_json(job_file, capsys):
    assert cli.main(["run", str(job_file()), "--json", "--date", "2026-11-21"]) == 0
    shown = capsys.readouterr()
    (line,) = shown.out.splitlines()
    result = json.loads(line)
    assert (result["exit"], result["skipped"], result["failed"]) == (0, False, [])
    assert sorted(result["outputs"]) == ["credit.csv", "credit.parquet", "manifest.json", "report.html"]
    records = [json.loads(line) for line in shown.err.splitlines()]
    assert {"time", "level", "logger", "stage", "message", "fields"} == set(records[0])
    stages = [record["stage"] for record in records if "seconds" in record["fields"]]
    assert stages == ["open", "audit", "journeys", "credit", "report", "write"]


def test_json_tells_errors_too(job_file, tmp_path, capsys):
    config = job_file()
    (tmp_path / "data" / "touches.parquet").unlink()
    assert cli.main(["run", str(config), "--json"]) == 2
    shown = capsys.readouterr()
    result = json.loads(shown.out)
    assert result["exit"] == 2
    assert "touches.parquet" in result["error"]["message"]
    assert [json.loads(line)["level"] for line in shown.err.splitlines()].count("ERROR") == 1


def test_a_dry_run_tells_all_and_does_nothing(job_file, tmp_path, capsys):
    config = job_file(more="keep = 1")
    run(load_config(config, date="2026-11-20"))
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(["run", str(config), "--date", "2026-11-21", "--dry-run"]) == 0
    said = capsys.readouterr().out
    rows = pq.ParquetFile(tmp_path / "data" / "touches.parquet").metadata.num_rows
    assert "touches: 1 file, " in said
    assert f" {rows:,} rows" in said
    assert f"removes  {tmp_path}/out/2026-11-20" in said
    assert f"writes   {tmp_path}/out/2026-11-21/report.html\n" in said
    assert "estimated" in said
    assert sorted(tmp_path.rglob("*")) == before
    assert cli.main(["run", str(config), "--dry-run", "--json", "--date", "2026-11-20"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["engine"], facts["reads"][0]["rows"], facts["removes"]) == ("memory", rows, [])


@pytest.mark.parametrize(
    ("more", "engine"),
    [
        ('[engine]\nname = "stream"\nmemory = "1GB"', "stream"),
        ('[increments]\nfolder = "state"', "increments"),
    ],
)
def test_a_dry_run_names_the_engine(job_file, more, engine, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    plan = preview(load_config(job_file(more=more), date="2026-11-21"))
    assert plan.engine == engine
    assert plan.memory is not None
    assert ("at most" in repr(plan)) == (engine == "increments")
    assert not (tmp_path / "state").exists()


def test_a_dry_run_guesses_the_rows_of_text(tmp_path):
    lines = [f"{user},2026-01-01T00:00:00,email" for user in range(10_000)]
    (tmp_path / "t.csv").write_text("\n".join(["user_id,time,channel", *lines]))
    (tmp_path / "c.csv").write_text("user_id,time,value\n1,2026-01-02,3\n")
    config = tmp_path / "job.toml"
    config.write_text('models = "linear"\n[log]\ntouches = "t.csv"\nconversions = "c.csv"\n')
    table = preview(load_config(config)).tables[0]
    assert table.estimated
    assert table.rows == pytest.approx(10_000, rel=0.05)


def test_a_dry_run_finds_what_would_stop_the_run(job_file, tmp_path, capsys):
    config = job_file()
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="could not be written"):
        preview(load_config(config, date="2026-11-21"))
    assert cli.main(["run", str(config), "--dry-run"]) == 2


@pytest.fixture
def doubled(job_file, tmp_path):
    data = tmp_path / "data"
    config = job_file("out", **{'"touches.parquet"': '"touches*.parquet"'})
    shutil.copy(data / "touches.parquet", data / "touches (1).parquet")
    return config, data


def test_a_file_that_came_twice_is_refused_by_name(doubled):
    config, data = doubled
    with pytest.raises(
        LogError, match=r"'.*touches \(1\)\.parquet' has the same bytes as '.*touches.parquet'"
    ) as caught:
        open_log(load_config(config))
    assert "count twice" in str(caught.value)
    (data / "touches (1).parquet").unlink()
    open_log(load_config(config))


def test_a_file_that_came_twice_is_left_out_on_request(doubled, caplog):
    config, data = doubled
    rows = pq.ParquetFile(data / "touches.parquet").metadata.num_rows
    for twins, times in {"skip": 1, "count": 2}.items():
        config.write_text(config.read_text().replace("[log]", f'[log]\ntwins = "{twins}"'))
        log = open_log(load_config(config))
        config.write_text(config.read_text().replace(f'[log]\ntwins = "{twins}"', "[log]"))
        assert log.touches.n_rows == times * rows == len(log.load().touches)
    assert caplog.text.count("left out") == 1


def test_files_without_rows_and_partitions_are_no_twins(tmp_path):
    for channel in ("email", "search"):
        (tmp_path / "t" / f"channel={channel}").mkdir(parents=True)
        (tmp_path / "t" / f"channel={channel}" / "part.csv").write_text("user_id,time\n1,2026-01-01\n")
    for day in (1, 2, 3):
        (tmp_path / f"c{day}.csv").write_text(
            "user_id,time,value\n" + ("1,2026-01-02,3\n" if day == 3 else "")
        )
    config = tmp_path / "job.toml"
    config.write_text('models = "linear"\n[log]\ntouches = "t"\nconversions = "c?.csv"\n')
    assert len(open_log(load_config(config)).load().touches) == 2


CHECK = '[check]\nbaseline = "previous"\nmode = "pinned"\n'


def test_the_run_before_is_the_baseline(job_file, tmp_path, capsys):
    config = job_file("out", more=CHECK)
    first = run(load_config(config))
    assert [(check.name, check.passed) for check in first.regression] == [("baseline", None)]
    second = run(load_config(config))
    assert second.regression.passed
    assert len(second.regression) > 5
    # Most touches lost: the kind of night that a baseline is for.
    touches = pq.ParquetFile(tmp_path / "data" / "touches.parquet").read()
    pq.write_table(touches.slice(0, len(touches) // 4), tmp_path / "data" / "touches.parquet")
    capsys.readouterr()
    assert cli.main(["run", str(config)]) == 1
    shown = capsys.readouterr()
    assert "the worst: " in shown.err
    assert "against the baseline:" in shown.out
    assert "FAILED" in shown.out.splitlines()[-1]
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["failed"]


def test_other_settings_fail_once_and_are_written(job_file):
    run(load_config(job_file("out", more=CHECK)))
    changed = job_file("out", more=CHECK + '[journeys]\nlookback = "7D"\n')
    result = run(load_config(changed))
    assert [check.name for check in result.failed] == ["baseline"]
    assert "lookback" in result.failed[0].text
    assert run(load_config(changed)).failed == []
    quiet = job_file("out", more=CHECK + "fail = false\n")
    assert run(load_config(quiet)).failed == []


def test_a_baseline_that_is_not_there_is_told_first(job_file, monkeypatch):
    monkeypatch.setattr("attribution.jobs.pipeline.open_log", lambda _: pytest.fail("read too early"))
    config = job_file("out", more='[check]\nbaseline = "none.json"\n')
    assert cli.main(["run", str(config)]) == 2
