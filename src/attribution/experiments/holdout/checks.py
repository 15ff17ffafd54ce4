"""What must hold before a holdout test is read: each a CheckResult with counts, example rows, why and fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.holdout.balance import covariate_balance, placebo_size, pre_period
from attribution.experiments.holdout.sample_ratio import (
    sample_ratio,
    sample_ratio_by,
    sample_ratio_sequential,
)
from attribution.experiments.shared.doubt import BLOCK, WARN

__all__ = [
    "contamination",
    "covariate_balance",
    "exposure_ratio",
    "placebo_size",
    "pre_period",
    "sample_ratio",
    "sample_ratio_by",
    "sample_ratio_sequential",
]


def contamination(
    exposed: Mapping[str, int],
    n: Mapping[str, int],
    *,
    holdout: str = "holdout",
    tolerance: float = 0.01,
) -> CheckResult:
    """Count the units of the holdout that saw the treatment nevertheless.

    Parameters
    ----------
    exposed
        Exposed units per arm.
    n
        Units per arm.
    holdout
        The arm that should have none.
    tolerance
        Share of the holdout above which the check fails; below it, it informs.

    Returns
    -------
    CheckResult
        ``count`` is the number of exposed holdout units; one row an arm.

    Raises
    ------
    ExperimentError
        If `holdout` is not an arm.

    Examples
    --------
    >>> check = contamination({"treatment": 30_000, "holdout": 700}, {"treatment": 90_000, "holdout": 10_000})
    >>> check.passed, check.count
    (False, 700)
    """
    name = "contamination"
    if holdout not in n:
        raise ExperimentError(unknown_name("arm", holdout, n), column="holdout")
    rows: list[dict[str, Any]] = [
        {"arm": arm, "exposed": int(exposed.get(arm, 0)), "n": int(total)} for arm, total in n.items()
    ]
    seen, total = int(exposed.get(holdout, 0)), int(n[holdout])
    if not seen or not total:
        return CheckResult(name, True, f"no unit of the holdout was exposed ({total:,} units)", rows=rows)
    share = seen / total
    others = [arm for arm in n if arm != holdout and n[arm]]
    reach = max((exposed.get(arm, 0) / n[arm] for arm in others), default=0.0)
    lost = f"; it hides {100 * share / reach:.0f}% of the contrast in exposure" if reach > share else ""
    text = f"{seen:,} of {total:,} holdout units were exposed ({100 * share:.3g}%){lost}"
    if share <= tolerance:
        return CheckResult(name, None, text, seen, rows)
    if reach <= share:
        text += ", no fewer than among the treated: the test contrasts nothing"
    fix = "withhold by the assignment table at serving time; read the effect per exposed unit as CACE"
    return CheckResult(name, False, text, seen, rows, fix)


def exposure_ratio(
    exposed: Mapping[str, int], n: Mapping[str, int], *, alpha: float = BLOCK, warn: float = WARN
) -> CheckResult:
    """Test whether the arms would have been exposed alike: placebo ads, ghost ads, eligible users.

    Under random assignment the share of units that the ad server would have served is the same in every arm.
    Pearson's chi-square on exposed or not by arm. Johnson, Lewis & Nubbemeyer (2017), section 4.

    Parameters
    ----------
    exposed
        Units that were, or in the holdout would have been, exposed, per arm.
    n
        Units per arm.
    alpha, warn
        As in `sample_ratio`.

    Returns
    -------
    CheckResult
        One row an arm with its share.

    Raises
    ------
    ExperimentError
        If an arm counts more exposed units than units.

    Examples
    --------
    >>> n = {"treatment": 100_000, "holdout": 100_000}
    >>> exposure_ratio({"treatment": 30_210, "holdout": 30_090}, n).passed
    True
    >>> exposure_ratio({"treatment": 30_210, "holdout": 28_900}, n).passed
    False
    """
    from scipy.stats import chi2_contingency

    name = "exposure_ratio"
    for arm, total in n.items():
        if not 0 <= exposed.get(arm, 0) <= total:
            msg = f"arm {arm!r} counts {exposed.get(arm, 0):,} exposed of {total:,} units"
            raise ExperimentError(msg, column="exposed")
    rows: list[dict[str, Any]] = [
        {
            "arm": arm,
            "exposed": int(exposed.get(arm, 0)),
            "n": int(total),
            "share": exposed.get(arm, 0) / total,
        }
        for arm, total in n.items()
        if total
    ]
    table = np.array([[row["exposed"], row["n"] - row["exposed"]] for row in rows], dtype=np.float64)
    if len(rows) < 2 or not table[:, 0].sum() or not table[:, 1].sum():
        return CheckResult(
            name, None, "all units of all arms are exposed, or none: nothing to compare", rows=rows
        )
    found = chi2_contingency(table, correction=False)
    p_value, statistic = float(found.pvalue), float(found.statistic)
    shares = ", ".join(f"{row['arm']} {100 * row['share']:.2f}%" for row in rows)
    if p_value >= warn:
        text = f"the arms would be exposed alike: {shares}; p = {p_value:.3g}"
        return CheckResult(name, True, text, rows=rows).judged_by(p_value, statistic)
    if p_value >= alpha:
        text = f"exposure is unusually uneven: {shares}; p = {p_value:.2g}"
        return CheckResult(name, None, text, 0, rows).judged_by(p_value, statistic)
    text = (
        f"the arms would not be exposed alike: {shares}; p = {p_value:.2g}. "
        "The exposed of one arm and the would-be exposed of the other are then different people"
    )
    fix = "log the would-be exposure at the same point of serving in all arms; until then read the ITT only"
    return CheckResult(name, False, text, int(table[:, 0].sum()), rows, fix).judged_by(p_value, statistic)
