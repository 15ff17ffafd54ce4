"""Raking: tables with both margins, nearest to the one given, exact also where entries cannot hold them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.stats.raking import rake, rake_inside, shift_inside


def table(seed: int, shape: tuple[int, int], part: float) -> tuple[np.ndarray, ...]:
    """Return a sparse table, and margins of another one with the same entries and the same sum."""
    rng = np.random.default_rng(seed)
    row, column = np.nonzero(rng.random(shape) < part)
    amounts, other = rng.lognormal(0, 1, (2, len(row)))
    rows, columns = np.bincount(row, other, shape[0]), np.bincount(column, other, shape[1])
    return amounts, row.astype(np.int64), column.astype(np.int64), rows, columns


SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 9))
SEEDS = st.integers(0, 10_000)


@given(SEEDS, SHAPES)
def test_margins_that_fit_are_met_without_new_entries(seed, shape):
    amounts, row, column, rows, columns = table(seed, shape, 0.7)
    found = rake(amounts, row, column, rows, columns)
    assert not len(found.added)
    whole = max(rows.sum(), 1.0)
    np.testing.assert_allclose(np.bincount(row, found.amounts, len(rows)), rows, atol=2e-9 * whole)
    np.testing.assert_allclose(np.bincount(column, found.amounts, len(columns)), columns, atol=2e-9 * whole)
    assert (found.amounts >= 0).all()


@given(SEEDS, SHAPES)
def test_any_margins_are_met_and_nothing_becomes_negative(seed, shape):
    amounts, row, column, rows, columns = table(seed, shape, 0.4)
    rng = np.random.default_rng(seed + 1)
    rows = rng.random(shape[0]) * (rng.random(shape[0]) < 0.8)
    rows[0] += 0.1
    columns = rng.random(shape[1])
    columns *= rows.sum() / columns.sum()
    found = rake(amounts, row, column, rows, columns)
    every = np.concatenate([found.amounts, found.added])
    at_row, at_column = np.concatenate([row, found.row]), np.concatenate([column, found.column])
    assert (every >= 0).all()
    np.testing.assert_allclose(np.bincount(at_row, every, len(rows)), rows, atol=3e-9)
    np.testing.assert_allclose(np.bincount(at_column, every, len(columns)), columns, atol=3e-9)
    pairs = set(zip(row.tolist(), column.tolist(), strict=True))
    assert not pairs & set(zip(found.row.tolist(), found.column.tolist(), strict=True))


def test_it_is_the_nearest_table_in_relative_entropy():
    """Brute force: scipy minimises the relative entropy under both margins."""
    from scipy.optimize import minimize

    amounts, row, column, rows, columns = table(3, (3, 4), 1.0)
    amounts = amounts * rows.sum() / amounts.sum()
    found = rake(amounts, row, column, rows, columns).amounts
    held = np.concatenate(
        [(row == each)[None] for each in range(3)] + [(column == each)[None] for each in range(4)]
    )
    margins = np.concatenate([rows, columns])
    answer = minimize(
        lambda x: float((x * np.log(x / amounts) - x + amounts).sum()),
        np.outer(rows, columns).ravel() / rows.sum(),
        method="SLSQP",
        bounds=[(1e-9, None)] * len(amounts),
        constraints={"type": "eq", "fun": lambda x: held[:-1] @ x - margins[:-1]},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    np.testing.assert_allclose(found, answer.x, rtol=1e-4, atol=1e-5)


def test_several_entries_in_one_place_keep_their_proportions():
    row, column = np.array([0, 0, 1]), np.array([0, 0, 1])
    found = rake(np.array([1.0, 3.0, 1.0]), row, column, np.array([4.0, 2.0]), np.array([4.0, 2.0]))
    assert found.amounts.tolist() == pytest.approx([1.0, 3.0, 2.0])


@given(SEEDS, SHAPES)
def test_inside_the_entries_columns_are_met_whatever_rows_want(seed, shape):
    amounts, row, column, rows, columns = table(seed, shape, 0.5)
    rows = rows[::-1].copy()
    found = rake_inside(amounts, row, column, rows, columns)
    reached = np.bincount(column, np.ones(len(column)), len(columns)) > 0
    fed = np.bincount(column, np.where(rows[row] > 0, 1.0, 0.0), len(columns)) > 0
    sums = np.bincount(column, found, len(columns))
    np.testing.assert_allclose(sums[reached & fed], columns[reached & fed], atol=1e-8 * max(columns.sum(), 1))


@given(SEEDS, SHAPES)
def test_signed_tables_meet_both_margins_by_shifting(seed, shape):
    rng = np.random.default_rng(seed)
    row, column = (each.ravel().astype(np.int64) for each in np.indices(shape))
    amounts = rng.normal(size=row.size)
    rows, columns = rng.normal(size=shape[0]), rng.normal(size=shape[1])
    columns += (rows.sum() - columns.sum()) / shape[1]
    found = shift_inside(amounts, np.ones(row.size), row, column, rows, columns)
    np.testing.assert_allclose(np.bincount(row, found, shape[0]), rows, atol=1e-9)
    np.testing.assert_allclose(np.bincount(column, found, shape[1]), columns, atol=1e-9)
