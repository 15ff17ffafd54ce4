"""Markov, Shapley and rules: this library against its peers, and against its own aims.

    python -m benchmarks.models                     # everything; an hour or so, and 2 GB of environments
    python -m benchmarks.models --quick             # small sizes, a minute or two
    python -m benchmarks.models peers --journeys 10_000 100_000 --channels 12
    python -m benchmarks.models order2 removal order4 scatter

Sections: `peers` (all jobs, sizes and channels), `order2`, `removal` (200 channels), `order4`, `scatter`
(ChannelAttribution's simulation around the exact value). README.md beside this file tells what is in the
clock.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for all: threads that wait would count as CPU seconds

from benchmarks import model_chains, model_peers, model_scatter
from benchmarks.machine import machine
from benchmarks.peer_venvs import CACHE

SECTIONS = ("peers", "order2", "removal", "order4", "scatter")


def main() -> None:
    given = arguments()
    record: dict[str, Any] = {"machine": machine(), "runs": [], "aims": []}
    with tempfile.TemporaryDirectory(prefix="attribution-bench-", dir=given.folder) as scratch:
        setting = model_peers.Setting(
            folder=Path(scratch),
            cache=given.cache,
            cpu_limit=given.cap,
            memory_gb=given.memory,
            repeats=given.repeats,
        )
        if "peers" in given.sections:
            record["runs"] += model_peers.contest(setting, given.journeys, given.channels)
        if "order2" in given.sections:
            record["aims"] += model_peers.order_two(setting, max(given.journeys), max(given.channels))
        if "removal" in given.sections:
            record["aims"] += model_chains.removal(200 if not given.quick else 40)
        if "order4" in given.sections:
            record["aims"] += model_chains.order_four(setting, max(given.journeys), max(given.channels))
        if "scatter" in given.sections:
            record["scatter"] = model_scatter.scatter(setting, given.seeds, given.picture)
    print("\n".join(map(str, record["aims"])))
    print(record["machine"])
    record["aims"] = [asdict(aim) | {"met": aim.met} for aim in record["aims"]]
    if given.out is not None:
        given.out.write_text(json.dumps(record, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, few seeds, a cap of 20 s")
    parser.add_argument("--journeys", type=int, nargs="+")
    parser.add_argument("--channels", type=int, nargs="+")
    parser.add_argument("--cap", type=int, help="CPU seconds for each contender, 300 if not told")
    parser.add_argument("--memory", type=float, default=12.0, help="GB of address space for each")
    parser.add_argument("--repeats", type=int, default=1, help="runs of contenders of under 20 CPU s")
    parser.add_argument("--seeds", type=int, help="of ChannelAttribution's simulation, 200 if not told")
    parser.add_argument("--picture", type=Path, help="write the scatter to this PNG file")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the peers' environments are kept")
    parser.add_argument("--folder", type=Path, help="where to put the temporary folder")
    parser.add_argument("--out", type=Path, help="write every figure to this JSON file")
    given = parser.parse_args()
    unknown = set(given.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    given.sections = given.sections or SECTIONS
    given.journeys = given.journeys or ([2_000, 10_000] if given.quick else [10_000, 100_000, 1_000_000])
    given.channels = given.channels or ([8] if given.quick else [12, 30])
    given.cap = given.cap or (20 if given.quick else 300)
    given.seeds = given.seeds or (20 if given.quick else 200)
    return given


if __name__ == "__main__":
    main()
