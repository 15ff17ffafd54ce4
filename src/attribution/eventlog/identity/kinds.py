"""Kinds of identifiers: what each says about who is one person, and how many people may share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from attribution._checks import one_of, single_name, whole
from attribution._migration import tells_options
from attribution.errors import LogError

Role = Literal["anchor", "strong", "device"]
STRENGTH: Mapping[str, int] = MappingProxyType({"anchor": 0, "strong": 1, "device": 2})
NORMALISERS = ("text", "lower", "upper", "email", "email_with_tags", "sha256", "phone")
PLACES = ("ip", "ip_address", "address", "postal_address")
"""Kinds that are places, and link nobody."""


@tells_options(LogError)
@dataclass(frozen=True)
class Kind:
    """A kind of identifier.

    Parameters
    ----------
    name
        What it is called: ``"customer"``, ``"email"``, ``"club_card"``. The same text under two kinds is two
        identifiers.
    role
        ``"anchor"``: one a person, and no person has two (a customer number; or a household's key, where
        journeys are to be those of households). ``"strong"``: belongs to one person and brings others
        together (an e-mail address, a loyalty card). ``"device"``: is used by a person, and at times by
        another one.
    cap
        An identifier that is seen with more anchors than this is shared (a kiosk, the phone of a call
        centre):
        it links nobody, and its touches stay its own.
    normalise
        How texts are made alike: ``"text"`` (blanks around it), ``"lower"``, ``"upper"``, ``"email"`` (case,
        tags behind a plus, dots of Gmail), ``"email_with_tags"``, ``"sha256"`` (64 hexadecimal digits),
        ``"phone"`` (E.164).

    Raises
    ------
    LogError
        If the kind is a place (an IP address, a postal address), which says nothing about who somebody is;
        or an option is none of its values.

    Examples
    --------
    >>> Kind("club_card", cap=2)
    Kind(name='club_card', role='strong', cap=2, normalise='text')
    """

    name: str
    role: Role = "strong"
    cap: int = 3
    normalise: str = "text"

    def __post_init__(self) -> None:
        single_name(self.name, "name", error=LogError)
        if self.name in PLACES:
            raise place_error(self.name)
        one_of(self.role, "role", STRENGTH, error=LogError)
        whole(self.cap, "cap", error=LogError)
        one_of(self.normalise, "normalise", NORMALISERS, error=LogError)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("customer", "anchor", 1),
            Kind("email", "strong", 3, "email"),
            Kind("email_sha256", "strong", 3, "sha256"),
            Kind("phone", "strong", 5, "phone"),
            Kind("loyalty", "strong", 3),
            Kind("cookie", "device", 5),
            Kind("device", "device", 5),
            Kind("maid", "device", 5, "upper"),
        )
    }
)
"""The kinds that are known by name; caps are those of the study in docs/identity.md."""

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "customer_id": "customer", "customer": "customer", "crm_id": "customer", "account_id": "customer",
        "user_id": "customer",
        "email": "email", "e_mail": "email", "mail": "email", "email_address": "email",
        "email_sha256": "email_sha256", "hashed_email": "email_sha256", "email_hash": "email_sha256",
        "phone": "phone", "phone_number": "phone", "mobile": "phone", "telephone": "phone",
        "loyalty_id": "loyalty", "loyalty": "loyalty", "loyalty_card": "loyalty",
        "cookie_id": "cookie", "cookie": "cookie", "client_id": "cookie", "anonymous_id": "cookie",
        "user_pseudo_id": "cookie", "domain_userid": "cookie", "visitor_id": "cookie",
        "device_id": "device", "device": "device",
        "maid": "maid", "idfa": "maid", "gaid": "maid", "advertising_id": "maid",
    }
)  # fmt: skip
"""Names of columns that say of which kind they are."""


def place_error(name: str) -> LogError:
    """Return the error of a place that is asked to link people."""
    msg = f"{name!r} is a place, and links nobody"
    why = "an address is shared by a household, an office or a whole carrier: two of its people would be one"
    hint = 'at.Kind("household", role="anchor") on a key of households, for journeys of households'
    return LogError(msg, column=name, why=why, hint=hint)
