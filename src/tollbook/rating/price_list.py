"""Reads the price list beside a tariff: comma-separated, a rate a row, its columns called as in the document.

Rows of the same destination and band that say `from_s` add a step to the rate. Of many rows few differ in their
prices: each combination is looked at once.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from io import StringIO

import msgspec

from tollbook.model.limits import PRICES, PRICES_CELL
from tollbook.model.problem import Problem, nearest
from tollbook.rating.document import AMOUNTS, NO_AMOUNT, WrittenRate, is_amount
from tollbook.rating.rates import is_place
from tollbook.rating.tariff import Rate, Terms
from tollbook.rating.written import (
    MOST_STEPS,
    Fault,
    Faults,
    band_faults,
    later_step,
    place_faults,
    terms_of,
)

_TEXTS = ("to", "name", "band")
COLUMNS = (*_TEXTS, *(name for name in WrittenRate.__struct_fields__ if name not in (*_TEXTS, "steps")))
_NEEDED = ("to", "price")
_PRICED = COLUMNS[len(_TEXTS) :]
_MOST_PROBLEMS = 200


class _Prices(msgspec.Struct, frozen=True):
    """What the columns of prices come to: terms, or the written step of a row that adds one."""

    terms: Terms | None
    step: WrittenRate | None
    faults: tuple[Fault, ...] = ()


def read_price_list(text: str, where: str, bands: Collection[str]) -> tuple[list[Rate], list[Problem]]:
    """Return the rates of a price list, and what is wrong with it: 200 faults at most."""
    rows = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    reading = _PriceReading(where, bands)
    try:
        header = [name.strip() for name in next(rows, [])]
        if reading.takes(header):
            for row in rows:
                if row and not reading.add(row, rows.line_num):
                    break
    except csv.Error as fault:
        reading.note(rows.line_num, ("the price list cannot be read", str(fault), "columns are separated by commas"))
    return list(reading.rates()), reading.problems


class _PriceReading:
    """What has been read of one price list."""

    def __init__(self, where: str, bands: Collection[str]) -> None:
        self.problems: list[Problem] = []
        self._where, self._bands = where, bands
        self._known: dict[tuple[str, ...], _Prices] = {}
        self._rates: dict[tuple[str, str], Rate] = {}
        self._names: dict[str, str] = {}
        self._extent = 0
        self._to = self._name = self._band = -1
        self._priced: tuple[int, ...] = ()

    def rates(self) -> Iterator[Rate]:
        """Yield the rates in the order of their rows."""
        yield from self._rates.values()

    def note(self, line: int, fault: Fault) -> None:
        """Note what is wrong with a row."""
        what, reason, help_ = fault
        self.problems.append(Problem(what, reason, f"{self._where}:{line}", help_))

    def takes(self, header: list[str]) -> bool:
        """Note what is wrong with the names of the columns; say whether rows can be read."""
        if len(header) == 1 and (other := next((sign for sign in ";\t|" if sign in header[0]), "")):
            what = "columns are separated by commas"
            self.note(1, (what, f"here they are by {other!r}", "save it as CSV with commas"))
            return False
        for name in header:
            if name not in COLUMNS:
                self.note(
                    1,
                    (
                        f"the column '{name}' is unknown",
                        "a price list has columns of fixed names",
                        nearest(name, COLUMNS),
                    ),
                )
        for name in _NEEDED:
            if name not in header:
                self.note(
                    1,
                    (f"the column '{name}' is missing", "each row says where to and at what price", ",".join(COLUMNS)),
                )
        if len(set(header)) < len(header):
            self.note(1, ("a column is there twice", ", ".join(header), ""))
        self._extent = len(header)
        places = {name: place for place, name in enumerate(header)}
        self._to, self._name, self._band = (places.get(name, self._extent) for name in _TEXTS)
        self._priced = tuple(places.get(name, self._extent) for name in _PRICED)
        return not self.problems

    def add(self, row: list[str], line: int) -> bool:
        """Take a row; return whether to go on."""
        if len(row) > self._extent and any(row[self._extent :]):
            self.note(
                line,
                (
                    "the row has more values than there are columns",
                    f"{len(row)} and {self._extent}",
                    "quote texts with commas",
                ),
            )
        elif max(map(len, row)) > PRICES_CELL:
            self.note(line, ("a cell is too long", f"more than {PRICES_CELL} characters", ""))
        elif len(self._rates) >= PRICES:
            self.note(
                line,
                ("the price list is too long", f"it has more than {PRICES} rates", "divide it into several tariffs"),
            )
            return False
        else:
            self._take([*row[: self._extent], *[""] * (self._extent + 1 - len(row))], line)
        return len(self.problems) < _MOST_PROBLEMS

    def _take(self, cells: list[str], line: int) -> None:
        """Take the cells of a row; a column that the list does not have is the empty one after the last."""
        to, name, band = cells[self._to].strip(), cells[self._name].strip(), cells[self._band].strip()
        prices = self._prices(tuple([cells[place] for place in self._priced]))
        if prices.faults or not is_place(to) or (band and band not in self._bands):
            for fault in (*place_faults(to), *band_faults(band, self._bands), *prices.faults):
                self.note(line, fault)
            return
        there = self._rates.get((to, band))
        if prices.terms is not None:
            if there:
                what = f"the rate {to} is there twice"
                self.note(
                    line,
                    (what, f"it stands in line {there.line} as well", "a row that adds a step says 'from_s'"),
                )
            else:
                name = self._names.setdefault(name, name)
                self._rates[to, band] = Rate(to, band, prices.terms, name, line, listed=True)
        elif prices.step is not None:
            self._add_step(there, prices.step, line)

    def _add_step(self, there: Rate | None, written: WrittenRate, line: int) -> None:
        steps = there.terms.steps if there else ()
        if len(steps) >= MOST_STEPS:
            self.note(line, ("the rate has too many steps", f"more than {MOST_STEPS}", ""))
            return
        if there is None or not steps or steps[-1].from_s >= written.from_s:
            reason = "the row before it of the same destination begins earlier"
            self.note(
                line,
                ("'from_s' is not in order", reason, "rows of a rate follow one another, the first without 'from_s'"),
            )
            return
        terms = msgspec.structs.replace(there.terms, steps=(*steps, later_step(written)))
        self._rates[there.to, there.band] = msgspec.structs.replace(there, terms=terms)

    def _prices(self, cells: tuple[str, ...]) -> _Prices:
        found = self._known.get(cells)
        if found is None:
            found = self._known[cells] = _read(cells)
        return found


def _read(cells: tuple[str, ...]) -> _Prices:
    said = {name: cell.strip() for name, cell in zip(_PRICED, cells, strict=True) if cell.strip()}
    odd = [(name, said[name]) for name in AMOUNTS if name in said and not is_amount(said[name])]
    if odd:
        faults = [(f"'{name}' is no amount: {text!r}", NO_AMOUNT, "such as 0.05") for name, text in odd]
        return _Prices(None, None, tuple(faults))
    try:
        written = msgspec.convert({"to": "*", **said}, WrittenRate, strict=False)
        if written.from_s:
            later_step(written)
            return _Prices(None, written)
        return _Prices(terms_of(written), None)
    except Faults as fault:
        return _Prices(None, None, fault.faults)
    except msgspec.ValidationError as fault:
        text, _, at = str(fault).partition(" - at `$.")
        key = at.rstrip("`")
        return _Prices(None, None, ((f"'{key}' cannot be used: {said.get(key, '')!r}", text.replace("`", "'"), ""),))
