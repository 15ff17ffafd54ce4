"""What holds for every test: no global generator is touched, laws are deterministic, plots need no screen."""

from __future__ import annotations

import os
import random
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

# The same examples on every machine and in every run; `HYPOTHESIS_PROFILE=search` looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("dev", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(autouse=True)
def global_generators_untouched() -> Iterator[None]:
    """Fail the test that draws from, or seeds, a global random generator."""
    before = random.getstate(), _numpy_state()
    yield
    assert random.getstate() == before[0], "the global `random` generator was used"
    assert _numpy_state() == before[1], "the global numpy.random generator was used"


def _numpy_state() -> tuple[bytes, int]:
    _, keys, position, *_ = np.random.get_state()  # noqa: NPY002 (the global generator is what is watched)
    return keys.tobytes(), position


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(parent: pytest.Collector) -> Generator[None, Any, Any]:
    """Look for doctests in src alone: each module here would be collected twice, to find none."""
    option = parent.config.option
    asked, option.doctestmodules = option.doctestmodules, False
    try:
        return (yield)
    finally:
        option.doctestmodules = asked


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the repository."""
    return Path(__file__).parents[1]
