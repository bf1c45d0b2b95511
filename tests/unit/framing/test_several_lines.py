"""Records of several lines: whole and in their place, whatever the bytes are and however they arrive in pieces."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.framing.test_lines import cuts_of
from tollbook.framing.bodies import Cut, OpenBody
from tollbook.framing.cutters import LineCutter, StreamCutter
from tollbook.framing.lines import frames_of
from tollbook.framing.open_stream import OpenStream
from tollbook.framing.replay import ReplayedLine
from tollbook.model.body import Ending
from tollbook.model.frame import NOT_A_RECORD
from tollbook.model.limits import LONGEST_RECORD
from tollbook.model.record_lines import RecordLines

REPORTS = RecordLines(begins="-", ends="END$", most=4)
DECLARED = [
    REPORTS,
    RecordLines(begins="-", most=4),
    RecordLines(begins="-", count=3),
    RecordLines(count=3),
    RecordLines(continues=" ", most=4),
    RecordLines(width=5, most=4),
]
texts = st.lists(
    st.sampled_from(
        [b"-one", b"-2", b" more", b"12345", b"END", b"x", b"\r\n", b"\n", b"\n", b"\r", b"\xef\xbb\xbf", b"\0"]
    ),
    max_size=40,
).map(b"".join)
OBJECTS = RecordLines(objects=True, within="h", most=4)
SIGNS = b'{ } [ ] {"a":1} "h": "a": "}" " 1 , x {"h":[ ]}'.split()
signs = st.lists(st.sampled_from([*SIGNS, b"\\", b"\r\n", b"\n"]), max_size=40).map(b"".join)
each_declared = pytest.mark.parametrize("declared", DECLARED, ids=repr)


def cut(
    pieces: list[bytes],
    declared: RecordLines,
    cutter_of: type[LineCutter | StreamCutter] = LineCutter,
) -> tuple[list[tuple[bytes, int]], list[tuple[bytes, int]]]:
    """Return the records and the rejects, each with its place."""
    cutter = cutter_of(declared)
    batches = [*map(cutter.feed, pieces), cutter.end()]
    records = [pair for batch in batches for pair in zip(batch.raws, batch.offsets, strict=True)]
    return records, [(reject.raw, reject.offset) for reject in cutter.rejected]


def raws(text: bytes, declared: RecordLines) -> list[bytes]:
    return [raw for raw, _ in cut([text], declared)[0]]


@each_declared
@given(texts, st.lists(st.integers(0, 400), max_size=12))
def test_any_cut_of_the_bytes_gives_the_same_records(declared: RecordLines, text: bytes, places: list[int]) -> None:
    for cutter in (LineCutter, StreamCutter):
        assert cut(cuts_of(text, places), declared, cutter) == cut([text], declared, cutter)


@each_declared
@given(texts)
def test_every_byte_that_is_no_line_end_is_in_exactly_one_record_or_reject(declared: RecordLines, text: bytes) -> None:
    found = [raw for part in cut([text], declared) for raw in part]
    found.sort(key=lambda pair: pair[1])
    whole = b"".join(raw for raw, _ in found).translate(None, b"\r\n")

    assert whole == text.removeprefix(b"\xef\xbb\xbf").translate(None, b"\r\n")
    assert all(text[at : at + len(raw)].replace(b"\r", b"\n") == raw.replace(b"\r", b"\n") for raw, at in found)


@given(signs, st.lists(st.integers(0, 400), max_size=12))
def test_any_cut_of_the_bytes_gives_the_same_objects(text: bytes, places: list[int]) -> None:
    for cutter in (LineCutter, StreamCutter):
        assert cut(cuts_of(text, places), OBJECTS, cutter) == cut([text], OBJECTS, cutter)


@given(signs)
def test_of_what_stands_around_objects_only_signs_and_names_of_json_are_in_no_record(text: bytes) -> None:
    left = bytearray(text)
    for raw, at in [pair for part in cut([text], OBJECTS) for pair in part]:
        assert text[at : at + len(raw)].replace(b"\r", b"\n") == raw.replace(b"\r", b"\n")
        left[at : at + len(raw)] = b" " * len(raw)

    assert b"x" not in left
    assert b'{"a":1}' not in left


def cuts(body: OpenBody | OpenStream, pieces: list[bytes], ending: Ending) -> list[Cut]:
    return [*map(body.feed, pieces), *body.end(ending, "")]


@each_declared
@given(texts, st.lists(st.integers(0, 400), max_size=6), st.sampled_from([Ending.COMPLETE, Ending.CUT]))
def test_a_body_that_is_gone_on_with_anywhere_gives_each_record_once(
    declared: RecordLines,
    text: bytes,
    places: list[int],
    ending: Ending,
) -> None:
    gone_on_with(declared, text, places, ending)


@given(signs, st.lists(st.integers(0, 400), max_size=6), st.sampled_from([Ending.COMPLETE, Ending.CUT]))
def test_a_body_of_objects_is_gone_on_with_anywhere(text: bytes, places: list[int], ending: Ending) -> None:
    gone_on_with(OBJECTS, text, places, ending)


def gone_on_with(declared: RecordLines, text: bytes, places: list[int], ending: Ending) -> None:
    """Stop somewhere and begin again with what had been given out: the records are those of one go."""
    *before, last = cuts_of(text, places) or [b""]
    received = len(text) - len(last)
    for begun in (begun_body, begun_stream):
        whole = records_of(cuts(begun(0, text, declared), [text], ending))
        body = begun(0, text, declared)
        found = [body.feed(piece) for piece in before]
        again = begun(body.consumed, text, declared)
        again.feed(text[again.read_again_from : received])

        assert records_of([*found, *cuts(again, [last], ending)]) == whole


def begun_body(consumed: int, text: bytes, declared: RecordLines) -> OpenBody:
    return OpenBody(io.BytesIO, consumed, text[:1] + b"x" * 600 if consumed else b"", declared)


def begun_stream(consumed: int, _text: bytes, declared: RecordLines) -> OpenStream:
    return OpenStream(list[ReplayedLine], consumed, declared)


def records_of(found: list[Cut]) -> list[tuple[bytes, int]]:
    records = [
        pair for each in found for pair in zip(frames_of(each.block).raws, frames_of(each.block).offsets, strict=True)
    ]
    rejects = [(reject.raw, reject.offset) for each in found for reject in each.rejected]
    return sorted(records + rejects, key=lambda pair: pair[1])


def test_a_record_goes_from_its_first_line_to_its_last() -> None:
    assert raws(b"heading\n-a\nb\nEND\nbetween\n-c\nEND\n", REPORTS) == [
        b"heading",
        b"-a\nb\nEND",
        b"between",
        b"-c\nEND",
    ]


def test_a_record_without_a_last_line_ends_where_the_next_begins() -> None:
    assert raws(b"-a\nb\n-c\nEND\n", REPORTS) == [b"-a\nb", b"-c\nEND"]


def test_lines_are_counted_from_the_first_so_that_one_that_is_missing_moves_no_other_record() -> None:
    assert raws(b"-a\nb\n-c\nd\ne\nf\n", RecordLines(begins="-", count=3)) == [b"-a\nb", b"-c\nd\ne", b"f"]


def test_lines_that_begin_with_a_blank_go_on_with_the_one_before() -> None:
    assert raws(b" x\na\n b\n c\nd\n", RecordLines(continues=" ")) == [b" x", b"a\n b\n c", b"d"]


def test_a_line_as_wide_as_the_paper_goes_on_in_the_next() -> None:
    assert raws(b"12345\n67\nab\n12345\n12345\n\n6\n", RecordLines(width=5)) == [
        b"12345\n67",
        b"ab",
        b"12345\n12345\n\n6",
    ]


def test_a_record_of_too_many_lines_is_a_reject_that_says_so_and_its_neighbours_are_read() -> None:
    cutter = LineCutter(REPORTS)
    found = cutter.feed(b"-a\nEND\n-b\n1\n2\n3\n4\n-c\nEND\n")

    assert found.raws == [b"-a\nEND", b"4", b"-c\nEND"]
    [reject] = cutter.rejected
    assert (reject.raw, reject.offset, reject.rule) == (b"-b\n1\n2\n3", 7, NOT_A_RECORD)
    assert reject.reason == f"no end of the record within 4 lines and {LONGEST_RECORD} bytes"


def test_a_record_that_never_ends_takes_no_more_memory_than_it_may_have() -> None:
    cutter, line = LineCutter(RecordLines(begins="-", most=2000)), b"x" * 999 + b"\n"
    cutter.feed(b"-\n")
    found = [raw for _ in range(200) for raw in cutter.feed(line).raws]

    assert [len(reject.raw) for reject in cutter.rejected] == [2 + 65 * 1000 - 1]
    assert len(found) == 200 - 65


def test_what_a_cut_connection_leaves_of_a_record_is_half_a_record() -> None:
    *_, last = cuts(OpenStream(list[ReplayedLine], 0, REPORTS), [b"-a\nEND\n-b\nc"], Ending.CUT)

    assert [(reject.raw, reject.reason) for reject in last.rejected] == [
        (b"-b\nc", "cut off in the middle of a record")
    ]


def test_a_last_line_without_a_line_end_ends_its_record() -> None:
    found = cuts(OpenStream(list[ReplayedLine], 0, REPORTS), [b"-a\nEND"], Ending.CUT)

    assert records_of(found) == [(b"-a\nEND", 0)]
    assert [each.rejected for each in found if each.rejected] == []


def test_a_buffer_that_is_sent_again_is_compared_record_by_record() -> None:
    before = [ReplayedLine(b"-a1\nEND"), ReplayedLine(b"-b1\nEND"), ReplayedLine(b"-c1", doubtful=True)]
    stream = OpenStream(lambda: before, 0, REPORTS)
    found = cuts(stream, [b"-a1\nEND\n-b1\nEND\n-c1\nmore\nEND\n"], Ending.COMPLETE)

    assert records_of(found) == [(b"-c1\nmore\nEND", 16)]
    assert sum(each.replayed for each in found) == 2


def test_a_pause_ends_a_record_whose_end_only_the_next_would_show() -> None:
    for declared in (REPORTS, RecordLines(begins="-"), RecordLines(begins="-", count=3), RecordLines(continues=" ")):
        stream = OpenStream(list[ReplayedLine], 0, declared)

        assert records_of([stream.feed(b"-a\r\n b\r\n")]) == []
        assert records_of([stream.settle(), stream.pause()]) == [(b"-a\n\n b", 0)]
        assert stream.consumed == 8


def test_a_pause_ends_no_record_in_the_middle_of_a_line_or_of_a_fixed_number_of_lines() -> None:
    for declared, text in ((REPORTS, b"-a\nb"), (RecordLines(count=3), b"a\nb\n")):
        stream = OpenStream(list[ReplayedLine], 0, declared)

        assert records_of([stream.feed(text), stream.settle(), stream.pause()]) == []
        assert stream.consumed == 0


def test_lines_that_come_after_the_pause_are_no_part_of_the_record_before_it() -> None:
    stream = OpenStream(list[ReplayedLine], 0, REPORTS)
    found = [stream.feed(b"-a\n"), stream.settle(), stream.feed(b"b\nEND\n-c\nEND\n")]

    assert records_of(found) == [(b"-a", 0), (b"b", 3), (b"END", 5), (b"-c\nEND", 9)]


def test_only_the_first_pause_decides_of_a_buffer_that_is_sent_again() -> None:
    tail = [ReplayedLine(b"-%d\nEND" % number) for number in range(9)]
    stream = OpenStream(lambda: tail, 0, REPORTS)
    found = [stream.feed(b"-1\nEND\n-2\nEND\n"), stream.settle(), stream.pause()]
    found += [stream.feed(b"-3\nEND\n"), stream.settle(), stream.pause()]
    found += cuts(stream, [b"-new\nEND\n"], Ending.COMPLETE)

    assert records_of(found) == [(b"-new\nEND", 21)]


ONE = b'{\n "a": {\n  "b": "}"\n }\n}'


@pytest.mark.parametrize(
    "text", [ONE, b"[\n" + ONE + b",\n" + ONE + b"\n]", b'{\n"h": [\n' + ONE + b"]}", b"x\n" + ONE + b"\ny"]
)
def test_an_object_is_a_record_over_all_of_its_lines_whatever_holds_it(text: bytes) -> None:
    assert raws(text, RecordLines(objects=True, within="h")) == [
        raw for raw in (b"x", *[ONE] * text.count(ONE), b"y") if raw in text.split(b"\n") or raw == ONE
    ]


def test_objects_on_one_line_are_records_of_their_own_and_so_are_those_under_names() -> None:
    assert raws(b'{"a":1},{"b":[{}]}\n{"h1":{"a":1},"h2":{"b":2}}\n5,"x"\n', OBJECTS) == [
        b'{"a":1}',
        b'{"b":[{}]}',
        b'{"a":1}',
        b'{"b":2}',
        b'5,"x"',
    ]


def test_an_object_that_was_broken_off_is_a_reject_and_the_next_one_is_read() -> None:
    cutter = LineCutter(OBJECTS)
    found = [*cutter.feed(b'{\n"a":1,\n{"b":2}\n{\n"c":').raws, *cutter.end().raws]

    assert found == [b'{"b":2}']
    assert [(reject.raw, reject.reason) for reject in cutter.rejected] == [
        (b'{\n"a":1,', "another object begins before the object has ended"),
        (b'{\n"c":', "the object has no end"),
    ]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b'{"a":"b', "a text in the object has no end"),
        (b'{"a":', "another object begins before the object has ended"),
        (b'{"a":1,', "something else begins before the object has ended"),
    ],
)
def test_an_object_cut_short_takes_no_line_behind_it_along(broken: bytes, reason: str) -> None:
    cutter = LineCutter(OBJECTS)

    good = b'{"b":2}' if broken.endswith(b":") else b"5,x"

    assert cutter.feed(broken + b"\n" + good + b"\n").raws == [good]
    assert [(reject.raw, reject.reason) for reject in cutter.rejected] == [(broken, reason)]


def test_an_object_may_have_its_brace_below_its_name() -> None:
    assert raws(b'{"a":\n{\n"b":1}}\n', OBJECTS) == [b'{"a":\n{\n"b":1}}']
