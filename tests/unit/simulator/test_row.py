"""A row is written in every way the manual leaves open."""

import csv
from datetime import UTC, datetime

import pytest

from tollbook.simulator.row import (
    CallRow,
    Dates,
    Encoding,
    LineEnd,
    NoAnswer,
    OptionColumns,
    Quoting,
    Style,
    UniqueId,
    head,
    write,
)

PATTERN_A = CallRow(
    account_code="",
    caller="102",
    callee="201",
    source_channel="SIP/name-00ee9a70",
    destination_channel="DAHDI/9-1",
    feature="",
    option1="Dial",
    option2="DAHDI/9,30,",
    start_time="2016-06-09 16:38:49",
    answer_time="2016-06-09 16:38:51",
    end_time="2016-06-09 16:38:54",
    total_duration="5",
    talking_duration="3",
    status="ANSWERED",
    unique_id="1465457929.12",
    direction="internal",
    extension="102",
    trunk="",
    started_s=1465457929,
)
MISSED = PATTERN_A._replace(answer_time="", talking_duration="0", status="NO ANSWERED")

IN_QUOTES = (
    b'"","102","201","SIP/name-00ee9a70","DAHDI/9-1","","Dial","DAHDI/9,30,",'
    b'"2016-06-09 16:38:49","2016-06-09 16:38:51","2016-06-09 16:38:54",5,3,'
    b'"ANSWERED","1465457929.12"\n'
)
BARE = (
    b",102,201,SIP/name-00ee9a70,DAHDI/9-1,,Dial,DAHDI/9,30,,2016-06-09 16:38:49,"
    b"2016-06-09 16:38:51,2016-06-09 16:38:54,5,3,ANSWERED,1465457929.12\n"
)
OTHERWISE = (
    b",102,201,SIP/name-00ee9a70,DAHDI/9-1,Dial,DAHDI/9,30,,,2016/6/9 16:38:49,"
    b"2016/6/9 16:38:51,2016/6/9 16:38:54,5,3,ANSWERED,1465457929\r\n"
)
OTHER = Style(
    quoting=Quoting.BARE,
    dates=Dates.SLASHED,
    unique_id=UniqueId.BARE,
    options=OptionColumns.SHIFTED,
    line_end=LineEnd.CRLF,
)
STYLES = [(Style(), IN_QUOTES), (Style(quoting=Quoting.BARE), BARE), (OTHER, OTHERWISE)]


@pytest.mark.parametrize(("style", "expected"), STYLES, ids=["default", "bare", "other"])
def test_the_call_of_the_manual_is_written_in_the_style_asked_for(
    style: Style, expected: bytes,
) -> None:  # fmt: skip
    assert write(PATTERN_A, style) == expected


def test_an_empty_answer_time_stands_without_quotes() -> None:
    expected = b',"2016-06-09 16:38:49",,"2016-06-09 16:38:54",5,0,"NO ANSWERED",'
    assert expected in write(MISSED, Style())


def test_no_answer_is_spelt_as_asked() -> None:
    assert b'"NO ANSWER",' in write(MISSED, Style(no_answer=NoAnswer.ASTERISK))


def test_a_quote_inside_a_field_is_doubled() -> None:
    row = MISSED._replace(source_channel='SIP/the "desk"-00ee9a70')
    line = write(row, Style()).decode()
    assert next(csv.reader([line])) == list(row.columns)
    assert ",," in line


def test_a_name_beyond_ascii_is_written_in_the_encoding_asked_for() -> None:
    row = PATTERN_A._replace(source_channel="SIP/büro-00ee9a70")
    assert b"b\xc3\xbcro" in write(row, Style())
    assert b"b\xfcro" in write(row, Style(encoding=Encoding.LATIN1))


def test_a_byte_order_mark_stands_before_the_file_and_not_before_each_line() -> None:
    style = Style(encoding=Encoding.UTF8_BOM)
    assert head(style) == b"\xef\xbb\xbf"
    assert write(PATTERN_A, style) == write(PATTERN_A, Style())
    assert head(Style()) == b""


def test_a_row_knows_what_it_means() -> None:
    meant = PATTERN_A.meant
    assert meant.started_at == datetime(2016, 6, 9, 7, 38, 49, tzinfo=UTC)
    assert meant.answered_at == datetime(2016, 6, 9, 7, 38, 51, tzinfo=UTC)
    assert meant.ended_at == datetime(2016, 6, 9, 7, 38, 54, tzinfo=UTC)
    assert (meant.ring_s, meant.talk_s, meant.total_s) == (2, 3, 5)
    assert (meant.outcome, meant.channels_suffice) == ("answered", True)
