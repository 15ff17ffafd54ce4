"""Worlds whose channels' effects are known, with experiments on some channels: see `calibration`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import attribution as at

SENT = ("display", "email", "retargeting", "sms", "social", "video")
CHANNELS = (
    "affiliate",
    "call_centre",
    "direct",
    "direct_mail",
    "display",
    "email",
    "organic_search",
    "paid_search",
    "retargeting",
    "sms",
    "social",
    "store_visit",
    "video",
)
MODELS = ("last_touch", "first_touch", "markov")


@dataclass(frozen=True, eq=False)
class World:
    """One log with its credit, its experiments in random order, and the truth."""

    credits: dict[str, at.Credit]
    lifts: dict[str, at.Estimate | at.Lift]
    truth: dict[str, float]
    nothing: float


def retailers(users: int, worlds: int, seed: int, *, scaled: bool) -> Iterator[World]:
    """Yield simulated retailers, a fifth of whose users is withheld from each of six channels in turn.

    `scaled`: every channel's effects are multiplied by 0, .5, 1, 1, 2 or 4, drawn by world.
    """
    for world in range(worlds):
        rng = np.random.default_rng([seed, world])
        effects = {name: float(rng.choice([0, 0.5, 1, 1, 2, 4])) for name in CHANNELS} if scaled else None
        options = {"seed": seed + world, "holdout": dict.fromkeys(SENT, 0.2), "effects": effects}
        data = at.datasets.simulate(users, **options)
        off = at.datasets.simulate(users, without=CHANNELS, **options)
        table = at.attribute(
            at.read_log(data.touches, data.conversions), list(MODELS), lookback="30D", goal="purchase"
        )
        lifts = {
            name: at.analyze_holdout(
                data.users,
                assigned=f"arm_{name}",
                outcome="purchases",
                covariate="past_orders",
                despite=("covariate_balance",),  # in one test of a thousand chance alone fails it: all count
            )
            for name in rng.permutation(SENT).tolist()
        }
        caused = data.truth.to_pydict()
        truth = dict(zip(caused["channel"], caused["expected_conversions"], strict=True))
        nothing = float(sum(off.users["purchases"].to_pylist()))
        yield World({model: table.select(models=model) for model in MODELS}, lifts, truth, nothing)


Law = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def as_the_prior(rng, credit):
    """Effects by the law that `calibrate` has in mind."""
    total = credit.sum()
    odd = (rng.random(len(credit)) < 0.1) * 0.15 * total
    spread = np.sqrt((rng.normal(0, 0.3) * credit) ** 2 + (rng.normal(0, 0.03) * total) ** 2 + odd**2)
    return rng.normal(0.7, 0.5) * credit + spread * rng.normal(size=len(credit))


def uniform(rng, credit):
    """Factors between two ends."""
    return credit * (rng.uniform(0.4, 0.8) + rng.uniform(0.1, 0.35) * rng.uniform(-1.73, 1.73, len(credit)))


def scaled(rng, credit):
    """Factors of which a third is nothing or half, and a third twice or four times the usual."""
    return 0.35 * credit * rng.choice([0, 0.5, 1, 1, 2, 4], len(credit))


def odd_ones(rng, credit):
    """Factors near .5, but that two channels cause a twelfth of all more, whatever their credit."""
    effects = credit * rng.normal(0.5, 0.15, len(credit))
    effects[rng.choice(len(credit), 2, replace=False)] += credit.sum() / 12
    return effects


def harmful(rng, credit):
    """Factors near .5, but that one channel drives a twentieth of all away."""
    effects = credit * rng.normal(0.5, 0.15, len(credit))
    effects[rng.integers(len(credit))] = -credit.sum() / 20
    return effects


LAWS: dict[str, Law] = {
    "as the prior": as_the_prior,
    "uniform factors": uniform,
    "scaled at random": scaled,
    "two odd ones": odd_ones,
    "one harmful": harmful,
}


def drawn(law: Law, conversions: float, error: float, worlds: int, seed: int, tests: int) -> Iterator[World]:
    """Yield worlds of 13 channels without any log: credit, effects by a law, experiments with an error.

    The error is a number of conversions, the same whatever a channel's credit. Effects add up to between 0
    and all.
    """
    for world in range(worlds):
        rng = np.random.default_rng([seed, world])
        while True:
            credit = conversions * rng.dirichlet(np.full(len(CHANNELS), 1.0))
            effects = law(rng, credit)
            if 0 <= effects.sum() <= conversions:
                break
        found = effects + rng.normal(0, error, len(effects))
        lifts = {
            CHANNELS[place]: at.Estimate(
                found[place], found[place] - 1.96 * error, found[place] + 1.96 * error, std_error=error
            )
            for place in rng.permutation(len(CHANNELS))[:tests].tolist()
        }
        table = at.Credit(
            models=("drawn",),
            by=("channel",),
            keys=(np.array(CHANNELS, dtype=object),),
            conversions=credit[None, :],
            value=np.zeros((1, len(CHANNELS))),
        )
        truth = dict(zip(CHANNELS, effects.tolist(), strict=True))
        yield World({"drawn": table}, lifts, truth, conversions - float(effects.sum()))
