"""What experiments say was caused, beside the credit, each result by itself, and the credit calibrated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution import _draw
from attribution.calibration.evidence import Evidence
from attribution.credit.table import measure
from attribution.errors import CreditError, unknown_name
from attribution.experiments.shared.lift import Estimate, Lift
from attribution.experiments.shared.lift_text import unusual
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Figure, Text, make_table
from attribution.reporting.figures import MAX_DRAWN, listed, make_figure
from attribution.reporting.formats import MISSING, Style, fit, label, listing

if TYPE_CHECKING:
    from attribution._draw import Axes
    from attribution.credit.credit import Credit

_SMALLEST = 0.0001  # p-value that is written


@dataclass(frozen=True, eq=False)
class Found:
    """One experiment on a channel.

    Attributes
    ----------
    channel
        The channel tested.
    incremental
        Conversions caused in all treated units; None where the experiment does not tell, as geo tests, which
        count another outcome.
    lift
        The whole result; None where only an estimate was given.
    credited
        What the first model credits the channel with.
    """

    channel: str
    incremental: Estimate | None
    lift: Lift | None
    credited: float

    @property
    def level(self) -> float:
        """Confidence level of the intervals."""
        return 0.95 if self.lift is None else 1.0 - self.lift.alpha

    @property
    def verdict(self) -> str:
        """As `Lift.verdict`; of a bare estimate whether its interval leaves out zero."""
        if self.lift is not None:
            return self.lift.verdict
        assert self.incremental is not None
        return "no effect shown" if self.incremental.holds(0.0) else "effect"


def find(credit: Credit, lifts: Mapping[str, Any] | None) -> tuple[Found, ...]:
    """Return the experiments, channel by channel, as `calibrate` takes them.

    Raises
    ------
    CreditError
        If the credit has no such channel, or an entry is no result of an experiment.
    """
    hint = 'at.report(credit, lifts={"email": at.analyze_holdout(users)})'
    found: list[Found] = []
    for channel, entry in (lifts or {}).items():
        if channel not in credit.channels:
            raise CreditError(unknown_name("channel", channel, credit.channels), column="lifts", hint=hint)
        cells = credit.keys[0] == channel
        credited = float(measure(credit, "conversions")[0, cells].sum())
        several = entry if isinstance(entry, Sequence) else [entry]
        for one in several:
            one = one.lift if isinstance(one, Evidence) else one
            if isinstance(one, Lift):
                # A geo test counts an outcome of its own, such as sales, which stands beside no credit.
                caused = None if one.design == "geo" else one.incremental
                found.append(Found(channel, caused, one, credited))
            elif isinstance(one, Estimate):
                found.append(Found(channel, one, None, credited))
            else:
                msg = f"lifts[{channel!r}] is a {type(one).__name__}, not a Lift"
                raise CreditError(msg, column="lifts", hint=hint)
    return tuple(found)


def sentences(words: Language, credit: Credit, found: Iterable[Found]) -> list[str]:
    """Return each experiment in one sentence, beside what the first model credits, and what to look at."""
    model = label(credit.models[0]) if credit.models else ""
    return [line for one in found for line in (_sentence(words, model, one), *unusual_ratio(words, one))]


def unusual_ratio(words: Language, one: Found) -> list[str]:
    """Return a sentence on arms whose shares are unusual, yet not so much that reading is forbidden."""
    if one.lift is None:
        return []
    share = Style("share", 1, words=words)
    found = []
    for check in unusual(one.lift):
        arms = listing(
            [
                words(
                    "incremental.unusual.arm",
                    arm=label(str(row["arm"])),
                    n=words.count(row["n"]),
                    share=share.write(row["share"]),
                    planned=share.write(row["planned"]),
                )
                for row in check.rows
                if "planned" in row
            ],
            words=words,
        )
        p_value = words.number(check.p_value or 0.0, 4)
        found.append(words("incremental.unusual", channel=label(one.channel), arms=arms, p=p_value))
    return found


def _sentence(words: Language, model: str, one: Found) -> str:
    channel, credited = label(one.channel), words.count(one.credited)
    if one.verdict == "blocked" and one.lift is not None:
        failed = listing([check.name for check in one.lift.checks if check.passed is False], words=words)
        return words("incremental.blocked", channel=channel, checks=failed)
    if one.incremental is None:
        assert one.lift is not None
        value, low, high = _told(one.lift.relative, Style("share", 1, words=words))
        return words("incremental.relative", channel=channel, value=value, low=low, high=high)
    value, low, high = _told(one.incremental, _counts(words, [one.incremental]))
    if one.verdict == "effect":
        return words(
            "incremental.effect",
            channel=channel,
            caused=value,
            low=low,
            high=high,
            outcome=outcome_of(words, one),
            model=model,
            credited=credited,
        )
    return words("incremental.unshown", channel=channel, low=low, high=high, model=model, credited=credited)


def outcome_of(words: Language, one: Found) -> str:
    """Return what an experiment counted."""
    return words("axis.conversions") if one.lift is None else label(one.lift.outcome)


def _counts(words: Language, estimates: Iterable[Estimate]) -> Style:
    return fit("count", [end for one in estimates for end in (one.value, one.low, one.high)], words=words)


def _told(estimate: Estimate, style: Style) -> tuple[str, str, str]:
    return style.write(estimate.value), style.write(estimate.low), style.write(estimate.high)


def incremental(words: Language, credit: Credit, found: Sequence[Found]) -> tuple[Block, ...]:
    """Return credited and incremental conversions side by side, for the tested channels."""
    import pandas as pd

    if not found:
        return ()
    rows = []
    for one in found:
        empty = Estimate(math.nan, math.nan, math.nan)
        caused = one.incremental or empty
        iroas = (one.lift.iroas if one.lift is not None else None) or empty
        rows.append(
            {
                "channel": one.channel,
                **{
                    f"credited_{row + 1}": float(
                        measure(credit, "conversions")[row, credit.keys[0] == one.channel].sum()
                    )
                    for row in range(len(credit.models))
                },
                "incremental": caused.value,
                "low": caused.low,
                "high": caused.high,
                "iroas": iroas.value,
                "iroas_low": iroas.low,
                "iroas_high": iroas.high,
                "verdict": words(f"verdict.{one.verdict}"),
            }
        )
    frame = pd.DataFrame(rows)
    credited = {
        f"credited_{row + 1}": (words("incremental.credited", model=label(model)), "count")
        for row, model in enumerate(credit.models)
    }
    kinds = {
        "channel": (words("channel"), "name"),
        "incremental": (words("incremental.caused"), "count"),
        "low": (words("incremental.low"), "count"),
        "high": (words("incremental.high"), "count"),
        "verdict": (words("incremental.verdict"), "text"),
        **credited,
    }
    if frame["iroas"].notna().any():
        kinds |= {
            "iroas": (words("incremental.iroas"), "ratio"),
            "iroas_low": (words("incremental.low"), "ratio"),
            "iroas_high": (words("incremental.high"), "ratio"),
        }
    table = make_table(
        words,
        "incremental",
        words("incremental.caption"),
        frame[list(kinds)],
        kinds,
        alike=("incremental", "low", "high", *credited),
        note=words("incremental.note"),
    )
    looked = tuple(line for one in found for line in unusual_ratio(words, one))
    return (Text((words("incremental.text"), *looked)), *_beside(words, credit, found), table)


def _beside(words: Language, credit: Credit, found: Sequence[Found]) -> tuple[Figure, ...]:
    shown = [
        (one.channel, one.incremental, one.verdict, one.credited)
        for one in found
        if one.incremental is not None and one.verdict != "blocked"
    ][:MAX_DRAWN]
    if not shown:
        return ()
    style = _counts(words, [estimate for _, estimate, _, _ in shown])
    title, model = words("incremental.figure"), label(credit.models[0])
    parts = []
    for channel, estimate, _, credited in shown[:5]:
        value, low, high = _told(estimate, style)
        parts.append(
            words(
                "incremental.figure.part",
                channel=label(channel),
                caused=value,
                low=low,
                high=high,
                credited=style.write(credited),
            )
        )

    def plot(ax: Axes) -> Axes:
        ends = np.array([[one.value, one.low, one.high] for _, one, _, _ in shown]).reshape(-1, 3)
        _draw.intervals(
            [label(channel) for channel, *_ in shown],
            ends[:, 0],
            ends[:, 1],
            ends[:, 2],
            [_draw.PALETTE[0] if verdict == "effect" else _draw.GREY for _, _, verdict, _ in shown],
            title="",
            axis=words("incremental.axis"),
            tick=lambda value: f"{value:,.10g}",
            ax=ax,
        )
        credited = np.array([one[3] for one in shown])
        finite = np.concatenate([ends[np.isfinite(ends)], credited, np.zeros(1)])
        reach = float(finite.max() - finite.min()) or 1.0
        ax.set_xlim(finite.min() - 0.08 * reach, finite.max() + 0.08 * reach)
        ax.scatter(credited, np.arange(len(credited)), 46, facecolors="none", edgecolors="#333333", zorder=3)
        return ax

    figure = make_figure(
        words,
        "figure-incremental",
        title,
        words("incremental.figure.alt", title=title, parts=listed(words, parts, len(shown))),
        plot,
        size=(6.0, 1.2 + 0.36 * len(shown)),
        note=words("incremental.figure.note", model=model),
    )
    return (figure,)


def holdouts(words: Language, found: Sequence[Found]) -> tuple[Block, ...]:
    """Return every experiment by itself: units, p-value, measures with intervals, a geo test's path."""
    blocks: list[Block] = []
    for position, one in enumerate(one for one in found if one.lift is not None):
        assert one.lift is not None
        blocks += _experiment(words, one.channel, one.lift, position + 1)
    return tuple(blocks)


def _experiment(words: Language, channel: str, lift: Lift, position: int) -> list[Block]:
    import pandas as pd

    treated, holdout = lift.arms
    kind = "share" if lift.details.get("binary") else "number"
    frame = pd.DataFrame({name: [one.value, one.low, one.high] for name, one in lift.estimates.items()})
    frame.insert(0, "end", [words(f"holdouts.{end}") for end in ("estimate", "low", "high")])
    facts = words(
        "holdouts.facts",
        n_treated=lift.n[treated],
        n_holdout=lift.n[holdout],
        treated=label(treated),
        holdout=label(holdout),
        p=words.number(lift.p_value, 4) if lift.p_value >= _SMALLEST else f"< {words.number(_SMALLEST, 4)}",
        mde=fit(kind, [lift.mde], words=words).write(lift.mde) if math.isfinite(lift.mde) else MISSING,
    )
    failed = [check.name for check in lift.checks if check.passed is False]
    units = {"relative": "share", "absolute": kind, "cace": kind, "att": kind, "iroas": "ratio"}
    kinds = {"end": ("", "text")} | {
        name: (words(f"measure.{name}"), units.get(name, "count")) for name in lift.estimates
    }
    blocks: list[Block] = [*_path(words, channel, lift, position)]
    table = make_table(
        words,
        f"experiment_{position}",
        words("holdouts.caption", channel=label(channel)),
        frame,
        kinds,
        note=facts,
    )
    blocks.append(table)
    if failed:
        blocks.append(Text((words("holdouts.failed", checks=listing(failed, 20, words)),), "warning"))
    return blocks


def _path(words: Language, channel: str, lift: Lift, position: int) -> list[Figure]:
    """Draw a geo test over time."""
    path = lift.details.get("path")
    if path is None:
        return []
    title = words("holdouts.figure", channel=label(channel))
    value, low, high = _told(lift.relative, Style("share", 1, words=words))
    spans = [(path.times[path.n_pre], path.times[len(path.times) - path.n_cooldown - 1], words("path.test"))]
    if path.n_cooldown:
        spans.append((path.times[-path.n_cooldown], path.times[-1], words("path.cooldown")))
    level = Style("share", 0, words=words).write(1 - lift.alpha)
    figure = make_figure(
        words,
        f"figure-experiment-{position}",
        title,
        words("holdouts.figure.alt", title=title, value=value, low=low, high=high),
        lambda ax: _draw.path(
            path.times,
            [(path.actual, words("path.actual")), (path.counterfactual, words("path.counterfactual"))],
            band=(path.low, path.high, words("path.band", level=level)),
            spans=spans,
            title="",
            axis=label(lift.outcome),
            tick=lambda value: f"{value:,.10g}",
            ax=ax,
        ),
        size=(7.0, 3.4),
    )
    return [figure]
