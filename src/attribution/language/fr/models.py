"""French: what models say of a channel and of themselves."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # what one channel has from a model
    "markov.effect": "Effet de retrait {effect:.3f} : dans la chaîne du modèle, si chaque passage par "
    "{channel} mettait fin au parcours, {effect:.1%} des conversions seraient perdues. Le crédit, ce sont "
    "les effets de retrait de tous les canaux, ramenés aux conversions attribuées.",
    "shapley.effect": "Valeur de Shapley {value:#} : ce que le canal ajoute à ceux qui le précèdent, en "
    "moyenne sur tous les ordres des canaux.",
    "bagged_logistic.effect": "Coefficient {coefficient:.2f} : à présence égale des autres canaux, la "
    "cote de conversion des parcours avec {channel} est multipliée par {odds:.2f} dans la régression. Une "
    "conversion est partagée entre les canaux de son parcours selon leurs coefficients positifs.",
    "probabilistic.effect": "Parmi les parcours passés par ce canal, {rate:.1%} ont converti. Une "
    "conversion est partagée entre les canaux de son parcours selon ces taux, corrigés de ce que les "
    "paires de canaux convertissent au-delà de chacun seul.",
    "additive_hazard.effect": "Dans le modèle, un point de contact apporte {conversions:.4f} conversion, "
    "en moyenne {days:.1f} jours plus tard. Une conversion est partagée entre les points de contact qui la "
    "précèdent selon la probabilité de chacun de l’apporter à cet instant.",
    # what a model knows of itself
    "model.learnt_nothing": "{model} : n’a rien appris : {what} ne distingue pas mieux que le hasard les "
    "parcours qui convertissent des autres (p = {p:.2g})",
    "learnt.sets": "l’ensemble des canaux d’un parcours",
    "learnt.channel": "le canal d’un point de contact",
    "learnt.last": "le dernier canal d’un parcours",
    "markov.unsolved": "markov : la chaîne n’est pas résolue jusqu’au bout après {sweeps:,} itérations ; "
    "l’erreur restante est d’environ {error:.1g} de la plus grande probabilité de convertir",
    "last_non_direct.no_direct": "aucun canal n’est du trafic direct, last_non_direct équivaut donc ici "
    'à last_touch ; s’il y en a un, nommez-le : at.LastNonDirect(direct="...")',
    "shapley.sampled": "shapley : les valeurs de {players:d} canaux ont été échantillonnées sur "
    "{orders:,} ordres ; la plus grande erreur type est de {error:.2%} du total",
    "shapley.sampled_above": "{told}, au-dessus de tolerance={tolerance:g} : augmentez samples",
    "shapley.negative": "shapley : valent moins que rien dans le jeu {game!r}, avec un crédit négatif : "
    "{channels}",
    "shapley.swollen": "shapley : le jeu {game!r} donne et reprend {size:,.0f} conversions pour "
    "{whole:,.0f}, soit {times:.1f} fois plus : le crédit négatif de certains canaux paie celui des autres",
    "shapley.no_failure": "shapley : tous les parcours ont converti, si bien que chaque taux du jeu "
    "{game!r} vaut 1",
    "shapley.few": "shapley : le crédit du jeu {game!r} repose sur les seuls parcours passés par tous "
    "les canaux ({players:d}) : {journeys:,.0f}",
    "bagged_logistic.no_failure": "bagged_logistic : tous les parcours ont converti, rien n’est donc "
    "appris et le crédit est égal",
    "bagged_logistic.idle": "bagged_logistic : dans aucun tirage, donc sans coefficient : {channels} ; "
    "augmentez bags",
    "bagged_logistic.chance": "bagged_logistic : un autre tirage (bags={bags:d}) déplacerait les "
    "coefficients de {median:.0%} (médiane des canaux), celui de {channel} de {most:.0%} ; les intervalles "
    "n’en tiennent pas compte : avec bags={enough:d}, il en reste si peu que ce n’est plus nécessaire",
    "probabilistic.negative": "probabilistic : leurs partenaires convertissent mieux sans eux, avec un "
    "crédit négatif : {channels}",
    "probabilistic.no_failure": "probabilistic : tous les parcours ont converti, si bien que chaque taux "
    "vaut 1 et que le crédit est égal",
}
