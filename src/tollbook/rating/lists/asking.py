"""Finds what a price list says of how it is written, and asks what it does not say.

Nothing is guessed where two readings give different prices. What was found out and what was answered makes a mapping
with which the next list of the carrier is read without questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from statistics import median
from typing import Literal

import msgspec

from tollbook.rating.lists.amounts import (
    CURRENCY_OF,
    amount_in,
    currency_of,
    date_in,
    date_orders,
    decimal_mark,
    intervals_in,
    is_amount,
    is_single_interval,
)
from tollbook.rating.lists.codes import CodeFault, CodeForm, UnclearCode, codes_in, is_code_cell
from tollbook.rating.lists.column_names import currency_in, is_in_cents, unit_in
from tollbook.rating.lists.headings import ListLayout, ListRow
from tollbook.rating.lists.mapping import NOTHING, ListMapping
from tollbook.rating.lists.words import EMPTY, price_meaning, status_meaning

_LIMIT_OF_CHOICES = 12
_MANY_TIMES = 5
_FAR_ABOVE = 50


class ListAnswer(msgspec.Struct, frozen=True):
    """An answer, and what it means."""

    value: str
    means: str


class OpenQuestion(msgspec.Struct, frozen=True):
    """What a file does not say: the setting that would, why it has to be known, and what it can be.

    Without choices it is a text, such as the name of a zone.
    """

    setting: str
    what: str
    why: str
    choices: list[ListAnswer] = []


class Understood(msgspec.Struct, frozen=True):
    """What was found out about a file, and from what."""

    setting: str
    value: str
    because: str


class Asked(msgspec.Struct, frozen=True):
    """A mapping with all that a file says, what was found out, and what is still open."""

    mapping: ListMapping
    understood: list[Understood]
    questions: list[OpenQuestion]


def ask(rows: Sequence[ListRow], layout: ListLayout, mapping: ListMapping) -> Asked:
    """Return what a file says of how it is written, and what remains to be asked."""
    return _Asking(rows, layout, mapping).result()


class _Asking:
    """What is found out of one file. Every column is looked at by its different cells."""

    def __init__(self, rows: Sequence[ListRow], layout: ListLayout, mapping: ListMapping) -> None:
        self._layout, self._mapping = layout, mapping
        self._titles = [cell for row in rows[: max(layout.body - 1, 0)] for cell in row.cells if cell]
        code = next((layout.places[role] for role in ("code", "npa") if role in layout.places), None)
        self._rows = [
            row.cells
            for row in rows[layout.body :]
            if code is not None and code < len(row.cells) and is_code_cell(row.cells[code])
        ]
        self._seen: dict[int, Counter[str]] = {}
        self._understood: list[Understood] = []
        self._questions: list[OpenQuestion] = []

    def result(self) -> Asked:
        self._columns()
        if not self._questions:
            for step in (
                self._decimal,
                self._unit,
                self._fee_unit,
                self._currency,
                self._words,
                self._intervals,
                self._codes,
            ):
                step()
            self._dates()
            self._statuses()
        return Asked(self._mapping, self._understood, self._questions)

    def _cells(self, *roles: str) -> Counter[str]:
        """Return the different cells of columns, how often each is there."""
        places = [place for role, place in self._layout.places.items() if role.partition(":")[0] in roles]
        return sum((self._column(place) for place in places), Counter())

    def _column(self, place: int) -> Counter[str]:
        if place not in self._seen:
            self._seen[place] = Counter([cells[place] if place < len(cells) else "" for cells in self._rows])
        return self._seen[place]

    def _found(self, setting: str, value: str, because: str) -> None:
        self._mapping = msgspec.structs.replace(self._mapping, **{setting.replace("-", "_"): value})
        self._understood.append(Understood(setting, value, because))

    def _settled(self, setting: str, value: str, because: str) -> bool:
        """Take what the file says; ask where the mapping says something else, which another file may have said."""
        known = getattr(self._mapping, setting.replace("-", "_"))
        if known and known != value:
            why = f"{because} says {value}, the mapping {known}"
            self._question(setting, "Is the list written in another way than before?", why, [(value, "as it says")])
        elif not known:
            self._found(setting, value, because)
        return True

    def _question(self, setting: str, what: str, why: str, choices: Iterable[tuple[str, str]] = ()) -> None:
        self._questions.append(OpenQuestion(setting, what, why, [ListAnswer(*each) for each in choices]))

    # ------------------------------------------------------------ columns

    def _columns(self) -> None:
        layout, places = self._layout, self._layout.places
        named = [(name, f"column {number}") for number, name in enumerate(layout.names, 1) if name]
        if not {"code"} & places.keys() and not {"npa", "nxx"} <= places.keys():
            self._question("column.code", "In which column are the codes?", "no column is called so", named)
        prices = [role for role in places if role == "price" or role.startswith("price:")]
        if not prices:
            why = "several could be it" if layout.rivals else "no column is called so"
            known = [(name, "") for name in layout.rivals]
            self._question("column.price", "In which column are the prices?", why, known or named)
        for role, place in places.items():
            name = layout.names[place] or f"#{place + 1}"
            because = "what stands in it" if role in layout.guessed else "its name"
            self._understood.append(Understood(f"column.{role}", name, because))
        columns = {role: layout.names[place] or f"#{place + 1}" for role, place in places.items()}
        self._mapping = msgspec.structs.replace(self._mapping, columns=columns)

    # ------------------------------------------------------------ amounts

    def _decimal(self) -> None:
        if self._mapping.decimal:
            return
        marks = Counter[str]()
        for cell, times in self._cells("price", "next_price", "connect_fee").items():
            marks[decimal_mark(cell)] += times
        known = [mark for mark in ("point", "comma") if marks[mark]]
        if len(known) == 1:
            self._found("decimal", known[0], "amounts are written so")
        elif not known and not marks["unclear"]:
            self._found("decimal", "point", "all amounts are whole")
        else:
            why = "both are there" if known else "1,200 may be twelve hundred or one and two tenths"
            choices = [("point", "1,200.50"), ("comma", "1.200,50")]
            self._question("decimal", "What stands before the decimal places?", why, choices)

    def _price_names(self) -> list[str]:
        return [self._layout.names[place] for role, place in self._layout.places.items() if role.startswith("price")]

    def _unit(self) -> None:
        for because, texts in (("the column's name", self._price_names()), ("a line above the heading", self._titles)):
            units = {unit for unit in map(unit_in, texts) if unit}
            if len(units) == 1 and self._settled("price-unit", units.pop(), because):
                return
        if self._mapping.price_unit:
            return
        self._question(
            "price-unit",
            "What is a price for?",
            "the list does not say",
            [
                ("minute", "a minute"),
                ("second", "a second"),
                ("minute-cents", "a minute, in hundredths"),
                ("second-cents", "a second, in hundredths"),
            ],
        )

    def _fee_unit(self) -> None:
        """Ask whether the fee of a call is in hundredths as well, where prices are and nothing says so."""
        place = self._layout.places.get("connect_fee")
        if place is None or not self._mapping.price_unit.endswith("-cents") or self._mapping.fee_unit:
            return
        if is_in_cents(self._layout.names[place]):
            self._found("fee-unit", "cents", "the column's name")
        elif any(cell.strip("0., ") for cell in self._cells("connect_fee")):
            why = "prices are in hundredths, and the column of fees does not say"
            choices = [("cents", "hundredths as well"), ("whole", "whole units of the currency")]
            self._question("fee-unit", "In what is the fee of a call?", why, choices)

    def _currency(self) -> None:
        cells = self._cells("price", "connect_fee")
        ways: list[tuple[str, Iterable[str]]] = [
            (
                "the column of currencies",
                (CURRENCY_OF.get(cell, cell.upper()) for cell in self._cells("currency") if cell),
            ),
            ("the amounts", map(currency_of, cells)),
            ("the column's name", map(currency_in, self._price_names())),
            ("a line above the heading", map(currency_in, self._titles)),
        ]
        for because, texts in ways:
            found = {text for text in texts if len(text) == 3 and text.isalpha()}  # noqa: PLR2004 - as currencies have
            if len(found) == 1 and self._settled("currency", found.pop(), because):
                return
            if found:
                break
        if not self._mapping.currency:
            self._question("currency", "In which currency are the prices?", "the list does not say one", [])

    def _words(self) -> None:
        """Ask for the meaning of texts in place of a price, and of a figure that is too often there to be one."""
        cells = self._cells("price")
        choices = [("blocked", "cannot be called"), ("free", "costs nothing"), ("left-out", "the row does not count")]
        for cell, times in cells.items():
            word = cell.casefold() or EMPTY
            if is_amount(cell) or word in self._mapping.words or price_meaning(word):
                continue
            if len(self._questions) >= _LIMIT_OF_CHOICES:
                break
            told = "an empty price" if word == EMPTY else f"{cell[:60]!r} in place of a price"
            self._question(f"word.{word}", f"What does {told} mean?", f"rows that have it: {times}", choices)
        self._figures(cells)

    def _figures(self, cells: Counter[str]) -> None:
        mark: Literal["point", "comma"] = "comma" if self._mapping.decimal == "comma" else "point"
        amounts = {cell: amount for cell in cells if (amount := amount_in(cell, mark)) is not None}
        if not amounts:
            return
        middle = median(list(Counter({amount: cells[cell] for cell, amount in amounts.items()}).elements()))
        for cell, amount in amounts.items():
            many = cells[cell] >= _MANY_TIMES and amount >= _FAR_ABOVE * max(middle, Decimal("1e-9"))
            if many and cell not in self._mapping.words:
                choices = [
                    ("blocked", "cannot be called"),
                    ("price", "it is the price"),
                    ("left-out", "does not count"),
                ]
                why = f"rows that have exactly this: {cells[cell]}; prices are about {middle:f}"
                self._question(f"word.{cell}", f"Is {cell} a price?", why, choices)

    def _intervals(self) -> None:
        places = self._layout.places
        cells = self._cells("interval")
        if not places.keys() & {"interval", "first_s", "next_s"}:
            if not self._mapping.intervals:
                choices = [
                    ("1/1", "by the second"),
                    ("60/60", "by the minute"),
                    ("60/1", "the first minute whole, then by the second"),
                    ("30/6", "the first 30 s whole, then by 6 s"),
                ]
                self._question("intervals", "By what steps are calls charged?", "the list does not say", choices)
            return
        single = [cell for cell in cells if is_single_interval(cell)]
        if single and not self._mapping.single_interval:
            why = f"{single[0]!r} may mean each {single[0]} s, or the first {single[0]} s and then each second"
            choices = [("both", "each step is so long"), ("first", "only the first step is so long")]
            self._question("single-interval", "What does one number of seconds mean?", why, choices)
        zeros = [
            cell for cell in (*cells, *self._cells("first_s", "next_s")) if 0 in (intervals_in(cell, "both") or (1, 1))
        ]
        if zeros and not self._mapping.zero_interval:
            choices = [("1", "not set: by the second"), ("60", "by the minute"), ("call", "the price is for the call")]
            why = "0 is written for three things, by different carriers"
            self._question("zero-interval", "What do 0 seconds mean as a step?", why, choices)

    # ------------------------------------------------------------ codes

    def _codes(self) -> None:
        cells = [cell for cell in self._cells("code") if not (cell.isdecimal() and cell[:1] != "0") and cell]
        if "country_code" in self._layout.places:
            self._parts()
        else:
            self._prefixes(cells)
        strip = tuple(self._mapping.strip)
        self._whole(cells, "hyphen", strip)
        self._whole(cells, "blank", strip)

    def _prefixes(self, cells: list[str]) -> None:
        """Ask once for what stands before codes: zeros, or a technical prefix that ends with a sign."""
        if self._mapping.strip:
            return
        seen = Counter(prefix for cell in cells if (prefix := _before(cell)))
        for prefix, times in seen.most_common(1):
            why = f"rows that begin with it: {times}; no country code does"
            choices = [(prefix, "it stands before each code"), (f"{prefix},{NOTHING}", "it stands before some")]
            self._question("strip", f"Is {prefix} to be taken off codes?", why, choices)

    def _whole(self, cells: list[str], setting: str, strip: tuple[str, ...]) -> None:
        form = CodeForm(strip, self._mapping.hyphen, self._mapping.blank)
        unclear = next((cell for cell in cells if _unclear(cell, form, setting)), "")
        if unclear and setting == "hyphen":
            choices = [("range", "from one code to another"), ("part", "it only divides a code")]
            self._question("hyphen", f"What is the hyphen in {unclear!r}?", "it can be read both ways", choices)
        elif unclear:
            choices = [("list", "it stands between two codes"), ("part", "it only divides a code")]
            self._question("blank", f"What is the blank in {unclear!r}?", "it can be read both ways", choices)

    def _parts(self) -> None:
        """Find out whether codes beside a country code begin with it, and whether zeros before an area code count."""
        country, code = self._layout.places["country_code"], self._layout.places.get("code")
        if code is None:
            return
        pairs = {
            (_digits(cells[country]), _digits(cells[code]))
            for cells in self._rows
            if max(country, code) < len(cells) and cells[country] and cells[code]
        }
        if not self._mapping.code_parts:
            whole = bool(pairs) and all(area.startswith(begins) for begins, area in pairs)
            if whole and len({begins for begins, _ in pairs}) == 1:
                choices = [("whole", "the code is whole"), ("rest", "the country code comes before it")]
                why = "all codes begin with the digits of the country code"
                self._question("code-parts", "Is the country code in the code as well?", why, choices)
            else:
                value = "whole" if whole else "rest"
                self._found("code-parts", value, "codes beside the column of country codes")
        if not self._mapping.area_zero and any(area.startswith("0") for _, area in pairs):
            choices = [("strip", "it is dialled within the country only"), ("keep", "it is part of the number: Italy")]
            self._question("area-zero", "Does the 0 before an area code count?", "some begin with it", choices)

    # ------------------------------------------------------------ dates and words

    def _dates(self) -> None:
        cells = [cell for cell in self._cells("date", "until") if cell]
        orders = [frozenset(found) for cell in cells if (found := date_orders(cell))]
        if orders and not self._mapping.date_order:
            common = frozenset.intersection(*orders)
            if len(common) == 1:
                self._found("date-order", next(iter(common)), "only one order fits all dates")
            elif common and all(len({date_in(cell, order) for order in common}) == 1 for cell in cells):
                self._found("date-order", min(common), "every order gives the same days")
            else:
                example = next(cell for cell in cells if date_orders(cell))
                why = f"{example!r} can be read in several ways" if common else "no order fits all dates"
                choices = [("dmy", "day, month, year"), ("mdy", "month, day, year"), ("ymd", "year, month, day")]
                self._question("date-order", "In what order are dates written?", why, choices)
        if cells and not self._mapping.zone:
            why = "a price is valid from midnight there"
            self._question("zone", "In which zone are the dates?", why, [("Europe/Berlin", "or another"), ("UTC", "")])

    def _statuses(self) -> None:
        for cell, times in self._cells("status").items():
            word = cell.casefold()
            known = word in self._mapping.statuses or not word or status_meaning(word)
            if not known and len(self._questions) < 2 * _LIMIT_OF_CHOICES:
                choices = [("open", "the row counts"), ("closed", "the code is no longer offered")]
                self._question(
                    f"status.{word}",
                    f"What does the status {cell[:60]!r} mean?",
                    f"rows that have it: {times}",
                    choices,
                )


def _digits(cell: str) -> str:
    return "".join(sign for sign in cell if sign.isdigit())


def _before(cell: str) -> str:
    """Return what stands before a code and is no part of it.

    >>> [_before(cell) for cell in ("0049", "01149", "77#49", "+49", "49")]
    ['00', '011', '77#', '', '']
    """
    head, sign, tail = cell.partition("#")
    if sign and head.isdigit() and tail[:1].isdigit():
        return head + sign
    return next((prefix for prefix in ("011", "00") if cell.startswith(prefix)), "")


def _unclear(cell: str, form: CodeForm, setting: str) -> bool:
    try:
        codes_in(cell, form)
    except UnclearCode as unclear:
        return unclear.setting == setting
    except CodeFault:
        return False
    return False
