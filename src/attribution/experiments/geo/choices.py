"""How a plan chooses the treated geos: matched pairs, strata, or a search."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, ClassVar, NoReturn, TypedDict

import numpy as np

from attribution._checks import one_of, whole
from attribution._migration import tells_options
from attribution._options import refuse_beside, within
from attribution._typing import Floats, Ints
from attribution.errors import ExperimentError, unknown_name
from attribution.experiments.geo.designs import Blocks, blocks_of, groups_by_size, pair_up, strata_by_size
from attribution.experiments.geo.geo_labels import geo_names
from attribution.experiments.geo.history_windows import FEWEST_WINDOWS

FEWEST_BLOCKS = 2


class ChoiceKeywords(TypedDict, total=False):
    """The fields of the choices, as keywords of `plan_geo`."""

    n_treated: int | None
    exclude: Any
    windows: int
    cells: Any
    include: Any
    candidates: int


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How treated geos are chosen, and on how many windows of the history that is tried out."""

    name: ClassVar[str]
    n_treated: int | None = None
    exclude: Any = ()
    windows: int = 50

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        for name in ("exclude", "include"):
            if hasattr(self, name):
                object.__setattr__(self, name, geo_names(getattr(self, name), name))
        if self.n_treated is not None:
            whole(self.n_treated, "n_treated", error=ExperimentError)
        whole(self.windows, "windows", least=FEWEST_WINDOWS, error=ExperimentError)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the cells."""
        return ("treatment",)


@dataclass(frozen=True, kw_only=True)
class Drawn(Choice):
    """Chance decides within blocks of geos."""

    cells: Any = 1

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        super().__post_init__()
        _ = self.names  # or it refuses

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the cells."""
        if isinstance(self.cells, Iterable) and not isinstance(self.cells, str):
            given = () if isinstance(self.cells, Mapping | bytes) else geo_names(self.cells, "cells")
            names = tuple(map(str, given))
            if not names or len(set(names)) < len(names) or "holdout" in names:
                msg = f"cells={self.cells!r} are not distinct names"
                hint = 'cells=("search", "video"); the control geos are the "holdout"'
                raise ExperimentError(msg, column="cells", hint=hint)
            return names
        count = whole(self.cells, "cells", error=ExperimentError)
        return ("treatment",) if count == 1 else tuple(f"cell {number}" for number in range(1, count + 1))

    def blocks(self, past: Floats, rows: Ints, kind: str, n_test: int) -> Blocks:
        """Return blocks of geos by the time before a test.

        Parameters
        ----------
        past
            Outcomes before the test, shape (n, T).
        rows
            Geos that may be treated.
        kind
            Of the test.
        n_test
            Periods whose outcome counts.

        Raises
        ------
        ExperimentError
            If there are too few geos.
        """
        cells = len(self.names)
        least = FEWEST_BLOCKS * (cells + 1)
        if len(rows) < least:
            msg = f"{len(rows)} geos are too few: {cells} treated and a control geo, at least twice, "
            msg += f"take {least}"
            hint = (
                "smaller regions (cities rather than states); or choose='search', which treats as few as one"
            )
            raise ExperimentError(msg, column="geo", hint=hint)
        return self._blocks(past, rows, kind, n_test)

    @abstractmethod
    def _blocks(self, past: Floats, rows: Ints, kind: str, n_test: int) -> Blocks:
        """Return the blocks of geos enough."""


@tells_options(ExperimentError)
@dataclass(frozen=True, kw_only=True)
class MatchedPairs(Drawn):
    """Geos alike in pairs (groups, where there are several cells), one of each drawn at random.

    Attributes
    ----------
    n_treated
        Treated geos, in each cell; half of them by default.
    exclude
        Geos to leave out altogether.
    windows
        Windows of the history to try the test out on.
    cells
        How many treatments, or their names: each is compared with the control geos, at ``alpha / cells``, the
        first step of Holm's procedure.

    Raises
    ------
    ExperimentError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.MatchedPairs(cells=("search", "video")).names
    ('search', 'video')
    """

    name: ClassVar[str] = "pairs"

    def _blocks(self, past: Floats, rows: Ints, kind: str, n_test: int) -> Blocks:  # noqa: ARG002
        group, size, wanted = len(self.names) + 1, past.mean(axis=1), self.n_treated
        most = len(rows) // group
        if wanted is not None and not FEWEST_BLOCKS <= wanted <= most:
            _refuse_count(wanted, FEWEST_BLOCKS, most, len(rows))
        if group == 2:
            groups, how = pair_up(past, rows, max(n_test // 4, 1))
        else:
            groups, how = groups_by_size(size, rows, group), f"{group} neighbours by size each"
        # Pairs of like size come first where not all are needed.
        groups.sort(key=lambda each: float(np.ptp(np.log(np.maximum(size[each], 1e-300)))))
        groups = groups[:wanted]
        return blocks_of(groups, len(past), np.ones(len(groups), np.int64), group - 1, how)


@tells_options(ExperimentError)
@dataclass(frozen=True, kw_only=True)
class Stratified(Drawn):
    """Blocks of geos of like size, in each some drawn at random.

    Attributes
    ----------
    n_treated
        Treated geos, in each cell; a quarter by default (three quarters of a ``"holdback"``).
    exclude, windows, cells
        As in `MatchedPairs`.

    Raises
    ------
    ExperimentError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.Stratified(n_treated=6).n_treated
    6
    """

    name: ClassVar[str] = "strata"

    def _blocks(self, past: Floats, rows: Ints, kind: str, n_test: int) -> Blocks:  # noqa: ARG002
        cells, wanted = len(self.names), self.n_treated
        if wanted is None:
            quarter = max(len(rows) // 4, FEWEST_BLOCKS)
            most = len(rows) // (cells + 1)
            wanted = most if cells > 1 else len(rows) - quarter if kind == "holdback" else quarter
        if cells * wanted > len(rows) - FEWEST_BLOCKS or wanted < FEWEST_BLOCKS:
            _refuse_count(wanted, FEWEST_BLOCKS, (len(rows) - FEWEST_BLOCKS) // cells, len(rows))
        return strata_by_size(past.mean(axis=1), rows, wanted, cells)


@tells_options(ExperimentError)
@dataclass(frozen=True, kw_only=True)
class GeoSearch(Choice):
    """The set of geos that the others predict best, among random and greedy candidates.

    Nothing is random then, so that the analysis rests on the fit alone.

    Attributes
    ----------
    n_treated
        Treated geos; by default a fifth of them, at least two (three quarters of a ``"holdback"``).
    exclude
        Geos that must not be treated; they stay control geos.
    windows
        Windows of the history to try the test out on: the older half chooses, the newer judges.
    include
        Geos that must be treated.
    candidates
        Random sets of geos to compare.

    Raises
    ------
    ExperimentError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.GeoSearch(n_treated=4, candidates=200).candidates
    200
    """

    name: ClassVar[str] = "search"
    include: Any = ()
    candidates: int = 1000

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        super().__post_init__()
        whole(self.candidates, "candidates", error=ExperimentError)


CHOICES: Mapping[str, type[Choice]] = {kind.name: kind for kind in (MatchedPairs, Stratified, GeoSearch)}


def choice_of(choose: Any, keywords: dict[str, Any]) -> Choice:
    """Return the choice that is meant, and take its options out of `keywords`.

    Parameters
    ----------
    choose
        A value; or its name, or a mapping with its name, with options beside it.
    keywords
        What a function was given by name; None is as if it were left out.

    Raises
    ------
    ExperimentError
        If the name or an option is unknown.

    Examples
    --------
    >>> choice_of("search", {"candidates": 200}) == GeoSearch(candidates=200)
    True
    """
    own = {name: keywords.pop(name) for name in ChoiceKeywords.__annotations__ if name in keywords}
    own = {name: value for name, value in own.items() if value is not None}
    if isinstance(choose, type) and issubclass(choose, Choice) and choose in CHOICES.values():
        choose = choose.name
    if isinstance(choose, Choice):
        if own:
            refuse_beside("choose", choose, own, ExperimentError)
        return choose
    given: dict[str, Any] = dict(choose) if isinstance(choose, Mapping) else {"name": choose}
    name = given.pop("name", None)
    if name is None and isinstance(choose, Mapping):
        _refuse_nameless(choose)
    kind = CHOICES[one_of(name, "choose", CHOICES, error=ExperimentError)]
    known = [entry.name for entry in fields(kind)]
    options = given | own
    for option, value in options.items():
        if option not in known:
            _refuse_option(option, value, kind, known)
    twice = [option for option in own if option in given]
    if twice:
        refuse_beside("choose", kind(**given), {option: own[option] for option in twice}, ExperimentError)
    try:
        return kind(**options)
    except ExperimentError as error:
        if error.column in given:
            error.say_fix(partial(within, "choose", kind, given))
        raise


def _refuse_nameless(choose: Mapping[str, Any]) -> NoReturn:
    """Refuse options of a choice without its name."""
    msg = f"choose={dict(choose)!r} names no way to choose: {', '.join(map(repr, CHOICES))}"
    options = {name: value for name, value in choose.items() if name != "name"}
    takes = [kind for kind in CHOICES.values() if set(options) <= {entry.name for entry in fields(kind)}]
    hint = f"choose={ {'name': takes[0].name} | options!r}" if takes else None
    raise ExperimentError(msg, column="choose", hint=hint)


def _refuse_option(option: str, value: Any, kind: type[Choice], known: list[str]) -> None:
    if option not in ChoiceKeywords.__annotations__:
        raise ExperimentError(unknown_name(f"option of {kind.name}", option, known), column="choose")
    if option == "cells":
        msg = "a search finds one set of geos, and there are several cells"
        hint = "choose='pairs', groups of one geo for each cell"
        raise ExperimentError(msg, column="cells", hint=hint)
    msg = f"{option}={value!r} has no effect with choose={kind.name!r}, which lets chance decide"
    why = "a geo that is treated for sure cannot be compared as if chance had treated it"
    hint = f"choose='search', or {option}=None"
    raise ExperimentError(msg, column=option, why=why if option == "include" else None, hint=hint)


def _refuse_count(wanted: int, least: int, most: int, there: int) -> None:
    msg = f"n_treated={wanted} of {there} geos cannot be drawn and compared"
    hint = f"n_treated from {least} to {most}"
    raise ExperimentError(msg, column="n_treated", hint=hint)
