"""Calibration, tests of users and their plans: requests that contradict themselves or the data."""

# ruff: noqa: E501, F401, RUF005 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

import attribution as at
from attribution.experiments.holdout.moments import Moments
from tests.fixes.world import World, quietly

WIDE = at.Estimate(2.0, 0.5, 3.5)


def one(model: str = "linear", **more: object) -> at.Credit:
    """Return credit of one model."""
    with quietly():
        return at.attribute(World()["journeys"], model, **more)


def torn() -> at.Lift:
    """Return a test whose arms were not filled as planned."""
    return at.analyze_holdout(World()["users"], shares={"treatment": 0.9, "holdout": 0.1})


def geo_test(**more: object) -> at.Lift:
    """Return a test of regions."""
    asked = {
        "treated": [f"geo {number:02d}" for number in range(4)],
        "start": "2026-02-15",
        "end": "2026-02-28",
    }
    return at.analyze_geo(World()["panel"], **asked, method="did", **more)


def arms(**columns: object) -> pd.DataFrame:
    """Return an assignment of five users."""
    return pd.DataFrame({"user_id": [1, 2, 3, 4, 5], "arm": ["a", "b"] * 2 + ["a"], **columns})


SUMS = {
    "treatment": Moments.of_sums(("converted",), 50, [20.0], [[20.0]]),
    "holdout": Moments.of_sums(("converted",), 50, [15.0], [[15.0]]),
}
MARCH = {"start": "2026-03-01", "end": "2026-04-01"}

_CONTRADICTORY = (
    "margin=0.1",
    "margin=-1",
    "count='sessions', cluster='past'",
    "count='sessions', unit='user_id'",
    "count='sessions', winsorise=0.9",
    "outcome='revenue', denominator='sessions', winsorise=0.9",
    "outcome='revenue', denominator='sessions', cost=1.0",
    "cost_per_exposed=0",
    "cost_per_exposed=0.1",
    "cost_per_exposed=0.1, cost=5.0, exposed='converted', outcome='revenue'",
    "outcome='revenue', denominator='sessions', cost_per_exposed=0.1, exposed='converted'",
    "sequential=100, alternative='larger'",
    "outcome='revenue', two_part=True, cluster='past'",
    "covariate='past', variance='pooled'",
    "cluster='past', variance='pooled'",
    "covariate='converted'",
    "outcome='revenue', denominator='revenue'",
    "outcome='revenue', denominator='sessions', value='revenue'",
    "treatment='holdout'",
    "treatment=['treatment'], outcome=['converted', 'revenue']",
    "assigned='nothing'",
)

ROWS = tuple(f"at.analyze_holdout(users, {one})" for one in _CONTRADICTORY) + (
    "at.calibrate(journeys, {'email': WIDE})",
    "at.calibrate(credit, {'email': WIDE})",
    "at.calibrate(at.attribute(at.build_journeys(at.read_log(touches, conversions.iloc[:0])), 'linear'), {'email': WIDE})",
    "at.calibrate(at.attribute(at.read_log(touches, conversions.drop(columns='value')), 'linear'), {'email': WIDE}, measure='value')",
    "at.calibrate(at.attribute(journeys, 'first_touch'), {'social': WIDE, 'email': WIDE})",
    "at.calibrate(at.attribute(at.read_paths({'path': ['search', 'email'], 'conversions': [1, 0], 'nulls': [1, 1]}), 'linear'), {'email': WIDE})",
    "at.analyze_holdout(users.groupby('arm').head(5), covariate=['past', 'sessions', 'revenue'])",
    "at.analyze_holdout(SUMS, two_part=True)",
    "at.analyze_holdout(SUMS, design='psa', exposed='e')",
    "at.calibrate(one(), {'email': torn()})",
    "at.calibrate(one(), {'email': torn()}, blocked='drop')",
    "at.calibrate(one(), {'email': geo_test()}, measure='conversions')",
    "at.calibrate(one(), {'email': geo_test()}, measure='value')",
    "at.calibrate(one(), {'email': geo_test(cost='cost')}, measure='value')",
    "at.calibrate(one(), {'email': lift})",
    "at.calibrate(one(), {'email': at.analyze_holdout(users)}, measure='value')",
    "at.calibrate(at.attribute(at.read_log(touches, conversions.assign(goal='purchase')), 'linear', goal='purchase'), {'email': at.Evidence(WIDE, goal='lead')})",
    "at.calibrate(one(), {'email': at.Evidence(WIDE, attributed=0.0)})",
    "at.calibrate(one(), {'email': [WIDE, WIDE]})",
    "at.calibrate(one(), {'email': lift, 'search': lift})",
    "at.Evidence(WIDE, attributed_error='x')",
    "at.Evidence(WIDE, attributed_error=-1)",
    "at.Evidence(WIDE, attributed='x')",
    "at.Evidence(WIDE, start='2026-03-02', end='2026-03-01')",
    "at.Evidence(5)",
    "at.calibrate(one(), {'email': WIDE}).next_test(withhold='email')",
    # users
    "at.analyze_holdout(SUMS, segment='past')",
    "at.analyze_holdout(SUMS, cluster='past')",
    "at.analyze_holdout(SUMS, unit='user_id')",
    "at.analyze_holdout(SUMS, count='n')",
    "at.analyze_holdout(SUMS, winsorise=0.9)",
    "at.analyze_holdout(users.iloc[:6], covariate=['past', 'sessions', 'revenue'])",
    "at.analyze_holdout(users.assign(n=-1.0), outcome='revenue', denominator='n')",
    "at.analyze_holdout(users.assign(revenue=np.where(np.arange(400) < 4, 5.0, 0.0)), outcome='revenue', winsorise=0.9)",
    "at.analyze_holdout(users.assign(revenue=np.where(np.arange(400) < 1, 5.0, 0.0)), outcome='revenue', winsorise=0.9)",
    "at.analyze_holdout(pa.Table.from_arrays([pa.array(users.arm), pa.array(users.converted), pa.array(users.converted)], names=['arm', 'converted', 'converted']))",
    "at.analyze_holdout('no.parquet')",
    "at.assign_holdout(users['user_id'], share=0.1, salt='s', strata='region')",
    "at.assign_holdout(users, share=0.1, salt='s', strata=pd.Series(['a', 'b']))",
    "at.assign_holdout('users', share=0.1, salt='s')",
    "at.assign_holdout({'user_id': 'ann'}, share=0.1, salt='s')",
    "at.assign_holdout(5, share=0.1, salt='s')",
    "at.analyze_holdout(pa.table({'arm': pa.array([b'a\\xff', b'b']).view(pa.string()), 'converted': [0, 1]}))",
    "at.assign_holdout({'user_id': [1, 'a', 2.5]}, share=0.1, salt='s')",
    "at.assign_holdout(pd.DataFrame({'user_id': ['a', None, 'b']}), share=0.1, salt='s')",
    "at.assign_holdout(pd.DataFrame({'user_id': ['a', 'c', 'b'], 'region': ['x', None, 'y']}), share=0.1, salt='s', strata='region')",
    # plans
    "at.plan_holdout(baseline=0.02, lift=0.1, effect=0.01)",
    "at.plan_holdout(outcome='mean', baseline=0.0, sd=1.0, lift=0.1)",
    "at.plan_holdout(baseline=0.02, iroas=2.0)",
    "at.plan_holdout(baseline=0.02, lift=60)",
    "at.plan_holdout(baseline=0.02, effect=2.0)",
    "at.plan_holdout(baseline=0.02, effect=0)",
    "at.plan_holdout(baseline=0.02, lift=0.1, rho=1)",
    "at.plan_holdout(baseline=0.02, lift=0.1, cluster_size=0.5)",
    "at.plan_holdout(baseline=0.02, lift=0.1, cluster_size=2)",
    "at.plan_holdout(baseline=0.02)",
    # what the log says of the users of a test
    "at.outcomes(touches, arms(), **MARCH)",
    "at.outcomes(at.read_log(touches, conversions, hash_bits=128), arms(), **MARCH)",
    "at.outcomes(log, arms(), start='2026-04-01', end='2026-03-01')",
    "at.outcomes(log, arms(), start='2026-03-01', end='2026-03-01')",
    "at.outcomes(log, arms(), start='soon', end='2026-03-01')",
    "at.outcomes(log, arms(), start=None, end='2026-03-01')",
    "at.outcomes(log, arms(), start='2020-03-01', end='2020-04-01')",
    "at.outcomes(log, arms(), before='2026-03-02', **MARCH)",
    "at.outcomes(log, arms(converted=1), **MARCH)",
    "at.outcomes(log, arms().iloc[:0], **MARCH)",
    "at.outcomes(log, pd.concat([arms(), arms().iloc[:2]]), **MARCH)",
    "at.outcomes(log, pd.concat([arms(), arms().iloc[:2].assign(arm='c')]), **MARCH)",
    "at.outcomes(log, arms().assign(user_id=list('12345')), **MARCH)",
    "at.outcomes(log, arms(), user='visitor', **MARCH)",
)
