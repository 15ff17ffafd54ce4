"""Draw the pictures of README and docs again: ``python docs/images/draw.py`` (`make pictures`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import attribution as at

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


if __name__ == "__main__":
    credit_of_the_sample()
    credit_and_cause()
