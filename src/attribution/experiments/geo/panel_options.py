"""`PanelOptions`: how a panel is read, and which of its geos and times count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from attribution._checks import one_of, single_name, whole
from attribution._migration import tells_options
from attribution.errors import ExperimentError
from attribution.experiments.geo.geo_labels import geo_names
from attribution.experiments.geo.panel_times import check_time, listed_times

if TYPE_CHECKING:
    from attribution.experiments.geo.geo_plan import GeoPlan


class PanelKeywords(TypedDict, total=False):
    """The fields of `PanelOptions`, as keywords of the functions that take one."""

    geo: str
    time: str
    since: Any
    cooldown: int
    holidays: Any
    buffer: Any
    missing: Literal["refuse", "zero", "drop"]


@tells_options(ExperimentError)
@dataclass(frozen=True, eq=False)
class PanelOptions:
    """How a panel of geos is read, and which of its geos and times count.

    `plan_geo` and `analyze_geo` take it whole, ``options=at.PanelOptions(geo="dma")``, or its fields as
    keywords, ``geo="dma"``.

    Attributes
    ----------
    geo, time
        Columns: name of the geo; day (or week, month, or a whole number).
    since
        First time to use; all by default.
    cooldown
        Periods after the treatment whose outcome counts still, as advertising works on for a while. Effects
        are averages over all that counts.
    holidays
        Times to leave out everywhere.
    buffer
        Geos to leave out, such as neighbours of treated ones.
    missing
        A geo without a row at some time is refused; or ``"zero"``: no row is no outcome; or ``"drop"``: such
        geos are left out.

    Raises
    ------
    ExperimentError
        If an option makes no sense.

    Examples
    --------
    >>> import attribution as at
    >>> at.PanelOptions(geo="dma", time="week", cooldown=2).cooldown
    2
    """

    geo: str = "geo"
    time: str = "date"
    since: Any = None
    cooldown: int = 0
    holidays: Any = ()
    buffer: Any = ()
    missing: Literal["refuse", "zero", "drop"] = "refuse"

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        single_name(self.geo, "geo", error=ExperimentError, hint='geo="geo"')
        single_name(self.time, "time", error=ExperimentError, hint='time="date"')
        if self.since is not None:
            check_time(self.since, "since")
        object.__setattr__(self, "holidays", listed_times(self.holidays, "holidays"))
        whole(self.cooldown, "cooldown", least=0, error=ExperimentError)
        one_of(self.missing, "missing", ("refuse", "zero", "drop"), error=ExperimentError)
        object.__setattr__(self, "buffer", geo_names(self.buffer, "buffer"))

    def of_plan(self, plan: GeoPlan) -> PanelOptions:
        """Return the options with what the plan says of cooldown, holidays and buffer, unless given.

        Parameters
        ----------
        plan
            The plan of the test that is analysed.
        """
        return replace(
            self,
            cooldown=self.cooldown or plan.cooldown,
            holidays=plan.holidays if len(self.holidays) == 0 else self.holidays,
            buffer=(*plan.buffer, *self.buffer),
        )
