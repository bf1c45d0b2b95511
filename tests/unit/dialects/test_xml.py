"""Records that are elements of XML: their cells, and what is no such record, whatever the bytes are."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tests.fakes.layouts import column, layout, outcome, outcomes
from tollbook.dialects.reading.xml_cells import cell_of, is_way, read_element
from tollbook.model.limits import LONGEST_RECORD

RECORD = {
    "form": "xml",
    "match": r"<cdr\s",
    "columns": [
        column("started_at", "epoch", key="utc"),
        column("extension", key="e164"),
        column("caller", key="event[msg=setup-to].e164"),
        column("third_party", key="event[msg=moved].to.e164"),
        column("account_code", key="note"),
        column("begin_s", "seconds", key="event.time"),
        column("taken_s", "seconds", key="event[msg=conn-to|conn-from].time", empty=True),
        column("talk_s", "seconds", key="event[msg=rel-to].time", empty=True, minus="taken_s"),
        column("total_s", "seconds", key="event[msg=rel-to].time", empty=True, minus="begin_s"),
    ],
}
MADE = layout(RECORD)
EVENTS = '<event msg="setup-to" time="130" e164="2125550123"/><event msg="conn-to" time="139"/>'
END = '<event msg="rel-to" time="199"/>'


def cdr(events: str = EVENTS + END) -> str:
    return f'<cdr utc="1772438400" e164="201">{events}</cdr>'


def test_attributes_and_texts_are_cells_by_the_way_that_leads_to_them() -> None:
    call = outcome(MADE, cdr(EVENTS + '<note> A &amp; B </note><event msg="moved"><to e164="203"/></event>' + END))

    assert (call["extension"], call["caller"], call["third_party"]) == ("201", "2125550123", "203")
    assert call["account_code"] == "A & B"


def test_seconds_that_count_from_another_column_are_those_between_the_two() -> None:
    taken, lost, going_on = outcomes(
        MADE,
        cdr(),
        cdr(EVENTS.replace("conn-to", "alert-to") + END),
        cdr(EVENTS),
    )

    assert (taken["outcome"], taken["ring_s"], taken["talk_s"], taken["total_s"]) == ("answered", 9, 60, 69)
    assert (lost["outcome"], lost["ring_s"], lost["total_s"]) == ("unanswered", 69, 69)
    assert (lost["talk_s"], going_on["talk_s"], going_on["total_s"]) == (0, 0, 0)


def test_seconds_before_those_they_count_from_are_none() -> None:
    call = outcome(MADE, cdr(EVENTS + '<event msg="rel-to" time="100"/>'))

    assert (call["talk_s"], call["total_s"]) == (0, 0)


def test_what_stands_before_and_behind_the_element_is_no_part_of_it() -> None:
    assert outcome(MADE, f"<134>Mar  2 09:00:00 pbx {cdr()}\0\n")["is"] == "record"


@pytest.mark.parametrize(
    "line",
    [
        cdr()[:-1],
        cdr().replace("</cdr>", "</cdx>"),
        cdr() + cdr(),
        cdr().replace('e164="201"', 'e164="201" e164="202"'),
        cdr().replace("<event", "&lol;<event", 1),
        '<!DOCTYPE cdr [<!ENTITY a "aaaaaaaaaa">]>' + cdr("&a;" * 9),
        cdr("<!-- a remark -->" + EVENTS),
        cdr().replace("utc=", "ltc="),
        "<cdr >" * 5000,
        "<cdr \udcff>".encode("utf-8", "surrogateescape").decode("latin-1"),
    ],
)
def test_what_is_not_well_formed_or_names_entities_is_no_record(line: str) -> None:
    assert outcome(MADE, line)["is"] == "rejected"


def test_a_value_that_cannot_be_read_is_told_by_its_column() -> None:
    assert "taken_s is not a whole number" in outcome(MADE, cdr().replace('"139"', '"soon"'))["reason"]


SIGNS = st.text(alphabet="<>/=\"'&;!?[] acdrevntmsg-0123456789\0\n\x85é", max_size=80)
WAYS = ["utc", "event.conf", "event[msg=a|b].time", "event.to.e164", "é.b", "a.b.c.d"]


@examples(500)
@given(SIGNS | SIGNS.map(lambda text: f"<cdr {text}</cdr>") | SIGNS.map(lambda text: f"<cdr>{text}</cdr>"))
def test_any_text_is_an_element_or_none_and_nothing_raises(text: str) -> None:
    element = read_element(text)

    assert element is None or all(cell_of(element, way) is None or is_way(way) for way in WAYS)


@examples(300)
@given(st.binary(max_size=120))
def test_any_bytes_are_a_record_or_a_reject(raw: bytes) -> None:
    for line in (raw, b"<cdr " + raw, b"<cdr >" + raw + b"</cdr>"):
        assert [each["is"] for each in outcomes(MADE, line)] in (["record"], ["rejected"])


@pytest.mark.parametrize(
    "text",
    [
        "<cdr " + "a" * (LONGEST_RECORD - 20) + ">",
        "<a>" * (LONGEST_RECORD // 3),
        "<cdr >" + "<a>" * (LONGEST_RECORD // 8) + "</a>" * (LONGEST_RECORD // 8) + "</cdr>",
        "<cdr>" + '<event msg="conn-to"/>' * (LONGEST_RECORD // 22) + "</cdr>",
        "<cdr >" + "&amp;" * (LONGEST_RECORD // 5 - 4) + "</cdr>",
        "<cdr " + "".join(f'a{number}="" ' for number in range(LONGEST_RECORD // 10)) + "/>",
    ],
)
def test_a_record_of_any_shape_is_done_with_soon(text: str) -> None:
    """The bound is far above what it takes."""
    began = perf_counter()

    outcomes(MADE, *[text] * 5)

    assert perf_counter() - began < 5
