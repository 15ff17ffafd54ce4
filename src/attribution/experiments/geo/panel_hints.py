"""What a panel of another shape looks like, and the line that makes a long one of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from attribution.errors import ExperimentError

_WIDE = 3  # columns of numbers that are likely geos
_WEEKS, _MONTHS, _QUARTERS = 53, 12, 4


def reshaping(panel: Any, names: Sequence[str], geo: str, time: str, outcome: str) -> str | None:
    """Return the line that makes a long panel of one with geos in columns or in an index; None otherwise.

    Parameters
    ----------
    panel
        What was passed.
    names
        Its columns.
    geo, time, outcome
        Columns that a long panel has.
    """
    index = [name for name in getattr(getattr(panel, "index", None), "names", ()) or () if name is not None]
    columns = getattr(panel, "columns", None)
    if columns is None:
        known = hasattr(panel, "index") and hasattr(panel, "to_frame")
        return f"panel.reset_index(name={outcome!r})" if known else None
    if {geo, time} <= set(index) and outcome in names:
        return "panel.reset_index()"
    if len({geo, time} & set(index)) == 1 and ({geo, time} - set(index)) <= set(names):
        return "panel.reset_index()"
    others = [name for name in names if name not in (geo, time)]
    if outcome in names or len(others) < _WIDE:
        return None
    kept, melted = (time, geo) if geo not in [*names, *index] else (geo, time)
    if kept in index:  # which Arrow calls a column too
        return f"panel.reset_index().melt(id_vars={kept!r}, var_name={melted!r}, value_name={outcome!r})"
    if kept in names:
        return f"panel.melt(id_vars={kept!r}, var_name={melted!r}, value_name={outcome!r})"
    if np.dtype(getattr(panel.index, "dtype", object)).kind == "M":
        first = f"panel.rename_axis({time!r}).reset_index()"
        return f"{first}.melt(id_vars={time!r}, var_name={geo!r}, value_name={outcome!r})"
    return None


def refuse_shape(panel: Any, names: Sequence[str], geo: str, time: str, outcome: str) -> None:
    """Refuse a panel that is wide, or has its geos or times in an index.

    Raises
    ------
    ExperimentError
        With the line that makes a long one of it.
    """
    line = reshaping(panel, names, geo, time, outcome)
    if line is None or {geo, time, outcome} <= set(names):
        return
    lacking = [name for name in (geo, time, outcome) if name not in names]
    msg = f"the panel has no column {lacking[0]!r}: it has another shape than a row for each geo and time"
    raise ExperimentError(msg, column=lacking[0], hint=line)


def refuse_dates_in_digits(numbers: Any, name: str) -> None:
    """Refuse whole numbers that are dates, weeks or months in digits, such as 20260316, where they leap.

    Raises
    ------
    ExperimentError
        With the line that makes dates of them.
    """
    known = np.unique(numbers)
    if len(known) < 3 or np.diff(known).min() == np.diff(known).max():
        return
    column = f"panel[{name!r}]"
    text = f"{column}.astype(str)"
    rest, year = known % 100, known // 100
    if (
        _between(known // 10_000, 1900, 2200)
        and _between(known // 100 % 100, 1, 12)
        and _between(rest, 1, 31)
    ):
        what, line = "days, as 20260316 is", f"pandas.to_datetime({text}, format='%Y%m%d')"
    elif _between(year, 1900, 2200) and _between(rest, 1, _MONTHS):
        what, line = "months, as 202603 is", f"pandas.to_datetime({text}, format='%Y%m')"
    elif _between(year, 1900, 2200) and _between(rest, 1, _WEEKS):
        what, line = "weeks, as 202612 is", f"pandas.to_datetime({text} + '1', format='%G%V%u')"
    elif _between(known // 10, 1900, 2200) and _between(known % 10, 1, _QUARTERS):
        what = "quarters, as 20261 is"
        line = f"pandas.PeriodIndex({text}.str[:4] + 'Q' + {text}.str[4:], freq='Q').to_timestamp()"
    else:
        return
    msg = f"the times are whole numbers that leap, from {known[0]} to {known[-1]}: {what}"
    why = "as numbers they have gaps at the end of each month or year"
    hint = f"{column} = {line}, and start= and end= as days"
    raise ExperimentError(msg, column=name, why=why, hint=hint)


def _between(values: Any, low: int, high: int) -> bool:
    return bool(((values >= low) & (values <= high)).all())


def refuse_hours(moments: Any, late: Any, name: str, geo: str) -> None:
    """Refuse times within a day, with the line that makes days of them.

    Raises
    ------
    ExperimentError
        Always.
    """
    clock = np.unique((moments - moments.astype("datetime64[D]")).astype("timedelta64[m]").astype(np.int64))
    column = f"panel[{name!r}]"
    msg = "some times are not at midnight"
    why = "a panel has one row a geo and day (or week, or month)"
    if len(clock) <= 2 and clock.max() - clock.min() in (0, 60, 23 * 60):
        # One row a day: local midnights written in UTC, an hour earlier in summer.
        why += "; local midnights written in UTC lie hours before, or after, the day they mean"
        if clock.min() == 11 * 60:  # midnights of New Zealand, whose winter's lie at 12
            how = "ceil('D')"
        elif clock.min() == 12 * 60:
            how = "normalize()"
            why += "; noon is taken for the day itself: midnights of New Zealand in winter need ceil('D')"
        else:
            how = "round('D')"
        hint = f"panel.assign(**{{{name!r}: {column}.dt.{how}}})"
    else:
        hint = (
            f"panel.assign(**{{{name!r}: {column}.dt.normalize()}})"
            f".groupby([{geo!r}, {name!r}], as_index=False).sum(numeric_only=True)"
        )
    raise ExperimentError(msg, column=name, rows=late[:5].tolist(), count=len(late), why=why, hint=hint)
