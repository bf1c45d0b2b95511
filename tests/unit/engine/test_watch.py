"""A PBX that is no longer watched."""

import asyncio
import threading

import pytest

from tollbook.engine.capture import source_runner
from tollbook.sources.contract import pause_until


def test_who_stops_while_bytes_are_being_written_goes_only_after_them() -> None:
    begun, go_on, order = threading.Event(), threading.Event(), list[str]()

    def write() -> None:
        begun.set()
        go_on.wait()
        order.append("written")

    async def scenario() -> None:
        task = asyncio.ensure_future(source_runner._whole(asyncio.ensure_future(asyncio.to_thread(write))))  # noqa: SLF001 - pure
        await asyncio.to_thread(begun.wait)
        task.cancel()
        for _ in range(9):
            await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        order.append("gone")

    asyncio.run(scenario())

    assert order == ["written", "gone"]


@pytest.mark.parametrize("rounds", range(4))
def test_who_is_stopped_just_after_being_asked_for_news_stops(rounds: int) -> None:
    async def scenario() -> None:
        poked = asyncio.Event()
        pausing = asyncio.ensure_future(pause_until(poked, 60))
        await until_it_waits()
        poked.set()
        for _ in range(rounds):
            await asyncio.sleep(0)
        in_time = pausing.cancel()
        await asyncio.wait({pausing})
        assert pausing.cancelled() is in_time

    asyncio.run(scenario())


async def until_it_waits() -> None:
    for _ in range(9):
        await asyncio.sleep(0)
