"""Export: what the columns of an export mean, as a value that can be printed, changed and written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from attribution._checks import one_of
from attribution._migration import tells_options
from attribution.errors import LogError, unknown_name
from attribution.eventlog.schema import TIME_UNITS, USUAL_NAMES

Columns = tuple[str, ...]
Triple = tuple[str | None, str | None, str | None]


@tells_options(LogError)
@dataclass(frozen=True, kw_only=True)
class ExportTouches:
    """Which rows of an export are touches, and where each came from.

    Columns are named as the file has them; ``a.b`` is the field ``b`` of a nested column (or of JSON text)
    and ``a[b]`` the value of the key ``b`` in a list of keys and values. Of several names the first that a
    row has a value in counts.

    Parameters
    ----------
    time
        When.
    where
        Column to the values that a row must have one of; every row where it is empty.
    session
        Columns that, with the user, tell visits apart: a visit is one touch, at its first row's time, from
        its first known source. Empty: every row is a touch.
    sources
        Columns of (source, medium, campaign), the surest first; None where there is none.
    clicks
        Column of a click id to the (source, medium) that it proves. Counts where no source is known, or where
        the medium is ``"organic"``.
    referrer
        Columns of the page or host that the visitor came from: a source where nothing else tells.
    words
        What a word in the source column stands for, as (source, medium).
    sourced_only
        Whether rows without any source are no touches; else they are direct visits.
    """

    time: Columns
    where: Mapping[str, Columns] = field(default_factory=dict)
    session: Columns = ()
    sources: tuple[Triple, ...] = ()
    clicks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    referrer: Columns = ()
    words: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)
    sourced_only: bool = False

    def __post_init__(self) -> None:
        """Validate, and take one column name for several."""
        for role in ("time", "session", "referrer"):
            _set(self, role, _names(role, getattr(self, role)))
        _refuse_none(self.time, "time")
        _set(self, "where", _wanted(self.where))
        triples = self.sources
        if isinstance(triples, tuple | list) and triples and isinstance(triples[0], str):
            triples = (triples,)  # one triple
        _set(self, "sources", _tuples("sources", triples, 3))
        for role in ("clicks", "words"):
            _set(self, role, _pairs(role, getattr(self, role)))
        _flag(self.sourced_only, "sourced_only")


@tells_options(LogError)
@dataclass(frozen=True, kw_only=True)
class ExportConversions:
    """Which rows of an export are conversions, and what each is worth.

    Parameters
    ----------
    time
        When.
    event
        Columns of the event's name; which names are conversions the user says.
    where
        Column to the values that a row must have one of, such as the status of an order.
    positive
        A column that marks conversions by a number above 0, as the goal ``"purchase"``.
    goal
        What a row is where nothing names an event, such as ``"purchase"`` in a table of orders.
    dates
        Column of a date to the (goal, value column or None) that it stands for: one row, several goals.
    value, order, currency
        Columns of the value, the order id (each counts once, the earliest) and the currency.
    refunded
        Columns of what of the value was paid back.
    refund
        (event name, value column) of rows that pay an order back.
    day_end
        Whether times are dates without an hour, which count as the end of their day.
    """

    time: Columns
    event: Columns = ()
    where: Mapping[str, Columns] = field(default_factory=dict)
    positive: str | None = None
    goal: str | None = None
    dates: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    value: Columns = ()
    order: Columns = ()
    currency: Columns = ()
    refunded: Columns = ()
    refund: tuple[str, str] | None = None
    day_end: bool = False

    def __post_init__(self) -> None:
        """Validate, and take one column name for several."""
        for role in ("time", "event", "value", "order", "currency", "refunded"):
            _set(self, role, _names(role, getattr(self, role)))
        _refuse_none(self.time, "time")
        _set(self, "where", _wanted(self.where))
        for role in ("positive", "goal"):
            if getattr(self, role) is not None:
                _text(role, getattr(self, role))
        _set(self, "dates", _pairs("dates", self.dates))
        if self.refund is not None:
            _set(self, "refund", _tuples("refund", (self.refund,), 2)[0])
        _flag(self.day_end, "day_end")


@tells_options(LogError)
@dataclass(frozen=True, kw_only=True)
class Export:
    """What the columns of an export mean. `read_export` has one by name for each format that it knows.

    Parameters
    ----------
    name
        What it is called.
    user
        Columns of the user's id; of several the first that a row has a value in counts.
    touches
        Which rows are touches; a format that has two touches in a row has two of these, and one that knows
        nothing of touches none.
    conversions
        Which rows are conversions, or None.
    time_unit
        What whole numbers in time columns count since 1970, or None.
    local
        Whether times are written by the clock of a place, so that `timezone` must be said.
    stitch
        Whether a row with two of the `user` columns says that both are one person.
    key
        Columns by which a row that was sent twice is known.
    newest
        The column that tells which of such rows is the last word; else the first row counts.
    sequence
        Columns that order rows of one instant.
    unfold
        A column of lists, each element of which is a row of its own for conversions.

    Examples
    --------
    >>> import attribution as at
    >>> crm = at.Export(name="crm", user=("contact",),
    ...                 touches=(at.ExportTouches(time=("sent",), sources=(("tool", "kind", None),)),),
    ...                 conversions=at.ExportConversions(time=("won",), goal="deal", value=("amount",)))
    >>> crm.replace(user=("account",)).user
    ('account',)
    """

    name: str
    user: Columns
    touches: tuple[ExportTouches, ...] = ()
    conversions: ExportConversions | None = None
    time_unit: str | None = None
    local: bool = False
    stitch: bool = False
    key: Columns = ()
    newest: str | None = None
    sequence: Columns = ()
    unfold: str | None = None

    def __post_init__(self) -> None:
        """Validate."""
        _text("name", self.name)
        for role in ("user", "key", "sequence"):
            _set(self, role, _names(role, getattr(self, role)))
        _refuse_none(self.user, "user")
        touches = (self.touches,) if isinstance(self.touches, ExportTouches) else self.touches
        if not isinstance(touches, tuple | list) or not all(
            isinstance(part, ExportTouches) for part in touches
        ):
            raise _wrong(touches, "touches", "at.ExportTouches, or several")
        _set(self, "touches", tuple(touches))
        if self.conversions is not None and not isinstance(self.conversions, ExportConversions):
            raise _wrong(self.conversions, "conversions", "at.ExportConversions")
        if self.time_unit is not None:
            one_of(self.time_unit, "time_unit", TIME_UNITS, error=LogError)
        for role in ("newest", "unfold"):
            if getattr(self, role) is not None:
                _text(role, getattr(self, role))
        for role in ("local", "stitch"):
            _flag(getattr(self, role), role)
        if not self.touches and self.conversions is None:
            msg = f"the export {self.name!r} has neither touches nor conversions"
            raise LogError(msg, column="touches", hint='touches=at.ExportTouches(time=("time",))')

    def columns(self) -> frozenset[str]:
        """Return the names of columns that may be read: those named, and those that hold what is named."""
        paths = [
            *self.user,
            *self.key,
            *self.sequence,
            *(name for name in (self.newest, self.unfold) if name),
        ]
        for part in self.touches:
            paths += [*part.time, *part.where, *part.session, *part.clicks, *part.referrer]
            paths += [name for triple in part.sources for name in triple if name]
        won = self.conversions
        if won is not None:
            paths += [*won.time, *won.event, *won.where, *won.dates, *won.value, *won.order, *won.currency]
            paths += [*won.refunded, *(name for _, name in won.dates.values() if name)]
            paths += [name for name in (won.positive, won.refund[1] if won.refund else None) if name]
        found: set[str] = set()
        for path in (part for name in paths for part in (name, *name.split("|"))):
            outer = path.partition("[")[0].rpartition("?")[0] or path.partition("[")[0]
            found |= {path, outer, *(outer[:place] for place, letter in enumerate(outer) if letter == ".")}
        return frozenset(found)

    def replace(self, **changes: Any) -> Export:
        """Return it with some fields changed.

        Parameters
        ----------
        **changes
            Fields by name. Those of `ExportConversions` (``value``, ``order``, ``currency``, ``event``,
            ``refunded``, ``goal``) may be given as they are, for its only conversions.

        Raises
        ------
        LogError
            If there is no such field.
        """
        own = {item.name for item in fields(self)}
        theirs = {item.name for item in fields(ExportConversions)} - own
        wrong = [name for name in changes if name not in own | theirs]
        if wrong:
            raise LogError(
                unknown_name("field of an export", wrong[0], sorted(own | theirs)), column=wrong[0]
            )
        of_conversions = {name: changes.pop(name) for name in list(changes) if name in theirs}
        if of_conversions:
            if self.conversions is None:
                first = next(iter(of_conversions))
                msg = f"the export {self.name!r} has no conversions whose {first} could be changed"
                raise LogError(msg, column=first)
            changes["conversions"] = replace(self.conversions, **of_conversions)
        return replace(self, **changes)


def _set(value: object, role: str, made: object) -> None:
    object.__setattr__(value, role, made)


def _wrong(given: object, role: str, wanted: str) -> LogError:
    return LogError(f"{role}={given!r} must be {wanted}", column=role)


def _text(role: str, given: object) -> str:
    if not isinstance(given, str) or not given:
        raise _wrong(given, role, "text")
    return given


def _flag(given: object, role: str) -> None:
    if not isinstance(given, bool):
        raise _wrong(given, role, "True or False")


def _refuse_none(names: Columns, role: str) -> None:
    if not names:
        msg = f"{role} names no column"
        raise LogError(msg, column=role, hint=f'{role}=("{USUAL_NAMES[role][0]}",)')


def _names(role: str, given: object) -> Columns:
    """Return column names from one name or several."""
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, tuple | list) or not all(isinstance(name, str) and name for name in names):
        raise _wrong(given, role, "a column name or several")
    return tuple(names)


def _wanted(given: object) -> dict[str, Columns]:
    """Return the values that are wanted of each column, from one value or several."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) and name for name in given):
        raise _wrong(given, "where", "columns with the values that are wanted of them")
    return {name: _names("where", values) for name, values in given.items()}


def _tuples(role: str, given: object, size: int) -> tuple[Any, ...]:
    """Return tuples of so many column names, of which some may be None."""
    wanted = f"{size} column names each"
    if not isinstance(given, tuple | list):
        raise _wrong(given, role, wanted)
    for one in given:
        whole = isinstance(one, tuple | list) and len(one) == size
        if not whole or not all(part is None or (isinstance(part, str) and part) for part in one):
            raise _wrong(given, role, wanted)
    return tuple(tuple(one) for one in given)


def _pairs(role: str, given: object) -> dict[str, Any]:
    """Return a mapping of a name to two texts, of which one may be None."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) and name for name in given):
        raise _wrong(given, role, "names with two texts each")
    return dict(zip(given, _tuples(role, tuple(given.values()), 2), strict=True))
