"""What a report is put together from: sections asked for, experiments, calibration, logo, files of tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

import attribution as at
from attribution.credit.bootstrap import Bootstrap, Replicates
from attribution.errors import AttributionError, CreditError, OutputError
from attribution.reporting.contents import SECTIONS
from attribution.reporting.html import report
from tests.browser.sample import trial
from tests.reporting.pages import read_page
from tests.reporting.test_report import make_credit, paid

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def names(made):
    return [section.name for section in made.sections]


def sampled(credit, n=40, seed=2):
    """Return `credit` with resamples that scatter around it, by a tenth of each cell."""
    from dataclasses import replace

    rng = np.random.default_rng(seed)

    def copies(count):
        shape = (count, *credit.conversions.shape)
        parts = [line * rng.normal(1.0, 0.1, shape) for line in (credit.conversions, credit.value)]
        return Replicates.of(*parts, credit.attributed)

    return replace(credit, bootstrap=Bootstrap(copies(n), copies(8)))


def test_sections_are_those_asked_for_in_their_order():
    made = report(make_credit(), sections=("limits", "credit"))
    assert names(made) == ["limits", "credit"]
    assert read_page(made.to_html()).names("a")[0]["href"] == "#limits"


def test_a_section_that_has_nothing_to_say_is_left_out():
    assert names(report(make_credit(), sections=["money", "credit", "incremental"])) == ["credit"]
    assert set(names(report(make_credit()))) < set(SECTIONS)


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        (["credits"], "did you mean 'credit'"),
        (["credit", "credit"], "twice"),
        ("credit", "no list"),
        ([], "no list"),
    ],
)
def test_sections_that_cannot_be_are_refused(sections, told):
    with pytest.raises(CreditError, match=told):
        report(make_credit(), sections=sections)


def test_what_experiments_found_stands_beside_the_credit():
    lift = trial()
    credit = make_credit()
    made = report(credit, lifts={"email": lift, "search": at.Estimate(10.0, -30.0, 50.0)})
    frame = made.tables["incremental"].set_index("channel")
    assert frame.loc["email", "incremental"] == lift.incremental.value
    assert (frame.loc["email", "low"], frame.loc["email", "high"]) == (
        lift.incremental.low,
        lift.incremental.high,
    )
    assert frame.loc["email", "credited_1"] == credit.conversions[0, 0]
    assert frame.loc["email", "iroas"] == lift.iroas.value
    assert frame["verdict"].tolist() == ["effect", "no effect shown"]
    text = read_page(made.to_html()).text
    assert "Email: an effect is shown" in text
    assert "search: no effect is shown" in text
    single = made.tables["experiment_1"]
    assert single["relative"].tolist() == [lift.relative.value, lift.relative.low, lift.relative.high]
    assert "What the untested channels caused." in text


def test_an_experiment_that_must_not_be_read_is_not_read():
    users = {"arm": ["treatment"] * 900 + ["holdout"] * 300, "converted": [1, 0, 0] * 400}
    import pandas as pd

    lift = at.analyze_holdout(pd.DataFrame(users), shares={"treatment": 0.5, "holdout": 0.5})
    assert lift.verdict == "blocked"
    made = report(make_credit(), lifts={"email": lift})
    text = read_page(made.to_html()).text
    assert "Email: the experiment must not be read" in text
    assert "an effect is shown" not in text
    assert not [fact for fact in made.sections[0].blocks[0].facts if fact.label == "Incremental"]


@pytest.mark.parametrize("lifts", [{"emial": at.Estimate(1.0, 0.0, 2.0)}, {"email": 3.0}, [1]])
def test_experiments_that_cannot_be_used_are_refused(lifts):
    with pytest.raises(CreditError):
        report(make_credit(), lifts=lifts)


def test_calibrated_credit_is_that_of_the_calibration():
    credit = make_credit(models=("linear",))
    calibration = at.calibrate(credit, {"email": at.Estimate(60.0, 20.0, 100.0)})
    made = report(credit, calibration=calibration)
    frame = made.tables["calibration"].set_index("channel")
    expected = calibration.to_frame().set_index("channel")
    for channel in credit.channels:
        assert frame.loc[channel, "incremental"] == expected.loc[channel, "incremental"]
    mean, low, high = calibration.baseline()
    (findings,) = [section for section in made.sections if section.name == "findings"]
    facts = [fact.exact for fact in findings.blocks[0].facts if fact.label == "Incremental"]
    known = high - low <= abs(calibration.total - mean)  # else it is no headline
    assert facts == ([pytest.approx(calibration.total - mean)] if known else [])
    assert frame.loc["Would have happened anyway", "incremental"] == mean
    assert low < mean < high


def test_intervals_of_the_page_are_those_of_the_credit():
    credit = sampled(make_credit())
    made = report(credit)
    assert "sure" in names(made)
    expected = credit.intervals("share").set_index(["model", "channel"])
    for position, model in enumerate(credit.models):
        frame = made.tables[f"intervals_{position + 1}"].set_index("channel")
        for channel in credit.channels:
            same = expected.loc[(model, channel)]
            assert frame.loc[channel, "ci_low"] == same["ci_low"]
            assert frame.loc[channel, "rank_high"] == same["rank_high"]
    text = read_page(made.to_html()).text
    assert "How sure: under Last touch" in text
    assert "They carry no intervals" not in text
    assert "How sure: these numbers carry no intervals" in read_page(report(make_credit()).to_html()).text


def test_thirty_channels_with_everything_are_less_than_two_megabytes():
    names_of = [f"channel {number:02d}" for number in range(30)]
    credit = sampled(paid(make_credit(names_of, models=tuple("abcde"))))
    lifts = {name: at.Estimate(10.0, 1.0, 19.0) for name in names_of}
    calibration = at.calibrate(credit.select(models="a"), lifts)
    assert len(report(credit, lifts=lifts, calibration=calibration).to_html()) < 2_000_000


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "image/png"), (b"\xff\xd8\xff" + bytes(9), "image/jpeg"), (b"<svg></svg>", "image/svg+xml")],
)
def test_a_logo_is_told_by_its_content(tmp_path, content, kind):
    file = tmp_path / "logo.bin"
    file.write_bytes(content)
    picture = read_page(report(make_credit(), logo=file, sections=["findings"]).to_html()).names("img")
    assert len(picture) == 1
    assert str(picture[0]["src"]).startswith(f"data:{kind};base64,")
    assert picture[0]["alt"] == "Logo"


def test_a_logo_that_cannot_be_used_is_refused(tmp_path):
    big, other = tmp_path / "big.png", tmp_path / "logo.gif"
    big.write_bytes(PNG + bytes(300_000))
    other.write_bytes(b"GIF89a")
    for logo, told in (
        (big, "more than"),
        (other, "neither"),
        (tmp_path / "none.png", "cannot read"),
        (3, "cannot"),
    ):
        with pytest.raises(CreditError, match=told):
            report(make_credit(), logo=logo)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_every_table_becomes_a_file_with_its_numbers(tmp_path, kind):
    import pandas as pd

    made = report(paid(make_credit(["=1+1", "été", "c"])))
    (tmp_path / "kept.txt").write_text("kept")
    written = made.to_tables(tmp_path, kind)
    assert {file.name for file in tmp_path.iterdir()} == {f"{name}.{kind}" for name in made.tables} | {
        "kept.txt"
    }
    for name, frame in made.tables.items():
        read = pd.read_parquet(written[name]) if kind == "parquet" else pd.read_csv(written[name])
        for column in frame.select_dtypes("number"):
            # Older pandas' quick reading of decimals may miss the last digits.
            np.testing.assert_allclose(read[column], frame[column], rtol=1e-12)
    text = written["credit"].read_bytes()
    assert kind == "parquet" or b"'=1+1" in text  # no formula in a spreadsheet


def test_csv_for_excel_begins_with_a_mark(tmp_path):
    made = report(make_credit())
    plain = made.to_tables(tmp_path / "a", "csv")["credit"].read_bytes()
    assert made.to_tables(tmp_path / "b", "csv", bom=True)["credit"].read_bytes() == b"\xef\xbb\xbf" + plain


def test_tables_are_written_in_full_or_not_at_all(tmp_path):
    made = report(make_credit())
    (tmp_path / "credit_share.csv").mkdir()
    with pytest.raises(OutputError, match="folder"):
        made.to_tables(tmp_path, "csv")
    assert [file.name for file in tmp_path.iterdir()] == ["credit_share.csv"]
    with pytest.raises(OutputError, match="did you mean"):
        made.to_tables(tmp_path, "parket")
    with pytest.raises(OutputError, match="byte order mark"):
        made.to_tables(tmp_path, "parquet", bom=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        made.to_tables(tmp_path / "file", "csv")


@pytest.mark.parametrize(
    "name", ["calibration", "synergy", "flows", "lags", "paths", "title", "manifest", "checks"]
)
def test_an_argument_that_is_something_else_is_refused(name):
    with pytest.raises(AttributionError) as caught:
        report(make_credit(), **{name: 3})
    assert caught.value.column == name


def test_new_sections_come_from_journeys():
    touches = {
        "user_id": [1, 1, 2, 3],
        "time": ["2026-01-01", "2026-01-02", "2026-02-05", "2026-02-06"],
        "channel": ["a", "b", "a", "b"],
    }
    conversions = {"user_id": [1, 2], "time": ["2026-01-03", "2026-02-06"], "value": [30.0, 10.0]}
    pa = pytest.importorskip("pyarrow")
    journeys = at.build_journeys(at.read_log(pa.table(touches), pa.table(conversions)))
    paths = {"path": ["tv > search", "tv", "search"], "conversions": [90, 20, 40], "nulls": [910, 980, 960]}
    synergy = at.synergy(at.read_paths(paths), scale="rate", adjust_others=False)
    made = report(at.attribute(journeys, "linear"), journeys=journeys, synergy=synergy)
    assert {"journey_map", "time_to_convert", "customers", "synergy", "paths"} <= set(names(made))
    assert math.isclose(made.tables["days_to_convert"]["conversions"].sum(), 2.0)
    lags = [journeys.time_to_convert(), journeys.touches_to_convert()]
    same = report(at.attribute(journeys, "linear"), flows=journeys.flows(), lags=lags)
    assert same.tables["days_to_convert"].equals(made.tables["days_to_convert"])
    with pytest.raises(CreditError, match="twice"):
        report(at.attribute(journeys, "linear"), lags=[lags[0], lags[0]])
