"""A table of the report as text, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from attribution.reporting.blocks import Table

_GAP = "  "


def table_text(table: Table, width: int = 100) -> str:
    """Return a table as aligned text, its columns in several parts where they are wider than `width`.

    The first column, which names the row, stands in every part.

    Parameters
    ----------
    table
        What to write.
    width
        Characters in a line.
    """
    titles = [column.title for column in table.columns]
    lines = [titles, *([cell.text for cell in cells] for _, cells in table.rows())]
    columns = [list(column) for column in zip(*lines, strict=True)]
    padded = [
        _padded(column, left=not kind.style.numeric)
        for column, kind in zip(columns, table.columns, strict=True)
    ]
    parts = [
        "\n".join(_GAP.join(row).rstrip() for row in zip(*part, strict=True))
        for part in _parts(padded, width)
    ]
    return "\n\n".join([f"{table.caption}\n{parts[0]}", *parts[1:]])


def _padded(column: Sequence[str], *, left: bool) -> list[str]:
    longest = max(map(len, column))
    return [text.ljust(longest) if left else text.rjust(longest) for text in column]


def _parts(columns: Sequence[list[str]], width: int) -> list[list[list[str]]]:
    first, *rest = columns
    parts: list[list[list[str]]] = [[first]]
    room = width - len(first[0])
    for column in rest:
        needed = len(column[0]) + len(_GAP)
        if needed > room and len(parts[-1]) > 1:
            parts.append([first])
            room = width - len(first[0])
        parts[-1].append(column)
        room -= needed
    return parts
