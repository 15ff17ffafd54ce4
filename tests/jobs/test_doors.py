"""A fix is in the language of its reader: Python for Python, TOML for a job, options for a command."""

from __future__ import annotations

import re
import shlex
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
    (
        "engine=at.Increments('state-2') for these settings, or rm -r state",
        '[increments] folder = "state-2" for',
    ),
    ('engine=at.Stream(folder="/disk")', '[engine] name = "stream"\n       folder = "/disk"'),
    (
        "engine=at.Spark(session) leaves them",
        "in Python, before the run: engine=at.Spark(session) leaves them",
    ),
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
        (
            "read_log(touches, conversions), or read_log(log, schema=LogSchema(conversion='is_order'))",
            "--conversions PATH, or --conversion is_order",
        ),
        ("n_users=1", "--users 1"),
        ('holdout={"email": 0.2}', "--holdout email=0.2"),
    ],
)
def test_python_as_a_command_has_it(hint, line):
    options = ["user", "time_unit", "conversion_only", "lookback"]
    options += ["conversion", "conversions", "users", "holdout"]
    assert shell_of(hint, options) == line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "touches.parquet"], "Fix: --conversions PATH, or --conversion ..."),
        (["simulate", "sim", "--users", "-5"], "Fix: --users 1"),
        (["simulate", "sim", "--holdout", "email=2"], "Fix: --holdout email=0.2"),
        (["forget", "state"], "To do: name them behind the folder of the state, or give a file"),
    ],
)
def test_a_command_told_wrongly_says_its_own_options(folder, capsys, monkeypatch, arguments, said):
    monkeypatch.chdir(folder)
    table = pa.table({"user_id": [1, 2], "time": ["2026-03-01", "2026-03-02"], "channel": ["a", "b"]})
    pq.write_table(table, folder / "touches.parquet")
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Ellipsis" not in told


def test_several_mistakes_at_once_are_each_in_the_words_of_the_door(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["audit", "touches.parquet", "--user", "nobody", "--time", "nowhere"]) == 2
    told = capsys.readouterr().err
    assert re.findall("Fix: (.*)", told) == [
        "--user ...", "--time ...", "--conversions PATH, or --conversion ...",
    ]  # fmt: skip
    assert "LogSchema" not in told
    assert "read_log" not in told
    path = job(folder, '[log.schema]\nuser = "nobody"\ntime = "nowhere"')
    assert main(["run", str(path)]) == 2
    told = capsys.readouterr().err
    assert "LogSchema" not in told
    assert '[log.schema] time = "..."' in told


def test_a_folder_of_several_tables_is_refused_and_the_fix_runs(folder, capsys):
    assert main(["audit", str(folder)]) == 2
    told = capsys.readouterr().err
    assert "holds several tables ('conversions.parquet', 'touches.parquet')" in told
    fix = re.search("Fix: attribution (.*)", told)
    assert main(shlex.split(fix[1])) in (0, 1)
    with pytest.raises(at.AttributionError, match="holds several tables") as caught:
        at.read_log(folder)
    assert eval(caught.value.hint, {"read_log": at.read_log}).conversions.n_rows == 1
    config = folder / "job.toml"
    config.write_text('models = ["linear"]\n[log]\ntouches = "."\n')
    assert main(["run", str(config)]) == 2
    assert re.search(
        r'\[log\] touches = ".*touches.parquet"\s+conversions = ".*conv', capsys.readouterr().err
    )


def test_a_folder_of_one_table_in_files_that_differ_is_read(tmp_path):
    """Columns may be added in the course of a year, and sites may have columns of their own."""
    rows = {"user_id": [1], "time": ["2026-03-01"], "channel": ["a"]}
    for name, more in (
        ("2025", {}),
        ("2026", {"device": ["x"]}),
        ("shop", {"page": ["y"]}),
        ("app", {"os": ["z"]}),
    ):
        pq.write_table(pa.table({**rows, **more}), tmp_path / f"touches-{name}.parquet")
    log = at.read_log(tmp_path, {"user_id": [1], "time": ["2026-03-02"]})
    assert len(log.load().touches) == 4


def test_forgetting_by_a_job_prints_what_the_job_would(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    config = job(folder, '[increments]\nfolder = "state"')
    whole = pq.read_table("touches.parquet")
    later = pa.table({"user_id": [2.0], "time": ["2026-04-20"], "channel": ["a"]}).cast(whole.schema)
    pq.write_table(pa.concat_tables([whole.slice(0, 2), later]), "touches.parquet")
    assert main(["run", str(config)]) == 0
    pq.write_table(pa.concat_tables([whole, later]), "touches.parquet")
    capsys.readouterr()
    assert main(["forget", "state", "1", "--job", str(config), "--dry-run"]) == 2
    assert "[log] invalid" in capsys.readouterr().err


def test_a_slip_is_not_sent_to_another_section(folder):
    path = folder / "slip.toml"
    path.write_text('model = ["linear"]\n[log]\ntouches = "touches.parquet"\n')
    with pytest.raises(at.AttributionError, match=r"did you mean 'models'") as caught:
        at.load_config(path)
    assert "if it is no slip: model belongs in [calibration]" in str(caught.value)


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
