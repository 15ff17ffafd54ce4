"""Where costs come from: a mapping, a file, or any table that speaks Arrow."""

from __future__ import annotations

import csv as csv_module
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

from attribution._typing import ArrowStream
from attribution.errors import CreditError

Spend = Mapping[str, float] | str | os.PathLike[str] | ArrowStream

_TABLE = 'pandas.DataFrame({"channel": [...], "cost": [...]})'


def open_spend(spend: Any, text_columns: Callable[[Sequence[str]], Collection[str]]) -> tuple[Any, list[str]]:
    """Return the costs as a pyarrow Table, and what its reader has to know of how they were read.

    Parameters
    ----------
    spend
        A mapping ``{channel: cost}`` or ``{column: values}``, a path, or an object with
        ``__arrow_c_stream__``.
    text_columns
        Tells which columns of a CSV file stay text, so that campaign ``"007"`` is not campaign 7.

    Raises
    ------
    CreditError
        If it is none of them, or cannot be read.
    """
    import pyarrow as pa

    if isinstance(spend, str | os.PathLike):
        return _read_file(Path(spend), text_columns)
    if not isinstance(spend, Mapping) and not hasattr(spend, "__arrow_c_stream__"):
        msg = f"the spend is a {type(spend).__name__}, which is no table"
        hint = "spend.collect()" if hasattr(spend, "collect") else f'{{"email": 100.0}} or {_TABLE}'
        raise CreditError(msg, hint=hint)
    try:
        table = _from_mapping(spend) if isinstance(spend, Mapping) else pa.table(spend)
    except CreditError:
        raise
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        msg = f"the spend cannot be read as a table: {first_line(error)}"
        raise CreditError(msg, hint=_TABLE) from error
    # pandas hands over an index that is no plain range, such as after a filter, as a column.
    index = [name for name in table.column_names if re.fullmatch(r"__index_level_\d+__", name)]
    return table.drop_columns(index), []


def reading_line(spend: object) -> str | None:
    """Return the line that makes a frame of a file or a mapping, for a fix to follow; None for a table."""
    if isinstance(spend, Mapping):
        if _has_columns(spend):
            return "spend = pandas.DataFrame(spend)"
        return 'spend = pandas.DataFrame({"channel": list(spend), "cost": list(spend.values())})'
    if not isinstance(spend, str | os.PathLike):
        return None
    path = Path(spend)
    from attribution.credit.spend_file import DELIMITED, pandas_line

    if path.suffix.lower() in DELIMITED:
        return f"spend = {pandas_line(path)}"
    reader = "read_feather" if path.suffix.lower() in {".arrow", ".feather", ".ipc"} else "read_parquet"
    return f"spend = pandas.{reader}({str(path)!r})"


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def decoded(column: Any) -> Any:
    """Return a chunked column with plain values in place of a dictionary's codes."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column
    kind = column.type.value_type
    kind = pa.string() if is_text(kind) else kind  # a view of text, as polars has it, cannot be taken from
    chunks = [chunk.dictionary.cast(kind).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, kind)


def is_text(kind: Any) -> bool:
    """Return whether values of an Arrow type are text."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or str(kind) == "string_view")


def _read_file(path: Path, text_columns: Callable[[Sequence[str]], Collection[str]]) -> tuple[Any, list[str]]:
    import pyarrow as pa

    from attribution.credit.spend_file import DELIMITED, read_delimited

    kind = path.suffix.lower()
    try:
        if kind in DELIMITED:
            return read_delimited(path, text_columns)
        if kind in {".arrow", ".feather", ".ipc"}:
            from pyarrow import feather

            table = feather.read_table(path, memory_map=False)
            table.validate(full=True)  # the format has no checksums, and damage would crash the process
            return table, []
        from pyarrow import parquet

        with parquet.ParquetFile(path) as file:
            return file.read(), []
    except CreditError:
        raise
    except (OSError, pa.ArrowException, ValueError, csv_module.Error) as error:
        msg = f"the spend file {str(path)!r} cannot be read: {first_line(error)}"
        hint = (
            "a Parquet, CSV (.csv, .tsv) or Arrow (.arrow, .feather) file with the columns channel and cost"
        )
        raise CreditError(msg, hint=hint) from error


def _has_columns(spend: Mapping[Any, Any]) -> bool:
    """Return whether a mapping is one of columns, and not of a cost for each channel."""
    columns = (hasattr(entry, "__len__") and not isinstance(entry, str) for entry in spend.values())
    return bool(spend) and all(columns)


def _from_mapping(spend: Mapping[Any, Any]) -> Any:
    import pyarrow as pa

    if _has_columns(spend):
        return pa.table(dict(spend))
    for channel, cost in spend.items():
        number = isinstance(cost, Real | Decimal) and not isinstance(cost, bool)
        if not isinstance(channel, str) or not (number or cost is None):
            msg = f"a mapping of spend has a cost for every channel, not {channel!r}: {cost!r}"
            raise CreditError(msg, column=str(channel), hint='{"email": 100.0, "paid search": 2500.0}')
    costs = [None if cost is None else float(cost) for cost in spend.values()]
    return pa.table({"channel": pa.array(list(spend), pa.string()), "cost": pa.array(costs, pa.float64())})
