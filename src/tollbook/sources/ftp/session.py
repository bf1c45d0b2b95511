"""A folder over FTP: what is asked of it, and what goes wrong in words for a person.

ftplib waits; so that it holds nobody else up it does so in a thread of its own, never in those that the journal is
written by. Each wait is limited by the time-out, and who is cancelled shuts the sockets, which ends the wait at once.
"""

from __future__ import annotations

import asyncio
import ftplib
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from tollbook.model.fence import Fence
from tollbook.model.naming import shortly
from tollbook.model.problem import Unavailable
from tollbook.sources._remote.server import ConnectionLost, RemoteListing, RemoteLook
from tollbook.sources.files import Choice
from tollbook.sources.ftp.connection import WIRE, WrongCertificate, connect, said
from tollbook.sources.ftp.options import Options
from tollbook.sources.ftp.wire import FtpRefused, FtpWire

_GOODBYE_S = 2.0
Answer = TypeVar("Answer")


class FtpSession:
    """One server's folder over FTP. Connects at the first question, and again when the connection was lost."""

    def __init__(self, options: Options, secret: str, fence: Fence) -> None:
        self._options, self._secret, self._fence = options, secret, fence
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ftp")
        self._wire: FtpWire | None = None
        self._over = False

    async def listing(self, choice: Choice) -> RemoteListing:
        """Return the folder's files that are wanted."""
        return await self._ask(lambda wire: wire.listing(choice), f"the folder {self._options.path} cannot be read")

    async def look(self, name: bytes) -> RemoteLook | None:
        """Return how a file looks now; None when it is not there."""
        return await self._ask(lambda wire: wire.look(name.decode(WIRE)), f"{shortly(name)} cannot be looked at")

    async def read(self, name: bytes, start: int) -> AsyncGenerator[bytes, None]:
        """Yield a file's bytes from a position on, to its end."""
        what = f"{shortly(name)} cannot be read"
        await self._ask(lambda wire: wire.begin(name.decode(WIRE), start), what)
        on_its_way = True
        try:
            while data := await self._ask(lambda wire: wire.piece(), what):
                yield data
            on_its_way = False
            with suppress(ConnectionLost):  # all has come, whether the server can still say so or not; the sizes decide
                await self._ask(lambda wire: wire.finish(), what)
        finally:
            if on_its_way:
                self._drop()  # what is on its way cannot be called back but by hanging up

    async def make_folder(self, path: bytes) -> None:
        """Make a folder; what is wrong with it shows when a file is moved there."""
        await self._ask(lambda wire: wire.make_folder(path.decode(WIRE)), f"{shortly(path)} cannot be made")

    async def rename(self, name: bytes, path: bytes) -> None:
        """Give a file another place."""
        what = f"{shortly(name)} is taken but cannot be moved"
        await self._ask(lambda wire: wire.rename(name.decode(WIRE), path.decode(WIRE)), what)

    async def delete(self, name: bytes) -> None:
        """Delete a file."""
        await self._ask(lambda wire: wire.delete(name.decode(WIRE)), f"{shortly(name)} is taken but cannot be deleted")

    async def close(self) -> None:
        """Close the connection, politely if the server lets us."""
        self._over = True
        wire, self._wire = self._wire, None
        if wire:
            goodbye = asyncio.get_running_loop().run_in_executor(self._thread, wire.say_goodbye, _GOODBYE_S)
            try:
                await asyncio.wait_for(asyncio.shield(goodbye), _GOODBYE_S)
            except TimeoutError:
                wire.hang_up()
        self._thread.shutdown(wait=False)

    async def _ask(self, question: Callable[[FtpWire], Answer], what: str) -> Answer:
        """Ask in the thread, over a connection that is made if need be."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._answer, question, what)
        except asyncio.CancelledError:
            self._drop()
            raise

    def _answer(self, question: Callable[[FtpWire], Answer], what: str) -> Answer:
        if self._wire is None:
            self._connect()
        wire = self._wire
        if wire is None:
            raise ConnectionLost("the connection was closed")
        try:
            return question(wire)
        except Exception as fault:
            known = self._in_our_words(fault, what)
            if isinstance(known, ConnectionLost):
                self._wire = None
                wire.close()
            raise known from fault

    def _connect(self) -> None:
        wire = FtpWire(connect(self._options, self._secret, self._fence), self._options.path)
        if self._over:  # nobody waits for it any more
            wire.close()
        else:
            self._wire = wire

    def _in_our_words(self, fault: Exception, what: str) -> Exception:
        """Return what to say of a question that failed; the fault itself where it is ours."""
        where = self._options.where
        if isinstance(fault, FtpRefused):
            return Unavailable(f"{what}: {fault}", permanent=fault.permanent)
        if isinstance(fault, WrongCertificate):
            message = f"{where} shows another certificate on a data connection, {fault.shown}: somebody stands between"
            return ConnectionLost(message, permanent=True)
        if isinstance(fault, (ftplib.error_perm, ftplib.error_temp)) and not str(fault).startswith("421"):
            return Unavailable(f"{what}: {said(fault, self._secret)}")
        if isinstance(fault, TimeoutError):
            return ConnectionLost(f"{where} did not answer within {self._options.timeout:g} s")
        if isinstance(fault, (OSError, EOFError, ftplib.Error, ValueError, OverflowError)):
            return ConnectionLost(f"the connection to {where} broke ({said(fault, self._secret)})")
        return fault

    def _drop(self) -> None:
        """Hang up, from outside the thread."""
        wire, self._wire = self._wire, None
        if wire:
            wire.hang_up()
            with suppress(RuntimeError):  # the thread has been told to end: it closes what it holds itself
                self._thread.submit(wire.close)
