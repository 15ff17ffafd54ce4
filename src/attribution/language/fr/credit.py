"""French: findings, credit by model, how sure, what channels did, breakdowns, unattributed conversions."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "conversions": "Conversions",
    "value": "Valeur",
    "share": "Part",
    "model": "Modèle",
    "all_conversions": "Total des conversions",
    "all_value": "Valeur totale",
    "left_out": (
        "{n} canal moins crédité n’est pas affiché ; il est inclus dans les totaux.",
        "{n} canaux moins crédités ne sont pas affichés ; ils sont inclus dans les totaux.",
    ),
    # findings
    "findings": "Points clés",
    "findings.attributed": "Part attribuée",
    "findings.unattributed": "non attribuées : {conversions}",
    "findings.spend": "Dépense",
    "findings.roas": "valeur attribuée par unité dépensée",
    "findings.cpa": "dépense par conversion attribuée",
    "findings.incremental": "Incrémental",
    "findings.incremental.detail": "causés par {channel} (compté : {outcome}) ; {low} à {high} à {level} "
    "de confiance",
    "findings.caused": "conversions causées par tous les canaux, dont {tested} sur {channels} testés ; "
    "{low} à "
    "{high} avec {level} de probabilité",
    "findings.empty": "Les données ne contiennent aucune conversion : il n’y a rien à créditer.",
    "findings.whole": "{conversions}{worth} : au moins un point de contact{window} dans chaque cas.",
    "findings.partly": (
        "{conversions}{worth}. Avec au moins un point de contact{window} : {attributed} "
        "({share}) ; sans point de contact, donc non attribuées : {lost}."
    ),
    "findings.worth": " d’une valeur de {value}",
    "findings.window": " dans les {lookback} précédents",
    "findings.leader": "{channel} reçoit le plus de crédit selon {models} : {extent} des conversions "
    "attribuées.",
    "findings.every": "tous les modèles ({models})",
    "findings.all": ("le modèle", "les {n} modèles"),
    "findings.others": "En tête selon les autres modèles : {channels}.",
    "findings.agree": "Les modèles s’accordent sur chaque canal à 0,1 point près.",
    "findings.disagree": (
        "L’écart entre modèles est le plus grand pour le canal {channel} : {least} du crédit "
        "selon {low}, {most} selon {high}. Ici, l’écart vient du modèle, pas des données."
    ),
    "findings.returns": "Selon {model}, {best} a le ROAS le plus élevé ({highest}), {worst} le plus bas "
    "({lowest}).",
    "findings.returns_open": "Selon {model}, le ROAS va de {lowest} ({worst}) à {highest} ({best}) ; "
    "d’autres canaux pourraient aussi être à une extrémité.",
    "findings.below": "La valeur créditée reste inférieure à la dépense selon {models} pour {channels}.",
    "findings.that_model": "ce modèle",
    "findings.every_model": "tous les modèles",
    "findings.open": "Selon {models}, rien ne dit qui, de {channels}, reçoit le plus de crédit.",
    "findings.lead_sure": "Précision : selon {model}, {first} seul pourrait être premier (confiance de "
    "95\u202f%), et sa part se situe entre {low} et {high} (intervalle à 95\u202f%).",
    "findings.lead_open": "Précision : selon {model}, {n} canaux pourraient être premiers (confiance de "
    "95\u202f%), aucun n’est donc dit en tête ; la part de {first} se situe entre {low} et {high} "
    "(intervalle à 95\u202f%).",
    "findings.no_intervals": "Précision : ces chiffres sont sans intervalles ; de petits écarts peuvent "
    "être dus au hasard.",
    # credit by model
    "credit": "Crédit par modèle",
    "credit.nothing": "Aucun canal dans les données.",
    "credit.conversions": "Conversions créditées à chaque canal, par modèle",
    "credit.value": "Valeur créditée à chaque canal, par modèle",
    "credit.share": "Part des conversions attribuées, par modèle",
    "credit.figure": "Conversions créditées par canal",
    "credit.figure.one": "Conversions créditées par canal, {model}",
    "credit.figure.spans": "Les traits sont des intervalles à 95\u202f%.",
    "credit.figure.alt": "{title} : {parts}.",
    "credit.figure.across": (
        "{title}, du plus bas au plus haut de {n} modèle : {parts}.",
        "{title}, du plus bas au plus haut de {n} modèles : {parts}.",
    ),
    "figure.largest": ("Le plus grand de {total} canaux.", "Les {n} plus grands de {total} canaux."),
    "figure.part": "{channel} {amount}",
    "figure.others": ("{n} autre canal", "{n} autres canaux"),
    "figure.rest": ("{parts} ; et {n} autre canal", "{parts} ; et {n} autres canaux"),
    "axis.conversions": "conversions",
    "axis.share": "part des conversions attribuées",
    "axis.value_share": "part de la valeur attribuée",
    "axis.cost_share": "part de la dépense",
    # how sure
    "sure": "Fiabilité du crédit",
    "sure.text": (
        "Utilisateurs rééchantillonnés {n} fois : de combien le crédit changerait avec "
        "d’autres utilisateurs semblables. Cela ne dit pas si le modèle est juste."
    ),
    "sure.caption": "Part du crédit avec intervalles à 95\u202f%, rangs, et canaux qui pourraient être "
    "premiers, {model}",
    "sure.note": "Chaque intervalle d’une part vaut pour lui seul. Les rangs valent pour tous les canaux à "
    "la fois avec une confiance de 95\u202f%, de même que l’ensemble des canaux qui pourraient être premiers "
    ": s’il n’en contient qu’un, ce canal est en tête. « Premier dans » est la part des rééchantillonnages "
    "où un canal arrive premier ; ce n’est pas la probabilité qu’il soit le meilleur.",
    "sure.few": "Crédités de moins de {n} conversions, donc avec des intervalles trop courts : {channels}.",
    "sure.could": "Peut être premier",
    "sure.yes": "oui",
    "sure.low": "borne inf. (95\u202f%)",
    "sure.high": "borne sup. (95\u202f%)",
    "sure.rank": "Rang",
    "sure.rank_low": "Rang min.",
    "sure.rank_high": "Rang max.",
    "sure.best": "En tête (part des tirages)",
    "sure.models": "Écarts significatifs entre modèles, par canal",
    "sure.models.note": "Différence des parts, premier moins second, en points de pourcentage ; seulement "
    "les paires dont l’intervalle exclut zéro, la plus grande d’abord. Les intervalles valent pour toutes "
    "les paires de modèles et tous les canaux à la fois avec une confiance de 95\u202f%.",
    "sure.first": "Premier",
    "sure.second": "Second",
    "sure.difference": "Différence",
    "sure.figure": "Rang de chaque canal, {model}",
    "sure.figure.alt": "{title} : {parts}.",
    "sure.figure.part": "{channel} occupe le rang {place} dans {chance} des tirages",
    "sure.figure.axis": "rang (1 = meilleur) ; % des tirages",
    # what channels did
    "activity": "Rôle des canaux",
    "activity.caption": (
        "Conversions auxquelles chaque canal a contribué, qu’il a assistées (sans être le "
        "dernier), initiées et conclues"
    ),
    "activity.touched": "Contribution",
    "activity.assisted": "Assistées",
    "activity.opened": "Initiées",
    "activity.closed": "Conclues",
    "activity.mean_touches": "Contacts en moyenne",
    "activity.note": (
        "Ces nombres sont les mêmes pour tous les modèles. Leur somme n’est pas celle des "
        "conversions : plusieurs canaux peuvent contribuer à une même conversion."
    ),
    # over time, breakdown
    "over_time": "Évolution",
    "over_time.figure": "Conversions créditées par {period}, {model}",
    "over_time.alt": "{title} : {n} périodes de {first} à {last} ; le plus en {high} ({most}), le moins en "
    "{low} ({least}).",
    "breakdown": "Ventilation",
    "breakdown.caption": "Conversions créditées par {dimensions}, par ordre décroissant",
    "breakdown.more": (
        "{n} ligne plus petite n’est pas montrée ; credit.to_frame() la contient.",
        "{n} lignes plus petites ne sont pas montrées ; credit.to_frame() les contient toutes.",
    ),
    # unattributed
    "unattributed": "Conversions non attribuées",
    "unattributed.none": "Aucune : chaque conversion avait au moins un point de contact éligible.",
    "unattributed.why": (
        "Une conversion sans point de contact éligible est comptée ici et n’est attribuée à "
        "aucun canal. Raisons habituelles : une fenêtre plus courte que le temps de la "
        "décision, des points de contact non enregistrés, ou enregistrés sous un autre "
        "identifiant et, avec after_conversion = reset, des achats répétés sans nouveau point "
        "de contact."
    ),
    "unattributed.every": "tous les modèles",
    "unattributed.conversions": "Conversions attribuées et non attribuées",
    "unattributed.value": "Valeur attribuée et non attribuée",
    "unattributed.attributed": "Attribué",
    "unattributed.lost": "Non attribué",
    "unattributed.total": "Total",
    "unattributed.share": "Part non attribuée",
}
