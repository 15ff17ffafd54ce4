"""Random numbers that stay what they are: named streams, and inverse transforms of uniforms.

Only `Generator.random` is used: numpy promises no stability for its other distributions. Each
ingredient of a simulation has a stream of its own, keyed by its name, so switching one ingredient off
leaves the numbers of all others untouched (common random numbers).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from attribution._typing import Floats, Ints


@dataclass(frozen=True, slots=True)
class Source:
    """A seed from which named streams of uniforms are drawn."""

    seed: int

    def uniform(self, name: str, n: int) -> Floats:
        """Return `n` uniforms in [0, 1) of the stream `name`, always the same for one seed."""
        sequence = np.random.SeedSequence([self.seed, zlib.crc32(name.encode())])
        return np.random.Generator(np.random.PCG64(sequence)).random(n)

    def normal(self, name: str, n: int) -> Floats:
        """Return `n` standard normals by the transform of Box & Muller (1958)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(f"{name}.radius", n)))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.uniform(f"{name}.angle", n)))

    def lognormal(self, name: str, n: int, spread: float) -> Floats:
        """Return `n` lognormals of mean 1 whose logarithm has standard deviation `spread`."""
        return np.asarray(np.exp(spread * self.normal(name, n) - spread**2 / 2))

    def poisson(self, name: str, mean: Floats, most: int) -> Ints:
        """Return Poisson counts with the given means, at most `most`, by inversion."""
        return poisson_quantile(self.uniform(name, len(mean)), mean, most)


def poisson_quantile(u: Floats, mean: Floats, most: int) -> Ints:
    """Return the smallest count whose Poisson distribution function exceeds `u`, at most `most`.

    Monotone in `mean` for fixed `u`, so worlds that differ in a mean differ no more than they must.

    Examples
    --------
    >>> poisson_quantile(np.array([0.3, 0.9, 0.999]), np.array([1.0, 1.0, 1.0]), 9)
    array([0, 2, 5])
    """
    counts = np.zeros(len(u), dtype=np.int64)
    mass = np.exp(-mean)
    active = np.flatnonzero(u >= mass)
    mass = mass[active]
    below, rate, u = mass.copy(), mean[active], u[active]
    for count in range(1, most + 1):
        counts[active] = count
        mass = mass * rate / count
        below = below + mass
        still = u >= below
        active, mass, below, rate, u = active[still], mass[still], below[still], rate[still], u[still]
        if not len(active):
            break
    return counts


def pick(u: Floats, shares: tuple[float, ...]) -> Ints:
    """Return, for each uniform, the position of the share that it falls into.

    Examples
    --------
    >>> pick(np.array([0.1, 0.5, 0.99]), (0.4, 0.4, 0.2))
    array([0, 1, 2])
    """
    edges = np.cumsum(shares)[:-1] / np.sum(shares)
    return np.searchsorted(edges, u, side="right").astype(np.int64)
