"""2,000 cases a door, 50,000 by ``make fuzz``: right answers and AttributionErrors, and nothing else.

No other exception, no crash, no warning, no case of 20 seconds. A case that still means what the table meant
gives the same numbers; every answer conserves (credit is the log's conversions, spend is the table's total).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.child import SEED

ROOT = Path(__file__).parents[2]
CASES = int(os.environ.get("FUZZ_CASES", "2000"))
NAMES = (
    *("touches", "conversions", "paths", "spend", "rates", "holdout", "assign", "outcomes", "geo"),
    "toml",
)


@pytest.mark.parametrize("door", NAMES)
def test_only_right_answers_or_errors_that_teach(door, tmp_path):
    mark = tmp_path / "case"
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.child", door, str(CASES), str(SEED), "0", str(mark)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60 + CASES,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        check=False,
    )
    where = f"python -m tests.fuzz.child {door} 1 {SEED} {mark.read_text().strip() if mark.exists() else 0}"
    assert done.stdout, f"the process died ({done.returncode}): {where}\n{done.stderr[-2000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    text = "\n".join(f"case {number}:\n{fault}" for number, fault in found["faults"])
    assert not found["faults"], f"{text}\nagain: python -m tests.fuzz.child {door} 1 {SEED} NUMBER"
    assert found["answers"] > CASES // 20  # a fuzzer that is always refused tests nothing
