"""Panels with published answers: the treated mean, the controls and the periods before the test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

GEOLIFT = Path(__file__).parents[4] / "shared" / "reference" / "geolift" / "GeoLift_Test.parquet"


def geolift_test():
    """GeoLift's walkthrough: chicago and portland, 90 days before and 15 of test; names of the controls."""
    if not GEOLIFT.is_file():
        pytest.skip("the reference folder is not beside this checkout")
    import pandas as pd

    rows = pd.read_parquet(GEOLIFT)
    wide = rows.pivot_table(index="location", columns="date", values="Y").astype(np.float64)
    treated = wide.index.isin(["chicago", "portland"])
    controls = wide.loc[~treated]
    return wide.loc[treated].to_numpy().mean(axis=0), controls.to_numpy(), 90, list(controls.index)


def proposition_99():
    """Cigarette packs a head, California and 38 states, 1970 to 1988 and to 2000 (Abadie et al. 2010)."""
    synthdid = pytest.importorskip("synthdid", reason="synthdid-py carries the data")
    rows = synthdid.load_california_prop99()
    wide = rows.pivot_table(index="State", columns="Year", values="PacksPerCapita")
    treated = wide.index == "California"
    return wide.to_numpy()[treated][0], wide.to_numpy()[~treated], int((wide.columns <= 1988).sum())
