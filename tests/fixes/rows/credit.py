"""Requests of credit, its tables, pictures, reports and baselines."""

# ruff: noqa: E501 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

PATHS = {"path": ["email > search", "email"], "conversions": [3, 1], "nulls": [5, 9]}

ROWS = (
    "at.path_counts(journeys)",
    "at.path_counts(touches)",
    'at.attribute(journeys, "linear", bootstrap=20, rng=1).intervals("share_of_all")',
    'at.attribute(journeys, "linear", bootstrap=20, rng=1).with_spend(spend).intervals("cost")',
    'credit.intervals("conversions")',
    'at.attribute(journeys, "linear", bootstrap=20, rng=1).intervals("conversions", level=95)',
    'at.attribute(journeys, "linear").compare()',
    'at.attribute(journeys, "linear", bootstrap=20, rng=1).differences(between="models")',
    "credit.plot(ax=5)",
    'at.attribute(at.read_log(touches, conversions[["user_id", "time"]]), "linear").plot("value")',
    'credit.plot(kind="map")',
    'at.attribute(journeys, "linear").plot(kind="time")',
    'credit.plot("roas")',
    'credit.plot("value_share", kind="spend")',
    'credit.with_spend(spend).plot("cpa", kind="spend")',
    'credit.with_spend({"email": 5.0, "search": "x"})',
    "credit.with_spend({5: 5.0})",
    'credit.with_spend(spend.assign(date=["2026-03-01", None, "2026-03-02"]))',
    'credit.with_spend(spend.assign(cost=["€ 5", "1.234,56", "3"]))',
    'credit.with_spend(spend.assign(cost=["1,234.50", "2", "3"]))',
    'credit.with_spend(spend.assign(channel=["Email", "search", "social"]))',
    (
        'at.attribute(journeys, "linear", by=("channel", "campaign"))'
        '.with_spend(spend.assign(campaign=["a", "B", "a"]))'
    ),
    'at.attribute(journeys, "linear", by=("channel", "campaign")).with_spend(spend)',
    'at.attribute(journeys, "linear", by=("channel", "month")).with_spend(spend)',
    "at.report(journeys)",
    'at.report(credit, sections="credit")',
    'at.report(credit, preset="breif")',
    'at.report(credit, preset="brief", sections=["credit"])',
    'at.report(credit, labels="Search")',
    'at.report(credit, labels={"email": ""})',
    'at.report(credit, labels={"email": "Post", "search": "Post"})',
    'at.report(credit, sections=["credit", "credit"])',
    'at.report(credit, sections=["credits"])',
    'at.report(credit, logo="no.png")',
    'at.report(credit, logo=folder / "x.txt" if (folder / "x.txt").write_text("x") else "")',
    'at.report(credit, logo=folder / "x.png" if (folder / "x.png").write_bytes(bytes(10**7)) else "")',
    'at.report(credit, lifts={"emial": lift})',
    'at.report(credit, lifts={"email": 5})',
    "at.report(credit, lags=[journeys.time_to_convert(), journeys.time_to_convert()])",
    "at.report(credit, flows=5)",
    "at.report(credit, checks=[5])",
    "at.report(credit, sections=['over_time'])",
    "at.Credit()",
    "at.report(credit, at.ReportFacts(manifest={'week': 47}), checks=log.audit())",
    "at.build_journeys(log, options=at.JourneyOptions(lookback='30D'), max_touches=5)",
    "at.build_journeys(log, options=at.JourneyOptions(max_touches=5), lookback=None)",
    "at.Stream(folder=3)",
    "at.FullPath(lead=3)",
    "at.report(credit, journey=journeys)",
    "at.report(credit, {})",
    "at.tally_journeys(journeys)",
    "at.tally_journeys(touches)",
    'report.to_tables("tables", "parquet", bom=True)',
    "report.to_tables(5)",
    '(folder / "tables" / "credit.csv").mkdir(parents=True)\nreport.to_tables("tables", "csv")',
    "credit.to_csv(5)",
    'credit.to_csv("")',
    "credit.to_csv(folder)",
    'at.save_baseline(journeys, "b.json")',
    'at.save_baseline(credit, "b.txt")',
    "at.check(credit, 5)",
    'at.check(credit, "no.json")',
    'at.check(credit, "no.txt")',
    '(folder / "b.json").write_text("{}")\nat.check(credit, "b.json")',
    '(folder / "b.json").write_text("{")\nat.check(credit, "b.json")',
    'credit.to_parquet("credit.parquet")\nat.check(credit, "credit.parquet")',
    'at.save_baseline(credit, "b.json")\nat.check(at.attribute(journeys, "linear", by=("channel", "month")), "b.json")',
    'at.save_baseline(credit, "b.json")\nat.check(at.attribute(log, ["last_touch", "linear"], lookback="7D"), "b.json")',
    (
        'at.save_baseline(credit, "b.json")\n'
        'text = (folder / "b.json").read_text()\n'
        '(folder / "b.json").write_text(text.replace(\'"schema": \', \'"schema": 9\'))\n'
        'at.check(credit, "b.json")'
    ),
    'at.save_baseline(credit, "b.json")\nat.check(credit, "b.json", rtol=-1)',
    'at.save_baseline(credit, "b.json")\nat.check(credit, "b.json", alpha=5)',
    "at.driving_paths(journeys, at.Linear(), at.Linear())",
    'credit.explain("emial")',
)
