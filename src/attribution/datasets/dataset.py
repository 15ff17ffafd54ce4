"""Dataset: the tables of a simulated log, its truth and its settings, and how they lie on disk."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from attribution._display import Display
from attribution.errors import DatasetError, OutputError

if TYPE_CHECKING:
    import os

    import pandas as pd

TABLES = ("touches", "conversions", "spend", "users", "identities", "truth")
SETTINGS_FILE = "settings.json"
_DELTA = {"time": "DELTA_BINARY_PACKED", "reported_on": "DELTA_BINARY_PACKED", "order_id": "DELTA_BYTE_ARRAY"}


@dataclass(frozen=True, repr=False)
class Dataset(Display):
    """A log whose true effects are known.

    Attributes
    ----------
    touches
        One row a touch: time (timestamp[us, UTC]), user_id, channel, source, medium, campaign, device,
        device_id, reported_on (the day the row reached the warehouse).
    conversions
        One row a conversion: time, user_id, goal (``"lead"``, ``"opportunity"``, ``"purchase"``), value
        (euros, 0 for milestones), order_id, customer_type, region, device, device_id, reported_on.
    spend
        date, channel, campaign, cost (euros): a row a day on which the campaign ran.
    users
        One row a user: segment, region, devices, logins, past_orders and past_value (the year before
        the log), purchases, converted (0 or 1), value; and for each holdout on a channel c: arm_c
        (``"treatment"`` or ``"holdout"``), eligible_c (touched, or would have been), exposed_c.
    identities
        device_id, user_id, time: a row for each device on which the user ever logged in.
    truth
        One row a channel: touches, cost, and what it caused; docs/simulation.md defines the columns.
    settings
        The arguments that reproduce the dataset, the version of the process, and, under
        ``"dirt_rows"``, how many rows of each kind of dirt were made.

    Examples
    --------
    >>> from attribution.datasets import simulate
    >>> data = simulate(500, seed=1)
    >>> data.users.num_rows, data.truth.column_names[:2]
    (500, ['channel', 'touches'])
    """

    touches: pa.Table
    conversions: pa.Table
    spend: pa.Table
    users: pa.Table
    identities: pa.Table
    truth: pa.Table
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        for name in TABLES:
            if not isinstance(getattr(self, name), pa.Table):
                msg = f"{name} is no pyarrow Table"
                raise DatasetError(msg, column=name)

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The six tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a table: table, rows, columns."""
        import pandas as pd

        rows = [(name, table.num_rows, ", ".join(table.column_names)) for name, table in self.tables.items()]
        return pd.DataFrame(rows, columns=["table", "rows", "columns"])

    def _title(self) -> str:
        facts = self.settings
        return (
            f"Dataset of {facts.get('n_users', 0):,} users, {facts.get('days')} days from "
            f"{facts.get('start')}, seed {facts.get('seed')}"
        )

    def _repr_text(self) -> str:
        lines = [f"  {name:<12}{table.num_rows:>12,} rows" for name, table in self.tables.items()]
        return "\n".join([self._title(), *lines])

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write the tables as Parquet, and the settings as JSON, into a folder.

        Everything is written under a temporary name first; files of an earlier dataset are replaced
        only when all of this one are complete.

        Parameters
        ----------
        folder
            Created if need be.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputError
            If a file cannot be written; nothing half-written is left behind.
        """
        target = Path(folder)
        draft: Path | None = None
        try:
            target.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".writing-", dir=target))
            names = [_write_table(table, draft / f"{name}.parquet") for name, table in self.tables.items()]
            text = json.dumps(dict(self.settings), indent=2, sort_keys=True)
            (draft / SETTINGS_FILE).write_text(text + "\n", encoding="utf-8")
            for name in [*names, SETTINGS_FILE]:
                (draft / name).replace(target / name)
        except OSError as error:
            msg = f"the dataset could not be written to {str(target)!r}: {error.strerror or error}"
            raise OutputError(msg, hint="choose a folder that exists, with space and permission") from error
        finally:
            if draft is not None:
                shutil.rmtree(draft, ignore_errors=True)
        return target


def read_dataset(folder: Path) -> Dataset:
    """Read what `Dataset.write` wrote."""
    try:
        tables = {name: pq.ParquetFile(folder / f"{name}.parquet").read() for name in TABLES}
        settings = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
    except (OSError, pa.ArrowException, ValueError) as error:
        msg = f"the dataset in {str(folder)!r} cannot be read: {error}"
        raise DatasetError(
            msg, hint="write it again: attribution.datasets.simulate(...).write(folder)"
        ) from error
    return Dataset(**tables, settings=settings)


def _write_table(table: pa.Table, path: Path) -> str:
    plain = {name: encoding for name, encoding in _DELTA.items() if name in table.column_names}
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=12,
        use_dictionary=[name for name in table.column_names if name not in plain],
        column_encoding=plain,
        write_statistics=True,
    )
    return path.name
