"""LeftOut: what of a file did not become a row of the log, counted by reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from attribution.language.sentence import Sentence


@dataclass(frozen=True)
class LeftOut:
    """How an export was read.

    Attributes
    ----------
    export
        The format's name.
    counts
        Rows, visits, orders by reason: what is not in the log, or in it otherwise than in the file.
    """

    export: str
    counts: Mapping[str, int] = field(default_factory=dict)

    def sentences(self) -> tuple[Sentence, ...]:
        """Return a phrase for each reason that there was."""
        return tuple(Sentence(f"export_rows.{name}", n=count) for name, count in self.counts.items() if count)
