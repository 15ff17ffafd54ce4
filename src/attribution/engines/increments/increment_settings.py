"""What saved tallies depend on, as text by name: so that tallies of other settings are refused by name."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from attribution._checks import LONGEST
from attribution.engines.shared.engine import Tasks
from attribution.engines.shared.session import BESIDE
from attribution.errors import EngineError, ModelError
from attribution.journeys.customers import CUSTOMER
from attribution.journeys.options import JourneyOptions
from attribution.models.tasks import ActivityTask, AllocateTask, TallyTask

if TYPE_CHECKING:
    from attribution.eventlog.eventlog import EventLog

_ROLES = (
    "user",
    "time",
    "users",
    "time_unit",
    "channel",
    "sequence",
    "conversion",
    "conversion_is_touch",
    "value",
    "goal",
    "dims",
    "conversion_dims",
    "missing_value",
)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def settings_of(log: EventLog, settings: JourneyOptions, tasks: Tasks, period: str) -> dict[str, str]:
    """Return everything that the tallies of a settled period depend on, beside the rows.

    Raises
    ------
    EngineError
        If a task cannot be recognised by a later run.
    """
    goal = settings.goal
    texts = {field.name: str(getattr(settings, field.name)) for field in fields(settings)}
    # Of rates by day the text has only their names: a settled day has its own.
    texts["non-converting journeys"] = texts.pop("nulls")
    texts["credited period"] = texts.pop("period")
    texts |= {
        "lookback": _shown(settings.lookback_us),
        "session_gap": _shown(settings.session_gap_us),
        "goal": "all" if goal is None else ", ".join([goal] if isinstance(goal, str) else sorted(goal)),
    }
    found = {
        "period": period,
        **texts,
        "invalid": log.invalid,
        "tables": "one" if log.conversions is None else "two",
    }
    tables = (("touches", log.touch_table), ("conversions", log.conversion_table))
    found |= {f"{name}.{role}": repr(getattr(table, role)) for name, table in tables for role in _ROLES}
    if log.grouping is not None:
        grouping = log.grouping
        found["channels.columns"] = repr(dict(grouping.columns))
        found["channels.unmatched"] = grouping.otherwise
        found["channels.own_domains"] = repr(grouping.own_domains)
        found["channels.split_raw"] = str(grouping.split_raw)
        found |= {f"channels.rules[{place}]": repr(rule) for place, rule in enumerate(grouping.rules)}
    if log.identity is not None:
        found["identity"] = log.identity.digest
    for name, task in tasks.items():
        if isinstance(task, ActivityTask) and not name.startswith(BESIDE):
            found["by"] = ", ".join(task.by)
        elif isinstance(task, TallyTask):
            found[f"model {name!r}"] = repr(task.model)
            found["buckets of the bootstrap"] = str(task.buckets)
        else:
            found[f"task {name.removeprefix(BESIDE)!r}"] = repr(task)
    for name, text in found.items():
        if _ADDRESS.search(text):
            if name.startswith("task "):
                msg = f"increments keep tallies of models, and {name[5:]} are none"
                raise EngineError(msg, column="engine", hint='engine="stream" reads the whole log')
            msg = f"{name} is {text}, which another run cannot recognise"
            why = "the tallies of one function would be added to those of another"
            raise EngineError(msg, why=why, hint='engine="stream" for models that are made of functions')
    return found


def refuse_second_pass(tasks: Tasks) -> None:
    """Refuse models whose breakdown needs to see all journeys again.

    Raises
    ------
    ModelError
        If there is one.
    """
    for name, task in tasks.items():
        if not isinstance(task, TallyTask):
            continue
        if isinstance(task, AllocateTask) or task.model.needs_allocation(task.by):
            why = "increments keep tallies of old journeys, not the journeys"
            if tuple(task.by) == ("channel",):
                msg = f"{name!r}, {task.model!r}, reads all journeys again once it is solved"
                hint = 'a model that does not, such as at.Markov(allocation="channel"), or engine="stream"'
                raise ModelError(msg, column="models", why=why, hint=hint)
            msg = f"{name!r} by {', '.join(task.by)} reads all journeys again once it is solved"
            hint = 'by="channel" for this model, or engine="stream"'
            raise ModelError(msg, column="by", why=why, hint=hint)


def asks_who_returns(log: EventLog, tasks: Tasks) -> bool:
    """Return whether a task needs to know who converted before, also of what is settled."""
    tables = (log.touch_table, log.conversion_table)
    named = any(CUSTOMER in dict((*table.dims, *table.conversion_dims)) for table in tables)
    return not named and any(CUSTOMER in getattr(task, "by", ()) for task in tasks.values())


def refuse_others(folder: Path, saved: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Refuse tallies that were saved with other settings.

    Raises
    ------
    EngineError
        Naming the first setting that differs, its old value and its new one; models first, for whether
        journeys that did not convert are built follows from them.
    """
    for name in sorted(dict.fromkeys([*wanted, *saved]), key=lambda name: not name.startswith("model ")):
        old, new = saved.get(name), wanted.get(name)
        if old == new:
            continue
        place = f"the tallies in {str(folder)!r}"
        if new is None:
            msg = f"{place} were saved with {name} = {old}, which this run lacks"
        elif old is None:
            msg = f"{place} were saved without {name} = {new}"
        else:
            msg = f"{place} were saved with {name} = {old}; this run has {new}"
        why = "sums of numbers that mean different things mean nothing"
        hint = (
            f"engine=at.Increments({f'{folder}-2'!r}) for these settings, or rm -r {shlex.quote(str(folder))}"
        )
        raise EngineError(msg, column=name, why=why, hint=hint)


def _shown(microseconds: int | None) -> str:
    if microseconds is None:
        return "none"
    return "unlimited" if microseconds == LONGEST else str(dt.timedelta(microseconds=microseconds))
