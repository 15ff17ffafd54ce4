"""What figures depend on besides versions."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Return system, processor, cores and load."""
    model = platform.processor()
    about = Path("/proc/cpuinfo")
    if about.exists():
        models = [
            line.split(":")[1].strip() for line in about.read_text().splitlines() if "model name" in line
        ]
        model = models[0] if models else model
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"system": platform.platform(), "cpu": model, "cores": os.cpu_count(), "load": load}
