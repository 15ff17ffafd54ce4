"""French: what the audit of a log finds, and what to do about it."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # counts with their nouns
    "n_orders": (
        "{n} numéro de commande",
        "{n} numéros de commande",
    ),
    "n_values": (
        "{n} valeur",
        "{n} valeurs",
    ),
    "n_days": (
        "{n} jour",
        "{n} jours",
    ),
    "n_users": (
        "{n} utilisateur",
        "{n} utilisateurs",
    ),
    "n_channels": (
        "{n} canal",
        "{n} canaux",
    ),
    "n_labels": (
        "{n} libellé",
        "{n} libellés",
    ),
    "both_of": "{touches} et {conversions}",
    # rows that cannot be read
    "null_keys.ok": "chaque ligne a ses clés",
    "unreadable_entries.ok": "chaque entrée est lisible",
    "no_touch.ok": "aucun point de contact n’est laissé de côté pour l’hôte dont il provient",
    "no_touch": "{what} ({count:,}, soit {share:.1%}) : laissés de côté, ils ne reçoivent aucun crédit",
    "unreadable": "{table} : {what} ({count:,} dans la colonne {column!r})",
    "mixed_clocks": "les heures ne sont pas sur une même horloge : {places}",
    "mixed_clocks.place": "{zone} dans {where}",
    "clock.naive": "sans fuseau",
    "clock.offsets": "textes avec décalage",
    "clock.zone": "fuseau {zone}",
    "mixed_clocks.ok": "toutes les heures sont sur une même horloge : {clock}",
    "clock.as_utc": "sans fuseau, lues comme UTC",
    "clock.each": "un décalage chacune",
    "clock.one": "un seul fuseau",
    # times
    "times_out_of_range.ok": "toutes les heures sont de ce siècle",
    "times_out_of_range.before": "{rows} avant l’an 2000",
    "times_out_of_range.beyond": "{rows} hors des années 1678 à 2262",
    "fix.times": "corrigez-les à la source, ou filtrez-les avant la lecture",
    "fix.times_unit": 'time_unit="{unit}" est-il juste ? Corrigez-les à la source, ou filtrez-les avant '
    "la lecture",
    "times_in_future.ok": "aucune heure n’est dans l’avenir",
    "times_in_future": "{rows} après l’instant présent",
    "fix.future": "filtrez-les avant la lecture ; si toutes ont quelques heures d’avance, des heures "
    "locales ont été prises pour UTC",
    "missing_days.few": "trop peu de points de contact par jour pour distinguer un jour manquant d’un "
    "jour calme",
    "missing_days.ok": "des points de contact chaque jour ({count:,} jours)",
    "missing_days": "{days} sur {count:,} sans point de contact, alors qu’un jour en compte {usual:,.0f} "
    "en moyenne",
    "fix.missing_days": "chargez ces jours à nouveau : aux conversions qui suivent manquent les points "
    "de contact qui y ont mené",
    "log_stops.nothing": "pas de points de contact ou pas de conversions à comparer",
    "log_stops.censored": "{touches} à moins de {lookback:span} de la fin des données : ces utilisateurs "
    "peuvent encore convertir, si bien que les parcours qui s’y terminent ne prouvent rien contre un canal",
    "log_stops.short": "les données couvrent {days:.1f} j et la fenêtre d’attribution est de {lookback:span}",
    "log_stops.touches": "les points de contact s’arrêtent le {touch}, les conversions le {conversion} : "
    "{after} après le dernier point de contact",
    "log_stops.conversions": "les conversions s’arrêtent le {conversion}, les points de contact le "
    "{touch} : les parcours suivants semblent avoir échoué",
    "log_stops.cut_off": "points de contact le dernier jour, {day} : {touches:,} au lieu de {usual:,.0f} "
    "d’habitude ; il semble tronqué",
    "fix.longer_log": "chargez une période plus longue, ou prenez une fenêtre plus courte : écarter ce "
    "qui est tronqué ne laisserait aucun parcours sans conversion",
    "fix.more_days": "chargez plus de jours : les utilisateurs sont trop actifs pour qu’un parcours soit "
    "reconnu sans conversion",
    "fix.conversions_after": "écartez les conversions postérieures au {time}, ou chargez les points de "
    "contact manquants ; {rest}",
    "fix.touches_after": "écartez les points de contact postérieurs au {time}, ou chargez les "
    "conversions manquantes ; {rest}",
    # touches
    "exact_duplicates.ok": "pas deux lignes identiques dans toutes les colonnes",
    "exact_duplicates": "{rows} identiques à une autre ligne dans toutes les colonnes lues",
    "fix.duplicates": "{code}  # si un événement ne doit y être qu’une fois",
    "sequence_order.none": "les données n’ont pas de colonne de séquence",
    "sequence_order.ok": "la séquence des points de contact de chaque utilisateur suit leurs heures",
    "sequence_order": "{touches} dont l’heure suit celle du précédent et dont le numéro de séquence le "
    "précède : l’heure décide",
    "fix.sequence": "{code}  # si ce n’est pas un ordre ; sinon corrigez les heures",
    "ties.ok": "aucun utilisateur n’a deux canaux au même instant",
    "ties": "{touches} au même instant qu’un autre canal du même utilisateur : l’ordre est celui des "
    "noms de canaux",
    "fix.ties": "faites que la colonne de séquence les distingue",
    "fix.ties_column": 'LogSchema(sequence="...") avec une colonne qui les ordonne',
    "channel_spelling.ok": "{count:,} canaux, tous d’orthographe distincte",
    "channel_spelling": "{channels} sous plusieurs orthographes, {touches} sous les plus rares : {shown}",
    "label_spelling.ok": "aucun libellé d’une dimension n’a plusieurs orthographes",
    "label_spelling": "{labels} sous plusieurs orthographes : {shown}",
    "blank_channels.ok": "chaque canal a un nom",
    "blank_channels": "{touches} sans nom de canal",
    "fix.blank_channels": "{code}, si l’absence de nom signifie un accès direct",
    "busy_users.none": "aucun point de contact",
    "busy_users.ok": "aucun utilisateur n’a plus de {threshold:,} points de contact ; le maximum est "
    "{most:,}",
    "busy_users": "{users} avec plus de {threshold:,} points de contact, jusqu’à {most:,} : {share:.1%} "
    "du total ; c’est rarement une personne, plutôt un robot ou un appareil partagé",
    "fix.busy_users": "filtrez ces utilisateurs avant la lecture, ou {code}",
    "guest_ids.ok": "aucun utilisateur ne s’appelle 0, ou bien les identifiants commencent à 0",
    "guest_ids": "l’utilisateur 0 a {touches} et {conversions}, et les autres identifiants ne partent "
    "pas de 0 : des boutiques écrivent 0 pour les invités, et des inconnus seraient un seul client",
    "channels_unmatched.none": "les données n’ont pas de règles de canaux",
    "channels_unmatched.ok": "les règles couvrent tous les libellés distincts ({count:,} ; {by})",
    "channels_unmatched": "aucune règle ne couvre {missed:,} des {count:,} libellés distincts, soit "
    "{touches} ({share:.1%}), qui deviennent {otherwise!r} ({by})",
    "grouping.part": "{part} dans la colonne {column!r}",
    "fix.channel_rule": "ajoutez une ChannelRule pour eux : {code}",
    # conversions
    "conversion_rate.few": "trop peu d’utilisateurs ou pas de conversions pour juger d’un taux",
    "conversion_rate": "taux de conversion de {rate:.2%} : {buyers:,} sur {count:,} utilisateurs ayant "
    "un point de contact",
    "conversion_rate.high": "{found} ; la plupart de ceux qui ne convertissent pas semblent manquer, or "
    "les modèles qui apprennent comparent avec eux",
    "fix.same_users": "les deux tables désignent-elles les utilisateurs de la même façon, et "
    "couvrent-elles les mêmes jours ?",
    "fix.load_others": "chargez aussi les points de contact des utilisateurs sans conversion ; une page "
    "vue est-elle prise pour une conversion ?",
    "conversions_without_touch.none": "les données n’ont pas de conversions",
    "conversions_without_touch.ok": "chaque conversion a un point de contact au plus {lookback:span} "
    "avant elle",
    "conversions_without_touch": "{conversions} sur {count:,} ({share:.1%}) sans point de contact au "
    "plus {lookback:span} avant, dont {strangers:,} d’utilisateurs sans aucun point de contact",
    "fix.longer_lookback": "les deux tables désignent-elles les utilisateurs de la même façon ? Une "
    "fenêtre d’attribution plus longue trouve des points de contact plus anciens",
    "conversions_before_first_touch.ok": "aucun utilisateur ayant des points de contact ne convertit "
    "avant le premier",
    "conversions_before_first_touch": "{conversions} avant le premier point de contact de l’utilisateur "
    ": {share:.1%} là où il y en a",
    "fix.one_zone": "les deux tables sont-elles dans un même fuseau horaire, et les points de contact "
    "commencent-ils assez tôt ?",
    "duplicate_orders.none": "les données n’ont pas de colonne de numéros de commande",
    "duplicate_orders.ok": "chaque numéro de commande y est une seule fois",
    "duplicate_orders": "{orders} plus d’une fois : {what:;}",
    "duplicate_orders.shared": "{orders} de plusieurs utilisateurs, dont les lignes ne sont ni des "
    "copies ni les lignes d’une commande",
    "duplicate_orders.again": "{conversions} de trop, de même valeur qu’une autre",
    "duplicate_orders.again_worth": "{conversions} de trop, de même valeur qu’une autre ({worth:,.2f} en "
    "tout)",
    "duplicate_orders.lines": "{conversions} d’une autre valeur, comme les lignes d’une commande",
    "duplicate_orders.refunds": "{conversions} de valeur négative, des remboursements à déduire de leur "
    "commande",
    "duplicate_orders.unclear": "{conversions} de même valeur qu’une autre dans une commande de "
    "plusieurs valeurs : des lignes, ou une conversion envoyée deux fois",
    "fix.orders_apart": "{code}  # si les numéros de commande recommencent pour chaque utilisateur ; "
    "sinon une personne a plusieurs identifiants",
    "values_missing.none": "les données n’ont pas de colonne de valeurs",
    "values_missing.ok": "chaque conversion a une valeur",
    "values_missing": "{conversions} sans valeur",
    "values_missing.counted": "{conversions} sans valeur ; chacune vaut {given:g}, comme le dit "
    "missing_value",
    "fix.missing_value": "at.read_log(..., missing_value=0.0) si elles ne valaient rien",
    "values_negative.ok": "aucune conversion n’a de valeur négative",
    "values_negative": "{conversions} de valeur négative, {total:,.2f} en tout",
    "fix.refunds": "déduisez les remboursements de leurs commandes avant la lecture : un remboursement "
    "n’est pas une conversion",
    "value_currencies.none": "les données n’ont pas de colonne de monnaie des valeurs",
    "value_currencies.ok": "les valeurs sont dans une seule monnaie : {currencies}",
    "value_currencies.nothing": "les valeurs sont dans une seule monnaie : aucune",
    "value_currencies": "les valeurs sont en {count:d} monnaies : {currencies} ; leur somme n’aurait pas "
    "de sens",
    "currency.count": "{currency} ({count:,})",
    "fix.currencies": "{code} ; currency= et rates= les convertissent en une seule",
    "value_outliers.few": "trop peu de valeurs pour dire ce qui est habituel",
    "value_outliers.ok": "aucune valeur ne dépasse {limit:,.2f}, pour une médiane de {usual:,.2f}",
    "value_outliers": "{values} au-dessus de {limit:,.2f}, pour une médiane de {usual:,.2f} : "
    "{share:.1%} de la valeur totale",
    "fix.outliers": "sont-elles d’une autre monnaie ou unité, ou des sommes de plusieurs commandes ? "
    "Corrigez-les ou plafonnez-les avant la lecture",
    "export_rows.ok": "tout ce que contient l’export {export} est dans le journal",
    "export_rows": "de l’export {export} : {parts}",
    "export_rows.duplicates": (
        "{n} ligne envoyée deux fois",
        "{n} lignes envoyées deux fois",
    ),
    "export_rows.not_touches": (
        "{n} ligne qui n’est pas un point de contact",
        "{n} lignes qui ne sont pas des points de contact",
    ),
    "export_rows.no_time": (
        "{n} ligne sans date",
        "{n} lignes sans date",
    ),
    "export_rows.no_user": (
        "{n} ligne sans utilisateur (sans consentement, sans connexion)",
        "{n} lignes sans utilisateur (sans consentement, sans connexion)",
    ),
    "export_rows.no_session": (
        "{n} ligne hors de toute visite",
        "{n} lignes hors de toute visite",
    ),
    "export_rows.no_source": (
        "{n} ligne sans source",
        "{n} lignes sans source",
    ),
    "export_rows.visits": (
        "{n} autre ligne d’une visite, qui compte pour un seul point de contact",
        "{n} autres lignes de visites, dont chacune compte pour un seul point de contact",
    ),
    "export_rows.line_items": (
        "{n} ligne d’une commande qui figure sur une autre ligne",
        "{n} lignes de commandes qui figurent sur d’autres lignes",
    ),
    "export_rows.other_status": (
        "{n} commande dont le statut ne compte pas",
        "{n} commandes dont le statut ne compte pas",
    ),
    "export_rows.other_currency": (
        "{n} conversion dans une autre devise",
        "{n} conversions dans d’autres devises",
    ),
    "export_rows.same_order": (
        "{n} ligne d’une commande déjà comptée",
        "{n} lignes de commandes déjà comptées",
    ),
    "export_rows.refunds": (
        "{n} commande remboursée en partie ou en totalité, ce qui est déduit",
        "{n} commandes remboursées en partie ou en totalité, ce qui est déduit",
    ),
    "export_rows.refunded_in_full": (
        "{n} commande entièrement remboursée, laissée de côté",
        "{n} commandes entièrement remboursées, laissées de côté",
    ),
    "export_rows.refund_without_order": (
        "{n} remboursement dont la commande est absente",
        "{n} remboursements dont la commande est absente",
    ),
    "export_rows.refunds_ignored": (
        "{n} remboursement ignoré, comme demandé",
        "{n} remboursements ignorés, comme demandé",
    ),
    "export_rows.stitched": (
        "{n} ligne d’un identifiant anonyme qu’une autre attribue à un utilisateur connu",
        "{n} lignes d’identifiants anonymes que d’autres attribuent à des utilisateurs connus",
    ),
    "export_rows.shared_ids": (
        "{n} identifiant anonyme partagé par plusieurs utilisateurs connus, laissé tel quel",
        "{n} identifiants anonymes partagés par plusieurs utilisateurs connus, laissés tels quels",
    ),
}
