"""Writes the files of a message to an SFTP server: each whole under another name, which then becomes its own.

Names are made of the message's key, so that a message which comes again writes over itself.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

import asyncssh

from tollbook.delivery.names import files_of
from tollbook.delivery.sftp.options import Options
from tollbook.model.fence import Fence
from tollbook.model.message import DeliveryMessage
from tollbook.model.problem import Unavailable
from tollbook.sinks.bounds import TIMES
from tollbook.sources.sftp import options as source
from tollbook.sources.sftp.connection import connect

_FOR_A_PERSON = (asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchFile)


class SftpFolder:
    """A folder on a server; it is connected to anew for each message."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options, self._fence = options, fence

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Write a message's files; return their names. Raises `Unavailable`."""
        del recipient  # a folder is one by itself
        named = files_of(message, whole=self._options.what == "all")
        try:
            asyncio.run(self._written(named))
        except asyncssh.SFTPError as fault:
            told = f"the server does not take the files: {fault.reason[:200]}"
            raise Unavailable(told, permanent=isinstance(fault, _FOR_A_PERSON)) from fault
        except TimeoutError as fault:
            raise Unavailable("the server does not take the files in time") from fault
        except (asyncssh.Error, OSError) as fault:
            raise Unavailable(f"the connection broke as files were written: {fault}") from fault
        return f"written: {', '.join(named)}"

    def check(self) -> str:
        """Say nothing: only a message tells."""
        return ""

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    async def _written(self, named: dict[str, bytes]) -> None:
        options = self._options
        account = source.Options(
            host=options.host,
            username=options.username,
            timeout=options.timeout,
            port=options.port,
            host_key=options.host_key,
            key_file=options.key_file,
        )
        connection, sftp = await connect(account, options.secret(self._fence), self._fence)
        try:
            async with asyncio.timeout(TIMES * options.timeout):
                for name, content in named.items():
                    await _write(sftp, os.fsencode(options.path), os.fsencode(name), content)
        finally:
            connection.abort()


async def _write(sftp: asyncssh.SFTPClient, folder: bytes, name: bytes, content: bytes) -> None:
    half, place = folder + b"/." + name + b".half", folder + b"/" + name
    with suppress(asyncssh.SFTPNoSuchFile):
        await sftp.remove(half)  # else a link of that name would be written through
    async with sftp.open(half, "wb") as file:
        await file.write(content)
    try:
        await sftp.posix_rename(half, place)
    except asyncssh.SFTPOpUnsupported:  # a server that does not rename over a file that is there
        with suppress(asyncssh.SFTPNoSuchFile):
            await sftp.remove(place)
        await sftp.rename(half, place)
