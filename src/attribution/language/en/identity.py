"""English: what the checks of an identity find, and what to do about it."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "identity.no_log": "there is no log beside it: at.stitch(log, identity) makes one",
    "identifiers_unmatched.ok": "every user of the log occurs in a link",
    "identifiers_unmatched": "{missed:,} of the log's {count:,} identifiers ({share:.1%}) occur in "
    "no link; each stays a person of its own",
    "fix.identifiers_unmatched": "more evidence brings them together: orders, log-ins of all shops "
    "and apps, cards",
    "identified_by_channel.few": "fewer than two channels have {least:,} touches",
    "identified_by_channel.ok": "touches are known to be somebody's in no channel twice as often "
    "as in another: {most:.0%} in {high!r}, {least:.0%} in {low!r}",
    "identified_by_channel": "touches are known to be somebody's in {most:.0%} of {high!r} and "
    "{least:.0%} of {low!r}: evidence that comes with a channel tilts credit to it",
    "fix.identified_by_channel": "hold the credit against that of the log unstitched, and test the "
    "channels that it lifts",
    "links_after_log.ok": "no link is younger than the log",
    "links_after_log": "{late:,} of {count:,} links were last seen after the log ends",
    "shared_identifiers.ok": "no identifier is shared by more people than its kind allows",
    "shared_identifiers": (
        ("{n} identifier is shared by more than its kind allows ({most:,} others at most), and links nobody"),
        (
            "{n} identifiers are shared by more than their kind allows ({most:,} others at most), and "
            "link nobody"
        ),
    ),
    "conflicting_anchors.ok": "no link would have made one person of two anchors",
    "conflicting_anchors": (
        "{n} link ({share:.1%}) would have made one person of two anchors, and was refused",
        "{n} links ({share:.1%}) would have made one person of two anchors, and were refused",
    ),
    "largest_person": "the largest person has {most:,} identifiers",
    "fix.largest_person": "identity.profiles() shows who it is; a smaller cap, or blocked=, keeps it apart",
    "placeholders.ok": "every entry is an identifier",
    "placeholders": (
        "{n} entry is no identifier (a blank, a placeholder, no address), and links nobody",
        "{n} entries are no identifiers (blanks, placeholders, no addresses), and link nobody",
    ),
}
