"""Every source against a real peer: nothing is lost and nothing doubled, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.disks import fill, small_disk
from tests.fakes.peers import PEERS, Peer
from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import at_work, raw_calls, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.simulator.running import Switchroom
from tollbook.sources import known

RECORDS = without_end(some_lines(80))
PATIENCE_S = 60.0
BREAKING = ("tcp_client", "tcp_server", "syslog")
"""Kinds whose line can break in the middle of a record that then comes again."""


KINDS = [kind for kind in known.kinds() if not known.is_by_hand(kind)]
"""Kinds that have a peer: where nothing comes by itself there is nothing to lose on the way (`test_by_hand`)."""


def test_there_is_a_peer_for_every_source() -> None:
    assert sorted(PEERS) == sorted(KINDS)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[tuple[ExitStack, Switchroom, Path]]:
    with ExitStack() as stack:
        yield stack, stack.enter_context(Switchroom()), tmp_path


@pytest.fixture(params=KINDS)
def peer(request: pytest.FixtureRequest, room: tuple[ExitStack, Switchroom, Path]) -> Peer:
    return PEERS[request.param](room)


@pytest.fixture(params=[kind for kind in KINDS if kind in BREAKING])
def breaking(request: pytest.FixtureRequest, room: tuple[ExitStack, Switchroom, Path]) -> Peer:
    return PEERS[request.param](room)


def there(engine: Engine) -> bool:
    return engine.health()[0].state in (State.WORKING, State.WAITING)


def stored(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call")[0][0])


def taken(engine: Engine) -> list[bytes]:
    settle(engine)
    return raw_calls(engine.site.journal, engine.site.store)


def as_taken(peer: Peer, records: list[bytes]) -> list[bytes]:
    return sorted(map(peer.as_taken, records))


def test_every_record_becomes_one_call(peer: Peer, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", peer.pbx()) as engine:
        until(lambda: there(engine))
        for start in range(0, 60, 20):
            peer.send(RECORDS[start : start + 20])
            until(lambda start=start: stored(engine) == start + 20, PATIENCE_S)  # type: ignore[misc]

        assert sorted(taken(engine)) == as_taken(peer, RECORDS[:60])
        assert engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]


@pytest.fixture(params=[kind for kind in KINDS if kind not in ("http_push", "rest_poll")])
def telling(request: pytest.FixtureRequest, room: tuple[ExitStack, Switchroom, Path]) -> Peer:
    """A peer of a kind that can tell a second call from one sent again; a post or an answer is known by its text."""
    return PEERS[request.param](room)


def test_two_equal_calls_in_one_go_stay_two(telling: Peer, tmp_path: Path) -> None:
    peer = telling
    with at_work(tmp_path / "site", peer.pbx()) as engine:
        until(lambda: there(engine))
        peer.send([RECORDS[0], RECORDS[1], RECORDS[1], RECORDS[2]])
        until(lambda: stored(engine) == 4, PATIENCE_S)

        assert sorted(taken(engine)) == sorted([RECORDS[0], RECORDS[1], RECORDS[1], RECORDS[2]])


@pytest.mark.slow
def test_a_line_that_breaks_again_and_again_loses_and_doubles_nothing(breaking: Peer, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", breaking.pbx()) as engine:
        until(lambda: there(engine))
        for number in range(4):
            breaking.send(RECORDS[number * 10 : number * 10 + 10])
            until(lambda number=number: stored(engine) == number * 10 + 10, PATIENCE_S)  # type: ignore[misc]
            breaking.break_off()
        breaking.send(RECORDS[40:50])
        until(lambda: stored(engine) == 50, PATIENCE_S)

        assert sorted(taken(engine)) == sorted(RECORDS[:50])
        assert engine.health()[0].resets == 4


@pytest.mark.slow
def test_a_restart_loses_and_doubles_nothing(peer: Peer, tmp_path: Path) -> None:
    for number in range(1, 4):
        so_far = number * 20
        with at_work(tmp_path / "site", peer.pbx()) as engine:
            until(lambda engine=engine: there(engine))  # type: ignore[misc]
            peer.send(RECORDS[so_far - 20 : so_far - 10])
            until(lambda engine=engine, so_far=so_far: stored(engine) == so_far - 10, PATIENCE_S)  # type: ignore[misc]
            if not peer.keeps:
                peer.send(RECORDS[so_far - 10 : so_far])
                until(lambda engine=engine, so_far=so_far: stored(engine) == so_far, PATIENCE_S)  # type: ignore[misc]
        if peer.keeps:
            peer.send(RECORDS[so_far - 10 : so_far])  # while nobody is there to take them
    with at_work(tmp_path / "site", peer.pbx()) as engine:
        until(lambda: stored(engine) == 60, PATIENCE_S)

        assert sorted(taken(engine)) == as_taken(peer, RECORDS[:60])


@pytest.mark.slow
def test_while_the_disk_is_full_nothing_is_lost_and_all_goes_on_by_itself(
    room: tuple[ExitStack, Switchroom, Path],
    peer: Peer,
    tmp_path: Path,
) -> None:
    disk = room[0].enter_context(small_disk(tmp_path / "disk", 48))
    with at_work(disk / "site", peer.pbx()) as engine:
        until(lambda: there(engine))
        peer.send(RECORDS[:10])
        until(lambda: stored(engine) == 10, PATIENCE_S)
        ballast = fill(disk)
        engine.site.journal.reserve.give_up()
        fill(disk)
        peer.send(RECORDS[10:20])
        until(lambda: engine.health()[0].state is State.NO_ROOM, PATIENCE_S)
        ballast.unlink()
        until(lambda: stored(engine) == 20, PATIENCE_S)

        assert sorted(taken(engine)) == as_taken(peer, RECORDS[:20])
