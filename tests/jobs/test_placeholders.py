"""Dates and variables in a configuration: what they become, and what is refused in words."""

from __future__ import annotations

import datetime as dt

import pytest

from attribution.errors import ConfigError
from attribution.jobs import placeholders
from attribution.jobs.config import load_config
from attribution.jobs.placeholders import DAYS, SHAPES, day_of, filled, pattern_of

LEAST = 'models = "linear"\n[log]\ntouches = "{touches}"\n'


def load(folder, text, date="2026-11-21"):
    path = folder / "job.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, date=date)


# From the calendar: 21 November 2026 is the Saturday of ISO week 47; 2027-01-01 belongs to week 53 of 2026.
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-21", "2026-11-21 2026-11-21 2026-11-20 2026-W47 2026-W46 2026-11 2026-10 2026"),
        ("2027-01-01", "2027-01-01 2027-01-01 2026-12-31 2026-W53 2026-W52 2027-01 2026-12 2027"),
        ("2028-03-01", "2028-03-01 2028-03-01 2028-02-29 2028-W09 2028-W08 2028-03 2028-02 2028"),
    ],
)
def test_what_each_placeholder_says_of_a_day(day, said):
    names = ("today", "date", "yesterday", "week", "last_week", "month", "last_month", "year")
    assert set(DAYS) == set(SHAPES) == set(names)
    assert " ".join(DAYS[name](day_of(day)) for name in names) == said


def test_texts_anywhere_are_filled(tmp_path, monkeypatch):
    monkeypatch.setenv("BASE", "/data")
    text = LEAST.replace("{touches}", "${BASE}/t-{yesterday}.parquet") + (
        '[report]\ntitle = "{week}"\n[[channels.rules]]\nchannel = "{month}"\nraw = "re:^[a-z]{2}_{3,4}$"\n'
        '[output]\nfolder = "out/{month}/{today}"\n'
    )
    job = load(tmp_path, text)
    assert job.log.touches == ("/data/t-2026-11-20.parquet",)
    assert job.report.title == "2026-W47"
    assert job.channels.rules[0] == {"channel": "2026-11", "raw": "re:^[a-z]{2}_{3,4}$"}
    assert (job.output.folder, job.output.pattern) == ("out/2026-11/2026-11-21", "out/{month}/{today}")
    assert job.date == "2026-11-21"


def test_the_texts_themselves_can_be_written():
    said = filled("{{today}} $${HOME} {4} {} { } }{ $HOME {a b}", {}, str, "x")
    assert said == "{today} ${HOME} {4} {} { } }{ $HOME {a b}"


def test_what_a_variable_holds_is_not_read_again(monkeypatch):
    assert filled("${A}", {"A": "{today}"}, str, "x") == "{today}"
    assert pattern_of("${A}/{today}", {"A": "{x}"}) == "{{x}}/{today}"


WRONG = {
    "misspelt": ("{todya}", "did you mean 'today'"),
    "how to write it": ("{todya}", "{{todya}}"),
    "unset": ("${NO_SUCH_NAME}", "'NO_SUCH_NAME' is not set"),
    "misspelt variable": ("${ATRIBUTION_TEST}", "did you mean 'ATTRIBUTION_TEST'"),
    "empty": ("${EMPTY}", "'EMPTY' is empty"),
    "no name": ("${}", "'' is not set"),
    "open variable": ("${HOME", "not closed"),
    "open date": ("out-{today", "not closed"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_key(tmp_path, monkeypatch, name):
    monkeypatch.setenv("ATTRIBUTION_TEST", "x")
    monkeypatch.setenv("EMPTY", "")
    text, words = WRONG[name]
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, LEAST.replace("{touches}", text))
    assert words in str(caught.value)
    assert caught.value.column == "log.touches"


@pytest.mark.parametrize(
    "date",
    [
        "",
        "soon",
        "2026-11-31",
        "20261121",
        "2026-W47",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        7,
        "9999-12-31",
    ],
)
def test_what_is_no_day_is_refused(tmp_path, date):
    with pytest.raises(ConfigError, match="is no day"):
        load(tmp_path, LEAST, date)


# Europe/Berlin had no 02:00 to 02:59 on 2026-03-29, and had it twice on 2026-10-25 (IANA tz database).
@pytest.mark.parametrize("first", [dt.date(2026, 3, 27), dt.date(2026, 10, 23)])
@pytest.mark.parametrize("hour", [0, 2, 23])
def test_a_clock_change_neither_skips_nor_doubles_a_day(monkeypatch, first, hour):
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Berlin")
    days = []
    for number in range(6):
        local = dt.datetime.combine(first + dt.timedelta(number), dt.time(hour, 30), zone)
        monkeypatch.setattr(placeholders, "now", lambda local=local: local.astimezone(dt.UTC))
        days.append(day_of(None, "Europe/Berlin"))
    assert days == [first + dt.timedelta(number) for number in range(6)]


def test_today_is_that_of_the_zone(tmp_path, monkeypatch):
    monkeypatch.setattr(placeholders, "now", lambda: dt.datetime(2026, 11, 21, 23, 30, tzinfo=dt.UTC))
    plain = LEAST.replace("{touches}", "t-{today}")
    monkeypatch.setenv("ZONE", "Europe/Berlin")
    for more, day in {
        "": "2026-11-21",
        '[schedule]\ntimezone = "Europe/Berlin"\n': "2026-11-22",
        '[schedule]\ntimezone = "${ZONE}"\n': "2026-11-22",
        '[schedule]\ntimezone = "America/Los_Angeles"\n': "2026-11-21",
    }.items():
        assert load(tmp_path, plain + more, None).date == day


@pytest.mark.parametrize("zone", ['"Europe/Berln"', '"Berlin"', '""', "3", '"../etc"', '"Europe"'])
def test_an_unknown_zone_names_the_nearest(tmp_path, zone):
    with pytest.raises(ConfigError, match="time zone") as caught:
        load(tmp_path, f"{LEAST.replace('{touches}', 't')}[schedule]\ntimezone = {zone}\n")
    assert caught.value.column == "schedule.timezone"
    if "Ber" in zone:
        assert "Europe/Berlin" in str(caught.value)


def test_keep_needs_a_date_in_the_folder(tmp_path):
    text = LEAST.replace("{touches}", "t") + '[output]\nkeep = 3\nfolder = "out/{{today}}"\n'
    with pytest.raises(ConfigError, match=r"output\.keep: has no effect"):
        load(tmp_path, text)
