"""A dial plan: what stands before an outside number at a PBX, and which numbers are its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from phonenumbers import SUPPORTED_REGIONS

from tollbook.model.problem import Misconfigured, Problem
from tollbook.numbering.countries import BEGIN_NO_AREA, country
from tollbook.plugins import Kind, Setting, choice, declared, read_options, unknown_settings

_PREFIX = re.compile(r"[0-9*#]{1,8}")
_DIGITS = re.compile(r"[0-9]{0,8}")
_RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")
_ANY = re.compile(r"([0-9]*)([Xx]+)")
"""A range as a pattern: `1XX` is 100-199."""
_MOST = 200
"""Ranges, or prefixes, of one setting."""


def _country(text: str) -> str:
    code = text.strip().upper()
    if code and code not in SUPPORTED_REGIONS:
        raise ValueError("a country by its two letters, such as DE, GB or US")
    return code


def _digits(text: str) -> str:
    if not _DIGITS.fullmatch(text):
        raise ValueError("digits, at most 8")
    return text


def _prefixes(text: str) -> tuple[str, ...]:
    words = tuple(text.replace(",", " ").split())
    if any(not _PREFIX.fullmatch(word) for word in words):
        raise ValueError("digits, several separated by commas, such as 9 or 0,88")
    if len(words) > _MOST:
        raise ValueError(f"at most {_MOST} prefixes or numbers")
    return tuple(sorted(set(words), key=lambda word: (-len(word), word)))


def _ranges(text: str) -> tuple[tuple[str, str], ...]:
    words = [
        _ANY.sub(lambda found: found[1] + "0" * len(found[2]) + "-" + found[1] + "9" * len(found[2]), word)
        for word in text.replace(",", " ").split()
    ]
    found = [_RANGE.fullmatch(word) for word in words]
    ranges = tuple((each[1], each[2] or each[1]) for each in found if each)
    if len(ranges) < len(words) or any(len(low) != len(high) or low > high for low, high in ranges):
        raise ValueError("ranges of extensions such as 100-199,4000-4999,9: both ends equally long")
    if len(ranges) > _MOST:
        raise ValueError(f"at most {_MOST} ranges")
    return ranges


Read = TypeVar("Read")


def _or_none(read: Callable[[str], Read]) -> Kind:
    """Return the kind of a setting that a trunk group may have `none` of, where all lines have some."""
    return Kind(lambda text: read("" if text.strip().casefold() == NONE else text))


NONE = "none"
COUNTRY = Kind(_country)
DIGITS = _or_none(_digits)
PREFIXES = _or_none(_prefixes)
RANGES = _or_none(_ranges)
WRITTEN = ("maybe", "always", "never")


class DialPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How numbers are dialled at a PBX. Without a country no number has a meaning.

    `extensions` are pairs of the first and the last of a range, equally long. Prefixes come longest first.
    """

    country: Annotated[str, Setting("the country the PBX stands in, by its two letters", COUNTRY, example="DE")] = ""
    area_code: Annotated[
        str,
        Setting("the area code of its lines, without the 0 or 1 before it", DIGITS, example="30"),
    ] = ""
    outside: Annotated[
        tuple[str, ...],
        Setting("what is dialled for an outside line; several with commas", PREFIXES, example="9"),
    ] = ()
    outside_written: Annotated[
        str,
        Setting("whether the PBX writes that prefix into its records", choice(*WRITTEN), "maybe", advanced=True),
    ] = "maybe"
    extensions: Annotated[
        tuple[tuple[str, str], ...],
        Setting("the ranges of its extensions", RANGES, example="100-199,4000-4999"),
    ] = ()
    international: Annotated[
        tuple[str, ...],
        Setting(
            "what is dialled before a country code, where it is not what the country uses",
            PREFIXES,
            advanced=True,
        ),
    ] = ()
    national: Annotated[
        tuple[str, ...],
        Setting("what is dialled before an area code, where it is not what the country uses", PREFIXES, advanced=True),
    ] = ()
    carriers: Annotated[
        tuple[str, ...],
        Setting("codes that choose a carrier, beyond those of the country", PREFIXES, advanced=True, example="01013"),
    ] = ()
    short_numbers: Annotated[
        tuple[str, ...],
        Setting("short numbers that are no extensions, beyond those of the country", PREFIXES, advanced=True),
    ] = ()
    emergency: Annotated[
        tuple[str, ...],
        Setting("emergency numbers, beyond those of the country", PREFIXES, advanced=True, example="112"),
    ] = ()
    local: Annotated[
        str,
        Setting(
            "whether numbers of the own area are dialled without the area code",
            choice("yes", "no"),
            "yes",
            advanced=True,
        ),
    ] = "yes"
    after_answer: Annotated[
        str,
        Setting(
            "whether digits sent once a call stands are shown: they may be PINs or numbers of cards",
            choice("hidden", "shown"),
            "hidden",
            advanced=True,
        ),
    ] = "hidden"

    def is_extension(self, signs: str) -> bool:
        """Say whether a number is in a range of extensions."""
        return signs.isdecimal() and any(
            len(signs) == len(low) and low <= signs <= high for low, high in self.extensions
        )


PLAN_SETTINGS = tuple(each.name for each in declared(DialPlan))
NO_PLAN = DialPlan()


def read_plan(settings: dict[str, str], where: str) -> DialPlan:
    """Return the plan that texts by name describe; raises `Misconfigured` with every fault."""
    unknown = unknown_settings(set(PLAN_SETTINGS), settings, where)
    if unknown:
        raise Misconfigured(*unknown)
    plan = read_options(DialPlan, settings, where)
    if not plan.country and any(settings.values()):
        reason = "prefixes and area codes mean nothing without the country they are of"
        raise Misconfigured(Problem("'country' is missing", reason, where, "--set country=DE"))
    return msgspec.structs.replace(plan, area_code=_without_trunk(plan)) if plan.country else plan


def _without_trunk(plan: DialPlan) -> str:
    """Return the area code of a plan, which many write as it is dialled: 030, or 1 212."""
    trunk = country(plan.country).trunk
    return plan.area_code.removeprefix(trunk) if trunk in BEGIN_NO_AREA else plan.area_code
