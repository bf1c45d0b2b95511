"""Files for a tariff that is being made: they wait in the folder of tariffs until somebody has decided.

They belong to no version. The oldest go when there are many, and all of them after two days.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from tollbook.clock import now_us
from tollbook.model.limits import LIST_FILE
from tollbook.model.page_limits import TARIFF_DRAFT_S, TARIFF_DRAFTS
from tollbook.model.problem import Misconfigured, NotThere, Problem

_KEY = re.compile(r"[0-9a-f]{32}")
_NOTE = ".json"


class DraftFolder:
    """The files that wait, each by its key. Raises `NotThere` for a key that nothing has."""

    def __init__(self, tariffs: Path) -> None:
        self._path = tariffs / ".drafts"

    def keep(self, pieces: Iterable[bytes]) -> str:
        """Keep a file and return its key; raises `Misconfigured` where it is too large."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room()
        key, size = secrets.token_hex(16), 0
        path = self._path / key
        with path.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > LIST_FILE:
                    path.unlink()
                    raise Misconfigured(Problem("the file is too large", f"it has more than {LIST_FILE >> 20} MiB"))
                file.write(piece)
        return key

    def path(self, key: str) -> Path:
        """Return where a file lies."""
        path = self._path / key
        if not _KEY.fullmatch(key) or not path.is_file():
            reason = "it waited for too long, or has been used"
            raise NotThere(Problem("the file is not there any more", reason, help="choose it again"))
        return path

    def note(self, key: str, text: bytes) -> None:
        """Keep what is known of a file beside it."""
        self.path(key).with_suffix(_NOTE).write_bytes(text)

    def noted(self, key: str) -> bytes:
        """Return what is known of a file; nothing where nothing is."""
        note = self.path(key).with_suffix(_NOTE)
        return note.read_bytes() if note.exists() else b""

    def drop(self, key: str) -> None:
        """Delete a file and what is known of it, which need not be there."""
        if _KEY.fullmatch(key):
            path = self._path / key
            path.unlink(missing_ok=True)
            path.with_suffix(_NOTE).unlink(missing_ok=True)

    def _make_room(self) -> None:
        there = [(each.stat().st_mtime, each.name) for each in self._path.iterdir() if _KEY.fullmatch(each.name)]
        long_ago = now_us() / 1_000_000 - TARIFF_DRAFT_S
        for place, (changed, key) in enumerate(sorted(there, reverse=True)):
            if place >= TARIFF_DRAFTS - 1 or changed < long_ago:
                self.drop(key)
