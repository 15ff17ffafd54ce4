"""Where costs come from: a mapping of channels, or any table that the log's door takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from numbers import Real
from typing import Any

from attribution._typing import ArrowStream
from attribution.credit.spend_file import pandas_lines, read_files, repeated, whole_table
from attribution.errors import CreditError, LogError, raised_as
from attribution.tables.files import FilesSource
from attribution.tables.sources import open_source
from attribution.tables.unreadable import first_line

Spend = Mapping[str, float] | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | ArrowStream


def open_spend(spend: Any, text_columns: Callable[[Sequence[str]], Collection[str]]) -> tuple[Any, list[str]]:
    """Return the costs as a pyarrow Table, and what its reader has to know of how they were read.

    Parameters
    ----------
    spend
        A mapping ``{channel: cost}``, or a table in any form that `attribution.read_log` takes one.
    text_columns
        Tells which columns of a CSV file stay text, so that campaign ``"007"`` is not campaign 7.

    Raises
    ------
    CreditError
        If it is none of them, or cannot be read.
    """
    if isinstance(spend, Mapping) and not _has_columns(spend):
        return _of_channels(spend), []
    if isinstance(spend, Real):
        msg = f"the spend is a {type(spend).__name__}, which is neither a path nor a table"
        raise CreditError(msg, hint='{"email": 100.0}, "spend.csv", or a table of channel and cost')
    with raised_as(CreditError):
        source = open_source(spend, "spend")
        if isinstance(source, FilesSource):
            return read_files(source, text_columns)
        for name in sorted(source.repeated):
            raise repeated(name)
        return whole_table(source.batches(list(source.columns)), source.columns), []


def reading_line(spend: object) -> str | None:
    """Return the line that makes a frame of files or a mapping, for a fix to follow; None for a table."""
    if isinstance(spend, Mapping):
        if _has_columns(spend):
            return "spend = pandas.DataFrame(spend)"
        return 'spend = pandas.DataFrame({"channel": list(spend), "cost": list(spend.values())})'
    with suppress(LogError):
        source = open_source(spend, "spend")
        return pandas_lines(source) if isinstance(source, FilesSource) else None
    return None


def _has_columns(spend: Mapping[Any, Any]) -> bool:
    """Return whether a mapping is one of columns, and not of a cost for each channel."""
    columns = (hasattr(entry, "__len__") and not isinstance(entry, str) for entry in spend.values())
    return bool(spend) and all(columns)


def _of_channels(spend: Mapping[Any, Any]) -> Any:
    import pyarrow as pa

    for channel, cost in spend.items():
        number = isinstance(cost, Real | Decimal) and not isinstance(cost, bool)
        if not isinstance(channel, str) or not (number or cost is None):
            msg = f"a mapping of spend has a cost for every channel, not {channel!r}: {cost!r}"
            raise CreditError(msg, column=str(channel), hint='{"email": 100.0, "paid search": 2500.0}')
    try:
        costs = [None if cost is None else float(cost) for cost in spend.values()]
        return pa.table(
            {"channel": pa.array(list(spend), pa.string()), "cost": pa.array(costs, pa.float64())}
        )
    except OverflowError as error:
        msg = f"a cost is too large: {first_line(error)}"
        hint = 'pandas.DataFrame({"channel": [...], "cost": [...]}), in the unit of the log\'s values'
        raise CreditError(msg, column="cost", hint=hint) from error
    except UnicodeEncodeError as error:
        msg = f"the name of a channel is no text: {first_line(error)}"
        raise CreditError(msg, column="channel") from error
