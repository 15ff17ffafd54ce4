"""A configuration is understood in full or refused with the key, the value and the nearest right one."""

from __future__ import annotations

import dataclasses
import pickle
import tomllib
from pathlib import Path

import pytest

from attribution.errors import ConfigError
from attribution.eventlog.schema import LogSchema
from attribution.jobs.config import load_config
from attribution.jobs.job import ExportSettings, Job

GOOD = """
models = ["last_touch", {name = "time_decay", half_life = "14D", label = "slow decay"}]
by = ["channel", "month"]

[log]
touches = ["touches/*.parquet", "/data/more.parquet"]
conversions = "conversions.parquet"
invalid = "drop"
missing_value = 0
hash_bits = 128

[log.schema]
user = "visitor"
time = ["clicked_at", "bought_at"]
dims = ["campaign", "device"]
order = ""

[audit]
fail_on = ["null_keys"]

[channels]
source = "utm_source"
rules = [{channel = "Paid search", source = "google"}]

[journeys]
lookback = "14D"
goal = ["purchase", "renewal"]
after_conversion = "overlap"
session_gap = "30min"
max_touches = 20
drop_censored = true
nulls = false

[spend]
path = "spend.parquet"
outside = "keep"

[report]
title = "Week 14"
currency = "EUR"
decimals = 0
top_paths = 5

[output]
folder = "out/week"
"""
LEAST = 'models = "linear"\n[log]\ntouches = "touches.parquet"\n'


def write(folder: Path, text: str, name: str = "weekly.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_reaches_its_setting(tmp_path):
    job = load_config(write(tmp_path, GOOD))
    assert job.log.touches == (str(tmp_path / "touches/*.parquet"), "/data/more.parquet")
    assert job.log.conversions == (str(tmp_path / "conversions.parquet"),)
    assert (job.log.invalid, job.log.missing_value, job.log.hash_bits) == ("drop", 0.0, 128)
    assert job.log.schema == {
        "user": "visitor",
        "time": ("clicked_at", "bought_at"),
        "dims": ("campaign", "device"),
        "order": "",
    }
    assert [(model.label, model.name) for model in job.models] == [
        ("last_touch", "last_touch"),
        ("slow decay", "time_decay"),
    ]
    assert job.models[1].params == {"half_life": "14D"}
    assert job.by == ("channel", "month")
    assert job.audit.fail_on == ("null_keys",)
    assert job.channels is not None
    assert job.channels.source == "utm_source"
    assert job.journeys.lookback == "14D"
    assert job.journeys.goal == ("purchase", "renewal")
    assert job.journeys.max_touches == 20
    assert job.journeys.nulls is False
    assert job.spend is not None
    assert (job.spend.path, job.spend.outside) == (str(tmp_path / "spend.parquet"), "keep")
    assert (job.report.title, job.report.currency, job.report.decimals) == ("Week 14", "EUR", 0)
    assert job.output.folder == "out/week"


def test_the_least_configuration_has_the_defaults_of_the_functions(tmp_path):
    job = load_config(write(tmp_path, LEAST))
    assert job == Job(path=job.path, log=job.log, models=job.models, date=job.date)
    assert job.journeys.lookback == "30D"
    assert job.channels is None
    assert job.spend is None


def test_a_job_is_frozen_and_survives_pickling(tmp_path):
    job = load_config(write(tmp_path, GOOD))
    with pytest.raises(dataclasses.FrozenInstanceError):
        job.by = ()  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(job)) == job
    assert "journeys.lookback" in repr(job)


def test_a_folder_with_glob_characters_is_taken_as_written(tmp_path):
    folder = tmp_path / "week [14]"
    folder.mkdir()
    job = load_config(write(folder, GOOD))
    assert job.log.touches[0] == str(tmp_path / "week [[]14]/touches/*.parquet")
    assert job.log.conversions == (str(folder / "conversions.parquet"),)


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ('"{last_month}"', ("2026-02-01", "2026-02-28")),
        ('["2026-02-03", "{yesterday}"]', ("2026-02-03", "2026-03-14")),
        ("[2026-02-03, 2026-02-04]", ("2026-02-03", "2026-02-04")),
        ('["", "2026-02-04"]', (None, "2026-02-04")),
    ],
)
def test_a_period_is_named_or_has_two_ends(tmp_path, written, ends):
    path = write(tmp_path, LEAST + f"[journeys]\nperiod = {written}\n")
    assert load_config(path, date="2026-03-15").journeys.period == ends


def test_an_unlimited_lookback_is_asked_for_by_name(tmp_path):
    job = load_config(write(tmp_path, LEAST + '[journeys]\nlookback = "unlimited"\n'))
    assert job.journeys.lookback is None


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + LEAST.encode())
    assert load_config(path).models[0].name == "linear"


LOG = '[log]\ntouches = "t.parquet"\n'
MISTAKES = {
    # what is written: the key path that is blamed, and what the message must say
    "unknown key": (LEAST + '[journeys]\nlokback = "3D"', "journeys.lokback", ["'lokback'", "'lookback'"]),
    "unknown section": (LEAST + "[jurneys]\n", "jurneys", ["'jurneys'", "'journeys'"]),
    "unknown top key": ("modles = []\n" + LEAST, "modles", ["'models'"]),
    "key in another section": (LEAST + '[report]\nlookback = "3D"', "report.lookback", ["[journeys]"]),
    "models below a section": (LOG + 'models = ["linear"]', "models", ["is missing", "above the first"]),
    "no models": (LOG, "models", ["is missing", "last_touch"]),
    "no log": ('models = "linear"', "log", ["is missing", "touches"]),
    "no touches": ('models = "linear"\n[log]\n', "log.touches", ["is missing"]),
    "log is no table": ('models = "linear"\nlog = "t.parquet"', "log", ["must be a table", "text"]),
    "touches a number": ('models = "linear"\n[log]\ntouches = 3', "log.touches", ["must be text", "3"]),
    "touches an empty list": ('models = "linear"\n[log]\ntouches = []', "log.touches", ["empty list"]),
    "touches empty": ('models = "linear"\n[log]\ntouches = " "', "log.touches", ["is empty"]),
    "touches with a null byte": (
        'models = "linear"\n[log]\ntouches = "a\\u0000b"',
        "log.touches",
        ["not a path"],
    ),
    "a touch file that is no text": (
        'models = "linear"\n[log]\ntouches = ["a", 2]',
        "log.touches[1]",
        ["a whole number"],
    ),
    "invalid": (LEAST + 'invalid = "dropp"', "log.invalid", ["'dropp'", "'drop'"]),
    "invalid a number": (LEAST + "invalid = 1", "log.invalid", ["'raise' or 'drop'"]),
    "missing value text": (LEAST + 'missing_value = "0"', "log.missing_value", ["must be a number"]),
    "missing value nan": (LEAST + "missing_value = nan", "log.missing_value", ["finite"]),
    "missing value true": (LEAST + "missing_value = true", "log.missing_value", ["true or false"]),
    "hash bits": (LEAST + "hash_bits = 96", "log.hash_bits", ["64 or 128", "96"]),
    "hash bits text": (LEAST + 'hash_bits = "128"', "log.hash_bits", ["a whole number"]),
    "twins": (LEAST + 'twins = "skipp"', "log.twins", ["'skip'"]),
    "keep nothing": (LEAST + '[output]\nfolder = "out/{today}"\nkeep = 0', "output.keep", ["at least 1"]),
    "keep without a date": (LEAST + "[output]\nkeep = 3", "output.keep", ["no effect", "out/{today}"]),
    "the pattern is no key": (LEAST + '[output]\npattern = "x"', "output.pattern", ["no key"]),
    "placeholder": (LEAST + '[report]\ntitle = "{weak}"', "report.title", ["'week'", "{{weak}}"]),
    "check without baseline": (LEAST + "[check]\nrtol = 1", "check.baseline", ["is missing", "previous"]),
    "check mode": (LEAST + '[check]\nbaseline = "previous"\nmode = "daily"', "check.mode", ["'nightly'"]),
    "check negative": (LEAST + '[check]\nbaseline = "previous"\nrtol = -1', "check.rtol", ["zero or more"]),
    "check sampling": (LEAST + '[check]\nbaseline = "b"\nsampling = "x"', "check.sampling", ["number"]),
    "time zone": (LEAST + '[schedule]\ntimezone = "CETT"', "schedule.timezone", ["time zone"]),
    "schema key": (LEAST + '[log.schema]\nchanel = "x"', "log.schema.chanel", ["'channel'"]),
    "schema type": (LEAST + "[log.schema]\nuser = 3", "log.schema.user", ["must be text"]),
    "schema flag": (LEAST + '[log.schema]\nconversion_is_touch = "no"', "log.schema.conversion_is_touch", []),
    "schema contradiction": (LEAST + '[log.schema]\ntime_unit = "sec"', "log.schema", ["'sec'"]),
    "schema dims twice": (LEAST + '[log.schema]\ndims = ["a", "a"]', "log.schema.dims", ["twice"]),
    "audit flag": (LEAST + '[audit]\nenabled = "yes"', "audit.enabled", ["true or false"]),
    "audit off but failing": (
        LEAST + '[audit]\nenabled = false\nfail_on = "any"',
        "audit.fail_on",
        ["enabled = true"],
    ),
    "audit of nothing known": (LEAST + '[audit]\nfail_on = ["null_kys"]', "audit.fail_on", ["'null_keys'"]),
    "audit of no grouping": (LEAST + '[audit]\nfail_on = "no_touch"', "audit.fail_on", ["[channels]"]),
    "audit of no export": (LEAST + '[audit]\nfail_on = "left_out"', "audit.fail_on", ['export = "ga4"']),
    "audit threshold": (LEAST + "[audit]\nmost_without_touch = 0", "audit.most_without_touch", ["more than"]),
    "rules unknown word": (LEAST + '[channels]\nrules = "defaults"', "channels.rules", ['"default"']),
    "rules unknown key": (
        LEAST + '[[channels.rules]]\nchannel = "Ads"\nmedum = "cpc"',
        "channels.rules[0].medum",
        ["'medium'"],
    ),
    "rules without channel": (
        LEAST + '[[channels.rules]]\nmedium = "cpc"',
        "channels.rules[0].channel",
        ["is missing"],
    ),
    "rules bad pattern": (
        LEAST + '[[channels.rules]]\nchannel = "Ads"\nmedium = "re:("',
        "channels.rules[0]",
        ["regular expression"],
    ),
    "period of no days": (LEAST + '[journeys]\nperiod = "May"', "journeys.period", ["'May'", "2026-03-31"]),
    "lookback without unit": (LEAST + '[journeys]\nlookback = "30"', "journeys.lookback", ["'30'", "30D"]),
    "lookback a number": (LEAST + "[journeys]\nlookback = 30", "journeys.lookback", ["unit", "30D"]),
    "lookback negative": (LEAST + '[journeys]\nlookback = "-1D"', "journeys.lookback", ["more than zero"]),
    "lookback a date": (LEAST + "[journeys]\nlookback = 2026-01-01", "journeys.lookback", ["date"]),
    "after_conversion": (
        LEAST + '[journeys]\nafter_conversion = "restart"',
        "journeys.after_conversion",
        ["'reset'"],
    ),
    "max_touches zero": (LEAST + "[journeys]\nmax_touches = 0", "journeys.max_touches", ["at least 1"]),
    "max_touches a float": (LEAST + "[journeys]\nmax_touches = 1.5", "journeys.max_touches", ["whole"]),
    "max_touches true": (LEAST + "[journeys]\nmax_touches = true", "journeys.max_touches", ["whole"]),
    "drop_censored without end": (
        LEAST + '[journeys]\nlookback = "unlimited"\ndrop_censored = true',
        "journeys",
        ["lookback"],
    ),
    "goal twice": (LEAST + '[journeys]\ngoal = ["a", "a"]', "journeys.goal", ["twice"]),
    "unknown model": ('models = ["linaer"]\n' + LOG, "models[0]", ["'linaer'", "'linear'"]),
    "unknown parameter": (
        'models = ["linear", {name = "time_decay", halflife = "3D"}]\n' + LOG,
        "models[1]",
        ["'halflife'", "'half_life'"],
    ),
    "bad parameter": (
        'models = [{name = "time_decay", half_life = "3"}]\n' + LOG,
        "models[0]",
        ["half_life"],
    ),
    "model without name": ('models = [{half_life = "3D"}]\n' + LOG, "models[0]", ["no name"]),
    "model a number": ("models = [3]\n" + LOG, "models[0]", ["whole number"]),
    "models empty": ("models = []\n" + LOG, "models", ["empty list"]),
    "model twice": (
        'models = ["time_decay", {name = "time_decay", half_life = "3D"}]\n' + LOG,
        "models[1]",
        ["twice", "label"],
    ),
    "by twice": ('by = ["month", "month"]\n' + LEAST, "by", ["'month'", "twice"]),
    "by a number": ("by = 3\n" + LEAST, "by", ["must be text"]),
    "spend without path": (LEAST + "[spend]\n", "spend.path", ["is missing"]),
    "two spend files": (LEAST + '[spend]\npath = ["a", "b"]', "spend.path", ["one file"]),
    "spend outside": (LEAST + '[spend]\npath = "a"\noutside = "dorp"', "spend.outside", ["'drop'"]),
    "decimals negative": (LEAST + "[report]\ndecimals = -1", "report.decimals", ["at least 0"]),
    "title a list": (LEAST + "[report]\ntitle = []", "report.title", ["must be text"]),
    "title empty": (LEAST + '[report]\ntitle = ""', "report.title", ["is empty"]),
    "output folder a table": (LEAST + "[output.folder]\n", "output.folder", ["must be text", "a table"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_its_key_and_the_remedy(tmp_path, name):
    text, key, words = MISTAKES[name]
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    message = str(caught.value)
    assert key in message
    assert all(word in message for word in words), message
    assert "weekly.toml" in message
    if "has 2 mistakes" not in message:
        assert caught.value.column == key


def test_all_mistakes_are_told_at_once(tmp_path):
    text = (
        'models = ["linaer", "foo"]\n[log]\n[journeys]\nlookback = 3\n[report]\ndecimals = "2"\ntittle = ""\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    message = str(caught.value)
    assert "6 mistakes" in message
    for key in [
        "models[0]",
        "models[1]",
        "log.touches",
        "journeys.lookback",
        "report.decimals",
        "report.tittle",
    ]:
        assert key in message


UNREADABLE = {
    "broken TOML": (b"models = [", "not valid TOML"),
    "key twice": (b'models = "a"\nmodels = "b"', "not valid TOML"),
    "latin-1": ('[report]\ntitle = "r\xe9sum\xe9"'.encode("latin-1"), "not UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
    "empty": (b"", "2 mistakes"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_configuration_is_told(tmp_path, name):
    content, words = UNREADABLE[name]
    path = tmp_path / "weekly.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        load_config(path)


@pytest.mark.parametrize("name", ["missing.toml", ".", "missing/weekly.toml", "a\0b.toml"])
def test_a_file_that_is_not_there_is_told(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot read the configuration"):
        load_config(tmp_path / name)


def test_the_page_of_the_configuration_shows_every_key(root, tmp_path):
    page = (root / "docs" / "configuration.md").read_text(encoding="utf-8")
    _, *blocks = page.split("## Every key")[1].split("```toml\n")
    example, instead = (block.split("```")[0].replace("# conversion", "conversion") for block in blocks[:2])
    job = load_config(write(tmp_path, example))
    other = example[: example.index("[engine]")] + instead
    increments = load_config(write(tmp_path, other)).increments
    shown = tomllib.loads(example) | tomllib.loads(instead)
    assert job.channels is not None
    assert job.spend is not None
    lists = {"holdouts", "geo_tests"}  # together they are the job's experiments
    named = {entry.name for entry in dataclasses.fields(job)} - {"path", "date", "experiments"}
    assert set(shown) == {"models", "by"} | lists | named
    for section in (
        "log",
        "audit",
        "channels",
        "journeys",
        "engine",
        "spend",
        "report",
        "output",
        "check",
        "schedule",
        "calibration",
    ):
        fields = {entry.name for entry in dataclasses.fields(getattr(job, section))}
        # `pattern` is no key, but made from the folder; an export or a query takes the place of keys of [log]
        assert set(shown[section]) == fields - {"pattern", "export", "query"}
    export = tomllib.loads(page.split("```ini\n")[1].split("```")[0])["log"]["export"]
    assert set(export) == {entry.name for entry in dataclasses.fields(ExportSettings)}
    assert set(shown["increments"]) == {entry.name for entry in dataclasses.fields(increments)}
    assert set(shown["log"]["schema"]) == {entry.name for entry in dataclasses.fields(LogSchema)}


def test_the_engine_is_checked_before_anything_is_read(tmp_path):
    job = load_config(write(tmp_path, LEAST + '[engine]\nname = "stream"\nmemory = "2GB"\nprocesses = 1\n'))
    assert (job.engine.name, job.engine.memory, job.engine.processes) == ("stream", "2GB", 1)
    for lines, words in [
        ('name = "steam"', "stream"),
        ('name = "stream"\nmemory = "lots"', "no amount of memory"),
        ('memory = "2GB"', "has no effect on the engine 'auto'"),
        ('name = "stream"\n[increments]\nfolder = "state"', "leave \\[engine\\] out"),
    ]:
        with pytest.raises(ConfigError, match=words):
            load_config(write(tmp_path, f"{LEAST}[engine]\n{lines}\n"))
