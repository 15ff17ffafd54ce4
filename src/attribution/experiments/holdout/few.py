"""What is said where events are few: how the test is made, or that none holds its level."""

from __future__ import annotations

from typing import Any

from attribution.diagnostics import CheckResult
from attribution.experiments.holdout.arm import Pair
from attribution.experiments.holdout.context import Context
from attribution.experiments.holdout.effects import Test
from attribution.experiments.holdout.events import FEW, effective_clusters, events, shown, uneven
from attribution.experiments.shared.lift_text import FEW_EVENTS
from attribution.stats.proportions import sparse_score_test


def few_events(context: Context, pair: Pair, test: Test) -> CheckResult | None:
    """Return what to know of a test with few events; None where there are enough.

    It fails where the test has no inference that holds its level, and where no outcome of these units could
    have shown an effect at it.
    """
    request = context.request
    if not (context.scored or "outcome" in test.references or "outcome" in test.blind):
        return None
    arms = (context.treatment, request.holdout)
    rows: list[dict[str, Any]] = []
    for arm, side in zip(arms, context.sides, strict=True):
        row: dict[str, Any] = {"arm": arm, "n": side.n, "events": round(events(side, "outcome"), 1)}
        if context.clustered:
            row["clusters"] = round(effective_clusters(side), 1)
        rows.append(row)
    least = min(rows, key=lambda row: row["events"])
    if uneven(context.sides):
        least = min(rows, key=lambda row: row["clusters"])
        told = f"the clusters of {least['arm']} are as good as {shown(least['clusters'])} of one size"
    else:
        told = f"{request.outcome} in {least['arm']} rests on as good as {shown(least['events'])} events"
    fewest = round(min(row["events"] for row in rows))
    if "outcome" in test.blind:
        why, fix = _blind(context)
        return CheckResult(FEW_EVENTS, False, f"{told}, {why}: there is no verdict", fewest, rows, fix)
    smallest = _smallest(context, pair, test)
    if smallest > test.alpha:
        text = (
            f"{told}: however they had fallen, the smallest p would have been {smallest:.2g}, so that no "
            f"effect can be shown at {100 * test.alpha:.3g}%"
        )
        return CheckResult(FEW_EVENTS, False, text, fewest, rows, _MORE)
    how = "the score test" if context.scored else "assigning the same units anew, whatever they are like"
    return CheckResult(FEW_EVENTS, None, f"{told}, so that the test is made by {how}", fewest, rows)


_MORE = "a longer test, a larger holdout, or something more frequent: outcome= visits or baskets"


def _blind(context: Context) -> tuple[str, str]:
    if context.request.sequential is not None:
        why = f"fewer than the {FEW} in an arm from which a confidence sequence is to be looked at"
        return why, f"look again when each arm has {FEW} events"
    return (
        "and sums alone do not tell how its error is distributed",
        "analyze_holdout(users) with one row a user, who are assigned anew; or outcome= a column of 0 and 1",
    )


def _smallest(context: Context, pair: Pair, test: Test) -> float:
    """Return the smallest p-value that these events could have had, had they fallen otherwise."""
    if not context.scored:
        found = test.references["outcome"]
        draws = (float(found.draws[0]), float(found.draws[-1]))
        sides = {"two-sided": draws, "larger": draws[1:], "smaller": draws[:1]}[test.side]
        both = 2.0 if test.side == "two-sided" else 1.0
        return min(both * found.beyond(draw, above=draw > 0) for draw in sides)
    n = (pair.treated.n, pair.control.n)
    place = pair.treated.at("outcome")
    total = sum(round(float(arm.mean[place] * arm.n)) for arm in (pair.treated, pair.control))
    ends = [min(total, n[0]), max(0, total - n[1])]
    ends = {"two-sided": ends, "larger": ends[:1], "smaller": ends[1:]}[test.side]
    half = 1.0 if test.side == "two-sided" else 0.5
    null = -test.null("outcome")
    return min(half * sparse_score_test(end, n[0], total - end, n[1], 0.5, null=null).p_value for end in ends)
