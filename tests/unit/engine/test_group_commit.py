"""Writes of many streams in common commits."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tollbook.engine.capture.group_commit import GroupCommit
from tollbook.journal import Journal, writes
from tollbook.model.body import Opening

AT = 1_700_000_000_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite", reserve_bytes=0)


def opened(journal: Journal) -> int:
    return journal.open_body(Opening(pbx="hts", source="tcp_client", origin="tcp://pbx:2300"), AT)


def test_writes_asked_for_together_are_on_the_disk_when_each_returns(journal: Journal) -> None:
    bodies = [opened(journal) for _ in range(50)]

    async def scenario() -> None:
        group = GroupCommit(journal)

        async def one(body: int) -> bytes:
            await group.write(writes.add(body, b"%d\n" % body, AT))
            return journal.slice(body, 0, 9)

        assert await asyncio.gather(*map(one, bodies)) == [b"%d\n" % body for body in bodies]
        group.close()

    asyncio.run(scenario())
    journal.close()


def test_a_body_is_begun_and_its_number_returned(journal: Journal) -> None:
    async def scenario() -> int:
        group = GroupCommit(journal)
        number = await group.write(writes.begin(Opening(pbx="hts", source="udp", origin="udp://:5514"), AT))
        group.close()
        return number

    found = journal.body(asyncio.run(scenario()))
    assert found
    assert found.origin == "udp://:5514"
    journal.close()


def test_everybody_in_a_commit_that_fails_is_told_and_may_ask_again(journal: Journal) -> None:
    body = opened(journal)

    def fails(_connection: sqlite3.Connection) -> int:
        message = "it cannot be done"
        raise RuntimeError(message)

    async def scenario() -> list[int | BaseException]:
        group = GroupCommit(journal)
        told = await asyncio.gather(
            group.write(writes.add(body, b"one\n", AT)),
            group.write(fails),
            return_exceptions=True,
        )
        await group.write(writes.add(body, b"two\n", AT))
        group.close()
        return list(told)

    assert [type(each) for each in asyncio.run(scenario())] == [RuntimeError, RuntimeError]
    assert journal.slice(body, 0, 99) == b"two\n"
    journal.close()


def test_who_goes_away_while_waiting_takes_nothing_from_the_others(journal: Journal) -> None:
    body = opened(journal)

    async def scenario() -> None:
        group = GroupCommit(journal)
        gone = asyncio.create_task(group.write(writes.add(body, b"one\n", AT)))
        stays = asyncio.create_task(group.write(writes.add(body, b"two\n", AT)))
        await asyncio.sleep(0)
        gone.cancel()
        await stays
        group.close()

    asyncio.run(scenario())
    assert journal.slice(body, 0, 99) == b"one\ntwo\n"
    journal.close()
