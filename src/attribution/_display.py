"""One mixin: a text and an HTML form for every result, made from its `to_frame`."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attribution.language.numbers import PLAIN

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 60


class Display:
    """Give a result `__repr__` and `_repr_html_`, from its title and its `to_frame`.

    A subclass defines `to_frame` and, where it likes, `_title` (one line above the table), `_notes`
    (sentences below it), `_shown` (the table where people shall see another than `to_frame`), `_formats`
    (how to write the cells of a column), or `_repr_text` (the whole text form).
    """

    __slots__ = ()

    if not TYPE_CHECKING:  # a type checker knows the attributes that there are

        def __getattr__(self, name: str) -> Any:
            """Say of a name that was what it is called now."""
            from attribution._migration import removed_name

            told = removed_name(type(self).__name__, name)
            if told is not None:
                raise told
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)

    def to_frame(self) -> pd.DataFrame:
        """Return the result as a pandas DataFrame."""
        msg = f"{type(self).__name__} has no table form"
        raise TypeError(msg)

    def _title(self) -> str:
        return ""

    def _notes(self) -> tuple[str, ...]:
        return ()

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        del wide  # whether there is room for all columns, as in a page that scrolls sideways
        return self.to_frame()

    def _formats(self) -> Mapping[str, Callable[[Any], str]]:
        return {}

    def _repr_text(self) -> str:
        frame = self._shown(wide=False)
        body = format_frame(frame.head(MAX_ROWS), self._formats()).to_string(index=False)
        more = len(frame) - MAX_ROWS
        tail = [f"... {more:,} more rows; .to_frame() has all of them"] if more > 0 else []
        title = self._title()
        return "\n".join(([title] if title else []) + [body, *tail, *self._notes()])

    def __repr__(self) -> str:
        """Return the text form."""
        return self._repr_text()

    __str__ = __repr__

    def _repr_html_(self) -> str:
        frame = self._shown(wide=True)
        more = len(frame) - MAX_ROWS
        tail = (
            f"<p>&hellip; {more:,} more rows; <code>.to_frame()</code> has them all</p>" if more > 0 else ""
        )
        title = self._title()
        heading = f"<p><strong>{html.escape(title)}</strong></p>" if title else ""
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        return heading + table_html(frame.head(MAX_ROWS), self._formats()) + tail + notes


def format_number(value: Any, *, decimals: int | None = None) -> str:
    """Format one cell for people: thousands separated, four significant digits below a thousand.

    Examples
    --------
    >>> format_number(1234567.891), format_number(0.123456), format_number(float("nan")), format_number(3)
    ('1,234,568', '0.1235', '', '3')
    """
    return PLAIN.figure(value, decimals)


def format_frame(
    frame: pd.DataFrame, formats: Mapping[str, Callable[[Any], str]] | None = None
) -> pd.DataFrame:
    """Return `frame` with every cell as text fit for reading.

    `formats` gives, for columns by name, how to write a number; missing ones stay empty.
    """
    formats = formats or {}
    shown = frame.map(_cell)
    for name in shown.columns.intersection(list(formats)):
        present = frame[name].notna()
        shown.loc[present, name] = [formats[name](value) for value in frame.loc[present, name]]
    return shown


def _cell(value: Any) -> str:
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if type(value).__name__ in {"NAType", "NaTType"}:
        return ""
    return format_number(value)


def table_html(frame: pd.DataFrame, formats: Mapping[str, Callable[[Any], str]] | None = None) -> str:
    """Return an HTML table of `frame`, every cell escaped, scrolling sideways when it is wide."""
    shown = format_frame(frame, formats)
    # Notebooks align every cell to the right unless told otherwise.
    sides = ["right" if getattr(kind, "kind", "O") in "iufc" else "left" for kind in frame.dtypes]
    head = "".join(
        f'<th scope="col" style="text-align:{side}">{html.escape(str(name))}</th>'
        for side, name in zip(sides, shown.columns, strict=True)
    )
    lines = []
    for row in shown.itertuples(index=False):
        cells = "".join(
            f'<td style="text-align:{side}">{html.escape(cell)}</td>'
            for side, cell in zip(sides, row, strict=True)
        )
        lines.append(f"<tr>{cells}</tr>")
    return (
        '<div style="overflow-x:auto"><table><thead><tr>'
        f"{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
