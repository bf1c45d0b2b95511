"""One address that is listened on, for all PBXs that post there; a PBX is known by the path it posts to.

Opened by the first PBX and closed by the last. It belongs to an event loop, as its connections do.
"""

from __future__ import annotations

import asyncio
import os
from errno import EACCES
from weakref import WeakKeyDictionary

from tollbook.model.problem import Unavailable
from tollbook.sources.common import Address
from tollbook.sources.http_push.desk import Desk
from tollbook.sources.http_push.exchange import Exchange, turned_away
from tollbook.sources.http_push.line import Line
from tollbook.sources.http_push.options import Options

_BACKLOG = 256
_HANDSHAKE_S = 10.0
_FAREWELL_S = 5.0
"""How long connections may take to say that nobody takes their posts any more."""

_listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Address, Listener]] = WeakKeyDictionary()


class Listener:
    """An address, its desks by path, and the connections there are."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._desks: dict[str, Desk] = {}
        self._opening = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._exchanges: dict[asyncio.Task[None], Exchange] = {}

    def desk(self, path: str) -> Desk | None:
        """Return whose path it is."""
        return self._desks.get(_key(path))

    def refuse(self, peer: str, reason: str) -> None:
        """Note somebody of whom it cannot be said which PBX was meant."""
        for desk in self._desks.values():
            desk.refuse(peer, reason)

    async def join(self, desk: Desk) -> None:
        """Take a PBX in; raises `Unavailable` when its path is another's, or the address cannot be listened on."""
        self._check(desk)
        self._desks[_key(desk.path)] = desk
        try:
            async with self._opening:
                if not self._server:
                    await self._open(desk.options)
        except BaseException:
            await self.leave(desk)
            raise
        desk.origin = f"{desk.options.scheme}://{Address(self._address.host, self._port())}{desk.path}"

    async def leave(self, desk: Desk) -> None:
        """Let a PBX go; with the last one the address is free again, and its connections are told."""
        self._desks.pop(_key(desk.path), None)
        if self._desks:
            return
        self._here().pop(self._address, None)
        if self._server:
            self._server.close()
        await self._farewell()

    async def _farewell(self) -> None:
        for task, exchange in self._exchanges.items():
            if exchange.idle:
                task.cancel()
        try:
            if self._exchanges:
                await asyncio.wait(self._exchanges, timeout=_FAREWELL_S)
        finally:
            for task in self._exchanges:
                task.cancel()

    @staticmethod
    def _here() -> dict[Address, Listener]:
        return _listeners.setdefault(asyncio.get_running_loop(), {})

    @classmethod
    def at(cls, address: Address) -> Listener:
        """Return the listener of an address on this event loop."""
        here = cls._here()
        if address not in here:
            here[address] = cls(address)
        return here[address]

    def _check(self, desk: Desk) -> None:
        other = self._desks.get(_key(desk.path))
        if other:
            message = (
                f"PBX '{other.pbx}' is posted to at {self._address}{other.path} already; "
                "set another 'path' or 'listen' for one of the two"
            )
            raise Unavailable(message, permanent=True)
        for each in self._desks.values():
            if each.options.tls != desk.options.tls:
                message = (
                    f"PBX '{each.pbx}' listens on {self._address} with another 'certificate-file', 'key-file' "
                    "or 'tls-oldest'; set the same for both, or another 'listen' for one"
                )
                raise Unavailable(message, permanent=True)

    async def _open(self, options: Options) -> None:
        context = await asyncio.to_thread(options.tls.context) if options.tls else None
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Line(self._opened),
                self._address.host,
                self._address.port,
                ssl=context,
                ssl_handshake_timeout=_HANDSHAKE_S if context else None,
                backlog=_BACKLOG,
                start_serving=False,  # what is cancelled while it starts must be known, to be closed
            )
            await self._server.start_serving()
        except OSError as fault:
            why = os.strerror(fault.errno).lower() if fault.errno and fault.errno > 0 else str(fault)
            message = (
                f"cannot listen on {self._address}: {why}; does another program, or is 'listen' not of this machine?"
            )
            raise Unavailable(message, permanent=fault.errno == EACCES) from fault

    def _port(self) -> int:
        sockets = self._server.sockets if self._server else ()
        return int(sockets[0].getsockname()[1]) if sockets else self._address.port

    def _opened(self, line: Line) -> None:
        most = max((desk.options.most_connections for desk in self._desks.values()), default=0)
        if len(self._exchanges) >= most:
            self.refuse(line.peer, f"{most} connections at once are the most that 'most-connections' allows")
            line.say(turned_away())
            line.hang_up()
            return
        exchange = Exchange(line, self)
        task = asyncio.get_running_loop().create_task(exchange.run())
        self._exchanges[task] = exchange
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        del self._exchanges[task]
        fault = None if task.cancelled() else task.exception()
        if fault:  # ours: whoever posted has no answer, and posts again
            context = {"message": "a request for a PBX failed", "exception": fault}
            asyncio.get_running_loop().call_exception_handler(context)


def _key(path: str) -> str:
    return path.rstrip("/")
