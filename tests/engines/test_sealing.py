"""The seal on what is kept: nobody reads a user without the key, and no number depends on it."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import shutil
import stat
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import attribution as at
from attribution.engines.shared.cutting import unkeyed
from attribution.engines.shared.sealing import Scramble, Seal
from attribution.engines.shared.state_key import key_file
from attribution.engines.spark.spark_split import Facts, Splitter, total_facts
from attribution.engines.stream import budget, stream
from attribution.errors import EngineError
from attribution.tables.keys import hash_array
from tests.engines.same import assert_same
from tests.engines.test_increments import credited, example, until

KEYS = ["00" * 32, "5a" * 32, "F0" * 32]
DRAWN = {"bootstrap": 5, "rng": 1, "buckets": 16}
posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


@given(
    hnp.arrays(hnp.integer_dtypes() | hnp.unsigned_integer_dtypes(), st.integers(0, 40)),
    st.binary(min_size=1, max_size=40),
)
def test_the_seal_goes_on_and_off_and_differs_by_key_and_nonce(values, nonce):
    seal = Seal.new()
    hidden = seal.on(values, nonce)
    assert hidden.dtype == values.dtype
    np.testing.assert_array_equal(seal.on(hidden, nonce), values)
    if values.nbytes >= 16:  # equal by a chance of 2**-128
        assert hidden.tobytes() != values.tobytes()
        assert seal.on(values, nonce + b"1").tobytes() != hidden.tobytes()
        assert Seal.new().on(values, nonce).tobytes() != hidden.tobytes()


def test_the_seal_is_the_stream_of_the_standard_library():
    """SHAKE-256 of the keyed BLAKE2b of the nonce and a counter, a block of 2**20 bytes at a time."""
    seal = Seal(bytes(range(32)))
    start = hashlib.blake2b(b"n", key=seal.secret, person=b"attribution-seal", digest_size=64).digest()
    blocks = [hashlib.shake_256(start + n.to_bytes(8, "little")).digest(1 << 20) for n in range(3)]
    found = seal.on(np.zeros(5 << 19, np.uint8), b"n").tobytes()
    assert found == b"".join(blocks)[: 5 << 19]
    assert seal.secret.hex() not in repr(seal)
    assert seal.name not in seal.secret.hex()


@given(hnp.arrays(np.uint64, st.integers(0, 40)))
def test_the_key_goes_on_and_off_and_equal_hashes_stay_equal(hashes):
    key = Scramble.new()
    hidden = key.on(hashes.copy())
    assert len(np.unique(hidden)) == len(np.unique(hashes))
    np.testing.assert_array_equal(key.off(hidden.copy()), hashes)
    if len(hashes) > 1:
        assert not np.array_equal(hidden, Scramble.new().on(hashes.copy()))


def test_every_bit_of_a_hash_turns_half_of_the_bits_of_the_keyed_one():
    """Strict avalanche: over 2,000 hashes and keys, each of 64 x 64 rates is a half, within 6 sd of 0.011."""
    rng = np.random.default_rng(3)
    counts = np.zeros((64, 64))
    for _ in range(20):
        key, hashes = Scramble.new(), rng.integers(0, 2**64, 100, np.uint64)
        hidden = key.on(hashes.copy())
        for bit in range(64):
            turned = hidden ^ key.on(hashes ^ np.uint64(1 << bit))
            counts[bit] += np.unpackbits(turned.view(np.uint8)).reshape(100, 64).sum(axis=0)
    assert np.abs(counts / 2_000 - 0.5).max() < 6 * np.sqrt(0.25 / 2_000)


def unmix(hashes):
    """Undo the splitmix64 finaliser: how ids of integers were read from the state once."""
    hashes = hashes.copy()
    for shift, factor in ((31, 0x94D049BB133111EB), (27, 0xBF58476D1CE4E5B9), (30, 1)):
        found = hashes.copy()
        for _ in range(64 // shift + 1):
            found = hashes ^ (found >> np.uint64(shift))
        hashes = found * np.uint64(pow(factor, -1, 2**64))
    return hashes


def windows(raw):
    """Return every eight bytes of a file as a number, from every byte on."""
    data = np.frombuffer(raw, np.uint8)
    if len(data) < 8:
        return np.zeros(0, np.uint64)
    view = np.lib.stride_tricks.sliding_window_view(data, 8)
    return np.ascontiguousarray(view).view("<u8").ravel()


def refuse_ids(paths, ids):
    """Look for ids, their hashes, and what unmixes to an id, in the bytes of files."""
    integers = ids.type in (pa.int64(), pa.int32())
    known = ids.to_numpy().astype(np.uint64) if integers else hash_array(ids)
    texts = [str(one).encode() for one in ids.to_pylist() if len(str(one)) > 6]
    for path in paths:
        raw = path.read_bytes()
        found = windows(raw)
        assert not np.isin(found, known).any(), path
        assert not np.isin(found, hash_array(ids)).any(), path
        assert not np.isin(unmix(found), known).any(), path
        assert not any(text in raw for text in texts), path


def with_ids(rows, ids):
    return [table.set_column(0, "user_id", ids.take(table["user_id"].combine_chunks())) for table in rows]


NUMBERS = pa.array(np.random.default_rng(1).integers(10**9, 10**10, 40))
TEXTS = pa.array([f"person-{number}@example.org" for number in range(40)])


@pytest.mark.parametrize("ids", [NUMBERS, TEXTS], ids=["numbers", "texts"])
def test_no_id_and_no_hash_of_one_is_in_the_state(tmp_path, ids):
    assert np.array_equal(unmix(hash_array(NUMBERS)), NUMBERS.to_numpy().astype(np.uint64))
    rows = with_ids(example(), ids)
    state = tmp_path / "state"
    for day in (10, 20, 30):
        credited([until(each, day) for each in rows], at.Increments(state), **DRAWN)
    files = [path for path in state.rglob("*") if path.is_file()]
    assert len(files) > 20
    refuse_ids(files, ids)
    sealed = [path for path in files if path.suffix == ".sealed"]
    assert not any(b"PAR1" in path.read_bytes() for path in sealed)
    for path in sealed:  # as bytes of chance: 256 equally likely values, mean 127.5 with sd 73.9 / sqrt(n)
        data = np.frombuffer(path.read_bytes(), np.uint8)
        assert abs(data.mean() - 127.5) < 5 * 73.9 / np.sqrt(len(data))


@pytest.mark.parametrize("ids", [NUMBERS, TEXTS], ids=["numbers", "texts"])
@pytest.mark.parametrize("most_rows", [None, 100])  # with the second, every bucket is split
def test_no_id_and_no_hash_of_one_is_in_the_spill(monkeypatch, ids, most_rows):
    if most_rows:
        monkeypatch.setattr(budget, "_MOST_ROWS", most_rows)
        monkeypatch.setattr(budget, "_FEWEST_ROWS", most_rows)
    engine = at.Stream(memory="1GB", buckets=4, processes=1)
    touches, conversions = with_ids(example(), ids)
    orders = pa.array(np.arange(len(conversions)) + 10**12)
    rows = touches, conversions.append_column("order_id", orders)
    seen = []

    def look(job, buckets, *rest):
        files = {path for bucket in buckets for path in (bucket.touches, bucket.conversions) if path.exists()}
        seen.extend(files)
        refuse_ids(files, ids)
        refuse_ids(files, orders)
        assert not any(str(n) in repr(job) for pair in job.spilled.key.rounds for n in pair)
        return run(job, buckets, *rest)

    run = stream._run
    monkeypatch.setattr(stream, "_run", look)
    schema = {"order": "order_id"}
    for options in ({}, {"hash_bits": 128}):
        log = at.read_log(*rows, schema, **options)
        found = at.attribute(log, ["linear", "markov"], engine=engine, **DRAWN)
        assert_same(found, at.attribute(log, ["linear", "markov"], engine="memory", **DRAWN))
    assert len(seen) > (40 if most_rows else 4)


@pytest.mark.parametrize("ids", [NUMBERS, TEXTS], ids=["numbers", "texts"])
def test_no_id_and_no_hash_of_one_is_in_what_spark_shuffles(tmp_path, ids):
    touches, conversions = with_ids(example(), ids)
    orders = pa.array(np.arange(len(conversions)) + 10**12)
    log = at.read_log(
        touches, conversions.append_column("order_id", orders), {"order": "order_id"}, hash_bits=128
    )
    key = Scramble.new()
    tables = ((log.touches, log.touch_table), (log.conversions, log.conversion_table))
    facts, users = Facts(), []
    for number, (source, table) in enumerate(tables):
        splitter = Splitter(table, 9, key, check=True, want_converters=number == 1)
        blocks = [
            (part, block)
            for batch in splitter(source.batches(table.columns, labels=table.labels))
            for part, block in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        ]
        for place, (part, block) in enumerate(blocks):
            path = tmp_path / f"{number}-{place}"
            path.write_bytes(block)
            if part < 0:
                facts = facts + total_facts([block])
            else:
                columns = unkeyed(pickle.loads(block)[1], key)
                users.append(columns["user"])
                assert (columns["user"] >> np.uint64(64 - 9) == part).all()  # what a part tells
    refuse_ids(list(tmp_path.iterdir()), ids)
    refuse_ids(list(tmp_path.iterdir()), orders)
    hashes = hash_array(conversions["user_id"].combine_chunks())
    assert set(hashes.tolist()) <= set(np.concatenate(users).tolist())
    prefixes = np.unique(hashes >> np.uint64(40)).astype(np.uint32)
    assert len(facts.converters) == len(prefixes)
    assert np.isin(facts.converters, prefixes).mean() < 0.1
    assert facts.keep(key)(hashes).all()


def test_no_number_depends_on_the_key(tmp_path):
    rows = example()
    found = []
    for key in KEYS:
        for day in (12, 30):
            engine = at.Increments(tmp_path / key[:2], key=key)
            credit = credited([until(each, day) for each in rows], engine, **DRAWN)
        assert_same(credit, credited(rows, "memory", **DRAWN))
        found.append(credit)
    for credit in found[1:]:  # to the last bit, whatever the key
        np.testing.assert_array_equal(credit.conversions, found[0].conversions)
        np.testing.assert_array_equal(credit.value, found[0].value)
        np.testing.assert_array_equal(
            credit.bootstrap.samples.conversions, found[0].bootstrap.samples.conversions
        )


def test_several_machines_work_on_one_state_with_one_key(tmp_path, monkeypatch):
    rows = example()
    monkeypatch.setenv("ATTRIBUTION_KEY", KEYS[1])
    credited([until(each, 15) for each in rows], at.Increments(tmp_path / "one"))
    assert not key_file(tmp_path / "one").exists()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    monkeypatch.delenv("ATTRIBUTION_KEY")
    engine = at.Increments(tmp_path / "two", key=KEYS[1])
    assert_same(credited(rows, engine), credited(rows, "memory"))


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_what_is_kept_is_its_owners_alone_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        state = tmp_path / "made" / "state"
        for day in (12, 30):
            credited([until(each, day) for each in example()], at.Increments(state))
    finally:
        os.umask(before)
    for path in (state, *state.rglob("*"), key_file(state)):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
    assert sorted(path.name for path in state.parent.iterdir()) == ["state", "state.key"]


@posix
def test_a_folder_that_stood_open_is_closed_by_the_first_run_and_then_left_alone(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    credited(example(), at.Increments(state))
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    state.chmod(0o750)  # somebody's decision
    credited(example(), at.Increments(state))
    assert stat.S_IMODE(state.stat().st_mode) == 0o750


@pytest.fixture
def kept(tmp_path):
    """Return a state of some days, made with a key of its own."""
    state = tmp_path / "state"
    credited([until(each, 15) for each in example()], at.Increments(state))
    return state


def refused(state, match, **options):
    """Return the message of a run that must be refused, and see that it changed nothing."""
    before = {path: path.read_bytes() for path in state.rglob("*.*")}
    with pytest.raises(EngineError, match=match) as caught:
        credited(example(), at.Increments(state, **options))
    assert {path: path.read_bytes() for path in state.rglob("*.*")} == before
    return str(caught.value)


def test_a_key_that_is_lost_is_named_with_what_to_do(kept):
    secret = key_file(kept).read_text().strip()
    key_file(kept).unlink()
    text = refused(kept, r"the key of the increments .* is not at .*state\.key")
    assert (
        "To do: put the key back, or set ATTRIBUTION_KEY to it\n  Or: rm -r " in text
    )  # the last resort last
    assert not key_file(kept).exists()
    assert_same(credited(example(), at.Increments(kept, key=secret)), credited(example(), "memory"))


def test_a_key_of_another_state_is_refused(tmp_path, kept):
    credited(example(), at.Increments(tmp_path / "other"))
    secret = key_file(tmp_path / "other").read_text().strip()
    text = refused(kept, "under another key than that of key=", key=secret)
    assert "the right key is in" in text and "leave key= out" in text  # noqa: PT018
    right = key_file(kept).read_text()
    key_file(kept).write_text(secret)
    text = refused(kept, r"under another key than that of .*state\.key")
    assert secret not in text and "rm -r" in text  # noqa: PT018
    key_file(kept).write_text(right)
    assert_same(credited(example(), at.Increments(kept)), credited(example(), "memory"))


def test_the_environment_comes_before_the_file_and_an_argument_before_both(kept, monkeypatch):
    secret = key_file(kept).read_text().strip()
    monkeypatch.setenv("ATTRIBUTION_KEY", KEYS[0])
    assert "unset ATTRIBUTION_KEY" in refused(kept, "under another key than that of ATTRIBUTION_KEY")
    credited(example(), at.Increments(kept, key=secret))
    for text in ("", "my passphrase", "0" * 63, "0" * 65, "g" * 64):
        monkeypatch.setenv("ATTRIBUTION_KEY", text)
        message = refused(kept, "ATTRIBUTION_KEY is no key")
        assert "secrets.token_hex(32)" in message
        assert len(text) < 5 or text not in message


@pytest.mark.parametrize("key", ["", "secret", "0" * 63, 7, b"0" * 64])
def test_what_is_no_key_is_refused_at_once_and_not_shown(tmp_path, key):
    with pytest.raises(EngineError, match="key= is no key") as caught:
        at.Increments(tmp_path, key=key)
    assert "secret " not in str(caught.value)


def test_a_file_of_something_else_is_not_taken_for_a_key_nor_written_over(tmp_path):
    place = key_file(tmp_path / "state")
    for content in ("", "-----BEGIN PRIVATE KEY-----"):
        place.write_text(content)
        with pytest.raises(EngineError, match="holds no key of increments"):
            credited(example(), at.Increments(tmp_path / "state"))
        assert place.read_text() == content
    place.unlink()
    place.mkdir()
    with pytest.raises(EngineError, match="is no file"):
        credited(example(), at.Increments(tmp_path / "state"))


@posix
def test_a_key_that_others_may_read_is_told(kept, caplog):
    credited(example(), at.Increments(kept))
    assert "chmod" not in caplog.text
    key_file(kept).chmod(0o644)
    credited(example(), at.Increments(kept))
    assert f"chmod 600 {key_file(kept)}" in caplog.text


def test_the_key_is_nowhere_but_in_its_file(kept, caplog):
    secret = key_file(kept).read_text().strip()
    with caplog.at_level(logging.DEBUG):
        engine = at.Increments(kept, key=secret)
        credit = credited(example(), engine)
    texts = [caplog.text, repr(engine), str(engine), repr(engine.last), repr(credit), str(credit.settings)]
    assert not any(secret in text for text in texts)
    for path in kept.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert secret.encode() not in raw and bytes.fromhex(secret) not in raw  # noqa: PT018


def test_an_older_state_which_hid_nobody_is_refused_with_the_line_that_rebuilds_it(kept):
    manifest = kept / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 3', '"format": 2'))
    text = refused(kept, r"format 2 .* with format 3")
    assert "anybody who may read the files can tell users" in text
    assert f"rm -r {str(kept)!r}, and run again on the whole log" in text
    shutil.rmtree(kept)  # the key stays beside it, and is used again
    assert_same(credited(example(), at.Increments(kept)), credited(example(), "memory"))


def test_a_first_run_that_fails_leaves_no_key_and_one_that_was_killed_leaves_one_for_the_next(tmp_path):
    state = tmp_path / "state"
    draft = tmp_path / ".state.key.tmp"
    draft.write_text("half")  # killed while the key was written
    credited(example(), at.Increments(state))
    assert not draft.exists()
    first = key_file(state).read_text()
    (state / "manifest.json").unlink()  # killed before the first state was complete
    credited(example(), at.Increments(state))
    assert key_file(state).read_text() == first
    assert Path(state / "manifest.json").exists()
