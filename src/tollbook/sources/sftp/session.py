"""A folder over SFTP: what is asked of it, each wait limited, and what goes wrong in words for a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TypeVar, cast

import asyncssh

from tollbook.model.fence import Fence
from tollbook.model.limits import SERVER_NAMES
from tollbook.model.naming import shortly
from tollbook.model.problem import Unavailable
from tollbook.sources._remote.server import (
    PIECE,
    Choosing,
    ConnectionLost,
    RemoteListing,
    RemoteLook,
)
from tollbook.sources.files import Choice
from tollbook.sources.sftp.connection import connect
from tollbook.sources.sftp.options import Options

_GOODBYE_S = 2.0
_SHOWN_REASON = 200
Answer = TypeVar("Answer")
_GONE = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
_BROKEN = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.SFTPBadMessage, asyncssh.DisconnectError)


class SftpSession:
    """One server's folder over SFTP. Connects at the first question, and again when the connection was lost."""

    def __init__(self, options: Options, secret: str, fence: Fence) -> None:
        self._options, self._secret, self._fence = options, secret, fence
        self._folder = options.path.encode()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    async def listing(self, choice: Choice) -> RemoteListing:
        """Return the folder's files that are wanted."""
        choosing, names = Choosing(choice), 0
        async with self._asking(f"the folder {self._options.path} cannot be read") as sftp:
            entries = cast("AsyncGenerator[asyncssh.SFTPName, None]", sftp.scandir(self._folder))
            try:
                while not choosing.more and (entry := await self._in_time(_next(entries))) is not None:
                    names += 1
                    if names > SERVER_NAMES:
                        message = f"the folder {self._options.path} holds more than {SERVER_NAMES} names"
                        raise Unavailable(message, permanent=True)
                    choosing.see(_bytes(entry.filename), _look(entry.attrs))
            finally:
                await self._closed(entries.aclose())
        return choosing.listing

    async def look(self, name: bytes) -> RemoteLook | None:
        """Return how a file looks now; None when it is not there."""
        async with self._asking(f"{shortly(name)} cannot be looked at") as sftp:
            try:
                return _look(await self._in_time(sftp.lstat(self._place(name))))
            except _GONE:
                return None

    async def read(self, name: bytes, start: int) -> AsyncGenerator[bytes, None]:
        """Yield a file's bytes from a position on, to its end."""
        what = f"{shortly(name)} cannot be read"
        async with self._asking(what) as sftp:
            file = await self._in_time(sftp.open(self._place(name), "rb"))
        try:
            while True:
                async with self._asking(what):
                    data = cast("bytes", await self._in_time(file.read(PIECE, start)))
                if not data:
                    return
                start += len(data)
                yield data
        finally:
            await self._closed(file.close())

    async def make_folder(self, path: bytes) -> None:
        """Make a folder; what is wrong with it shows when a file is moved there."""
        async with self._asking(f"the folder {shortly(path)} cannot be made") as sftp:
            try:
                await self._in_time(sftp.mkdir(self._place(path)))
            except _BROKEN:
                raise
            except asyncssh.SFTPError:
                return

    async def rename(self, name: bytes, path: bytes) -> None:
        """Give a file another place; servers refuse to put it over another."""
        async with self._asking(f"{shortly(name)} is taken but cannot be moved") as sftp:
            await self._in_time(sftp.rename(self._place(name), self._place(path)))

    async def delete(self, name: bytes) -> None:
        """Delete a file."""
        async with self._asking(f"{shortly(name)} is taken but cannot be deleted") as sftp:
            await self._in_time(sftp.remove(self._place(name)))

    async def close(self) -> None:
        """Close the connection, politely if the server lets us."""
        connection = self._drop()
        if connection is None:
            return
        try:
            await asyncio.wait_for(connection.wait_closed(), _GOODBYE_S)
        except (TimeoutError, OSError, asyncssh.Error):
            connection.abort()

    def _drop(self) -> asyncssh.SSHClientConnection | None:
        connection, self._connection, self._sftp = self._connection, None, None
        if connection:
            connection.close()
        return connection

    def _place(self, name: bytes) -> bytes:
        return name if name.startswith(b"/") else self._folder + b"/" + name

    @asynccontextmanager
    async def _asking(self, what: str) -> AsyncIterator[asyncssh.SFTPClient]:
        """Give the connection, made if need be, and say in our words what goes wrong with it."""
        options = self._options
        if self._sftp is None:
            self._connection, self._sftp = await connect(options, self._secret, self._fence)
        try:
            yield self._sftp
        except TimeoutError as fault:
            self._drop()
            raise ConnectionLost(f"{options.host} did not answer within {options.timeout:g} s") from fault
        except (*_BROKEN, OSError, ValueError) as fault:
            self._drop()
            raise ConnectionLost(f"the connection to {options.host} broke ({str(fault)[:_SHOWN_REASON]})") from fault
        except asyncssh.Error as fault:
            raise Unavailable(f"{what}: {fault.reason[:_SHOWN_REASON] or type(fault).__name__}") from fault

    async def _in_time(self, answer: Awaitable[Answer]) -> Answer:
        async with asyncio.timeout(self._options.timeout):
            return await answer

    async def _closed(self, closing: Awaitable[None]) -> None:
        """Let go of something at the server; that it is gone already is as well."""
        with suppress(asyncssh.Error, OSError, ValueError):
            await asyncio.wait_for(closing, _GOODBYE_S)


async def _next(entries: AsyncIterator[asyncssh.SFTPName]) -> asyncssh.SFTPName | None:
    return await anext(entries, None)


def _bytes(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name


def _look(attributes: asyncssh.SFTPAttrs) -> RemoteLook | None:
    """Return how a plain file looks; None for what is no plain file."""
    if attributes.type not in (asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN):
        return None
    try:
        modified = datetime.fromtimestamp(attributes.mtime or 0, UTC).strftime("%Y%m%d%H%M%S")
    except (OverflowError, ValueError, OSError):
        modified = str(attributes.mtime)
    return RemoteLook(attributes.size or 0, modified if attributes.mtime is not None else "")
