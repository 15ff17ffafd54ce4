"""How the report writes names, counts, shares and money; one place, so that all tables agree."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"

# Control characters break HTML; direction overrides let a name rewrite the line that it stands in.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: object) -> str:
    r"""Return `text` without characters that no document may hold, and on one line.

    Examples
    --------
    >>> clean("line\nbreak \x00")
    'line break \ufffd'
    """
    words = str(text).split()
    return without_controls(" ".join(words) if words else str(text))


def without_controls(text: str) -> str:
    """Return `text` without characters that no document may hold; line breaks stay."""
    return _UNSAFE.sub("\ufffd", text)


def shorten(text: str, limit: int = 60) -> str:
    """Return `text`, its middle left out where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[head - limit + 1 :]}"


def label(text: object) -> str:
    """Return the name of a channel or a model as it is shown: clean, not too long, never empty.

    Examples
    --------
    >>> label(""), label("paid search")
    ('(empty)', 'paid search')
    """
    return shorten(clean(text)).strip() or "(empty)"


@dataclass(frozen=True)
class Style:
    """How one column of numbers is written.

    Attributes
    ----------
    kind
        ``"text"``, ``"name"`` (text that is shortened), ``"count"``, ``"share"``, ``"money"``, ``"ratio"`` or
        ``"number"``.
    decimals
        Digits behind the point, the same in the whole column.
    currency
        Symbol or code of amounts of money.
    """

    kind: str = "text"
    decimals: int = 0
    currency: str = ""

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.kind not in {"text", "name"}

    def write(self, value: object) -> str:
        """Write one value; missing ones are a dash.

        Examples
        --------
        >>> Style("count", 1).write(1234.56), Style("share", 1).write(0.1234)
        ('1,234.6', '12.3%')
        >>> Style("money", 0, "€").write(-1234.5), Style("money", 2, "EUR").write(3)
        ('−€1,234', '3.00 EUR')
        """
        if not self.numeric:
            return label(value) if self.kind == "name" else clean(value)
        number = float(value) if isinstance(value, int | float) else math.nan
        if math.isnan(number):
            return MISSING
        if math.isinf(number):
            return "∞" if number > 0 else f"{MINUS}∞"
        sign = MINUS if round(number * (100 if self.kind == "share" else 1), self.decimals) < 0 else ""
        amount = abs(number)
        if self.kind == "share":
            return f"{sign}{100 * amount:,.{self.decimals}f}%"
        written = f"{amount:,.{self.decimals}f}"
        if self.kind == "money" and self.currency:
            unit = clean(self.currency)
            return f"{sign}{unit}{written}" if len(unit) == 1 else f"{sign}{written} {unit}"
        return sign + written


def fit(kind: str, values: Iterable[float], *, currency: str = "", decimals: int | None = None) -> Style:
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
    if kind == "share":
        return Style(kind, 1)
    if kind == "ratio":
        return Style(kind, 2)
    if kind == "money":
        if decimals is None:
            decimals = 0 if largest >= 1000 or all(map(_whole, finite)) else 2
        return Style(kind, decimals, currency)
    if all(map(_whole, finite)) or largest >= 10_000:
        return Style(kind, 0)
    return Style(kind, 1 if largest >= 10 else 2)


def _whole(value: float) -> bool:
    """Return whether a sum of shares is whole but for rounding."""
    return abs(value - round(value)) <= 1e-9 * max(1.0, abs(value))


def day(instant_us: int) -> str:
    """Write the UTC day of an instant in microseconds since 1970.

    Examples
    --------
    >>> day(1767225600_000_000)
    '1 January 2026'
    """
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(instant_us))
    return f"{moment.day} {moment:%B %Y}"


_UNITS = {
    "D": "day",
    "d": "day",
    "W": "week",
    "w": "week",
    "h": "hour",
    "min": "minute",
    "m": "minute",
    "s": "second",
}


def span(duration: object) -> str:
    """Write a duration such as ``"30D"`` in words; anything else as it is.

    Examples
    --------
    >>> span("30D"), span("1h"), span("unlimited")
    ('30 days', '1 hour', 'unlimited')
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", str(duration))
    if found is None or found[2] not in _UNITS:
        return clean(duration)
    return f"{found[1]} {_UNITS[found[2]]}{'' if found[1] == '1' else 's'}"


def listing(names: Iterable[str], limit: int = 6) -> str:
    """Write names as one phrase: "a, b and c"; the rest beyond `limit` is counted.

    Examples
    --------
    >>> listing(["a", "b", "c"]), listing(["a"] * 9, limit=2)
    ('a, b and c', 'a, a and 7 more')
    """
    shown = [label(name) for name in names]
    if len(shown) > limit:
        shown = [*shown[:limit], f"{len(shown) - limit} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "none"


def amount_of(count: float, noun: str, plural: str | None = None) -> str:
    """Write a count with its noun in the right number.

    Examples
    --------
    >>> amount_of(1, "conversion"), amount_of(1234, "conversion")
    ('1 conversion', '1,234 conversions')
    """
    style = fit("count", [count])
    return f"{style.write(count)} {noun if count == 1 else plural or noun + 's'}"
