"""Spend as platforms write it: each file is read right, or refused with fixes that lead to the right sum.

The files have the shapes that the platforms document (Google Ads, Meta, Microsoft Advertising, LinkedIn).
The right sums are their dated rows added by hand; Google's and Meta's own total rows say the same.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.credit.credit import Credit
from attribution.errors import AttributionError, CreditError
from tests.credit.tables import DAY, cells, instant

GOOGLE = """Campaign report
"September 1, 2026 - September 3, 2026"
Day,Campaign,Campaign ID,Campaign type,Currency code,Impr.,Clicks,Cost,Conversions
2026-09-01,Brand,111,Search,EUR,"1,204",41,"1,172.45",2.00
2026-09-02,Brand,111,Search,EUR,"1,180",39,165.10,1.00
2026-09-02,Paused one,222,Search,EUR,100,10,--,--
Total: Campaigns,--,--,--,EUR,"2,484",90,"1,337.55",3.00
Total: Account,--,--,--,EUR,"2,484",90,"1,337.55",3.00
"""
GOOGLE_EXCEL = (
    "Campaign report\nSeptember 1, 2026 - September 3, 2026\nDay\tCampaign\tCurrency code\tCost\n"
    "2026-09-01\tBrand\tEUR\t1,172.45\nTotal: Account\t\tEUR\t1,172.45\n"
)
GOOGLE_FR = (
    "Rapport sur les campagnes\n1 septembre 2026 - 3 septembre 2026\nJour;Campagne;Code de la devise;Coût\n"
    "2026-09-01;Marque;EUR;1\u202f172,45\n2026-09-02;Marque;EUR;165,10\n"
    "Total : campagnes;--;EUR;1\u202f337,55\n"
)
GOOGLE_DE = "date;channel;cost\n01.09.2026;search;1.172,45\n02.09.2026;search;165,10\n"
MICROS = "date,campaign,cost_micros\n2026-09-01,Brand,36150000\n2026-09-03,Brand,24570000\n"
META = (
    "Reporting starts,Reporting ends,Campaign name,Campaign ID,Day,Amount spent (USD),Impressions,Clicks\n"
    '2026-09-01,2026-09-01,Launch,120210000000000001,2026-09-01,"1,234.56",5400,61\n'
    '2026-09-02,2026-09-02,Launch,120210000000000001,2026-09-02,60.00,5100,58\n,,,,,"1,294.56",,\n'
)
MICROSOFT = (
    '"Report Name: campaign"\n"Report Time: 9/1/2026,9/2/2026"\n"Time Zone: (GMT) Greenwich Mean Time"\n'
    '"Rows: 2"\n\n'
    '"Gregorian date","Campaign name","Campaign ID","Currency code","Spend"\n'
    '"9/1/2026","Search brand","777","USD","31.5"\n"9/2/2026","Search brand","777","USD","1,030.25"\n'
    '"© 2026 Microsoft Corporation. All rights reserved."\n'
)
LINKEDIN = (
    "Campaign Performance Report (in UTC)\nReport Start: 9/1/2026\n\n"
    "Start Date (in UTC)\tAccount Name\tCampaign Name\tCampaign ID\tCurrency\tTotal Spent\n"
    "9/1/2026\tAcme\tB2B\t312\tUSD\t33.33\n9/2/2026\tAcme\tB2B\t312\tUSD\t33.34\n"
)

# file: (text, encoding, currency, costs within 1 to 3 September 2026)
FILES = {
    "google.csv": (GOOGLE, "utf-8", "EUR", 1172.45 + 165.10),
    "google_excel.csv": (GOOGLE_EXCEL, "utf-16", "EUR", 1172.45),
    "google_fr.csv": (GOOGLE_FR, "utf-8", "EUR", 1172.45 + 165.10),
    "google_de.csv": (GOOGLE_DE, "utf-8-sig", "", 1172.45 + 165.10),
    "google_micros.csv": (MICROS, "utf-8", "", 36.15 + 24.57),
    "meta.csv": (META, "utf-8-sig", "USD", 1234.56 + 60),
    "microsoft.csv": (MICROSOFT, "utf-8", "USD", 31.5 + 1030.25),
    "linkedin.csv": (LINKEDIN, "utf-16", "USD", 33.33 + 33.34),
    "linkedin.tsv": (LINKEDIN, "utf-8", "USD", 33.33 + 33.34),
}


def three_days(*by: str) -> Credit:
    window = (instant("2026-09-01"), instant("2026-09-03") + DAY - 1)
    if by:
        return cells(("channel", *by), {("paid_search", "Brand"): (1, 100.0)}, window=window)
    return cells(("channel",), {("paid_search",): (1, 100.0), ("search",): (1, 100.0)}, window=window)


def one_fix(hint: str, month_first: bool) -> str:
    """Return the code of a hint; where it leaves a decision to the reader, decide."""
    first, _, second = hint.partition(", or spend")
    if second:
        return first if month_first else f"spend{second}"
    if hint.startswith("spend = pandas") and "; if " in hint:
        start, _, rest = hint.partition("; if ")
        return f"{start}; {one_fix('if ' + rest, month_first)}"
    if hint.startswith("if "):
        first, _, second = hint.partition("; if ")
        return (first if month_first else second).partition(": ")[2]
    return hint


def follow(credit: Credit, spend: object, *, month_first: bool = True) -> tuple[Credit, list[str]]:
    """Apply the printed fixes one after the other, as a reader would, until the spend is taken."""
    scope, followed = {"pandas": pd, "spend": spend}, []
    for _ in range(8):
        try:
            return credit.with_spend(scope["spend"]), followed
        except CreditError as error:
            fix = one_fix(str(error.hint), month_first)
            exec(compile(fix, "hint", "exec"), scope)  # a printed fix is code
            followed.append(fix)
    pytest.fail("\n".join(followed))


@pytest.mark.parametrize("name", FILES)
def test_following_the_fixes_leads_to_what_was_spent(tmp_path, name):
    text, encoding, currency, right = FILES[name]
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    joined, _ = follow(three_days(), path)
    assert np.nansum(joined.cost) == pytest.approx(right, abs=1e-9)
    assert joined.currency == currency


@pytest.mark.parametrize("name", FILES)
def test_by_campaign_too(tmp_path, name):
    text, encoding, _, right = FILES[name]
    if "ampa" not in text:
        pytest.skip("the file has no campaigns")
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    joined, _ = follow(three_days("campaign"), path)
    assert np.nansum(joined.cost) == pytest.approx(right, abs=1e-9)
    assert not any("Total" in str(key) for key in joined.keys[1])


def test_totals_are_told_and_nothing_is_lost():
    frame = pd.DataFrame(
        {
            "channel": "search",
            "Day": ["2026-09-01", "2026-09-02", "Total: Campaigns", "Total: Account"],
            "Cost": [1172.45, 165.10, 1337.55, 1337.55],
        }
    )
    joined = three_days().with_spend(frame)
    assert np.nansum(joined.cost) == pytest.approx(1337.55)
    assert any(
        "2 rows are totals of others and left out ('Total: Campaigns', 'Total: Account'): 2,675" in note
        for note in joined.notes
    )


# what is in the column of labels, its costs, what was really spent: by hand
TOTALS = {
    "a label": (["Brand", "generic", "Total"], [4.0, 6.0, 10.0], 10.0),
    "German": (["Brand", "generic", "Gesamt"], [4.0, 6.0, 10.0], 10.0),
    "French": (["Brand", "generic", "Total : campagnes"], [4.0, 6.0, 10.0], 10.0),
    "Spanish": (["Brand", "generic", "Totales"], [4.0, 6.0, 10.0], 10.0),
    "a total of part": (["Brand", "generic", "Total: Search"], [4.0, 6.0, 9.0], 10.0),
    "first": (["Grand total", "Brand", "generic"], [10.0, 4.0, 6.0], 10.0),
    "no label, the sum": ([None, "Brand", "generic"], [10.0, 4.0, 6.0], 10.0),
    "dashes, the sum": (["Brand", "generic", "--"], [4.0, 6.0, 10.0], 10.0),
    "no label, another sum": (["Brand", "generic", None], [4.0, 6.0, 3.0], 13.0),
    "a brand that begins with Total": (["Total Wine", "generic", "Brand"], [10.0, 4.0, 6.0], 20.0),
    "a campaign as dear as the others": (["Brand", "generic", "other"], [10.0, 4.0, 6.0], 20.0),
}


@pytest.mark.parametrize("name", TOTALS)
def test_rows_that_are_totals(name):
    labels, costs, right = TOTALS[name]
    frame = pd.DataFrame({"channel": "paid_search", "campaign": labels, "cost": costs})
    for credit in (three_days(), three_days("campaign")):
        joined = credit.with_spend(frame)
        assert np.nansum(joined.cost) == pytest.approx(right)
        left_out = sum(costs) - right
        assert any("left out" in note for note in joined.notes) == bool(left_out)


def test_subtotals_a_day_are_left_out():
    frame = pd.DataFrame(
        {
            "channel": "paid_search",
            "date": ["2026-09-01"] * 3 + ["2026-09-02"] * 3,
            "campaign": ["a", "b", None] * 2,
            "cost": [1.0, 2.0, 3.0, 4.0, 5.0, 9.0],
        }
    )
    assert np.nansum(three_days("campaign").with_spend(frame).cost) == 12


def test_a_row_that_costs_as_much_as_all_others_is_asked_about():
    frame = pd.DataFrame({"channel": ["everything", "a", "b", "c"], "cost": [10.3, 3.1, 4.1, 3.1]})
    assert any("'everything'" in note and "total" in note for note in three_days().with_spend(frame).notes)


NAMES = [
    "Day",
    "Date",
    "DATE",
    "date_day",
    "Gregorian date",
    "Start Date (in UTC)",
    "Jour",
    "Tag",
    "Fecha",
    "Datum",
    "TimePeriod",
    "stat_time_day",
    "segments.date",
    "Reporting date",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_date_column_is_known_by_its_name(name):
    frame = pd.DataFrame({"channel": "search", name: ["2026-09-01", "2025-01-01"], "cost": [10.0, 1000.0]})
    joined = three_days().with_spend(frame)
    assert np.nansum(joined.cost) == 10
    assert any("1,000 on days outside" in note for note in joined.notes)


@pytest.mark.parametrize("name", ["booked", "when", "Zeit", "dt"])
@pytest.mark.parametrize(
    "values", [["2026-09-01", "2025-01-01"], ["9/1/2026", "1/1/2025"], ["1 Sep 2026", "1 Jan 2025"]]
)
def test_what_looks_like_dates_and_is_not_used_is_refused(name, values):
    frame = pd.DataFrame({"channel": "search", name: values, "cost": [10.0, 1000.0]})
    with pytest.raises(CreditError, match=f"did you mean '{name}'") as caught:
        three_days().with_spend(frame)
    assert caught.value.column == name
    joined, _ = follow(three_days(), frame)
    assert np.nansum(joined.cost) == 10


def test_a_second_date_is_refused_and_a_time_of_loading_is_told():
    frame = pd.DataFrame({"channel": ["search"], "date": ["2026-09-01"], "cost": [10.0]})
    with pytest.raises(CreditError, match="another column tells the days"):
        three_days().with_spend(frame.assign(invoiced="2026-10-01"))
    joined = three_days().with_spend(frame.assign(_synced="2026-10-01"))
    assert any("'_synced'" in note for note in joined.notes)


def test_columns_that_are_not_used_are_named():
    frame = pd.DataFrame({"channel": ["search"], "cost": [10.0], "Clicks": [3], "Avg. cost": [3.3]})
    assert "spend: columns not used: 'Clicks', 'Avg. cost'" in three_days().with_spend(frame).notes


@pytest.mark.parametrize(
    "name", ["Cost", " cost", "COST", "Spend", "Total Spent", "Amount spent (EUR)", "Kosten", "Coût", "Coste"]
)
def test_costs_are_known_by_their_name(name):
    joined = three_days().with_spend(
        pd.DataFrame({"Channel": ["search"], name: [10.0], "Cost / conv.": [3.0]})
    )
    assert np.nansum(joined.cost) == 10


def test_micros_are_millionths():
    frame = pd.DataFrame({"channel": ["search"], "cost_micros": [36_150_000]})
    assert np.nansum(three_days().with_spend(frame).cost) == 36.15


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("channel,cost\nCafé,1\n".encode("cp1252"), "not UTF-8"),
        ("channel\tcost\nsearch\t1\n".encode("utf-16-le"), "UTF-16 without the mark"),
        (b"\xff\xfec\x00h\x00a", "not UTF-16"),
    ],
)
def test_other_encodings_are_refused_by_name(tmp_path, content, text):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(AttributionError, match=text):
        three_days().with_spend(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("costs", "first", "right"),
    [
        (["1.172", "2.500"], True, 3672.0),
        (["1.172", "2.500"], False, 3.672),
        (["1,172.45", "--"], True, 1172.45),
        (["1.172,45", "0,5"], True, 1172.95),
        (["1 172,45", "1"], True, 1173.45),
        (["1'172.45", "1"], True, 1173.45),
    ],
)
def test_amounts_that_can_be_read_in_two_ways_are_never_guessed(tmp_path, costs, first, right):
    lines = "".join(f"search;c{place};{cost}\n" for place, cost in enumerate(costs))
    (tmp_path / "x.csv").write_text("channel;campaign;cost\n" + lines)
    with pytest.raises(CreditError, match="costs are text"):
        three_days().with_spend(tmp_path / "x.csv")
    spend = pd.DataFrame({"channel": "search", "campaign": ["c0", "c1"], "cost": costs})
    for source in (tmp_path / "x.csv", spend):
        joined, _ = follow(three_days(), source, month_first=first)
        assert np.nansum(joined.cost) == pytest.approx(right)


# ------------------------------------------------------------------------------------------------ ids


def test_float_ids_are_made_whole_by_the_fix():
    credit = cells(
        ("channel", "campaign"), {("search", "22872123321"): (1, 10.0), ("search", "5"): (1, 10.0)}
    )
    frame = pd.DataFrame({"channel": "search", "campaign": [22872123321, 5, None], "cost": [1.0, 2.0, 4.0]})
    joined, fixes = follow(credit, frame)
    assert any('.astype("Int64").astype("string")' in fix for fix in fixes)
    found = dict(zip(joined.keys[1].tolist(), joined.cost.tolist(), strict=True))
    assert found == {"22872123321": 1, "5": 2, "(none)": 4}


@pytest.mark.parametrize(
    ("mine", "theirs"), [("22872123321.0", "22872123321"), ("22872123321", "22872123321.0")]
)
def test_ids_that_differ_by_a_float_are_caught(mine, theirs):
    credit = cells(("channel", "campaign"), {("search", theirs): (1, 10.0)})
    frame = pd.DataFrame({"channel": ["search"], "campaign": [mine], "cost": [1.0]})
    with pytest.raises(CreditError, match="read as a number"):
        credit.with_spend(frame)
    joined, _ = follow(credit, frame)
    assert joined.keys[1].tolist() == [theirs]
    assert joined.cost.tolist() == [1]


def test_spend_by_campaign_alone_is_told_what_is_missing():
    credit = cells(("channel", "campaign"), {("search", "Brand"): (1, 10.0)})
    with pytest.raises(CreditError, match="campaign alone does not tell it") as caught:
        credit.with_spend(pd.DataFrame({"campaign": ["Brand"], "cost": [1.0]}))
    assert "assign(channel=" in str(caught.value.hint)
    with pytest.raises(CreditError, match="no column 'campaign'"):
        credit.with_spend({"Brand": 5})


def test_every_sample_is_found_in_the_file_list():
    assert {Path(name).suffix for name in FILES} == {".csv", ".tsv"}


@pytest.mark.parametrize("end", ["\n", "\n\n", "\r\n"])
def test_a_heading_with_a_line_break_costs_nothing(tmp_path, end):
    """As spreadsheets write a wrapped heading; found by the fuzzer. The sums are those of the lines."""
    path = tmp_path / "spend.tsv"
    path.write_bytes(f'"channel"\t"cost{end}"\n"email"\t10\n"search"\t20\n'.encode())
    touches = {"user_id": [1, 2], "time": ["2026-03-01"] * 2, "channel": ["email", "search"]}
    orders = {"user_id": [1, 2], "time": ["2026-03-02"] * 2}
    spent = at.attribute(at.read_log(touches, orders), "linear").with_spend(path).to_frame()
    assert dict(zip(spent["channel"], spent["cost"], strict=True)) == {"email": 10.0, "search": 20.0}
