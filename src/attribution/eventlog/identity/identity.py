"""Identity: who is one person, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._display import Display
from attribution._typing import Bools, Hashes, Ints
from attribution.diagnostics import CheckResults
from attribution.errors import LogError, unknown_name
from attribution.eventlog.eventlog import EventLog
from attribution.eventlog.identity.forest import Persons, path, persons_of
from attribution.eventlog.identity.kinds import Kind
from attribution.eventlog.identity.links import ALWAYS, Events, Links, linked, seed_of
from attribution.eventlog.identity.normalise import Normaliser
from attribution.eventlog.identity.people import People
from attribution.eventlog.identity.uses import people_of
from attribution.kernels.hash_map import HashMap
from attribution.kernels.keyed import keyed
from attribution.tables.keys import hash_array

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes


@dataclass(frozen=True, eq=False, repr=False)
class Identity(Display):
    """Persons, the identifiers that are theirs, and the links between these; what `stitch` found.

    No identifier is kept as it was: hashes are, under the secret `salt` of `stitch` where there was one.

    Attributes
    ----------
    user
        The kind of the log's users.
    when, within
        Whose a touch is on an identifier that several persons used; see `stitch`. `within` in microseconds.
    links, persons, people
        The graph, who is one, and what the log's users become: arrays, for code.
    placeholders
        By kind, how many entries were no identifiers: blanks, ``"null"``, test accounts, no address.

    Examples
    --------
    >>> import attribution as at
    >>> touches = {"device_id": ["a", "b"], "time": ["2026-03-01"] * 2, "channel": ["social", "search"]}
    >>> orders = {"device_id": ["b"], "time": ["2026-03-03"]}
    >>> logins = {"device_id": ["a", "b"], "customer_id": ["ann"] * 2, "time": ["2026-02-01"] * 2}
    >>> identity = at.stitch(at.read_log(touches, orders, {"user": "device_id"}), logins).identity
    >>> identity.explain("a", "b")[["kind", "other_kind", "count"]].values.tolist()
    [['device', 'customer', 1], ['customer', 'device', 1]]
    """

    user: str
    when: str
    within: int | None
    links: Links
    persons: Persons
    people: People
    placeholders: Mapping[str, int] = field(default_factory=dict)
    _log: EventLog | None = None

    @property
    def n_persons(self) -> int:
        """How many persons there are among the identifiers."""
        return len(self.persons.name)

    @property
    def digest(self) -> str:
        """What tells one identity from another, 16 hexadecimal digits."""
        made = hashlib.sha256(f"{self.user} {self.when} {self.within}".encode())
        for name in ("ids", "person", "timed", "offsets", "time", "user"):
            made.update(np.ascontiguousarray(getattr(self.people, name)).tobytes())
        return made.hexdigest()[:16]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a kind: identifiers, links, shared, refused, persons, and the most of one person."""
        import pandas as pd

        links, persons = self.links, self.persons
        kinds = [kind.name for kind in links.kinds]
        n = len(kinds)
        either = (links.node_kind[links.left], links.node_kind[links.right])

        def touched(mask: Bools | slice) -> Ints:
            one, other = either[0][mask], either[1][mask]
            both = np.bincount(one[one == other], minlength=n)
            return np.bincount(one, minlength=n) + np.bincount(other, minlength=n) - both

        rows = {
            "kind": kinds,
            "role": [kind.role for kind in links.kinds],
            "identifiers": np.bincount(links.node_kind, minlength=n),
            "links": touched(slice(None)),
            "shared": np.bincount(links.node_kind[persons.shared], minlength=n),
            "refused": touched(persons.refused),
            "persons": [len(np.unique(persons.label[links.node_kind == code])) for code in range(n)],
            "most_of_one": [
                int(np.bincount(persons.label[links.node_kind == code], minlength=1).max(initial=0))
                for code in range(n)
            ],
            "placeholders": [self.placeholders.get(kind, 0) for kind in kinds],
        }
        return pd.DataFrame(rows)

    def sizes(self) -> pd.DataFrame:
        """Return how many persons have how many identifiers: ``identifiers``, ``persons``."""
        import pandas as pd

        sizes = np.bincount(self.persons.label, minlength=0)
        found, times = np.unique(sizes, return_counts=True)
        return pd.DataFrame({"identifiers": found, "persons": times})

    def shared(self) -> pd.DataFrame:
        """Return the shared identifiers, the most used first, and how many others each was seen with."""
        import pandas as pd

        links, rows = self.links, np.flatnonzero(self.persons.shared)
        n = len(links.node)
        seen = np.bincount(links.left, minlength=n) + np.bincount(links.right, minlength=n)
        frame = pd.DataFrame(
            {
                "identifier": shown(links.plain(rows)),
                "kind": [links.kinds[code].name for code in links.node_kind[rows]],
                "seen_with": seen[rows],
                "cap": [links.kinds[code].cap for code in links.node_kind[rows]],
            }
        )
        return frame.sort_values(["seen_with", "identifier"], ascending=[False, True], ignore_index=True)

    def refused(self) -> pd.DataFrame:
        """Return the links that would have made one person of two anchors, the strongest first."""
        rows = np.flatnonzero(self.persons.refused)
        frame = self._steps(self.links.left[rows], self.links.right[rows])
        return frame.sort_values(["count", "identifier"], ascending=[False, True], ignore_index=True)

    def explain(self, one: object, other: object) -> pd.DataFrame:
        """Return why two identifiers are one person: the strongest path of links between them.

        Parameters
        ----------
        one, other
            Identifiers as they stand in the tables: of the log's users, of an anchor, or pairs of a kind and
            an identifier, ``("email", "ann@shop.example")``.

        Returns
        -------
        pandas.DataFrame
            A row a link: ``identifier``, ``kind``, ``other``, ``other_kind``, ``count``, ``first``, ``last``.

        Raises
        ------
        LogError
            If one of them occurs in no link, or they are not one person.
        """
        start, end = self._position(one, "one"), self._position(other, "other")
        steps = path(self.persons, start, end)
        if steps is None:
            apart = self.persons.anchored[self.persons.label[[start, end]]].all()
            why = "each has an anchor of its own" if apart else "no link joins them"
            msg = "they are two persons"
            raise LogError(msg, why=why, hint="the table of refused links has what would have joined anchors")
        return self._steps(np.array(steps[:-1], np.int64), np.array(steps[1:], np.int64))

    def _steps(self, left: Any, right: Any) -> pd.DataFrame:
        """Return links as a frame, each by the positions of its identifiers."""
        import pandas as pd

        links = self.links
        low, high = np.minimum(left, right).astype(np.uint64), np.maximum(left, right).astype(np.uint64)
        keys = links.left.astype(np.uint64) << np.uint64(32) | links.right.astype(np.uint64)
        rows = np.searchsorted(keys, low << np.uint64(32) | high)
        names = [kind.name for kind in links.kinds]
        return pd.DataFrame(
            {
                "identifier": shown(links.plain(left)),
                "kind": [names[code] for code in links.node_kind[left]],
                "other": shown(links.plain(right)),
                "other_kind": [names[code] for code in links.node_kind[right]],
                "count": links.count[rows],
                "first": _instants(links.first[rows]),
                "last": _instants(links.last[rows]),
            }
        )

    def _position(self, given: object, argument: str) -> int:
        """Return where an identifier stands among all, by its kind or as what it occurs as."""
        import pyarrow as pa

        names = [kind.name for kind in self.links.kinds]
        if isinstance(given, tuple) and len(given) == 2 and given[0] not in names:
            raise LogError(unknown_name("kind", given[0], names), column=argument)
        kinds, value = ([given[0]], given[1]) if isinstance(given, tuple) else (names, given)
        found = HashMap(self.links.node)
        for name in sorted(kinds, key=lambda name: (name != self.user, name)):
            kind = self.links.kinds[names.index(name)]
            made = Normaliser(kind.normalise, self.people.normaliser.region, digest="email_sha256" in names)(
                pa.array([value]), argument
            )
            if made[0].as_py() is None:
                continue
            for array in (made, made.cast(pa.string())):
                hashes = hash_array(array)
                key = self.people.key
                hashes = (hashes if key is None else keyed(hashes, key)) ^ seed_of(kind)
                position = int(found.find(hashes)[0])
                if position >= 0:
                    return position
        msg = f"{argument} occurs in no link"
        hint = 'a pair of kind and identifier, such as ("email", "ann@shop.example")'
        raise LogError(msg, column=argument, hint=hint)

    def profiles(self) -> pd.DataFrame:
        """Return one row a person: its name, how many identifiers of each kind, when first and last seen."""
        import pandas as pd

        links, label, n = self.links, self.persons.label, self.n_persons
        first = np.full(n, np.iinfo(np.int64).max)
        last = np.full(n, ALWAYS)
        for end in (links.left, links.right):
            timed = links.first != ALWAYS
            np.minimum.at(first, label[end[timed]], links.first[timed])
            np.maximum.at(last, label[end], links.last)
        first[first == np.iinfo(np.int64).max] = ALWAYS
        counts = {
            kind.name: np.bincount(label[links.node_kind == code], minlength=n)
            for code, kind in enumerate(links.kinds)
        }
        frame = pd.DataFrame({"person": shown(self.persons.name), **counts})
        return frame.assign(first=_instants(first), last=_instants(last)).sort_values(
            "person", ignore_index=True
        )

    def compare(self, truth: Any, *, user: str, person: str) -> pd.DataFrame:
        """Return how well the log's identifiers are put together, where it is known whose they are.

        Parameters
        ----------
        truth
            A table with a row an identifier of the log's kind, in the forms of `read_log`.
        user, person
            The columns of the identifier and of who it truly is.

        Returns
        -------
        pandas.DataFrame
            One row: pairs that are truly one person (``true``), found to be one (``found``), both
            (``right``), ``precision`` = right / found, ``recall`` = right / true.

        Raises
        ------
        LogError
            If a column is missing.
        """
        from attribution.tables.sources import open_source

        source = open_source(truth, "truth")
        for name, column in (("user", user), ("person", person)):
            if column not in source.columns:
                raise LogError(unknown_name("column", column, list(source.columns)), column=name)
        batches = list(source.batches([user, person]))
        ids = np.concatenate([hash_array(self.people.prepared(batch.column(user))) for batch in batches])
        true = np.concatenate([hash_array(batch.column(person)) for batch in batches])
        found = self.people.persons(ids, np.full(len(ids), np.iinfo(np.int64).max))
        import pandas as pd

        counts = [_pairs(np.unique(column, return_inverse=True)[1]) for column in (true, found)]
        both = pd.factorize(pd.MultiIndex.from_arrays([true, found]))[0]
        right = _pairs(both)
        frame = pd.DataFrame([{"true": counts[0], "found": counts[1], "right": right}])
        return frame.assign(precision=right / (counts[1] or np.nan), recall=right / (counts[0] or np.nan))

    def audit(self) -> CheckResults:
        """Check what would make persons, or the credit of their journeys, wrong; see `stitch`.

        The checks, by name: ``identifiers_unmatched``, ``identified_by_channel`` (fails where the share of
        touches that are known to be somebody's is in one channel more than twice that in another: evidence
        that comes with a channel tilts credit to it), ``shared_identifiers``, ``conflicting_anchors``,
        ``largest_person``, ``links_after_log``, ``placeholders``.

        Returns
        -------
        CheckResults
            Those that need the log are not made where there is none beside it.
        """
        from attribution.eventlog.identity.identity_audit import checks

        return checks(self, self._log)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw by channel what share of its touches is known to be somebody's.

        Parameters
        ----------
        ax
            What to draw on; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        LogError
            If there is no log beside it.
        """
        from attribution import _draw
        from attribution.eventlog.identity.identity_audit import identified_by_channel

        if self._log is None:
            msg = "there is no log beside this identity"
            raise LogError(msg, hint="the identity of a log that was stitched with it has one")
        frame = identified_by_channel(self, self._log)
        names = [str(name) for name in frame["channel"]]
        colors = _draw.channel_colors(names)
        return _draw.bars(
            names,
            frame["share"].to_numpy()[np.newaxis],
            [colors[name] for name in names],
            series=["identified"],
            title="Touches that are known to be somebody's",
            axis="Share of the channel's touches",
            tick=lambda value: f"{value:.0%}",
            texts=[f"{share:.0%}" for share in frame["share"]],
            ax=ax,
        )

    def write(self, folder: str | Path) -> None:
        """Write the identity, complete or not at all, for the eyes of its owner alone; see `read_identity`.

        Parameters
        ----------
        folder
            Where to; it is made if it is not there.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        from attribution.eventlog.identity.stored import write

        write(self, folder)

    def persons_of(self, users: Any) -> Hashes:
        """Return the person of identifiers of the log's kind, as of today.

        Parameters
        ----------
        users
            A pyarrow Array of identifiers, shape (n,).

        Returns
        -------
        Hashes
            uint64, shape (n,).
        """
        hashes = hash_array(self.people.prepared(users))
        return self.people.persons(hashes, np.full(len(hashes), np.iinfo(np.int64).max))

    def _title(self) -> str:
        anchors = int(self.persons.anchored.sum())
        return (
            f"Identity of {self.n_persons:,} persons ({anchors:,} with an anchor), "
            f"{len(self.links.node):,} identifiers, {len(self.links.left):,} links, "
            f"{int(self.persons.shared.sum()):,} shared, {int(self.persons.refused.sum()):,} refused"
        )


def found_in(
    events: Events,
    kinds: Sequence[Kind],
    *,
    user: str,
    when: str,
    within: int | None,
    normaliser: Normaliser,
    key: tuple[int, int] | None,
    placeholders: Mapping[str, int],
) -> Identity:
    """Return the identity that pairs of identifiers make."""
    links = linked(kinds, events)
    persons = persons_of(links)
    people = people_of(links, persons, events, user, when, within, normaliser, key)
    return Identity(user, when, within, links, persons, people, dict(placeholders))


def applied(log: EventLog, identity: Identity) -> EventLog:
    """Return a log whose users are the persons of an identity.

    Raises
    ------
    LogError
        If no identifier of the log is known.
    """
    from attribution.eventlog.identity.occurring import refuse_strangers

    plain = replace(
        log,
        touch_table=replace(log.touch_table, people=None),
        conversion_table=replace(log.conversion_table, people=None),
        identity=None,
        _loaded={},
    )
    refuse_strangers(plain, identity)
    people = identity.people
    return replace(
        plain,
        touch_table=replace(plain.touch_table, people=people),
        conversion_table=replace(plain.conversion_table, people=people),
        identity=replace(identity, _log=plain),
        _loaded={},  # what is read of the one is not what the other is
    )


def _pairs(codes: Any) -> int:
    sizes = np.bincount(codes).astype(object)  # exact beyond 2**63
    return int((sizes * (sizes - 1) // 2).sum())


def shown(hashes: Hashes) -> list[str]:
    """Return hashes as text, by which an identifier can be told from others and not be known."""
    return [f"{value:016x}" for value in hashes.tolist()]


def _instants(times: Ints) -> Any:
    stamps = times.astype("datetime64[us]")
    stamps[times == ALWAYS] = np.datetime64("NaT")
    return stamps
