"""Which sections a report has, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attribution.credit.table import fold
from attribution.reporting.blocks import Block, Points, Section, Text, make_table
from attribution.reporting.credit_sections import activity, breakdown, credit_by_model, money, unattributed
from attribution.reporting.formats import amount_of, clean, day, listing, shorten, span
from attribution.reporting.headline import headline

if TYPE_CHECKING:
    import pandas as pd

    from attribution.credit.credit import Credit
    from attribution.diagnostics import CheckResult
    from attribution.journeys.journeys import Journeys

_CAUSE = (
    "What a channel caused.",
    (
        "A model splits conversions that happened over the touches before them. It cannot tell how many "
        "would have happened without a channel: channels that reach people who buy anyway (brand search, "
        "retargeting, e-mail to customers) get credit for it. Only an experiment tells: a randomised holdout "
        "or a geographic test."
    ),
)
_UNLOGGED = (
    "What was not logged.",
    (
        "Touches that the log does not hold (views that are not measured, word of mouth, refused cookies, a "
        "person's other devices) get nothing; their share goes to the touches that it holds."
    ),
)
_CHANCE = (
    "How sure the numbers are.",
    (
        "They carry no intervals. Small differences between channels, and lines with few conversions, may be "
        "chance."
    ),
)
_MARGIN = (
    "What the next unit of spend earns.",
    (
        "ROAS, ROI and CPA are averages over all that was spent, and they inherit the model's split. The "
        "next unit of spend may earn less, or nothing."
    ),
)


def make_sections(
    credit: Credit,
    journeys: Journeys | None,
    paths: pd.DataFrame | None,
    checks: Sequence[CheckResult] | None,
    *,
    top_paths: int,
    manifest: Mapping[str, Any] | None,
) -> tuple[Section, ...]:
    """Return the sections of the report on `credit`; those that nothing is known for are left out."""
    channels = fold(credit, ("channel",))
    sections = [
        Section("findings", "Findings", headline(channels, checks)),
        Section("credit-by-model", "Credit by model", credit_by_model(channels)),
        Section("money", "Spend and return", money(channels)),
        Section("roles", "What channels did", activity(credit, journeys)),
        Section("breakdown", "Breakdown", breakdown(credit)),
        Section("unattributed", "Unattributed conversions", unattributed(channels)),
        Section("paths", "Top paths", _paths(journeys, paths, credit, top_paths)),
        Section("audit", "Audit of the log", _audit(checks)),
        Section("limits", "What this report cannot tell", _limits(credit)),
        Section("settings", "Settings", _settings(credit, manifest)),
    ]
    return tuple(section for section in sections if section.blocks)


def period_of(credit: Credit) -> str:
    """Return the time that the credit is about, in words; empty where it is not known."""
    if credit.window is None:
        return ""
    first, last = (day(instant) for instant in credit.window)
    return first if first == last else f"{first} to {last}"


def _paths(
    journeys: Journeys | None, paths: pd.DataFrame | None, credit: Credit, top: int
) -> tuple[Block, ...]:
    if paths is None and journeys is not None and top:
        paths = journeys.path_counts(top=top)
    if paths is None or not top:
        return ()
    frame = paths.head(top)
    if frame.empty:
        return ()
    shown = frame.assign(path=[shorten(clean(path), 160) for path in frame["path"]])
    kinds = {
        "path": ("Path", "text"),
        "touches": ("Touches", "count"),
        "conversions": ("Conversions", "count"),
    }
    if frame["nulls"].any():
        kinds |= {"nulls": ("Without conversion", "count"), "conversion_rate": ("Rate", "share")}
    if credit.has_value:
        kinds["value"] = ("Value", "money")
    if frame["median_days"].notna().any():
        kinds["median_days"] = ("Median days", "number")
    table = make_table(
        "top_paths",
        f"The {len(frame)} paths that converted most often" if len(frame) > 1 else "The one path",
        shown,
        kinds,
        bars=("conversions",),
        currency=credit.currency,
        decimals=credit.decimals,
        note=(
            "A path is the order of touches inside one journey. Median days run from the journey's first "
            "touch to its conversion."
        ),
    )
    return (table,)


def _audit(checks: Sequence[CheckResult] | None) -> tuple[Block, ...]:
    import pandas as pd

    if checks is None:
        return ()
    if not checks:
        return (Text(("No check was made.",)),)
    ordered = sorted(checks, key=lambda check: ("failed", "info", "ok").index(check.status))
    failed = [check.name for check in checks if check.passed is False]
    verdict = (
        f"{amount_of(len(failed), 'check')} of {len(checks)} failed: {listing(failed, 20)}."
        if failed
        else f"None of {amount_of(len(checks), 'check')} failed."
    )
    frame = pd.DataFrame(
        {
            "check": [check.name for check in ordered],
            "status": [check.status for check in ordered],
            "count": [float(check.count) for check in ordered],
            "finding": [check.text for check in ordered],
            "fix": [check.fix for check in ordered],
        }
    )
    table = make_table(
        "audit",
        "All checks of the log, failures first",
        frame,
        {
            "check": ("Check", "text"),
            "status": ("Status", "text"),
            "count": ("Count", "count"),
            "finding": ("Finding", "text"),
            "fix": ("Fix", "text"),
        },
        marks=tuple(check.status if check.passed is False else "" for check in ordered),
        folded=True,
    )
    told = tuple(
        (
            clean(f"{check.status}: {check.name}."),
            clean(f"{check.text}.{f' Fix: {check.fix}' if check.fix else ''}"),
        )
        for check in ordered
        if check.passed is not True
    )
    blocks: list[Block] = [Text((verdict,), "warning" if failed else "plain")]
    if told:
        blocks.append(Points(told))
    return (*blocks, table)


def _limits(credit: Credit) -> tuple[Block, ...]:
    lookback = credit.settings.get("lookback")
    items = [_CAUSE, _UNLOGGED]
    if lookback is not None and lookback != "unlimited":
        sentence = f"Touches more than {span(lookback)} before a conversion get nothing; "
        sentence += "another lookback counts others."
        items.append(("Other windows.", sentence))
    items.append(_CHANCE)
    if credit.cost is not None:
        items.append(_MARGIN)
    return (Points(tuple(items)),)


def _settings(credit: Credit, manifest: Mapping[str, Any] | None) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if credit.settings:
        blocks.append(_facts_table("settings", "How this credit was made", _shown_settings(credit.settings)))
    if manifest:
        blocks.append(_facts_table("manifest", "This run", manifest, folded=True))
    return tuple(blocks)


def _shown_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(settings)
    if isinstance(shown.get("log_end"), int):
        shown["log_end"] = day(shown["log_end"])
    return shown


def _facts_table(name: str, caption: str, facts: Mapping[str, Any], *, folded: bool = False) -> Block:
    import pandas as pd

    rows = _flat(facts)
    frame = pd.DataFrame(rows, columns=["setting", "value"], dtype=object)
    kinds = {"setting": ("Setting", "text"), "value": ("Value", "text")}
    return make_table(name, caption, frame, kinds, folded=folded)


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
