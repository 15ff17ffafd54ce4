"""The games that channels play: what a set of channels is worth, and who gets what of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Codes, Floats, Ints
from attribution.errors import ModelError
from attribution.language.sentence import Sentence
from attribution.models.channel_sets import SetTally
from attribution.models.shapley_solution import ShapleySolution
from attribution.stats.coalitions import rates, shapley_of_sets, shapley_of_subset_rates, shapley_of_sums
from attribution.stats.permutations import (
    FEWEST_CIRCLES,
    Sampled,
    resample_subset_rates,
    sample_subset_rates,
)
from attribution.stats.within_sets import shapley_within_sets

GAMES = ("subset_conversions", "subset_rate", "exact_rate", "within_set_rate")
RATES = GAMES[1:]
MOST_EXACT = 20  # players up to which all coalitions are held in tables: 2**20 numbers, 8 MB each
MOST_REPEATED = 14  # the same for each resample: beyond, 500 of them would take minutes
_MOST_AT_ONCE = 1 << 23  # numbers
_SWOLLEN = 1.5  # credit regardless of its sign, as a multiple of the conversions
_FEW = 100  # journeys on which a rate is too uncertain to be shared out without saying so


@dataclass(frozen=True, eq=False)
class _Sets:
    """Sets of players that were seen; the players are the channels that occur in a journey."""

    offsets: Ints
    members: Codes
    amounts: Floats
    """Conversions and value of each set, shape (k, 2)."""
    totals: Floats
    """Journeys of each set, shape (k,)."""
    n: int
    """Players."""

    @property
    def of_all(self) -> Ints:
        """Position of the set of all players, if it was seen."""
        return np.flatnonzero(np.diff(self.offsets) == self.n)


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

    Raises
    ------
    ModelError
        If all channels together are worth nothing although there are conversions.
    """
    counted = tally.sums[:, 0] + tally.sums[:, 2] > 0  # a resample may hold no journey of a set
    seen = tally.take(np.flatnonzero((tally.sizes > 0) & counted))
    empty = tally.sums[tally.sizes == 0]
    players, members = np.unique(seen.members, return_inverse=True)
    sets = _Sets(
        offsets=seen.offsets,
        members=members.reshape(-1),
        amounts=seen.sums[:, :2],
        totals=seen.sums[:, 0] + seen.sums[:, 2],
        n=len(players),
    )
    notes = []
    sampled = None
    if game == "subset_rate" and sets.n > MOST_EXACT:
        sampled = sample_subset_rates(
            sets.offsets,
            sets.members,
            sets.amounts,
            sets.totals,
            sets.n,
            orders=orders,
            tolerance=tolerance,
            rng=np.random.default_rng(seed),
        )
        notes.append(_sampling_note(sets, sampled, tolerance))
    values = _exact_values(sets, game) if sampled is None else sampled.values
    solution = ShapleySolution(
        game=game,
        channels=tally.channels,
        players=sets.n,
        shapley=_over_channels(values, tally, players, 0.0),
        standard_errors=_over_channels(np.nan if sampled is None else sampled.errors, tally, players, np.nan),
        credit=_over_channels(_scaled(values, sets, game), tally, players, 0.0),
        orders=0 if sampled is None else sampled.orders,
    )
    notes += _warnings(sets, solution)
    return solution, empty[:, :2].sum(axis=0) if len(empty) else None, tuple(notes)


def play_many(tally: SetTally, game: str, sums: Floats) -> Floats:
    """Play an additive game, or the one within sets, on many tallies of the same sets at once.

    Parameters
    ----------
    tally
        Gives the sets.
    game
        ``"subset_conversions"`` or ``"within_set_rate"``.
    sums
        Their sums, shape (R, n_sets, 3).

    Returns
    -------
    Floats
        Credit, shape (R, n_channels, 2).
    """
    filled = np.flatnonzero(tally.sizes > 0)
    seen = tally.take(filled)
    amounts = np.moveaxis(sums[:, filled, :2], 0, 1)
    columns = amounts.reshape(len(filled), 2 * len(sums))
    n = len(tally.channels)
    if game == "subset_conversions":
        from scipy import sparse

        parts = np.repeat(1.0 / seen.sizes, seen.sizes)
        split: Any = sparse.csc_array((parts, seen.members, seen.offsets), shape=(n, len(filled)))
        values: Floats = split @ columns
    else:
        totals = np.repeat((sums[:, filled, 0] + sums[:, filled, 2]).T, 2, axis=1)
        values = _within(seen.offsets, seen.members, columns, totals, n)
    return np.moveaxis(values.reshape(n, len(sums), 2), 0, 1)


def play_rates(tally: SetTally, sums: Floats, shapley: Floats, seed: int) -> Floats:
    """Play the game ``"subset_rate"`` on many tallies of the same sets, by sampled orders alike for all.

    What a tally differs by from the whole is added to the values of the whole: chance leaves far less on the
    difference than on either.

    Parameters
    ----------
    tally
        The whole.
    sums
        Sums of the tallies, shape (R, n_sets, 3).
    shapley
        Values of the whole, of all channels, shape (n_channels, 2).
    seed
        Of the orders.

    Returns
    -------
    Floats
        Credit, shape (R, n_channels, 2).
    """
    filled = np.flatnonzero(tally.sizes > 0)
    seen = tally.take(filled)
    players, members = np.unique(seen.members, return_inverse=True)
    columns = np.concatenate([tally.sums[None], sums])[:, filled]
    columns[:, :, 2] += columns[:, :, 0]
    n = len(players)
    whole, *values = np.concatenate(
        [
            resample_subset_rates(
                seen.offsets,
                members.reshape(-1),
                part,
                n,
                circles=FEWEST_CIRCLES,
                rng=np.random.default_rng(seed),
            )
            for part in np.array_split(columns, -(-3 * columns.shape[0] * n * n // _MOST_AT_ONCE))
        ]
    )
    credit = np.zeros((len(sums), len(tally.channels), 2))
    totals = columns[1:, :, 2].sum(axis=1)
    credit[:, players] = (shapley[players] - whole + np.array(values)) * totals[:, None, None]
    return credit


def players_of(tally: SetTally) -> int:
    """Return how many channels occur in a journey."""
    return len(np.unique(tally.members))


def _exact_values(sets: _Sets, game: str) -> Floats:
    """Return the Shapley values of the game on conversions and of the one on value, shape (n, 2)."""
    if game == "within_set_rate":
        totals = np.repeat(sets.totals[:, None], 2, axis=1)
        return _within(sets.offsets, sets.members, sets.amounts, totals, sets.n)
    columns = []
    for amounts in sets.amounts.T:
        if game == "subset_conversions":
            column = shapley_of_sums(sets.offsets, sets.members, amounts, sets.n)
        elif game == "subset_rate":
            column = shapley_of_subset_rates(sets.offsets, sets.members, amounts, sets.totals, sets.n)
        else:
            column = shapley_of_sets(sets.offsets, sets.members, rates(amounts, sets.totals), sets.n)
        columns.append(column)
    return np.stack(columns, axis=1)


def _within(offsets: Ints, members: Codes, amounts: Floats, totals: Floats, n: int) -> Floats:
    """Play the exact-rate game inside each set, a column a game, shapes (k, m) and (n, m)."""
    # Inside a set values sum to its rate: times its journeys, to its conversions.
    shares = np.where(amounts != 0, totals, 0.0)
    return shapley_within_sets(offsets, members, rates(amounts, totals), shares, n)


def _scaled(values: Floats, sets: _Sets, game: str) -> Floats:
    """Return values times what makes them sum to the attributed conversions and value, shape (n, 2)."""
    if game == "subset_rate":  # all channels are worth the rate of all journeys
        return values * float(sets.totals.sum())
    if game != "exact_rate":
        return values
    attributed = sets.amounts.sum(axis=0)
    worth = rates(sets.amounts[sets.of_all], sets.totals[sets.of_all][:, None]).sum(axis=0)
    for measure, amount, whole in zip(("conversions", "value"), attributed, worth, strict=True):
        if amount != 0 and amount * whole <= 0:
            msg = (
                f"the journeys that touched all {sets.n} channels have {measure} of {whole:.4g} each, "
                f"which cannot be scaled to the {amount:,.4g} that were attributed"
                if len(sets.of_all)
                else f"no journey touched all {sets.n} channels, so that all together are worth 0"
            )
            raise ModelError(
                msg,
                why="values of 'exact_rate' share out the rate of journeys with every channel",
                hint='at.Shapley("within_set_rate") plays this game inside each observed set instead',
            )
    scaled: Floats = values * rates(attributed, worth)
    return scaled


def _over_channels(values: Floats | float, tally: SetTally, players: Codes, absent: float) -> Floats:
    """Return the players' values as those of all channels, shape (n_channels, 2)."""
    every = np.full((len(tally.channels), 2), absent)
    every[players] = values
    return every


def _sampling_note(sets: _Sets, sampled: Sampled, tolerance: float) -> str:
    whole = rates(sets.amounts.sum(axis=0), np.full(2, sets.totals.sum()))
    largest = rates(sampled.errors.max(axis=0), np.abs(whole)).max()
    text = Sentence("shapley.sampled", players=sets.n, orders=sampled.orders, error=largest)
    return text if sampled.reached else Sentence("shapley.sampled_above", told=text, tolerance=tolerance)


def _warnings(sets: _Sets, solution: ShapleySolution) -> list[str]:
    """Return what a reader must know of the credit."""
    told: list[str] = []
    game = solution.game
    if solution.negative:
        shown = ", ".join(solution.negative[:5]) + (", ..." if len(solution.negative) > 5 else "")
        told.append(Sentence("shapley.negative", game=game, channels=shown))
    size, whole = float(np.abs(solution.credit[:, 0]).sum()), float(sets.amounts[:, 0].sum())
    if size > _SWOLLEN * whole > 0:
        told.append(Sentence("shapley.swollen", game=game, size=size, whole=whole, times=size / whole))
    if game in RATES and sets.n and sets.totals.sum() == sets.amounts[:, 0].sum():
        told.append(Sentence("shapley.no_failure", game=game))
    if game == "exact_rate" and sets.totals[sets.of_all].sum() < _FEW:
        journeys = float(sets.totals[sets.of_all].sum())
        told.append(Sentence("shapley.few", game=game, journeys=journeys, players=sets.n))
    return told
