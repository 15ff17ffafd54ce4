"""Datasets on disk: the committed sample is reproduced value for value, writing is all or nothing."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from attribution.datasets import SAMPLES, Dataset, dataset, load_sample, retailer, samples, simulate
from attribution.errors import DatasetError, OutputError

FILES = {f"{name}.parquet" for name in dataset.TABLES} | {"settings.json"}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_reproduced_value_for_value(name):
    committed, again = load_sample(name), simulate(**SAMPLES[name])
    for table in dataset.TABLES:
        ours, theirs = getattr(again, table), getattr(committed, table)
        assert ours.schema.equals(theirs.schema), table
        for column in ours.column_names:
            assert ours[column].equals(theirs[column]), f"{table}.{column}"
    assert committed.settings == json.loads(json.dumps(again.settings))
    assert committed == again


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_small_and_described(name, root):
    folder = root / "data" / "samples" / name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000
    readme = (folder / "README.md").read_text(encoding="utf-8")
    facts = load_sample(name)
    assert f"seed {facts.settings['seed']}" in readme
    for table, content in facts.tables.items():
        assert f"{content.num_rows:,}" in readme, f"rows of {table}"
        for column in content.column_names:
            assert f"`{column}`" in readme, f"{table}.{column}"


def test_the_retailer_has_about_20_000_users():
    assert load_sample("retailer").users.num_rows == 20_000


def test_the_command_writes_the_sample_again(tmp_path, root):
    target = tmp_path / "again"
    command = [sys.executable, "-m", "attribution.datasets", "retailer", str(target)]
    subprocess.run(command, check=True, timeout=120)
    assert {path.name for path in target.iterdir()} == FILES
    assert dataset.read_dataset(target) == load_sample("retailer")


def test_an_unknown_sample_names_the_nearest():
    with pytest.raises(DatasetError, match="did you mean 'retailer'"):
        load_sample("retailr")


def test_an_installed_package_carries_its_samples(tmp_path, monkeypatch, root):
    package = tmp_path / "site-packages" / "attribution" / "datasets"
    shutil.copytree(root / "data" / "samples", package / "samples")
    monkeypatch.setattr(samples, "__file__", str(package / "samples.py"))
    assert samples.sample_folder("retailer") == package / "samples" / "retailer"
    assert load_sample("retailer").touches.num_rows > 0


def test_a_missing_sample_says_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "__file__", str(tmp_path / "a" / "b" / "c" / "samples.py"))
    with pytest.raises(DatasetError, match="not installed"):
        load_sample("retailer")


@pytest.fixture
def small():
    return simulate(300, seed=1, holdout={"sms": 0.5}, dirt={"null_users": 0.1})


def test_what_is_written_is_read_again(small, tmp_path):
    folder = small.write(tmp_path / "new" / "folder")
    assert folder == tmp_path / "new" / "folder"
    assert dataset.read_dataset(folder) == small
    small.write(folder)
    assert {path.name for path in folder.iterdir()} == FILES


def test_a_failed_write_leaves_the_old_files(small, tmp_path, monkeypatch):
    small.write(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    original = pq.write_table

    def full(table, path, **options):
        if path.name == "users.parquet":
            raise OSError(errno.ENOSPC, "No space left on device")
        original(table, path, **options)

    monkeypatch.setattr(dataset.pq, "write_table", full)
    with pytest.raises(OutputError, match="No space left"):
        simulate(400, seed=2).write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_in_the_way_is_an_output_error(small, tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="taken"):
        small.write(tmp_path / "taken")


@pytest.mark.parametrize("damage", ["truncate", "remove", "settings"])
def test_a_damaged_folder_is_a_dataset_error(small, tmp_path, damage):
    small.write(tmp_path)
    if damage == "truncate":
        content = (tmp_path / "touches.parquet").read_bytes()
        (tmp_path / "touches.parquet").write_bytes(content[: len(content) // 2])
    elif damage == "remove":
        (tmp_path / "truth.parquet").unlink()
    else:
        (tmp_path / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(DatasetError, match="cannot be read"):
        dataset.read_dataset(tmp_path)


def test_a_dataset_shows_itself(small):
    text = repr(small)
    assert "300 users" in text
    assert "touches" in text
    assert "identities" in small._repr_html_()
    assert small.to_frame().table.tolist() == list(dataset.TABLES)
    with pytest.raises(AttributeError):
        small.touches = None
    with pytest.raises(DatasetError, match="no pyarrow Table"):
        Dataset(**(small.tables | {"spend": [1]}), settings={})


def test_the_page_states_the_constants_that_the_code_uses(root):
    page = (root / "docs" / "simulation.md").read_text(encoding="utf-8")
    for channel in retailer.CHANNELS:
        effect, reach = ("/".join(f"{x:g}" for x in pair) for pair in (channel.effect, channel.reach))
        assert f"| {channel.name} | {effect} | {reach} | {'yes' if channel.media else ''} |" in page
    for stream in retailer.STREAMS:
        facts = (stream.rate, stream.chase, stream.lateness, stream.ambient, stream.sparks, stream.cost)
        numbers = " | ".join(f"{x:g}" for x in facts)
        campaigns = ", ".join(name for name, _ in stream.campaigns)
        assert f"| {stream.channel} | {campaigns} | {numbers} | {stream.fallback} |" in page


def test_the_sample_folder_of_a_checkout_is_the_committed_one(root):
    assert samples.sample_folder("retailer") == root / "data" / "samples" / "retailer"
    assert Path(samples.__file__).is_relative_to(root)
