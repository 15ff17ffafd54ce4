"""Calendar periods against the standard library's calendar."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from attribution.credit.periods import PERIODS, consecutive, is_period, period_codes, period_days
from attribution.errors import CreditError

DAY = 86_400_000_000
EPOCH = dt.date(1970, 1, 1)


def expected(day: dt.date, period: str) -> str:
    year, week, _ = day.isocalendar()
    return {"day": day.isoformat(), "week": f"{year:04d}-W{week:02d}", "month": f"{day:%Y-%m}"}[period]


def dates() -> list[dt.date]:
    borders = [
        dt.date(year, month, day)
        for year in range(1890, 2110)
        for month, days in ((12, range(26, 32)), (1, range(1, 9)), (2, range(26, 29)))
        for day in days
    ]
    rng = np.random.default_rng(3)
    others = [EPOCH + dt.timedelta(days=int(day)) for day in rng.integers(-100_000, 100_000, 5_000)]
    return borders + others


@pytest.mark.parametrize("period", PERIODS)
def test_labels_are_those_of_the_standard_library(period):
    days = dates()
    numbers = np.array([(day - EPOCH).days for day in days], dtype=np.int64)
    rng = np.random.default_rng(4)
    codes, labels = period_codes(numbers * DAY + rng.integers(0, DAY, len(numbers)), period)
    assert codes.dtype == np.int32
    assert [labels[code] for code in codes] == [expected(day, period) for day in days]
    assert list(labels) == sorted(set(labels))


@pytest.mark.parametrize("period", PERIODS)
def test_first_and_last_days_of_periods_bound_their_days(period):
    days = dates()
    numbers = np.array([(day - EPOCH).days for day in days], dtype=np.int64)
    codes, labels = period_codes(numbers * DAY, period)
    first, last = period_days(labels, period)
    assert ((first[codes] <= numbers) & (numbers <= last[codes])).all()
    for edge in (first, last):
        assert period_codes(edge * DAY, period)[1] == labels
    after, names = period_codes((last + 1) * DAY, period)
    assert all(names[code] != label for code, label in zip(after, labels, strict=True))


def test_midnight_belongs_to_the_day_that_begins():
    edge = np.array([DAY - 1, DAY, -1, 0], dtype=np.int64)
    codes, labels = period_codes(edge, "day")
    assert [labels[code] for code in codes] == ["1970-01-01", "1970-01-02", "1969-12-31", "1970-01-01"]


def test_week_years_at_the_border():
    days = np.array(["2024-12-30", "2025-12-29", "2027-01-03", "2020-12-31"], "datetime64[us]").astype(
        np.int64
    )
    codes, labels = period_codes(days, "week")
    assert [labels[code] for code in codes] == ["2025-W01", "2026-W01", "2026-W53", "2020-W53"]


def test_no_times_no_periods():
    codes, labels = period_codes(np.zeros(0, dtype=np.int64), "week")
    assert codes.dtype == np.int32
    assert (len(codes), labels) == (0, ())


def test_unknown_period_names_the_nearest():
    with pytest.raises(CreditError, match="did you mean 'month'"):
        period_codes(np.zeros(1, dtype=np.int64), "monht")


@pytest.mark.parametrize(
    ("label", "period"),
    [
        ("2026-1", "month"),
        ("2026-13", "month"),
        ("2026-W54", "week"),
        ("2026-W00", "week"),
        ("2025-W53", "week"),
        ("2026-02-30", "day"),
        ("NaT", "day"),
        ("January", "month"),
        ("", "month"),
    ],
)
def test_what_is_no_label_is_refused(label, period):
    with pytest.raises(ValueError, match=label or None):
        period_days([label], period)


def test_consecutive_fills_gaps_over_the_year():
    assert consecutive(["2026-W53", "2027-W02"], "week") == ("2026-W53", "2027-W01", "2027-W02")
    assert consecutive([], "day") == ()


def test_a_dimension_of_the_log_may_bear_the_name_of_a_period():
    assert is_period("week", ["2026-W01"])
    assert not is_period("week", ["first", "second"])
    assert not is_period("device", ["2026-01-01"])
