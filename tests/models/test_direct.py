"""What direct traffic is called: one list for the model, the grouping and the checks."""

from __future__ import annotations

import pytest

import attribution as at
from attribution.eventlog.direct import DIRECT, is_direct

CALLED = [
    *(
        "direct",
        "Direct",
        "(direct)",
        "(direct) / (none)",
        "direct / none",
        "Direct traffic",
        "(direct)/(none)",
    ),
    *(
        "(none)",
        "Direct Entry",
        "DIRECT_TRAFFIC",
        "$direct",
        "Typed/Bookmarked",
        "direct-traffic",
        "[direct]",
    ),
    *("direct / (not set)", "type-in", " Direct  ", "«direct»"),
]
NOT_CALLED = [
    "direct mail",
    "directory",
    "direct_response",
    "google / (none)",
    "nonetheless",
    "indirect",
    "email",
]


@pytest.mark.parametrize("name", sorted({*CALLED, *DIRECT}))
def test_direct_traffic_by_any_name_is_passed_over(name):
    assert is_direct(name)
    journeys = at.read_paths({"path": [f"search | {name}"], "conversions": [1]}, separator=" | ")
    credit = at.attribute(journeys, "last_non_direct")
    frame = credit.to_frame().set_index("channel")
    assert frame.loc["search", "conversions"] == 1.0
    assert not credit.notes


@pytest.mark.parametrize("name", NOT_CALLED)
def test_what_is_not_direct_keeps_its_credit_and_the_credit_says_so(name):
    journeys = at.read_paths({"path": [f"search | {name}"], "conversions": [1]}, separator=" | ")
    credit = at.attribute(journeys, ["last_non_direct", "last_touch"])
    frame = credit.to_frame().set_index(["model", "channel"])["conversions"]
    assert frame["last_non_direct", name] == frame["last_touch", name] == 1.0
    assert "no channel is direct traffic, so last_non_direct is last_touch here" in credit.notes[0]
    named = at.attribute(journeys, at.LastNonDirect(direct=name))
    assert not named.notes
