"""A report as Markdown: headings, lists and pipe tables, with every name escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attribution.reporting.blocks import Block, Facts, Figure, Points, Section, Table, Text
from attribution.reporting.formats import one_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~>$^=-])")


def to_markdown(title: str, subtitle: str, sections: Iterable[Section]) -> str:
    """Return the whole report as Markdown."""
    parts = [f"# {escape(title)}"]
    if subtitle:
        parts.append(escape(subtitle))
    for section in sections:
        parts.append(f"## {escape(section.title)}")
        parts += [text for block in section.blocks if (text := _block(block))]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    r"""Return `text` so that no Markdown reader sees anything but text.

    Examples
    --------
    >>> print(escape("<b>a|b</b> [x](y)"))
    &lt;b&gt;a\|b&lt;/b&gt; \[x\]\(y\)
    """
    markup = text.replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", one_line(markup)).replace(r"\>", "&gt;")


def _plain(text: str) -> str:
    """Escape a sentence, which needs fewer backslashes than a name to stay readable."""
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def _block(block: Block) -> str:
    match block:
        case Text():
            lead = "> " if block.tone == "warning" else ""
            return "\n\n".join(lead + _plain(paragraph) for paragraph in block.paragraphs)
        case Points():
            return "\n".join(
                f"- {f'**{_plain(lead)}** ' if lead else ''}{_plain(text)}" for lead, text in block.items
            )
        case Facts():
            return "\n".join(
                f"- {_plain(fact.label)}: **{_plain(fact.text)}**"
                + (f" ({_plain(fact.detail)})" if fact.detail else "")
                for fact in block.facts
            )
        case Figure():
            return f"*{_plain(block.title)}.* {_plain(block.alt)}"
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    head = " | ".join(escape(column.title) for column in table.columns)
    rule = " | ".join("---" if column.style.kind == "text" else "---:" for column in table.columns)
    rows = [" | ".join(escape(cell.text) for cell in cells) for _, cells in table.rows()]
    lines = [f"**{_plain(table.caption)}**", "", *(f"| {line} |" for line in (head, rule, *rows))]
    if table.note:
        lines += ["", _plain(table.note)]
    return "\n".join(lines)
