"""Write a sample again: ``python -m attribution.datasets retailer data/samples/retailer``."""

from __future__ import annotations

import argparse

from attribution.datasets.samples import SAMPLES
from attribution.datasets.simulation import simulate


def main() -> None:
    """Write the sample named on the command line into the folder named there."""
    parser = argparse.ArgumentParser(
        prog="python -m attribution.datasets", description="Write a sample of the library again."
    )
    parser.add_argument("sample", choices=sorted(SAMPLES))
    parser.add_argument("folder", help="created if need be")
    asked = parser.parse_args()
    simulate(**SAMPLES[asked.sample]).write(asked.folder)


if __name__ == "__main__":
    main()
