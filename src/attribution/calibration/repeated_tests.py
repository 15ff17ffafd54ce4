"""Several experiments on one channel: put together, told where they disagree, refused where they are one."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from attribution.calibration.evidence import Evidence
from attribution.errors import ExperimentError
from attribution.experiments.shared.lift import Lift

WHY_ONCE = "the same numbers counted twice look like two tests that agree, and are twice as sure as they are"
WHY_ONE = "one test of several channels together says what they do together, and nothing of each"


@dataclass(frozen=True)
class Repeated:
    """Several experiments on one channel, as one.

    Attributes
    ----------
    channel
        The channel.
    tests
        How many.
    factor, error
        Mean of their factors weighted by precision, and its standard error.
    q, p_value
        Cochran's Q of whether they agree, and how often chance alone makes it as large.
    widened
        What Q makes of the error, ``sqrt(Q / df)``; 1 where they differ by no more than they should.
    """

    channel: str
    tests: int
    factor: float
    error: float
    q: float
    p_value: float
    widened: float


def combine(channel: str, factors: Sequence[tuple[float, float]]) -> Repeated:
    """Return several factors as one: the product of their likelihoods, widened where they disagree.

    ``Q = sum of ((factor - mean) / error)^2`` has ``df`` of one less than there are tests where all of them
    measured one number (Cochran 1954); more than that is told by no error, so the error is multiplied by
    ``sqrt(Q / df)`` (Birge 1932), as particle physics does with its constants.

    Parameters
    ----------
    channel
        Whose.
    factors
        Factor and standard error of each test.

    Examples
    --------
    >>> found = combine("email", [(0.2, 0.1), (0.8, 0.1)])
    >>> round(found.factor, 2), round(found.q, 1), round(found.widened, 2), round(found.error, 2)
    (0.5, 18.0, 4.24, 0.3)
    """
    from scipy.stats import chi2

    precision = math.fsum(error**-2 for _, error in factors)
    mean = math.fsum(factor * error**-2 for factor, error in factors) / precision
    error, df = precision**-0.5, len(factors) - 1
    if df == 0:
        return Repeated(channel, 1, mean, error, 0.0, 1.0, 1.0)
    q = math.fsum(((factor - mean) / one) ** 2 for factor, one in factors)
    widened = max(1.0, math.sqrt(q / df))
    return Repeated(channel, len(factors), mean, error * widened, q, float(chi2.sf(q, df)), widened)


def refuse_repeats(evidence: Mapping[str, Sequence[Evidence]]) -> None:
    """Refuse the same test twice, of one channel or of two.

    Lifts are the same where their numbers are: a file that was analysed twice; with a covariate or
    without, or under another name. Estimates by hand are where
    they are the same object, or equal within a channel; of two channels the same round numbers may be chance.

    Raises
    ------
    ExperimentError
        With the channels.
    """
    seen: dict[Hashable, str] = {}
    for channel, several in evidence.items():
        for entry in several:
            for first in [seen[key] for key in _keys(channel, entry) if key in seen]:
                column = f"lifts[{channel!r}]"
                if first == channel:
                    msg, hint = f"lifts[{channel!r}] holds the same test twice", "each test once"
                    raise ExperimentError(msg, column=column, why=WHY_ONCE, hint=hint)
                msg = f"the test given for {channel!r} is that of {first!r}"
                hint = "a test of each channel, or leave out both"
                raise ExperimentError(msg, column=column, why=WHY_ONE, hint=hint)
            seen.update(dict.fromkeys(_keys(channel, entry), channel))


def _keys(channel: str, entry: Evidence) -> Iterator[Hashable]:
    lift = entry.lift
    yield id(lift)
    if isinstance(lift, Lift):
        means = lift.details.get("unadjusted_means", lift.details.get("means"))
        if isinstance(means, Mapping):  # to rounding: a covariate adds columns, and so another order of sums
            counted = tuple((arm, f"{mean:.10g}") for arm, mean in means.items())
            yield (lift.design, lift.outcome, tuple(lift.n.items()), counted)
        else:
            yield (lift.design, lift.outcome, lift.arms, lift.absolute.value, tuple(lift.n.items()))
    else:
        yield (channel, lift.value, lift.low, lift.high, lift.std_error if lift.std_error > 0 else 0.0)
