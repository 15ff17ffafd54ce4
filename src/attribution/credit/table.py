"""The credit table and its arithmetic: measures of each cell, some of its cells, and sums over dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from attribution._checks import name_list
from attribution._typing import Bools, Floats, Ints
from attribution.credit.attachments import Activity, Attachment, Groups, Look, Provenance, Spent, Totals
from attribution.credit.bootstrap import Bootstrap, Replicates
from attribution.credit.measures import ACTIVITY, MEASURES, Measure, Terms
from attribution.diagnostics import CheckResults
from attribution.errors import CreditError, unknown_name
from attribution.eventlog.currency import is_currency, refuse_contradiction
from attribution.journeys.journeys import UNATTRIBUTED


@dataclass(frozen=True, eq=False, repr=False)
class CreditTable:
    """The credit of every cell under every model, with what stands beside it; `Credit` says what is what."""

    models: tuple[str, ...]
    by: tuple[str, ...]
    keys: tuple[NDArray[np.object_], ...]
    conversions: Floats
    value: Floats
    activity: Activity | None = None
    spent: Spent | None = None
    bootstrap: Bootstrap | None = None
    whole: Totals | None = None
    provenance: Provenance = field(default_factory=Provenance)
    look: Look = field(default_factory=Look)

    def __post_init__(self) -> None:
        """Validate."""
        if not self.by or self.by[0] != "channel" or len(self.keys) != len(self.by):
            msg = f"by={self.by!r} must start with 'channel' and have one array of keys a name"
            raise CreditError(msg, column="by")
        refuse_contradiction(self.look.currency, str(self.provenance.settings.get("currency", "")))
        cells = len(self.keys[0])
        table, line = (len(self.models), cells), (cells,)
        shapes: dict[str, tuple[object, tuple[int, ...]]] = {
            f"keys[{position}]": (key.shape, line) for position, key in enumerate(self.keys)
        }
        shapes["conversions"] = (self.conversions.shape, table)
        shapes["value"] = (self.value.shape, table)
        if self.spent is not None:
            shapes |= {name: (amount.shape, line) for name, amount in self.spent.amounts.items()}
            shapes["flags"] = ((len(self.spent.flags),), line)
        for name, (shape, right) in shapes.items():
            if shape != right:
                msg = f"{name} has shape {shape}, not {right}"
                raise CreditError(msg, column=name)

    @property
    def attributed(self) -> Bools:
        """Which cells belong to a channel, bool, shape (n_cells,)."""
        return np.asarray(self.keys[0] != UNATTRIBUTED, dtype=np.bool_)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of the table, sorted by code point."""
        return tuple(sorted(set(self.keys[0].tolist()) - {UNATTRIBUTED}))

    @property
    def settings(self) -> Mapping[str, object]:
        """How the credit was made: lookback, after_conversion, goal, the models' reprs and so on."""
        return self.provenance.settings

    @property
    def window(self) -> tuple[int, int] | None:
        """First and last instant of the conversions, microseconds since 1970 in UTC, where it is known."""
        return self.provenance.window

    @property
    def details(self) -> Mapping[str, object]:
        """What a model tells beside its credit, such as removal effects, by model label."""
        return self.provenance.details

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a reader of the table must see, such as which spend was left out."""
        return self.provenance.notes

    @property
    def checks(self) -> CheckResults:
        """What was checked while crediting, a `CheckResult` each."""
        return self.provenance.checks

    @property
    def cost(self) -> Floats | None:
        """Spend per cell, float64, shape (n_cells,), NaN where none is known; None before `with_spend`."""
        return None if self.spent is None else self.spent.cost

    @property
    def flags(self) -> tuple[str, ...] | None:
        """What is wrong with a cell's cost: ``"no spend"``, ``"no credit"``, ``"zero cost"``, or ``""``."""
        return None if self.spent is None else self.spent.flags

    @property
    def currency(self) -> str:
        """Symbol or code beside amounts of money; no number depends on it."""
        return self.look.currency

    @property
    def decimals(self) -> int | None:
        """Digits after the point of amounts of money, in display only."""
        return self.look.decimals

    @property
    def palette(self) -> tuple[str, ...]:
        """Channels in the order in which plots give them colours."""
        return self.look.palette or self.channels

    @property
    def has_value(self) -> bool:
        """Whether the log has values, without which ROAS and ROI are empty."""
        return bool(self.settings.get("has_value", True))

    @property
    def mixed(self) -> bool:
        """Whether amounts are in several currencies, so that only those of one have a sum."""
        found: object = self.settings.get("currencies", ())
        return isinstance(found, tuple | list) and len(found) > 1

    def sums(self) -> Totals:
        """Return the sums that shares refer to: of the whole table, also after `select`."""
        if self.whole is not None:
            return self.whole
        inside = self.attributed
        one = np.nan if self.mixed else 1.0  # amounts of several currencies have no sum
        spent = {} if self.spent is None else self.spent.totals()
        return Totals(
            conversions=self.conversions[:, inside].sum(axis=1),
            unattributed_conversions=self.conversions[:, ~inside].sum(axis=1),
            value=self.value[:, inside].sum(axis=1) * one,
            unattributed_value=self.value[:, ~inside].sum(axis=1) * one,
            spent={name: total * one for name, total in spent.items()},
            channels=len(self.channels),
        )

    def select(
        self,
        *,
        models: str | Iterable[str] | None = None,
        channels: str | Iterable[str] | None = None,
    ) -> Self:
        """Return the credit of some models or channels; shares and totals stay those of the whole.

        Parameters
        ----------
        models
            A label or several, in the order wanted; all by default.
        channels
            A channel or several; all by default. ``"(unattributed)"`` may be one of them.

        Raises
        ------
        CreditError
            If a name is unknown; the message names the nearest.
        """
        rows = _positions("model", models, self.models)
        labels = tuple(self.models[row] for row in rows)
        cells = np.arange(len(self.keys[0]))
        if channels is not None:
            known = (*self.channels, UNATTRIBUTED)
            wanted = {known[position] for position in _positions("channel", channels, known)}
            cells = np.flatnonzero([channel in wanted for channel in self.keys[0].tolist()])
        some = replace(
            self,
            models=labels,
            conversions=self.conversions[rows],
            value=self.value[rows],
            bootstrap=None if self.bootstrap is None else self.bootstrap.rows(rows),
            whole=self.sums().rows(rows),
            provenance=self.provenance.without(set(self.models) - set(labels)),
            look=replace(self.look, palette=self.palette),
        )
        return some.take(cells)

    def take(self, cells: NDArray[np.intp]) -> Self:
        """Return the credit of some cells.

        Parameters
        ----------
        cells
            Their positions, int, shape (n,).
        """
        return self.placed(tuple(key[cells] for key in self.keys), cells)

    def placed(self, keys: tuple[NDArray[np.object_], ...], cells: NDArray[np.intp]) -> Self:
        """Return the credit at other cells, among which its own may be.

        Parameters
        ----------
        keys
            The labels of the cells.
        cells
            Where each was, int, shape (n,); -1 where it is new, and nothing is credited to it.
        """
        return replace(
            self,
            keys=keys,
            conversions=np.pad(self.conversions, ((0, 0), (0, 1)))[:, cells],
            value=np.pad(self.value, ((0, 0), (0, 1)))[:, cells],
            activity=_taken(self.activity, cells),
            spent=_taken(self.spent, cells),
            bootstrap=_taken(self.bootstrap, cells),
        )

    def with_notes(self, *notes: str) -> Self:
        """Return the credit with more sentences below it."""
        return self.with_provenance(notes=(*self.notes, *notes))

    def with_provenance(self, **changes: Any) -> Self:
        """Return the credit with changes to how it was made; see `Provenance`."""
        return replace(self, provenance=replace(self.provenance, **changes))

    def with_look(self, **changes: Any) -> Self:
        """Return the credit as it is to be shown; see `Look`."""
        return replace(self, look=replace(self.look, **changes))

    def flagged(self) -> Self:
        """Return the credit whose spend says what is wrong with it, under every model."""
        if self.spent is None:
            return self
        barren = ((self.conversions == 0) & (self.value == 0)).all(axis=0)
        return replace(self, spent=self.spent.flagged(self.attributed, barren))

    def terms(self) -> Terms:
        """Return what measures are made of."""
        whole = self.sums()
        return self._terms(self.conversions, self.value, whole.conversions[:, None], whole.value[:, None])

    def terms_of(self, samples: Replicates) -> Terms:
        """Return what measures of each replicate are made of, shape (R, n_models, n_cells)."""
        return self._terms(
            samples.conversions,
            samples.value,
            samples.whole_conversions[:, :, None],
            samples.whole_value[:, :, None],
        )

    def _terms(self, conversions: Floats, value: Floats, of_conversions: Floats, of_value: Floats) -> Terms:
        spent = {} if self.spent is None else self.spent.amounts
        active = {} if self.activity is None else {name: getattr(self.activity, name) for name in ACTIVITY}
        if not self.has_value:
            value = np.full(value.shape, np.nan)
        whole = {name: np.array(total) for name, total in self.sums().spent.items()}
        return Terms(
            amounts={"conversions": conversions, "value": value, **spent, **active},
            sums={"conversions": of_conversions, "value": of_value, **whole},
            attributed=self.attributed,
        )


Table = TypeVar("Table", bound=CreditTable)
Beside = TypeVar("Beside", bound=Attachment)


def measure(credit: CreditTable, name: str) -> Floats:
    """Return a measure of every cell under every model, float64, shape (n_models, n_cells).

    Raises
    ------
    CreditError
        If there is no such measure, or the credit lacks what it is made of.
    """
    found = declared(credit, name)(credit.terms())
    return np.broadcast_to(found, credit.conversions.shape)


def declared(credit: CreditTable, name: str) -> Measure:
    """Return the measure of a name.

    Raises
    ------
    CreditError
        If there is none, or the credit lacks what it is made of.
    """
    if name not in MEASURES:
        raise CreditError(unknown_name("measure", name, MEASURES), column="measure")
    found = MEASURES[name]
    if "spend" in found.needs and credit.spent is None:
        msg = f"{name!r} needs spend, and none was joined"
        raise CreditError(msg, column="measure", hint="credit.with_spend(spend)")
    if "activity" in found.needs and credit.activity is None:
        msg = f"{name!r} is not known for this credit"
        raise CreditError(msg, column="measure")
    return found


def fold(credit: Table, by: tuple[str, ...]) -> Table:
    """Sum the credit over the dimensions that are not in `by`.

    What a channel touched cannot be summed (a conversion may be touched in two campaigns), so the activity
    is dropped unless nothing is summed. The cost of a sum is that of its cells whose cost is known.
    """
    import pandas as pd

    if by == credit.by:
        return credit
    if credit.mixed and not any(is_currency(name) for name in by):
        credit = _without_money(credit)
    keys = [credit.keys[credit.by.index(name)] for name in by]
    rank = np.zeros(len(credit.keys[0]), dtype=np.int64)
    for key in keys:
        codes, labels = pd.factorize(key, sort=True)
        rank = rank * max(len(labels), 1) + codes
    # Unattributed cells stay behind all others.
    rank = np.where(credit.attributed, rank, rank + (int(rank.max(initial=0)) + 1))
    _, first, cell = np.unique(rank, return_index=True, return_inverse=True)
    groups = Groups(cell.reshape(-1), len(first))
    return replace(
        credit,
        by=by,
        keys=tuple(key[first] for key in keys),
        conversions=_rows([groups.total(line) for line in credit.conversions], groups.n),
        value=_rows([groups.total(line) for line in credit.value], groups.n),
        activity=_folded(credit.activity, groups),
        spent=_folded(credit.spent, groups),
        bootstrap=_folded(credit.bootstrap, groups),
        whole=credit.sums(),
        look=replace(credit.look, palette=credit.palette),
    ).flagged()


def _taken(beside: Beside | None, cells: Ints) -> Beside | None:
    return None if beside is None else beside.take(cells)


def _folded(beside: Beside | None, groups: Groups) -> Beside | None:
    return None if beside is None else beside.fold(groups)


def _without_money(credit: Table) -> Table:
    """Return credit whose amounts are not known, as they are of several currencies and would be summed."""
    spent = None if credit.spent is None else credit.spent.unknown()
    return replace(credit.with_provenance(settings={**credit.settings, "has_value": False}), spent=spent)


def _rows(lines: Sequence[Floats], width: int) -> Floats:
    return np.array(lines, dtype=np.float64).reshape(len(lines), width)


def _positions(what: str, wanted: str | Iterable[str] | None, known: tuple[str, ...]) -> list[int]:
    if wanted is None:
        return list(range(len(known)))
    names = name_list(wanted, f"{what}s", error=CreditError)
    for name in names:
        if name not in known:
            raise CreditError(unknown_name(what, name, known), column=f"{what}s")
    return [known.index(name) for name in names]
