"""The samples that ship with the library, and the settings that reproduce them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attribution.datasets.dataset import Dataset, read_dataset
from attribution.errors import DatasetError, unknown_name

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "retailer": {
        "n_users": 20_000,
        "start": "2025-01-01",
        "days": 365,
        "seed": 2025,
        "holdout": {"email": 0.2, "retargeting": 0.2},
    },
}
"""Arguments of `simulate` for each sample: ``simulate(**SAMPLES["retailer"])`` gives it value for value."""


def load_sample(name: str = "retailer") -> Dataset:
    """Load a sample that ships with the library.

    Parameters
    ----------
    name
        The sample's name. ``"retailer"``: 20,000 users of a retailer in 2025, 13 channels, randomised
        holdouts of 20% for email and for retargeting.

    Returns
    -------
    Dataset
        Tables and truth, the same type that `simulate` returns.

    Raises
    ------
    DatasetError
        If there is no such sample, or its files are missing or damaged.

    Examples
    --------
    >>> from attribution.datasets import load_sample
    >>> load_sample("retailer").users.num_rows
    20000
    """
    if name not in SAMPLES:
        raise DatasetError(unknown_name("sample", name, SAMPLES), column="name")
    return read_dataset(sample_folder(name))


def sample_folder(name: str) -> Path:
    """Return the folder that holds a sample: in the installed package, or in a source checkout.

    Raises
    ------
    DatasetError
        If neither has it.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "samples" / name, package.parents[2] / "data" / "samples" / name):
        if folder.is_dir():
            return folder
    msg = f"the files of sample {name!r} are not installed"
    raise DatasetError(msg, hint=f"attribution.datasets.simulate(**SAMPLES[{name!r}]) makes the same tables")
