"""The absorbing chain of a Markov model, and every channel's removal effect, solved exactly.

A chain has transient states i (the last k channels), a start distribution s, transitions Q between them
and a reward r for leaving each state into CONVERSION. With N = (I - Q)^-1, x = s N and v = N r, the
expected reward is p = s v. Removing channel c sends every entry into a state whose newest channel is c to
NULL; splitting walks at their first visit to those states S gives

    RE_c = 1 - p(-c) / p = x_S (N_SS)^-1 v_S / p,      at order 1:  RE_c = x_c v_c / (N_cc p).

One inverse therefore serves all channels. Chains with many states iterate ``V = r + Q V`` with a column
per channel in which the channel's states are held at zero; one sparse product a sweep serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from attribution._typing import Floats, Ints
from attribution.stats.sums import sums_by

DENSE_STATES = 300  # one inverse costs less than the sweeps below this (measured; docs/performance.md)
_COLUMNS = 16  # channels swept together: their block stays in cache beside the matrix
_TOLERANCE = 1e-13  # of the largest reward
_SWEEPS = 20_000  # of a block of columns, at most; what is left then is told
_ROUNDING = 32  # units in the last place of the largest value: steps that small are rounding
_STRIDE = 4  # sweeps between two measured steps
_LEAP = 4  # strides between two extrapolations
_COARSE = 1e-6  # below it a leap's own rounding error is no smaller than what is still to come
_SMALL = 100


@dataclass(frozen=True, eq=False)
class Chain:
    """An absorbing chain with S transient states and E transitions between them.

    Attributes
    ----------
    start : float64, shape (S,)
        Probability of starting in each state.
    source, target : int64, shape (E,)
        Transitions between states.
    probability : float64, shape (E,)
        Their probabilities.
    convert : float64, shape (S,)
        Probability of going to CONVERSION next.
    newest : int64, shape (S,)
        The newest channel of each state.
    """

    start: Floats
    source: Ints
    target: Ints
    probability: Floats
    convert: Floats
    newest: Ints

    @cached_property
    def inverse(self) -> Floats:
        """``(I - Q)^-1``, shape (S, S): the same for every reward, so that it is worked out once."""
        n = len(self.start)
        moves = sums_by(self.source * n + self.target, self.probability, n * n)
        return _inverse(np.eye(n) - moves.reshape(n, n))


@dataclass(frozen=True, slots=True)
class Solved:
    """How a chain was solved.

    Attributes
    ----------
    sweeps : int
        Sweeps over all transitions, of all blocks of channels together; 0 where one inverse served them all.
    error : float
        Bound on what is left of the error of the expected reward, as a part of the largest reward.
    converged : bool
        Whether every block came down to the tolerance, or to rounding, within the sweeps that it may take.
    """

    sweeps: int = 0
    error: float = 0.0
    converged: bool = True

    def __add__(self, other: Solved) -> Solved:
        """Return how two solutions were reached together."""
        error = max(self.error, other.error)
        return Solved(self.sweeps + other.sweeps, error, self.converged and other.converged)


ONE_INVERSE = Solved()
"""Without sweeps, and without error beyond rounding."""


def removal_effects(chain: Chain, reward: Floats, n_channels: int) -> tuple[float, Floats, Solved]:
    """Return the expected reward of a journey and each channel's removal effect on it.

    Parameters
    ----------
    chain
        The chain.
    reward
        Expected reward of leaving each state next, shape (S,): ``chain.convert`` for conversions, times
        the mean value of the conversions that end in the state for value.
    n_channels
        How many channels there are.

    Returns
    -------
    expected : float
        Reward expected from START.
    effects : float64, shape (n_channels,)
        ``1 - expected without the channel / expected``; all 0 where nothing is expected.
    solved : Solved
        In how many sweeps, and what error is left.
    """
    scale = float(np.abs(reward).max(initial=0.0))
    if scale == 0.0:
        return 0.0, np.zeros(n_channels), ONE_INVERSE
    reward = reward / scale
    if len(chain.start) <= DENSE_STATES:
        (expected, without), solved = _dense(chain, reward, n_channels), ONE_INVERSE
    else:
        expected, without, solved = _swept(chain, reward, n_channels)
    if expected == 0.0:
        return 0.0, np.zeros(n_channels), solved
    return expected * scale, 1.0 - without / expected, solved


def removal_effects_batch(
    start: Floats, transitions: Floats, reward: Floats, newest: Ints, n_channels: int
) -> Floats:
    """Return the removal effects of many small order-1 chains over the same states at once.

    Parameters
    ----------
    start
        Start distributions, shape (R, S).
    transitions
        Transition probabilities between states, shape (R, S, S).
    reward
        Expected reward of leaving each state next, shape (R, S).
    newest
        Channel of each state, shape (S,); no two alike.
    n_channels
        How many channels there are.

    Returns
    -------
    Floats
        Shape (R, n_channels); all 0 where nothing is expected.
    """
    n_states = start.shape[1]
    inverse = np.linalg.inv(np.eye(n_states) - transitions)
    visits = (start[:, None, :] @ inverse)[:, 0]
    ahead = (inverse @ reward[:, :, None])[:, :, 0]
    expected = (start * ahead).sum(axis=1, keepdims=True)
    own = np.diagonal(inverse, axis1=1, axis2=2)
    effects = np.zeros((len(start), n_channels))
    scale = np.where(expected != 0.0, expected, 1.0) * own
    effects[:, newest] = np.where(expected != 0.0, visits * ahead / scale, 0.0)
    return effects


def _dense(chain: Chain, reward: Floats, n_channels: int) -> tuple[float, Floats]:
    """Return (expected reward, expected reward without each channel) from one inverse."""
    inverse = chain.inverse
    visits = chain.start @ inverse
    ahead = inverse @ reward
    expected = float(chain.start @ ahead)
    lost = np.zeros(n_channels)
    order = np.argsort(chain.newest, kind="stable")
    bounds = np.searchsorted(chain.newest[order], np.arange(n_channels + 1))
    sizes = np.diff(bounds)
    alone = order[bounds[:-1][sizes == 1]]
    lost[sizes == 1] = visits[alone] * ahead[alone] / inverse[alone, alone]
    for channel in np.flatnonzero(sizes > 1):
        states = order[bounds[channel] : bounds[channel + 1]]
        block = inverse[np.ix_(states, states)]
        lost[channel] = visits[states] @ np.linalg.solve(block, ahead[states])
    return expected, expected - lost


def _inverse(matrix: Floats) -> Floats:
    """Return the inverse; scipy's takes two thirds of numpy's time, but its import is felt on small ones."""
    inverse: Floats
    if len(matrix) <= _SMALL:
        inverse = np.linalg.inv(matrix).astype(np.float64, copy=False)
    else:
        from scipy import linalg

        inverse = linalg.inv(matrix, check_finite=False)
    return inverse


def _swept(chain: Chain, reward: Floats, n_channels: int) -> tuple[float, Floats, Solved]:
    """Return (expected reward, expected reward without each channel) by masked fixed-point sweeps."""
    from scipy import sparse

    n = len(chain.start)
    matrix = sparse.csr_array((chain.probability, (chain.source, chain.target)), shape=(n, n))
    ahead, solved = _fixed_point(matrix, reward[:, None], np.empty(0, np.int64), reward[:, None])
    expected = float(chain.start @ ahead[:, 0])
    without = np.full(n_channels, expected)
    present = np.unique(chain.newest)
    for first in range(0, len(present), _COLUMNS):
        channels = present[first : first + _COLUMNS]
        state, column = np.nonzero(chain.newest[:, None] == channels[None, :])
        held = state * len(channels) + column
        rewards = np.repeat(reward[:, None], len(channels), axis=1)
        begin = np.repeat(ahead, len(channels), axis=1)
        rewards.ravel()[held] = 0.0
        begin.ravel()[held] = 0.0
        found, block = _fixed_point(matrix, rewards, held, begin)
        without[channels] = chain.start @ found
        solved += block
    return expected, without, solved


def _fixed_point(matrix: Any, reward: Floats, held: Ints, begin: Floats) -> tuple[Floats, Solved]:
    """Iterate ``V = reward + matrix V``, zero at the flat positions `held`, until the error is bounded.

    Steps shrink by some rate a sweep, so all that is still to come is below step * rate / (1 - rate); the
    step is measured every few sweeps only, as that costs half a sweep. Down at rounding, steps stop to shrink
    and may come round in a cycle for ever: steps of a few units in the last place of the value end it. While
    steps are large each column leaps ahead now and then along its slowest mode; the bound counts only steps
    that were taken since.
    """
    value: Floats = begin
    before, left, slowest = 0.0, np.inf, 0.0
    for stride in range(1, _SWEEPS // _STRIDE + 1):
        for _ in range(_STRIDE):
            last = value
            value = matrix @ last
            value += reward
            value.ravel()[held] = 0.0
        last -= value
        step = float(max(last.max(initial=0.0), -last.min(initial=0.0)))
        rate = (step / before) ** (1.0 / _STRIDE) if before else 1.0
        left = step * rate / (1.0 - rate) if rate < 1.0 else left
        if step == 0.0 or (rate < 1.0 and left < _TOLERANCE and step < 1e-10):
            return value, Solved(stride * _STRIDE, left if step else 0.0)
        largest = float(max(value.max(initial=0.0), -value.min(initial=0.0)))
        if step <= _ROUNDING * np.spacing(largest):
            return value, Solved(stride * _STRIDE, step / (1.0 - slowest))
        slowest = rate if rate < 1.0 else slowest
        before = step
        if stride % _LEAP == 0 and step > _COARSE:
            value = _leap(matrix, reward, held, value, last)
            before = 0.0
    return value, Solved(_SWEEPS, max(left, step), converged=False)


def _leap(matrix: Any, reward: Floats, held: Ints, value: Floats, minus_step: Floats) -> Floats:
    """Sweep once more and add the rest of a geometric series of steps, by column (Aitken 1926).

    Where the steps of a column shrink by one rate, which two successive steps tell, this is its limit; it is
    some value to go on from in any case.
    """
    ahead: Floats = matrix @ value
    ahead += reward
    ahead.ravel()[held] = 0.0
    step = ahead - value
    size = np.einsum("ij,ij->j", minus_step, minus_step)
    along = -np.einsum("ij,ij->j", minus_step, step)
    rate = np.divide(along, size, out=np.zeros_like(size), where=size > 0.0).clip(0.0, 0.99)
    step *= rate / (1.0 - rate)
    ahead += step
    return ahead
