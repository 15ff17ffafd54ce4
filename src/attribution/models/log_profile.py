"""What a log looks like, in counts that add up: a regression check compares two of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution import __version__
from attribution._typing import Floats, Ints
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.models.cells import CellTally
from attribution.models.chain_counts import CONVERSION, NULL, START, tally_chains
from attribution.models.days import day_parts
from attribution.models.markov_solution import MarkovSolution
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

Profile = Mapping[str, Mapping[str, float]]

PARTS = (
    "amounts", "channels", "hours", "conversion_hours", "days", "conversion_days", "lengths", "values",
    "day_hours", "conversion_day_hours", "day_waits", "day_repeats", "conversion_day_repeats",
    "order_day_repeats",
)  # fmt: skip
_HOUR = 3_600_000_000
_LONGEST = 30  # journeys longer than this are counted together
_STEPS = 4  # bins of values a decade


def tally_profile(journeys: Journeys) -> CellTally:
    """Count touches by channel, hour and day, journeys by length, conversions by hour, day and value.

    The last weeks are counted day by day besides; see `models.days`.

    Parameters
    ----------
    journeys
        N touches in J journeys. A touch that several conversions look back on counts for each.

    Returns
    -------
    CellTally
        By part and label, one number a row; `profile_of` turns it into mappings. Hours and days are those
        of UTC. Tallies of disjoint sets of users add up.
    """
    weights, lengths = journeys.weights, journeys.lengths
    touched, converted = lengths > 0, journeys.converted
    each = None if journeys.weight is None else np.repeat(weights, lengths)
    won = weights[converted]
    value = journeys.value[converted]  # of a row of a path table: of all of its conversions
    worth = value if journeys.weight is None else value / np.maximum(won, 1e-300)
    amounts = {
        "touches": float(len(journeys.channel) if each is None else each.sum()),
        "users": float(journeys.count_users()),
        "journeys": float(weights[touched].sum()),
        "converting": float(weights[touched & converted].sum()),
        "conversions": float(won.sum()),
        "unattributed": float(weights[converted & ~touched].sum()),
        "value": float(value.sum()),
        "squared_value": _squared(worth, won),
    }
    parts: dict[str, tuple[Any, Any]] = {
        "amounts": (list(amounts), np.array(list(amounts.values()))),
        "channels": (list(journeys.channels), sums_by(journeys.channel, each, len(journeys.channels))),
        "lengths": _counted(np.minimum(lengths[touched], _LONGEST), weights[touched]),
        "values": _binned(worth, won),
    }
    for prefix, time, amount in (
        ("", journeys.time, each),
        (
            "conversion_",
            None if journeys.conversion_time is None else journeys.conversion_time[converted],
            won,
        ),
    ):
        if time is not None:
            hours, count = _counted(time // _HOUR, amount)
            of_day, days = hours % 24, hours // 24
            parts[f"{prefix}hours"] = ([f"{hour:02d}" for hour in range(24)], sums_by(of_day, count, 24))
            day, total = _counted(days, count)
            parts[f"{prefix}days"] = (np.datetime_as_string(day.astype("datetime64[D]")), total)
    return _tally(parts | day_parts(journeys))


def tally_transitions(journeys: Journeys) -> CellTally:
    """Count the steps of the chain of order 1 over all journeys; see `tally_chains`."""
    return tally_chains(journeys, 1)


def profile_of(tally: CellTally) -> dict[str, dict[str, float]]:
    """Return a profile as mappings: part to label to number, both sorted."""
    found: dict[str, dict[str, float]] = {}
    parts, labels = (np.array(names, dtype=object)[codes] for names, codes in zip(
        tally.labels, tally.codes.T, strict=True))  # fmt: skip
    rows = sorted(zip(parts.tolist(), labels.tolist(), tally.sums[:, 0].tolist(), strict=True))
    for part, label, amount in rows:
        if amount or part == "amounts":
            found.setdefault(part, {})[label] = min(amount, float(np.finfo(np.float64).max))
    return found


def steps_of(tally: CellTally) -> dict[str, dict[str, float]]:
    """Return how often each channel followed each other one, at any order: from, to, count.

    The newest channel of a state of order k is a state of order 1, so the counts of order 1 are sums of
    those of order k.
    """
    found: dict[str, dict[str, float]] = {}
    sources, targets = tally.labels[-2], tally.labels[-1]
    if not len(tally.codes):
        return found
    key = tally.codes[:, -2] * len(targets) + tally.codes[:, -1]
    distinct, place = np.unique(key, return_inverse=True)
    counts = sums_by(place.reshape(-1), tally.sums[:, 0], len(distinct))
    for pair, count in zip(distinct.tolist(), counts.tolist(), strict=True):
        source, target = sources[pair // len(targets)], targets[pair % len(targets)]
        if target != UNATTRIBUTED:
            found.setdefault(source, {})[target] = count
    return found


def steps_of_credit(credit: Credit) -> dict[str, dict[str, float]] | None:
    """Return the transition counts of order 1 that a Markov model of the credit holds; None without one."""
    solutions = [detail for detail in credit.details.values() if isinstance(detail, MarkovSolution)]
    if not solutions:
        return None
    chains = solutions[0].chains
    n = len(chains.channels)
    newest = np.append(chains.states[:, -1], n) if len(chains.states) else np.array([n])  # -1 is START
    target = np.where(
        chains.target >= 0, newest[chains.target], n - 1 - chains.target
    )  # -1 to n, -2 to n + 1
    labels = ((*chains.channels, START), (*chains.channels, CONVERSION, NULL))
    codes = np.stack([newest[chains.source], target], axis=1).astype(np.int64)
    sums = np.stack([chains.count, chains.value], axis=1)
    return steps_of(CellTally(("last_1", "next"), labels, codes, sums))


def settings_of(settings: Mapping[str, object], by: Iterable[str]) -> dict[str, Any]:
    """Return the settings of a credit as plain values, with its dimensions and the library's series."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(settings), default=str))
    major, minor = __version__.split(".")[:2]
    series = major if major != "0" else f"{major}.{minor}"
    return {"library": series} | plain | {"by": list(by), "has_value": bool(settings.get("has_value", True))}


def _squared(worth: Floats, won: Floats) -> float:
    """Return the sum of squared values; the largest number there is where it would be larger."""
    with np.errstate(over="ignore", invalid="ignore"):
        squared = float((worth * worth) @ won)
    return squared if np.isfinite(squared) else float(np.finfo(np.float64).max)


def _counted(numbers: Ints, weights: Floats | None) -> tuple[Any, Floats]:
    """Return the distinct whole numbers and how often each occurs."""
    if not len(numbers):
        return np.empty(0, np.int64), np.empty(0)
    first = int(numbers.min())
    if int(numbers.max()) - first < 4 * len(numbers) + 65_536:
        count = sums_by(numbers - first, weights)
        present = np.flatnonzero(count)
        return present + first, count[present].astype(np.float64)
    distinct, place = np.unique(numbers, return_inverse=True)
    return distinct, sums_by(place.reshape(-1), weights, len(distinct))


def _binned(value: Floats, weights: Floats) -> tuple[list[str], Floats]:
    """Count values in bins of a quarter of a decade, each named by its lower end."""
    positive = value > 0
    step = np.floor(np.log10(value[positive]) * _STEPS + 1e-9).astype(np.int64)
    steps, count = _counted(step, weights[positive])
    labels = [f"{10 ** (place / _STEPS):.3g}" for place in steps.tolist()]
    others = [float(weights[value == 0].sum()), float(weights[value < 0].sum())]
    return [*labels, "0", "below 0"], np.array([*count.tolist(), *others])


def _tally(parts: Mapping[str, tuple[Any, Any]]) -> CellTally:
    names = tuple(parts)
    texts = [[str(label) for label in labels] for labels, _ in parts.values()]
    labels = tuple(sorted({label for part in texts for label in part}))
    place = {label: code for code, label in enumerate(labels)}
    codes = [
        np.stack([np.full(len(part), number), [place[label] for label in part]], axis=1)
        for number, part in enumerate(texts)
        if part
    ]
    sums = np.concatenate([amounts for (_, amounts), part in zip(parts.values(), texts, strict=True) if part])
    return CellTally(
        ("part", "label"),
        (names, labels),
        np.concatenate(codes).astype(np.int64),
        sums[:, None].astype(float),
    )
