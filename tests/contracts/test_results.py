"""In Jupyter: every result is a table, also as HTML that scrolls, and where there is much to see a plot."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import attribution as at
from attribution._display import Display

# Results that are lists of facts or settings, or whose parts have the plots.
WITHOUT_PLOT = {
    "Assignment": "a table of users",
    "BaggedLogisticSolution": "details of a credit, which is what is drawn",
    "Baseline": "a stored credit",
    "ChannelGrouping": "a list of rules",
    "CheckResult": "a finding",
    "CheckResults": "a list of findings",
    "Coverage": "a table of rates with their simulation errors",
    "Dataset": "tables and their truth",
    "EventLog": "tables",
    "Explanation": "the arithmetic of one cell",
    "GeoDataset": "tables and their truth",
    "HazardSolution": "details of a credit, which is what is drawn",
    "Job": "settings",
    "Journeys": "its flows and lags are what is drawn",
    "PositionCredit": "details of a credit, which is what is drawn",
    "Preview": "a list of files",
    "ProbabilisticSolution": "details of a credit, which is what is drawn",
    "Report": "a page of plots",
    "Result": "its credit is what is drawn",
    "SpendReport": "costs as they were handed out; a credit with them is what is drawn",
    "ShapleySolution": "details of a credit, which is what is drawn",
}


def results():
    for module in pkgutil.walk_packages(at.__path__, "attribution."):
        if not module.name.endswith(("__main__", ".plugin")):
            importlib.import_module(module.name)
    found = {}
    waiting = [Display]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("attribution."):
                found[kind.__name__] = kind
    return found


RESULTS = results()


@pytest.mark.parametrize("name", sorted(RESULTS))
def test_a_result_has_a_table_and_a_plot_or_a_reason(name):
    kind = RESULTS[name]
    assert kind._repr_html_ is not object
    assert kind.to_frame is not Display.to_frame
    if name in WITHOUT_PLOT:
        assert not hasattr(kind, "plot"), "it has a plot: take it out of WITHOUT_PLOT"
        return
    plot = inspect.signature(kind.plot)
    assert "ax" in plot.parameters
    assert plot.parameters["ax"].default is None
    assert plot.return_annotation == "Axes"


def credit(names=("email", "search", "<b>video</b>")):
    rng = np.random.default_rng(1)
    conversions = rng.uniform(5, 90, (2, len(names)))
    keys = (np.array(names, dtype=object),)
    return at.Credit(("linear", "markov"), ("channel",), keys, conversions, conversions * 30)


def paths():
    table = {
        "path": ["<b tv > search", "<b tv", "search"],
        "conversions": [90, 20, 40],
        "nulls": [910, 980, 960],
    }
    return at.read_paths(table)


def lift():
    import pandas as pd

    users = {
        "arm": ["treatment"] * 400 + ["holdout"] * 400,
        "converted": [1, 0, 0, 0] * 100 + [1, 0, 0, 0, 0] * 80,
    }
    return at.analyze_holdout(pd.DataFrame(users))


def seen():
    import pandas as pd

    rng = np.random.default_rng(1)
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.uniform(0, 200, 2000), unit="D")
    touches = {"user_id": rng.integers(0, 900, 2000), "time": days, "channel": ["direct", "<b>tv</b>"] * 1000}
    orders = {"user_id": touches["user_id"][:100], "time": days[:100] + pd.Timedelta("5D")}
    return at.observe_incremental(
        at.read_log(pd.DataFrame(touches), pd.DataFrame(orders)), own="direct", bootstrap=20
    )


def stressed():
    touches = {
        "user_id": range(60),
        "time": ["2026-01-01", "2026-02-01"] * 30,
        "channel": ["a", "<b>b", "c"] * 20,
    }
    orders = {"user_id": range(20), "time": ["2026-02-03"] * 20}
    return at.stress(at.read_log(touches, orders), "linear", share=0.5, draws=2)


MAKERS = {
    "Credit": credit,
    "Comparison": lambda: credit().compare(),
    "Calibration": lambda: at.calibrate(
        credit().select(models="linear"), {"email": at.Estimate(5.0, 1.0, 9.0)}
    ),
    "Flows": lambda: paths().flows(),
    "Lags": lambda: paths().touches_to_convert(),
    "Synergy": lambda: at.synergy(paths(), scale="rate", adjust_others=False),
    "ObservedIncremental": seen,
    "Lift": lift,
    "Stress": stressed,
    "HoldoutPlan": lambda: at.plan_holdout(baseline=0.02, lift=0.1, daily_units=10_000),
}


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_result_shows_itself(name):
    made = MAKERS[name]()
    assert type(made).__name__ == name
    html = made._repr_html_()
    assert "<table" in html
    assert "overflow-x" in html  # a wide table scrolls sideways
    assert "<b" not in html  # names stay text
    assert len(made.to_frame()) > 0
    axes = made.plot()
    assert hasattr(axes, "barh")
    assert made.plot(ax=axes) is axes
