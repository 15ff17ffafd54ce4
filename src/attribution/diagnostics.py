"""CheckResult: the one shape of a log audit, a sample-ratio check, a placebo test, a regression check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from attribution._display import Display
from attribution._fixes import said

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class CheckResult(Display):
    """The outcome of one check.

    Attributes
    ----------
    name
        A stable identifier, such as ``"exact_duplicates"``.
    passed
        True, False, or None where the check does not apply or only informs.
    text
        One or two sentences that state the finding with its numbers.
    count
        How many rows (or users, days, channels) the finding is about; 0 where all is well.
    rows
        Example rows, a mapping a row, at most five.
    fix
        The line of code or configuration that would fix it, empty when nothing needs fixing.
    statistic, p_value
        Of a check that is a statistical test: what it computed (a chi-square, a largest z; the check's own
        documentation says which), and the p-value that `passed` was judged by. None for other checks.

    Examples
    --------
    >>> import attribution as at
    >>> users = {"arm": ["treatment", "holdout"] * 500, "converted": [True, False, False, False] * 250}
    >>> at.analyze_holdout(users, shares={"treatment": 0.5, "holdout": 0.5}).checks["sample_ratio"].p_value
    1.0
    """

    name: str
    passed: bool | None
    text: str
    count: int = 0
    rows: Sequence[Mapping[str, Any]] = field(default=())
    fix: str = ""
    statistic: float | None = None
    p_value: float | None = None

    @property
    def status(self) -> str:
        """``"ok"``, ``"failed"`` or ``"info"``."""
        return {True: "ok", False: "failed", None: "info"}[self.passed]

    def judged_by(self, p_value: float, statistic: float | None = None) -> CheckResult:
        """Return the check with the numbers that it was judged by."""
        return replace(self, p_value=float(p_value), statistic=statistic)

    def to_frame(self) -> pd.DataFrame:
        """Return the example rows as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(list(self.rows))

    def _title(self) -> str:
        return f"[{self.status}] {self.name}: {self.text}"

    def _notes(self) -> tuple[str, ...]:
        return tuple(said(self.fix)) if self.fix else ()

    def _repr_text(self) -> str:
        rows = (str(dict(row)) for row in self.rows)
        return "\n  ".join([self._title(), *self._notes(), *rows])


class CheckResults(Display, list[CheckResult]):
    """A list of CheckResult that shows itself as a table.

    Examples
    --------
    >>> checks = CheckResults([CheckResult("null_keys", True, "no null users, times or channels")])
    >>> checks.passed
    True
    >>> checks["null_keys"].status
    'ok'
    """

    @property
    def passed(self) -> bool:
        """True when no check failed."""
        return not any(check.passed is False for check in self)

    @property
    def failed(self) -> CheckResults:
        """The checks that failed."""
        return CheckResults(check for check in self if check.passed is False)

    def __getitem__(self, key: Any) -> Any:
        """Return a check by position or by name."""
        if isinstance(key, str):
            for check in self:
                if check.name == key:
                    return check
            raise KeyError(key)
        return super().__getitem__(key)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a check: name, status, count, text, fix."""
        import pandas as pd

        columns = ["check", "status", "count", "finding", "fix"]
        rows: Iterable[tuple[object, ...]] = (
            (check.name, check.status, check.count, check.text, check.fix) for check in self
        )
        return pd.DataFrame(list(rows), columns=columns)
