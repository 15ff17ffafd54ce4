"""Records of people with typos, of which it is known who is one: pairs that are found, and are right.

The counts are those of joins on the same keys and their transitive closure (pandas and networkx).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import attribution as at

KEYS = {
    "name and birth": ["first_name", "surname", "dob"],
    "surname and birth": ["surname", "dob"],
    "first name and birth": ["first_name", "dob"],
    "name and city": ["first_name", "surname", "city"],
    "birth and city": ["dob", "city"],
}


@pytest.fixture(scope="module")
def records():
    frame = pd.read_parquet(Path(__file__).parent / "data" / "fake_1000.parquet")
    frame["dob"] = frame["dob"].astype(str).where(frame["dob"].notna(), None)
    for name, columns in KEYS.items():
        parts = frame[columns].apply(lambda column: column.str.strip().str.lower())
        joined = parts.fillna("").agg("|".join, axis=1)
        frame[name] = joined.where(parts.notna().all(axis=1), None)
    return frame.assign(record="r" + frame["unique_id"].astype(str))


@pytest.mark.parametrize(
    ("keys", "found", "right"),
    [
        (0, 682, 682),
        (1, 823, 823),
        (2, 977, 977),
        (3, 1159, 1159),
        (4, 1272, 1272),
        (5, 1400, 1395),
        (["dob"], 1503, 1453),
    ],
)
def test_pairs_that_keys_find(keys, found, right, records):
    names = ["email", *(list(KEYS)[:keys] if isinstance(keys, int) else keys)]
    touches = pd.DataFrame({"record": records["record"], "time": "2026-01-01", "channel": "email"})
    log = at.read_log(touches, {"record": ["r0"], "time": ["2026-01-02"]}, {"user": "record"})
    many = 1_000  # a record has few keys, and a key few records
    kinds = {"record": at.Kind("record", "device", many), "email": at.Kind("email", "strong", many, "email")}
    kinds |= {name: at.Kind(name, "strong", many) for name in names[1:]}
    identity = at.stitch(log, records[["record", *names]], kinds=kinds, when="ever").identity
    row = identity.compare(records, user="record", person="cluster").iloc[0]
    assert (row["true"], row["found"], row["right"]) == (2031, found, right)
