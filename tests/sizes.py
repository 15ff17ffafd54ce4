"""Tests of two sizes: small in every run, full by ``make thorough``."""

from __future__ import annotations

from typing import Any

import pytest


def sizes(*, few: Any, full: Any) -> pytest.MarkDecorator:
    """Give a test its ``size``: the same law with fewer draws, and the wider bands that these have, or whole.

    CI runs the full size when a file that it guards changed (``tests/long_runs.py``).
    """
    cases = [pytest.param(few, id="few"), pytest.param(full, id="full", marks=pytest.mark.full)]
    return pytest.mark.parametrize("size", cases)
