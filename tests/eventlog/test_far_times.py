"""Rows of 2099 and of 1970: named, counted and left out, the same on every engine."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa
import pytest

import attribution as at
from attribution.regression.store import as_baseline
from attribution.tables.far_times import times_of, window
from tests.engines.same import assert_same
from tests.engines.test_increments import START, credited, example

DAY = 86_400_000_000
NOW = int(np.datetime64("now", "us").astype(np.int64))
FAR = {"2099": np.datetime64("2099-06-01", "us"), "1970": np.datetime64("1970-01-01", "us")}


def times(rows):
    return rows["time"].cast(pa.int64()).to_numpy()


def stamps(values):
    return pa.array(values).cast(pa.timestamp("us"))


def with_row(rows, when):
    odd = rows.slice(3, 1).set_column(1, "time", stamps([when]))
    return pa.concat_tables([rows, odd])


@pytest.fixture
def plain():
    """Return a log that ended some days ago, whatever the clock says."""
    shift = (NOW - START) // DAY * DAY - 60 * DAY
    return [
        rows.set_column(
            1, "time", pa.array(rows["time"].cast(pa.int64()).to_numpy() + shift).cast(pa.timestamp("us"))
        )
        for rows in example()
    ]


@pytest.mark.parametrize("table", [0, 1])
@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("engine", ["memory", "stream"])
@pytest.mark.parametrize("options", [{}, {"drop_censored": True, "lookback": "5D"}], ids=str)
def test_a_row_of_another_age_changes_no_number(plain, far, table, engine, options, caplog):
    odd = list(plain)
    odd[table] = with_row(odd[table], FAR[far])
    expected = credited(plain, "memory", **options)
    with caplog.at_level(logging.WARNING):
        found = credited(odd, engine, **options)
    assert_same(found, expected)
    assert found.window == expected.window
    assert f"1 rows left out, their times cannot be meant: {far}" in caplog.text
    name = ("touches", "conversions")[table]
    assert at.read_log(*odd).load().dropped == {f"{name}.time_far": 1}


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("arrives", [0, 1, 2])
def test_increments_with_such_a_row_are_the_full_run_without_it(plain, tmp_path, far, arrives, caplog):
    first = int(times(plain[0]).min()) // DAY
    engine = at.Increments(tmp_path / "state", late_by="2D")
    for night, day in enumerate((20, 21, 25)):
        known = [
            rows.filter(pa.array(rows["time"].cast(pa.int64()).to_numpy() < (first + day) * DAY))
            for rows in plain
        ]
        odd = [with_row(known[0], FAR[far]), known[1]] if night >= arrives else known
        found = credited(odd, engine)
        assert_same(found, credited(known, "memory"))
        assert engine.last.boundary == (first + day - 3) * DAY  # of what came, not of the clock
        if night >= arrives and (far == "2099" or arrives == 0):
            assert engine.last.dropped == {"touches.time_far": 1}
        elif night >= arrives:  # older than all that is settled: not read, and told
            assert "touches: 1 rows left out, their times cannot be meant" in caplog.text


def test_night_checks_do_not_see_a_row_of_another_age(plain):
    for when in FAR.values():
        sides = [
            at.build_journeys(at.read_log(*rows)) for rows in (plain, [with_row(plain[0], when), plain[1]])
        ]

        old, new = (as_baseline(at.attribute(side, "linear"), journeys=side) for side in sides)
        assert at.check(new, old).passed
        assert at.check(new, old, mode="nightly").passed


def test_the_audit_names_what_is_left_out(plain):
    checks = at.read_log(with_row(with_row(plain[0], FAR["2099"]), FAR["1970"]), plain[1]).audit()
    assert checks["times_in_future"].count == 1
    assert checks["times_out_of_range"].count == 1


def test_a_log_of_another_time_altogether_is_taken_as_it_is():
    for year in ("1995", "2150"):
        touches = {
            "user_id": [1] * 40,
            "time": [f"{year}-03-{1 + n % 28:02}" for n in range(40)],
            "channel": ["a"] * 40,
        }
        orders = {"user_id": [1], "time": [f"{year}-04-01"]}
        log = at.read_log(touches, orders)
        assert len(log.load().touches) == 40
        assert at.attribute(log, "linear").conversions.sum() == pytest.approx(1)


def test_the_rule():
    week = 7 * DAY
    usual = NOW - np.arange(1, 101) * DAY
    few = times_of(np.append(usual, NOW + 365 * DAY))
    assert window(few, 101) == (int(usual.min()), int(usual.max()))
    many = times_of(np.append(usual, NOW + 365 * DAY + np.arange(10) * DAY))
    assert window(many, 110)[1] == NOW + 374 * DAY  # a tenth of the rows is no mistake
    near = times_of(np.append(usual, NOW + 3 * week))
    assert window(near, 101)[1] == NOW + 3 * week  # no gap of a month
    assert (
        window(times_of(np.array([NOW - DAY, NOW + 365 * DAY])), 2)[1] == NOW + 365 * DAY
    )  # too few to tell
    assert window(times_of(np.array([NOW + 365 * DAY])), 101, NOW - DAY) == (None, None)
    assert window(times_of(np.array([], np.int64)), 0) == (None, None)
