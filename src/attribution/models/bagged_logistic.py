"""BaggedLogistic: credit by logistic regression on the channels, averaged over bags (Shao & Li 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attribution._checks import fraction, whole
from attribution._migration import tells_options
from attribution._typing import Bools, Floats, Ints
from attribution.credit.credit import Credit
from attribution.errors import ModelError
from attribution.journeys.journeys import Journeys
from attribution.language.sentence import Sentence
from attribution.models.bagged_solution import BaggedLogisticSolution
from attribution.models.cells import CellTally, cells_of
from attribution.models.channel_sets import SetTally
from attribution.models.model import tally_touch_weights
from attribution.models.set_models import (
    SeenSets,
    SetModel,
    credit_by_channel,
    shares_by_weight,
    with_unattributed,
)
from attribution.stats.logistic import fit_logistic

_BLOCK = 1 << 21  # numbers worked on at once
_WORD = 62  # channels that fit the bits of one integer
_ENOUGH = 100  # bags: what their draw moves a share by is a tenth of its standard error
_NOTHING = 1e-9  # coefficients up to this are rounding


@tells_options(ModelError)
@dataclass(frozen=True)
class BaggedLogistic(SetModel):
    """Credit by what each channel adds to the log-odds of conversion, in logistic regressions on bags.

    Shao & Li (2011), "Data-driven multi-touch attribution models", KDD, section 3.2. Conversion is regressed
    on which channels the journey touched, ``log odds = b0 + sum of b(c)``, in many *bags*: each draws a part
    of the journeys and a part of the channels, without replacement. The coefficient of a channel is the mean
    over the bags that drew it. Where channels go together, one regression gives one of them everything and
    another none; the mean over bags, which often hold only one of them, is stable.

    The paper stops at coefficients. Here a converting journey is divided over its channels in proportion to
    their coefficients, where these are positive; channels with none, or a negative one, get nothing of it,
    and if all are such the journey is split equally. A channel touched by every journey has no coefficient
    to be learnt (0), and so gets little.

    What a coefficient is not: an effect. People who are about to buy search for the shop, and so search has
    a large one. Each touch counts as the channel's presence; order, time and number of touches do not
    matter, and channels do not interact on the scale of log-odds. A coefficient from a bag without channel
    j takes over a part of j's.

    Journeys are kept as counts by set of channels. A bag thins these counts (each journey stays with
    probability `journeys`). Channels are dealt like cards, so that all are drawn equally often. Slopes stay
    finite where a channel always or never converts because outcomes are mixed with the overall rate, with
    the weight of as many journeys as there are coefficients (after Clogg et al. 1991, "Multiple imputation
    of industry and occupation codes"); of channels that always go together each gets the same. The fit is
    Newton's method on grouped counts, for all replicates of a bootstrap at once, and agrees with
    ``statsmodels.api.GLM``; `BaggedLogisticSolution.regression` gives that library's table. If no journey
    failed to convert, there is nothing to learn: every conversion is split equally, and a note says so.

    A replicate of a bootstrap fits all the bags again: some 30 ms with 13 channels in 1,800 sets, but 2.5 s
    with 30 channels in 38,000 sets. All replicates draw the same bags, so that intervals do not hold what the
    draw of bags leaves to chance: with 100 bags a tenth of a standard error (2,000 users), which makes them
    shorter by less than 1%; with 20 up to a third, 5%. A note says how much where there are fewer than 100.

    Parameters
    ----------
    bags
        How many; credit of fewer than 100 depends on `rng` more than is good.
    journeys
        Part of the journeys that each bag draws, above 0; 1 takes all.
    channels
        Part of the channels that each bag draws, above 0; 1 takes all. With ``BaggedLogistic(1, 1, 1)``
        there is one logistic regression on all, and no chance.
    rng
        Seed: the same gives the same credit. A numpy Generator is asked for one.

    Raises
    ------
    ModelError
        If a parameter makes no sense, or the journeys were built without those that did not convert.

    Examples
    --------
    >>> import attribution as at
    >>> paths = {"path": ["a", "b", "a > b"], "conversions": [10, 20, 60], "nulls": [90, 80, 90]}
    >>> credit = at.attribute(at.read_paths(paths), at.BaggedLogistic(bags=1, journeys=1, channels=1))
    >>> credit.to_frame()[["channel", "conversions"]].round(1)
      channel  conversions
    0       a         31.3
    1       b         58.7
    """

    name: ClassVar[str] = "bagged_logistic"
    bags: int = 100
    journeys: float = 0.5
    channels: float = 0.5
    rng: int = 0

    def __post_init__(self) -> None:
        """Validate."""
        whole(self.bags, "bags", error=ModelError)
        for name in ("journeys", "channels"):
            if fraction(getattr(self, name), name, error=ModelError) == 0:
                msg = f"{name}={getattr(self, name)!r} leaves nothing to fit"
                raise ModelError(msg, column=name, hint=f"{name}=0.5")
        if isinstance(self.rng, np.random.Generator):
            object.__setattr__(self, "rng", int(self.rng.integers(2**63)))
        whole(self.rng, "rng", least=0, error=ModelError)

    def solve(self, tally: SetTally) -> Credit:
        """Fit the bags, and divide each converting journey by the mean coefficients.

        Returns
        -------
        Credit
            With a `BaggedLogisticSolution` in ``details["bagged_logistic"]``.
        """
        sets = SeenSets.of(tally)
        sums = tally.sums[None]
        means, spread, bags = self._fitted(sets, sums)
        credit = _divided(sets, means, sums)
        solution = BaggedLogisticSolution(tally.channels, means[0], spread[0], bags, credit[0], sets=tally)
        cells = with_unattributed(credit, sets.unattributed(sums))[0]
        return credit_by_channel(self.name, tally.channels, cells).with_provenance(
            settings={"models": {self.name: repr(self)}},
            details={self.name: solution},
            notes=(*_notes(solution, sets), *self._left_to_chance(solution)),
        )

    def solve_many(self, tally: SetTally, sums: Floats) -> tuple[Floats, Floats]:
        """Solve many tallies of the same sets, as a bootstrap does; cells in the order of `solve`."""
        sets = SeenSets.of(tally)
        means, _, _ = self._fitted(sets, sums)
        credit = with_unattributed(_divided(sets, means, sums), sets.unattributed(sums))
        return credit[:, :, 0], credit[:, :, 1]

    def allocate(self, journeys: Journeys, solved: Credit, by: Sequence[str]) -> CellTally:
        """Divide each conversion over its channels, and a channel's part equally over its touches."""
        solution: BaggedLogisticSolution = solved.details[self.name]  # type: ignore[assignment]
        shares = shares_by_weight(journeys, solution.channels, _weights(solution.coefficients))
        return tally_touch_weights(journeys, cells_of(journeys, by), shares)

    def _left_to_chance(self, solution: BaggedLogisticSolution) -> tuple[str, ...]:
        """Say by how much another seed would move coefficients, where bags are few."""
        counted = np.flatnonzero((_weights(solution.coefficients) > 0) & (solution.spread > _NOTHING))
        if self.bags >= _ENOUGH or not len(counted):
            return ()
        errors = solution.spread[counted] / np.sqrt(solution.bags[counted])
        moved = errors / solution.coefficients[counted]
        worst = int(moved.argmax())
        most = solution.channels[counted[worst]]
        moves = {"median": float(np.median(moved)), "most": float(moved[worst])}
        return (Sentence("bagged_logistic.chance", bags=self.bags, channel=most, enough=_ENOUGH, **moves),)

    def _fitted(self, sets: SeenSets, sums: Floats) -> tuple[Floats, Floats, Ints]:
        """Return mean coefficients and their spread over bags, shape (R, n_channels), and bags a channel."""
        players, n = sets.players, len(sets.tally.channels)
        drawn = _dealt(len(players), self.bags, self.channels, self.rng)
        inside = sets.inside[:, players].toarray().astype(np.bool_)
        counts = np.moveaxis(sums[:, sets.filled][:, :, [0, 2]], 1, 0)
        first, second = np.zeros((2, len(sums), n))
        for bag, columns in enumerate(drawn):
            chosen = np.flatnonzero(columns)
            design, folded = _folded(inside[:, chosen], counts)
            chunk = max(1, _BLOCK // max(1, len(design)))
            for low in range(0, len(sums), chunk):
                found = _slopes(design, self._thinned(folded[low : low + chunk], bag))
                first[low : low + chunk, players[chosen]] += found
                second[low : low + chunk, players[chosen]] += found**2
        times = np.zeros(n, np.int64)
        times[players] = drawn.sum(axis=0)
        none = np.where(times > 0, times, np.nan)
        means = first / none
        return means, np.sqrt(np.maximum(second / none - means**2, 0.0)), times

    def _thinned(self, counts: Floats, bag: int) -> Floats:
        """Draw a bag's part of the journeys behind each count, shape (R, k, 2)."""
        if self.journeys == 1:
            return counts
        certain = np.floor(counts + 1e-9)
        kept = np.empty_like(counts)
        bits = np.random.PCG64([self.rng, bag])
        start, rng = bits.state, np.random.Generator(bits)
        for place, each in enumerate(certain):
            bits.state = start  # the same draws for each, whatever stands beside it
            kept[place] = rng.binomial(each.astype(np.int64), self.journeys)
        part: Floats = kept + self.journeys * np.maximum(counts - certain, 0.0)
        return part


def _dealt(n: int, bags: int, part: float, seed: int) -> Bools:
    """Return which channels each bag draws, shape (bags, n): dealt from shuffled decks, all equally often."""
    hand = min(n, max(1, round(part * n)))
    rng = np.random.default_rng([seed, 0xDEA1])
    drawn = np.zeros((bags, n), np.bool_)
    deck: list[int] = []
    for bag in range(bags if n else 0):
        taken = deck[:hand]
        deck = deck[hand:]
        if len(taken) < hand:
            fresh = rng.permutation(n).tolist()
            more = [card for card in fresh if card not in taken][: hand - len(taken)]
            deck = [card for card in fresh if card not in more]
            taken = taken + more
        drawn[bag, taken] = True
    return drawn


def _folded(inside: Bools, counts: Floats) -> tuple[Floats, Floats]:
    """Add up the counts of sets that hold the same of some channels.

    Parameters
    ----------
    inside
        Which of these channels each set holds, shape (k, p).
    counts
        Conversions and journeys that did not convert, shape (k, R, 2).

    Returns
    -------
    design : float64, shape (g, p)
        The distinct rows of `inside`.
    counts : float64, shape (R, g, 2)
        Their sums.
    """
    from scipy import sparse

    if inside.shape[1] <= _WORD:
        rows = inside @ (1 << np.arange(inside.shape[1], dtype=np.int64))
        _, example, number = np.unique(rows, return_index=True, return_inverse=True)
    else:
        _, example, number = np.unique(inside, axis=0, return_index=True, return_inverse=True)
    ones = np.ones(len(inside))
    shape = (len(example), len(inside))
    group = sparse.csr_array((ones, (number.reshape(-1), np.arange(len(inside)))), shape=shape)
    columns = counts.reshape(len(counts), counts.shape[1] * counts.shape[2])
    folded: Floats = np.asarray(group @ columns).reshape(len(example), *counts.shape[1:])
    return inside[example].astype(np.float64), np.moveaxis(folded, 0, 1)


def _slopes(design: Floats, counts: Floats) -> Floats:
    """Fit logistic regressions after mixing each row's outcomes with the overall rate, shape (R, p)."""
    successes, totals = counts[:, :, 0], counts.sum(axis=2)
    whole = totals.sum(axis=1, keepdims=True)
    rate = np.divide(successes.sum(axis=1, keepdims=True), whole, out=np.zeros_like(whole), where=whole > 0)
    more = np.divide(design.shape[1] + 1, whole, out=np.zeros_like(whole), where=whole > 0)
    return fit_logistic(design, successes + more * rate * totals, totals * (1 + more))


def _weights(coefficients: Floats) -> Floats:
    """Return the positive part of coefficients; 0 where there is none."""
    return np.where(coefficients > _NOTHING, coefficients, 0.0)


def _divided(sets: SeenSets, coefficients: Floats, sums: Floats) -> Floats:
    """Divide the conversions and value of each set over its channels, shape (R, n_channels, 2)."""
    weights = _weights(coefficients)
    held = (sets.inside @ weights.T).T
    credit = np.empty((*weights.shape, 2))
    for measure in range(2):
        amount = sums[:, sets.filled, measure]
        by_weight = np.divide(amount, held, out=np.zeros_like(amount), where=held > 0)
        equally = np.where(held > 0, 0.0, amount / sets.sizes)
        credit[:, :, measure] = weights * (sets.inside.T @ by_weight.T).T + (sets.inside.T @ equally.T).T
    return credit


def _notes(solution: BaggedLogisticSolution, sets: SeenSets) -> tuple[str, ...]:
    counts = sets.tally.sums[sets.filled]
    if counts[:, 0].sum() == 0:
        return ()
    if counts[:, 2].sum() == 0:
        return (Sentence("bagged_logistic.no_failure"),)
    idle = [solution.channels[code] for code in sets.players if not solution.bags[code]]
    if idle:
        return (Sentence("bagged_logistic.idle", channels=tuple(idle)),)
    return ()
