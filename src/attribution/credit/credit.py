"""Credit: who gets how much, and against what it cost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from attribution._checks import name_list, whole
from attribution._typing import Bools, Floats
from attribution.credit.bootstrap import Bootstrap
from attribution.credit.cells import Activity, Totals
from attribution.credit.questions import Questions
from attribution.diagnostics import CheckResults
from attribution.errors import CreditError, unknown_name
from attribution.eventlog.currency import refuse_contradiction
from attribution.journeys.journeys import UNATTRIBUTED

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes
    from attribution.credit.costs import Costs
    from attribution.credit.spend_source import Spend

__all__ = ["Activity", "Credit", "Totals"]


@dataclass(frozen=True, eq=False, repr=False)
class Credit(Questions):
    """The credit of every cell (a channel, or a channel by other dimensions) under every model.

    Attributes
    ----------
    models
        Labels of the models, in the order in which they were asked for.
    by
        Names of the dimensions of a cell: ``"channel"`` first, then other dimensions and calendar periods.
    keys
        One object array of text labels per name in `by`, each of shape (n_cells,). Conversions without an
        eligible touch lie in cells whose channel is ``"(unattributed)"``, after all others.
    conversions
        Credited conversions, float64, shape (n_models, n_cells).
    value
        Credited value in the log's unit of money, float64, shape (n_models, n_cells).
    activity
        Touched, assisted, opened and closed conversions per cell, or None.
    settings
        How the credit was made: lookback, after_conversion, goal, the models' reprs and so on. With
        ``has_value=False`` the log has no values, and everything made of value is empty.
    window
        First and last instant of the time that the conversions were counted in, microseconds since 1970 in
        UTC; None where it is not known. Dated spend on other days is left out (see `with_spend`).
    cost
        Spend per cell, float64, shape (n_cells,), NaN where none is known; None before `with_spend`.
    flags
        What is wrong with a cell's cost: ``"no spend"``, ``"no credit"``, ``"zero cost"``, or ``""``.
    currency, decimals
        How amounts of money are shown; no number depends on them.
    details
        What a model tells beside its credit, such as removal effects, by model label.
    notes
        Sentences that a reader of the table must see, such as which spend was left out.
    palette
        Channels in the order in which plots give them colours; by default those of the table, sorted.
    whole
        Sums of the table that this one was selected from, so that shares stay shares of the whole.
    bootstrap
        Replicates of the table on resampled users, or None; made by ``attribute(..., bootstrap=500)``.
    checks
        What was checked while crediting, a `CheckResult` each: whether a breakdown by what belongs to the
        conversion agrees with the conversions of every label.

    Examples
    --------
    >>> import numpy as np
    >>> credit = Credit(
    ...     models=("linear",),
    ...     by=("channel",),
    ...     keys=(np.array(["email", "search", "(unattributed)"], dtype=object),),
    ...     conversions=np.array([[3.0, 1.0, 2.0]]),
    ...     value=np.array([[300.0, 40.0, 90.0]]),
    ... )
    >>> credit.to_frame()[["channel", "conversions", "share", "value"]]
              channel  conversions  share  value
    0           email          3.0   0.75  300.0
    1          search          1.0   0.25   40.0
    2  (unattributed)          2.0    NaN   90.0
    >>> credit.with_spend({"email": 100, "search": 0}).to_frame()[["channel", "cost", "roas", "cpa", "flag"]]
              channel   cost  roas   cpa       flag
    0           email  100.0   3.0  33.3
    1          search    0.0   NaN   NaN  zero cost
    2  (unattributed)    NaN   NaN   NaN
    """

    models: tuple[str, ...]
    by: tuple[str, ...]
    keys: tuple[NDArray[np.object_], ...]
    conversions: Floats
    value: Floats
    activity: Activity | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    window: tuple[int, int] | None = None
    cost: Floats | None = None
    flags: tuple[str, ...] | None = None
    currency: str = ""
    decimals: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()
    whole: Totals | None = None
    bootstrap: Bootstrap | None = None
    checks: CheckResults = field(default_factory=CheckResults)

    def __post_init__(self) -> None:
        if not self.by or self.by[0] != "channel" or len(self.keys) != len(self.by):
            msg = f"by={self.by!r} must start with 'channel' and have one array of keys a name"
            raise CreditError(msg, column="by")
        if not isinstance(self.currency, str):
            msg = f"currency={self.currency!r} must be a symbol or code"
            raise CreditError(msg, column="currency", hint='currency="EUR"')
        refuse_contradiction(self.currency, str(self.settings.get("currency", "")))
        if self.decimals is not None and whole(self.decimals, "decimals", least=0, error=CreditError) > 20:
            msg = f"decimals={self.decimals} is more than a number has"
            raise CreditError(msg, column="decimals", hint="decimals=2")
        cells = len(self.keys[0])
        table, line = (len(self.models), cells), (cells,)
        shapes: dict[str, tuple[object, tuple[int, ...]]] = {
            f"keys[{position}]": (key.shape, line) for position, key in enumerate(self.keys)
        }
        shapes["conversions"] = (self.conversions.shape, table)
        shapes["value"] = (self.value.shape, table)
        if self.cost is not None:
            shapes["cost"] = (self.cost.shape, line)
            shapes["flags"] = ((len(self.flags or ()),), line)
        for name, (shape, right) in shapes.items():
            if shape != right:
                msg = f"{name} has shape {shape}, not {right}"
                raise CreditError(msg, column=name)

    @property
    def attributed(self) -> Bools:
        """Which cells belong to a channel, bool, shape (n_cells,)."""
        return np.asarray(self.keys[0] != UNATTRIBUTED, dtype=np.bool_)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of the table, sorted by code point."""
        return tuple(sorted(set(self.keys[0].tolist()) - {UNATTRIBUTED}))

    @property
    def has_value(self) -> bool:
        """Whether the log has values, without which ROAS and ROI are empty."""
        return bool(self.settings.get("has_value", True))

    @property
    def mixed(self) -> bool:
        """Whether amounts are in several currencies, so that only those of one have a sum."""
        found: object = self.settings.get("currencies", ())
        return isinstance(found, tuple | list) and len(found) > 1

    def sums(self) -> Totals:
        """Return the sums that shares refer to: of the whole table, also after `select`."""
        if self.whole is not None:
            return self.whole
        inside = self.attributed
        known = self.cost is not None and bool(np.isfinite(self.cost).any())
        one = np.nan if self.mixed else 1.0  # amounts of several currencies have no sum
        return Totals(
            conversions=self.conversions[:, inside].sum(axis=1),
            unattributed_conversions=self.conversions[:, ~inside].sum(axis=1),
            value=self.value[:, inside].sum(axis=1) * one,
            unattributed_value=self.value[:, ~inside].sum(axis=1) * one,
            cost=float(np.nansum(self.cost)) * one if self.cost is not None and known else float("nan"),
            channels=len(self.channels),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a model and cell.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, the names in `by`, ``conversions``, ``value``, ``share`` and ``value_share``
            (of the model's attributed conversions and value; missing in the unattributed line); after
            `with_spend` also ``cost``, ``roas``, ``roi``, ``cpa``, ``cost_share`` and ``flag``; where the
            journeys are known also ``touched``, ``assisted``, ``opened``, ``closed`` and ``mean_touches``.
            With a bootstrap, ``conversions``, ``value``, both shares, ``roas``, ``roi`` and ``cpa`` are each
            followed by their 95% percentile interval, such as ``share_ci_low`` and ``share_ci_high``;
            `intervals` has other levels and methods.
            Models in the order asked for; cells by name, unattributed ones last.
        """
        from attribution.credit.table import credit_frame

        return credit_frame(self)

    def totals(self) -> pd.DataFrame:
        """Return what was attributed and what was not, per model, of the whole credit also after `select`.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``measure`` (``"conversions"``, ``"value"``), ``attributed``,
            ``unattributed`` and ``total``. The total is the same for all models: the log's.
        """
        from attribution.credit.table import totals_frame

        return totals_frame(self)

    def select(
        self,
        *,
        models: str | Iterable[str] | None = None,
        channels: str | Iterable[str] | None = None,
    ) -> Credit:
        """Return the credit of some models or channels; shares and totals stay those of the whole.

        Parameters
        ----------
        models
            A label or several, in the order wanted; all by default.
        channels
            A channel or several; all by default. ``"(unattributed)"`` may be one of them.

        Raises
        ------
        CreditError
            If a name is unknown; the message names the nearest.
        """
        rows = _positions("model", models, self.models)
        cells = np.arange(len(self.keys[0]))
        if channels is not None:
            known = (*self.channels, UNATTRIBUTED)
            wanted = {known[position] for position in _positions("channel", channels, known)}
            cells = np.flatnonzero([channel in wanted for channel in self.keys[0].tolist()])
        whole = self.sums()
        labels = tuple(self.models[row] for row in rows)
        others = set(self.models) - set(labels)
        return replace(
            self.take(cells),
            models=labels,
            conversions=self.conversions[rows][:, cells],
            value=self.value[rows][:, cells],
            details={name: detail for name, detail in self.details.items() if name not in others},
            palette=self.palette or self.channels,
            bootstrap=None if self.bootstrap is None else self.bootstrap.rows(rows).cells(cells),
            whole=replace(
                whole,
                conversions=whole.conversions[rows],
                unattributed_conversions=whole.unattributed_conversions[rows],
                value=whole.value[rows],
                unattributed_value=whole.unattributed_value[rows],
            ),
        )

    def take(self, cells: NDArray[np.intp]) -> Credit:
        """Return the credit of some cells.

        Parameters
        ----------
        cells
            Their positions, int, shape (n,).
        """
        return replace(
            self,
            keys=tuple(key[cells] for key in self.keys),
            conversions=self.conversions[:, cells],
            value=self.value[:, cells],
            activity=None if self.activity is None else self.activity.take(cells),
            cost=None if self.cost is None else self.cost[cells],
            flags=None if self.flags is None else tuple(self.flags[cell] for cell in cells.tolist()),
            bootstrap=None if self.bootstrap is None else self.bootstrap.cells(cells),
        )

    def with_spend(
        self,
        spend: Spend | Costs,
        *,
        currency: str = "",
        decimals: int | None = None,
        outside: Literal["drop", "keep"] = "drop",
        rates: object = None,
    ) -> Credit:
        """Join spend: cost, ROAS, ROI and CPA of every cell.

        ``roas = value / cost``, ``roi = (value - cost) / cost``, ``cpa = cost / conversions``. Where the cost
        is missing or zero they are missing, never infinite, and the row is flagged ``"no spend"`` or
        ``"zero cost"``. Spend on something that earned nothing becomes a row of its own with the flag
        ``"no credit"``: no money is lost.

        Parameters
        ----------
        spend
            A mapping ``{channel: cost}``; or a table (a path to Parquet, CSV or Arrow IPC, or any object with
            ``__arrow_c_stream__``: pandas, polars, pyarrow, DuckDB) with the columns ``channel`` and
            ``cost``, optionally ``date`` (or ``day``, ``week``, ``month``, or the first and the last day of
            a flight: ``start_date``, ``end_date``), ``currency`` and any other name in `by`, such as
            ``campaign``. Names are known in any case, and by what platforms call them (``"Day"``,
            ``"Amount spent (USD)"``, ``"Coût"``). Rows that are totals of others are left out, with a note;
            a column that looks like dates and is not used is an error; other columns that are not used are
            named in a note. Spend that is finer than the credit is summed. Weeks, months and flights that do
            not lie in one period of the credit are spread evenly over their days, with a note; spend that
            lacks another dimension of the credit is refused. Calendar days are taken as written. A week is
            the seven days from its date, where all of them are of one weekday; an ISO week (``"2026-W05"``)
            begins on Monday. Or `Costs`: a table with its options, which those given here complete.
        currency
            A symbol or code for display; by default that of the values or of the costs, where the data name
            one. Another than theirs is refused: a name converts nothing.
        decimals
            Digits after the point for amounts of money, in display only.
        outside
            What to do with dated spend on days outside the credit's `window`: ``"drop"`` (default) leaves it
            out, as it cannot have earned any of these conversions; ``"keep"`` counts it. Either way a note
            below the table tells how much it is. Spend of a week or month that the window covers in part is
            counted whole, with a note.
        rates
            What one unit of each currency of the costs is worth in that of the values (or in `currency`), as
            in `build_journeys`; the day of the cost decides. None converts nothing: costs in several
            currencies, or in another than the values, are then refused, unless `by` has the currency.

        Returns
        -------
        Credit
            A new Credit. Costs that were joined before are replaced.

        Raises
        ------
        CreditError
            If a column is missing or misspelt, a cost is negative, missing or infinite, a row stands twice,
            a channel differs from a credited one only by case, space or punctuation, currencies are mixed
            or contradict `currency`, the spend lacks a dimension of the credit, or an option differs from
            that of the `Costs`.
        """
        from attribution.credit.costs import Costs
        from attribution.credit.spend import join_spend

        if isinstance(spend, Costs):
            costs = spend.completed(Costs(spend.table, currency, decimals, outside, rates))
        else:
            costs = Costs(spend, currency, decimals, outside, rates)
        return join_spend(self, costs)

    def plot(
        self,
        measure: str = "conversions",
        ax: Axes | None = None,
        *,
        kind: Literal["bars", "time", "spend", "places"] | None = None,
    ) -> Axes:
        """Draw a measure; every channel has the same colour in every plot of this credit.

        Parameters
        ----------
        measure
            A numeric column of `to_frame`: ``"conversions"``, ``"share"``, ``"value"``, ``"cost"``,
            ``"roas"``, ``"roi"``, ``"cpa"`` and so on.
        ax
            A matplotlib Axes to draw on. By default a new figure of fitting size, which notebooks show.
        kind
            ``"bars"``: the channels, largest first, a bar a model (a mark a model where there are more than
            three), and with a bootstrap the 95% percentile interval of each, which the heading then says.
            ``"time"``: over the calendar periods in `by`, for one model. ``"spend"``: share of
            spend against share of credit. ``"places"``, after a bootstrap and for one model: in which part
            of the resamples each channel comes first, second and so on. By default over time where `by` has
            a period and there is one model, and bars otherwise. Dimensions that a plot does not show are
            summed.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on; ``ax.figure.savefig("credit.png")`` saves it.

        Raises
        ------
        CreditError
            If the measure is unknown (the message names the nearest), needs spend that was not joined, or
            cannot be summed to what the plot shows.
        """
        from attribution.credit.plot import plot_credit

        return plot_credit(self, measure, ax, kind)

    def summary(self) -> str:
        """Return the credit in words: models, top channels (and intervals), unattributed, money, notes."""
        from attribution.credit.text import summary

        return summary(self)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write `to_frame` as Parquet, in full or not at all.

        Parameters
        ----------
        path
            Where; a file that is there already is replaced.

        Raises
        ------
        OutputError
            If the file cannot be written; what was there before is unchanged.
        """
        from attribution.credit.export import write_parquet

        write_parquet(self.to_frame(), path)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write `to_frame` as CSV (UTF-8), in full or not at all.

        Text that a spreadsheet would run as a formula is written with a leading apostrophe.

        Parameters
        ----------
        path
            Where; a file that is there already is replaced.

        Raises
        ------
        OutputError
            If the file cannot be written; what was there before is unchanged.
        """
        from attribution.credit.export import write_csv

        write_csv(self.to_frame(), path)

    def _title(self) -> str:
        from attribution.credit.text import title

        return title(self)

    def _notes(self) -> tuple[str, ...]:
        from attribution.credit.bootstrap import told

        sure = told(self)
        return (*([f"{sure}."] if sure else []), *(f"Note: {note}" for note in self.notes))

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        from attribution.credit.text import shown_frame

        return shown_frame(self, wide=wide)

    def _formats(self) -> Mapping[str, Callable[[Any], str]]:
        from attribution.credit.text import formats

        return formats(self)


def _positions(what: str, wanted: str | Iterable[str] | None, known: tuple[str, ...]) -> list[int]:
    if wanted is None:
        return list(range(len(known)))
    names = name_list(wanted, f"{what}s", error=CreditError)
    for name in names:
        if name not in known:
            raise CreditError(unknown_name(what, name, known), column=f"{what}s")
    return [known.index(name) for name in names]
