"""Which order of chain predicts journeys that it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._checks import whole
from attribution._typing import Floats, Ints
from attribution.errors import ModelError
from attribution.journeys.journeys import Journeys
from attribution.models.grams import UNATTRIBUTED, tally_grams

if TYPE_CHECKING:
    import pandas as pd

    from attribution.models.base import CellTally


def select_order(journeys: Journeys, max_order: int, folds: int) -> pd.DataFrame:
    """Compare orders by held-out likelihood; see `Markov.select_order`."""
    import pandas as pd

    if whole(max_order, "max_order", error=ModelError) > 5:
        msg = f"max_order={max_order} is more than 5"
        raise ModelError(msg, hint="max_order=3")
    whole(folds, "folds", least=2, error=ModelError)
    if journeys.user is None:
        msg = "select_order splits users into folds, and these journeys came from a path table"
        raise ModelError(msg, hint="at.build_journeys(log)")
    fold = (journeys.user >> np.uint64(32)) % np.uint64(folds)
    parts = [journeys.take(fold == np.uint64(number)) for number in range(folds)]
    if min(len(part) for part in parts) == 0:
        msg = f"{len(journeys):,} journeys are too few for {folds} folds"
        raise ModelError(msg, hint="folds=2")
    rows = []
    for order in range(1, max_order + 1):
        tallies = [_steps(part, order) for part in parts]
        scores = np.array([_held_out(tallies, number) for number in range(folds)])
        rows.append(
            {
                "order": order,
                "log_likelihood": scores[:, 0].mean(),
                "standard_error": scores[:, 0].std(ddof=1) / np.sqrt(folds),
                "auc": scores[:, 1].mean(),
                "states": len(np.unique(_pooled(tallies)[0].codes[:, :-1], axis=0)),
            }
        )
    frame = pd.DataFrame(rows)
    best = int(frame["log_likelihood"].idxmax())
    floor = frame.loc[best, "log_likelihood"] - frame.loc[best, "standard_error"]
    selected = int((frame["log_likelihood"] >= floor).to_numpy().argmax())
    frame["selected"] = np.arange(len(frame)) == selected
    return frame


def _steps(journeys: Journeys, order: int) -> CellTally:
    """Return the gram tally without unattributed conversions."""
    from dataclasses import replace

    tally = tally_grams(journeys, order)
    kept = tally.codes[:, -1] != tally.labels[-1].index(UNATTRIBUTED)
    return replace(tally, codes=tally.codes[kept], sums=tally.sums[kept])


def _pooled(tallies: list[Any]) -> tuple[Any, Floats]:
    """Return the union of grams and each fold's counts of them, shape (folds, E)."""
    total = tallies[0]
    for tally in tallies[1:]:
        total = total + tally
    counts = []
    for tally in tallies:
        empty = type(total)(total.by, total.labels, total.codes, np.zeros_like(total.sums))
        counts.append((empty + tally).sums[:, 0])
    return total, np.stack(counts)


def _held_out(tallies: list[Any], number: int) -> tuple[float, float]:
    """Return the mean log-likelihood per step and the AUC of one fold, predicted from the others."""
    total, counts = _pooled(tallies)
    held, known = counts[number], counts.sum(axis=0) - counts[number]
    probability = _backed_off(total.codes, known, len(total.labels[-1]) - 1)
    likelihood = float((held * np.log(probability)).sum() / max(held.sum(), 1e-300))
    return likelihood, _auc(total, known, held)


def _backed_off(codes: Ints, counts: Floats, n_steps: int) -> Floats:
    """Return P(next | context), each context holding one pseudo-count of the order below; shape (E,)."""
    probability = np.full(len(codes), 1.0 / n_steps)
    for first in range(codes.shape[1] - 1, -1, -1):
        _, gram = np.unique(codes[:, first:], axis=0, return_inverse=True)
        _, context = np.unique(codes[:, first:-1], axis=0, return_inverse=True)
        seen = np.bincount(gram.reshape(-1), counts)[gram.reshape(-1)]
        if codes[:, first:-1].shape[1] == 0:
            outflow = np.full(len(codes), counts.sum())
        else:
            outflow = np.bincount(context.reshape(-1), counts)[context.reshape(-1)]
        probability = (seen + probability) / (outflow + 1.0)
    return probability


def _auc(total: Any, known: Floats, held: Floats) -> float:
    """Return how well P(convert next | last state) ranks the ends of held-out journeys."""
    names = total.labels[-1]
    ends = {kind: total.codes[:, -1] == names.index(kind) for kind in ("(conversion)", "(null)")}
    _, context = np.unique(total.codes[:, :-1], axis=0, return_inverse=True)
    context = context.reshape(-1)
    converts, outflow = (
        np.bincount(context, np.where(mask, known, 0.0))
        for mask in (ends["(conversion)"], np.ones(len(known), bool))
    )
    score = (converts + 0.5) / (outflow + 1.0)
    positive = np.bincount(context, np.where(ends["(conversion)"], held, 0.0))
    negative = np.bincount(context, np.where(ends["(null)"], held, 0.0))
    order = np.argsort(score, kind="stable")
    _, tie = np.unique(score[order], return_inverse=True)
    positive, negative = (np.bincount(tie.reshape(-1), side[order]) for side in (positive, negative))
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else float("nan")
