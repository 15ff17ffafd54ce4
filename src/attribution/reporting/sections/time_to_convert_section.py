"""The section of how long conversions take, in days and in touches."""

from __future__ import annotations

from collections.abc import Sequence

from attribution.engines.shared.engine import Tasks
from attribution.errors import CreditError
from attribution.journeys.lags import Lags, LagTask, Unit, draw_lags, solve_lags
from attribution.language.catalogue import Language
from attribution.reporting.blocks import Block, Fact, Facts, Figure, Text, make_table
from attribution.reporting.figures import make_figure
from attribution.reporting.formats import Style, fit
from attribution.reporting.needs import Asked, Need
from attribution.reporting.recipe import SectionRecipe

_LIMITS = {"days": (1, 7, 30), "touches": (1, 3, 10)}


def time_to_convert(words: Language, days: Lags | None, touches: Lags | None) -> tuple[Block, ...]:
    """Return how many days and touches conversions took: median, quartiles, shares, and the distributions."""
    blocks: list[Block] = []
    for lags in (days, touches):
        if lags is not None and lags.total:
            blocks += [_lag_facts(words, lags), _lag_figure(words, lags), _lag_table(words, lags)]
    return (*blocks, Text((words("lags.note"),), "note")) if blocks else ()


def _lag_facts(words: Language, lags: Lags) -> Facts:
    style = fit("number", [lags.quantile(0.75)], words=words)
    share = Style("share", 1, words=words)
    quartiles = words(
        "range", **{end: style.write(lags.quantile(q)) for end, q in (("low", 0.25), ("high", 0.75))}
    )
    facts = [
        Fact(
            words(f"lags.{lags.unit}.median"),
            style.write(lags.median),
            lags.median,
            words("lags.quartiles", range=quartiles),
        )
    ]
    for limit in _LIMITS[lags.unit]:
        within = lags.within(limit)
        facts.append(Fact(words(f"lags.{lags.unit}.within", n=limit), share.write(within), within))
    return Facts(tuple(facts))


def _lag_figure(words: Language, lags: Lags) -> Figure:
    style = fit("number", [lags.quantile(0.75)], words=words)
    title = words(f"lags.{lags.unit}.figure")
    median = style.write(lags.median)
    alt = words(
        "lags.alt",
        title=title,
        median=median,
        low=style.write(lags.quantile(0.25)),
        high=style.write(lags.quantile(0.75)),
    )
    axes = (words(f"lags.{lags.unit}.axis"), words("lags.axis"))
    middle = words("lags.marked", median=median)
    return make_figure(
        words,
        f"figure-{lags.unit}",
        title,
        alt,
        lambda ax: draw_lags(lags, axes, title, middle, ax, share=Style("share", 0, words=words).write),
        size=(5.6, 2.8),
        narrow_height=2.4,
        axes=axes,
    )


def _lag_table(words: Language, lags: Lags) -> Block:
    frame = lags.to_frame()
    kinds = {
        "above": (words("lags.above"), "number"),
        "up_to": (words(f"lags.{lags.unit}.up_to"), "number"),
        "conversions": (words("conversions"), "count"),
        "share": (words("share"), "share"),
        "cumulative": (words("lags.cumulative"), "share"),
    }
    caption = words(f"lags.{lags.unit}.caption")
    name = f"{lags.unit}_to_convert"
    return make_table(words, name, caption, frame, kinds, bars=("share",), folded=True)


def _of_unit(lags: Sequence[Lags], unit: Unit) -> Lags | None:
    """Return those lags in a unit that were given."""
    return next((one for one in lags if one.unit == unit), None)


def _refuse_others(lags: Sequence[object]) -> None:
    """Refuse what are no lags, and two in one unit."""
    units: set[str] = set()
    for one in lags:
        if not isinstance(one, Lags) or one.unit in units:
            twice = isinstance(one, Lags)
            msg = "lags holds one unit twice" if twice else f"lags holds a {type(one).__name__}"
            hint = "lags=[journeys.time_to_convert(), journeys.touches_to_convert()]"
            raise CreditError(msg, column="lags", hint=hint)
        units.add(one.unit)


def _lags(unit: Unit) -> Need[Lags]:
    def tasks(asked: Asked) -> Tasks:
        return {unit: LagTask(unit)} if asked.times or unit != "days" else {}

    return Need(
        "lags",
        lambda: Sequence,
        "at.report(credit, lags=[journeys.time_to_convert()])",
        members=_refuse_others,
        read=lambda lags, _: _of_unit(lags, unit),
        tasks=tasks,
        solve=lambda tallies, _: solve_lags(tallies[unit], unit),
    )


_DAYS, _TOUCHES = _lags("days"), _lags("touches")
SECTION = SectionRecipe(
    "time_to_convert",
    lambda m: time_to_convert(m.words, m.of(_DAYS), m.of(_TOUCHES)),
    needs=(_DAYS, _TOUCHES),
)
