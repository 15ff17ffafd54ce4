"""The section of new and returning customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attribution.credit.table import fold
from attribution.engines.shared.engine import Tasks
from attribution.journeys.customers import CUSTOMER, LABELS
from attribution.journeys.journeys import UNATTRIBUTED
from attribution.language.catalogue import Language
from attribution.models.activity import ActivityTally, solve_activity
from attribution.models.tasks import ActivityTask
from attribution.reporting.blocks import Block, make_table
from attribution.reporting.formats import label
from attribution.reporting.needs import Asked, Need
from attribution.reporting.recipe import SectionRecipe

if TYPE_CHECKING:
    from attribution.credit.credit import Credit

MAX_CHANNELS = 30


def customers(words: Language, credit: Credit, tally: ActivityTally | None) -> tuple[Block, ...]:
    """Return what new and what returning customers converted, by channel.

    From a credit by customer: the credit of its first model. Otherwise, from a tally: the conversions that
    each channel touched, whatever the model.
    """
    if CUSTOMER in credit.by:
        by_customer = fold(credit, ("channel", CUSTOMER))
        channel, customer = by_customer.keys
        amount = by_customer.conversions[0]
        lead = words("customers.credit", model=label(credit.models[0], words))
    elif tally is not None:
        channel, customer = tally.cells.keys()[0]
        amount = solve_activity(tally).touched
        lead = words("customers.touched")
    else:
        return ()
    return _customer_blocks(words, channel, customer, amount, lead)


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


def _tasks(asked: Asked) -> Tasks:
    known = asked.users and CUSTOMER not in (*asked.by, *asked.dims)
    return {_TALLY: ActivityTask(("channel", CUSTOMER))} if known else {}


_TALLY = "activity by customer"
_CUSTOMERS: Need[ActivityTally] = Need(tasks=_tasks, solve=lambda tallies, _: tallies[_TALLY])
SECTION = SectionRecipe(
    "customers", lambda m: customers(m.words, m.credit, m.of(_CUSTOMERS)), needs=(_CUSTOMERS,)
)
