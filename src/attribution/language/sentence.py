"""Sentence: what a result says, as a key and its numbers, so that every language can say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attribution.language.catalogue import language


class Sentence(str):
    """A text of the catalogue with its values: English as it stands, and another language when asked.

    To Python it is its English text, so that whoever prints, compares or searches it needs to know no more.
    `Language.say` renders it in another language. Values are numbers, dates, `Money`, other sentences, or
    text that no language translates, such as names of channels.

    Parameters
    ----------
    key
        As in the catalogue (`attribution.language.en`).
    values
        What its placeholders stand for.

    Examples
    --------
    >>> from attribution.language.catalogue import language
    >>> found = Sentence("n_touches", n=1200)
    >>> found
    '1,200 touches'
    >>> language("fr").say(found) == "1\u202f200 points de contact"
    True
    """

    __slots__ = ("key", "values")

    key: str
    values: Mapping[str, Any]

    def __new__(cls, key: str, /, **values: Any) -> Self:
        """Make the English text, and keep what it was made of."""
        made = super().__new__(cls, language("en")(key, **values))
        made.key, made.values = key, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes as key and values."""
        return _made, (self.key, dict(self.values))


def _made(key: str, values: dict[str, Any]) -> Sentence:
    return Sentence(key, **values)
