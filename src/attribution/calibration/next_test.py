"""Which channel to test next: of those that somebody can withhold, where the most is at stake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._typing import Floats
from attribution.errors import ExperimentError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.credit import Credit

NO_SPEND, NOBODY, NOT_NAMED = "no spend", "nobody can withhold it", "not in withhold"
# What people do by themselves. Where spend is known, that says more than a name.
_BY_THEMSELVES = re.compile(
    r"\(?(direct|none|organic.*|referrals?|unassigned|other|not set|unknown|typed[ _-]?in|"
    r"call[ _-]?cent(re|er)|(store|shop)[ _-]?visits?|walk[ _-]?ins?)\)?",
    re.IGNORECASE,
)


def rank_tests(
    credit: Credit,
    channels: tuple[str, ...],
    attributed: Floats,
    sd: Floats,
    tested: Any,
    withhold: Sequence[str] | None,
) -> pd.DataFrame:
    """Return the table of `Calibration.next_test`.

    Raises
    ------
    ExperimentError
        If `withhold` names a channel that is not there.
    """
    import pandas as pd

    known = np.abs(attributed) > 0
    of_factor = np.divide(sd, np.abs(attributed), out=np.full(len(sd), np.nan), where=known)
    columns: dict[str, Any] = {"channel": list(channels), "sd_factor": of_factor}
    stake = sd
    if credit.cost is None:
        columns["attributed"] = attributed
    else:
        cost, value = (_sums(credit, channels, line) for line in (credit.cost, credit.value[0]))
        columns["cost"] = cost
        stake = cost * of_factor
        if credit.has_value:
            stake = np.abs(value) * of_factor
            columns["sd_iroas"] = np.divide(stake, cost, out=np.full(len(cost), np.nan), where=cost > 0)
    why = not_considered(channels, None if credit.cost is None else columns["cost"], withhold)
    columns["at_stake"] = np.where(np.array(why, dtype=object) == "", stake, np.nan)
    columns["tested"] = tested
    columns["not_considered"] = why
    return pd.DataFrame(columns).sort_values(
        "at_stake", ascending=False, na_position="last", kind="stable", ignore_index=True
    )


def not_considered(channels: tuple[str, ...], cost: Any, withhold: Sequence[str] | None) -> list[str]:
    """Return why each channel is none that can be tested; empty where it is one."""
    if withhold is not None:
        if isinstance(withhold, str) or not isinstance(withhold, Sequence):
            msg = f"withhold={withhold!r} is no list of channels"
            raise ExperimentError(msg, column="withhold", hint=f"withhold=[{channels[0]!r}]")
        for name in withhold:
            if name not in channels:
                raise ExperimentError(unknown_name("channel", name, channels), column="withhold")
        return ["" if name in withhold else NOT_NAMED for name in channels]
    if cost is not None and (cost > 0).any():
        return ["" if spent > 0 else NO_SPEND for spent in cost.tolist()]
    return [NOBODY if _BY_THEMSELVES.fullmatch(name.strip()) else "" for name in channels]


def _sums(credit: Credit, channels: tuple[str, ...], line: Floats) -> Floats:
    labels = credit.keys[0]
    return np.array([float(np.nansum(line[labels == channel])) for channel in channels])
