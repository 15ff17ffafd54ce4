"""``attribution audit`` prints keyed hashes of ids unless it is asked for the ids."""

from __future__ import annotations

import re

import pytest

from attribution.cli.shell import main


@pytest.fixture
def command(tmp_path):
    """Return an audit of a log in which three rows are there twice and one order is."""
    touches = tmp_path / "touches.csv"
    twice = "".join(f"ann{n}@example.org,2026-01-0{n + 1},email\n" for n in (1, 1, 2, 2, 2))
    touches.write_text(f"user_id,time,channel\n{twice}(not set),2026-01-05,email\n")
    orders = tmp_path / "orders.csv"
    orders.write_text("user_id,time,order_id\n" + "ann1@example.org,2026-01-03,ORDER-77\n" * 2)
    return ["audit", str(touches), "--conversions", str(orders), "--order", "order_id"]


def shown(command, capsys):
    main(command)
    return capsys.readouterr().out


def test_ids_are_hashes_that_are_alike_where_ids_are(command, capsys, monkeypatch):
    monkeypatch.delenv("ATTRIBUTION_KEY", raising=False)
    raw = shown([*command, "--show-ids"], capsys)
    assert "ann1@example.org" in raw and "ORDER-77" in raw  # noqa: PT018
    hidden = shown(command, capsys)
    assert "example.org" not in hidden and "ORDER-77" not in hidden  # noqa: PT018
    assert "(not set)" in hidden  # no id of anybody, but what is wrong
    found = dict(
        zip(
            re.findall(r"user_id='(\w+\d@[\w.]+)'", raw),
            re.findall(r"user_id='(id-\w+)'", hidden),
            strict=False,
        )
    )
    assert len(set(found.values())) == len(found) == len(set(found)) > 0
    assert re.sub(r"'(id-\w+|\w+\d@[\w.]+|ORDER-77)'", "", hidden) == re.sub(
        r"'(id-\w+|\w+\d@[\w.]+|ORDER-77)'", "", raw
    )
    assert shown(command, capsys) != hidden  # a key a call


def test_with_the_key_they_are_the_same_the_next_time(command, capsys, monkeypatch):
    monkeypatch.setenv("ATTRIBUTION_KEY", "ab" * 32)
    assert shown(command, capsys) == shown(command, capsys)
    monkeypatch.setenv("ATTRIBUTION_KEY", "short")
    assert main(command) == 2
    assert "ATTRIBUTION_KEY is no key" in capsys.readouterr().err
