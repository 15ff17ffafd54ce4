"""evaluate: which model is least wrong, against what channels caused or against past experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from attribution._checks import name_list
from attribution._typing import Floats
from attribution.calibration.calibrate import calibrate
from attribution.credit.credit import Credit
from attribution.errors import CreditError, ExperimentError, unknown_name
from attribution.evaluation.evaluation import Evaluation
from attribution.evaluation.predictive import left_out_scores
from attribution.tables.sources import open_source

FEWEST = 3  # experiments of which each is predicted from the others


def evaluate(
    credit: Credit,
    *,
    truth: Any = None,
    lifts: Mapping[str, Any] | None = None,
    spend: Any = None,
    channels: Sequence[str] | None = None,
    rho: float = 0.5,
) -> Evaluation:
    """Say how far each model's credit is from what channels caused.

    Against `truth`, which a simulation knows (`datasets.simulate`), or against past experiments: then each
    experiment is predicted from the others by each model's credit. No model is ranked by how well it predicts
    conversions, or by how little it moves: neither finds the model that is right.

    Parameters
    ----------
    credit
        Credit by channel, of one model or several.
    truth
        What channels caused in the same log and goal: a mapping of channels to conversions; or a table, in
        the forms of `read_log`, with ``channel`` and ``expected_conversions`` or ``conversions``.
    lifts
        Experiments by channel, as `calibrate` takes them; three or more. In place of `truth`.
    spend
        What channels cost, as `Credit.with_spend` takes it; not needed where the credit has it.
    channels
        Channels to judge by. By default those with spend; without any, those of the truth.
    rho
        How effects grow with spend, ``spend ** rho``, for the budget's regret; between 0 and 1.

    Returns
    -------
    Evaluation

    Raises
    ------
    CreditError
        If neither or both of `truth` and `lifts` are given; the credit is not by channel alone; a channel is
        unknown or the truth lacks it; there are fewer than three experiments.

    Examples
    --------
    >>> import attribution as at
    >>> world = at.datasets.simulate(5_000, seed=1, world="closers")
    >>> log = at.read_log(world.touches, world.conversions)
    >>> credit = at.attribute(log, ["first_touch", "last_touch", "linear"], goal="purchase")
    >>> at.evaluate(credit, truth=world.truth, spend=world.spend).best()
    'linear'
    """
    if not isinstance(credit, Credit):
        msg = f"credit is a {type(credit).__name__}, and no credit"
        raise CreditError(msg, column="credit", hint="at.evaluate(at.attribute(log, models), truth=truth)")
    if (truth is None) == (lifts is None):
        msg = (
            "truth= and lifts= are two questions"
            if truth is not None
            else "there is nothing to hold it against"
        )
        hint = "lifts=None" if truth is not None else "a truth that a simulation knows, or three experiments"
        raise CreditError(msg, column="truth", hint=hint)
    if credit.by != ("channel",):
        msg = f"the credit is by {', '.join(credit.by)}, and channels are judged"
        raise CreditError(msg, column="credit", hint='at.attribute(log, models, by="channel")')
    if isinstance(rho, bool) or not isinstance(rho, Real) or not 0 < rho < 1:
        msg = f"rho={rho!r} must be a number above 0 and below 1"
        raise CreditError(msg, column="rho", hint="rho=0.5")
    credit = credit if spend is None else credit.with_spend(spend)
    asked = None if channels is None else name_list(channels, "channels", error=CreditError)
    if lifts is not None:
        return _by_experiments(credit, lifts, asked, float(rho))
    return _by_truth(credit, _caused(truth), asked, float(rho))


def _by_truth(
    credit: Credit, caused: Mapping[str, float], asked: Sequence[str] | None, rho: float
) -> Evaluation:
    given, cost = _given(credit)
    judged = asked or [name for name in given if cost.get(name, 0.0) > 0] or [*caused]
    for name in judged:
        if name not in caused:
            msg = f"the truth: {unknown_name('channel', name, caused)}"
            raise CreditError(msg, column="truth")
    ends = _ends(credit)
    shape = (len(credit.models), len(judged))
    none = np.zeros(shape[0])
    return Evaluation(
        models=tuple(credit.models),
        channels=tuple(judged),
        credit=np.stack([given.get(name, none) for name in judged], axis=1),
        low=None if ends is None else np.stack([ends[0].get(name, none) for name in judged], axis=1),
        high=None if ends is None else np.stack([ends[1].get(name, none) for name in judged], axis=1),
        truth=np.array([caused[name] for name in judged]),
        cost=np.array([cost.get(name, np.nan) for name in judged]),
        total=float(credit.totals()["total"].iloc[0]),
        rho=rho,
    )


def _by_experiments(
    credit: Credit, lifts: Mapping[str, Any], asked: Sequence[str] | None, rho: float
) -> Evaluation:
    tested = [name for name in lifts if asked is None or name in asked] if isinstance(lifts, Mapping) else []
    if len(tested) < FEWEST:
        msg = f"{len(tested)} experiments cannot choose between models"
        why = "each is predicted from the others, and one or two others fit any model"
        hint = "at.calibrate(credit, lifts) uses one; its next_test() says which to run"
        raise CreditError(msg, column="lifts", why=why, hint=hint)
    given, cost = _given(credit)
    effects, errors = np.full((2, len(credit.models), len(tested)), np.nan)
    problem: ExperimentError | None = None
    for row, model in enumerate(credit.models):
        try:
            made = calibrate(credit.select(models=model), dict(lifts))
        except ExperimentError as error:  # this model gives a tested channel nothing
            problem = error
            continue
        place = [made.channels.index(name) for name in tested]
        effects[row] = made.own()[0][place]
        errors[row] = (made.errors * np.abs(made.attributed))[place]
    known = np.isfinite(effects).all(axis=1)
    if problem is not None and not known.any():
        raise problem
    # What a test found is what it found, also where a model gives the channel nothing.
    effects[~known], errors[~known] = effects[known].mean(axis=0), errors[known].mean(axis=0)
    none = np.zeros(len(credit.models))
    lines = np.stack([given.get(name, none) for name in tested], axis=1)
    scores = np.stack([left_out_scores(*rows) for rows in zip(lines, effects, errors, strict=True)])
    return Evaluation(
        models=tuple(credit.models),
        channels=tuple(tested),
        credit=lines,
        low=None,
        high=None,
        truth=effects.mean(axis=0),
        cost=np.array([cost.get(name, np.nan) for name in tested]),
        total=float(credit.totals()["total"].iloc[0]),
        rho=rho,
        errors=errors.mean(axis=0),
        scores=scores,
    )


def _given(credit: Credit) -> tuple[dict[str, Floats], dict[str, float]]:
    """Return by channel the credit under every model, shape (models,), and what the channel cost."""
    cells = np.flatnonzero(credit.attributed)
    names = [str(name) for name in credit.keys[0][cells].tolist()]
    given = {name: credit.conversions[:, cell] for name, cell in zip(names, cells, strict=True)}
    if credit.cost is None:
        return given, {}
    return given, dict(zip(names, np.nan_to_num(credit.cost[cells]).tolist(), strict=True))


def _ends(credit: Credit) -> tuple[dict[str, Floats], dict[str, Floats]] | None:
    """Return by channel the ends of the 95% intervals of credit, where it has replicates."""
    if credit.bootstrap is None:
        return None
    frame = credit.intervals("conversions")
    found = [
        frame.pivot(index="channel", columns="model", values=end)[list(credit.models)]
        for end in ("ci_low", "ci_high")
    ]
    low, high = ({str(name): row.to_numpy() for name, row in table.iterrows()} for table in found)
    return low, high


def _caused(truth: Any) -> dict[str, float]:
    """Return what each channel caused."""
    if isinstance(truth, Mapping) and all(isinstance(value, Real) for value in truth.values()):
        return {str(name): float(value) for name, value in truth.items()}
    source = open_source(truth, "truth")
    columns = list(source.columns)
    measure = next((name for name in ("expected_conversions", "conversions") if name in columns), None)
    for name in ("channel", measure or "conversions"):
        if name not in columns:
            msg = f"the truth: {unknown_name('column', name, columns)}"
            raise CreditError(msg, column="truth")
    found: dict[str, float] = {}
    for batch in source.batches(["channel", measure or "conversions"]):
        pairs = zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)
        found |= {str(name): float(value) for name, value in pairs}
    return found
