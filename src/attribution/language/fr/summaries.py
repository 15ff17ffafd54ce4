"""French: a credit in words: in brief, one channel explained, and models compared."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # a credit
    "summary.title": "Crédit par {by} ({models}) : {counts}",
    "summary.channels_of": "{channels} sur {whole:,}",
    "summary.conversions": (
        "{n:#} conversion",
        "{n:#} conversions",
    ),
    "summary.missing": "dont non attribuées : {missing:#}",
    "summary.lookback": "fenêtre d’attribution {lookback:span}",
    "summary.model": "{model} crédite {amount}.",
    "summary.model_tops": "{model} crédite {amount} : {tops}.",
    "summary.amount": "conversions : {conversions:#}",
    "summary.amount_value": "conversions : {conversions:#}, valeur : {value}",
    "summary.top": "{channel} {number:#} ({share:.1%})",
    "summary.top_between": "{channel} {number:#} ({share:.1%}, {low:.1%} à {high:.1%})",
    "summary.tops_more": "{tops}, et {n:,} de plus",
    "summary.unattributed": "Non attribuées : {missing:#} ({part:.1%} des conversions), faute de point "
    "de contact ; elles ne sont dans aucun canal.",
    "summary.unattributed_value": "Non attribuées : {missing:#} ({part:.1%} des conversions, valeur "
    "{value}), faute de point de contact ; elles ne sont dans aucun canal.",
    "summary.spend": "Dépense : {cost} sur {channels}{returns}.",
    "summary.no_cost": "aucune",
    "summary.highest": " ; {measure} le plus élevé : {found}",
    "summary.lowest": " ; {measure} le plus bas : {found}",
    "summary.hidden": "un canal parmi {count:d}, le hasard cache lequel ({model})",
    "summary.best": "{channel} {amount} ({model})",
    "summary.settings": "Paramètres : {settings}.",
    "summary.setting": "{name} {value}",
    "summary.setting_model": "{label} est {model}",
    "summary.intervals": "Entre parenthèses, à côté de la part : {told}. Ils disent de combien le hasard "
    "seul déplace les chiffres, pas quel modèle est juste.",
    "intervals.told": "intervalles à {level:.4g%} tirés de {count:,} rééchantillonnages de {unit}",
    "intervals.users": "utilisateurs un à un",
    "intervals.groups": "{count:,} groupes d’utilisateurs",
    "intervals.few": "Crédités de moins de {few:d} conversions, donc avec des intervalles trop courts : "
    "{count:,} sur {total:,} {cells} (`few` dans `intervals()`).",
    "intervals.few_some": "Crédités de moins de {few:d} conversions par un modèle, donc avec des "
    "intervalles trop courts : {count:,} sur {total:,} {cells} (`few` dans `intervals()`).",
    "intervals.channels": "canaux",
    "intervals.cells": "cases par {by}",
    "summary.bookkeeping": "Le crédit répartit ce qui s’est produit ; il ne dit pas ce qui se serait "
    "produit sans un canal.",
    # one channel explained
    "explain.credit": "{channel} reçoit {number:#} sur {attributed} selon {model}.",
    "explain.credit_place": "{channel} reçoit {number:#} sur {attributed} selon {model}, soit "
    "{share:.1%} : rang {rank:.0f} sur {channels:.0f}.",
    "explain.sure": "L’erreur d’échantillonnage situe cette part entre {low:.1%} et {high:.1%} ({interval}).",
    "explain.attributed": (
        "{n:#} conversion attribuée",
        "{n:#} conversions attribuées",
    ),
    "explain.absent": "Aucune conversion n’est passée par {channel}.",
    "explain.way": "Conversions passées par ce canal : {conversions}, avec {touches:.2f} points de "
    "contact chacune ; il en a initié {opened:#}, conclu {closed:#}, et n’a pas été le dernier point de "
    "contact de {assisted:#}.",
    "explain.way_of_all": "Conversions passées par ce canal : {conversions} ({part:.1%} du total), avec "
    "{touches:.2f} points de contact chacune ; il en a initié {opened:#}, conclu {closed:#}, et n’a pas "
    "été le dernier point de contact de {assisted:#}.",
    "n_journeys": (
        "{n:#} parcours",
        "{n:#} parcours",
    ),
    "explain.rate_with": "Taux de conversion avec lui ({journeys}) : {rate:.1%}",
    "explain.rate_without": "Taux de conversion sans lui ({journeys}) : {rate:.1%}",
    "explain.rate_then_without": "sans lui ({journeys}) : {rate:.1%}",
    "explain.rates": "{sides:;}. Ce sont des personnes différentes : l’écart n’est pas son effet.",
    "explain.paths_with": "Parcours avec lui qui convertissent le plus : {paths}.",
    "explain.paths_without": "Parcours sans lui qui convertissent le plus : {paths}.",
    "explain.path": "{path} ({number:#})",
    "explain.path_rate": "{path} ({number:#}, {rate:.1%} de ces parcours)",
    "explain.bookkeeping": "C’est ainsi que le crédit a été réparti ; ce que le canal a causé, seule une "
    "expérience le dit.",
    "explain.title": "{channel} selon {model}",
    # models compared
    "compare.title": "Parts de {channels:,} canaux selon {models:d} modèles, comparées à {base}",
    "compare.farthest": "Les plus éloignés : {first} et {second} créditent {apart:.1%} des conversions à "
    "des canaux différents ; surtout {channel}, {moved} selon {first}.",
    "compare.nearest": "Les plus proches : {first} et {second} créditent {apart:.1%} des conversions à "
    "des canaux différents ; surtout {channel}, {moved} selon {first}.",
    "compare.more": (
        "{n:.1f} point de plus",
        "{n:.1f} points de plus",
    ),
    "compare.less": (
        "{n:.1f} point de moins",
        "{n:.1f} points de moins",
    ),
    "compare.steady": "Même rang selon tous les modèles : {channels}.",
    "compare.bookkeeping": "Le désaccord porte sur la répartition : aucun modèle ne dit ce qu’un canal a "
    "causé.",
    "compare.brackets": "Entre parenthèses : rangs gagnés ou perdus par rapport à la base.",
}
