"""Takes messages from a stream of NATS, has their calls put away, and says so to the sites that sent them.

Any number of loaders share a stream. A message is acknowledged, and its site told, once its calls are in ClickHouse: a
loader that is killed in between leaves it to another, and what is written twice is the same row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from tollbook.clock import monotonic_s
from tollbook.engine.backoff import Backoff
from tollbook.engine.loading.putting import CallLoader, LoadedMessage
from tollbook.model.fence import Fence
from tollbook.model.limits import BYTES_OF_A_LOADER
from tollbook.model.problem import Unavailable
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.clickhouse.server import ClickHouse
from tollbook.sinks.nats.messages import CALLS, ID_HEADER, STORED, LoaderWord, Unreadable, place_of, read, subject
from tollbook.sinks.nats.options import ServerOptions
from tollbook.sinks.nats.server import connected, make_stream, stream_of

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

_DURABLE = "tollbook-load"
_AT_ONCE, _GATHER_S, _LOOK_S = 100, 1.0, 1.0
_SAY_S, _LOOK_FOR_WITHHELD_S = 60.0, 3.0
_HELD_S = 30.0
"""Seconds after which a message is given to another loader, unless this one says that it is at it."""
_log = structlog.get_logger()


class LoadWay(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages are taken from, and where their calls are put."""

    source: ServerOptions
    target: Options


class _Taken(msgspec.Struct, frozen=True):
    """A message as it was taken, with what it holds; None where that is not to be read."""

    message: Msg
    loaded: LoadedMessage | None
    reason: str = ""


async def load(way: LoadWay, stop: asyncio.Event) -> None:
    """Load until `stop` is set; what cannot be reached is tried again for ever. Raises `Misconfigured` at the start."""
    backoff = Backoff(first_s=0.5, longest_s=30.0, permanent_s=120.0)
    away = ""
    while not stop.is_set():
        try:
            await _LoaderRun(way, stop, backoff).run()
        except Unavailable as fault:
            if str(fault) != away:
                _log.warning("not loading", reason=str(fault))
            away = str(fault)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), backoff.failed(permanent=fault.permanent))
        else:
            away = ""


class _LoaderRun:
    """One connection's worth of loading."""

    def __init__(self, way: LoadWay, stop: asyncio.Event, backoff: Backoff) -> None:
        self._way, self._stop, self._backoff = way, stop, backoff
        self._said_s = self._looked_s = monotonic_s()
        self._withheld = 0

    async def run(self) -> None:
        """Load until told to stop; raises `Unavailable`."""
        server = ClickHouse(self._way.target, Fence())
        try:
            async with AsyncExitStack() as held:
                folder = Path(held.enter_context(TemporaryDirectory(prefix="tollbook-load-")))
                loader = CallLoader(self._way.target, server, folder)
                client = await held.enter_async_context(connected(self._way.source, Fence()))
                stream = client.jetstream()
                waiting = await self._subscribed(stream)
                while not self._stop.is_set():
                    if client.is_closed:
                        raise Unavailable("NATS broke the connection off")
                    taken = await self._gathered(waiting)
                    if taken:
                        await self._put(client, loader, taken)
                    elif await self._are_withheld(stream):
                        waiting = await self._subscribed(stream)
        finally:
            server.close()

    async def _subscribed(self, stream: JetStreamContext) -> JetStreamContext.PullSubscription:
        from nats.js.api import ConsumerConfig

        options = self._way.source
        if await stream_of(stream, options) is None:
            if options.create == "no":
                raise Unavailable(f"there is no stream {options.stream!r}, and none is to be made", permanent=True)
            await make_stream(stream, options)
        seldom = ConsumerConfig(ack_wait=_HELD_S, max_ack_pending=10 * _AT_ONCE)
        return await stream.pull_subscribe(f"{CALLS}.*", durable=_DURABLE, stream=options.stream, config=seldom)

    async def _are_withheld(self, stream: JetStreamContext) -> bool:
        """Have messages given out anew that the server keeps and takes for done, as one does that was killed.

        Returns whether that was so. It is looked for now and then, and must be so twice: an acknowledgement may be
        under way.
        """
        if monotonic_s() - self._looked_s < _LOOK_FOR_WITHHELD_S:
            return False
        name = self._way.source.stream
        state = (await stream.stream_info(name)).state
        told = await stream.consumer_info(name, _DURABLE)
        withheld = state.first_seq if state.messages and not told.num_pending and not told.num_ack_pending else 0
        before, self._withheld, self._looked_s = self._withheld, withheld, monotonic_s()
        if not withheld or withheld != before:
            return False
        _log.warning(
            "the server keeps messages that it takes for done; they are asked for again", messages=state.messages
        )
        await stream.delete_consumer(name, _DURABLE)
        return True

    async def _gathered(self, waiting: JetStreamContext.PullSubscription) -> list[_Taken]:
        """Take what there is: many messages, or those of a moment."""
        taken: list[_Taken] = []
        size, until = 0, monotonic_s() + _LOOK_S
        while len(taken) < _AT_ONCE and size < BYTES_OF_A_LOADER:
            left = until - monotonic_s()
            if left <= 0 or self._stop.is_set():
                break
            try:
                found = await waiting.fetch(_AT_ONCE - len(taken), timeout=left)
            except TimeoutError:  # there is nothing now
                break
            if not taken:
                until = monotonic_s() + _GATHER_S
            taken += map(_opened, found)
            size += sum(len(each.loaded.calls) for each in taken[-len(found) :] if each.loaded)
        return taken

    async def _put(self, client: Client, loader: CallLoader, taken: list[_Taken]) -> None:
        messages = [each.loaded for each in taken if each.loaded]
        try:
            told = await _while_holding(taken, asyncio.to_thread(loader.put, messages)) if messages else {}
        except Unavailable:
            with suppress(Exception):  # they come again by themselves, only later
                for each in taken:
                    await each.message.nak(delay=1)
            raise
        number = 0
        for each in taken:
            word = LoaderWord(refused=each.reason)
            if each.loaded:
                word, number = told.get(number, word), number + 1
            await self._answer(client, each.message, word)
        await client.flush()
        self._backoff.well()
        self._say(loader)

    async def _answer(self, client: Client, message: Msg, word: LoaderWord) -> None:
        """Say of a message that it is done with, to the server and to its site."""
        place = place_of(message.subject)
        if word.refused:
            _log.warning("calls cannot be put away", place=place, reason=word.refused)
        await message.ack()
        told = msgspec.structs.replace(word, id=(message.headers or {}).get(ID_HEADER, ""))
        await client.publish(subject(STORED, place), msgspec.json.encode(told))

    def _say(self, loader: CallLoader) -> None:
        """Say now and then how much was put away."""
        if monotonic_s() - self._said_s > _SAY_S:
            _log.info("put away", calls=loader.calls)
            loader.calls, self._said_s = 0, monotonic_s()


async def _while_holding(
    taken: list[_Taken], work: Coroutine[Any, Any, dict[int, LoaderWord]]
) -> dict[int, LoaderWord]:
    """Do work on messages, and say of them again and again that it is being done."""
    doing = asyncio.ensure_future(work)
    while not (await asyncio.wait([doing], timeout=_HELD_S / 3))[0]:
        with suppress(Exception):  # a connection that is broken is met afterwards
            for each in taken:
                await each.message.in_progress()
    return doing.result()


def _opened(message: Msg) -> _Taken:
    try:
        said, calls = read(message.data)
    except Unreadable as fault:
        return _Taken(message, None, f"the message cannot be read: {fault}")
    return _Taken(message, LoadedMessage(place=place_of(message.subject), message=said, calls=calls))
