"""The findings: totals, who leads, where models disagree, what money did, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attribution.credit.table import measure, ratio
from attribution.reporting.blocks import Block, Fact, Facts, Points, Text
from attribution.reporting.formats import Style, amount_of, clean, fit, label, listing, span

if TYPE_CHECKING:
    from attribution._typing import Floats
    from attribution.credit.credit import Credit
    from attribution.diagnostics import CheckResult

MOST_LEADERS = 4
SHARE = Style("share", 1)
RATIO = Style("ratio", 2)


def headline(credit: Credit, checks: Sequence[CheckResult] | None) -> tuple[Block, ...]:
    """Return the findings of a credit by channel."""
    blocks: list[Block] = [_facts(credit)]
    sentences = [
        ("", sentence)
        for sentence in (_whole(credit), *_leaders(credit), _disagreement(credit), *_returns(credit))
        if sentence
    ]
    blocks.append(Points(tuple(sentences)))
    warnings = [*credit.notes]
    failed = [check.name for check in checks or () if check.passed is False]
    if failed:
        found = f"The audit of the log found problems ({listing(failed)}); "
        warnings.append(found + "read them before you trust the numbers.")
    if warnings:
        blocks.append(Text(tuple(clean(warning) for warning in warnings), "warning"))
    return tuple(blocks)


def _money(credit: Credit, amount: float) -> str:
    style = fit("money", [amount], currency=credit.currency, decimals=credit.decimals)
    return style.write(amount)


def _facts(credit: Credit) -> Facts:
    sums = credit.sums()
    attributed = float(sums.conversions[0])
    lost = float(sums.unattributed_conversions[0])
    total = attributed + lost
    facts = [Fact("Conversions", fit("count", [total]).write(total), total)]
    if credit.has_value:
        value = float(sums.value[0] + sums.unattributed_value[0])
        facts.append(Fact("Value", _money(credit, value), value))
    part = attributed / total if total else float("nan")
    facts.append(Fact("Attributed", SHARE.write(part), part, f"{amount_of(lost, 'conversion')} unattributed"))
    if credit.cost is not None:
        facts.append(Fact("Spend", _money(credit, sums.cost), sums.cost))
        if credit.has_value:
            roas = float(ratio(sums.value[:1], np.array([sums.cost]))[0])
            facts.append(Fact("ROAS", RATIO.write(roas), roas, "attributed value per unit of spend"))
        cpa = float(ratio(np.array([sums.cost]), sums.conversions[:1])[0])
        facts.append(Fact("CPA", _money(credit, cpa), cpa, "spend per attributed conversion"))
    return Facts(tuple(facts))


def _whole(credit: Credit) -> str:
    sums = credit.sums()
    attributed, lost = float(sums.conversions[0]), float(sums.unattributed_conversions[0])
    total = attributed + lost
    if not total:
        return "The log holds no conversions, so there is nothing to credit."
    worth = ""
    if credit.has_value:
        worth = f" worth {_money(credit, float(sums.value[0] + sums.unattributed_value[0]))}"
    lookback = credit.settings.get("lookback")
    window = f" within {span(lookback)}" if lookback not in {None, "unlimited"} else ""
    text = f"{amount_of(total, 'conversion')}{worth}"
    if not lost:
        return f"{text}: each had at least one touch{window} before it."
    return (
        f"{text}: {amount_of(attributed, 'conversion')} ({SHARE.write(attributed / total)}) had at least one "
        f"touch{window} before; {fit('count', [lost]).write(lost)} had none, stay unattributed, and are "
        "spread over no channel."
    )


def _shares(credit: Credit) -> tuple[Floats, list[str]]:
    """Return the shares of credit, shape (n_models, n_channels), and the channels' names."""
    inside = credit.attributed
    return measure(credit, "share")[:, inside], [label(name) for name in credit.keys[0][inside]]


def _leaders(credit: Credit) -> list[str]:
    shares, channels = _shares(credit)
    if not channels or not np.isfinite(shares).any():
        return []
    leaders: dict[int, list[int]] = {}
    for model, row in enumerate(shares):
        leaders.setdefault(int(np.nanargmax(row)), []).append(model)
    sentences = []
    ordered = sorted(leaders.items(), key=lambda leader: -len(leader[1]))
    for channel, models in ordered[:MOST_LEADERS]:
        most = shares[models, channel]
        extent = SHARE.write(float(most.min()))
        if SHARE.write(float(most.max())) != extent:
            extent += f" to {SHARE.write(float(most.max()))}"
        under = listing([credit.models[model] for model in models], 5)
        if len(models) == len(credit.models) > 1:
            under = f"every model ({under})" if len(models) <= 5 else f"all {len(models)} models"
        sentences.append(
            f"{channels[channel]} gets the most credit under {under}: {extent} of attributed conversions."
        )
    if len(ordered) > MOST_LEADERS:
        rest = [channels[channel] for channel, _ in ordered[MOST_LEADERS:]]
        sentences.append(f"Under the other models {listing(rest)} lead.")
    return sentences


def _disagreement(credit: Credit) -> str:
    shares, channels = _shares(credit)
    if len(credit.models) < 2 or not channels or not np.isfinite(shares).all():
        return ""
    low, high = shares.argmin(axis=0), shares.argmax(axis=0)
    spread = shares.max(axis=0) - shares.min(axis=0)
    widest = int(spread.argmax())
    if spread[widest] < 0.0005:
        return "The models agree on every channel to a tenth of a percent."
    least, most = shares[low[widest], widest], shares[high[widest], widest]
    return (
        f"The models disagree most about {channels[widest]}: {SHARE.write(float(least))} of the credit under "
        f"{label(credit.models[low[widest]])}, {SHARE.write(float(most))} under "
        f"{label(credit.models[high[widest]])}. There the choice of a model decides, not the data."
    )


def _returns(credit: Credit) -> list[str]:
    if credit.cost is None or not credit.has_value:
        return []
    inside = credit.attributed
    roas = measure(credit, "roas")[:, inside]
    channels = [label(name) for name in credit.keys[0][inside]]
    known = np.isfinite(roas[0])
    if known.sum() < 2:
        return []
    row = np.where(known, roas[0], np.nan)
    best, worst = int(np.nanargmax(row)), int(np.nanargmin(row))
    highest, lowest = RATIO.write(float(row[best])), RATIO.write(float(row[worst]))
    model = label(credit.models[0])
    sentence = f"Under {model}, {channels[best]} has the highest ROAS ({highest}), "
    sentences = [f"{sentence}{channels[worst]} the lowest ({lowest})."]
    below = [
        name
        for name, line in zip(channels, roas.T, strict=True)
        if np.isfinite(line).all() and (line < 1).all()
    ]
    if below:
        under = "that model" if len(credit.models) == 1 else "every model"
        sentences.append(f"Credited value stays below spend under {under} for {listing(below)}.")
    return sentences
