"""What a hint suggests: columns that are known by name, never those that merely look alike.

The column lists are those of the vendors' documented exports (Snowplow atomic events, Mixpanel, GA4 and
Segment); the right column of each stands in their documentation.
"""

from __future__ import annotations

import pyarrow as pa
import pytest

import attribution as at
from attribution.errors import AttributionError, LogError

T = ["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"]
TWICE, ONCE = ["a", "a", "b"], ["1", "2", "3"]

# name of the export: (columns of the table, what hints must say, what none may say)
EXPORTS = {
    "snowplow": (
        {"ti_name": ONCE, "br_version": ONCE, "derived_tstamp": T, "domain_userid": TWICE, "event_id": ONCE},
        ["LogSchema(user='domain_userid')", "LogSchema(time='derived_tstamp')"],
        ["time='ti_name'", "conversion='br_version'"],
    ),
    "mixpanel": (
        {"event": ONCE, "insert_id": ONCE, "distinct_id": TWICE, "time": T},
        ["LogSchema(user='distinct_id')"],
        ["LogSchema(user='insert_id')"],
    ),
    "mixpanel without distinct_id": (
        {"event": ONCE, "insert_id": ONCE, "time": T},
        ["LogSchema(user='...')"],
        ["LogSchema(user='insert_id')"],
    ),
    "a user column in which nobody comes back": (
        {"event": ONCE, "person_id": ONCE, "time": T, "distinct_id": TWICE},
        ["LogSchema(user='distinct_id')"],
        ["LogSchema(user='person_id')"],
    ),
    "ga4": (
        {"event_name": ONCE, "user_pseudo_id": TWICE, "event_timestamp": T, "channel": ONCE},
        ["LogSchema(user='user_pseudo_id')", "conversion='...'"],
        ["'converted'"],
    ),
    "another case": (
        {"User_ID": TWICE, "Time": T, "Channel": ONCE},
        ["conversion='...'"],  # names are found in any case, so that only the conversions are missing
        ["has no user column", "has no time column", "has no channel column"],
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_hints_name_known_columns_only(name):
    columns, wanted, never = EXPORTS[name]
    with pytest.raises(LogError) as caught:
        at.read_log(pa.table(columns))
    text = str(caught.value)
    assert [entry for entry in wanted if entry not in text] == []
    assert [entry for entry in never if entry in text] == []


def test_no_typing_error_leads_to_ids_that_never_repeat():
    columns = {"insert_id": ONCE, "time": T, "channel": ONCE, "bought": [0, 0, 1]}
    with pytest.raises(LogError) as caught:
        at.read_log(pa.table(columns), schema=at.LogSchema(user="inser_id", conversion="bought"))
    assert caught.value.hint == "LogSchema(user='...')"


def test_a_stream_that_can_be_read_once_is_not_used_up_for_a_hint():
    table = pa.table({"distinct_id": TWICE, "time": T, "channel": ONCE})
    with pytest.raises(LogError, match=r"LogSchema\(user=\('\.\.\.', "):
        at.read_log(table.to_reader(), table)


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ({"farm": TWICE, "converted": [0, 1, 0]}, "assigned='...'"),
        ({"variant": TWICE, "converted": [0, 1, 0]}, "assigned='variant'"),
        ({"zzz": TWICE, "converted": [0, 1, 0]}, "assigned='...'"),
    ],
)
def test_experiments_suggest_known_columns_only(columns, wanted):
    with pytest.raises(AttributionError) as caught:
        at.analyze_holdout(columns, outcome="converted")
    assert caught.value.hint == wanted
