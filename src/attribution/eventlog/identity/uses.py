"""Who used an identifier of the log when: what becomes of it, by its person or by the uses of it."""

from __future__ import annotations

import numpy as np

from attribution._typing import Bools, Hashes, Ints
from attribution.eventlog.identity.forest import Persons
from attribution.eventlog.identity.links import Events, Links
from attribution.eventlog.identity.normalise import Normaliser
from attribution.eventlog.identity.people import People
from attribution.kernels.hash_map import HashMap


def people_of(
    links: Links,
    persons: Persons,
    events: Events,
    user: str,
    when: str,
    within: int | None,
    normaliser: Normaliser,
    key: tuple[int, int] | None,
) -> People:
    """Return what the identifiers of a log become, by their person or by the uses of them."""
    code = [kind.name for kind in links.kinds].index(user)
    own = links.node_kind == code
    device = links.kinds[code].role == "device"
    person = persons.name[persons.label]
    used_by, offsets, times, users = _uses(links, persons, events, own, person)
    several = np.zeros(len(links.node), np.bool_)
    if device and when != "ever":
        first = users[offsets[:-1]] if len(used_by) else users
        differs = users != np.repeat(first, np.diff(offsets))
        many = np.zeros(len(used_by), np.bool_)
        many[np.repeat(np.arange(len(used_by)), np.diff(offsets))[differs]] = True
        several[used_by[many]] = True
    if when == "after" or within is not None:
        several[used_by] = True
    fixed = np.flatnonzero(own & ~several)
    plain = links.plain(fixed)
    order = np.argsort(plain)
    kept = several[used_by]
    sizes = np.diff(offsets)
    rows = np.repeat(kept, sizes)
    timed = links.plain(used_by[kept])
    sort = np.argsort(timed)
    starts = np.append(0, np.cumsum(sizes[kept]))
    places = _ranges(starts[:-1][sort], sizes[kept][sort])
    return People(
        normaliser,
        plain[order],
        person[fixed][order],
        timed[sort],
        np.append(0, np.cumsum(sizes[kept][sort])),
        times[rows][places],
        users[rows][places],
        when,
        within,
        key,
    )


def _ranges(starts: Ints, sizes: Ints) -> Ints:
    ends = np.cumsum(sizes)
    places: Ints = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(starts - (ends - sizes), sizes)
    return places


def _uses(
    links: Links, persons: Persons, events: Events, own: Bools, person: Hashes
) -> tuple[Ints, Ints, Ints, Hashes]:
    """Return the log's identifiers that were used, where the uses of each begin, their times, and by whom."""
    place = HashMap(links.node)
    one, other = place.find(events.one), place.find(events.other)
    device = np.concatenate([one, other])
    who = np.concatenate([other, one])
    time = np.concatenate([events.time, events.time])
    rows = np.flatnonzero(own[device] & ~persons.shared[device] & ~persons.shared[who])
    device, time, who = device[rows], time[rows], person[who[rows]]
    order = np.lexsort((who, time, device))
    device, time, who = device[order], time[order], who[order]
    starts = np.flatnonzero(np.append(True, device[1:] != device[:-1])) if len(device) else device
    return device[starts], np.append(starts, len(device)), time, who
