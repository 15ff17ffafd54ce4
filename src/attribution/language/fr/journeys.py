"""French: journeys, paths, synergy, kinds of customers."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "paths": "Principaux parcours",
    "paths.caption": (
        "Le seul parcours",
        "Les {n} parcours qui ont converti le plus souvent",
    ),
    "paths.note": (
        "Un parcours est la suite des points de contact qui mènent à une issue. Le délai "
        "médian se compte du premier contact du parcours à sa conversion."
    ),
    "paths.path": "Parcours",
    "paths.touches": "Contacts",
    "paths.nulls": "Sans conversion",
    "paths.rate": "Taux",
    "paths.days": "Délai médian (jours)",
    # journey map
    "journey_map": "Carte des parcours",
    "journey_map.figure": "Les parcours qui convertissent, de contact en contact",
    "journey_map.alt": "{title} : {conversions} à partir du premier contact. Les flux les plus larges : "
    "{parts}.",
    "journey_map.part": "du canal {source} au canal {target} au contact {step}, {amount}",
    "journey_map.note": (
        "Chaque barre est un canal à un endroit du parcours, aussi haute que les conversions "
        "qui y passent ; chaque bande mène à la suite. Rang du dernier contact distingué : "
        "{n}. Les contacts consécutifs d’un même canal n’en font qu’un, et les petits canaux "
        "sont réunis."
    ),
    "journey_map.touch": "contact {n}",
    "journey_map.step": "Contact",
    "journey_map.source": "De",
    "journey_map.target": "Vers",
    "journey_map.caption": (
        "Le flux le plus important des parcours qui convertissent",
        "Les {n} flux les plus importants des parcours qui convertissent",
    ),
    "(later touches)": "(suite)",
    "(conversion)": "(conversion)",
    "(no conversion)": "(sans conversion)",
    "(other)": "(autres)",
    # time and touches to convert
    "time_to_convert": "Délai de conversion",
    "lags.days.median": "Délai médian (jours)",
    "lags.days.within": (
        "En {n} jour au plus",
        "En {n} jours au plus",
    ),
    "lags.days.figure": "Jours du premier contact à la conversion",
    "lags.days.axis": "jours depuis le premier contact",
    "lags.days.up_to": "Jusqu’à (jours)",
    "lags.days.caption": "Les conversions selon le nombre de jours",
    "lags.touches.median": "Nombre médian de contacts",
    "lags.touches.within": (
        "Avec {n} seul point de contact",
        "Avec {n} points de contact au plus",
    ),
    "lags.touches.figure": "Contacts jusqu’à la conversion",
    "lags.touches.axis": "contacts",
    "lags.touches.up_to": "Jusqu’à (contacts)",
    "lags.touches.caption": "Les conversions selon le nombre de contacts",
    "lags.quartiles": "50\u202f% des cas : {range}",
    "lags.alt": "{title} : la moitié des conversions sont acquises après {median}, un quart après {low}, "
    "trois quarts après {high}.",
    "lags.marked": "médiane {median}",
    "lags.axis": "part des conversions",
    "lags.above": "Plus de",
    "lags.cumulative": "Cumul",
    "lags.note": (
        "Compté à partir du premier point de contact dans la fenêtre d’attribution ; aucun "
        "délai n’est donc plus long qu’elle. Les conversions sans point de contact sont "
        "laissées de côté."
    ),
    # new and returning customers
    "customers": "Nouveaux clients et clients existants",
    "customers.credit": "Conversions créditées des nouveaux clients et des clients existants, {model}",
    "customers.touched": (
        "Conversions des nouveaux clients et des clients existants auxquelles chaque canal a contribué"
    ),
    "customers.new": "Nouveaux clients",
    "customers.returning": "Clients existants",
    "customers.share": "Part des nouveaux clients",
    "customers.note": (
        "Un client est dit « existant » quand les données contiennent une conversion "
        "antérieure du même utilisateur. Ceux qui ont converti avant leur début comptent "
        "comme nouveaux."
    ),
    "customers.left_out": (
        "{n} canal plus petit n’est pas affiché.",
        "{n} canaux plus petits ne sont pas affichés.",
    ),
    # synergy
    "synergy": "Synergies entre canaux",
    "synergy.what.odds": (
        "Les parcours comprenant deux canaux convertissent-ils plus souvent que ceux qui "
        "n’ont que l’un ou l’autre ne le laissent attendre ? Attendu : chaque canal multiplie "
        "la cote d’un parcours sans les deux autant qu’il le fait seul."
    ),
    "synergy.what.rate": (
        "Les parcours comprenant deux canaux convertissent-ils plus souvent que ceux qui "
        "n’ont que l’un ou l’autre ne le laissent attendre ? Attendu : chaque canal ajoute au "
        "taux d’un parcours sans les deux autant qu’il le fait seul."
    ),
    "synergy.held": "À nombre de contacts, canal du dernier contact et présence des autres canaux égaux.",
    "synergy.loose": (
        "Rien n’est tenu égal ici, et les verdicts ne disent donc rien des canaux : les "
        "parcours qui en comprennent deux sont plus longs, et une conversion met fin à son "
        "parcours."
    ),
    "synergy.lagging": "Là où les conversions suivent leurs contacts de plusieurs jours, un journal sur dix "
    "montre une paire alors qu’aucune ne fait rien.",
    "synergy.counted": "Paires comparables : {tested} sur {n}, pour {channels} canaux.",
    "synergy.none": "Aucune paire ne convertit significativement plus ou moins souvent que prévu.",
    "synergy.others": (
        "{n} autre paire est significative ; elle figure dans le tableau.",
        "{n} autres paires sont significatives ; elles figurent dans le tableau.",
    ),
    "synergy.told": (
        "Taux de conversion des parcours comprenant les deux ({n}) : {rate}, pour {expected} "
        "attendus, soit {points} pour 100 parcours ({interval})."
    ),
    "synergy.map": (
        "Conversions pour 100 parcours comprenant les deux canaux, par rapport à la valeur attendue"
    ),
    "synergy.map.alt": (
        "{title}. Paires comparées : {tested} ; taux plus élevé que prévu : {more} ; plus faible : {less}."
    ),
    "synergy.map.note": (
        "Bleu : plus que prévu ; orange : moins. Un nombre ou un signe figure où la "
        "différence est significative ; les paires vides avaient trop peu de parcours."
    ),
    "synergy.figure": "Les paires qui s’écartent le plus de la valeur attendue, avec leurs intervalles",
    "synergy.alt": "{title}, en conversions pour 100 parcours : {parts}.",
    "synergy.axis": "conversions pour 100 parcours, par rapport à la valeur attendue",
    "synergy.level": (
        "Intervalles à {level}, corrigés du nombre de paires ; en gris où la différence n’est "
        "pas significative."
    ),
    "synergy.caption": "Paires de canaux : taux de conversion et taux attendu",
    "synergy.first": "Canal",
    "synergy.second": "Second canal",
    "synergy.journeys": "Parcours avec les deux",
    "synergy.rate_both": "Taux des deux",
    "synergy.rate_first": "Taux du premier seul",
    "synergy.rate_second": "Taux du second seul",
    "synergy.rate_neither": "Taux sans les deux",
    "synergy.expected": "Taux attendu",
    "synergy.excess": "Écart",
    "synergy.low": "Borne inf.",
    "synergy.high": "Borne sup.",
    "synergy.p": "p (corrigé)",
    "synergy.verdict": "Verdict",
    "synergy.more": "plus qu’attendu",
    "synergy.less": "moins qu’attendu",
    "synergy.unclear": "incertain",
    "synergy.few": "trop peu",
    "synergy.left_out": ("{n} autre paire n’est pas montrée.", "{n} autres paires ne sont pas montrées."),
    "synergy.caveat": (
        "C’est une association, non une cause : ceux qui rencontrent les deux canaux peuvent "
        "différer de ceux qui n’en rencontrent qu’un. Seule une expérience qui active et "
        "coupe chacun des deux canaux dit ce que la paire cause."
    ),
}
