"""`TrimmedMatch`: the method of Chen & Au (2022) with its choices."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Literal

from attribution._checks import one_of
from attribution.errors import ExperimentError

LARGEST = 0.5


@dataclass(frozen=True, slots=True)
class TrimmedMatch:
    """Trimmed match of pairs of geos (Chen & Au 2022), for ``analyze_geo(method=...)``.

    ``method="trimmed_match"`` is `TrimmedMatch()`: the published method, which takes response and spend of
    the test alone.

    Attributes
    ----------
    trim_rate
        Share of the pairs to leave out on each side, from 0 to below 0.5; picked by the data by default, as
        the smallest whose standard error is within ``1 + 0.25 / sqrt(pairs)`` of the least.
    max_trim
        Largest share to pick from.
    before
        ``"ignore"``, as published; or ``"subtract"``: each geo's usual response and spend, by its means
        before the test, are taken off first. That is no part of the published method; it helps where the
        geos of a pair differ in level.

    Raises
    ------
    ExperimentError
        If a share is none, or `before` is unknown.

    Examples
    --------
    >>> import attribution as at
    >>> at.TrimmedMatch(trim_rate=0.1)
    TrimmedMatch(trim_rate=0.1, max_trim=0.25, before='ignore')
    """

    trim_rate: float | None = None
    max_trim: float = 0.25
    before: Literal["ignore", "subtract"] = "ignore"

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        for name in ("trim_rate", "max_trim"):
            value = getattr(self, name)
            if value is None and name == "trim_rate":
                continue
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not number or not 0 <= float(value) < LARGEST:
                msg = f"{name}={value!r} is no share of the pairs from 0 to below {LARGEST}"
                raise ExperimentError(msg, column=name, hint=f"{name}=0.25")
            object.__setattr__(self, name, float(value))
        one_of(self.before, "before", ("ignore", "subtract"), error=ExperimentError)


PUBLISHED = TrimmedMatch()
