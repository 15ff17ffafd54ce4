"""The peers' section of `benchmarks.models`: every contender at every job, answers compared."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.aims import Aim
from benchmarks.measure import Cost, ProcessError, StoppedError, run
from benchmarks.model_field import FIELD, OURS, Contender
from benchmarks.peer_venvs import PEERS, UnavailableError, python_of

Answer = Mapping[str, Mapping[str, float]]
_REPEATED_BELOW = 20.0


@dataclass(frozen=True)
class Setting:
    """Where things lie and what a contender may use."""

    folder: Path
    cache: Path
    cpu_limit: float
    memory_gb: float
    repeats: int


@dataclass(frozen=True)
class Outcome:
    """What a contender did at a job: its clock, what its process cost, its answer; or why there is none."""

    clock: Mapping[str, float]
    cost: Cost | None
    answer: Answer
    versions: Mapping[str, str]
    stopped: str | None = None

    @property
    def from_strings(self) -> float:
        """CPU seconds from path strings in memory to credit."""
        return self.clock.get("parse", 0.0) + self.clock["solve"]


def say(text: str) -> None:
    """Tell on the error stream what is going on."""
    print(text, file=sys.stderr, flush=True)


def paths_folder(setting: Setting, journeys: int, channels: int) -> Path:
    """Return the folder of a path table, written if it is not there, by a process of its own."""
    folder = setting.folder / f"{journeys}-{channels}"
    if not folder.exists():
        size = ["--journeys", str(journeys), "--channels", str(channels)]
        run([sys.executable, "-m", "benchmarks.path_log", str(folder), *size])
    return folder


@cache
def _python(peer: str | None, where: Path) -> str:
    if peer is None:
        return sys.executable
    return python_of(next(known for known in PEERS if known.name == peer), where)


def contend(setting: Setting, python: str, contender: Contender, folder: Path, out: Path) -> Cost:
    """Run a contender once, its answer into `out`."""
    command = [python, "-m", "benchmarks.model_contender", contender.module, contender.function]
    return run([*command, str(folder), str(out), str(setting.memory_gb)], setting.cpu_limit)


def attempt(setting: Setting, contender: Contender, folder: Path) -> Outcome:
    """Run a contender, several times where that is quick, and return the medians."""
    try:
        python = _python(contender.peer, setting.cache)
    except UnavailableError as error:
        return Outcome({}, None, {}, {}, f"not installed: {error}")
    clocks: list[dict[str, float]] = []
    costs: list[Cost] = []
    found: dict[str, Any] = {}
    for _ in range(max(setting.repeats, 1)):
        with tempfile.TemporaryDirectory(dir=setting.folder) as scratch:
            out = Path(scratch) / "out.json"
            try:
                costs.append(contend(setting, python, contender, folder, out))
            except StoppedError as error:
                return Outcome({}, None, {}, {}, str(error))
            except ProcessError as error:
                return Outcome({}, None, {}, {}, f"failed: {str(error).splitlines()[-1]}")
            found = json.loads(out.read_text())
        clocks.append(found["clock"])
        if costs[-1].cpu > _REPEATED_BELOW:
            break
    phases = {name: statistics.median(clock[name] for clock in clocks) for name in clocks[0]}
    return Outcome(phases, Cost.median(costs), found["answer"], found["versions"])


def farthest(ours: Answer, theirs: Answer, label: str | None) -> float:
    """Return the largest difference of a channel's credit, as a share of all conversions."""
    worst = 0.0
    chosen = {label: theirs[label]} if label is not None else theirs
    for name, channels in chosen.items():
        mine = ours[name] if name in ours else next(iter(ours.values()))
        total = sum(mine.values())
        names = {*mine, *channels} - {"(unattributed)"}
        gaps = [abs(mine.get(channel, 0.0) - channels.get(channel, 0.0)) for channel in names]
        worst = max(worst, max(gaps) / total)
    return worst


def verdict(contender: Contender, ours: Outcome, outcome: Outcome) -> str:
    """Say how an answer lies to ours."""
    gap = farthest(ours.answer, outcome.answer, contender.label)
    if gap <= contender.tolerance:
        if contender.why is None:
            return "the same"
        return f"within {100 * gap:.2f} points of share: {contender.why}"
    if contender.why is None:
        return f"WRONG OR UNEXPLAINED, by {100 * gap:.4f} points of share"
    return f"differs by up to {100 * gap:.1f} points of share: {contender.why}"


def contest(setting: Setting, sizes: Sequence[int], channels: Sequence[int]) -> list[dict[str, Any]]:
    """Run all contenders at all jobs; print a table a number of channels; return every figure."""
    record: list[dict[str, Any]] = []
    versions: dict[str, str] = {}
    for n_channels in channels:
        given_up: dict[tuple[str, str], str] = {}
        rows: dict[tuple[str, str], dict[int, Outcome]] = {}
        verdicts: dict[tuple[str, str], str] = {}
        for n_journeys in sizes:
            folder = paths_folder(setting, n_journeys, n_channels)
            for job, contenders in FIELD.items():
                ours: Outcome | None = None
                for contender in contenders:
                    key = (job, contender.name)
                    if key in given_up:
                        continue
                    outcome = attempt(setting, contender, folder)
                    ours = ours or outcome
                    rows.setdefault(key, {})[n_journeys] = outcome
                    _note(n_journeys, n_channels, key, outcome)
                    versions.update(outcome.versions)
                    if outcome.stopped is not None:
                        given_up[key] = outcome.stopped
                    elif contender.name != OURS:
                        verdicts[key] = verdict(contender, ours, outcome)
                    record.append(_plain(n_journeys, n_channels, key, outcome, verdicts.get(key)))
        print(f"\n### {n_channels} channels\n\n{table(sizes, rows, verdicts)}\n", flush=True)
    names = ["numpy", "pandas", "pyarrow", "ChannelAttribution", "marketing_attribution_models"]
    names += ["do-attribution", "mta", "shapley-attribution"]
    print({name: versions[name] for name in names if name in versions})
    return record


def _note(journeys: int, channels: int, key: tuple[str, str], outcome: Outcome) -> None:
    job, name = key
    told = outcome.stopped or f"{outcome.from_strings:8.3f} CPU s"
    say(f"  {journeys:>9,} x {channels:<3} {job:<28} {name:<34} {told}")


def _plain(
    journeys: int, channels: int, key: tuple[str, str], outcome: Outcome, told: str | None
) -> dict[str, Any]:
    cost = outcome.cost
    return {
        "journeys": journeys,
        "channels": channels,
        "job": key[0],
        "contender": key[1],
        "clock": dict(outcome.clock),
        "process_cpu": None if cost is None else cost.cpu,
        "peak_mb": None if cost is None else cost.peak_mb,
        "stopped": outcome.stopped,
        "agreement": told,
    }


def table(
    sizes: Sequence[int],
    rows: Mapping[tuple[str, str], Mapping[int, Outcome]],
    verdicts: Mapping[tuple[str, str], str],
) -> str:
    """Return CPU seconds from path strings, their ratio to ours, and peak memory, as a Markdown table."""
    heads = [f"{size:,} CPU s | / ours" for size in sizes]
    lines = [
        f"| model | contender | {' | '.join(heads)} | peak MB | / ours | credit beside ours |",
        "|---|---|" + "---:|" * (2 * len(sizes) + 2) + "---|",
    ]
    for (job, name), by_size in rows.items():
        cells = []
        for size in sizes:
            outcome, ours = by_size.get(size), rows[job, OURS].get(size)
            if outcome is None:
                cells += ["", ""]
            elif outcome.stopped is not None:
                cells += [outcome.stopped, ""]
            else:
                assert ours is not None
                cells.append(f"{outcome.from_strings:.3g}")
                cells.append(f"{outcome.from_strings / ours.from_strings:.2g}" if name != OURS else "1")
        done = [size for size in sizes if size in by_size and by_size[size].cost is not None]
        if done:
            mine, its = rows[job, OURS][done[-1]].cost, by_size[done[-1]].cost
            assert mine is not None
            assert its is not None
            cells += [f"{its.peak_mb:.0f}", f"{its.peak_mb / mine.peak_mb:.2g}"]
        else:
            cells += ["", ""]
        lines.append(f"| {job} | {name} | {' | '.join(cells)} | {verdicts.get((job, name), '')} |")
    return "\n".join(lines)


def order_two(setting: Setting, journeys: int, channels: int) -> list[Aim]:
    """Order-2 Markov: ours against the fastest peer, with parsing in the clock and without."""
    folder = paths_folder(setting, journeys, channels)
    ours, *peers = FIELD["Markov, order 2"]
    mine = attempt(setting, ours, folder)
    found: list[Aim] = []
    print(f"\n### Order 2, {channels} channels, {journeys:,} journeys\n")
    print("| contender | load | parse | solve | process, CPU s | peak MB |\n|---|---:|---:|---:|---:|---:|")
    outcomes = {OURS: mine} | {peer.name: attempt(setting, peer, folder) for peer in peers}
    for name, outcome in outcomes.items():
        if outcome.cost is None:
            print(f"| {name} | {outcome.stopped} | | | | |")
            continue
        phases = " | ".join(
            f"{outcome.clock[phase]:.2f}" if phase in outcome.clock else ""
            for phase in ("load", "parse", "solve")
        )
        print(f"| {name} | {phases} | {outcome.cost.cpu:.2f} | {outcome.cost.peak_mb:.0f} |")
    able = {name: each for name, each in outcomes.items() if name != OURS and each.cost is not None}
    if not able or mine.cost is None:
        return found
    fastest = min(able, key=lambda name: able[name].clock["solve"])
    ways = {
        "from path strings": (mine.from_strings, able[fastest].from_strings),
        "its input prepared outside for each": (mine.clock["solve"], able[fastest].clock["solve"]),
    }
    for way, (us, them) in ways.items():
        text = f"order 2, {channels} channels, {journeys:,} journeys, {way}: {fastest} / ours"
        found.append(Aim(text, 20.0, them / us, at_most=False))
    return found
