"""The sections made of journeys: where they go, how long conversions take, new and returning customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attribution.credit.table import fold
from attribution.journeys.customers import CUSTOMER, LABELS
from attribution.journeys.flows import CONVERSION, LATER, NO_CONVERSION, OTHER, draw_flows
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.journeys.lags import draw_lags
from attribution.language.catalogue import Language
from attribution.models.activity import solve_activity, tally_activity
from attribution.reporting.blocks import Block, Fact, Facts, Figure, Text, make_table
from attribution.reporting.figures import NARROW, make_figure
from attribution.reporting.formats import Style, fit, label

if TYPE_CHECKING:
    from attribution._draw import Axes
    from attribution.credit.credit import Credit
    from attribution.journeys.flows import Flows
    from attribution.journeys.journeys import Journeys
    from attribution.journeys.lags import Lags

MAX_FLOWS = 15
MAX_CHANNELS = 30
_LIMITS = {"days": (1, 7, 30), "touches": (1, 3, 10)}


def journey_map(words: Language, journeys: Journeys | None, flows: Flows | None = None) -> tuple[Block, ...]:
    """Return where converting journeys go, from touch to touch: a Sankey diagram and its largest flows."""
    if flows is None and journeys is not None:
        flows = journeys.flows()
    if flows is None or not flows.conversions.any():
        return ()
    largest = flows.largest(MAX_FLOWS)
    frame = flows.to_frame().iloc[:0]
    if largest:
        import pandas as pd

        frame = pd.DataFrame(
            {
                "step": flows.step[largest],
                "source": [_named(words, flows.source[place]) for place in largest],
                "target": [_named(words, flows.target[place]) for place in largest],
                "conversions": flows.conversions[largest],
                "nulls": flows.nulls[largest],
            }
        )
    kinds = {
        "step": (words("journey_map.step"), "count"),
        "source": (words("journey_map.source"), "name"),
        "target": (words("journey_map.target"), "name"),
        "conversions": (words("conversions"), "count"),
    }
    if flows.nulls.any():
        kinds["nulls"] = (words("paths.nulls"), "count")
    table = make_table(
        words,
        "journey_map",
        words("journey_map.caption", n=len(frame)),
        frame,
        kinds,
        bars=("conversions",),
        folded=True,
    )
    return (_flow_figure(words, flows), table)


def _flow_figure(words: Language, flows: Flows) -> Figure:
    style = fit("count", flows.conversions.tolist(), words=words)
    parts = [
        words(
            "journey_map.part",
            source=_named(words, flows.source[place]),
            target=_named(words, flows.target[place]),
            step=int(flows.step[place]),
            amount=style.write(float(flows.conversions[place])),
        )
        for place in flows.largest(5)
    ]
    first = flows.step == 1
    title = words("journey_map.figure")
    alt = words(
        "journey_map.alt",
        title=title,
        n=float(flows.conversions[first].sum()),
        parts=words("semicolon").join(parts),
    )
    names = {name: words(name) for name in (LATER, CONVERSION, NO_CONVERSION, OTHER)}

    def plot(ax: Axes) -> Axes:
        # On a phone there is room for the labels of few columns.
        narrow = ax.figure.figure.get_size_inches()[0] <= NARROW
        shown = flows.first(min(2, flows.steps)) if narrow else flows
        titles = [words("journey_map.touch", n=step) for step in range(1, shown.steps + 1)]
        return draw_flows(shown, shown.conversions, titles, title, ax, names, style.write)

    note = words("journey_map.note", n=flows.steps)
    return make_figure(words, "figure-flows", title, alt, plot, size=(8.4, 5.0), narrow_height=4.4, note=note)


def _named(words: Language, name: str) -> str:
    return words(name) if name in (LATER, CONVERSION, NO_CONVERSION, OTHER) else label(name, words)


def time_to_convert(
    words: Language, journeys: Journeys | None, days: Lags | None = None, touches: Lags | None = None
) -> tuple[Block, ...]:
    """Return how many days and touches conversions took: median, quartiles, shares, and the distributions."""
    if journeys is not None:
        if days is None and journeys.time is not None and journeys.conversion_time is not None:
            days = journeys.time_to_convert()
        touches = touches or journeys.touches_to_convert()
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


def customers(words: Language, credit: Credit, journeys: Journeys | None) -> tuple[Block, ...]:
    """Return what new and what returning customers converted, by channel.

    From a credit by customer: the credit of its first model. Otherwise, from journeys: the conversions that
    each channel touched, whatever the model.
    """
    if CUSTOMER in credit.by:
        by_customer = fold(credit, ("channel", CUSTOMER))
        channel, customer = by_customer.keys
        amount = by_customer.conversions[0]
        lead = words("customers.credit", model=label(credit.models[0]))
    elif journeys is not None and journeys.user is not None and CUSTOMER not in _own(journeys):
        tally = tally_activity(journeys, by=("channel", CUSTOMER))
        channel, customer = tally.cells.keys()[0]
        amount = solve_activity(tally).touched
        lead = words("customers.touched")
    else:
        return ()
    return _customer_blocks(words, channel, customer, amount, lead)


def _own(journeys: Journeys) -> set[str]:
    return {dim.name for dim in (*journeys.touch_dims, *journeys.journey_dims)}


def _customer_blocks(
    words: Language,
    channel: np.ndarray[tuple[int], np.dtype[np.object_]],
    customer: np.ndarray[tuple[int], np.dtype[np.object_]],
    amount: np.ndarray[tuple[int], np.dtype[np.float64]],
    lead: str,
) -> tuple[Block, ...]:
    import pandas as pd

    if not set(customer.tolist()) <= set(LABELS):  # a column of the log, with words of its own
        return ()
    known = channel != UNATTRIBUTED
    names = list(dict.fromkeys(channel[known].tolist()))
    place = {name: number for number, name in enumerate(names)}
    row = np.array([place[name] for name in channel[known].tolist()], np.int64)
    table = np.zeros((len(names), len(LABELS)))
    np.add.at(
        table, (row, np.array([LABELS.index(one) for one in customer[known].tolist()], int)), amount[known]
    )
    whole = table.sum(axis=1)
    order = np.argsort(-whole, kind="stable")
    order = order[whole[order] > 0][:MAX_CHANNELS]
    if not len(order):
        return ()
    frame = pd.DataFrame(
        {
            "channel": np.array(names, dtype=object)[order],
            "new": table[order, 0],
            "returning": table[order, 1],
            "new_share": table[order, 0] / whole[order],
        }
    )
    kinds = {
        "channel": (words("channel"), "name"),
        "new": (words("customers.new"), "count"),
        "returning": (words("customers.returning"), "count"),
        "new_share": (words("customers.share"), "share"),
    }
    left_out = len(names) - len(order)
    shown = make_table(
        words,
        "customers",
        lead,
        frame,
        kinds,
        alike=("new", "returning"),
        note=words("customers.note")
        + (f" {words('customers.left_out', n=left_out)}" if left_out > 0 else ""),
    )
    return (shown,)
