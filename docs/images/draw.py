"""Draw the pictures of README and docs again: ``python docs/images/draw.py`` (`make pictures`)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

import attribution as at
from attribution import _draw

HERE = Path(__file__).parent


def credit_of_the_sample() -> None:
    """Draw credit.png: purchases credited to each channel of the sample, by four rules."""
    sample = at.load_sample("retailer")
    journeys = at.build_journeys(at.read_log(sample.touches, sample.conversions), goal="purchase")
    credit = at.attribute(journeys, ["first_touch", "last_touch", "linear", "u_shaped"])
    axes = credit.plot("conversions")
    axes.set_title("Purchases credited to each channel, by four rules", loc="left")
    axes.figure.savefig(HERE / "credit.png", dpi=110, bbox_inches="tight")


def credit_and_cause() -> None:
    """Draw credit_and_cause.png: last touch beside the truth, in the world of docs/why.md."""
    from matplotlib.figure import Figure

    world = at.datasets.simulate(40_000, seed=7, effects={"retargeting": 0}, holdout={"retargeting": 0.5})
    journeys = at.build_journeys(at.read_log(world.touches, world.conversions), goal="purchase")
    credited = at.attribute(journeys, "last_touch").to_frame().set_index("channel")["conversions"]
    caused = world.truth.to_pandas().set_index("channel")["conversions"].sort_values()
    figure = Figure(figsize=(8, 5.5))
    axes = figure.subplots()
    place = np.arange(len(caused))
    axes.barh(place + 0.2, credited[caused.index], 0.4, color="#8A8A8A", label="credited by last touch")
    axes.barh(place - 0.2, caused, 0.4, color="#0072B2", label="caused (known: it is a simulation)")
    axes.set_yticks(place, caused.index)
    axes.set_xlabel("purchases in a year")
    axes.set_title("Who was there is not who made the difference", loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.legend(frameon=False, loc="center right")
    figure.savefig(HERE / "credit_and_cause.png", dpi=110, bbox_inches="tight")


def models_rules() -> None:
    """Draw models_rules.png: one journey of five touches, split by each rule."""
    touches = {
        "user_id": [1] * 5,
        "time": ["2026-03-01", "2026-03-08", "2026-03-15", "2026-03-22", "2026-03-29"],
        "channel": ["ad", "video", "email", "search", "direct"],
    }
    steps = {
        "user_id": [1] * 3,
        "time": ["2026-03-16", "2026-03-23", "2026-03-29"],
        "goal": ["lead", "opportunity", "purchase"],
    }
    journeys = at.build_journeys(at.read_log(touches, steps), goal="purchase")
    names = ["first_touch", "last_touch", "last_non_direct", "linear", "time_decay", "u_shaped", "j_shaped"]
    names += ["inverse_j", "w_shaped", "full_path"]
    credit = at.attribute(journeys, names).to_frame()
    shares = credit.pivot_table("conversions", "channel", "model").loc[touches["channel"], names]
    axes = _draw.heat_map(
        ["1 ad", "2 video", "3 e-mail (lead)", "4 search (opportunity)", "5 direct"],
        names,
        shares.to_numpy(),
        title="One purchase after five touches: who gets how much of it",
        axes=("touch", "rule; percent of the purchase"),
        text=lambda share: "" if share == 0 else f"{100 * share:.3g}",
        ax=_axes((8.0, 3.6)),
    )
    _save(axes, "models_rules")


def models_markov() -> None:
    """Draw models_markov.png: the chain of the sample and its removal effects."""
    chain = at.attribute(_purchases(), "markov").details["markov"]
    left, right = _axes((14.0, 5.4), widths=(1.35, 1.0))
    chain.plot("transitions", ax=left)
    _save(chain.plot("effects", ax=right), "models_markov")


def models_shapley() -> None:
    """Draw models_shapley.png: four games on groups of channels, and the default game by position."""
    groups = [
        ("search", "glob:*_search"),
        ("direct and store", "re:^(direct|store_visit|call_centre)$"),
        ("own messages", "re:^(email|sms|direct_mail)$"),
        ("retargeting and affiliate", "re:^(retargeting|affiliate)$"),
        ("display, social, video", "re:^(display|social|video)$"),
    ]
    games = ("subset_conversions", "within_set_rate", "exact_rate", "subset_rate")
    credit = at.attribute(_purchases(groups), {game: at.Shapley(game) for game in games})
    left, right = _axes((14.0, 4.8), widths=(1.0, 1.2))
    credit.compare().plot("shares", ax=left)
    left.set_title("Four games, four answers", loc="left")
    ordered = at.attribute(_purchases(), at.Shapley(ordered=True)).details["shapley"].by_position.to_frame()
    ordered["position"] = ordered["position"].clip(upper=9)
    table = ordered.pivot_table("conversions", "channel", "position", aggfunc="sum", fill_value=0.0)
    table = table.loc[table.sum(axis=1).sort_values(ascending=False).index]
    _draw.heat_map(
        list(table.index),
        [str(place) for place in table.columns[:-1]] + ["9+"],
        table.to_numpy(),
        title="Ordered: where in the journey the credit of the first game arose",
        axes=("", "position of the touch; conversions"),
        text=lambda conversions: f"{conversions:.0f}",
        ax=right,
    )
    _save(right, "models_shapley")


def models_learned() -> None:
    """Draw models_learned.png: the models that learn what goes with conversions, beside others."""
    names = ["last_touch", "linear", "markov", "bagged_logistic", "probabilistic", "additive_hazard"]
    compared = at.attribute(_purchases(), names).compare("linear")
    left, right = _axes((13.0, 5.0), widths=(1.25, 1.0))
    compared.plot("shares", ax=left)
    _save(compared.plot("disagreement", ax=right), "models_learned")


def geo_test() -> None:
    """Draw geo_test.png: the test of docs/geo.md, actual sales beside what they would have been."""
    cities = [f"geo {number:02d}" for number in (3, 8, 12, 17, 21, 26, 30, 35)]
    data = at.datasets.simulate_geo(
        40,
        days=100,
        seed=5,
        treated=cities,
        test=("2025-03-24", "2025-04-13"),
        lift=0.08,
        holidays=False,
    )
    lift = at.analyze_geo(data.panel, treated=cities, start="2025-03-24", end="2025-04-13", method="did")
    _save(lift.plot(), "geo_test")


def _purchases(groups: list[tuple[str, str]] | None = None) -> at.Journeys:
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions)
    return at.build_journeys(log if groups is None else log.group_channels(groups), goal="purchase")


def _axes(size: tuple[float, float], widths: tuple[float, ...] = (1.0,)) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure.subplots(1, len(widths), width_ratios=widths)


def _save(axes: Any, name: str) -> None:
    """Save a figure in few colours: small, and sharp all the same."""
    from PIL import Image

    buffer = io.BytesIO()
    axes.figure.savefig(buffer, format="png", dpi=90)
    buffer.seek(0)
    picture = Image.open(buffer).convert("RGB").quantize(224, dither=Image.Dither.NONE)
    picture.save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    credit_of_the_sample()
    credit_and_cause()
    models_rules()
    models_markov()
    models_shapley()
    models_learned()
    geo_test()
