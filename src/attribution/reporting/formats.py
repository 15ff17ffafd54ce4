"""How the report writes names, counts, shares and money; one place, so that all tables agree."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from attribution.language.catalogue import ENGLISH, Language
from attribution.language.numbers import count_decimals, whole

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
_STEP = " > "  # between two channels of a path
UNATTRIBUTED = "(unattributed)"  # of journeys, and the key of its text

# Control characters break HTML; direction overrides let a name rewrite the line that it stands in.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


_SPACE = re.compile("[^\\S\u00a0\u2007\u202f]+")  # all but what holds a number or a sentence together


def clean(text: object) -> str:
    r"""Return `text` without characters that no document may hold, and on one line.

    Examples
    --------
    >>> clean("line\nbreak \x00")
    'line break \ufffd'
    """
    return without_controls(one_line(str(text)) or str(text))


def one_line(text: str) -> str:
    """Return `text` with single spaces where there was any space, but for the unbroken ones of a number."""
    return _SPACE.sub(" ", text).strip(" ")


def without_controls(text: str) -> str:
    """Return `text` without characters that no document may hold; line breaks stay."""
    return _UNSAFE.sub("\ufffd", text)


def css_text(text: str) -> str:
    r"""Return `text` as the inside of a string of CSS, of letters, digits and escapes alone.

    Examples
    --------
    >>> print(css_text('Week 47 "</style>'))
    Week\20 47\20 \22 \3c \2f style\3e
    """
    safe = (letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):x} " for letter in text)
    return "".join(safe).rstrip() if text else ""


def shorten(text: str, limit: int = 60) -> str:
    """Return `text`, its middle left out where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[head - limit + 1 :]}"


def label(text: object, words: Language = ENGLISH) -> str:
    """Return the name of a channel or a model as it is shown: as `words` label it, clean, short, never empty.

    Examples
    --------
    >>> label(""), label("paid search")
    ('(empty)', 'paid search')
    """
    shown = shorten(clean(words.labels.get(str(text), text))).strip()
    return words(UNATTRIBUTED) if shown == UNATTRIBUTED else shown or words("empty")


def _path(text: object, words: Language) -> str:
    """Return a path with each channel as it is labelled."""
    names = str(text).split(_STEP)
    return shorten(clean(_STEP.join(words.labels.get(name, name) for name in names)), 160)


@dataclass(frozen=True)
class Style:
    """How one column of numbers is written.

    Attributes
    ----------
    kind
        ``"text"``, ``"english"`` (text that the library has in English only), ``"name"`` (shown as `label`
        has it), ``"path"`` (several of them), ``"count"``, ``"share"``, ``"points"``
        (differences of shares), ``"money"``, ``"ratio"`` or ``"number"``.
    decimals
        Digits behind the point, the same in the whole column.
    currency
        Symbol or code of amounts of money.
    words
        The language that numbers are written in.
    """

    kind: str = "text"
    decimals: int = 0
    currency: str = ""
    words: Language = ENGLISH

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.kind not in {"text", "name", "path", "english"}

    @property
    def lang(self) -> str:
        """The language of the text, where it is not that of the page."""
        return "en" if self.kind == "english" and self.words.code != "en" else ""

    def write(self, value: object) -> str:
        """Write one value; missing ones are a dash.

        Examples
        --------
        >>> Style("count", 1).write(1234.56), Style("share", 1).write(0.1234)
        ('1,234.6', '12.3%')
        >>> Style("money", 0, "€").write(-1234.5), Style("money", 2, "EUR").write(3)
        ('−€1,234', '3.00 EUR')
        """
        return self.write_all([value])[0]

    def write_all(self, values: Iterable[object]) -> list[str]:
        """Write a column of values, as `write` does each.

        Examples
        --------
        >>> Style("share", 1).write_all([0.5, None, -0.25])
        ['50.0%', '–', '−25.0%']
        """
        if not self.numeric:
            write = {"name": label, "path": _path}.get(self.kind, lambda value, _: clean(value))
            return [write(value, self.words) for value in values]
        numbers = [float(value) if isinstance(value, int | float) else math.nan for value in values]
        scale = 100 if self.kind in {"share", "points"} else 1
        finite = [scale * abs(number) for number in numbers if math.isfinite(number)]
        amounts = iter(self.words.numbers(finite, self.decimals))
        return [
            self._signed(number * scale, next(amounts)) if math.isfinite(number) else _not_finite(number)
            for number in numbers
        ]

    def _signed(self, number: float, written: str) -> str:
        """Return an amount that is written with the sign and the unit of its number."""
        sign = MINUS if round(number, self.decimals) < 0 else ""
        if self.kind == "share":
            return sign + self.words.percent.format(written)
        if self.kind == "points":
            return self.words("points", n=sign + written)
        if self.kind == "money" and self.currency:
            unit = clean(self.currency)
            first = len(unit) == 1 and self.words.symbol_first
            return f"{sign}{unit}{written}" if first else f"{sign}{written}{self.words.before_unit}{unit}"
        return sign + written


def _not_finite(number: float) -> str:
    if math.isnan(number):
        return MISSING
    return "∞" if number > 0 else f"{MINUS}∞"


def fit(
    kind: str,
    values: Iterable[float],
    *,
    currency: str = "",
    decimals: int | None = None,
    words: Language = ENGLISH,
) -> Style:
    """Return the style in which a whole column of `values` reads well.

    Counts lose their decimals where all are whole or the largest has five digits; money has none from a
    thousand on; shares and ratios keep theirs.

    Examples
    --------
    >>> fit("count", [1.0, 25.0]).decimals, fit("count", [0.25, 31.0]).decimals
    (0, 1)
    """
    finite = [abs(value) for value in values if math.isfinite(value)]
    largest = max(finite, default=0.0)
    if kind in {"share", "points"}:
        return Style(kind, 1, words=words)
    if kind == "ratio":
        return Style(kind, 2, words=words)
    if kind == "money":
        if decimals is None:
            decimals = 0 if largest >= 1000 or all(map(whole, finite)) else 2
        return Style(kind, decimals, currency, words)
    return Style(kind, count_decimals(finite), words=words)


def day(instant_us: int, words: Language = ENGLISH) -> str:
    """Write the UTC day of an instant in microseconds since 1970.

    Examples
    --------
    >>> day(1767225600_000_000)
    '1 January 2026'
    """
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(instant_us))
    return words.write(moment, "day")


def span(duration: object, words: Language = ENGLISH) -> str:
    """Write a duration such as ``"30D"`` in words; anything else as it is.

    Examples
    --------
    >>> span("30D"), span("1h"), span("unlimited")
    ('30 days', '1 hour', 'unlimited')
    """
    return words.span(clean(duration))


def listing(names: Iterable[str], limit: int = 6, words: Language = ENGLISH) -> str:
    """Write names as one phrase: "a, b and c"; the rest beyond `limit` is counted.

    Examples
    --------
    >>> listing(["a", "b", "c"]), listing(["a"] * 9, limit=2)
    ('a, b and c', 'a, a and 7 more')
    """
    shown = [label(name, words) for name in names]
    if len(shown) > limit:
        shown = [*shown[:limit], words("more", n=len(shown) - limit)]
    return words.join(shown)


def amount_of(count: float, noun: str, plural: str | None = None) -> str:
    """Write a count with its noun in the right number.

    Examples
    --------
    >>> amount_of(1, "conversion"), amount_of(1234, "conversion")
    ('1 conversion', '1,234 conversions')
    """
    style = fit("count", [count])
    return f"{style.write(count)} {noun if count == 1 else plural or noun + 's'}"
