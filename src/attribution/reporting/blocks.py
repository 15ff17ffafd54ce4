"""What a report is made of: sections of sentences, facts, tables and figures, before any markup."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from attribution.language.catalogue import Language
from attribution.reporting.formats import Style, clean, fit, shorten

if TYPE_CHECKING:
    import pandas as pd

# Letters: of a line on a phone, the most and the least of a cell of text, between two columns.
_PHONE, _LONGEST, _LEAST, _BETWEEN = 37, 30, 17, 2
_SHEET, _FIRST = 100, 26  # letters: of a line on paper, in tables; of a word in the first column


@dataclass(frozen=True)
class Text:
    """Paragraphs.

    Attributes
    ----------
    paragraphs
        Plain text.
    tone
        ``"plain"``, ``"note"`` (aside) or ``"warning"``.
    lang
        The language, where it is not that of the page.
    """

    paragraphs: tuple[str, ...]
    tone: str = "plain"
    lang: str = ""


@dataclass(frozen=True)
class Points:
    """A list of sentences, each with an optional lead-in; `lang` is that of the sentences, as in `Text`."""

    items: tuple[tuple[str, str], ...]
    lang: str = ""


@dataclass(frozen=True)
class Fact:
    """One number that stands for itself."""

    label: str
    text: str
    exact: float
    detail: str = ""


@dataclass(frozen=True)
class Facts:
    """A row of facts."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Figure:
    """A drawing, which is made when the page is.

    Attributes
    ----------
    title
        Above it.
    draw
        Returns the SVG element, for a narrow screen if True.
    alt
        What it shows, in words.
    note
        Below it.
    width
        Inches of the wide one.
    """

    title: str
    draw: Callable[[bool], str]
    alt: str
    note: str = ""
    width: float = 4.6


@dataclass(frozen=True)
class Column:
    """A column of a table: its name in the frame, its heading, and how it is written."""

    key: str
    title: str
    style: Style
    bar: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell, ready to be marked up: text, the exact number behind it, its bar's length, its language."""

    text: str
    exact: str = ""
    bar: float | None = None
    numeric: bool = False
    lang: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """A table: a frame with the style of each of its columns.

    Attributes
    ----------
    name
        Stable identifier, by which `Report.tables` returns the frame.
    caption
        What the table shows, one sentence.
    frame
        The numbers, unrounded.
    columns
        Which columns are shown, in order; the first one names the row.
    marks
        One word a row: ``""``, ``"aside"`` (unattributed), ``"total"``, ``"failed"``.
    note
        A sentence below the table.
    folded
        Whether the table starts closed, to be opened by the reader.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    marks: tuple[str, ...] = ()
    note: str = ""
    folded: bool = False

    @property
    def wide(self) -> bool:
        """Whether the table is wider than the screen of a phone, as its letters tell."""
        return sum(self._letters()) > _PHONE

    @property
    def first_width(self) -> int:
        """How many letters the longest word of the first column has, which is not broken on paper."""
        names = [cells[0].text for _, cells in self.rows()]
        return min(max((len(word) for name in names for word in name.split()), default=0), _FIRST) + 1

    def parts(self) -> list[list[int]]:
        """Return the columns in parts that a sheet has room for, the first column in each.

        One part is the rule; a table of many columns is printed as several of about the same width.
        """
        first, *rest = self._letters()
        room = _SHEET - first
        n_parts = max(1, math.ceil(sum(rest) / room))
        fair = sum(rest) / n_parts
        parts: list[list[int]] = [[0]]
        used = 0.0
        for place, letters in enumerate(rest, start=1):
            full = used and (used + letters > room or (used + letters / 2 > fair and len(parts) < n_parts))
            if full:
                parts.append([0])
                used = 0.0
            parts[-1].append(place)
            used += letters
        return parts

    def _letters(self) -> list[int]:
        """Return how many letters wide each column is, with what stands between two."""
        rows = [cells for _, cells in self.rows()]
        found = []
        for place, column in enumerate(self.columns):
            longest = max((len(row[place].text) for row in rows), default=0)
            heading = max(map(len, column.title.split()), default=0)
            least = _LEAST if place and not column.style.numeric else 0
            found.append(max(min(longest, _LONGEST), heading, least) + _BETWEEN)
        return found

    def rows(self) -> list[tuple[str, list[Cell]]]:
        """Return each row's mark and cells."""
        marks = self.marks or ("",) * len(self.frame)
        cells = [_cells(column, self.frame[column.key].tolist()) for column in self.columns]
        return [(mark, list(row)) for mark, row in zip(marks, zip(*cells, strict=True), strict=True)]


def _cells(column: Column, values: Sequence[Any]) -> list[Cell]:
    """Return the cells of a column; a bar is as long as its part of the largest value."""
    numeric, lang = column.style.numeric, column.style.lang
    longest = max((abs(value) for value in values if value == value), default=0.0) if column.bar else 0.0
    cells = []
    for value, text in zip(values, column.style.write_all(values), strict=True):
        if not numeric or value is None or value != value:
            cells.append(Cell(text, numeric=numeric, lang=lang))
            continue
        length = max(0.0, min(1.0, float(value) / longest)) if longest > 0 else None
        cells.append(Cell(text, repr(float(value)), length, numeric=True))
    return cells


def spoken(words: Language, texts: Sequence[str], tone: str = "plain") -> list[Text]:
    """Return texts as paragraphs: those that the language can say, then any that stay in English."""
    said = tuple(clean(words.say(text)) for text in texts if words.speaks(text))
    rest = tuple(clean(text) for text in texts if not words.speaks(text))
    return [Text(part, tone, lang) for part, lang in ((said, ""), (rest, "en")) if part]


Block: TypeAlias = Text | Points | Facts | Figure | Table


@dataclass(frozen=True)
class Section:
    """A part of the report with a heading of its own; a folded one starts closed and stays off paper."""

    name: str
    title: str
    blocks: tuple[Block, ...] = field(default=())
    folded: bool = False


def make_table(
    words: Language,
    name: str,
    caption: str,
    frame: pd.DataFrame,
    kinds: dict[str, tuple[str, str]],
    *,
    bars: Sequence[str] = (),
    alike: Sequence[str] = (),
    currency: str = "",
    decimals: int | None = None,
    **options: Any,
) -> Table:
    """Return a table whose styles fit its numbers.

    Parameters
    ----------
    words
        The language of the report.
    name, caption, frame
        As in `Table`.
    kinds
        For each column to show: its heading and its kind (see `Style`).
    bars
        Columns whose cells get a bar.
    alike
        Columns that are written with the same number of decimals.
    currency, decimals
        For columns of money.
    options
        The other attributes of `Table`.
    """
    columns = []
    for key, (title, kind) in kinds.items():
        style = Style(kind, words=words)
        if style.numeric:
            numbers = frame[list(alike) if key in alike else [key]].to_numpy(dtype=float).ravel().tolist()
            style = fit(kind, numbers, currency=currency, decimals=decimals, words=words)
        columns.append(Column(key, shorten(clean(title), 40), style, key in bars))
    return Table(name, caption, frame, tuple(columns), **options)
