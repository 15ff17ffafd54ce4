"""read_spend: a report of costs as an ad platform hands it out, by channel, day and campaign."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attribution._checks import one_of
from attribution._display import Display
from attribution.credit.spend_columns import (
    Calendars,
    base,
    calendar_columns,
    channel_column,
    cost_columns,
    currency_column,
    dimension_column,
    one_cost_column,
)
from attribution.credit.spend_cost import read_cost
from attribution.credit.spend_file import repeated
from attribution.credit.spend_source import Spend, open_spend
from attribution.credit.spend_table import currency_of, without_totals
from attribution.errors import FEWER_COLUMNS, CreditError, enough_memory
from attribution.language.sentence import Sentence
from attribution.tables.amounts import amounts, may_be_thousands
from attribution.tables.arrays import decoded
from attribution.tables.kinds import is_text
from attribution.tables.unreadable import first_line

if TYPE_CHECKING:
    import pandas as pd

_SIGN = re.compile(r"^\s*([^\d\s.,+-]{1,4})?\s*([+-]?[\d.,'\s\u00a0\u202f]*\d)\s*([^\d\s.,+-]{1,4})?\s*$")
_PERIODS = {"week": "week", "week_end": "week ending", "month": "month"}  # else days
_MONTH_FIRST = ("linkedin", "microsoft")  # how these write dates, wherever their user is


@dataclass(frozen=True)
class Platform:
    """What tells the report of a platform by its columns, and the channel that its money goes to."""

    marks: tuple[str, ...]
    channel: str


PLATFORMS: Mapping[str, Platform] = {
    "meta": Platform(
        ("amountspent", "montantdépensé", "ausgegebenerbetrag", "importegastado"), "paid_social"
    ),
    "linkedin": Platform(("totalspent",), "paid_social"),
    "microsoft": Platform(("gregoriandate", "timeperiod"), "paid_search"),
    "google_ads": Platform(
        ("currencycode", "codedeladevise", "währungscode", "códigodemoneda", "costmicros"), "paid_search"
    ),
}
_KINDS = {  # Google's campaign types
    "search": "paid_search", "display": "display", "video": "video", "shopping": "paid_shopping",
    "performance max": "cross_network", "demand gen": "cross_network", "app": "paid_other",
}  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class SpendReport(Display):
    """Costs as a platform reports them, in one form: what `Credit.with_spend` takes.

    Attributes
    ----------
    platform
        ``"google_ads"``, ``"meta"``, ``"microsoft"``, ``"linkedin"``, or ``""`` for another table.
    table : pyarrow.Table
        Columns ``channel``, ``date`` (a day, where the report is by day), ``campaign``, ``cost`` and
        ``currency``, as far as the report has them; one row for each day and campaign.
    notes
        How the file was read, and what was left out.
    """

    platform: str
    table: pa.Table
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """All costs together."""
        return float(pc.sum(self.table.column("cost")).as_py() or 0.0)

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a pandas DataFrame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the table out as an Arrow stream."""
        return self.table.__arrow_c_stream__(requested_schema)

    def _title(self) -> str:
        return f"Spend by {self.platform or 'table'}: {self.table.num_rows:,} rows, {self.total:,.2f} in all"

    def _notes(self) -> tuple[str, ...]:
        return self.notes


@enough_memory(FEWER_COLUMNS)
def read_spend(spend: Spend, platform: str | None = None, *, channel: str | None = None) -> SpendReport:
    """Read a report of costs as an ad platform hands it out.

    Parameters
    ----------
    spend
        The file as it was downloaded (any encoding, separator and lines before the table), or a table in
        memory.
    platform
        ``"google_ads"``, ``"meta"``, ``"microsoft"`` or ``"linkedin"``; None finds it out by the columns.
    channel
        The channel of all of its costs. None: the report's own column, else by Google's campaign type, else
        the usual channel of the platform (paid search for Google and Microsoft, paid social for Meta and
        LinkedIn).

    Returns
    -------
    SpendReport
        What `Credit.with_spend` takes; its notes say how the file was read.

    Raises
    ------
    CreditError
        If no column holds costs, if amounts or dates may be read in two ways, if the costs are of a range of
        days where days are wanted, or if nothing says which channel they are of.

    Examples
    --------
    >>> import attribution as at
    >>> report = {"Day": ["2026-09-01", "2026-09-02", "Total: Account"], "Campaign": ["Brand", "Brand", "--"],
    ...           "Currency code": ["EUR"] * 3, "Cost": ["1,172.45", "165.10", "1,337.55"]}
    >>> spend = at.read_spend(report)
    >>> spend.platform, round(spend.total, 2), spend.table.column("channel")[0].as_py()
    ('google_ads', 1337.55, 'paid_search')
    """
    if platform is not None:
        one_of(platform, "platform", PLATFORMS, error=CreditError)
    table, notes = open_spend(spend, _as_text)
    columns = list(table.column_names)
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        raise repeated(name)
    cost = one_cost_column(columns)
    if cost is None:
        shown = ", ".join(map(repr, columns[:20]))
        msg = f"no column of the report is known to hold costs; it has {shown or 'none'}"
        raise CreditError(msg, column="cost", hint='spend = spend.rename(columns={"...": "cost"})')
    found = _platform_of(columns)
    if platform is not None and found not in ("", platform):
        msg = f"platform={platform!r} was given, but the columns are those of {found}"
        raise CreditError(msg, column="platform", hint=f"platform={found!r}")
    found = platform or found
    when = calendar_columns(columns)
    own = channel_column(columns)
    told: list[str] = []
    if own is None:
        channels, told = _channels(table, columns, found, channel)
        own, table = "channel", table.append_column("channel", channels)
    elif channel is not None:
        msg = f"channel={channel!r} was given, but the report has a column {own!r}"
        raise CreditError(msg, column="channel", hint="channel=None")
    table, notes = without_totals(table, {"channel": own, "cost": cost}, when, notes)
    money, signs = _costs(decoded(table.column(cost)), cost)
    parts: dict[str, Any] = {"channel": pc.cast(decoded(table.column(own)), pa.string())}
    if when is not None:
        parts[_PERIODS.get(when.kind, "date")] = _days(table, when, found)
    campaign = dimension_column("campaign", columns)
    if campaign is not None:
        parts["campaign"] = pc.cast(decoded(table.column(campaign)), pa.string())
    parts["currency"] = _currency(table, cost, signs)
    kept = {
        name: column for name, column in parts.items() if column.null_count < len(column) or not len(column)
    }
    summed = (
        pa.table({**kept, "cost": money}).group_by(list(kept), use_threads=False).aggregate([("cost", "sum")])
    )
    names = [("cost" if name == "cost_sum" else name) for name in summed.column_names]
    if summed.num_rows < table.num_rows:
        notes.append(Sentence("spend.summed", n=table.num_rows, rows=summed.num_rows))
    return SpendReport(found, summed.rename_columns(names), (*notes, *told))


def _as_text(header: Sequence[str]) -> list[str]:
    """Return which columns of a text file stay text: those that are read."""
    when = calendar_columns(header)
    found = [channel_column(header), currency_column(header), dimension_column("campaign", header)]
    found += [*cost_columns(header), *(() if when is None else when.columns)]
    found += [name for name in header if base(name) == "campaigntype"]
    return [name for name in found if name is not None]


def _platform_of(columns: Sequence[str]) -> str:
    found = {base(name) for name in columns}
    return next((name for name, kind in PLATFORMS.items() if found & set(kind.marks)), "")


def _channels(
    table: Any, columns: Sequence[str], platform: str, channel: str | None
) -> tuple[Any, list[str]]:
    """Return the channel of each row of a report without such a column, and what there is to say of it."""
    if channel is not None:
        return pa.array([channel] * table.num_rows, pa.string()), []
    if not platform:
        msg = "nothing says which channel these costs are of"
        raise CreditError(msg, column="channel", hint='channel="paid_search"')
    usual = PLATFORMS[platform].channel
    kinds = next((name for name in columns if base(name) == "campaigntype"), None)
    if kinds is None:
        return pa.array([usual] * table.num_rows, pa.string()), [
            Sentence("spend.usual_channel", channel=usual)
        ]
    words = pc.utf8_lower(pc.cast(decoded(table.column(kinds)), pa.string())).to_pylist()
    return pa.array([_KINDS.get(word or "", usual) for word in words], pa.string()), []


def _costs(column: Any, name: str) -> tuple[Any, list[str]]:
    """Return the costs as numbers, and the currency signs that stand in them."""
    if not is_text(column.type):
        return pa.array(read_cost(column, name)), []
    cells = [None if cell is None else str(cell) for cell in column.to_pylist()]
    split = [_SIGN.match(cell or "") for cell in cells]
    signs = sorted({sign for match in split if match for sign in (match[1], match[3]) if sign})
    bare = [
        match[2] if match and (match[1] or match[3]) else cell
        for match, cell in zip(split, cells, strict=True)
    ]
    if may_be_thousands(bare):
        example = next(cell for cell in bare if cell and ("," in cell or "." in cell))
        msg = f"nothing tells whether {example!r} is more than a thousand"
        hint = f'spend[{name!r}] = spend[{name!r}].str.replace(",", "").astype(float)  # if it is'
        raise CreditError(msg, column=name, hint=hint)
    found = amounts(pa.array(bare, pa.string()))
    bad = np.flatnonzero(np.isnan(found))
    if len(bad):
        msg = f"{len(bad):,} costs are no numbers, such as {cells[int(bad[0])]!r}"
        raise CreditError(
            msg, column=name, rows=bad.tolist(), count=len(bad), why="their money would be missing"
        )
    return pa.array(read_cost(pa.array(found), name)), signs


def _days(table: Any, when: Calendars, platform: str) -> Any:
    """Return the day of each row as a date."""
    name = when.columns[0]
    column = decoded(table.column(name))
    if when.kind == "flight":
        last = decoded(table.column(when.columns[1]))
        if not pc.all(pc.fill_null(pc.equal(column, last), fill_value=True)).as_py():
            msg = f"the costs are of ranges of days, from {name!r} to {when.columns[1]!r}"
            why = "which of them are of the days of a credit nobody can tell; a report by day does"
            raise CreditError(msg, column=name, why=why)
    elif when.kind != "day":
        return pc.cast(column, pa.string())  # a week or month, which `with_spend` reads
    if not is_text(column.type):
        if not pa.types.is_temporal(column.type):
            msg = f"the days are {column.type}, neither dates nor text"
            raise CreditError(msg, column=name)
        return pc.cast(column, pa.date32(), safe=False)
    texts = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    written = _iso(texts, name, platform)
    shaped = pc.fill_null(pc.match_substring_regex(written, r"^\d{4}-[01]\d-[0-3]\d$"), fill_value=True)
    bad = np.flatnonzero(~np.asarray(shaped))
    if len(bad):
        msg = f"{len(bad):,} days are no dates, such as {texts[int(bad[0])].as_py()!r}"
        raise CreditError(msg, column=name, rows=bad.tolist(), count=len(bad))
    try:
        return pc.cast(written, pa.date32())
    except pa.ArrowException as error:  # such as 2026-02-30
        msg = f"a day is no date ({first_line(error)})"
        raise CreditError(msg, column=name) from error


def _iso(texts: Any, name: str, platform: str) -> Any:
    """Return dates as 2026-09-01, whichever way round they are written."""
    parts = pc.extract_regex(texts, r"^(?P<a>\d{1,2})[/.](?P<b>\d{1,2})[/.](?P<y>\d{4})")
    other = pc.is_valid(parts)
    if not pc.any(other).as_py():
        return pc.utf8_slice_codeunits(texts, 0, 10)
    a, b = (pc.cast(pc.struct_field(parts, field), pa.int32()) for field in ("a", "b"))
    dotted = pc.all(pc.fill_null(pc.match_substring(texts.filter(other), "."), fill_value=False)).as_py()
    late_a, late_b = (bool(pc.any(pc.greater(part, 12)).as_py()) for part in (a, b))
    day_first = bool(dotted) or late_a
    if not day_first and not late_b and platform not in _MONTH_FIRST:
        example = texts.filter(other)[0].as_py()
        msg = f"nothing tells whether the day or the month stands first in dates such as {example!r}"
        hint = f"spend[{name!r}] = pandas.to_datetime(spend[{name!r}], dayfirst=True).astype(str)  # or False"
        raise CreditError(msg, column=name, hint=hint)
    if late_a and late_b:
        msg = f"some dates in {name!r} have the day first and some the month"
        raise CreditError(msg, column=name, why="the others could be read in two ways")
    month, day = (b, a) if day_first else (a, b)
    padded = [pc.utf8_lpad(pc.cast(part, pa.string()), 2, "0") for part in (month, day)]
    written = pc.binary_join_element_wise(pc.struct_field(parts, "y"), *padded, "-")
    return pc.if_else(other, written, pc.utf8_slice_codeunits(texts, 0, 10))


def _currency(table: Any, cost: str, signs: Sequence[str]) -> Any:
    """Return the currency of each row: of its column, the heading of the costs, or the sign in them."""
    named = currency_column(table.column_names)
    one, each = currency_of(table, {"cost": cost} | ({} if named is None else {"currency": named}))
    if each is not None:
        return pa.array(each.tolist(), pa.string())
    if not one and len(signs) > 1:
        msg = f"the costs are in several currencies: {', '.join(signs)}"
        raise CreditError(msg, column=cost, why="they cannot be added up")
    return pa.array([one or (signs[0] if signs else None)] * table.num_rows, pa.string())
