"""Law: forget people, and the next increment gives the numbers of a run on the whole log without them."""

from __future__ import annotations

import io
import json
import logging

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.cli.shell import main
from attribution.engines.increments.restating import Restating, hashes_of
from attribution.engines.increments.state_store import StateStore
from attribution.errors import EngineError
from tests.engines.same import assert_same
from tests.engines.test_increments import (
    LEARNT,
    OPTIONS,
    RULES,
    credited,
    example,
    growing,
    log_of,
    same_or_same_error,
    since,
    until,
)
from tests.engines.test_sealing import NUMBERS, TEXTS, with_ids

KEPT = ("total", "touches", "events", "converters")  # files of a state beside those of its periods
USERS = st.sets(st.integers(0, 5), min_size=1, max_size=3)


@settings(max_examples=25)
@given(world=growing(), users=USERS, options=st.sampled_from(OPTIONS), nulls=st.booleans())
def test_who_is_forgotten_was_never_there(tmp_path_factory, world, users, options, nulls):
    folder = tmp_path_factory.mktemp("state")
    models = RULES | LEARNT if nulls else RULES
    touches, conversions, late = world
    last = max((day for _, day in (*touches, *conversions)), default=0)
    made = {"period": "day", "late_by": f"{late}D"}

    def log(today, gone=frozenset()):
        rows = [
            [r for r, day in table if day <= today and r.user not in gone] for table in (touches, conversions)
        ]
        return log_of(*rows)

    def step(today, engine, gone=frozenset(), source=None):
        expected = log(today, gone)
        try:
            found = at.attribute(source or expected, models, engine=engine, goal="purchase", **options)
        except at.AttributionError as error:
            with pytest.raises(type(error)):
                at.attribute(expected, models, engine="memory", goal="purchase", **options)
            return
        assert_same(found, at.attribute(expected, models, engine="memory", goal="purchase", **options))

    step(last // 2, at.Increments(folder, **made))
    without = hashes_of(sorted(users), "integer")
    step(last // 2, Restating(folder, **made, without=without), users, log(last // 2))
    same_or_same_error(log(last, users), models, at.Increments(folder, **made), goal="purchase", **options)


@pytest.fixture
def night(tmp_path):
    """Return a job over files that grow, its file, and how to write the rows until a day."""
    config = tmp_path / "nightly.toml"
    config.write_text(f"""
models = ["linear", "markov"]
[log]
touches = "touches.parquet"
conversions = "conversions.parquet"
[increments]
folder = {str(tmp_path / "state")!r}
[output]
folder = {str(tmp_path / "out")!r}
""")

    def write(day, ids=NUMBERS, gone=()):
        known = np.array([one not in set(gone) for one in ids.to_pylist()])
        for name, rows in zip(("touches", "conversions"), example(), strict=True):
            rows = until(rows.filter(pa.array(known[rows["user_id"].to_numpy()])), day)
            pq.write_table(with_ids([rows], ids)[0], tmp_path / f"{name}.parquet")

    return config, write


def run(config):
    return at.run(at.load_config(config)).credit


def whole(tmp_path):
    return credited([tmp_path / "touches.parquet", tmp_path / "conversions.parquet"], "memory")


@pytest.mark.parametrize("ids", [NUMBERS, TEXTS], ids=["numbers", "texts"])
@pytest.mark.parametrize("order", ["log first", "state first"])
def test_a_night_after_somebody_is_forgotten(tmp_path, night, capsys, ids, order):
    config, write = night
    write(20, ids)
    run(config)
    gone = [ids[3].as_py(), ids[8].as_py()]
    (tmp_path / "erase.txt").write_text(f"{gone[1]}\n\n{gone[1]}\n")
    command = ["forget", str(tmp_path / "state"), str(gone[0]), "--ids", str(tmp_path / "erase.txt")]
    before = {path: path.read_bytes() for path in (tmp_path / "state").rglob("*.*")}
    outputs = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    assert main(command) == 1  # without the job: what is to be done
    told = capsys.readouterr().out
    assert "nothing was changed" in told and "--job CONFIG.toml" in told  # noqa: PT018
    assert main([*command, "--job", str(config), "--dry-run"]) == 0
    told += capsys.readouterr().out
    assert "2 of them have rows in the log" in told and "would be counted again" in told  # noqa: PT018
    assert {path: path.read_bytes() for path in (tmp_path / "state").rglob("*.*")} == before

    if order == "log first":
        write(20, ids, gone)
    assert main([*command, "--job", str(config), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["restated"] and facts["asked"] == 2  # noqa: PT018
    assert facts["found"] == (0 if order == "log first" else 2)
    assert facts["carried"]["touches"] > 0
    assert not any(str(one) in told + json.dumps(facts) for one in gone)
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == outputs
    assert main(command) == 1
    assert "held 0 touches, 0 conversions, 0 customers of 2 ids" in capsys.readouterr().out

    if order == "state first":  # their rows are still in the log, and would come back
        with pytest.raises(EngineError, match="were not there"):
            run(config)
    for day in (20, 25, 30):
        write(day, ids, gone)
        assert_same(run(config), whole(tmp_path))


def test_ids_come_from_stdin_and_what_cannot_be_one_is_refused_unseen(tmp_path, night, capsys, monkeypatch):
    config, write = night
    write(20)
    run(config)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NUMBERS[0]}\n{NUMBERS[1]}\n"))
    assert main(["forget", str(tmp_path / "state"), "--ids", "-", "--job", str(config)]) == 0
    assert "2 of them have rows" in capsys.readouterr().out
    assert main(["forget", str(tmp_path / "state"), "ann@example.org", "7", "--job", str(config)]) == 2
    told = capsys.readouterr().err
    assert "1 of 2 ids are no whole numbers" in told and "ann@" not in told  # noqa: PT018
    assert main(["forget", str(tmp_path / "state"), "--job", str(config)]) == 2
    assert main(["forget", str(tmp_path / "state"), "--ids", str(tmp_path / "none.txt")]) == 2
    assert main(["forget", str(tmp_path / "elsewhere"), "7"]) == 2
    assert "holds no state" in capsys.readouterr().err
    with pytest.raises(EngineError, match="is not that of"):
        at.forget(tmp_path / "other", [7], config)
    for wrong in ("ann", 7, [], [None], [1.5], [True], [" "]):
        with pytest.raises(EngineError):
            at.forget(tmp_path / "state", wrong)


def test_a_log_that_begins_later_cannot_restate_what_came_before(tmp_path, night):
    config, write = night
    write(20)
    run(config)
    for name, rows in zip(("touches", "conversions"), example(), strict=True):
        pq.write_table(with_ids([since(until(rows, 20), 5)], NUMBERS)[0], tmp_path / f"{name}.parquet")
    before = {path: path.read_bytes() for path in (tmp_path / "state").rglob("*.*")}
    for dry in (True, False):
        with pytest.raises(
            EngineError, match=r"begins on 2026-01-06, and the saved tallies on 2026-01-01"
        ) as caught:
            at.forget(tmp_path / "state", [NUMBERS[0].as_py()], config, dry_run=dry)
        assert "rm -r" in caught.value.hint
    assert {path: path.read_bytes() for path in (tmp_path / "state").rglob("*.*")} == before


def test_everybody_can_be_forgotten(tmp_path, night):
    config, write = night
    write(20)
    run(config)
    done = at.forget(tmp_path / "state", NUMBERS.to_pylist(), config)
    assert done.found == len(NUMBERS)
    assert sorted(path.name for path in (tmp_path / "state").rglob("*")) == ["lock", "periods"]


def test_who_converted_is_forgotten_too(tmp_path, night):
    config, write = night
    write(20)
    run(config)
    ids = NUMBERS.to_pylist()
    some, others = ids[: len(ids) // 2], ids[len(ids) // 2 :]
    assert at.forget(tmp_path / "state", some).carried["customers"] > 0
    at.forget(tmp_path / "state", some, config)
    assert at.forget(tmp_path / "state", some).carried["customers"] == 0
    assert at.forget(tmp_path / "state", others).carried["customers"] > 0


@pytest.mark.parametrize("at_", ["before", "after"])
def test_stopped_in_the_middle_the_state_is_the_old_one_or_the_new_one(tmp_path, night, monkeypatch, at_):
    config, write = night
    write(20)
    run(config)
    before = (tmp_path / "state" / "manifest.json").read_bytes()
    commit = StateStore.commit

    class Killed(BaseException):
        pass

    def stopped(ledger, state):
        if at_ == "after":
            commit(ledger, state)
        ledger._fresh.clear()  # a killed process tidies nothing
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(StateStore, "commit", stopped)
        with pytest.raises(Killed):
            at.forget(tmp_path / "state", [NUMBERS[0].as_py()], config)
    assert ((tmp_path / "state" / "manifest.json").read_bytes() == before) == (at_ == "before")
    write(20, gone=[] if at_ == "before" else [NUMBERS[0].as_py()])
    assert_same(run(config), whole(tmp_path))
    named = json.loads((tmp_path / "state" / "manifest.json").read_text())
    stored = {file["file"] for file in [*named["periods"].values(), *(named[name] for name in KEPT)]}
    found = {str(path.relative_to(tmp_path / "state")) for path in (tmp_path / "state").rglob("*.*")}
    assert found == stored | {"manifest.json"}


def test_no_id_is_logged(tmp_path, night, caplog):
    config, write = night
    write(20, TEXTS)
    run(config)
    with caplog.at_level(logging.DEBUG):
        at.forget(tmp_path / "state", TEXTS.to_pylist()[:3], config)
    assert "person-" not in caplog.text
