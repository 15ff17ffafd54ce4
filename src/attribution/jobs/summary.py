"""A run in one line, fit for a chat message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.credit.table import measure
from attribution.jobs.job import Job
from attribution.language.catalogue import Language, language
from attribution.reporting.formats import clean, fit, shorten
from attribution.stats.sums import sums_by

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

LONGEST = 300
_HEAD, _CHECKS = 220, 30  # most characters before the checks; fewest that are left for them
_POINTS = 0.05  # points below which a share is said to be as before
# What a chat program would take for a mention, a link or markup.
_MARKUP = str.maketrans(
    {"<": "(", ">": ")", "[": "(", "]": ")", "@": "(at)", "&": "+", "`": "'", "*": "-", "|": "/"}
)
_LINK = re.compile(r"(?<=\w)(?::/*|[.\u3002\uff0e\uff61])(?=[^\W\d])|://")  # "https://a.b", "mailto:a", "a.b"


def headline(credit: Credit) -> dict[str, Any]:
    """Return what a line about a credit needs, as the manifest keeps it for the next run.

    Returns
    -------
    dict
        ``model`` (the first), ``conversions`` and ``value`` (with the unattributed; `value` None where the
        log has none), and ``shares`` of attributed conversions by channel.
    """
    sums = credit.sums()
    inside = credit.attributed
    names, code = np.unique(credit.keys[0][inside].astype(str), return_inverse=True)
    share = sums_by(code, measure(credit, "share")[0, inside], n=len(names))
    known = {str(name): float(part) for name, part in zip(names, share, strict=True) if np.isfinite(part)}
    value = float(sums.value[0] + sums.unattributed_value[0]) if credit.has_value else None
    return {
        "model": credit.models[0],
        "conversions": float(sums.conversions[0] + sums.unattributed_conversions[0]),
        "value": value,
        "shares": known,
    }


def summary_line(
    job: Job,
    made: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    failed: Sequence[str],
    page: str,
    findings: int = 0,
) -> str:
    """Return one line of at most 300 characters: day, totals, the leading channel, failed checks, the report.

    Names come from strangers: control characters, and what a chat program would take for a mention or a
    link, are replaced.

    Parameters
    ----------
    job
        Its date, title and currency are shown.
    made, before
        Headlines of this run, and of the run before where there is one.
    failed
        Names of the failed checks.
    page
        Where the report lies.
    findings
        How many checks of the audit failed, whether or not they make the run fail.

    Examples
    --------
    >>> from attribution.jobs.job import LogSettings
    >>> job = Job("weekly.toml", LogSettings(()), (), date="2026-11-21")
    >>> made = {"model": "linear", "conversions": 1234.0, "value": None, "shares": {"tv": 0.59}}
    >>> line = summary_line(job, made, {**made, "shares": {"tv": 0.57}}, [], "out/report.html")
    >>> line.partition(": ")[2]
    '1,234 conversions; top tv 59.0% (+2.0 points, linear); checks ok; out/report.html'
    """
    words, asked = language(job.report.language), job.report
    total = words("n_conversions", n=made["conversions"])
    if made["value"] is not None:
        amount = [made["value"]]
        style = fit("money", amount, currency=asked.currency, decimals=asked.decimals, words=words)
        total += f", {_plain(style.write(made['value']), 60)}"
    checks = words("chat.audit", n=findings) if findings else words("chat.ok")
    checks = words("chat.failed", checks=list(failed)) if failed else checks
    top, title = _top(words, made, before), _plain(asked.title, 40)
    head = shorten(words("chat.head", date=job.date, title=title, total=total, top=top), _HEAD)
    room = LONGEST - len(head)
    tail = f"; {_plain(page, min(120, room - _CHECKS), front=True, ours=True)}"
    return head + _plain(checks, room - len(tail), ours=True) + tail


def _top(words: Language, made: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    shares: Mapping[str, float] = made["shares"]
    if not shares:
        return words("chat.no_credit")
    channel = max(shares, key=lambda name: shares[name])
    change = ""
    if before is not None and before.get("model") == made["model"]:
        was = before.get("shares", {}).get(channel)
        points = None if was is None else 100 * (shares[channel] - was)
        if points is None:
            change = words("chat.new")
        else:
            change = words("chat.points", n=points) if abs(points) >= _POINTS else words("chat.as_before")
    named = {"channel": _plain(channel, 40), "model": _plain(made["model"], 30)}
    return words("chat.top", share=shares[channel], change=change, **named)


def _plain(text: str, limit: int, *, front: bool = False, ours: bool = False) -> str:
    """Return text without what could break a line or call somebody, cut to `limit` characters.

    Names of checks and paths are `ours`: a dot in them is no link.
    """
    safe = clean(text).translate(_MARKUP)
    safe = safe if ours else _LINK.sub("\u00b7", safe)
    safe = "".join(letter for letter in safe if unicodedata.category(letter) not in {"Cf", "Zl", "Zp"})
    if front and len(safe) > limit:
        return f"…{safe[1 - limit :]}"
    return shorten(safe, limit) or "(empty)"
