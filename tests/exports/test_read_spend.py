"""Reports of costs as platforms hand them out: their own totals, days, currencies, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import attribution as at
from attribution.errors import CreditError

DATA = Path(__file__).parent / "data"

# file: platform, total (the file's own, or added up by hand), rows, channel, currency, first and last day
REPORTS = {
    "google_en.csv": ("google_ads", 1337.55, 3, "paid_search", "EUR", "2026-09-01", "2026-09-02"),
    "google_fr.csv": ("google_ads", 1337.55, 2, "paid_search", "EUR", "2026-09-01", "2026-09-02"),
    "google_excel.csv": ("google_ads", 1172.45, 1, "paid_search", "EUR", "2026-09-01", "2026-09-01"),
    "google_micros.csv": ("google_ads", 60.72, 2, "paid_search", None, "2021-02-01", "2021-02-03"),
    "google_de_plain.csv": ("", 1337.55, 2, "search", None, "2026-09-01", "2026-09-02"),
    "meta.csv": ("meta", 1294.56, 2, "paid_social", "USD", "2026-09-01", "2026-09-02"),
    "linkedin.csv": ("linkedin", 66.67, 2, "paid_social", "USD", "2026-09-01", "2026-09-02"),
    "microsoft.csv": ("microsoft", 1061.75, 2, "paid_search", "USD", "2026-09-01", "2026-09-02"),
}


UTF_16 = ("linkedin.csv", "google_excel.csv")  # so they are handed out; here they are kept as text


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_found_out_and_adds_up(name, tmp_path):
    platform, total, rows, channel, currency, first, last = REPORTS[name]
    path = DATA / name
    if name in UTF_16:
        path = tmp_path / name
        path.write_bytes((DATA / name).read_text(encoding="utf-8").encode("utf-16"))
    for asked in (None, platform or None):
        spend = at.read_spend(path, asked)
        frame = spend.to_frame()
        assert (spend.platform, len(frame)) == (platform, rows)
        assert spend.total == pytest.approx(total, abs=1e-9)
        assert set(frame["channel"]) == {channel}
        assert (str(frame["date"].min()), str(frame["date"].max())) == (first, last)
        assert (set(frame["currency"]) if "currency" in frame else {None}) == {currency}


def test_a_credit_takes_the_report_and_the_report_says_how_it_was_read():
    touches = {"user_id": [1, 1], "time": ["2026-09-01", "2026-09-02"], "channel": ["paid_search", "email"]}
    credit = at.attribute(
        at.read_log(touches, {"user_id": [1], "time": ["2026-09-03"], "value": [100.0]}), "linear"
    )
    spend = at.read_spend(DATA / "google_en.csv")
    told = credit.with_spend(spend)
    assert told.to_frame().set_index("channel")["cost"]["paid_search"] == pytest.approx(1337.55)
    assert any("2 rows are totals" in note for note in spend.notes)
    assert "header in line 3" in repr(spend)


def test_campaign_types_tell_the_channel_and_rows_of_a_day_are_summed():
    spend = at.read_spend(
        {
            "Day": ["2026-09-01"] * 4,
            "Campaign": ["a", "a", "b", "c"],
            "Device": ["phone", "desk", "phone", "phone"],
            "Campaign type": ["Search", "Search", "Display", "Something new"],
            "Currency code": ["EUR"] * 4,
            "Cost": [1.0, 2.0, 4.0, 8.0],
        }
    )
    assert spend.to_frame().groupby("channel")["cost"].sum().to_dict() == {
        "paid_search": 11.0,
        "display": 4.0,
    }
    assert len(spend.to_frame()) == 3
    assert any("4 rows are summed to 3" in note for note in spend.notes)


@pytest.mark.parametrize(
    ("dates", "platform", "first"),
    [
        (["9/1/2026", "9/2/2026"], "linkedin", "2026-09-01"),
        (["13.09.2026", "01.09.2026"], None, "2026-09-01"),
        (["13/9/2026", "1/9/2026"], None, "2026-09-01"),
        (["9/13/2026", "9/1/2026"], None, "2026-09-01"),
        (["9/1/2026", "9/2/2026"], None, None),
        (["13/9/2026", "9/13/2026"], None, None),
    ],
)
def test_days_are_read_by_the_whole_column_or_asked_about(dates, platform, first):
    report = {"date": dates, "channel": ["a", "a"], ("Total Spent" if platform else "cost"): [1.0, 2.0]}
    if first is None:
        with pytest.raises(CreditError, match=r"stands first|some the month"):
            at.read_spend(report, platform)
    else:
        assert str(at.read_spend(report, platform).to_frame()["date"].min()) == first


REFUSED = {
    "no costs": ({"day": ["2026-09-01"], "clicks": [1]}, {}, "known to hold costs"),
    "no channel": ({"day": ["2026-09-01"], "cost": [1.0]}, {}, "which channel"),
    "a channel twice": ({"channel": ["a"], "cost": [1.0]}, {"channel": "b"}, "has a column 'channel'"),
    "another platform": (
        {"Day": ["2026-09-01"], "Amount spent (USD)": [1.0]},
        {"platform": "google_ads"},
        "those of meta",
    ),
    "no such platform": ({"channel": ["a"], "cost": [1.0]}, {"platform": "tiktak"}, "platform"),
    "a range of days": (
        {"Reporting starts": ["2026-09-01"], "Reporting ends": ["2026-09-30"], "Amount spent (USD)": [1.0]},
        {},
        "ranges of days",
    ),
    "thousands or cents": ({"channel": ["a", "b"], "cost": ["1,172", "2,500"]}, {}, "more than a thousand"),
    "no numbers": ({"channel": ["a", "b"], "cost": ["many", "2.5"]}, {}, "no numbers"),
    "several currencies": ({"channel": ["a", "b"], "cost": ["€1.5", "$2.25"]}, {}, "several currencies"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_be_anything_is_refused(case):
    report, options, words = REFUSED[case]
    with pytest.raises(CreditError, match=words):
        at.read_spend(pd.DataFrame(report), **options)


def test_a_job_from_raw_events_and_a_platform_report_to_the_page(tmp_path):
    text = (
        f'models = ["linear"]\n[log]\ntouches = "{DATA}/ga4.parquet"\n[log.export]\nname = "ga4"\n'
        'conversions = { purchase = "purchase" }\n'
        f'[spend]\npath = "{DATA}/google_en.csv"\nplatform = "google_ads"\noutside = "keep"\n'
        f'[output]\nfolder = "{tmp_path}/out"\n'
    )
    (tmp_path / "job.toml").write_text(text)
    result = at.run(at.load_config(tmp_path / "job.toml"))
    assert result.credit.to_frame().set_index("channel")["cost"]["paid_search"] == pytest.approx(1337.55)
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    (tmp_path / "job.toml").write_text(text.replace('"google_ads"', '"meta"'))
    with pytest.raises(CreditError) as told:
        at.run(at.load_config(tmp_path / "job.toml"))
    assert told.value.hint == '[spend] platform = "google_ads"'
    (tmp_path / "job.toml").write_text(text.replace('platform = "google_ads"', 'channel = "a"'))
    with pytest.raises(at.AttributionError, match="only for the report of an ad platform"):
        at.load_config(tmp_path / "job.toml")


def test_months_stay_months_and_a_credit_reads_them():
    report = {"Month": ["2026-09", "2026-10"], "Currency code": ["EUR"] * 2, "Cost": ["1,000.50", "7"]}
    spend = at.read_spend(report)
    assert spend.table.column_names == ["channel", "month", "currency", "cost"]
    touches = {"user_id": [1], "time": ["2026-09-02"], "channel": ["paid_search"]}
    log = at.read_log(touches, {"user_id": [1], "time": ["2026-10-30"], "value": [9.0]})
    credit = at.attribute(log, "linear", lookback="90D").with_spend(spend)
    assert credit.to_frame()["cost"].sum() == pytest.approx(1007.5)


@pytest.mark.parametrize(
    ("costs", "words"), [([1.0, None], "missing"), ([1.0, -2.0], "negative"), (["1.5", "-2"], "negative")]
)
def test_costs_that_are_none_are_refused(costs, words):
    with pytest.raises(CreditError, match=words):
        at.read_spend(pd.DataFrame({"channel": ["a", "b"], "cost": costs}))


def test_a_heading_and_a_column_of_two_currencies_are_refused():
    report = {"Day": ["2026-09-01"], "Amount spent (USD)": [1.0], "Currency": ["EUR"]}
    with pytest.raises(CreditError, match="headed"):
        at.read_spend(report)


def test_exponents_are_numbers():
    assert at.read_spend({"channel": ["a", "b"], "cost": ["1.5E3", "2"]}).total == 1502.0
