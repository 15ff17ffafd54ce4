"""Identifiers made alike: the same address in two spellings is one identifier, a placeholder is none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from attribution.errors import LogError
from attribution.tables import kinds as types
from attribution.tables.arrays import unwrap
from attribution.tables.keys import no_ids

_NO_ONE = ("-1", "test", "void", "invalid", "(not set)", "deleted")
_MAIL = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_GMAIL = r"@(gmail|googlemail)\.com$"
_E164 = r"^\+[1-9][0-9]{7,14}$"


@dataclass(frozen=True)
class Normaliser:
    """How the texts of a kind are made alike.

    Attributes
    ----------
    how
        As in `Kind.normalise`.
    region
        Of phone numbers without a country code, such as ``"DE"``; None where there are none.
    blocked
        Further texts that are nobody's, as they stand after normalising or before.
    digest
        Whether e-mail addresses become their SHA-256, to meet those that came as such.
    """

    how: str = "text"
    region: str | None = None
    blocked: tuple[str, ...] = ()
    digest: bool = False

    def __call__(self, array: Any, column: str = "phone") -> Any:
        """Return the identifiers of an array, null where there is none.

        Parameters
        ----------
        array
            A pyarrow Array of text, bytes or integers.
        column
            What messages call it.

        Raises
        ------
        LogError
            If phone numbers have no country code and no region is told, or what reads them is not installed.

        Examples
        --------
        >>> import pyarrow as pa
        >>> addresses = pa.array([" Ann.Lee+promo@GMAIL.com", "annlee@googlemail.com", "none"])
        >>> Normaliser("email")(addresses).to_pylist()
        ['annlee@gmail.com', 'annlee@gmail.com', None]
        """
        array = unwrap(array)
        if pat.is_dictionary(array.type):
            found = self(array.dictionary, column)
            return found.take(array.indices)
        if pat.is_integer(array.type):
            return array
        text = _without_placeholders(array, self.blocked)
        if self.how in ("email", "email_with_tags"):
            text = _emails(text, tags=self.how == "email_with_tags")
            text = _digests(text) if self.digest else text
        elif self.how == "sha256":
            lower = pc.utf8_lower(text)
            text = _only(lower, pc.match_substring_regex(lower, "^[0-9a-f]{64}$"))
        elif self.how == "phone":
            text = _phones(text, self.region, column)
        elif self.how in ("lower", "upper"):
            text = pc.utf8_lower(text) if self.how == "lower" else pc.utf8_upper(text)
        if self.blocked:
            text = _only(text, pc.invert(pc.is_in(text, pa.array(self.blocked, text.type))))
        return text


def _only(text: Any, kept: Any) -> Any:
    return pc.if_else(pc.fill_null(kept, fill_value=False), text, pa.scalar(None, text.type))


def _without_placeholders(array: Any, blocked: tuple[str, ...]) -> Any:
    """Return an array as trimmed text, null where a word stands that is no identifier."""
    if types.is_bytes(array.type) or not types.is_text(array.type):
        array = array.cast(pa.string())
    text = pc.utf8_trim_whitespace(array.cast(pa.large_string()))
    missing, _ = no_ids(text)
    lower = pc.utf8_lower(text)
    words = pa.array([*_NO_ONE, *(word.lower() for word in blocked)], lower.type)
    bad = pc.or_(pc.is_in(lower, words), pc.match_substring_regex(lower, "^[0-]*$"))
    if missing is not None:
        bad = pc.or_(bad, pa.array(missing))
    return _only(text, pc.invert(bad))


def _emails(text: Any, *, tags: bool) -> Any:
    lower = pc.utf8_lower(text)
    lower = _only(lower, pc.match_substring_regex(lower, _MAIL))
    if not tags:
        lower = pc.replace_substring_regex(lower, r"\+[^@]*@", "@")
    gmail = pc.fill_null(pc.match_substring_regex(lower, _GMAIL), fill_value=False)
    local = pc.replace_substring(pc.replace_substring_regex(lower, "@.*$", ""), ".", "")
    return pc.if_else(
        gmail,
        pc.binary_join_element_wise(local, pa.scalar("gmail.com", local.type), pa.scalar("@", local.type)),
        lower,
    )


def _digests(text: Any) -> Any:
    """Return SHA-256 in hexadecimal: an address at a time, since neither Arrow nor numpy has it."""
    distinct = text.dictionary_encode()
    known = distinct.dictionary.to_pylist()
    hexes = [hashlib.sha256(value.encode()).hexdigest() for value in known]
    return pa.array(hexes, pa.large_string()).take(distinct.indices)


def _phones(text: Any, region: str | None, column: str) -> Any:
    clean = pc.replace_substring_regex(pc.replace_substring(text, "(0)", ""), r"[\s().\-/]", "")
    clean = pc.replace_substring_regex(clean, "^00([1-9])", r"+\1")
    plain = pc.fill_null(pc.match_substring_regex(clean, _E164), fill_value=False)
    rest = np.flatnonzero(
        ~plain.to_numpy(zero_copy_only=False) & text.is_valid().to_numpy(zero_copy_only=False)
    )
    found = _only(clean, plain)
    if not len(rest):
        return found
    numbers = text.take(pa.array(rest)).dictionary_encode()
    national = int(
        pc.sum(pc.invert(pc.starts_with(pc.utf8_ltrim_whitespace(numbers.dictionary), "+"))).as_py()
    )
    if national and region is None:
        msg = f"{column}: {national:,} phone numbers have no country code"
        why = "the same digits are other people's in another country"
        raise LogError(msg, column=column, why=why, hint='region="DE" says where they are from')
    if find_spec("phonenumbers") is None:
        msg = f"{column}: {len(numbers.dictionary):,} phone numbers are not written as +491511234567"
        hint = 'pip install "attribution-analytics[identity]"'
        raise LogError(msg, column=column, why="what reads other spellings is not installed", hint=hint)
    read = pa.array([_e164(number, region) for number in numbers.dictionary.to_pylist()], found.type)
    mask = np.zeros(len(text), np.bool_)
    mask[rest] = True
    return pc.replace_with_mask(found, pa.array(mask), read.take(numbers.indices))


def _e164(number: str, region: str | None) -> str | None:
    """Return a phone number with its country code, None where it is none."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    text: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return text
