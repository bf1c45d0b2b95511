"""A phone bill as tables: what a page and a PDF show one below another, and what a spreadsheet has in one.

Each table has one currency, so that its totals mean something; in those for programs the currency is a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Literal, get_args

import msgspec

from tollbook.model.phone_bill import (
    BilledBudget,
    BilledFee,
    BillSection,
    BillTotal,
    CallSum,
    PhoneBill,
    PhoneBillCall,
    TaxSum,
)
from tollbook.model.report import ReportColumn, ReportRow, ReportTable, ReportValue, Unit

Subtotals = Literal["kind", "day"]
"""By what calls are put together in the list of a bill."""
SUBTOTALS: tuple[Subtotals, ...] = get_args(Subtotals)
NOT_SHOWN = "not shown"
"""What stands for a number that is withheld or private."""
_NO_PRICE = "Calls without a price"


class BillPage(msgspec.Struct, frozen=True, kw_only=True):
    """A section of a bill as it is read: its name, and its tables from above to below."""

    name: str
    tables: list[ReportTable]


def pages(bill: PhoneBill, subtotals: Subtotals = "kind") -> list[BillPage]:
    """Return a bill as it is read: all of it together where there are several sections, then each section."""
    of_sections = [
        BillPage(name=each.name, tables=[*_section_tables(bill, each), *_call_tables(bill, each, subtotals)])
        for each in bill.sections
    ]
    of_budgets = [_budgets(bill, bill.budgets)] if bill.budgets else []
    if len(bill.sections) == 1:
        (only,) = of_sections
        first = len(bill.sections[0].totals or [None])
        return [msgspec.structs.replace(only, tables=[*only.tables[:first], *of_budgets, *only.tables[first:]])]
    fees = list(chain.from_iterable(section.fees for section in bill.sections))
    together = _Summed(bill.kinds, bill.taxes, bill.totals, fees)
    whole = [*_summaries(bill, together), *_shares(bill), *of_budgets]
    return [BillPage(name=bill.name, tables=whole), *of_sections]


class _Summed(msgspec.Struct, frozen=True):
    kinds: Sequence[CallSum]
    taxes: Sequence[TaxSum]
    totals: Sequence[BillTotal]
    fees: Sequence[BilledFee]


def _table(bill: PhoneBill, title: str, columns: tuple[ReportColumn, ...], rows: list[ReportRow]) -> ReportTable:
    return ReportTable(
        report="phone-bill",
        title=title,
        period=bill.period,
        scope=bill.scope,
        made_at=bill.made_at,
        calls=bill.count,
        columns=columns,
        rows=rows,
    )


def _column(name: str, title: str, unit: Unit = Unit.TEXT) -> ReportColumn:
    return ReportColumn(name=name, title=title, unit=unit, is_measure=unit in {Unit.COUNT, Unit.SECONDS, Unit.SHARE})


def _amount(name: str, title: str, currency: str = "", *, of_one: bool = False) -> ReportColumn:
    return ReportColumn(name=name, title=title, unit=Unit.AMOUNT, currency=currency, is_measure=True, of_one=of_one)


# ---------------------------------------------------------------- summaries


def _section_tables(bill: PhoneBill, section: BillSection) -> Iterator[ReportTable]:
    yield from _summaries(bill, _Summed(section.kinds, section.taxes, section.totals, section.fees))
    for currency in dict.fromkeys(each.currency for each in section.fees):
        yield _fees(bill, currency, [each for each in section.fees if each.currency == currency])
    if section.budgets:
        yield _budgets(bill, section.budgets)


def _summaries(bill: PhoneBill, summed: _Summed) -> Iterator[ReportTable]:
    """Yield what a section, or all of a bill, comes to, a table a currency."""
    for total in summed.totals:
        currency = total.currency
        kinds = [each for each in summed.kinds if each.currency == currency]
        rows: list[ReportRow] = [(each.kind, each.calls, each.talk_s, each.net) for each in kinds]
        if any(each.currency == currency for each in summed.fees):
            rows.append(("Monthly charges", None, None, total.fees))
        rows += [(_tax_title(each), None, None, each.tax) for each in summed.taxes if each.currency == currency]
        columns = (
            _column("item", "What"),
            _column("calls", "Calls", Unit.COUNT),
            _column("talk", "Duration", Unit.SECONDS),
            _amount("amount", "Amount", currency),
        )
        totals = (None, sum(each.calls for each in kinds), sum(each.talk_s for each in kinds), total.total)
        yield msgspec.structs.replace(_table(bill, f"Summary in {currency}", columns, rows), totals=totals)
    if not summed.totals:
        yield _table(bill, "Summary", (_column("item", "Summary"),), [("Nothing is charged.",)])


def _tax_title(tax: TaxSum) -> str:
    return f"Tax, {tax.percent:f} %" if tax.percent is not None else "Tax, not known"


def _shares(bill: PhoneBill) -> Iterator[ReportTable]:
    """Yield what each section comes to, a table a currency."""
    for total in bill.totals:
        rows: list[ReportRow] = [
            (section.name, section.count, each.calls, each.fees, each.tax, each.total)
            for section in bill.sections
            for each in section.totals
            if each.currency == total.currency
        ]
        amounts = (("net", "Calls, net"), ("fees", "Monthly, net"), ("tax", "Tax"), ("total", "Total"))
        columns = (
            _column("whose", "Whose"),
            _column("calls", "Calls", Unit.COUNT),
            *(_amount(name, title, total.currency) for name, title in amounts),
        )
        counted = sum(row[1] for row in rows if isinstance(row[1], int))
        totals = (None, counted, total.calls, total.fees, total.tax, total.total)
        yield msgspec.structs.replace(_table(bill, f"By person, in {total.currency}", columns, rows), totals=totals)


def _fees(bill: PhoneBill, currency: str, fees: list[BilledFee]) -> ReportTable:
    columns = (
        _column("charge", "Monthly charge"),
        _column("for", "For"),
        _column("from", "From", Unit.DAY),
        _column("to", "To", Unit.DAY),
        _column("percent", "Tax rate"),
        _amount("net", "Net", currency),
        _amount("tax", "Tax", currency),
    )
    rows: list[ReportRow] = [
        (each.name, each.whose, each.first, each.last, f"{each.tax_percent:f} %", each.net, each.tax) for each in fees
    ]
    net, tax = (sum((getattr(each, name) for each in fees), Decimal(0)) for name in ("net", "tax"))
    table = _table(bill, f"Monthly charges in {currency}", columns, rows)
    return msgspec.structs.replace(table, totals=(None, None, None, None, None, net, tax))


def _budgets(bill: PhoneBill, budgets: Sequence[BilledBudget]) -> ReportTable:
    columns = (
        _column("budget", "Budget"),
        _column("for", "For"),
        _column("from", "From", Unit.DAY),
        _column("to", "To", Unit.DAY),
        _column("currency", "Currency"),
        _amount("available", "Available"),
        _amount("used", "Used"),
        _amount("left", "Left"),
        _column("share", "Used of it", Unit.SHARE),
        _column("state", "State"),
    )
    rows: list[ReportRow] = [
        (
            *(each.name, each.whose, each.first, each.last, each.currency),
            *(each.available, each.used, each.left, each.percent / 100, each.state),
        )
        for each in budgets
    ]
    return _table(bill, "Budgets", columns, rows)


# ---------------------------------------------------------------- calls


def _call_tables(bill: PhoneBill, section: BillSection, by: Subtotals) -> Iterator[ReportTable]:
    for currency in sorted({each.currency for each in section.calls}, key=lambda each: (not each, each)):
        calls = [each for each in section.calls if each.currency == currency]
        yield _priced(bill, currency, calls, by) if currency else _unpriced(bill, calls)


def _priced(bill: PhoneBill, currency: str, calls: list[PhoneBillCall], by: Subtotals) -> ReportTable:
    with_names = any(each.name for each in calls)
    columns = (
        _column("begun", "Begun", Unit.MOMENT),
        _column("number", "Number"),
        *((_column("name", "Name"),) if with_names else ()),
        _column("to", "To"),
        _column("talk", "Duration", Unit.SECONDS),
        _column("billed", "Billed", Unit.SECONDS),
        _amount("net", "Net", currency, of_one=True),
    )
    groups: dict[str, list[PhoneBillCall]] = {}
    for each in calls:
        groups.setdefault(each.kind if by == "kind" else f"{each.begun:%Y-%m-%d}", []).append(each)
    texts = len(columns) - 4
    rows: list[ReportRow] = []
    subtotals: dict[int, ReportRow] = {}
    for title in sorted(groups):
        rows += [_row(each, with_names=with_names) for each in groups[title]]
        subtotals[len(rows) - 1] = (None, title, *[None] * (texts - 1), *_summed(groups[title]))
    table = _table(bill, f"Calls in {currency}", columns, rows)
    totals: ReportRow = (None, *[None] * texts, *_summed(calls))
    return msgspec.structs.replace(table, subtotals=subtotals, totals=totals)


def _row(call: PhoneBillCall, *, with_names: bool) -> ReportRow:
    named: tuple[ReportValue, ...] = (call.name or None,) if with_names else ()
    return (call.begun, call.number or NOT_SHOWN, *named, _to(call), call.talk_s, call.billed_s, call.net)


def _to(call: PhoneBillCall) -> str:
    return ", ".join(filter(None, (call.country, call.kind)))


def _summed(calls: Iterable[PhoneBillCall]) -> ReportRow:
    some = list(calls)
    billed = [each.billed_s for each in some if each.billed_s is not None]
    return sum(each.talk_s for each in some), sum(billed), sum((each.net for each in some), Decimal(0))


def _unpriced(bill: PhoneBill, calls: list[PhoneBillCall]) -> ReportTable:
    columns = (
        _column("begun", "Begun", Unit.MOMENT),
        _column("number", "Number"),
        _column("to", "To"),
        _column("talk", "Duration", Unit.SECONDS),
        _column("why", "Why it has no price"),
    )
    rows: list[ReportRow] = [
        (each.begun, each.number or NOT_SHOWN, _to(each), each.talk_s, each.unpriced) for each in calls
    ]
    return _table(bill, _NO_PRICE, columns, rows)


# ---------------------------------------------------------------- for programs and spreadsheets


def call_list(bill: PhoneBill) -> ReportTable:
    """Return all calls of a bill in one table, with whose they are."""
    columns = (
        *(_column("whose", "Whose"), _column("extension", "Extension"), _column("begun", "Begun", Unit.MOMENT)),
        *(_column("number", "Number"), _column("name", "Name"), _column("country", "Country")),
        *(_column("kind", "Kind"), _column("talk_s", "Duration", Unit.SECONDS)),
        *(_column("billed_s", "Billed", Unit.SECONDS), _column("counted", "Calls", Unit.COUNT)),
        *(_column("currency", "Currency"), _amount("net", "Net", of_one=True)),
        *(_amount("tax", "Tax", of_one=True), _column("unpriced", "Why it has no price")),
    )
    rows: list[ReportRow] = [
        (
            *(section.name, each.extension, each.begun, each.number or NOT_SHOWN, each.name, each.country, each.kind),
            *(each.talk_s, each.billed_s, each.counted, each.currency),
            *((each.net, each.tax) if each.currency else (None, None)),
            each.unpriced,
        )
        for section in bill.sections
        for each in section.calls
    ]
    return msgspec.structs.replace(_table(bill, f"Phone bill of {bill.name}", columns, rows), notes=tuple(bill.notes))


def sum_list(bill: PhoneBill) -> ReportTable:
    """Return what each section comes to in one table, item by item; only within a currency do amounts add up."""
    columns = (
        *(_column("whose", "Whose"), _column("currency", "Currency"), _column("item", "Item")),
        *(_column("calls", "Calls", Unit.COUNT), _column("talk_s", "Duration", Unit.SECONDS)),
        _amount("amount", "Amount"),
    )
    rows = list(chain.from_iterable(_sum_rows(section) for section in bill.sections))
    return msgspec.structs.replace(_table(bill, f"Phone bill of {bill.name}", columns, rows), notes=tuple(bill.notes))


def _sum_rows(section: BillSection) -> Iterator[ReportRow]:
    for each in section.kinds:
        amount = each.net if each.currency else None
        yield section.name, each.currency, f"Calls: {each.kind}", each.calls, each.talk_s, amount
    for fee in section.fees:
        yield section.name, fee.currency, f"Monthly charge: {fee.name}, {fee.whose}", None, None, fee.net
    for tax in section.taxes:
        yield section.name, tax.currency, _tax_title(tax), None, None, tax.tax
