"""A fix is in the language of its reader: Python for Python, TOML for a job, options for a command."""

from __future__ import annotations

import tomllib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.cli import main
from attribution.jobs.doors import HOMES, shell_of, toml_of

TOML = [  # from the names of arguments and keys, which are one: config.py
    ('at.read_log(..., invalid="drop")', '[log] invalid = "drop"'),
    (
        "at.read_log(..., missing_value=0.0) if they were worth nothing",
        "[log] missing_value = 0.0 if they were ",
    ),
    ("LogSchema(user='visitor_id')", '[log.schema] user = "visitor_id"'),
    ("LogSchema(dims=('campaign', 'device'))", '[log.schema] dims = ["campaign", "device"]'),
    ("at.read_log(..., schema=at.LogSchema(..., time_unit='ms'))", '[log.schema] time_unit = "ms"'),
    ("log.group_channels()", '[channels] rules = "default"'),
    ("group_channels(..., unmatched='a')", '[channels] unmatched = "a"'),
    ("nulls=True", "[journeys] nulls = true"),
    ("at.build_journeys(log, lookback='7D')", '[journeys] lookback = "7D"'),
    ('at.attribute(journeys, "last_touch")', 'models = ["last_touch"]'),
    ("by=('channel', 'month')", 'by = ["channel", "month"]'),
    ("at.Markov(order=1), or bootstrap=500", 'models = [{name = "markov", order = 1}], or bootstrap = 500'),
    ('credit.with_spend(spend, outside="keep")', '[spend] outside = "keep"'),
    ("leave one of them out", "leave one of them out"),
    ('[output] folder = "out"', '[output] folder = "out"'),
    ("users = users.dropna()", "in Python, before the run: users = users.dropna()"),
    ("checks=[find(1)]", "in Python, before the run: checks=[find(1)]"),
]


@pytest.mark.parametrize(("hint", "line"), TOML)
def test_python_as_a_configuration_file_has_it(hint, line):
    assert toml_of(hint).startswith(line)


def test_arguments_of_an_experiment_belong_to_its_table():
    assert toml_of("holdout='hold-out'", section="[holdouts]") == '[[holdouts]] holdout = "hold-out"'


def test_parameters_of_a_model_stand_beside_its_name():
    said = toml_of('direct=("one", "another")', model="last_non_direct")
    assert said == 'models = [{name = "last_non_direct", direct = ["one", "another"]}]'


@pytest.mark.parametrize("key", [key for key in HOMES if key != "schema"])
def test_every_key_of_a_file_has_its_section(key):
    line = toml_of(f"{key}=1")
    home = HOMES[key]
    assert tomllib.loads(line.replace("] ", "]\n")) == ({home: {key: 1}} if home else {key: 1})


@pytest.mark.parametrize(
    ("hint", "line"),
    [
        ("LogSchema(user='who', time_unit='ms')", "--user who --time-unit ms"),
        ("conversion_only=True", "--conversion-only"),
        ("lookback='7 days'", "--lookback '7 days'"),
        ('at.read_log(..., invalid="drop")', 'in Python: at.read_log(..., invalid="drop")'),
        ("attribution run", "attribution run"),
    ],
)
def test_python_as_a_command_has_it(hint, line):
    assert shell_of(hint, ["user", "time_unit", "conversion_only", "lookback"]) == line


@pytest.fixture
def folder(tmp_path):
    touches = {"user_id": [1, 1, None], "time": ["2026-03-01", "2026-03-02", "2026-03-03"]}
    pq.write_table(pa.table({**touches, "channel": ["a", "b", "a"]}), tmp_path / "touches.parquet")
    orders = {"user_id": [1], "time": ["2026-03-04"]}
    pq.write_table(pa.table(orders), tmp_path / "conversions.parquet")
    return tmp_path


def job(folder, more=""):
    text = f"""
        models = ["linear"]
        [log]
        touches = "touches.parquet"
        conversions = "conversions.parquet"
        [output]
        folder = "{folder}/out"
        {more}"""
    path = folder / "job.toml"
    path.write_text("\n".join(line.strip() for line in text.splitlines()))
    return path


def test_a_job_prints_toml(folder, capsys):
    assert main(["run", str(job(folder))]) == 2
    told = capsys.readouterr().err
    assert "Fix: [log]" in told
    assert "at." not in told.split("Fix:")[1]
    with pytest.raises(at.AttributionError) as caught:
        at.run(at.load_config(job(folder)))
    assert caught.value.hint.startswith("[log]")
    with pytest.raises(at.AttributionError) as caught:
        at.read_log(folder / "touches.parquet", folder / "conversions.parquet").load()
    assert "at.read_log(" in caught.value.hint


def test_the_section_of_an_option_that_its_own_type_refuses(folder):
    with pytest.raises(at.AttributionError) as caught:
        at.load_config(job(folder, '[engine]\nname = "stream"\nmemory = "2 GBs"'))
    assert caught.value.hint.startswith("[engine] memory = ")


def test_an_audit_prints_options(folder, capsys):
    table = pa.table({"user_id": [1, 2], "time": [1772323200, 1772323300], "channel": ["a", "b"]})
    pq.write_table(table, folder / "t.parquet")
    assert (
        main(["audit", str(folder / "t.parquet"), "--conversions", str(folder / "conversions.parquet")]) == 2
    )
    told = capsys.readouterr().err
    assert "Fix: --time-unit s" in told
    assert "LogSchema" not in told
