"""Fetches files over SFTP, in rounds."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tollbook.gate import aside
from tollbook.sources._remote.rounds import RemoteFolder, watch
from tollbook.sources._remote.server import address
from tollbook.sources.contract import Event, Surroundings
from tollbook.sources.sftp.options import Options


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Look at the folder at the interval, for ever; raises `Unavailable`."""
    # asyncssh takes a second to import, so only a PBX that needs it waits for it.
    from tollbook.sources.sftp.session import SftpSession

    secret = await aside(options.secret, around.fence)
    folder = RemoteFolder(
        address("sftp", options.host, options.path),
        options,
        lambda: SftpSession(options, secret, around.fence),
    )
    async with aclosing(watch(folder, around)) as events:
        async for event in events:
            yield event
