"""All removal effects at once against one solve a channel: 200 channels at order 1, 30 at order 4."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.aims import Aim
from benchmarks.model_field import OURS, Contender
from benchmarks.model_peers import Setting, attempt, paths_folder, say
from benchmarks.path_log import path_table

_CHECKED = 6  # channels of the order-4 chain that are solved one by one, from the commonest to the rarest


def _dense(solution: Any) -> tuple[Any, Any, Any]:
    """Return (start distribution, transitions, conversion probabilities) of an order-1 solution, densely."""
    start, transitions, convert, _ = _sparse(solution)
    return start, transitions.toarray(), convert


def _sparse(solution: Any) -> tuple[Any, Any, Any, Any]:
    """Return (start, transitions, conversion probabilities, newest channel of each state) from the counts."""
    from scipy import sparse

    chains = solution.chains
    n = len(chains.states)
    leaves, starts = chains.source >= 0, (chains.source == -1) & (chains.target >= 0)
    outflow = np.bincount(chains.source[leaves], chains.count[leaves], n)
    start = np.bincount(chains.target[starts], chains.count[starts], n)
    inner, ends = leaves & (chains.target >= 0), leaves & (chains.target == -1)
    counts = sparse.csr_array(
        (chains.count[inner], (chains.source[inner], chains.target[inner])), shape=(n, n)
    )
    transitions = sparse.csr_array(counts.multiply(1 / outflow[:, None]))
    convert = np.bincount(chains.source[ends], chains.count[ends], n) / outflow
    return start / start.sum(), transitions, convert, chains.states[:, -1]


def one_solve_each(start: Any, transitions: Any, convert: Any) -> Any:
    """Return removal effects by `numpy.linalg.solve` of a chain for each channel, its column set to zero."""
    n = len(start)
    unit = np.eye(n)
    whole = start @ np.linalg.solve(unit - transitions, convert)
    effects = np.empty(n)
    for channel in range(n):
        without, entry = transitions.copy(), start.copy()
        without[:, channel] = 0.0
        entry[channel] = 0.0
        effects[channel] = 1 - entry @ np.linalg.solve(unit - without, convert) / whole
    return effects


def _median_cpu(call: Callable[[], Any], repeats: int) -> float:
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def removal(channels: int, journeys: int = 200_000) -> list[Aim]:
    """Time all removal effects of an order-1 chain against one solve a channel; they must agree."""
    import attribution as at
    from attribution.models import chain as chains

    say(f"removal effects of {channels} channels")
    model = at.Markov()
    tally = model.tally(at.read_paths(path_table(journeys, channels)))
    solution: Any = model.solve(tally).details["markov"]
    start, transitions, convert = _dense(solution)
    source, target = np.nonzero(transitions)
    chain = chains.Chain(
        start, source, target, transitions[source, target], convert, np.arange(channels, dtype=np.int64)
    )
    _, effects, _ = chains.removal_effects(chain, convert, channels)
    brute = one_solve_each(start, transitions, convert)
    error = float(np.abs(effects - brute).max())
    ours = _median_cpu(lambda: chains.removal_effects(chain, convert, channels), 21)
    whole = _median_cpu(lambda: model.solve(tally), 21)
    theirs = _median_cpu(lambda: one_solve_each(start, transitions, convert), 3)
    print(f"\n### {channels} channels at order 1, {journeys:,} journeys\n")
    print("| | CPU ms | one solve a channel / it |\n|---|---:|---:|")
    print(f"| one numpy.linalg.solve a channel | {1e3 * theirs:.1f} | 1 |")
    print(f"| all removal effects at once | {1e3 * ours:.2f} | {theirs / ours:.0f} |")
    print(
        f"| Markov().solve(tally): counts to credit, and value | {1e3 * whole:.2f} | {theirs / whole:.0f} |"
    )
    print(f"\nlargest difference of a removal effect: {error:.1e}", flush=True)
    text = f"{channels} channels, order 1: one solve a channel / all removal effects at once"
    return [Aim(text, 50.0, theirs / ours, at_most=False)]


def order_four(setting: Setting, journeys: int, channels: int) -> list[Aim]:
    """Measure order 4 in a process of its own, and its error against an iterative solve for each channel."""
    folder = paths_folder(setting, journeys, channels)
    outcome = attempt(setting, Contender(OURS, None, "models_ours", "markov4"), folder)
    print(f"\n### Order 4, {channels} channels, {journeys:,} journeys\n")
    if outcome.cost is None:
        print(outcome.stopped)
        return []
    parse, solve = outcome.clock["parse"], outcome.clock["solve"]
    print(
        f"parse {parse:.2f}, tally and solve {solve:.2f}, whole process {outcome.cost.cpu:.2f} CPU s; ",
        end="",
    )
    print(f"peak {outcome.cost.peak_mb:.0f} MB", flush=True)
    error, states, edges, residual = _order_four_error(folder)
    print(
        f"{states:,} states, {edges:,} transitions between them; largest difference of a removal effect from"
    )
    print(f"one BiCGSTAB solve each for {_CHECKED} channels (largest residual {residual:.0e}): ", end="")
    print(f"{error:.1e}", flush=True)
    text = f"order 4, {channels} channels, {journeys:,} journeys, whole process, CPU s"
    return [
        Aim(text, 20.0, outcome.cost.cpu),
        Aim(f"order 4, {channels} channels: error, in units of 1e-12", 1.0, error / 1e-12),
    ]


def _order_four_error(folder: Path) -> tuple[float, int, int, float]:
    from scipy import sparse
    from scipy.sparse.linalg import bicgstab

    import attribution as at

    say("order 4, one solve a channel")
    model = at.Markov(order=4)
    journeys = at.read_paths(folder / "paths.csv")
    solution: Any = model.solve(model.tally(journeys)).details["markov"]
    start, transitions, convert, newest = _sparse(solution)
    residuals = []

    def expected(kept: Any) -> float:
        """Solve on the kept states only, twice: the second time for what the first left over."""
        system = sparse.eye_array(int(kept.sum()), format="csr") - transitions[kept][:, kept]
        found = np.zeros(system.shape[0])
        for _ in range(2):
            left = convert[kept] - system @ found
            scale = np.abs(left).max()
            if scale == 0.0:
                break
            step, _ = bicgstab(system, left / scale, rtol=1e-9, atol=0.0, maxiter=2_000)
            found += scale * step
        residuals.append(float(np.abs(convert[kept] - system @ found).max()))
        return float(start[kept] @ found)

    whole = expected(np.ones(len(start), bool))
    channels = np.linspace(0, len(solution.channels) - 1, _CHECKED).round().astype(int)
    brute = np.array([1 - expected(newest != channel) / whole for channel in channels])
    error = float(np.abs(brute - solution.effect_conversions[channels]).max())
    return error, len(start), transitions.nnz, max(residuals)
