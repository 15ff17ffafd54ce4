"""ChannelAttribution's simulated Markov chain around the exact value, seed by seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.measure import ProcessError
from benchmarks.model_field import Contender
from benchmarks.model_peers import Setting, contend, paths_folder, say
from benchmarks.peer_venvs import PEERS, UnavailableError, python_of

_ROWS = {
    "thirteen paths": ("thirteen.csv", "cut "),
    "thirteen paths, max_step=1000": ("thirteen.csv", "uncut "),
    "simulated log": ("paths.csv", "cut "),
}
_DRAWN = ("thirteen paths", "simulated log")
_CHANNELS, _JOURNEYS = 12, 100_000


def scatter(setting: Setting, seeds: int, picture: Path | None) -> dict[str, Any]:
    """Run the simulation with many seeds; print mean, spread and z of each channel; draw them."""
    import attribution as at

    say(f"ChannelAttribution with {seeds} seeds")
    folder = paths_folder(setting, _JOURNEYS, _CHANNELS)
    try:
        python = python_of(next(peer for peer in PEERS if peer.name == "ChannelAttribution"), setting.cache)
    except UnavailableError as error:
        print(f"\n### Scatter\n\nChannelAttribution cannot be installed: {error}")
        return {"stopped": str(error)}
    (folder / "seeds.txt").write_text(str(seeds))
    out = folder / "seeds.json"
    peer = Contender("ChannelAttribution", "ChannelAttribution", "models_channel_attribution", "seeds")
    try:
        contend(setting, python, peer, folder, out)
    except ProcessError as error:
        print(f"\n### Scatter\n\nChannelAttribution failed: {error}")
        return {"stopped": str(error)}
    found = json.loads(out.read_text())
    answers = {"thirteen.csv": found["thirteen"], "paths.csv": found["answer"]}
    record: dict[str, Any] = {"seeds": seeds, "version": found["versions"]["ChannelAttribution"]}
    for title, (file, kind) in _ROWS.items():
        credit = at.attribute(at.read_paths(folder / file), at.Markov())
        exact = dict(zip(credit.keys[0].tolist(), credit.conversions[0].tolist(), strict=True))
        runs = {name: run for name, run in answers[file].items() if name.startswith(kind)}
        record[title] = _table(title, exact, runs)
    if picture is not None:
        draw(record, picture)
    return record


def _table(title: str, exact: Mapping[str, float], runs: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Print one table and return its columns; z is the mean's distance from exact in its standard errors."""
    channels = sorted(exact)
    drawn = np.array([[run.get(channel, 0.0) for channel in channels] for run in runs.values()])
    truth = np.array([exact[channel] for channel in channels])
    mean, spread = drawn.mean(axis=0), drawn.std(axis=0, ddof=1)
    z = (mean - truth) / (spread / np.sqrt(len(drawn)))
    print(f"\n### {title}: ChannelAttribution with {len(drawn)} seeds, {truth.sum():,.0f} conversions\n")
    print("| channel | exact | mean of seeds | z of the mean | spread of a seed | lowest | highest |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for row in zip(channels, truth, mean, z, spread, drawn.min(axis=0), drawn.max(axis=0), strict=True):
        channel, *figures = row
        cells = [f"{figure:.2f}" if place == 2 else f"{figure:.4g}" for place, figure in enumerate(figures)]
        print(f"| {channel} | {' | '.join(cells)} |")
    print(f"\nsum of z squared {float((z**2).sum()):.1f} over {len(z)} channels", flush=True)
    return {"channels": channels, "exact": truth.tolist(), "drawn": drawn.tolist(), "z": z.tolist()}


def draw(record: Mapping[str, Any], path: Path) -> None:
    """Draw each seed's credit as its distance from the exact value, in per cent of it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2))
    axes = figure.subplots(1, 2, width_ratios=[4, 9])
    rng = np.random.default_rng(1)
    for panel, title in zip(axes, _DRAWN, strict=True):
        columns = record[title]
        exact, drawn = np.array(columns["exact"]), np.array(columns["drawn"])
        off = 100 * (drawn / exact - 1)
        place = np.arange(len(exact))
        across = place + rng.uniform(-0.28, 0.28, off.shape)
        panel.axhline(0, color="#D55E00", linewidth=1.2, label="exact", zorder=1)
        panel.plot(across.ravel(), off.ravel(), ".", color="#0072B2", markersize=2.5, alpha=0.5, zorder=2)
        panel.plot(place, off.mean(axis=0), "_", color="black", markersize=14, label="mean of all seeds")
        panel.set_xticks(place, columns["channels"], rotation=0 if len(exact) < 6 else 60)
        panel.set_title(title, loc="left", fontsize=10)
        panel.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("a seed's credit beside exact, %")
    axes[1].legend(frameon=False, loc="upper left", fontsize=8)
    figure.suptitle(
        f"ChannelAttribution {record['version']}, order 1, {record['seeds']} seeds", x=0.07, ha="left"
    )
    figure.tight_layout()
    figure.savefig(path, dpi=110, bbox_inches="tight")
