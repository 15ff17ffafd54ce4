"""A zoo of panels in which nothing happened: how often each method's default finds something all the same.

python -m benchmarks.geo_zoo                 # the tables of docs/validation.md, about 20 CPU minutes
python -m benchmarks.geo_zoo --draws 20      # a look
python -m benchmarks.geo_zoo --rows did      # only the designs whose name holds a word

Panels are made here, not by `simulate_geo`, so that the house's own simulator is not its own judge: daily
sales of geos of lognormal size, 70 days before the test and 21 within, with weekdays, growth and AR(1) noise
(.5 a day, 5%). "own trends": weekdays and growth differ between geos. "common shock": besides, a shock of
AR(.7) that reaches geos by different loadings. "common walk": the shock is a random walk. "own walks": each
geo walks by itself, 1.2% a day. The treated geos are drawn at random.

Size is the share of tests of nothing with p at most 5%; coverage that of 95% intervals that hold a true
effect of 8%; both among the tests that were not refused. Refused: an error in words, or the check `reach`
failed. An effect that is the same share in every geo shifts log readings, and the level of a
counterfactual, as a whole: there coverage is one less size, and is not computed again. `gbr` and
`trimmed_match` are fitted again, with spend that rises by half in the treated geos and 2 as the true iROAS.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from benchmarks.coverage_panels import REQUEST, ar1
from benchmarks.coverage_row import Row

from attribution.errors import ExperimentError
from attribution.experiments.geo.geo_assignment import GeoTest
from attribution.experiments.geo.method import GeoMethod
from attribution.experiments.geo.methods import method_of
from attribution.experiments.geo.panel import Panel

BEFORE, WITHIN, EFFECT, LEVEL = 70, 21, 0.08, 0.05
WEEK = np.array([0.0, 0.02, 0.03, 0.05, 0.12, 0.20, -0.15])
KINDS = ("base", "own trends", "common shock", "common walk", "own walks")
GEOS = (8, 12, 20)
IROAS = 2.0


@dataclass(frozen=True)
class Design:
    """Who is treated, by which method, and how many panels of each kind are drawn."""

    name: str
    treated: str  # "one", "two", "half" or "pairs"
    draws: int
    method: Any
    geos: tuple[int, ...] = GEOS


DESIGNS = (
    Design("did, one treated", "one", 1000, "did"),
    Design("did, two treated", "two", 400, "did"),
    Design("did, half treated", "half", 1000, "did"),
    Design("did, pairs", "pairs", 1000, "did"),
    Design("synthetic_control, one treated", "one", 200, "synthetic_control"),
    Design("synthetic_control, two treated", "two", 200, "synthetic_control"),
    Design("synthetic_did, one treated", "one", 40, "synthetic_did"),
    Design("synthetic_did, two treated", "two", 60, "synthetic_did"),
    Design("augmented_synthetic_control, one treated", "one", 40, "augmented_synthetic_control"),
    Design("augmented_synthetic_control, two treated", "two", 50, "augmented_synthetic_control"),
    Design("tbr, one treated", "one", 400, "tbr"),
    Design("tbr, two treated", "two", 400, "tbr"),
    Design("bsts, two treated", "two", 25, {"name": "bsts", "draws": 300}),
    Design("gbr, half treated", "half", 400, "gbr"),
    Design("trimmed_match, pairs", "pairs", 200, "trimmed_match"),
    Design(
        "for comparison: did by days, one treated",
        "one",
        400,
        {"name": "did", "inference": "autocorrelation"},
    ),
    Design("for comparison: did pooled, two treated", "two", 400, {"name": "did", "inference": "pooled"}),
    Design(
        "synthetic_control conformal, two treated",
        "two",
        100,
        {"name": "synthetic_control", "inference": "conformal"},
        (8, 12),
    ),
)


def panel(rng: np.random.Generator, geos: int, kind: str) -> Any:
    """Return sales of nothing, shape (geos, 91)."""
    days = BEFORE + WITHIN
    day = np.arange(days)
    logs = WEEK[day % 7] + 0.0008 * day + ar1(rng, (geos, days), 0.5, 0.05 / math.sqrt(1 - 0.5**2))
    if kind != "base":
        logs = logs + rng.normal(0, 0.3, (geos, 1)) * WEEK[day % 7] + rng.normal(0, 0.0004, (geos, 1)) * day
    loading = rng.normal(1, 0.4, (geos, 1))
    if kind == "common shock":
        logs = logs + loading * ar1(rng, (1, days), 0.7, 0.05 / math.sqrt(1 - 0.7**2))
    elif kind == "common walk":
        logs = logs + loading * rng.normal(0, 0.02, (1, days)).cumsum(axis=1)
    elif kind == "own walks":
        logs = logs + rng.normal(0, 0.012, (geos, days)).cumsum(axis=1)
    return rng.lognormal(8, 0.7, (geos, 1)) * np.exp(logs)


def draw(rng: np.random.Generator, geos: int, kind: str, who: str) -> GeoTest:
    """Return a test of nothing, with spend that the treatment raises by half."""
    sales = panel(rng, geos, kind)
    strata = None
    if who == "pairs":
        order = np.argsort(sales[:, :BEFORE].mean(axis=1)).reshape(-1, 2)
        strata = np.empty(geos, np.int64)
        strata[order] = np.arange(geos // 2)[:, None]
        rows = order[np.arange(geos // 2), rng.integers(0, 2, geos // 2)]
    else:
        rows = rng.permutation(geos)[: {"one": 1, "two": 2, "half": geos // 2}[who]]
    treated = np.isin(np.arange(geos), rows)
    cost = 0.1 * sales[:, :BEFORE].mean(axis=1, keepdims=True) * rng.lognormal(0, 0.1, sales.shape)
    cost[treated, BEFORE:] *= 1.5
    times = np.datetime64("2026-01-05") + np.arange(BEFORE + WITHIN)
    held = Panel(tuple(f"g{n:02d}" for n in range(geos)), times, sales, cost)
    return GeoTest(held, treated, BEFORE, 0, strata, "sales")


def judged(test: GeoTest, method: GeoMethod) -> tuple[bool, bool] | None:
    """Return whether nothing is taken for something and whether a true effect is covered; None if refused."""
    request = replace(REQUEST, alpha=LEVEL, method=method)
    try:
        found = method.read(test, request)
        if not found.can_tell(LEVEL):
            return None
        false = found.p_value <= LEVEL
        if not method.needs_cost:
            return false, not false
        assert test.panel.cost is not None
        outcome = test.panel.outcome.copy()
        outcome[test.treated, BEFORE:] += IROAS * test.panel.cost[test.treated, BEFORE:] / 3
        with_effect = replace(test.panel, outcome=outcome)
        again = method.fit(replace(test, panel=with_effect), request).details["iroas"]
    except ExperimentError:
        return None
    return false, again.low <= IROAS <= again.high


def cell(seed: int, design: Design, geos: int, kind: str, draws: int) -> tuple[int, int, int, int]:
    """Return how many tests were drawn, refused, wrong and covered."""
    refused = wrong = covered = 0
    for number in range(draws):
        rng = np.random.default_rng([seed, number, geos, KINDS.index(kind)])
        found = judged(draw(rng, geos, kind, design.treated), method_of(design.method, random=True))
        if found is None:
            refused += 1
        else:
            wrong += found[0]
            covered += found[1]
    return draws, refused, wrong, covered


def table(seed: int, designs: list[Design], draws: int | None) -> None:
    """Print size, coverage and share refused of every cell."""
    for design in designs:
        count = draws or design.draws
        began = time.process_time()
        error = math.sqrt(LEVEL * (1 - LEVEL) / count)
        print(
            f"\n{design.name}: {count} draws a cell, standard error {error:.3f} at 5% where none is refused\n"
        )
        print("| geos | " + " | ".join(KINDS) + " |\n|---:|" + "---:|" * len(KINDS))
        for geos in design.geos:
            shown = []
            for kind in KINDS:
                drawn, refused, wrong, covered = cell(seed, design, geos, kind, count)
                kept = drawn - refused
                text = f"{wrong / kept:.3f} / {covered / kept:.3f}" if kept else "-"
                shown.append(text + (f" ({refused / drawn:.0%} refused)" if refused else ""))
            print(f"| {geos} | " + " | ".join(shown) + " |", flush=True)
        print(f"{design.name}: {time.process_time() - began:.0f} CPU seconds", file=sys.stderr)


GUARDED = ("did, one treated", "did, half treated", "did, pairs")


def rows(rng: np.random.Generator, sims: int) -> Iterator[Row]:
    """Yield rows of the designs whose default promises its level, on the panels that break others.

    See `Row.level` for what 400 draws tell.
    """
    seed = int(rng.integers(2**31))
    for design in DESIGNS:
        if design.name in GUARDED:
            for kind in ("base", "common walk", "own walks"):
                drawn, refused, wrong, _ = cell(seed, design, 12, kind, sims)
                assert not refused
                yield Row(
                    f"zoo: {design.name}, 12 geos, {kind}, size at 5%",
                    wrong / drawn,
                    (0.03, 0.07),
                    drawn,
                    level=LEVEL,
                )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, help="of every cell; by default as many as each design has")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", default="", help="a word of the design's name")
    asked = parser.parse_args()
    table(asked.seed, [one for one in DESIGNS if asked.rows in one.name], asked.draws)


if __name__ == "__main__":
    main()
