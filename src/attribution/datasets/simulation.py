"""simulate: a retailer's log whose true incremental effects are known."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from attribution._checks import fraction, whole
from attribution._typing import Bools
from attribution.datasets import retailer as r
from attribution.datasets import simulated_tables
from attribution.datasets.calendar import DAY, Calendar, make_calendar
from attribution.datasets.conversions import draw_conversions
from attribution.datasets.dataset import Dataset
from attribution.datasets.dirt import read_dirt, soil
from attribution.datasets.sampling import Source
from attribution.datasets.touches import concatenate, draw_bots, draw_touches, recorded
from attribution.datasets.truth import measure
from attribution.datasets.world import make_world
from attribution.datasets.worlds import WORLDS
from attribution.errors import DatasetError, unknown_name

_MOST_USERS = 50_000_000
_MOST_DAYS = 3_660


def simulate(
    n_users: int = 20_000,
    *,
    start: str | dt.date = "2025-01-01",
    days: int = 365,
    seed: int = 0,
    holdout: Mapping[str, Any] | None = None,
    without: str | Iterable[str] = (),
    effects: Mapping[str, float] | None = None,
    seasonality: float = 1.0,
    bots: int = 0,
    dirt: bool | Mapping[str, float] | None = None,
    world: str = "retailer",
) -> Dataset:
    """Simulate a retailer's touches, conversions and spend, with every channel's true effect.

    Users go on shopping missions, of their own accord or because a touch (video above all) made them.
    Intent varies between missions; it raises the chance of a purchase, and it draws touches of the
    channels that chase it (retargeting above all). A mission i ends in a purchase when its hazard

        H_i = base x intent_i + sum over channels c of effect_c x phi(touches of c in i)

    with phi(n) = 1 + 1/2 + ... + 1/2**(n-1), exceeds a standard exponential of its own. docs/simulation.md
    states the whole process and the columns of the result.

    Parameters
    ----------
    n_users
        How many users.
    start
        First day, ISO format or a date; times are in UTC.
    days
        Length of the log. Missions begin on or after `start`, so the first fortnight ramps up.
    seed
        Everything random follows from it. Two calls that differ in `holdout`, `without`, `bots` or
        `dirt` only share every other random number.
    holdout
        Randomised holdouts: for a channel, the share of users it is withheld from all along, drawn
        independently of each other. Or, for arms of one's own, which users: booleans, True for the held
        out, one a user in the order of `users`. Adds arm, eligibility and exposure to `users`.
    without
        Channels switched off for everyone: the counterfactual world.
    effects
        Factors on the true effects of channels: ``{"email": 0}`` makes e-mail useless, in a world of
        the same kind but other random numbers.
    seasonality
        0 makes all days alike, 1 is the retailer's year, between and beyond scale the logarithm.
    bots
        How many automated visitors to add, each with 300 to 1,500 touches within four days, no
        conversions, no row in `users`.
    dirt
        True for some of everything that real logs suffer from, or amounts by kind (shares of the
        touches or purchases; ``missing_days`` in days): see docs/simulation.md. `truth`, `users` and
        `spend` stay clean.
    world
        How causes work: a name in `WORLDS`, each the retailer with a few stated constants changed.
        docs/simulation.md says what each changes, and which models it favours.

    Returns
    -------
    Dataset
        Arrow tables touches, conversions, spend, users, identities, truth, and the settings.

    Raises
    ------
    DatasetError
        If an argument is impossible.

    Examples
    --------
    >>> from attribution.datasets import simulate
    >>> data = simulate(2_000, seed=7, holdout={"email": 0.2})
    >>> data.conversions.column_names[:4]
    ['time', 'user_id', 'goal', 'value']
    >>> sorted(set(data.users["arm_email"].to_pylist()))
    ['holdout', 'treatment']

    The truth is what the same world loses without the channel:

    >>> off = simulate(2_000, seed=7, holdout={"email": 0.2}, without="email")
    >>> def purchases(dataset):
    ...     return sum(dataset.users["purchases"].to_pylist())
    >>> caused = dict(zip(data.truth["channel"].to_pylist(), data.truth["conversions"].to_pylist()))
    >>> purchases(data) - purchases(off) == caused["email"]
    True
    """
    n_users = _within(n_users, "n_users", _MOST_USERS)
    seed = whole(seed, "seed", least=0, error=DatasetError)
    bots = whole(bots, "bots", least=0, error=DatasetError)
    drawn = _read_holdout(holdout, n_users)
    closed = _read_channels(without)
    factors = _read_effects(effects)
    process = WORLDS[_read_world(world)]
    amounts = read_dirt(dirt)
    days = _within(days, "days", _MOST_DAYS)
    strength = _factor(seasonality, "seasonality")
    calendar = make_calendar(_read_start(start), days, strength)
    source = Source(seed)

    drawn_world = make_world(source, calendar, n_users, factors, process)
    held_out = {
        name: source.uniform(f"holdout.{name}", n_users) < entry if isinstance(entry, float) else entry
        for name, entry in drawn.items()
    }
    withheld: dict[int, Bools] = {r.CHANNEL_CODE[name]: mask for name, mask in held_out.items()}
    withheld |= {r.CHANNEL_CODE[name]: np.ones(n_users, dtype=np.bool_) for name in closed}
    hazard, bought, caused = measure(drawn_world, withheld)
    touches, opportunity = draw_touches(drawn_world, withheld)
    conversions = draw_conversions(drawn_world, hazard, bought, touches)
    spend, cost = simulated_tables.spend_table(drawn_world, touches)
    touches = recorded(drawn_world, touches)
    truth = simulated_tables.truth_table(touches, caused, cost, opportunity)
    users = simulated_tables.users_table(drawn_world, conversions, held_out, opportunity)

    settings: dict[str, object] = {
        "process": r.PROCESS,
        "n_users": n_users,
        "start": str(calendar.first),
        "days": days,
        "seed": seed,
        "holdout": {name: entry if isinstance(entry, float) else "given" for name, entry in drawn.items()},
        "without": list(closed),
        "effects": factors,
        "seasonality": strength,
        "bots": bots,
        "dirt": amounts,
        "currency": "EUR",
    }
    if world != "retailer":
        settings["world"] = world
    if bots:
        touches = concatenate([touches, draw_bots(drawn_world, bots)]).sorted_by_time()
    if amounts:
        soiled = soil(source, touches, conversions, amounts, days=days, epoch=_epoch(calendar))
        touches, conversions = soiled.touches, soiled.conversions
        settings["dirt_rows"] = soiled.counts
    return Dataset(
        touches=simulated_tables.touches_table(drawn_world, touches),
        conversions=simulated_tables.conversions_table(drawn_world, conversions),
        spend=spend,
        users=users,
        identities=simulated_tables.identities_table(drawn_world),
        truth=truth,
        settings=settings,
    )


def _epoch(calendar: Calendar) -> int:
    """1970-01-01 in seconds since the log's start."""
    return -int(calendar.first.astype(np.int64)) * DAY


def _within(value: object, name: str, most: int) -> int:
    number = whole(value, name, error=DatasetError)
    if number > most:
        msg = f"{name}={number:,} is more than the simulator takes"
        raise DatasetError(msg, column=name, hint=f"at most {most:,}; simulate several seeds instead")
    return number


def _read_start(start: object) -> np.datetime64:
    hint = 'start="2025-01-01"'
    if isinstance(start, dt.datetime):
        start = start.date()
    try:
        day = dt.date.fromisoformat(start) if isinstance(start, str) else start
    except ValueError as error:
        msg = f"start={start!r} is not a date"
        raise DatasetError(msg, column="start", hint=hint) from error
    if not isinstance(day, dt.date):
        msg = f"start={start!r} is not a date"
        raise DatasetError(msg, column="start", hint=hint)
    if not dt.date(1971, 1, 1) <= day <= dt.date(2150, 1, 1):
        msg = f"start={start!r} lies outside 1971 to 2150"
        raise DatasetError(msg, column="start", hint=hint)
    return np.datetime64(day, "D")


def _read_holdout(holdout: object, n_users: int) -> dict[str, float | Bools]:
    if holdout is None:
        return {}
    if not isinstance(holdout, Mapping):
        msg = f"holdout={holdout!r} does not say which channel is withheld"
        raise DatasetError(msg, column="holdout", hint='holdout={"email": 0.2}')
    _known(holdout, "holdout")
    sent = [channel.name for channel in r.CHANNELS if channel.sent]
    out: dict[str, float | Bools] = {}
    for name, entry in holdout.items():
        if name not in sent:
            msg = f"{name!r} cannot be withheld from a user: the retailer does not send it"
            raise DatasetError(
                msg, column="holdout", hint=f'holdout={{"{sent[0]}": 0.2}}, or one of {", ".join(sent)}'
            )
        if hasattr(entry, "__len__") and not isinstance(entry, str):
            out[name] = _read_arms(entry, f"holdout[{name!r}]", n_users)
            continue
        hint = f'holdout={{"{name}": 0.2}}'
        if not 0 < fraction(entry, f"holdout[{name!r}]", error=DatasetError, hint=hint) < 1:
            msg = f"holdout[{name!r}]={entry!r} leaves one arm empty"
            raise DatasetError(msg, column="holdout", hint=hint)
        out[name] = float(entry)
    return out


def _read_arms(entry: object, name: str, n_users: int) -> Bools:
    """Return who is held out, as told by the caller."""
    mask = np.array(entry)
    if mask.shape != (n_users,) or mask.dtype != np.bool_:
        msg = f"{name} holds {mask.dtype} of shape {mask.shape}, not booleans for {n_users:,} users"
        hint = 'holdout={"email": 0.2}, or one boolean a user: arms["arm"] == "holdout"'
        raise DatasetError(msg, column="holdout", hint=hint)
    if mask.all() or not mask.any():
        msg = f"{name} leaves one arm empty"
        raise DatasetError(msg, column="holdout", hint="True for the held out, False for the treated")
    return np.asarray(mask, dtype=np.bool_)


def _read_effects(effects: object) -> dict[str, float]:
    if effects is None:
        return {}
    if not isinstance(effects, Mapping):
        msg = f"effects={effects!r} does not say which channel's effect changes"
        raise DatasetError(msg, column="effects", hint='effects={"email": 0.5}')
    _known(effects, "effects")
    return {name: _factor(value, f"effects[{name!r}]") for name, value in effects.items()}


def _read_world(world: object) -> str:
    if not isinstance(world, str) or world not in WORLDS:
        raise DatasetError(unknown_name("world", world, WORLDS), column="world")
    return world


def _read_channels(without: object) -> tuple[str, ...]:
    if not isinstance(without, Iterable):
        msg = f"without={without!r} names no channel"
        raise DatasetError(msg, column="without", hint="without='email'")
    names = (without,) if isinstance(without, str) else tuple(without)
    _known(names, "without")
    return tuple(sorted(set(names)))


def _known(names: Iterable[object], argument: str) -> None:
    for name in names:
        if name not in r.CHANNEL_CODE:
            raise DatasetError(unknown_name("channel", name, r.CHANNEL_NAMES), column=argument)


def _factor(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        msg = f"{name}={value!r} must be a number of at least 0"
        raise DatasetError(msg, column=name)
    if value > 100:
        msg = f"{name}={value!r} is beyond anything plausible"
        raise DatasetError(msg, column=name, hint="at most 100")
    return float(value)
