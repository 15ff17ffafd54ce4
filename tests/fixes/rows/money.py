"""Currencies, rates, and spend as it is written: what is refused, and the line that mends it."""

# ruff: noqa: E501, F401 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import attribution as at
from tests.fixes.world import World, quietly


def paid(*currencies: str | None) -> at.EventLog:
    """Return the log with a currency for each of its three conversions."""
    with quietly():
        world = World()
        return at.read_log(world["touches"], world["conversions"].assign(currency=list(currencies)))


def dated(**columns: object) -> pd.DataFrame:
    """Return spend by channel with further columns."""
    return World()["spend"].assign(**columns)


def file(path: str, data: bytes) -> str:
    """Write a file; return its path."""
    Path(path).write_bytes(data)
    return path


EUROS = ("EUR", "EUR", "EUR")
MIXED = ("EUR", "SEK", "EUR")
RATES = pd.DataFrame({"currency": ["SEK"], "rate": [0.09]})

ROWS = (
    "at.attribute(paid(*MIXED), 'linear')",
    "at.attribute(paid(*EUROS), 'linear', currency='USD')",
    "at.attribute(paid(*EUROS), 'linear', currency=5)",
    "at.attribute(paid(*MIXED), 'linear', by=('channel', 'currency'), currency='USD')",
    "at.attribute(paid(*MIXED), 'linear', rates={'SEK': 0.09})",
    "at.attribute(log, 'linear', currency='EUR', rates={'SEK': 0.09})",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates={'USD': 0.9})",
    "at.attribute(paid('EUR', None, 'EUR'), 'linear', currency='EUR', rates={'USD': 0.9})",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates={'SEK': -1.0})",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates={})",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates={'': 1.0})",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates={'EUR': 2.0, 'SEK': 0.09})",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates=5)",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates=RATES.rename(columns={'rate': 'price'}))",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates=RATES.assign(rate='much'))",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates=pd.concat([RATES, RATES.assign(rate=0.1)]))",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates=RATES.assign(date='2027-01-01'))",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates=pd.concat([RATES, RATES]).assign(date='2026-03-01'))",
    "at.attribute(paid(*EUROS), 'linear').with_spend(spend.assign(currency='SEK'))",
    "at.attribute(paid(*EUROS), 'linear').with_spend(spend.assign(currency=['SEK', 'EUR', 'EUR']))",
    "credit.with_spend(spend.assign(currency='SEK'), currency='EUR')",
    "at.attribute(paid(*EUROS), 'linear').with_spend(spend.assign(currency='SEK'), rates=RATES.assign(date='2026-03-01'))",
    "at.attribute(paid(*EUROS), 'linear').with_spend(spend.assign(currency='SEK'), rates={'USD': 0.9})",
    "credit.with_spend(spend.rename(columns={'cost': 'cost (EUR)'}).assign(currency='SEK'))",
    "credit.with_spend(spend, currency=5)",
    "credit.with_spend(at.Costs(spend, currency='EUR'), currency='SEK')",
    "credit.with_spend(spend, decimals=50)",
    "credit.with_spend(spend, decimals=1.5)",
    "at.attribute(paid(*MIXED), 'linear', currency='EUR', rates=pa.Table.from_arrays([pa.array(['SEK']), pa.array([0.09]), pa.array([0.1])], names=['currency', 'rate', 'rate']))",
    "credit.with_spend([file('a.csv', b'channel,cost\\nemail,5\\n'), file('b.csv', b'channel,cost,campaign\\nsearch,5,x\\n')])",
    # dates
    "credit.with_spend(dated(date=pd.to_datetime(['2026-03-01'] * 3).tz_localize('Europe/Berlin')))",
    "credit.with_spend(dated(date=[20260301.0, 20260302.0, 20260303.0]))",
    "credit.with_spend(dated(date=['soon', '2026-03-01', '2026-03-02']))",
    "credit.with_spend(dated(date=['01.03.2026', '02.03.2026', '13.03.2026']))",
    "credit.with_spend(dated(date=['03/01/2026', '03/02/2026', '03/03/2026']))",
    "dated(date=['03/01/2026', '03/02/2026', '03/03/2026']).to_csv(folder / 's.csv', index=False)\ncredit.with_spend(folder / 's.csv')",
    "credit.with_spend(pa.table(dated()).append_column('date', pa.array([10**15] * 3, pa.timestamp('s'))))",
    "credit.with_spend(dated(start=['2026-03-04', '2026-03-01', '2026-03-01'], end=['2026-03-02', '2026-03-05', '2026-03-05']))",
    "at.attribute(paid(*EUROS), 'linear').with_spend(pd.concat([dated(start='1026-03-01', end='9999-12-30', currency='SEK')] * 3).assign(row=range(9)), rates=RATES.assign(date='2026-03-01'))",
    "credit.with_spend(dated(launched=['2026-03-01', '2026-03-02', '2026-03-03']))",
    "credit.with_spend(dated(date='2026-03-02', launched=['2026-03-01', '2026-03-02', '2026-03-03']))",
    # costs
    "credit.with_spend(spend.rename(columns={'cost': 'Spend'}).assign(amount=1.0))",
    "credit.with_spend(spend.assign(cost=[True, False, True]))",
    "credit.with_spend(spend.assign(cost=pd.to_timedelta([1, 2, 3], 's')))",
    "credit.with_spend(spend.assign(cost=[[1.0], [2.0], [3.0]]))",
    "credit.with_spend(spend.assign(cost=[-5.0, 10.0, 1.0]))",
    "credit.with_spend(spend.assign(cost=[float('nan'), 10.0, 1.0]))",
    "credit.with_spend(spend.assign(cost=[float('inf'), 10.0, 1.0]))",
    "credit.with_spend(spend.assign(cost=[1e308, 1e308, 1e308]))",
    "credit.with_spend(pd.concat([spend, spend.iloc[:1]]))",
    "credit.with_spend(pd.concat([dated(campaign=None), dated(campaign=None)]))",
    # labels
    "credit.with_spend(spend.assign(channel=[1.5, 2.5, 3.5]))",
    "credit.with_spend(spend.assign(channel=[None, 'search', 'social']))",
    "credit.with_spend(spend.assign(channel=['(unattributed)', 'search', 'social']))",
    "credit.with_spend(pd.concat([spend, spend[['cost']]], axis=1))",
    "credit.with_spend(pa.Table.from_arrays([pa.array(['email']), pa.array([1.0]), pa.array([2.0])], names=['channel', 'cost', 'cost']))",
    "credit.with_spend(pa.table({'channel': pa.array([b'a\\xff', b'b', b'c']).view(pa.string()), 'cost': [1.0, 2.0, 3.0]}))",
    # files
    "credit.with_spend(file('latin.csv', 'channel,cost\\nemail,5\\nSüden,1\\n'.encode('cp1252')))",
    "credit.with_spend(file('wide.csv', 'channel\\tcost\\nemail\\t5\\nsearch\\t1\\n'.encode('utf-16-le')))",
)
