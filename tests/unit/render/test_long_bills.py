"""A long phone bill on paper has every call once, its subtotals and its total, and as many pages as it needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pytest

from tollbook.model.phone_bill import BillSection, BillTotal, CallSum, PhoneBill, PhoneBillCall
from tollbook.model.report import ReportPeriod
from tollbook.render.bills.pdf import bill_pdf
from tollbook.render.reports.sheets import Paper

BEGUN = datetime.fromisoformat("2026-10-01T08:00:00")
KINDS = ("National", "Mobile", "International")


def a_call(number: int) -> PhoneBillCall:
    return PhoneBillCall(
        begun=BEGUN + timedelta(minutes=5 * number),
        extension="101",
        is_incoming=False,
        number=f"+4420794{number:05}",
        name=f"Northwind {number % 40}",
        country="United Kingdom",
        kind=KINDS[number % 3],
        talk_s=60 + number % 500,
        billed_s=60 + number % 500,
        counted=1,
        currency="GBP",
        net=Decimal("0.05"),
        tax=Decimal("0.01"),
        tax_percent=Decimal(20),
        unpriced="",
    )


def a_bill(*counts: int) -> PhoneBill:
    sections, first = [], 0
    for place, count in enumerate(counts):
        sections.append(_section(f"Person {place}", [a_call(first + each) for each in range(count)]))
        first += count
    (total,) = _totals([call for each in sections for call in each.calls])
    return PhoneBill(
        kind="department",
        name="Sales",
        period=ReportPeriod(
            first=date(2026, 10, 1), last=date(2026, 10, 31), words="October 2026", zone="Europe/London"
        ),
        made_at=datetime(2026, 11, 1, tzinfo=UTC),
        mask="none",
        count=sum(counts),
        kinds=[each for section in sections for each in section.kinds],
        taxes=[],
        totals=[total],
        sections=sections,
        tariffs=["Flat, from 2026-01-01"],
        notes=["Prices are without tax."],
    )


def _section(name: str, calls: Sequence[PhoneBillCall]) -> BillSection:
    kinds = [
        CallSum(
            kind="Calls", currency="GBP", calls=len(calls), talk_s=sum(each.talk_s for each in calls), net=_net(calls)
        )
    ]
    return BillSection(
        name=name, count=len(calls), kinds=kinds, fees=[], taxes=[], totals=_totals(calls), calls=list(calls)
    )


def _net(calls: Sequence[PhoneBillCall]) -> Decimal:
    return sum((each.net for each in calls), Decimal(0))


def _totals(calls: Sequence[PhoneBillCall]) -> list[BillTotal]:
    return [BillTotal(currency="GBP", calls=_net(calls), total=_net(calls))]


@pytest.mark.parametrize("counts", [(1500,), (1200, 30, 5, 300)], ids=["of one", "of a department"])
def test_every_call_is_there_once_below_the_heads_of_its_page(counts: tuple[int, ...]) -> None:
    data = bill_pdf(a_bill(*counts), "kind", Paper.A4)
    texts = [each.get_textpage().get_text_range() for each in pypdfium2.PdfDocument(data)]
    whole = "\n".join(texts)

    assert all(whole.count(f"+4420794{number:05}") == 1 for number in range(sum(counts)))
    assert all("Duration" in each for each in texts if "+44" in each)
    assert whole.count("Calls in GBP") == len(counts)
    assert f"{Decimal('0.05') * counts[0]:.2f}" in whole
    assert "Prices are without tax." in texts[-1]
    assert b"<pdfaid:conformance>B" in data
    assert len(texts) < sum(counts) / 30 + 3 * len(counts) + 3


def test_a_short_bill_is_tagged_and_a_long_one_is_not() -> None:
    assert b"/StructTreeRoot" in bill_pdf(a_bill(300), "day", Paper.A4)
    assert b"/StructTreeRoot" not in bill_pdf(a_bill(1500), "day", Paper.LETTER)
