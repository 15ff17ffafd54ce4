"""Requests of logs, journeys, path tables, models and results that have no answer as they stand."""

# ruff: noqa: E501, F401 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import attribution as at
from tests.fixes.world import World, quietly

PATHS = {"path": ["email > search", "email"], "conversions": [3, 1], "nulls": [5, 9]}


def table(**columns: object) -> pd.DataFrame:
    """Return a small path table with other columns."""
    return pd.DataFrame({**PATHS, **columns})


class Shrinking:
    """A stream that gives fewer rows each time that it is asked."""

    def __init__(self) -> None:
        self.left = len(World()["touches"]) + 1

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the stream."""
        self.left -= 1
        return pa.Table.from_pandas(World()["touches"].iloc[: self.left]).__arrow_c_stream__()


def saved(folder: Path, **facts: object) -> str:
    """Write a baseline with some facts changed; return its path."""
    path = "b.json"
    with quietly():
        at.save_baseline(World()["credit"], path)
    document = json.loads((folder / path).read_text())
    (folder / path).write_text(json.dumps({**document, **facts}))
    return path


ROWS = (
    # logs
    "at.read_log(touches, conversions, drop_limit=5)",
    "at.read_log(touches, conversions, drop_limit='5%')",
    "at.read_log(touches, conversions, missing_value=float('nan'))",
    "at.read_log(touches, conversions, hash_bits=96)",
    "log = at.read_log(Shrinking(), conversions)\nlog.audit()\nlog.load()\nat.attribute(log, 'linear', engine='stream')",
    "log.group_channels([5])",
    "log.group_channels(['email'])",
    "log.group_channels([('a',)])",
    "log.group_channels(own_domains='shop')",
    "log.group_channels([at.ChannelRule('a', raw='email')], medium='device')",
    "log.group_channels([at.ChannelRule('a', medium='email')])",
    "log.group_channels(unmatched=5)",
    # journeys
    "at.build_journeys(log, '7D')",
    "at.attribute(log, 'linear', options='7D')",
    "at.attribute(journeys, 'linear', options=at.JourneyOptions(lookback='7D'))",
    "at.build_journeys(log, lookback=None, drop_censored=True)",
    "at.build_journeys(log, period='March')",
    "at.build_journeys(log, timezone='Europe/Berln')",
    "at.build_journeys(log, timezone=5)",
    "at.build_journeys(log, period=('2026-03-31', '2026-03-01'))",
    "at.build_journeys(log, period=('2026-03-01', 'soon'))",
    "at.build_journeys(log, currency=5)",
    "at.build_journeys(log, rates={'SEK': 0.09})",
    "at.build_journeys(log, goal='lead')",
    "at.build_journeys(log, goal=())",
    "at.build_journeys(at.read_log(touches, conversions.assign(goal='purchase')), goal=())",
    "journeys.between('2026-03-01', '2026-04-01')",
    "journeys.between(3, 10**6)",
    "at.build_journeys(log, max_touches=2.5)",
    "at.build_journeys(log, max_touches=0)",
    # path tables
    "at.read_paths(pd.DataFrame({'path': ['a'], 'how_often': [1]}))",
    "at.read_paths(pd.concat([table(), table()[['conversions']]], axis=1))",
    "at.read_paths(table(conversions=[[1], [2]]))",
    "at.read_paths(table(conversions=pd.to_timedelta([1, 2], 's')))",
    "at.read_paths(table(conversions=[1.0, float('nan')]))",
    "at.read_paths(table(conversions=[1, -2]))",
    "at.read_paths(table(conversions=['1', '2,5']))",
    "at.read_paths(table(conversions=['1,234.5', '2']))",
    "at.read_paths(table(conversions=['1,234.5', '2,5']))",
    "at.read_paths(table(conversions=['1,234', '2']))",
    "at.read_paths(table(conversions=['x', '2']))",
    "at.read_paths(table(value=['€ 5', '2,5']))",
    "at.read_paths(table(nulls=['5 %', '2']))",
    "at.read_paths(table(conversions=[1e308, 1e308]))",
    "at.read_paths(table(path=['email > search', None]))",
    "at.read_paths(table(path=['email >  > search', 'email']))",
    "at.read_paths(table(path=['(unattributed)', 'email']))",
    "at.read_paths(table(path=['email > (unattributed)', 'email']))",
    "at.read_paths(table(path=['email|search', 'a']), separator=' | ')",
    "at.read_paths(table(), separator=5)",
    "at.read_paths({'path': ['a- -> b'], 'conversions': [1]}, separator=' -> ').path_counts(separator='->')",
    "at.path_counts(at.read_paths({'path': ['a- b'], 'conversions': [1]}, separator='|'), separator='-->')",
    # models
    "at.Shapley('subset_rate', ordered=True)",
    "at.Shapley('within_set_rate', ordered=True)",
    "at.Shapley(tolerance=1)",
    "at.Shapley(samples=1)",
    "at.Shapley(samples=2.5)",
    "at.attribute(journeys, 'linear', engine='stream')",
    "at.attribute(log, 'linear', bootstrap=20, rng=1, resample='user')",
    "at.attribute(5, 'linear')",
    "at.attribute(log, 'linear', bootstrap=0)",
    "at.synergy(at.read_paths({'path': ['a > b', 'a'], 'conversions': [1, 2]}))",
    "at.synergy(at.read_paths({'path': ['a > b', 'a'], 'conversions': [0, 0], 'nulls': [1, 2]}))",
    # results
    "at.attribute(journeys, 'linear', bootstrap=20, rng=1).intervals('conversions', correction='max_t', method='bca')",
    "at.attribute(journeys, 'linear', by=('channel', 'month')).plot('assisted')",
    "at.check(credit, saved(folder, schema=99))",
    "at.check(credit, saved(folder, settings={'models': 5}))",
    "at.check(credit, {'a': 5})",
    "at.save_baseline(credit, 5)",
    "at.save_baseline(credit, {'a': 5})",
    "credit.to_parquet(folder / 'credit.parquet')\nat.check(credit, folder / 'credit.parquet')",
    # simulations
    "at.datasets.simulate(100, holdout={'email': 0.0})",
    "at.datasets.simulate(100, seed=1).write(folder / 'x.txt' / 'y' if (folder / 'x.txt').write_text('x') else '')",
    "at.datasets.simulate_geo(10, treated={'a': ['geo 01'], 'b': ['geo 02']}, lift={'a': 0.1})",
)
