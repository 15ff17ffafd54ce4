"""How results look in a notebook."""

from __future__ import annotations

import pandas as pd

from attribution._display import table_html
from attribution.diagnostics import CheckResult


def test_numbers_stand_right_and_text_left():
    page = table_html(pd.DataFrame({"channel": ["a<b"], "conversions": [1.5]}))
    assert '<th scope="col" style="text-align:left">channel</th>' in page
    assert '<td style="text-align:left">a&lt;b</td>' in page
    assert '<td style="text-align:right">1.500</td>' in page


def test_a_check_shows_its_finding_and_its_remedy_in_both_forms():
    check = CheckResult("null_keys", False, "2 users are null", 2, ({"row": 7},), 'invalid="drop"')
    page = check._repr_html_()
    assert "[failed] null_keys: 2 users are null" in page
    assert "Fix: invalid=&quot;drop&quot;" in page
    assert "<td" in page
    assert repr(check).splitlines() == [
        "[failed] null_keys: 2 users are null",
        '  Fix: invalid="drop"',
        "  {'row': 7}",
    ]
