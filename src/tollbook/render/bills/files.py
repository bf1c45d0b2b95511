"""The kinds of files that a phone bill can be had as."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from tollbook.model.page_limits import BILL_PDF_CALLS, XLSX_ROWS
from tollbook.model.periods import span
from tollbook.model.phone_bill import PhoneBill
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.bills.pdf import bill_pdf
from tollbook.render.bills.tables import Subtotals, call_list, sum_list
from tollbook.render.reports.csv_file import csv_bytes
from tollbook.render.reports.sheets import Paper
from tollbook.render.reports.workbook import Tells, nobody, xlsx_of_several
from tollbook.render.tables import CSV_STYLES, PLAIN, CsvStyle


class BillOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may choose about a file of a bill; `tell` is told what part of it is made."""

    csv: CsvStyle = CSV_STYLES[PLAIN]
    paper: Paper = Paper.A4
    by: Subtotals = "kind"
    tell: Tells = nobody
    logo: bytes = b""


class BillFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of file: its media type, how its name ends, what makes it, and whether that is heavy work."""

    media_type: str
    ending: str
    make: Callable[[PhoneBill, BillOptions], bytes]
    is_heavy: bool = False
    most: int = XLSX_ROWS


BILL_FORMATS = {
    "json": BillFormat(
        media_type="application/json",
        ending="json",
        make=lambda bill, _: msgspec.json.encode(bill) + b"\n",
    ),
    "csv": BillFormat(
        media_type="text/csv; charset=utf-8",
        ending="csv",
        make=lambda bill, options: csv_bytes(call_list(bill), options.csv),
    ),
    "xlsx": BillFormat(
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ending="xlsx",
        make=lambda bill, options: xlsx_of_several({"Summary": sum_list(bill), "Calls": call_list(bill)}, options.tell),
        is_heavy=True,
    ),
    "pdf": BillFormat(
        media_type="application/pdf",
        ending="pdf",
        make=lambda bill, options: bill_pdf(bill, options.by, options.paper, options.logo),
        is_heavy=True,
        most=BILL_PDF_CALLS,
    ),
}


def bill_file(name: str, bill: PhoneBill, options: BillOptions) -> bytes:
    """Return a bill as a file of a kind; raises `Misconfigured` where it is too long for that."""
    refuse_too_many(name, bill)
    return BILL_FORMATS[name].make(bill, options)


def bill_file_name(name: str, bill: PhoneBill) -> str:
    """Return what a file of a kind is called: whose bill, and of which months."""
    slug = re.sub(r"[^a-z0-9]+", "-", bill.name.lower()).strip("-") or bill.kind
    months = span(bill.period.first, bill.period.last) if bill.period.first and bill.period.last else ""
    return f"phone-bill-{slug}-{months}.{BILL_FORMATS[name].ending}"


def refuse_too_many(name: str, bill: PhoneBill) -> None:
    """Raise `Misconfigured` where a bill has more calls than a kind of file takes."""
    most, calls = BILL_FORMATS[name].most, sum(len(each.calls) for each in bill.sections)
    if calls > most:
        what, why = f"a bill as {name.upper()} takes {most:,} calls", f"this one has {calls:,}"
        raise Misconfigured(Problem(what, why, help="take one person, fewer months, or XLSX or CSV"))
