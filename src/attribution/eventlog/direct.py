"""What direct traffic is called: one list, for the model, the grouping, the audit and the checks."""

from __future__ import annotations

import re

DIRECT = frozenset(
    (
        *(
            "direct",
            "none",
            "direct none",
            "direct not set",
            "direct direct",
            "direct traffic",
            "traffic direct",
        ),
        *("direct entry", "direct entries", "direct visit", "direct visits", "direct access", "direct load"),
        *("direct unknown", "direct no referrer", "no referrer", "type in", "typed", "typed in", "typed url"),
        *("typed bookmarked", "direct typed bookmarked", "bookmark", "bookmarks"),
    )
)
"""The names as words; case and punctuation make no difference."""

_BARE = frozenset(name.replace(" ", "") for name in DIRECT)


def is_direct(name: str) -> bool:
    """Return whether a channel's or a source's name is one of direct traffic, in any case and punctuation.

    Examples
    --------
    >>> [is_direct(name) for name in ("(direct)/(none)", "DIRECT_TRAFFIC", "Direct Entry", "$direct")]
    [True, True, True, True]
    >>> [is_direct(name) for name in ("direct mail", "directory.example", "google / (none)", "")]
    [False, False, False, False]
    """
    return re.sub(r"[\W_]+", "", name.casefold()) in _BARE
