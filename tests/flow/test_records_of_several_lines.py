"""Records of several lines on their way into the store: from a file, an archive, a connection that goes on and off."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.peers import free_port
from tests.fakes.sites import ZONE, a_shelf, at_work, dump, until
from tests.flow.test_replays import Connection
from tollbook.engine.care.export import raw_record
from tollbook.engine.engine import Engine
from tollbook.model.body import Ending
from tollbook.model.pbx import Pbx

PBX = Pbx(name="hts", dialect="nortel-norstar", source="tcp_client", timezone=ZONE)
HEADING = b"-------- 03/0%d/26 11:39:43 LINE = 0003 STN = 2425\r\n"
REPORTS = [
    HEADING % day + b"00:00:00 OUTGOING CALL\r\n         DIGITS DIALED 5550142\r\n00:12:59 CALL RELEASED\r\n"
    for day in range(1, 5)
]
UNANSWERED = HEADING % 5 + b"00:00:00 NO ANSWER       RINGING 0:22\r\n"
TEXT = b"".join([*REPORTS[:2], UNANSWERED, *REPORTS[2:]])
RECORDS = [each.rstrip() for each in (*REPORTS[:2], UNANSWERED, *REPORTS[2:])]


def test_a_call_has_all_lines_of_its_record_as_they_came_from_a_file_and_from_an_archive() -> None:
    with a_shelf(PBX) as shelf:
        shelf.put(TEXT[:100], TEXT[100:])
        assert shelf.raws() == RECORDS
        assert shelf.rejects() == []
    with a_shelf(PBX) as shelf:
        shelf.put(gzip.compress(TEXT))
        assert shelf.raws_of_archive() == RECORDS


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, len(TEXT) - 1), max_size=6, unique=True).map(sorted))
def test_a_program_that_is_stopped_at_any_byte_of_a_stream_stores_each_record_once(cuts: list[int]) -> None:
    with a_shelf(PBX) as shelf:
        connection = Connection(shelf)
        for start, end in pairwise([0, *cuts, len(TEXT)]):
            connection.send(TEXT[start:end])
            shelf.catch_up()
        connection.end(Ending.COMPLETE)
        shelf.catch_up()

        assert shelf.raws() == RECORDS
        before = dump(shelf.store)
        shelf.rebuild(200)
        assert dump(shelf.store) == before


def test_a_record_that_a_connection_lost_the_end_of_is_read_when_it_is_sent_again() -> None:
    with a_shelf(PBX) as shelf:
        first = Connection(shelf)
        first.send(REPORTS[0] + REPORTS[1][:80])
        first.end(Ending.CUT)
        shelf.catch_up()
        second = Connection(shelf)
        second.send(TEXT)
        second.end(Ending.COMPLETE)
        shelf.catch_up()

        assert shelf.raws() == RECORDS
        assert [(raw, reason) for raw, reason in shelf.rejects()] == [
            (REPORTS[1][:80].replace(b"\r", b"\n"), "cut off in the middle of a record"),
        ]


def test_a_record_that_did_not_end_is_a_reject_with_all_its_lines() -> None:
    endless = HEADING % 6 + b"00:00:01 HOLD\r\n" * 199
    with a_shelf(PBX) as shelf:
        body = shelf.put(endless, b"00:00:09 CALL RELEASED\r\n", REPORTS[0])

        [(raw, reason), (after, _)] = shelf.rejects()
        assert raw == endless.rstrip()
        assert reason == "no end of the record within 200 lines and 65536 bytes"
        assert after == b"00:00:09 CALL RELEASED"
        where = {"body": body, "member": 0, "position": 0, "length": len(raw)}
        assert raw_record(shelf.journal, where) == endless.rstrip()
        assert shelf.raws() == [RECORDS[0]]


def test_a_report_that_nothing_ends_is_a_call_as_soon_as_the_system_falls_silent() -> None:
    with a_shelf(PBX) as shelf:
        connection = Connection(shelf)
        for report in (UNANSWERED, REPORTS[0] + UNANSWERED, UNANSWERED.replace(b"0003", b"0004")):
            connection.send(report)
            connection.pause()
            shelf.catch_up()
        assert shelf.raws() == [UNANSWERED.rstrip(), REPORTS[0].rstrip(), UNANSWERED.rstrip(), *shelf.raws()[3:]]
        assert len(shelf.raws()) == 4

        before = dump(shelf.store)
        shelf.rebuild(100)
        assert dump(shelf.store) == before


def test_a_connection_that_stays_is_not_waited_for(tmp_path: Path) -> None:
    port = free_port()
    pbx = msgspec.structs.replace(PBX, source="tcp_server", settings={"listen": f"127.0.0.1:{port}"})
    with at_work(tmp_path, pbx) as engine, connected(port) as line:
        for number in (1, 2):
            line.sendall(UNANSWERED.replace(b"0003", b"000%d" % number))
            until(partial(is_stored, engine, number))


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Connect as soon as somebody listens."""
    with closing(socket.socket()) as line:
        until(lambda: line.connect_ex(("127.0.0.1", port)) == 0)
        yield line


def is_stored(engine: Engine, calls: int) -> bool:
    with closing(engine.site.store.cursor()) as cursor:
        return cursor.execute("SELECT count(*) FROM call").fetchall() == [(calls,)]
