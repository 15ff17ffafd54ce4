"""Journeys and rules in plain Python, one conversion at a time, written from docs/definitions.md.

Nothing here is shared with the library: it is slow and obvious on purpose.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Touch:
    user: int
    time: int
    sequence: int
    channel: str
    campaign: str = ""


@dataclass(frozen=True, order=True)
class Conversion:
    user: int
    time: int
    value: float
    goal: str = "purchase"


@dataclass(frozen=True)
class Journey:
    user: int
    touches: tuple[Touch, ...]
    conversion: Conversion | None
    milestones: dict[str, int] = field(default_factory=dict)


def build(touches, conversions, lookback, policy, goal=None, milestone_goals=()):
    """Return (converting journeys, unattributed ones included; non-converting journeys)."""
    converting, nulls = [], []
    chosen = [c for c in conversions if goal is None or c.goal == goal]
    for user in sorted({t.user for t in touches} | {c.user for c in chosen}):
        mine = sorted(t for t in touches if t.user == user)
        claimed = [False] * len(mine)
        for conversion in sorted(c for c in chosen if c.user == user):
            earlier = [c.time for c in chosen if c.user == user and c.time < conversion.time]
            spent_until = max(earlier, default=None)
            journey = []
            for position, touch in enumerate(mine):
                if not conversion.time - lookback <= touch.time <= conversion.time:
                    continue
                if policy == "reset" and spent_until is not None and touch.time <= spent_until:
                    continue
                journey.append(touch)
                claimed[position] = True
            converting.append(
                Journey(
                    user,
                    tuple(journey),
                    conversion,
                    _milestones(journey, conversion, conversions, milestone_goals),
                )
            )
        stretch = []
        for touch, taken in [*zip(mine, claimed, strict=True), (None, True)]:
            if not taken:
                stretch.append(touch)
            elif stretch:
                nulls.append(Journey(user, tuple(stretch), None))
                stretch = []
    return converting, nulls


def _milestones(journey, conversion, events, names):
    found = {}
    for name in names:
        times = [
            e.time
            for e in events
            if e.user == conversion.user
            and e.goal == name
            and journey
            and journey[0].time <= e.time <= conversion.time
        ]
        if times:
            found[name] = max(i for i, t in enumerate(journey) if t.time <= min(times))
    return found


def roles(n, chosen, split_middle=False):
    """Weights from (position or None, share) pairs, by the words of the definition."""
    present = [(p, s) for p, s in chosen if p is not None]
    rest = 1 - sum(s for _, s in chosen)
    total = sum(s for _, s in present)
    taken = {p for p, _ in present}
    others = [i for i in range(n) if i not in taken]
    weights = [0.0] * n
    if split_middle and n == 2 and not others:
        for p, s in present:
            weights[p] += s * (1 - rest) / total if total else 0
        return [w + rest / 2 for w in weights]
    if total == 0:
        pool = others or range(n)
        return [1 / len(pool) if i in pool else 0.0 for i in range(n)]
    to_roles = 1 - rest if others else 1.0
    for p, s in present:
        weights[p] += s / total * to_roles
    for i in others:
        weights[i] = rest / len(others)
    return weights


def weights(rule, journey, params):  # noqa: C901 (a table of rules)
    """Weights of one journey's touches under the rule called `rule`."""
    t, n, m = journey.touches, len(journey.touches), journey.milestones
    split = params.get("two_touch") == "split_middle"
    if rule == "first_touch":
        return [float(i == 0) for i in range(n)]
    if rule == "last_touch":
        return [float(i == n - 1) for i in range(n)]
    if rule == "last_non_direct":
        known = [i for i in range(n) if t[i].channel.lower() != "direct"]
        return [float(i == (known[-1] if known else n - 1)) for i in range(n)]
    if rule == "linear" and params.get("per") == "channel":
        distinct = {x.channel for x in t}
        return [1 / len(distinct) / sum(y.channel == x.channel for y in t) for x in t]
    if rule == "linear":
        return [1 / n] * n
    if rule == "time_decay":
        raw = [2 ** (-(journey.conversion.time - x.time) / params["half_life"]) for x in t]
        return [w / sum(raw) for w in raw]
    if rule == "position_based":
        return roles(n, [(0, params["first"]), (n - 1, params["last"])], split)
    if rule == "u_shaped":
        second = m.get(params["milestone"]) if params.get("milestone") else n - 1
        return roles(n, [(0, 0.4), (second, 0.4)], split)
    if rule == "j_shaped":
        return roles(n, [(0, 0.2), (n - 1, 0.6)], split)
    if rule == "inverse_j":
        return roles(n, [(0, 0.6), (n - 1, 0.2)], split)
    if rule == "w_shaped" and params.get("middle"):
        return roles(n, [(0, 0.3), ((n - 1) // 2, 0.15), (n // 2, 0.15), (n - 1, 0.3)])
    if rule == "w_shaped":
        return roles(n, [(0, 0.3), (m.get("lead"), 0.3), (m.get("opportunity"), 0.3)])
    if rule == "full_path":
        return roles(n, [(0, 0.225), (m.get("lead"), 0.225), (m.get("opportunity"), 0.225), (n - 1, 0.225)])
    raise AssertionError(rule)


def credit(rule, converting, params, key=lambda touch, journey: touch.channel):
    """Return {key: (conversions, value)} with the unattributed under None."""
    total = defaultdict(lambda: [0.0, 0.0])
    for journey in converting:
        if not journey.touches:
            total[None][0] += 1
            total[None][1] += journey.conversion.value
            continue
        for touch, weight in zip(journey.touches, weights(rule, journey, params), strict=True):
            entry = total[key(touch, journey)]
            entry[0] += weight
            entry[1] += weight * journey.conversion.value
    return {name: tuple(sums) for name, sums in total.items()}
