"""Which order of chain predicts journeys that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attribution._checks import whole
from attribution._typing import Floats, Ints
from attribution.errors import ModelError
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.models.cells import distinct_rows
from attribution.models.chain_counts import CONVERSION, NULL, tally_chains
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    import pandas as pd

    from attribution.models.cells import CellTally

_CHANCE = 0.5  # the AUC of a guess


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
        total, counts = _pooled([_steps(part, order) for part in parts])
        scores = np.array([_held_out(total, counts, number) for number in range(folds)])
        low, high = _over_folds(scores[:, 1])
        rows.append(
            {
                "order": order,
                "log_likelihood": scores[:, 0].mean(),
                "standard_error": scores[:, 0].std(ddof=1) / np.sqrt(folds),
                "auc": scores[:, 1].mean(),
                "auc_low": low,
                "auc_high": high,
                "states": int(_numbered(total.codes[:, :-1], len(total.labels[-1])).max()) + 1,
            }
        )
    frame = pd.DataFrame(rows)
    likelihood = frame["log_likelihood"].to_numpy()
    best = int(likelihood.argmax())
    enough = likelihood >= likelihood[best] - frame["standard_error"].to_numpy()[best]
    selected = int(enough.argmax())
    blind = not frame["auc_low"].to_numpy()[selected] > _CHANCE  # also where it is not known
    frame["selected"] = (np.arange(len(frame)) == selected) & (not blind)
    if blind:
        frame["note"] = "order of channels tells nothing here: the interval of the AUC holds .5"
    return frame


def _over_folds(scores: Floats) -> tuple[float, float]:
    """Return the 95% t interval of the mean over folds, whose users are all others."""
    from scipy import stats

    n = len(scores)
    reach = float(stats.t.ppf(0.975, n - 1)) * float(scores.std(ddof=1)) / np.sqrt(n)
    return float(scores.mean()) - reach, float(scores.mean()) + reach


def _steps(journeys: Journeys, order: int) -> CellTally:
    """Return the gram tally without unattributed conversions."""
    tally = tally_chains(journeys, order)
    kept = tally.codes[:, -1] != tally.labels[-1].index(UNATTRIBUTED)
    return replace(tally, codes=tally.codes[kept], sums=tally.sums[kept])


def _pooled(tallies: Sequence[CellTally]) -> tuple[CellTally, Floats]:
    """Return the union of chains and each fold's counts of them, shape (folds, E)."""
    total = tallies[0]
    for tally in tallies[1:]:
        total = total + tally
    empty = replace(total, sums=np.zeros_like(total.sums))
    return total, np.stack([(empty + tally).sums[:, 0] for tally in tallies])


def _held_out(total: CellTally, counts: Floats, number: int) -> tuple[float, float]:
    """Return the mean log-likelihood per step and the AUC of one fold, predicted from the others."""
    held, known = counts[number], counts.sum(axis=0) - counts[number]
    probability = _backed_off(total.codes, known, len(total.labels[-1]) - 1)
    likelihood = float((held * np.log(probability)).sum() / max(held.sum(), 1e-300))
    return likelihood, _auc(total, known, held)


def _numbered(codes: Ints, size: int) -> Ints:
    """Give a number to each distinct row, 0 for rows without columns; shape (E,)."""
    if codes.shape[1] == 0:
        return np.zeros(len(codes), np.int64)
    return distinct_rows(list(codes.T), [size] * codes.shape[1])[1]


def _backed_off(codes: Ints, counts: Floats, n_steps: int) -> Floats:
    """Return P(next | context), each context holding one pseudo-count of the order below; shape (E,)."""
    probability = np.full(len(codes), 1.0 / n_steps)
    size = int(codes.max(initial=0)) + 1
    for first in range(codes.shape[1] - 1, -1, -1):
        gram = _numbered(codes[:, first:], size)
        context = _numbered(codes[:, first:-1], size)
        seen = sums_by(gram, counts)[gram]
        outflow = sums_by(context, counts)[context]
        probability = (seen + probability) / (outflow + 1.0)
    return probability


def _auc(total: CellTally, known: Floats, held: Floats) -> float:
    """Return how well P(convert next | last state) ranks the ends of held-out journeys."""
    names = total.labels[-1]
    converts, ends = (total.codes[:, -1] == names.index(kind) for kind in (CONVERSION, NULL))
    context = _numbered(total.codes[:, :-1], int(total.codes.max(initial=0)) + 1)
    score = (sums_by(context, known * converts) + 0.5) / (sums_by(context, known) + 1.0)
    positive, negative = sums_by(context, held * converts), sums_by(context, held * ends)
    order = np.argsort(score, kind="stable")
    tie = np.cumsum(np.append(True, np.diff(score[order]) > 0)) - 1
    positive, negative = (sums_by(tie, side[order]) for side in (positive, negative))
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else float("nan")
