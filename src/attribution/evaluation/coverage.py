"""Whether bootstrap intervals cover: many logs of a process whose population shares are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from attribution._checks import one_of, whole
from attribution._display import Display
from attribution._progress import bar
from attribution._typing import Bools, Floats, Ints
from attribution.credit.credit_intervals import interval, replicated
from attribution.credit.measures import resampled
from attribution.credit.table import measure as measured
from attribution.crediting import attribute
from attribution.errors import CreditError
from attribution.journeys.journeys import Journeys
from attribution.kernels.hashing import hash_integers
from attribution.kernels.ragged import expand
from attribution.models.registry import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

CHANNELS = ("ad", "email", "search", "social", "video")
LONGEST = 5  # touches of a journey
POPULATION = 1e7  # users: so many that no smoothing is seen
KINDS = 2  # of users: passers-by, and those who look around and buy


@dataclass(frozen=True)
class Process:
    """Users of two kinds, each with a few journeys of up to five touches on five channels.

    The kinds differ in how many journeys they have, where these begin, how they go on, how long they are,
    how often they convert and what a conversion is worth; so the journeys of a user resemble each other. A
    journey converts by all of its channels, not by the last one alone: no model describes it.

    All journeys that can be are listed with their probability. So what a model credits on them, weighted by
    these, is the population value that its intervals ought to cover: exact, not simulated.

    Attributes
    ----------
    seed
        Of the parameters of the process.
    """

    seed: int = 2026

    @cached_property
    def kinds(self) -> Floats:
        """Part of the users of each kind, shape (KINDS,)."""
        return np.array([0.7, 0.3])

    @cached_property
    def repeats(self) -> Floats:
        """Mean number of journeys of a user beside the first, shape (KINDS,)."""
        return np.array([0.2, 1.0])

    @cached_property
    def worth(self) -> Floats:
        """Mean value of a conversion, shape (KINDS,)."""
        return np.array([40.0, 90.0])

    @cached_property
    def paths(self) -> tuple[Ints, Ints]:
        """All sequences of up to five channels, as offsets and codes, shortest first."""
        blocks = [np.indices((len(CHANNELS),) * n).reshape(n, -1).T for n in range(1, LONGEST + 1)]
        lengths = np.concatenate([np.full(len(block), block.shape[1]) for block in blocks])
        return np.append(0, np.cumsum(lengths)), np.concatenate([block.ravel() for block in blocks])

    @cached_property
    def chances(self) -> tuple[Floats, Floats]:
        """Probability of each path, and that it converts, by kind of user; shapes (KINDS, n_paths)."""
        rng = np.random.default_rng(self.seed)
        offsets, codes = self.paths
        lengths, n = np.diff(offsets), len(CHANNELS)
        taken, converts = [], []
        for going_on, base in ((0.35, 0.03), (0.6, 0.1)):
            start = rng.dirichlet(np.full(n, 2.0))
            steps = rng.dirichlet(np.full(n, 2.0), n)
            lifts = rng.uniform(0.0, 0.15, n)
            step = np.where(np.arange(len(codes)) > 0, steps[np.roll(codes, 1), codes], 0.0)
            step[offsets[:-1]] = start[codes[offsets[:-1]]]
            of_length = going_on ** np.arange(LONGEST)
            along = np.multiply.reduceat(step, offsets[:-1])
            taken.append(along * (of_length / of_length.sum())[lengths - 1])
            converts.append(1.0 - (1.0 - base) * np.multiply.reduceat(1.0 - lifts[codes], offsets[:-1]))
        return np.array(taken), np.array(converts)

    def population(self, users: float = POPULATION) -> Journeys:
        """Return every journey that can be, converting or not, with its expected number.

        Parameters
        ----------
        users
            Of how many users. Shares do not depend on it but under models that smooth: those need many.
        """
        taken, converts = self.chances
        expected = users * taken * (self.kinds * (1.0 + self.repeats))[:, None]
        offsets, codes = self.paths
        n = len(offsets) - 1
        bought = expected * converts
        return Journeys(
            channels=CHANNELS,
            offsets=np.concatenate([offsets, offsets[-1] + offsets[1:]]),
            channel=np.tile(codes, 2).astype(np.int16),
            converted=np.arange(2 * n) < n,
            value=np.append(self.worth @ bought, np.zeros(n)),
            weight=np.append(bought.sum(axis=0), (expected - bought).sum(axis=0)),
        )

    def draw(self, n_users: int, rng: np.random.Generator) -> Journeys:
        """Return the journeys of some users.

        Parameters
        ----------
        n_users
            How many.
        rng
            Where chance comes from.
        """
        taken, converts = self.chances
        user = np.sort(hash_integers(np.arange(n_users)))
        kind = rng.choice(KINDS, n_users, p=self.kinds)
        owner = np.repeat(np.arange(n_users), 1 + rng.poisson(self.repeats[kind]))
        kind = kind[owner]
        path = np.empty(len(owner), np.int64)
        for which, chance in enumerate(taken):
            of_kind = np.flatnonzero(kind == which)
            path[of_kind] = np.searchsorted(np.cumsum(chance)[:-1], rng.random(len(of_kind)), side="right")
        converted: Bools = rng.random(len(path)) < converts[kind, path]
        value = np.where(converted, self.worth[kind] * rng.lognormal(-0.18, 0.6, len(path)), 0.0)
        offsets, codes = self.paths
        index, cut = expand(offsets[path], offsets[path + 1])
        return Journeys(
            channels=CHANNELS,
            offsets=cut,
            channel=codes[index].astype(np.int16),
            converted=converted,
            value=value,
            user=user[owner],
        )


@dataclass(frozen=True, eq=False, repr=False)
class Coverage(Display):
    """How often intervals held the population value, over many logs.

    Attributes
    ----------
    models
        Labels of the models.
    n_users, logs, level
        Users of a log, logs, and the confidence level.
    population : float64, shape (n_models, n_channels)
        What the models credit in the population.
    estimates, standard_errors : float64, shape (logs, n_models, n_channels)
        Of each log.
    covered : bool, shape (logs, n_models, n_channels)
        Whether the interval held the population value.
    """

    models: tuple[str, ...]
    n_users: int
    logs: int
    level: float
    population: Floats
    estimates: Floats
    standard_errors: Floats
    covered: Bools

    def to_frame(self) -> pd.DataFrame:
        """Return one row a model and channel.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``channel``, ``population``, ``bias`` (mean estimate less population), ``sd``
            of the estimates over the logs, ``standard_error`` (mean of the bootstrap's) and ``coverage``.
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "model": np.repeat(np.array(self.models, dtype=object), len(CHANNELS)),
                "channel": np.tile(np.array(CHANNELS, dtype=object), len(self.models)),
                "population": self.population.ravel(),
                "bias": (self.estimates.mean(axis=0) - self.population).ravel(),
                "sd": self.estimates.std(axis=0, ddof=1).ravel(),
                "standard_error": self.standard_errors.mean(axis=0).ravel(),
                "coverage": self.covered.mean(axis=0).ravel(),
            }
        )

    def by_model(self) -> pd.DataFrame:
        """Return one row a model.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``coverage`` (mean over the channels), ``lowest`` and ``highest`` of the
            channels, and ``se_ratio``: mean standard error over the standard deviation of the estimates.
        """
        frame = self.to_frame()
        frame["se_ratio"] = frame["standard_error"] / frame["sd"]
        return frame.groupby("model", sort=False, as_index=False).agg(
            coverage=("coverage", "mean"),
            lowest=("coverage", "min"),
            highest=("coverage", "max"),
            se_ratio=("se_ratio", "mean"),
        )

    def _title(self) -> str:
        return (
            f"Coverage of {100 * self.level:.4g}% intervals over {self.logs:,} logs of {self.n_users:,} users"
        )


def coverage(
    n_users: int,
    *,
    logs: int = 100,
    models: Sequence[ModelSpec] | Mapping[str, ModelSpec] = ("first_touch", "linear", "markov"),
    measure: str = "share",
    bootstrap: int = 500,
    level: float = 0.95,
    method: str = "percentile",
    resample: str = "bucket",
    seed: int = 1,
    process: Process | None = None,
    progress: bool | None = None,
) -> Coverage:
    """Count how often intervals hold the population value.

    Parameters
    ----------
    n_users
        Users of each log.
    logs
        How many logs to simulate; of 1,000 the coverage has a standard error of 0.7 percentage points.
    models
        Models of paths, as `attribute` takes them.
    measure
        A measure that is resampled, without spend.
    bootstrap, level, method, resample
        Of the intervals.
    seed
        Log i comes from the generator seeded with ``[seed, n_users, i]``.
    process
        What to simulate.
    progress
        Whether to show a bar.

    Examples
    --------
    >>> found = coverage(500, logs=20, models=["last_touch"], bootstrap=100)
    >>> found.by_model().columns.tolist()
    ['model', 'coverage', 'lowest', 'highest', 'se_ratio']
    """
    whole(n_users, "n_users", error=CreditError)
    whole(logs, "logs", least=2, error=CreditError)
    one_of(measure, "measure", resampled(), error=CreditError)
    process = Process() if process is None else process
    asked = dict(models) if isinstance(models, Mapping) else list(models)
    truth = attribute(process.population(), asked)
    population = measured(truth, measure)
    if measure in ("conversions", "value"):  # a log of its users has so much
        population = population * (n_users / POPULATION)
    estimates, errors, covered = [], [], []
    for log in bar(range(logs), "simulating logs", progress):
        rng = np.random.default_rng([seed, n_users, log])
        credit = attribute(process.draw(n_users, rng), asked, bootstrap=bootstrap, rng=rng, resample=resample)
        low, high = interval(credit, measure, level, method)
        estimates.append(measured(credit, measure))
        errors.append(replicated(credit, measure).std(axis=0, ddof=1))
        covered.append((low <= population) & (population <= high))
    return Coverage(
        models=truth.models,
        n_users=n_users,
        logs=logs,
        level=level,
        population=population,
        estimates=np.array(estimates),
        standard_errors=np.array(errors),
        covered=np.array(covered),
    )
