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
from attribution.experiments.shared.p_value_limits import BLOCK, WARN
from attribution.language.sentence import Sentence

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
        return CheckResult(name, True, Sentence("contamination.ok", total=total), rows=rows)
    share = seen / total
    others = [arm for arm in n if arm != holdout and n[arm]]
    reach = max((exposed.get(arm, 0) / n[arm] for arm in others), default=0.0)
    hides = Sentence("contamination.hides", part=share / reach) if reach > share else ""
    nothing = Sentence("contamination.nothing") if share > tolerance and reach <= share else ""
    text = Sentence(name, seen=seen, total=total, share=share, hides=hides, nothing=nothing)
    if share <= tolerance:
        return CheckResult(name, None, text, seen, rows)
    fix = Sentence("fix.withhold")
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
        return CheckResult(name, None, Sentence("exposure_ratio.nothing"), rows=rows)
    found = chi2_contingency(table, correction=False)
    p_value, statistic = float(found.pvalue), float(found.statistic)
    told: dict[str, Any] = {"p": p_value}
    told["arms"] = tuple(Sentence("exposure_ratio.arm", arm=row["arm"], share=row["share"]) for row in rows)
    if p_value >= warn:
        text = Sentence("exposure_ratio.ok", **told)
        return CheckResult(name, True, text, rows=rows).judged_by(p_value, statistic)
    if p_value >= alpha:
        text = Sentence("exposure_ratio.unusual", **told)
        return CheckResult(name, None, text, 0, rows).judged_by(p_value, statistic)
    text, fix = Sentence("exposure_ratio.failed", **told), Sentence("fix.log_exposure")
    return CheckResult(name, False, text, int(table[:, 0].sum()), rows, fix).judged_by(p_value, statistic)
