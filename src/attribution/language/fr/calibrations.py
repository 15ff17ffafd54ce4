"""French: a calibration in words."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "calibrated.title": (
        "Calibrage de {model} par {n} expérience, {measure}",
        "Calibrage de {model} par {n} expériences, {measure}",
    ),
    "calibrated.conversions": "conversions",
    "calibrated.value": "valeur",
    "calibrated.analogy": "par extrapolation : ce canal n’a pas été testé",
    "calibrated.own": "{share:.0%} de son test, qui à lui seul dit {alone:#} ({low:#} à {high:#})",
    "calibrated.line": "{channel} : {value:#} d’effet incrémental (intervalle à {level:g%} : {low:#} à "
    "{high:#}) pour {attributed:#} de crédit ; {how}.",
    "calibrated.line_factor": "{channel} : {value:#} d’effet incrémental (intervalle à {level:g%} : "
    "{low:#} à {high:#}) pour {attributed:#} de crédit, facteur {factor:.2f} ; {how}.",
    "calibrated.baseline": "{value:#} sur {total:#} ({measure}) auraient eu lieu de toute façon "
    "(intervalle à {level:g%} : {low:#} à {high:#}).",
    "calibrated.untested": "Non testés, donc connus seulement par extrapolation : {channels}.",
    "calibrated.left_out": "Laissés de côté, bloqués par un contrôle en échec : {names}.",
    "calibrated.room": "Ensemble, les tests réclament plus que le total ({measure}) ou moins que rien : "
    "comptent-ils la même chose que le crédit ?",
    "calibrated.repeated": "Les {tests:d} tests du canal {channel} diffèrent, {chance} (Q de Cochran "
    "{q:.1f}, p = {p:.2g}) : l’erreur de leur moyenne en est multipliée par {widened:.1f}.",
    "calibrated.beyond": "plus que le hasard ne l’explique",
    "calibrated.within": "dans les limites du hasard",
    "calibrated.far": "À plus d’une erreur type de son propre test : {parts}.",
    "calibrated.far.one": "{channel} (test {test:#}, calibré {now:#})",
    "calibrated.missed": "Les autres expériences ne prédisent pas celle de : {channels}.",
    "calibrated.next": "Le test le plus instructif serait celui du canal {channel}.",
    "calibrated.aside": "Non pris en compte pour un test ({why}) : {channels}.",
    "calibrated.nobody": "personne ne peut le suspendre, d’après son nom",
    "calibrated.no_spend": "aucune dépense",
    "calibrated.not_named": "absent de withhold",
}
