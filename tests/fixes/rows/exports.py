"""Exports that are another system's, times and amounts that may be anything, and requests that do not fit."""

# ruff: noqa: E501, F401 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

import pandas as pd

import attribution as at
from attribution.exports.presets import EXPORTS

CHARGES = {
    "id": ["c1", "c2"],
    "Created date (UTC)": ["2026-03-04 10:00:00", "2026-03-05 10:00:00"],
    "Amount": ["10.0", "20.0"],
    "Currency": ["eur", "eur"],
    "Captured": ["true", "true"],
    "Status": ["Paid", "Paid"],
    "Customer ID": ["1", "2"],
}
EVENTS = {
    "uuid": ["a", "b"],
    "event": ["$pageview", "purchase"],
    "timestamp": ["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"],
    "person_id": ["1", "1"],
    "properties": ['{"utm_source": "google", "utm_medium": "cpc"}', '{"revenue": 5}'],
}


def charges(**columns: object) -> pd.DataFrame:
    """Return charges with some columns in other forms."""
    return pd.DataFrame({**CHARGES, **{name.replace("_", " "): column for name, column in columns.items()}})


def dated(*times: object) -> pd.DataFrame:
    """Return charges at these times."""
    return charges().assign(**{"Created date (UTC)": list(times)})


def events(**columns: object) -> pd.DataFrame:
    """Return events with some columns in other forms."""
    return pd.DataFrame({**EVENTS, **columns})


REPORT = {"Day": ["2026-03-01", "2026-03-02"], "Currency code": ["EUR", "EUR"], "Cost": [1.5, 2.0]}


def costs(**columns: object) -> pd.DataFrame:
    """Return a report of costs with some columns in other forms."""
    return pd.DataFrame({**REPORT, **columns})


ROWS = (
    'at.read_spend(costs().drop(columns="Cost"))',
    'at.read_spend(costs().drop(columns="Currency code"))',
    'at.read_spend(costs(channel="email"), channel="search")',
    'at.read_spend(costs(), "meta")',
    'at.read_spend(costs(), "googel")',
    'spend = costs(Cost=["1,172", "2,500"])\nat.read_spend(spend)',
    'spend = costs(Cost=["many", "2.5"])\nat.read_spend(spend)',
    'spend = costs(Day=["3/1/2026", "3/2/2026"])\nat.read_spend(spend)',
    'spend = costs(Day=["13/1/2026", "3/13/2026"])\nat.read_spend(spend)',
    'spend = costs(Day=["soon", "2026-03-02"])\nat.read_spend(spend)',
    'spend = costs(Day=["2026-02-30", "2026-03-02"])\nat.read_spend(spend)',
    "data = costs(Day=[5, 6])\nat.read_spend(data)",
    'data = dated("99999999999999999", "1780000001")\nat.read_export(data, EXPORTS["stripe"].replace(time_unit="s"), touches=touches)',
    'at.read_spend(costs(Cost=["€1.5", "$2.25"]).drop(columns="Currency code"), channel="email")',
    'at.read_spend(pd.DataFrame({"Reporting starts": ["2026-03-01"], "Reporting ends": ["2026-03-30"], "Amount spent (EUR)": [1.0]}))',
    'at.read_export(charges(), "strip", touches=touches)',
    "at.read_export(charges(), 5, touches=touches)",
    'at.read_export(charges(), "stripe")',
    'at.read_export(charges(), "stripe", touches=touches, refunds="netto")',
    'at.read_export(charges(), "stripe", touches=touches, timezone="Europe/Paris")',
    'at.read_export(charges(), "stripe", touches=touches, own_domains="shop.example")',
    'at.read_export(charges(), "stripe", touches=touches, orders=charges())',
    'at.read_export(charges(), "shopify", touches=touches)',
    'at.read_export(charges().rename(columns={"Customer ID": "Customer IDs"}), export="stripe", touches=touches)',
    'data = dated("46143", "46144")\nat.read_export(data, "stripe", touches=touches)',
    'data = dated("1780000000", "1780000001")\nat.read_export(data, export="stripe", touches=touches)',
    'data = dated("03/04/2026", "04/04/2026")\nat.read_export(data, "stripe", touches=touches)',
    'data = dated("soon", "2026-03-05")\nat.read_export(data, "stripe", touches=touches)',
    'data = charges(Amount=["1,200", "3,400"])\nat.read_export(data, "stripe", touches=touches)',
    'data = charges(Amount=["many", "3"])\nat.read_export(data, "stripe", touches=touches)',
    'at.read_export(events(), "posthog")',
    'at.read_export(events(), "posthog", conversions={"purchas": "purchase"})',
    'at.read_export(events(), "posthog", conversions={})',
    'at.read_export(events(properties=["{", "}"]), "posthog", conversions="purchase")',
    'at.read_export(events(), "posthog", conversions="purchase", touches=touches)',
    'at.read_export(events(), EXPORTS["posthog"].replace(local=True), conversions="purchase")',
    'at.read_export(events(), EXPORTS["posthog"].replace(local=True), conversions="purchase", timezone="Europe/Pari")',
    'at.read_export("no.json", "ga4")',
    '(folder / "x.json").write_text("{")\nat.read_export(folder / "x.json", "ga4", conversions="purchase")',
    'EXPORTS["ga4"].replace(valeu="x")',
    'at.read_export(charges(), "stripe", touches=touches, conversions="paid")',
    'at.read_export(events(), "posthog", conversions="purchase", refunds="remove")',
    'at.read_export(events(), "posthog", conversions="purchase", currency="EUR")',
    'at.Export(name="x", user="u", touches="sent")',
    'at.Export(name="x", user="u", conversions={"time": "t"})',
    "at.ExportTouches(time=())",
    'at.ExportTouches(time="t", where=["a"])',
    'at.ExportTouches(time="t", sources=("a",))',
    'at.ExportConversions(time="t", day_end=1)',
    'at.ExportConversions(time="t", goal="")',
    'at.Export(name="", user="u")',
    'at.Export(name="x", user=())',
    'at.Export(name="x", user=5)',
    'at.Export(name="x", user="u")',
    'at.Export(name="x", user="u", touches=at.ExportTouches(time=("t",)), time_unit="h")',
    'at.Export(name="x", user="u", touches=at.ExportTouches(time=("t",))).replace(value="v")',
    'at.read_export(events(), at.Export(name="x", user="person_id", touches=at.ExportTouches(time=("timestamp",)), conversions=at.ExportConversions(time=("timestamp",))))',
    'at.read_export(events(), at.Export(name="x", user="person_id", touches=at.ExportTouches(time=("timestamp",))))',
)
