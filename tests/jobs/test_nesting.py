"""What nests without end is bad input (exit code 2), never a failure of ours, and stops no later run."""

from __future__ import annotations

import pytest

from attribution import cli

DEEP_JSON = "[" * 100_000


@pytest.mark.parametrize(
    "text", ["[" + ".".join("a" * 5_000) + "]\n", "a = " + "[" * 5_000, "a = " + "{b = " * 5_000]
)
def test_a_configuration_that_nests_without_end(tmp_path, capsys, text):
    (tmp_path / "job.toml").write_text(text, encoding="utf-8")
    assert cli.main(["run", str(tmp_path / "job.toml")]) == 2
    assert "nests tables or lists too deeply" in capsys.readouterr().err


def test_a_baseline_and_a_manifest_that_nest_without_end(job_file, tmp_path, capsys):
    config = str(job_file(folder="out"))
    assert cli.main(["run", config]) == 0
    (tmp_path / "baseline.json").write_text(DEEP_JSON, encoding="utf-8")
    assert cli.main(["check", str(tmp_path / "out"), "--baseline", str(tmp_path / "baseline.json")]) == 2
    assert "baseline.json is damaged" in capsys.readouterr().err
    (tmp_path / "out" / "manifest.json").write_text(DEEP_JSON, encoding="utf-8")
    assert cli.main(["run", config]) == 0
