"""French: notes on a whole credit and on its spend."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # days and their like
    "weekday.monday": "lundi",
    "weekday.tuesday": "mardi",
    "weekday.wednesday": "mercredi",
    "weekday.thursday": "jeudi",
    "weekday.friday": "vendredi",
    "weekday.saturday": "samedi",
    "weekday.sunday": "dimanche",
    "periods.day": "jours",
    "periods.week": "semaines",
    "periods.month": "mois",
    "a_period.week": "une semaine",
    "a_period.month": "un mois",
    "commas": "des virgules",
    "tabs": "des tabulations",
    "semicolons": "des points-virgules",
    "bars": "des barres verticales",
    # of a whole credit
    "note.nothing": "les parcours ne contiennent aucune conversion : il n’y a rien à créditer",
    "note.nothing_in_period": (
        "aucune conversion dans la période {period} ; le journal va du {first} au {last}"
    ),
    "note.no_touch": (
        (
            "la seule conversion ({n}) n’a aucun point de contact dans la fenêtre qui la précède ; les "
            "deux tables désignent-elles les utilisateurs de la même façon ? log.audit() en dit plus"
        ),
        (
            "aucune des {n} conversions n’a de point de contact dans la fenêtre qui la précède ; les "
            "deux tables désignent-elles les utilisateurs de la même façon ? log.audit() en dit plus"
        ),
    ),
    "note.currencies": "les valeurs sont en {currencies} : des montants de plusieurs monnaies n’ont ni "
    "somme ni parts",
    "note.no_currency": "certaines conversions ont une valeur sans monnaie, supposée en {currency}",
    "note.agrees": "{model} : le crédit par {by:and} est égal aux conversions et à la valeur de chaque "
    "libellé",
    "note.disagrees": "{model} : le crédit par {by:and} ne concorde pas avec {what} de {wrong:,} "
    "libellé(s) sur {total:,} ; le pire est {label} : {credited:,.4g} de crédit pour {counted:,.4g}",
    "of.conversions": "les conversions",
    "of.value": "la valeur",
    "note.negative": "{found} ; un crédit ou une valeur est en dessous de zéro, si bien que les cases ne "
    "peuvent concorder avec les deux",
    "note.moved": "{model} : {part:.1%} du crédit par {by:and} revient à des canaux qui n’ont pas "
    "contribué à ces conversions : certains canaux reçoivent plus que les conversions auxquelles ils ont "
    "contribué",
    # of spend
    "spend.flights": (
        (
            "dépense : {n} ligne couvre plusieurs jours, entre lesquels elle est répartie également, "
            "premier et dernier compris"
        ),
        (
            "dépense : {n} lignes couvrent plusieurs jours, entre lesquels elles sont réparties "
            "également, premier et dernier compris"
        ),
    ),
    "spend.spread": "dépense : le coût des {what} est réparti également entre leurs jours, car le crédit "
    "est par {periods:and}",
    "spend.spread_from": "dépense : le coût des {what} qui commencent le {own} (celles du crédit, le "
    "{other}) est réparti également entre leurs jours, car le crédit est par {periods:and}",
    "spend.rates": "dépense : montants convertis aux cours : {rates}",
    "spend.left_out": "dépense : {amount:#} hors des jours du crédit (du {first:day} au {last:day}) ne "
    'compte pas ; outside="keep" en tient compte',
    "spend.kept": "dépense : {amount:#} hors des jours du crédit (du {first:day} au {last:day}) compte aussi",
    "spend.in_part": "dépense : {period} déborde des jours du crédit (du {first:day} au {last:day}), et "
    "compte en entier",
    "spend.other_days": "dépense : elle va du {start:day} au {end:day}, et le crédit du {first:day} au "
    "{last:day} ; ROAS et CPA comptent des conversions de jours dont la dépense n’est pas connue",
    "spend.no_value": "dépense : les données n’ont pas de valeurs, si bien que ROAS et ROI sont vides",
    "spend.no_channel": "dépense : aucun de ses canaux n’est un canal du crédit ; les noms sont-ils ceux "
    "des données ?",
    "spend.alike": "dépense : {one!r} a une dépense mais aucun crédit, et {other!r} un crédit mais "
    "aucune dépense ; est-ce le même canal ?",
    "spend.no_label": "dépense : les coûts sans libellé sont dans les lignes {label!r}",
    "spend.days": "dépense : ses jours sont ceux de {columns}",
    "spend.unused": "dépense : colonnes non utilisées : {columns}",
    "spend.suspect": "dépense : {label!r}, à la ligne {row:d}, coûte autant que toutes les autres lignes "
    "ensemble ; est-ce leur total ?",
    "spend.summed": "dépenses : {n:,} lignes sont additionnées en {rows:,}, une par jour et campagne",
    "spend.usual_channel": "dépenses : tout est attribué au canal {channel!r} ; channel= en indique un autre",
    "spend.sentences": (
        "dépense : {n:d} ligne d’une seule cellule n’est pas un coût, et ne compte pas",
        "dépense : {n:d} lignes d’une seule cellule ne sont pas des coûts, et ne comptent pas",
    ),
    "spend.totals": (
        "dépense : {n:d} ligne est un total d’autres lignes et ne compte pas{named} : {amount:#}",
        "dépense : {n:d} lignes sont des totaux d’autres lignes et ne comptent pas{named} : {amount:#}",
    ),
    "spend.file": "dépense : {path} est lu comme {found}",
    "spend.file.separated": "séparé par {separator}",
    "spend.file.header": "avec son en-tête à la ligne {line:d}",
    "spend.no_rows": (
        "dépense : {n:d} ligne de texte n’est pas une ligne du tableau et ne compte pas : {shown}",
        "dépense : {n:d} lignes de texte ne sont pas des lignes du tableau et ne comptent pas : {shown}",
    ),
}
