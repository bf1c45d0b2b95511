"""What every server that files are fetched from has in a test: a folder, the settings to reach it, faults on demand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

USER, PASSWORD = "cdr", "opens-nothing"
LONG_AGO = 1_704_722_400


class Faults:
    """How a server misbehaves, and what it was asked."""

    def __init__(self) -> None:
        self.cut_at: int | None = None
        """Break the connection off once, after so many bytes of one file."""
        self.names: list[bytes] = []
        """Listed beside the files there are."""
        self.before_data: Callable[[], object] = lambda: None
        """Called once, before the first bytes of a file go out."""
        self.knows_facts = True
        self.knows_rest = True
        self.asked: list[str] = []

    def cut(self, sent: int, going: int) -> int | None:
        """Return how many of the bytes that are going may go before the end; None for all of them."""
        if self.cut_at is None or sent + going < self.cut_at:
            return None
        left, self.cut_at = self.cut_at - sent, None
        return max(left, 0)

    def changed(self) -> None:
        """Say that the first bytes of a file are about to go out."""
        before, self.before_data = self.before_data, lambda: None
        before()

    def count(self, command: str) -> int:
        """Return how often a command was given."""
        return sum(asked.split(" ")[0] == command for asked in self.asked)


class Peer:
    """A running server: its folder, the settings by which a source reaches it, and its faults."""

    def __init__(self, root: Path, settings: dict[str, str]) -> None:
        self.root, self.settings, self.faults = root, settings, Faults()
        self.host_keys: list[str] = []
        """An SFTP server's public keys."""

    def put(self, name: str, *lines: bytes, age: int = 0) -> Path:
        """Write a file that was changed long ago; the greater `age`, the longer."""
        path = self.root / name
        path.write_bytes(b"".join(lines))
        os.utime(path, (LONG_AGO - age, LONG_AGO - age))
        return path

    def grow(self, name: str, *lines: bytes) -> None:
        """Add to a file; its time of change moves on a minute."""
        path = self.root / name
        changed_at = path.stat().st_mtime
        with path.open("ab") as file:
            file.write(b"".join(lines))
        os.utime(path, (changed_at + 60, changed_at + 60))
