"""Channel grouping: ordered rules over the distinct raw labels of a log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attribution._display import Display
from attribution._known_columns import KNOWN_COLUMNS, known_column
from attribution.errors import LogError, unknown_name
from attribution.eventlog.channels import NO_TOUCH, ChannelRule, check_name
from attribution.eventlog.hosts import bare_host, below
from attribution.language.sentence import Sentence
from attribution.tables.labels import JOINER

if TYPE_CHECKING:
    import pandas as pd

_UNNAMED = re.compile(r"^\W*(not\W?set|none|referral|organic|direct|)\W*$", re.IGNORECASE)
KEEP = "keep"
OTHER = "(other)"


@dataclass(frozen=True, repr=False, eq=False)
class ChannelGrouping(Display):
    """The rules of a log's channels, and what they made of the labels seen so far.

    Attributes
    ----------
    rules
        In order; the first that fits decides.
    columns
        The log's column for each of ``"raw"``, ``"source"``, ``"medium"`` and ``"campaign"`` that is read.
    otherwise
        The channel of what no rule fits; ``"keep"`` keeps the raw label.
    split_raw
        Whether a raw label such as ``"google / cpc"`` stands for a source and a medium.
    own_domains
        The shop's own domains: a referral from one of them is no touch.
    """

    rules: tuple[ChannelRule, ...]
    columns: Mapping[str, str]
    otherwise: str = OTHER
    split_raw: bool = False
    own_domains: tuple[str, ...] = ()
    _seen: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    def rename(self, labels: Iterable[str]) -> list[str]:
        """Return the channel of each raw label.

        Parameters
        ----------
        labels
            Distinct labels; where several columns are read, their texts joined by `labels.JOINER`.
        """
        return [self._decide(label)[0] for label in labels]

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The labels that no rule fitted, as ``"source: foo, medium: bar"``; filled as the log is read."""
        return tuple(sorted(self.spell(label) for label, (_, rule) in self._seen.items() if rule is None))

    def matched(self, label: str) -> bool:
        """Return whether a rule fits a raw label.

        Parameters
        ----------
        label
            As for `rename`.
        """
        return self._decide(label)[1] is not None

    def spell(self, label: str) -> str:
        """Return a raw label in readable form.

        Parameters
        ----------
        label
            As for `rename`.
        """
        texts = self._texts(label)
        if len(texts) == 1:
            return next(iter(texts.values()))
        return ", ".join(f"{part}: {text or '(empty)'}" for part, text in texts.items())

    def told_columns(self) -> str:
        """Return which columns the rules look at, for a reader."""
        parts = {part: name for part, name in self.columns.items() if part != "raw"} or self.columns
        named = (Sentence("grouping.part", part=part, column=name) for part, name in parts.items())
        return Sentence("list", parts=tuple(named))

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each distinct label seen: its texts, its channel, the number of its rule."""
        import pandas as pd

        rows = [
            {**self._texts(label), "channel": channel, "rule": rule}
            for label, (channel, rule) in self._seen.items()
        ]
        frame = pd.DataFrame(rows, columns=[*self.columns, "channel", "rule"])
        return frame.astype({"rule": "Int64"}).sort_values(list(frame.columns[:-1])).reset_index(drop=True)

    def leaves_out(self, labels: Iterable[str]) -> list[bool]:
        """Return which raw labels are no touch: their rows are left out and counted.

        Parameters
        ----------
        labels
            As for `rename`.
        """
        return [self._decide(label)[0] == NO_TOUCH for label in labels]

    @property
    def may_leave_out(self) -> bool:
        """Whether a rule or the shop's own domains can make a touch none."""
        return bool(self.own_domains) or any(rule.channel == NO_TOUCH for rule in self.rules)

    def _is_own(self, texts: Mapping[str, str]) -> bool:
        source = texts.get("source") or texts["raw"]
        return below(source, self.own_domains) and _UNNAMED.search(texts.get("medium", "")) is not None

    @property
    def takes_nothing(self) -> bool:
        """Whether a rule fits a touch of which nothing is known, so that its channel may be null."""
        return any(rule.fits({}) for _, rule in self._order)

    def _title(self) -> str:
        return f"ChannelGrouping of {len(self.rules)} rules; {len(self.unmatched)} labels match none"

    @cached_property
    def _order(self) -> tuple[tuple[int, ChannelRule], ...]:
        """The rules that can fit: those that look at nothing the log lacks."""
        known = {*self.columns, "source", "medium"} if self.split_raw else set(self.columns)
        return tuple((n, rule) for n, rule in enumerate(self.rules) if set(rule.patterns) <= known)

    def _texts(self, label: str) -> dict[str, str]:
        return (
            dict(zip(self.columns, label.split(JOINER), strict=True))
            if len(self.columns) > 1
            else {"raw": label}
        )

    def _decide(self, label: str) -> tuple[str, int | None]:
        known = self._seen.get(label)
        if known is None:
            texts = self._texts(label)
            raw = texts["raw"]
            if self.split_raw and raw.count(" / ") == 1:
                texts["source"], texts["medium"] = raw.split(" / ")
            elif self.split_raw and "." in raw and " " not in raw.strip():
                texts["source"] = raw  # a host alone
            if self.own_domains and self._is_own(texts):
                self._seen[label] = (NO_TOUCH, -1)
                return self._seen[label]
            known = next(((rule.channel, n) for n, rule in self._order if rule.fits(texts)), None)
            if known is None:
                known = ((raw or OTHER) if self.otherwise == KEEP else self.otherwise, None)
            self._seen[label] = known
        return known


_PARTS = ("source", "medium", "campaign")


def make_grouping(
    rules: Iterable[Any] | None,
    raw: str,
    given: Mapping[str, str | None],
    known: Sequence[str],
    unmatched: str,
    own_domains: str | Sequence[str] = (),
) -> ChannelGrouping:
    """Put a grouping together and find its columns.

    Parameters
    ----------
    rules
        Rules as `ChannelRule.of` takes them; None for the default grouping.
    raw
        The log's channel column.
    given
        Column names by part, None where none was given.
    known
        The columns of the touches.
    unmatched
        The channel of what no rule fits.
    own_domains
        The shop's own domains.

    Raises
    ------
    LogError
        If a rule looks at a column that is neither named nor there by its usual name.
    """
    from attribution.eventlog.default_rules import DEFAULT_RULES

    parsed = DEFAULT_RULES if rules is None else _parsed(rules)
    if not isinstance(unmatched, str) or not unmatched.strip():
        msg = f"unmatched={unmatched!r} must be a channel name, or 'keep'"
        raise LogError(msg, column="unmatched", hint='unmatched="(other)"')
    check_name(unmatched, "unmatched")
    wanted = {part for rule in parsed for part in rule.patterns}
    columns = {"raw": raw}
    for part in _PARTS:
        name = given[part]
        if name is not None and name not in known:
            raise LogError(unknown_name(f"column in touches for {part} =", name, known), column=name)
        if name is not None and part not in wanted:
            msg = f"{part}={name!r} is named, but no rule looks at it"
            raise LogError(msg, column=name, hint=f"{part}=None, or at.ChannelRule(..., {part}=...)")
        if name is None:
            name = _usual(part, known)
        if part in wanted and name is not None:
            columns[part] = name
        elif part in wanted and rules is not None:
            number, rule = next((n, rule) for n, rule in enumerate(parsed, 1) if part in rule.patterns)
            msg = f"rule {number} ({rule.channel!r}) looks at {part}, and the log has no such column"
            raise LogError(msg, column=part, hint=f'{part}="...", the column that holds it')
    split = rules is None and "source" not in columns and "medium" not in columns
    return ChannelGrouping(parsed, columns, unmatched, split, _domains(own_domains))


def _usual(part: str, known: Sequence[str]) -> str | None:
    """Return the column that plays a part by its name: as it is usually written, else in any other case."""
    exact = next((name for name in KNOWN_COLUMNS[part] if name in known), None)
    return exact if exact is not None else known_column(part, known)


def _domains(given: str | Sequence[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(name, str) and "." in bare_host(name) for name in names):
        msg = f"own_domains={given!r} must be domains"
        raise LogError(msg, column="own_domains", hint='own_domains=("shop.example",)')
    return tuple(bare_host(name).removeprefix("www.") for name in names)


def _parsed(rules: Iterable[Any]) -> tuple[ChannelRule, ...]:
    if isinstance(rules, str | Mapping | ChannelRule) or not isinstance(rules, Iterable):
        msg = f"rules={rules!r} must be a list of rules"
        raise LogError(
            msg,
            column="rules",
            hint='log.group_channels([("email", "re:newsletter|crm")]), or log.group_channels()',
        )
    parsed = tuple(ChannelRule.of(rule) for rule in rules)
    if not parsed:
        msg = "the list of rules is empty"
        raise LogError(msg, column="rules", hint="log.group_channels() for the default grouping")
    return parsed
