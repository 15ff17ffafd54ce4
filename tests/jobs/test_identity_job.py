"""A job with [identity] credits persons: its numbers are those of `stitch`, its checks are in the audit."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.errors import ConfigError, LogError
from tests.fixes.toml import written


def job(folder, **sections):
    sample = at.load_sample("retailer")
    for name in ("touches", "conversions", "identities"):
        pq.write_table(getattr(sample, name), folder / f"{name}.parquet")
    log = {"touches": "touches.parquet", "conversions": "conversions.parquet"}
    values = {
        "models": ["linear"],
        "log": log | {"schema": {"user": "device_id"}},
        "journeys": {"goal": "purchase"},
        "identity": {"tables": "identities.parquet"},
        "report": {"sections": ["credit"]},
        "output": {"folder": str(folder / "out")},
    } | sections
    path = folder / "people.toml"
    path.write_text(written(values), encoding="utf-8")
    return at.load_config(path)


def test_the_numbers_are_those_of_a_stitched_log(tmp_path):
    sample = at.load_sample("retailer")
    log = at.read_log(sample.touches, sample.conversions, {"user": "device_id"})
    expected = at.attribute(at.stitch(log, sample.identities), "linear", goal="purchase").to_frame()
    result = at.run(job(tmp_path, audit={"enabled": True}))
    np.testing.assert_allclose(result.credit.to_frame()["conversions"], expected["conversions"], atol=1e-9)
    assert {"identified_by_channel", "shared_identifiers"} <= {check.name for check in result.checks}
    inputs = result.manifest["inputs"]
    assert any(entry["path"].endswith("identities.parquet") for entry in inputs)


def test_a_secret_is_named_and_not_written(tmp_path, monkeypatch):
    kinds = {"device_id": "device", "user_id": "customer"}
    asked = {"tables": "identities.parquet", "kinds": kinds, "salt": "SALT"}
    with pytest.raises(LogError, match="the variable SALT is not set"):
        at.run(job(tmp_path, identity=asked))
    monkeypatch.setenv("SALT", "quite-secret")
    at.run(job(tmp_path, identity=asked))
    assert "quite-secret" not in (tmp_path / "out" / "manifest.json").read_text()


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ({"tables": None}, "identity.tables: is missing"),
        ({"kinds": {"device_id": "devise"}}, "did you mean 'device'"),
        ({"when": "last"}, "identity.when"),
        ({"salt": "a secret"}, "no name of a variable"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_read(identity, told, tmp_path):
    keys = {"tables": "identities.parquet"} | identity
    with pytest.raises(ConfigError, match=told):
        job(tmp_path, identity={name: value for name, value in keys.items() if value is not None})


def test_a_check_of_persons_needs_persons(tmp_path):
    text = 'models = ["linear"]\n[log]\ntouches = "t.parquet"\n[audit]\nfail_on = ["identified_by_channel"]\n'
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ConfigError, match="is a check of stitched users, and there is none"):
        at.load_config(tmp_path / "a.toml")
