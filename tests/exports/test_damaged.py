"""Exports with bytes changed, cut, doubled, put in: an answer, or an error that teaches, and nothing else."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import attribution as at

DATA = Path(__file__).parent / "data"
SHIPPED = Path(__file__).parents[2] / "data" / "samples" / "exports"
CASES = int(os.environ.get("FUZZ_CASES", "1000")) // 10  # of each file
BOUGHT = {"purchase": "purchase"}
TOUCHES = {
    "user_id": ["customer-1", "cus_1"],
    "time": ["2026-04-30", "2026-06-01"],
    "channel": ["email", "video"],
}
FILES: dict[str, tuple[Path, Callable[[Path], object]]] = {
    "ga4 lines": (
        SHIPPED / "ga4.ndjson",
        lambda path: at.read_export(path, "ga4", conversions=BOUGHT).load(),
    ),
    "ga4 list": (DATA / "ga4.json", lambda path: at.read_export(path, "ga4", conversions=BOUGHT).load()),
    "ga4 parquet": (
        DATA / "ga4.parquet",
        lambda path: at.read_export(path, "ga4", conversions=BOUGHT).load(),
    ),
    "posthog": (
        DATA / "posthog.csv",
        lambda path: at.read_export(path, "posthog", conversions=BOUGHT).load(),
    ),
    "matomo": (
        DATA / "matomo.json",
        lambda path: at.read_export(path, "matomo", conversions={"ecommerceOrder": "purchase"}).load(),
    ),
    "hubspot": (
        DATA / "hubspot_contacts.csv",
        lambda path: at.read_export(path, "hubspot", timezone="Europe/Berlin").load(),
    ),
    "shopify": (
        SHIPPED / "shopify.csv",
        lambda path: at.read_export(path, "shopify", touches=TOUCHES).load(),
    ),
    "stripe": (DATA / "stripe.csv", lambda path: at.read_export(path, "stripe", touches=TOUCHES).load()),
    "google ads": (DATA / "google_en.csv", lambda path: at.read_spend(path).to_frame()),
    "meta": (DATA / "meta.csv", lambda path: at.read_spend(path).to_frame()),
}
PUT_IN = (b'"', b",", b"\n", b"null", b"[", b"{", b"1e400", b"-", b"\xff", b"0", b";", b"\x00")
WORDS = (b"2026", b"1788", b"null", b"EUR", b"purchase", b'"', b"value", b"user")
INSTEAD = (b"", b"99999999999999", b"-5", b"null", b'"x"', b"{}", b"nan")


def damaged(whole: bytes, rng: random.Random) -> bytes:
    """Return a file with one to five things done to it."""
    data = bytearray(whole)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at_byte = rng.randrange(len(data)) if data else 0
        what = rng.randrange(6)
        if what == 0 and data:
            data[at_byte] = rng.randrange(256)
        elif what == 1:
            data = data[:at_byte]
        elif what == 2:
            data[at_byte:at_byte] = rng.choice(PUT_IN)
        elif what == 3:
            del data[at_byte : at_byte + rng.randrange(1, 9)]
        elif what == 4:
            data += data[at_byte : at_byte + rng.randrange(1, 200)]
        else:
            data = bytearray(bytes(data).replace(rng.choice(WORDS), rng.choice(INSTEAD), rng.choice([1, 99])))
    return bytes(data)


@pytest.mark.parametrize("name", FILES)
def test_damage_gives_an_answer_or_an_error_that_teaches(name, tmp_path):
    source, read = FILES[name]
    answers = 0
    for case in range(CASES):
        path = tmp_path / source.name
        path.write_bytes(damaged(source.read_bytes(), random.Random(f"18/{name}/{case}")))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                read(path)
                answers += 1
            except at.AttributionError:
                continue
            except Exception as error:
                raise AssertionError(f"case {case} of {name}: {type(error).__name__}: {error}") from error
    assert 0 < answers < CASES  # what is always refused, or never, tests nothing
