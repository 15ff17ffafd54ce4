"""The games that channels play: what a set of channels is worth, and who gets what of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Codes, Floats, Ints
from attribution.errors import ModelError
from attribution.models.sets import SetTally
from attribution.models.shapley_solution import ShapleySolution
from attribution.stats.coalitions import rates, shapley_of_sets, shapley_of_subset_rates, shapley_of_sums
from attribution.stats.permutations import sample_subset_rates
from attribution.stats.within_sets import shapley_within_sets

GAMES = ("subset_conversions", "subset_rate", "exact_rate", "within_set_rate")
RATES = GAMES[1:]
MOST_EXACT = 20  # players up to which all coalitions are held in tables: 2**20 numbers, 8 MB each
_FEW = 100  # journeys on which a rate is too uncertain to be shared out without saying so
_MEASURES = ("conversions", "value")


@dataclass(frozen=True, eq=False)
class _Game:
    """Sets of players that were seen; players are the channels that occur in a journey."""

    offsets: Ints
    members: Codes
    amounts: Floats
    totals: Floats
    n: int


def play(
    tally: SetTally, game: str, *, orders: int, tolerance: float, seed: int
) -> tuple[ShapleySolution, Floats | None, tuple[str, ...]]:
    """Return the solution, the unattributed conversions and value (if any), and what must be told.

    Parameters
    ----------
    tally
        With journeys that did not convert, for games of rates.
    game
        One of `GAMES`.
    orders, tolerance, seed
        Of the sampling, where there is any.
    """
    seen = tally.take(np.flatnonzero(tally.sizes > 0))
    empty = tally.sums[tally.sizes == 0]
    unattributed = empty[:, :2].sum(axis=0) if len(empty) else None
    players, members = np.unique(seen.members, return_inverse=True)
    amounts, totals = seen.sums[:, :2], seen.sums[:, 0] + seen.sums[:, 2]
    table = _Game(seen.offsets, members.reshape(-1), amounts, totals, len(players))

    errors, drawn, notes = np.full((table.n, 2), np.nan), 0, []
    scale = np.ones(2)
    if game == "subset_conversions":
        values = _each(table, lambda column: shapley_of_sums(table.offsets, table.members, column, table.n))
    elif game == "within_set_rate":
        values = _each(table, lambda column: _within(table, column))
    elif game == "exact_rate":
        values = _each(table, lambda column: _exact(table, column))
        scale = _scale_to(values, table)
        notes += _rests_on(table)
    elif table.n <= MOST_EXACT:
        values = _each(table, lambda column: _inside(table, column))
        scale *= totals.sum()
    else:
        rng = np.random.default_rng(seed)
        sampled = sample_subset_rates(
            table.offsets, table.members, amounts, totals, table.n, orders=orders, tolerance=tolerance, rng=rng
        )
        values, errors, drawn = sampled.values, sampled.errors, sampled.orders
        scale *= totals.sum()
        notes += _sampling_note(table, errors, drawn, tolerance, reached=sampled.reached)
