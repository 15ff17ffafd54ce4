"""What would make persons, or the credit of their journeys, wrong: checks of an identity and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attribution._typing import Bools, Hashes, Ints
from attribution.diagnostics import CheckResult, CheckResults
from attribution.eventlog.identity.links import ALWAYS
from attribution.kernels.keyed import keyed
from attribution.language.sentence import Sentence

if TYPE_CHECKING:
    import pandas as pd

    from attribution.eventlog.eventlog import EventLog
    from attribution.eventlog.identity.identity import Identity

_MOST_UNMATCHED = 0.5
_MOST_TILT = 2.0
_FEWEST = 100  # touches of a channel whose share of known ones can be judged
_MOST_OF_ONE = 20  # identifiers of one person, beyond which somebody should look


def checks(identity: Identity, log: EventLog | None) -> CheckResults:
    """Run every check; `Identity.audit` documents them."""
    found = [*_of_log(identity, log)]
    found += [_shared(identity), _refused(identity), _largest(identity), _placeholders(identity)]
    return CheckResults(found)


def identified_by_channel(identity: Identity, log: EventLog) -> pd.DataFrame:
    """Return by channel how many touches there are and how many are known to be somebody's.

    Parameters
    ----------
    identity
        Who is one person.
    log
        The log as it was before stitching.

    Returns
    -------
    pandas.DataFrame
        ``channel``, ``touches``, ``identified``, ``share``; the largest share first.
    """
    import pandas as pd

    columns = log.load()
    known = _known(identity, columns.touches.user)
    n = len(columns.channels)
    channel = np.asarray(columns.touches.channel, np.int64)
    touches = np.bincount(channel, minlength=n)
    mine = np.bincount(channel[known], minlength=n)
    frame = pd.DataFrame({"channel": columns.channels, "touches": touches, "identified": mine})
    frame = frame[frame["touches"] > 0].assign(share=lambda table: table["identified"] / table["touches"])
    return frame.sort_values(["share", "channel"], ascending=[False, True], ignore_index=True)


def _known(identity: Identity, users: Hashes) -> Bools:
    """Return whose users are known to be somebody's: of a person with an anchor, where there are anchors."""
    people, persons = identity.people, identity.persons
    who = people.persons(users, np.full(len(users), np.iinfo(np.int64).max))
    if not persons.anchored.any():
        return people.knows(users) & (_sizes(identity, who) > 1)
    return np.isin(who, persons.name[persons.anchored])


def _sizes(identity: Identity, who: Hashes) -> Ints:
    sizes = np.bincount(identity.persons.label, minlength=identity.n_persons)
    order = np.argsort(identity.persons.name)
    place = np.searchsorted(identity.persons.name[order], who)
    place = order[np.minimum(place, len(order) - 1)]
    return np.where(identity.persons.name[place] == who, sizes[place], 1)


def _of_log(identity: Identity, log: EventLog | None) -> list[CheckResult]:
    names = ("identifiers_unmatched", "identified_by_channel", "links_after_log")
    if log is None:
        return [CheckResult(name, None, Sentence("identity.no_log")) for name in names]
    columns = log.load()
    users = np.union1d(columns.touches.user, columns.conversions.user)
    known = identity.people.knows(users) | np.isin(
        users if identity.people.key is None else keyed(users, identity.people.key), identity.persons.name
    )
    return [_unmatched(users, known), _by_channel(identity, log), _after(identity, columns.end)]


def _unmatched(users: Hashes, known: Bools) -> CheckResult:
    name, missed = "identifiers_unmatched", int((~known).sum())
    if not missed:
        return CheckResult(name, True, Sentence("identifiers_unmatched.ok"))
    share = missed / len(users)
    text = Sentence(name, missed=missed, count=len(users), share=share)
    fix = Sentence("fix.identifiers_unmatched")
    return CheckResult(
        name, share <= _MOST_UNMATCHED, text, missed, fix=fix if share > _MOST_UNMATCHED else ""
    )


def _by_channel(identity: Identity, log: EventLog) -> CheckResult:
    name, frame = "identified_by_channel", identified_by_channel(identity, log)
    judged = frame[frame["touches"] >= _FEWEST]
    if len(judged) < 2:
        return CheckResult(name, None, Sentence("identified_by_channel.few", least=_FEWEST))
    high, low = judged.iloc[0], judged.iloc[-1]
    ends = judged.iloc[[*range(min(3, len(judged))), *range(max(3, len(judged) - 2), len(judged))]]
    rows = _rows(ends.assign(share=ends["share"].round(4)))
    values = {
        "high": high["channel"],
        "most": float(high["share"]),
        "low": low["channel"],
        "least": float(low["share"]),
    }
    tilted = high["share"] > _MOST_TILT * low["share"]
    text = Sentence(name if tilted else "identified_by_channel.ok", **values)
    fix = Sentence("fix.identified_by_channel") if tilted else ""
    return CheckResult(name, not tilted, text, int(tilted) and len(judged), rows, fix)


def _after(identity: Identity, end: int | None) -> CheckResult:
    name, last = "links_after_log", identity.links.last
    late = 0 if end is None else int(((last > end) & (last != ALWAYS)).sum())
    if not late:
        return CheckResult(name, True, Sentence("links_after_log.ok"))
    return CheckResult(name, None, Sentence(name, late=late, count=len(last)), late)


def _shared(identity: Identity) -> CheckResult:
    name, frame = "shared_identifiers", identity.shared()
    if not len(frame):
        return CheckResult(name, True, Sentence("shared_identifiers.ok"))
    text = Sentence(name, n=len(frame), most=int(frame["seen_with"].max()))
    return CheckResult(name, None, text, len(frame), _rows(frame))


def _refused(identity: Identity) -> CheckResult:
    name, count = "conflicting_anchors", int(identity.persons.refused.sum())
    if not count:
        return CheckResult(name, True, Sentence("conflicting_anchors.ok"))
    share = count / len(identity.links.left)
    text = Sentence(name, n=count, share=share)
    return CheckResult(name, None, text, count, _rows(identity.refused().drop(columns=["first", "last"])))


def _largest(identity: Identity) -> CheckResult:
    sizes = np.bincount(identity.persons.label, minlength=1)
    most = int(sizes.max(initial=0))
    large = int((sizes > _MOST_OF_ONE).sum())
    text = Sentence("largest_person", most=most)
    if not large:
        return CheckResult("largest_person", True, text)
    return CheckResult("largest_person", False, text, large, fix=Sentence("fix.largest_person"))


def _placeholders(identity: Identity) -> CheckResult:
    found = {kind: count for kind, count in identity.placeholders.items() if count}
    if not found:
        return CheckResult("placeholders", True, Sentence("placeholders.ok"))
    rows = tuple({"kind": kind, "entries": count} for kind, count in sorted(found.items()))
    total = sum(found.values())
    return CheckResult("placeholders", None, Sentence("placeholders", n=total), total, rows[:5])


def _rows(frame: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    return tuple(
        {str(name): value for name, value in row.items()} for row in frame.head(5).to_dict("records")
    )
