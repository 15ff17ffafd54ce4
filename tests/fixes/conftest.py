"""What holds for every fix that is followed."""

from __future__ import annotations

import pytest

from tests.pictures import leave_out_pictures


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the pictures of reports: no fix is about them."""
    leave_out_pictures(monkeypatch)
