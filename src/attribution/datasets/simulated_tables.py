"""The simulation's rows as Arrow tables, with the names that `attribution.read_log` finds by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from attribution._typing import Bools, Floats, Ints
from attribution.datasets import retailer as r
from attribution.datasets.calendar import DAY, Calendar
from attribution.datasets.conversions import GOALS, PURCHASE, ConversionRows
from attribution.datasets.touches import (
    CAMPAIGNS,
    NULL,
    OFFLINE,
    PLACES,
    SPELLINGS,
    TouchRows,
)
from attribution.datasets.truth import Effects
from attribution.datasets.world import World

_SECOND = 1_000_000
_COST_SMOOTHING = 0.5  # share of a campaign's cost that follows the day's touches; the rest is spread evenly
_COST_NOISE = 0.1


def touches_table(world: World, rows: TouchRows) -> pa.Table:
    """Return the touch log."""
    spelt = [_spell(name, style) for name in r.CHANNEL_NAMES for style in SPELLINGS]
    channel = np.where(rows.channel == NULL, -1, rows.channel * len(SPELLINGS) + rows.spelling)
    return pa.table(
        {
            "time": _times(world.calendar, rows.time),
            "user_id": _cookies(world, rows, _user_ids(rows.user)),
            "channel": _labels(channel, spelt),
            "source": _labels(rows.place, [source for source, _ in PLACES]),
            "medium": _labels(rows.place, [medium for _, medium in PLACES]),
            "campaign": _labels(rows.campaign, CAMPAIGNS),
            "device": _labels(rows.device, r.DEVICES),
            "device_id": _cookies(world, rows, _device_ids(world, rows.user, rows.device)),
            "reported_on": _days(world.calendar, rows.reported),
        }
    )


def conversions_table(world: World, rows: ConversionRows) -> pa.Table:
    """Return the conversions."""
    return pa.table(
        {
            "time": _times(world.calendar, rows.time),
            "user_id": _user_ids(rows.user),
            "goal": _labels(rows.goal, GOALS),
            "value": pa.array(rows.value, mask=np.isnan(rows.value)),
            "order_id": _ids("o", rows.order),
            "customer_type": _labels(rows.returning, r.SEGMENTS),
            "region": _labels(world.users.region[rows.user], [name for name, _ in r.REGIONS]),
            "device": _labels(rows.device, r.DEVICES),
            "device_id": _device_ids(world, rows.user, rows.device),
            "reported_on": _days(world.calendar, rows.reported),
        }
    )


def users_table(
    world: World, conversions: ConversionRows, withheld: Mapping[str, Bools], opportunity: Bools
) -> pa.Table:
    """Return one row a user: who they are, the arms they were drawn into, what they bought."""
    users, n = world.users, world.users.n
    bought = conversions.goal == PURCHASE
    purchases = np.bincount(conversions.user[bought], minlength=n)
    value = np.bincount(conversions.user[bought], conversions.value[bought], minlength=n)
    past = world.source.poisson("users.past", users.propensity * r.PAST_ORDERS, r.MOST_TOUCHES)
    past = np.where(users.segment == 1, np.maximum(past, 1), 0)
    mean = np.array(r.ORDER_VALUE)[users.segment] * np.exp(r.ORDER_SPREAD**2 / 2)
    past_value = past * mean * world.source.lognormal("users.past_value", n, 0.4)
    columns = {
        "user_id": _user_ids(np.arange(n)),
        "segment": _labels(users.segment, r.SEGMENTS),
        "region": _labels(users.region, [name for name, _ in r.REGIONS]),
        "devices": pa.array(users.owns.sum(axis=0).astype(np.int32)),
        "logins": pa.array(users.logs_in.sum(axis=0).astype(np.int32)),
        "past_orders": pa.array(past.astype(np.int32)),
        "past_value": pa.array(np.round(past_value, 2)),
        "purchases": pa.array(purchases.astype(np.int32)),
        "converted": pa.array((purchases > 0).astype(np.int32)),
        "value": pa.array(np.round(value, 2)),
    }
    for channel, mask in withheld.items():
        eligible = opportunity[r.CHANNEL_CODE[channel]]
        columns[f"arm_{channel}"] = _labels(mask.astype(np.int64), ("treatment", "holdout"))
        columns[f"eligible_{channel}"] = pa.array(eligible)
        columns[f"exposed_{channel}"] = pa.array(eligible & ~mask)
    return pa.table(columns)


def identities_table(world: World) -> pa.Table:
    """Return the devices on which a user ever logged in, and when that was first seen."""
    device, user = np.nonzero(world.users.logs_in)
    order = np.lexsort((device, user))
    device, user = device[order], user[order]
    time = world.source.uniform("identities.time", len(user)) * world.calendar.end
    return pa.table(
        {
            "device_id": _device_ids(world, user, device),
            "user_id": _user_ids(user),
            "time": _times(world.calendar, time.astype(np.int64)),
        }
    )


def spend_table(world: World, touches: TouchRows) -> tuple[pa.Table, Floats]:
    """Return cost by channel, campaign and day, and the cost of each channel, (channels,)."""
    calendar = world.calendar
    parts: list[tuple[Ints, Ints, Ints, Floats]] = []
    total = np.zeros(len(r.CHANNELS))
    counts = np.bincount(
        touches.campaign * calendar.days + touches.time // DAY, minlength=len(CAMPAIGNS) * calendar.days
    ).reshape(len(CAMPAIGNS), calendar.days)
    for stream, facts in enumerate(r.STREAMS):
        names = [name for name, _ in facts.campaigns] + ([facts.seasonal] if facts.seasonal else [])
        for name in names if facts.cost else []:
            campaign = CAMPAIGNS.index(name)
            day = np.flatnonzero(calendar.holiday) if name == facts.seasonal else np.arange(calendar.days)
            if not counts[campaign].any():
                continue
            noise = 2 * world.source.uniform(f"spend.{facts.channel}.{name}", calendar.days)[day] - 1
            smooth = _COST_SMOOTHING * counts[campaign, day]
            smooth = smooth + (1 - _COST_SMOOTHING) * counts[campaign, day].mean()
            cost = np.round(facts.cost * smooth * (1 + _COST_NOISE * noise), 2)
            channel = r.STREAM_CHANNEL[stream]
            total[channel] += cost.sum()
            parts.append((day, np.full(len(day), channel), np.full(len(day), campaign), cost))
    empty = (np.empty(0, dtype=np.int64),) * 3 + (np.empty(0),)
    day, channel_codes, campaign_codes, cost = (
        np.concatenate(column) for column in zip(empty, *parts, strict=True)
    )
    order = np.lexsort((campaign_codes, channel_codes, day))
    table = pa.table(
        {
            "date": _days(calendar, day[order]),
            "channel": _labels(channel_codes[order], r.CHANNEL_NAMES),
            "campaign": _labels(campaign_codes[order], CAMPAIGNS),
            "cost": pa.array(cost[order]),
        }
    )
    return table, total


def truth_table(touches: TouchRows, effects: Sequence[Effects], cost: Floats, opportunity: Bools) -> pa.Table:
    """Return one row a channel: what it cost and what it caused."""

    def column(name: str, decimals: int) -> pa.Array:
        return pa.array(np.round([float(getattr(effect, name)) for effect in effects], decimals))

    return pa.table(
        {
            "channel": pa.array(r.CHANNEL_NAMES),
            "touches": pa.array(np.bincount(touches.channel, minlength=len(r.CHANNELS)).astype(np.int64)),
            "cost": pa.array(np.round(cost, 2)),
            "conversions": pa.array([effect.conversions for effect in effects], type=pa.int64()),
            "value": column("value", 2),
            "expected_conversions": column("expected_conversions", 6),
            "expected_value": column("expected_value", 4),
            "reach": pa.array(opportunity.mean(axis=1)),
            "effect_conversions": column("effect_conversions", 10),
            "effect_converted": column("effect_converted", 10),
            "effect_value": column("effect_value", 8),
        }
    )


def _spell(name: str, style: str) -> str:
    if style == "upper":
        return name.upper()
    if style == "capital":
        return name.capitalize()
    return style.format(name)


def _labels(codes: Ints, labels: Sequence[str]) -> pa.Array:
    index = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(list(labels), type=pa.string())).cast(pa.string())


def _ids(prefix: str, numbers: Ints) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 7, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def _user_ids(user: Ints) -> pa.Array:
    known = user != NULL
    if known.all():
        return _ids("u", user)
    return pc.if_else(pa.array(known), _ids("u", np.where(known, user, 0)), pa.scalar(None, pa.string()))


def _device_ids(world: World, user: Ints, device: Ints) -> pa.Array:
    """Name the devices; offline touches carry the customer's own id instead of a device's."""
    known = user != NULL
    owner = np.where(known, user, 0)
    tablet = np.flatnonzero((device == r.TABLET) & (owner < world.users.n))
    owner[tablet] = world.users.tablet[owner[tablet]]
    online = _ids("d", owner * OFFLINE + np.minimum(device, OFFLINE - 1))
    return pc.if_else(pa.array(device < OFFLINE), online, _user_ids(user))


def _cookies(world: World, rows: TouchRows, ids: pa.Array) -> pa.Array:
    """Replace ids where only a cookie is known: on devices without a login, anew every `cookie_days`."""
    if not world.process.cookie_days:
        return ids
    known = (rows.user != NULL) & (rows.user < world.users.n)
    owner = np.where(known, rows.user, 0)
    device = np.minimum(rows.device, OFFLINE - 1)
    lost = known & (rows.device < OFFLINE) & ~world.users.logs_in[device, owner]
    span = world.process.cookie_days * DAY
    last = world.calendar.end // span
    period = np.clip(np.where(rows.time == NULL, 0, rows.time // span), 0, last)
    cookies = _ids("k", (owner * OFFLINE + device) * (last + 1) + period)
    return pc.if_else(pa.array(lost), cookies, ids)


def _times(calendar: Calendar, seconds: Ints) -> pa.Array:
    start = calendar.first.astype("datetime64[us]").astype(np.int64)
    known = seconds != NULL
    time: NDArray[np.int64] = start + np.where(known, seconds, 0) * _SECOND
    return pa.array(time, type=pa.timestamp("us", tz="UTC"), mask=~known)


def _days(calendar: Calendar, days: Ints) -> pa.Array:
    first = int(calendar.first.astype("datetime64[D]").astype(np.int64))
    return pa.array((first + days).astype(np.int32), type=pa.int32()).cast(pa.date32())
