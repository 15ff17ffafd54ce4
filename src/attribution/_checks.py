"""Checks of arguments: each names the argument, the value it got, and what would be right."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from attribution.errors import AttributionError, ConfigError, nearest, unknown_name

if TYPE_CHECKING:
    import datetime as dt

_MICROSECONDS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "D": 86_400_000_000,
    "d": 86_400_000_000,
    "W": 604_800_000_000,
    "w": 604_800_000_000,
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DURATION = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")
LONGEST = 2**62  # microseconds; "no limit" that can still be added to any time without overflow


def zone_name(value: object, name: str, *, error: type[AttributionError] = ConfigError) -> str:
    """Return the IANA name of a time zone.

    Raises
    ------
    AttributionError
        Of class `error`, if there is no such zone; the message names the nearest.

    Examples
    --------
    >>> zone_name("Europe/Berlin", "timezone")
    'Europe/Berlin'
    """
    import zoneinfo

    hint = f'{name}="Europe/Berlin"'
    if not isinstance(value, str):
        msg = f"{name}={value!r} must be the name of a time zone"
        raise error(msg, column=name, hint=hint)
    try:
        return zoneinfo.ZoneInfo(value).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = sorted(zoneinfo.available_timezones())
        found = nearest(value, known) or nearest(value, {entry.rpartition("/")[2] for entry in known})
        full = next((entry for entry in known if entry == found or entry.endswith(f"/{found}")), None)
        guess = f"; did you mean {full!r}?" if full else ""
        msg = f"{name}: there is no time zone {value!r}{guess}"
        raise error(msg, column=name, hint=f"{name}={full!r}" if full else hint) from None


def duration_us(
    value: str | dt.timedelta | object,
    name: str,
    *,
    error: type[AttributionError] = ConfigError,
    allow_zero: bool = False,
) -> int:
    """Read a duration as whole microseconds.

    Parameters
    ----------
    value
        A string such as ``"30D"``, ``"12h"``, ``"90min"`` or ``"2W"``, or a `datetime.timedelta`
        (so also a `pandas.Timedelta`) or `numpy.timedelta64`. Bare numbers are refused: they have no unit.
    name
        The argument's name, for the message.
    error
        The class to raise.
    allow_zero
        Whether a duration of zero makes sense.

    Raises
    ------
    AttributionError
        Of class `error`, if `value` is no duration, negative, or zero where that makes no sense.

    Examples
    --------
    >>> duration_us("1.5h", "lookback")
    5400000000
    """
    hint = f'{name}="30D" (units: us, ms, s, min, h, D, W)'
    if isinstance(value, np.timedelta64) and np.datetime_data(value.dtype)[0] not in ("Y", "M", "generic"):
        value = value.astype("timedelta64[us]").item()  # None for NaT
    if hasattr(value, "total_seconds") and not isinstance(value, type):
        seconds = float(value.total_seconds())
        if math.isnan(seconds):
            msg = f"{name} is not a time"
            raise error(msg, column=name, hint=hint)
        amount = seconds * 1e6
    elif isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if match is None or match[2] not in _MICROSECONDS:
            msg = f"{name}={value!r} is not a duration"
            raise error(msg, column=name, hint=hint)
        amount = float(match[1]) * _MICROSECONDS[match[2]]
    else:
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        reason = "has no unit" if number else "is not a duration: one string with a unit, for all touches"
        msg = f"{name}={value!r} {reason}"
        raise error(msg, column=name, hint=hint)
    microseconds = round(min(amount, float(LONGEST)))
    if amount > 0 and not microseconds:
        msg = f"{name}={value!r} is less than a microsecond"
        raise error(msg, column=name, hint=hint)
    if amount < 0 or (amount == 0 and not allow_zero):
        msg = f"{name}={value!r} must be {'zero or more' if allow_zero else 'more than zero'}"
        raise error(msg, column=name, hint=hint)
    return microseconds


def one_of(
    value: object,
    name: str,
    allowed: Iterable[str],
    *,
    error: type[AttributionError] = ConfigError,
) -> str:
    """Return `value` if it is one of `allowed`; otherwise name the nearest."""
    names = list(allowed)
    if isinstance(value, str) and value in names:
        return str(value)
    raise error(unknown_name(f"{name} =", value, names), column=name)


def fraction(
    value: object, name: str, *, error: type[AttributionError] = ConfigError, hint: str = ""
) -> float:
    """Return `value` as a float in [0, 1]; `hint` is for a `name` that is no argument."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= 1:
        msg = f"{name}={value!r} must be a number between 0 and 1"
        raise error(msg, column=name, hint=hint or f"{name}=0.4 for forty percent")
    return float(value)


def flag(value: object, name: str, *, error: type[AttributionError] = ConfigError) -> bool:
    """Return `value` if it is True or False; text such as ``"False"`` would count as true."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    msg = f"{name}={value!r} must be True or False"
    raise error(msg, column=name, hint=f"{name}=True, or {name}=False, without quotes")


def name_list(value: object, name: str, *, error: type[AttributionError] = ConfigError) -> tuple[str, ...]:
    """Return one name or several as a tuple; those of a set, which has no order, sorted."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        found = tuple(value)
        if all(isinstance(entry, str) for entry in found):
            return tuple(sorted(found)) if isinstance(value, AbstractSet) else found
        value = list(found)
    msg = f"{name}={value!r} is neither a name nor a list of names"
    raise error(msg, column=name, hint=f'{name}="one", or {name}=("one", "another")')


def single_name(
    value: object,
    name: str,
    *,
    error: type[AttributionError] = ConfigError,
    optional: bool = False,
    hint: str = "",
) -> str | None:
    """Return `value` if it is one name, of a column or a goal; or, where that is `optional`, None.

    Parameters
    ----------
    value, name
        The value, and the argument's name for the message.
    error
        The class to raise.
    optional
        Whether None is as if it were left out.
    hint
        The line that fixes it.

    Raises
    ------
    AttributionError
        Of class `error`, if `value` is no name, or an empty one.

    Examples
    --------
    >>> single_name("arm", "assigned")
    'arm'
    """
    if (isinstance(value, str) and value) or (optional and value is None):
        return value
    several = isinstance(value, list | tuple) and len(value) > 1
    msg = f"{name}={value!r} is {'several names, and one is taken' if several else 'not a name'}"
    usual = f"{name}=None" if optional else hint or f'{name}="{name}"'
    named = several and isinstance(value, list | tuple) and isinstance(value[0], str)
    raise error(msg, column=name, hint=f"{name}={value[0]!r}" if named else usual)  # type: ignore[index]


def whole(value: object, name: str, *, least: int = 1, error: type[AttributionError] = ConfigError) -> int:
    """Return `value` as an integer of at least `least`."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # what is none is refused
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        msg = f"{name}={value!r} must be a whole number"
        raise error(msg, column=name, hint=f"{name}={max(least, 1)}")
    if number < least:
        msg = f"{name}={number} must be at least {least}"
        raise error(msg, column=name, hint=f"{name}={least}")
    return number
