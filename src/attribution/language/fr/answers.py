"""French: the first screen of a report, and what to do next."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "answer": "L’essentiel",
    "answer.attributed": "{share} attribuées",
    "answer.lead": (
        "{channel} reçoit le plus de crédit selon les {models} modèles : {extent} des conversions attribuées."
    ),
    "answer.lead.one": (
        "{channel} reçoit le plus de crédit selon {models}, seul modèle calculé : "
        "{extent} des conversions attribuées."
    ),
    "answer.no_lead": "Aucun canal n’est en tête à coup sûr : {parts}.",
    "answer.no_lead.part": "{channels} selon {models}",
    "answer.no_lead.open": "{channels}, trop proches pour être départagés, selon {models}",
    "answer.differ": (
        "L’écart entre modèles est le plus grand pour le canal {channel} : {extent} du "
        "crédit. Les données ne les départagent pas."
    ),
    "answer.chance": ("La part du hasard n’a pas été mesurée : de petits écarts peuvent ne rien signifier."),
    "answer.test.effect": (
        "{channel} : effet mis en évidence par un test, soit {value} d’effet "
        "incrémental ({outcome} ; {low} à {high}, confiance de {level}). Crédit selon "
        "les modèles : {credited}."
    ),
    "answer.test.vague": (
        "{channel} : effet mis en évidence par un test, mais d’ampleur inconnue : {low} "
        "à {high} d’effet incrémental ({outcome} ; confiance de {level}). Crédit selon "
        "les modèles : {credited}."
    ),
    "answer.test.unknown": (
        "{channel} : effet inconnu, à tester de nouveau. Le test est compatible avec "
        "tout effet incrémental de {low} à {high} ({outcome} ; confiance de {level}). "
        "Crédit selon les modèles : {credited}."
    ),
    "answer.test.loss": (
        "{channel} : le résultat a été plus faible avec le canal que sans : perte de "
        "{low} à {high} ({outcome} ; confiance de {level}). Crédit selon les modèles : "
        "{credited}."
    ),
    "answer.relative.effect": (
        "{channel} : effet mis en évidence par un test ({outcome}), soit {value} ({low} "
        "à {high}, confiance de {level})."
    ),
    "answer.relative.unknown": (
        "{channel} : effet inconnu, à tester de nouveau. Le test ({outcome}) est "
        "compatible avec tout effet de {low} à {high}, l’estimation étant de {value} "
        "(confiance de {level})."
    ),
    "answer.best": ("{channel} a le rendement crédité le plus élevé selon tous les modèles : ROAS {extent}."),
    "answer.no_best": (
        "Le canal au rendement crédité le plus élevé n’est pas établi : il change avec "
        "le modèle ou le hasard."
    ),
    "answer.below": "Valeur créditée inférieure à la dépense selon tous les modèles : {channels}.",
    "answer.untested": (
        "Canaux dont aucun test ne mesure l’effet : {n} sur {channels}. Le crédit n’est pas l’effet."
    ),
    "answer.figure.cause": "Crédit et effet mesuré",
    "answer.figure.credit": "Crédit, du modèle le plus bas au plus haut",
    "answer.figure.cause.note": (
        "Trait épais : conversions créditées, du modèle le plus bas au plus haut. Trait "
        "fin à cercle vide : effet incrémental mesuré par le test du canal."
    ),
    "answer.figure.credit.note": (
        "Un point là où les modèles s’accordent. Aucun canal n’est testé, aucun effet n’est donc montré."
    ),
    "answer.figure.return": "Rendement et dépense",
    "answer.figure.return.credit": "Crédit et dépense",
    "answer.figure.return.note": (
        "Trait épais : part du crédit, du modèle le plus bas au plus haut. Cercle vide : part de la dépense."
    ),
    "answer.figure.return.axis": "part",
    "next": "Que faire maintenant",
    "next.keep": "Garder.",
    "next.cut": "Réduire.",
    "next.hold": "Ne rien ajouter.",
    "next.test": "Tester.",
    "next.data": "Corriger d’abord les données.",
    "next.data.text": "Contrôles en échec : {names}.",
    "next.blocked": (
        "{channel} de nouveau : un contrôle de son test est en échec, le test est inexploitable."
    ),
    "next.returned": ("{channel} : pour {unit} dépensé, {low} à {high} de valeur incrémentale, avant marge."),
    "next.lost": "{channel} : pour {unit} dépensé, {high} de valeur incrémentale au plus.",
    "next.break_even": (
        "{channel} plus longtemps : pour {unit} dépensé, {low} à {high} de valeur "
        "incrémentale, soit peut-être moins que la dépense, peut-être plus."
    ),
    "next.harm": "{channel} : son test a compté moins de conversions avec le canal que sans.",
    "next.effect": (
        "{channel} : un test met son effet en évidence. Son rendement est inconnu, le "
        "test n’ayant pas de coût."
    ),
    "next.effect.vague": (
        "{channel}, et tester de nouveau : son effet est établi, son ampleur ne l’est pas."
    ),
    "next.overstated": (
        "{channel} : son test ne met aucun effet en évidence et laisse place à {high} "
        "conversions au plus ; crédit selon les modèles : {credited}."
    ),
    "next.longer": (
        "{channel} plus longtemps ou avec plus d’utilisateurs : son test ne montre "
        "aucun effet et n’en exclut aucun."
    ),
    "next.stake": "{channel} ensuite : c’est là qu’un test serait le plus instructif.",
    "next.spend": (
        "{channel} ensuite : c’est le canal non testé dont la dépense est la plus élevée ({cost})."
    ),
    "next.credit": "{channel} ensuite : c’est le canal non testé qui a le plus de crédit.",
    "next.no_test": "Rien ici ne dit s’il faut garder ou réduire : seul un test le dirait.",
}
