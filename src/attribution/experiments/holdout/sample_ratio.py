"""Sample-ratio mismatch: whether the arms hold the shares of units that the plan gave them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attribution._typing import Floats, Ints
from attribution.diagnostics import CheckResult
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.shared.p_value_limits import BLOCK, WARN
from attribution.language.sentence import Sentence

_FEWEST_EXPECTED = 5.0
WHY = Sentence("arms.differ")
_FIX = Sentence("fix.units_lost")


def sample_ratio(
    counts: Mapping[str, int],
    shares: Mapping[str, float] | None = None,
    *,
    alpha: float = BLOCK,
    warn: float = WARN,
    name: str = "sample_ratio",
) -> CheckResult:
    """Test the units per arm against the planned shares (Pearson's chi-square, `scipy.stats.chisquare`).

    The two thresholds are those of Fabijan et al. (2019), "Diagnosing sample ratio mismatch in online
    controlled experiments", KDD.

    Parameters
    ----------
    counts
        Units (users, or clusters where those were assigned) per arm.
    shares
        Planned share of each arm; equal by default. Need not sum to one.
    alpha
        Fails at a p-value below this.
    warn
        Says so, without failing, at a p-value below this.
    name
        Name of the check.

    Returns
    -------
    CheckResult
        ``passed`` is False on a mismatch, None on a warning; one row an arm.

    Raises
    ------
    ExperimentError
        If an arm is unknown, a count is negative, or there are fewer than two arms.

    Examples
    --------
    >>> print(sample_ratio({"treatment": 50_000, "holdout": 48_900}).text)  # doctest: +ELLIPSIS
    the arms hold other shares than planned: treatment 50,000 (50.6%, planned 50.0%), holdout 48,900 ...
    """
    arms, seen, planned = _read(counts, shares)
    statistic, p_value = _chi_square(seen, planned)
    return _result(name, arms, seen, planned, p_value, alpha, warn).judged_by(p_value, statistic)


def sample_ratio_by(
    table: Mapping[object, Mapping[str, int]],
    shares: Mapping[str, float] | None = None,
    *,
    by: str = "day",
    alpha: float = BLOCK,
    warn: float = WARN,
) -> CheckResult:
    """Test the shares within each day or segment, which a balanced total can hide.

    Two tests share the error rate equally (Bonferroni): the smallest p-value of a label, Holm-adjusted over
    the labels, which finds a single bad day; and the sum of all labels' chi-squares, which finds many small
    deviations. Labels that expect fewer than five units in an arm are tested together as one.

    Parameters
    ----------
    table
        Units per arm, for each label (a day, a segment).
    shares
        Planned share of each arm; equal by default.
    by
        What the labels are, for the text.
    alpha, warn
        As in `sample_ratio`.

    Returns
    -------
    CheckResult
        ``count`` is the number of labels that deviate by themselves; the worst five are its rows.

    Raises
    ------
    ExperimentError
        As in `sample_ratio`.

    Examples
    --------
    >>> days = {"Mon": {"a": 500, "b": 520}, "Tue": {"a": 510, "b": 490}, "Wed": {"a": 700, "b": 320}}
    >>> check = sample_ratio_by(days)
    >>> check.passed, check.count, check.rows[0]["day"]
    (False, 1, 'Wed')
    """
    name = f"sample_ratio_by_{by}"
    if not table:
        return CheckResult(name, None, Sentence("sample_ratio_by.none", by=by))
    arms = (
        list(dict.fromkeys(arm for row in table.values() for arm in row)) if shares is None else list(shares)
    )
    lines = [
        _read({arm: row.get(arm, 0) for arm in [*arms, *row]}, shares, empty=True) for row in table.values()
    ]
    planned = lines[0][2]
    labels = list(table)
    seen = np.array([line[1] for line in lines], dtype=np.float64)
    expected = seen.sum(axis=1, keepdims=True) * planned
    thin = expected.min(axis=1) < _FEWEST_EXPECTED
    if thin.sum() > 1:
        seen = np.vstack([seen[~thin], seen[thin].sum(axis=0)])
        labels = [label for label, few in zip(labels, thin.tolist(), strict=True) if not few]
        labels.append(f"({int(thin.sum())} small ones together)")
    return _by_label(name, by, labels, lines[0][0], seen, planned, alpha, warn)


def _by_label(
    name: str,
    by: str,
    labels: Sequence[object],
    arms: Sequence[str],
    seen: Floats,
    planned: Floats,
    alpha: float,
    warn: float,
) -> CheckResult:
    from scipy.stats import chi2

    sums = seen.sum(axis=1)
    expected = sums[:, None] * planned
    testable = expected.min(axis=1) >= _FEWEST_EXPECTED
    statistic = np.divide((seen - expected) ** 2, expected, out=np.zeros_like(seen), where=expected > 0).sum(
        axis=1
    )
    freedom = len(arms) - 1
    p_values = np.where(testable, chi2.sf(statistic, freedom), 1.0)
    tested = int(testable.sum())
    if not tested:
        text = Sentence("sample_ratio_by.few", by=by, least=_FEWEST_EXPECTED)
        return CheckResult(name, None, text)
    smallest = min(1.0, tested * float(p_values.min()))
    together = float(chi2.sf(statistic[testable].sum(), freedom * tested))
    p_value = min(1.0, 2 * min(smallest, together))
    largest = float(statistic[testable].max())
    order = np.argsort(p_values, kind="stable")[:5].tolist()
    bad = int((p_values * tested * 2 < alpha).sum())
    rows = [
        {
            by: labels[position],
            **{arm: int(seen[position, place]) for place, arm in enumerate(arms)},
            "p_value": float(p_values[position]),
        }
        for position in order
    ]
    if p_value >= warn:
        text = Sentence("sample_ratio_by.ok", tested=tested, by=by, p=p_value)
        return CheckResult(name, True, text, rows=rows[:1]).judged_by(p_value, largest)
    key = "sample_ratio_by.alone" if bad else "sample_ratio_by.together"
    worst = str(rows[0][by])
    text = Sentence(key, bad=bad, tested=tested, by=by, worst=worst, p=p_value, why=WHY)
    failed = p_value < alpha
    check = CheckResult(name, False if failed else None, text, bad or tested, rows, _FIX if failed else "")
    return check.judged_by(p_value, largest)


def sample_ratio_sequential(
    counts: Sequence[Mapping[str, int]],
    shares: Mapping[str, float] | None = None,
    *,
    alpha: float = BLOCK,
    concentration: float = 10_000.0,
) -> CheckResult:
    """Watch the shares as units arrive: valid at every look, however often one looks.

    The sequential multinomial test of Lindon & Malek (2022), "Anytime-valid inference for multinomial count
    data", NeurIPS, eq. 3: the Bayes factor of a Dirichlet alternative centred on the planned shares
    against them. Its inverse, the smallest so far, is a p-value that falls below `alpha` at any time
    with probability at most `alpha` when the shares are as planned.

    Parameters
    ----------
    counts
        Units per arm that arrived since the look before, one mapping a look, in order of time.
    shares
        Planned share of each arm; equal by default.
    alpha
        Fails once the p-value falls below this.
    concentration
        Weight of the planned shares in the alternative, in units: large to find small mismatches late, small
        to find gross ones early. It moves power only, never the error rate.

    Returns
    -------
    CheckResult
        The p-value so far; on failure the look at which it first fell below `alpha`.

    Raises
    ------
    ExperimentError
        As in `sample_ratio`, or if `concentration` is not above zero.

    Examples
    --------
    >>> looks = [{"a": 1_000, "b": 1_010}, {"a": 1_000, "b": 1_300}, {"a": 1_000, "b": 1_350}]
    >>> check = sample_ratio_sequential(looks)
    >>> check.passed, check.rows[0]["look"]
    (False, 3)
    """
    if not concentration > 0 or not math.isfinite(concentration):
        msg = f"concentration={concentration!r} must be above 0"
        raise ExperimentError(msg, column="concentration", hint="concentration=10_000")
    name = "sample_ratio_sequential"
    if not counts:
        return CheckResult(name, None, Sentence("sample_ratio_sequential.none"))
    arms = list(dict.fromkeys(arm for row in counts for arm in row)) if shares is None else list(shares)
    lines = [_read({arm: row.get(arm, 0) for arm in [*arms, *row]}, shares, empty=True) for row in counts]
    planned = lines[0][2]
    seen = np.cumsum([line[1] for line in lines], axis=0)
    p_values = sequential_p_values(seen, planned, concentration)
    p_value = float(p_values[-1])
    last = dict(zip(lines[0][0], seen[-1].tolist(), strict=True))
    if p_value >= alpha:
        text = Sentence("sample_ratio_sequential.ok", looks=len(counts), p=p_value)
        row = {"look": len(counts), "p_value": p_value, **last}
        return CheckResult(name, True, text, rows=[row]).judged_by(p_value)
    first = int(np.argmax(p_values < alpha))
    looks = {"look": first + 1, "looks": len(counts)}
    text = Sentence("sample_ratio_sequential.failed", **looks, p=p_value, why=WHY)
    row = {"look": first + 1, "p_value": float(p_values[first])}
    row |= dict(zip(lines[0][0], seen[first].tolist(), strict=True))
    return CheckResult(name, False, text, int(seen[-1].sum()), [row], _FIX).judged_by(p_value)


def sequential_p_values(seen: Ints, shares: Floats, concentration: float = 10_000.0) -> Floats:
    """Return the anytime-valid p-value at each look (Lindon & Malek 2022, eq. 3 and 6).

    Parameters
    ----------
    seen
        Cumulative units, int, shape (looks, arms).
    shares
        Planned shares, sum one, shape (arms,).
    concentration
        Sum of the Dirichlet's parameters.
    """
    from scipy.special import gammaln

    prior = concentration * shares
    total = seen.sum(axis=1)
    log_factor = (
        gammaln(concentration)
        - gammaln(concentration + total)
        + (gammaln(prior + seen) - gammaln(prior)).sum(axis=1)
        - seen @ np.log(shares)
    )
    return np.minimum(1.0, np.exp(-np.maximum.accumulate(np.maximum(log_factor, 0.0))))


def _chi_square(seen: Ints, planned: Floats) -> tuple[float, float]:
    from scipy.stats import chisquare

    found = chisquare(seen, planned * seen.sum())
    return float(found.statistic), float(found.pvalue)


def _result(
    name: str,
    arms: Sequence[str],
    seen: Ints,
    planned: Floats,
    p_value: float,
    alpha: float,
    warn: float,
) -> CheckResult:
    total = int(seen.sum())
    rows: list[dict[str, Any]] = [
        {"arm": arm, "n": int(n), "share": n / total, "planned": float(share)}
        for arm, n, share in zip(arms, seen.tolist(), planned.tolist(), strict=True)
    ]
    stated = tuple(
        Sentence(
            "sample_ratio.arm", arm=row["arm"], count=row["n"], share=row["share"], planned=row["planned"]
        )
        for row in rows
    )
    if p_value >= warn:
        return CheckResult(name, True, Sentence("sample_ratio.ok", arms=stated, p=p_value), rows=rows)
    if p_value >= alpha:
        text = Sentence("sample_ratio.unusual", arms=stated, p=p_value)
        return CheckResult(name, None, text, total, rows)
    text = Sentence("sample_ratio.failed", arms=stated, p=p_value, why=WHY)
    return CheckResult(name, False, text, total, rows, _FIX)


def _read(
    counts: Mapping[str, int], shares: Mapping[str, float] | None, *, empty: bool = False
) -> tuple[list[str], Ints, Floats]:
    """Return arms, counts and shares that sum to one, in one order."""
    if len(counts) < 2:
        named = ", ".join(map(str, counts)) or "none"
        msg = f"a sample ratio needs two arms, and counts has {len(counts)}: {named}"
        raise ExperimentError(msg, column="counts", hint='counts={"treatment": 50_120, "holdout": 49_880}')
    if shares is not None:
        for arm in counts:
            if arm not in shares:
                raise ExperimentError(unknown_name("arm", arm, shares), column="counts")
    arms = list(counts if shares is None else shares)
    numbers = [counts.get(arm, 0) for arm in arms]
    for arm, number in zip(arms, numbers, strict=True):
        if not math.isfinite(number) or number < 0 or number != int(number):
            msg = f"counts[{arm!r}]={number!r} is no number of units"
            raise ExperimentError(msg, column="counts", hint="whole numbers of distinct units per arm")
    planned = np.array([1.0 if shares is None else float(shares[arm]) for arm in arms])
    if not (np.isfinite(planned).all() and (planned > 0).all()):
        msg = f"shares={dict(shares or {})!r} must be above 0 for every arm"
        raise ExperimentError(msg, column="shares", hint='shares={"treatment": 0.9, "holdout": 0.1}')
    seen = np.array(numbers, dtype=np.int64)
    if not empty and not seen.sum():
        msg = "no arm holds a unit"
        raise ExperimentError(msg, column="counts", hint="check the name of the arm column")
    return arms, seen, planned / planned.sum()
