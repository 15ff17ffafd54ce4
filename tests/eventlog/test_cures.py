"""The line that an error prints is run: the log then loads, and nothing is lost or moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.errors import LogError
from attribution.tables.unusable_rows import REASONS, cure

TIMES = ["2026-03-14T10:00:00Z", "2026-03-15T11:30:00Z", "2026-03-16T12:00:00Z"]
MICROSECONDS = [1_773_482_400_000_000, 1_773_574_200_000_000, 1_773_662_400_000_000]


def log_of(touches: dict[str, Any], conversions: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    left = {"user_id": ["a", "b", "c"], "time": TIMES, "channel": ["x", "y", "x"], **touches}
    right = {"user_id": ["a", "b", "c"], "time": TIMES, "value": [1.0, 2.0, 3.0], **conversions}
    return tuple(
        pd.DataFrame({name: values for name, values in columns.items() if values is not None})
        for columns in (left, right)
    )


class Case(NamedTuple):
    """Columns that cannot be read, and what they are once the printed lines have been run."""

    touches: dict[str, Any]
    conversions: dict[str, Any]
    reason: str
    times: Sequence[int] = MICROSECONDS
    values: Sequence[float] = (1.0, 2.0, 3.0)


US = 1_000_000
FRACTION = [time + 250_000 for time in MICROSECONDS]
CASES = {
    "day first": Case(
        {"time": ["14/03/2026 10:00", "15/03/2026 11:30", "16/03/2026 12:00"]},
        {"time": TIMES},
        "day, month, year",
    ),
    "day first by one row": Case(
        {"time": ["14.03.2026 10:00", "03.04.2026 11:30", "04.05.2026 12:00"]},
        {},
        "day, month, year",
        [MICROSECONDS[0], 1_775_215_800_000_000, 1_777_896_000_000_000],
    ),
    "month first": Case(
        {"time": ["03/14/2026 10:00", "03/15/2026 11:30", "03/16/2026 12:00"]}, {}, "month, day, year"
    ),
    "milliseconds as text": Case(
        {"time": [str(t // 1000) for t in MICROSECONDS]}, {"time": None, "ts": TIMES}, "milliseconds"
    ),
    "mixed zones": Case(
        {"time": [TIMES[0], "2026-03-15 11:30:00", "2026-03-16T13:00:00+01:00"]}, {}, "have no offset"
    ),
    "Rails' times": Case(
        {"time": ["2026-03-14 11:00:00 +0100", "2026-03-15 12:30:00 +0100", "2026-03-16 13:00:00 +0100"]},
        {},
        "not quite",
    ),
    "one-digit hours": Case(
        {"time": ["2026-03-14 10:00:00", "2026-03-15 11:30:00", "2026-3-16 12:00:00"]}, {}, "not quite"
    ),
    "fractions of seconds": Case(
        {"time": [f"{t / US:.2f}" for t in FRACTION]}, {}, "with a fraction", FRACTION
    ),
    "naive against aware": Case(
        {"time": pd.to_datetime(TIMES).tz_localize(None)}, {"time": pd.to_datetime(TIMES)}, "one clock"
    ),
    "euro signs": Case(
        {}, {"value": ["€ 216.36", "12.50 €", "€1,234.56"]}, "", values=[216.36, 12.5, 1234.56]
    ),
    "decimal commas": Case(
        {}, {"value": ["12,50", "1.234,56 €", "7"]}, "value takes numbers", values=[12.5, 1234.56, 7.0]
    ),
    "three decimals after a point": Case(
        {}, {"value": ["1.234", "1.234,56", "7"]}, "value takes numbers", values=[1234.0, 1234.56, 7.0]
    ),
    "both signs": Case(
        {},
        {"value": ["216.36", "1.234,56 €", "12,50"]},
        "value takes numbers",
        values=[216.36, 1234.56, 12.5],
    ),
    "spaces part thousands": Case(
        {},
        {"value": ["1 234,50", "1\u202f234 567,00 €", "-3,10 €"]},
        "value takes numbers",
        values=[1234.5, 1234567.0, -3.1],
    ),
    "Swiss": Case({}, {"value": ["CHF 1'234.50", "CHF 3.10", "CHF 4"]}, "", values=[1234.5, 3.1, 4.0]),
    "a struct": Case({"channel": [{"source": name, "medium": "m"} for name in "xyx"]}, {}, "struct"),
    "event_params": Case(
        {
            "channel": None,
            "event_params": [
                [
                    {"key": "medium", "value": {"string_value": "m", "int_value": None}},
                    {"key": "source", "value": {"string_value": name, "int_value": None}},
                ]
                for name in "xyx"
            ],
        },
        {},
        "list",
    ),
    "float ids of campaigns": Case({"channel": [22872123321.0, 5.0, 22872123321.0]}, {}, "double"),
    "float users": Case({"user_id": [1.0, 2.0, 3.0]}, {"user_id": [1, 2, 3]}, "double"),
    "users of two kinds": Case({"user_id": [1, 2, 3]}, {"user_id": ["1", "2", "3"]}, "not of one kind"),
    "two names of the time": Case(
        {"time": None, "started_at": TIMES}, {"time": None, "converted_at": TIMES}, "no time column"
    ),
    "a usual name and another": Case({}, {"time": None, "converted_at": TIMES}, "no time column"),
    "Adobe": Case(
        {
            "user_id": None,
            "post_visid_high": [1, 2, 3],
            "post_visid_low": [7, 8, 9],
            "va_closer_id": [1, 1, 2],
        },
        {"user_id": ["1_7", "2_8", "3_9"]},
        "no user column",
    ),
    "an empty user column beside a filled one": Case(
        {"user_id": [None] * 3, "anonymous_id": list("abc")}, {}, "users are null"
    ),
    "blank users beside a filled column": Case(
        {"user_id": ["a", "", None], "anonymous_id": list("xbc")}, {}, "users are null"
    ),
}


def apply(hint: str, touches: Any, conversions: Any, schema: dict[str, Any]) -> None:
    """Run the lines of a fix; `LogSchema(...)` is kept for the next call."""
    names = {"touches": touches, "conversions": conversions, "pandas": pd, "at": at}
    for line in hint.partition("  #")[0].split("; "):
        if line.startswith("LogSchema("):
            given = eval(line, {"LogSchema": dict})
            schema.update({key: value for key, value in given.items() if key != "conversion_is_touch"})
        elif " = " in line:
            exec(line, names)


def _fault(touches: Any, conversions: Any, schema: dict[str, Any]) -> LogError | None:
    try:
        at.read_log(touches, conversions, schema).load()
    except LogError as error:
        return error
    return None


@pytest.mark.parametrize("name", CASES)
def test_the_printed_line_mends_the_log_and_loses_nothing(name):
    case = CASES[name]
    touches, conversions = log_of(case.touches, case.conversions)
    schema: dict[str, Any] = {"channel": "event_params"} if "event_params" in touches else {}
    told = []
    while (error := _fault(touches, conversions, schema)) is not None:
        told.append(str(error))
        apply(error.hint or "", touches, conversions, schema)
        assert len(told) < 5, told
    loaded = at.read_log(touches, conversions, schema).load()
    assert case.reason in told[0]
    assert np.sort(loaded.touches.time).tolist() == sorted(case.times)
    assert np.sort(loaded.conversions.time).tolist() == MICROSECONDS
    np.testing.assert_allclose(np.sort(loaded.conversions.value), sorted(case.values))
    assert set(loaded.conversions.user) == set(loaded.touches.user)
    assert len(set(loaded.touches.user)) == 3
    assert loaded.channels in (("x", "y"), ("1", "2"), ("22872123321", "5"))


@pytest.mark.parametrize("reason", REASONS)
def test_every_cure_that_is_code_compiles(reason):
    line = cure(reason, "touches", 'a "quoted" name')
    for code in re.split(r", or (?=touches)", re.split(r"  #|; ", line)[0]):
        if not code.startswith(("write ", "export ")):
            compile(code.replace("...", "None").replace(' with "s", "ms", "us" or "ns"', ""), "cure", "exec")


def test_what_can_be_read_in_two_ways_is_not_guessed(tmp_path):
    touches, conversions = log_of({}, {"value": ["1,234", "2,500", "3"]})
    with pytest.raises(LogError, match="two ways"):
        _csv(tmp_path, touches, conversions).load()
    touches, conversions = log_of({"time": ["03/04/2026", "05/06/2026", "07/08/2026"]}, {})
    with pytest.raises(LogError, match="nothing tells the day from the month"):
        at.read_log(touches, conversions).load()


def _csv(folder: Path, touches: Any, conversions: Any) -> Any:
    conversions.to_csv(folder / "c.csv", index=False)
    return at.read_log(touches, str(folder / "c.csv"))


def test_the_lines_for_the_conversion_column():
    table = pd.DataFrame(
        {
            "user_id": list("aabb"),
            "time": [*TIMES, TIMES[2]],
            "channel": list("xyxy"),
            "event": ["view", "purchase"] * 2,
        }
    )
    with pytest.raises(LogError, match="names of events") as caught:
        at.read_log(table, schema={"conversion": "event", "goal": ""}).load()
    apply(str(caught.value.hint), table, None, {})
    assert len(at.read_log(table, schema={"conversion": "event", "goal": ""}).load().conversions) == 2
    table["order"] = ["T1", None, "T2", None]
    with pytest.raises(LogError, match="but ids") as caught:
        at.read_log(table, schema={"conversion": "order", "order": "", "goal": ""}).load()
    apply(str(caught.value.hint), table, None, {})
    assert (
        len(at.read_log(table, schema={"conversion": "order", "order": "", "goal": ""}).load().conversions)
        == 2
    )


@pytest.mark.parametrize(
    ("times", "says", "alternatives"),
    [
        (["03/01/2026", "03/02/2026", "03/03/2026"], "nothing tells the day from the month", 2),
        (["03/01/2026", "03/02/2026", "03/13/2026"], "month, day, year", 1),
        (["03/01/2026", "03/02/2026", "13/03/2026"], "day, month, year", 1),
        (["01.03.2026", "02.03.2026", "03.03.2026"], "day, month, year", 1),
        (["03/01/2026", "03/13/2026", "13/03/2026"], "some have the day first and some the month", 0),
    ],
)
def test_no_line_chooses_between_day_and_month_where_the_rows_do_not(times, says, alternatives):
    # By hand: a number beyond 12 is a day; dots part day, month and year in that order only.
    touches = pd.DataFrame({"user_id": [1, 2, 3], "time": times, "channel": "a"})
    with pytest.raises(LogError, match=says) as error:
        at.read_log(touches, pd.DataFrame({"user_id": [1], "time": ["2026-04-01"]})).load()
    assert error.value.hint.count("dayfirst=") == alternatives
    assert ("they differ" in error.value.hint) == (alternatives == 2)
