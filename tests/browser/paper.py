"""A page as it is printed: the words of each sheet and where they stand, as Poppler reads them."""

from __future__ import annotations

import base64
import html
import re
import shutil
import subprocess
from dataclasses import dataclass

from tests.browser.conftest import absent

SIZES = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}  # inches
MARGIN = 0.55  # inches, as the sheet of styles has them at the least


@dataclass(frozen=True)
class Word:
    """A word and its box, in points from the upper left corner of the sheet."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


@dataclass(frozen=True)
class Sheet:
    """One printed page."""

    width: float
    height: float
    words: tuple[Word, ...]

    def body(self) -> list[Word]:
        """Return the words between the running title and the number of the page."""
        return [word for word in self.words if word.top > 36 and word.bottom < self.height - 40]

    def lines(self) -> list[str]:
        """Return the lines of the body, from above."""
        rows: dict[int, list[Word]] = {}
        for word in sorted(self.body(), key=lambda one: (one.bottom, one.left)):
            near = next((row for row in rows if abs(row - word.bottom) <= 2), round(word.bottom))
            rows.setdefault(near, []).append(word)
        return [
            " ".join(word.text for word in sorted(row, key=lambda one: one.left))
            for _, row in sorted(rows.items())
        ]


_SHEET = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>')


def print_page(browser, folder, size):
    """Return the sheets of the page that the browser shows."""
    if shutil.which("pdftotext") is None:
        absent("there is no pdftotext (apt-get install poppler-utils)")
    width, height = SIZES[size]
    margins = {f"margin{side}": MARGIN for side in ("Top", "Bottom", "Left", "Right")}
    options = {"printBackground": True, "paperWidth": width, "paperHeight": height, **margins}
    written = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", options)["data"])
    (folder / "page.pdf").write_bytes(written)
    subprocess.run(["pdftotext", "-bbox", folder / "page.pdf", folder / "page.xml"], check=True)
    found = _SHEET.findall((folder / "page.xml").read_text(encoding="utf-8"))
    return [
        Sheet(float(wide), float(high), tuple(map(_word, _WORD.findall(text)))) for wide, high, text in found
    ]


def _word(parts):
    *box, text = parts
    return Word(*map(float, box), html.unescape(text))
