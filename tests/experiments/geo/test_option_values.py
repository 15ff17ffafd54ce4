"""Options are values: whole or by their fields, by name or as a table; refused where they do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import attribution as at
from attribution.errors import ExperimentError
from attribution.experiments.geo.effect_estimate import EffectEstimate, Fitted
from attribution.experiments.geo.method import GeoMethod
from attribution.experiments.geo.methods import METHODS, method_of
from attribution.stats.ratio_intervals import t_critical, t_p_value

NAMES = [f"g{number:02d}" for number in range(10)]
DAYS = np.arange("2026-01-01", "2026-03-12", dtype="datetime64[D]")
ASKED = {"treated": NAMES[:3], "start": "2026-03-01", "end": "2026-03-10"}


def panel(geo="geo", time="date"):
    rng = np.random.default_rng(4)
    week = 1 + 0.4 * np.sin(np.arange(len(DAYS)) * 2 * np.pi / 7)
    sales = rng.lognormal(6, 0.3, (10, 1)) * week * rng.lognormal(0, 0.05, (10, len(DAYS)))
    return {geo: np.repeat(NAMES, len(DAYS)), time: np.tile(DAYS, 10), "sales": sales.ravel()}


def same(one, other):
    return one.to_frame().equals(other.to_frame())


def test_an_analysis_takes_its_options_whole_or_by_their_fields():
    table = panel("dma", "day")
    options = at.PanelOptions(geo="dma", time="day", since="2026-01-05", cooldown=1, buffer="g09")
    whole = at.analyze_geo(
        table, **ASKED, method=at.DiD(), options=options, significance=at.Significance(alpha=0.1)
    )
    fields = {"geo": "dma", "time": "day", "since": "2026-01-05", "cooldown": 1, "buffer": ["g09"]}
    assert same(whole, at.analyze_geo(table, **ASKED, method="did", **fields, alpha=0.1))
    assert whole.alpha == 0.1


def test_a_plan_takes_its_options_whole_or_by_their_fields():
    options = {"periods": 7, "progress": False, "rng": 2}
    whole = at.plan_geo(
        panel(),
        **options,
        choose=at.MatchedPairs(n_treated=3, exclude=("g01",), windows=6),
        significance=at.Significance(alpha=0.1, power=0.9),
    )
    fields = at.plan_geo(
        panel(), **options, choose="pairs", n_treated=3, exclude="g01", windows=6, alpha=0.1, power=0.9
    )
    assert whole.treated == fields.treated
    assert whole.mde_lift == fields.mde_lift
    assert (whole.alpha, whole.target_power) == (0.1, 0.9)
    assert "g01" in whole.left_out


def test_a_plan_can_leave_out_what_is_long_ago():
    late = at.plan_geo(panel(), periods=7, windows=6, since="2026-01-15", progress=False)
    assert str(late.panel.times[0]) == "2026-01-15"


@pytest.mark.parametrize("name", METHODS)
def test_a_name_is_the_method_with_its_defaults(name):
    kind = METHODS[name]
    assert (
        method_of(name, random=True)
        == method_of({"name": name}, random=True)
        == kind()
        == method_of(kind, random=True)
    )
    assert kind().code() == f"at.{kind.__name__}()"
    assert getattr(at, kind.__name__) is kind
    assert issubclass(kind, GeoMethod)


@pytest.mark.parametrize(
    "method",
    [
        at.DiD(inference="pooled", rng=3),
        at.AugmentedSyntheticControl(ridge=2.0),
        at.TrimmedMatch(trim_rate=0.1),
    ],
)
def test_the_code_of_a_method_makes_it_again(method):
    assert eval(method.code(), {"at": at}) == method
    assert eval(f"dict({method.hint()})", {"at": at})["method"] == method


def test_seeds_of_methods_may_be_generators():
    drawn = [at.BSTS(rng=np.random.default_rng(5)).rng for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert isinstance(drawn[0], int)


@pytest.mark.parametrize(
    "asked",
    [
        {"alpha": 0.1, "significance": at.Significance()},
        {"cooldown": 2, "options": at.PanelOptions(geo="geo")},
    ],
)
def test_options_given_twice_are_refused_with_the_value_that_says_both(asked):
    with pytest.raises(ExperimentError, match="stands beside") as caught:
        at.analyze_geo(panel(), **ASKED, **asked)
    mended = eval(f"dict({caught.value.hint})", {"at": at})
    first, whole = asked
    assert getattr(mended[whole], first) == asked[first]
    assert mended[first] is None


def test_a_choice_given_twice_is_refused_with_the_value_that_says_both():
    with pytest.raises(ExperimentError, match="n_treated= stands beside choose=") as caught:
        at.plan_geo(panel(), periods=7, choose=at.GeoSearch(windows=6, candidates=10), n_treated=2)
    mended = eval(f"dict({caught.value.hint})", {"at": at})
    assert mended["choose"] == at.GeoSearch(windows=6, candidates=10, n_treated=2)


@pytest.mark.parametrize(
    ("call", "asked", "words"),
    [
        (at.analyze_geo, {"alternative": "larger"}, "alternative='larger' has no effect here"),
        (at.analyze_geo, {"sequential": 100}, "sequential=100 has no effect here"),
        (at.analyze_geo, {"options": 5}, "options=5 is no at.PanelOptions"),
        (at.analyze_geo, {"colour": "red"}, "there is no argument 'colour'"),
        (at.analyze_geo, {"cooldwn": 3}, "did you mean 'cooldown'"),
        (at.plan_geo, {"correction": "none"}, "correction='none' has no effect here"),
        (at.plan_geo, {"candidates": 20}, "candidates=20 has no effect with choose='pairs'"),
        (at.plan_geo, {"include": ["g01"]}, "lets chance decide"),
        (at.plan_geo, {"choose": "search", "cells": 2}, "several cells"),
    ],
)
def test_what_has_no_effect_is_refused(call, asked, words):
    given = ASKED if call is at.analyze_geo else {"periods": 7}
    with pytest.raises(ExperimentError, match=words):
        call(panel(), **{**given, **asked})


@pytest.mark.parametrize(
    "old",
    [
        {"method": "did", "inference": "pooled"},
        {"placebos": 30, "inference": "placebo"},
        {"method": "synthetic_control", "match_levels": True, "rng": 3, "placebos": 30},
        {"method": at.BSTS(rng=2), "draws": 100},
        {"method": {"name": "bsts", "rng": 2}, "draws": 100},
    ],
)
def test_what_old_arguments_print_runs_and_loses_nothing(old):
    with pytest.raises(ExperimentError, match=r"it is method=at\.") as caught:
        at.analyze_geo(panel(), **ASKED, **old)
    mended = old | eval(f"dict({caught.value.hint})", {"at": at})
    for name in set(old) - {"method"}:
        assert getattr(mended["method"], name) == old[name]
        assert mended[name] is None
    assert at.analyze_geo(panel(), **ASKED, **mended, progress=False).p_value >= 0


def test_a_generator_is_printed_by_its_name():
    with pytest.raises(ExperimentError) as caught:
        at.analyze_geo(panel(), **ASKED, rng=np.random.default_rng(2))
    assert caught.value.hint == "method=at.SyntheticControl(rng=rng), rng=None"


def test_a_fault_of_an_option_is_mended_in_its_method():
    given = {"name": "synthetic_control", "placebos": 3, "inference": "placebo"}
    with pytest.raises(ExperimentError, match="placebos=3") as caught:
        at.analyze_geo(panel(), **ASKED, method=given)
    assert caught.value.hint == "method=at.SyntheticControl(placebos=20, inference='placebo')"


@dataclass(frozen=True)
class Naive(GeoMethod):
    """Treated geos as they were before: a method of somebody's own, in one place."""

    name: ClassVar[str] = "naive"
    smooth: int = 7

    def fit(self, test, request):
        total = test.panel.outcome[test.treated].sum(axis=0)
        before = total[: test.n_pre]
        weeks = before[-self.smooth * (test.n_pre // self.smooth) :].reshape(-1, self.smooth).sum(axis=1)
        expected = weeks.mean() / self.smooth * test.n_test
        se = weeks.std(ddof=1) * np.sqrt(test.n_test / self.smooth)
        effect, half = test.actual - expected, t_critical(len(weeks) - 1, request.alpha) * se
        p_value = float(t_p_value(effect / se, len(weeks) - 1))
        reading = EffectEstimate(
            "level", effect, effect - half, effect + half, p_value, se, half / se, "t of weeks", se
        )
        path = np.full(len(total), expected / test.n_test)
        return Fitted(path, path, path, reading, None, "as before", ("nothing else changed",))


def test_a_method_of_ones_own_is_one_class():
    """It is analysed, checked and planned with like those that are here; nothing asks for its name."""
    lift = at.analyze_geo(panel(), **ASKED, method=Naive(smooth=7))
    assert lift.method == "as before"
    assert lift.checks["placebo_in_time"].passed is not None
    assert lift.checks["leave_one_treated_out"].passed is not None
    for choose in ("pairs", "search"):
        plan = at.plan_geo(
            panel(), periods=7, method=Naive(), choose=choose, windows=6, progress=False, missing="zero"
        )
        assert plan.method == Naive()
        assert plan.size.value <= 1
    again = at.analyze_geo(panel(), plan=plan, start="2026-03-05", end="2026-03-11")
    assert again.method == "as before"
