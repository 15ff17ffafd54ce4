"""French: journeys, paths, synergy, kinds of customers."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "paths": "Principaux parcours",
    "paths.caption": ("L’unique parcours", "Les {n} parcours qui ont converti le plus souvent"),
    "paths.note": "Un parcours est la suite des contacts qui mènent à une issue. Le délai médian court du "
    "premier contact du parcours à sa conversion.",
    "paths.path": "Parcours",
    "paths.touches": "Contacts",
    "paths.nulls": "Sans conversion",
    "paths.rate": "Taux",
    "paths.days": "Délai médian (jours)",
    # journey map
    "journey_map": "Carte des parcours",
    "journey_map.figure": "Les parcours qui convertissent, de contact en contact",
    "journey_map.alt": "{title} : {n} conversions à partir du premier contact. Les flux les plus larges : "
    "{parts}.",
    "journey_map.part": "de {source} vers {target} au contact {step}, {amount}",
    "journey_map.note": "Chaque barre est un canal à un endroit du parcours, aussi haute que "
    "les conversions qui y passent ; chaque bande mène à la suite. Jusqu’à "
    "{n} contacts sont distingués, les contacts consécutifs d’un même "
    "canal n’en font qu’un, et les petits canaux sont réunis.",
    "journey_map.touch": "contact {n}",
    "journey_map.step": "Contact",
    "journey_map.source": "De",
    "journey_map.target": "Vers",
    "journey_map.caption": (
        "Le plus large flux des parcours qui convertissent",
        "Les {n} plus larges flux des parcours qui convertissent",
    ),
    "(later touches)": "(contacts suivants)",
    "(conversion)": "(conversion)",
    "(no conversion)": "(sans conversion)",
    "(other)": "(autres)",
    # time and touches to convert
    "time_to_convert": "Délai de conversion",
    "lags.days.median": "Délai médian (jours)",
    "lags.days.within": ("En {n} jour", "En {n} jours"),
    "lags.days.figure": "Jours du premier contact à la conversion",
    "lags.days.axis": "jours depuis le premier contact",
    "lags.days.up_to": "Jusqu’à (jours)",
    "lags.days.caption": "Les conversions selon le nombre de jours",
    "lags.touches.median": "Nombre médian de contacts",
    "lags.touches.within": ("Avec {n} contact", "Avec {n} contacts au plus"),
    "lags.touches.figure": "Contacts jusqu’à la conversion",
    "lags.touches.axis": "contacts",
    "lags.touches.up_to": "Jusqu’à (contacts)",
    "lags.touches.caption": "Les conversions selon le nombre de contacts",
    "lags.quartiles": "moitié centrale : {range}",
    "lags.alt": "{title} : la moitié des conversions sont acquises après {median}, un quart après {low}, "
    "trois quarts après {high}.",
    "lags.marked": "médiane {median}",
    "lags.axis": "part des conversions",
    "lags.above": "Plus de",
    "lags.cumulative": "Jusqu’ici",
    "lags.note": "Compté à partir du premier contact dans la fenêtre de rétrospection ; aucun délai n’est "
    "donc plus long qu’elle. Les conversions sans contact sont laissées de côté.",
    # new and returning customers
    "customers": "Nouveaux clients et clients existants",
    "customers.credit": "Conversions créditées des nouveaux clients et des clients existants, {model}",
    "customers.touched": "Conversions des nouveaux clients et des clients existants que chaque "
    "canal a touchées",
    "customers.new": "Nouveaux",
    "customers.returning": "Existants",
    "customers.share": "Part des nouveaux",
    "customers.note": "Un client est existant quand le journal contient une conversion antérieure du même "
    "utilisateur. Ceux qui ont converti avant le début du journal comptent comme nouveaux.",
    "customers.left_out": (
        "{n} canal plus petit n’est pas montré.",
        "{n} canaux plus petits ne sont pas montrés.",
    ),
    # synergy
    "synergy": "Canaux ensemble",
    "synergy.what.odds": "Les parcours qui ont touché deux canaux convertissent-ils plus "
    "souvent que ceux de l’un ou de l’autre ne le laissent attendre ? "
    "L’attendu est le produit des cotes des deux.",
    "synergy.what.rate": "Les parcours qui ont touché deux canaux convertissent-ils plus "
    "souvent que ceux de l’un ou de l’autre ne le laissent attendre ? "
    "L’attendu est la somme des taux des deux.",
    "synergy.held": "Le nombre de contacts, le canal du dernier et les autres canaux du parcours sont fixés.",
    "synergy.loose": "Rien n’est fixé ici, et les verdicts ne disent donc rien des canaux : les parcours qui "
    "en touchent deux sont plus longs, et une conversion met fin à son parcours.",
    "synergy.lagging": "Là où les conversions suivent leurs contacts de plusieurs jours, un journal sur dix "
    "montre une paire alors qu’aucune ne fait rien.",
    "synergy.counted": "{tested} des {n} paires de {channels} canaux avaient assez de parcours pour être "
    "comparées.",
    "synergy.none": "Aucune paire ne convertit nettement plus ou moins souvent qu’attendu.",
    "synergy.others": (
        "{n} autre paire est nette ; elle figure dans le tableau.",
        "{n} autres paires sont nettes ; elles figurent dans le tableau.",
    ),
    "synergy.told": "{rate} des {n} parcours qui ont touché les deux convertissent, {expected} étaient "
    "attendus : {points} conversions pour 100 parcours ({interval}).",
    "synergy.map": "Conversions pour 100 parcours qui ont touché les deux canaux, au-delà de l’attendu",
    "synergy.map.alt": "{title} : sur {tested} paires, {more} convertissent nettement plus "
    "souvent qu’attendu et {less} moins souvent.",
    "synergy.map.note": "Bleu : plus qu’attendu ; orange : moins. Un nombre ou un signe figure "
    "où la différence est nette ; les paires vides avaient trop peu de "
    "parcours.",
    "synergy.figure": "Les paires qui s’écartent le plus de l’attendu, avec leurs intervalles",
    "synergy.alt": "{title}, en conversions pour 100 parcours : {parts}.",
    "synergy.axis": "conversions pour 100 parcours, au-delà de l’attendu",
    "synergy.level": "Intervalles à {level} %, corrigés du nombre de paires ; en gris où la "
    "différence n’est pas nette.",
    "synergy.caption": "Paires de canaux : taux de conversion et taux attendu",
    "synergy.first": "Canal",
    "synergy.second": "Et",
    "synergy.journeys": "Parcours avec les deux",
    "synergy.rate_both": "Taux des deux",
    "synergy.rate_first": "Taux du premier seul",
    "synergy.rate_second": "Taux du second seul",
    "synergy.rate_neither": "Taux sans les deux",
    "synergy.expected": "Taux attendu",
    "synergy.excess": "Écart",
    "synergy.low": "De",
    "synergy.high": "À",
    "synergy.p": "p (corrigé)",
    "synergy.verdict": "Verdict",
    "synergy.more": "plus qu’attendu",
    "synergy.less": "moins qu’attendu",
    "synergy.unclear": "incertain",
    "synergy.few": "trop peu",
    "synergy.left_out": ("{n} autre paire n’est pas montrée.", "{n} autres paires ne sont pas montrées."),
    "synergy.caveat": "C’est une association, non une cause : ceux qui rencontrent les deux canaux peuvent "
    "différer de ceux qui n’en rencontrent qu’un. Seule une expérience qui allume et éteint "
    "les deux dit ce que la paire cause.",
}
