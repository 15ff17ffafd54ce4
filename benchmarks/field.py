"""Who runs what: the jobs, their contenders, and what each contender needs installed."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from benchmarks.measure import Entry, missing

CONVERTERS, EVERYONE, WITH_TIMES, PEERS = "converters", "everyone", "everyone, with times", "peers"
FLOOR = "floor"
OURS = "attribution"
UNPROMISED = "duckdb, sorted rows"  # right whenever we looked, but the order of its lists is no promise


@dataclass(frozen=True)
class Contender:
    """Somebody at a job.

    Attributes
    ----------
    name
        What tables call it; contenders of one library start alike.
    entry
        What is run.
    needs
        The module that must be there, and what installs it; None for what this library needs itself.
    tolerance
        How far credit may lie from ours, relatively.
    """

    name: str
    entry: Entry
    needs: tuple[str, str] | None = None
    tolerance: float = 1e-9

    def skipped(self) -> str | None:
        """Return how to install what is missing, or None if nothing is."""
        if self.needs is None or not missing(self.entry.python, self.needs[0]):
            return None
        return f"skipped {self.name}: {self.entry.python} -m pip install {self.needs[1]}"


def field(peers_python: str = sys.executable) -> dict[str, list[Contender]]:
    """Return the contenders of each job; ours comes first."""
    duckdb, polars = ("duckdb", "duckdb"), ("polars", "polars")
    mam = ("mam", '"marketing-attribution-models>=2"')
    paths = ("ChannelAttribution", "ChannelAttribution matplotlib")

    def ours(function: str) -> Contender:
        return Contender(OURS, Entry("ours", function))

    def sql(name: str, function: str) -> Contender:
        return Contender(name, Entry("duckdb_sql", function), duckdb)

    def frames(module: str, function: str) -> Contender:
        needs = polars if module == "polars" else None
        return Contender(module, Entry(f"{module}_frames", function), needs)

    return {
        FLOOR: [Contender(FLOOR, Entry("floor", "decode_and_sort"))],
        CONVERTERS: [
            ours("converters"),
            sql("duckdb", "converters"),
            frames("polars", "converters"),
            frames("pandas", "converters"),
        ],
        EVERYONE: [
            ours("everyone"),
            sql("duckdb, ordered lists", "everyone"),
            sql("duckdb, packed integers", "everyone_packed"),
            sql(UNPROMISED, "everyone_sorted"),
            frames("polars", "everyone"),
            frames("pandas", "everyone"),
        ],
        WITH_TIMES: [
            ours("everyone"),
            sql(UNPROMISED, "everyone_sorted_with_times"),
            frames("polars", "everyone_with_times"),
            frames("pandas", "everyone_with_times"),
        ],
        PEERS: [
            ours("unlimited"),
            # MAM measures time in whole seconds, which moves its time decay in the eighth digit.
            Contender("mam", Entry("mam", "heuristics", peers_python), mam, 1e-6),
            Contender(
                "mam, converters picked", Entry("mam", "heuristics_of_converters", peers_python), mam, 1e-6
            ),
            Contender("ChannelAttribution", Entry("channel_attribution", "heuristics", peers_python), paths),
            Contender(
                "ChannelAttribution, converters picked",
                Entry("channel_attribution", "heuristics_of_converters", peers_python),
                paths,
            ),
        ],
    }
