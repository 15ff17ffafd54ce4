"""What may be asked of a credit beside its table: how sure, how its models differ, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from attribution._display import Display

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.compare import Comparison
    from attribution.credit.credit import Credit
    from attribution.credit.explain import Explanation
    from attribution.journeys.journeys import Journeys


class Questions(Display):
    """The questions; `Credit` inherits them."""

    __slots__ = ()

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
        from attribution.credit.intervals import intervals_frame

        return intervals_frame(cast("Credit", self), measure, level, method, correction)

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
        measure, level, method
            As in `intervals`.
        between
            ``"channels"``: pairs of channels under each model, other dimensions summed. ``"models"``: pairs
            of models for each cell.
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
        from attribution.credit.intervals import differences_frame

        return differences_frame(cast("Credit", self), measure, between, level, method, correction)

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
        from attribution.credit.intervals import first_frame

        return first_frame(cast("Credit", self), measure, lowest, level)

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
        from attribution.credit.compare import compare_models

        return compare_models(cast("Credit", self), base, level, correction)

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
        from attribution.credit.explain import explain_channel

        return explain_channel(cast("Credit", self), channel, model, journeys, top)
