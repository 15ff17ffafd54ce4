"""LogSchema: which column of a log plays which part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from attribution._known_columns import known_columns, plain
from attribution._migration import tells_options
from attribution.errors import LogError, nearest, unknown_name

TIME_UNITS = ("s", "ms", "us", "ns")

# The usual names of each column: the first wins wherever it is there; of the others exactly one may be.
USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "user": ("user_id", "user", "customer_id", "visitor_id", "client_id", "uid", "anonymous_id"),
    "time": ("time", "timestamp", "ts", "event_time", "event_timestamp", "datetime", "date"),
    "channel": ("channel", "channel_name", "marketing_channel"),
    "value": ("value", "revenue", "conversion_value", "amount"),
    "goal": ("goal", "conversion_type", "event"),
    "order": ("order_id", "order", "transaction_id"),
    "sequence": ("sequence", "seq"),
    "currency": ("currency", "currency_code"),
}
_ROLES = ("user", "time", "channel", "conversion", "value", "goal", "order", "sequence", "currency")
_PAIRED = ("user", "time")


@tells_options(LogError)
@dataclass(frozen=True, slots=True, kw_only=True)
class LogSchema:
    """Name the columns of a log.

    Every field may be left out: None means "the column with the usual name, if there is one". The usual
    names are ``user_id``, ``time``, ``channel``, ``value``, ``goal``, ``order_id`` and ``sequence``, also in
    other letters (``User_ID``, ``userId``); where they are missing, one well-known alias is taken (such as
    ``customer_id``, ``timestamp``, ``revenue``, ``transaction_id``), and two aliases in one table are an
    error rather than a guess. For an optional column the empty string means "none, even if the table has one
    by the usual name".

    Parameters
    ----------
    user, time
        Column names in both tables, or a pair (name in the touches, name in the conversions).
    channel
        Column of the touches: text (or whole numbers, taken as text).
    conversion
        Column that marks the conversions of a log in *one* table: boolean, 0/1, or yes/no text; null is
        "no". Never guessed.
    value
        Column of the conversions: what each was worth.
    goal
        Column of the conversions: what kind each is, such as ``"purchase"`` or ``"lead"``.
    order
        Column of the conversions: an id, by which `EventLog.audit` finds conversions sent twice.
    sequence
        Integer column of the touches that orders the touches of one user at one instant.
    currency
        Column of the conversions: the currency of each value. Several are refused by `attribute`, unless
        `by` has ``"currency"`` or rates make one of them.
    dims
        Further text columns that ride along, such as ``("campaign", "device")``. A dimension is looked
        up in the touches and in the conversions; one that both have is called ``name`` among the touches
        and ``conversion_name`` among the conversions.
    time_unit
        ``"s"``, ``"ms"``, ``"us"`` or ``"ns"``: what integer times since 1970 count.
    conversion_is_touch
        In a log in one table, whether a conversion is also a touch (default) or only a conversion.

    Raises
    ------
    LogError
        If the fields contradict each other.

    Examples
    --------
    >>> schema = LogSchema(user="visitor", channel="utm_channel", dims=("campaign",))
    >>> schema.user, schema.time, schema.dims
    ('visitor', None, ('campaign',))
    """

    user: str | tuple[str, str] | None = None
    time: str | tuple[str, str] | None = None
    channel: str | None = None
    conversion: str | None = None
    value: str | None = None
    goal: str | None = None
    order: str | None = None
    sequence: str | None = None
    currency: str | None = None
    dims: tuple[str, ...] = ()
    time_unit: str | None = None
    conversion_is_touch: bool = True

    def __post_init__(self) -> None:
        """Check the fields, and take a single dimension or a list for the tuple that is kept."""
        given: object = self.dims
        dims = (given,) if isinstance(given, str) else given
        if not isinstance(dims, Sequence) or not all(isinstance(dim, str) and dim for dim in dims):
            msg = f"dims={given!r} must be a sequence of column names"
            raise LogError(msg, column="dims", hint='LogSchema(dims=("campaign", "device"))')
        object.__setattr__(self, "dims", tuple(dims))
        for role in _ROLES:
            self._check_role(role)
        unit: object = self.time_unit
        if unit is not None and not (isinstance(unit, str) and unit in TIME_UNITS):
            raise LogError(unknown_name("time_unit", unit, TIME_UNITS), column="time_unit")
        if not isinstance(self.conversion_is_touch, bool):
            msg = f"conversion_is_touch={self.conversion_is_touch!r} must be True or False"
            raise LogError(msg, column="conversion_is_touch")
        repeated = sorted({dim for dim in self.dims if self.dims.count(dim) > 1})
        if repeated:
            msg = f"dims names {', '.join(map(repr, repeated))} more than once"
            raise LogError(msg, column="dims", hint="name each dimension once")
        taken = [dim for dim in self.dims if dim in (self.user, self.time)]
        if taken:
            msg = f"dims names {taken[0]!r}, which is already the user or the time column"
            raise LogError(msg, column="dims", why="a dimension has a handful of labels, not one a row")

    def _check_role(self, role: str) -> None:
        name = getattr(self, role)
        if isinstance(name, list) and role in _PAIRED:
            name = tuple(name)
            object.__setattr__(self, role, name)
        if name is None or (isinstance(name, str) and (name or role not in (*_PAIRED, "channel"))):
            return
        paired = role in _PAIRED and isinstance(name, tuple) and len(name) == 2
        if paired and all(isinstance(part, str) and part for part in name):
            return
        pair = ", or a pair of names (touches, conversions)" if role in _PAIRED else ""
        msg = f"{role}={name!r} must be a column name{pair}"
        example = USUAL_NAMES.get(role, ("is_conversion",))[0]
        raise LogError(msg, column=role, hint=f'LogSchema({role}="{example}")')

    @classmethod
    def of(cls, value: LogSchema | Mapping[str, Any] | None) -> LogSchema:
        """Return a schema from a schema, a mapping of its fields, or None for the usual names.

        Parameters
        ----------
        value
            What `read_log` was given.

        Raises
        ------
        LogError
            If it is neither, or has an unknown field; the message names the nearest.

        Examples
        --------
        >>> LogSchema.of({"user": "uid"}).user
        'uid'
        """
        if value is None:
            return cls()
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            msg = f"schema={value!r} is neither a LogSchema nor a mapping of its fields"
            raise LogError(msg, column="schema", hint='read_log(..., schema=LogSchema(user="user_id"))')
        known = [field.name for field in fields(cls)]
        for name in value:
            if name not in known:
                raise LogError(unknown_name("schema field", name, known), column=str(name))
        return cls(**value)

    def name_in(self, role: str, table: str) -> str | None:
        """Return the name given for a part in one table; None where none was given.

        Parameters
        ----------
        role
            The part, a field of the schema such as ``"user"``.
        table
            ``"touches"`` or ``"conversions"``.
        """
        name = getattr(self, role)
        if isinstance(name, tuple):
            return str(name[1 if table == "conversions" else 0])
        return None if name is None else str(name)


def find_column(
    schema: LogSchema,
    role: str,
    columns: Sequence[str],
    table: str,
    *,
    required: bool,
    repeats: Callable[[str], bool],
) -> tuple[str | None, LogError | None]:
    """Find the column of one table that plays `role`.

    Parameters
    ----------
    schema, role, columns, table
        The part, and the table in which it is looked for.
    required
        Whether its absence is a fault.
    repeats
        Tells whether a column holds some value more than once: what is another id for every row is no user,
        and is not suggested as one.

    Returns
    -------
    tuple
        The column's name or None, and what is wrong or None: errors are collected by the caller, so that
        all faults of a schema are told at once.
    """
    given = schema.name_in(role, table)
    if given == "":
        return None, None
    if given is not None:
        if given in columns:
            return given, None
        guess = nearest(given, columns)
        if role == "user" and guess is not None and not repeats(guess):
            columns = [name for name in columns if name != guess]
            guess = None
        problem = unknown_name(f"column in {table} for {role} =", given, columns)
        return None, LogError(problem, column=given, hint=_meant(role, given, columns, table, guess))
    primary, *aliases = USUAL_NAMES[role]
    found = spelt(primary, columns) or [name for alias in aliases for name in spelt(alias, columns)]
    if len(found) == 1:
        return found[0], None
    if found:
        none = "" if required else f'  # or {role}="" for none'
        problem = f"{table} has {' and '.join(map(repr, found))}: which of them is the {role} column?"
        first = next((name for name in found if role != "user" or repeats(name)), found[0])
        return None, LogError(problem, column=found[0], hint=f"LogSchema({role}={first!r}){none}")
    if not required:
        return None, None
    return None, _not_found(role, columns, table, repeats)


def _meant(role: str, given: str, columns: Sequence[str], table: str, guess: str | None) -> str:
    """Return the fix for a name that is not there: a field of a column, or one that is spelt much alike."""
    column, dot, part = given.rpartition(".")
    if dot and column in columns:
        flat = f"{table}[{part!r}] = {table}[{column!r}].str[{part!r}]"
        return f"{flat}; LogSchema({role}={part!r})"
    return f"LogSchema({role}={guess or '...'!r})"


def spelt(name: str, columns: Sequence[str]) -> list[str]:
    """Return the column called `name`; without one, those called so in other letters.

    Case, spaces, ``_`` and ``-`` make no difference then.

    Examples
    --------
    >>> spelt("user_id", ["User_ID", "userId", "user"]), spelt("user_id", ["user_id", "User_ID"])
    (['User_ID', 'userId'], ['user_id'])
    """
    return [name] if name in columns else [column for column in columns if plain(column) == plain(name)]


def _not_found(role: str, columns: Sequence[str], table: str, repeats: Callable[[str], bool]) -> LogError:
    names = USUAL_NAMES[role]
    shown = ", ".join(repr(name) for name in columns[:30]) or "none"
    more = f" and {len(columns) - 30} more" if len(columns) > 30 else ""
    known = known_columns(role, columns)
    guess = next((name for name in known if role != "user" or repeats(name)), "...")
    problem = f"{table} has no {role} column (looked for {', '.join(names)}). Its columns: {shown}{more}"
    hint = f"LogSchema({role}={guess!r})"
    if role == "user" and {"post_visid_high", "post_visid_low"} <= set(columns):
        hint = (
            f'{table}["user_id"] = {table}["post_visid_high"].astype("string") + "_" '
            f'+ {table}["post_visid_low"].astype("string")'
        )
    if role == "channel":
        hint += '; for source and medium: LogSchema(channel="source"), then log.group_channels()'
    return LogError(problem, column=names[0], hint=hint)


def raise_all(faults: Sequence[LogError]) -> None:
    """Raise the faults of a schema together; return where there are none."""
    if len(faults) > 1:
        msg = f"the log does not fit its schema in {len(faults)} places"
        raise LogError.together(msg, faults)
    if faults:
        raise faults[0]
