"""How long `import attribution` takes beside `import pandas`: CPU seconds of fresh processes, the median of many.

    python benchmarks/import_time.py [repeats]

Each process reads its own CPU clock before and after the import, so that the start of the interpreter
counts for neither. Processes of the two kinds alternate, and the first of each, which reads from a cold
disk, is left out.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

SCRIPT = "import time; start = time.process_time(); import {0}; print(time.process_time() - start)"
NAMES = ["attribution", "numpy", "pandas"]


def cpu_seconds(name: str) -> float:
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(name)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main(repeats: int = 11) -> None:
    runs = [{name: cpu_seconds(name) for name in NAMES} for _ in range(repeats + 1)][1:]
    seconds = {name: statistics.median(run[name] for run in runs) for name in NAMES}
    for name in NAMES:
        print(f"import {name:<12} {1e3 * seconds[name]:8.1f} ms  {seconds[name] / seconds['pandas']:6.3f} of pandas")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
