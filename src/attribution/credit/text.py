"""Credit in words, and its table as people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._display import format_number
from attribution._typing import Floats
from attribution.credit.frames import credit_frame
from attribution.credit.intervals import interval, told, told_few
from attribution.credit.measures import ACTIVITY, MEASURES, needing, of_unit
from attribution.credit.table import CreditTable, fold, measure
from attribution.credit.uncertainty import candidates

if TYPE_CHECKING:
    import pandas as pd

_TOP = 5


def title(credit: CreditTable) -> str:
    """Return one line: what is credited, by what, under which models."""
    whole = credit.sums()
    counts = [_count(len(credit.channels), "channel"), _conversions(credit)]
    if whole.channels != len(credit.channels):
        counts[0] += f" of {whole.channels:,}"
    missing = _first(whole.unattributed_conversions)
    if missing:
        counts.append(f"{format_number(missing)} of them unattributed")
    if "lookback" in credit.settings:
        counts.append(f"lookback {credit.settings['lookback']}")
    models = ", ".join(credit.models[:4]) + (
        f" and {len(credit.models) - 4} more" if credit.models[4:] else ""
    )
    return f"Credit by {', '.join(credit.by)} ({models}): {', '.join(counts)}"


def summary(credit: CreditTable) -> str:
    """Return the credit in words; see `Credit.summary`."""
    whole = credit.sums()
    lines = [title(credit) + "."]
    channels = fold(credit, ("channel",))
    known = interval(channels, "share") if credit.bootstrap is not None else None
    lines += [_model_line(channels, row, known) for row in range(len(credit.models))]
    missing, total = _first(whole.unattributed_conversions), _first(whole.conversions)
    if missing:
        part = _percent(missing / (missing + total))
        worth = f", {_money(credit, _first(whole.unattributed_value))} in value" if credit.has_value else ""
        lines.append(
            f"Unattributed: {format_number(missing)} conversions ({part}{worth}) "
            "had no touch to credit; they are in no channel."
        )
    if credit.cost is not None:
        lines.append(_spend_line(channels))
    if credit.settings:
        lines.append(f"Settings: {_settings(credit)}.")
    if known is not None:
        lines.append(
            f"In brackets, beside the share: {told(credit)}. They tell how far chance alone moves the "
            "numbers, not which model is right."
        )
        lines += [words] if (words := told_few(credit)) else []
    lines += [f"Note: {note}." for note in credit.notes]
    lines.append("Credit divides what happened; it does not say what would have happened without a channel.")
    return "\n".join(lines)


def _settings(credit: CreditTable) -> str:
    plain = [
        f"{name} {value}" for name, value in credit.settings.items() if name not in {"models", "has_value"}
    ]
    models = credit.settings.get("models")
    if isinstance(models, Mapping):
        plain += [f"{label} is {models[label]}" for label in credit.models if label in models]
    return ", ".join(plain)


def _model_line(channels: CreditTable, row: int, known: tuple[Floats, Floats] | None) -> str:
    whole = channels.sums()
    amount = f"{format_number(float(whole.conversions[row]))} conversions"
    if channels.has_value:
        amount += f" and {_money(channels, float(whole.value[row]))} in value"
    inside = np.flatnonzero(channels.attributed)
    order = inside[np.argsort(-channels.conversions[row, inside], kind="stable")][:_TOP]
    shares = measure(channels, "share")[row]
    tops = []
    for cell in order.tolist():
        number = format_number(float(channels.conversions[row, cell]))
        share = _percent(shares[cell])
        if known is not None and np.isfinite(known[0][row, cell]):
            share += f", {_percent(known[0][row, cell])} to {_percent(known[1][row, cell])}"
        tops.append(f"{channels.keys[0][cell]} {number} ({share})")
    more = len(inside) - len(tops)
    listed = ", ".join(tops) + (f", and {more:,} more" if more > 0 else "")
    return f"{channels.models[row]} credits {amount}" + (f": {listed}." if tops else ".")


def _spend_line(channels: CreditTable) -> str:
    whole, cost = channels.sums(), measure(channels, "cost")
    known = int(np.isfinite(cost[0]).sum()) if len(cost) else 0
    text = f"Spend: {_money(channels, whole.cost) or 'none'} on {_count(known, 'channel')}"
    for name, worst in (("roas", False), ("cpa", True)):
        found = []
        for row, line in enumerate(measure(channels, name)):
            cells = np.flatnonzero(np.isfinite(line))
            if len(cells):
                label = channels.models[row]
                could = candidates(channels, name, label, lowest=worst)
                if could > 1:
                    found.append(f"one of {could}, and chance hides which ({label})")
                    continue
                best = cells[np.argmin(line[cells]) if worst else np.argmax(line[cells])]
                number = float(line[best])
                amount = (
                    _money(channels, number, name)
                    if MEASURES[name].unit == "money"
                    else format_number(number)
                )
                found.append(f"{channels.keys[0][best]} {amount} ({label})")
        if found:
            text += f"; {'lowest' if worst else 'highest'} {name.upper()}: {', '.join(dict.fromkeys(found))}"
    return text + "."


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
    written: dict[str, Callable[[Any], str]] = dict.fromkeys(_with_bounds(of_unit("share")), _percent)
    if credit.decimals is not None:
        for name in of_unit("money"):
            columns = [_headed(credit, name, column) for column in _with_bounds([name])]
            written |= dict.fromkeys(columns, partial(_number, credit, name))
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


def _number(credit: CreditTable, name: str, value: float) -> str:
    return format_number(float(value), decimals=money_decimals(credit, name))


def _money(credit: CreditTable, value: float, name: str = "value") -> str:
    return f"{_number(credit, name, value)} {credit.currency}".strip()


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _first(line: Any) -> float:
    return float(line[0]) if len(line) else 0.0


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _conversions(credit: CreditTable) -> str:
    whole = credit.sums()
    number = _first(whole.conversions) + _first(whole.unattributed_conversions)
    return f"{format_number(number)} conversion{'' if number == 1 else 's'}"
