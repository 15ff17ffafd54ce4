"""Memory that runs out is an error of ours at every door, and names the setting that needs less of it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.jobs.job import EXPORT_CHECKS, IDENTITY_CHECKS
from attribution.jobs.readers import AUDIT_CHECKS
from attribution.tables.sources import TableSource
from tests.tables.test_tables_in import DOORS

TOUCHES = {"user_id": [1, 2], "time": ["2026-03-01"] * 2, "source": ["google", "x"], "medium": ["cpc", "y"]}
ORDERS = {"user_id": [1], "time": ["2026-03-03"]}


def run_out(*_: object, **__: object) -> None:
    raise pa.ArrowMemoryError("malloc of size 943718400 failed")


@pytest.mark.parametrize(
    "door", [door for door in DOORS if "assign" not in door]
)  # which takes columns whole
def test_at_every_door(door, monkeypatch):
    ask, table = DOORS[door]
    monkeypatch.setattr(TableSource, "batches", run_out)
    with pytest.raises(at.AttributionError, match=r"memory ran out \(malloc of size 943718400") as caught:
        ask(table)
    assert ("at.Stream" if door in {"rates", "outcomes"} else "Parquet files") in str(caught.value)


@pytest.mark.parametrize("engine", ["memory", at.Stream(processes=1)])
def test_on_a_log_the_fix_is_the_stream(engine, monkeypatch):
    log = at.read_log(TOUCHES | {"channel": ["a", "b"]}, ORDERS)
    monkeypatch.setattr(TableSource, "batches", run_out)
    for ask in (
        lambda: at.attribute(log, "linear", engine=engine),
        lambda: at.path_counts(log, engine=engine),
        lambda: at.build_journeys(log),
        log.load,
        log.audit,
    ):
        with pytest.raises(at.AttributionError, match="memory ran out") as caught:
            ask()
        assert 'engine=at.Stream(memory="1GB")' in str(caught.value)


@pytest.mark.parametrize("door", DOORS)
def test_a_file_is_named(door, monkeypatch, tmp_path):
    ask, table = DOORS[door]
    pq.write_table(table, tmp_path / "t.parquet")
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", run_out)
    with pytest.raises(at.AttributionError, match=r"memory ran out while '.*t\.parquet' was read"):
        ask(tmp_path / "t.parquet")


def test_the_names_of_checks_are_those_of_the_audit():
    """[audit] fail_on is held against this list when the file is loaded."""
    plain = set(AUDIT_CHECKS) - set(IDENTITY_CHECKS)
    log = at.read_log(TOUCHES, ORDERS, {"channel": "source"}).group_channels(source="source", medium="medium")
    assert {check.name for check in log.audit()} == plain - set(EXPORT_CHECKS)
    crm = at.Export(
        name="crm",
        user="user_id",
        touches=at.ExportTouches(time=("time",), sources=(("source", "medium", None),)),
        conversions=at.ExportConversions(time=("time",), goal="sale"),
    )
    export = at.read_export(TOUCHES, crm, orders=ORDERS)
    assert {check.name for check in export.audit()} == plain
    links = {"user_id": list(TOUCHES["user_id"])[:1], "card": ["c"], "time": ["2026-01-01"]}
    kinds = {"user_id": "customer", "card": at.Kind("card")}
    stitched = at.stitch(export, links, kinds=kinds, user="customer")
    assert {check.name for check in stitched.audit()} == set(AUDIT_CHECKS)
