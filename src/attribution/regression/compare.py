"""check: a result against a baseline, worst first."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from attribution.diagnostics import CheckResult, CheckResults
from attribution.models.log_profile import Profile
from attribution.regression import credit_drift, input_drift, log_drift, transitions
from attribution.regression.baseline import Baseline, refuse_others, settings_hash
from attribution.regression.pair import Finding, not_checked, pair_of
from attribution.regression.store import as_baseline
from attribution.regression.tolerance import Tolerance, tolerance

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog
    from attribution.journeys.journeys import Journeys

logger = logging.getLogger(__name__)


def check(
    result: Any,
    baseline: Any,
    *,
    mode: Literal["pinned", "nightly"] = "pinned",
    rtol: float | None = None,
    atol: float | None = None,
    share_points: float | None = None,
    ranks: float | None = None,
    sampling: float | bool | None = None,
    drift: float | None = None,
    history: float | None = None,
    alpha: float | None = None,
    despite: str | Iterable[str] = (),
    journeys: Journeys | None = None,
    log: EventLog | None = None,
) -> CheckResults:
    """Compare a result with a baseline: credit, shares, places, channels, conservation, log, transitions.

    Two modes set the tolerances, which can be given one by one as well. ``"pinned"``: the same data, so
    every number must be what it was, but for rounding; for tests of code and for upgrades. ``"nightly"``:
    the data grew or moved on, so credit and volumes are compared per day, shares within points and
    sampling noise, distributions by their drift, and days that both logs hold must be what they were.

    Parameters
    ----------
    result
        A `Credit`, the result of `run`, the folder that ``attribution run`` wrote, or a baseline's file.
    baseline
        The same kinds; usually the file that `save_baseline` wrote.
    mode
        ``"pinned"`` or ``"nightly"``.
    rtol, atol
        What part of a number, and how many conversions or units of money, credit and volumes may differ
        by. 1e-6 and 1e-9 pinned; 0.25 (per day) and 0 nightly.
    share_points
        How many percentage points a share may differ by. 1e-4 pinned, 2 nightly.
    ranks
        How many places a channel may move; 0 in both. Moves that chance explains do not count.
    sampling
        How many standard errors of a difference pass besides: from the bootstrap of the credit where it
        has one, else guessed from counts. True for 4; 0 pinned, 4 nightly.
    drift
        The largest population stability index of a distribution of the log, and the largest part of the
        steps of the Markov chain that goes elsewhere. 0 (equal counts) pinned, 0.1 nightly.
    history
        What part of a day's touches and conversions may differ, of days that both logs hold; the last
        three are left out nightly, because rows may still come. 1e-9 pinned, 0.01 nightly.
    alpha
        How often each check of single new days (rows twice, order ids twice, hours, waits) may fail by
        chance. 0 pinned, which makes none; 0.0005 nightly.
    despite
        Settings whose difference is put up with, such as ``("lookback",)``; ``"settings"`` for all.
        Otherwise results of different settings are refused.
    journeys, log
        What the credit was made of, so that its log can be compared too; the result of a run knows.

    Returns
    -------
    CheckResults
        The failed checks first, the worst before the others; each names its worst offender first. A check
        that could not be made has `passed` None and says why.

    Raises
    ------
    BaselineError
        If a file is missing, damaged or of a newer version, or the settings differ.

    Examples
    --------
    >>> import attribution as at
    >>> def credit(conversions):
    ...     paths = {"path": ["ad > email", "email"], "conversions": conversions, "nulls": [9, 4]}
    ...     return at.attribute(at.read_paths(paths), "linear")
    >>> checks = at.check(credit([4, 1]), credit([2, 1]))
    >>> checks[0].name, checks[0].text
    ('credit[linear]', 'ad, conversions: 1 -> 2 (+100%); 2 of 2 numbers moved')
    """
    limits = tolerance(
        mode,
        sampling,
        rtol=rtol,
        atol=atol,
        share_points=share_points,
        ranks=ranks,
        drift=drift,
        history=history,
        alpha=alpha,
    )
    new = as_baseline(result, journeys=journeys, log=log)
    old = as_baseline(baseline, name="the baseline")
    accepted = refuse_others(new, old, despite)
    checks = CheckResults(found.check for found in _findings(new, old, limits, accepted))
    logger.info("%d checks against %s, %d failed", len(checks), old.name, len(checks.failed))
    return checks


def _findings(
    new: Baseline, old: Baseline, limits: Tolerance, accepted: Mapping[str, tuple[object, object]]
) -> list[Finding]:
    pair = pair_of(new, old, per_day=limits.nightly)
    findings = [_settings(new, accepted), *credit_drift.models(new, old), *credit_drift.conservation(new)]
    findings += credit_drift.channels(pair, limits)
    for part in (credit_drift.amounts, credit_drift.shares, credit_drift.ranks):
        for place in range(len(pair.models)):
            findings += part(pair, limits, place)
    findings += credit_drift.cost(pair, limits)
    if pair.models:
        findings += credit_drift.unattributed(pair, limits)
    findings += _log(new, old, limits)
    if limits.nightly:
        findings += input_drift.check(old.inputs, new.inputs)
    findings += transitions.check(old.transitions, new.transitions, limits)
    order = {False: 0, None: 1, True: 2}
    # Sorting is stable: checks of one kind keep their places.
    return sorted(findings, key=lambda found: (order[found.check.passed], -found.severity))


def _settings(new: Baseline, accepted: Mapping[str, tuple[object, object]]) -> Finding:
    if not accepted:
        text = f"the settings are those of the baseline ({settings_hash(new.settings)})"
        return Finding(0.0, CheckResult("settings", True, text))
    rows = tuple({"setting": name, "old": old, "new": now} for name, (old, now) in accepted.items())
    said = "; ".join(f"{name} {old!r} -> {now!r}" for name, (old, now) in accepted.items())
    return Finding(0.0, CheckResult("settings", None, f"compared despite {said}", len(rows), rows[:5]))


def _log(new: Baseline, old: Baseline, limits: Tolerance) -> list[Finding]:
    read = [bool(side.settings.get("nulls", True)) for side in (new, old)]
    if read[0] != read[1]:
        why = "one of the logs was read without the journeys that did not convert"
        return not_checked("log", why)
    return log_drift.checks(_comparable(old.log, new, old), _comparable(new.log, new, old), limits)


def _comparable(profile: Profile | None, new: Baseline, old: Baseline) -> Profile | None:
    """Leave out days of touches where later touches or conversions change what an old day holds."""
    if profile is None:
        return None
    changing = ("max_touches", "session_gap", "drop_censored")
    moving = any(
        any(side.settings.get(name) for name in changing)
        or side.settings.get("after_conversion") == "overlap"
        or side.settings.get("nulls") is False
        for side in (new, old)
    )
    if moving and new.window != old.window:
        return {part: amounts for part, amounts in profile.items() if part != "days"}
    return profile
