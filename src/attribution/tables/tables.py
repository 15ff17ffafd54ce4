"""TableColumns: the columns of one table by the part they play, under their real names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from attribution._typing import Hashes, Ints


class LeavesOut(Protocol):
    """What knows labels that are no touch."""

    def leaves_out(self, labels: Iterable[str]) -> list[bool]:
        """Return which labels are none."""


class KnowsPeople(Protocol):
    """What knows which person an identifier is."""

    def prepared(self, array: Any) -> Any:
        """Return the identifiers of a column made alike."""

    def persons(self, users: Hashes, times: Ints) -> Hashes:
        """Return the person of each hash of an identifier, at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """The columns of one table, by the part they play; what `decode` needs to know of a log.

    Attributes
    ----------
    table
        ``"touches"`` or ``"conversions"``.
    user, time
        Column names.
    users
        ``"integer"``, ``"string"`` or ``"binary"``: what the ids of both tables are hashed as.
    both_signs
        Whether some ids are unsigned 64-bit integers and others signed: no id may then exceed what is signed,
        for it would share its 64 bits with a negative one.
    time_unit
        What integer times count, or None.
    channel
        The column of the channel, or the columns that channel grouping makes it of; empty for
        conversions.
    sequence, conversion, value, goal, order
        Column names or None. `conversion` marks the conversions of a log in one table.
    conversion_is_touch
        Whether rows that `conversion` marks are touches too.
    dims
        (dimension, column) of the touches' dimensions.
    conversion_dims
        (dimension, column) of the conversions' dimensions.
    missing_value
        What a missing value counts as, or None if it may not be missing.
    grouped
        Whether channels are made by rules one of which takes an empty text, as which a null channel counts.
    spare_user
        Another column of user ids, ``""`` where there is none.
    leave_out
        Tells which channel labels are no touch; None where all are.
    people
        Turns identifiers into persons; None where each is one.
    """

    table: str
    user: str
    time: str
    users: str = "string"
    both_signs: bool = False
    time_unit: str | None = None
    channel: tuple[str, ...] = ()
    sequence: str | None = None
    conversion: str | None = None
    conversion_is_touch: bool = True
    value: str | None = None
    goal: str | None = None
    order: str | None = None
    dims: tuple[tuple[str, str], ...] = ()
    conversion_dims: tuple[tuple[str, str], ...] = ()
    missing_value: float | None = None
    grouped: bool = False
    spare_user: str = ""
    leave_out: LeavesOut | None = None
    people: KnowsPeople | None = None

    @property
    def touch_columns(self) -> tuple[str, ...]:
        """The columns that touches need, each once."""
        flag = () if self.conversion_is_touch else (self.conversion,)
        return _distinct(self.user, self.time, *self.channel, self.sequence, *flag, *dict(self.dims).values())

    @property
    def conversion_columns(self) -> tuple[str, ...]:
        """The columns that conversions need, each once."""
        own = (self.conversion, self.value, self.goal, self.order)
        return _distinct(self.user, self.time, *own, *dict(self.conversion_dims).values())

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are needed, each once."""
        conversions = self.conversion_columns if self.holds_conversions else ()
        touches = self.touch_columns if self.holds_touches else ()
        return _distinct(*touches, *conversions)

    @property
    def labels(self) -> tuple[str, ...]:
        """Those of the columns that hold few distinct texts."""
        own = (*self.channel, self.goal, *dict(self.dims).values(), *dict(self.conversion_dims).values())
        return tuple(name for name in _distinct(*own) if name not in (self.user, self.time, self.order))

    @property
    def holds_touches(self) -> bool:
        """Whether the table has touches."""
        return bool(self.channel)

    @property
    def holds_conversions(self) -> bool:
        """Whether the table has conversions."""
        return self.table == "conversions" or self.conversion is not None


def _distinct(*names: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name is not None))
