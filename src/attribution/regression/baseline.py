"""Baseline: what a regression check knows of a result, whichever form the result came in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attribution._checks import name_list
from attribution._display import Display
from attribution._typing import Floats
from attribution.credit.credit import Credit
from attribution.credit.credit_intervals import replicated
from attribution.errors import BaselineError, unknown_name
from attribution.journeys.build import build_journeys
from attribution.journeys.journeys import UNATTRIBUTED, Journeys
from attribution.journeys.options import JourneyOptions
from attribution.models.log_profile import (
    Profile,
    profile_of,
    settings_of,
    steps_of,
    steps_of_credit,
    tally_profile,
    tally_transitions,
)

if TYPE_CHECKING:
    import pandas as pd

    from attribution.eventlog.eventlog import EventLog

AMOUNTS = ("conversions", "value")
ERRORS = ("conversions", "value", "share", "value_share")
# What a result is made of is compared elsewhere; these say only how its rows were read.
_UNCOMPARED = ("nulls", "models", "has_value", "by", "library")
_OF_MONEY = {"week_start", "currency", "rates"}  # what a log looks like does not depend on it
_JOURNEY_OPTIONS = [field.name for field in fields(JourneyOptions) if field.name not in _OF_MONEY]


@dataclass(frozen=True, eq=False, repr=False)
class Baseline(Display):
    """Credit, the settings behind it, and what its log looked like.

    Attributes
    ----------
    name
        Where it comes from, for messages.
    models
        Labels of the models.
    by
        Names of the dimensions of a cell.
    keys
        One object array of labels per name in `by`, each of shape (n_cells,); unattributed ones included.
    amounts
        Credited conversions and value, float64, shape (2, n_models, n_cells).
    totals
        Attributed conversions and value, then unattributed ones, float64, shape (2, 2, n_models).
    errors
        Standard errors of conversions, value, share and value share, float64, shape (4, n_models, n_cells);
        None without a bootstrap.
    cost
        Spend of each cell, float64, shape (n_cells,), NaN where none is known; None without spend.
    settings
        How the credit was made: journeys, models, dimensions, series of the library.
    window
        First and last instant of the log, microseconds since 1970 in UTC; None where it is not known.
    log
        What `models.profile` counts of the log, or None.
    transitions
        How often each channel followed each other one, or None.
    inputs
        The files that a run has read, as its manifest has them; None where it is no run.
    """

    name: str
    models: tuple[str, ...]
    by: tuple[str, ...]
    keys: tuple[NDArray[np.object_], ...]
    amounts: Floats
    totals: Floats
    settings: Mapping[str, Any]
    errors: Floats | None = None
    cost: Floats | None = None
    window: tuple[int, int] | None = None
    log: Profile | None = None
    transitions: Profile | None = None
    inputs: Sequence[Mapping[str, Any]] | None = None

    @property
    def has_value(self) -> bool:
        """Whether the log has values."""
        return bool(self.settings.get("has_value", True))

    @property
    def attributed(self) -> NDArray[np.bool_]:
        """Which cells belong to a channel, bool, shape (n_cells,)."""
        return np.asarray(self.keys[0] != UNATTRIBUTED, dtype=np.bool_)

    @property
    def days(self) -> float | None:
        """Length of the log in days; None where it is not known."""
        return None if self.window is None else max((self.window[1] - self.window[0]) / 86_400e6, 1e-9)

    def names(self) -> list[str]:
        """Return the name of each cell: its labels, joined."""
        return [
            " / ".join(map(str, labels)) for labels in zip(*(key.tolist() for key in self.keys), strict=True)
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a model and cell: labels, conversions, value, and standard errors where known."""
        import pandas as pd

        n_models, n_cells = self.amounts.shape[1:]
        columns: dict[str, Any] = {"model": np.repeat(np.array(self.models, dtype=object), n_cells)}
        for name, key in zip(self.by, self.keys, strict=True):
            columns[name] = np.tile(key, n_models)
        for name, amount in zip(AMOUNTS, self.amounts, strict=True):
            columns[name] = amount.ravel()
        if self.cost is not None:
            columns["cost"] = np.tile(self.cost, n_models)
        if self.errors is not None:
            columns |= {f"{name}_se": error.ravel() for name, error in zip(ERRORS, self.errors, strict=True)}
        return pd.DataFrame(columns)

    def _title(self) -> str:
        return f"Baseline {self.name}: {len(self.models)} models, {len(self.keys[0])} cells"


def baseline_of(
    credit: Credit,
    *,
    name: str = "the result",
    journeys: Journeys | None = None,
    log: EventLog | None = None,
) -> Baseline:
    """Return what a check knows of a credit, and of its journeys where these are at hand."""
    if not isinstance(credit, Credit):
        msg = f"{type(credit).__name__} is neither a credit nor the path of one"
        is_old = name == "the baseline"
        hint = "at.check(credit, 'baseline.json')" if is_old else "at.attribute(journeys, models)"
        raise BaselineError(msg, hint=hint)
    if journeys is None and log is not None:
        options = {key: credit.settings[key] for key in _JOURNEY_OPTIONS if key in credit.settings}
        journeys = build_journeys(log, **options)  # type: ignore[arg-type] # as they came
    sums = credit.sums()
    totals = np.array(
        [
            [sums.conversions, sums.value],
            [sums.unattributed_conversions, sums.unattributed_value],
        ]
    )
    errors = None
    if credit.bootstrap is not None:
        errors = np.stack([replicated(credit, measure).std(axis=0, ddof=1) for measure in ERRORS])
        errors = np.nan_to_num(errors)
    profile, steps = None, steps_of_credit(credit)
    if journeys is not None:
        profile = profile_of(tally_profile(journeys))
        if steps is None and journeys.settings.get("nulls") is not False:
            steps = steps_of(tally_transitions(journeys))
    return Baseline(
        name=name,
        models=credit.models,
        by=credit.by,
        keys=credit.keys,
        amounts=np.stack([credit.conversions, credit.value]),
        totals=totals,
        settings=settings_of(credit.settings, credit.by),
        errors=errors,
        cost=credit.cost,
        window=credit.window,
        log=profile,
        transitions=steps,
    )


def settings_hash(settings: Mapping[str, Any]) -> str:
    """Return the hash of settings: 16 hexadecimal digits of SHA-256 over their sorted JSON."""
    text = json.dumps(settings, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(new: Baseline, old: Baseline) -> dict[str, tuple[object, object]]:
    """Return the settings that differ, by name: those of the baseline and those of the result."""
    found: dict[str, tuple[object, object]] = {}
    names = sorted({*old.settings, *new.settings} - set(_UNCOMPARED))
    for name in [*names, "by", "has_value", "library"]:
        before, after = old.settings.get(name), new.settings.get(name)
        if before != after:
            found[name] = (before, after)
    before_models, after_models = old.settings.get("models", {}), new.settings.get("models", {})
    for label in sorted(set(before_models) & set(after_models)):
        if before_models[label] != after_models[label]:
            found[f"models.{label}"] = (before_models[label], after_models[label])
    return found


def refuse_others(new: Baseline, old: Baseline, despite: object) -> dict[str, tuple[object, object]]:
    """Refuse to compare results of different settings; return the differences that are put up with."""
    put_up_with = name_list(despite, "despite", error=BaselineError)
    found = differences(new, old)
    models = {f"models.{label}" for side in (new, old) for label in side.settings.get("models", {})}
    known = {"settings", "models", "by", "library", "has_value", *models, *old.settings, *new.settings}
    for name in put_up_with:
        if name not in known:
            raise BaselineError(unknown_name("setting", name, sorted(known)), column="despite")
    if new.by != old.by:
        msg = f"the result is broken down by {_said(new.by)}, {old.name} by {_said(old.by)}"
        raise BaselineError(
            msg,
            column="by",
            hint=f"at.save_baseline(credit, {old.name!r}) makes another, or credit with the same by=",
        )
    left = {
        name: sides
        for name, sides in found.items()
        if not {name, name.partition(".")[0], "settings"} & set(put_up_with)
    }
    if left:
        said = "; ".join(f"{name} was {before!r} and is {after!r}" for name, (before, after) in left.items())
        msg = f"{old.name} is of other settings than the result: {said}"
        raise BaselineError(
            msg,
            column=next(iter(left)),
            why="numbers of other settings differ, whatever the data",
            hint=f"despite={(next(iter(left)),)!r} compares all the same; "
            f"at.save_baseline(credit, {old.name!r}) takes the result as the new baseline",
        )
    return found


def renamed(baseline: Baseline, name: str) -> Baseline:
    """Return the baseline under another name."""
    return replace(baseline, name=name)


def _said(names: Iterable[str]) -> str:
    return " and ".join(names)
