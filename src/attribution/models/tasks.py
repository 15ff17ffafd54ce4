"""What an engine maps over journeys: values that other processes can get, told apart by their repr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attribution.credit.credit import Credit
from attribution.journeys.journeys import Journeys
from attribution.models.activity import ActivityTally, tally_activity
from attribution.models.buckets import tally_buckets
from attribution.models.channel_sets import SetTally
from attribution.models.model import Model
from attribution.models.traits import tally_traits


@dataclass(frozen=True)
class TallyTask:
    """Tally a model.

    Attributes
    ----------
    model
        The model.
    by
        The dimensions of the breakdown.
    buckets
        Buckets of users to tally apart for a bootstrap, or None.
    """

    model: Model[Any]
    by: tuple[str, ...]
    buckets: int | None = None

    def __call__(self, journeys: Journeys) -> Any:
        """Return the model's tally of the journeys, in buckets if there are any."""
        if self.buckets is None:
            return self._one(journeys)
        return tally_buckets(journeys, self._one, self.buckets)

    def _one(self, journeys: Journeys) -> Any:
        return self.model.tally(journeys, by=self.by)


@dataclass(frozen=True)
class AllocateTask(TallyTask):
    """Split conversions over their touches by a model that is solved."""

    solved: Credit | None = None

    def _one(self, journeys: Journeys) -> Any:
        assert self.solved is not None
        return self.model.allocate(journeys, self.solved, by=self.by)


@dataclass(frozen=True)
class ActivityTask:
    """Tally what channels did, whatever the model."""

    by: tuple[str, ...]

    def __call__(self, journeys: Journeys) -> ActivityTally:
        """Return the activity of the journeys."""
        return tally_activity(journeys, by=self.by)


@dataclass(frozen=True)
class TraitTask:
    """Count journeys by the channels that they touch, their last one and their number of touches.

    Attributes
    ----------
    buckets
        Groups of users to count apart, where users are known.
    """

    buckets: int

    def __call__(self, journeys: Journeys) -> SetTally:
        """Return the counts."""
        return tally_traits(journeys, self.buckets)
