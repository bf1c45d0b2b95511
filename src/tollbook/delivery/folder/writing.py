"""Writes the files of a message into a folder: each whole under another name, with fsync, and then put in its place.

Names are made of the message's key, so that a message which comes again after a crash writes over itself: here it is
there exactly once. A link that somebody laid there is replaced, never followed.
"""

from __future__ import annotations

import os
from pathlib import Path

from tollbook import gate
from tollbook.delivery.folder.options import Options
from tollbook.delivery.names import files_of
from tollbook.model.fence import Fence, Reach
from tollbook.model.message import DeliveryMessage
from tollbook.model.problem import Unavailable


class FolderMessenger:
    """A folder at work."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options, self._fence = options, fence

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Write a message's files; return their names. Raises `Unavailable`."""
        del recipient  # a folder is one by itself
        named = files_of(message, whole=self._options.what == "all")
        try:
            place = self._place()
            for name, content in named.items():
                _write(place, name, content)
        except OSError as fault:
            told = f"the files cannot be written: {fault.strerror or fault}"
            raise Unavailable(told, permanent=isinstance(fault, PermissionError)) from fault
        return f"written: {', '.join(named)}"

    def check(self) -> str:
        """Say nothing: only a message tells."""
        return ""

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _place(self) -> Path:
        place = gate.place(self._fence, self._options.path, Reach.WRITE)
        place.mkdir(parents=True, exist_ok=True)
        return place


def _write(place: Path, name: str, content: bytes) -> None:
    half = place / f".{name}.half"
    half.unlink(missing_ok=True)  # else a link of that name would be written through
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.chmod(gate.readable_as(place))
        half.replace(place / name)
    finally:
        half.unlink(missing_ok=True)


def open_folder(options: Options, fence: Fence) -> FolderMessenger:
    """Return the folder."""
    return FolderMessenger(options, fence)
