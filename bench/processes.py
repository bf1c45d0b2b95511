"""What a process and all its descendants use, read from /proc: memory, and processor time."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_S = 0.1
_FAMILY_EVERY = 5
"""Looks between two searches for new descendants, which cost more than a look."""


class Memory(msgspec.Struct, frozen=True):
    """Bytes resident, and the share of them that is a process's own (shared pages divided among their users)."""

    rss: int
    pss: int | None


def _stat(pid: int) -> list[str]:
    """Return the fields of a process's state after its name; nothing for one that has ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def family(root: int) -> list[int]:
    """Return a process and its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def cpu_s(root: int) -> float:
    """Return the processor seconds of a process, its living descendants and those it has waited for."""
    fields = (_stat(pid) for pid in family(root))
    return sum(sum(map(int, each[11:15])) for each in fields if each) / _TICKS


def memory(root: int) -> Memory:
    """Return the memory of a process and its descendants; no PSS where the system does not let it be read."""
    pids = family(root)
    shares = [_pss(pid) for pid in pids]
    known = [share for share in shares if share is not None]
    return Memory(sum(map(_rss, pids)), sum(known) if len(known) == len(shares) else None)


def _rss(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text("utf-8").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _pss(pid: int) -> int | None:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text("utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), None)


class PeakMemory:
    """Watches a process and its descendants while the ``with`` block runs; `bytes` is the most they held together."""

    def __init__(self, root: int) -> None:
        self.bytes = 0
        self._root = root
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        looks, pids = 0, [self._root]
        while True:
            if looks % _FAMILY_EVERY == 0:
                pids = family(self._root)
            looks += 1
            self.bytes = max(self.bytes, sum(map(_rss, pids)))
            if self._done.wait(_LOOK_S):
                return
