"""From a touch log to per-channel credit and ROI, with experiments beside it.

::

     touch log, conversions          spend            experiment outcomes
            |                          |                      |
       1 eventlog   read, check        |               experiments
            |       group channels     |        plan, assign, analyse holdouts
       2 journeys   lookback windows   |                      |
            |                          |                      |
       3 models     tally + merge      |                      |
            |       solve -> Credit    |                      |
            +------------+-------------+----------------------+
                         |
       4 credit     who gets how much, how sure, against what it cost, calibrated by what experiments caused
                         |
       5 report     tables, plots, one HTML file; regression check; jobs

``import attribution as at`` loads nothing heavy: every public name below is imported from its module
when it is first used (PEP 562), and ``__init__.pyi`` says which module that is. docs/architecture.md tells
what each module is for.
"""

from __future__ import annotations

import sys
from importlib import import_module

__version__ = "0.1.0"


def _homes() -> dict[str, str]:
    """Return the module of each public name, as the stub says it: ``from home import name as name``.

    The stub is what type checkers read. Its lines are cut at spaces, since `ast` costs as much to import as
    everything else here.
    """
    stub: str = __loader__.get_data(f"{__path__[0]}/__init__.pyi").decode()
    lines = [line.split() for line in stub.splitlines() if line.startswith("from ")]
    return {name: home for _, home, _, name, *_ in lines}


_HOME = _homes()
__all__ = ["__version__", *_HOME]  # noqa: PLE0604 (all strings; the linter reads literals only)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        from attribution._migration import RemovedImportError, removed_name

        if (renamed := removed_name("at", name)) is not None:
            # `from attribution import name` asks whether the name is there, and forgets an AttributeError.
            importing = sys._getframe(1).f_code.co_name == "_handle_fromlist"  # noqa: SLF001
            raise renamed.as_a(RemovedImportError) if importing else renamed
        msg = f"module 'attribution' has no attribute {name!r}"
        raise AttributeError(msg)
    home = _HOME[name]
    value = import_module(f"{home}.{name}") if home == __name__ else getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
