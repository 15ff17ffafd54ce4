"""French: spend and return."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "money": "Dépenses et rentabilité",
    "money.roas": "Dépense et ROAS (valeur créditée par unité dépensée), par modèle",
    "money.cpa": "Dépense et CPA (dépense par conversion créditée), par modèle",
    "money.of": "Dépense, crédit et rendement selon {model}",
    "money.all": "Tous les canaux",
    "measure.conversions": "Conversions",
    "measure.value": "Valeur",
    "measure.cost": "Dépense",
    "measure.cost_share": "Part de la dépense",
    "measure.share": "Part des conversions",
    "measure.value_share": "Part de la valeur",
    "measure.roas": "ROAS",
    "measure.roi": "ROI",
    "measure.cpa": "CPA",
    "money.note": "La dernière ligne rapporte toute la valeur et toutes les conversions attribuées, y "
    "compris celles des canaux sans dépense, à toute la dépense. Un tiret : pas de dépense, ou rien de "
    "crédité.",
    "money.no_spend": "Crédités, mais sans aucune dépense : {channels}.",
    "money.no_credit": "Dépense sans crédit, quel que soit le modèle : {channels}.",
    "money.zero": "Dépense nulle : {channels}.",
    "money.figure.value": "Part de la valeur créditée et part de la dépense, {model}",
    "money.figure.credit": "Part du crédit et part de la dépense, {model}",
    "money.figure.part": "{channel} {cost} de la dépense et {credit} du crédit",
    "money.figure.note": "Au-dessus de la ligne pointillée, la part du crédit d’un canal dépasse sa part "
    "de la dépense.",
}
