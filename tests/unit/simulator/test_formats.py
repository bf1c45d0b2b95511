"""The simulator in any format of the catalogue: what a `simulate.toml` may say, and plausible calls written by it."""

import json
import re
import socket
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.dialects.layout.layout import read_layout
from tollbook.dialects.reading.moments import duration
from tollbook.dialects.reading.reader import Reader
from tollbook.framing.cutters import LineCutter
from tollbook.model.pbx import Pbx
from tollbook.simulator.__main__ import main
from tollbook.simulator.formats import (
    BadFormat,
    Description,
    OfficeCall,
    PastCalls,
    Writer,
    calls_between,
    find,
    found_in,
    read_description,
)
from tollbook.simulator.formats.template import duration_writer, template
from tollbook.simulator.office import Office
from tollbook.simulator.running import RunningStream, Switchroom
from tollbook.simulator.streams import StreamSetup, TcpListener

FORMATS = Path(__file__).parents[2] / "fakes" / "formats"
ZONE = ZoneInfo("Europe/London")
PAST = PastCalls(
    office=Office(zone=ZONE, seed=5),
    start=datetime(2026, 1, 5, tzinfo=UTC),
    end=datetime(2026, 1, 12, tzinfo=UTC),
    calls=800,
)
CALLS = list(calls_between(PAST, lambda _call: True))
LINE = '[[line]]\ntext = "{number}"\n'


def the_first(*words: str) -> OfficeCall:
    return next(call for call in CALLS if call.words >= set(words))


def written(text: str, call: OfficeCall) -> str:
    return template(text)(call)


# ---------------------------------------------------------------- calls


def test_calls_go_every_way_and_end_every_way_that_a_format_can_tell() -> None:
    words = {word for call in CALLS for word in call.words}

    assert words == {"incoming", "outgoing", "internal", "answered", "unanswered", "busy", "transferred"}


def test_the_parties_of_a_call_are_where_its_direction_puts_them() -> None:
    assert {call.number == call.caller for call in CALLS if "incoming" in call.words} == {True}
    assert {
        (call.number == call.called, call.extension == call.caller) for call in CALLS if "outgoing" in call.words
    } == {(True, True)}
    inside = [call for call in CALLS if "internal" in call.words]
    assert {(call.number, call.trunk, call.extension2 == call.called) for call in inside} == {("", "", True)}
    assert {call.trunk for call in CALLS if call.number} == set("12345678")


def test_the_times_of_a_call_add_up_and_are_the_offices_own() -> None:
    assert all(call.ring + call.talk == call.total == (call.end - call.start).seconds for call in CALLS)
    assert {call.answer is not None for call in CALLS if "answered" in call.words} == {True}
    assert {call.start.tzinfo for call in CALLS} == {ZONE}
    assert [call.end for call in CALLS] == sorted(call.end for call in CALLS)


def test_a_call_that_is_handed_on_goes_to_somebody_else() -> None:
    handed_on = [call for call in CALLS if "transferred" in call.words]

    assert handed_on
    assert all(call.extension2 not in {"", call.extension} for call in handed_on)


def test_ids_grow_and_the_same_office_has_the_same_calls() -> None:
    ids = [call.id for call in CALLS]

    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert list(calls_between(PAST, lambda _call: True)) == CALLS


# ---------------------------------------------------------------- texts


def test_places_are_filled_in_their_forms() -> None:
    call = the_first("incoming", "answered")

    assert written("{end:%m/%d/%y} {end:%I:%M%p}", call) == f"{call.end:%m/%d/%y} {call.end:%I:%M%p}"
    assert written("{extension:>6}|{trunk:0>3}|{number:.4}", call) == (
        f"{call.extension:>6}|{call.trunk:0>3}|{call.number:.4}"
    )
    assert written("{start}", call) == f"{call.start:%Y-%m-%d %H:%M:%S}"
    assert written("{talk} {epoch} {id:09d}", call) == f"{call.talk} {call.epoch} {call.id:09d}"
    assert written("{id:0>9} {id:<9}|", call) == f"{call.id:0>9} {call.id:<9}|"
    assert written("{start:%s} {start:%s%H|>14}", call) == f"{call.epoch} {f'{call.epoch}{call.start:%H}':>14}"
    assert written("{talk:sssss|>7}", call) == f"  {call.talk:05d}"


def test_braces_that_are_doubled_are_braces() -> None:
    assert written('{{"n": "{{{extension}}}"}}', the_first("outgoing")) == (
        f'{{"n": "{{{the_first("outgoing").extension}}}"}}'
    )


def test_a_moment_that_a_call_did_not_come_to_is_left_empty() -> None:
    assert written("[{answer:%H:%M}] [{answer:%H:%M|>5}]", the_first("unanswered")) == "[] [     ]"


@pytest.mark.parametrize(
    ("form", "seconds", "text"),
    [
        ("m'ss", 75, "1'15"), ("mm:ss", 3675, "61:15"), ("hh:mm'ss", 3675, "01:01'15"), ("h:mm.t", 3750, "1:02.5"),
        ("S=s", 226, "S=226"), ("sssss", 95, "00095"), ("hh:mm.ss", 61, "00:01.01"), ("hh:mm:ss.xx", 1, "00:00:01.00"),
        ("m.t", 90, "1.5"),
    ],
)  # fmt: skip
def test_a_duration_is_written_as_its_form_shows(form: str, seconds: int, text: str) -> None:
    assert duration_writer(form)(seconds) == text


@given(
    st.sampled_from(["m'ss", "mm:ss", "hh:mm:ss", "h:mm:ss", "hh:mm'ss", "S=s", "sssss", "hhmmss"]),
    st.integers(0, 86_399),
)
def test_what_is_written_in_a_form_is_read_by_it(form: str, seconds: int) -> None:
    assert duration(form)(duration_writer(form)(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{dialled}", "{dialled} names nothing that a call has; there are start, answer, end"),
        ("{number.__class__}", "a brace at character 1 is neither doubled nor around a name"),
        ("{number!r}", "a brace at character 1"),
        ("{number[0]}", "a brace at character 1"),
        ("{}", "{} names nothing"),
        ("open {number", "a brace at character 6"),
        ("close }", "a brace at character 7"),
        ("{number:>9999}", "'>9999' is no width"),
        ("{number:{trunk}}", "a brace at character 1"),
        ("{id:x}", "'x' is no width"),
        ("{talk:-}", "'-' has none of h, m, s and t"),
        ("{talk:ss:ss}", "has a unit twice"),
        ("{talk:hh.ss}", "has hours and no minutes"),
        ("{ring:m'ss|wide}", "'wide' is no width"),
    ],
)
def test_a_text_that_names_what_there_is_not_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        template(text)


@given(st.text(alphabet="{}:%'<>|0123msh_. numbertalkend", max_size=40))
def test_any_text_is_filled_or_refused(text: str) -> None:
    try:
        fill = template(text)
    except ValueError:
        return
    assert isinstance(fill(CALLS[0]), str)


# ---------------------------------------------------------------- descriptions


@pytest.mark.parametrize(
    ("text", "complaint", "where"),
    [
        ("", "the description has no line", "x/simulate.toml"),
        ("= 1", "the description is no TOML", "x/simulate.toml"),
        (LINE + "of = 3", "no calls are 3", "x/simulate.toml, line 1"),
        (LINE + 'of = ["lost"]', "no calls are ['lost']", "x/simulate.toml, line 1"),
        (LINE + 'when = "busy"', "unknown key 'when'", "x/simulate.toml, line 1"),
        (LINE + '[[line]]\nof = "busy"', "the line has no text", "x/simulate.toml, line 2"),
        (LINE + '[[line]]\ntext = ["a", "{b}"]', "record 2 cannot be written", "x/simulate.toml, line 2"),
        (LINE + "[[line]]\ntext = [1]", "'text' cannot be used", "x/simulate.toml, line 2"),
        ("end = 3\n" + LINE, "unknown key 'end'", "x/simulate.toml"),
        ("line_end = 3\n" + LINE, "'line_end' cannot be used", "x/simulate.toml"),
        ("line = 3\n", "'line' cannot be used", "x/simulate.toml"),
        ("line = [3]\n", "the line has no text", "x/simulate.toml, line 1"),
        ("page = 3\n" + LINE, "'page' cannot be used", "x/simulate.toml"),
        ("heading = [3]\n" + LINE, "'heading' cannot be used", "x/simulate.toml"),
        ("#" * (1 << 18) + "\n" + LINE, "the description is too large", "x/simulate.toml"),
    ],
)
def test_what_is_wrong_with_a_description_is_told_by_place_and_reason(text: str, complaint: str, where: str) -> None:
    with pytest.raises(BadFormat) as told:
        read_description(text, "x/simulate.toml")

    what, reason, place = str(told.value).split("\n")
    assert (what, place) == (what, f" --> {where}")
    assert what.startswith(complaint)
    assert reason.startswith(" reason: ")


def test_a_call_is_written_by_the_first_line_that_fits_it_and_may_be_several_records() -> None:
    two = '[[line]]\nof = "transferred"\ntext = ["1 {extension}", "2 {extension2}"]\n'
    writer = Writer(read_description(two + '[[line]]\nof = ["incoming"]\ntext = "3"\n', "x"))
    handed_on, plain = the_first("transferred"), the_first("incoming", "unanswered")

    assert list(writer.records([handed_on, plain, the_first("outgoing")])) == [
        f"1 {handed_on.extension}".encode(),
        f"2 {handed_on.extension2}".encode(),
        b"3",
    ]


def test_a_format_that_no_call_fits_says_so_rather_than_search_for_ever() -> None:
    writer = Writer(Description(lines=()), "x/simulate.toml")

    with pytest.raises(BadFormat, match="no call can be written"):
        list(calls_between(PAST, writer.writes))


# ---------------------------------------------------------------- files


def a_file(tmp_path: Path, *options: str, slug: str = "example-100") -> bytes:
    out = tmp_path / "past"
    given = ["--folder", str(FORMATS), "--out", str(out), "--until", "2026-01-31T18:00", "--zone", "UTC"]
    assert main([*given, *options], dialect=slug) == 0
    return out.read_bytes()


def test_a_file_holds_as_many_calls_as_were_asked_for_behind_its_headings(tmp_path: Path) -> None:
    lines = a_file(tmp_path, "--count", "200", "--days", "10").split(b"\r\n")
    records = [line for line in lines if re.match(rb"\d\d/\d\d/\d\d ", line)]

    assert len(records) - sum(line.endswith(b"TR") for line in records) == 200
    assert lines[0] == b"\x0c  Date   Time     Ext   CO Dialled"
    assert sum(line.startswith(b"\x0c") for line in lines) == -(-len(records) // 10)


def test_what_is_simulated_is_understood(tmp_path: Path) -> None:
    found = find("example-100", FORMATS)
    layout = read_layout(found.slug, found._layout())  # noqa: SLF001 - the file's document
    cutter = LineCutter()
    frames = cutter.feed(a_file(tmp_path, "--count", "300").replace(b"\x0c", b"\n"))

    reading = Reader(layout, Pbx(name="x", dialect=found.slug, source="")).read(frames)

    assert reading.rejected == []
    assert {str(each) for each in reading.calls.direction} == {"incoming", "outgoing"}
    assert {str(each) for each in reading.calls.outcome} == {"answered", "unanswered"}


def test_a_file_of_a_format_can_be_packed(tmp_path: Path) -> None:
    assert a_file(tmp_path, "--count", "10", "--packing", "gzip").startswith(b"\x1f\x8b")


def test_objects_are_json(tmp_path: Path) -> None:
    objects = [json.loads(line) for line in a_file(tmp_path, "--count", "50", slug="example-json").splitlines()]

    assert len(objects) == 50
    assert objects[0].keys() == {"id", "from", "to", "start", "talk", "name"}


@pytest.mark.parametrize(
    ("options", "slug", "complaint"),
    [
        (["--out", "x", "--line-end", "lf"], "example-100", "--line-end is a choice of the KX-HTS"),
        (["--tcp", "0", "--dates", "iso"], "example-100", "--dates is how a KX-HTS writes its records"),
        (
            ["--push-to", "http://127.0.0.1:9", "--push-json"],
            "example-100",
            "--push-json names the columns of a KX-HTS",
        ),
        ([], "example-json", "say where the records are to go: example-json usually takes --push-to URL"),
        ([], "example-7", "'example-7' cannot be simulated"),
    ],
)
def test_options_that_do_not_fit_a_format_are_explained(
    options: list[str], slug: str, complaint: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert (
        main(
            ["stream" if not options or options[0] != "--out" else "file", *options, "--folder", str(FORMATS)],
            dialect=slug,
        )
        == 2
    )
    assert complaint in capsys.readouterr().err


# ---------------------------------------------------------------- streams


def test_a_format_is_sent_as_its_records_usually_travel(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(FORMATS), "--duration", "0.2", "--login"], dialect="example-100") == 0
    assert capsys.readouterr().out.startswith("listening on 127.0.0.1:")


@pytest.mark.parametrize(
    "options",
    [
        ["--udp-to", "127.0.0.1:9"],
        ["--syslog-to", "127.0.0.1:9"],
        ["--push-to", "http://127.0.0.1:9/"],
        ["--pty", "--parity-error", "--heading-every", "2"],
        ["--tcp", "0", "--line", "stx-etx", "--fault", "cut times=always"],
        ["--tcp-to", "127.0.0.1:9", "--backlog", "5"],
    ],
)
@pytest.mark.parametrize("slug", ["example-100", "example-json"])
def test_every_carrier_takes_every_format(options: list[str], slug: str) -> None:
    given = [*options, "--folder", str(FORMATS), "--duration", "0.1", "--quiet"]

    assert main(["stream", *given], dialect=slug) == 0


def test_each_file_of_an_upload_begins_with_the_heading(tmp_path: Path) -> None:
    given = ["--ftp-folder", str(tmp_path), "--rotate-after", "5", "--backlog", "12", "--duration", "0.2", "--quiet"]

    assert main([*given, "--folder", str(FORMATS)], dialect="example-100") == 0
    files = sorted(tmp_path.glob("smdr-*.csv"))
    assert len(files) >= 2
    assert {path.read_bytes().split(b"\r\n")[0] for path in files} == {b"\x0c  Date   Time     Ext   CO Dialled"}


def test_a_stream_has_the_formats_line_ends_and_its_heading_first() -> None:
    writer = find("example-100", FORMATS).writer()
    with Switchroom() as room:
        pbx: RunningStream[TcpListener] = room.start(TcpListener(), StreamSetup(form=writer.form()))
        pbx.send(writer.records(CALLS[:3]))
        with socket.create_connection(("127.0.0.1", pbx.carrier.port), 20) as connection:
            connection.settimeout(20)
            taken = connection.makefile("rb").readline()
    assert taken == b"\x0c  Date   Time     Ext   CO Dialled\r\n"


def test_every_format_of_the_catalogue_can_be_simulated() -> None:
    for found in found_in().values():
        writer = found.writer()
        assert list(writer.records(calls_between(PAST, writer.writes)))
