"""French: what experiments say was caused, and credit calibrated by it."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "incremental": "Ce qui était incrémental",
    "incremental.text": "Le crédit est une répartition comptable ; l’incrémental est ce qui, selon une "
    "expérience, n’aurait pas eu lieu sans le canal. Ici, les deux sont côte à côte, chacun tel quel.",
    "incremental.caption": "Conversions créditées, et ce que les expériences disent causé, canal par canal",
    "incremental.credited": "Créditées par {model}",
    "incremental.caused": "Incrémental",
    "incremental.low": "de",
    "incremental.high": "à",
    "incremental.iroas": "iROAS",
    "incremental.verdict": "Verdict",
    "incremental.note": "Les intervalles sont ceux des expériences, chacune à son niveau. Un tiret : non "
    "mesuré par cette expérience. Une expérience dont les utilisateurs ou les semaines ne sont pas ceux du "
    "journal compte d’autres conversions que le crédit à côté d’elle.",
    "incremental.figure": "Crédité et incrémental, canal par canal",
    "incremental.figure.part": "{channel} : {caused} causées ({low} à {high}), {credited} créditées",
    "incremental.figure.alt": "{title} : {parts}.",
    "incremental.figure.note": "Points avec traits : incrémental, avec l’intervalle de l’expérience. "
    "Marques creuses : crédité par {model}.",
    "incremental.axis": "conversions",
    "incremental.effect": "{channel} : un effet est démontré : {caused} causés ({low} à {high} ; compté : "
    "{outcome}), là où {model} crédite {credited} conversions.",
    "incremental.unshown": "{channel} : aucun effet démontré (incrémental de {low} à {high}), là où "
    "{model} crédite {credited} conversions.",
    "incremental.blocked": "{channel} : l’expérience ne doit pas être lue, car un contrôle a échoué "
    "({checks}).",
    "incremental.unusual": "{channel} : les parts des groupes sont inhabituelles ({arms} ; p = {p}). "
    "À éclaircir avant d’utiliser l’effet.",
    "incremental.unusual.arm": "{arm} {n}, {share} des utilisateurs, prévu {planned}",
    "incremental.relative": "{channel} : le résultat est un rapport ; effet relatif {value} ({low} à "
    "{high}).",
    "path.actual": "constaté",
    "path.counterfactual": "sans le traitement",
    "path.band": "bande ponctuelle à {level}",
    "path.test": "test",
    "path.cooldown": "après le test",
    "verdict.effect": "effet",
    "verdict.no effect shown": "aucun effet démontré",
    "verdict.no worse": "pas pire",
    "verdict.not shown": "non démontré",
    "verdict.blocked": "à ne pas lire",
    "holdouts": "Expériences",
    "holdouts.caption": "{channel} : ce que l’expérience a mesuré",
    "holdouts.facts": "{n_treated} unités dans {treated}, {n_holdout} dans {holdout} ; valeur p {p} ; plus "
    "petit effet qu’elle aurait démontré avec 80\u202f% de probabilité : {mde}.",
    "holdouts.failed": "Contrôles en échec : {checks}.",
    "holdouts.estimate": "Estimation",
    "holdouts.low": "de",
    "holdouts.high": "à",
    "holdouts.figure": "{channel} : ce qui fut et ce qui aurait été",
    "holdouts.figure.alt": "{title} : effet relatif {value} ({low} à {high}).",
    "measure.absolute": "Différence par unité",
    "measure.relative": "Effet relatif",
    "measure.incremental": "Résultat incrémental",
    "measure.incremental_value": "Valeur incrémentale",
    "measure.cace": "Effet par unité exposée du fait de son groupe (CACE)",
    "measure.att": "Effet par unité exposée (ATT)",
    "measure.iroas": "Valeur incrémentale par unité dépensée (iROAS)",
    "measure.cost_per_incremental": "Coût par résultat incrémental",
    "calibration": "Crédit calibré",
    "calibration.text": "Le crédit multiplié par un facteur d’incrémentalité. Le chiffre d’un canal testé se "
    "situe entre ce que son propre test a trouvé, indiqué à côté, et ce que le crédit et les autres tests en "
    "disent ; « Connu par » indique quelle part vient de son test. Son intervalle couvre la vérité quoi que "
    "disent les autres tests. Le chiffre d’un canal non testé est ce qu’enseignent les canaux testés, "
    "avec un "
    "intervalle large.",
    "calibration.caption": "Crédit, facteur et {measure} incrémentales, avec intervalles à {level}",
    "calibration.attributed": "Crédité",
    "calibration.factor": "Facteur",
    "calibration.tested": "Connu par",
    "calibration.by_test": "{share} de son test",
    "calibration.test": "Son test seul",
    "calibration.by_analogy": "analogie",
    "calibration.incremental": "Incrémental",
    "calibration.baseline": "Aurait eu lieu de toute façon",
    "calibration.all": "Tous les canaux",
    "calibration.conversions": "conversions",
    "calibration.value": "valeurs",
    "calibration.figure": "{measure} incrémentales par canal, intervalles à {level}",
    "calibration.figure.part": "{channel} {caused} ({low} à {high})",
    "calibration.figure.alt": "{title} : {parts}.",
    "calibration.figure.note": "En gris : sans test propre. Traits fins à points creux : ce que le test "
    "du canal "
    "a trouvé.",
    "calibration.baseline.text": "{value} sur {total} ({measure}) auraient eu lieu de toute façon "
    "(intervalle à {level} : {low} à {high}).",
    "calibration.room": "Ensemble, les tests réclament plus que le total ({measure}) ou moins que rien : "
    "ils ne "
    "comptent peut-être pas la même chose que le crédit.",
    "calibration.repeated": "Les {n} tests de {channel} diffèrent plus que le hasard ne l’explique : "
    "l’erreur de "
    "leur moyenne est multipliée par {widened}.",
    "calibration.repeated.chance": "Les {n} tests de {channel} diffèrent, dans les limites du hasard ; "
    "l’erreur de "
    "leur moyenne est multipliée par {widened}.",
    "calibration.far": "À plus d’une erreur type de son propre test : {parts}.",
    "calibration.far.part": "{channel} (test {test}, ici {now})",
    "calibration.left_out": "Laissés de côté, bloqués par un contrôle échoué : {names}.",
    "calibration.next": "Un test de {channel} trancherait le plus.",
    "calibration.aside": "Non pris en compte pour un test, car personne ne peut les suspendre, d’après "
    "leur nom : "
    "{names}.",
    "calibration.aside.spend": "Non pris en compte pour un test, faute de dépenses : {names}.",
}
