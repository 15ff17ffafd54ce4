"""French: checks and notes of geo tests."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # periods
    "step.day": "jour",
    "step.week": "semaine",
    "step.month": "mois",
    "step.quarter": "trimestre",
    "step.year": "année",
    "step.period": "période",
    "n_steps.day": (
        "{n:d} jour",
        "{n:d} jours",
    ),
    "n_steps.week": (
        "{n:d} semaine",
        "{n:d} semaines",
    ),
    "n_steps.month": (
        "{n:d} mois",
        "{n:d} mois",
    ),
    "n_steps.quarter": (
        "{n:d} trimestre",
        "{n:d} trimestres",
    ),
    "n_steps.year": (
        "{n:d} année",
        "{n:d} années",
    ),
    "n_steps.period": (
        "{n:d} période",
        "{n:d} périodes",
    ),
    # the fit before the test
    "not_checked": "non contrôlé : {why}",
    "reach": "avec {how}, le plus petit p possible est {least:.2g}",
    "reach.failed": "{found}, si bien qu’aucun effet, si grand soit-il, ne pourrait être démontré au "
    "niveau de {level:.3g%}",
    "fix.reach": "{fix} ; le plus petit niveau atteignable est {least:.2g%}",
    "fix.reach_alpha": "{fix} ; le plus petit niveau atteignable est {least:.2g%} (alpha={alpha})",
    "pre_period_fit": "avant le test, le contrefactuel s’écarte de {off:.1f%} en moyenne, R2 {r2:.2f}",
    "pre_period_fit.scaled": "avant le test, le contrefactuel s’écarte de {off:.1f%} en moyenne, R2 "
    "{r2:.2f}, déséquilibre L2 normé {l2:.3f} (0 parfait, 1 comme des poids égaux)",
    "fix.pre_period_fit": "un historique plus long, des zones plus semblables, ou des zones traitées "
    "moins nombreuses et plus grandes",
    "residual_autocorrelation.zero": "les écarts avant le test sont tous nuls",
    "residual_autocorrelation": "Durbin-Watson {dw:.2f}, p de Ljung-Box = {p:.2g}",
    "residual_autocorrelation.allowed": "{found} : les écarts sont autocorrélés, ce dont cette inférence "
    "tient compte",
    "residual_autocorrelation.failed": "{found} : les écarts sont autocorrélés, et cette inférence les "
    "suppose indépendants : son intervalle est trop étroit",
    "fix.autocorrelation": "{code}, ou agrégez le panel par semaine",
    "placebo_in_time.short": "non contrôlé : trop peu de temps avant le test",
    "placebo_in_time": "la même analyse sur une période d’avant le test ({steps}), sans traitement : p = "
    "{p:.2g}",
    "fix.placebo_in_time": "regardez la figure : autre chose s’est produit, ou les zones traitées et "
    "témoins s’écartent",
    "outlier_geos.ok": "aucune zone n’a changé bien plus ou bien moins que le reste de son groupe",
    "outlier_geos": "{geos} : évolution différente du reste de leur groupe, de plus de cinq écarts robustes",
    "fix.outlier_geos": "cherchez pourquoi ; ensuite seulement {code}, un choix que le résultat aura dicté",
    "placebos_alike": "les derniers jours avant le test, prédits par un ajustement qui ne les a pas vus "
    ": R2 {r2:.2f} pour les zones traitées ; ensembles de zones témoins sous {least} écartés : {dropped:d}",
    "placebos_alike.larger": "{found} ; les zones traitées sont plus grandes que tous ces ensembles, et "
    "les grandes zones varient plus que les petites ne le peuvent",
    "fix.placebos_alike": "un historique plus long, ou method='did' si les zones ont été tirées au sort",
    "donor_concentration": "le contrefactuel repose sur l’équivalent de {worth:.1f} zones ; la plus "
    "lourde est {geo!r} avec {share:.0f%}",
    "fix.donor_concentration": "ce qui se passe dans {geo!r} ressemble à un effet : plus de zones "
    "semblables, ou method='did'",
    "leave_one_donor_out.few": "non contrôlé : moins de trois zones donneuses",
    "leave_one_donor_out": "en retirant tour à tour chaque zone donneuse ({count:d}), l’effet "
    "incrémental ({outcome}) de {whole:#} passe entre {low:#} et {high:#}",
    "fix.leave_one_donor_out": "le signe dépend de {geo!r} : cherchez ce qui s’y est passé",
    "leave_one_treated_out.one": "non contrôlé : une seule zone traitée",
    "leave_one_treated_out.rest": "non contrôlé : ce qui reste ne peut être analysé",
    "leave_one_treated_out": "en retirant tour à tour chaque zone traitée ({count:d}), l’effet relatif "
    "de {whole:.3g%} passe entre {low:.3g%} et {high:.3g%}",
    "fix.leave_one_treated_out": "l’effet dépend de {geo!r} : cherchez ce qui s’y est passé",
    # the data of the test
    "zeros.none": "aucune zone n’est sans résultat à aucun moment",
    "zeros.some": "cellules du panel à 0 : {count:,} ({share:.1f%}), surtout dans {geo!r}",
    "zeros.several": "{count:d} zones tombent à 0 sans l’avoir été auparavant : {stretches}",
    "zeros.more": "{first} ; et {n:d} de plus",
    "zeros.stretch": "{geo!r} ({arm}) est à 0 : {when} ({steps}{where})",
    "arm.treated": "traitée",
    "arm.control": "témoin",
    "zeros.end_test": ", la fin du test",
    "zeros.end_history": ", la fin de l’historique",
    "zeros.start_history": ", le début de l’historique",
    "zeros.start_test": ", le début du test",
    "fix.zeros": "chargez ces jours à nouveau, ou end= avant eux si le flux était en retard ; {rest}",
    "fix.zeros.treated": "une zone traitée qui a fermé ou ouvert n’appartient à aucun groupe",
    "fix.zeros.pairs": "les zones qui ont fermé ou ouvert sortent du test, avec leur paire s’il y en a",
    "fix.zeros.buffer": "{code} si elles ont fermé ou ouvert",
    "outlier_days.ok": "aucune zone n’a eu un jour loin de son habitude et de celle des autres",
    "outlier_days.one": "{geo!r} le {time} ({times:.2g} fois son niveau habituel)",
    "fix.outlier_days": "cherchez pourquoi (une commande en gros, un import en double) ; holidays= "
    "retire un jour dans toutes les zones",
    # spend
    "spend_moved": "la dépense des zones traitées par {step} est passée de {before:#} à {after:#} ; "
    "{total:#} de plus en tout",
    "spend_moved.spilled": "{found} ; {what} ({moved:#} par zone et {step}, contre {other:#} dans les "
    "zones traitées)",
    "spend_moved.new": "des zones témoins sans dépense auparavant en ont eu pendant le test : {geos}",
    "spend_moved.changed": "la dépense des zones témoins a changé aussi",
    "spend_moved.one_control": "{found} ; la dépense d’une seule zone témoin ne dit pas avec quelle "
    "certitude",
    "spend_moved.unsure": "{found}, que son erreur type de {error:#} ne distingue guère de zéro",
    "fix.cost_known": "cost=(total, erreur type), s’ils sont connus",
    "fix.more_spend": "sans davantage de dépense, aucun iROAS ne peut être estimé",
    "fix.spilled": "ce qui est mesuré est l’effet de la différence de dépense ; regardez où la campagne "
    "a tourné",
    "fix.spilled_buffer": "{code}, ou sachez que : {rest}",
    "reach.sets": "{count:,} ensembles de zones témoins",
    "reach.windows": "{count:d} fenêtres à parcourir",
    "reach.draws": "{count:,} tirages",
    "reach.assignments": "{count:,} tirages au sort à rejouer",
    # notes of a geo test
    "note.cooldown": "période de latence à la fin ({steps}) : sans traitement, mais comptée",
    "note.second_look": "un second regard, pas un verdict : des zones qui s’écartent ont été prises pour "
    "un effet dans {low:.0%} à {high:.0%} des tests sans effet, au niveau de 5 % (docs/validation.md)",
    "note.posterior": "p est le double de la probabilité a posteriori du signe contraire, pas une "
    "fréquence d’erreurs",
    "note.index_path": "la trajectoire suit l’indice des zones témoins, mise à l’échelle de l’estimation",
    "note.usual_off": "le résultat et la dépense habituels de chaque zone avant le test sont d’abord "
    "retranchés, ce qui ne fait pas partie de la méthode publiée",
    "note.trimmed": "paires écartées, d’après leur zone traitée : {geos}",
    "note.loose": 'at.DiD(inference="autocorrelation") sait comment l’écart a varié d’un jour à l’autre, '
    "mais rien de la dérive des zones au fil des semaines : un effet a été trouvé dans 5 % à 35 % des "
    "tests sans effet, au niveau de 5 % (docs/geo.md)",
    "note.missing_zero": "lignes manquantes prises pour 0 : {count:,}, de {geos:d} zone(s){kinds}",
    "note.missing_rows": "zones écartées faute de lignes : {geos}{kinds}",
    "note.began_late": "début tardif : {geos}",
    "note.ended_early": "fin anticipée : {geos}",
    "in_brackets": " ({parts:;})",
    "note.picked": "les données ont choisi le taux d’élagage, et l’intervalle le tient pour donné : les "
    "intervalles à 95 % ont contenu la vérité dans 92 à 94 % des tests simulés (docs/validation.md) ; fixé "
    "d’avance, at.TrimmedMatch(trim_rate=0.1), il ne coûte rien en couverture",
    "note.holidays": "jours fériés laissés de côté : {times}",
    "note.buffer": "zones tampons laissées de côté : {geos}",
}
