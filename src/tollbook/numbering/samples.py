"""Numbers of countries that share their country code with others: what tells a code that reaches over a border."""

from __future__ import annotations

from collections.abc import Iterator

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberType, example_number_for_type

from tollbook.numbering.places import country_name

_TYPES = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)


def numbers_of_neighbours() -> Iterator[tuple[str, str, str]]:
    """Yield valid numbers without a plus sign, each with its country and its name; the code's own country is first.

    >>> {country for number, country, _ in numbers_of_neighbours() if number.startswith("7")} == {"RU", "KZ"}
    True
    """
    for code, countries in COUNTRY_CODE_TO_REGION_CODE.items():
        for country in countries if len(countries) > 1 else ():
            for kind in _TYPES:
                example = example_number_for_type(country, kind)
                if example:
                    yield f"{code}{example.national_number}", country, country_name(country)
