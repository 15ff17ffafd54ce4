"""The sections at the end: the audit, what the report cannot tell, how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attribution._fixes import said
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Points, Text, make_table
from attribution.reporting.formats import clean, day, listing, span

if TYPE_CHECKING:
    from attribution.credit.credit import Credit
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


def limits(words: Language, credit: Credit, tested: Iterable[str]) -> tuple[Block, ...]:
    """Return what the report cannot tell, given what it has."""
    known = list(tested)
    keys = ["untested", "experiments"] if known else ["cause"]
    lookback = credit.settings.get("lookback")
    keys += ["unlogged", *(["windows"] if lookback is not None and lookback != "unlimited" else [])]
    keys.append("chance" if credit.bootstrap is None else "sampling")
    keys += ["margin"] if credit.cost is not None else []
    values = {"tested": listing(known, 6, words), "lookback": span(lookback, words)}
    return (Points(tuple((words(f"limits.{key}"), words(f"limits.{key}.text", **values)) for key in keys)),)


def settings(words: Language, credit: Credit, manifest: Mapping[str, Any] | None) -> tuple[Block, ...]:
    """Return how the credit was made, and facts about the run."""
    blocks: list[Block] = []
    if credit.settings:
        shown = dict(credit.settings)
        end = shown.get("log_end")
        if isinstance(end, int):
            shown["log_end"] = day(end, words)
        blocks.append(_facts_table(words, "settings", words("settings.caption"), shown))
    if manifest:
        blocks.append(_facts_table(words, "manifest", words("settings.run"), manifest, folded=True))
    return tuple(blocks)


def _facts_table(
    words: Language, name: str, caption: str, facts: Mapping[str, Any], *, folded: bool = False
) -> Block:
    import pandas as pd

    frame = pd.DataFrame(_flat(facts), columns=["setting", "value"], dtype=object)
    kinds = {
        "setting": (words("settings.setting"), "english"),
        "value": (words("settings.value"), "english"),
    }
    return make_table(words, name, caption, frame, kinds, folded=folded)


def _flat(facts: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple) and any(isinstance(entry, Mapping) for entry in value):
            for position, entry in enumerate(value):
                rows += _flat(entry, f"{prefix}{key}[{position}].")
        elif isinstance(value, list | tuple):
            rows.append((f"{prefix}{key}", ", ".join(map(str, value))))
        elif value is not None and value != "":
            rows.append((f"{prefix}{key}", str(value)))
    return rows
