"""Effects pooled over channels: estimates that lean on each other, intervals that keep a test's word."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats
from attribution.stats.assisted import assisted_interval
from attribution.stats.bounded import Bounded, within
from attribution.stats.shrinkage import Posterior, pool

# Parts of all conversions: what credit misses a channel by, whatever its size; and, of one channel in ten,
# what an odd one misses by. A judgement, the same for everybody; docs/calibration.md has what they do.
APART = 0.03
ODD = (0.1, 0.15)


@dataclass(frozen=True, eq=False)
class Evident:
    """What is known before pooling, all in the credit's conversions or value.

    Attributes
    ----------
    estimates, errors
        Effect of each channel by its own experiments, and its standard error; shape (n,), NaN where untested.
    attributed
        Credit, shape (n,).
    total
        All of the log, attributed or not.
    prior, spread
        As given to `calibrate`.
    """

    estimates: Floats
    errors: Floats
    attributed: Floats
    total: float
    prior: tuple[float, float]
    spread: float

    @property
    def tested(self) -> Bools:
        """Which channels have an experiment."""
        found: Bools = np.isfinite(self.estimates)
        return found

    def posterior(self, *, without: int | None = None) -> Posterior:
        """Return the effects given the experiments, all or without those of one channel.

        Parameters
        ----------
        without
            Place of the channel.
        """
        estimates = self.estimates
        if without is not None:
            estimates = estimates.copy()
            estimates[without] = np.nan
        return pool(
            estimates,
            self.errors,
            prior=self.prior,
            spread=self.spread,
            odd=(ODD[0], ODD[1] * self.total),
            size=self.attributed,
            apart=APART * self.total,
        )


@dataclass(frozen=True, eq=False)
class Pooled:
    """The effect of every channel, and what is left.

    Attributes
    ----------
    effects
        All of them together, given that they add up to no less than nothing and no more than there is.
    estimate, sd, low, high
        Of each channel, shape (n,).
    own
        How much of each estimate is its own experiments', from 0 to 1; shape (n,).
    expected
        What the other channels' experiments say that those of each channel should have found: mean and ends
        of an interval, its own errors included; shape (n, 3), NaN where untested.
    baseline
        What would have happened anyway, with its interval.
    """

    effects: Bounded
    estimate: Floats
    sd: Floats
    low: Floats
    high: Floats
    own: Floats
    expected: Floats
    baseline: tuple[float, float, float]


def pooled(known: Evident, alpha: float) -> Pooled:
    """Return every channel's effect: estimates shrunk, intervals that cover.

    The interval of a tested channel is that of its own test, assisted by what the other tests say of it, so
    that it covers whatever they say (`assisted_interval`). That of an untested one is the posterior's.

    Parameters
    ----------
    known
        What the experiments say.
    alpha
        0.05 for 95%.
    """
    n = len(known.attributed)
    posterior = known.posterior()
    effects = within(posterior, 0.0, known.total)
    tails = np.array([alpha / 2, 1 - alpha / 2])
    found = np.array([effects.moments(row) for row in np.eye(n)]).reshape(-1, 2)
    estimate, sd = found[:, 0], found[:, 1]
    ends, expected = np.empty((n, 2)), np.full((n, 3), np.nan)
    for place, row in enumerate(np.eye(n)):
        if not known.tested[place]:
            ends[place] = effects.quantiles(row, tails)
            continue
        own, error = float(known.estimates[place]), float(known.errors[place])
        others = known.posterior(without=place)
        mean, guess = others.moments(row)
        expected[place] = mean, *others.quantiles(row, tails, extra=error**2)
        low, high = assisted_interval(own, error, mean=mean, sd=guess, alpha=alpha)
        # Where all tests together claim more than there is, the sum may draw the estimate out of it.
        ends[place] = min(low, estimate[place]), max(high, estimate[place])
    _, total = effects.total(tails)
    baseline = (
        min(max(known.total - math.fsum(estimate), 0.0), known.total),
        known.total - float(total[1]),
        known.total - float(total[0]),
    )
    return Pooled(effects, estimate, sd, ends[:, 0], ends[:, 1], posterior.own, expected, baseline)
