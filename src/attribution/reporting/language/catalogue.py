"""Language: the texts of a report in one language, and how it writes numbers, dates and lists."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import TypeAlias

from attribution._checks import one_of
from attribution.errors import CreditError

Texts: TypeAlias = Mapping[str, "str | tuple[str, str]"]

LANGUAGES = ("en", "fr")
TOPICS = ("page", "credit", "money", "experiments", "journeys")


@dataclass(frozen=True, eq=False)
class Language:
    r"""The texts of a report in one language, and how numbers are written in it.

    Attributes
    ----------
    code
        As in HTML's ``lang``: ``"en"``, ``"fr"``.
    texts
        Texts by key. A pair is (singular, plural), chosen by the placeholder ``n``.
    months
        Their names, January first.
    point, group
        What stands before the decimals and between thousands.
    percent
        How a percentage is written.
    before_unit
        What stands between an amount and the code or symbol behind it.
    symbol_first
        Whether a symbol of money stands before the amount.
    singular_below
        Counts whose size is below it take the singular; 1 always does.
    first_day
        How the first day of a month is written.

    Examples
    --------
    >>> french = language("fr")
    >>> french("n_conversions", n=1234.5), french.number(0.5, 1)
    ('1\u202f234,5 conversions', '0,5')
    """

    code: str
    texts: Texts = field(repr=False)
    months: tuple[str, ...] = field(repr=False)
    point: str = "."
    group: str = ","
    percent: str = "{}%"
    before_unit: str = " "
    symbol_first: bool = True
    singular_below: float = 0.0
    first_day: str = "1"

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of `key`, its placeholders filled.

        Parameters
        ----------
        key
            As in the catalogue.
        values
            What to put in: text as it is, numbers as counts.
        """
        text = self.texts[key]
        if isinstance(text, tuple):
            text = text[0 if self._singular(float(values["n"])) else 1]  # type: ignore[arg-type]
        return text.format_map(
            {
                name: self.count(value) if isinstance(value, int | float) else value
                for name, value in values.items()
            }
        )

    def _singular(self, count: float) -> bool:
        return count == 1 or abs(count) < self.singular_below

    def number(self, amount: float, decimals: int = 0) -> str:
        """Return a number with its thousands grouped.

        Parameters
        ----------
        amount
            A finite number.
        decimals
            Digits behind the point.
        """
        written = f"{amount:,.{decimals}f}"
        if (self.group, self.point) == (",", "."):
            return written
        return written.translate({ord(","): self.group, ord("."): self.point})

    def count(self, value: float) -> str:
        """Return a count, with as many decimals as it needs.

        Parameters
        ----------
        value
            A number, whole or not.
        """
        return self.number(value, count_decimals([value])) if math.isfinite(value) else "\N{EN DASH}"

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


def count_decimals(values: Iterable[float]) -> int:
    """Return the digits behind the point with which a column of counts reads well.

    None where all are whole or the largest has five digits.

    Examples
    --------
    >>> count_decimals([1.0, 25.0]), count_decimals([0.25, 31.0]), count_decimals([0.25])
    (0, 1, 2)
    """
    finite = [abs(value) for value in values if math.isfinite(value)]
    largest = max(finite, default=0.0)
    if largest >= 10_000 or all(map(whole, finite)):
        return 0
    return 1 if largest >= 10 else 2


def whole(value: float) -> bool:
    """Return whether a sum of shares is whole but for rounding."""
    return abs(value - round(value)) <= 1e-9 * max(1.0, abs(value))


@lru_cache(maxsize=len(LANGUAGES))
def _load(code: str) -> Language:
    package = f"attribution.reporting.language.{code}"
    home = import_module(package)
    texts: dict[str, str | tuple[str, str]] = {}
    for topic in TOPICS:
        for key, text in import_module(f"{package}.{topic}").TEXTS.items():
            texts[key] = (
                _unbroken(text, home.UNBROKEN)
                if isinstance(text, str)
                else (_unbroken(text[0], home.UNBROKEN), _unbroken(text[1], home.UNBROKEN))
            )
    return Language(code, texts, **home.HABITS)


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
    one_of(code, "language", LANGUAGES, error=CreditError)
    return _load(code)


ENGLISH = language("en")
