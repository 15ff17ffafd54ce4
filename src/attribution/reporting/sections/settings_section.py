"""The section of how the credit was made, and of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, make_table
from attribution.reporting.formats import day
from attribution.reporting.needs import Need
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.credit.credit import Credit


def settings(words: Language, credit: Credit, manifest: Mapping[str, Any] | None) -> tuple[Block, ...]:
    """Return how the credit was made, and facts about the run."""
    blocks: list[Block] = []
    if credit.settings:
        shown = dict(credit.settings)
        end = shown.get("log_end")
        if isinstance(end, int):
            shown["log_end"] = day(end, words)
        blocks.append(_facts_table(words, "settings", words("settings.caption"), shown))
    if manifest:
        blocks.append(_facts_table(words, "manifest", words("settings.run"), manifest, folded=True))
    return tuple(blocks)


def _facts_table(
    words: Language, name: str, caption: str, facts: Mapping[str, Any], *, folded: bool = False
) -> Block:
    import pandas as pd

    frame = pd.DataFrame(_flat(facts), columns=["setting", "value"], dtype=object)
    kinds = {
        "setting": (words("settings.setting"), "english"),
        "value": (words("settings.value"), "english"),
    }
    return make_table(words, name, caption, frame, kinds, folded=folded)


def _flat(facts: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple) and any(isinstance(entry, Mapping) for entry in value):
            for position, entry in enumerate(value):
                rows += _flat(entry, f"{prefix}{key}[{position}].")
        elif isinstance(value, list | tuple):
            rows.append((f"{prefix}{key}", ", ".join(map(str, value))))
        elif value is not None and value != "":
            rows.append((f"{prefix}{key}", str(value)))
    return rows


_MANIFEST: Need[Mapping[str, Any]] = Need(
    "manifest", lambda: Mapping, 'at.report(credit, manifest={"run": "weekly"})'
)
SECTION = SectionRecipe(
    "settings", lambda m: settings(m.words, m.credit, m.of(_MANIFEST)), needs=(_MANIFEST,)
)
