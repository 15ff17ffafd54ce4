"""Worlds that `simulate` can play: each is the retailer with a few stated constants changed.

docs/simulation.md says what each changes; which models a world favours follows from what it changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType

from attribution.datasets import retailer as r
from attribution.errors import DatasetError, unknown_name

_DAY = 86_400
_CHANGEABLE = frozenset({"rate", "chase", "lateness", "ambient", "sparks"})


def _nothing() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Process:
    """How a world works: the constants in which it may differ from the retailer.

    Attributes
    ----------
    streams
        The kinds of touches, in the retailer's order; rate, chase, lateness, ambient and sparks may differ.
    effects
        Factors on the causal effects of channels and on the missions that their touches start.
    returning
        Share of users who bought before the log starts.
    mission_longest
        Seconds from the start of a mission to its decision, at most.
    mission_shape
        Duration = shortest + (longest - shortest) * U ** shape.
    synergy
        Pairs of channels and the purchase hazard added to a mission that both touch.
    media_follows
        Exponent with which media consumption grows with propensity; 0: independent.
    referred
        Share of missions whose user has heard of the mission of somebody else, who decided earlier.
    referral
        Factor on the base hazard of such a mission when the other one ended in a purchase.
    cookie_days
        Days after which a device without a login is taken for another user; 0: users are always known.
    consent
        Share of users whose touches of a channel are recorded; channels that are not named: all.

    Raises
    ------
    DatasetError
        If a constant is impossible.

    Examples
    --------
    >>> from attribution.datasets import WORLDS
    >>> WORLDS["new_customers"].returning, WORLDS["retailer"].returning
    (0.05, 0.4)
    """

    streams: tuple[r.Stream, ...] = field(default=r.STREAMS, repr=False)
    effects: Mapping[str, float] = field(default_factory=_nothing)
    returning: float = r.RETURNING
    mission_longest: int = r.MISSION_LONGEST
    mission_shape: float = r.MISSION_SHAPE
    synergy: tuple[tuple[str, str, float], ...] = ()
    media_follows: float = 0.0
    referred: float = 0.0
    referral: float = 1.0
    cookie_days: int = 0
    consent: Mapping[str, float] = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        for name in ("effects", "consent"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        self._check_streams()
        named = (*self.effects, *self.consent, *(name for a, b, _ in self.synergy for name in (a, b)))
        for name in named:
            if name not in r.CHANNEL_CODE:
                raise DatasetError(unknown_name("channel", name, r.CHANNEL_NAMES), column="Process")
        shares = {"returning": self.returning, "referred": self.referred}
        shares |= {f"consent[{name!r}]": share for name, share in self.consent.items()}
        for name, share in shares.items():
            _between(name, share, 0.0, 1.0)
        sizes = {"mission_shape": self.mission_shape, "media_follows": self.media_follows}
        sizes |= {f"effects[{name!r}]": factor for name, factor in self.effects.items()}
        sizes |= {f"synergy of {a} and {b}": gain for a, b, gain in self.synergy}
        for name, size in sizes.items():
            _between(name, size, 0.0, math.inf)
        _between("referral", self.referral, 1.0, math.inf)
        _between("mission_longest", self.mission_longest, r.MISSION_SHORTEST, math.inf)
        _between("cookie_days", self.cookie_days, 0, math.inf)

    def _check_streams(self) -> None:
        kept = [entry.name for entry in fields(r.Stream) if entry.name not in _CHANGEABLE]
        ours, theirs = (
            [tuple(getattr(stream, name) for name in kept) for stream in streams]
            for streams in (self.streams, r.STREAMS)
        )
        if ours != theirs:
            msg = f"streams differ from the retailer's in more than {', '.join(sorted(_CHANGEABLE))}"
            raise DatasetError(msg, column="streams")


def _between(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most or value == math.inf:
        end = f"at least {least:g}" if most == math.inf else f"between {least:g} and {most:g}"
        msg = f"{name}={value!r} must be {end}"
        raise DatasetError(msg, column="Process")


def _each(**factors: float) -> tuple[r.Stream, ...]:
    """Return the retailer's streams, the named constants of each multiplied."""
    return tuple(
        replace(stream, **{name: getattr(stream, name) * factor for name, factor in factors.items()})
        for stream in r.STREAMS
    )


def _of(channel: str, **constants: float) -> tuple[r.Stream, ...]:
    """Return the retailer's streams, the named constants of one channel's set."""
    return tuple(
        replace(stream, **constants) if stream.channel == channel else stream  # type: ignore[arg-type]
        for stream in r.STREAMS
    )


_ADVERTISING = ("affiliate", "direct_mail", "display", "email", "paid_search", "sms", "social", "video")

WORLDS: Mapping[str, Process] = MappingProxyType(
    {
        "retailer": Process(),
        "hard_chase": Process(streams=_each(chase=1.8)),
        "no_chase": Process(streams=_each(chase=0.0)),
        "long_lags": Process(mission_longest=84 * _DAY, mission_shape=1.5),
        "synergy": Process(
            synergy=(
                ("video", "paid_search", 0.15),
                ("display", "email", 0.12),
                ("social", "organic_search", 0.10),
            )
        ),
        "new_customers": Process(returning=0.05),
        "strong_ads": Process(effects=dict.fromkeys(_ADVERTISING, 2.5)),
        "no_sparks": Process(streams=_each(sparks=0.0)),
        "closers": Process(
            streams=_each(sparks=0.0),
            effects={
                "retargeting": 80.0,
                "affiliate": 6.0,
                "paid_search": 3.0,
                "video": 0.2,
                "display": 0.3,
                "social": 0.3,
            },
        ),
        "null": Process(effects=dict.fromkeys(r.CHANNEL_NAMES, 0.0)),
        "heavy_users": Process(media_follows=1.0),
        "word_of_mouth": Process(referred=0.7, referral=8.0),
        "identity_loss": Process(cookie_days=7),
        "consent_gaps": Process(
            consent={"display": 0.5, "retargeting": 0.5, "social": 0.4, "video": 0.4, "affiliate": 0.7}
        ),
        "working_retargeting": Process(effects={"retargeting": 60.0}),
        "triggered_email": Process(streams=_of("email", chase=1.2, lateness=4.0, ambient=0.0, sparks=0.0)),
    }
)
"""Named worlds: the process that each follows. ``simulate(world="closers")`` plays one."""

RETAILER = WORLDS["retailer"]
