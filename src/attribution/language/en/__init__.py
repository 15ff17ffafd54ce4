"""English."""

from __future__ import annotations

from typing import Any

HABITS: dict[str, Any] = {
    "months": (
        *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
        *("October", "November", "December"),
    ),
}
UNBROKEN: dict[str, str] = {}
