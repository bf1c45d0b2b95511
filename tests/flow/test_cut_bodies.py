"""A body cut at every byte: whole records before the cut are stored once, the half one is a reject that says so."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from tests.fakes.records import START, some_lines, without_end
from tests.fakes.sites import a_pbx, a_shelf, at_work, import_file, settle
from tollbook.engine.engine import Engine
from tollbook.model.body import Ending
from tollbook.model.health import State
from tollbook.simulator.faults import FaultKind, PbxFault
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.packing import Packing, pack
from tollbook.simulator.row import LineEnd, Quoting, Style
from tollbook.simulator.running import RunningPbx
from tollbook.store import questions
from tollbook.store.ledger import Ledger

STYLES = {
    "quoted": Style(),
    "bare": Style(quoting=Quoting.BARE),
    "quoted-crlf": Style(line_end=LineEnd.CRLF),
    "bare-crlf": Style(quoting=Quoting.BARE, line_end=LineEnd.CRLF),
}
each_style = pytest.mark.parametrize("name", STYLES)
at_every_byte = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in ("quoted", "bare") else pytest.mark.slow) for name in STYLES],
)
WHY = "the connection broke"
NAMES = {Packing.GZIP: "gzip", Packing.TAR: "tar", Packing.TAR_GZ: "gzip"}


def cut_everywhere(data: bytes) -> tuple[dict[int, list[bytes]], dict[int, list[tuple[bytes, str]]]]:
    """Store a body cut at each byte, each as another PBX's; return calls and rejects by the place of the cut."""
    pbxs = [a_pbx(f"cut-{size}") for size in range(len(data) + 1)]
    calls: dict[int, list[bytes]] = defaultdict(list)
    rejects: dict[int, list[tuple[bytes, str]]] = defaultdict(list)
    with a_shelf(*pbxs) as shelf:
        for size, pbx in enumerate(pbxs):
            body = shelf.begin(pbx.name)
            shelf.take(body, data[:size])
            shelf.end(body, Ending.CUT, WHY)
        shelf.catch_up()
        rows = shelf.store.rows("SELECT pbx, body, position, length FROM call ORDER BY body, position")
        for name, body, position, length in rows:
            calls[int(name[4:])].append(shelf.journal.slice(body, position, length))
        for name, raw, reason in shelf.store.rows("SELECT pbx, raw, reason FROM reject"):
            rejects[int(name[4:])].append((raw, reason))
        balance = "SELECT count(*) FROM tally WHERE frames <> calls + duplicates + skipped + rejected OR duplicates > 0"
        assert shelf.store.rows(balance) == [(0,)]
    return calls, rejects


def whole_before(lines: list[bytes], size: int) -> list[bytes]:
    """Return the lines of which every byte, and the first of the line end, came before a cut."""
    ends = [sum(map(len, lines[: number + 1])) for number in range(len(lines))]
    return [line for line, end in zip(lines, ends, strict=True) if end - len(line) + len(line.rstrip(b"\r\n")) < size]


@at_every_byte
def test_records_whole_before_a_cut_are_stored_once_wherever_it_is(name: str) -> None:
    lines = some_lines(3, STYLES[name])
    data = b"".join(lines)
    calls, rejects = cut_everywhere(data)

    for size in range(len(data) + 1):
        before = without_end(whole_before(lines, size))
        half = data[:size].rsplit(b"\n", 1)[-1].strip(b"\r\n")
        whole_without_end = half in without_end(lines)
        if half and not (whole_without_end and half in calls[size]):
            assert [raw for raw, _ in rejects[size]] == ([half] if half not in before else [])
            assert calls[size] == before
        else:
            assert rejects[size] == []
            assert calls[size] == (before if half in before or not half else [*before, half])


@at_every_byte
def test_the_half_record_at_a_cut_says_that_it_is_one(name: str) -> None:
    _, rejects = cut_everywhere(b"".join(some_lines(2, STYLES[name])))
    reasons = {reason for rejected in rejects.values() for _, reason in rejected}

    half = f"cut off in the middle of a record: {WHY}"
    assert half in reasons
    assert [reason for reason in reasons - {half} if not re.fullmatch(r"\d+ fields? where 15 belong", reason)] == []


def test_a_record_in_quotes_that_is_whole_at_the_cut_is_a_call_although_its_line_end_is_missing() -> None:
    line = some_lines(1)[0].rstrip(b"\n")
    calls, _ = cut_everywhere(line)

    assert calls == {len(line): [line]}


def test_a_record_without_quotes_that_may_be_whole_at_the_cut_is_not_taken_for_one() -> None:
    line = some_lines(1, STYLES["bare"])[0].rstrip(b"\n")
    calls, rejects = cut_everywhere(line)

    assert calls == {}
    assert set(rejects) == set(range(1, len(line) + 1))


@each_style
def test_the_answer_after_a_cut_one_is_taken_as_any(name: str) -> None:
    lines = some_lines(4, STYLES[name])
    with a_shelf() as shelf:
        shelf.put(b"".join(lines[:2])[:-20], ending=Ending.CUT, reason=WHY)
        after = shelf.put(b"".join(lines[2:]))

        assert shelf.tally(after) == (2, 2, 0, 0, 0)
        assert shelf.raws() == without_end([lines[0], *lines[2:]])


def test_a_body_that_looks_whole_but_ends_inside_quotes_has_a_half_record() -> None:
    line = some_lines(1)[0]
    with a_shelf() as shelf:
        for size in range(line.rindex(b'"', 0, -2) + 1, len(line) - 2):
            shelf.put(line[:size])

        assert shelf.raws() == []
        assert {reason for _, reason in shelf.rejects()} == {"cut off in the middle of a record"}


# ---------------------------------------------------------------- archives


@pytest.mark.parametrize("packing", [Packing.GZIP, Packing.ZIP, Packing.TAR, Packing.TAR_GZ])
def test_an_archive_that_comes_in_any_pieces_gives_the_same_records(packing: Packing) -> None:
    lines = some_lines(5)
    data = pack(packing, "Master.csv", b"".join(lines), START)
    with a_shelf() as shelf:
        for size in (1, 7, 300, 511, 512, 513, 1 << 20):
            body = shelf.begin()
            pieces = [data[start : start + size] for start in range(0, len(data), size)]
            for piece in pieces if size > 1 else [*(bytes([byte]) for byte in data[:40]), data[40:]]:
                shelf.take(body, piece)
            shelf.end(body)
        shelf.catch_up(most_bytes=1)

        assert shelf.raws_of_archive() == without_end(lines)
        assert {shelf.tally(body) for body in range(2, 8)} == {(5, 0, 5, 0, 0)}


@pytest.mark.parametrize("packing", [Packing.GZIP, Packing.TAR, Packing.TAR_GZ])
def test_an_archive_cut_short_keeps_the_records_before_the_cut_and_says_what_it_is(packing: Packing) -> None:
    lines = some_lines(40)
    data = pack(packing, "Master.csv", b"".join(lines), START)
    for share in (0.3, 0.5, 0.6):
        with a_shelf() as shelf:
            shelf.put(data[: int(len(data) * share)], ending=Ending.CUT, reason=WHY)
            calls = shelf.store.rows("SELECT count(*) FROM call")[0][0]
            rejects = shelf.rejects()

            assert shelf.raws_of_archive() == without_end(lines[:calls])
            assert rejects[0][0] == data[:4096][: int(len(data) * share)]
            assert f"the {NAMES[packing]} archive cannot be read" in rejects[0][1]
            assert all(reason.startswith("cut off in the middle of a record") for _, reason in rejects[1:])


# ---------------------------------------------------------------- over a real connection


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["quoted", "bare-crlf"])
def test_answers_cut_at_every_byte_by_the_pbx_cost_nothing_that_was_sent(
    name: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lines = some_lines(600, STYLES[name])
    with RunningPbx(KxHtsSetup(style=STYLES[name])) as pbx:
        hts = a_pbx(url=pbx.url, auth="none", interval="1h")
        with at_work(tmp_path_factory.mktemp("site"), hts) as engine:
            pbx.wait_for_answers(1)
            expected: list[bytes] = []
            for cut, (first, second) in enumerate(zip(lines[::2], lines[1::2], strict=True)):
                pbx.add([first, second])
                pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=cut * len(first + second) // 300))
                engine.test("hts")
                sent = pbx.handed_out[-1].body_sent
                expected += without_end(whole_before([first, second], len(sent)))
            settle(engine)
            stored = [engine.raw_of(call) for call in calls_of(engine)]

            assert len(pbx.handed_out) == 301
            assert engine.health()[0].state is State.NOT_REACHABLE
            missing = set(expected) - set(stored)
            assert missing == set()
            # A record in quotes that lacks only its line end is taken too; nothing else is.
            assert set(stored) <= set(without_end(lines))
            assert len(stored) == len(set(stored))
            assert import_file(engine, "hts", b"".join(lines))
            assert len(calls_of(engine)) == len(lines)


def calls_of(engine: Engine) -> list[dict[str, object]]:
    return list(questions.calls(Ledger(engine.site.store), questions.CallListing()))
