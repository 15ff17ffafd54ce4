"""ChannelRule: what a touch must look like to be of a channel."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import translate
from functools import lru_cache

from attribution._migration import tells_options
from attribution.errors import LogError, unknown_name
from attribution.eventlog.direct import is_direct
from attribution.eventlog.hosts import KINDS, kind_of, word_of
from attribution.tables.unusable_rows import RESERVED_CHANNEL

NO_TOUCH = "(no touch)"
PARTS = ("raw", "source", "medium", "campaign")


@tells_options(LogError)
@dataclass(frozen=True, slots=True)
class ChannelRule:
    """One rule of a channel grouping: a touch that fits all patterns given is of this channel.

    A pattern is compared with the whole text, without regard to case and to space around it:

    * ``"newsletter"`` is that text and nothing else;
    * ``"glob:news*"`` has ``*``, ``?`` and ``[abc]`` as in file names;
    * ``"re:^(cpc|ppc)$"`` is a regular expression, found anywhere in the text unless it is anchored;
    * ``"list:search"`` is every host of a list (`hosts.HOSTS`: search, webmail, social, video, shopping,
      assistant, no_touch; and direct), ``"word:search"`` also a name with such a word in it.

    The channel ``"(no touch)"`` takes touches out of the log: they get no credit, are counted in
    `LogColumns.dropped`, and told by the audit.

    A touch that lacks an entry has the empty text there.

    Parameters
    ----------
    channel
        The channel's name.
    raw
        Pattern for what the log's channel column says.
    source, medium, campaign
        Patterns for those columns, which `EventLog.group_channels` names.

    Raises
    ------
    LogError
        If no pattern is given, or one is no regular expression.

    Examples
    --------
    >>> rule = ChannelRule("paid_search", source="glob:google*", medium="re:^(cpc|ppc)$")
    >>> rule.fits({"source": "Google Ads", "medium": "CPC"})
    True
    >>> rule.fits({"source": "google", "medium": "organic"})
    False
    """

    channel: str
    raw: str | None = None
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None

    def __post_init__(self) -> None:
        """Check the name and compile the patterns once, to refuse what is none."""
        if not isinstance(self.channel, str) or not self.channel.strip():
            msg = f"a rule's channel must be a name, not {self.channel!r}"
            raise LogError(msg, column="channel", hint='ChannelRule("email", medium="email")')
        check_name(self.channel, "channel")
        for part, pattern in self.patterns.items():
            if not isinstance(pattern, str):
                msg = f"{part} of the rule for {self.channel!r} must be a text, not {pattern!r}"
                raise LogError(msg, column="rules", hint='"newsletter", "glob:news*" or "re:^news"')
            _matcher(pattern)
        if not self.patterns:
            msg = f"the rule for {self.channel!r} has no pattern, so it would take every touch"
            hint = (
                f'at.ChannelRule({self.channel!r}, source="..."); for what no other rule takes, '
                f"leave it out and give unmatched={self.channel!r}"
            )
            raise LogError(msg, column="channel", hint=hint)

    @property
    def patterns(self) -> dict[str, str]:
        """The patterns given, by what they look at."""
        given = {part: getattr(self, part) for part in PARTS}
        return {part: pattern for part, pattern in given.items() if pattern is not None}

    def fits(self, texts: Mapping[str, str]) -> bool:
        """Return whether all patterns fit the texts.

        Parameters
        ----------
        texts
            Texts by ``"raw"``, ``"source"``, ``"medium"`` and ``"campaign"``; a missing one is empty.
        """
        return all(
            _matcher(pattern)(texts.get(part, "").strip().casefold())
            for part, pattern in self.patterns.items()
        )

    @classmethod
    def of(cls, value: ChannelRule | Mapping[str, str] | Sequence[str]) -> ChannelRule:
        """Return a rule from a rule, a mapping of its fields, or a tuple (channel, raw[, source, ...]).

        Parameters
        ----------
        value
            For instance ``("email", "re:newsletter|crm")`` or ``{"channel": "sms", "medium": "sms"}``.
        """
        known = [entry.name for entry in fields(cls)]
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping):
            for name in value:
                if name not in known:
                    raise LogError(unknown_name("field of a channel rule", name, known), column=str(name))
            return cls(**{"channel": "", **value})
        if isinstance(value, Sequence) and not isinstance(value, str) and 2 <= len(value) <= len(known):
            return cls(*value)
        msg = f"{value!r} is no channel rule"
        raise LogError(msg, column="rules", hint='rules=[{"channel": "email", "raw": "re:newsletter|crm"}]')


def check_name(name: str, what: str) -> None:
    """Refuse the one name that results keep for themselves."""
    if name == RESERVED_CHANNEL:
        msg = f"{what}={name!r} is kept for conversions without a touch"
        raise LogError(msg, column=what, hint="another name")


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> Callable[[str], bool]:
    """Return the test that a pattern stands for; the text comes trimmed and casefolded."""
    kind, colon, rest = pattern.partition(":")
    if kind == "re" and colon:
        try:
            expression = re.compile(rest, re.IGNORECASE)
        except (re.error, RecursionError, OverflowError) as error:
            msg = f"{rest[:200]!r} is no regular expression ({error})"
            raise LogError(msg, column="rules", hint="glob:... for patterns as in file names") from error
        return lambda text: expression.search(text) is not None
    if kind == "glob" and colon:
        shape = re.compile(translate(rest.strip().casefold()))
        return lambda text: shape.match(text) is not None
    if kind in ("list", "word") and colon:
        if rest not in (*KINDS, "direct"):
            raise LogError(unknown_name("list of sources", rest, (*KINDS, "direct")), column="rules")
        if rest == "direct":
            return is_direct
        return (lambda text: word_of(text, rest)) if kind == "word" else lambda text: kind_of(text) == rest
    whole = pattern.strip().casefold()
    return lambda text: text == whole
