"""Records that are elements of XML: their cells, and what is no such record, whatever the bytes are."""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tests.fakes.layouts import column, layout, outcome, outcomes
from tollbook.dialects.reading.xml_cells import BadXml, cell_of, is_way, read_element
from tollbook.model.limits import LONGEST_RECORD, XML_DEPTH

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


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (cdr().replace("<cdr ", "<call "), r"no element begins with '<cdr\\s'"),
        (cdr().replace("</cdr>", "</cdx>"), "it is not well-formed XML: mismatched tag in line 1, character "),
        (cdr(EVENTS + "\n<a>"), "it is not well-formed XML: mismatched tag in line 2, character 6"),
        (cdr() + cdr(), "it is not well-formed XML: junk after document element in line 1"),
        (cdr("&a;"), "it is not well-formed XML: undefined entity in line 1"),
        (cdr("<!-- -->"), "it holds '<!': document types, remarks and CDATA are not read"),
        (cdr().replace("utc=", "ltc="), "nothing stands at 'utc', where started_at belongs"),
        (cdr(EVENTS.replace("time", "at")), "nothing stands at 'event.time', where begin_s belongs"),
        (cdr("<a>" * XML_DEPTH + "</a>" * XML_DEPTH), "it is nested too deeply: more than 128 elements stand within"),
    ],
)
def test_a_record_that_is_none_says_what_is_wrong_with_it(line: str, reason: str) -> None:
    assert outcome(MADE, line)["reason"].startswith(reason)


def test_elements_may_be_as_deep_as_the_limit() -> None:
    deep = "<a>" * (XML_DEPTH - 1) + "</a>" * (XML_DEPTH - 1)

    assert outcome(MADE, cdr(EVENTS + deep))["is"] == "record"


def test_a_format_with_several_kinds_of_record_does_not_say_of_which_one_a_line_is_none() -> None:
    two = layout([RECORD, RECORD | {"match": "<call "}])

    assert outcome(two, cdr()[:-1])["reason"] == "no rule matches"


def test_a_value_that_cannot_be_read_is_told_by_its_column() -> None:
    assert "taken_s is not a whole number" in outcome(MADE, cdr().replace('"139"', '"soon"'))["reason"]


ENCODED = layout(RECORD | {"encoded": "url"})


def posted(text: str) -> str:
    return "cdr=" + quote(f'<?xml version="1.0"?>\n{text}\n', safe="")


def test_values_are_read_as_they_were_before_they_were_encoded_as_in_a_url() -> None:
    note = cdr(EVENTS + "<note>50%25%20caf%C3%A9 + 1</note>" + END)

    assert outcome(ENCODED, note)["account_code"] == "50% café + 1"
    assert outcome(MADE, note)["account_code"] == "50%25%20caf%C3%A9 + 1"


@pytest.mark.parametrize("again", [False, True])
def test_an_element_that_was_posted_as_a_form_is_read_whether_its_values_were_encoded_once_more_or_not(
    again: bool,  # noqa: FBT001 - a case
) -> None:
    value = "%3Csip%3A201%40x%3E%26" if again else "<sip:201@x>&"
    call = outcome(ENCODED, posted(cdr(EVENTS + f"<note>{value}</note>" + END)))

    assert (call["is"], call["caller"], call["account_code"]) == ("record", "2125550123", "<sip:201@x>&")


def test_a_form_is_no_element_to_a_format_that_does_not_say_that_values_are_encoded() -> None:
    assert outcome(MADE, posted(cdr()))["is"] == "rejected"


SIGNS = st.text(alphabet="<>/=\"'&;!?[] acdrevntmsg-0123456789\0\n\x85é", max_size=80)
WAYS = ["utc", "event.conf", "event[msg=a|b].time", "event.to.e164", "é.b", "a.b.c.d"]


@examples(500)
@given(SIGNS | SIGNS.map(lambda text: f"<cdr {text}</cdr>") | SIGNS.map(lambda text: f"<cdr>{text}</cdr>"))
def test_any_text_is_an_element_or_none_and_nothing_raises(text: str) -> None:
    with suppress(BadXml):
        element = read_element(text)

        assert all(cell_of(element, way) is None or is_way(way) for way in WAYS)


@examples(300)
@given(st.binary(max_size=120))
def test_any_bytes_are_a_record_or_a_reject(raw: bytes) -> None:
    for line in (raw, b"<cdr " + raw, b"<cdr >" + raw + b"</cdr>", b"cdr=%3Ccdr%20" + raw + b"%3C/cdr%3E"):
        for made in (MADE, ENCODED):
            assert [each["is"] for each in outcomes(made, line)] in (["record"], ["rejected"])


@pytest.mark.parametrize(
    "text",
    [
        "<cdr " + "a" * (LONGEST_RECORD - 20) + ">",
        "<a>" * (LONGEST_RECORD // 3),
        "<cdr >" + "<a>" * (LONGEST_RECORD // 8) + "</a>" * (LONGEST_RECORD // 8) + "</cdr>",
        "<cdr>" + '<event msg="conn-to"/>' * (LONGEST_RECORD // 22) + "</cdr>",
        "<cdr >" + "&amp;" * (LONGEST_RECORD // 5 - 4) + "</cdr>",
        "%3Ca" + "%3Cx%20a%3D%22" * (LONGEST_RECORD // 15),
        "%3Ca" + "%3C%3F" * (LONGEST_RECORD // 6),
        "%3Ca" + "%20" * (LONGEST_RECORD // 3),
        "%3Ca" + "%3Ca%3E%20" * (LONGEST_RECORD // 10),
        "<cdr " + "".join(f'a{number}="" ' for number in range(LONGEST_RECORD // 10)) + "/>",
    ],
)
def test_a_record_of_any_shape_is_done_with_soon(text: str) -> None:
    """The bound is far above what it takes."""
    began = perf_counter()

    outcomes(MADE, *[text] * 5)
    outcomes(ENCODED, *[text] * 5)

    assert perf_counter() - began < 5
