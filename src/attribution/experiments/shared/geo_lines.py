"""Lines of a geo test's summary that other tests do not have."""

from __future__ import annotations

import math

from attribution._display import format_number
from attribution.experiments.shared.lift import Lift

_HEAVY = 5


def lines(lift: Lift) -> list[str]:
    """Return who was treated, what the comparison rests on, and what it cost."""
    details = lift.details
    treated, controls = details["treated"], details["controls"]
    found = [f"Treated: {_some(treated)}; compared with {len(controls)} control geos."]
    weights = details.get("weights")
    if weights:
        heavy = sorted(weights.items(), key=lambda item: -abs(item[1]))[:_HEAVY]
        named = ", ".join(f"{geo} {100 * weight:.0f}%" for geo, weight in heavy)
        found.append(
            f"Control geos that count most: {named} (as good as {details['effective_donors']:.1f} geos of "
            "equal weight)."
        )
    cost = details.get("cost")
    if cost:
        error = f" +- {format_number(cost['error'])} (standard error)" if cost["error"] else ""
        if math.isinf(cost["error"]):
            error = " (how sure that is cannot be told)"
        found.append(f"Incremental cost: {format_number(cost['total'])}{error}; {cost['how']}.")
    permuted = details.get("permutation_p")
    if permuted is not None and "permutation" not in lift.method:
        found.append(f"For comparison, the permutation that replays the assignment: p = {permuted:.2g}.")
    for name, text in (details.get("beside") or {}).items():
        found.append(f"For comparison, {name}: {text}.")
    return found


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - 6
    return ", ".join(names[:6]) + (f" and {more} more" if more > 0 else "")
