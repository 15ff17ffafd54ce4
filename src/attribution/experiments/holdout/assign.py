"""assign_holdout: who is in which arm, by keyed hash, the same today, tomorrow and on another machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from glob import has_magic
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attribution._typing import Bools, Floats, Hashes, Ints
from attribution.errors import FEWER_COLUMNS, ExperimentError, enough_memory, unknown_name
from attribution.experiments.holdout.assignment import Assignment
from attribution.experiments.holdout.hash_ranges import Layout, lay_out, read_shares
from attribution.experiments.shared.experiment_rows import Rows
from attribution.experiments.shared.units import arrow_column, codes_of, hash_units
from attribution.kernels.hashing import hash_integers
from attribution.tables.arrays import without_view

_SHIFT = np.uint64(11)  # 53 bits are what a float holds exactly


@enough_memory(FEWER_COLUMNS)
def assign_holdout(
    users: Any,
    *,
    share: float | None = None,
    salt: str,
    strata: Any = None,
    cluster: Any = None,
    exclusion: tuple[str, float, float] | None = None,
    arms: Mapping[str, float] | None = None,
    rest: str = "treatment",
    previous: Any = None,
    user: str = "user_id",
) -> Assignment:
    """Assign users to the arms of an experiment.

    An arm is a function of the user's id, the salt and the shares: it needs no memory, does not depend on
    the order of the rows or on who else is in the table, and is the same wherever it is computed. The id's
    64-bit hash is mixed with two keys from the salt (BLAKE2b) by the splitmix64 finaliser, which makes a
    point in [0, 1); each arm owns a part of that interval. Another salt is another, independent experiment.

    When a share grows, units move from `rest` to the arm that grows, and nobody else moves, as long as no
    arm but the rest has more than ``1 / (number of arms - 1)``; with two arms, always.

    Parameters
    ----------
    users
        Ids as a column (Arrow, pandas, polars, numpy, list), or a table with the column `user` (anything
        with ``__arrow_c_stream__``, a pandas DataFrame, a mapping of columns, or the path of Parquet, Arrow
        or CSV files). Integers, text, bytes or UUIDs; 7 and ``"7"`` are different ids, and those of a CSV
        file are text.
    share
        Share of the arm ``"holdout"``; the others are `rest`. Either this or `arms`.
    salt
        Name of the experiment. Users of two experiments with different salts are independent.
    strata
        Balance the arms within these: a column, or one or more names of columns of `users`. A hash alone
        balances strata only as chance does. So here the units of each stratum are put into the order of
        their hashes and the arms get their shares of that order (systematic sampling with a hashed start):
        counts are right to one unit per part of the interval in each stratum. It depends on who is in the
        table, so pass the earlier result as `previous` when users arrive.
    cluster
        Assign these (households, shops) as a whole: a column, or the name of a column of `users`.
    exclusion
        ``(layer, start, stop)``: the experiment owns this part, between 0 and 1, of the users of a layer;
        others get no arm (null). Experiments with disjoint parts of one layer never share a user.
    arms
        Share of every arm, summing to 1.
    rest
        The arm that fills what the others leave, and gives when they grow.
    previous
        An earlier `Assignment`, or a table with the columns `user` and ``arm``: who is in it keeps the arm.
    user
        Name of the column of ids.

    Returns
    -------
    Assignment
        One row per row of `users`, in their order: the id, `cluster` and `strata` where given, and ``arm``.
        It is an Arrow stream, so that ``pandas``, ``polars`` and `analyze_holdout` read it as it is.

    Raises
    ------
    ExperimentError
        If a share is impossible, an id is missing, a column is unknown, or a cluster lies in two strata.

    Examples
    --------
    >>> import attribution as at
    >>> arms = at.assign_holdout(range(100_000), share=0.1, salt="email-2026")
    >>> arms.counts()
    {'holdout': 9867, 'treatment': 90133}
    >>> arms.check().passed
    True
    """
    salt = _salt(salt, "salt")
    shares = read_shares(share, arms, rest)
    layout = lay_out(shares, rest)
    table = _Table(users, user)
    ids = table.column(user)
    hashes = hash_units(ids, user, table.place(user))
    parts: dict[str, Any] = {user: ids}
    units = hashes
    if cluster is not None:
        name, values = table.named(cluster, "cluster")
        parts[name] = values
        units = hash_units(values, name, table.place(name) if isinstance(cluster, str) else "cluster")
    inside = _inside(units, exclusion)
    kept, old = _previous(previous, hashes, layout, user)
    if strata is None:
        codes = layout.arm_of(points(units, salt))
    else:
        columns = [table.named(entry, "strata") for entry in _several(strata, table)]
        parts |= dict(columns)
        fresh = np.flatnonzero(inside & ~kept)
        codes = np.zeros(len(units), np.int64)
        codes[fresh] = _in_strata(units[fresh], _stratum(columns)[fresh], salt, layout)
    codes = np.where(kept, old, codes)
    column = pa.DictionaryArray.from_arrays(
        pa.Array.from_buffers(
            pa.int8(), len(codes), [_bits(inside | kept), pa.py_buffer(codes.astype(np.int8))]
        ),
        list(layout.arms),
    )
    settings = {"salt": salt, "rest": rest, "exclusion": exclusion, "stratified": strata is not None}
    unit = name if cluster is not None else user
    return Assignment(pa.table(parts | {"arm": column}), shares, unit, settings)


def points(units: Hashes, salt: str) -> Floats:
    """Return a uniform point in [0, 1) for each unit: the same for the same unit and salt, for ever.

    Parameters
    ----------
    units
        Hashes of the units, uint64, shape (n,).
    salt
        Name of the experiment or layer.
    """
    return _to_unit_interval(_keyed(units, salt))


def _keyed(units: Hashes, salt: str) -> Hashes:
    # Two rounds with a key each: under one, the points of two salts would stand in a fixed relation
    # that only the quality of a single finaliser hides.
    digest = blake2b(salt.encode("utf-8"), digest_size=16).digest()
    first, second = (np.uint64(int.from_bytes(part, "little")) for part in (digest[:8], digest[8:]))
    return hash_integers(hash_integers(units ^ first) ^ second)


def _to_unit_interval(hashes: Hashes) -> Floats:
    return (hashes >> _SHIFT).astype(np.float64) * 2.0**-53


def _inside(units: Hashes, exclusion: object) -> Bools:
    if exclusion is None:
        return np.ones(len(units), dtype=np.bool_)
    hint = 'exclusion=("lifecycle-2026", 0.0, 0.3) for the first 30% of the layer'
    if not isinstance(exclusion, tuple | list) or len(exclusion) != 3:
        msg = f"exclusion={exclusion!r} is not a layer, a start and a stop"
        raise ExperimentError(msg, column="exclusion", hint=hint)
    layer, start, stop = exclusion
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in (start, stop))
    if not numbers or not 0 <= start < stop <= 1:
        msg = f"exclusion={exclusion!r} is no part of a layer"
        raise ExperimentError(msg, column="exclusion", hint=hint)
    # A layer and a salt of the same name must not be one hash.
    place = points(units, "layer\x1f" + _salt(layer, "exclusion"))
    return np.asarray((place >= start) & (place < stop), dtype=np.bool_)


def _in_strata(units: Hashes, stratum: Ints, salt: str, layout: Layout) -> Ints:
    """Return the arm of each row: shares of each stratum's units in the order of their hashes."""
    if not len(units):
        return np.zeros(0, np.int64)
    key = _keyed(units, salt)
    rows = np.argsort(key)
    new = np.r_[True, key[rows[1:]] != key[rows[:-1]]]
    first = rows[new]
    group = stratum[first]
    unit = np.cumsum(new) - 1  # of each sorted row
    clash = rows[group[unit] != stratum[rows]]
    if len(clash):
        msg = "units lie in more than one stratum"
        raise ExperimentError(
            msg,
            column="strata",
            rows=np.sort(clash)[:5].tolist(),
            count=len(clash),
            why="a unit is assigned once, so it can be balanced in one stratum only",
            hint="stratify by something that is the same for all rows of a user (or cluster)",
        )
    # Units are in the order of their hashes; a stable sort of small integers is linear in time.
    small = group.astype(np.uint16) if int(group.max()) < 1 << 16 else group
    order = np.argsort(small, kind="stable")
    groups = group[order]
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    # The start of each stratum hangs on its units, so that many small batches do not all round alike.
    start = _to_unit_interval(hash_integers(key[first[order[starts]]]))
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    place = np.minimum((rank + np.repeat(start, sizes)) / np.repeat(sizes, sizes), 1 - 2.0**-53)
    codes = np.empty(len(order), np.int64)
    codes[order] = layout.arm_of(place)
    out = np.empty(len(units), np.int64)
    out[rows] = codes[unit]
    return out


def _stratum(columns: Iterable[tuple[str, Any]]) -> Ints:
    """Return one code per row for the combination of all columns."""
    combined: Ints | None = None
    for name, values in columns:
        codes, labels = codes_of(values, name)
        if combined is None:
            combined = codes
        else:
            combined = np.unique(combined * len(labels) + codes, return_inverse=True)[1]
    assert combined is not None
    return combined


def _previous(previous: Any, hashes: Hashes, layout: Layout, user: str) -> tuple[Bools, Ints]:
    """Return who was assigned before, and to which arm."""
    kept, codes = np.zeros(len(hashes), dtype=np.bool_), np.zeros(len(hashes), np.int64)
    if previous is None:
        return kept, codes
    table = _Table(previous, user)
    earlier = hash_units(table.column(user), user)
    column = table.column("arm")
    known = np.asarray(column.is_valid().to_numpy(zero_copy_only=False))
    labels = column.filter(pa.array(known))
    if not len(labels):
        return kept, codes
    arm, names = codes_of(labels, "arm")
    for name in names:
        if name not in layout.arms:
            raise ExperimentError(unknown_name("arm", name, layout.arms), column="previous")
    translated = np.array([layout.arms.index(name) for name in names], dtype=np.int64)[arm]
    order = np.argsort(earlier[known], kind="stable")
    sorted_hashes = earlier[known][order]
    same = sorted_hashes[1:] == sorted_hashes[:-1]
    torn = np.flatnonzero(same & (translated[order][1:] != translated[order][:-1]))
    if len(torn):
        msg = "users stand in more than one arm of the earlier assignment"
        rows = np.sort(np.flatnonzero(known)[order[torn + 1]])
        raise ExperimentError(
            msg,
            column="previous",
            rows=rows[:5].tolist(),
            count=len(torn),
            why="who was both treated and held out belongs to neither",
            hint="leave these users out of previous",
        )
    place = np.minimum(np.searchsorted(sorted_hashes, hashes), len(sorted_hashes) - 1)
    kept = sorted_hashes[place] == hashes
    return kept, translated[order][place]


class _Table:
    """The users that were handed in, as columns by name."""

    def __init__(self, users: Any, user: str) -> None:
        self._columns: Mapping[str, Any] | None = None
        self._ids = users if not isinstance(users, range) else np.asarray(users, dtype=np.int64)
        self._user = user
        if isinstance(users, Mapping):
            self._columns = dict(users)
        elif _is_files(users):
            self._columns = _Read(Rows(users))
        elif hasattr(users, "__arrow_c_stream__") and _is_table(users):
            try:
                table = _table_of(users)
            except MemoryError:
                raise
            except (pa.ArrowException, TypeError, ValueError) as error:
                msg = f"the table of users cannot be read: {str(error).splitlines()[0]}"
                hint = "pass the columns that are needed: users[['user_id']], each once and of one type"
                raise ExperimentError(msg, column="users", hint=hint) from error
            self._columns = {name: _without_views(table[name]) for name in table.column_names}
        elif hasattr(users, "columns") and hasattr(users, "__getitem__"):
            self._columns = {str(name): users[name] for name in users.columns}
        elif isinstance(users, str | bytes):
            msg = f"users={users!r} is one id or the path of no file, not a column of ids"
            raise ExperimentError(msg, column="users", hint='users="...", the path of a file, or a table')

    def place(self, name: str) -> str:
        """Return what a line of the caller calls a column."""
        return "users" if self._columns is None else f"users[{name!r}]"

    def column(self, name: str, *, label: bool = False) -> Any:
        if self._columns is None:
            return arrow_column(self._ids, self._user, place="users")
        if name not in self._columns:
            raise ExperimentError(unknown_name("column", name, self._columns), column=name)
        if name == "arm":
            return _loose(self._columns[name])
        return arrow_column(self._columns[name], name, label=label)

    def named(self, entry: Any, role: str) -> tuple[str, Any]:
        """Return the name and values of a column given by name or as it is."""
        if isinstance(entry, str):
            if self._columns is None:
                msg = f"{role}={entry!r} names a column, and users is one column of ids"
                raise ExperimentError(
                    msg, column=role, hint=f'users=pandas.DataFrame({{"user_id": [...], "{entry}": [...]}})'
                )
            name, values = entry, self.column(entry, label=role == "strata")
        else:
            name = str(getattr(entry, "name", None) or ("stratum" if role == "strata" else role))
            values = arrow_column(entry, role, label=role == "strata", place=role)
        if len(values) != len(self.column(self._user)):
            msg = f"{role} has {len(values):,} rows and users {len(self.column(self._user)):,}"
            raise ExperimentError(msg, column=role, hint="one entry for each user, in their order")
        return name, values


def _table_of(users: Any) -> Any:
    """Return a table of Arrow: what is Arrow's own is not exported first, which crashes Arrow 18 on views."""
    if isinstance(users, pa.RecordBatchReader):
        return users.read_all()
    if isinstance(users, pa.RecordBatch):
        return pa.Table.from_batches([users])
    return users if isinstance(users, pa.Table) else pa.table(users)


def _without_views(column: Any) -> Any:
    """Return a column without runs, views of text and unsigned codes, which Arrow's functions do not take."""
    runs = pa.types.is_run_end_encoded(column.type)
    chunks = [pc.run_end_decode(chunk) if runs else without_view(chunk) for chunk in column.chunks]
    unsigned = pa.types.is_dictionary(column.type) and pa.types.is_unsigned_integer(column.type.index_type)
    chunks = [chunk.dictionary_decode() for chunk in chunks] if unsigned else chunks
    return pa.chunked_array(chunks) if chunks else column


class _Read(Mapping[str, Any]):
    """The columns of files, each read when it is asked for."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> Any:
        return self._rows.column(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows.names)

    def __len__(self) -> int:
        return len(self._rows.names)

    def __contains__(self, name: object) -> bool:
        return name in self._rows.names


def _is_table(users: Any) -> bool:
    """Return whether an Arrow stream is of rows; a polars Series hands one out too."""
    if hasattr(users, "columns") or hasattr(users, "schema"):
        return True
    try:
        pa.RecordBatchReader.from_stream(users)
    except (pa.ArrowException, TypeError):
        return False
    return True


def _is_files(users: Any) -> bool:
    """Return whether these are paths and no ids: `Path`, or text that leads to files."""
    if isinstance(users, list | tuple) and users:
        return _is_files(users[0]) and all(map(_is_files, users))
    return isinstance(users, Path) or (isinstance(users, str) and (has_magic(users) or Path(users).exists()))


def _loose(values: Any) -> Any:
    """Return a column as one Arrow array that may hold nulls."""
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _several(strata: Any, table: _Table) -> list[Any]:
    if isinstance(strata, list | tuple) and strata and all(isinstance(entry, str) for entry in strata):
        # A list of names, unless it is the column itself: one label a row.
        return [strata] if len(strata) == len(table.column(table._user)) else list(strata)  # noqa: SLF001
    return [strata]


def _bits(mask: Bools) -> Any:
    return None if mask.all() else pa.py_buffer(np.packbits(mask, bitorder="little"))


def _salt(value: object, name: str) -> str:
    if isinstance(value, str) and value.strip():
        return value
    msg = f"{name}={value!r} must be the name of the experiment"
    why = "two experiments with one salt hold out the same users, and each is then part of the other's effect"
    raise ExperimentError(msg, column=name, why=why, hint=f'{name}="email-2026-q4"')
