"""How long `import attribution` takes beside `import pandas`: CPU time of fresh processes, medians.

    python benchmarks/import_time.py [repeats]

Each process reads its own CPU clock before and after the import, so that the start of the interpreter
counts for neither. Processes of the kinds alternate, and the first of each, which reads from a cold disk,
is left out.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

SCRIPT = "import time; start = time.process_time(); import {0}; print(time.process_time() - start)"
NAMES = ["attribution", "numpy", "pandas"]


def cpu_seconds(name: str) -> float:
    command = [sys.executable, "-c", SCRIPT.format(name)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main(repeats: int = 11) -> None:
    runs = [{name: cpu_seconds(name) for name in NAMES} for _ in range(repeats + 1)][1:]
    seconds = {name: statistics.median(run[name] for run in runs) for name in NAMES}
    for name, median in seconds.items():
        ratio = median / seconds["pandas"]
        print(f"import {name:<12} {1e3 * median:8.1f} ms  {ratio:6.3f} of pandas")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
