"""The pytest plugin: the fixture ``credit_baseline`` and the option ``--update-baseline``.

Imported by every run of pytest where this library is installed, so it imports nothing but pytest until
the fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from attribution.diagnostics import CheckResults

_FOLDER = "baselines"


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, None, None]:
    """Add ``--update-baseline``, unless a plugin or a conftest.py has it: hence after these are loaded."""
    yield
    with suppress(ValueError):
        parser.getgroup("attribution").addoption(
            "--update-baseline",
            action="store_true",
            default=False,
            help="write what credit_baseline is given as the new baselines",
        )


@pytest.fixture
def credit_baseline(request: pytest.FixtureRequest) -> Callable[..., CheckResults]:
    """Check credit against a file in ``baselines`` beside the test, which ``--update-baseline`` writes.

    ``credit_baseline(credit, "weekly", journeys=journeys, rtol=1e-6)``: a result and a name, then the
    arguments of `attribution.check`. The name may end in ``.parquet``; it is ``.json`` otherwise. A failed
    check fails the test with the table of checks.
    """

    def credit_baseline(result: Any, name: str, **options: Any) -> CheckResults:
        __tracebackhide__ = True
        from attribution.errors import BaselineError
        from attribution.regression import check_text, store
        from attribution.regression.compare import check

        path = request.path.parent / _FOLDER / (name if "." in name else f"{name}.json")
        made_of = {key: options.pop(key) for key in ("journeys", "log") if key in options}
        found = store.as_baseline(result, **made_of)
        if request.config.getoption("--update-baseline", default=False):
            path.parent.mkdir(parents=True, exist_ok=True)
            store.save_baseline(found, path)
        refused = ""
        try:
            checks = check(found, path, **options)
        except BaselineError as error:
            fix = "pytest --update-baseline writes it; look at what it says, and commit it"
            refused = f"{error.problem}.\n  Fix: {fix}"
        if refused:  # out of the handler: pytest would show the error behind this one as well
            pytest.fail(refused, pytrace=False)
        if not checks.passed:
            head = f"{path.name}: {check_text.worst(checks)}"
            fix = "if the change is right: pytest --update-baseline, and commit the file"
            pytest.fail(f"{head}\n\n{check_text.table(checks)}\n{fix}", pytrace=False)
        return checks

    return credit_baseline
