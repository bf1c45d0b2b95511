"""The reader of records: any bytes come to a call, a skip or a reject, and a PBX's rows to what they meant."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tests.fakes.sites import a_pbx
from tollbook.dialects.known import Catalogue, layouts
from tollbook.dialects.layout.layout import read_layout
from tollbook.dialects.reading.memo import MOST, Memo
from tollbook.dialects.reading.reader import Reader
from tollbook.framing.cutters import LineCutter
from tollbook.model.call import CALL_COLUMNS, NEVER, Calls, those_given
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.model.reading import Reading
from tollbook.model.texts import FEW
from tollbook.simulator import office as place
from tollbook.simulator.history import rows
from tollbook.simulator.office import Office
from tollbook.simulator.row import (
    CallRow,
    Dates,
    Encoding,
    LineEnd,
    Meant,
    NoAnswer,
    OptionColumns,
    Quoting,
    Style,
    UniqueId,
    write,
)

SLUG = "panasonic-kx-hts"
OFFICE = Office(zone=ZoneInfo("America/New_York"), accented="Zoë")
# Some days of an office, and the night in which summer time ends, so that an hour comes twice.
ROWS = (
    *rows(OFFICE, start=datetime(2024, 10, 29, tzinfo=UTC), end=datetime(2024, 11, 2, tzinfo=UTC), calls=1200),
    *rows(OFFICE, start=datetime(2024, 11, 3, 4, tzinfo=UTC), end=datetime(2024, 11, 3, 8, tzinfo=UTC), calls=300),
)
DEVICES = ",".join(f"{device}={extension}" for extension, device in OFFICE.devices().items())
HTS = a_pbx(extensions=DEVICES)
TRUNKS = {"": "", place.SIP_TRUNK: "carrier1", **{trunk: trunk.partition("/")[2] for trunk in place.ANALOG_TRUNKS}}
STYLES = [
    Style(quoting=quoting, dates=dates, unique_id=unique_id, no_answer=no_answer, options=options, encoding=encoding)
    for quoting, dates, unique_id, no_answer, options, encoding in itertools.product(
        Quoting,
        Dates,
        UniqueId,
        NoAnswer,
        OptionColumns,
        Encoding,
    )
]


READER = Catalogue().reader_for(HTS)


def frames_of(data: bytes) -> Frames:
    cutter = LineCutter()
    first, last = cutter.feed(data), cutter.end()
    return Frames(first.raws + last.raws, first.offsets + last.offsets)


def moment(second: int) -> datetime | None:
    return None if second == NEVER else datetime.fromtimestamp(second, UTC)


def told(calls: Calls, row: int) -> dict[str, object]:
    """What the reader made of one call, in the words of what was meant."""
    texts = ("direction", "outcome", "extension", "trunk", "caller", "called", "account_code", "feature")
    durations = ("ring_s", "talk_s", "total_s")
    return {
        **{name: getattr(calls, name)[row] for name in texts},
        **{name: moment(int(getattr(calls, name)[row])) for name in ("started_at", "answered_at", "ended_at")},
        **{name: int(getattr(calls, name)[row]) for name in durations},
    }


def expected(meant: Meant) -> dict[str, object]:
    """What was meant, with trunks by the names the dialect gives them."""
    wanted = {name: getattr(meant, name) for name in meant.__struct_fields__ if name != "channels_suffice"}
    return {**wanted, "trunk": TRUNKS[meant.trunk]}


def in_an_hour_that_comes_twice(row: CallRow) -> bool:
    local = datetime.fromtimestamp(row.started_s, OFFICE.zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


@pytest.mark.parametrize("style", STYLES, ids=lambda style: "-".join(str(part) for part in vars_of(style)))
def test_a_row_of_the_pbx_in_any_style_is_read_as_it_was_meant(style: Style) -> None:
    written = tuple(row for row in ROWS if row.meant.channels_suffice)
    reading = READER.read(frames_of(b"".join(write(row, style) for row in written)))

    assert (reading.skipped, reading.rejected) == ([], [])
    read = [told(reading.calls, row) for row in range(len(reading.calls))]
    assert read == [expected(row.meant) for row in written]


def vars_of(style: Style) -> list[str]:
    return [getattr(style, name).name.lower() for name in style.__struct_fields__ if name != "line_end"]


def test_rows_of_the_hour_that_comes_twice_are_among_those_read() -> None:
    assert any(map(in_an_hour_that_comes_twice, ROWS))


@pytest.mark.parametrize("line_end", LineEnd)
def test_a_call_that_reached_nobody_is_read_too(line_end: LineEnd) -> None:
    written = tuple(row for row in ROWS if not row.meant.channels_suffice)
    reading = READER.read(frames_of(b"".join(write(row, Style(line_end=line_end)) for row in written)))

    assert len(reading.calls) == len(written) > 0
    assert reading.calls.direction == [row.direction for row in written]


# ---------------------------------------------------------------- any bytes

PARTS = ["", "102", "201", "SIP/a-0", "DAHDI/9-1", "", "Dial", "x", "2016-06-09 16:38:49", "", "2016-06-09 16:38:54"]
PARTS += ["5", "0", "BUSY", "1465457929"]
GOOD = ",".join(f'"{part}"' for part in PARTS).encode()
TIMES = ["2016-06-09 16:38:49", "2016/6/9 6:8:49", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "2016-06-09T16:38+01"]
CELLS = [
    *TIMES,
    "",
    "102",
    "SIP/x-1",
    "DAHDI/4-1",
    "5",
    "-1",
    "\0",
    "ANSWERED",
    "1465457929.12",
    '"',
    '"a',
    'a"b',
    "é",
    "٣",
]
CELLS += ["5" * 12]
lines = (
    st.lists(st.sampled_from(CELLS), min_size=1, max_size=20).map(lambda cells: ",".join(cells).encode())
    | st.lists(st.sampled_from(CELLS), min_size=15, max_size=17).map(
        lambda cells: ",".join(cells).encode("latin-1", "replace"),
    )
    | st.binary(min_size=1, max_size=60).map(lambda noise: noise.replace(b"\n", b"").replace(b"\r", b"") or b"x")
    | st.tuples(st.integers(0, 14), st.sampled_from(CELLS)).map(lambda change: changed(*change))
    | st.just(GOOD)
)


def changed(column: int, cell: str) -> bytes:
    """A good record with one cell replaced."""
    return ",".join([*PARTS[:column], cell, *PARTS[column + 1 :]]).encode()


def fates(reading: Reading) -> list[int]:
    skipped, rejected = [each.offset for each in reading.skipped], [each.offset for each in reading.rejected]
    return sorted([*reading.calls.offsets, *skipped, *rejected])


@examples(150)
@given(st.lists(lines, max_size=12))
def test_every_frame_of_any_bytes_comes_to_exactly_one_of_call_skip_and_reject(batch: list[bytes]) -> None:
    reading = READER.read(Frames(batch, list(range(len(batch)))))

    assert fates(reading) == list(range(len(batch)))
    assert reading.frames == len(batch)


@examples(100)
@given(st.lists(lines, max_size=FEW * 3))
def test_what_a_record_comes_to_does_not_depend_on_its_neighbours(batch: list[bytes]) -> None:
    together = READER.read(Frames(batch, list(range(len(batch)))))
    alone = [READER.read(Frames([raw], [number])) for number, raw in enumerate(batch)]

    assert [row for each in alone for row in map(str, plain(each.calls))] == list(map(str, plain(together.calls)))
    assert [each for reading in alone for each in reading.rejected] == together.rejected
    assert [each for reading in alone for each in reading.skipped] == together.skipped


def plain(calls: Calls) -> list[tuple[object, ...]]:
    return list(zip(*(list(getattr(calls, name)) for name in those_given(calls, CALL_COLUMNS)), strict=True))


@examples(100)
@given(st.lists(lines, min_size=1, max_size=6))
def test_a_call_read_from_any_bytes_lies_within_what_the_store_can_hold(batch: list[bytes]) -> None:
    calls = READER.read(Frames(batch, list(range(len(batch))))).calls
    first, last = datetime(1969, 12, 30, tzinfo=UTC).timestamp(), datetime(2200, 1, 3, tzinfo=UTC).timestamp()

    assert all(first < second < last for name in ("started_at", "ended_at") for second in getattr(calls, name))
    assert all(0 <= seconds < 1 << 31 for name in ("ring_s", "talk_s", "total_s") for seconds in getattr(calls, name))


def test_a_reject_names_the_column_and_quotes_no_more_of_it_than_is_needed() -> None:
    reading = READER.read(Frames([changed(11, "5" * 100)], [7]))

    assert [msgspec.structs.asdict(each) for each in reading.rejected] == [
        {
            "raw": changed(11, "5" * 100),
            "offset": 7,
            "reason": f"total_s is not a whole number of seconds: {'5' * 60!r}",
            "rule": "call",
            "column": "total_s",
        },
    ]


def test_a_batch_of_nothing_reads_as_nothing() -> None:
    assert READER.read(Frames([], [])).frames == 0


@pytest.mark.parametrize(
    ("settings_", "line", "trunk", "extension"),
    [
        ({}, b"SIP/acme-0a", "", "102"),
        ({"trunk-ids": "acme, other"}, b"SIP/acme-0a", "acme", "201"),
        ({"extensions": "a=107"}, b"SIP/a-0a", "", "107"),
        ({"extensions": "nonsense"}, b"SIP/a-0a", "", "102"),
    ],
)
def test_the_owners_lists_say_what_a_channel_does_not(
    settings_: dict[str, str],
    line: bytes,
    trunk: str,
    extension: str,
) -> None:
    pbx = Pbx(name="hts", dialect=SLUG, source="folder", settings=settings_)
    calls = Reader(layouts()[SLUG], pbx).read(Frames([changed(3, line.decode())], [0])).calls

    assert (list(calls.trunk), list(calls.extension)) == ([trunk], [extension])


# ---------------------------------------------------------------- layouts


def with_layout(**changes: object) -> Reader:
    return Reader(msgspec.structs.replace(layouts()[SLUG], **changes), HTS)


def test_a_record_too_long_for_a_field_is_a_reject_and_costs_its_neighbours_nothing() -> None:
    reading = READER.read(Frames([GOOD, b"x" * (1 << 20) + b"y", GOOD], [0, 1, 2]))

    assert (reading.calls.offsets, [each.reason for each in reading.rejected]) == ([0, 2], ["1 field where 15 belong"])


def test_what_is_said_of_a_line_does_not_depend_on_others() -> None:
    record = msgspec.structs.replace(layouts()[SLUG].record[0], match='"')
    reader = with_layout(record=[record])
    lines = [b'"x"', b"x"]
    together = reader.read(Frames(lines, [0, 1])).rejected
    alone = [reject for row, line in enumerate(lines) for reject in reader.read(Frames([line], [row])).rejected]

    assert together == alone
    assert [each.reason for each in together] == ["1 field where 15 belong", "no rule matches"]


def test_bytes_that_none_of_the_layouts_encodings_know_are_read_as_latin_1() -> None:
    calls = with_layout(encodings=["ascii"]).read(Frames([changed(0, "Zoë")], [0])).calls

    assert calls.account_code == ["ZoÃ«"]


def test_a_layout_without_moved_columns_reads_every_column_where_it_stands() -> None:
    record = msgspec.structs.replace(layouts()[SLUG].record[0], moved=None)
    calls = with_layout(record=[record]).read(Frames([changed(5, "Dial")], [0])).calls

    assert calls.feature == ["Dial"]


def test_a_channel_of_no_known_shape_is_a_telephone() -> None:
    calls = with_layout(channel=[]).read(Frames([GOOD], [0])).calls

    assert (list(calls.direction), list(calls.extension)) == (["internal"], ["102"])


def test_a_dialect_that_there_is_not_is_said_with_those_there_are() -> None:
    with pytest.raises(Misconfigured, match="no dialect is called 'abacus'"):
        Catalogue().layout_of("abacus")


@pytest.mark.parametrize(
    ("document", "what"),
    [
        pytest.param({"title": 1}, "the layout cannot be used", id="not a layout"),
        pytest.param({"kind": "guess"}, "unknown field kind 'guess'", id="a kind that there is not"),
    ],
)
def test_a_layout_that_cannot_be_used_says_why_before_any_record_is_read(
    document: dict[str, object],
    what: str,
) -> None:
    column = {"name": "x", "kind": "text", "means": "something"}
    whole = msgspec.to_builtins(layouts()[SLUG]) | {
        "record": [{"name": "call", "form": "csv", "columns": [column | document]}],
        "derive": "rules",
    }
    with pytest.raises(Misconfigured) as caught:
        read_layout("mine", whole | {key: value for key, value in document.items() if key == "title"})

    assert [problem.what for problem in caught.value.problems] == [what]


def test_a_memo_begins_again_rather_than_fill_the_memory() -> None:
    memo = Memo(len)
    for number in range(MOST + 1):
        assert memo[f"{number:06}"] == 6

    assert len(memo) == 1
