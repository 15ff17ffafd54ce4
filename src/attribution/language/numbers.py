"""Numbers, percentages, money, dates and durations as a language writes them: the one place that does."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True)
class Money:
    """An amount of money, written with its currency where one is known.

    Attributes
    ----------
    amount
        How much.
    currency
        Its symbol or code.
    decimals
        Digits behind the point; None for as many as read well.
    """

    amount: float
    currency: str = ""
    decimals: int | None = None


@dataclass(frozen=True, eq=False)
class Numbers:
    r"""How one language writes numbers.

    Attributes
    ----------
    months
        Their names, January first.
    point, group, minus
        What stands before the decimals, between thousands and before what is below zero.
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
    >>> french = Numbers(point=",", group="\u202f", minus="\u2212", percent="{}\u202f%")
    >>> french.write(-1234.5, ",.1f"), french.write(0.123, ".1%"), french.write(1234567.8, "#")
    ('−1\u202f234,5', '12,3\u202f%', '1\u202f234\u202f568')
    """

    months: tuple[str, ...] = field(default=(), repr=False)
    point: str = "."
    group: str = ","
    minus: str = "-"
    percent: str = "{}%"
    before_unit: str = " "
    symbol_first: bool = True
    singular_below: float = 0.0
    first_day: str = "1"

    def write(self, value: Any, spec: str = "") -> str:
        """Return a value as text.

        Parameters
        ----------
        value
            A number, an amount of `Money`, or a date.
        spec
            How: as Python's `format` has it, ``"%"`` behind any of them for a percentage; ``"#"`` for four
            significant digits, ``"+#"`` with its sign; by default a count.
        """
        if isinstance(value, Money):
            return f"{self.figure(value.amount, value.decimals)}{self.before_unit}{value.currency}".rstrip()
        if isinstance(value, dt.date):
            return format(value, spec)
        value = value.item() if hasattr(value, "item") else value
        if spec.endswith("#"):
            return ("+" if spec == "+#" and value > 0 else "") + self.figure(value)
        if spec.endswith("%"):
            kind = spec if spec[-2:-1].isdigit() else spec[:-1]
            bare = format(value if kind == spec else 100 * value, kind).removesuffix("%")
            return self.percent.format(self.own(bare))
        return self.own(format(value, spec)) if spec else self.count(value)

    def own(self, written: str) -> str:
        """Return an English number in this language.

        Parameters
        ----------
        written
            Digits with commas between thousands and a point before decimals.
        """
        if (self.group, self.point, self.minus) == (",", ".", "-"):
            return written
        return written.translate({ord(","): self.group, ord("."): self.point, ord("-"): self.minus})

    def number(self, amount: float, decimals: int = 0) -> str:
        """Return a number with its thousands grouped.

        Parameters
        ----------
        amount
            A finite number.
        decimals
            Digits behind the point.
        """
        return self.own(f"{amount:,.{decimals}f}")

    def numbers(self, amounts: Iterable[float], decimals: int = 0) -> list[str]:
        """Return several numbers, as `number` does each.

        Parameters
        ----------
        amounts, decimals
            As there.
        """
        return [self.number(amount, decimals) for amount in amounts]

    def count(self, value: float) -> str:
        """Return a count, with as many decimals as it needs.

        Parameters
        ----------
        value
            A number, whole or not.
        """
        return self.number(value, count_decimals([value])) if math.isfinite(value) else "\N{EN DASH}"

    def figure(self, value: Any, decimals: int | None = None) -> str:
        """Return a number: thousands grouped, four significant digits below a thousand; nothing for none.

        Parameters
        ----------
        value
            A number, or what is none and is returned as it stands.
        decimals
            Digits behind the point, where they are given.
        """
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return ""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        if decimals is not None:
            return self.number(value, decimals)
        if not math.isfinite(value):
            return str(value)
        if whole(value):  # sums of shares miss whole numbers by rounding
            return self.number(round(value))
        if abs(value) >= 1000:
            return self.number(value)
        digits = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 0
        return self.number(value, min(digits, 8))

    def singular(self, count: float) -> bool:
        """Return whether a count takes the singular.

        Parameters
        ----------
        count
            A number, whole or not.
        """
        return count == 1 or abs(count) < self.singular_below


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


def duration(text: object) -> tuple[float, str] | None:
    """Return a duration as a number and the name of its unit; None of what is none.

    Examples
    --------
    >>> duration("30D"), duration("unlimited")
    ((30.0, 'day'), None)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", str(text))
    return None if found is None or found[2] not in _UNITS else (float(found[1]), _UNITS[found[2]])


PLAIN = Numbers()  # as English does
