"""A PBX that sends its buffer again after each reconnect: every call is stored once, now and after a rebuild."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import AT, Shelf, a_shelf, a_stream, dump
from tollbook.engine.care.export import Chosen, raw_text
from tollbook.engine.pipeline import replay_history
from tollbook.journal import Journal, writes
from tollbook.model.body import Ending, Opening

RAWS = without_end(some_lines(40))
PBX = a_stream("tcp_client", host="192.0.2.10")


class Connection:
    """One connection as the journal sees it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        opening = Opening(pbx="hts", source="tcp_client", origin="tcp://192.0.2.10:2300")
        self.body = shelf.journal.open_body(opening, AT)

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._shelf.journal.append(self.body, piece, AT)

    def pause(self) -> None:
        self._shelf.journal.write(writes.quiet(self.body, AT))

    def end(self, ending: Ending = Ending.COMPLETE) -> None:
        self._shelf.journal.end(self.body, ending, AT)
        self._shelf.catch_up()


def text(records: list[bytes]) -> bytes:
    return b"".join(record + b"\r\n" for record in records)


def whole(shelf: Shelf, records: list[bytes]) -> None:
    connection = Connection(shelf)
    connection.send(text(records))
    connection.end()


def replayed(shelf: Shelf) -> int:
    return int(shelf.store.rows("SELECT sum(replayed) FROM tally")[0][0])


def test_a_buffer_sent_again_is_counted_and_not_stored() -> None:
    with a_shelf(PBX) as shelf:
        whole(shelf, RAWS[:10])
        whole(shelf, RAWS[:12])

        assert (shelf.raws(), replayed(shelf)) == (RAWS[:12], 10)
        assert shelf.store.rows("SELECT frames, calls, replayed FROM tally ORDER BY body") == [(10, 10, 0), (12, 2, 10)]


def test_a_replay_of_a_replay_is_one_too() -> None:
    with a_shelf(PBX) as shelf:
        whole(shelf, RAWS[:3])
        cut = Connection(shelf)
        cut.send(text(RAWS[:2]))
        cut.end(Ending.CUT)
        whole(shelf, RAWS[:5])

        assert (shelf.raws(), replayed(shelf)) == (RAWS[:5], 5)


def test_what_may_be_a_replay_waits_for_the_pause_and_then_is_a_call() -> None:
    with a_shelf(PBX) as shelf:
        whole(shelf, RAWS[:5])
        going = Connection(shelf)
        going.send(text([RAWS[2]]))
        shelf.catch_up()
        assert shelf.raws() == RAWS[:5]
        going.pause()
        shelf.catch_up()

        assert shelf.raws() == [*RAWS[:5], RAWS[2]]


def test_a_record_that_was_cut_and_comes_again_whole_is_one_call() -> None:
    with a_shelf(PBX) as shelf:
        cut = Connection(shelf)
        cut.send(text(RAWS[:3]), RAWS[3][:30])
        cut.end(Ending.CUT)
        whole(shelf, RAWS[1:6])

        assert (shelf.raws(), replayed(shelf)) == (RAWS[:6], 2)
        assert [raw for raw, _ in shelf.rejects()] == [RAWS[3][:30]]


def test_pbxs_have_each_their_own_past() -> None:
    other = msgspec.structs.replace(PBX, name="other")
    with a_shelf(PBX, other) as shelf:
        whole(shelf, RAWS[:5])
        body = shelf.journal.open_body(Opening(pbx="other", source="tcp_client", origin="tcp://192.0.2.11:2300"), AT)
        shelf.journal.append(body, text(RAWS[:5]), AT)
        shelf.journal.end(body, Ending.COMPLETE, AT)
        shelf.catch_up()

        assert len(shelf.raws()) == 10
        assert len({key for (key,) in shelf.store.rows("SELECT id FROM call")}) == 10


def test_a_file_with_the_same_records_is_told_by_its_text_and_not_taken_for_a_replay() -> None:
    with a_shelf(PBX) as shelf:
        shelf.put(text(RAWS[:5]))
        whole(shelf, RAWS[:5])

        assert replayed(shelf) == 0


class Office(msgspec.Struct):
    """A PBX that remembers what it has sent, and sends the last of it again."""

    log: list[bytes]
    sent: int
    resend: int

    def bytes_of_a_connection(self, new: int) -> list[bytes]:
        return [*self.log[max(self.sent - self.resend, 0) : self.sent], *self.log[self.sent : self.sent + new]]


lives = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 4000), st.booleans(), st.lists(st.integers(1, 3000), max_size=4)),
    min_size=1,
    max_size=7,
)


@pytest.mark.slow
@settings(max_examples=25)
@given(lives, st.integers(1, 40), st.booleans())
def test_nothing_is_lost_or_doubled_however_often_the_line_breaks(
    connections: list[tuple[int, int, bool, list[int]]],
    resend: int,
    twins: bool,  # noqa: FBT001 - drawn
) -> None:
    log = [raw for raw in RAWS for _ in range(2)][:40] if twins else RAWS
    office = Office(log, 0, 40 if twins else resend)
    with a_shelf(PBX) as shelf:
        for new, cut_at, pauses, cuts in connections:
            live(shelf, office, (new, cut_at), pauses=pauses, cuts=cuts)
        live(shelf, office, (3, 1 << 30), pauses=False, cuts=[])

        assert shelf.raws() == office.log[: office.sent]
        before = dump(shelf.store)
        shelf.rebuild(2000)
        assert dump(shelf.store) == before


def live(shelf: Shelf, office: Office, length: tuple[int, int], *, pauses: bool, cuts: list[int]) -> None:
    """Let the PBX connect and send, until the line breaks after some bytes."""
    new, cut_at = length
    records = office.bytes_of_a_connection(new)
    again = len(records) - len(office.log[office.sent : office.sent + new])
    data = text(records)[:cut_at]
    connection = Connection(shelf)
    for piece in pieces(data, cuts):
        connection.send(piece)
        shelf.catch_up()
    if pauses and data.endswith(b"\r\n") and data.count(b"\n") != 1:
        connection.pause()
    connection.end(Ending.CUT if cut_at < len(text(records)) else Ending.COMPLETE)
    office.sent += max(data.count(b"\n") - again, 0)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = [0, *sorted(cut for cut in set(cuts) if cut < len(data)), len(data)]
    return (data[start:end] for start, end in pairwise(places) if start < end)


def test_a_stream_is_given_back_by_the_days_on_which_it_came() -> None:
    a_day = 86_400_000_000
    with a_shelf(PBX) as shelf:
        opening = Opening(pbx="hts", source="tcp_client", origin="tcp://192.0.2.10:2300")
        body = shelf.journal.open_body(opening, AT)
        for day, raw in enumerate(RAWS[:3]):
            shelf.journal.append(body, text([raw]), AT + day * a_day)
        found = list(raw_text(shelf.journal, Chosen(first="2023-11-15")))

    assert found == [("hts/2023-11-15.txt", text([RAWS[1]])), ("hts/2023-11-16.txt", text([RAWS[2]]))]


def test_a_rebuild_knows_a_buffer_again_however_many_connections_came_since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_history, "REPLAYED_CONNECTIONS", 3)
    with a_shelf(PBX) as shelf:
        whole(shelf, RAWS[:10])
        whole(shelf, RAWS[:12])
        for number in range(12, 18):
            whole(shelf, RAWS[number : number + 1])
        stored = dump(shelf.store)
        shelf.rebuild()

        assert replayed(shelf) == 10
        assert dump(shelf.store) == stored


def test_a_buffer_is_known_again_back_to_the_limit_of_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_history, "REPLAYED_CONNECTIONS", 3)
    with a_shelf(PBX) as shelf:
        for number in range(4):
            whole(shelf, RAWS[number : number + 1])
        whole(shelf, RAWS[1:4])
        assert replayed(shelf) == 3

    with a_shelf(PBX) as shelf:
        for number in range(4):
            whole(shelf, RAWS[number : number + 1])
        whole(shelf, RAWS[:4])
        assert replayed(shelf) == 3


def test_each_short_connection_is_read_once_to_know_what_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    tail = Journal.tail

    def counting(journal: Journal, body: int, before: int, most_bytes: int) -> tuple[int, bytes]:
        read.append(body)
        return tail(journal, body, before, most_bytes)

    monkeypatch.setattr(Journal, "tail", counting)
    with a_shelf(PBX) as shelf:
        for number in range(20):
            connection = Connection(shelf)
            connection.send(text(RAWS[number : number + 1]))
            shelf.journal.end(connection.body, Ending.COMPLETE, AT)
        shelf.catch_up()

        assert shelf.store.rows("SELECT count(*) FROM call") == [(20,)]
        assert sorted(read) == sorted({*read})


def test_a_buffer_is_known_again_back_to_the_limit_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_history, "REPLAYED_BYTES", sum(map(len, RAWS[1:4])))
    with a_shelf(PBX) as shelf:
        for number in range(4):
            whole(shelf, RAWS[number : number + 1])
        whole(shelf, RAWS[:4])

        assert replayed(shelf) == 3
