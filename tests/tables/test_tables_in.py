"""Every table comes in by one door: each function takes the same forms, and gives the same numbers.

The right answer is that of the same rows as a pyarrow table, which each function's own tests compare with
published values and closed forms.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.credit.tables import cells
from tests.eventlog.test_formats import FORMS, csv

import attribution as at

RNG = np.random.default_rng(5)
DAYS, GEOS, N = 35, 8, 400


def _users() -> pa.Table:
    arms = RNG.choice(["treatment", "holdout"], N)
    bought = RNG.random(N) < 0.2 + 0.1 * (arms == "treatment")
    return pa.table(
        {
            "user_id": [f"u{i:04}" for i in range(N)],
            "time": pd.date_range("2026-03-01", periods=N, freq="h").astype("datetime64[us]"),
            "arm": arms,
            "converted": bought,
            "revenue": np.round(bought * RNG.gamma(2.0, 20.0, N), 2),
            "past": RNG.poisson(3.0, N),
        }
    )


def _panel() -> pa.Table:
    days = pd.date_range("2026-01-01", periods=DAYS).astype("datetime64[us]")
    sales = RNG.gamma(50.0, 2.0, (GEOS, DAYS)) * (
        1 + 0.1 * (np.arange(DAYS) >= 28) * (np.arange(GEOS) < 4)[:, None]
    )
    return pa.table(
        {
            "user_id": np.repeat([f"u{g}" for g in range(GEOS)], DAYS),
            "time": np.tile(days, GEOS),
            "geo": np.repeat([f"geo {g}" for g in range(GEOS)], DAYS),
            "sales": np.round(sales.ravel(), 2),
            "cost": np.tile(np.arange(DAYS) >= 28, GEOS) * np.repeat(np.arange(GEOS) < 4, DAYS) * 10.0,
        }
    )


def _paths() -> pa.Table:
    return pa.table(
        {
            "user_id": ["a", "b", "c"],
            "time": pd.date_range("2026-03-01", periods=3).astype("datetime64[us]"),
            "path": ["email > search", "search", "display > email"],
            "conversions": [3, 2, 1],
            "nulls": [5, 9, 4],
        }
    )


def holdout(data: object) -> list[float]:
    lift = at.analyze_holdout(data, outcome="revenue", covariate="past")
    return [lift.absolute.value, lift.absolute.low, lift.p_value]


def holdout_of_flags(data: object) -> list[float]:
    lift = at.analyze_holdout(data, outcome="converted")
    return [lift.absolute.value, lift.absolute.low, lift.p_value]


def geo(data: object) -> list[float]:
    treated = [f"geo {g}" for g in range(4)]
    lift = at.analyze_geo(
        data, geo="geo", time="time", outcome="sales", cost="cost", treated=treated,
        start="2026-01-29", end="2026-02-04", method="did",
    )  # fmt: skip
    return [lift.absolute.value, lift.absolute.low, lift.p_value, lift.iroas.value]


def assignment(data: object) -> list[float]:
    arms = at.assign_holdout(data, share=0.3, salt="doors")
    frame = arms.to_frame().sort_values("user_id")  # files come in the order of their names
    return [float(arm == "holdout") for arm in frame["arm"]]


def paths(data: object) -> list[float]:
    journeys = at.read_paths(data, path="path", conversions="conversions", nulls="nulls")
    return list(at.attribute(journeys, "linear").to_frame()["conversions"])


def spend(data: object) -> list[float]:
    joined = cells(("channel",), {("email",): (3.0, 9.0), ("search",): (4.0, 5.0)}).with_spend(data)
    frame = joined.to_frame().dropna(subset=["cost"]).sort_values("channel")
    return list(frame["cost"])


def rates(data: object) -> list[float]:
    """Values of two days in two currencies, in euros."""
    orders = {
        "user_id": [1, 2, 3],
        "time": ["2026-03-01", "2026-03-02", "2026-03-02"],
        "value": [10.0, 20.0, 40.0],
        "currency": ["USD", "GBP", "EUR"],
    }
    touches = {"user_id": [1, 2, 3], "time": ["2026-02-28"] * 3, "channel": ["a", "b", "c"]}
    log = at.read_log(touches, orders)
    return list(at.attribute(log, "linear", rates=data, currency="EUR").to_frame()["value"])


def outcomes(data: object) -> list[float]:
    """Only the third and the 101st user bought, for 7 and 9."""
    orders = {"user_id": ["u0003", "u0101"], "time": ["2026-03-03"] * 2, "value": [7.0, 9.0]}
    touches = {"user_id": ["u0003"], "time": ["2026-03-02"], "channel": ["email"]}
    arms = at.outcomes(at.read_log(touches, orders), data, start="2026-03-01", end="2026-04-01")
    return list(arms.sort_values("user_id")["value"])


def previous(data: object) -> list[float]:
    """Who was assigned keeps the arm."""
    ids = USERS["user_id"].to_pylist()
    arms = at.assign_holdout(ids, share=0.3, salt="later", previous=data).to_frame().sort_values("user_id")
    return [float(arm == "holdout") for arm in arms["arm"]]


def plan(data: object) -> list[float]:
    found = at.plan_geo(
        data, geo="geo", time="time", outcome="sales", periods=7, method="did", windows=6, rng=1
    )
    return [float(found.mde), float(len(found.treated))]


def _spend() -> pa.Table:
    return pa.table(
        {
            "user_id": ["a", "b", "a", "b"],
            "time": [1, 2, 3, 4],  # a flight by its number
            "channel": ["email", "search", "email", "search"],
            "cost": [10.0, 20.5, 30.0, 40.25],
        }
    )


def _rates() -> pa.Table:
    return pa.table(
        {
            "user_id": ["x"] * 6,
            "time": pd.date_range("2026-03-01", periods=6).astype("datetime64[us]"),
            "currency": ["USD", "USD", "GBP", "GBP", "EUR", "EUR"],
            "date": pd.to_datetime(["2026-03-01", "2026-03-02"] * 3).astype("datetime64[us]"),
            "rate": [0.5, 0.75, 1.25, 1.5, 1.0, 1.0],
        }
    )


USERS, PANEL, PATHS, SPEND, RATES = _users(), _panel(), _paths(), _spend(), _rates()


def _charges() -> pa.Table:
    n = 60
    return pa.table(
        {
            "id": [f"ch_{i}" for i in range(n)],
            "user_id": [f"u{i % 25:04}" for i in range(n)],
            "time": pd.date_range("2026-03-01", periods=n, freq="h").astype("datetime64[us]"),
            "status": RNG.choice(["paid", "failed"], n),
            "amount": np.round(RNG.gamma(2.0, 20.0, n), 2),
        }
    )


CHARGES = at.Export(
    name="charges",
    user="user_id",
    conversions=at.ExportConversions(
        time=("time",), goal="purchase", where={"status": ("paid",)}, value=("amount",), order=("id",)
    ),
)


def export(data: object) -> list[float]:
    touches = {"user_id": ["u0001", "u0002"], "time": ["2026-02-28"] * 2, "channel": ["email", "search"]}
    log = at.read_export(data, CHARGES, touches=touches)
    return [*log.load().conversions.value.tolist(), float(log.left_out.counts["other_status"])]


def report_of_costs(data: object) -> list[float]:
    frame = at.read_spend(data).to_frame()
    return frame.sort_values("channel")["cost"].tolist()


DOORS: dict[str, tuple[Callable[[object], list[float]], pa.Table]] = {
    "analyze_holdout": (holdout, USERS),
    "analyze_holdout, flags": (holdout_of_flags, USERS),
    "analyze_geo": (geo, PANEL),
    "assign_holdout": (assignment, USERS),
    "assign_holdout, previous": (previous, USERS.select(["user_id", "time", "arm"])),
    "outcomes": (outcomes, USERS.select(["user_id", "time", "arm"])),
    "plan_geo": (plan, PANEL),
    "read_paths": (paths, PATHS),
    "with_spend": (spend, SPEND),
    "rates": (rates, RATES),
    "read_export": (export, _charges()),
    "read_spend": (report_of_costs, _spend()),
}


def latin_1(table: pa.Table, path: Path) -> Path:
    """Excel's CSV in French: a header with an accent, and a note that nobody asks for."""
    lines = csv(table, path).read_text().splitlines()
    lines = [
        f"{line};{word}"
        for line, word in zip(
            (text.replace(",", ";") for text in lines),
            ["co\u00fbt", *["\u00e9t\u00e9"] * len(lines)],
            strict=False,
        )
    ]
    (path / "t.csv").write_bytes("\n".join(lines).encode("latin-1"))
    return path / "t.csv"


MORE: dict[str, Callable[[pa.Table, Path], object]] = {
    "filtered pandas": lambda table, path: table.to_pandas().pipe(lambda frame: frame[frame.index >= 0]),
    "parquet without an ending": lambda table, path: Path(parquet_at(table, path / "part")),
    "parq": lambda table, path: parquet_at(table, path / "t.parq"),
    "pq": lambda table, path: parquet_at(table, path / "t.pq"),
    "run-end encoded": lambda table, path: encoded(table),
    "views": lambda table, path: views(table),
    "latin-1": latin_1,
}


def parquet_at(table: pa.Table, path: Path) -> str:
    pq.write_table(table, path)
    return str(path)


def encoded(table: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    name = table.column_names[2]
    column = pa.chunked_array([pc.run_end_encode(chunk) for chunk in table[name].chunks])
    return table.set_column(2, name, column)


def views(table: pa.Table) -> pa.Table:
    name = table.column_names[2]
    return table.set_column(2, name, table[name].cast(pa.string_view()))


ALL = {**FORMS, **MORE}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("form", ALL)
def test_every_door_takes_every_form(door, form, tmp_path):
    ask, table = DOORS[door]
    (tmp_path / "in").mkdir()
    if (door, form) == ("outcomes", "latin-1"):  # it keeps every column, and cannot keep this one
        with pytest.raises(at.AttributionError, match="not UTF-8"):
            ask(ALL[form](table, tmp_path / "in"))
        return
    np.testing.assert_allclose(ask(ALL[form](table, tmp_path / "in")), ask(table), rtol=1e-12)


DAMAGED = {
    "a string offset far outside": lambda data: data.replace(b"\x06\x00\x00\x00", b"\x00\x00\x00\x7f", 1),
    "cut short": lambda data: data[: len(data) // 2],
    "no Arrow at all": lambda data: b"PK\x03\x04" + data[4:],
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused_by_name(door, damage, tmp_path):
    ask, table = DOORS[door]
    source = pa.BufferOutputStream()
    with pa.ipc.new_file(source, table.schema) as writer:
        writer.write_table(table)
    data = DAMAGED[damage](source.getvalue().to_pybytes())
    (tmp_path / "t.arrow").write_bytes(data)
    try:
        found = ask(tmp_path / "t.arrow")
    except at.AttributionError as error:
        assert "t.arrow" in str(error)  # noqa: PT017
        assert "read_log" not in str(error)  # noqa: PT017
    else:
        assert damage == "a string offset far outside"  # it may have hit a column that nobody asked for
        np.testing.assert_allclose(found, ask(table))


@pytest.mark.parametrize("door", DOORS)
def test_a_text_that_says_it_lies_far_outside_is_not_looked_for_there(door, tmp_path):
    """An offset of 0x7f000000 in each text column, one after the other: following it ends the process."""
    ask, table = DOORS[door]
    table = table.combine_chunks()
    expected, refused = ask(table), 0
    for name in table.column_names:
        column = table[name].chunk(0)
        if not pa.types.is_string(column.type):
            continue
        with pa.ipc.new_file(tmp_path / "t.arrow", table.schema) as writer:
            writer.write_table(table)
        offsets = np.array(np.frombuffer(column.buffers()[1], np.int32)[: len(column) + 1])
        damaged = offsets.copy()
        damaged[len(column) // 2] = 0x7F000000
        data = (tmp_path / "t.arrow").read_bytes()
        assert offsets.tobytes() in data
        (tmp_path / "t.arrow").write_bytes(data.replace(offsets.tobytes(), damaged.tobytes()))
        try:
            found = ask(tmp_path / "t.arrow")
        except at.AttributionError as error:
            assert "t.arrow" in str(error)  # noqa: PT017
            refused += 1
        else:  # a column that nobody asked for
            np.testing.assert_allclose(found, expected)
    assert refused


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["users.xlsx", "nothing.parquet", "*.nothing"])
def test_what_is_not_there_or_no_table_is_refused(door, name, tmp_path):
    (tmp_path / "users.xlsx").write_bytes(b"PK\x03\x04 no table")
    with pytest.raises(at.AttributionError, match=name.replace("*", ".")):
        DOORS[door][0](str(tmp_path / name))
