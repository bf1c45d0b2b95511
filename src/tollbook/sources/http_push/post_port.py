"""A port that PBXs post to; a PBX is known by the path of its posts."""

from __future__ import annotations

import asyncio

from tollbook.sources._streams.shared_port import TcpPort
from tollbook.sources.common import HostPort, Tls
from tollbook.sources.http_push.endpoint import PostEndpoint
from tollbook.sources.http_push.exchange import PostExchange, turned_away
from tollbook.sources.http_push.line import HttpLine

_FAREWELL_S = 5.0
"""How long connections may take to say that nobody takes their posts any more."""


class PostPort(TcpPort[PostEndpoint]):
    """A port, its desks, and the connections there are."""

    def __init__(self, address: HostPort) -> None:
        super().__init__(address)
        self._exchanges: dict[asyncio.Task[None], PostExchange] = {}

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._exchanges)

    def endpoint(self, path: str) -> PostEndpoint | None:
        """Return whose path it is."""
        return next((endpoint for endpoint in self.claims if endpoint.path.rstrip("/") == path.rstrip("/")), None)

    async def join(self, claim: PostEndpoint) -> None:
        """Take a PBX in; raises `Unavailable` when its path is another's, or the address cannot be listened on."""
        await super().join(claim)
        claim.origin = f"{claim.options.scheme}://{HostPort(self.address.host, self._port())}{claim.path}"

    async def _open(self, tls: Tls) -> None:
        context = await asyncio.to_thread(tls.context) if tls else None
        await self._serve(lambda: HttpLine(self._opened), context)

    async def _close(self) -> None:
        """Close, and tell the connections there are."""
        await super()._close()
        for task, exchange in self._exchanges.items():
            if exchange.idle:
                task.cancel()
        try:
            if self._exchanges:
                await asyncio.wait(self._exchanges, timeout=_FAREWELL_S)
        finally:
            for task in self._exchanges:
                task.cancel()

    def _port(self) -> int:
        sockets = self._server.sockets if self._server else ()
        return int(sockets[0].getsockname()[1]) if sockets else self.address.port

    def _opened(self, line: HttpLine) -> None:
        most = max((endpoint.options.most_connections for endpoint in self.claims), default=0)
        if self.connections >= most:
            self.refuse(line.peer, f"{most} connections at once are the most that 'most-connections' allows")
            line.say(turned_away())
            line.hang_up()
            return
        exchange = PostExchange(line, self)
        task = asyncio.get_running_loop().create_task(exchange.run())
        self._exchanges[task] = exchange
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        del self._exchanges[task]
        fault = None if task.cancelled() else task.exception()
        if fault:  # ours: whoever posted has no answer, and posts again
            context = {"message": "a request for a PBX failed", "exception": fault}
            asyncio.get_running_loop().call_exception_handler(context)
