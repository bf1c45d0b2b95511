"""What a protocol offers to those who fetch files: a folder's listing, a file's look and bytes, and letting it go.

Names travel as the bytes the server wrote, so that no encoding can make another file of one; they are shown as text.
A server that has lost its connection makes another at the next question.
"""

from __future__ import annotations

import posixpath
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from tollbook.model.limits import SERVER_NAME
from tollbook.model.naming import shown
from tollbook.model.problem import Unavailable
from tollbook.sources.files import Choice

PIECE = 128 << 10
"""Most bytes that are asked for at once, and about half of what is ever held of a file."""
_TO_THE_SECOND = 14


class ConnectionLost(Unavailable):
    """The connection broke or went silent; what was asked may be asked again over another."""


class RemoteLook(msgspec.Struct, frozen=True):
    """A file as the server tells of it: bytes, and when it was changed (`YYYYMMDDhhmmss` UTC, nothing if untold)."""

    size: int
    modified: str = ""

    @property
    def mark(self) -> str:
        """The journal's note by which a taken file is known again."""
        return f"{self.size}:{self.modified}"

    def is_like(self, other: RemoteLook) -> bool:
        """Say whether two looks may be of one unchanged file; a time that is untold or coarser says nothing."""
        times = [look.modified[:_TO_THE_SECOND] for look in (self, other)]
        return self.size == other.size and (times[0] == times[1] or not all(times))

    def is_older(self, than: timedelta, now: datetime) -> bool:
        """Say whether the last change lies further back; no for a time that cannot be read."""
        try:
            changed_at = datetime.strptime(self.modified[:_TO_THE_SECOND], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return False
        return now - changed_at > than


class RemoteFile(msgspec.Struct, frozen=True):
    """A file in the folder, by its name as the server wrote it."""

    name: bytes
    look: RemoteLook

    @property
    def shown(self) -> str:
        """The name as a person reads it."""
        return shown(self.name)


class RemoteListing(msgspec.Struct, frozen=True, kw_only=True):
    """A folder's files. `passed_over` names are no plain file names; `more` says that the folder holds others yet."""

    found: list[RemoteFile]
    passed_over: int = 0
    more: bool = False


class Server(Protocol):
    """One server and its folder; every wait is limited.

    Raises `ConnectionLost`, or `Unavailable` where one file is refused.
    """

    async def listing(self, choice: Choice) -> RemoteListing:
        """Return the folder's files that are wanted."""

    async def look(self, name: bytes) -> RemoteLook | None:
        """Return how a file, by its name or its path from the folder, looks now; None when it is not there."""

    def read(self, name: bytes, start: int) -> AsyncGenerator[bytes, None]:
        """Yield a file's bytes from a position on, up to `PIECE` at a time, and raise where they break off."""

    async def make_folder(self, path: bytes) -> None:
        """Make a folder; that there is one already is as well."""

    async def rename(self, name: bytes, path: bytes) -> None:
        """Give a file another place."""

    async def delete(self, name: bytes) -> None:
        """Delete a file."""

    async def close(self) -> None:
        """Say goodbye, whatever state the connection is in."""


def is_proper(name: bytes) -> bool:
    r"""Say whether a name is that of a file within its folder, and no path, command or trick.

    >>> is_proper(b"cdr_1.csv"), is_proper(b"../x"), is_proper(b"x\ny"), is_proper(b"..")
    (True, False, False, False)
    """
    odd = any(byte < ord(" ") or byte in b"/\\\x7f" for byte in name)
    return 0 < len(name) <= SERVER_NAME and not odd and name not in (b".", b"..")


def is_folder(name: bytes) -> bool:
    """Say whether a listing names the folder itself or the one above, as many do."""
    return name in (b".", b"..")


def address(scheme: str, host: str, folder: str) -> str:
    """Return what the journal calls a server's folder; a folder from the login's own begins with `./`."""
    place = posixpath.normpath(folder) if folder.startswith("/") else f"/./{posixpath.normpath(folder)}"
    named = f"[{host}]" if ":" in host else host
    return f"{scheme}://{named}{place.removesuffix('/.').rstrip('/')}"
