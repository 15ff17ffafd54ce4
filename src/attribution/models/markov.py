"""Markov: removal effects of an absorbing chain over the last k channels, solved exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attribution._checks import one_of, whole
from attribution._migration import tells_options
from attribution._typing import Floats
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.language.sentence import Sentence
from attribution.models.allocation import Effects, MixBreakdown, nothing_learnt, shares_by_effect, tally_mixes
from attribution.models.breakdown import Breakdown
from attribution.models.cells import CellTally, cells_of
from attribution.models.chain import Chain, Solved, removal_effects, removal_effects_batch
from attribution.models.chain_counts import (
    RESERVED,
    ChainCounts,
    chains_of_counts,
    number_states,
    tally_chains,
)
from attribution.models.channel_sets import SetTally
from attribution.models.markov_solution import MarkovSolution
from attribution.models.model import Model, solve_cells, tally_touch_weights
from attribution.stats.homogeneity import rates_differ
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    import pandas as pd


BATCHED_STATES = 128  # chains that a bootstrap inverts all at once


@tells_options(ModelError)
@dataclass(frozen=True)
class Markov(Model[CellTally]):
    """Credit by how much conversion would drop if a channel were removed from the customers' chain.

    Journeys, converting or not, are walks over states (the last `order` channels) that begin in START and
    end in CONVERSION or NULL. The removal effect of a channel is
    ``1 - P(convert without ever touching it) / P(convert)``: every entry into a state whose newest channel
    it is goes to NULL instead (Anderl, Becker, von Wangenheim & Schumann 2016). It is solved exactly, never
    simulated. Credit is the removal effects scaled to the attributed conversions; for value each
    conversion is worth the mean value of the conversions that end in its last state.

    The chain describes who converted after what. It does not tell what a channel caused: users who were
    going to convert anyway and saw an ad on the way give that ad a large removal effect.

    Parameters
    ----------
    order
        How many of the last channels a state remembers, 1 to 5.
    allocation
        ``"channel"``: removal effects scaled over all channels, the published method. ``"journey"``: each
        conversion is split over its own journey's touches in proportion to the removal effects of their
        channels, as warehouse packages do.

    Examples
    --------
    >>> import attribution as at
    >>> paths = {"path": ["a > b", "b"], "conversions": [1, 1], "nulls": [1, 1]}
    >>> credit = at.attribute(at.read_paths(paths), at.Markov())
    >>> credit.to_frame()["conversions"].round(3).tolist()
    [0.667, 1.333]
    """

    name: ClassVar[str] = "markov"
    order: int = 1
    allocation: str = "channel"

    def __post_init__(self) -> None:
        """Validate."""
        if whole(self.order, "order", error=ModelError) > 5:
            msg = f"order={self.order} is more than 5"
            raise ModelError(
                msg,
                why="such states are seen once or twice each",
                hint="order=3; at.Markov.select_order(journeys) tells which is best",
            )
        one_of(self.allocation, "allocation", ["channel", "journey"], error=ModelError)

    @property
    def needs_nulls(self) -> bool:
        """Whether the chain learns from journeys that did not convert: it does."""
        return True

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if a channel bears the name of a state of the chain."""
        for name in RESERVED:
            if name in journeys.channels:
                msg = f"a channel is called {name!r}, which is a state of every chain"
                raise ModelError(msg, column="channel", hint="rename it: log.group_channels(...)")

    def tally(self, journeys: Journeys, by: Sequence[str] = ("channel",)) -> CellTally:  # noqa: ARG002
        """Count the chain's transitions; see `tally_chains`.

        The counts do not depend on `by`: breakdowns come from `allocate`.
        """
        self.check(journeys)
        if journeys.settings.get("nulls") is False:
            msg = "markov learns from journeys that did not convert, and these were built without them"
            raise ModelError(msg, hint="at.build_journeys(log, nulls=True)")
        return tally_chains(journeys, self.order)

    @staticmethod
    def tally_of_counts(
        counts: Mapping[str, Mapping[str, float]], value: Mapping[str, float] | None = None
    ) -> CellTally:
        """Make an order-1 tally from transition counts ``counts[from][to]``, such as published ones.

        Parameters
        ----------
        counts
            START, CONVERSION (or CONV) and NULL are known by these names.
        value
            Total value of the conversions that ended in each channel; none by default.

        Examples
        --------
        >>> counts = {"START": {"a": 1, "b": 3}, "a": {"b": 1}, "b": {"CONV": 1, "NULL": 3}}
        >>> Markov().solve(Markov.tally_of_counts(counts)).conversions.round(3).tolist()
        [[0.2, 0.8]]
        """
        return chains_of_counts(counts, value)

    def solve(self, tally: CellTally) -> Credit:
        """Solve the chain and scale its removal effects to the attributed conversions and value."""
        if len(tally.by) != self.order + 1:
            msg = f"this tally counts chains of order {len(tally.by) - 1}, not {self.order}"
            raise ModelError(msg)
        solution = solve_chain(number_states(tally))
        credit = solve_cells(self.name, _credit_cells(solution))
        settings = {"models": {self.name: repr(self)}, "allocation": "channel"}
        return credit.with_provenance(
            settings=settings, details={self.name: solution}, notes=_notes(solution.solved)
        )

    def solve_many(self, tally: CellTally, sums: Floats) -> tuple[Floats, Floats]:
        """Solve chains that differ only in their counts; small chains of order 1 all at once."""
        chains = number_states(tally)
        if self.order > 1 or len(chains.states) > BATCHED_STATES or not len(chains.states):
            return super().solve_many(tally, sums)
        return solve_small_chains(chains, sums)

    def resolved(self, tally: CellTally, sums: Floats) -> Iterator[Credit]:
        """Yield the Credit of many tallies; each with its own removal effects where these split journeys."""
        if self.allocation == "channel":
            yield from super().resolved(tally, sums)
        else:
            yield from (self.solve(replace(tally, sums=each)) for each in sums)

    def learnt(self, tally: CellTally) -> tuple[str, ...]:
        """Say so where the last channel of a journey tells nothing of how it ends."""
        chains = number_states(tally)
        ends = (chains.source >= 0) & (chains.target < 0)
        channel, n = chains.states[chains.source[ends], -1], len(chains.channels)
        counts, won = chains.count[ends], chains.target[ends] == -1
        p_value = rates_differ(sums_by(channel, counts * won, n), sums_by(channel, counts, n))
        return nothing_learnt(self.name, p_value, "last")

    def needs_allocation(self, by: Sequence[str]) -> bool:
        """Whether journeys must be read again: for breakdowns, and for ``allocation="journey"``."""
        return tuple(by) != ("channel",) or self.allocation == "journey"

    def allocate(self, journeys: Journeys, solved: Credit, by: Sequence[str]) -> CellTally | SetTally:
        """Split each conversion over its touches in proportion to their channels' removal effects.

        For ``allocation="journey"`` conversions are counted by what their split depends on, since there the
        split is the credit: a resample of the users splits them by effects of its own.
        """
        if self.allocation == "journey":
            return tally_mixes(journeys, by)
        cells, effects = cells_of(journeys, by), _effects(solved.details[self.name])
        weights = [shares_by_effect(journeys, tuple(one), np.array([*one.values()])) for one in effects]
        conversions = tally_touch_weights(journeys, cells, weights[0])
        value = tally_touch_weights(journeys, cells, weights[1])
        sums = np.stack([conversions.sums[:, 0], value.sums[:, 1]], axis=1)
        return replace(conversions, sums=sums)

    def breakdown(self, solved: Credit, allocated: CellTally | SetTally) -> Breakdown:
        """Return the cells as each journey is split, or fitted to the channels' credit; see `allocation`."""
        if isinstance(allocated, SetTally):
            return MixBreakdown.of(solved, allocated, _effects(solved.details[self.name]))
        return super().breakdown(solved, allocated)

    def refilled(self, breakdown: Breakdown, solved: Credit, sums: Floats) -> Floats:
        """Fill the cells of a breakdown for a resample of the users."""
        if isinstance(breakdown, MixBreakdown):
            return breakdown.refill(_effects(solved.details[self.name]), sums)
        return super().refilled(breakdown, solved, sums)

    def spread(self, solved: Credit, allocated: CellTally | SetTally) -> Credit:
        """Return Credit by cell; its settings say how conversions were allocated."""
        credit = super().spread(solved, allocated)
        return credit.with_provenance(settings={**credit.settings, "allocation": self.allocation})

    def transition_matrix(self, journeys: Journeys) -> pd.DataFrame:
        """Return the probabilities of the next step from each state, rows summing to 1.

        Parameters
        ----------
        journeys
            The journeys to learn from.
        """
        return solve_chain(number_states(self.tally(journeys))).transition_matrix()

    def state_graph(self, journeys: Journeys) -> pd.DataFrame:
        """Return one row a step of the chain: from, to, count, probability, value.

        Parameters
        ----------
        journeys
            The journeys to learn from.
        """
        return solve_chain(number_states(self.tally(journeys))).state_graph()

    @staticmethod
    def select_order(journeys: Journeys, max_order: int = 3, *, folds: int = 5) -> pd.DataFrame:
        """Compare orders by how well they predict journeys of users they have not seen.

        Parameters
        ----------
        journeys
            Built from a log: users are split into folds by their hash.
        max_order
            The largest order to try, up to 5.
        folds
            How many parts the users are split into; each is predicted from the others.

        Returns
        -------
        pandas.DataFrame
            One row an order: ``log_likelihood`` (mean per held-out step, with one pseudo-count spread over
            the next steps by the order below), ``standard_error`` over folds, ``auc`` (how well
            P(convert | state) ranks held-out journeys' ends) with its 95% interval over folds, ``auc_low``
            and ``auc_high``, ``states``, and ``selected``: the smallest order within one standard error of
            the best, which penalises sparse states. Where the interval of that order's AUC holds .5, its
            states do not tell who converts: then none is selected, and a column ``note`` says so.
        """
        from attribution.models.select_order import select_order

        return select_order(journeys, max_order, folds)


def _effects(details: object) -> Effects:
    """Return the removal effects of each channel on conversions and on value."""
    assert isinstance(details, MarkovSolution)
    sizes = (details.effect_conversions.tolist(), details.effect_value.tolist())
    on_conversions, on_value = (dict(zip(details.channels, size, strict=True)) for size in sizes)
    return on_conversions, on_value


def solve_chain(chains: ChainCounts) -> MarkovSolution:
    """Return removal effects on conversions and on value, with the chain that they come from."""
    n_states, n_channels = len(chains.states), len(chains.channels)
    outflow = sums_by(chains.source[chains.source >= 0], chains.count[chains.source >= 0], n_states)
    entry = chains.source == -1
    inner = (chains.source >= 0) & (chains.target >= 0)
    starts = entry & (chains.target >= 0)
    journeys = float(chains.count[starts].sum())
    start = sums_by(chains.target[starts], chains.count[starts], n_states) / max(journeys, 1e-300)
    converts = (chains.source >= 0) & (chains.target == -1)
    totals = [
        sums_by(chains.source[converts], amount[converts], n_states)
        for amount in (chains.count, chains.value)
    ]
    safe = np.where(outflow > 0, outflow, 1.0)  # a state that nothing leaves keeps its zeros
    source = chains.source[inner]
    chain = Chain(
        start=start,
        source=source,
        target=chains.target[inner],
        probability=chains.count[inner] / safe[source],
        convert=totals[0] / safe,
        newest=chains.states[:, -1] if n_states else np.empty(0, np.int64),
    )
    probability, on_conversions, first = removal_effects(chain, chain.convert, n_channels)
    expected_value, on_value, second = removal_effects(chain, totals[1] / safe, n_channels)
    return MarkovSolution(
        chains=chains,
        channels=chains.channels,
        journeys=journeys,
        attributed=np.array([totals[0].sum(), totals[1].sum()]),
        conversion_probability=probability,
        expected_value=expected_value,
        effect_conversions=on_conversions,
        effect_value=on_value,
        solved=first + second,
    )


def _notes(solved: Solved) -> tuple[str, ...]:
    """Say so where the sweeps did not end."""
    if solved.converged:
        return ()
    return (Sentence("markov.unsolved", sweeps=solved.sweeps, error=solved.error),)


def solve_small_chains(chains: ChainCounts, sums: Floats) -> tuple[Floats, Floats]:
    """Return credited conversions and value of order-1 chains over the same chains.

    Parameters
    ----------
    chains
        Gives the steps; `rows` says which rows of `sums` they are.
    sums
        Counts and values, shape (R, n_rows, 2).

    Returns
    -------
    conversions, value : float64, shape (R, n_channels), with a last column for unattributed conversions
        where the chains have them.
    """
    n, n_states, n_channels = len(sums), len(chains.states), len(chains.channels)
    count, value = sums[:, chains.rows, 0], sums[:, chains.rows, 1]
    moves = (chains.source >= 0) & (chains.target >= 0)
    starts, ends = (chains.source < 0) & (chains.target >= 0), (chains.source >= 0) & (chains.target == -1)
    start = np.zeros((n, n_states))
    start[:, chains.target[starts]] = count[:, starts]
    start /= np.maximum(start.sum(axis=1, keepdims=True), 1e-300)
    leaves = np.flatnonzero(chains.source >= 0)
    membership = np.zeros((len(leaves), n_states))
    membership[np.arange(len(leaves)), chains.source[leaves]] = 1.0
    outflow = count[:, leaves] @ membership
    outflow = np.where(outflow > 0, outflow, 1.0)
    transitions = np.zeros((n, n_states, n_states))
    transitions[:, chains.source[moves], chains.target[moves]] = count[:, moves]
    transitions /= outflow[:, :, None]
    shared, effects = [], np.zeros((n, n_channels))
    for amount in (count, value):
        reward = np.zeros((n, n_states))
        reward[:, chains.source[ends]] = amount[:, ends]
        found = removal_effects_batch(start, transitions, reward / outflow, chains.states[:, -1], n_channels)
        # Where positive and negative values cancel, effects on value say nothing: split by conversions.
        usable = found.sum(axis=1, keepdims=True) != 0.0
        effects = np.where(usable, found, effects)
        total = effects.sum(axis=1, keepdims=True)
        share = np.divide(effects, total, out=np.zeros_like(effects), where=total != 0.0)
        shared.append(share * reward.sum(axis=1, keepdims=True))
    if chains.lost_rows is not None:
        lost = sums[:, chains.lost_rows].sum(axis=1)
        shared = [np.append(credit, lost[:, [side]], axis=1) for side, credit in enumerate(shared)]
    return shared[0], shared[1]


def _credit_cells(solution: MarkovSolution) -> CellTally:
    """Scale removal effects to the attributed conversions and value, by channel."""
    sums = np.zeros((len(solution.channels), 2))
    for measure, effects in enumerate((solution.effect_conversions, solution.effect_value)):
        # Where positive and negative values cancel, effects on value say nothing: split by conversions.
        usable = effects if effects.sum() != 0.0 else solution.effect_conversions
        if usable.sum() != 0.0:
            sums[:, measure] = usable / usable.sum() * solution.attributed[measure]
    labels = (*solution.channels, UNATTRIBUTED)
    codes = np.arange(len(solution.channels), dtype=np.int64)
    if solution.chains.lost_rows is not None:
        codes = np.append(codes, len(solution.channels))
        sums = np.concatenate([sums, solution.chains.unattributed[None, :]])
    return CellTally(("channel",), (labels,), codes[:, None], sums)
