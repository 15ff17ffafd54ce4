"""EventLog: a touch log and its conversions, known by their metadata and read when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution._display import Display
from attribution._migration import tells_options
from attribution.diagnostics import CheckResults
from attribution.errors import LESS_MEMORY, LogError, enough_memory
from attribution.eventlog.channels import ChannelRule
from attribution.eventlog.column_types import check_labels
from attribution.eventlog.grouping import ChannelGrouping, make_grouping
from attribution.eventlog.left_out import LeftOut
from attribution.eventlog.load import Loader
from attribution.eventlog.schema import LogSchema
from attribution.tables.columns import LogColumns
from attribution.tables.faults import DROP_LIMIT
from attribution.tables.sources import Source
from attribution.tables.tables import TableColumns

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from attribution.eventlog.identity.identity import Identity


@tells_options(LogError)
@dataclass(frozen=True, repr=False, eq=False)
class EventLog(Display):
    """A log of touches and conversions. Made by `read_log`; reads no rows until it is asked to.

    Attributes
    ----------
    touches
        Where the touches come from; in a log in one table, the conversions too.
    conversions
        Where the conversions come from, or None for a log in one table.
    schema
        The schema as given.
    touch_table, conversion_table
        The resolved columns of each table; one and the same for a log in one table.
    grouping
        How raw labels become channels, or None.
    invalid
        ``"raise"`` or ``"drop"``: what becomes of rows that cannot be used.
    hash_bits
        64 or 128: how much of a hash tells users apart.
    drop_limit
        The share of a table's rows that ``"drop"`` may leave out.
    left_out
        Of a log that `read_export` read: what of the export is not in it; else None.
    identity
        Of a log that `stitch` made: who is one person, and why; else None.
    """

    touches: Source
    conversions: Source | None
    schema: LogSchema
    touch_table: TableColumns
    conversion_table: TableColumns
    grouping: ChannelGrouping | None = None
    invalid: str = "raise"
    hash_bits: int = 64
    drop_limit: float = DROP_LIMIT
    left_out: LeftOut | None = None
    identity: Identity | None = None
    _loaded: dict[bool, LogColumns] = field(default_factory=dict)

    @enough_memory(LESS_MEMORY)
    def load(
        self, *, converters_only: bool = False, progress: bool | None = None, cache: bool = True
    ) -> LogColumns:
        """Read the log into memory.

        Parameters
        ----------
        converters_only
            Leave out touches of users who never converted. A few of them may stay, as users are recognised
            by a part of their hash; `channels`, `start` and `end` are those of the whole log all the same.
        progress
            Whether to show a progress bar; by default in a terminal or notebook, once a second has passed.
        cache
            Keep the result, so that the next call returns it at once.

        Returns
        -------
        LogColumns
            About 18 bytes a touch, and 4 or 8 for each further column; 8 more while it is read if users are
            told apart by 128 bits.

        Raises
        ------
        LogError
            If a file cannot be read, or rows cannot be used and may not be dropped.
        """
        known = self._loaded.get(converters_only, self._loaded.get(False))
        if known is not None:
            return known
        if cache:
            self.keep()
        elif self.conversions is None and self.touches.one_shot:
            converters_only = False
        loaded = self.loader(progress).load(converters_only=converters_only)
        if cache:
            self._loaded[converters_only] = loaded
        return loaded

    def loader(self, progress: bool | None = None) -> Loader:
        """Return how this log is read; what an engine reads it by.

        Parameters
        ----------
        progress
            Whether to show a bar; by default in a terminal or notebook.
        """
        return Loader(
            self.touches,
            self.conversions,
            self.touch_table,
            self.conversion_table,
            self.invalid,
            None if self.grouping is None else self.grouping.rename,
            progress,
            self.hash_bits,
            self.drop_limit,
        )

    @property
    def is_loaded(self) -> bool:
        """Whether the whole log is in memory already."""
        return False in self._loaded

    def keep(self) -> None:
        """See to it that rows can be read more than once: a one-shot stream is kept once it is read."""
        self.touches.keep(self.touch_table.columns)
        if self.conversions is not None:
            self.conversions.keep(self.conversion_table.columns)

    def group_channels(
        self,
        rules: Iterable[ChannelRule | Mapping[str, str] | Sequence[str]] | None = None,
        *,
        source: str | None = None,
        medium: str | None = None,
        campaign: str | None = None,
        unmatched: str = "(other)",
        own_domains: str | Sequence[str] = (),
    ) -> EventLog:
        """Return the log with channels made by rules, tried in order, the first that fits decides.

        Rules are applied to the distinct labels, once each. After `load`, ``log.grouping`` shows what became
        of every label, and ``log.grouping.unmatched`` names those that no rule fitted.

        Parameters
        ----------
        rules
            `ChannelRule` objects, mappings of their fields, or tuples (channel, pattern of the raw channel).
            None takes the default grouping (`default_rules.DEFAULT_RULES`): by source, medium and campaign
            where the log has them, else by the raw channel, also in the form ``"google / cpc"``.
        source, medium, campaign
            Columns of the touches that rules look at. None takes the column with a usual name, in any case
            (``source``, ``utm_source``, ``"Session source"``, and so on), if a rule looks at it;
            ``log.grouping.columns`` and the audit say which.
        unmatched
            The channel of what no rule fits; ``"keep"`` keeps the raw channel.
        own_domains
            The shop's own domains, such as ``"shop.example"``: a referral from one of them, or from a host
            below it, is no touch. Touches of log-in, payment and tag-debugging hosts (default rules) and of
            rules whose channel is ``"(no touch)"`` are none either: the visitor was here before and comes
            back, so the touch that brought them keeps its credit. They are left out, counted in
            `LogColumns.dropped` (``"touches.no_touch"``), and told by the audit.

        Returns
        -------
        EventLog
            A new log; nothing has been read.

        Raises
        ------
        LogError
            If a rule is none, or looks at a column that the log lacks.

        Examples
        --------
        >>> import pyarrow as pa
        >>> from attribution.eventlog.read import read_log
        >>> touches = pa.table({"user_id": [1, 1], "time": ["2026-03-01", "2026-03-02"],
        ...                     "channel": ["google / cpc", "fancy thing"]})
        >>> orders = pa.table({"user_id": [1], "time": ["2026-03-03"]})
        >>> log = read_log(touches, orders).group_channels()
        >>> log.load().channels, log.grouping.unmatched
        (('(other)', 'paid_search'), ('fancy thing',))
        """
        raw = self.touch_table.channel[0]
        given = {"source": source, "medium": medium, "campaign": campaign}
        grouping = make_grouping(rules, raw, given, list(self.touches.columns), unmatched, own_domains)
        check_labels(self.touches, grouping.columns.values())
        table = replace(
            self.touch_table,
            channel=tuple(grouping.columns.values()),
            grouped=grouping.takes_nothing,
            leave_out=grouping if grouping.may_leave_out else None,
        )
        return replace(
            self,
            touch_table=table,
            conversion_table=table if self.conversions is None else self.conversion_table,
            grouping=grouping,
            _loaded={},
        )

    @enough_memory(LESS_MEMORY)
    def audit(
        self,
        *,
        lookback: str | dt.timedelta = "30D",
        now: dt.datetime | str | None = None,
        busy_touches: int | None = None,
        outlier_deviations: float = 6.0,
        most_without_touch: float = 0.5,
    ) -> CheckResults:
        """Check the log for what would make the numbers wrong. Dirt is reported, never raised.

        The checks, by name: ``null_keys``, ``unreadable_entries``, ``mixed_clocks``,
        ``times_out_of_range`` (before 2000, or beyond what 64 bits hold), ``times_in_future``,
        ``missing_days``, ``log_stops``, ``exact_duplicates``, ``ties``, ``sequence_order``,
        ``channel_spelling`` and ``label_spelling`` (of the other dimensions; case and punctuation
        apart), ``blank_channels``, ``busy_users``, ``guest_ids``, ``channels_unmatched`` (with a channel
        grouping), ``conversion_rate``, ``conversions_without_touch``,
        ``conversions_before_first_touch``, ``duplicate_orders``, ``values_missing``,
        ``values_negative``, ``value_currencies``, ``value_outliers``; and of an export (`read_export`)
        ``left_out``; and of a log that `stitch` made those of `Identity.audit`.

        Parameters
        ----------
        lookback
            How far a conversion looks back, as in `build_journeys`.
        now
            The present; times after it are in the future. A datetime or ISO text, naive ones in UTC; None
            for the clock's.
        busy_touches
            Users with more touches are busy. None: ten times what 99% of the users stay below, at least 100.
        outlier_deviations
            A value is an outlier if its logarithm is so many standard deviations (estimated by the median
            deviation) above the median.
        most_without_touch
            The share of conversions without a touch in the lookback from which that check fails.

        Returns
        -------
        CheckResults
            One `CheckResult` a check, with its count, up to five example rows (``"row"`` is the position in
            the table, from 0), and the line that fixes it.

        Raises
        ------
        LogError
            If a file cannot be read, or an argument makes no sense.

        Examples
        --------
        >>> import pyarrow as pa
        >>> from attribution.eventlog.read import read_log
        >>> touches = pa.table({"user_id": [1, None, 2], "time": ["2026-03-01"] * 3,
        ...                     "channel": ["email", "email", "Email"]})
        >>> orders = pa.table({"user_id": [1], "time": ["2026-03-03"]})
        >>> checks = read_log(touches, orders).audit(now="2026-04-01")
        >>> [check.name for check in checks.failed]
        ['null_keys', 'log_stops', 'channel_spelling']
        >>> checks["null_keys"].rows
        ({'row': 1, 'user_id': None, 'time': '2026-03-01', 'channel': 'email'},)
        """
        from attribution.eventlog.audit import audit

        return audit(self, lookback, now, busy_touches, outlier_deviations, most_without_touch)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the log is read from; none for tables in memory."""
        others = () if self.conversions is None else self.conversions.files
        return tuple(dict.fromkeys(self.touches.files + others))

    def to_frame(self) -> pd.DataFrame:
        """Return one row a table: what it is, its rows (where known without reading), its columns."""
        import pandas as pd

        rows = [self._row(self.touches, self.touch_table)]
        if self.conversions is not None:
            rows.append(self._row(self.conversions, self.conversion_table))
        return pd.DataFrame(rows)

    @staticmethod
    def _row(source: Source, table: TableColumns) -> dict[str, object]:
        roles = ("user", "time", "channel", "sequence", "conversion", "value", "goal", "order", "dims")
        named = {role: getattr(table, role) for role in roles}
        if not table.holds_touches:
            named["dims"] = table.conversion_dims
        named["channel"] = ", ".join(table.channel)
        named["dims"] = ", ".join(name for name, _ in named["dims"])
        used = "; ".join(f"{role}: {name}" for role, name in named.items() if name)
        return {"table": source.table, "rows": source.n_rows, "source": source.describe(), "columns": used}

    def _title(self) -> str:
        loaded = self._loaded.get(False) or self._loaded.get(True)
        if loaded is None:
            return "EventLog (not read yet)"
        title = f"EventLog of {len(loaded.channels)} channels, {len(loaded.conversions):,} conversions"
        if loaded.start is None or loaded.end is None:
            return title
        first, last = (str(_datetime(time)) for time in (loaded.start, loaded.end))
        return f"{title}, {first} to {last} UTC"


def _datetime(microseconds: int) -> Any:
    import numpy as np

    return np.datetime64(microseconds, "us").astype("datetime64[s]")
