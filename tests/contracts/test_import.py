"""`import attribution` loads nothing heavy and changes nothing in the process that imports it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    *("duckdb", "jinja2", "matplotlib", "numpy", "pandas", "polars"),
    *("pyarrow", "pyspark", "scipy", "statsmodels", "tqdm"),
}


def run(script: str) -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_import_loads_nothing_heavy():
    loaded = run("import attribution, json, sys; print(json.dumps(sorted(sys.modules)))")
    assert not {name.partition(".")[0] for name in loaded} & HEAVY


@pytest.mark.parametrize("name", ["LogSchema", "Linear", "build_journeys", "Journeys"])
def test_describing_a_job_loads_no_plotting_nor_statistics(name):
    loaded = run(f"import attribution, json, sys; attribution.{name}; print(json.dumps(sorted(sys.modules)))")
    assert not set(loaded) & {"matplotlib", "pandas", "pyarrow.dataset", "scipy.stats", "statsmodels"}


def test_using_every_name_leaves_the_process_as_it_was():
    changed = run(
        """
import json, locale, logging, random, warnings
import matplotlib, numpy, pandas

def state():
    return {
        "rcParams": repr(matplotlib.rcParams),
        "random": repr(random.getstate()),
        "numpy.random": repr(numpy.random.get_state()[1].tolist()),
        "numpy errors": repr(numpy.geterr()),
        "numpy print": repr(numpy.get_printoptions()),
        "pandas": repr([(key, pandas.get_option(key)) for key in ("display.max_rows", "display.precision")]),
        "warnings": repr(warnings.filters),
        "root handlers": repr(logging.getLogger().handlers),
        "own handlers": repr([
            handler for name, logger in logging.root.manager.loggerDict.items()
            if name.partition(".")[0] == "attribution"
            for handler in getattr(logger, "handlers", []) if not isinstance(handler, logging.NullHandler)
        ]),
        "level": logging.getLogger("attribution").level,
        "locale": repr(locale.setlocale(locale.LC_ALL)),
    }

# What the libraries do to the process when they are first loaded is theirs to answer for.
import pyarrow.parquet, scipy.sparse, scipy.stats, jinja2, tqdm, statsmodels.api, matplotlib.figure
before = state()
import attribution
for name in attribution.__all__:
    getattr(attribution, name)
after = state()
print(json.dumps([key for key in before if before[key] != after[key]]))
"""
    )
    assert changed == []
