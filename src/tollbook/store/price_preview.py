"""What calls would cost by other tariffs, beside what they cost now: nothing in the ledger is changed.

Calls are read through a ledger in one snapshot, some hundred thousand at a time. Each lot is priced into temporary
tables as the ledger's calls are when they are priced again, compared, and added up; what is held beyond a lot is sums
by destination and department, and the calls that change most. Where there are bundles, all calls since they were filled
are gone through first (see `preview_bundles`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import msgspec

from tollbook.model.pricing import Pricing
from tollbook.rating.lines import NO_TARIFF
from tollbook.rating.tariff import Tariff
from tollbook.store import pricing
from tollbook.store.bundling import BEGAN
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger
from tollbook.store.preview_bundles import MERGED, BundledCalls
from tollbook.store.preview_statements import CHOSEN, COMPARED, COUNTED, LASTING, MOST, SUMMED, TOP
from tollbook.store.pricing import STORED, PricingInUse, fields, pricing_digest
from tollbook.store.pricing_many import Versions, price_by

ROWS_AT_ONCE = 4 * 122_880
"""Rows that are priced at once: some of DuckDB's row groups."""
_Connection = duckdb.DuckDBPyConnection


class AskedPreview(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls are asked about, what would price them, the zones of PBXs' clocks, and how many calls are listed.

    `tariffs` are those by their digests that the site does not have. `check` is called now and then, and may raise.
    """

    where: Where
    pricing: Pricing
    zones: dict[str, str]
    tariffs: dict[str, Tariff] = {}
    most: int = 20
    check: Callable[[], None] = lambda: None


class MoneyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What calls cost now and would cost, in one currency. `old_cost` and `new_cost` are without mark-up."""

    currency: str
    calls: int
    old: Decimal
    new: Decimal
    difference: Decimal
    old_cost: Decimal
    new_cost: Decimal


class DestinationChange(MoneyChange, frozen=True, kw_only=True):
    """The same for calls to a country and kind of number; both are None without a dial plan."""

    country: str | None
    kind: str | None


class DepartmentChange(MoneyChange, frozen=True, kw_only=True):
    """The same for calls of a department, None for those of nobody's."""

    department: str | None


class ChangedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that would cost something else. `difference` is None where the currency is another one."""

    id: str
    pbx: str
    started_local: str
    extension: str | None
    called: str | None
    country: str | None
    talk_s: int
    old: Decimal
    old_currency: str
    new: Decimal
    new_currency: str
    difference: Decimal | None


class UnpricedCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls would have no price for one reason."""

    because: str
    calls: int


class PricePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What calls would cost. `calls` are those that have a price or should have one, now or then.

    Amounts of different currencies are never added up.
    """

    calls: int
    changed: int
    dearer: int
    cheaper: int
    becoming_priced: int
    becoming_unpriced: int
    unpriced: int
    totals: list[MoneyChange]
    destinations: list[DestinationChange]
    departments: list[DepartmentChange]
    changed_most: list[ChangedCall]
    unpriced_because: list[UnpricedCount]


def preview(ledger: Ledger, asked: AskedPreview) -> PricePreview:
    """Return what calls would cost."""
    in_use = {pbx: _in_use(asked.pricing.of(pbx), zone) for pbx, zone in asked.zones.items()}
    in_use = {pbx: each for pbx, each in in_use.items() if each.pricing.runs}
    with _lent(asked.tariffs), _snapshot(ledger) as cursor:
        cursor.execute(LASTING)
        versions = Versions()
        span = _span(ledger, cursor, asked.where)
        calls = BundledCalls(cursor, in_use, versions, asked.check)
        bundled = span is not None and calls.price(*span, ROWS_AT_ONCE)
        for first, upto in _lots(ledger, cursor):
            asked.check()
            _compare(_Lot(ledger, cursor, asked.where, first, upto), in_use, versions, bundled=bundled)
            cursor.execute(TOP.format(most=int(asked.most)))
        return _told(ledger, cursor, asked.most)


def _in_use(of_pbx: Pricing, zone: str) -> PricingInUse:
    return PricingInUse(pricing_digest(of_pbx, zone), of_pbx, zone)


@contextmanager
def _lent(tariffs: dict[str, Tariff]) -> Iterator[None]:
    """Let calls be priced by tariffs that no site has, for as long as this lasts."""
    pricing.lend(tariffs, tariffs.get)
    try:
        yield
    finally:
        pricing.take_back(tariffs)


@contextmanager
def _snapshot(ledger: Ledger) -> Iterator[_Connection]:
    """Give a cursor that sees the store as it is now, whatever is stored meanwhile."""
    with ledger.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield cursor
        finally:
            cursor.execute("ROLLBACK")


def _span(ledger: Ledger, cursor: _Connection, where: Where) -> tuple[datetime, datetime] | None:
    """Return when the first and the last call began that is asked about."""
    query = f"SELECT min({BEGAN}), max({BEGAN}) FROM call t WHERE {where.sql}"
    first, last = cursor.execute(ledger.scoped(query), ledger.bound(where.values)).fetchall()[0]
    return (first, last) if first else None


def _lots(ledger: Ledger, cursor: _Connection) -> Iterator[tuple[int, int]]:
    first, last = cursor.execute(
        ledger.scoped("SELECT min(rowid), max(rowid) FROM call"),
        ledger.bound(),
    ).fetchall()[0]
    if first is not None:
        yield from ((begin, begin + ROWS_AT_ONCE) for begin in range(first, last + 1, ROWS_AT_ONCE))


class _Lot(msgspec.Struct, frozen=True):
    """Rows of the table of calls, and who asks about them."""

    ledger: Ledger
    cursor: _Connection
    where: Where
    first: int
    upto: int

    def execute(self, statement: str, query: str) -> None:
        """Run a statement that a query over these calls, `t`, ends; `{calls}` stands for them."""
        rows = f"rowid >= {int(self.first)} AND rowid < {int(self.upto)}"
        calls = f"(SELECT *, rowid AS place FROM call WHERE {rows} AND ({self.where.sql})) t"
        asked = self.ledger.scoped(query.replace("{calls}", calls))
        self.cursor.execute(f"{statement} {asked}", self.ledger.bound(self.where.values))


def _compare(lot: _Lot, in_use: dict[str, PricingInUse], versions: Versions, *, bundled: bool) -> None:
    began = "coalesce(t.answered_at, t.started_at) AS began"
    lot.execute(
        "CREATE OR REPLACE TEMP TABLE to_price AS",
        f"SELECT t.place, {began}, {fields(STORED)} FROM {{calls}}",
    )
    known = ", ".join("?" for _ in in_use)
    if in_use:
        lot.cursor.execute(f"DELETE FROM to_price WHERE pbx NOT IN ({known})", list(in_use))
    price_by(lot.cursor, in_use, versions)
    if bundled:
        lot.cursor.execute(MERGED)
    lot.execute("CREATE OR REPLACE TEMP TABLE compared AS", COMPARED)
    for statement in (*SUMMED, COUNTED):
        lot.cursor.execute(statement)


# ---------------------------------------------------------------- what came of it


def _told(ledger: Ledger, cursor: _Connection, most: int) -> PricePreview:
    counts = cursor.execute("SELECT coalesce(sum(calls), 0)::BIGINT, " + ", ".join(
        f"coalesce(sum({name}), 0)::BIGINT" for name in
        ("dearer", "cheaper", "other", "becoming_priced", "becoming_unpriced", "unpriced")
    ) + " FROM preview_counts").fetchall()[0]  # fmt: skip
    calls, dearer, cheaper, other, priced, gone, none_left = counts
    destinations = [
        DestinationChange(country=country, kind=kind, **money)
        for (country, kind), money in _money(cursor, "preview_destinations", ("country", "kind"))
    ]
    departments = [
        DepartmentChange(department=name, **money)
        for (name,), money in _money(cursor, "preview_departments", ("department",))
    ]
    reasons = cursor.execute(
        "SELECT because, sum(calls)::BIGINT AS n FROM preview_reasons GROUP BY because ORDER BY n DESC, because",
    ).fetchall()
    return PricePreview(
        calls=calls,
        changed=dearer + cheaper + other + priced + gone,
        dearer=dearer,
        cheaper=cheaper,
        becoming_priced=priced,
        becoming_unpriced=gone,
        unpriced=none_left,
        totals=[MoneyChange(**money) for _, money in _money(cursor, "preview_destinations", ())],
        destinations=destinations,
        departments=departments,
        changed_most=list(_changed_most(ledger, cursor, most)),
        unpriced_because=[UnpricedCount(because=because or NO_TARIFF, calls=count) for because, count in reasons],
    )


def _money(
    cursor: _Connection,
    table: str,
    by: tuple[str, ...],
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Yield sums by some columns and the currency, the largest new amount first."""
    keys = "".join(f"{name}, " for name in by)
    query = f"""
    SELECT {keys} currency, sum(calls)::BIGINT, sum(old) AS old, sum(new) AS new, sum(old_cost), sum(new_cost)
    FROM {table} WHERE currency IS NOT NULL GROUP BY {keys} currency
    ORDER BY greatest(sum(old), sum(new)) DESC, {keys} currency"""
    for row in cursor.execute(query).fetchall():
        currency, calls, old, new, old_cost, new_cost = row[len(by) :]
        amounts = {"old": old, "new": new, "difference": new - old, "old_cost": old_cost, "new_cost": new_cost}
        plain_amounts = {name: plain(amount) for name, amount in amounts.items()}
        yield row[: len(by)], {"currency": currency, "calls": calls, **plain_amounts}


def _changed_most(ledger: Ledger, cursor: _Connection, most: int) -> Iterator[ChangedCall]:
    cursor.execute(MOST.format(most=int(most)))
    rows = cursor.execute(ledger.scoped(CHOSEN), ledger.bound()).fetchall()
    for key, pbx, started, extension, called, country, talk_s, old, old_in, new, new_in in rows:
        yield ChangedCall(
            id=key,
            pbx=pbx,
            started_local=started.isoformat(),
            extension=extension,
            called=called,
            country=country,
            talk_s=talk_s,
            old=plain(old),
            old_currency=old_in,
            new=plain(new),
            new_currency=new_in,
            difference=plain(new - old) if old_in == new_in else None,
        )


def plain(amount: Decimal) -> Decimal:
    """Return an amount without the noughts at its end, and without an exponent.

    >>> plain(Decimal("120.500000")), plain(Decimal("1200.00")), plain(Decimal("0.000"))
    (Decimal('120.5'), Decimal('1200'), Decimal('0'))
    """
    text = f"{amount:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
