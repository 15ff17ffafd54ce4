"""Sufficient statistics of an experiment: counts, means and cross products, which merge by addition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution._typing import Floats
from attribution.errors import ExperimentError, unknown_name


@dataclass(frozen=True, eq=False)
class Moments:
    """What the analysis needs to know of a group of units, whatever their number.

    Centered sums are kept, not raw ones, so that revenue in cents of a hundred million users loses no
    digits; they merge by the updating formulas of Chan, Golub & LeVeque (1983).

    Attributes
    ----------
    names
        The metrics, k of them.
    n
        How many units.
    mean
        float64, shape (k,).
    cross
        Sums of products of deviations from the mean, float64, shape (k, k).
    third
        Sums of cubed deviations, float64, shape (k,); missing where they are not known.
    low, high
        Smallest and largest value, float64, shape (k,); missing where they are not known.

    Examples
    --------
    >>> import numpy as np
    >>> first = Moments.of(("y",), np.array([[1.0], [0.0]]))
    >>> both = first + Moments.of(("y",), np.array([[1.0]]))
    >>> both.n, float(both.mean[0].round(4)), both.covariance.round(4).tolist()
    (3, 0.6667, [[0.3333]])
    """

    names: tuple[str, ...]
    n: int
    mean: Floats
    cross: Floats
    third: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, names: Sequence[str], rows: Floats, counts: Floats | None = None) -> Moments:
        """Return the moments of rows.

        Parameters
        ----------
        names
            The metrics.
        rows
            float64, shape (n_rows, k), without missing values.
        counts
            How many units each row stands for, float64, shape (n_rows,); one each by default.
        """
        n = len(rows) if counts is None else round(float(counts.sum()))
        if n == 0:
            return cls.none(names)
        columns = np.ascontiguousarray(rows.T)
        present = columns if counts is None else columns[:, counts > 0]
        low, high = present.min(axis=1), present.max(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused in words
            mean = (columns.sum(axis=1) if counts is None else columns @ counts) / n
            apart = columns - mean[:, None]
            weighted = apart if counts is None else apart * counts
            cross = weighted @ apart.T
            # Not as products of vectors: BLAS would start threads for each of them.
            third = np.einsum("ij,ij->i", weighted, np.square(apart))
        return cls(tuple(names), n, mean, cross, third, low, high)

    @classmethod
    def none(cls, names: Sequence[str]) -> Moments:
        """Return the moments of no unit, which adding leaves everything unchanged."""
        k = len(names)
        nothing = np.zeros(k)
        return cls(
            tuple(names), 0, nothing, np.zeros((k, k)), nothing, np.full(k, np.inf), np.full(k, -np.inf)
        )

    @classmethod
    def of_sums(cls, names: Sequence[str], n: int, sums: Floats, products: Floats) -> Moments:
        """Return the moments that raw sums add up to.

        Parameters
        ----------
        names
            The metrics.
        n
            How many units.
        sums
            Sum of each metric, shape (k,).
        products
            Sums of products of two metrics, shape (k, k); squares on the diagonal.

        Raises
        ------
        ExperimentError
            If shapes differ, or the sums belong to no data.

        Examples
        --------
        >>> import numpy as np
        >>> Moments.of_sums(("y",), 4, np.array([2.0]), np.array([[2.0]])).cross.tolist()
        [[1.0]]
        """
        sums, products = np.asarray(sums, np.float64), np.asarray(products, np.float64)
        k = len(names)
        if sums.shape != (k,) or products.shape != (k, k) or n < 1:
            msg = f"{k} metrics need {k} sums and {k} x {k} products, of at least one unit"
            raise ExperimentError(msg, hint="one sum and one row of products a metric, over one unit or more")
        mean = sums / n
        cross = products - n * np.outer(mean, mean)
        if not np.isfinite(cross).all() or (np.diag(cross) < -1e-9 * np.abs(np.diag(products))).any():
            msg = "sums and sums of squares belong to no data: a variance would be negative or missing"
            raise ExperimentError(msg, hint="sum_yy is the sum of y * y over all units of the arm")
        unknown = np.full(k, np.nan)
        return cls(tuple(names), int(n), mean, cross, unknown, unknown, unknown)

    def __add__(self, other: Moments) -> Moments:
        if self.names != other.names:
            msg = f"moments of {self.names} and of {other.names} cannot be added"
            raise ExperimentError(msg, hint="tally both parts with the same metrics")
        if not self.n or not other.n:
            return self if self.n else other
        n = self.n + other.n
        step = other.mean - self.mean
        part = other.n / n
        between = self.n * part
        own, theirs = np.diag(self.cross), np.diag(other.cross)
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large is refused by its squares
            third = (
                self.third
                + other.third
                + step**3 * between * (self.n - other.n) / n
                + 3 * step * (self.n * theirs - other.n * own) / n
            )
        return Moments(
            self.names,
            n,
            self.mean + step * part,
            self.cross + other.cross + between * np.outer(step, step),
            third,
            np.fmin(self.low, other.low) if self._ranged(other) else np.full_like(self.low, np.nan),
            np.fmax(self.high, other.high) if self._ranged(other) else np.full_like(self.low, np.nan),
        )

    def _ranged(self, other: Moments) -> bool:
        return not (np.isnan(self.low).any() or np.isnan(other.low).any())

    def under(self, roles: Mapping[str, str]) -> Moments:
        """Return the moments of some metrics under other names.

        Parameters
        ----------
        roles
            Name of a metric by its new name; one metric may bear several.

        Raises
        ------
        ExperimentError
            If there is no such metric; the message names the nearest.
        """
        places = [self.at(name) for name in roles.values()]
        return Moments(
            tuple(roles),
            self.n,
            self.mean[places],
            self.cross[np.ix_(places, places)],
            self.third[places],
            self.low[places],
            self.high[places],
        )

    @property
    def covariance(self) -> Floats:
        """Covariance of the metrics with n - 1 in the denominator, shape (k, k)."""
        return self.cross / (self.n - 1)

    def at(self, name: str) -> int:
        """Return the position of a metric.

        Raises
        ------
        ExperimentError
            If there is no such metric; the message names the nearest.
        """
        if name not in self.names:
            raise ExperimentError(unknown_name("metric", name, self.names), column=name)
        return self.names.index(name)

    def skewness(self, name: str) -> float:
        """Return the skewness of a metric, missing where third moments are not known."""
        place = self.at(name)
        spread = self.cross[place, place] / self.n
        cubed = spread**1.5  # too small for a number where units differ by less than 1e-108
        return float(self.third[place] / self.n / cubed) if cubed > 0 else float("nan")

    def is_binary(self, name: str) -> bool:
        """Return whether all values of a metric are 0 or 1."""
        place = self.at(name)
        mean, squares = self.mean[place], self.cross[place, place] / self.n + self.mean[place] ** 2
        between = bool(self.low[place] >= 0 and self.high[place] <= 1) or bool(np.isnan(self.low[place]))
        # Of numbers between 0 and 1 only these two are their own squares.
        return between and abs(squares - mean) <= 1e-9 * max(mean, 1e-300)

    def may_be_negative(self, name: str) -> bool:
        """Return whether a metric has, or for all that is known may have, negative values."""
        return not (self.low[self.at(name)] >= 0 or self.is_binary(name))

    def less(self, slopes: Floats, names: Sequence[str], center: Floats) -> Moments:
        """Return the moments of ``y - slopes (x - center)`` for every metric y and the covariates x.

        Parameters
        ----------
        slopes
            float64, shape (k, n_covariates); zero for metrics to leave as they are.
        names
            The covariates.
        center
            float64, shape (n_covariates,).
        """
        places = [self.at(name) for name in names]
        change = np.eye(len(self.names))
        change[:, places] -= slopes
        unknown = np.full(len(self.names), np.nan)
        return replace(
            self,
            mean=change @ self.mean + slopes @ center,
            cross=change @ self.cross @ change.T,
            third=unknown,
            low=unknown,
            high=unknown,
        )


def total(parts: Iterable[Moments]) -> Moments:
    """Return the sum of one or more parts."""
    first, *others = parts
    for other in others:
        first = first + other
    return first


def merged(tables: Iterable[Mapping[Any, Moments]]) -> dict[Any, Moments]:
    """Return the sums, by key, of tables of moments."""
    found: dict[Any, Moments] = {}
    for table in tables:
        for key, part in table.items():
            found[key] = found[key] + part if key in found else part
    return found
