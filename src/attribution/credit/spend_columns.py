"""Which column of a table of costs is which: by known names, in any case and in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from attribution._known_columns import KNOWN_COLUMNS, plain
from attribution.errors import CreditError
from attribution.eventlog.currency import is_currency

CURRENCY_COLUMNS = KNOWN_COLUMNS["currency"]
_MICROS = ("cost_micros", "metrics.cost_micros", "spend_micros")
AMOUNTS: dict[str, tuple[str, ...]] = {"cost": (*KNOWN_COLUMNS["cost"], *_MICROS)}
"""The columns of numbers that are read, by the names they are known by; all but the cost may be absent."""
_OTHER_DIMENSIONS = {
    "campaign": (
        "campaign",
        "campaign name",
        "campagne",
        "kampagne",
        "campaña",
        "campagna",
        "campanha",
        "utm_campaign",
    ),
    "adgroup": ("ad group", "ad group name", "ad set name", "adset", "groupe d'annonces", "anzeigengruppe"),
}
_DAYS = (
    *(
        "date",
        "day",
        "date_day",
        "gregorian date",
        "time period",
        "report date",
        "reporting date",
        "spend date",
    ),
    *(
        "cost date",
        "activity date",
        "segments.date",
        "stat_time_day",
        "jour",
        "tag",
        "datum",
        "día",
        "dia",
        "fecha",
    ),
    *("data", "giorno", "dag"),
)
_WEEKS = (
    *("week", "week start", "week starting", "week of", "week beginning", "week commencing", "start of week"),
    *("semaine", "woche", "kalenderwoche", "semana", "settimana"),
)
_WEEK_ENDS = ("week ending", "week end", "end of week")
_MONTHS = (
    *("month", "month start", "start of month", "year month", "mois", "monat", "mes", "mês", "mese", "maand"),
)
_STARTS = (
    *(
        "start date",
        "start",
        "flight start",
        "reporting starts",
        "date start",
        "campaign start",
        "date from",
        "from",
    ),
    *(
        "period start",
        "start day",
        "date de début",
        "début",
        "startdatum",
        "beginn",
        "fecha de inicio",
        "inicio",
    ),
)
_ENDS = (
    *(
        "end date",
        "end",
        "flight end",
        "reporting ends",
        "date stop",
        "date end",
        "campaign end",
        "date to",
        "to",
    ),
    *("period end", "end day", "date de fin", "fin", "enddatum", "ende", "fecha de finalización", "stop"),
)


@dataclass(frozen=True)
class Calendars:
    """Columns that tell when a cost arose, the first one by what it is; see `calendar_columns`.

    Attributes
    ----------
    kind
        ``"day"``, ``"week"``, ``"week_end"``, ``"month"`` or ``"flight"``.
    columns
        The column, of a flight its first day and its last.
    others
        Further columns known by name to tell the time, all of them coarser.
    """

    kind: str
    columns: tuple[str, ...]
    others: tuple[str, ...] = ()


def base(name: str) -> str:
    """Return a column's name without what stands in brackets after it, case, spaces and punctuation.

    Examples
    --------
    >>> base("Start Date (in UTC)"), base("Amount spent (USD)")
    ('startdate', 'amountspent')
    """
    return plain(re.sub(r"\s*[(\[][^()\[\]]*[)\]]\s*$", "", name))


def _known(columns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the columns that bear one of the names, in the order of the names."""
    order = {plain(name): place for place, name in reversed(list(enumerate(names)))}
    found = [name for name in columns if base(name) in order]
    return sorted(found, key=lambda name: (name != name.strip().lower(), order[base(name)]))


def channel_column(columns: Iterable[str]) -> str | None:
    """Return the column called channel, whatever its case, or None."""
    found = _known(columns, ("channel",))
    return found[0] if found else None


def cost_columns(columns: Iterable[str]) -> list[str]:
    """Return the columns that are known to hold costs, the surest first.

    Examples
    --------
    >>> cost_columns(["Clicks", "Cost / conv.", "Avg. cost", "Amount spent (USD)"])
    ['Amount spent (USD)']
    """
    return _known(columns, AMOUNTS["cost"])


def amount_columns(columns: Sequence[str]) -> dict[str, str]:
    """Return the columns of the amounts beside the cost, by name."""
    found = {name: _known(columns, known) for name, known in AMOUNTS.items() if name != "cost"}
    return {name: named[0] for name, named in found.items() if named}


def one_cost_column(columns: Sequence[str]) -> str | None:
    """Return the column of costs; None if there is none.

    Raises
    ------
    CreditError
        If more than one may be meant, and none is called cost.
    """
    found = cost_columns(columns)
    if len(found) > 1 and "cost" not in (plain(name) for name in found):
        msg = f"the spend has {' and '.join(map(repr, found[:4]))}: which of them is the cost?"
        rest = [name for name in found if name != found[0]]
        raise CreditError(
            msg, column=found[0], hint=f"spend = spend.drop(columns={rest!r})  # if {found[0]!r} is it"
        )
    exact = [name for name in found if plain(name) == "cost"]
    return next(iter(exact or found), None)


def is_micros(column: str) -> bool:
    """Return whether a column of costs counts millionths."""
    return base(column) in {plain(name) for name in _MICROS}


def currency_column(columns: Iterable[str]) -> str | None:
    """Return the column that names currencies, or None."""
    found = _known(columns, CURRENCY_COLUMNS)
    return found[0] if found else None


def currency_in(column: str) -> str:
    """Return the currency that a column's name tells, or ``""``.

    Examples
    --------
    >>> currency_in("Amount spent (USD)"), currency_in("cost")
    ('USD', '')
    """
    found = re.search(r"[(\[]\s*([A-Z]{3}|[€£])\s*[)\]]\s*$", column)
    return found[1] if found else ""


def dimension_column(name: str, columns: Iterable[str]) -> str | None:
    """Return the column that holds the labels of a dimension of the credit, or None."""
    columns = list(columns)
    if name in columns:
        return name
    names = _OTHER_DIMENSIONS.get(name, CURRENCY_COLUMNS if is_currency(name) else ())
    found = _known(columns, (name, *names))
    return found[0] if found else None


def calendar_columns(columns: Sequence[str]) -> Calendars | None:
    """Return the columns that tell when costs arose, or None.

    Examples
    --------
    >>> calendar_columns(["Campaign", "Gregorian date"])
    Calendars(kind='day', columns=('Gregorian date',), others=())
    >>> calendar_columns(["start_date", "end_date", "cost"]).kind
    'flight'
    """
    starts, ends = _known(columns, _STARTS), _known(columns, _ENDS)
    found: Mapping[str, Sequence[str]] = {
        "day": _known(columns, _DAYS),
        "flight": (starts[0], ends[0]) if starts and ends else (),
        "week": _known(columns, _WEEKS),
        "week_end": _known(columns, _WEEK_ENDS),
        "month": _known(columns, _MONTHS),
        "start": starts,
    }
    everything = [name for entry in (*found.values(), ends) for name in entry]
    for kind, names in found.items():
        if names:
            used = tuple(names) if kind == "flight" else (names[0],)
            others = tuple(dict.fromkeys(name for name in everything if name not in used))
            return Calendars("day" if kind == "start" else kind, used, others)
    return None
