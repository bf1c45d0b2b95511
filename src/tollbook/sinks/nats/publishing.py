"""Publishes calls and the site's tables, and waits until a loader says that they are in ClickHouse.

What is on its way may be lost, doubled, put in another order or put back from an old copy: a delivery is done only once
each of its messages was said to be stored, and comes again otherwise, under a higher version. As long as messages of
this place wait for a loader, no others are published: what is behind waits in the ledger, and the server holds little.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec

from tollbook import clock
from tollbook.model.problem import Problem, Unavailable
from tollbook.model.sink import CallFile, Field, FieldType, FileForm, SiteTable
from tollbook.sinks.contract import AllCalls, Around, Changes
from tollbook.sinks.nats.messages import (
    CALLS,
    GONE_AT_ONCE,
    ID_HEADER,
    PART_BYTES,
    STORED,
    CallMessage,
    LoaderWord,
    subject,
    written,
)
from tollbook.sinks.nats.options import Options
from tollbook.sinks.nats.server import check_installed, connected, make_stream, stream_of

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

APART = 2
_AT_ONCE = 16
_LOOK_S = 0.5
_TWICE = "another site sends calls under this place, too: give each a place of its own"


class _Stamp(msgspec.Struct, frozen=True):
    """Under which version something is delivered, and whether it is the first since the start."""

    version: int
    first: bool


class NatsSink:
    """The way over NATS at work."""

    file = CallFile(least=1, form=FileForm.PARQUET, part_bytes=PART_BYTES)
    tries = 1

    def __init__(self, options: Options, around: Around) -> None:
        check_installed()
        self._options, self._around = options, around
        self.batch, self.interval_s = options.batch, options.interval
        self._last, self._has_delivered = 0, False

    def problems(self) -> list[Problem]:
        """Return that there is no stream and none is made, or that the one there is has other subjects."""
        return asyncio.run(self._looked())

    def prepare(self) -> None:
        """Make the stream where there is none."""
        asyncio.run(self._prepared())

    def left_out(self) -> None:
        """Leave nothing out: the loader has a column made for each."""

    def deliver(self, changes: Changes) -> None:
        """Publish calls and which are no more, and wait for word of each message."""
        self._publish(partial(_messages, changes))

    def take_table(self, table: SiteTable) -> None:
        """Publish a table of the site in parts, and wait for word of each."""
        self._publish(partial(_parts, table))

    def resend(self, content: bytes) -> None:
        """Do nothing: what is refused is told, and comes again."""

    def mirror(self, calls: AllCalls) -> int:
        """Do nothing: a loader is handed changes."""
        del calls
        return 0

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _publish(self, messages: Callable[[_Stamp], Iterator[bytes]]) -> None:
        """Publish messages under a version of their own.

        Where the clock has gone back since this place delivered last, it goes on from the version that it had then.
        """
        for _ in range(2):
            version = self._last = max(clock.now_us(), self._last + APART)
            known = asyncio.run(self._delivered(messages(_Stamp(version, first=not self._has_delivered))))
            if known <= version:
                self._has_delivered = True
                return
            self._last = known
        raise Unavailable(_TWICE)

    async def _looked(self) -> list[Problem]:
        async with connected(self._options, self._around.fence) as client:
            found = await stream_of(client.jetstream(), self._options)
            if found is None and self._options.create == "no":
                hint = "set create=yes, or make it"
                return [Problem(f"there is no stream {self._options.stream!r}", "and none is to be made", help=hint)]
            taken = found.config.subjects if found else [f"{CALLS}.*"]
            if f"{CALLS}.*" in (taken or []):
                return []
            reason = f"its subjects are {', '.join(taken or [])}"
            hint = f"add {CALLS}.* to them"
            return [Problem(f"the stream {self._options.stream!r} does not take calls", reason, help=hint)]

    async def _prepared(self) -> None:
        async with connected(self._options, self._around.fence) as client:
            stream = client.jetstream()
            if await stream_of(stream, self._options) is None:
                await make_stream(stream, self._options)

    async def _delivered(self, messages: Iterator[bytes]) -> int:
        """Return the last version that a loader knows of, where ours is below it."""
        async with connected(self._options, self._around.fence) as client:
            broker = _Broker(client, self._options)
            await broker.listen()
            await broker.until(lambda waiting: not waiting)
            await broker.publish(messages)
            await broker.until(lambda _waiting: broker.has_word)
            return broker.last


class _Broker:
    """The server during one delivery, with the messages that nobody has said to be stored yet."""

    def __init__(self, client: Client, options: Options) -> None:
        self._client, self._options = client, options
        self._stream = client.jetstream(timeout=options.timeout)
        self._left: set[str] = set()
        self._refused = ""
        self.last = 0
        self._heard = asyncio.Event()

    @property
    def has_word(self) -> bool:
        """Whether each message is said to be stored, or one to be refused."""
        return not self._left or bool(self._refused)

    async def listen(self) -> None:
        """Listen for word from now on."""
        await self._client.subscribe(subject(STORED, self._options.place), cb=self._hear)
        await self._client.flush()

    async def publish(self, messages: Iterator[bytes]) -> None:
        """Publish messages, some at once."""
        under_way: set[asyncio.Task[object]] = set()
        for content in messages:
            name = uuid4().hex
            self._left.add(name)
            under_way.add(asyncio.ensure_future(self._published(name, content)))
            if len(under_way) >= _AT_ONCE:
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
        await asyncio.gather(*under_way)

    async def _published(self, name: str, content: bytes) -> None:
        options = self._options
        await self._stream.publish(
            subject(CALLS, options.place), content, stream=options.stream, headers={ID_HEADER: name}
        )

    async def until(self, done: Callable[[int], bool]) -> None:
        """Wait as long as loaders get on, if not with ours then with others' messages; raises `Unavailable`.

        `done` is given how many messages of this place wait.
        """
        before, deadline = None, 0.0
        while True:
            waiting, stands = await self._stand()
            if done(waiting):
                break
            if self._client.is_closed:
                raise Unavailable("NATS broke the connection off")
            if (stands, len(self._left)) != before:
                before, deadline = (stands, len(self._left)), clock.monotonic_s() + self._options.timeout
            elif clock.monotonic_s() > deadline:
                what = (
                    f"{waiting:,} messages wait for a loader" if waiting else f"no word of {len(self._left):,} messages"
                )
                raise Unavailable(f"{what}; does `tollbook load` run?")
            self._heard.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), _LOOK_S)
        if self._refused:
            raise Unavailable(f"the loader cannot put calls away: {self._refused}", permanent=True)

    async def _stand(self) -> tuple[int, tuple[int, int]]:
        """Return how many messages of this place wait in the stream, and what changes as loaders get on."""
        place = subject(CALLS, self._options.place)
        state = (await self._stream.stream_info(self._options.stream, subjects_filter=place)).state
        return (state.subjects or {}).get(place, 0), (state.first_seq, state.messages)

    async def _hear(self, message: Msg) -> None:
        told = msgspec.json.decode(message.data, type=LoaderWord)
        if told.id in self._left:
            self._left.discard(told.id)
            self._refused = self._refused or told.refused
            self.last = max(self.last, told.last)
            self._heard.set()


def _messages(changes: Changes, stamp: _Stamp) -> Iterator[bytes]:
    said = CallMessage(version=stamp.version, first=stamp.first, key=changes.key, fields=_told(changes.fields))
    for part in sorted(changes.file.iterdir()) if changes.file else ():
        yield written(said, part.read_bytes())
    of_ids = [field for field in changes.fields if field.name == changes.key]
    for first in range(0, len(changes.gone), GONE_AT_ONCE):
        ids = [UUID(each) for each in changes.gone[first : first + GONE_AT_ONCE]]
        yield written(msgspec.structs.replace(said, fields=_told(of_ids), gone=ids))


def _parts(table: SiteTable, stamp: _Stamp) -> Iterator[bytes]:
    said = CallMessage(
        version=stamp.version,
        first=stamp.first,
        key="",
        fields=_told(table.fields),
        table=table.name,
        parts=len(table.parts),
    )
    for number, part in enumerate(table.parts):
        yield written(msgspec.structs.replace(said, part=number), part.read_bytes())


def _told(fields: list[Field]) -> list[tuple[str, FieldType, str]]:
    return [(field.name, field.type, field.source) for field in fields]


def connect(options: Options, around: Around) -> NatsSink:
    """Return the sink, not connected yet."""
    return NatsSink(options, around)
