"""Identities: tables of identifiers that link nobody, kinds that are none, files that are no identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

import attribution as at

USED = {"device_id": ["a", "b"], "customer_id": ["ann", "bea"], "time": ["2026-01-01"] * 2}


def by_device() -> at.EventLog:
    """Return a little log by device."""
    touches = {"device_id": ["a", "b"], "time": ["2026-03-01"] * 2, "channel": ["email", "search"]}
    return at.read_log(touches, {"device_id": ["b"], "time": ["2026-03-02"]}, {"user": "device_id"})


def used(**columns: Any) -> pd.DataFrame:
    """Return log-ins, with other columns or without some (None)."""
    return pd.DataFrame({name: value for name, value in (USED | columns).items() if value is not None})


def written(folder: Path, salt: str | None = None) -> str:
    """Write an identity; return where."""
    at.stitch(by_device(), used(), salt=salt).identity.write(folder / "who")
    return str(folder / "who")


def taken(folder: Path) -> str:
    """Write a file; return where."""
    (folder / "who").write_text("mine")
    return str(folder / "who")


def damaged(folder: Path) -> str:
    """Write an identity, and cut it; return where."""
    place = written(folder)
    (Path(place) / "identity.npz").write_bytes(b"PK")
    return place


ROWS = (
    "at.stitch('log', used())",
    "at.stitch(by_device(), used(device_id=['x', 'y']))",
    "at.stitch(by_device(), used(device_id=['0' * 64, '1' * 64]))",
    "at.stitch(by_device(), used(), kinds={'device_id': 'devise', 'customer_id': 'customer'})",
    "at.stitch(by_device(), used(), kinds={'device_id': 'ip', 'customer_id': 'customer'})",
    "at.stitch(by_device(), used(), kinds={'nothing': 'device'})",
    "at.stitch(by_device(), used(), kinds='device')",
    "at.stitch(by_device(), used(), when='last')",
    "at.stitch(by_device(), used(), user='cookie')",
    "at.stitch(by_device(), used(), time='seen')",
    "at.stitch(by_device(), used(time=None))",
    "at.stitch(by_device(), used(customer_id=None))",
    "at.stitch(by_device(), used(crm_id=['x', 'y']))",
    "at.stitch(by_device(), used(time=['soon', 'later']))",
    "at.stitch(by_device(), used(phone=['0151 2345678', None]))",
    "at.stitch(at.read_log(touches, conversions, hash_bits=128), used())",
    (
        "at.stitch(by_device(), [used(), used()], kinds={'device_id': 'device', 'customer_id': 'customer'}, "
        "within='soon')"
    ),
    (
        "at.stitch(by_device(), used(house=['h', 'h']), kinds={'device_id': 'device', "
        "'customer_id': 'customer', 'house': at.Kind('household', 'anchor')})"
    ),
    (
        "at.stitch(by_device(), [used(), used(device_id=None, crm=['x', 'y'])], "
        "kinds={'device_id': at.Kind('card', cap=9), 'customer_id': 'customer', 'crm': at.Kind('card')})"
    ),
    "at.stitch(log, used(cookie_id=['x', 'y']))",
    "at.stitch(by_device(), used()).identity.write(taken(folder))",
    "at.stitch(by_device(), used()).identity.explain('a', 'b')",
    "at.stitch(by_device(), used()).identity.explain('a', 'c')",
    "at.stitch(by_device(), used()).identity.explain(('card', 'a'), 'b')",
    "at.read_identity(folder / 'nothing')",
    "at.read_identity(damaged(folder))",
    "at.read_identity(written(folder), salt='s')",
    "at.read_identity(written(folder, salt='s'))",
    "at.read_identity(written(folder)).plot()",
    "at.links_from_splink({'unique_id_l': ['a'], 'unique_id_r': ['b'], 'match_probability': [0.5]})",
    "at.links_from_splink({'left': ['a']})",
)
