"""The section of findings: totals, who leads, where models disagree, what was caused, money, how sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution.credit.measures import ratio
from attribution.credit.table import measure
from attribution.credit.uncertainty import candidates
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Fact, Facts, Points, Text, spoken
from attribution.reporting.experiments_found import LIFTS, Found, outcome_of, sentences
from attribution.reporting.formats import Style, fit, label, listing, span
from attribution.reporting.recipe import SectionRecipe
from attribution.reporting.sections.audit_section import CHECKS
from attribution.reporting.sections.calibration_section import CALIBRATION

if TYPE_CHECKING:
    from attribution._typing import Floats
    from attribution.calibration.calibration import Calibration
    from attribution.credit.credit import Credit
    from attribution.diagnostics import CheckResult

MOST_LEADERS = 4
MOST_FOUND = 3


def headline(
    words: Language,
    credit: Credit,
    checks: Sequence[CheckResult] | None,
    found: Sequence[Found],
    calibration: Calibration | None,
) -> tuple[Block, ...]:
    """Return the findings of a credit by channel."""
    told = (
        _whole(words, credit),
        *_leaders(words, credit),
        _disagreement(words, credit),
        *sentences(words, credit, found),
        *_returns(words, credit),
        _sure(words, credit),
    )
    points = Points(tuple(("", sentence) for sentence in told if sentence))
    blocks: list[Block] = [_facts(words, credit, found, calibration), points]
    failed = [check.name for check in checks or () if check.passed is False]
    if credit.notes:
        blocks += spoken(words, credit.notes, "warning")
    if failed:
        blocks.append(Text((words("audit.warning", names=listing(failed, words=words)),), "warning"))
    return tuple(blocks)


def _share(words: Language, part: float) -> str:
    return Style("share", 1, words=words).write(part)


def _money(words: Language, credit: Credit, amount: float) -> str:
    style = fit("money", [amount], currency=credit.currency, decimals=credit.decimals, words=words)
    return style.write(amount)


def _facts(words: Language, credit: Credit, found: Sequence[Found], calibration: Calibration | None) -> Facts:
    sums = credit.sums()
    attributed = float(sums.conversions[0])
    lost = float(sums.unattributed_conversions[0])
    total = attributed + lost
    facts = [Fact(words("conversions"), words.count(total), total)]
    if credit.has_value:
        value = float(sums.value[0] + sums.unattributed_value[0])
        facts.append(Fact(words("value"), _money(words, credit, value), value))
    part = attributed / total if total else float("nan")
    detail = words("findings.unattributed", conversions=words("n_conversions", n=lost))
    facts.append(Fact(words("findings.attributed"), _share(words, part), part, detail))
    facts += _caused(words, found, calibration)
    if credit.cost is not None:
        facts.append(Fact(words("findings.spend"), _money(words, credit, sums.cost), sums.cost))
        if credit.has_value:
            roas = float(ratio(sums.value[:1], np.array([sums.cost]))[0])
            written = Style("ratio", 2, words=words).write(roas)
            facts.append(Fact(words("measure.roas"), written, roas, words("findings.roas")))
        cpa = float(ratio(np.array([sums.cost]), sums.conversions[:1])[0])
        facts.append(Fact(words("measure.cpa"), _money(words, credit, cpa), cpa, words("findings.cpa")))
    return Facts(tuple(facts))


def _caused(words: Language, found: Sequence[Found], calibration: Calibration | None) -> list[Fact]:
    """Return what was caused: by all channels where the credit is calibrated, else by each tested one."""
    name, percent = words("findings.incremental"), Style("share", 0, words=words)
    if calibration is not None and calibration.measure == "conversions":
        mean, low, high = calibration.baseline()
        ends = [calibration.total - end for end in (mean, high, low)]
        if ends[2] - ends[1] > abs(ends[0]):  # not known, and no headline
            return []
        style = fit("count", ends, words=words)
        level = percent.write(1 - calibration.alpha)
        detail = words(
            "findings.caused",
            tested=words.count(int(calibration.is_tested.sum())),
            channels=words.count(len(calibration.channels)),
            low=style.write(ends[1]),
            high=style.write(ends[2]),
            level=level,
        )
        return [Fact(name, style.write(ends[0]), ends[0], detail)]
    facts = []
    for one in [entry for entry in found if entry.incremental is not None and entry.verdict != "blocked"]:
        assert one.incremental is not None
        ends = [one.incremental.value, one.incremental.low, one.incremental.high]
        style = fit("count", ends, words=words)
        detail = words(
            "findings.incremental.detail",
            channel=label(one.channel, words),
            outcome=outcome_of(words, one),
            low=style.write(ends[1]),
            high=style.write(ends[2]),
            level=percent.write(one.level),
        )
        facts.append(Fact(name, style.write(ends[0]), ends[0], detail))
    return facts[:MOST_FOUND]


def _whole(words: Language, credit: Credit) -> str:
    sums = credit.sums()
    attributed, lost = float(sums.conversions[0]), float(sums.unattributed_conversions[0])
    total = attributed + lost
    if not total:
        return words("findings.empty")
    worth = ""
    if credit.has_value:
        value = float(sums.value[0] + sums.unattributed_value[0])
        worth = words("findings.worth", value=_money(words, credit, value))
    lookback = credit.settings.get("lookback")
    window = ""
    if lookback not in {None, "unlimited"}:
        window = words("findings.window", lookback=span(lookback, words))
    conversions = words("n_conversions", n=total)
    if not lost:
        return words("findings.whole", conversions=conversions, worth=worth, window=window)
    return words(
        "findings.partly",
        conversions=conversions,
        worth=worth,
        attributed=words("n_conversions", n=attributed),
        share=_share(words, attributed / total),
        window=window,
        lost=lost,
    )


def shares_of(words: Language, credit: Credit) -> tuple[Floats, list[str]]:
    """Return the shares of credit, shape (n_models, n_channels), and the channels' names."""
    inside = credit.attributed
    return measure(credit, "share")[:, inside], [label(name, words) for name in credit.keys[0][inside]]


def firsts(credit: Credit) -> list[tuple[int, ...]]:
    """Return for each model the channels that could have the most credit; without a bootstrap the largest."""
    shares = measure(credit, "share")[:, credit.attributed]
    if credit.bootstrap is None:
        return [(int(np.nanargmax(row)),) for row in shares]
    place = {name: number for number, name in enumerate(credit.keys[0][credit.attributed].tolist())}
    frame = credit.could_be_first("share")
    frame = frame[frame["could_be_first"]].sort_values("estimate", ascending=False, kind="stable")
    named = [frame.loc[frame["model"] == model, "channel"] for model in credit.models]
    return [
        tuple(place[name] for name in names) or (int(np.nanargmax(row)),)
        for names, row in zip(named, shares, strict=True)
    ]


def _leaders(words: Language, credit: Credit) -> list[str]:
    shares, channels = shares_of(words, credit)
    if not channels or not np.isfinite(shares).any():
        return []
    leaders: dict[tuple[int, ...], list[int]] = {}
    for model, first in enumerate(firsts(credit)):
        leaders.setdefault(first, []).append(model)
    told = []
    ordered = sorted(leaders.items(), key=lambda leader: -len(leader[1]))
    for first, models in ordered[:MOST_LEADERS]:
        most = shares[models, first[0]]
        extent, highest = _share(words, float(most.min())), _share(words, float(most.max()))
        if highest != extent:
            extent = words("range", low=extent, high=highest)
        under = listing([credit.models[model] for model in models], 5, words)
        if len(models) == len(credit.models) > 1:
            few = len(models) <= 5
            under = words("findings.every", models=under) if few else words("findings.all", n=len(models))
        if len(first) == 1:
            told.append(words("findings.leader", channel=channels[first[0]], models=under, extent=extent))
        else:
            names = listing([channels[one] for one in first], words=words)
            told.append(words("findings.open", models=under, channels=names))
    rest = [first[0] for first, _ in ordered[MOST_LEADERS:] if len(first) == 1]
    if rest:
        told.append(words("findings.others", channels=listing([channels[one] for one in rest], words=words)))
    return told


def _disagreement(words: Language, credit: Credit) -> str:
    shares, channels = shares_of(words, credit)
    if len(credit.models) < 2 or not channels or not np.isfinite(shares).all():
        return ""
    low, high = shares.argmin(axis=0), shares.argmax(axis=0)
    spread = shares.max(axis=0) - shares.min(axis=0)
    widest = int(spread.argmax())
    if spread[widest] < 0.0005:
        return words("findings.agree")
    return words(
        "findings.disagree",
        channel=channels[widest],
        least=_share(words, float(shares[low[widest], widest])),
        low=label(credit.models[low[widest]], words),
        most=_share(words, float(shares[high[widest], widest])),
        high=label(credit.models[high[widest]], words),
    )


def _returns(words: Language, credit: Credit) -> list[str]:
    if credit.cost is None or not credit.has_value:
        return []
    inside = credit.attributed
    roas = measure(credit, "roas")[:, inside]
    channels = [label(name, words) for name in credit.keys[0][inside]]
    known = np.isfinite(roas[0])
    if known.sum() < 2:
        return []
    row = np.where(known, roas[0], np.nan)
    best, worst = int(np.nanargmax(row)), int(np.nanargmin(row))
    style = Style("ratio", 2, words=words)
    told = [
        words(
            "findings.returns" if _ends_known(credit) else "findings.returns_open",
            model=label(credit.models[0], words),
            best=channels[best],
            highest=style.write(float(row[best])),
            worst=channels[worst],
            lowest=style.write(float(row[worst])),
        )
    ]
    below = [
        name
        for name, line in zip(channels, roas.T, strict=True)
        if np.isfinite(line).all() and (line < 1).all()
    ]
    if below:
        under = words("findings.that_model" if len(credit.models) == 1 else "findings.every_model")
        told.append(words("findings.below", models=under, channels=listing(below, words=words)))
    return told


def _ends_known(credit: Credit) -> bool:
    """Whether one channel alone could have the highest ROAS of the first model, and one the lowest."""
    return all(candidates(credit, "roas", credit.models[0], lowest=lowest) == 1 for lowest in (False, True))


def _sure(words: Language, credit: Credit) -> str:
    """Return how sure the leader of the first model is, or that nothing tells."""
    shares, channels = shares_of(words, credit)
    if not channels or not np.isfinite(shares).any():
        return ""
    if credit.bootstrap is None:
        return words("findings.no_intervals")
    one = credit.select(models=credit.models[0])
    could, intervals = firsts(one)[0], one.intervals("share").set_index("channel")
    first = credit.keys[0][credit.attributed][could[0]]
    return words(
        "findings.lead_sure" if len(could) == 1 else "findings.lead_open",
        model=label(credit.models[0], words),
        first=label(first, words),
        n=len(could),
        low=_share(words, float(intervals["ci_low"][first])),
        high=_share(words, float(intervals["ci_high"][first])),
    )


SECTION = SectionRecipe(
    "findings",
    lambda m: headline(m.words, m.channels, m.of(CHECKS), m.of(LIFTS) or (), m.of(CALIBRATION)),
    needs=(CHECKS, LIFTS, CALIBRATION),
)
