"""A report reads the same everywhere: every unit has one way to be written for people, and one for programs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes import reports
from tollbook.model.report import ReportColumn, ReportPeriod, ReportRow, Unit
from tollbook.render.reports.shown import LineKind, legible, lines
from tollbook.render.reports.told import foot, head


def test_every_unit_is_written_for_people() -> None:
    first, second, others, total = (line.texts for line in lines(reports.every_unit()))

    assert first == (
        *("Zoë", "2026-10-05", "week of 2026-10-05", "October 2026", "Q4 2026", "2026", "09:00", "08:30", "Monday"),
        *("2026-10-05 08:30:12", "1,234", "9:18", "12.50", "25.0\xa0%", "1.5"),
    )
    assert second[10:] == ("1", "1:01:40", "1,234,567.12", "50.0\xa0%", "2.0")
    assert others == (*("others",) * 10, "5", "0:00", "-1.00", "25.0\xa0%", "\N{EN DASH}")
    assert total == ("Total", *("",) * 9, "1,240", "1:10:58", "1,234,578.62", "100.0\xa0%", "\N{EN DASH}")


def test_lines_say_what_they_are_and_which_row_they_show() -> None:
    found = list(lines(reports.by_department()))

    assert [(line.kind, line.row) for line in found[7:10]] == [
        (LineKind.ROW, 7),
        (LineKind.SUBTOTAL, None),
        (LineKind.ROW, 8),
    ]
    assert found[8].texts == ("Sales, total", "", "360", "6:00:56", "45.00")
    assert found[-1].kind == LineKind.TOTAL
    assert [line.kind for line in lines(reports.every_unit())][2] == LineKind.OTHERS


def test_totals_that_say_of_what_they_are_keep_their_words() -> None:
    table = replace(reports.trend(), totals=("all year", None, 1, 2, Decimal(3)))

    assert list(lines(table))[-1].texts[0] == "all year"


@pytest.mark.parametrize(
    ("column", "amounts", "told"),
    [
        ({"currency": "EUR"}, ("9" * 60 + ".1234", "0.005"), ["9" * 60 + ".12", "0.01"]),
        ({"currency": "EUR"}, ("-0.0049", "12.345678"), ["0.00", "12.35"]),
        ({"currency": "JPY"}, ("12.5", "1"), ["13", "1"]),
        ({"currency": "KWD"}, ("12.5", "0.0004"), ["12.500", "0.000"]),
        ({"currency": "EUR", "of_one": True}, ("1.2345", "12"), ["1.23", "12.00"]),
        ({"currency": "EUR", "of_one": True}, ("1.2345", "0.0125"), ["1.2345", "0.0125"]),
        ({"currency": "EUR", "of_one": True}, ("0.123456", "0.5"), ["0.1235", "0.5000"]),
        ({"currency": "EUR", "of_one": True}, ("0.000012",), ["0.000012"]),
    ],
)
def test_amounts_are_shown_as_they_are_paid_and_small_ones_of_one_call_as_they_are(
    column: dict[str, Any], amounts: tuple[str, ...], told: list[str]
) -> None:
    of_amounts = ReportColumn(name="cost", title="Cost", unit=Unit.AMOUNT, is_measure=True, **column)
    rows: list[ReportRow] = [(Decimal(amount),) for amount in amounts]
    table = replace(reports.empty(), columns=(of_amounts,), rows=rows, totals=(Decimal("3.456789"),))

    *shown, total = (line.texts[0].replace(",", "") for line in lines(table))
    assert shown == told
    assert total == {"EUR": "3.46", "JPY": "3", "KWD": "3.457"}[column["currency"]]


def test_the_head_names_only_what_there_is_to_say() -> None:
    table = replace(reports.trend(), period=ReportPeriod(), calls=1)

    assert head(table) == [("Period", "all time"), ("Made", "2026-11-01 06:00 UTC, from 1 call")]


def test_columns_that_mean_the_same_are_explained_once() -> None:
    table = reports.by_department()
    columns = tuple(replace(column, meaning="all calls") for column in table.columns[2:])

    assert foot(replace(table, columns=(*table.columns[:2], *columns))) == [
        "Internal calls are counted once.",
        "Calls, Talk time, Cost: all calls",
    ]


@given(st.text(st.characters()))
@example("\uffff\ufffe\ud800\u202e")
def test_a_legible_text_has_nothing_that_a_terminal_a_page_or_a_drawing_would_obey(text: str) -> None:
    found = legible(text)

    assert not {*found} & {*map(chr, range(0x20)), *"\x7f\u202e\u2066\u2028\ufffe\uffff"}
    assert found.encode().decode() == found
