"""Rule models: what every rule shares, and those that need no roles."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attribution._checks import duration_us, name_list, one_of
from attribution._migration import tells_options
from attribution._typing import Floats
from attribution.errors import ModelError, unknown_name
from attribution.eventlog.direct import is_direct
from attribution.journeys.claimed import ClaimedTouches, claimed_touches
from attribution.journeys.journeys import Journeys
from attribution.journeys.transform import keep
from attribution.kernels.ragged import segment_sums
from attribution.language.sentence import Sentence
from attribution.models.cells import CellTally, cells_of
from attribution.models.model import Model, solve_cells, tally_touch_weights

if TYPE_CHECKING:
    import datetime as dt

    from attribution.credit.credit import Credit


class Rule(Model[CellTally]):
    """A model that gives each touch a fixed share of its conversion.

    A subclass defines `weights`; tally, merge and solve are the same for all.
    """

    @abstractmethod
    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return each touch's share of its conversion, shape (M,); a journey's shares sum to 1."""

    def tally(self, journeys: Journeys, by: Sequence[str] = ("channel",)) -> CellTally:
        """Sum the credited conversions and value of every cell.

        Parameters
        ----------
        journeys
            Disjoint sets of users may be tallied apart and merged with ``+``.
        by
            Dimensions of the breakdown; ``"channel"`` is always among them.
        """
        self.check(journeys)
        weights = self.weights(claimed_touches(journeys))
        return tally_touch_weights(journeys, cells_of(journeys, by), weights)

    def solve_many(self, tally: CellTally, sums: Floats) -> tuple[Floats, Floats]:
        """Return the cells of each set of sums: a rule has nothing to solve."""
        _, order = tally.keys()
        return sums[:, order, 0], sums[:, order, 1]

    def solve(self, tally: CellTally) -> Credit:
        """Return the Credit that the tally holds."""
        return solve_cells(self.name, tally, {"models": {self.name: repr(self)}})


@tells_options(ModelError)
@dataclass(frozen=True)
class FirstTouch(Rule):
    """All credit to the touch that opened the journey.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b > c"], "conversions": [1]})
    >>> at.attribute(journeys, at.FirstTouch()).to_frame()["conversions"].tolist()
    [1.0, 0.0, 0.0]
    """

    name: ClassVar[str] = "first_touch"

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return 1 for the first touch, else 0; shape (M,)."""
        return claimed.is_first.astype(np.float64)


@tells_options(ModelError)
@dataclass(frozen=True)
class LastTouch(Rule):
    """All credit to the touch that closed the journey: one rule, and usually a misleading one.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b > c"], "conversions": [1]})
    >>> at.attribute(journeys, at.LastTouch()).to_frame()["conversions"].tolist()
    [0.0, 0.0, 1.0]
    """

    name: ClassVar[str] = "last_touch"

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return 1 for the last touch, else 0; shape (M,)."""
        return claimed.is_last.astype(np.float64)


@tells_options(ModelError)
@dataclass(frozen=True)
class LastNonDirect(Rule):
    """All credit to the last touch that is not direct traffic; to the last touch where all are direct.

    Parameters
    ----------
    direct
        The channel or channels that count as direct. By default every channel that is called so
        (`is_direct`: ``direct``, ``(direct) / (none)``, ``Direct Entry``, ``direct_traffic`` and the like),
        whatever its case and punctuation; if the log has none, this is `LastTouch`, and the credit's notes
        say so.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b > Direct"], "conversions": [1]})
    >>> at.attribute(journeys, at.LastNonDirect()).to_frame()["conversions"].tolist()
    [0.0, 0.0, 1.0]
    >>> journeys.channels
    ('Direct', 'a', 'b')
    """

    name: ClassVar[str] = "last_non_direct"
    direct: str | tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Validate, and make lists hashable."""
        if self.direct is not None and not isinstance(self.direct, str):
            object.__setattr__(self, "direct", name_list(self.direct, "direct", error=ModelError))

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if a channel named as direct is not in the journeys."""
        for name in self._asked():
            if name not in journeys.channels:
                raise ModelError(unknown_name("channel", name, journeys.channels), column="direct")

    def solve(self, tally: CellTally) -> Credit:
        """Return the Credit that the tally holds, with a note where there is no direct traffic."""
        credit = super().solve(tally)
        if self.direct is not None or any(map(is_direct, tally.labels[tally.by.index("channel")])):
            return credit
        return credit.with_notes(Sentence("last_non_direct.no_direct"))

    def _asked(self) -> tuple[str, ...]:
        if self.direct is None:
            return ()
        return (self.direct,) if isinstance(self.direct, str) else self.direct

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return 1 for the last touch that is not direct, else 0; shape (M,)."""
        channels = claimed.journeys.channels
        if self.direct is None:
            passed_over = np.array([is_direct(name) for name in channels], bool)
        else:
            passed_over = np.array([name in self._asked() for name in channels], bool)
        weights = np.zeros(len(claimed.index))
        if not len(weights):
            return weights
        touch = np.arange(len(weights))
        touch[passed_over[claimed.channel]] = -1
        chosen = np.maximum.reduceat(touch, claimed.offsets[:-1])
        weights[np.where(chosen >= 0, chosen, claimed.offsets[1:] - 1)] = 1.0
        return weights


@tells_options(ModelError)
@dataclass(frozen=True)
class Linear(Rule):
    """Equal credit to every touch, or to every distinct channel.

    Parameters
    ----------
    per
        ``"touch"``: a channel touched twice gets two shares. ``"channel"``: every distinct channel of
        the journey gets one share, which its touches split equally.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > a > b"], "conversions": [6]})
    >>> at.attribute(journeys, at.Linear()).to_frame()["conversions"].tolist()
    [4.0, 2.0]
    >>> at.attribute(journeys, at.Linear(per="channel")).to_frame()["conversions"].tolist()
    [3.0, 3.0]
    """

    name: ClassVar[str] = "linear"
    per: str = "touch"

    def __post_init__(self) -> None:
        """Validate."""
        one_of(self.per, "per", ["touch", "channel"], error=ModelError)

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return equal shares, shape (M,)."""
        if self.per == "touch":
            return 1.0 / claimed.length
        pair = claimed.journey * len(claimed.journeys.channels) + claimed.channel
        _, example, number, repeats = np.unique(
            pair, return_index=True, return_inverse=True, return_counts=True
        )
        channels = np.bincount(claimed.journey[example], minlength=len(claimed.which))
        shares: Floats = 1.0 / (channels[claimed.journey] * repeats[number.reshape(-1)])
        return shares


@tells_options(ModelError)
@dataclass(frozen=True)
class TimeDecay(Rule):
    """More credit to touches nearer the conversion: weight ``2 ** (-(T - t) / half_life)``.

    Normalised within each journey and continuous in time (Adobe and Google use the same formula with
    a half-life of 7 days).

    Parameters
    ----------
    half_life
        The time after which a touch is worth half: a string with a unit, or a timedelta.

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"user_id": [1, 1], "time": ["2026-01-01", "2026-01-08"], "channel": ["a", "b"]}
    >>> conversions = {"user_id": [1], "time": ["2026-01-08"]}
    >>> journeys = at.build_journeys(at.read_log(touches, conversions))
    >>> at.attribute(journeys, at.TimeDecay("7D")).to_frame()["conversions"].round(4).tolist()
    [0.3333, 0.6667]
    """

    name: ClassVar[str] = "time_decay"
    half_life: str | dt.timedelta = "7D"

    def __post_init__(self) -> None:
        """Validate."""
        duration_us(self.half_life, "half_life", error=ModelError)

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if the journeys have no times."""
        if journeys.time is None:
            msg = "time_decay needs the times of touches, and these journeys came from a path table"
            raise ModelError(msg, hint="use a rule by position, such as at.Linear() or at.UShaped()")

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return shares that halve every half-life before the conversion, shape (M,)."""
        time = claimed.journeys.time
        assert time is not None
        touched = time[claimed.index]
        # Relative to the journey's last touch: the same shares, and old journeys do not underflow to 0/0.
        latest = touched[claimed.offsets[1:] - 1][claimed.journey]
        weights = np.exp2((touched - latest) / duration_us(self.half_life, "half_life"))
        return weights / segment_sums(weights, claimed.offsets)[claimed.journey]


@tells_options(ModelError)
@dataclass(frozen=True)
class CustomRule(Rule):
    """A rule of your own: a weight for each touch, normalised within each journey.

    A journey in which every weight is 0 is left unattributed: its conversions stand in the unattributed line.

    Parameters
    ----------
    weight
        Either a function that takes `ClaimedTouches` (arrays ``position``, ``length``, ``channel``,
        ``days_before``, ``is_first``, ``is_last``, each of shape (M,)) and returns M weights, or a
        mapping of channel to weight in which channels left out weigh 1.

    Raises
    ------
    ModelError
        If a weight is negative, infinite or missing, or a channel of the mapping is not in the journeys.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["a > b"], "conversions": [4]})
    >>> at.attribute(journeys, at.CustomRule({"a": 3.0})).to_frame()["conversions"].tolist()
    [3.0, 1.0]
    >>> later_is_better = at.CustomRule(lambda touches: touches.position + 1.0)
    >>> at.attribute(journeys, later_is_better).to_frame()["conversions"].round(3).tolist()
    [1.333, 2.667]
    """

    name: ClassVar[str] = "custom_rule"
    weight: Callable[[ClaimedTouches], Any] | Mapping[str, float]

    def __post_init__(self) -> None:
        """Validate."""
        if not callable(self.weight) and not isinstance(self.weight, Mapping):
            msg = f"weight={self.weight!r} is neither a function nor a mapping of channel to weight"
            raise ModelError(msg, hint='at.CustomRule({"email": 2.0})')
        if isinstance(self.weight, Mapping):
            for channel, weight in self.weight.items():
                if not isinstance(weight, int | float) or not 0 <= weight < math.inf:
                    msg = f"the weight of {channel!r} is {weight!r}; weights are 0 or more"
                    raise ModelError(msg, column="weight")
            object.__setattr__(self, "weight", dict(self.weight))

    def __hash__(self) -> int:
        """Hash mappings by content."""
        if isinstance(self.weight, Mapping):
            return hash((self.name, tuple(sorted(self.weight.items()))))
        return hash((self.name, self.weight))

    def check(self, journeys: Journeys) -> None:
        """Raise ModelError if a channel of the mapping is not in the journeys."""
        if isinstance(self.weight, Mapping):
            for channel in self.weight:
                if channel not in journeys.channels:
                    raise ModelError(unknown_name("channel", channel, journeys.channels), column="weight")

    def tally(self, journeys: Journeys, by: Sequence[str] = ("channel",)) -> CellTally:
        """Sum credit per cell; journeys whose weights are all 0 are unattributed.

        Parameters
        ----------
        journeys
            Disjoint sets of users may be tallied apart and merged with ``+``.
        by
            Dimensions of the breakdown; ``"channel"`` is always among them.
        """
        self.check(journeys)
        claimed = claimed_touches(journeys)
        weights = self.weights(claimed)
        held = segment_sums(weights, claimed.offsets)[claimed.journey] > 0
        if not held.all():
            kept = np.ones(len(journeys.channel), np.bool_)
            kept[claimed.index[~held]] = False
            journeys, weights = keep(journeys, kept), weights[held]
        return tally_touch_weights(journeys, cells_of(journeys, by), weights)

    def weights(self, claimed: ClaimedTouches) -> Floats:
        """Return the normalised weights, shape (M,); all 0 in a journey that is left unattributed."""
        if isinstance(self.weight, Mapping):
            of_channel = [float(self.weight.get(name, 1.0)) for name in claimed.journeys.channels]
            raw = np.array(of_channel, np.float64)[claimed.channel]
        else:
            raw = _numbers(self.weight(claimed))
        if raw.shape != claimed.index.shape:
            msg = f"the function returned weights of shape {raw.shape}, not {claimed.index.shape}"
            raise ModelError(msg, hint="return one weight a touch, such as touches.position + 1.0")
        wrong = np.flatnonzero(~np.isfinite(raw) | (raw < 0))
        if len(wrong):
            msg = f"{len(wrong):,} weights are negative, infinite or missing; the first is {raw[wrong[0]]}"
            raise ModelError(msg, rows=[int(row) for row in wrong[:5]], count=len(wrong))
        with np.errstate(over="ignore"):
            sums = segment_sums(raw, claimed.offsets)
        if not np.isfinite(sums).all():
            msg = f"weights up to {raw.max():g} add up to more than a float can hold"
            raise ModelError(msg, hint="scale them down: only their proportions count")
        whole = sums[claimed.journey]
        return np.divide(raw, whole, out=np.zeros(len(raw)), where=whole > 0)


def _numbers(weights: object) -> Floats:
    """Return what a user's function returned as numbers."""
    array = np.asarray(weights)
    if array.dtype.kind not in "biuf":
        msg = f"the function returned {array.dtype}, which are no numbers"
        raise ModelError(msg, hint="return one weight a touch, such as touches.position + 1.0")
    return array.astype(np.float64)
