"""Reports to look at: one with every section, one with names that would like to be more than text."""

from __future__ import annotations

import numpy as np

import attribution as at
from attribution.reporting.html import report
from tests.reporting.test_report import CHECKS, make_credit, paid
from tests.reporting.test_report import HOSTILE as KNOWN

HOSTILE = [
    *KNOWN,
    "<script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'>",
    "קמפיין דואר",
    "x" * 300,
    "\U0001f680" * 20,
]


def trial(n=4000, seed=3):
    rng = np.random.default_rng(seed)
    treated = rng.random(n) < 0.5
    converted = rng.random(n) < np.where(treated, 0.11, 0.07)
    arm = np.where(treated, "treatment", "holdout")
    users = {"arm": arm.tolist(), "converted": converted.astype(int).tolist()}
    users["value"] = (converted * rng.gamma(2.0, 40.0, n)).tolist()
    import pandas as pd

    return at.analyze_holdout(pd.DataFrame(users), value="value", cost=1_500.0)


def full_report(**options):
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    journeys = at.build_journeys(log, goal="purchase")
    models = ["linear", "last_touch"]
    credit = at.attribute(journeys, models, by=("channel", "month"), bootstrap=100, rng=1)
    lifts = {"email": at.Evidence(trial(), attributed=150.0), "affiliate": at.Estimate(10.0, -30.0, 50.0)}
    return report(
        credit,
        spend=sample.spend,
        lifts=lifts,
        calibration=at.calibrate(credit.select(models="linear"), lifts),
        journeys=journeys,
        synergy=at.synergy(journeys),
        checks=log.audit(),
        manifest={"run": "weekly"},
        top_paths=8,
        currency="€",
        **options,
    )


def hostile_report():
    return report(paid(make_credit(HOSTILE)), checks=CHECKS, title="<script>window.hurt = 1</script>")
