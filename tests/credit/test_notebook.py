"""In a notebook, a plot appears: executed for real, without pyplot in the user's code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import attribution

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

SETUP = f"""\
import sys
sys.path.insert(0, {str(Path(attribution.__file__).parents[1])!r})
import numpy as np
from attribution.credit.credit import Credit
key = np.array(["display", "email"], dtype=object)
credit = Credit(("linear",), ("channel",), (key,), np.array([[3.0, 1.0]]), np.array([[30.0, 10.0]]))
"""


@pytest.mark.filterwarnings("default")
def test_plots_and_tables_are_shown(tmp_path):
    cells = [
        SETUP,
        "ax = credit.plot()\nax.set_title('Mine')",  # changed after it was drawn, not the cell's value
        "credit.plot('share');",
        "assert not sys.modules['matplotlib.pyplot'].get_fignums()  # nothing stays open",
        "credit",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    # A backend that this process was told to use is not one that shows anything in a notebook.
    client.execute(env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"})
    kinds = [[set(output.get("data", {})) for output in cell.outputs] for cell in notebook.cells]
    # matplotlib before 3.9 shows a notebook's very first figure with the second, whoever draws it.
    assert sum("image/png" in kind for kind in (*kinds[1], *kinds[2])) == 2
    assert not kinds[3]
    assert "text/html" in kinds[4][0]
