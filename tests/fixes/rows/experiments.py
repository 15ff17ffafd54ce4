"""Experiments: plans, assignment, analysis, calibration."""

# ruff: noqa: E501, F401 (a row is code on one line, and may use what is imported here)

from __future__ import annotations

import numpy as np

import attribution as at
from attribution.calibration.evidence import captured
from attribution.experiments.holdout.moments import Moments
from attribution.experiments.holdout.sample_ratio import sample_ratio, sample_ratio_sequential
from tests.fixes.world import World, quietly


def orders(**columns: object) -> at.EventLog:
    """Return the log of touches and orders, with further columns of the orders."""
    with quietly():
        world = World()
        return at.read_log(world["touches"], world["conversions"].assign(**columns))


def goaled() -> at.EventLog:
    """Return a log of leads and purchases."""
    with quietly():
        world = World()
        orders = world["conversions"].assign(goal=["lead", "purchase", "lead"])
        return at.read_log(world["touches"], orders)


PILOT = np.random.default_rng(1).gamma(1.0, 10.0, 200)

ROWS = (
    "at.calibrate(at.attribute(goaled(), 'linear', goal='lead'), {'email': at.Evidence(at.Estimate(2.0, 0.5, 3.5), goal='purchase')})",
    "at.calibrate(credit.select(models='linear'), {'email': at.Estimate(2.0, 0.5, 3.5)}, prior=5)",
    "at.calibrate(credit.select(models='linear'), {'email': at.Estimate(2.0, 0.5, 3.5)}, spread=-1)",
    "at.calibrate(credit.select(models='linear'), {'email': at.Estimate(2.0, 0.5, 3.5)}, alpha=5)",
    "at.calibrate(credit, {'email': at.Estimate(2.0, 0.5, 3.5)})",
    "at.calibrate(credit.select(models='linear'), {'email': at.Estimate(2.0, 0.5, 3.5)}).plot('iroas')",
    "at.calibrate(credit.select(models='linear'), {'email': at.Evidence(lift, attributed=0)})",
    (
        "at.calibrate(credit.select(models='linear'), "
        "{'email': at.Evidence(at.Estimate(2.0, 0.5, 3.5), start='2020-01-01', end='2020-02-01')})"
    ),
    (
        "at.calibrate(at.attribute(at.read_log(touches, conversions[['user_id', 'time']]), 'linear'), "
        "{'email': at.Estimate(2.0, 0.5, 3.5)}, measure='value')"
    ),
    "at.Evidence(5)",
    "at.Evidence(lift, attributed_error=-1)",
    "captured([0, 0], 28)",
    "captured([1, 2], 0)",
    "at.assign_holdout(users[['user_id']], share=0.1, salt='s', exclusion=5)",
    "at.assign_holdout(users[['user_id']], share=0.1, salt='s', exclusion=('a', 0.5, 0.1))",
    "at.assign_holdout({'user_id': [1, 1], 'region': ['a', 'b']}, share=0.1, salt='s', strata='region')",
    "at.assign_holdout(users[['user_id']], salt='s')",
    "at.assign_holdout(users[['user_id']], share=0.1, arms={'holdout': 0.1, 'b': 0.9}, salt='s')",
    "at.assign_holdout(users[['user_id']], arms=5, salt='s')",
    "at.analyze_holdout(users, outcome=[])",
    "at.analyze_holdout(users, checks=3)",
    "at.analyze_holdout(users, power=0.9)",
    "at.analyze_holdout(users, adjust='cuped')",
    "at.analyze_holdout(users.assign(none=0.0), outcome=['none', 'converted'])",
    "at.analyze_holdout(users[users['revenue'] > 0], outcome='revenue')",
    "at.analyze_holdout(users, assignment={'treatment': 5_000, 'holdout': 5_000})",
    "at.analyze_holdout(users, assignment={'treatment': 0, 'holdout': 200})",
    "at.analyze_holdout(users, assignment={'treatment': 1.5, 'holdout': 200})",
    "at.analyze_holdout(users.assign(past=users['past'].where(users.index > 9)), covariate='past')",
    "at.analyze_holdout(users.assign(region=['north', None] * 100 + ['south'] * 200), segment='region')",
    "at.analyze_holdout(users, placebo='converted')",
    "at.analyze_holdout(users, placebo='pasts')",
    "at.aa_holdout(users, draws=20, share=2)",
    "at.aa_holdout(users, draws=20, segments='arm')",
    "at.aa_holdout(users[:0], draws=20)",
    "at.UserColumns(unit=3)",
    "at.UserColumns(assigned=3)",
    "at.UserColumns(segment=['a', 'b'])",
    "at.PanelOptions(geo=3)",
    "at.PanelOptions(since='no day')",
    "at.PanelOptions(holidays=[1.5])",
    "at.PanelOptions(buffer=[None])",
    "at.Validity(shares=3)",
    "at.Validity(assignment=5)",
    "at.Validity(checks=[5])",
    "at.Validity(checks=5)",
    "at.HoldoutSetup(daily_units='x')",
    "at.Evidence(at.Estimate(2.0, 0.5, 3.5), attributed=-1)",
    "at.plan_holdout(baseline=0.02, lift=0.1, cost=5, value=60)",
    "at.plan_holdout(baseline=0.02, lift=0.1, currency=3)",
    "at.plan_holdout(baseline=0.02, lift=0.1, outcome_days=7)",
    "at.plan_holdout(baseline=0.02, lift=0.1, icc=0.2)",
    "at.plan_holdout(baseline=0.02, lift=0.1, baselin=5)",
    "at.outcomes(log, assignment, start='2026-03-01', end='2026-02-01')",
    "at.outcomes(log, assignment, start='soon', end='2026-02-01')",
    "at.outcomes(log, assignment, start=None, end='2026-04-01')",
    "at.outcomes(log, assignment, start='2027-01-01', end='2027-02-01')",
    "at.outcomes(log, assignment, start='2026-03-01', end='2026-04-01', before='0D')",
    "at.outcomes(log, assignment, start='2026-03-01', end='2026-04-01', exposed='emial')",
    "at.outcomes(log, assignment, start='2026-03-01', end='2026-04-01', engine='strem')",
    "at.outcomes(log, assignment, start='2026-03-01', end='2026-04-01', engine=at.Increments('state'))",
    "at.outcomes(goaled(), assignment, start='2026-03-01', end='2026-04-01', goal='purchases')",
    "at.outcomes(goaled(), assignment, start='2026-03-01', end='2026-04-01', goal='xyz')",
    "at.outcomes(journeys, assignment, start='2026-03-01', end='2026-04-01')",
    "at.outcomes(log, assignment[:0], start='2026-03-01', end='2026-04-01')",
    "at.outcomes(log, assignment.assign(value=1.0), start='2026-03-01', end='2026-04-01')",
    "at.outcomes(log, assignment.assign(user_id=assignment['user_id'].astype(str)), start='2026-03-01', end='2026-04-01')",
    "at.outcomes(log, assignment.iloc[[0, 1, 2, 2]], start='2026-03-01', end='2026-04-01')",
    "at.outcomes(log, assignment.iloc[[0, 1, 2, 2]].assign(arm=['holdout', 'holdout', 'holdout', 'treatment']), start='2026-03-01', end='2026-04-01')",
    "at.outcomes(orders(currency=['EUR', 'USD', 'EUR']), assignment, start='2026-03-01', end='2026-04-01')",
    "at.analyze_holdout(users, outcome=['converted', 'converted'])",
    "at.analyze_holdout(users.assign(n=0.0), outcome='revenue', denominator='n')",
    "at.analyze_holdout(users, winsorise=2, outcome='revenue')",
    "at.analyze_holdout(users, shares={'treatment': 0.0, 'holdout': 1.0})",
    "at.analyze_holdout(users, shares=5)",
    "at.analyze_holdout(users, assigned='arms')",
    "plan.curve([0])",
    "at.plan_holdout(baseline=0.02, n=100_000).plot('power')",
    "at.plan_holdout(outcome='ratio', baseline=2.0, lift=0.1)",
    "at.plan_holdout(outcome='ratio', pilot=PILOT, lift=0.1)",
    "at.plan_holdout(outcome='ratio', pilot=(PILOT, PILOT[:50]), lift=0.1)",
    "at.plan_holdout(outcome='mean', baseline=5.0, sd=-1, lift=0.1)",
    "at.plan_holdout(outcome='mean', baseline=5.0, lift=0.1)",
    "at.plan_holdout(baseline=0.02, sd=3, lift=0.1)",
    "at.plan_holdout(baseline=0.02, pilot=PILOT > 5, lift=0.1)",
    "at.plan_holdout(outcome='mean', pilot=PILOT, winsorise=2, lift=0.1)",
    "at.plan_holdout(outcome='mean', baseline=3, sd=2, winsorise=0.99, lift=0.1)",
    "at.plan_holdout(baseline=0.02)",
    "at.plan_holdout(baseline=0.02, lift=0)",
    "at.plan_holdout(baseline=0.02, lift=1e-9)",
    "at.plan_holdout(baseline=0.02, lift=-2)",
    "at.plan_holdout(baseline=0.02, lift=0.1, power=80)",
    "at.plan_holdout(baseline=0.02, lift=0.1, power=1)",
    "at.plan_holdout(baseline=0.02, lift=0.1, alpha=0)",
    "at.plan_holdout(baseline=0.02, lift=0.1, value=60)",
    "at.plan_holdout(baseline=0.02, lift=0.1, cost_per_exposed=5)",
    "at.plan_holdout(baseline=0.02, lift=0.1, alternative='smaller')",
    "at.plan_holdout(baseline=0.02, lift=-0.1, alternative='larger')",
    "at.plan_holdout(baseline=0.02, lift=-0.1, alternative='smaller', cost_per_exposed=5, value=60)",
    "at.plan_holdout(baseline=0.02, iroas=-2, alternative='smaller', cost_per_exposed=5, value=60)",
    "at.plan_holdout(baseline=0.02, lift=0.1, arms=5)",
    "at.plan_holdout(baseline=0.02, lift=0.1, arms={'holdout': 0.2, 'a': 0.2})",
    "at.plan_holdout(baseline=0.02, lift=0.1, share=0.2, arms={'holdout': 0.2, 'a': 0.8})",
    "sample_ratio({'a': 5})",
    "sample_ratio({'a': 5, 'b': 1.5})",
    "sample_ratio({'a': 5, 'b': 5}, {'a': 0, 'b': 1})",
    "sample_ratio({'a': 0, 'b': 0})",
    "sample_ratio({'a': 5, 'b': 5}, {'a': 1})",
    "sample_ratio_sequential([{'a': 5, 'b': 5}], concentration=0)",
    "Moments.of_sums(('y',), 5, [1.0, 2.0], [[1.0]])",
    "Moments.of_sums(('y',), 5, [100.0], [[1.0]])",
    "Moments.of_sums(('y',), 5, [1.0], [[1.0]]) + Moments.of_sums(('x',), 5, [1.0], [[1.0]])",
)
