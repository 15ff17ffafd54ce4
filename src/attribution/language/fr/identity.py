"""French: what the checks of an identity find, and what to do about it."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "identity.no_log": "aucun journal ne l’accompagne : at.stitch(log, identity) en fait un",
    "identifiers_unmatched.ok": "chaque utilisateur du journal figure dans un lien",
    "identifiers_unmatched": "{missed:,} des {count:,} identifiants du journal ({share:.1%}) ne "
    "figurent dans aucun lien ; chacun reste une personne à part",
    "fix.identifiers_unmatched": "d’autres preuves les réunissent : commandes, connexions de "
    "toutes les boutiques et applications, cartes de fidélité",
    "identified_by_channel.few": "moins de deux canaux ont {least:,} points de contact",
    "identified_by_channel.ok": "les points de contact sont attribués à une personne connue dans "
    "tous les canaux à parts semblables : {most:.0%} pour {high!r}, {least:.0%} pour {low!r}",
    "identified_by_channel": "les points de contact sont attribués à une personne connue dans "
    "{most:.0%} des cas pour {high!r} et {least:.0%} pour {low!r} : une preuve liée à un canal fait "
    "pencher le crédit vers lui",
    "fix.identified_by_channel": "comparez ce crédit à celui du journal non rapproché, et testez "
    "les canaux qu’il favorise",
    "links_after_log.ok": "aucun lien n’est plus récent que le journal",
    "links_after_log": "{late:,} des {count:,} liens ont été vus pour la dernière fois après la "
    "fin du journal",
    "shared_identifiers.ok": "aucun identifiant n’est partagé par plus de personnes que son type "
    "ne le permet",
    "shared_identifiers": (
        (
            "{n} identifiant est partagé au-delà de ce que son type permet ({most:,} autres au plus) et "
            "ne relie personne"
        ),
        (
            "{n} identifiants sont partagés au-delà de ce que leur type permet ({most:,} autres au plus) "
            "et ne relient personne"
        ),
    ),
    "conflicting_anchors.ok": "aucun lien n’aurait réuni deux ancres en une personne",
    "conflicting_anchors": (
        "{n} lien ({share:.1%}) aurait réuni deux ancres en une personne et a été refusé",
        "{n} liens ({share:.1%}) auraient réuni deux ancres en une personne et ont été refusés",
    ),
    "largest_person": "la plus grande personne a {most:,} identifiants",
    "fix.largest_person": "identity.profiles() montre qui c’est ; un cap plus petit, ou blocked=, "
    "la tient à part",
    "placeholders.ok": "chaque entrée est un identifiant",
    "placeholders": (
        ("{n} entrée n’est pas un identifiant (vide, valeur factice, adresse invalide) et ne relie personne"),
        (
            "{n} entrées ne sont pas des identifiants (vides, valeurs factices, adresses invalides) et "
            "ne relient personne"
        ),
    ),
}
