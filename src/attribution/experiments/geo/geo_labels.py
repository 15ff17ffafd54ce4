"""Names of geos as a caller gives them: one, or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from attribution.errors import ExperimentError


def several_names(geos: Any) -> tuple[Any, ...]:
    """Return one name or several as a tuple."""
    return (geos,) if isinstance(geos, str) or not isinstance(geos, Iterable) else tuple(geos)


def geo_names(geos: Any, name: str) -> tuple[Any, ...]:
    """Return the geos of an option as a tuple, none for None, or refuse what can be no geo's name.

    Parameters
    ----------
    geos, name
        As given, and the name of the option.

    Raises
    ------
    ExperimentError
        If one is neither text nor a number. Which geos there are only the panel knows.

    Examples
    --------
    >>> geo_names("north", "buffer"), geo_names([3, 4], "buffer"), geo_names(None, "buffer")
    (('north',), (3, 4), ())
    """
    if geos is None:
        return ()
    wrong = isinstance(geos, Mapping | bytes | type)
    named = (geos,) if wrong else several_names(geos)
    odd = named if wrong else [one for one in named if not _may_be_geo(one)]
    if odd:
        msg = f"{name}={geos!r} names no geos: {odd[0]!r} is neither text nor a number"
        raise ExperimentError(msg, column=name, count=len(odd), hint=f'{name}=("north", "south")')
    return named


def _may_be_geo(one: Any) -> bool:
    one = one.as_py() if hasattr(one, "as_py") else one
    return isinstance(one, str) or (isinstance(one, Real) and not isinstance(one, bool) and one == one)
