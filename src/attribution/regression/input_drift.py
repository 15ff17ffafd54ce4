"""Files that an earlier run has read and that are not what they were: settled days, written anew."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attribution.diagnostics import CheckResult
from attribution.regression.pair import Finding

logger = logging.getLogger(__name__)

NAME = "inputs.rewritten"
_OPEN = 3  # newest files of a table, to which rows may still come
Files = Sequence[Mapping[str, Any]]
_FIX = "find out who wrote it anew; with [increments], start anew on the whole log: remove its folder"


def check(old: Files | None, new: Files | None) -> list[Finding]:
    """Name the settled files that changed since the baseline; where no files are known, say nothing.

    Files whose paths differ by their digits alone are those of one table. The last three of them in order
    of their names are open; a table in a single file always is.
    """
    if not old or not new:
        return []
    before = {entry["path"]: entry for entry in old}
    settled = _settled(list(before))
    both = [(before[entry["path"]], entry) for entry in new if entry["path"] in settled]
    if not both:
        return []
    changed = [(one, two) for one, two in both if _differs(one, two)]
    if not changed:
        return [Finding(0.0, CheckResult(NAME, True, f"{len(both):,} settled files are what they were"))]
    names = [Path(two["path"]).name for _, two in changed]
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    text = f"settled files were written anew since the baseline: {', '.join(names[:3])}{more}"
    logger.warning("%s", text)
    rows = tuple({"file": two["path"], "old": _said(one), "new": _said(two)} for one, two in changed[:5])
    return [Finding(0.0, CheckResult(NAME, None, text, len(changed), rows, _FIX))]


def _settled(paths: Sequence[str]) -> set[str]:
    tables: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if re.search(r"\d", path):
            tables[re.sub(r"\d+", "#", path)].append(path)
    return {path for held in tables.values() for path in sorted(held, key=_natural)[:-_OPEN]}


def _natural(path: str) -> list[tuple[int, str]]:
    """Return what sorts names by the numbers in them: 9 before 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", path)]


def _differs(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    if one["bytes"] != two["bytes"]:
        return True
    hashes = one.get("sha256"), two.get("sha256")
    if all(hashes):
        return hashes[0] != hashes[1]
    times = one.get("changed"), two.get("changed")
    return None not in times and times[0] != times[1]


def _said(file: Mapping[str, Any]) -> str:
    mark = file.get("sha256") or file.get("changed")
    return f"{file['bytes']:,} bytes, {str(mark)[:12]}"
