"""Shapley: credit by what a channel adds to the channels that were there before it, over all orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from attribution._checks import one_of, whole
from attribution._migration import tells_options
from attribution._typing import Floats
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.models.allocation import shares_by_effect
from attribution.models.breakdown import Breakdown
from attribution.models.cells import CellTally, cells_of
from attribution.models.channel_sets import SetTally, tally_sets
from attribution.models.model import Model, solve_cells, tally_touch_weights
from attribution.models.rules import Linear
from attribution.models.set_models import sets_learnt
from attribution.models.shapley_games import (
    GAMES,
    MOST_REPEATED,
    RATES,
    play,
    play_many,
    play_rates,
    players_of,
)
from attribution.models.shapley_ordered import solve_positions, tally_positions
from attribution.models.shapley_solution import ShapleySolution


@tells_options(ModelError)
@dataclass(frozen=True)
class Shapley(Model[SetTally | CellTally]):
    """Credit by what a channel adds to the channels that came before it, averaged over all orders.

    Channels are the players of a game in which every set S of channels has a worth v(S), learnt from the
    journeys. Shapley (1953): the value of channel i is the mean of ``v(S with i) - v(S)`` over all orders in
    which the channels may arrive, S being those that arrived before i. Values sum to the worth of all
    channels together; credit is the values scaled to the attributed conversions, and, for the same game
    played on value, to the attributed value. What differs, between the answers that go by this name, is v.

    ``"subset_conversions"``
        Conversions of the journeys whose channels all lie in S. Its Shapley values are each conversion
        split equally over the distinct channels of its journey (Zhao, Mahboobi & Bagheri 2018, "simplified
        Shapley"; what Google Ads Data Hub documents). It assumes that channels which meet in a journey
        matter alike, and it never looks at journeys that did not convert: a channel that is seen a lot and
        sells nothing extra is credited for being there. It is `Linear` over distinct channels.
    ``"subset_rate"``
        Conversion rate of those journeys; 0 where there are none. It asks how the rate would differ had only
        the journeys inside S existed, so channels that draw people who do not buy get less, or less than
        nothing. Each channel's first step is the rate of its one-channel journeys: where these are few,
        or are made by other people than the rest, the values follow them.
    ``"exact_rate"``
        Conversion rate of the journeys whose channels are exactly S; 0 where none was seen. A set that nobody
        happened to have counts as one that never converts, which punishes whoever would complete it. All
        values share out the rate of journeys with every channel there is: with many channels it is unknown
        or rests on a handful of journeys, and credit is then noise, or, at 0, impossible (ModelError).
    ``"within_set_rate"``
        The exact-rate game played inside each observed set and rescaled to that set's conversions
        (Cano-Berlanga, Gimenez-Galvez & Vilella 2017; the package marketing-attribution-models). Fit for
        many channels. Inside a set, subsets that were never seen still count as never converting.

    No game tells what a channel caused. Rates compare people who differ in more than their channels: those
    who were going to buy search for the shop and click on more things on the way.

    Negative worths are kept and reported in `Credit.notes`, never clipped: they say that journeys with the
    channel convert less than those without it.

    Values are exact for every game but one: ``"subset_rate"`` is exact for up to 20 channels that occur in
    a journey, and sampled beyond (see `samples`). All channels and journeys always count. A bootstrap of it
    samples from 15 channels on: each resample differs from the whole by what 32 circles of orders, the same
    for all, say, which leaves a few percent on a standard error and takes seconds.

    Parameters
    ----------
    game
        What a set of channels is worth; see above.
    ordered
        Whether to tell credit by position in the journey as well (Zhao, Mahboobi & Bagheri 2018, "ordered
        Shapley"): channel j's value at touchpoint i is the sum of ``R_i(S with j) / (|S| + 1)`` over the
        sets S without j, where ``R_i(T)`` counts the conversions of the journeys with channels T whose
        touchpoint i is of channel j; a journey in which j occurs m times counts 1/m at each. Over positions
        that sums to the channel's value without order: the order tells where credit arose, not how much.
        It rests on the closed form of ``"subset_conversions"`` and is defined for that game alone.
    samples
        Where values are sampled: how many orders of the channels to draw at most, in antithetic pairs of an
        order and its reverse. They come in circles of twice as many orders as channels, 32 circles at least.
    tolerance
        Where values are sampled: stop when no channel's standard error exceeds this fraction of the whole,
        0.001 being a tenth of a percentage point of share. 0 draws all samples.
    rng
        Seed of the sampling: the same seed gives the same credit. A numpy Generator is asked for one.

    Raises
    ------
    ModelError
        If a parameter makes no sense, or a game of rates meets journeys built without those that did not
        convert.

    Examples
    --------
    >>> import attribution as at
    >>> paths = {"path": ["a", "b", "a > b"], "conversions": [1, 0, 9], "nulls": [9, 10, 11]}
    >>> journeys = at.read_paths(paths)
    >>> models = {game: at.Shapley(game) for game in ["subset_conversions", "subset_rate"]}
    >>> credit = at.attribute(journeys, models)
    >>> credit.to_frame()[["model", "channel", "conversions"]]
                    model channel  conversions
    0  subset_conversions       a          5.5
    1  subset_conversions       b          4.5
    2         subset_rate       a          7.0
    3         subset_rate       b          3.0
    >>> credit.details["subset_rate"].to_frame()[["channel", "shapley", "share"]]
      channel  shapley  share
    0       a    0.175    0.7
    1       b    0.075    0.3
    """

    name: ClassVar[str] = "shapley"
    game: str = "subset_conversions"
    ordered: bool = False
    samples: int = 20_000
    tolerance: float = 0.001
    rng: int = 0

    def __post_init__(self) -> None:
        """Validate."""
        one_of(self.game, "game", GAMES, error=ModelError)
        if not isinstance(self.ordered, bool):
            msg = f"ordered={self.ordered!r} must be true or false"
            raise ModelError(msg, column="ordered")
        if self.ordered and self.game != "subset_conversions":
            msg = f"ordered=True is not defined for the game {self.game!r}"
            raise ModelError(
                msg,
                column="ordered",
                why="a rate cannot be split over positions: it is a ratio of sums over whole journeys",
                hint='at.Shapley("subset_conversions", ordered=True)',
            )
        whole(self.samples, "samples", least=2, error=ModelError)
        allowed = isinstance(self.tolerance, int | float) and not isinstance(self.tolerance, bool)
        if not allowed or not 0 <= self.tolerance < 1:
            msg = f"tolerance={self.tolerance!r} must be a number from 0 to below 1"
            raise ModelError(
                msg, column="tolerance", hint="tolerance=0.001 for a tenth of a percentage point"
            )
        if isinstance(self.rng, np.random.Generator):
            object.__setattr__(self, "rng", int(self.rng.integers(2**63)))
        whole(self.rng, "rng", least=0, error=ModelError)

    @property
    def needs_nulls(self) -> bool:
        """Whether the game looks at journeys that did not convert."""
        return self.game in RATES

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if a game of rates meets journeys built without those that did not convert."""
        if self.needs_nulls and journeys.settings.get("nulls") is False:
            msg = f"the game {self.game!r} needs journeys that did not convert, and these were built without"
            raise ModelError(msg, why="every rate would be 1", hint="at.build_journeys(log, nulls=True)")

    def tally(
        self,
        journeys: Journeys,
        by: Sequence[str] = ("channel",),  # noqa: ARG002
    ) -> SetTally | CellTally:
        """Count journeys by their set of channels; where ordered, split conversions by position.

        Parameters
        ----------
        journeys
            Disjoint sets of users may be tallied apart and merged with ``+``.
        by
            Changes nothing: a game is played by whole channels, and breakdowns come from `allocate`.

        Returns
        -------
        SetTally
            Or a `CellTally` by channel and position, where the model is ordered.
        """
        self.check(journeys)
        if self.ordered:
            return tally_positions(journeys)
        return tally_sets(journeys, nulls=self.needs_nulls)

    def solve(self, tally: SetTally | CellTally) -> Credit:
        """Play the game, and scale its values to the attributed conversions and value.

        Parameters
        ----------
        tally
            Of this model: `SetTally`, or `CellTally` by channel and position where it is ordered.

        Returns
        -------
        Credit
            With a `ShapleySolution` in ``details["shapley"]``.

        Raises
        ------
        ModelError
            If all channels together are worth nothing in the game although there are conversions, so that
            nothing can be scaled.
        """
        if isinstance(tally, SetTally) is self.ordered:
            msg = f"this tally was made by a model with ordered={not self.ordered}"
            raise ModelError(msg, hint="solve what the same model tallied")
        if isinstance(tally, SetTally):
            solution, unattributed, notes = play(
                tally, self.game, orders=self.samples, tolerance=self.tolerance, seed=self.rng
            )
        else:
            solution, unattributed, notes = *solve_positions(tally), ()
        sums, codes = solution.credit, np.arange(len(solution.channels), dtype=np.int64)
        if unattributed is not None:
            codes, sums = np.append(codes, len(codes)), np.concatenate([sums, unattributed[None, :]])
        cells = CellTally(("channel",), ((*solution.channels, UNATTRIBUTED),), codes[:, None], sums)
        credit = solve_cells(self.name, cells, {"models": {self.name: repr(self)}})
        return credit.with_provenance(details={self.name: solution}, notes=notes)

    def learnt(self, tally: SetTally | CellTally) -> tuple[str, ...]:
        """Say so where channels tell nothing of who converts, in games that compare rates."""
        if not isinstance(tally, SetTally) or not self.needs_nulls:
            return ()
        return sets_learnt(self.name, tally)

    def solve_many(self, tally: SetTally | CellTally, sums: Floats) -> tuple[Floats, Floats]:
        """Solve many tallies that differ only in their sums, as a bootstrap does.

        Parameters
        ----------
        tally
            Gives the rows.
        sums
            Shape (R, n_rows, k).

        Returns
        -------
        conversions, value : float64, shape (R, n_cells)
            Credit of each, cells in the order of `solve`; NaN where `solve` would raise, because a resample
            holds no conversion of all channels in the game ``"exact_rate"``.
        """
        if isinstance(tally, SetTally) and self.game in {"subset_conversions", "within_set_rate"}:
            empty = np.flatnonzero(tally.sizes == 0)
            credit = np.concatenate([play_many(tally, self.game, sums), sums[:, empty, :2]], axis=1)
            return credit[:, :, 0], credit[:, :, 1]
        if isinstance(tally, SetTally) and self.game == "subset_rate" and players_of(tally) > MOST_REPEATED:
            return self._resampled_rates(tally, sums)
        solved = [self._solve_or_nan(replace(tally, sums=each)) for each in sums]
        return np.array([each[0] for each in solved]), np.array([each[1] for each in solved])

    def _resampled_rates(self, tally: SetTally, sums: Floats) -> tuple[Floats, Floats]:
        """Add what each tally differs by from the whole, by sampled orders, to the values of the whole."""
        solution: ShapleySolution = self.solve(tally).details[self.name]  # type: ignore[assignment]
        credit = play_rates(tally, sums, solution.shapley, self.rng)
        credit = np.concatenate([credit, sums[:, np.flatnonzero(tally.sizes == 0), :2]], axis=1)
        return credit[:, :, 0], credit[:, :, 1]

    def _solve_or_nan(self, tally: SetTally | CellTally) -> tuple[Floats, Floats]:
        try:
            credit = self.solve(tally)
        except ModelError:
            if not isinstance(tally, SetTally) or self.game != "exact_rate":
                raise
            missing = np.full(len(tally.channels) + int((tally.sizes == 0).any()), np.nan)
            return missing, missing
        return credit.conversions[0], credit.value[0]

    @staticmethod
    def effects(solution: ShapleySolution) -> Floats:
        """Return what breakdowns weigh touches by: the Shapley values, shape (n_channels, 2).

        Parameters
        ----------
        solution
            ``credit.details["shapley"]``; its `channels` name the rows, conversions and value the columns.
        """
        return solution.shapley

    def needs_allocation(self, by: Sequence[str]) -> bool:
        """Whether journeys must be read again: for breakdowns."""
        return tuple(by) != ("channel",)

    def allocate(self, journeys: Journeys, solved: Credit, by: Sequence[str]) -> CellTally:
        """Split each conversion over its touches.

        The game ``"subset_conversions"`` splits every conversion equally over the distinct channels of its
        journey, and so do its breakdowns. In other games touches share by the size of their channels' values.
        """
        cells = cells_of(journeys, by)
        if self.game == "subset_conversions":
            weights = Linear(per="channel").weights(claimed_touches(journeys))
            return tally_touch_weights(journeys, cells, weights)
        solution: ShapleySolution = solved.details[self.name]  # type: ignore[assignment]
        tallies = [
            tally_touch_weights(journeys, cells, shares_by_effect(journeys, solution.channels, effects))
            for effects in self.effects(solution).T
        ]
        sums = np.stack([tallies[0].sums[:, 0], tallies[1].sums[:, 1]], axis=1)
        return replace(tallies[0], sums=sums)

    def breakdown(self, solved: Credit, allocated: CellTally) -> Breakdown:
        """Return the cells as split by journey, or fitted to the channels' values and to the conversions."""
        if self.game == "subset_conversions":
            return Breakdown.split(solved, allocated, fixed=True)
        return super().breakdown(solved, allocated)
