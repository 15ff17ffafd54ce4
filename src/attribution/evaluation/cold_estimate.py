"""What touches out of the blue started and helped, from a tally, by many weightings of groups of users."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution._typing import Bools, Floats
from attribution.evaluation.cold_tally import ColdTally

_SHRINK = 5.0  # moments at the mean rate of all that are put into each stratum
_RIDGE = 1e-6  # of the diagonal: terms that nothing tells apart share what they go with


@dataclass(frozen=True, eq=False)
class ColdEstimate:
    """Estimates by R weightings of the groups of users, of C channels and the placebo.

    Attributes
    ----------
    started : float64, shape (R, C + 1)
        Conversions beyond those of quiet time after cold touches, unseen starts taken away, for all touches.
    helped : float64, shape (R, C + 1)
        Conversions of stretches that hold an own touch, beyond those without the channel's touches.
    follow : float64, shape (R, C + 1)
        Share of touches with an own touch in the 14 days before, beyond that of moments at random.
    """

    started: Floats
    helped: Floats
    follow: Floats

    @property
    def caused(self) -> Floats:
        """Both together, shape (R, C + 1)."""
        return self.started + self.helped


def estimate(tally: ColdTally, own: Bools, weights: Floats, look: int) -> ColdEstimate:
    """Estimate by one length of quiet.

    Parameters
    ----------
    tally
        Of all users.
    own
        Channels that users come by of themselves, shape (C,).
    weights
        How often each group of users counts, shape (R, G).
    look
        Which of the tally's lengths of quiet.
    """
    touches = np.einsum("rg,gck->rck", weights, tally.touches[look])
    moments, before = (weights @ tally.moments[look]).T
    chance = _ratio(before, moments)
    late = touches[:, :, 1]
    beyond = touches[:, :, 2] - chance[:, None] * late
    idle, after = np.moveaxis(np.einsum("rg,gsk->rsk", weights, tally.quiet[look]), -1, 0)
    overall = _ratio(after.sum(axis=1), idle.sum(axis=1))[:, None]
    usual = (after + _SHRINK * overall) / (idle + _SHRINK)
    n_cold = np.einsum("rg,gcs->rcs", weights, tally.cold[look][..., 0])
    gained = weights @ tally.cold[look][..., 1].sum(axis=-1) - np.einsum("rcs,rs->rc", n_cold, usual)
    n_cold = n_cold.sum(axis=-1)
    mine = np.append(own, False)
    lift = _ratio(gained[:, mine].sum(axis=1), n_cold[:, mine].sum(axis=1))
    inside = _ratio(touches[:, mine, 2].sum(axis=1), late[:, mine].sum(axis=1))
    alone, cold = (weights @ tally.unseen[look]).T
    unseen = np.maximum(beyond, 0) * (_ratio(1 - inside, inside) * _ratio(cold, alone))[:, None]
    started = gained - np.minimum(unseen, n_cold) * lift[:, None]
    whole = _ratio(touches[:, :, 0], late)
    return ColdEstimate(started * whole, _helped(tally, weights, look, own) * whole, _ratio(beyond, late))


def _helped(tally: ColdTally, weights: Floats, look: int, own: Bools) -> Floats:
    """Return touches in stretches that others started, times what each goes with (least squares)."""
    gram = np.tensordot(weights, tally.gram[look], axes=1)
    moment = weights @ tally.moment[look]
    diagonal = np.einsum("rpp->rp", gram)
    diagonal += np.maximum(_RIDGE * diagonal, 1e-9)
    slopes = np.linalg.solve(gram, moment[:, :, None])[:, :, 0]
    n_own, n_media = int(own.sum()), int((~own).sum())
    helped = np.zeros((len(weights), len(own) + 1))
    media = np.append(~own, True)
    helped[:, media] = slopes[:, 1 + n_own : 2 + n_own + n_media]
    touches: Floats = weights @ tally.helped[look]
    return helped * touches


def _ratio(over: Floats, under: Floats) -> Floats:
    return np.divide(over, under, out=np.zeros(np.broadcast(over, under).shape), where=under > 0)
