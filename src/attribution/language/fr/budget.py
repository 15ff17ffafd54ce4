"""French: what to do with the budget, as far as experiments tell."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "budget": "Que faire",
    "budget.title": (
        (
            "Conseil de budget pour {n} canal : {unproductive:d} improductif(s), {productive:d} "
            "rentable(s) en moyenne"
        ),
        (
            "Conseil de budget pour {n} canaux : {unproductive:d} improductif(s), {productive:d} "
            "rentable(s) en moyenne"
        ),
    ),
    "budget.unproductive": "Coupez {channel} : ses {cost} de dépenses n’ont pas été rentables ; "
    "l’arrêter aurait économisé {saving} ({low} à {high}).",
    "budget.productive": "Gardez {channels} : les dépenses y ont été rentables en moyenne. Cela ne "
    "dit pas que davantage le serait.",
    "budget.unknown": (
        (
            "Testez {channel}, où {cost} ont été dépensés : on ne sait pas si c’était rentable, et le "
            "savoir vaut {evpi} au plus."
        ),
        (
            "De {n} canaux avec {cost} de dépenses, on ne sait pas s’ils sont rentables ; testez d’abord "
            "{channel} : le savoir vaut {evpi} au plus."
        ),
    ),
    "budget.none": "Aucun canal n’a de dépenses.",
    "budget.stated": "Les transferts comptent avec l’élasticité indiquée ; au-delà d’un cinquième "
    "des dépenses d’un canal, aucun test n’a rien observé.",
    "budget.diminishing": "Qu’un canal puisse être coupé découle de rendements décroissants ; "
    "qu’il puisse être renforcé demande un test qui dépense davantage.",
    "budget.channel": "Canal",
    "budget.cost": "Dépenses",
    "budget.verdict": "Verdict",
    "budget.saving": "Économie en cas d’arrêt",
    "budget.p_profitable": "Probabilité de rentabilité",
    "budget.evpi": "Valeur de l’information",
    "budget.caption": "Canaux avec dépenses, par économie en cas d’arrêt (intervalles à {level})",
    "budget.verdict.unproductive": "improductif",
    "budget.verdict.productive at the average": "rentable en moyenne",
    "budget.verdict.unknown: test": "inconnu : à tester",
}
