"""Checks that come before the result, and which of them forbid reading it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.holdout.holdout_checks import (
    contamination,
    covariate_balance,
    exposure_ratio,
    sample_ratio,
    sample_ratio_by,
)
from attribution.experiments.holdout.moments import Moments, total
from attribution.experiments.holdout.tally import Group, Tallied
from attribution.experiments.shared.p_value_limits import BLOCK
from attribution.language.sentence import Sentence

COVARIATE = "covariate:"
_SKEWED = 0.1  # of the root of the smaller arm: from there on far tails are not those of an F
_SURE = 1e-6  # level at which a skewed covariate is refused
_BLOCKING = ("sample_ratio", "exposure_ratio", "clusters_in_two_arms")
OVERRIDABLE = (*_BLOCKING, "covariate_balance")


def blocks(name: str) -> bool:
    """Return whether a failed check of that name forbids reading the result."""
    return name.startswith(_BLOCKING)


def counts_of(groups: Mapping[Group, Moments], arms: Sequence[str]) -> dict[str, int]:
    """Return how many units each arm has."""
    return {arm: sum(part.n for group, part in groups.items() if group[0] == arm) for arm in arms}


def judge(
    tallied: Tallied,
    arms: Sequence[str],
    *,
    holdout: str,
    design: str,
    shares: Mapping[str, float] | None,
    segment: str | None,
    covariates: Sequence[str],
    has_exposure: bool,
    given: Iterable[CheckResult],
    despite: Sequence[str],
) -> CheckResults:
    """Return what the checks find; refuse covariates that differ between the arms more than chance allows.

    Raises
    ------
    ExperimentError
        If a covariate differs between the arms as none measured before assignment would.
    """
    groups = tallied.groups
    counts = counts_of(groups, arms)
    found = CheckResults()
    if shares is None:
        text = Sentence("sample_ratio.untold")
        found.append(CheckResult("sample_ratio", None, text, fix=f"shares={dict.fromkeys(arms, 1)}"))
    else:
        found.append(sample_ratio(counts, shares))
        if segment is not None:
            table: dict[object, dict[str, int]] = {
                label: counts_of({key: part for key, part in groups.items() if key[1] == label}, arms)
                for label in tallied.segments
            }
            found.append(sample_ratio_by(table, shares, by=segment))
    if tallied.crossed:
        text = Sentence("clusters_in_two_arms", crossed=tallied.crossed)
        fix = Sentence("fix.whole_clusters")
        found.append(CheckResult("clusters_in_two_arms", False, text, tallied.crossed, fix=fix))
    parts = {arm: total(part for key, part in groups.items() if key[0] == arm) for arm in arms}
    if has_exposure:
        shown = {arm: round(float(part.mean[part.at("exposed")]) * part.n) for arm, part in parts.items()}
        if design == "itt":
            found.append(contamination(shown, counts, holdout=holdout))
        else:
            found.append(exposure_ratio(shown, counts))
    if covariates:
        found.append(_balance(parts, counts, covariates, despite))
    found.extend(given)
    return found


def _balance(
    parts: Mapping[str, Moments], counts: Mapping[str, int], covariates: Sequence[str], despite: Sequence[str]
) -> CheckResult:
    places = [next(iter(parts.values())).at(name) for name in covariates]
    whole = total(parts.values())
    least = sorted(counts.values())[:1] or [1]
    skewed = any(abs(whole.skewness(name)) > _SKEWED * least[0] ** 0.5 for name in covariates)
    check = covariate_balance(
        counts,
        {arm: part.mean[places] for arm, part in parts.items()},
        {arm: part.covariance[places][:, places] for arm, part in parts.items()},
        [name.removeprefix(COVARIATE) for name in covariates],
        alpha=_SURE if skewed else BLOCK,
    )
    if skewed and check.passed is not False and check.p_value is not None and check.p_value < BLOCK:
        first = check.rows[0]
        text = Sentence(
            "covariate_balance.skewed",
            difference=first["difference_in_sd"],
            covariate=first["covariate"],
            p=check.p_value,
        )
        check = replace(check, passed=None, text=text, count=max(check.count, 1))
    if check.passed is False and "covariate_balance" not in despite:
        msg = f"the arms differ in the covariate: {check.text}"
        raise ExperimentError(
            msg,
            column="covariate",
            why="a covariate that was measured after assignment carries part of the effect; adjusting for it "
            "takes that part away. And if it was measured before, the arms were not assigned at random",
            hint="use values from before assignment, leave out covariate=, or despite=('covariate_balance',)",
        )
    return check


def blocked_by(checks: CheckResults, despite: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the failed checks that block, and those that would but are overridden."""
    failed = [check.name for check in checks.failed if blocks(check.name)]
    over = tuple(name for name in failed if any(name.startswith(one) for one in despite))
    return tuple(name for name in failed if name not in over), over


def known_despite(names: Sequence[str]) -> None:
    """Refuse the name of a check that cannot be overridden.

    Raises
    ------
    ExperimentError
        If one is unknown.
    """
    for name in names:
        if not name.startswith(OVERRIDABLE):
            raise ExperimentError(unknown_name("check to override", name, OVERRIDABLE), column="despite")
