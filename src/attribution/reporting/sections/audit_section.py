"""The section of what the audit of the log found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attribution._fixes import said
from attribution.errors import CreditError
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Points, Text, make_table
from attribution.reporting.formats import clean, listing
from attribution.reporting.needs import Need
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.diagnostics import CheckResult


def audit(words: Language, checks: Sequence[CheckResult] | None) -> tuple[Block, ...]:
    """Return what the audit of the log found, failures first."""
    import pandas as pd

    if checks is None:
        return ()
    if not checks:
        return (Text((words("audit.nothing"),)),)
    ordered = sorted(checks, key=lambda check: ("failed", "info", "ok").index(check.status))
    failed = [check.name for check in checks if check.passed is False]
    verdict = words("audit.passed", n=len(checks))
    if failed:
        verdict = words(
            "audit.failed",
            checks=words("n_checks", n=len(failed)),
            total=len(checks),
            names=listing(failed, 20, words),
        )
    frame = pd.DataFrame(
        {
            "check": [check.name for check in ordered],
            "status": [words(f"status.{check.status}") for check in ordered],
            "count": [float(check.count) for check in ordered],
            "finding": [words.say(check.text) for check in ordered],
            "fix": [words.say(check.fix) for check in ordered],
        }
    )
    own = all(_speaks(words, check) for check in checks)
    kind = "text" if own else "english"
    table = make_table(
        words,
        "audit",
        words("audit.caption"),
        frame,
        {
            "check": (words("audit.check"), "english"),
            "status": (words("audit.status"), "text"),
            "count": (words("audit.count"), "count"),
            "finding": (words("audit.finding"), kind),
            "fix": (words("audit.fix"), kind),
        },
        marks=tuple(check.status if check.passed is False else "" for check in ordered),
        note="" if own else words("audit.english"),
        folded=True,
    )
    blocks: list[Block] = [Text((verdict,), "warning" if failed else "plain")]
    for spoken, lang in ((True, ""), (False, "en")):
        chosen = [check for check in ordered if check.passed is not True and _speaks(words, check) is spoken]
        if chosen:
            blocks.append(Points(tuple(_told(words, check) for check in chosen), lang=lang))
    return (*blocks, table)


def _speaks(words: Language, check: CheckResult) -> bool:
    """Return whether a finding and what helps are in the language, or code, which is in none."""
    code = said(check.fix)[0].startswith("Fix: ") if check.fix else True
    return words.speaks(check.text) and (code or words.speaks(check.fix))


def _told(words: Language, check: CheckResult) -> tuple[str, str]:
    lead = words("audit.line", status=words(f"status.{check.status}"), name=check.name)
    finding = f"{words.say(check.text)}."
    if not check.fix:
        return clean(lead), clean(finding)
    key = "audit.advice" if said(check.fix)[0].startswith("Fix: ") else "audit.to_do"
    return clean(lead), clean(words(key, finding=finding, fix=words.say(check.fix)))


_CHECKS = "at.report(credit, checks=log.audit())"


def _refuse_others(checks: Sequence[object]) -> None:
    """Refuse what is no result of a check."""
    from attribution.diagnostics import CheckResult

    for one in checks:
        if not isinstance(one, CheckResult):
            msg = f"checks holds a {type(one).__name__}, not a CheckResult"
            raise CreditError(msg, column="checks", hint=_CHECKS)


CHECKS: Need[Sequence[CheckResult]] = Need("checks", lambda: Sequence, _CHECKS, members=_refuse_others)
SECTION = SectionRecipe("audit", lambda m: audit(m.words, m.of(CHECKS)), needs=(CHECKS,))
