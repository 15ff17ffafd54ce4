"""Simulations and samples."""

# ruff: noqa: F401 (a row is code, and may use what is imported here)

from __future__ import annotations

from attribution.datasets.dataset import read_dataset

ROWS = (
    tuple(
        f"at.datasets.simulate({arguments})"
        for arguments in (
            "10**12",
            "0",
            "100, start='soon'",
            "100, start=5",
            "100, start='1850-01-01'",
            "100, holdout=0.2",
            "100, holdout={'radio': 0.2}",
            "100, holdout={'direct': 0.2}",
            "100, holdout={'organic_search': 0.2}",
            "100, holdout={'email': 1.0}",
            "100, holdout={'email': np.zeros(3)}",
            "100, holdout={'email': np.zeros(100, bool)}",
            "100, effects=5",
            "100, effects={'emial': 5}",
            "100, effects={'email': 1000}",
            "100, without=5",
            "100, without='emial'",
            "100, dirt=5",
            "100, dirt={'exact_duplicate': 0.1}",
            "100, dirt={'exact_duplicates': 0.9, 'null_users': 0.9}",
            "100, days=10, dirt={'missing_days': 30}",
            "100, world='closer'",
        )
    )
    + tuple(
        f"at.datasets.Process({arguments})"
        for arguments in (
            "effects={'emial': 5.0}",
            "returning=1.5",
            "streams=()",
        )
    )
    + tuple(
        f"at.datasets.simulate_geo({arguments})"
        for arguments in (
            "1000, days=10**6",
            "10, treated=['nowhere']",
            "10, treated={'a': ['geo 01'], 'b': ['geo 01']}",
            "10, test=5",
            "10, test=('1999-01-01', '1999-02-01')",
            "10, test=('soon', '1999-02-01')",
            "10, start='soon'",
            "10, noise=-1",
            "10, autocorrelation=2",
        )
    )
    + (
        "at.load_sample('retail')",
        "(folder / 'settings.json').write_text('x')\nread_dataset(folder)",
    )
)
