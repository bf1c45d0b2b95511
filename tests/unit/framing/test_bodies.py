"""Bodies in the making: text as it arrives, archives at their end, pages as one reject, and what a cut leaves."""

from __future__ import annotations

import gzip
import io
import zipfile
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing.bodies import Cut, OpenBody, last_record
from tollbook.framing.lines import frames_of
from tollbook.model.body import Ending
from tollbook.model.frame import NOT_A_RECORD, Block, Rejected
from tollbook.model.limits import SHOWN_OF_A_PAGE
from tollbook.model.record_lines import RecordLines

FILES = [b"one\ntwo\n", b"", b"three\nfour", b"five\n"]
TEXT_OF_ALL = b"".join(FILES)
OF_XML = (
    "a document of XML where call records belong: the PBX's format reads none. Choose one that does, "
    "or let the PBX write CSV or JSON"
)
HALF = "cut off in the middle of a record"


def a_zip(files: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, text in enumerate(files):
            archive.writestr(f"{number}.csv", text)
    return buffer.getvalue()


def cuts_of(body: bytes, ending: Ending = Ending.COMPLETE, *, pieces: int = 1, consumed: int = 0) -> list[Cut]:
    """Feed a body in so many pieces, and end it; one that is gone on with is fed only what follows."""
    opened = OpenBody(lambda: io.BytesIO(body), consumed, body[:600] if consumed else b"")
    rest = body[opened.read_again_from :]
    edges = [len(rest) * number // pieces for number in range(pieces + 1)]
    return [*(opened.feed(rest[start:end]) for start, end in pairwise(edges)), *opened.end(ending, "the line broke")]


def records(cuts: list[Cut]) -> list[tuple[int, bytes]]:
    return [(cut.member, raw) for cut in cuts for raw in frames_of(cut.block).raws]


def rejects(cuts: list[Cut]) -> list[Rejected]:
    return [each for cut in cuts for each in cut.rejected]


@given(st.integers(1, 12))
def test_text_is_cut_as_it_arrives(pieces: int) -> None:
    cuts = cuts_of(b"one\r\ntwo\r\nthree", pieces=pieces)

    assert records(cuts) == [(0, b"one"), (0, b"two"), (0, b"three")]
    assert (rejects(cuts), cuts[-1].consumed) == ([], 15)


def test_records_are_given_out_with_the_piece_that_completes_them() -> None:
    opened = OpenBody(io.BytesIO)
    cuts = [opened.feed(piece) for piece in (b"one\ntw", b"o\nthr", b"ee\n")]

    assert [[raw for _, raw in records([cut])] for cut in cuts] == [[b"one"], [b"two"], [b"three"]]
    assert [(cut.consumed, cut.member, cut.replayed) for cut in cuts] == [(4, 0, 0), (8, 0, 0), (14, 0, 0)]
    assert (opened.consumed, opened.read_again_from, opened.is_archive, opened.fresh_from) == (14, 14, False, 0)


def test_a_pause_settles_nothing_of_a_body_that_will_end() -> None:
    opened = OpenBody(io.BytesIO)
    opened.feed(b"one\ntw")

    assert opened.pause() == Cut(0, Block(b"", 0), [], 4)


def test_too_few_bytes_to_tell_are_held_until_more_come_or_the_body_ends() -> None:
    opened = OpenBody(io.BytesIO)

    assert opened.feed(b"P") == Cut(0, Block(b"", 0), [], 0)
    assert opened.feed(b"K\x03") == Cut(0, Block(b"", 0), [], 0)
    assert records(list(opened.end(Ending.COMPLETE, ""))) == [(0, b"PK\x03")]


def test_text_is_gone_on_with_where_it_stood() -> None:
    cuts = cuts_of(b"one\ntwo\nthree\n", consumed=4)
    frames = [frames_of(cut.block) for cut in cuts]

    assert [(each.raws, each.offsets) for each in frames if each] == [([b"two", b"three"], [4, 8])]
    assert cuts[-1].consumed == 14


# ---------------------------------------------------------------- what a cut leaves


@pytest.mark.parametrize(
    ("last", "whole"),
    [
        (b'09:00,"101"', True),
        (b'09:00,"101', False),
        (b'09:00,"', False),
        (b'"1","', False),
        (b'09:00,""', True),
        (b"09:00,101", False),
        (b'0"', False),
        (b'"1","2"', True),
        (b'"1","2","3"', True),
        (b'"1","2', False),
    ],
)
def test_of_a_body_that_was_cut_only_a_closing_quote_shows_the_last_record_whole(last: bytes, whole: bool) -> None:  # noqa: FBT001 - what is expected
    found = last_record(Block(last, 40), Ending.CUT, "the line broke")

    half = Rejected(last, 40, f"{HALF}: the line broke", NOT_A_RECORD)
    assert found == ((Block(last, 40), []) if whole else (Block(b"", 40), [half]))


@pytest.mark.parametrize(
    ("last", "whole"),
    [(b'"1","2"', True), (b'"1",2"3', False), (b'09:00,"101"', True), (b'09:00,"101', False), (b"09:00,101", True)],
)
@pytest.mark.parametrize("ending", [Ending.COMPLETE, Ending.ODD])
def test_a_body_that_ended_whole_has_half_a_record_only_where_its_quotes_are_open(
    last: bytes,
    whole: bool,  # noqa: FBT001 - what is expected
    ending: Ending,
) -> None:
    assert last_record(Block(last, 40), ending, "") == (
        (Block(last, 40), []) if whole else (Block(b"", 40), [Rejected(last, 40, HALF, NOT_A_RECORD)])
    )


@pytest.mark.parametrize("ending", list(Ending))
def test_a_body_that_ended_with_a_line_end_has_no_last_record(ending: Ending) -> None:
    assert last_record(Block(b"", 40), ending, "the line broke") == (Block(b"", 40), [])


def test_the_last_record_of_a_text_that_was_cut_is_a_reject() -> None:
    cuts = cuts_of(b"one\ntwo", Ending.CUT)

    assert records(cuts) == [(0, b"one")]
    assert rejects(cuts) == [Rejected(b"two", 4, f"{HALF}: the line broke", NOT_A_RECORD)]
    assert cuts[-1].consumed == 7


# ---------------------------------------------------------------- pages

PAGE = b"<html><head><TITLE lang=en>\n Log in </TITLE>" + b"x" * 2 * SHOWN_OF_A_PAGE


@given(st.integers(1, 9))
def test_a_page_is_one_reject_of_which_the_beginning_is_shown(pieces: int) -> None:
    cuts = cuts_of(PAGE, pieces=pieces)

    assert records(cuts) == []
    assert rejects(cuts) == [Rejected(PAGE[:SHOWN_OF_A_PAGE], 0, "the line broke", NOT_A_RECORD)]
    assert [cut.consumed for cut in cuts] == [0] * len(cuts)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (PAGE, "a web page titled 'Log in' where call records belong"),
        (
            b"<?xml?><root>",
            OF_XML,
        ),
        (b"<html>log in", "a web page where call records belong"),
        (b"<html><title>Zo\xeb", "a web page titled 'Zo\N{REPLACEMENT CHARACTER}' where call records belong"),
    ],
)
def test_a_page_is_told_by_its_title(page: bytes, reason: str) -> None:
    opened = OpenBody(io.BytesIO)
    opened.feed(page)

    assert [each.reason for each in rejects(list(opened.end(Ending.COMPLETE, "")))] == [reason]


def test_no_more_of_a_page_is_kept_than_is_shown() -> None:
    opened = OpenBody(io.BytesIO)
    for _ in range(50):
        opened.feed(PAGE[:1000])

    (cut,) = opened.end(Ending.COMPLETE, "")
    assert cut.rejected[0].raw == (PAGE[:1000] * 50)[:SHOWN_OF_A_PAGE]
    assert len(opened._held) == 0  # noqa: SLF001 - memory has no other witness


def test_of_a_page_that_arrives_in_pieces_the_beginning_is_held_and_no_more() -> None:
    opened = OpenBody(io.BytesIO)
    for _ in range(50):
        opened.feed(b"<html>" + b"x" * 994)

    assert len(opened._held) == SHOWN_OF_A_PAGE  # noqa: SLF001 - memory has no other witness


# ---------------------------------------------------------------- archives


@given(st.integers(1, 9))
def test_an_archive_is_read_at_its_end_file_by_file(pieces: int) -> None:
    cuts = cuts_of(a_zip(FILES), pieces=pieces)

    assert [cut.block.data for cut in cuts[:pieces]] == [b""] * pieces
    assert records(cuts) == [(0, b"one"), (0, b"two"), (2, b"three"), (2, b"four"), (3, b"five")]
    assert (rejects(cuts), cuts[-1].consumed) == ([], len(TEXT_OF_ALL))


def test_an_archive_that_arrives_byte_by_byte_is_one() -> None:
    body = a_zip(FILES)

    assert records(cuts_of(body, pieces=len(body))) == records(cuts_of(body))


def test_an_archive_says_that_it_is_one_and_is_read_again_from_its_beginning() -> None:
    opened = OpenBody(io.BytesIO, 5, a_zip(FILES)[:600])

    assert (opened.is_archive, opened.consumed, opened.read_again_from) == (True, 5, 0)


@given(st.integers(1, len(TEXT_OF_ALL)))
def test_an_archive_that_is_gone_on_with_gives_what_follows_in_its_place(consumed: int) -> None:
    whole = cuts_of(a_zip(FILES))
    rest = cuts_of(a_zip(FILES), consumed=consumed)

    bytes_of_rest = b"".join(cut.block.data for cut in rest)
    assert bytes_of_rest == TEXT_OF_ALL[consumed:]
    assert {(cut.member, cut.block.offset + len(cut.block.data)) for cut in rest if cut.block.data} <= {
        (cut.member, cut.block.offset + len(cut.block.data)) for cut in whole
    }
    assert all(cut.consumed >= consumed for cut in rest)


@pytest.mark.parametrize("text", [b"one\ntwo\nthr", b"one\ntwo\n"])
def test_what_came_before_the_damage_of_an_archive_is_read_and_the_archive_is_one_reject(text: bytes) -> None:
    packed = gzip.compress(text, compresslevel=0, mtime=0)[:-8]
    cuts = cuts_of(packed)

    why = "the gzip archive cannot be read: it ends in the middle"
    half = [Rejected(b"thr", 8, f"{HALF}: {why}", NOT_A_RECORD)] if text.endswith(b"thr") else []
    assert records(cuts) == [(0, b"one"), (0, b"two")]
    assert rejects(cuts) == [*half, Rejected(packed, 0, why, NOT_A_RECORD)]
    assert [cut.consumed for cut in cuts if cut.rejected] == [len(text) + 1]


def test_the_reject_of_a_broken_archive_is_not_given_out_again() -> None:
    packed = gzip.compress(b"one\ntwo\n", compresslevel=0, mtime=0)[:-8]

    assert [cut.rejected for cut in cuts_of(packed, consumed=9)[1:]] == []
    assert [len(cut.rejected) for cut in cuts_of(packed, consumed=8)[1:]] == [1]


def test_of_a_broken_archive_the_beginning_is_shown() -> None:
    packed = gzip.compress(bytes(range(256)) * 40, compresslevel=0, mtime=0)[:-8]

    assert rejects(cuts_of(packed))[-1].raw == packed[:SHOWN_OF_A_PAGE]


ELEMENTS = RecordLines(begins="<cdr[ >]", ends="</cdr>", xml=True)
DOCUMENT = b"""<?xml version="1.0"?>
<cdrs>
<cdr id="1">
  <variables>
    <a>1</a>
  </variables>
</cdr>
<cdr id="2"/></cdr>
</cdrs>
"""


def elements(body: bytes, declared: RecordLines, pieces: int = 1) -> tuple[list[bytes], list[str]]:
    opened = OpenBody(io.BytesIO, declared=declared)
    edges = [len(body) * number // pieces for number in range(pieces + 1)]
    cuts = [*(opened.feed(body[a:b]) for a, b in pairwise(edges)), *opened.end(Ending.COMPLETE, "")]
    return [raw for _, raw in records(cuts)], [each.reason for each in rejects(cuts)]


@given(st.integers(1, 40))
def test_a_document_of_xml_is_records_to_a_format_that_reads_elements(pieces: int) -> None:
    found, rejected = elements(DOCUMENT, ELEMENTS, pieces)

    assert [raw.split(b">")[0] for raw in found] == [b'<cdr id="1"', b'<cdr id="2"/']
    assert (found[0].endswith(b"</cdr>"), rejected) == (True, [])


def test_the_declaration_goes_where_it_stands_on_the_line_of_a_record_or_behind_the_name_of_a_field() -> None:
    for before in (
        b'<?xml version="1.0" encoding="UTF-8"?>',
        b'cdr=<?xml version="1.0"?>',
        b"\xef\xbb\xbf<?xml?>\n<cdrs>\r\n",
    ):
        assert elements(before + b"<cdr >\n</cdr>\n", ELEMENTS) == ([b"<cdr >\n</cdr>"], [])


def test_lines_of_xml_are_records_where_a_format_says_nothing_of_its_lines() -> None:
    body = b'<?xml version="1.0"?>\n<calls>\n<call a="1"/>\n<call a="2">x</call>\n</calls>'

    assert elements(body, RecordLines(count=1, xml=True)) == ([b'<call a="1"/>', b'<call a="2">x</call>'], [])


def test_a_line_that_is_more_than_tags_around_records_stays_one() -> None:
    assert elements(b"<?xml?>\n<cdrs>x\n<cdr a=''></cdr>", ELEMENTS)[0] == [b"<cdrs>x", b"<cdr a=''></cdr>"]


def test_a_web_page_is_one_whatever_a_format_reads() -> None:
    page = b'<?xml version="1.0"?><!DOCTYPE html><html><title>Log in</title></html>'

    assert elements(page, ELEMENTS) == ([], ["a web page titled 'Log in' where call records belong"])
