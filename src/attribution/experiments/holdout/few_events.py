"""What is said where events are few: how the test is made, or that none holds its level."""

from __future__ import annotations

import math
from typing import Any

from attribution.diagnostics import CheckResult
from attribution.experiments.holdout.arm import Pair
from attribution.experiments.holdout.comparison import Context
from attribution.experiments.holdout.effects import Test
from attribution.experiments.holdout.events import FEW, effective_clusters, events, uneven
from attribution.experiments.shared.lift_text import FEW_EVENTS
from attribution.language.sentence import Sentence
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
        told = Sentence("few_events.clusters", arm=least["arm"], found=_found(least["clusters"]))
    else:
        rests = _found(least["events"])
        told = Sentence("few_events.events", outcome=request.outcome, arm=least["arm"], found=rests)
    fewest = round(min(row["events"] for row in rows))
    if "outcome" in test.blind:
        why, fix = _blind(context)
        text = Sentence("few_events.blind", found=told, why=why)
        return CheckResult(FEW_EVENTS, False, text, fewest, rows, fix)
    smallest = _smallest(context, pair, test)
    if smallest > test.alpha:
        text = Sentence("few_events.out_of_reach", found=told, p=smallest, level=test.alpha)
        return CheckResult(FEW_EVENTS, False, text, fewest, rows, _MORE)
    how = Sentence("few_events.score" if context.scored else "few_events.anew")
    return CheckResult(FEW_EVENTS, None, Sentence("few_events.made_by", found=told, how=how), fewest, rows)


_MORE = Sentence("fix.more_events")


def _found(count: float) -> Sentence:
    """Return a number of events or clusters, whole where it is nearly so."""
    whole = math.isclose(count, round(count), abs_tol=0.05)
    return Sentence("few_events.whole" if whole else "few_events.part", count=count)


def _blind(context: Context) -> tuple[str, str]:
    if context.request.sequential is not None:
        why = Sentence("few_events.sequential", least=FEW)
        return why, Sentence("fix.look_later", least=FEW)
    return (
        Sentence("few_events.sums"),
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
