"""Reads a version of a tariff from its texts: a TOML document, and a price list where rates are many.

Every fault is found and told with its line before anything is used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from tollbook.model.document import read_document
from tollbook.model.limits import TARIFF_BANDS, TARIFF_BUNDLES
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.rating.bands import holidays_of
from tollbook.rating.document import NO_AMOUNT, WrittenBand, WrittenBundle, WrittenRate, WrittenTariff, odd_amounts
from tollbook.rating.price_list import read_price_list
from tollbook.rating.tariff import (
    MOST_PLACES,
    NoAnswerSupervision,
    Rate,
    Rounding,
    Tariff,
)
from tollbook.rating.written import (
    Fault,
    Faults,
    amount_faults,
    band_faults,
    band_of,
    bundle_of,
    length_faults,
    place_faults,
    terms_of,
)

Table = TypeVar("Table", bound=msgspec.Struct)
Made = TypeVar("Made")
_CURRENCY = re.compile(r"[A-Z]{3}")
_YEARLY = re.compile(r"(\d\d)-(\d\d)")
_LEAP_YEAR = 2000
_DAY_S = 86_400
_LEAST_PERCENT, _MOST_PERCENT = -100, 10_000
_HOLIDAYS_FROM = 2026
_MOST_PROBLEMS = 200
"""Faults that are told: of a list of a million rows more would help nobody."""
_LONG_TEXT = re.compile(r"""(\"{3}|'{3}).*?\1""", re.DOTALL)
_MOST_TABLES = {"band": TARIFF_BANDS, "bundle": TARIFF_BUNDLES}
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")
_HEAD = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_-]+)\s*\]")


class TariffText(msgspec.Struct, frozen=True):
    """A text, and what it is called where something is wrong with it."""

    text: str
    where: str


def read_tariff(document: TariffText, prices: TariffText | None = None) -> Tariff:
    """Return the tariff that texts describe; raises `Misconfigured` with every fault, 200 at most."""
    found = read_document(document.text, document.where, "tariff")
    reading = _Reading(document)
    written = {name: found.pop(name, []) for name in ("band", "rate", "bundle")}
    names = {name for (name,) in _said_in(written["band"], "name") if name}
    bands = reading.tables(written["band"], "band", WrittenBand, lambda each, _: band_of(each))
    rates = reading.tables(written["rate"], "rate", WrittenRate, lambda each, line: _rate(each, line, names))
    bundles = reading.tables(written["bundle"], "bundle", WrittenBundle, lambda each, _: bundle_of(each))
    reading.refuse_same("band", _said_in(written["band"], "name"))
    reading.refuse_same("rate", _said_in(written["rate"], "to", "band"))
    reading.refuse_same("bundle", _said_in(written["bundle"], "name"))
    head = reading.head(found)
    listed, problems = read_price_list(prices.text, prices.where, names) if prices else ([], [])
    problems = [*reading.problems, *problems, *_in_both(rates, listed, document.where, prices)]
    if head and head.use == "rates" and not (rates or listed or problems):
        problems.append(reading.problem(("title",), ("the tariff has no rates", "no call could be priced by it", "")))
    if problems or head is None:
        raise Misconfigured(*problems[:_MOST_PROBLEMS])
    return Tariff(
        **_said(head),
        bands=tuple(bands),
        rates=(*rates, *listed),
        bundles=tuple(bundles),
        digest=digest_of(document, prices),
    )


def _said_in(tables: Any, *keys: str) -> list[tuple[str, ...]]:  # noqa: ANN401 - whatever a person wrote
    """Return what tables say for some keys, as text: nothing for what they leave out, and for what is no table."""
    each = tables if isinstance(tables, list) else []
    return [tuple(str(table.get(key, "")) if isinstance(table, dict) else "" for key in keys) for table in each]


def _rate(written: WrittenRate, line: int, bands: Collection[str]) -> Rate:
    faults = [*place_faults(written.to), *band_faults(written.band, bands)]
    if written.from_s:
        faults.append(
            ("'from_s' belongs into a price list", "here a rate has 'steps'", "steps = [ { from_s = 0, … } ]"),
        )
    if faults:
        raise Faults(*faults)
    return Rate(written.to, written.band, terms_of(written), written.name, line)


def _in_both(rates: list[Rate], listed: list[Rate], where: str, prices: TariffText | None) -> Iterator[Problem]:
    """Yield what stands both in the document and in the price list."""
    known = {(rate.to, rate.band): rate.line for rate in rates}
    for rate in listed:
        line = known.get((rate.to, rate.band))
        if line is not None and prices:
            reason = f"it stands in {where}:{line} as well"
            yield Problem(f"the rate {rate.to} is there twice", reason, f"{prices.where}:{rate.line}", "take one out")


def digest_of(*texts: TariffText | None) -> str:
    """Return the digest of a version by its document and its price list."""
    digest = hashlib.blake2b(digest_size=16)
    for each in texts:
        digest.update(msgspec.json.encode(each.text if each else None))
    return digest.hexdigest()


# ---------------------------------------------------------------- a document and its lines


class _Reading:
    """What is found wrong with a document, by the lines of its text."""

    def __init__(self, document: TariffText) -> None:
        self._where = document.where
        self._places = dict(_places_of(document.text))
        self.problems: list[Problem] = []

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the line of a key such as `("rate", 2, "to")`, or of the table it is in; 0 where that is not known."""
        return next((self._places[path[:size]] for size in range(len(path), 0, -1) if path[:size] in self._places), 0)

    def problem(self, path: tuple[str | int, ...], fault: Fault) -> Problem:
        """Return what is wrong with a key as it is told."""
        what, reason, help_ = fault
        line = self.line(path)
        return Problem(what, reason, f"{self._where}:{line}" if line else self._where, help_)

    def tables(
        self,
        found: Any,  # noqa: ANN401 - whatever a person wrote
        name: str,
        written: type[Table],
        make: Callable[[Table, int], Made],
    ) -> list[Made]:
        """Return what the tables of a name describe; notes what is wrong with each."""
        if not isinstance(found, list):
            fault = (f"'{name}' is no list of tables", f"it is {type(found).__name__}", f"begin each with [[{name}]]")
            self.problems.append(self.problem((name,), fault))
            return []
        made: list[Made] = []
        most = _MOST_TABLES.get(name, len(found))
        if len(found) > most:
            self.problems.append(
                self.problem(
                    (name, most),
                    (f"a tariff has {most} tables [[{name}]] at most", f"there are {len(found)}", ""),
                ),
            )
            return []
        for number, each in enumerate(found):
            value = self._converted(_priced_in_words(each), written, (name, number))
            if value is None:
                continue
            try:
                made.append(make(value, self.line((name, number))))
            except Faults as fault:
                self.problems += [self.problem((name, number, _key_in(each[0])), each) for each in fault.faults]
        return made

    def refuse_same(self, name: str, keys: Iterable[tuple[str, ...]]) -> None:
        """Note what is there twice of what may be there once."""
        seen = set[tuple[str, ...]]()
        for number, key in enumerate(keys):
            if key[0] and key in seen:
                told = " in the band ".join(filter(None, key))
                fault = (f"the {name} {told} is there twice", "it is not said which of them counts", "take one out")
                self.problems.append(self.problem((name, number), fault))
            seen.add(key)

    def head(self, found: dict[str, Any]) -> WrittenTariff | None:
        """Return what is said once; notes what is wrong with it."""
        head = self._converted({name: _dates_in_words(value) for name, value in found.items()}, WrittenTariff, ())
        if head:
            self.problems += [self.problem((_key_in(fault[0]),), fault) for fault in _head_faults(head)]
        return head

    def _converted(self, found: Any, written: type[Table], path: tuple[str | int, ...]) -> Table | None:  # noqa: ANN401 - as above
        for at, text in (odd := list(odd_amounts(found, written))):
            fault = (f"'{at}' is no amount: {text!r}", NO_AMOUNT, "such as 0.05")
            self.problems.append(self.problem((*path, at.partition(".")[0]), fault))
        if odd:
            return None
        try:
            return msgspec.convert(found, written, strict=False)
        except msgspec.ValidationError as fault:
            self.problems.append(self.problem(*_told(str(fault), written, path)))
            return None


def _told(text: str, written: type[msgspec.Struct], path: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], Fault]:
    """Return the path and the fault of what msgspec says of a value that does not fit."""
    reason, _, at = text.replace("`", "'").partition(" - at '$")
    within = re.sub(r"\[(\d+)\]", r".\1", at.rstrip("'")).strip(".")
    named = _key_in(reason)
    key = within.partition(".")[0] or named
    if "unknown field" in reason:
        known = [field.encode_name for field in msgspec.structs.fields(written)]
        help_ = "" if "." in within else nearest(named, known)
        return (*path, key), (f"'{named}' is no setting", f"{within or 'the table'} has none of that name", help_)
    if "missing required field" in reason:
        return path, (f"'{named}' is missing", f"{within or 'the table'} needs it", "")
    return (*path, key), (f"'{within}' cannot be used", reason[:1].lower() + reason[1:], "")


def _priced_in_words(found: Any) -> Any:  # noqa: ANN401 - whatever a person wrote
    """Return a table with its price as a text, since it may be a word."""
    if not isinstance(found, dict) or not isinstance(found.get("price"), int | Decimal):
        return found
    return {**found, "price": str(found["price"])}


def _dates_in_words(found: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(found, list):
        return [_dates_in_words(each) for each in found]
    return found.isoformat() if isinstance(found, date) else found


def _key_in(text: str) -> str:
    """Return the key that a fault names first, in quotes."""
    found = re.search(r"'(\w+)'", text)
    return found[1] if found else ""


def _places_of(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield where tables and keys begin: by path, with the line from 1."""
    counts: dict[str, int] = {}
    table: tuple[str | int, ...] = ()
    blank = _LONG_TEXT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, line in enumerate(blank.split("\n"), 1):
        if head := _HEAD.match(line):
            name = head[1]
            if "[[" in line:
                counts[name] = counts.get(name, -1) + 1
            table = (name, counts[name]) if "[[" in line else (name,)
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, key[1]), number


# ---------------------------------------------------------------- what is said once


def _head_faults(head: WrittenTariff) -> Iterator[Fault]:
    if not head.title.strip():
        yield "'title' is empty", "people choose a tariff by it", ""
    if not _CURRENCY.fullmatch(head.currency):
        yield f"'currency' is none: {head.currency!r}", "a currency has three letters", "such as EUR, GBP or USD"
    yield from _calendar_faults(head)
    yield from _reckoning_faults(head)


def _calendar_faults(head: WrittenTariff) -> Iterator[Fault]:
    if head.zone and not _is_zone(head.zone):
        yield f"'zone' is unknown: {head.zone!r}", "a zone is an IANA name", "such as Europe/Berlin"
    if head.holidays:
        try:
            holidays_of(head.holidays, _HOLIDAYS_FROM)
        except LookupError as fault:
            yield "'holidays' are not known", str(fault.args[0]), "such as DE-BY, GB-ENG or US"
    if head.valid_from and _moment(head.valid_from) is None:
        yield f"'valid_from' is no date: {head.valid_from!r}", "a date is 2026-01-01, a moment 2026-01-01T12:00:00", ""
    for day in head.holiday_dates:
        if _moment(day) is None and _yearly(day) is None:
            yield f"'holiday_dates' has no date: {day!r}", "a date is 2026-12-24, or 12-24 for each year", ""


def _reckoning_faults(head: WrittenTariff) -> Iterator[Fault]:
    if not 1 <= head.duration_unit_s <= _DAY_S:
        yield "'duration_unit_s' must be a number of seconds from 1", f"it is {head.duration_unit_s}", ""
    if not 0 <= head.round.places <= MOST_PLACES or head.round.to == 0:
        how = "round = { places = 2 }"
        yield "'round' cannot be used", f"'places' is 0 to {MOST_PLACES}, 'to' is an amount above 0", how
    for key, least, percent in (("tax", 0, head.tax.percent), ("markup", _LEAST_PERCENT, head.markup.percent)):
        yield from amount_faults(key, abs(percent))
        if percent.is_finite() and not least <= percent <= _MOST_PERCENT:
            yield f"'{key}' must be between {least} and {_MOST_PERCENT} per cent", f"it is {percent}", ""
    yield from amount_faults("markup", head.markup.per_call)
    yield from amount_faults("round", head.round.to or Decimal(0))
    supervision = head.no_answer_supervision or NoAnswerSupervision()
    yield from length_faults("no_answer_supervision", supervision.take_off_s)
    yield from length_faults("no_answer_supervision", supervision.free_below_s)
    yield from amount_faults("pulse_price", head.pulse_price or Decimal(0))
    if head.pulse_price is not None and head.use != "pbx":
        yield "'pulse_price' does not count", "it prices the units that a PBX writes", 'use = "pbx"'


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _yearly(text: str) -> tuple[int, int] | None:
    found = _YEARLY.fullmatch(text)
    try:
        return (date(_LEAP_YEAR, int(found[1]), int(found[2])).month, int(found[2])) if found else None
    except ValueError:
        return None


def _said(head: WrittenTariff) -> dict[str, Any]:
    """Return what a tariff has of its head."""
    names = {field.name for field in msgspec.structs.fields(Tariff)}
    said = {name: value for name, value in msgspec.structs.asdict(head).items() if name in names}
    days = [(moment, _yearly(day)) for day in head.holiday_dates for moment in [_moment(day)]]
    return said | {
        "valid_from": _moment(head.valid_from),
        "rounding": Rounding(places=head.round.places, multiple=head.round.to, how=head.round.how),
        "holiday_dates": frozenset(moment.date() for moment, _ in days if moment),
        "yearly_holidays": frozenset(yearly for _, yearly in days if yearly),
    }


def _moment(text: str) -> datetime | None:
    """Return a moment, or midnight of a day: a naive one is of the tariff's zone."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
