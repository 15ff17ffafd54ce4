"""What we aim at, and how far we got; and the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.field import CONVERTERS, EVERYONE, FLOOR, OURS, PEERS, UNPROMISED, WITH_TIMES
from benchmarks.measure import Cost

Costs = Mapping[str, Mapping[str, Cost]]
"""Job -> contender -> median cost, on one log."""


@dataclass(frozen=True)
class Aim:
    """One aim and what was measured."""

    text: str
    aim: float
    measured: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.measured <= self.aim if self.at_most else self.measured >= self.aim

    def __str__(self) -> str:
        side = "at most" if self.at_most else "at least"
        verdict = "met   " if self.met else "missed"
        return f"{verdict} {self.text}: {self.measured:.2f} (aim: {side} {self.aim:g})"


def aims(ids: str, costs: Costs) -> list[Aim]:
    """Return the aims that the measured costs speak to; ratios are of CPU seconds unless told."""
    found: list[Aim] = []
    floor = costs.get(FLOOR, {}).get(FLOOR)
    limits = {CONVERTERS: 2.5, EVERYONE: 4.0 if ids == "integer" else 6.0}
    for job, limit in limits.items():
        ours = costs.get(job, {}).get(OURS)
        if ours is not None and floor is not None:
            found.append(Aim(f"{ids} ids, {job}, ours / floor", limit, ours.cpu / floor.cpu))
    everyone = costs.get(EVERYONE, {}).get(OURS)
    if everyone is not None:
        found.append(Aim(f"{ids} ids, {EVERYONE}, peak memory of ours, GB", 1.2, everyone.peak_mb / 1e3))
    for job in (EVERYONE, WITH_TIMES):
        for library, but in (("duckdb", UNPROMISED), ("duckdb", None), ("polars", None)):
            ratio = _fastest(costs.get(job, {}), library, but)
            if ratio is not None:
                without = "" if but is None else " whose order is promised"
                text = f"{ids} ids, {job}, fastest {library}{without} / ours"
                found.append(Aim(text, 3.0, ratio, at_most=False))
    return found


def peer_aims(costs: Mapping[str, Cost]) -> list[Aim]:
    """Return the aims against the peers, used as their pages tell and with converters picked for them."""
    if OURS not in costs:
        return []
    told = {name: cost.cpu for name, cost in costs.items() if name != OURS and "picked" not in name}
    picked = {name: cost.cpu for name, cost in costs.items() if "picked" in name}
    found = []
    for text, cpu in (("used as documented", told), ("converters picked beforehand", picked)):
        if cpu:
            fastest = min(cpu, key=cpu.__getitem__)
            ratio = cpu[fastest] / costs[OURS].cpu
            found.append(Aim(f"{PEERS}, {text}, fastest ({fastest}) / ours", 10.0, ratio, at_most=False))
    return found


def _fastest(costs: Mapping[str, Cost], library: str, but: str | None) -> float | None:
    cpu = [cost.cpu for name, cost in costs.items() if name.startswith(library) and name != but]
    return min(cpu) / costs[OURS].cpu if cpu and OURS in costs else None


def table(costs: Costs) -> str:
    """Return the costs of one log as a Markdown table."""
    floor = costs.get(FLOOR, {}).get(FLOOR)
    lines = [
        "| job | contender | CPU s | wall s | peak MB | CPU / floor | CPU / ours |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for job, contenders in costs.items():
        ours = contenders.get(OURS)
        for name, cost in contenders.items():
            to_floor = f"{cost.cpu / floor.cpu:.2f}" if floor is not None else ""
            to_ours = f"{cost.cpu / ours.cpu:.2f}" if ours is not None else ""
            figures = f"{cost.cpu:.2f} | {cost.wall:.2f} | {cost.peak_mb:.0f} | {to_floor} | {to_ours}"
            lines.append(f"| {job} | {name} | {figures} |")
    return "\n".join(lines)
