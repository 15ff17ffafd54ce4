"""Jobs: what a configuration file asks for, and what its data hold."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import attribution as at
from attribution.jobs.job import Job
from tests.fixes.toml import written
from tests.fixes.world import World


def job(folder: Path, **sections: Any) -> Job:
    """Write the little log and a job of it, with these keys besides; return the job."""
    world = World()
    for name in ("touches", "conversions", "users", "panel", "spend"):
        pq.write_table(pa.Table.from_pandas(world[name]), folder / f"{name}.parquet")
    values: dict[str, Any] = {
        "models": ["linear"],
        "log": {"touches": "touches.parquet", "conversions": "conversions.parquet"},
        "output": {"folder": "out"},
        "report": {"sections": ["credit"]},
        "audit": {"enabled": False},
    }
    for name, keys in sections.items():
        values[name] = {**values[name], **keys} if isinstance(values.get(name), dict) else keys
    values["log"] = {key: value for key, value in values["log"].items() if value is not None}
    path = folder / "job.toml"
    path.write_text(written(values), encoding="utf-8")
    return at.load_config(path)


def ran(folder: Path, **sections: Any) -> object:
    """Run such a job."""
    return at.run(job(folder, **sections))


def old_baseline(folder: Path) -> str:
    """Run a job, and make the manifest one of an older version."""
    ran(folder)
    path = folder / "out" / "manifest.json"
    facts = json.loads(path.read_text())
    del facts["profile"]
    path.write_text(json.dumps(facts))
    return "out"


def torn(folder: Path) -> str:
    """Run a job, and leave another table of credit in its folder, as a killed run does."""
    ran(folder)
    credit = folder / "out" / "credit.parquet"
    pq.write_table(pq.read_table(credit).slice(1), credit)
    return str(Path("out") / "credit.parquet")


def queried(folder: Path, address: str | None) -> object:
    """Run a job on a query, with an address in the environment."""
    os.environ.pop("NO_SUCH_SHOP", None)
    if address is not None:
        os.environ["NO_SUCH_SHOP"] = address
    query = {"connection": "NO_SUCH_SHOP", "touches": "SELECT 1"}
    return ran(folder, log={"touches": None, "conversions": None, "query": query})


ROWS = (
    "job(folder, journeys={'period': ['2026-03-31', '2026-03-01']})",
    "ran(folder, identity={'tables': 'users.parquet', 'salt': 'NO_SUCH_SALT'})",
    "job(folder, budget={'margin': 0.4})",
    "job(folder, budget={'margin': 40, 'elasticity': [2, 1]})",
    "job(folder, budget={})",
    "queried(folder, None)",
    "queried(folder, 'mysql://shop')",
    "queried(folder, 'snowflake://shop')",
    "job(folder, log={'query': {'connection': 'SHOP', 'touches': 'SELECT 1'}})",
    (
        "job(folder, log={'touches': None, 'conversions': None, "
        "'query': {'connection': 'duckdb://shop', 'touches': 'SELECT 1'}})"
    ),
    "at.check(credit, torn(folder))",
    "job(folder, journeys={'rates': 'rates.csv'})",
    "job(folder, audit={'fail_on': ['channels_unmatched'], 'enabled': True})",
    "job(folder, check={'baseline': 'b.json', 'alpha': 2})",
    "job(folder, audit={'fail_on': ['any'], 'enabled': False})",
    "job(folder, engine={'memory': '1GB'})",
    "job(folder, engine={'name': 'stream', 'memory': 'lots'})",
    "job(folder, output={'keep': 3})",
    "job(folder, log={'hash_bits': 32})",
    "job(folder, log={'export': 'ga4', 'hash_bits': 64})",
    "ran(folder, log={'export': {'name': 'ga4'}})",
    "ran(folder, spend={'path': 'spend.parquet', 'platform': 'meta', 'channel': 'email'})",
    "job(folder, spend={'path': 'spend.parquet', 'channel': 'email'})",
    "ran(folder, log={'export': 'stripe', 'conversions': None})",
    "job(folder, log={'touches': 'a\\0b'})",
    "job(folder, spend={'path': ['a', 'b']})",
    "job(folder, report={'sections': ['credits']})",
    "job(folder, channels={'rules': 5})",
    "job(folder, channels={'rules': [{'channel': 'a'}]})",
    "job(folder, increments={'folder': 'state'}, engine={'name': 'memory'})",
    "job(folder, increments={'folder': 'state', 'key': 'abc'})",
    "job(folder, models=[])",
    "job(folder, models=['linear', 'linear'])",
    "job(folder, models=[5])",
    "job(folder, models=[{'half_life': '7D'}])",
    "job(folder, models=[{'name': 'time_decay', 'half_life': 7}])",
    "job(folder, models=[{'name': 'markov', 'order': 9}])",
    "job(folder, models=[{'name': 'position_based', 'first': 0.9, 'last': 0.9}])",
    "job(folder, holdouts={'channel': 'email'})",
    "job(folder, holdouts=[{'channel': 'email', 'users': ['a', 'b']}])",
    "job(folder, calibration={'model': 'linear'})",
    "job(folder, calibration={'model': 'markov'}, holdouts=[{'channel': 'email', 'users': 'users.parquet'}])",
    "job(folder, schedule={'timezone': 5})",
    "job(folder, schedule={'timezone': 'Europe/Berln'})",
    "job(folder, output={'folder': 'out/{today'})",
    "job(folder, output={'folder': 'out/{todai}'})",
    "job(folder, output={'folder': '${NO_SUCH_NAME}'})",
    "job(folder, journeys={'lookback': 30})",
    "job(folder, journeys={'max_touches': 0})",
    "job(folder, journeys={'lookback': '30'})",
    "at.load_config('job.toml' if job(folder) else '', date='soon')",
    "ran(folder, holdouts=[{'channel': 'email', 'users': 'no.parquet'}])",
    "ran(folder, holdouts=[{'channel': 'email', 'users': 'users.parquet', 'outcome': 'convert'}])",
    "ran(folder, holdouts=[{'channel': 'email', 'users': 'users.parquet', 'holdout': 'hold-out'}])",
    "ran(folder, holdouts=[{'channel': 'email', 'users': 'users.parquet', 'treatment': ['treatment']}])",
    "ran(folder, holdouts=[{'channel': 'emial', 'users': 'users.parquet'}])",
    "ran(folder, check={'baseline': 'no.json'})",
    "at.check(old_baseline(folder), credit)",
    "ran(folder, log={'touches': ['touches.parquet', 'touches.parquet']})",
    "ran(folder, log={'schema': {'channel': 'campaing'}})",
    "ran(folder, by=['channel', 'campaign'])",
    "ran(folder, spend={'path': 'users.parquet'})",
    "ran(folder, journeys={'nulls': False}, models=['markov'])",
    (
        "(folder / 'copy.parquet').write_bytes((folder / 'touches.parquet').read_bytes() "
        "if job(folder) else b'')\nran(folder, log={'touches': ['touches.parquet', 'copy.parquet']})"
    ),
)
