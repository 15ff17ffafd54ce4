"""GeoDataset: a simulated panel of regions with its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from attribution._display import Display

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class GeoDataset(Display):
    """A panel of regions whose true effects are known.

    Attributes
    ----------
    panel
        A row a geo and day: geo, date, sales and spend (euros).
    geos
        A row a geo: geo, cell (null where it is not treated), size (expected euros a day).
    truth
        A row a cell of treated geos: geos, days of the treatment, sales_without (what the geos would have
        sold on these days), incremental (what the treatment added, days after it included),
        incremental_in_test, lift_in_test (that over sales_without), cost (spend less usual spend), iroas
        (incremental over cost).
    holidays
        Days on which geos sell unlike themselves, ISO format: what `holidays=` leaves out.
    settings
        The arguments that reproduce the dataset, and the version of the process.

    Examples
    --------
    >>> from attribution.datasets import simulate_geo
    >>> simulate_geo(10, days=60, seed=1).holidays
    ()
    """

    panel: pa.Table
    geos: pa.Table
    truth: pa.Table
    holidays: tuple[str, ...]
    settings: Mapping[str, Any]

    def to_frame(self) -> pd.DataFrame:
        """Return the panel as a pandas DataFrame."""
        frame: pd.DataFrame = self.panel.to_pandas()
        frame["date"] = frame["date"].astype("datetime64[s]")
        return frame

    def _title(self) -> str:
        facts = self.settings
        treated = sum(map(len, facts["treated"].values()))
        told = f", {treated} treated from {facts['test'][0]} to {facts['test'][1]}" if treated else ""
        return (
            f"GeoDataset of {facts['n_geos']} geos, {facts['days']} days from {facts['start']}, "
            f"seed {facts['seed']}{told}"
        )

    def _repr_text(self) -> str:
        lines = [
            f"  {row['cell']}: lift {100 * (row['lift_in_test'] or 0):+.1f}% in the test, incremental sales "
            f"{row['incremental']:,.0f}, cost {row['cost']:,.0f}"
            for row in self.truth.to_pylist()
        ]
        return "\n".join([self._title(), *lines])

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(self._repr_text())}</pre>"
