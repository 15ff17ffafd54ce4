"""Who computes which model, and why a number that differs from ours does."""

from __future__ import annotations

from dataclasses import dataclass

OURS = "attribution"


@dataclass(frozen=True)
class Contender:
    """A peer at a job.

    Attributes
    ----------
    name
        What tables call it.
    peer
        Which environment it runs in; None for ours.
    module, function
        What is run, of `benchmarks.contenders`.
    label
        Which of its answers stands for the job, where it gives more than one; None for all.
    tolerance
        How far credit may lie from ours, as a share of all conversions.
    why
        Why it differs, where it does; None where it must agree.
    channels
        The largest number of channels that it is tried on; None for any.
    """

    name: str
    peer: str | None
    module: str
    function: str
    label: str | None = None
    tolerance: float = 1e-9
    why: str | None = None
    channels: int | None = None


def _ours(function: str) -> Contender:
    return Contender(OURS, None, "models_ours", function)


def _channel_attribution(function: str, tolerance: float = 1e-9) -> Contender:
    return Contender(
        "ChannelAttribution",
        "ChannelAttribution",
        "models_channel_attribution",
        function,
        tolerance=tolerance,
        why="simulates 10,000 walks" if "markov" in function else None,
    )


def _do(name: str, function: str, why: str | None = None, channels: int | None = None) -> Contender:
    return Contender(name, "do-attribution", "models_do", function, why=why, channels=channels)


def _mta(function: str, why: str | None = None) -> Contender:
    return Contender("mta", "mta", "models_mta", function, why=why)


def _shapley_attribution(function: str) -> Contender:
    module = "models_shapley_attribution"
    return Contender("shapley-attribution", "shapley-attribution", module, function)


FIELD: dict[str, tuple[Contender, ...]] = {
    "rules": (
        _ours("rules"),
        _channel_attribution("rules"),
        Contender("mam", "mam", "models_mam", "rules"),
        _mta("rules"),
        _shapley_attribution("rules"),
    ),
    "Markov, order 1": (
        _ours("markov1"),
        _channel_attribution("markov1", 0.02),
        Contender("mam, its removal effects", "mam", "models_mam", "markov1", "removal effects"),
        _do("do-attribution, redirect_to_null", "markov1"),
        _do(
            "do-attribution, its default",
            "markov1_fail",
            "'fail' is the share of conversions whose path holds the channel; no chain",
        ),
        _mta("markov1", "sums over the paths that were seen to convert, not over the chain"),
    ),
    "Markov, order 1, by journey": (
        _ours("markov1_journey"),
        Contender("mam", "mam", "models_mam", "markov1", "markov"),
    ),
    "Markov, order 2": (
        _ours("markov2"),
        _channel_attribution("markov2", 0.02),
        _do("do-attribution, redirect_to_null", "markov2"),
    ),
    "Shapley, subset_conversions": (
        _ours("shapley"),
        _mta("shapley"),
        _shapley_attribution("shapley"),
        _do(
            "do-attribution",
            "shapley",
            "another game: a set is worth the conversions of journeys with exactly that set",
        ),
    ),
    "Shapley, within_set_rate": (
        _ours("shapley_within"),
        Contender(
            "mam, its default",
            "mam",
            "models_mam",
            "shapley_within",
            why="keeps the alphabetically last 4 channels of a journey",
        ),
        Contender("mam, max_size=None", "mam", "models_mam", "shapley_within_whole"),
    ),
    "Shapley, ordered": (
        _ours("shapley_ordered"),
        _shapley_attribution("shapley_ordered"),
    ),
}
