"""From which p-value on chance is doubted, and from which on a result is not read."""

from __future__ import annotations

from attribution.diagnostics import CheckResult

BLOCK = 0.001
WARN = 0.01


def doubtful(check: CheckResult) -> bool:
    """Return whether a check does not fail, but finds arms, exposure or covariates unusually uneven."""
    if check.passed is not None:
        return False
    rare = check.p_value is not None and check.p_value < WARN
    return rare or (check.name.startswith("sample_ratio") and check.count > 0)
