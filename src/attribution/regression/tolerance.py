"""How much may differ: nothing on pinned data, no more than time and chance explain on data that grew."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from attribution._checks import one_of
from attribution.errors import BaselineError

Z = 4.0  # of sampling=True: among the hundreds of numbers of a table one beyond 3 turns up by chance


@dataclass(frozen=True)
class Tolerance:
    """What passes.

    Attributes
    ----------
    mode
        ``"pinned"``: the same data; numbers are compared as they are. ``"nightly"``: the data grew or moved
        on; amounts are compared per day.
    rtol, atol
        Part of a number, and conversions or units of money, by which credit and volumes may differ.
    share_points
        Percentage points by which shares may differ.
    ranks
        Places by which a channel may move, not counting moves that chance explains.
    sampling
        How many standard errors of a difference pass on top of the rest; 0 for none.
    drift
        Largest population stability index (PSI) of a distribution, and largest part of the steps of the
        Markov chain that may go elsewhere; 0 for equal counts.
    history
        Part by which a day that both logs hold may differ.
    alpha
        How often a check of single new days may fail by chance, per check and comparison; 0 for none.
    """

    mode: str
    rtol: float
    atol: float
    share_points: float
    ranks: float
    sampling: float
    drift: float
    history: float
    alpha: float = 0.0

    @property
    def nightly(self) -> bool:
        """Whether the data may have grown."""
        return self.mode == "nightly"


PRESETS = {
    "pinned": Tolerance("pinned", 1e-6, 1e-9, 1e-4, 0, 0.0, 0.0, 1e-9),
    "nightly": Tolerance("nightly", 0.25, 0.0, 2.0, 0, Z, 0.1, 0.01, 0.0005),
}


def tolerance(mode: str, sampling: float | bool | None, **given: float | None) -> Tolerance:
    """Return the preset of a mode with what is given in its stead."""
    one_of(mode, "mode", PRESETS, error=BaselineError)
    changes: dict[str, Any] = {
        name: _positive(value, name) for name, value in given.items() if value is not None
    }
    if changes.get("alpha", 0.0) >= 1:
        msg = f"alpha={changes['alpha']!r} must be below 1: how often a check of a day may fail by chance"
        raise BaselineError(msg, column="alpha", hint="alpha=0.001")
    if sampling is not None:
        changes["sampling"] = Z * sampling if isinstance(sampling, bool) else _positive(sampling, "sampling")
    return replace(PRESETS[mode], **changes)


def _positive(value: float, name: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        msg = f"{name}={value!r} must be a number of zero or more"
        raise BaselineError(msg, column=name, hint=f"{name}=0.01, for instance")
    return number
