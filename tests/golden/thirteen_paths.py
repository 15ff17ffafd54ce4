"""Thirteen paths with conversions, journeys that did not convert, and value: PROVENANCE.md."""

from __future__ import annotations

ROWS = [
    ("A", 10, 40, 100), ("B", 6, 54, 72), ("C", 4, 46, 32), ("A > B", 12, 38, 180), ("B > A", 8, 42, 120),
    ("A > C", 9, 31, 99), ("C > B", 5, 35, 45), ("A > B > C", 14, 26, 280), ("C > A > A > B", 7, 13, 126),
    ("B > C > D", 6, 14, 96), ("D", 1, 29, 5), ("A > D > A", 3, 7, 42), ("A > B > C > D", 5, 5, 150),
]  # fmt: skip


def table():
    """Return the paths as `at.read_paths` takes them."""
    columns = zip(*ROWS, strict=True)
    return dict(zip(["path", "conversions", "nulls", "value"], map(list, columns), strict=True))
