"""The log of `tests.fixes.world`, written in other ways: mended, it is that log again, row by row."""

# ruff: noqa: E501, F401 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

import numpy as np
import pandas as pd

import attribution as at

_TOUCHES = (
    "touches.assign(time=pd.to_datetime(touches.time).astype('datetime64[s]').astype('int64'))",
    "touches.assign(time=pd.to_datetime(touches.time).astype('datetime64[ms]').astype('int64'))",
    "touches.assign(time=pd.to_datetime(touches.time).astype('datetime64[s]').astype('int64').astype(float))",
    "touches.assign(time=pd.to_datetime(touches.time).astype('datetime64[ms]').astype('int64').astype(float))",
    "touches.assign(time=pd.to_datetime(touches.time).astype('datetime64[s]').astype('int64').astype(str))",
    "touches.assign(time=pd.to_datetime(touches.time).astype('datetime64[s]').astype('int64').astype(str) + '.0')",
    "touches.assign(time=pd.to_datetime(touches.time).dt.strftime('%Y%m%d').astype(int))",
    "touches.assign(time=pd.to_datetime(touches.time).dt.strftime('%Y%m%d').astype(float))",
    "touches.assign(time=(pd.to_datetime(touches.time) - pd.Timestamp('1899-12-30')).dt.days.astype(float))",
    "touches.assign(time=pd.to_datetime(touches.time).dt.strftime('%d.%m.%Y'))",
    "touches.assign(time=pd.to_datetime(touches.time).dt.strftime('%d.%m.%Y %H:%M'))",
    "touches.assign(time=touches.time + 'T00:00:00Z')",
    "touches.assign(time=touches.time + ' 00:00:00 UTC')",
    "touches.assign(time=[day + end for day, end in zip(touches.time, ['T00:00:00Z', 'T02:00:00+02:00', 'T00:00:00', 'T00:00:00Z', '', '', ''])])",
    "touches.assign(time=pd.to_datetime(touches.time).dt.tz_localize('UTC').dt.tz_convert('Europe/Berlin'))",
    "touches.assign(user_id=touches.user_id.astype(float))",
    "touches.assign(user_id=touches.user_id.astype(str))",
    "touches.assign(user_id=None, customer_id=touches.user_id)",
    "touches.assign(user_id=[1, 1, None, None, None, None, None], customer_id=touches.user_id)",
    "touches.assign(campaign=None, channel=[{'name': name, 'medium': 'cpc'} for name in touches.channel])",
    "touches.assign(channel=[[name] for name in touches.channel])",
)
_CONVERSIONS = (
    "conversions.assign(value=['€ 10.00', '€20.00', '5.00 €'])",
    "conversions.assign(value=['10,00 EUR', '20,00', '5'])",
    "conversions.assign(value=['USD 10', '20 USD', '5'])",
    "conversions.assign(value=['10', '20', '5'])",
    "conversions.assign(value=[[10.0], [20.0], [5.0]])",
    "conversions.assign(time=conversions.time + 'T00:00:00+00:00')",
    "conversions.assign(time=pd.to_datetime(conversions.time).astype('datetime64[us]').astype('int64'))",
)


def since(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return a table with its times as numbers since 1970, in a unit."""
    return table.assign(time=pd.to_datetime(table.time).astype(f"datetime64[{unit}]").astype("int64"))


def seconds(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its times as seconds since 1970."""
    return table.assign(time=pd.to_datetime(table.time).astype("datetime64[s]").astype("int64"))


ROWS = (
    *(f"at.read_log({touches}, conversions).load()" for touches in _TOUCHES),
    *(f"at.read_log(touches, {conversions}).load()" for conversions in _CONVERSIONS),
    "at.read_log(seconds(touches), seconds(conversions)).load()",
    "touches.assign(time=pd.to_datetime(touches.time).astype('datetime64[s]').astype('int64')).to_csv(folder / 't.csv', index=False)\nat.read_log(folder / 't.csv', conversions).load()",
    *(
        f"at.read_log(since(touches, '{one}'), since(conversions, '{other}')).load()"
        for one, other in (("s", "ms"), ("ms", "s"), ("us", "ns"))
    ),
    *(
        f"since(touches, '{one}').to_csv(folder / 't.csv', index=False)\n"
        f"since(conversions, '{other}').to_csv(folder / 'c.csv', index=False)\n"
        "at.read_log(folder / 't.csv', folder / 'c.csv').load()"
        for one, other in (("s", "ms"), ("ms", "s"), ("ms", "us"))
    ),
    *(
        f"since(touches, '{one}').to_csv(folder / 't.csv', index=False)\n"
        f"at.read_log(folder / 't.csv', since(conversions, '{other}')).load()"
        for one, other in (("s", "ms"), ("ms", "s"))
    ),
    "at.read_log(touches.assign(time=(pd.to_datetime(touches.time) - pd.Timestamp('1899-12-30')).dt.days), since(conversions, 'ms')).load()",
    "touches.to_csv(folder / 't.csv', index=False, encoding='utf-16-le')\nat.read_log(folder / 't.csv', conversions).load()",
)
