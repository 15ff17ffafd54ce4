"""French: why rows cannot be read."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "reason.null_user": "utilisateurs absents, vides ou fictifs comme 'undefined'",
    "reason.user_cut": "utilisateurs en notation scientifique (1.23E+15)",
    "reason.null_time": "heures absentes (NaT, ou un texte qui le dit)",
    "reason.null_channel": "canaux absents",
    "reason.no_touch": "points de contact venus d’hôtes de connexion, de paiement ou de débogage, ou des "
    "domaines de la boutique",
    "reason.null_sequence": "numéros de séquence absents",
    "reason.user_text": "utilisateurs qui ne sont pas des entiers inférieurs à 2**63, comme dans l’autre "
    "table",
    "reason.user_range": "utilisateurs égaux ou supérieurs à 2**63, alors que les autres identifiants "
    "sont des entiers signés",
    "reason.time_text": "heures illisibles en ISO 8601 (2026-03-01T12:30:00Z)",
    "reason.time_loose": "heures pas tout à fait en ISO 8601 (2026-03-01T12:30:00Z)",
    "reason.time_day_first": "heures qui ne sont pas en ISO 8601 (2026-03-01T12:30:00Z) : jour, mois, année",
    "reason.time_month_first": "heures qui ne sont pas en ISO 8601 (2026-03-01T12:30:00Z) : mois, jour, "
    "année",
    "reason.time_ambiguous": "heures qui ne sont pas en ISO 8601, et rien ne distingue le jour du mois "
    "(03/04/2026)",
    "reason.time_both_ways": "heures qui ne sont pas en ISO 8601 : tantôt le jour en premier, tantôt le "
    "mois (13/03/2026 et 03/13/2026)",
    "reason.time_s": "heures en nombres : des secondes depuis 1970, d’après leur taille",
    "reason.time_ms": "heures en nombres : des millisecondes depuis 1970, d’après leur taille",
    "reason.time_us": "heures en nombres : des microsecondes depuis 1970, d’après leur taille",
    "reason.time_ns": "heures en nombres : des nanosecondes depuis 1970, d’après leur taille",
    "reason.time_point": "heures en nombres entiers écrits avec un point décimal",
    "reason.time_fraction": "heures en nombres décimaux : des secondes depuis 1970, d’après leur taille",
    "reason.time_zone": "heures sans décalage, alors que d’autres de cette colonne en ont un",
    "reason.time_range": "heures hors des années 1678 à 2262",
    "reason.sequence_text": "numéros de séquence qui ne sont pas entiers",
    "reason.value_missing": "valeurs absentes (null ou NaN)",
    "reason.value_infinite": "valeurs infinies",
    "reason.value_point": "valeurs qui ne sont pas des nombres : textes avec symboles de monnaie ou "
    "séparateurs de milliers",
    "reason.value_comma": "valeurs qui ne sont pas des nombres : textes à virgule décimale",
    "reason.value_mixed": "valeurs qui ne sont pas des nombres : textes, les uns à virgule et les autres "
    "à point décimal",
    "reason.value_ambiguous": "valeurs qui ne sont pas des nombres : textes qui se lisent de deux façons "
    "(1,234 est 1234 ou 1.234)",
    "reason.value_currencies": "valeurs qui ne sont pas des nombres : textes en plusieurs monnaies",
    "reason.value_text": "valeurs qui ne sont pas des nombres",
    "reason.flag": "entrées de la colonne des conversions qui sont des nombres, ni 0 ni 1",
    "reason.flag_text": "entrées de la colonne des conversions qui ne sont ni 0 ni 1, ni vrai ni faux, "
    "mais des noms d’événements ou d’objectifs",
    "reason.flag_ids": "entrées de la colonne des conversions qui ne sont ni 0 ni 1, ni vrai ni faux, "
    "mais des identifiants",
    "reason.reserved_channel": "lignes qui portent le nom de canal {name!r}, réservé aux conversions "
    "sans point de contact",
}
