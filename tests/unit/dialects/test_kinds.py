"""What a cell of each kind holds."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.layouts import column, layout, outcome, outcomes
from tollbook.dialects.layout.layout import Column
from tollbook.dialects.reading.kinds import KINDS, amount, column_reader
from tollbook.dialects.reading.memo import UNREADABLE
from tollbook.dialects.reading.moments import clock, days, duration, moment
from tollbook.model.texts import texts_of


def read(kind: str, *cells: str, **more: object) -> list[object]:
    made = msgspec.convert({"name": "it", "means": "", "kind": kind, **more}, Column)
    return [value if isinstance(value, str) else int(str(value)) for value in column_reader(made)(texts_of(cells))]


@pytest.mark.parametrize(
    ("form", "text", "seconds"),
    [
        ("m'ss", "5'15", 315),
        ("hh:mm'ss", "01:01\u201905", 3665),
        ("hh:mm'ss\"", "00:00'15", 15),
        ("hh:mm.ss", "00:01.05", 65),
        ("h:mm.t", "0:01.5", 90),
        ("h:mm.d", "0:01.5", 110),
        ("hmmt", "0015", 90),
        ("hh:mm:ss.xxx", "00:10:30.0", 630),
        ("S=s", "S=226", 226),
        ("sssss", "00034", 34),
        ("hhHmmMss", "01H02M03", 3723),
        ("mm:ss", " 1:05", 65),
    ],
)
def test_a_duration_is_read_by_its_form(form: str, text: str, seconds: int) -> None:
    assert read("duration", text, form=[form]) == [seconds]


@pytest.mark.parametrize(
    ("form", "text", "seconds"),
    [
        ("hh:mmpp", "12:00AM", 0),
        ("hh:mmpp", "12:59PM", 46_740),
        ("hh:mmpp", "1:18am", 4680),
        ("hh:mmpp", "23:59", 86_340),
        ("hh:mmpp", "07:04P", 68_640),
        ("hhmm", "0036", 2160),
        ("hh:mm:ss", "24:00:00", UNREADABLE),
        ("hh:mmpp", "13:00PM", UNREADABLE),
        ("hh:mmpp", "0:10AM", UNREADABLE),
    ],
)
def test_a_time_of_day_is_read_by_its_form(form: str, text: str, seconds: int) -> None:
    assert read("time", text, form=[form]) == [seconds]


@pytest.mark.parametrize(
    ("form", "text", "number"),
    [
        ("MM/DD/YY", "01/02/70", 1),
        ("MM/DD/YY", " 1/ 2/70", 1),
        ("DD.MM.YYYY", "02.01.1970", 1),
        ("YYMMDD", "260302", 20_514),
        ("MMDDYY", "030226", 20_514),
        ("DD MON YYYY", "2 Mar 2026", 20_514),
        ("MM/DD", "02/29", -229),
        ("MM/DD", "02/30", UNREADABLE),
        ("MM/DD/YY", "13/02/26", UNREADABLE),
        ("MM/DD/YY", "02/30/26", UNREADABLE),
        ("YYYY/MM/DD", "1969/12/31", UNREADABLE),
    ],
)
def test_a_date_is_read_by_its_form(form: str, text: str, number: int) -> None:
    assert read("date", text, form=[form]) == [number]


def test_a_moment_may_carry_a_weekday_a_zone_and_fractions() -> None:
    form = "hh:mm:ss.xxx ZZZ WWW MON DD YYYY"

    assert read("moment", "10:14:59.214 CET Thu Dec 16 2010", form=[form]) == [1_292_494_499]


def test_the_first_form_that_fits_is_taken() -> None:
    assert read("duration", "S=226", "00:03:46", form=["S=s", "hh:mm:ss"]) == [226, 226]


def test_an_instant_is_seconds_or_milliseconds_and_zero_may_be_none() -> None:
    assert read("epoch", "1772452800", "0", "-1", "99999999999999") == [1_772_452_800, *[UNREADABLE] * 3]
    assert read("epoch-ms", "1772452800123") == [1_772_452_800]
    assert outcome(layout(INSTANTS), "1772452800 0")["outcome"] == "unanswered"


INSTANTS = {
    "form": "blanks",
    "columns": [column("started_at", "epoch"), column("answered_at", "epoch", empty=True)],
}


def test_signs_are_put_back() -> None:
    assert read("text", " >69<1 ", replace={">": "*", "<": "#"}) == ["*69#1"]


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("00560.00EU", "560.00", "EU"),
        ("$ 1,200.50", "1200.50", "$"),
        ("1.200,50 €", "1200.50", "€"),
        ("0,35", "0.35", ""),
        ("1,200", "1200", ""),
        ("-.5", "-0.5", ""),
        ("", "", ""),
        ("12-34", "", ""),
    ],
)
def test_an_amount_is_told_from_its_currency(text: str, value: str, currency: str) -> None:
    assert amount(text) == (value, currency)


def test_money_becomes_the_charge_and_its_currency() -> None:
    made = layout({"form": "blanks", "columns": [column("time", "time", form="hh:mm"), column("charge", "money")]})
    call = outcome(made, "09:30 00560.00EUR")

    assert (call["charge"], call["currency"]) == ("560.00", "EUR")
    assert outcome(made, "09:30 free")["reason"] == "charge is not an amount, with or without its currency: 'free'"


def test_a_cell_that_must_hold_something_rejects_the_record_that_does_not() -> None:
    made = layout({"form": "blanks", "columns": [column("extension", match=r"^\d{3}$"), column("way", match="^[IO]$")]})

    assert outcome(made, "101 I")["is"] == "record"
    assert outcome(made, "101 X")["column"] == "way"
    assert outcome(made, "1019 X")["column"] == "extension"


@given(st.sampled_from(sorted(KINDS)), st.lists(st.text(max_size=20), max_size=40))
def test_no_cell_makes_a_reader_raise(kind: str, cells: list[str]) -> None:
    forms = {"date": ["MM/DD/YY"], "time": ["hh:mmpp"], "moment": ["YYYY-MM-DD hh:mm"], "duration": ["h:mm.t"]}

    assert len(read(kind, *cells, form=forms.get(kind, []))) == len(cells)


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_what_is_written_in_a_form_is_read_back(hour: int, minute: int, second: int) -> None:
    seconds = hour * 3600 + minute * 60 + second

    assert clock("hh:mm:ss")(f"{hour:02}:{minute:02}:{second:02}") == seconds
    assert clock("hh:mm:sspp")(f"{hour % 12 or 12}:{minute:02}:{second:02}{'AP'[hour // 12]}M") == seconds
    assert duration("hh:mm'ss")(f"{hour:02}:{minute:02}'{second:02}") == seconds
    assert moment("YYYY-MM-DD hh:mm:ss")(f"1970-01-01 {hour:2}:{minute:02}:{second:02}") == seconds


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)))
def test_a_date_is_read_back(day: date) -> None:
    written = f"{day.day}.{day.month}.{day.year}"

    assert days("DD.MM.YYYY")(written) == (day - date(1970, 1, 1)).days


@pytest.mark.parametrize("time", ["24:00:00", "23:60:00", "23:59:60"])
def test_a_moment_that_no_clock_shows_is_none(time: str) -> None:
    form = "YYYY-MM-DD hh:mm:ss"

    assert read("moment", f"2026-03-02 {time}", "1970-01-01 23:59:59", form=[form]) == [UNREADABLE, 86_399]


@given(st.lists(st.text("0 9/:aé²٣\u00a0", max_size=4), min_size=1, max_size=40), st.booleans())
def test_a_cell_that_must_hold_a_digit_is_found_as_any_other_pattern_finds_it(cells: list[str], empty: bool) -> None:  # noqa: FBT001 - drawn
    def told(pattern: str) -> list[str]:
        made = layout({"form": "csv", "columns": [column("a"), column("call_id", match=pattern, empty=empty)]})
        found = outcomes(made, *(f"x,{cell}" for cell in cells))
        return [str(each.get("reason", each)).replace(repr(pattern)[1:-1], "").replace(pattern, "") for each in found]

    assert told(r"\d") == told("[0-9]")
