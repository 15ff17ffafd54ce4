"""Breakdowns of models whose channels have effects: a journey's conversion split over its touches."""

from __future__ import annotations

import numpy as np

from attribution._typing import Floats
from attribution.journeys.claimed import claimed_touches
from attribution.journeys.journeys import Journeys
from attribution.kernels.ragged import segment_sums
from attribution.language.sentence import Sentence


def shares_by_effect(journeys: Journeys, channels: tuple[str, ...], effects: Floats) -> Floats:
    """Return each claimed touch's share of its conversion, by the size of its channel's effect.

    The sign of an effect is left out: within a channel it is the same for all touches, so that it changes
    nothing once cells are scaled to the channel's credit, while effects of both signs could cancel.

    Parameters
    ----------
    journeys
        The journeys.
    channels
        What the effects belong to; channels of the journeys that are not among them have none.
    effects
        Shape (n_channels,).

    Returns
    -------
    Floats
        Shape (M,); shares of a journey sum to 1 and are equal where none of its channels has an effect.
    """
    claimed = claimed_touches(journeys)
    size = dict(zip(channels, np.abs(effects).tolist(), strict=True))
    of_touch = np.array([size.get(name, 0.0) for name in journeys.channels], np.float64)[claimed.channel]
    whole = segment_sums(of_touch, claimed.offsets)[claimed.journey]
    shares = 1.0 / claimed.length
    np.divide(of_touch, whole, out=shares, where=whole > 0)
    return shares


def nothing_learnt(model: str, p_value: float | None, what: str) -> tuple[str, ...]:
    """Return the note that a model has learnt nothing, where a test at 5% does not tell.

    Parameters
    ----------
    model
        Its name.
    p_value
        Of the test; None where there is too little to test.
    what
        What does not tell converting journeys from others: ``"sets"``, ``"channel"`` or ``"last"``.
    """
    if p_value is None or p_value <= 0.05:
        return ()
    return (Sentence("model.learnt_nothing", model=model, what=Sentence(f"learnt.{what}"), p=p_value),)
