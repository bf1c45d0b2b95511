"""Finds out how a bill is written, and asks what it does not say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tollbook.rating.bills.bill_form import NEEDED, BillForm, Duration, Spelling
from tollbook.rating.lists.amounts import CURRENCY_OF, currency_of, date_in, date_orders, decimal_mark, is_amount
from tollbook.rating.lists.asking import ListAnswer, OpenQuestion, Understood
from tollbook.rating.lists.column_names import currency_in, plain_name
from tollbook.rating.lists.headings import ListRow

_MOST_DIFFERENT = 20_000
_SIGNS = re.compile(r"[ ()./-]+")
_HIDDEN = re.compile(r"[xX*]+$")
_OFFSET = re.compile(r"(Z|UTC|GMT|[+-]\d\d:?\d\d)$")
_TIME_BEHIND = re.compile(r"[T ,]+\d{1,2}:\d\d.*$")
_IN_SECONDS = re.compile(
    r"\b(s|sec|secs|seconds|sek|sekunden|seg|segundos|secondes|secondi|sekundy|seconden|billsec)\b"
)
_IN_MINUTES = re.compile(r"\b(min|mins|minutes|minuten|minutos|minuti|minuty)\b")
_TWO_PARTS, _THREE_PARTS = re.compile(r"\d+:\d\d"), re.compile(r"\d+:\d\d:\d\d")


class BillCells:
    """The cells of a bill by what their columns are, each different one once."""

    def __init__(self, rows: Sequence[ListRow], places: Mapping[str, int], names: Sequence[str]) -> None:
        self.places, self.names = places, names
        self._rows = rows

    def of(self, role: str) -> list[str]:
        """Return the different cells of a column, the empty ones left out, as many as are looked at."""
        place = self.places.get(role)
        if place is None:
            return []
        cells = (row.cells[place] for row in self._rows if place < len(row.cells) and row.cells[place])
        return list(dict.fromkeys(cells))[:_MOST_DIFFERENT]

    def name(self, role: str) -> str:
        """Return the name of a column."""
        place = self.places.get(role, -1)
        return self.names[place] if 0 <= place < len(self.names) else ""


class AskedBill(msgspec.Struct, frozen=True):
    """A form with all that a file says, what was found out, and what is still open."""

    form: BillForm
    understood: list[Understood]
    questions: list[OpenQuestion]


def asked_of(cells: BillCells, form: BillForm, spelling: Spelling) -> AskedBill:
    """Return what a bill says of how it is written, and what remains to be asked."""
    return _BillAsking(cells, form, spelling).result()


class _BillAsking:
    def __init__(self, cells: BillCells, form: BillForm, spelling: Spelling) -> None:
        self._cells, self._form, self._spelling = cells, form, spelling
        self._understood: list[Understood] = []
        self._questions: list[OpenQuestion] = []

    def result(self) -> AskedBill:
        self._columns()
        if not self._questions:
            for step in (self._dates, self._zone, self._decimal, self._duration, self._numbers, self._currency):
                step()
        return AskedBill(self._form, self._understood, self._questions)

    def _found(self, setting: str, value: str, because: str) -> None:
        changed = {setting.replace("-", "_"): value}
        self._form = msgspec.structs.replace(self._form, **changed)
        self._understood.append(Understood(setting, value, because))

    def _ask(self, setting: str, what: str, why: str, choices: Iterable[tuple[str, str]] = ()) -> None:
        self._questions.append(OpenQuestion(setting, what, why, [ListAnswer(*each) for each in choices]))

    def _columns(self) -> None:
        told = {"number": "the number that was called", "time": "when a call began", "duration": "its length",
                "price": "its price"}  # fmt: skip
        for role, place in self._cells.places.items():
            name = self._cells.names[place] if place < len(self._cells.names) else f"#{place + 1}"
            why = "it was said" if role in self._form.columns else "its name"
            self._understood.append(Understood(f"column.{role}", name, why))
        taken = set(self._cells.places.values())
        free = [(name, "") for place, name in enumerate(self._cells.names) if name and place not in taken][:12]
        for role in NEEDED:
            if role not in self._cells.places:
                what = f"Which column has {told[role]}?"
                self._ask(f"column.{role}", what, "no column is called so", free)

    # ------------------------------------------------------------------ times

    def _days(self) -> list[str]:
        of_both = [_TIME_BEHIND.sub("", cell) for cell in self._cells.of("time")]
        return list(dict.fromkeys(self._cells.of("date") or of_both))

    def _dates(self) -> None:
        days = self._days()
        orders = [frozenset(found) for day in days if (found := date_orders(day))]
        if not orders or self._form.date_order:
            return
        common = frozenset.intersection(*orders)
        if len(common) == 1:
            self._found("date-order", next(iter(common)), "only one order fits all dates")
        elif common and all(len({date_in(day, order) for order in common}) == 1 for day in days):
            self._found("date-order", min(common), "every order gives the same days")
        else:
            example = next(day for day in days if date_orders(day))
            why = f"{example!r} can be read in several ways" if common else "no order fits all dates"
            every = (("dmy", "day, month, year"), ("mdy", "month, day, year"), ("ymd", "year, month, day"))
            choices = [each for each in every if each[0] in (common or dict(every))]
            self._ask("date-order", "In what order are dates written?", why, choices)

    def _zone(self) -> None:
        times = self._cells.of("time")
        if self._form.zone or not times:
            return
        if all(_OFFSET.search(cell) for cell in times):
            self._understood.append(Understood("zone", "as written", "each time has its offset"))
            return
        choices = (("Europe/Berlin", "or another"), ("UTC", ""))
        self._ask("zone", "In which time zone are the times?", "the bill does not say", choices)

    # ------------------------------------------------------------------ amounts

    def _decimal(self) -> None:
        if self._form.decimal:
            return
        cells = [cell.removeprefix("-") for cell in self._cells.of("price")]
        cells += [cell for cell in self._cells.of("duration") if ":" not in cell and is_amount(cell)]
        marks = {mark: cell for cell in cells if (mark := decimal_mark(cell))}
        sure = {mark for mark in marks if mark != "unclear"}
        if len(sure) == 1:
            self._found("decimal", sure.pop(), "amounts are written so")
        elif marks:
            choices = (("point", "1.5"), ("comma", "1,5"))
            example = next(iter(marks.values()))
            self._ask("decimal", "What stands before decimals?", f"{example!r} can be read in two ways", choices)
        else:
            self._found("decimal", "point", "no amount has decimals")

    def _duration(self) -> None:
        cells = self._cells.of("duration")
        if self._form.duration or not cells:
            return
        two = [cell for cell in cells if _TWO_PARTS.fullmatch(cell)]
        three = [cell for cell in cells if _THREE_PARTS.fullmatch(cell)]
        plain = [cell for cell in cells if ":" not in cell]
        if two and not three:
            choices = (("m:s", "minutes and seconds"), ("h:m", "hours and minutes"))
            self._ask("duration", f"What is a length such as {two[0]!r}?", "it has two parts", choices)
        elif two or three:
            self._found("duration", "m:s", "others have hours, minutes and seconds")
        elif plain:
            self._plain_duration(plain)

    def _plain_duration(self, cells: list[str]) -> None:
        name = plain_name(self._cells.name("duration"))
        units: dict[Duration, re.Pattern[str]] = {"seconds": _IN_SECONDS, "minutes": _IN_MINUTES}
        said = [unit for unit, words in units.items() if words.search(name)]
        said = said or [unit for unit, words in units.items() if all(words.search(_words(cell)) for cell in cells)]
        if len(said) == 1:
            self._found("duration", said[0], "it is written so")
            return
        choices = (("seconds", ""), ("minutes", ""))
        self._ask("duration", f"Is a length such as {cells[0]!r} in seconds or minutes?", "it has no unit", choices)

    def _currency(self) -> None:
        if self._form.currency:
            return
        cells = self._cells.of("currency")
        written = {CURRENCY_OF.get(cell, cell.upper()) for cell in cells}
        written |= {found for cell in self._cells.of("price") if (found := currency_of(cell.removeprefix("-")))}
        named = currency_in(self._cells.name("price"))
        written |= {named} if named and not written else set()
        if len(written) == 1 and re.fullmatch(r"[A-Z]{3}", next(iter(written))):
            self._found("currency", written.pop(), "it stands beside amounts")
        elif written:
            choices = [(each, "") for each in sorted(written) if re.fullmatch(r"[A-Z]{3}", each)]
            why = f"there are {', '.join(sorted(written))}"
            self._ask("currency", "In which currency are the amounts?", why, choices)

    # ------------------------------------------------------------------ numbers

    def _numbers(self) -> None:
        """Ask how numbers without + are meant, where both ways give numbers and they differ."""
        if self._form.number:
            return
        shown = [_HIDDEN.sub(lambda x: "0" * len(x[0]), _SIGNS.sub("", cell)) for cell in self._cells.of("number")]
        open_ones = [cell for cell in shown if cell.isdecimal() and not cell.startswith("00")]
        readings = [(cell, self._spelling(cell, "dialled"), self._spelling(cell, "e164")) for cell in open_ones]
        if not self._form.country and any(cell.startswith("0") for cell in open_ones):
            why = f"{next(cell for cell in open_ones if cell.startswith('0'))!r} is written as it is dialled there"
            self._ask("country", "In which country are the numbers dialled?", why, (("DE", "or another"),))
            return
        differing = [cell for cell, dialled, e164 in readings if dialled and e164 and dialled != e164]
        fits = {"dialled": sum(bool(each[1]) for each in readings), "e164": sum(bool(each[2]) for each in readings)}
        if differing and min(fits.values()) * 2 > len(open_ones):
            choices = (("e164", "with their country code"), ("dialled", "as they are dialled in the country"))
            self._ask("number", f"How is a number such as {differing[0]!r} meant?", "both ways give a number", choices)
        elif open_ones:
            best = "dialled" if fits["dialled"] >= fits["e164"] else "e164"
            self._found("number", best, "more numbers are valid so" if fits["dialled"] != fits["e164"] else "both fit")


def _words(cell: str) -> str:
    return re.sub(r"[^a-z]+", " ", cell.casefold())
