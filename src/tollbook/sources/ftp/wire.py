"""The FTP commands that fetching files takes, each waiting for its answer; to be used by one thread.

MLSD and MLST are used where the server knows them, NLST with SIZE and MDTM where it does not.
"""

from __future__ import annotations

import ftplib
import re
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress

from tollbook.model.limits import SERVER_LISTING
from tollbook.sources._remote.server import PIECE, Choosing, RemoteListing, RemoteLook, is_proper
from tollbook.sources.files import Choice, is_finished
from tollbook.sources.ftp.connection import WIRE, said, to_wire
from tollbook.sources.ftp.listing import bare_name, entry, is_number, lines, modified

_NOT_KNOWN = ("500", "502", "504")
_NOT_THERE = ("550", "450")
_FORBIDDEN = re.compile("denied|permission|allowed", re.IGNORECASE)
_LAST_WORDS_S = 2.0


class FtpRefused(Exception):
    """The server does not give what was asked for; its text says what."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class FtpWire:
    """One connection that has logged in and stands in the folder. Raises ftplib's errors, OSError and `Refused`."""

    def __init__(self, ftp: ftplib.FTP, folder: str) -> None:
        self._ftp = ftp
        self._folder = to_wire(folder).encode(WIRE)
        self._data: socket.socket | None = None
        self._fault: OSError | None = None
        self._skip = 0
        self._tells_facts = True

    def listing(self, choice: Choice) -> RemoteListing:
        """Return the folder's files that are wanted."""
        if self._tells_facts:
            try:
                return _chosen(map(entry, lines(self._written("MLSD"))), choice)
            except ftplib.error_perm:
                self._tells_facts = False
        try:
            text = self._written("NLST")
        except ftplib.Error as fault:
            if not str(fault).startswith(_NOT_THERE) or _FORBIDDEN.search(str(fault)):
                raise
            return RemoteListing(found=[])  # how many servers say that a folder is empty

        def described(line: bytes) -> tuple[bytes, RemoteLook | None]:
            name = bare_name(line, self._folder)
            asked = is_proper(name) and (choice.takes(name) or (is_finished(name) and next(unwanted, False)))
            return name, self._described(name.decode(WIRE)) if asked else None

        unwanted = iter([True])  # each is two questions; one file that does not fit is enough to be told of
        return _chosen(map(described, lines(text)), choice)

    def _written(self, command: str) -> bytes:
        """Return a listing as the server writes it."""
        self._data = self._ftp.transfercmd(command)
        text = bytearray()
        while data := self._data.recv(PIECE):
            text += data
            if len(text) > SERVER_LISTING:
                raise FtpRefused(f"its listing is longer than {SERVER_LISTING >> 20} MB", permanent=True)
        self.finish()
        return bytes(text)

    def look(self, name: str) -> RemoteLook | None:
        """Return how a file looks now; None when it is not there."""
        if self._tells_facts:
            try:
                answer = self._ftp.sendcmd(f"MLST {name}").split("\n")
            except ftplib.error_perm as fault:
                if str(fault).startswith("550"):
                    return None
                self._tells_facts = False
            else:
                facts = next((line for line in answer[1:-1] if "=" in line), "")
                return entry(facts.strip().encode(WIRE))[1]
        return self._described(name)

    def _described(self, name: str) -> RemoteLook | None:
        """Return a file's size and time of change, each asked for; None when it is none or not there."""
        try:
            size = self._ftp.sendcmd(f"SIZE {name}")[3:].strip()
        except ftplib.error_perm as fault:
            if not str(fault).startswith(_NOT_KNOWN):
                return None
            message = "the server tells no sizes (neither MLSD nor SIZE), so nothing taken from it could be verified"
            raise FtpRefused(message, permanent=True) from fault
        try:
            changed = self._ftp.sendcmd(f"MDTM {name}")[3:]
        except ftplib.error_perm:
            changed = ""
        return RemoteLook(int(size), modified(changed)) if is_number(size) else None

    def begin(self, name: str, start: int) -> None:
        """Begin to fetch a file from a position on; where the server cannot, what comes before is passed over."""
        self._fault, self._skip = None, 0
        command = f"RETR {name}"
        if not start:
            self._data = self._ftp.transfercmd(command)
            return
        try:
            self._data = self._ftp.transfercmd(command, start)
        except ftplib.error_perm:
            self._data, self._skip = self._ftp.transfercmd(command), start

    def piece(self) -> bytes:
        """Return the next bytes, nothing at the end; what came before a connection broke is returned first."""
        if self._fault:
            raise self._fault
        if self._data is None:
            raise OSError("the data connection is closed")
        held = bytearray()
        while len(held) < PIECE:
            try:
                data = self._data.recv(PIECE - len(held))
            except OSError as fault:
                if not held:
                    raise
                self._fault = fault
                break
            if not data:
                break
            held += data[self._skip :]
            self._skip = max(self._skip - len(data), 0)
        return bytes(held)

    def finish(self) -> None:
        """Take the server's last word on a transfer; without one, the sizes decide."""
        data, self._data = self._data, None
        if data is None:
            return
        if isinstance(data, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                data.settimeout(_LAST_WORDS_S)
                data.unwrap()
        data.close()
        try:
            self._ftp.voidresp()
        except (ftplib.error_temp, ftplib.error_perm) as fault:
            raise FtpRefused(f"the server broke off: {said(fault)}") from fault

    def make_folder(self, path: str) -> None:
        """Make a folder, if there is none."""
        with suppress(ftplib.error_perm, ftplib.error_temp):
            self._ftp.voidcmd(f"MKD {path}")

    def rename(self, name: str, path: str) -> None:
        """Give a file another place."""
        self._ftp.rename(name, path)

    def delete(self, name: str) -> None:
        """Delete a file."""
        self._ftp.voidcmd(f"DELE {name}")

    def say_goodbye(self, timeout_s: float) -> None:
        """Log out and close."""
        with suppress(OSError, EOFError, ftplib.Error, ValueError):
            if self._ftp.sock:
                self._ftp.sock.settimeout(timeout_s)
                self._ftp.voidcmd("QUIT")
        self.close()

    def hang_up(self) -> None:
        """End whatever is being waited for; may be said from another thread."""
        for each in (self._data, self._ftp.sock):
            if each:
                with suppress(OSError, ValueError, AttributeError):
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close both connections."""
        if self._data:
            self._data.close()
        self._ftp.close()


def _chosen(names: Iterable[tuple[bytes, RemoteLook | None]], choice: Choice) -> RemoteListing:
    """Return which files of a folder are wanted; no further name is looked at once there are enough."""
    choosing = Choosing(choice)
    for name, look in names:
        choosing.see(name, look)
        if choosing.more:
            break
    return choosing.listing
