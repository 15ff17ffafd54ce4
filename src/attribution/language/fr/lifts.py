"""French: a lift in words."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # numbers of a lift
    "told.note": "Remarque : {note}.",
    "told.percent": "{value:+,.4g%}",
    "told.number": "{value:#}",
    "told.more": "+{value:#}",
    "told.points": (
        "{n:,.3g} point",
        "{n:,.3g} points",
    ),
    "told.points_more": (
        "+{n:,.3g} point",
        "+{n:,.3g} points",
    ),
    "told.rate": "{value:,.3g%}",
    "p.value": "p = {p:.2g}",
    "p.small": "p < 0,0001",
    # what was tested
    "design.itt": "Test avec groupe témoin",
    "design.psa": "Test avec annonce placebo",
    "design.ghost_ads": "Test avec annonces fantômes",
    "design.geo": "Test géographique",
    "lift.title": "{design}, {outcome} : {units}",
    "lift.units": "{count:,} dans {arm}",
    "lift.geos": "{count:,} zones dans {arm}",
    "lift.check_failed": "Contrôle en échec : {name} : {text}",
    # verdicts
    "lift.blocked_geo": "Verdict : inexploitable, rien ne peut être dit : {told:;}. Ce qui aiderait : "
    "{helps:;}.",
    "lift.few_events": "Verdict : aucun. Trop peu d’événements pour distinguer un effet du hasard ; voir "
    "le contrôle en échec.",
    "lift.blocked": "Verdict : inexploitable. Un contrôle en échec interdit de lire le résultat "
    "({names}) ; cherchez d’abord pourquoi, ou donnez despite={despite}.",
    "lift.no_worse": "Verdict : pas pire. Une perte reste sous la marge de {margin} ({p}, niveau de "
    "{alpha:.4g%}).",
    "lift.not_shown": "Verdict : non démontré. Rien ne montre qu’une perte reste dans la marge de "
    "{margin} ({p}, niveau de {alpha:.4g%}).",
    "lift.effect_more": "Verdict : effet. Le groupe traité a plus de résultat ({outcome} ; {p}, niveau "
    "de {alpha:.4g%}).",
    "lift.effect_less": "Verdict : effet. Le groupe traité a moins de résultat ({outcome} ; {p}, niveau "
    "de {alpha:.4g%}).",
    "lift.no_effect": "Verdict : aucun effet démontré ({p}, niveau de {alpha:.4g%}). Ce n’est pas la "
    "preuve qu’il n’y en a pas.",
    "lift.no_effect_size": "Verdict : aucun effet démontré ({p}, niveau de {alpha:.4g%}). Ce n’est pas "
    "la preuve qu’il n’y en a pas : un test de cette taille démontre une différence de {size} avec 80 % de "
    "probabilité, les plus petites plus rarement.",
    # lines
    "lift.despite": "Lu malgré des contrôles en échec : {names}. Les chiffres peuvent être biaisés.",
    "lift.estimand": "Grandeur estimée : {estimand}.",
    "lift.means": "Moyenne ({outcome}) : {levels}.",
    "lift.level": "{arm} {value}",
    "lift.difference": "Différence",
    "lift.difference_per": "Différence par {unit}",
    "lift.lift": "Effet relatif",
    "lift.incremental": "Résultat incrémental ({outcome})",
    "lift.incremental_value": "Valeur incrémentale",
    "lift.cace": "Par unité exposée du fait de son groupe (CACE)",
    "lift.iroas": "iROAS",
    "lift.cost_per": "Coût par résultat incrémental ({outcome})",
    "lift.method": "Méthode : {method}.",
    "lift.assumes": "Suppose : {assumptions:;}.",
    "lift.as_treated": "Biaisé, pour comparaison seulement : les utilisateurs exposés et tous les "
    "autres, quel que soit leur groupe, diffèrent de {change} ; l’exposition n’est pas tirée au sort.",
    "lift.by_segment": "Par {by} ({count:d}, {how}) : effet dans {shown}.",
    "lift.nobody": "aucun segment",
    "correction.holm": "corrigé selon Holm",
    "correction.fdr_bh": "corrigé selon Benjamini-Hochberg",
    "correction.none": "sans correction pour leur nombre",
    "lift.no_verdict": "Contrôles : aucun n’a de verdict{rest}.",
    "lift.no_verdict.one": " ; {name} {text}",
    "lift.checks": "Contrôles : réussis {passed:d}, en échec {failed:d}.",
    "lift.checks_failed": "Contrôles : réussis {passed:d}, en échec {failed:d} : {told:;}.",
    # several lifts
    "lifts.title": "{count:d} effets par {by}, {how}",
    "lifts.primary": "{primary} (principal) à part, les autres {how}",
    "lifts.primary_alone": "{primary} (principal) à part, aucun autre",
    "lifts.line": "{label} : {verdict} ({p}). {line}",
    "lifts.line_adjusted": "{label} : {verdict} ({p} ajusté). {line}",
    "lifts.more": "Et {count:d} de plus ; .to_frame() les contient tous.",
    # an estimate with its interval
    "estimate.alone": "{what} : {value}{note}.",
    "estimate": "{what} : {value} (intervalle à {level:.4g%} : {inside}){note}.",
    "estimate.note": " ; {note}",
    "estimate.untold": "ne peut être dit",
    "estimate.no_low": "sans borne inférieure",
    "estimate.no_high": "sans borne supérieure",
    "estimate.not_zero": "tout sauf 0",
    "estimate.not_between": "tout sauf ce qui est entre {low} et {high}",
    "estimate.anything": "n’importe quelle valeur",
    "estimate.or_more": "{low} ou plus",
    "estimate.or_less": "{high} ou moins",
    "estimate.cost": "{what} : {value} (intervalle à {level:.4g%} : {low} ou plus, ou bien rien n’a été "
    "causé) ; {note}.",
}
