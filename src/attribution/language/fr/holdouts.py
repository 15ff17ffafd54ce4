"""French: checks and notes of tests on users."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # shares of arms
    "arms.differ": "des groupes qui ne sont pas remplis comme prévu diffèrent par autre chose que le "
    "traitement, et toute différence peut en venir",
    "fix.units_lost": "cherchez où des unités se perdent (enregistrement, jointures, filtres après le "
    "tirage, robots) avant de lire le résultat ; Fabijan et al. (2019) en donnent les causes habituelles",
    "sample_ratio.untold": "non contrôlé : les parts prévues ne sont pas connues (shares=)",
    "sample_ratio.arm": "{arm} {count:,} ({share:.1%}, prévu {planned:.1%})",
    "sample_ratio.ok": "les groupes ont les parts prévues : {arms} ; p = {p:.3g}",
    "sample_ratio.unusual": "les parts sont inhabituelles, à surveiller : {arms} ; p = {p:.2g}",
    "sample_ratio.failed": "les groupes ont d’autres parts que prévu : {arms} ; p = {p:.2g} ; {why}",
    "sample_ratio_by.none": "aucune donnée par {by}",
    "sample_ratio_by.few": "aucune modalité de {by} n’attend {least:.0f} unités dans chaque groupe : "
    "trop peu pour tester",
    "sample_ratio_by.ok": "les parts sont tenues pour chaque modalité de {by} testée ({tested:,} ; p = "
    "{p:.3g} au total)",
    "sample_ratio_by.alone": "écarts aux parts prévues pour {bad:,} modalité(s) de {by} sur {tested:,}, "
    "la pire étant {worst} (p = {p:.2g} au total) : {why}",
    "sample_ratio_by.together": "écart d’ensemble aux parts prévues par {by} (modalités testées : "
    "{tested:,}), la pire étant {worst} (p = {p:.2g} au total) : {why}",
    "sample_ratio_sequential.none": "aucune lecture n’a encore été faite",
    "sample_ratio_sequential.ok": "après {looks:,} lecture(s), les parts sont celles prévues (p = "
    "{p:.3g}, valable à chaque lecture)",
    "sample_ratio_sequential.failed": "les parts s’écartent du plan à la lecture {look:d} sur {looks:,} "
    "(p = {p:.2g}, valable à chaque lecture) : {why}",
    # who is in the table
    "assigned_users.arm": "{arm} {present:,} sur {assigned:,}",
    "assigned_users.more": "la table a plus d’utilisateurs qu’il n’en a été tiré : {arms}",
    "fix.assigned_only": "une ligne par utilisateur, et seulement ceux du tirage : {code}",
    "assigned_users.ok": "tous les utilisateurs du tirage ({total:,}) sont dans la table",
    "assigned_users": "utilisateurs du tirage absents de la table : {lost:,} sur {total:,} ({arms})",
    "assigned_users.failed": "utilisateurs du tirage absents de la table : {lost:,} sur {total:,} "
    "({arms}) ; ce sont peut-être ceux qui n’ont aucun résultat",
    "assigned_users.uneven": "un groupe a perdu plus d’utilisateurs qu’un autre : {arms} ; p = {p:.2g} ; "
    "{why}",
    "users_without_outcome": "chaque utilisateur a un résultat ({outcome}) : si la table vient d’une "
    "jointure avec les commandes, ceux qui n’en ont pas manquent, et la réponse porte sur une autre "
    "question, celle des acheteurs ; si elle contient tout le tirage, assignment= avec ses effectifs le dit",
    "clusters_in_two_arms": "grappes ayant des unités dans plusieurs groupes : {crossed:,}",
    "fix.whole_clusters": "tirez des grappes entières, ou analysez les utilisateurs sans cluster=",
    # exposure
    "contamination.ok": "aucune unité du groupe témoin n’a été exposée ({total:,} unités)",
    "contamination": "unités exposées dans le groupe témoin : {seen:,} sur {total:,} "
    "({share:.3g%}){hides}{nothing}",
    "contamination.hides": " ; cela masque {part:.0f%} du contraste d’exposition",
    "contamination.nothing": ", pas moins que parmi les unités traitées : le test ne compare rien",
    "fix.withhold": "appliquez la table du tirage au moment de la diffusion ; lisez l’effet par unité "
    "exposée comme CACE",
    "exposure_ratio.nothing": "toutes les unités de tous les groupes sont exposées, ou aucune : rien à "
    "comparer",
    "exposure_ratio.arm": "{arm} {share:.2%}",
    "exposure_ratio.ok": "les groupes auraient été exposés de la même façon : {arms} ; p = {p:.3g}",
    "exposure_ratio.unusual": "l’exposition est inhabituellement inégale : {arms} ; p = {p:.2g}",
    "exposure_ratio.failed": "les groupes n’auraient pas été exposés de la même façon : {arms} ; p = "
    "{p:.2g}. Les exposés d’un groupe et ceux qui l’auraient été dans l’autre sont alors des personnes "
    "différentes",
    "fix.log_exposure": "enregistrez l’exposition potentielle au même point de la diffusion dans tous "
    "les groupes ; d’ici là, ne lisez que l’intention de traiter (ITT)",
    # before the test
    "covariate_balance.few": "trop peu d’unités ou aucune covariable à comparer",
    "covariate_balance.worst": "plus grande différence {difference:+.3f} écart type ({covariate})",
    "covariate_balance.failed": "les groupes différaient avant le test : {worst}, p conjoint = {p:.2g} ; "
    "le hasard ne l’explique pas",
    "fix.assignment": "vérifiez le tirage au sort des unités, et que les covariables ont été mesurées "
    "avant lui",
    "covariate_balance.chance": "{worst} ; le hasard l’explique (p conjoint = {p:.3g}) ; ajustez-en "
    "l’analyse pour plus de certitude",
    "covariate_balance.ok": "les groupes étaient semblables avant le test : {worst}, p conjoint = {p:.3g}",
    "covariate_balance.skewed": "les groupes différaient avant le test de {difference:+.3f} écart type "
    "({covariate}), p = {p:.2g}, ce qui n’est pas exact pour une covariable aussi asymétrique : vérifiez "
    "le tirage au sort",
    "pre_period.none": "aucun résultat d’avant le test n’est donné ; donnez-en un pour comparer les groupes",
    "pre_period.ok": "avant le test, les groupes ne différaient pas (plus petit p = {p:.3g}, {tested:,} "
    "testé(s))",
    "pre_period.failed": "résultats qui différaient entre les groupes avant le test : {bad:,} sur "
    "{tested:,}, surtout {worst} (p ajusté = {p:.2g}) ; la différence qui suit n’est pas toute celle du "
    "traitement",
    "fix.window_before": "vérifiez le tirage au sort, et que la période finit avant le test",
    "placebo.blind": "{outcomes} ne peut distinguer les groupes : cela ne varie guère, ou compte trop "
    "peu d’événements",
    "placebo_size.none": "aucun test A/A n’a été fait",
    "placebo_size": "tests A/A qui rejettent : {rejected:,} sur {draws:,} ({share:.1%}, promis {level:.3g%})",
    "placebo_size.failed": "{found} ; des effets inexistants sont trouvés trop souvent, si bien qu’une "
    "petite valeur p ne prouve ici pas grand-chose",
    "fix.unit_of_assignment": "prenez l’unité du tirage comme unité d’analyse (cluster=)",
    "outcome_is_zero": "{outcome} vaut 0 pour tous et est laissé de côté : il n’y a rien à comparer",
    "fix.join": "vérifiez la jointure qui l’a apporté aux utilisateurs",
    # few events
    "few_events.clusters": "les grappes de {arm} valent {found} grappes de même taille",
    "few_events.events": "{outcome} dans {arm} repose sur l’équivalent de {found} événements",
    "few_events.whole": "{count:,.0f}",
    "few_events.part": "{count:,.1f}",
    "few_events.blind": "{found}, {why} : il n’y a pas de verdict",
    "few_events.out_of_reach": "{found} : quelle que fût leur répartition, le plus petit p aurait été "
    "{p:.2g}, si bien qu’aucun effet ne peut être démontré à {level:.3g%}",
    "few_events.made_by": "{found}, si bien que le test est fait par {how}",
    "few_events.score": "le test du score",
    "few_events.anew": "de nouveaux tirages des mêmes unités, quelles qu’elles soient",
    "few_events.sequential": "moins que les {least:d} par groupe à partir desquels une séquence de "
    "confiance se lit",
    "few_events.sums": "et des sommes seules ne disent pas comment son erreur est distribuée",
    "fix.more_events": "un test plus long, un groupe témoin plus grand, ou un résultat plus fréquent : "
    "outcome= visites ou paniers",
    "fix.look_later": "regardez à nouveau quand chaque groupe aura {least:d} événements",
    # notes of a holdout test
    "note.capped": "{outcome} est plafonné à {cap:#}, le quantile {quantile:g} de tous les groupes "
    "ensemble : l’effet sur ce qui dépasse n’est pas dans les chiffres",
    "note.below_zero": "certaines valeurs de {outcome} sont négatives (remboursements ?), la plus basse "
    "{low:#}",
    "note.few_clusters": "un groupe a {fewest:d} grappes ; en dessous de {least:d}, l’intervalle n’est "
    "juste que si les grappes sont à peu près de même taille",
    "note.unused": "les covariables {covariates} ne servent pas : avec si peu d’événements, nul ne sait "
    "ce qu’elles expliquent",
    "note.two_part": "deux parties : la moyenne par utilisateur ayant un résultat compare des personnes "
    "différentes dans chaque groupe, et n’est pas un effet à elle seule",
    "note.heavy_tails": "{outcome} a des valeurs extrêmes (dans le groupe témoin, écart type {cv:.3g} "
    "fois la moyenne, asymétrie {skewness:.3g}) : l’intervalle n’est sûr de tenir son niveau qu’avec "
    "{times:.2g} fois plus d’utilisateurs ; {advice} autrement",
    "note.heavy_tails.rare": "two_part=True les lit",
    "note.heavy_tails.common": "winsorise=0.999 ou two_part=True les lisent",
    "note.short_segments": "segments laissés de côté, faute d’utilisateurs ou de résultats : {segments}",
}
