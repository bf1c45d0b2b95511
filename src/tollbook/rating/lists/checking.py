"""Looks at the rates of a price list: what one who buys by it may not have meant.

A short code over a border also prices numbers of a neighbour; satellites without a rate are unpriced; a price far above
those of its country has lost its decimals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import median

import msgspec

from tollbook.rating.lists.codes import country_code
from tollbook.rating.tariff import Rate

SATELLITES = ("870", "881", "882", "883")
_WORLDWIDE = 20
"""Country codes from which on a list is one of the world."""
_OUTLIER = 50
_ENOUGH = 3
_MOST_TOLD = 20
_MOST_NAMED = 3


class SampleNumber(msgspec.Struct, frozen=True):
    """A number that is valid in a country: `e164` without its plus sign, the country's name in English."""

    e164: str
    country: str
    name: str


class ListWarning(msgspec.Struct, frozen=True):
    """What somebody should look at before the list is used; `line` is that of the price list, 0 where there is none."""

    text: str
    line: int = 0


def look_at(rates: Sequence[Rate], samples: Iterable[SampleNumber]) -> list[ListWarning]:
    """Return what is odd about rates; numbers over a border are found with valid numbers of all countries."""
    by_code = {rate.to[1:]: rate for rate in rates if rate.to.startswith("+")}
    return [
        *_free(rates),
        *_over_borders(by_code, samples),
        *_without_satellites(rates, by_code),
        *_outliers(rates),
    ]


def _free(rates: Sequence[Rate]) -> list[ListWarning]:
    known = {id(rate.terms): rate for rate in rates}  # equal prices of a list are one value
    costless = {terms for terms, rate in known.items() if _is_free(rate)}
    free = [rate for rate in rates if id(rate.terms) in costless] if costless else []
    if not free:
        return []
    which = ", ".join(f"{rate.to} {rate.name}".strip() for rate in free[:3])
    return [
        ListWarning(
            f"{_count(len(free))} nothing at all: {which}{' …' if len(free) > len(free[:3]) else ''}",
            free[0].line,
        ),
    ]


def _count(number: int) -> str:
    return f"{number} rates cost" if number > 1 else "1 rate costs"


def _is_free(rate: Rate) -> bool:
    terms = rate.terms
    return not (terms.blocked or terms.connect_fee or terms.minimum or any(step.price for step in terms.steps))


def _over_borders(by_code: Mapping[str, Rate], samples: Iterable[SampleNumber]) -> list[ListWarning]:
    """Return codes that price numbers of several countries, each with an example of one that its name does not say."""
    reached: dict[str, dict[str, SampleNumber]] = defaultdict(dict)
    for sample in samples:
        code = next(
            (sample.e164[:size] for size in range(len(sample.e164), 0, -1) if sample.e164[:size] in by_code),
            "",
        )
        if code:
            reached[code].setdefault(sample.country, sample)
    found = []
    for code, countries in reached.items():
        rate = by_code[code]
        others = [sample for sample in countries.values() if sample.name.casefold() not in rate.name.casefold()]
        if len(others) == len(countries):
            others = others[1:]  # the first country is that whose code it is
        if len(countries) > 1 and others:
            found.append(ListWarning(_over_border(rate, others), rate.line))
    return found


def _over_border(rate: Rate, others: Sequence[SampleNumber]) -> str:
    which = ", ".join(sample.name for sample in others[:_MOST_NAMED])
    which += f" and {len(others) - _MOST_NAMED} more countries" if len(others) > _MOST_NAMED else ""
    return (
        f"{_called(rate)} also prices numbers of {which}, such as +{others[0].e164}: "
        "give them codes of their own, if they have another price"
    )


def _without_satellites(rates: Sequence[Rate], by_code: Mapping[str, Rate]) -> list[ListWarning]:
    if any(rate.to == "*" for rate in rates) or len({country_code(code) for code in by_code}) < _WORLDWIDE:
        return []
    begun = {code[:3] for code in by_code}
    missing = [f"+{code}" for code in SATELLITES if code not in begun]
    if not missing:
        return []
    return [
        ListWarning(
            f"no rate for satellites {', '.join(missing)}: calls to them stay unpriced, and are listed as such",
        ),
    ]


def _outliers(rates: Sequence[Rate]) -> list[ListWarning]:
    """Return prices of fifty times the middle of their country, or of the list where a country has few."""
    prices: dict[str, list[tuple[Decimal, Rate]]] = defaultdict(list)
    known: dict[int, Decimal] = {}
    for rate in rates:
        price = known.get(id(rate.terms))
        if price is None:
            price = known[id(rate.terms)] = _price(rate)
        if price and rate.to.startswith("+"):
            prices[_region(rate.to[1:])].append((price, rate))
    if not prices:
        return []
    middle = median(price for found in prices.values() for price, _ in found)
    told = []
    for found in prices.values():
        usual = median(price for price, _ in found) if len(found) >= _ENOUGH else middle * _OUTLIER
        told += [
            ListWarning(
                f"{_called(rate)} costs {price.normalize():f} a minute, {price / usual:.0f} times the usual "
                "price: decimals may be lost, or it may be blocked",
                rate.line,
            )
            for price, rate in found
            if price >= _OUTLIER * usual
        ]
    rest = len(told) - _MOST_TOLD
    return [*told[:_MOST_TOLD], ListWarning(f"{rest} more prices are as high")] if rest > 0 else told


def _called(rate: Rate) -> str:
    return f"{rate.to} {rate.name!r}" if rate.name else rate.to


def _region(code: str) -> str:
    """Return by what prices are compared: a country code, in North America an area code."""
    return code[:4] if code[0] == "1" else country_code(code)


def _price(rate: Rate) -> Decimal:
    """Return the price of a minute after the first interval; 0 where nothing is asked for time."""
    if not rate.terms.steps:
        return Decimal(0)
    step = rate.terms.steps[-1]
    return step.price * 60 / (step.increment_s if step.flat else step.per_s)
