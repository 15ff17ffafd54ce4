"""Credit: who gets how much, and against what it cost."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from attribution._display import Display
from attribution._migration import tells_options
from attribution.credit import credit_text
from attribution.credit.compare import Comparison, compare_models
from attribution.credit.costs import Costs
from attribution.credit.credit_intervals import told
from attribution.credit.explain import Explanation, explain_channel
from attribution.credit.frames import credit_frame, totals_frame
from attribution.credit.plot import plot_credit
from attribution.credit.spend import join_spend
from attribution.credit.table import CreditTable
from attribution.credit.table_files import write_csv, write_parquet
from attribution.credit.uncertainty import differences_frame, first_frame, intervals_frame
from attribution.errors import CreditError

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes
    from attribution.credit.spend_source import Spend
    from attribution.journeys.journeys import Journeys


@tells_options(CreditError)
class Credit(CreditTable, Display):
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
    conversions, value
        Credited conversions, and value in the log's unit of money, float64, shape (n_models, n_cells).
    activity
        Touched, assisted, opened and closed conversions per cell, or None.
    spent, bootstrap
        Costs by cell, after `with_spend`; replicates on resampled users (``bootstrap=500``); or None.
    whole
        Sums of the table that this one was selected from, so that shares stay shares of the whole.
    provenance, look
        How the credit was made (`settings`, `window`, `details`, `notes`, `checks`) and how it is shown
        (`currency`, `decimals`, `palette`); each of these can be asked of the credit itself.

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
        return credit_frame(self)

    def totals(self) -> pd.DataFrame:
        """Return what was attributed and what was not, per model, of the whole credit also after `select`.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``measure`` (``"conversions"``, ``"value"``), ``attributed``,
            ``unattributed`` and ``total``. The total is the same for all models: the log's.
        """
        return totals_frame(self)

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
        return plot_credit(self, measure, ax, kind)

    def intervals(
        self,
        measure: str = "share",
        *,
        level: float = 0.95,
        method: Literal["percentile", "bca"] = "percentile",
        correction: Literal["max_t", "none"] | None = None,
    ) -> pd.DataFrame:
        """Return estimate, standard error, interval and rank of every cell under every model.

        Parameters
        ----------
        measure
            ``"conversions"``, ``"value"``, ``"share"``, ``"value_share"``, or after `with_spend` ``"roas"``,
            ``"roi"``, ``"cpa"``. Costs are taken as they are; conversions and value are resampled.
        level
            Confidence level.
        method
            ``"percentile"``: quantiles of the resamples. ``"bca"``: corrected for bias and for a standard
            error that changes with the estimate (Efron 1987); the acceleration is that of leaving out one
            group of users at a time.
        correction
            ``"max_t"``: intervals, and ranks, that hold for all cells of a model at once with probability
            `level`: the largest of all t values over the resamples says how many standard errors they reach.
            ``"none"``: each holds for itself; of 13 such intervals one or more is wrong in half of all logs.
            By default each interval holds for itself and the ranks, which compare a cell with all others,
            hold together (with ``"bca"``, for themselves).

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, the names in `by`, ``estimate``, ``standard_error``, ``ci_low``, ``ci_high``;
            and ``rank`` among the cells of the table, best first (the lowest of ``"cpa"``, the highest of all
            else), with the places from ``rank_low`` to ``rank_high`` that it may have. Missing where the
            measure is, and a bound where the resamples set none. ``few`` marks cells that are credited with
            fewer than 10 conversions: 95% intervals of cells that expect 2 to 7 held the truth in 77 to
            93% of logs, by value and rule; from 10 on in 90 to 96%.

        Raises
        ------
        CreditError
            If the credit was made without ``bootstrap=``, or the measure is unknown or not resampled.

        Examples
        --------
        >>> import attribution as at
        >>> sample = at.load_sample("retailer")
        >>> log = at.read_log(sample.touches, sample.conversions)
        >>> credit = at.attribute(log, "linear", goal="purchase", bootstrap=200, rng=1)
        >>> sure = credit.intervals("share").head(2)
        >>> sure[["channel", "estimate", "ci_low", "ci_high", "rank", "rank_low", "rank_high"]].round(3)
               channel  estimate  ci_low  ci_high  rank  rank_low  rank_high
        0    affiliate     0.031   0.026    0.037    10         8         12
        1  call_centre     0.015   0.011    0.020    13        11         13
        """
        return intervals_frame(self, measure, level, method, correction)

    def differences(
        self,
        measure: str = "share",
        *,
        between: Literal["channels", "models"] = "channels",
        level: float = 0.95,
        method: Literal["percentile", "bca"] = "percentile",
        correction: Literal["max_t", "none"] | None = None,
    ) -> pd.DataFrame:
        """Return the difference of every pair of channels, or of models, with its interval.

        Both sides come from the same resamples, so that what they have in common cancels. Two intervals
        that overlap do not tell that a difference is uncertain; this does.

        Parameters
        ----------
        measure
            As in `intervals`.
        between
            ``"channels"``: pairs of channels under each model, other dimensions summed. ``"models"``: pairs
            of models for each cell.
        level, method
            As in `intervals`.
        correction
            ``"max_t"`` (the default, but with ``"bca"``): intervals that hold at once with probability
            `level`, for all pairs of channels under a model, or for all pairs of models in all cells.
            ``"none"``: each for itself, fit for one pair that was chosen before; of the 78 of 13 channels
            one or more is wrong in 8 of 10 logs.

        Returns
        -------
        pandas.DataFrame
            Columns ``model`` (or the names in `by`, between models), ``first``, ``second``, ``difference``
            (first less second), ``standard_error``, ``ci_low``, ``ci_high`` and ``probability``: the part of
            the resamples in which the first exceeds the second, those where they are equal counting half; it
            speaks of one pair chosen before, not of the most striking of many.
            What lacks the measure, such as ROAS without cost, is left out.

        Raises
        ------
        CreditError
            As `intervals` does, and for differences between models where there is one.

        Examples
        --------
        >>> import attribution as at
        >>> sample = at.load_sample("retailer")
        >>> log = at.read_log(sample.touches, sample.conversions)
        >>> credit = at.attribute(log, "linear", goal="purchase", bootstrap=200, rng=1)
        >>> pairs = credit.with_spend(sample.spend).differences("roas").round(3).head(2)
        >>> pairs[["first", "second", "difference", "ci_low", "ci_high", "probability"]]
               first       second  difference  ci_low  ci_high  probability
        0  affiliate  direct_mail       1.315  -0.372    3.003          1.0
        1  affiliate      display      -4.848  -7.828   -1.867          0.0
        """
        return differences_frame(self, measure, between, level, method, correction)

    def could_be_first(
        self, measure: str = "conversions", *, lowest: bool | None = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Return which channels could be the best: the set holds the one that is with probability `level`.

        A channel is out when another is ahead of it by more than chance explains, all others considered (Hsu
        1984, Constrained simultaneous confidence intervals for multiple comparisons with the best). Where the
        set has one member, that channel leads; where it has more, nothing tells which does.

        Parameters
        ----------
        measure
            As in `intervals`.
        lowest
            Whether the lowest is the best; by default for ``"cpa"`` alone.
        level
            Probability that the set of a model holds its best channel.

        Returns
        -------
        pandas.DataFrame
            Columns ``model``, ``channel`` (other dimensions are summed), ``estimate``, ``could_be_first`` and
            ``first_in``: in which part of the resamples the channel comes first (those that come first
            together share it). That part is not the probability that it is the best: leaders of 77% were
            the best in 57% of simulated logs.

        Raises
        ------
        CreditError
            As `intervals` does.

        Examples
        --------
        >>> import attribution as at
        >>> sample = at.load_sample("retailer")
        >>> log = at.read_log(sample.touches, sample.conversions)
        >>> credit = at.attribute(log, "linear", goal="purchase", bootstrap=200, rng=1)
        >>> credit.with_spend(sample.spend).could_be_first("cpa").round(3).head(2)
            model    channel  estimate  could_be_first  first_in
        0  linear      email     2.670            True       1.0
        1  linear  affiliate    36.726           False       0.0
        """
        return first_frame(self, measure, lowest, level)

    def compare(
        self,
        base: str | None = None,
        *,
        level: float = 0.95,
        correction: Literal["max_t", "none"] | None = None,
    ) -> Comparison:
        """Set the models side by side: shares, rank shifts, and how much they disagree.

        Which conversions drive a disagreement, `driving_paths` tells from the journeys.

        Parameters
        ----------
        base
            The model that the others are compared with; the first by default.
        level, correction
            Of the intervals of the shifts, where the credit has a bootstrap; as in `differences`, for all
            models and channels at once by default.

        Returns
        -------
        Comparison
            With ``to_frame()``, ``disagreement()``, ``plot()`` and ``summary()``; other dimensions are
            summed.

        Raises
        ------
        CreditError
            If the credit has one model, or `base`, `level` or `correction` is unknown.

        Examples
        --------
        >>> import attribution as at
        >>> journeys = at.read_paths({"path": ["ad > email", "email"], "conversions": [3, 1]})
        >>> found = at.attribute(journeys, ["first_touch", "last_touch"]).compare()
        >>> found.disagreement()
                 first      second  disagreement channel  difference
        0  first_touch  last_touch          0.75      ad        0.75
        """
        return compare_models(self, base, level, correction)

    def explain(
        self, channel: str, model: str | None = None, *, journeys: Journeys | None = None, top: int = 10
    ) -> Explanation:
        """Explain, in words and numbers, why a channel got what it got.

        Parameters
        ----------
        channel
            The channel.
        model
            Under which model; the first by default.
        journeys
            The journeys that were credited, for the paths with and without the channel and their
            conversion rates.
        top
            How many paths of either side to keep.

        Returns
        -------
        Explanation
            Its ``summary()`` is fit for reading aloud, its ``to_frame()`` has the numbers, and ``paths`` the
            paths.

        Raises
        ------
        CreditError
            If the channel or the model is unknown; the message names the nearest.

        Examples
        --------
        >>> import attribution as at
        >>> paths = {"path": ["ad > email", "email"], "conversions": [3, 1], "nulls": [2, 4]}
        >>> journeys = at.read_paths(paths)
        >>> print(at.attribute(journeys, "last_touch").explain("ad", journeys=journeys))
        ad gets 0 of 4 attributed conversions under last_touch, 0.0%: number 2 of 2 channels.
        It was on the way of 3 conversions (75.0% of all), with 1.00 touches each: it opened 3, closed 0, and
        was not the last touch of 3.
        Of 5 journeys with it 60.0% converted; of 5 journeys without it 20.0% converted. These are different
        people, so the gap is not its effect.
        Most converting paths with it: ad > email (3, 60.0% of such journeys).
        Most converting paths without it: email (1, 20.0% of such journeys).
        This is how credit was divided; what the channel caused, only an experiment tells.
        """
        return explain_channel(self, channel, model, journeys, top)

    def summary(self) -> str:
        """Return the credit in words: models, top channels (and intervals), unattributed, money, notes."""
        return credit_text.summary(self)

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
        write_csv(self.to_frame(), path)

    def _title(self) -> str:
        return credit_text.title(self)

    def _notes(self) -> tuple[str, ...]:
        return (*(f"{sure}." for sure in [told(self)] if sure), *(f"Note: {note}" for note in self.notes))

    def _shown(self, *, wide: bool) -> pd.DataFrame:
        return credit_text.shown_frame(self, wide=wide)

    def _formats(self) -> Mapping[str, Callable[[Any], str]]:
        return credit_text.formats(self)
