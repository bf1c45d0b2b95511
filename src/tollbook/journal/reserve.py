"""A file of real bytes kept beside the journal, given up when the disk is full.

A PBX that clears its records as it answers has already cleared them when the disk turns out to be full. The reserve
makes room for the answer in flight; no new answer is asked for until the reserve stands again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_BLOCK = bytes(1 << 20)


class Reserve:
    """`size` bytes at `path`, or nothing once given up."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size

    def stands(self) -> bool:
        """Say whether the whole reserve is there."""
        try:
            return self.path.stat().st_size >= self.size
        except OSError:
            return False

    def restore(self) -> bool:
        """Put the reserve in place if there is room for it; say whether it stands."""
        if self.stands():
            return True
        if shutil.disk_usage(self.path.parent).free < self.size:
            return False  # to try would fill the disk, and fail what others are writing
        part = self.path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                for start in range(0, self.size, len(_BLOCK)):
                    file.write(_BLOCK[: self.size - start])
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError:
            part.unlink(missing_ok=True)
        return self.stands()

    def give_up(self) -> bool:
        """Free the reserved room; say whether there was any."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
