"""A job whose log is a query gives the numbers of the same job on files, and keeps its secrets."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

import attribution as at
from attribution.errors import ConfigError, LogError

FILES = 'touches = "touches.parquet"\nconversions = "orders.parquet"'
QUERY = """[log.query]
connection = "SHOP"
touches = "SELECT user_id, time, channel FROM touches WHERE time < DATE '{today}'"
conversions = "SELECT user_id, time, goal, value FROM orders"
"""


def job(folder, log):
    path = folder / "job.toml"
    lines = ['models = ["linear", "markov"]', "[log]", log, '[journeys]\ngoal = "purchase"', "[output]"]
    path.write_text("\n".join([*lines, 'folder = "out"', '[report]\nsections = ["credit"]']))
    return at.load_config(path, date="2026-01-31")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    sample = at.load_sample("retailer")
    path = tmp_path / "shop.duckdb"
    for name, rows in (("touches", sample.touches), ("orders", sample.conversions)):
        pq.write_table(rows, tmp_path / f"{name}.parquet")
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"CREATE TABLE {name} AS FROM '{tmp_path / name}.parquet'")
    monkeypatch.setenv("SHOP", f"duckdb://{path}")
    return path


def test_the_numbers_are_those_of_files(tmp_path, shop):
    expected = at.run(job(tmp_path, FILES)).credit.to_frame()
    got = at.run(job(tmp_path, QUERY)).credit.to_frame()
    assert got.equals(expected)
    text = (Path("out") / "manifest.json").read_text()
    assert str(shop) not in text
    assert json.loads(text)["config"]["log"]["query"]["connection"] == "SHOP"


def test_a_run_is_never_skipped_because_its_query_is_the_same(tmp_path, shop):
    from attribution.jobs.unchanged import unchanged

    asked = job(tmp_path, QUERY)
    at.run(asked)
    assert unchanged(asked) is None


def test_hashed_users_give_the_same_credit(tmp_path, shop):
    expected = at.run(job(tmp_path, FILES)).credit.to_frame()
    got = at.run(job(tmp_path, QUERY + 'hashed = ["user_id"]\n')).credit.to_frame()
    assert abs(got["conversions"] - expected["conversions"]).max() < 1e-9


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (QUERY.replace('"SHOP"', '"postgresql://ann:pa55@db/shop"'), "is an address"),
        (QUERY.replace('"SHOP"', '"my shop"'), "no name of a variable"),
        (FILES + "\n" + QUERY, "log.touches: is of files"),
        ('[log.query]\nconnection = "SHOP"', "log.query.touches: is missing"),
        (QUERY + "sequel = 1\n", "there is no key 'sequel'"),
    ],
)
def test_what_is_wrong_in_the_section_is_told_without_the_password(section, told, tmp_path):
    with pytest.raises(ConfigError, match=told) as caught:
        job(tmp_path, section)
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (None, "the variable SHOP is not set"),
        ("mysql://ann:pa55@db/shop", "begins with none of postgresql://"),
        ("duckdb:///no/such/folder/shop.duckdb", "did not hand out the rows"),
    ],
)
def test_what_is_wrong_with_the_address_is_told_when_the_log_is_opened(address, told, tmp_path, monkeypatch):
    if address is not None:
        monkeypatch.setenv("SHOP", address)
    with pytest.raises(LogError, match=told) as caught:
        at.run(job(tmp_path, QUERY))
    assert "pa55" not in str(caught.value)
