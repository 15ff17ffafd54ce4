"""Tables of Ibis, here on SQLite: columns are known without a query, and only those needed are asked for."""

from __future__ import annotations

import sqlite3

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import attribution as at
from attribution.errors import LogError
from attribution.tables.ibis_tables import IbisSource

ibis = pytest.importorskip("ibis", reason="ibis is not installed (dependency group warehouses)")
pytest.importorskip("pyarrow_hotfix", reason="what Ibis reads Arrow with is not installed")


@pytest.fixture
def tables(tmp_path):
    sample = at.load_sample("retailer")
    path = tmp_path / "shop.sqlite"
    frames = {"touches": sample.touches.to_pandas(), "orders": sample.conversions.to_pandas()}
    with sqlite3.connect(path) as shop:
        for name, frame in frames.items():
            kept = frame[[*("user_id", "time"), *(("channel",) if name == "touches" else ("goal", "value"))]]
            kept = kept.assign(time=kept["time"].dt.tz_localize(None))
            kept.to_sql(name, shop, index=False, dtype={"time": "timestamp"})
    connection = ibis.sqlite.connect(path)
    yield connection.table("touches"), connection.table("orders")
    connection.disconnect()


@pytest.mark.filterwarnings("ignore::Warning")  # of Ibis, about pandas
def test_credit_is_that_of_the_same_rows_in_a_file(tables):
    sample = at.load_sample("retailer")
    expected = at.attribute(at.read_log(sample.touches, sample.conversions), "linear", goal="purchase")
    got = at.attribute(at.read_log(*tables), "linear", goal="purchase", engine="stream")
    np.testing.assert_allclose(got.to_frame()["conversions"], expected.to_frame()["conversions"], atol=1e-9)


class Watched:
    """A table of Ibis that notes what is asked of it."""

    def __init__(self, frame):
        self.frame, self.asked = frame, []

    def schema(self):
        return self

    def to_pyarrow(self):
        return pa.Schema.from_pandas(self.frame, preserve_index=False)

    def select(self, *columns):
        self.asked.append(columns)
        return self

    def to_pyarrow_batches(self, chunk_size):
        return iter(pa.table(self.frame[list(self.asked[-1])]).to_batches(max_chunksize=chunk_size))


Watched.__module__ = "ibis.expr.types"


def test_a_log_reads_no_rows_until_asked_and_then_only_its_columns():
    frame = pd.DataFrame({"user_id": ["a", "b"], "time": pd.to_datetime(["2026-03-01"] * 2).as_unit("us")})
    touches = Watched(frame.assign(channel="email", page="/"))
    log = at.read_log(touches, frame)
    assert touches.asked == []
    assert at.attribute(log, "linear").conversions.sum() == 2.0
    assert touches.asked == [("user_id", "time", "channel")]


def test_what_ibis_raises_and_rows_that_come_or_go_are_told():
    touches = Watched(pd.DataFrame({"user_id": ["a"]}))
    source = IbisSource(touches, "touches")
    list(source.batches(["user_id"]))
    touches.frame = pd.DataFrame({"user_id": ["a", "b"]})
    with pytest.raises(LogError, match="1 rows at first, then 2"):
        list(source.batches(["user_id"]))
    touches.frame = None
    with pytest.raises(LogError, match="Ibis did not hand out the rows"):
        list(source.batches(["user_id"]))
