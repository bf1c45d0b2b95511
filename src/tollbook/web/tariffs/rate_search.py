"""The rates of a version on its page: all of them in pages, those of some words, or those that fit a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tollbook.model.meaning import KIND_TITLES
from tollbook.numbering.places import country_name
from tollbook.rating.rates import RateTable
from tollbook.rating.tariff import ALWAYS, Rate, Tariff
from tollbook.render.numbers import spaced
from tollbook.site.tariffs.numbers import typed_number
from tollbook.web.tariffs.words import price_told

_LONGEST_WORDS = 200


class RateRow(msgspec.Struct, frozen=True):
    """A rate as the page shows it."""

    to: str
    name: str
    band: str
    price: str


class NumberInBand(msgspec.Struct, frozen=True):
    """The rate that counts for a number in a band, and those that fit as well and are less exact."""

    band: str
    rate: RateRow | None
    others: list[RateRow]


class FoundRates(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked for: `number` is the number in groups, empty where words were; then `of_number` is empty.

    `place` says what the number is, empty where nobody has such a number.
    """

    words: str
    number: str = ""
    place: str = ""
    of_number: list[NumberInBand] = []
    rates: Sequence[Rate] = ()


def find_rates(tariff: Tariff, words: str) -> FoundRates:
    """Return the rates for a number or for words of a destination; all of them where nothing is looked for."""
    words = words.strip()[:_LONGEST_WORDS]
    number = typed_number(words) if words else None
    if number is None:
        wanted = words.casefold().split()
        rates = tariff.rates if not wanted else [rate for rate in tariff.rates if _holds(rate, wanted)]
        return FoundRates(words=words, rates=rates)
    table = RateTable(tariff.rates)
    bands = [band.name for band in tariff.bands] or [ALWAYS]
    found = [NumberInBand(band, *_first([row(rate) for rate in table.candidates(number, band)])) for band in bands]
    shown = words if number.dialled == words else spaced(number.e164)
    place = ", ".join(filter(None, (country_name(number.country), KIND_TITLES.get(number.kind, number.kind))))
    return FoundRates(words=words, number=shown, place=place, of_number=list(_alike(found)))


def _first(rows: list[RateRow]) -> tuple[RateRow | None, list[RateRow]]:
    return (rows[0] if rows else None), rows[1:]


def _alike(found: list[NumberInBand]) -> Iterator[NumberInBand]:
    """Yield one row for all bands where the same rates count in each."""
    same = {(each.rate, tuple(each.others)) for each in found}
    if len(same) == 1 and found:
        yield msgspec.structs.replace(found[0], band=ALWAYS)
    else:
        yield from found


def _holds(rate: Rate, wanted: list[str]) -> bool:
    text = f"{rate.to} {rate.name} {rate.band}".casefold()
    return all(word in text for word in wanted)


def row(rate: Rate) -> RateRow:
    """Return a rate as the page shows it."""
    return RateRow(rate.to, rate.name, rate.band, price_told(rate.terms))
