r"""Placeholders in the texts of a configuration: the day of the run, and variables of the environment.

``{today}`` and its kin stand for the day that a run is for, ``${NAME}`` for a variable. Anything else in
braces stays as it is, so that patterns such as ``re:^\d{4}$`` need no care; ``{{today}}`` and ``$${NAME}``
are the texts themselves.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

from attribution.errors import ConfigError, nearest, unknown_name
from attribution.jobs.toml import mistake

_WEEK = "%G-W%V"
DAYS: dict[str, Callable[[dt.date], str]] = {
    "today": lambda day: f"{day:%Y-%m-%d}",
    "date": lambda day: f"{day:%Y-%m-%d}",
    "yesterday": lambda day: f"{day - dt.timedelta(1):%Y-%m-%d}",
    "week": lambda day: f"{day:{_WEEK}}",
    "last_week": lambda day: f"{day - dt.timedelta(7):{_WEEK}}",
    "month": lambda day: f"{day:%Y-%m}",
    "last_month": lambda day: f"{day.replace(day=1) - dt.timedelta(1):%Y-%m}",
    "year": lambda day: f"{day:%Y}",
}
"""What each placeholder says of a day; all of them sort as text in the order of time."""

SHAPES = {
    **dict.fromkeys(("today", "date", "yesterday"), r"\d{4}-\d{2}-\d{2}"),
    **dict.fromkeys(("week", "last_week"), r"\d{4}-W\d{2}"),
    **dict.fromkeys(("month", "last_month"), r"\d{4}-\d{2}"),
    "year": r"\d{4}",
}
"""A regular expression for what each placeholder may become."""

_MARK = re.compile(
    r"\$\$\{(?P<plain_variable>[^{}]*)\}"
    r"|\$\{(?P<variable>[^{}]*)\}"
    r"|\{\{(?P<plain_name>[A-Za-z_]\w*)\}\}"
    r"|\{(?P<name>[A-Za-z_]\w*)\}"
    rf"|(?P<open>\$\{{|\{{(?:{'|'.join(DAYS)})\b)"
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def now() -> dt.datetime:
    """Return the present."""
    return dt.datetime.now(dt.UTC)


def day_of(date: str | dt.date | None, zone: str = "UTC") -> dt.date:
    """Return the day that a run is for.

    Parameters
    ----------
    date
        A date or ISO text; None for today.
    zone
        Where today is meant, as an IANA name. Nothing else depends on it.

    Raises
    ------
    ConfigError
        If `date` is no day.

    Examples
    --------
    >>> day_of("2026-11-21")
    datetime.date(2026, 11, 21)
    """
    import zoneinfo

    if date is None:
        return now().astimezone(zoneinfo.ZoneInfo(zone)).date()
    day = None
    if isinstance(date, str) and _ISO.fullmatch(date):
        try:
            day = dt.date.fromisoformat(date)
        except ValueError:
            day = None
    elif isinstance(date, dt.date) and not isinstance(date, dt.datetime):
        day = date
    if day is None or not 1970 <= day.year < 9999:
        msg = f"{date!r} is no day"
        raise ConfigError(msg, column="date", hint='date="2026-11-21"')
    return day


def time_zone(value: Any, where: str) -> str:
    """Read the name of a time zone."""
    import zoneinfo

    if not isinstance(value, str):
        raise mistake(where, "must be the name of a time zone", hint='timezone = "Europe/Berlin"')
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        found = nearest(value, known) or nearest(value, {name.rpartition("/")[2] for name in known})
        full = next((name for name in sorted(known) if name == found or name.endswith(f"/{found}")), None)
        guess = f"; did you mean {full!r}?" if full else ""
        raise mistake(
            where, f"there is no time zone {value!r}{guess}", hint='timezone = "Europe/Berlin", or "UTC"'
        ) from None
    return value


def expand(
    value: Any, day: dt.date, environment: Mapping[str, str], mistakes: list[ConfigError], where: str = ""
) -> Any:
    """Return TOML values with the placeholders of every text filled in.

    Parameters
    ----------
    value
        A table, list or value.
    day
        The day of the run.
    environment
        Variables by name.
    mistakes
        Where mistakes are collected; a text with one stays as it is.
    where
        The key path of `value`.
    """
    if isinstance(value, dict):
        path = f"{where}." if where else ""
        return {
            key: expand(entry, day, environment, mistakes, f"{path}{key}") for key, entry in value.items()
        }
    if isinstance(value, list):
        return [
            expand(entry, day, environment, mistakes, f"{where}[{position}]")
            for position, entry in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    try:
        return filled(value, environment, lambda name: DAYS[name](day), where)
    except ConfigError as error:
        mistakes.append(error)
    return value


def filled(
    text: str,
    environment: Mapping[str, str],
    write: Callable[[str], str],
    where: str,
    literal: Callable[[str], str] = str,
) -> str:
    """Return `text` with its placeholders filled in.

    Parameters
    ----------
    text
        As written.
    environment
        Variables by name.
    write
        What becomes of a date's placeholder, given its name.
    where
        The key path, for messages.
    literal
        What becomes of everything else.

    Raises
    ------
    ConfigError
        If a placeholder is unknown or not closed, or a variable is not set.

    Examples
    --------
    >>> filled("${BASE}/{today}/{{today}}", {"BASE": "out"}, lambda name: "2026-11-21", "output.folder")
    'out/2026-11-21/{today}'
    """
    parts: list[str] = []
    end = 0
    for mark in _MARK.finditer(text):
        parts.append(literal(text[end : mark.start()]))
        end = mark.end()
        kind = mark.lastgroup or ""
        found = mark[kind]
        if kind == "open":
            raise mistake(where, f"{text!r} has a placeholder that is not closed", hint=f"{found}}}")
        if kind == "name":
            if found not in DAYS:
                problem = f"in {text!r} {unknown_name('placeholder', found, DAYS)}"
                raise mistake(where, problem, hint=f"for the text itself, write {{{{{found}}}}}")
            parts.append(write(found))
        elif kind == "variable":
            parts.append(literal(_variable(found, text, environment, where)))
        else:
            parts.append(literal(f"${{{found}}}" if kind == "plain_variable" else f"{{{found}}}"))
    return "".join([*parts, literal(text[end:])])


def pattern_of(text: str, environment: Mapping[str, str]) -> str:
    """Return a text whose dates are left open: the form of `string.Formatter`; empty if it holds no date.

    Examples
    --------
    >>> pattern_of("out/{today}", {}), pattern_of("out", {})
    ('out/{today}', '')
    """
    dates: list[str] = []

    def write(name: str) -> str:
        dates.append(name)
        return f"{{{name}}}"

    def literal(part: str) -> str:
        return part.replace("{", "{{").replace("}", "}}")

    found = filled(text, environment, write, "", literal)
    return found if dates else ""


def _variable(name: str, text: str, environment: Mapping[str, str], where: str) -> str:
    value = environment.get(name)
    if value:
        return value
    state = "is not set" if value is None else "is empty"
    near = nearest(name, environment) if value is None else None
    guess = f"; did you mean {near!r}?" if near else ""
    problem = f"in {text!r} the environment variable {name!r} {state}{guess}"
    raise mistake(
        where, problem, hint=f"export {name or 'NAME'}=..., or write $${{{name}}} for the text itself"
    )
