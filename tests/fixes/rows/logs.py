"""Logs: what reports of the field showed, and what the other tables leave out."""

# ruff: noqa: E501 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

import pandas as pd


def order_lines() -> pd.DataFrame:
    """Return three lines of one order, and one of another."""
    times = ["2026-03-04", "2026-03-04", "2026-03-04", "2026-03-05"]
    return pd.DataFrame(
        {
            "user_id": [1, 1, 1, 2],
            "time": times,
            "order_id": ["o1", "o1", "o1", "o2"],
            "value": [10.0, 25.0, 3.0, 7.0],
        }
    )


ROWS = (
    # first-week A4, field-reports A6 and A7
    (
        "at.read_log(touches.assign(campaign=[22872123321.0, 5.0, None] + [5.0] * 4), conversions, "
        "{'dims': 'campaign'}).load()"
    ),
    (
        "at.read_log(touches.assign(time=['2026-03-01T10:00:00Z', '2026-03-02T10:00:00+01:00'] + "
        "['2026-03-03T09:00:00'] * 5), conversions).load()"
    ),
    "at.read_log(touches.assign(time=['2026-03-01T10:00:00Z'] * 7), conversions).load()",
    "at.read_log(touches, conversions.assign(value=['€ 216.36', '1.234,56 €', '12,50'])).load()",
    "at.read_log(touches, conversions.assign(value=['1,234.50', '2', '3'])).load()",
    "at.read_log(touches.assign(channel=[[{'key': 'source', 'value': 'a'}]] * 7), conversions).load()",
    (
        "at.read_log(touches.drop(columns='user_id').assign(va_closer_id='x', post_visid_high=1, post_visid_low=2), "
        "conversions).load()"
    ),
    (
        "touches.assign(time=[1772323200000 + n for n in range(7)]).to_csv('t.csv', index=False)\n"
        "at.read_log('t.csv', conversions).load()"
    ),
    "at.read_log(touches.assign(time=[1772323200000 + n for n in range(7)]), conversions).load()",
    "at.read_log(touches, conversions.assign(orderId=['a', 'b', 'c']), {'conversion': 'orderId'}).load()",
    "at.read_log(touches.assign(event=['view', 'purchase'] + ['view'] * 5), None, {'conversion': 'event'}).load()",
    (
        "at.read_log(touches.rename(columns={'channel': 'source'}).assign(medium='cpc', source=['a', None] + ['b'] * 5), "
        "conversions, {'channel': 'source'}).load()"
    ),
    "at.read_log(touches.assign(user_id=None, visitor=1), conversions).load()",
    "at.read_log(touches.assign(user_id=[1.0e15, 2.0, None, 3.0, 3.0, 4.0, 5.0]), conversions).load()",
    (
        "at.read_log(touches.rename(columns={'time': 'clicked_at'}), "
        "conversions.rename(columns={'time': 'bought_at'})).load()"
    ),
    "at.read_log(touches, conversions, invalid='drop', missing_value='x').load()",
    # days and months: every row fits both readings, or none fits all rows
    "at.read_log(touches.assign(time='03/01/2026'), conversions).load()",
    "at.read_log(touches, conversions.assign(time=['03/04/2026', '03/05/2026', '4/3/2026 10:30'])).load()",
    "at.read_log(touches.assign(time=['03/01/2026', '03/13/2026'] + ['13/03/2026'] * 5), conversions).load()",
    # not a number, as text
    "at.read_log(touches, conversions.assign(value=['10', 'NaN', '5'])).load()",
    "at.read_log(touches, conversions.assign(value=['10.5', 'nan', 'N/A'])).load()",
    "at.read_log(touches.assign(time=['NaN'] + ['2026-03-01'] * 6), conversions).load()",
    "at.read_log(touches.assign(user_id=['NaN', 'nan', 'a', 'b', 'b', 'c', 'd']), conversions.assign(user_id=['a', 'b', 'c'])).load()",
    "at.read_log(touches.assign(channel=['NaN'] + ['a'] * 6), conversions).load()",
    "touches.assign(time=['NaN'] + ['2026-03-01'] * 6).to_csv(folder / 't.csv', index=False)\nat.read_log(folder / 't.csv', conversions).load()",
    "conversions.assign(value=['10', 'NaN', 'NaN']).to_csv(folder / 'c.csv', index=False)\nat.read_log(touches, folder / 'c.csv').load()",
    "at.read_log(touches.assign(channel=['(unattributed)'] * 7), conversions).load()",
    "at.read_log(touches, conversions.assign(value=[1.0, None, 2.0])).load()",
    "log.group_channels([])",
    "log.group_channels(5)",
    "log.group_channels('default')",
    "log.group_channels([{'channel': 'a'}])",
    "log.group_channels([{'channel': '', 'source': 'a'}])",
    "log.group_channels([{'source': 'a'}])",
    "log.group_channels([{'channel': 'a', 'source': 're:('}])",
    "log.group_channels(unmatched='')",
    "log.group_channels(source='utm_source')",
    "at.ChannelRule('', source='a')",
    "at.ChannelRule('a', source=5)",
    "at.ChannelRule('a')",
    "log.audit(now='soon')",
    "log.audit(busy_touches=0)",
    "log.audit(outlier_deviations=-1)",
    "at.read_log('no.parquet')",
    "at.read_log(touches, conversions, {'user': 'nobody'}).load()",
)
