"""What the cells of one row come to as the priced columns of our price list; equal cells are looked at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tollbook.rating.lists.amounts import amount_in, currency_of, intervals_in, seconds_in
from tollbook.rating.lists.mapping import ListMapping
from tollbook.rating.lists.words import EMPTY, price_meaning
from tollbook.rating.price_list import COLUMNS
from tollbook.rating.written import Fault

PRICED = COLUMNS[3:]
"""The columns of ours behind `to`, `name` and `band`."""
ROLES = ("price", "next_price", "connect_fee", "interval", "first_s", "next_s", "free_below_s")
"""The columns of theirs that a price is made of."""
LEFT_OUT = "left-out"
_PER_S = {"minute": 60, "second": 1}
_CENTS = "-cents"
_OFTEN = "the form of amounts is set with --set decimal=point or comma"


class PricedCells(msgspec.Struct, frozen=True, gc=False):
    """The rows of a price, more than one where it changes in mid-call, or why there are none.

    `sort_price` orders prices by what a first minute costs about.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    sort_price: Decimal = Decimal(0)
    faults: tuple[Fault, ...] = ()
    left_out: bool = False

    @property
    def blocked(self) -> bool:
        """Whether numbers cannot be called."""
        return bool(self.rows) and self.rows[0][_PRICE] == "blocked"

    @property
    def free(self) -> bool:
        """Whether calls cost nothing at all."""
        return bool(self.rows) and self.rows[0][_PRICE] == "free"


_PRICE = PRICED.index("price")


class CellPrices:
    """Makes prices of cells by a mapping."""

    def __init__(self, mapping: ListMapping) -> None:
        self._mapping = mapping
        self._mark = mapping.decimal or "point"
        unit = mapping.price_unit.removesuffix(_CENTS)
        self._per_s = _PER_S.get(unit, 60)
        self._power = -2 if mapping.price_unit.endswith(_CENTS) else 0
        self._fee_power = -2 if mapping.fee_unit == "cents" else 0
        self._known: dict[tuple[str, ...], PricedCells] = {}

    def price(self, cells: tuple[str, ...]) -> PricedCells:
        """Return what the cells of `ROLES` come to."""
        found = self._known.get(cells)
        if found is None:
            found = self._known[cells] = self._read(dict(zip(ROLES, cells, strict=True)))
        return found

    def _read(self, cells: Mapping[str, str]) -> PricedCells:
        word = cells["price"].casefold() or EMPTY
        meaning = self._mapping.words.get(word) or price_meaning(word)
        if meaning == LEFT_OUT:
            return PricedCells(left_out=True)
        if meaning == "blocked":
            return PricedCells((_row(price="blocked"),))
        faults: list[Fault] = []
        price = Decimal(0) if meaning == "free" else self._amount("price", cells["price"], faults)
        following = self._amount("next_price", cells["next_price"], faults) if cells["next_price"] else price
        fee = self._amount("connect_fee", cells["connect_fee"] or "0", faults)
        first, following_s = self._lengths(cells, faults)
        free_below = seconds_in(cells["free_below_s"] or "0")
        if free_below is None:
            faults.append(
                (f"the shortest time cannot be read: {cells['free_below_s']!r}", "it is a number of seconds", ""),
            )
        if faults:
            return PricedCells(faults=tuple(faults))
        if first == 0 or following_s == 0:
            return self._per_call(fee + price, free_below or 0)
        if not price and not following and not fee:
            return PricedCells((_row(price="free"),))
        return self._steps(price, following, fee, (first, following_s, free_below or 0))

    def _steps(self, price: Decimal, following: Decimal, fee: Decimal, lengths: tuple[int, int, int]) -> PricedCells:
        first_s, next_s, free_below = lengths
        same = price == following
        begin = _row(
            connect_fee=_text(fee) if fee else "",
            price=_text(price),
            per_s=str(self._per_s),
            first_s=str(first_s),
            next_s=str(next_s if same else first_s),
            free_below_s=str(free_below) if free_below else "",
        )
        rows = [begin]
        if not same:
            rows.append(
                _row(price=_text(following), per_s=str(self._per_s), next_s=str(next_s), from_s=str(first_s)),
            )
        return PricedCells(tuple(rows), fee + price * 60 / self._per_s)

    def _per_call(self, amount: Decimal, free_below: int) -> PricedCells:
        """Return the price of a call however long: a fee."""
        if not amount:
            return PricedCells((_row(price="free"),))
        row = _row(connect_fee=_text(amount), price="0", free_below_s=str(free_below) if free_below else "")
        return PricedCells((row,), amount)

    def _amount(self, name: str, cell: str, faults: list[Fault]) -> Decimal:
        amount = amount_in(cell, self._mark)
        beside = currency_of(cell)
        if amount is None:
            faults.append(
                (f"the {name.replace('_', ' ')} is no amount: {cell[:60]!r}", f"decimal is a {self._mark}", _OFTEN),
            )
            return Decimal(0)
        if beside.isalpha() and beside != self._mapping.currency:
            reason = f"the list is in {self._mapping.currency}"
            faults.append((f"the {name.replace('_', ' ')} is in another currency: {cell[:60]!r}", reason, ""))
        return amount.scaleb(self._fee_power if name == "connect_fee" else self._power)

    def _lengths(self, cells: Mapping[str, str], faults: list[Fault]) -> tuple[int, int]:
        """Return the first and the next interval; 0 stands for a price by the call."""
        both = cells["interval"] or ("" if cells["first_s"] or cells["next_s"] else self._mapping.intervals)
        if both:
            found = intervals_in(both, self._mapping.single_interval or "both")
        else:
            first, following = (
                seconds_in(cells["first_s"] or cells["next_s"]),
                seconds_in(cells["next_s"] or cells["first_s"]),
            )
            found = (first, following) if first is not None and following is not None else None
        if found is None:
            said = " ".join(filter(None, (cells["interval"], cells["first_s"], cells["next_s"])))
            reason = "it is first and next seconds" if said else "neither the row nor the mapping has one"
            faults.append((f"the interval cannot be read: {said[:60]!r}", reason, "60/1, or --set intervals=60/1"))
            return 1, 1
        if 0 in found:
            meant = self._mapping.zero_interval
            if not meant:
                reason = "0 means 'not set', 60 or 'the whole call', depending on who wrote it"
                faults.append(("the interval is 0", reason, "--set zero-interval=1, 60 or call"))
                return 1, 1
            if meant != "call":
                return found[0] or int(meant), found[1] or int(meant)
        return found


def _row(**cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, "") for name in PRICED)


def _text(amount: Decimal) -> str:
    """Return an amount as it is written: 0.05 of 0.0500."""
    return f"{amount.normalize():f}"
