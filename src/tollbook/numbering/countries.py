"""What is known of a country's numbers beyond phonenumbers: carrier codes, codes of the network, former prefixes."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from phonenumbers import PhoneMetadata, country_code_for_region

from tollbook.model.meaning import Kind
from tollbook.plugins import read_toml

_NEVER = re.compile(r"(?!)")
_TOGETHER = (
    frozenset(("GB", "GG", "JE", "IM")),
    frozenset(("US", "PR", "VI", "GU", "AS", "MP")),
    frozenset(("AU", "CC", "CX")),
    frozenset(("FI", "AX")),
    frozenset(("NO", "SJ")),
    frozenset(("IT", "VA")),
    frozenset(("FR", "BL", "GF", "GP", "MF", "MQ", "RE", "YT")),
    frozenset(("MA", "EH")),
)
"""Countries between which a call is no call abroad, and is dialled like a national one."""
BEGIN_NO_AREA = frozenset(("0", "1"))
"""Trunk prefixes with which no area code begins, and no number that is dialled without one; Moscow has some with 8."""
NANP = 1
"""The calling code of the North American numbering plan."""


class Range(msgspec.Struct, frozen=True):
    """National numbers (without the trunk prefix) of a kind that phonenumbers does not have."""

    pattern: re.Pattern[str]
    kind: Kind


class Elsewhere(msgspec.Struct, frozen=True):
    """Numbers dialled like national ones that lie in another country: what they begin with, and what that becomes."""

    pattern: re.Pattern[str]
    becomes: str


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """The codes of a country, as patterns; `international` and `trunk` are what stands before a number.

    An international prefix that is not among `plain_international` is that of one carrier.
    """

    code: str
    calling_code: int
    international: re.Pattern[str]
    plain_international: frozenset[str]
    trunk: str
    features: re.Pattern[str]
    carriers: re.Pattern[str]
    carrier_in_international: str
    operators: re.Pattern[str]
    premium_short: re.Pattern[str]
    former_prefixes: re.Pattern[str]
    ranges: tuple[Range, ...]
    elsewhere: tuple[Elsewhere, ...]
    together: frozenset[str]


@cache
def country(code: str) -> Country:
    """Return what is known of a country that phonenumbers has."""
    said = _said(code)
    metadata = PhoneMetadata.metadata_for_region(code)
    assert metadata is not None  # noqa: S101 - for the type; a plan has no other countries
    return Country(
        code=code,
        calling_code=country_code_for_region(code),
        international=_either(
            metadata.international_prefix,
            said.get("international"),
            said.get("former_international"),
        ),
        plain_international=_plain(
            metadata.international_prefix or "",
            metadata.preferred_international_prefix or "",
            said.get("former_international", ""),
        ),
        trunk=metadata.national_prefix or "",
        features=_either(_document()["common"]["features"], said.get("features")),
        carriers=_pattern(said, "carriers"),
        carrier_in_international=said.get("carrier_in_international", ""),
        operators=_pattern(said, "operators"),
        premium_short=_pattern(said, "premium_short"),
        former_prefixes=_pattern(said, "former_prefixes"),
        ranges=tuple(Range(re.compile(each["pattern"]), each["kind"]) for each in said.get("ranges", [])),
        elsewhere=tuple(Elsewhere(re.compile(each["pattern"]), each["becomes"]) for each in said.get("elsewhere", [])),
        together=next((each for each in _TOGETHER if code in each), frozenset((code,))),
    )


@cache
def _document() -> dict[str, Any]:
    return read_toml(resources.files("tollbook.numbering"), "countries.toml")


def of_today(digits: str) -> str:
    """Return a number of E.164 in the form that it has now; others as they are.

    >>> of_today("+5215512345678"), of_today("+22997123456"), of_today("+442079460135")
    ('+525512345678', '+2290197123456', '+442079460135')
    """
    if digits.startswith("+"):
        for former in _former():
            if former.pattern.fullmatch(digits):
                return former.pattern.sub(former.becomes, digits)
    return digits


@cache
def _former() -> tuple[Elsewhere, ...]:
    return tuple(Elsewhere(re.compile(each["pattern"]), each["becomes"]) for each in _document()["former"])


@cache
def digest() -> str:
    """Return the digest of what is known of all countries beyond phonenumbers."""
    return hashlib.blake2b(repr((_document(), sorted(map(sorted, _TOGETHER)))).encode(), digest_size=16).hexdigest()


def _said(code: str) -> dict[str, Any]:
    shared = _document()["NANP"] if country_code_for_region(code) == NANP else {}
    return {**shared, **_document().get(code, {})}


def _plain(pattern: str, preferred: str, former: str) -> frozenset[str]:
    """Return the international prefixes that choose no carrier."""
    return frozenset(("00", former, preferred.replace("~", ""), *([pattern] if pattern.isdecimal() else [])))


def _either(*patterns: str | None) -> re.Pattern[str]:
    """Return one pattern for all that are given; the first that matches counts."""
    given = "|".join(f"(?:{each})" for each in patterns if each)
    return re.compile(given) if given else _NEVER


def _pattern(said: dict[str, Any], name: str) -> re.Pattern[str]:
    return re.compile(said[name]) if name in said else _NEVER
