"""English: spend and return."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "money": "Spend and return",
    "money.roas": "Spend and ROAS (credited value per unit of spend), by model",
    "money.cpa": "Spend and CPA (spend per credited conversion), by model",
    "money.of": "Spend, credit and return under {model}",
    "money.all": "All channels",
    "measure.conversions": "Conversions",
    "measure.value": "Value",
    "measure.cost": "Spend",
    "measure.cost_share": "Share of spend",
    "measure.share": "Share of conversions",
    "measure.value_share": "Share of value",
    "measure.roas": "ROAS",
    "measure.roi": "ROI",
    "measure.cpa": "CPA",
    "money.note": "The last line sets all attributed value and conversions, also those of channels without "
    "spend, against all spend. A dash: no spend to divide by, or nothing credited.",
    "money.no_spend": "Credited, but without any spend: {channels}.",
    "money.no_credit": "Spend, but no credit under any model: {channels}.",
    "money.zero": "Spend of zero: {channels}.",
    "money.figure.value": "Share of credited value against share of spend, {model}",
    "money.figure.credit": "Share of credit against share of spend, {model}",
    "money.figure.part": "{channel} {cost} of spend and {credit} of credit",
    "money.figure.note": "Above the dashed line a channel's share of credit is larger than its share of "
    "spend.",
}
