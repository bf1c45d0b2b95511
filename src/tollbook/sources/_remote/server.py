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
from tollbook.sources.files import Choice, Unfitting

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
    """A folder's files that are wanted. `passed_over` names are no plain file names; `more` says that it holds others.

    `unfitting` tells of files whose names are not wanted.
    """

    found: list[RemoteFile]
    passed_over: int = 0
    more: bool = False
    unfitting: Unfitting = Unfitting()


class Choosing:
    """A listing in the making: of the names as they come, the files that are wanted, until there are enough."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._found: list[RemoteFile] = []
        self._unfitting = Unfitting()
        self._passed_over = 0
        self.more = False

    def see(self, name: bytes, look: RemoteLook | None) -> None:
        """Note a name; what has no look is no file."""
        if is_folder(name):
            return
        if not is_proper(name):
            self._passed_over += 1
        elif look and not self._choice.takes(name):
            self._unfitting = self._unfitting.and_also(name)
        elif look and len(self._found) == self._choice.most:
            self.more = True
        elif look:
            self._found.append(RemoteFile(name, look))

    @property
    def listing(self) -> RemoteListing:
        """What has been seen."""
        return RemoteListing(
            found=self._found,
            passed_over=self._passed_over,
            more=self.more,
            unfitting=self._unfitting,
        )


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
