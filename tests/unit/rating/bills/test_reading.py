"""A bill is read as it is written; what it does not say is asked, and no row is lost silently."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tollbook.model.problem import Misconfigured
from tollbook.rating.bills.bill_form import NumberForm, bill_form
from tollbook.rating.bills.reading import Bill, BillLine, read_bill
from tollbook.rating.lists.headings import ListRow

GERMAN = """Rechnung 4711;;;;
Datum;Uhrzeit;Zielrufnummer;Dauer;Betrag (EUR)
05.01.2026;10:00:00;089 230025;0:01:05;0,12
13.01.2026;10:05:00;+44 20 7946 0135;1:00:00;1,50
14.01.2026;11:00:00;015228817xxx;0:00:10;
14.01.2026;25:00:00;089230025;0:00:10;0,01
Summe;;;;1,62
"""
GIVEN = {"zone": "Europe/Berlin", "country": "DE"}


def spelled(text: str, form: NumberForm) -> str:
    """A country of which numbers have 8 digits or more, without the plan of any real one."""
    if text.startswith("+"):
        return text
    if text.startswith("00"):
        return f"+{text[2:]}"
    if form == "e164":
        return f"+{text}" if len(text) > 9 and not text.startswith("0") else ""
    return f"+49{text[1:]}" if text.startswith("0") and len(text) > 8 else ""


def read(text: str, settings: dict[str, str] = GIVEN, delimiter: str = ";") -> Bill:
    rows = [
        ListRow(number, tuple(cell.strip() for cell in cells))
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1)
    ]
    return read_bill(rows, bill_form(settings), spelled)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def told(line: BillLine) -> tuple[str, int, tuple[int, ...], int, Decimal | None]:
    return line.call.number, line.call.hidden, line.call.moments, line.call.seconds, line.price


def questions(bill: Bill) -> dict[str, list[str]]:
    return {each.setting: [choice.value for choice in each.choices] for each in bill.questions}


def test_a_bill_with_title_lines_two_columns_of_time_and_a_sum_is_read() -> None:
    bill = read(GERMAN)

    assert [told(line) for line in bill.lines] == [
        ("+4989230025", 0, (at("2026-01-05T10:00+01:00"),), 65, Decimal("0.12")),
        ("+442079460135", 0, (at("2026-01-13T10:05+01:00"),), 3600, Decimal("1.50")),
        ("+4915228817", 3, (at("2026-01-14T11:00+01:00"),), 10, None),
    ]
    assert [(each.line, each.reason) for each in bill.unread] == [(6, "25:00:00 is no time of day")]
    assert (bill.totals, bill.form.currency, bill.form.decimal, bill.form.date_order) == (1, "EUR", "comma", "dmy")
    assert [line.line for line in bill.lines] == [3, 4, 5]


@pytest.mark.parametrize(
    "heading",
    [
        "Called number,Date,Time,Duration,Price",
        "Numéro appelé,Date,Heure,Durée,Montant",
        "Número marcado,Fecha,Hora,Duración,Importe",
        "Numero chiamato,Data,Ora,Durata,Importo",
        "Gekozen nummer,Datum,Tijd,Duur,Bedrag",
        "Numer docelowy,Data,Godzina,Czas trwania,Kwota",
        "Номер назначения,Дата,Время,Длительность,Стоимость",
    ],
)
def test_columns_are_found_by_their_names_in_several_languages(heading: str) -> None:
    bill = read(f"{heading}\n+4989230025,2026-01-05,10:00:00,0:01:05,0.12\n", delimiter=",")

    assert [told(line)[0] for line in bill.lines] == ["+4989230025"]


def test_one_column_of_day_and_time_is_enough_and_offsets_need_no_zone() -> None:
    bill = read("Start,Number,Seconds,Cost\n2026-01-05T10:00:00+01:00,+4989230025,65,0.12\n", {}, ",")

    assert [line.call.moments for line in bill.lines] == [(at("2026-01-05T09:00Z"),)]


def test_times_with_am_and_pm_are_read() -> None:
    bill = read("Start,Number,Seconds,Cost\n1/25/2026 12:05 AM,+4989230025,65,0.12\n", {"zone": "UTC"}, ",")

    assert [line.call.moments for line in bill.lines] == [(at("2026-01-25T00:05Z"),)]


def test_an_hour_that_comes_twice_may_be_either() -> None:
    bill = read("Start,Number,Seconds,Cost\n2026-10-25 02:30:00,+4989230025,65,0.12\n", GIVEN, ",")

    assert [len(line.call.moments) for line in bill.lines] == [2]


def test_what_can_be_read_in_two_ways_is_asked_and_nothing_is_read_before() -> None:
    text = "Start;Number;Duration;Cost\n03/02/2026 10:00;4989230025;5:03;1,200\n"

    bill = read(text, {})

    assert questions(bill) == {
        "date-order": ["dmy", "mdy"],
        "zone": ["Europe/Berlin", "UTC"],
        "decimal": ["point", "comma"],
        "duration": ["m:s", "h:m"],
    }
    assert bill.lines == []
    answers = {"date-order": "mdy", "zone": "UTC", "decimal": "comma", "duration": "h:m", "number": "e164"}
    (line,) = read(text, answers).lines
    assert told(line) == ("+4989230025", 0, (at("2026-03-02T10:00Z"),), 18_180, Decimal("1.200"))


def test_plain_lengths_without_a_unit_are_asked_about() -> None:
    text = "Start,Number,Duration,Cost\n2026-01-05 10:00,+4989230025,65,0.12\n"

    assert questions(read(text, GIVEN, ",")) == {"duration": ["seconds", "minutes"]}
    assert read(text.replace("Duration", "Duration (sec)"), GIVEN, ",").lines[0].call.seconds == 65
    assert read(text.replace("Duration", "Minutes"), GIVEN, ",").lines[0].call.seconds == 3900


def test_the_country_is_asked_where_numbers_are_written_as_dialled() -> None:
    assert questions(read(GERMAN, {"zone": "UTC"})) == {"country": ["DE"]}


def test_a_column_that_is_not_recognised_is_asked_for_and_can_be_named() -> None:
    text = "Start,Wen,Seconds,Cost\n2026-01-05 10:00,+4989230025,65,0.12\n"

    assert questions(read(text, GIVEN, ",")) == {"column.number": ["Wen"]}
    assert len(read(text, {**GIVEN, "column.number": "wen"}, ",").lines) == 1
    assert len(read(text, {**GIVEN, "column.number": "#2"}, ",").lines) == 1
    with pytest.raises(Misconfigured, match="the column 'Whom' is not there"):
        read(text, {**GIVEN, "column.number": "Whom"}, ",")


def test_a_file_without_a_heading_is_read_by_the_numbers_of_its_columns() -> None:
    columns = {"column.time": "#1", "column.number": "#2", "column.duration": "#3", "column.price": "#4"}
    bill = read("2026-01-05 10:00,+4989230025,65,0.12\n", {**GIVEN, **columns, "duration": "seconds"}, ",")

    assert [told(line)[0] for line in bill.lines] == ["+4989230025"]


def test_two_currencies_are_asked_about() -> None:
    text = "Start,Number,Seconds,Cost\n2026-01-05 10:00,+4989230025,65,€0.12\n2026-01-05 10:01,+4989230025,65,£0.12\n"

    assert questions(read(text, GIVEN, ",")) == {"currency": ["EUR", "GBP"]}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("zone", "Berlin", "there is no time zone 'Berlin'"),
        ("decimal", "dot", "'decimal' must be one of point, comma"),
        ("country", "Germany", "'country' cannot be used"),
        ("currency", "euro", "'currency' cannot be used"),
        ("date-ordr", "dmy", "did you mean 'date-order'?"),
        ("column.colour", "x", "no setting is called 'column.colour'"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(name: str, value: str, said: str) -> None:
    with pytest.raises(Misconfigured) as fault:
        bill_form({name: value})

    assert said in str(fault.value)


@pytest.mark.parametrize("cell", ["", "?", "1:2:3:4", "99999999", "-5"])
def test_a_length_that_is_none_spoils_its_row_alone(cell: str) -> None:
    text = f"Start,Number,Seconds,Cost\n2026-01-05 10:00,+4989230025,{cell},0.12\n2026-01-05 10:01,+4989230025,65,-1\n"
    bill = read(text, GIVEN, ",")

    assert ([each.line for each in bill.unread], [line.price for line in bill.lines]) == ([2], [Decimal(-1)])


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1970-01-01"])
def test_a_day_on_which_nobody_called_spoils_its_row_alone(day: str) -> None:
    bill = read(f"Start,Number,Seconds,Cost\n{day} 10:00,+4989230025,60,0.12\n", GIVEN, ",")

    assert [each.reason for each in bill.unread] == [f"'{day} 10:00' is no time"]


def test_an_empty_file_asks_for_its_columns() -> None:
    assert list(questions(read("", GIVEN))) == ["column.number", "column.time", "column.duration", "column.price"]
