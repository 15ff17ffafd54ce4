"""Probabilistic: credit by conversion rates of channels and of pairs of channels (Shao & Li 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attribution._display import Display
from attribution._migration import tells_options
from attribution._typing import Floats, Ints
from attribution.credit.credit import Credit
from attribution.credit.explain import Solution
from attribution.errors import ModelError
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import Journeys
from attribution.language.sentence import Sentence
from attribution.models.cells import CellTally, cells_of
from attribution.models.channel_sets import SetTally
from attribution.models.model import tally_touch_weights
from attribution.models.set_models import (
    SeenSets,
    SetModel,
    credit_by_channel,
    with_unattributed,
)
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    import pandas as pd

_BLOCK = 1 << 22  # numbers worked on at once


@dataclass(frozen=True, eq=False, repr=False)
class ProbabilisticSolution(Solution, Display):
    """Conversion rates of journeys by channel and by pair of channels.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted.
    journeys : float64, shape (n_channels, n_channels)
        Journeys that touched both channels; on the diagonal, the one.
    rates : float64, shape (n_channels, n_channels)
        Part of them that converted; 0 where there is none.
    credit : float64, shape (n_channels, 2)
        Conversions and value.
    """

    channels: tuple[str, ...]
    journeys: Floats
    rates: Floats
    credit: Floats

    @property
    def negative(self) -> tuple[str, ...]:
        """Channels of negative credit in conversions, the most negative first."""
        credit = self.credit[:, 0]
        below = np.flatnonzero(credit < -1e-12 * np.abs(credit).sum())
        return tuple(self.channels[place] for place in below[np.argsort(credit[below], kind="stable")])

    def to_frame(self) -> pd.DataFrame:
        """Return one row a channel.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``journeys`` (that touched it), ``conversion_rate`` (of those) and
            ``share`` (of all credited conversions).
        """
        import pandas as pd

        whole = self.credit[:, 0].sum()
        return pd.DataFrame(
            {
                "channel": np.array(self.channels, dtype=object),
                "journeys": np.diag(self.journeys),
                "conversion_rate": np.diag(self.rates),
                "share": self.credit[:, 0] / whole if whole else np.nan,
            }
        )

    def pairs(self) -> pd.DataFrame:
        """Return one row a pair of channels that some journey touched.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``other``, ``journeys``, ``conversion_rate`` and ``beyond``: the pair's rate
            less the rates of its two channels, which the model shares out.
        """
        import pandas as pd

        one, other = np.nonzero(np.triu(self.journeys, 1) > 0)
        names, alone = np.array(self.channels, dtype=object), np.diag(self.rates)
        rate = self.rates[one, other]
        return pd.DataFrame(
            {
                "channel": names[one],
                "other": names[other],
                "journeys": self.journeys[one, other],
                "conversion_rate": rate,
                "beyond": rate - alone[one] - alone[other],
            }
        )

    def _says(self, channel: str, place: int) -> Sentence:  # noqa: ARG002
        return Sentence("probabilistic.effect", rate=float(self.rates[place, place]))

    def _title(self) -> str:
        return f"Conversion rates of journeys by {len(self.channels):,} channels"


@tells_options(ModelError)
@dataclass(frozen=True)
class Probabilistic(SetModel):
    """Credit by conversion rates of journeys with a channel, and with each pair of channels.

    Shao & Li (2011), "Data-driven multi-touch attribution models", KDD, section 3.3, equation 3. With
    ``p(i)`` the part of the journeys with channel i that converted, and ``p(i, j)`` the part of those with
    both i and j, channel i contributes to a converting journey with n channels

        ``C(i) = p(i) + 1 / (2 (n - 1)) * sum over j of [p(i, j) - p(i) - p(j)]``,

    j being the other channels of that journey; a lone channel has ``p(i)``. Each converting journey is
    divided over its channels in proportion to C, so that credit conserves conversions and value: the paper
    computes C for each converting user, and leaves open how to scale it. In a converting journey the
    contributions sum to the mean ``p(i, j)`` over its pairs times n / 2, which is above zero; a single one
    may be negative, where a channel's partners convert better without it. Then so is its part of that
    journey, and nothing is clipped; channels whose whole credit is negative are named in `Credit.notes`.

    Channels count once a journey: neither their order nor how often they were touched matters. Rates are
    those of the very journeys that are credited, and compare people who differ in more than their channels.
    Interactions of three and more channels are left out. If no journey failed to convert, every rate is 1 and
    conversions are split equally over their channels; a note says so.

    Examples
    --------
    >>> import attribution as at
    >>> paths = {"path": ["a", "b", "a > b"], "conversions": [1, 0, 9], "nulls": [9, 10, 11]}
    >>> credit = at.attribute(at.read_paths(paths), at.Probabilistic())
    >>> credit.to_frame()[["channel", "conversions"]].round(3)
      channel  conversions
    0       a        5.833
    1       b        4.167
    >>> credit.details["probabilistic"].to_frame().round(3)
      channel  journeys  conversion_rate  share
    0       a      30.0            0.333  0.583
    1       b      30.0            0.300  0.417
    """

    name: ClassVar[str] = "probabilistic"

    def solve(self, tally: SetTally) -> Credit:
        """Compute the rates, divide each converting journey, and sum.

        Returns
        -------
        Credit
            With a `ProbabilisticSolution` in ``details["probabilistic"]``.
        """
        sets = SeenSets.of(tally)
        journeys, rates = _rates(sets, tally.sums)
        sums = _divide(sets, rates, tally.sums)
        solution = ProbabilisticSolution(tally.channels, journeys, rates, sums)
        lost = sets.unattributed(tally.sums[None])
        credit = credit_by_channel(self.name, tally.channels, with_unattributed(sums[None], lost)[0])
        settings = {"models": {self.name: repr(self)}}
        return credit.with_provenance(
            settings=settings, details={self.name: solution}, notes=_notes(solution, tally)
        )

    def solve_many(self, tally: SetTally, sums: Floats) -> tuple[Floats, Floats]:
        """Solve many tallies of the same sets, as a bootstrap does; cells in the order of `solve`."""
        sets = SeenSets.of(tally)
        credit = np.stack([_divide(sets, _rates(sets, each)[1], each) for each in sums])
        credit = with_unattributed(credit, sets.unattributed(sums))
        return credit[:, :, 0], credit[:, :, 1]

    def allocate(self, journeys: Journeys, solved: Credit, by: Sequence[str]) -> CellTally:
        """Divide each conversion over its channels, and a channel's part equally over its touches."""
        solution: ProbabilisticSolution = solved.details[self.name]  # type: ignore[assignment]
        return tally_touch_weights(journeys, cells_of(journeys, by), _touch_shares(journeys, solution))


def _rates(sets: SeenSets, sums: Floats) -> tuple[Floats, Floats]:
    """Return journeys that touched two channels, and the part that converted; by channel on the diagonal."""
    counts = sums[sets.filled]
    inside = sets.inside
    converted, journeys = (
        (inside.T @ (inside.multiply(weight[:, None]).tocsr())).toarray()
        for weight in (counts[:, 0], counts[:, 0] + counts[:, 2])
    )
    rates = np.divide(converted, journeys, out=np.zeros_like(converted), where=journeys > 0)
    return journeys, rates


def _divide(sets: SeenSets, rates: Floats, sums: Floats) -> Floats:
    """Return credited conversions and value of each channel, shape (n_channels, 2)."""
    n = len(rates)
    credit = np.zeros((n, 2))
    amounts = sums[sets.filled, :2]
    winners = np.flatnonzero((amounts != 0).any(axis=1))
    for block in np.array_split(winners, 1 + len(winners) * n // _BLOCK):
        part = sets.inside[block]
        owner = np.repeat(np.arange(len(block)), np.diff(part.indptr))
        shares = _shares(part, owner, rates, sets.sizes[block])
        for measure in range(2):
            weights = shares * amounts[block, measure][owner]
            credit[:, measure] += sums_by(part.indices, weights, n)
    return credit


def _shares(inside: Any, owner: Ints, rates: Floats, sizes: Ints) -> Floats:
    """Return the share of each member of each set, set by set; those of a set sum to 1."""
    alone = np.diag(rates)
    pairs = rates - np.diag(alone)
    member = inside.indices
    # C(i) = p(i) / 2 + mean over the others j of [p(i, j) - p(j)] / 2, for a lone channel p(i).
    with_others = (inside @ pairs)[owner, member]
    others = (inside @ alone)[owner] - alone[member]
    n_others = sizes[owner] - 1
    gain = np.divide(with_others - others, n_others, out=alone[member].copy(), where=n_others > 0)
    worth = (alone[member] + gain) / 2
    whole = sums_by(owner, worth, len(sizes))[owner]
    shares: Floats = np.divide(worth, whole, out=1.0 / sizes[owner], where=whole > 0)
    return shares


def _touch_shares(journeys: Journeys, solution: ProbabilisticSolution) -> Floats:
    """Return each claimed touch's share of its conversion, shape (M,)."""
    from scipy import sparse

    claimed = claimed_touches(journeys)
    n = len(journeys.channels)
    known = {name: place for place, name in enumerate(solution.channels)}
    place = np.array([known[name] for name in journeys.channels], np.int64)
    rates = solution.rates[np.ix_(place, place)]
    shape = (len(claimed.which), n)
    ones, code = np.ones(len(claimed.index)), claimed.channel.astype(np.int64)
    touches = sparse.csr_array((ones, code, claimed.offsets), shape=shape, copy=True)
    touches.sum_duplicates()  # in place: the offsets must be its own
    shares = np.empty(len(claimed.index))
    for block in np.array_split(np.arange(len(claimed.which)), 1 + len(claimed.which) * n // _BLOCK):
        if not len(block):
            continue
        some = touches[block]
        sizes = np.diff(some.indptr)
        owner = np.repeat(np.arange(len(block)), sizes)
        inside = sparse.csr_array((np.ones(len(owner)), some.indices, some.indptr), shape=some.shape)
        each = _shares(inside, owner, rates, sizes) / some.data
        row = np.zeros(some.shape)
        row[owner, some.indices] = each
        low, high = claimed.offsets[block[0]], claimed.offsets[block[-1] + 1]
        shares[low:high] = row[claimed.journey[low:high] - block[0], claimed.channel[low:high]]
    return shares


def _notes(solution: ProbabilisticSolution, tally: SetTally) -> tuple[str, ...]:
    told: list[str] = []
    if solution.negative:
        shown = ", ".join(solution.negative[:5]) + (", ..." if len(solution.negative) > 5 else "")
        told.append(Sentence("probabilistic.negative", channels=shown))
    if tally.sums[:, 0].sum() > 0 and not tally.sums[:, 2].any():
        told.append(Sentence("probabilistic.no_failure"))
    return tuple(told)
