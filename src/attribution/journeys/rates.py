"""Exchange rates: what one unit of a currency is worth, always or day by day."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution._known_columns import known_column, plain
from attribution._typing import Floats, Ints
from attribution.errors import JourneyError, raised_as
from attribution.eventlog.currency import code, is_currency
from attribution.kernels.clocks import DAY_US, UTC, clock_time
from attribution.tables.arrays import without_views
from attribution.tables.columns import ConversionColumns
from attribution.tables.sources import open_source

_CARRIED = 7  # days: markets are closed over a weekend and a holiday, and their last rate holds
_TABLE = (
    'rates=pandas.DataFrame({"currency": ["USD"], "rate": [0.92]}), with a column "date" where they change'
)


class Rates:
    """What one unit of each currency is worth in one currency.

    Parameters
    ----------
    rates
        A mapping ``{currency: rate}``; or a table (a path, a frame, a mapping of columns) with the columns
        ``currency`` and ``rate`` and, where rates change, ``date``. A day without a rate takes the last one
        of the seven days before it.
    to
        The currency that amounts become; its own rate is 1.

    Raises
    ------
    JourneyError
        If a rate is missing, not positive, or stands twice.

    Examples
    --------
    >>> rates = Rates({"USD": 0.5}, "EUR")
    >>> import numpy as np
    >>> rates.of(np.array(["USD", "EUR"], dtype=object), np.array([0, 0])).tolist()
    [0.5, 1.0]
    """

    __slots__ = ("_by_currency", "dated", "to")

    def __init__(self, rates: Any, to: str) -> None:
        if not isinstance(to, str) or not to.strip():
            msg = "rates need the currency that amounts become"
            raise JourneyError(msg, column="currency", hint='currency="EUR", rates={"USD": 0.92}')
        self.to = code(to)
        names, days, numbers = _columns(rates)
        self.dated = days is not None
        self._by_currency: dict[str, tuple[Ints, Floats]] = {}
        when = np.zeros(len(numbers), np.int64) if days is None else days
        for name in dict.fromkeys(names):
            rows = np.flatnonzero(np.array([entry == name for entry in names], dtype=np.bool_))
            order = rows[np.argsort(when[rows], kind="stable")]
            if len(np.unique(when[order])) < len(order):
                msg = f"{name} has more than one rate for a day" if self.dated else f"{name} has two rates"
                raise JourneyError(msg, column="rates", rows=rows.tolist(), hint="keep the one that holds")
            self._by_currency[name] = (when[order], numbers[order])
        if not np.allclose(self._by_currency.get(self.to, (when, np.ones(1)))[1], 1.0, rtol=1e-12):
            msg = f"one {self.to} is not one {self.to} in the rates"
            raise JourneyError(msg, column="rates", hint=f"give rates in {self.to}, or another currency=")

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name!r}: {'by day' if self.dated else format(float(rate[0]), 'g')}"
            for name, (_, rate) in sorted(self._by_currency.items())
        )
        return f"{{{shown}}} to {self.to}"

    @property
    def always(self) -> dict[str, float]:
        """The rates that hold for all days; empty where rates change."""
        return {} if self.dated else {name: float(rate[0]) for name, (_, rate) in self._by_currency.items()}

    def __deepcopy__(self, memo: dict[int, Any]) -> Rates:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rates) and self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash(repr(self))

    def _facts(self) -> tuple[Any, ...]:
        table = {name: (day.tolist(), rate.tolist()) for name, (day, rate) in self._by_currency.items()}
        return self.to, self.dated, table

    def of(self, currency: NDArray[np.object_], day: Ints | None, *, what: str = "values") -> Floats:
        """Return the rate of each amount, float64, shape (n,).

        Parameters
        ----------
        currency
            Object array of names, shape (n,).
        day
            Days since 1970, shape (n,); None where they are not known.
        what
            What the amounts are, for the message.

        Raises
        ------
        JourneyError
            If a rate is missing, or the day that it depends on.
        """
        import pandas as pd

        codes, labels = pd.factorize(currency, use_na_sentinel=False)
        found = np.full(len(codes), np.nan)
        for place, label in enumerate(labels):
            rows = np.flatnonzero(codes == place)
            found[rows] = self._of_one(label, None if day is None else day[rows], rows, what)
        return found

    def applied(
        self, amounts: Floats, currency: NDArray[np.object_], day: Ints | None, *, what: str = "values"
    ) -> Floats:
        """Return amounts in the one currency, float64, shape (n,).

        Parameters
        ----------
        amounts
            Shape (n,); not known ones stay so.
        currency, day, what
            As for `of`.

        Raises
        ------
        JourneyError
            As `of` does, or if a rate makes an amount too large for a number.
        """
        with np.errstate(over="ignore"):
            found: Floats = amounts * self.of(currency, day, what=what)
        bad = np.flatnonzero(np.isinf(found) & np.isfinite(amounts))
        if len(bad):
            first = f"{amounts[bad[0]]:g} {currency[bad[0]]}"
            msg = f"the rates make {len(bad):,} {what} too large for a number, such as {first}"
            why = "no sum would be left of them; a rate is what one unit is worth, such as 0.92"
            raise JourneyError(msg, column="rates", rows=bad.tolist(), count=len(bad), why=why)
        return found

    def _of_one(self, label: object, day: Ints | None, rows: NDArray[np.intp], what: str) -> Floats:
        name = code(str(label)) if isinstance(label, str) else ""
        if name == self.to:
            return np.ones(len(rows))
        if name not in self._by_currency:
            problem = (
                f"{len(rows):,} {what} are in {name}, which has no rate"
                if name
                else f"{len(rows):,} {what} name no currency"
            )
            hint = (
                f'rates={{"{name or self.to}": ...}}'
                if name
                else "give each its currency, or leave the rows out"
            )
            raise JourneyError(problem, column="rates", rows=rows.tolist(), count=len(rows), hint=hint)
        days, rates = self._by_currency[name]
        if not self.dated:
            return np.full(len(rows), rates[0])
        if day is None:
            msg = f"the rates are by day, and the days of the {what} are not known"
            raise JourneyError(msg, column="rates", hint='rates={"USD": 0.92}  # one for all days')
        at = np.searchsorted(days, day, side="right") - 1
        bad = np.flatnonzero((at < 0) | (day - days[np.maximum(at, 0)] > _CARRIED))
        if len(bad):
            first = np.datetime64(int(day[bad[0]]), "D")
            msg = f"{len(bad):,} {what} in {name} are of days without a rate, such as {first}"
            why = f"a rate holds for its day and up to {_CARRIED} days without one after it"
            raise JourneyError(
                msg,
                column="rates",
                rows=rows[bad].tolist(),
                count=len(bad),
                why=why,
                hint="add the rates of those days",
            )
        result: Floats = rates[at]
        return result


def rates_of(rates: Any, currency: str) -> Rates:
    """Return rates to a currency, made of what a user hands in.

    Raises
    ------
    JourneyError
        If they make no rates, or are to another currency.
    """
    if not isinstance(rates, Rates):
        return Rates(rates, currency)
    if currency and code(currency) != rates.to:
        msg = f"currency={currency!r}, and the rates are to {rates.to}"
        raise JourneyError(msg, column="currency", hint=f"currency={rates.to!r}")
    return rates


def converted(conversions: ConversionColumns, rates: Rates, zone: str = UTC) -> ConversionColumns:
    """Return conversions with their values in one currency, by the rates of their days in a time zone.

    Raises
    ------
    JourneyError
        If the currency of a value is not known, or has no rate.
    """
    dim = next((dim for dim in conversions.dims if is_currency(dim.name)), None)
    if dim is None:
        msg = "rates need the currency of every conversion, and the log has no such column"
        hint = 'at.read_log(touches, conversions, at.LogSchema(currency="..."))'
        raise JourneyError(msg, column="currency", hint=hint)
    rows = np.flatnonzero(conversions.value != 0)
    value = conversions.value.copy()
    days = clock_time(conversions.time[rows], zone) // DAY_US
    value[rows] = rates.applied(value[rows], dim.values()[rows], days)
    return replace(conversions, value=value)


def _columns(rates: Any) -> tuple[list[str], Ints | None, Floats]:
    if isinstance(rates, Mapping) and all(isinstance(rate, Real) for rate in rates.values()):
        names: list[Any] = list(rates)
        numbers = np.array([float(rate) for rate in rates.values()])
        return _checked(names, None, numbers)
    is_table = hasattr(rates, "__arrow_c_stream__") or isinstance(rates, list | tuple)
    if not is_table and not isinstance(rates, Mapping | str | os.PathLike):
        msg = f"rates are of type {type(rates).__name__}"
        raise JourneyError(msg, column="rates", hint=f'rates={{"USD": 0.92}}, or {_TABLE}')
    with raised_as(JourneyError):
        source = open_source(rates, "rates")
    by_name = {plain(name): name for name in source.columns}
    currency, rate = known_column("currency", source.columns), by_name.get("rate")
    if currency is None or rate is None:
        msg = f"the rates have no column {'currency' if currency is None else 'rate'!r}"
        raise JourneyError(msg, column="rates", hint=_TABLE)
    date = by_name.get("date", by_name.get("day"))
    import pyarrow as pa

    wanted = [currency, rate, *([date] if date else [])]
    for name in wanted:
        if name in source.repeated:
            msg = f"the rates have more than one column {name!r}"
            raise JourneyError(msg, column="rates", hint=_TABLE)
    with raised_as(JourneyError):
        batches = [without_views(batch) for batch in source.batches(wanted)]
    labels: list[Any] = []
    amounts, dates = [np.zeros(0)], [np.zeros(0, np.int64)]
    try:
        for batch in batches:  # files need not agree on types
            labels += batch.column(0).to_pylist()
            amounts.append(np.array(batch.column(1).cast(pa.float64()).to_numpy(zero_copy_only=False)))
            if date is not None:
                instant = batch.column(2).cast(pa.timestamp("us")).cast(pa.int64())
                dates.append(np.floor_divide(instant.to_numpy(zero_copy_only=False), 86_400_000_000))
    except MemoryError:
        raise
    except (pa.ArrowException, ValueError) as error:
        msg = f"the rates cannot be read: {str(error).splitlines()[0]}"
        raise JourneyError(msg, column="rates", hint=_TABLE) from error
    return _checked(labels, None if date is None else np.concatenate(dates), np.concatenate(amounts))


def _checked(names: list[Any], days: Ints | None, numbers: Floats) -> tuple[list[str], Ints | None, Floats]:
    wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers > 0)))
    if len(wrong) or not len(numbers):
        msg = f"a rate is {numbers[wrong[0]]:g}" if len(wrong) else "there are no rates"
        raise JourneyError(
            msg, column="rates", rows=wrong.tolist(), hint='rates={"USD": 0.92}  # what one USD is worth'
        )
    if not all(isinstance(name, str) and name.strip() for name in names):
        msg = "a rate names no currency"
        raise JourneyError(msg, column="rates", hint='rates={"USD": 0.92}')
    return [code(name) for name in names], days, numbers
