"""simulate_geo: a panel of regions whose true effects of advertising are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from attribution._checks import whole
from attribution._typing import Bools, Floats
from attribution.datasets.geo_dataset import GeoDataset
from attribution.datasets.sampling import Source
from attribution.errors import DatasetError, unknown_name

PROCESS = 1
_WEEK = (0.92, 0.88, 0.91, 0.97, 1.12, 1.25, 0.95)  # Monday to Sunday, mean 1
_HOLIDAYS = {(1, 1): 0.45, (5, 1): 0.6, (12, 24): 1.5, (12, 25): 0.3, (12, 26): 0.7}  # factors on sales
_UNEVEN = 0.25  # log sd of how differently geos keep a holiday
_MEAN = 10_000.0  # euros a day of a geo
_FACTORS, _FACTOR_SD, _FACTOR_PHI = 2, 0.05, 0.97
_SPEND, _SPEND_SD = 0.05, 0.1  # share of sales without noise; log sd from day to day
_MOST_CELLS = 50_000_000


def simulate_geo(
    n_geos: int = 40,
    *,
    start: str | dt.date = "2025-01-06",
    days: int = 120,
    seed: int = 0,
    treated: Any = (),
    test: tuple[Any, Any] | None = None,
    lift: float | Mapping[str, float] = 0.05,
    change: float | Mapping[str, float] = 1.0,
    carryover: float = 0.0,
    noise: float = 0.05,
    autocorrelation: float = 0.4,
    spread: float = 0.8,
    season: float = 1.0,
    holidays: bool = True,
) -> GeoDataset:
    """Simulate daily sales and spend of regions, some of them treated, with what the treatment caused.

    A geo's sales on a day are size x weekday x time of year x two latent factors that geos follow to
    different degrees x noise of its own, autocorrelated from day to day; the treatment multiplies them.
    docs/simulation.md states the whole process. With the same seed, the same panel with other treated geos,
    or with more days, is the same world: a test can be planned on the history and then run.

    Parameters
    ----------
    n_geos
        How many regions, named ``"geo 01"`` and so on.
    start
        First day, ISO format or a date.
    days
        Length of the panel.
    seed
        Everything random follows from it.
    treated
        Names of the treated geos, or a mapping of cell names to them.
    test
        First and last day of the treatment; the last four weeks by default.
    lift
        What the treatment adds to sales at full effect, as a share: 0.05 for 5%; negative where advertising
        goes dark. A number for each cell where there are several.
    change
        What it does to spend, as a share: 1.0 doubles it, -1.0 ends it.
    carryover
        Share of an effect that is still there a day later: the effect builds up as ``1 - carryover**t`` and
        dies away after the test.
    noise, autocorrelation
        Standard deviation of a geo's own noise, in logarithms, and its correlation from day to day.
    spread
        Standard deviation of the geos' sizes, in logarithms.
    season
        0 makes all days of a year alike, 1 is the usual year; scales the logarithm, weekdays included.
    holidays
        Whether there are days on which geos differ from what is usual, each in its own way.

    Returns
    -------
    GeoDataset
        Arrow tables `panel`, `geos` and `truth`, the holidays, and the settings.

    Raises
    ------
    DatasetError
        If an argument is impossible.

    Examples
    --------
    >>> from attribution.datasets import simulate_geo
    >>> data = simulate_geo(10, days=90, seed=7, treated=["geo 03", "geo 08"], lift=0.1)
    >>> data.panel.column_names, data.panel.num_rows
    (['geo', 'date', 'sales', 'spend'], 900)
    >>> data.truth["incremental"].to_pylist()[0] > 0
    True

    The truth is what the same world has less without the treatment:

    >>> without = simulate_geo(10, days=90, seed=7)
    >>> sales = [sum(each.panel["sales"].to_pylist()) for each in (data, without)]
    >>> abs(sales[0] - sales[1] - data.truth["incremental"].to_pylist()[0]) < 0.01
    True
    """
    n_geos = whole(n_geos, "n_geos", least=2, error=DatasetError)
    days = whole(days, "days", least=2, error=DatasetError)
    if n_geos * days > _MOST_CELLS:
        msg = f"{n_geos:,} geos on {days:,} days are more than the simulator takes"
        raise DatasetError(msg, column="days", hint=f"at most {_MOST_CELLS:,} rows")
    first = _day(start, "start")
    names = _names(n_geos)
    cells = _cells(treated, names)
    lifts, changes = (_each(one, name, cells) for one, name in ((lift, "lift"), (change, "change")))
    kept = _share(carryover, "carryover")
    begin, last = _window(test, first, days)
    source = Source(whole(seed, "seed", least=0, error=DatasetError))

    calendar = first + np.arange(days)
    size = _MEAN * source.lognormal("geo.size", n_geos, _number(spread, "spread"))
    usual = _usual(source, calendar, n_geos, _number(season, "season"), holidays=bool(holidays))
    sd, phi = _number(noise, "noise"), _share(autocorrelation, "autocorrelation")
    own = sd * _autoregressive(source, "geo.noise", days, n_geos, phi)
    without = np.round(size * usual * np.exp(own.T - sd**2 / 2).T, 2)
    spend_sd = _SPEND_SD * source.normal("geo.spend", days * n_geos).reshape(days, n_geos)
    usual_spend = np.round(_SPEND * size * usual * np.exp(spend_sd - _SPEND_SD**2 / 2), 2)

    inside = (calendar >= begin) & (calendar <= last)
    effect = _built_up(inside, kept)
    add, more = np.zeros(n_geos), np.zeros(n_geos)
    member = np.full(n_geos, -1)
    for number, (cell, geos) in enumerate(cells.items()):
        rows = [names.index(geo) for geo in geos]
        add[rows], more[rows], member[rows] = lifts[cell], changes[cell], number
    sales = np.round(without * (1.0 + effect[:, None] * add), 2)
    spend = np.round(usual_spend * (1.0 + inside[:, None] * more), 2)
    panel = pa.table(
        {
            "geo": _repeated(names, days),
            "date": _dates(np.tile(calendar, n_geos)),
            "sales": pa.array(sales.T.ravel()),
            "spend": pa.array(spend.T.ravel()),
        }
    )
    off = calendar[np.isin(calendar, _holidays(calendar))] if holidays else calendar[:0]
    return GeoDataset(
        panel=panel,
        geos=_geos_table(names, list(cells), member, size),
        truth=_truth(list(cells), member, inside, sales, without, spend - usual_spend),
        holidays=tuple(str(day) for day in off),
        settings={
            "process": PROCESS,
            "n_geos": n_geos,
            "start": str(first),
            "days": days,
            "seed": source.seed,
            "treated": {cell: list(geos) for cell, geos in cells.items()},
            "test": [str(begin), str(last)],
            "lift": lifts,
            "change": changes,
            "carryover": kept,
            "noise": sd,
            "autocorrelation": phi,
            "spread": float(spread),
            "season": float(season),
            "holidays": bool(holidays),
            "currency": "EUR",
        },
    )


def _usual(source: Source, calendar: Any, n: int, season: float, *, holidays: bool) -> Floats:
    """Return what geos sell over their size without noise of their own, shape (days, n)."""
    days = len(calendar)
    weekday = (calendar.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    of_year = (calendar - calendar.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    year = 0.12 * np.cos(2 * np.pi * (of_year - 350) / 365.25)
    rhythm = 0.7 + 0.6 * source.uniform("geo.rhythm", n)
    logs: Floats = season * (np.log(np.array(_WEEK))[weekday][:, None] * rhythm + year[:, None])
    follows = source.uniform("geo.follows", _FACTORS * n).reshape(_FACTORS, n)
    latent = _autoregressive(source, "geo.factors", days, _FACTORS, _FACTOR_PHI)
    logs = logs + _FACTOR_SD * latent @ follows
    if holidays:
        uneven = _UNEVEN * source.normal("geo.holidays", days * n).reshape(days, n)
        for (month, day), factor in _HOLIDAYS.items():
            on = _on(calendar, month, day)
            logs[on] += np.log(factor) + uneven[on]
    usual: Floats = np.exp(logs)
    return usual


def _autoregressive(source: Source, name: str, days: int, n: int, phi: float) -> Floats:
    """Return n stationary series of variance 1, shape (days, n); more days leave the first as they are."""
    from scipy.signal import lfilter

    shocks = source.normal(name, days * n).reshape(days, n)
    shocks[1:] *= np.sqrt(1.0 - phi**2)
    series: Floats = lfilter([1.0], [1.0, -phi], shocks, axis=0)
    return series


def _built_up(inside: Bools, kept: float) -> Floats:
    """Return the share of the full effect on each day."""
    from scipy.signal import lfilter

    effect: Floats = lfilter([1.0 - kept], [1.0, -kept], inside.astype(np.float64))
    return effect


def _on(calendar: Any, month: int, day: int) -> Bools:
    months = calendar.astype("datetime64[M]")
    on: Bools = (months.astype(np.int64) % 12 + 1 == month) & (
        (calendar - months.astype("datetime64[D]")).astype(np.int64) + 1 == day
    )
    return on


def _holidays(calendar: Any) -> Any:
    found = np.zeros(len(calendar), np.bool_)
    for month, day in _HOLIDAYS:
        found |= _on(calendar, month, day)
    return calendar[found]


def _truth(
    cells: list[str], member: Any, inside: Bools, sales: Floats, without: Floats, more: Floats
) -> pa.Table:
    """Return a row a cell, as docs/simulation.md defines the columns."""
    rows = []
    for number, cell in enumerate(cells):
        mine = member == number
        gain = (sales - without)[:, mine]
        base, cost = float(without[inside][:, mine].sum()), float(more[:, mine].sum())
        total, within = float(gain.sum()), float(gain[inside].sum())
        rows.append(
            {
                "cell": cell,
                "geos": int(mine.sum()),
                "days": int(inside.sum()),
                "sales_without": round(base, 2),
                "incremental": round(total, 2),
                "incremental_in_test": round(within, 2),
                "lift_in_test": within / base if base else None,
                "cost": round(cost, 2),
                "iroas": total / cost if cost else None,
            }
        )
    kinds = {"cell": pa.string(), "geos": pa.int64(), "days": pa.int64()}
    columns = ("cell", "geos", "days", "sales_without", "incremental", "incremental_in_test", "lift_in_test")
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in (*columns, "cost", "iroas")])
    return pa.Table.from_pylist(rows, schema=schema)


def _geos_table(names: list[str], cells: list[str], member: Any, size: Floats) -> pa.Table:
    labels = [cells[number] if number >= 0 else None for number in member.tolist()]
    return pa.table(
        {"geo": names, "cell": pa.array(labels, pa.string()), "size": pa.array(np.round(size, 2))}
    )


def _names(n: int) -> list[str]:
    width = max(2, len(str(n)))
    return [f"geo {number:0{width}d}" for number in range(1, n + 1)]


def _repeated(names: list[str], days: int) -> pa.Array:
    codes = pa.array(np.repeat(np.arange(len(names), dtype=np.int32), days))
    return pa.DictionaryArray.from_arrays(codes, pa.array(names)).cast(pa.string())


def _dates(days: Any) -> pa.Array:
    return pa.array(days.astype(np.int64).astype(np.int32), type=pa.int32()).cast(pa.date32())


def _cells(treated: Any, names: list[str]) -> dict[str, tuple[str, ...]]:
    hint = 'treated=["geo 03", "geo 08"], or {"search": ["geo 03"], "video": ["geo 08"]}'
    if isinstance(treated, str) or not isinstance(treated, Iterable):
        treated = [treated]
    given = treated if isinstance(treated, Mapping) else {"treatment": list(treated)}
    cells = {
        str(cell): (geos,) if isinstance(geos, str) else tuple(geos) for cell, geos in given.items() if geos
    }
    every = [geo for geos in cells.values() for geo in geos]
    for geo in every:
        if geo not in names:
            raise DatasetError(unknown_name("geo", geo, names), column="treated", hint=hint)
    if len(set(every)) < len(every):
        twice = next(geo for geo in every if every.count(geo) > 1)
        msg = f"the geo {twice!r} is treated twice"
        raise DatasetError(msg, column="treated", hint=hint)
    return cells


def _each(value: Any, name: str, cells: Mapping[str, Any]) -> dict[str, float]:
    """Return the value of each cell."""
    given = value if isinstance(value, Mapping) else dict.fromkeys(cells, value)
    for cell in cells:
        if cell not in given:
            msg = f"{name} has no entry for the cell {cell!r}"
            raise DatasetError(msg, column=name, hint=f"{name}={{{cell!r}: 0.05}}")
    for cell in given:
        if cell not in cells:
            raise DatasetError(unknown_name("cell", cell, cells), column=name)
    return {cell: _number(given[cell], name, least=-1.0) for cell in cells}


def _window(test: Any, first: Any, days: int) -> tuple[Any, Any]:
    end = first + (days - 1)
    if test is None:
        return max(first, end - 27), end
    if isinstance(test, str) or not isinstance(test, Iterable) or len(tuple(test)) != 2:
        msg = f"test={test!r} is not a first and a last day"
        raise DatasetError(msg, column="test", hint=f"test=({str(end - 27)!r}, {str(end)!r})")
    begin, last = (_day(one, "test") for one in test)
    if not first <= begin <= last <= end:
        msg = f"test={str(begin)!r} to {str(last)!r} does not lie in the panel, {first} to {end}"
        raise DatasetError(msg, column="test", hint="days=..., or other days of the test")
    return begin, last


def _day(value: Any, name: str) -> Any:
    try:
        text = value.isoformat()[:10] if isinstance(value, dt.date) else value
        day = np.datetime64(text, "D")
    except (TypeError, ValueError):
        day = np.datetime64("NaT")
    if np.isnat(day) or not np.datetime64("1971-01-01") <= day <= np.datetime64("2150-01-01"):
        msg = f"{name}={value!r} is no day between 1971 and 2150"
        raise DatasetError(msg, column=name, hint=f'{name}="2025-01-06"')
    return day


def _number(value: Any, name: str, least: float = 0.0) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool | str) or not least <= number < 100:
        msg = f"{name}={value!r} must be a number of at least {least:g}"
        raise DatasetError(msg, column=name, hint=f"{name}={max(least, 0.05)}")
    return number


def _share(value: Any, name: str) -> float:
    number = _number(value, name)
    if number >= 1:
        msg = f"{name}={value!r} must be below 1"
        raise DatasetError(msg, column=name, hint=f"{name}=0.5")
    return number
