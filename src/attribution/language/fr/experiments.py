"""French: what experiments say was caused, and credit calibrated by it."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "incremental": "Effets incrémentaux mesurés",
    "incremental.text": "Le crédit est une répartition comptable ; l’incrémental est ce qui, selon une "
    "expérience, n’aurait pas eu lieu sans le canal. Ici, les deux sont côte à côte, chacun tel quel.",
    "incremental.caption": "Conversions créditées et effet mesuré par les expériences, par canal",
    "incremental.credited": "Créditées par {model}",
    "incremental.caused": "Incrémental",
    "incremental.low": "borne inf.",
    "incremental.high": "borne sup.",
    "incremental.iroas": "iROAS",
    "incremental.verdict": "Verdict",
    "incremental.note": "Les intervalles sont ceux des expériences, chacune à son niveau. Un tiret : non "
    "mesuré par cette expérience. Une expérience dont les utilisateurs ou les semaines ne sont pas ceux du "
    "journal compte d’autres conversions que le crédit à côté d’elle.",
    "incremental.figure": "Crédit et effet incrémental, par canal",
    "incremental.figure.part": "{channel} : effet incrémental {caused} ({low} à {high}), crédit {credited}",
    "incremental.figure.alt": "{title} : {parts}.",
    "incremental.figure.note": (
        "Points avec traits : effet incrémental, avec l’intervalle de l’expérience. Cercles "
        "vides : crédit selon {model}."
    ),
    "incremental.axis": "conversions",
    "incremental.effect": (
        "{channel} : effet mis en évidence, soit {caused} d’effet incrémental ({low} à {high} "
        "; {outcome}), alors que {model} lui crédite {credited} conversions."
    ),
    "incremental.unshown": (
        "{channel} : aucun effet mis en évidence (effet incrémental de {low} à {high}), alors "
        "que {model} lui crédite {credited} conversions."
    ),
    "incremental.blocked": "{channel} : résultat inexploitable, contrôle en échec ({checks}).",
    "incremental.unusual": "{channel} : les parts des groupes sont inhabituelles ({arms} ; p = {p}). "
    "À éclaircir avant d’utiliser l’effet.",
    "incremental.unusual.arm": "{arm} {n}, {share} des utilisateurs, prévu {planned}",
    "incremental.relative": "{channel} : le résultat est un ratio ; effet relatif {value} ({low} à {high}).",
    "incremental.geo": "{channel} : test géographique ({outcome}) : effet relatif {value} ({low} à {high}).",
    "path.actual": "observé",
    "path.counterfactual": "estimé sans le canal",
    "path.band": "intervalle de confiance point par point ({level})",
    "path.test": "test",
    "path.cooldown": "période de latence",
    "verdict.effect": "effet",
    "verdict.no effect shown": "aucun effet mis en évidence",
    "verdict.no worse": "pas pire",
    "verdict.not shown": "non démontré",
    "verdict.blocked": "inexploitable",
    "holdouts": "Expériences",
    "holdouts.caption": "{channel} : ce que l’expérience a mesuré",
    "holdouts.facts": (
        "{n_treated} individus ou zones dans {treated}, {n_holdout} dans {holdout} ; valeur p "
        "{p} ; effet minimal détectable (puissance de 80\u202f%) : {mde}."
    ),
    "holdouts.failed": "Contrôles en échec : {checks}.",
    "holdouts.estimate": "Estimation",
    "holdouts.low": "borne inf.",
    "holdouts.high": "borne sup.",
    "holdouts.figure": "{channel} : résultat observé et résultat estimé sans le canal",
    "holdouts.figure.alt": "{title} : effet relatif {value} ({low} à {high}).",
    "measure.absolute": "Différence par individu ou zone",
    "measure.relative": "Effet relatif",
    "measure.incremental": "Résultat incrémental",
    "measure.incremental_value": "Valeur incrémentale",
    "measure.cace": "Effet par individu exposé du fait de son groupe (CACE)",
    "measure.att": "Effet par individu exposé (ATT)",
    "measure.iroas": "Valeur incrémentale par dépense (iROAS)",
    "measure.cost_per_incremental": "Coût par résultat incrémental",
    "calibration": "Crédit calibré",
    "calibration.text": (
        "Le crédit multiplié par un facteur d’incrémentalité. Le chiffre d’un canal testé se "
        "situe entre ce que son propre test a trouvé, indiqué à côté, et ce que le crédit et "
        "les autres tests en disent ; la colonne « Source » indique quelle part vient de son "
        "test. Son intervalle couvre la vérité quoi que disent les autres tests. Le chiffre "
        "d’un canal non testé est extrapolé des canaux testés, avec un intervalle large."
    ),
    "calibration.caption": "Crédit, facteur et effet incrémental ({measure}), avec intervalles à {level}",
    "calibration.attributed": "Crédité",
    "calibration.factor": "Facteur",
    "calibration.tested": "Source",
    "calibration.by_test": "{share} de son test",
    "calibration.test": "Son test seul",
    "calibration.by_analogy": "extrapolation",
    "calibration.incremental": "Incrémental",
    "calibration.baseline": "Aurait eu lieu de toute façon (sans publicité)",
    "calibration.all": "Tous les canaux",
    "calibration.conversions": "conversions",
    "calibration.value": "valeur",
    "calibration.figure": "Effet incrémental par canal ({measure}), intervalles à {level}",
    "calibration.figure.part": "{channel} {caused} ({low} à {high})",
    "calibration.figure.alt": "{title} : {parts}.",
    "calibration.figure.note": (
        "En gris : canaux non testés. Traits fins à cercles vides : résultat du test du canal."
    ),
    "calibration.baseline.text": (
        "Sans publicité ({measure}) : {value} sur {total} (intervalle à {level} : {low} à {high})."
    ),
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
    "calibration.next": "Le test le plus instructif serait celui du canal {channel}.",
    "calibration.aside": "Non pris en compte pour un test, car personne ne peut les suspendre, d’après "
    "leur nom : "
    "{names}.",
    "calibration.aside.spend": "Non pris en compte pour un test, faute de dépenses : {names}.",
}
