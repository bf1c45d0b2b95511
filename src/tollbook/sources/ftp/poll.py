"""Fetches files over FTP, in rounds."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tollbook.gate import aside
from tollbook.sources._remote.rounds import RemoteFolder, watch
from tollbook.sources._remote.server import address
from tollbook.sources.contract import Event, Surroundings
from tollbook.sources.ftp.options import Options
from tollbook.sources.ftp.session import FtpSession


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Look at the folder at the interval, for ever; raises `Unavailable`."""
    secret = await aside(options.secret, around.fence)
    scheme = "ftp" if options.tls == "off" else "ftps"
    folder = RemoteFolder(
        address(scheme, options.host, options.path),
        options,
        lambda: FtpSession(options, secret, around.fence),
    )
    async with aclosing(watch(folder, around)) as events:
        async for event in events:
            yield event
