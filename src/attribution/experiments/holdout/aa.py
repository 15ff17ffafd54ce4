"""aa_holdout: the analysis on random splits of the user's own table, where there is nothing to find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from attribution._checks import whole
from attribution._progress import bar
from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.holdout.balance import placebo_size
from attribution.experiments.holdout.holdout import analyze_holdout
from attribution.experiments.shared.experiment_rows import Rows
from attribution.experiments.shared.units import codes_of
from attribution.tables.spark_frames import is_spark_frame

_ARM = "\0arm"
_OPTIONS = (
    "denominator", "value", "covariate", "adjust", "variance", "cluster", "unit", "winsorise", "sequential",
    "alternative",
)  # fmt: skip


def aa_holdout(
    users: Any,
    *,
    outcome: str = "converted",
    share: float = 0.5,
    split_by: str | None = None,
    draws: int = 400,
    alpha: float = 0.05,
    rng: int | np.random.Generator | None = None,
    progress: bool | None = None,
    **options: Any,
) -> CheckResult:
    """Analyse random splits of a table of users, where no treatment can have done anything: A/A tests.

    Each draw splits the users anew and runs `analyze_holdout` with the options of the test that is planned
    or read. Shares of "effects" above `alpha` are false alarms that the real test would raise as well, as
    where households are assigned and users analysed. Take the table of a time before the test.

    Parameters
    ----------
    users
        One row a user, as in `analyze_holdout`; its arms are not looked at. No Spark DataFrame.
    outcome
        Column of the outcome.
    share
        Share of the holdout in each split.
    split_by
        Column of what is assigned together; `cluster` of the options, or else the user.
    draws
        How many splits. 400 find twice the promised rate of false alarms at 5% with a probability of 93%.
    alpha
        Level of each analysis.
    rng
        Seed or generator of the splits.
    progress
        Whether to show a bar; by default only in a terminal or notebook.
    **options
        As in `analyze_holdout`: ``denominator``, ``value``, ``covariate``, ``adjust``, ``variance``,
        ``cluster``, ``unit``, ``winsorise``, ``sequential``, ``alternative``.

    Returns
    -------
    CheckResult
        ``placebo_size``: failed where so many false alarms are less likely than .01 at the promised level
        (exact binomial). Its row has their rate with the exact 95% interval (Clopper & Pearson 1934), and how
        many draws gave no verdict; it can stand in ``analyze_holdout(checks=[...])``.

    Raises
    ------
    ExperimentError
        If an option is unknown, or no split can be analysed: what the last one raised.

    Examples
    --------
    Households of four were assigned, and buy together; users are analysed:

    >>> import numpy as np
    >>> import attribution as at
    >>> rng = np.random.default_rng(1)
    >>> users = {"home": np.repeat(np.arange(500), 4), "orders": np.repeat(rng.poisson(1.0, 500), 4)}
    >>> at.aa_holdout(users, outcome="orders", split_by="home", draws=100, rng=1).passed
    False
    >>> at.aa_holdout(users, outcome="orders", cluster="home", draws=100, rng=1).passed
    True
    """
    for name in options:
        if name not in _OPTIONS:
            raise ExperimentError(unknown_name("option", name, _OPTIONS), column=name)
    if is_spark_frame(users):
        msg = "aa_holdout splits the users anew for each draw, and takes no Spark DataFrame"
        hint = "at.aa_holdout(users.toPandas()), or of a sample of whole users"
        raise ExperimentError(msg, column="users", hint=hint)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
        msg = f"share={share!r} must lie between 0 and 1"
        raise ExperimentError(msg, column="share", hint="share=0.1, that of the holdout")
    whole(draws, "draws", error=ExperimentError)
    table, place, n = _table(users, outcome, split_by, options)
    random = np.random.default_rng(rng)
    rejected = silent = 0
    last: ExperimentError | None = None
    for _ in bar(range(draws), "A/A tests", progress, total=draws):
        held = np.zeros(n, np.int8)
        held[random.permutation(n)[: max(1, round(share * n))]] = 1
        arm = pa.DictionaryArray.from_arrays(pa.array(held[place]), ["treatment", "holdout"])
        try:
            lift = analyze_holdout(
                table.append_column(_ARM, arm),
                assigned=_ARM,
                outcome=outcome,
                alpha=alpha,
                despite=("covariate_balance",),
                **options,
            )
        except ExperimentError as error:
            silent, last = silent + 1, error
            continue
        rejected += lift.verdict == "effect"
        silent += lift.verdict == "blocked"
    if last is not None and silent == draws:
        raise last
    return _judged(rejected, draws, silent, alpha)


def _table(
    users: Any, outcome: str, split_by: str | None, options: Mapping[str, Any]
) -> tuple[pa.Table, np.ndarray[Any, Any], int]:
    """Return the columns that are needed, and the unit of assignment of each row with their number."""
    rows = Rows(users)
    together = split_by if split_by is not None else options.get("cluster")
    covariates = options.get("covariate") or ()
    asked = {
        "outcome": [outcome],
        "split_by": [together],
        "covariate": [covariates] if isinstance(covariates, str) else covariates,
        **{name: [options.get(name)] for name in ("denominator", "value", "cluster", "unit")},
    }
    for argument, columns in asked.items():
        for column in columns:
            if column is not None:
                rows.need(column, argument)
    names = [column for columns in asked.values() for column in columns if column is not None]
    names += ["user_id"] if "user_id" in rows.names else []
    table = rows.table(list(dict.fromkeys(names)))
    if table is None:
        msg = "the table of users has no rows"
        raise ExperimentError(msg, column="users", hint="one row a user, of a time before the test")
    if together is None:
        return table, np.arange(len(table)), len(table)
    codes, labels = codes_of(table[together], together)
    return table, codes, len(labels)


def _judged(rejected: int, draws: int, silent: int, alpha: float) -> CheckResult:
    from scipy.stats import binomtest

    check = placebo_size(rejected, draws, level=alpha)
    interval = binomtest(rejected, draws).proportion_ci(0.95)
    row = {
        "draws": draws,
        "rejected": rejected,
        "rate": rejected / draws,
        "ci_low": float(interval.low),
        "ci_high": float(interval.high),
        "no_verdict": silent,
    }
    text = f"{check.text}; 95% interval of the rate {100 * interval.low:.1f}% to {100 * interval.high:.1f}%"
    text += f"; {silent:,} of the splits gave no verdict" if silent else ""
    return replace(check, text=text, rows=[row])
