"""Jobs with experiments: what they caused stands in the report, from the file to the calibrated credit."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.errors import ConfigError, ExperimentError
from attribution.jobs.experiments import lifts_of

JOB = """
models = ["last_touch", "markov"]
{above}
[log]
touches = "touches.parquet"
conversions = "conversions.parquet"
[journeys]
goal = "purchase"
[spend]
path = "spend.parquet"
[output]
folder = "{folder}/out"
{below}
"""
HOLDOUT = """
[[holdouts]]
channel = "email"
users = "users.parquet"
assigned = "arm_email"
outcome = "purchases"
exposed = "exposed_email"
value = "value"
shares = {treatment = 0.5, holdout = 0.5}
"""
CALIBRATE = """
[calibration]
model = "markov"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("job")
    data = at.datasets.simulate(6_000, days=120, seed=2, holdout={"email": 0.5})
    data.write(folder)
    return folder


def job(folder, above="", below=""):
    config = folder / "job.toml"
    config.write_text(JOB.format(folder=folder, above=above, below=below))
    return at.load_config(config)


def test_the_report_tells_what_was_caused(world):
    result = at.run(job(world, "bootstrap = 50", HOLDOUT + CALIBRATE))
    users = pq.read_table(world / "users.parquet")
    alone = at.analyze_holdout(
        users, assigned="arm_email", outcome="purchases", exposed="exposed_email", value="value"
    )
    tables = result.report.tables
    assert {"incremental", "calibration"} <= set(tables), sorted(tables)
    shown = tables["incremental"]
    row = shown[shown["channel"] == "email"].iloc[0]
    assert np.isclose([value for value in row if isinstance(value, float)], alone.incremental.value).any()
    assert "ci_low" in " ".join(result.credit.to_frame().columns)
    calibrated = at.calibrate(result.credit.select(models="markov"), {"email": alone})
    ours = tables["calibration"].set_index("channel")
    theirs = calibrated.to_frame().set_index("channel")
    assert ours.loc["email", "incremental"] == pytest.approx(theirs.loc["email", "incremental"])
    inputs = [entry["path"] for entry in result.manifest["inputs"]]
    assert any(path.endswith("users.parquet") for path in inputs)


def test_the_same_inputs_give_the_same_bytes(world):
    first = at.run(job(world, "bootstrap = 50", HOLDOUT)).manifest["outputs"]
    again = at.run(job(world, "bootstrap = 50", HOLDOUT)).manifest["outputs"]
    assert first == again


def test_intervals_from_disk_are_those_from_memory(world):
    memory = at.run(job(world, "bootstrap = 50", HOLDOUT))
    stream = at.run(job(world, "bootstrap = 50", HOLDOUT + '[engine]\nname = "stream"\n'))
    left, right = memory.credit.to_frame(), stream.credit.to_frame()
    assert list(left.columns) == list(right.columns)
    for column in left.select_dtypes("number"):
        assert np.allclose(left[column], right[column], rtol=1e-9, equal_nan=True), column
    assert {"journey_map", "time_to_convert"} <= {section.name for section in stream.report.sections}


def test_a_geo_test_of_a_channel(world):
    panel = at.datasets.simulate_geo(20, days=60, seed=4, treated=["geo 02", "geo 05", "geo 09", "geo 14"])
    pq.write_table(panel.panel, world / "geo.parquet")
    start, end = panel.settings["test"]
    asked_for = job(
        world,
        "",
        f"""
[[geo_tests]]
channel = "video"
panel = "geo.parquet"
treated = ["geo 02", "geo 05", "geo 09", "geo 14"]
start = {start}
end = "{end}"
cost = "spend"
missing = "zero"
alpha = 0.1
method = {{ name = "did", inference = "pooled" }}
""",
    )
    result = at.run(asked_for)
    text = result.report.to_markdown()
    assert "video" in text
    assert "incremental" in {section.name for section in result.report.sections}
    asked = {"treated": ["geo 02", "geo 05", "geo 09", "geo 14"], "start": start, "end": end, "cost": "spend"}
    lift = at.analyze_geo(
        panel.panel,
        **asked,
        missing="zero",
        method=at.DiD(inference="pooled"),
        significance=at.Significance(alpha=0.1),
    )
    assert lifts_of(asked_for)["video"][0].to_frame().equals(lift.to_frame())


def test_a_key_that_went_into_a_method_says_so(world):
    with pytest.raises(ConfigError) as caught:
        job(world, "", '[[geo_tests]]\nchannel = "tv"\npanel = "p"\nplacebos = 50\ninference = "placebo"\n')
    text = str(caught.value)
    assert "geo_tests[0].placebos" in text
    assert 'method = {name = "synthetic_control", placebos = 50, inference = "placebo"}' in text


@pytest.mark.parametrize(
    ("below", "words"),
    [
        ('[[holdouts]]\nchannel = "email"\n', ["holdouts[0].users", "is missing"]),
        ('[[holdouts]]\nusers = "users.parquet"\n', ["holdouts[0].channel", "is missing"]),
        (HOLDOUT.replace("outcome", "outcom"), ["outcom", "did you mean 'outcome'"]),
        ('[[geo_tests]]\nchannel = "tv"\npanel = "p"\ntreatd = ["a"]\n', ["did you mean 'treated'"]),
        ("[holdouts]\nx = 1\n", ["[[holdouts]]"]),
        (CALIBRATE, ["no experiment to calibrate by"]),
        (HOLDOUT + '[calibration]\nmodel = "markow"\n', ["did you mean 'markov'"]),
    ],
)
def test_mistakes_are_told_before_anything_is_read(world, below, words):
    with pytest.raises(ConfigError) as caught:
        job(world, "", below)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("below", "words"),
    [
        (HOLDOUT.replace("users.parquet", "nowhere.parquet"), ["no table", "email", "nowhere.parquet"]),
        (HOLDOUT.replace('"arm_email"', '"arm_emial"'), ["experiment of 'email'", "arm_email"]),
        (HOLDOUT.replace('channel = "email"', 'channel = "emial"'), ["did you mean 'email'"]),
    ],
)
def test_experiments_that_cannot_be_read_are_refused_in_words(world, below, words):
    with pytest.raises(ExperimentError) as caught:
        at.run(job(world, "", below))
    for word in words:
        assert word in str(caught.value)
