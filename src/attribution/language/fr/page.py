"""French: the page itself, counts and lists, the audit, the limits, the settings."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "title": "Attribution marketing",
    "skip": "Aller au contenu",
    "contents": "Sommaire",
    "logo": "Logo",
    "scroll": "Le tableau est plus large que l’écran : il défile latéralement.",
    "footer": "Produit par attribution-analytics {version}. Le crédit est une répartition comptable selon "
    "la règle de chaque modèle ; ce n’est pas l’effet d’un canal.",
    # counts and lists
    "semicolon": " ; ",
    "joined": "{parts:+}",
    "spaced": "{parts:_}",
    "list": "{parts}",
    "list.several": "{parts:;}",
    "none": "aucun",
    "empty": "(vide)",
    "and": "{first} et {last}",
    "more": ("{n} autre", "{n} autres"),
    "range": "{low} à {high}",
    "interval": "{low} à {high}",
    "n_conversions": ("{n} conversion", "{n} conversions"),
    "n_touches": ("{n} point de contact", "{n} points de contact"),
    "points": "{n}\u202fpt",
    "n_checks": ("{n} contrôle", "{n} contrôles"),
    "unit.day": ("{n} jour", "{n} jours"),
    "unit.week": ("{n} semaine", "{n} semaines"),
    "unit.hour": ("{n} heure", "{n} heures"),
    "unit.minute": ("{n} minute", "{n} minutes"),
    "unit.second": ("{n} seconde", "{n} secondes"),
    "date": "{day} {month} {year}",
    "period": "du {first} au {last}",
    "channel": "Canal",
    "(unattributed)": "(non attribué)",
    "by.day": "Jour",
    "by.week": "Semaine",
    "by.month": "Mois",
    "by.customer": "Client",
    "period.day": "jour",
    "period.week": "semaine",
    "period.month": "mois",
    # audit
    "audit": "Contrôle des données",
    "audit.nothing": "Aucun contrôle n’a été fait.",
    "audit.failed": "{checks} sur {total} en échec : {names}.",
    "audit.passed": (
        "Le seul contrôle effectué est réussi.",
        "Aucun des {n} contrôles n’a échoué.",
    ),
    "audit.caption": "Tous les contrôles des données, échecs en premier",
    "audit.check": "Contrôle",
    "audit.status": "État",
    "audit.count": "Nombre",
    "audit.finding": "Constat",
    "audit.fix": "À faire",
    "audit.line": "{status} : {name}.",
    "audit.advice": "{finding} À faire : {fix}",
    "audit.to_do": "{finding} À faire : {fix}",
    "audit.english": "Certains constats, qui ne viennent pas de la bibliothèque, restent dans leur langue.",
    "audit.warning": (
        "Le contrôle des données a trouvé des problèmes ({names}) ; lisez-les avant de vous "
        "fier aux chiffres."
    ),
    "status.failed": "échec",
    "status.info": "à noter",
    "status.ok": "réussi",
    # a run in one line
    "chat.head": "{date} {title} : {total} ; {top} ; ",
    "chat.top": "en tête : {channel} {share:.1%} ({change}{model})",
    "chat.no_credit": "aucun crédit",
    "chat.new": "nouveau, ",
    "chat.points": ("{n:+.1f} point, ", "{n:+.1f} points, "),
    "chat.as_before": "comme avant, ",
    "chat.audit": ("audit : {n} constat", "audit : {n} constats"),
    "chat.ok": "contrôles réussis",
    "chat.failed": "ÉCHEC {checks}",
    # limits
    "limits": "Ce que ce rapport ne peut pas dire",
    "limits.cause": "Ce qu’un canal a causé.",
    "limits.cause.text": (
        "Un modèle répartit les conversions observées entre les points de contact qui les "
        "précèdent. Il ne dit pas combien auraient eu lieu sans un canal : ceux qui "
        "atteignent des personnes qui achètent de toute façon (recherche de marque, "
        "reciblage, e-mail aux clients) en reçoivent le crédit. Seule une expérience le dit : "
        "un groupe témoin tiré au sort ou un test géographique."
    ),
    "limits.untested": "Ce que les canaux non testés ont causé.",
    "limits.untested.text": "Des expériences existent pour {tested}. Pour tous les autres canaux, le "
    "crédit est une répartition comptable : il ne dit pas combien de conversions auraient eu lieu sans eux.",
    "limits.experiments": "Portée des expériences.",
    "limits.experiments.text": (
        "Une expérience dit ce qu’un canal a causé chez ses propres utilisateurs, pendant ses "
        "propres semaines, au niveau de dépense de la période. D’autres personnes, saisons et "
        "budgets peuvent différer."
    ),
    "limits.unlogged": "Ce qui n’a pas été enregistré.",
    "limits.unlogged.text": (
        "Les points de contact absents des données (impressions non mesurées, bouche-à- "
        "oreille, cookies refusés, autres appareils d’une personne) ne reçoivent rien ; leur "
        "part va à ceux qu’elles contiennent."
    ),
    "limits.windows": "Les autres fenêtres.",
    "limits.windows.text": (
        "Les points de contact survenus plus de {lookback} avant une conversion ne reçoivent "
        "rien ; une autre fenêtre en compterait d’autres."
    ),
    "limits.chance": "La précision des chiffres.",
    "limits.chance.text": "Ils sont donnés sans intervalles. De petits écarts entre canaux, et les lignes "
    "qui ont peu de conversions, peuvent être dus au hasard.",
    "limits.sampling": "Ce que les intervalles laissent de côté.",
    "limits.sampling.text": (
        "Ils disent de combien les chiffres changeraient avec d’autres utilisateurs. Ils ne "
        "disent pas si le modèle est juste, ni ce que les données ne contiennent pas."
    ),
    "limits.margin": "Le rendement de la dépense supplémentaire.",
    "limits.margin.text": "ROAS, ROI et CPA sont des moyennes sur toute la dépense, et reprennent la "
    "répartition du modèle. La dépense suivante peut rapporter moins, ou rien.",
    # settings
    "settings": "Paramètres",
    "settings.caption": "Comment ce crédit a été calculé",
    "settings.run": "Cette exécution",
    "settings.setting": "Paramètre",
    "settings.value": "Valeur",
}
