"""What the answers of the other side may cost: time in all, and bytes."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.fakes.sites import until
from tollbook.model.limits import SINK_ANSWER
from tollbook.sinks.bounds import AnswerBounds

PATIENCE_S = 60.0


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname(), 20)
        far, _ = listener.accept()
    with near, far:
        yield near, far


def arrived(near: socket.socket, size: int) -> None:
    until(lambda: len(near.recv(size + 1, socket.MSG_PEEK)) >= size)


def test_an_answer_of_as_many_bytes_as_are_taken_is_taken_and_one_more_breaks_the_connection(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    bounds = AnswerBounds("it", PATIENCE_S, 1000)
    with bounds.held():
        bounds.watch(near.fileno())
        far.sendall(bytes(1000))
        arrived(near, 1000)
        bounds.look()
        assert bounds.exceeded() is None

        far.sendall(b"1")
        arrived(near, 1001)
        bounds.look()
        assert "more than 1,000 bytes" in str(bounds.exceeded())
        assert far.recv(1) == b""


def test_bytes_of_an_earlier_delivery_over_the_same_connection_do_not_count(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    bounds = AnswerBounds("it", PATIENCE_S, 1000)
    for _ in range(3):
        with bounds.held():
            bounds.watch(near.fileno())
            far.sendall(bytes(800))
            arrived(near, 800)
            bounds.look()
            near.recv(800)

            assert bounds.exceeded() is None


def test_what_takes_too_long_in_all_is_broken_off_though_bytes_come_all_the_time(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    bounds = AnswerBounds("it", 0.2, SINK_ANSWER)
    with bounds.held():
        bounds.watch(near.fileno())
        far.sendall(b"a drip")
        assert near.recv(6) == b"a drip"
        assert near.recv(1) == b""

    assert "longer than 0.2 s in all" in str(bounds.exceeded())


def test_a_connection_that_is_made_when_time_is_up_is_broken_off_at_once(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    bounds = AnswerBounds("it", 0.01, SINK_ANSWER)
    with bounds.held():
        until(bounds.exceeded)
        bounds.watch(near.fileno())

        assert far.recv(1) == b""


def test_a_connection_is_let_go_after_the_block(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    bounds = AnswerBounds("it", PATIENCE_S, 10)
    with bounds.held():
        bounds.watch(near.fileno())
    near.close()

    assert far.recv(1) == b""
