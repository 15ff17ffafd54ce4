"""Rows and columns of tables on credit: channels in order, models, dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from attribution.language.catalogue import Language
from attribution.reporting.formats import label

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

MAX_CHANNELS = 60


def ranked(credit: Credit) -> NDArray[np.intp]:
    """Return the attributed cells, those most credited by the first model first, as plots order them."""
    inside = np.flatnonzero(credit.attributed)
    return inside[np.argsort(-credit.conversions[0, inside], kind="stable")]


def model_columns(credit: Credit) -> dict[str, str]:
    """Return a column name for each model: its label, numbered where it would clash with another column."""
    columns: dict[str, str] = {}
    for model in credit.models:
        taken = {"channel", "cost", "cost_share", "flag", *columns}
        columns[model if model not in taken else f"{model} ({len(columns) + 1})"] = model
    return columns


def left_out(words: Language, n: int, shown: int) -> str:
    """Return how many of `n` channels are not shown; nothing where all are."""
    return words("left_out", n=n - shown) if n > shown else ""


def dimension(words: Language, name: str) -> str:
    """Return the heading of a dimension: that of the catalogue, or its own name."""
    key = "channel" if name == "channel" else f"by.{name}"
    return words(key) if key in words.texts else label(name, words).replace("_", " ").capitalize()
