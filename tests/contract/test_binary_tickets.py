"""A call server that sends binary tickets: the handshake, its questions, and each ticket once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.catalogue.found import DIALECTS
from tests.fakes.call_server import ANSWER, QUESTION, READY, CallServer, ticket
from tests.fakes.sites import a_stream, at_work, raw_calls, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.pbx import Pbx

SLUG = "omnipcx-enterprise"
EMPTY = b"\x01\x00\x01\x00".ljust(772, b"\x00")
TICKETS = [ticket(number) for number in range(1, 6)]


@pytest.fixture
def server() -> Iterator[CallServer]:
    with CallServer() as made:
        yield made


def to(server: CallServer, **settings: str) -> Pbx:
    """The PBX as its format says that it is delivered."""
    delivered = DIALECTS[SLUG].layout.delivered["tcp_client"]
    wanted: dict[str, str | int] = {**delivered, "host": "127.0.0.1", "port": server.port, "timeout": "5s", **settings}
    made = a_stream("tcp_client", **wanted)
    return msgspec.structs.replace(made, dialect=SLUG)


def taken(engine: Engine) -> list[bytes]:
    return raw_calls(engine.site.journal, engine.site.store)


def count(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call")[0][0])


def rejects(engine: Engine) -> list[tuple[object, ...]]:
    return list(engine.site.store.rows("SELECT raw, reason FROM reject"))


@pytest.mark.parametrize("size", [1, 2, 3, 771, 772, 773, 10_000])
def test_tickets_cut_anywhere_are_calls_and_what_stands_between_is_none(
    size: int,
    server: CallServer,
    tmp_path: Path,
) -> None:
    stream = READY + READY.join([TICKETS[0], EMPTY, QUESTION + TICKETS[1], TICKETS[2] + TICKETS[3]])
    with at_work(tmp_path, to(server)) as engine:
        server.meet()
        server.say(*(stream[start : start + size] for start in range(0, len(stream), size)))
        until(lambda: count(engine) == 4)

        assert taken(engine) == TICKETS[:4]
        assert rejects(engine) == []
        calls = engine.site.store.rows("SELECT direction, extension, caller, talk_s FROM call ORDER BY caller")
        assert calls[0] == ("incoming", "4102", "2125550101", 60)


def test_a_question_is_answered_once_each_time_it_is_asked(server: CallServer, tmp_path: Path) -> None:
    with at_work(tmp_path, to(server)):
        server.meet()
        server.say(READY + QUESTION[:4])
        server.say(QUESTION[4:])
        assert server.hear(len(ANSWER)) == ANSWER
        server.say(QUESTION + TICKETS[0] + QUESTION)
        assert server.hear(2 * len(ANSWER)) == ANSWER * 2


def test_what_comes_with_the_answer_of_the_handshake_is_taken(server: CallServer, tmp_path: Path) -> None:
    with at_work(tmp_path, to(server)) as engine:
        server.meet()
        server.say(READY + TICKETS[0])
        until(lambda: count(engine) == 1)

        kept = b"".join(data for _, data in engine.export())
        assert kept == READY + TICKETS[0]


def test_a_call_server_that_is_not_the_main_one_is_told_and_leaves_nothing_behind(
    server: CallServer,
    tmp_path: Path,
) -> None:
    with at_work(tmp_path, to(server)) as engine:
        server.meet(role=b"\x00\x01\x4e")
        until(lambda: engine.health()[0].state is State.NOT_REACHABLE)

        assert "the PBX said 00 01 4E" in engine.health()[0].message
        assert "where 00 01 50 belongs" in engine.health()[0].message
        assert b"".join(data for _, data in engine.export()) == b""


def test_one_that_says_nothing_is_given_up_after_the_time_that_is_set(server: CallServer, tmp_path: Path) -> None:
    with at_work(tmp_path, to(server, timeout="1s")) as engine:
        server.meet(role=b"\x00")
        until(lambda: engine.health()[0].state is State.NOT_REACHABLE)

        assert "the PBX said 00 after what it was sent" in engine.health()[0].message


def test_stopped_in_the_middle_of_a_ticket_each_ticket_is_one_call(server: CallServer, tmp_path: Path) -> None:
    with at_work(tmp_path, to(server)) as engine:
        server.meet()
        server.say(READY, TICKETS[0], READY, TICKETS[1], READY, TICKETS[2][:400])
        until(lambda: count(engine) == 2)
        until(lambda: len(b"".join(data for _, data in engine.export())) == 2 * 774 + 402)
    server.hang_up()
    with at_work(tmp_path, to(server)) as engine:
        server.meet()
        server.say(*(READY + each for each in TICKETS))
        until(lambda: count(engine) == 5)
        settle(engine)

        assert sorted(taken(engine)) == sorted(TICKETS)
        assert [raw for raw, _ in rejects(engine)] == [TICKETS[2][:400]]


def test_a_line_that_breaks_in_the_middle_loses_no_ticket_that_is_sent_again(
    server: CallServer,
    tmp_path: Path,
) -> None:
    with at_work(tmp_path, to(server)) as engine:
        server.meet()
        server.say(READY + TICKETS[0] + READY + TICKETS[1][:100])
        until(lambda: count(engine) == 1)
        server.meet()
        server.say(READY + TICKETS[1] + READY + TICKETS[2])
        until(lambda: count(engine) == 3)
        settle(engine)

        assert sorted(taken(engine)) == sorted(TICKETS[:3])
