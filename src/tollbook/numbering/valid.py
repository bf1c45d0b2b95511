"""Asks phonenumbers what digits are: valid or not, whose, of which kind, and where a number ends that is too long."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import CountryCodeSource, NumberFormat, PhoneNumber, PhoneNumberType, ValidationResult

from tollbook.model.meaning import Found, Kind, Reach
from tollbook.numbering.countries import NANP, Country, of_today

_KINDS: dict[int, Kind] = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.VOICEMAIL: "mobile",
}
"""Our word for a type of phonenumbers; mailboxes are those of mobile telephones, and cost what these cost."""
_SATELLITE = frozenset((870, 881, 882))
"""Calling codes of satellite networks; 882 is that of some networks of ships and islands too, as dear as those."""
_OF_AN_AREA = frozenset(("fixed", "fixed_or_mobile"))
_WORLD = "001"
"""phonenumbers' word for numbers of no country."""
_LONGEST_E164 = 1 + 15
"""Signs of a number of E.164; phonenumbers takes longer ones, too, as German ones without a fixed length."""
_SHORTEST = 4
"""Digits up to which what phonenumbers takes for no number at all has merely not been dialled to its end."""


def parsed(digits: str, here: Country) -> PhoneNumber | None:
    """Return a number of E.164, or one as it is dialled in a country, as phonenumbers has it."""
    try:
        return phonenumbers.parse(digits, here.code, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None


def valid(digits: str, here: Country, area_code: str) -> Found | None:
    """Return what a number of E.164, or one as it is dialled in a country, means if it is valid."""
    number = parsed(of_today(digits), here)
    if number is None:
        return None
    significant = phonenumbers.national_significant_number(number)
    own = number.country_code == here.calling_code
    special = next((each.kind for each in here.ranges if own and each.pattern.fullmatch(significant)), None)
    where = _where(number, here)
    if where is None and special is None:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(e164) > _LONGEST_E164:
        return None
    kind = special or _kind(number)
    return Found(
        kind=kind,
        reach=_reach(where or here.code, here, bool(area_code) and own and significant.startswith(area_code), kind),
        e164=e164,
        country=None if where == _WORLD else where or here.code,
        number=number.raw_input if where is None else None,
        carrier_code=number.preferred_domestic_carrier_code or None,
    )


def _where(number: PhoneNumber, here: Country) -> str | None:
    """Return the country of a number, its own where it is valid there, or None where the number is not valid."""
    if number.country_code == here.calling_code and phonenumbers.is_valid_number_for_region(number, here.code):
        return here.code
    there = phonenumbers.region_code_for_number(number)
    return there if there and phonenumbers.is_valid_number_for_region(number, there) else None


def _kind(number: PhoneNumber) -> Kind:
    if number.country_code in _SATELLITE:
        return "satellite"
    return _KINDS.get(phonenumbers.number_type(number), "unknown")


def _reach(where: str, here: Country, near: bool, kind: Kind) -> Reach:  # noqa: FBT001 - the area is the same
    if where not in here.together:
        return "international"
    return "local" if near and kind in _OF_AN_AREA else "national"


def lacks_trunk(rest: str, here: Country) -> bool:
    """Say whether a national number is dialled without the trunk prefix that its country wants before such a number.

    It may then be one of the own area. Some want it before some numbers only: `1300 …` and `02 …` in Australia.
    """
    number = parsed(rest, here)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(here.code)
    if number is None or metadata is None or not here.trunk or rest.startswith(here.trunk):
        return False
    if number.country_code_source == CountryCodeSource.FROM_NUMBER_WITHOUT_PLUS_SIGN:
        return False
    significant = phonenumbers.national_significant_number(number)
    form = next((each for each in metadata.number_format if _forms(each, significant)), None)
    if form is None or form.national_prefix_optional_when_formatting:
        return False
    return here.trunk in (form.national_prefix_formatting_rule or "").partition("\\1")[0]


def _forms(form: NumberFormat, significant: str) -> bool:
    leading = form.leading_digits_pattern
    return bool(
        (not leading or re.match(leading[-1], significant))
        and form.pattern
        and re.fullmatch(form.pattern, significant),
    )


def end_of_number(rest: str, digits: str, here: Country) -> int:
    """Return where in `rest` a number ends behind which more was sent, or 0 where there is none.

    `digits` is the number as phonenumbers reads it: `rest` itself, or with `+` for an international prefix. For
    `011442079460135999` and `+442079460135999` that is 15.
    """
    if digits == rest and not rest.startswith(here.trunk) and here.calling_code != NANP:
        return 0  # an area code is missing, so that its length says nothing
    number = parsed(digits, here)
    if number is None:
        return 0
    whole = phonenumbers.national_significant_number(number)
    written = number.country_code == here.calling_code if digits == rest else digits == f"+{number.country_code}{whole}"
    if not written or not phonenumbers.truncate_too_long_number(number):
        return 0
    left = len(phonenumbers.national_significant_number(number))
    too_many = len(whole) - min(left, _LONGEST_E164 - 1 - len(str(number.country_code)))
    return len(rest) - too_many if too_many else 0


def is_too_short(digits: str, here: Country) -> bool:
    """Say whether digits are missing for a number."""
    number = parsed(digits, here)
    if number is None:
        return len(digits) <= _SHORTEST
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)


def short(digits: str, here: Country) -> Kind | None:
    """Return the kind of a short number that people call: not one that only takes texts."""
    metadata = phonenumbers.PhoneMetadata.short_metadata_for_region(here.code)
    if metadata is None or not _has(metadata.short_code, digits) or _has(metadata.sms_services, digits):
        return None
    return "premium_short" if _has(metadata.premium_rate, digits) else "short_code"


def _has(described: phonenumbers.PhoneNumberDesc | None, digits: str) -> bool:
    pattern = described.national_number_pattern if described else None
    return pattern is not None and re.fullmatch(pattern, digits, re.ASCII) is not None
