"""Read a report back: its tables, its drawings, what a browser would run or fetch."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr"}


@dataclass
class Page:
    """What an HTML page holds."""

    tables: dict[str, list[list[tuple[str, float | None]]]] = field(default_factory=dict)
    heads: dict[str, list[str]] = field(default_factory=dict)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    unclosed: list[str] = field(default_factory=list)

    def names(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[str] = []
        self.table: str | None = None
        self.cell: list[str] | None = None
        self.exact: float | None = None

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.page.tags.append((tag, values))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table" and "id" in values:  # the parts of a table that is split on paper have none
            self.table = str(values["id"]).removeprefix("table-")
            self.page.tables[self.table], self.page.heads[self.table] = [], []
        if tag == "tr" and self.table and "tbody" in self.open:
            self.page.tables[self.table].append([])
        if tag in {"td", "th"}:
            self.cell, self.exact = [], None
        if tag == "data" and self.cell is not None:
            self.exact = float(values["value"])

    def handle_startendtag(self, tag, attributes):
        self.page.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag in {"td", "th"} and self.table is not None:
            text = "".join(self.cell or [])
            if "tbody" in self.open:
                self.page.tables[self.table][-1].append((text, self.exact))
            else:
                self.page.heads[self.table].append(text)
            self.cell = None
        if tag == "table":
            self.table = None
        if not self.open or self.open.pop() != tag:
            self.page.unclosed.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.page.text += data
        if self.cell is not None:
            self.cell.append(data)


def read_page(text: str) -> Page:
    """Read a page; tags that do not match are kept in `unclosed`."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.page.unclosed += reader.open
    return reader.page
