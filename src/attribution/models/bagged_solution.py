"""What bagged logistic regressions found: coefficients by channel, and one regression beside them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attribution._display import Display
from attribution._typing import Floats, Ints
from attribution.credit.explain import Solution
from attribution.language.sentence import Sentence
from attribution.models.channel_sets import SetTally
from attribution.models.set_models import SeenSets

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class BaggedLogisticSolution(Solution, Display):
    """Coefficients of the logistic regressions of conversion on the channels of a journey.

    Attributes
    ----------
    channels : tuple of str
        Channel names, sorted.
    coefficients : float64, shape (n_channels,)
        Log-odds of conversion that a channel adds, the mean over the bags that drew it; NaN where none did.
    spread : float64, shape (n_channels,)
        Standard deviation of the coefficient over those bags.
    bags : int64, shape (n_channels,)
        How many bags drew the channel.
    credit : float64, shape (n_channels, 2)
        Conversions and value.
    sets : SetTally
        What it was fitted on.
    """

    channels: tuple[str, ...]
    coefficients: Floats
    spread: Floats
    bags: Ints
    credit: Floats
    sets: SetTally

    @property
    def odds_ratios(self) -> Floats:
        """How many times the odds of conversion a channel makes them, shape (n_channels,)."""
        return np.exp(self.coefficients)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a channel.

        Returns
        -------
        pandas.DataFrame
            Columns ``channel``, ``coefficient``, ``odds_ratio`` (its exponential), ``bag_spread`` (standard
            deviation over bags), ``bags`` (that drew the channel) and ``share`` (of credited conversions).
        """
        import pandas as pd

        total = self.credit[:, 0].sum()
        return pd.DataFrame(
            {
                "channel": np.array(self.channels, dtype=object),
                "coefficient": self.coefficients,
                "odds_ratio": self.odds_ratios,
                "bag_spread": self.spread,
                "bags": self.bags,
                "share": self.credit[:, 0] / total if total else np.nan,
            }
        )

    def regression(self) -> pd.DataFrame:
        """Return the usual logistic regression of all journeys on all channels, to hold the bags against.

        Fitted by ``statsmodels.api.GLM`` with a binomial family on the counts by set of channels.

        There are no p-values, since they would not test what a channel does: a conversion ends its journey,
        so that the number of touches, and with it the number of channels, tells journeys that convert from
        others where no channel does anything. Where all users have 8 touches that all convert alike, every
        channel comes out far from 0. `attribution.synergy` tests pairs with the number of touches held fixed,
        and only an experiment tests a channel.

        Returns
        -------
        pandas.DataFrame
            One row a channel, the intercept first: ``channel``, ``coefficient`` and ``standard_error``, that
            of the coefficient as a description of independent journeys. Channels that always or never
            convert, or that cannot be told from others, have coefficients without meaning here, and large
            standard errors.
        """
        import pandas as pd
        import statsmodels.api as sm

        sets = SeenSets.of(self.sets)
        counts = self.sets.sums[sets.filled][:, [0, 2]]
        seen, players = counts.sum(axis=1) > 0, sets.players
        design = sm.add_constant(sets.inside.toarray()[seen][:, players], has_constant="add")
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # separation shows in the standard errors
            fitted = sm.GLM(counts[seen], design, family=sm.families.Binomial()).fit()
        return pd.DataFrame(
            {
                "channel": np.array(["(intercept)", *(self.channels[code] for code in players)], object),
                "coefficient": fitted.params,
                "standard_error": fitted.bse,
            }
        )

    def _says(self, channel: str, place: int) -> Sentence:
        coefficient, odds = float(self.coefficients[place]), float(self.odds_ratios[place])
        return Sentence("bagged_logistic.effect", channel=channel, coefficient=coefficient, odds=odds)

    def _title(self) -> str:
        return f"Logistic regression of conversion on {len(self.channels):,} channels, averaged over bags"
