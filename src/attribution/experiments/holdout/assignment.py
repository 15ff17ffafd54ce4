"""Assignment: the table of who is in which arm, and what it says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from attribution._display import Display
from attribution.diagnostics import CheckResult
from attribution.experiments.holdout.sample_ratio import sample_ratio

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class Assignment(Display):
    """Who is in which arm.

    Attributes
    ----------
    table
        A pyarrow Table in the order of the users: ids, clusters and strata where given, and ``arm``, which
        is null where the user is not in the experiment.
    shares
        Planned share of each arm.
    unit
        Name of the column that was assigned: the user's, or the cluster's.
    settings
        Salt, rest, exclusion and whether strata were balanced: what reproduces the assignment.

    Examples
    --------
    >>> from attribution.experiments.holdout.assign import assign_holdout
    >>> arms = assign_holdout(["ann", "bob", "cem"], share=0.5, salt="demo")
    >>> arms.table.column_names, arms.shares
    (['user_id', 'arm'], {'holdout': 0.5, 'treatment': 0.5})
    """

    table: pa.Table
    shares: Mapping[str, float]
    unit: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the table over as an Arrow stream."""
        return self.table.__arrow_c_stream__(requested_schema)

    @property
    def schema(self) -> Any:
        """The Arrow schema of the table."""
        return self.table.schema

    def counts(self, *, units: bool = False) -> dict[str, int]:
        """Return how many rows each arm has.

        Parameters
        ----------
        units
            Count distinct units (clusters) instead of rows.
        """
        table = self.table.select([self.unit, "arm"]).set_column(
            1, "arm", self.table["arm"].cast(pa.string())
        )
        if units:
            table = table.group_by([self.unit, "arm"]).aggregate([])
        seen = {row["values"]: row["counts"] for row in pc.value_counts(table["arm"]).to_pylist()}
        return {arm: int(seen.get(arm, 0)) for arm in self.shares}

    def check(self) -> CheckResult:
        """Test the units per arm against the planned shares, see `checks.sample_ratio`."""
        return sample_ratio(self.counts(units=True), self.shares)

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a pandas DataFrame, the arm as text (missing outside the experiment)."""
        table = self.table
        place = table.column_names.index("arm")
        frame: pd.DataFrame = table.set_column(place, "arm", table["arm"].cast(pa.string())).to_pandas()
        return frame

    def _title(self) -> str:
        counts = self.counts()
        outside = len(self) - sum(counts.values())
        stated = ", ".join(
            f"{arm} {n:,} (planned {100 * self.shares[arm]:.3g}%)" for arm, n in counts.items()
        )
        text = f"Assignment {self.settings.get('salt', '')!r} of {len(self):,} rows: {stated}"
        return text + (f", not in the experiment {outside:,}" if outside else "")

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        del wide
        return Assignment(self.table.slice(0, _SHOWN), self.shares, self.unit, self.settings).to_frame()

    def _notes(self) -> tuple[str, ...]:
        more = len(self) - _SHOWN
        out = [f"... {more:,} more rows; .to_frame() and .table have all of them"] if more > 0 else []
        if len(self):
            empty = [arm for arm, n in self.counts().items() if not n]
            out += [f"No user fell into {arm!r}: too few users for its share." for arm in empty]
        return tuple(out)
