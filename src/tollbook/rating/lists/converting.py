"""Makes a price list of ours of a carrier's rows: what counts on a day, what was left out, and what is wrong.

A rate is told by its code, its band and the day from which it holds; a name is none, since many codes share it. What
is made is read back as any price list, so that whatever is given can be used.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from operator import itemgetter

import msgspec

from tollbook.model.limits import PRICES, PRICES_CELL
from tollbook.model.problem import Problem
from tollbook.rating.lists.amounts import CURRENCY_OF, date_in
from tollbook.rating.lists.asking import (
    ListAnswer,
    OpenQuestion,
    Understood,
    ask,
)
from tollbook.rating.lists.codes import CodeFault, CodeForm, UnclearCode, codes_in, is_code_cell
from tollbook.rating.lists.headings import ListLayout, ListRow, find_layout
from tollbook.rating.lists.mapping import ListMapping
from tollbook.rating.lists.pricing import ROLES, CellPrices, PricedCells
from tollbook.rating.lists.words import is_total, status_meaning
from tollbook.rating.price_list import COLUMNS
from tollbook.rating.written import Fault

_MOST_PROBLEMS = 200
_MOST_DATES = 10
_EVER = date.min


class LeftOut(msgspec.Struct, frozen=True, gc=False):
    """A row of which nothing was taken: its line, why, and how it begins."""

    line: int
    why: str
    text: str


class ConvertedList(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a carrier's list: `rows` of `COLUMNS`, if there are no questions and no problems.

    `mapping` is what the next list needs. `starts` are the days from which prices of it hold, `on` the one for which
    rows were taken; `later` counts those that hold from a day after it. `ignored` are columns that nothing was read of.
    """

    mapping: ListMapping
    heading: int = 0
    understood: list[Understood] = []
    questions: list[OpenQuestion] = []
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    closed: list[tuple[str, str]] = []
    left_out: list[LeftOut] = []
    problems: list[Problem] = []
    on: date | None = None
    starts: dict[date, int] = {}
    later: dict[date, int] = {}
    ignored: list[str] = []

    @property
    def ready(self) -> bool:
        """Whether it can be used."""
        return not self.questions and not self.problems

    @property
    def text(self) -> str:
        """The price list as it is kept beside a tariff."""
        return as_text(self.rows)


class ListEntry(msgspec.Struct, frozen=True, gc=False):
    """What a row says of one code in one band, from a day on; without a price the code is closed."""

    start: date
    line: int
    name: str
    price: PricedCells | None


def as_text(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows of `COLUMNS` as CSV; columns that all leave empty are left out."""
    used = [place for place, name in enumerate(COLUMNS) if name in {"to", "price"} or any(row[place] for row in rows)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([COLUMNS[place] for place in used])
    writer.writerows([row[place] for place in used] for row in rows)
    return out.getvalue()


def convert(rows: Sequence[ListRow], mapping: ListMapping, on: date | None = None) -> ConvertedList:
    """Return what becomes of a list, of what holds on a day; raises `Misconfigured` where a column is missing."""
    filled = [row for row in rows if any(row.cells)]
    if filled and set(filled[0].cells) <= set(COLUMNS) and {"to", "price"} <= set(filled[0].cells):
        return _ours(filled, mapping, on)
    layout = find_layout(filled, mapping.columns)
    asked = ask(filled, layout, mapping)
    reading = _Converting(layout, asked.mapping, on)
    begun = ConvertedList(
        mapping=asked.mapping,
        heading=filled[layout.body - 1].line if layout.body else 0,
        understood=asked.understood,
        questions=asked.questions,
        left_out=[
            LeftOut(row.line, "it stands above the heading", _told(row.cells))
            for row in filled[: max(layout.body - 1, 0)]
        ],
        ignored=layout.unused,
        on=on,
    )
    if asked.questions:
        return begun
    for row in filled[layout.body :]:
        if not reading.add(row):
            break
    return reading.result(begun)


def _ours(rows: Sequence[ListRow], mapping: ListMapping, on: date | None) -> ConvertedList:
    """Return a list that is written as ours are: it stays as it is."""
    heading = rows[0].cells
    places = [heading.index(name) if name in heading else -1 for name in COLUMNS]
    taken = [tuple(row.cells[place] if 0 <= place < len(row.cells) else "" for place in places) for row in rows[1:]]
    found = Understood("columns", ",".join(heading), "they are those of a price list of Tollbook")
    lines = [row.line for row in rows[1:]]
    return ConvertedList(mapping=mapping, heading=rows[0].line, understood=[found], rows=taken, lines=lines, on=on)


class _Hold(msgspec.Struct, frozen=True):
    """From when a row holds and in which band, and whether it closes its code."""

    start: date
    closed: bool
    band: str
    faults: tuple[Fault, ...]


class _Converting:
    """What has been taken of a list so far."""

    def __init__(self, layout: ListLayout, mapping: ListMapping, on: date | None) -> None:
        self._layout, self._mapping, self._on = layout, mapping, on
        places = layout.places
        self._form = CodeForm(tuple(mapping.strip), mapping.hyphen, mapping.blank)
        self._prices = CellPrices(mapping)
        self._extent = none = len(layout.names)
        self._price_places = dict(_price_columns(places))
        self._priced = [
            (band, itemgetter(*(place if role == "price" else places.get(role, none) for role in ROLES)))
            for band, place in self._price_places.items()
        ]
        self._entries: dict[tuple[str, str], tuple[ListEntry, ...]] = {}
        self._left_out: list[LeftOut] = []
        self._problems: list[Problem] = []
        self._questions: dict[str, OpenQuestion] = {}
        self._told = itemgetter(*(places.get(role, none) for role in ("date", "until", "status", "currency", "band")))
        self._holds: dict[tuple[str, ...], _Hold] = {}
        self._name = places.get("name", none)
        self._heading = [name for name in layout.names if name]

    # ------------------------------------------------------------ one row

    def add(self, row: ListRow) -> bool:
        """Take a row; say whether to go on."""
        cells = row.cells
        code = self._code_cell(cells)
        # One more cell, which is empty, stands for each column that is not there.
        filled = (*cells, "") if len(cells) == self._extent else (*(*cells, *[""] * self._extent)[: self._extent], "")
        priced = [(band, self._prices.price(pick(filled))) for band, pick in self._priced]
        usual = code.isdecimal() and not priced[0][1].left_out
        if why := "" if usual else self._passed_over(cells, code, priced):
            self._left_out.append(LeftOut(row.line, why, _told(cells)))
            return True
        if len(cells) > len(self._layout.names) and any(cells[len(self._layout.names) :]):
            self._note(
                row.line,
                "the row has more values than there are columns",
                f"{len(cells)} and {len(self._layout.names)}",
                "",
            )
        try:
            codes = self._codes(cells, code)
        except CodeFault as fault:
            self._note(row.line, *fault.fault)
        except UnclearCode as unclear:
            self._note(
                row.line,
                f"the code can be read in two ways: {code!r}",
                "it is not said which",
                f"--set {unclear.setting}=…",
            )
        else:
            self._enter(ListRow(row.line, filled), codes, priced)
        return len(self._problems) < _MOST_PROBLEMS and len(self._entries) <= PRICES

    def _code_cell(self, cells: tuple[str, ...]) -> str:
        places = self._layout.places
        if "code" in places:
            return _at(cells, places["code"]) or _at(cells, places.get("country_code", -1))
        return "".join(_at(cells, places[role]) for role in ("npa", "nxx"))

    def _passed_over(self, cells: tuple[str, ...], code: str, priced: list[tuple[str, PricedCells]]) -> str:
        """Return why a row is none with a rate; nothing for one that is."""
        if all(price.left_out for _, price in priced):
            return "its price says that it does not count"
        if code.isdecimal():
            return ""
        if [cell for cell in cells if cell] == self._heading:
            return "it is the heading again"
        if is_total(cells) and not is_code_cell(code):
            return "it adds up others"
        priceless = not any(map(str.isdigit, "".join(_at(cells, place) for place in self._price_places.values())))
        return "it has no code and no price" if priceless and not is_code_cell(code) else ""

    def _codes(self, cells: tuple[str, ...], code: str) -> list[str]:
        places = self._layout.places
        if "code" not in places:
            npa, nxx = (_at(cells, places[role]) for role in ("npa", "nxx"))
            return [f"1{npa}{nxx}"] if _is_area(npa) and _is_area(nxx) else _no_area(npa, nxx)
        if "country_code" not in places or self._mapping.code_parts == "whole":
            if not code:
                raise CodeFault("the code is missing", "the row has a price", "")
            return codes_in(code, self._form)
        begins = codes_in(_at(cells, places["country_code"]), CodeForm(self._form.strip, "part", "part"))
        areas = _at(cells, places["code"])
        form = msgspec.structs.replace(self._form, strip=(), head=begins[0], zero=self._mapping.area_zero)
        return codes_in(areas, form) if areas else begins

    def _enter(self, row: ListRow, codes: list[str], priced: list[tuple[str, PricedCells]]) -> None:
        cells = row.cells
        told = self._told(cells)
        hold = self._holds.get(told)
        if hold is None:
            hold = self._holds[told] = self._hold(told)
        for fault in hold.faults:
            self._note(row.line, *fault)
        name = " ".join(cells[self._name].split())[:PRICES_CELL]
        for band, price in priced:
            if price.faults and not hold.closed:
                for fault in price.faults:
                    self._note(row.line, *fault)
            elif not price.left_out:
                entry = ListEntry(hold.start, row.line, name, None if hold.closed else price)
                for code in codes:
                    key = (code, band or hold.band)
                    self._entries[key] = (*self._entries[key], entry) if key in self._entries else (entry,)

    def _hold(self, told: tuple[str, ...]) -> _Hold:
        """Return what is said of a row beside its code and price."""
        start, until, status, currency, band = told
        days, faults = [], list[Fault]()
        for cell in (start, until):
            day = date_in(cell, self._mapping.date_order) if cell else None
            days.append(day)
            if cell and day is None:
                what = f"the date cannot be read: {cell[:60]!r}"
                faults.append((what, "its parts do not fit", "--set date-order=dmy, mdy or ymd"))
        if currency and CURRENCY_OF.get(currency, currency.upper()) != self._mapping.currency:
            what = f"the price is in another currency: {currency[:60]!r}"
            faults.append((what, f"the list is in {self._mapping.currency}", ""))
        meaning = self._mapping.statuses.get(status.casefold()) or status_meaning(status)
        ended = bool(days[1] and self._on and days[1] < self._on)
        called = self._mapping.bands.get(band, band)
        return _Hold(days[0] or _EVER, meaning == "closed" or ended, called, tuple(faults))

    def _note(self, line: int, what: str, reason: str, help_: str) -> None:
        self._problems.append(Problem(what, reason, f"line {line}", help_))

    # ------------------------------------------------------------ the whole

    def result(self, begun: ConvertedList) -> ConvertedList:
        """Return what was taken of all rows, for the day that is asked for."""
        starts = Counter(entry.start for found in self._entries.values() for entry in found)
        starts.pop(_EVER, None)
        on = self._day(starts)
        later_ones = bool(on and starts and max(starts) > on)
        rows, lines, later = list[tuple[str, ...]](), list[int](), Counter[date]()
        closed: list[tuple[str, str]] = []
        for (code, band), found in self._entries.items():
            entry = found[0] if len(found) == 1 else self._winner(code, found, on)
            for each in found if later_ones else ():
                later[each.start] += bool(on and each.start > on)
            if entry is None or (on and entry.start > on):
                continue
            if entry.price is None:
                self._left_out.append(LeftOut(entry.line, "it is closed", f"{code} {entry.name}".strip()))
                closed.append((f"+{code}", band))
                continue
            rows += [(f"+{code}", entry.name, band, *priced) for priced in entry.price.rows]
            lines += [entry.line] * len(entry.price.rows)
        self._look_at_whole(len(rows))
        usable = not self._problems and not self._questions
        return msgspec.structs.replace(
            begun,
            questions=[*begun.questions, *self._questions.values()],
            rows=rows if usable else [],
            lines=lines if usable else [],
            closed=closed,
            left_out=[*begun.left_out, *self._left_out],
            problems=self._problems[:_MOST_PROBLEMS],
            on=on,
            starts=dict(sorted(starts.items())),
            later=dict(sorted((+later).items())),
        )

    def _day(self, starts: Counter[date]) -> date | None:
        """Return the day for which rows are taken; asks for it where the list has several."""
        if self._on or not starts:
            return self._on
        if len(starts) == 1:
            return next(iter(starts))
        choices = [ListAnswer(f"{day}", f"{starts[day]} prices begin on it") for day in sorted(starts)[-_MOST_DATES:]]
        why = f"prices begin on {len(starts)} different days; those of later ones are another version"
        self._questions["from"] = OpenQuestion("from", "From which day does this version hold?", why, choices)
        return max(starts)

    def _winner(self, code: str, found: tuple[ListEntry, ...], on: date | None) -> ListEntry | None:
        """Return what holds for a code on a day: the latest before it, and of one day what the mapping says."""
        due = [entry for entry in found if not on or entry.start <= on]
        if not due:
            return None
        latest = max(entry.start for entry in due)
        self._left_out += [
            LeftOut(entry.line, f"a later row holds from {latest} on", f"{code} {entry.name}".strip())
            for entry in due
            if entry.start < latest
        ]
        same = [entry for entry in due if entry.start == latest]
        chosen = same[0] if len({entry.price for entry in same}) == 1 else self._chosen(code, same)
        if "duplicates" not in self._questions:
            self._left_out += [
                LeftOut(entry.line, f"{code} stands in line {chosen.line} as well, which counts", entry.name)
                for entry in same
                if entry is not chosen
            ]
        return chosen

    def _chosen(self, code: str, same: list[ListEntry]) -> ListEntry:
        wins = self._mapping.duplicates
        lines = ", ".join(str(entry.line) for entry in same[:5])
        if wins == "stop":
            what = f"the code {code} is there twice, with different prices"
            self._note(same[1].line, what, f"lines {lines}", "take one out, or say which counts: --set duplicates=…")
        elif not wins:
            why = f"{code} and perhaps others stand there more than once, with different prices: lines {lines}"
            choices = [
                ListAnswer("last", "the last row"),
                ListAnswer("first", "the first row"),
                ListAnswer("cheapest", "the lower price"),
                ListAnswer("dearest", "the higher price"),
                ListAnswer("stop", "none: each is an error"),
            ]
            self._questions.setdefault(
                "duplicates",
                OpenQuestion("duplicates", "Which row of a code counts?", why, choices),
            )
        if wins in {"cheapest", "dearest"}:
            dearest = sorted((entry for entry in same if entry.price), key=lambda entry: entry.price.sort_price)  # type: ignore[union-attr]  # those without are left out
            return dearest[0 if wins == "cheapest" else -1]
        return same[-1 if wins == "last" else 0]

    def _look_at_whole(self, count: int) -> None:
        if count > PRICES:
            self._problems.append(Problem("the price list is too long", f"it has more than {PRICES} rates"))
        elif not count and not self._problems and not self._questions:
            self._problems.append(Problem("the price list has no rates", "no row has a code and a price for that day"))


def _price_columns(places: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the columns of prices with their band; the plain one has none."""
    for role, place in places.items():
        kind, _, band = role.partition(":")
        if kind == "price":
            yield band, place


def _is_area(text: str) -> bool:
    return len(text) == 3 and text.isdecimal() and text[0] not in "01"  # noqa: PLR2004 - NPA and NXX alike


def _no_area(npa: str, nxx: str) -> list[str]:
    raise CodeFault(f"NPA and NXX cannot be read: {npa!r}, {nxx!r}", "each has three digits, from 200 on", "")


def _at(cells: tuple[str, ...], place: int) -> str:
    return cells[place] if 0 <= place < len(cells) else ""


def _told(cells: Sequence[str]) -> str:
    return " | ".join(cell for cell in cells if cell)[:100]
