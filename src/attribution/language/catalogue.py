"""Language: the texts of the library in one language, and how it writes numbers, dates and lists."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeAlias

from attribution.errors import CreditError, unknown_name
from attribution.language.numbers import Numbers, duration

Texts: TypeAlias = Mapping[str, "str | tuple[str, str]"]

LANGUAGES = ("en", "fr")
TOPICS = (
    *("page", "answers", "names", "credit", "money", "experiments", "journeys"),  # of the report alone
    *(
        "notes",
        "models",
        "audit",
        "budget",
        "identity",
        "reasons",
        "holdouts",
        "geo",
        "lifts",
        "calibrations",
        "summaries",
    ),
)
_BETWEEN = {"": ", ", "+": "", "_": " "}


@dataclass(frozen=True, eq=False)
class Language(Numbers):
    r"""The texts of the library in one language, and how numbers are written in it.

    Attributes
    ----------
    code
        As in HTML's ``lang``: ``"en"``, ``"fr"``.
    texts
        Texts by key. A pair is (singular, plural), chosen by the placeholder ``n``. What stands behind the
        colon of a placeholder says how its value is written; see `write`.
    labels
        What to call channels, models and goals, by their names.

    Examples
    --------
    >>> french = language("fr")
    >>> french("n_conversions", n=1234.5), french.number(0.5, 1)
    ('1\u202f234,5 conversions', '0,5')
    """

    code: str = field(kw_only=True)
    texts: Texts = field(kw_only=True, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True, repr=False)

    def with_labels(self, labels: Mapping[str, str]) -> Language:
        """Return this language with other names for channels, models and goals.

        Parameters
        ----------
        labels
            What to call each, by its name.
        """
        return replace(self, labels=dict(labels))

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of `key`, its placeholders filled.

        Parameters
        ----------
        key
            As in the catalogue.
        values
            What to put in: text as it is, numbers as counts, or as the placeholder says.
        """
        text = self.texts[key]
        if isinstance(text, tuple):
            text = text[0 if self.singular(float(values["n"])) else 1]  # type: ignore[arg-type]
        return _Filler(self).vformat(text, (), values)

    def say(self, text: str) -> str:
        """Return a sentence in this language; what is no sentence is nobody's to translate, and stays.

        Parameters
        ----------
        text
            A `Sentence`, or any text.
        """
        key = getattr(text, "key", None)
        return str(text) if key is None else self(key, **text.values)  # type: ignore[attr-defined]

    def speaks(self, *texts: str) -> bool:
        """Return whether all texts are said in this language.

        Parameters
        ----------
        texts
            Sentences, empty ones, or texts that are English.
        """
        return self.code == "en" or not any(text and not hasattr(text, "key") for text in texts)

    def write(self, value: Any, spec: str = "") -> str:
        """Return a value as text.

        Parameters
        ----------
        value
            A text or a sentence, several of them, a number, an amount of `Money` or a date.
        spec
            Of several texts what stands between them: ``"and"``, ``";"``, a space (``"_"``), nothing
            (``"+"``), a comma by default. Of a text
            ``"span"`` writes a duration such as ``"30D"`` in words, ``"first"`` begins with a capital letter.
            Of a date, ``"day"`` writes it in words. Of others as `Numbers.write`.
        """
        if isinstance(value, str):
            said = self.say(value)
            if spec == "first":
                return said[:1].upper() + said[1:]
            return self.span(said) if spec == "span" else said
        if isinstance(value, list | tuple):
            parts = [self.write(part) for part in value]
            if spec == "and":
                return self.join(parts)
            return (self("semicolon") if spec == ";" else _BETWEEN[spec]).join(parts)
        if isinstance(value, dt.date) and spec == "day":
            number = self.first_day if value.day == 1 else str(value.day)
            return self("date", day=number, month=self.months[value.month - 1], year=str(value.year))
        return super().write(value, spec)

    def span(self, text: object) -> str:
        """Return a duration such as ``"30D"`` in words; anything else as it is.

        Parameters
        ----------
        text
            As it was given.
        """
        found = duration(text)
        return str(text) if found is None else self(f"unit.{found[1]}", n=found[0])

    def join(self, parts: Iterable[str]) -> str:
        """Return parts as one phrase: "a, b and c".

        Parameters
        ----------
        parts
            Texts, ready to be shown.
        """
        several = list(parts)
        if len(several) < 2:
            return several[0] if several else self("none")
        return self("and", first=", ".join(several[:-1]), last=several[-1])


class _Filler(string.Formatter):
    """Fills placeholders, each value as its language writes it."""

    def __init__(self, words: Language) -> None:
        self.words = words

    def format_field(self, value: Any, format_spec: str) -> str:
        return self.words.write(value, format_spec)


@lru_cache(maxsize=len(LANGUAGES))
def _load(code: str) -> Language:
    package = f"attribution.language.{code}"
    home = import_module(package)
    texts: dict[str, str | tuple[str, str]] = {}
    for topic in TOPICS:
        for key, text in import_module(f"{package}.{topic}").TEXTS.items():
            texts[key] = (
                _unbroken(text, home.UNBROKEN)
                if isinstance(text, str)
                else (_unbroken(text[0], home.UNBROKEN), _unbroken(text[1], home.UNBROKEN))
            )
    return Language(code=code, texts=texts, **home.HABITS)


def _unbroken(text: str, marks: Mapping[str, str]) -> str:
    for mark, kept in marks.items():
        text = text.replace(mark, kept)
    return text


def language(code: str) -> Language:
    """Return a language by its code.

    Parameters
    ----------
    code
        ``"en"`` or ``"fr"``.

    Raises
    ------
    CreditError
        If there is no such language.
    """
    if not isinstance(code, str) or code not in LANGUAGES:
        raise CreditError(unknown_name("language =", code, LANGUAGES), column="language")
    return _load(code)


ENGLISH = language("en")
