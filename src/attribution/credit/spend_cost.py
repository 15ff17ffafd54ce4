"""Amounts of a table of costs: numbers, or text whose only right reading is told."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category

import numpy as np

from attribution._typing import Floats
from attribution.credit.spend_columns import is_micros
from attribution.errors import CreditError
from attribution.tables.amounts import PLAIN, UNDECIDED, WITH_COMMA, WITH_POINT, bare, may_be_thousands
from attribution.tables.kinds import is_text

_AMOUNT = re.compile(r"[+-]?(?P<before>[^\d.,+-]*)[+-]?\d[\d.,]*(?P<after>[^\d.,+-]*)")


def read_cost(column: Any, name: str) -> Floats:
    """Return costs as float64, checked.

    Parameters
    ----------
    column
        A pyarrow array.
    name
        What the table calls it.

    Raises
    ------
    CreditError
        If they are no numbers, or one is missing, infinite or negative.
    """
    import pyarrow as pa

    if not len(column):
        return np.zeros(0)
    kind = column.type
    if is_text(kind):
        raise _costs_are_text(column, name)
    numeric = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)
    if not any(is_numeric(kind) for is_numeric in numeric):
        msg = f"costs are {kind}, not numbers"
        flags = pa.types.is_boolean(kind)
        hint = f'spend["{name}"] = spend["{name}"].astype(float)' if flags else "give one number a row"
        raise CreditError(msg, column=name, hint=hint)
    cost = np.array(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    for what, wrong, hint in (
        (
            "missing",
            np.isnan(cost),
            f'spend["{name}"] = spend["{name}"].fillna(0)  # if nothing was spent there',
        ),
        ("infinite", np.isinf(cost), "give the amount that was spent"),
        ("negative", cost < 0, "net a refund against the cost that it belongs to"),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            msg = f"a cost is {what}" + (f": {cost[rows[0]]:,.15g}" if what == "negative" else "")
            why = "ROAS, ROI and CPA would be wrong"
            raise CreditError(msg, column=name, rows=rows.tolist(), why=why, hint=hint)
    with np.errstate(over="ignore"):
        total = cost.sum()
    if not np.isfinite(total):
        msg = f"the costs, up to {cost.max():g}, add up to more than a float can hold"
        raise CreditError(msg, column=name, hint="write them in the unit of the log's values")
    return cost / 1e6 if is_micros(name) else cost


def _costs_are_text(column: Any, name: str) -> CreditError:
    import pyarrow.compute as pc

    number = pc.match_substring_regex(column, rf"^{PLAIN}$")
    rows = np.flatnonzero(~np.asarray(number.fill_null(True).to_numpy(), dtype=np.bool_)).tolist()
    undecided = may_be_thousands(column.to_pylist())
    if undecided:
        rows = np.flatnonzero([bool(UNDECIDED.fullmatch(bare(cell))) for cell in column.to_pylist()]).tolist()
    example = f", such as {str(column[rows[0]].as_py())[:40]!r}" if rows else ""
    return CreditError(
        f"costs are text, not numbers{example}",
        column=name,
        rows=rows,
        hint=_as_numbers(column, name, bool(rows), undecided),
    )


def _as_numbers(column: Any, name: str, odd: bool, undecided: bool) -> str:
    """Return the line that makes numbers of text, or says what has to be decided first."""
    if not odd:
        return f'spend["{name}"] = pandas.to_numeric(spend["{name}"])'
    cells = [bare(cell) for cell in column.drop_null().unique().to_pylist()]
    cells = [cell for cell in cells if cell]
    signs = {sign for cell in cells if (sign := _sign(cell))}
    if len(signs) > 1:
        return f"give all costs in one currency: there are {', '.join(sorted(signs))}"
    taken, note = r"[\s']", ""
    if signs:
        cells = [cell.replace(_sign(cell), "") for cell in cells]
        undecided = may_be_thousands(cells)
        taken, note = r"[^\d.,+-]", "" if undecided else "  # without currency signs"
    text = f'spend["{name}"].str.replace(r"{taken}", "", regex=True)'
    point = f'{text}.str.replace(",", "")'
    comma = f'{text}.str.replace(".", "").str.replace(",", ".")'
    with_point, with_comma = (
        [bool(kind.fullmatch(cell)) for cell in cells] for kind in (WITH_POINT, WITH_COMMA)
    )
    nothing = '.replace({"": "0", "-": "0", "--": "0"})'
    first = f'spend["{name}"] = pandas.to_numeric(%s{nothing}){note}'
    if undecided:
        example = next(cell for cell in cells if UNDECIDED.fullmatch(cell))
        large, small = (point, comma) if "," in example else (comma, point)
        return f"if {example} is more than a thousand: {first % large}; if it is a little: {first % small}"
    if all(with_point):
        return first % point
    if all(with_comma):
        return first % comma
    return "write numbers with a decimal point, without currency signs, words or thousands separators"


def _sign(cell: str) -> str:
    """Return the currency of an amount: a sign or three capital letters; "" where it is neither."""
    found = _AMOUNT.fullmatch(cell)
    sign = "" if found is None else found["before"] + found["after"]
    known = re.fullmatch(r"[A-Z]{3}", sign) or (len(sign) == 1 and category(sign) == "Sc")
    return sign if known else ""
