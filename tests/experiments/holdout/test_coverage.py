"""The command that checks coverage: what passes, what it exits with, what its worlds are held against."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks import coverage, coverage_row
from benchmarks.coverage_row import Row
from benchmarks.coverage_worlds import CHANNELS, world, worlds

BAND = (0.94, 0.96)


def test_a_row_passes_inside_its_band_and_a_quick_one_near_it():
    assert Row("a", 0.94, BAND, 4_000).passes(quick=False)
    assert not Row("a", 0.9399, BAND, 4_000).passes(quick=False)
    # Of 400 simulations the standard error is about .011, three of them .033.
    assert Row("a", 0.91, BAND, 400).passes(quick=True)
    assert not Row("a", 0.89, BAND, 400).passes(quick=True)
    assert not Row("a", 1.0, (0.45, 0.49), 4_000, rate=False).passes(quick=True)
    assert Row("a", 0.0, (0.0, 0.05), 100).passes(quick=True)
    assert not Row("nothing was simulated", float("nan"), BAND, 400).passes(quick=True)


@pytest.mark.parametrize(("value", "code", "mark"), [(0.95, 0, "|  |"), (0.5, 1, "| OUTSIDE |")])
def test_a_row_outside_its_band_fails_the_command(monkeypatch, capsys, value, code, mark):
    def part(rng, sims):
        yield Row("fine", 0.95, BAND, sims)
        yield Row("under test", value, BAND, sims)

    monkeypatch.setattr(coverage, "PARTS", {"one": (part, 1_000)})
    with pytest.raises(SystemExit) as ended:
        coverage.main(["--quick"])
    assert ended.value.code == code
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("| under test |")
    assert line.endswith(mark)
    assert "| 100 |" in line  # a tenth


def test_a_word_that_no_part_has_is_an_error(capsys):
    with pytest.raises(SystemExit) as ended:
        coverage.main(["--quick", "--rows", "cake"])
    assert ended.value.code == 2
    assert "cace" in capsys.readouterr().err


def test_worlds_are_held_against_every_meaning_of_the_truth():
    rows = list(worlds(np.random.default_rng(1), 2))
    assert len({row.name for row in rows}) == len(rows)
    for channel in CHANNELS:
        for kind in ("ITT", "CACE", "ghost"):
            assert any(kind in row.name and channel in row.name for row in rows)
    assert {row.value for row in rows} <= {0.0, 0.5, 1.0}


def test_the_truths_of_a_world_differ_by_what_chance_explains():
    # Realised less expected is a sum of independent decisions, about .0016 a user in a world of 4,000.
    found = world(3)
    expected = found["ITT, email, purchases", "expected"]
    both = found["ITT, email, purchases", "both worlds"]
    assert expected[0] is both[0]
    assert expected[1] == pytest.approx(both[1], abs=0.008)
    assert found["CACE, email, purchases", "expected"][1] > 2 * expected[1]


def test_a_quick_row_with_a_level_is_judged_by_the_binomial():
    """scipy's binomial: of 400 draws at 5%, 34 errors or fewer are no news, 36 come about once in 1,000."""
    assert Row("size", 34 / 400, (0.03, 0.07), 400, level=0.05).passes(quick=True)
    assert not Row("size", 36 / 400, (0.03, 0.07), 400, level=0.05).passes(quick=True)
    assert Row("coverage", 1 - 34 / 400, (0.93, 0.97), 400, level=0.05).passes(quick=True)
    assert not Row("coverage", 1 - 36 / 400, (0.93, 0.97), 400, level=0.05).passes(quick=True)
    assert not Row("size", 34 / 400, (0.03, 0.07), 400, level=0.05).passes(quick=False)


def test_what_tells_nothing_in_a_quick_run_is_left_to_validate(monkeypatch, capsys):
    def part(rng, sims):
        yield Row("slow", 0.95, BAND, sims)

    monkeypatch.setattr(coverage, "PARTS", {"nothing": (part, 600)})
    for words in (["--quick"], []):
        with pytest.raises(SystemExit):
            coverage.main(words)
    assert capsys.readouterr().out.count("| slow |") == 1


def binomial(low, high, n, p):
    """Closed form: the chance of low to high errors of n."""
    ways = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(low, high + 1)]
    sizes = zip(range(low, high + 1), ways, strict=True)
    return math.fsum(math.exp(way + k * math.log(p) + (n - k) * math.log1p(-p)) for k, way in sizes)


@pytest.mark.parametrize(
    ("n", "level", "band"),
    [
        (400, 0.05, (0.94, 0.96)),
        (400, 0.05, (0.03, 0.07)),
        (400, 0.08, (0.91, 0.97)),
        (1_200, 0.1, (0.9, 1.0)),
        (2_000, 0.2, (0.79, 0.81)),
        (20_000, 0.001, (0.0, 0.002)),
        (20_000, 0.01, (0.99, 1.0)),
    ],
)
def test_what_a_quick_row_accepts_and_finds_is_the_binomial_by_hand(n, level, band):
    row = Row("a", 0.0, band, n, level=level)
    # One error more is rarer than 1 in 1,000 at the nominal share, this many is not.
    assert 1 - binomial(0, row.most, n, level) <= 1e-3 < 1 - binomial(0, row.most - 1, n, level)
    assert row.accepts(level) == pytest.approx(binomial(row.fewest, row.most, n, level), abs=1e-9)
    assert row.accepts(level) > 0.998
    assert row.power == pytest.approx(1 - binomial(row.fewest, row.most, n, 2 * level), abs=1e-9)
    assert row.power >= coverage_row.POWER
    assert not row.weak
    if row.fewest:  # by the least share that the band allows for
        least = band[0] if band[1] < 0.5 else 1 - band[1]
        assert binomial(0, row.fewest - 1, n, least) < 1e-3 <= binomial(0, row.fewest, n, least)


def test_of_what_must_agree_no_error_is_accepted():
    row = Row("one verdict", 1.0, (0.999, 1.0), 400, level=0.0)
    assert (row.fewest, row.most) == (0, 0)
    assert row.passes(quick=True)
    assert not Row("one verdict", 399 / 400, (0.999, 1.0), 400, level=0.0).passes(quick=True)
    assert row.power == pytest.approx(1 - 0.99**400)


def test_a_row_with_too_few_draws_fails_the_quick_run(monkeypatch, capsys):
    """40 draws at 5% accept 7 errors of 40 and find twice as many in one run of 20: the command says so."""
    few = Row("few draws", 0.95, BAND, 40, level=0.05)
    assert few.weak
    assert few.power < 0.1
    monkeypatch.setattr(coverage, "PARTS", {"it": (lambda rng, sims: iter([few]), 40)})
    with pytest.raises(SystemExit) as ended:
        coverage.main(["--quick"])
    assert ended.value.code == 1
    line = next(line for line in capsys.readouterr().out.splitlines() if "few draws" in line)
    assert "WEAK" in line
    for told in (f"{few.fewest} to {few.most}", f"{few.accepts(0.05):.4f}", f"{few.power:.2f}"):
        assert told in line
