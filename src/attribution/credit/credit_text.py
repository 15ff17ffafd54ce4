"""Credit in words, and its table as people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._typing import Floats
from attribution.credit.credit_intervals import interval, told_few
from attribution.credit.credit_intervals import told as intervals_told
from attribution.credit.frames import credit_frame
from attribution.credit.measures import ACTIVITY, MEASURES, needing, of_unit
from attribution.credit.table import CreditTable, fold, measure
from attribution.credit.uncertainty import candidates
from attribution.language.numbers import PLAIN, Money
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

_TOP = 5


def title(credit: CreditTable) -> str:
    """Return one line: what is credited, by what, under which models."""
    whole = credit.sums()
    channels = Sentence("n_channels", n=len(credit.channels))
    if whole.channels != len(credit.channels):
        channels = Sentence("summary.channels_of", channels=channels, whole=whole.channels)
    number = _first(whole.conversions) + _first(whole.unattributed_conversions)
    counts = [channels, Sentence("summary.conversions", n=number)]
    missing = _first(whole.unattributed_conversions)
    if missing:
        counts.append(Sentence("summary.missing", missing=missing))
    if "lookback" in credit.settings:
        counts.append(Sentence("summary.lookback", lookback=str(credit.settings["lookback"])))
    models: Any = tuple(credit.models[:4])
    if credit.models[4:]:
        models = Sentence("and", first=models, last=Sentence("more", n=len(credit.models) - 4))
    return Sentence("summary.title", by=tuple(credit.by), models=models, counts=tuple(counts))


def summary(credit: CreditTable) -> str:
    """Return the credit in words; see `Credit.summary`."""
    whole = credit.sums()
    lines = [title(credit) + "."]
    channels = fold(credit, ("channel",))
    known = interval(channels, "share") if credit.bootstrap is not None else None
    lines += [_model_line(channels, row, known) for row in range(len(credit.models))]
    missing, total = _first(whole.unattributed_conversions), _first(whole.conversions)
    if missing:
        told = {"missing": missing, "part": missing / (missing + total)}
        if credit.has_value:
            worth = _money(credit, _first(whole.unattributed_value))
            lines.append(Sentence("summary.unattributed_value", **told, value=worth))
        else:
            lines.append(Sentence("summary.unattributed", **told))
    if credit.cost is not None:
        lines.append(_spend_line(channels))
    if credit.settings:
        lines.append(_settings(credit))
    if known is not None:
        lines.append(Sentence("summary.intervals", told=intervals_told(credit)))
        lines += [words] if (words := told_few(credit)) else []
    lines += [Sentence("told.note", note=note) for note in credit.notes]
    lines.append(Sentence("summary.bookkeeping"))
    return "\n".join(lines)


def _settings(credit: CreditTable) -> Sentence:
    plain = [
        Sentence("summary.setting", name=name, value=str(value))
        for name, value in credit.settings.items()
        if name not in {"models", "has_value"}
    ]
    models = credit.settings.get("models")
    if isinstance(models, Mapping):
        known = [label for label in credit.models if label in models]
        plain += [Sentence("summary.setting_model", label=label, model=models[label]) for label in known]
    return Sentence("summary.settings", settings=tuple(plain))


def _model_line(channels: CreditTable, row: int, known: tuple[Floats, Floats] | None) -> Sentence:
    whole, model = channels.sums(), channels.models[row]
    amount = Sentence("summary.amount", conversions=float(whole.conversions[row]))
    if channels.has_value:
        worth = _money(channels, float(whole.value[row]))
        amount = Sentence("summary.amount_value", conversions=float(whole.conversions[row]), value=worth)
    inside = np.flatnonzero(channels.attributed)
    order = inside[np.argsort(-channels.conversions[row, inside], kind="stable")][:_TOP]
    shares = measure(channels, "share")[row]
    tops: list[Sentence] = []
    for cell in order.tolist():
        number = float(channels.conversions[row, cell])
        top = {"channel": channels.keys[0][cell], "number": number, "share": float(shares[cell])}
        if known is not None and np.isfinite(known[0][row, cell]):
            low, high = float(known[0][row, cell]), float(known[1][row, cell])
            tops.append(Sentence("summary.top_between", **top, low=low, high=high))
        else:
            tops.append(Sentence("summary.top", **top))
    if not tops:
        return Sentence("summary.model", model=model, amount=amount)
    listed, more = Sentence("list", parts=tuple(tops)), len(inside) - len(tops)
    if more > 0:
        listed = Sentence("summary.tops_more", tops=listed, n=more)
    return Sentence("summary.model_tops", model=model, amount=amount, tops=listed)


def _spend_line(channels: CreditTable) -> Sentence:
    whole, cost = channels.sums(), measure(channels, "cost")
    known = int(np.isfinite(cost[0]).sum()) if len(cost) else 0
    returns = []
    for name, key in (("roas", "summary.highest"), ("cpa", "summary.lowest")):
        found = _ends(channels, name, lowest=name == "cpa")
        if found:
            returns.append(Sentence(key, measure=name.upper(), found=tuple(dict.fromkeys(found))))
    spent = _money(channels, whole.cost)
    return Sentence(
        "summary.spend",
        cost=spent if PLAIN.write(spent) else Sentence("summary.no_cost"),
        channels=Sentence("n_channels", n=known),
        returns=Sentence("joined", parts=tuple(returns)),
    )


def _ends(channels: CreditTable, name: str, *, lowest: bool) -> list[Sentence]:
    """Return which channel has the lowest or the highest of a measure, model by model."""
    found = []
    for row, line in enumerate(measure(channels, name)):
        cells = np.flatnonzero(np.isfinite(line))
        if not len(cells):
            continue
        label = channels.models[row]
        could = candidates(channels, name, label, lowest=lowest)
        if could > 1:
            found.append(Sentence("summary.hidden", count=could, model=label))
            continue
        best = cells[np.argmin(line[cells]) if lowest else np.argmax(line[cells])]
        number: Any = float(line[best])
        money = MEASURES[name].unit == "money"
        amount = _money(channels, number, name) if money else Sentence("told.number", value=number)
        found.append(Sentence("summary.best", channel=channels.keys[0][best], amount=amount, model=label))
    return found


def shown_frame(credit: CreditTable, *, wide: bool) -> pd.DataFrame:
    """Return the table for display: units in the headings, without what is empty; all of it if `wide`.

    Where there is no room, shares alone have their intervals.
    """
    frame = credit_frame(credit, None if wide else ("share",))
    hidden = [] if wide else list(ACTIVITY)
    hidden += ["model"] if len(credit.models) == 1 else []
    hidden += [] if credit.has_value else _with_bounds(needing("value"))
    return frame.drop(columns=hidden, errors="ignore").rename(
        columns={
            column: _headed(credit, name, column)
            for name in of_unit("money")
            for column in _with_bounds([name])
        }
    )


def formats(credit: CreditTable) -> Mapping[str, Callable[[Any], str]]:
    """Return how the cells of the columns are written: shares in percent, money with its decimals."""
    written: dict[str, Callable[[Any], str]] = dict.fromkeys(
        _with_bounds(of_unit("share")), partial(PLAIN.write, spec=".1%")
    )
    if credit.decimals is not None:
        for name in of_unit("money"):
            columns = [_headed(credit, name, column) for column in _with_bounds([name])]
            written |= dict.fromkeys(columns, partial(PLAIN.figure, decimals=money_decimals(credit, name)))
    return written


def _with_bounds(names: Iterable[str]) -> list[str]:
    return [f"{name}{end}" for name in names for end in ("", "_ci_low", "_ci_high")]


def _headed(credit: CreditTable, name: str, column: str) -> str:
    return unit(credit, name).replace(name, column, 1)


def unit(credit: CreditTable, name: str) -> str:
    """Return the name of a measure, with the currency if it is money and one is known."""
    return f"{name} ({credit.currency})" if credit.currency and MEASURES[name].unit == "money" else name


def money_decimals(credit: CreditTable, name: str) -> int | None:
    """Return how many decimals a measure of money is shown with; an amount per conversion has two or more."""
    return max(credit.decimals, 2) if MEASURES[name].per and credit.decimals is not None else credit.decimals


def _money(credit: CreditTable, value: float, name: str = "value") -> Money:
    return Money(float(value), credit.currency, money_decimals(credit, name))


def _first(line: Any) -> float:
    return float(line[0]) if len(line) else 0.0
