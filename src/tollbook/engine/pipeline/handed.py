"""What another process has made, handed over in memory that both can see.

Through the pipe between two processes half a gigabyte of columns would be copied five times. So its buffers are
written to a file in memory, which the process that asked opens by way of the other's entry under /proc; through the
pipe goes where each buffer stands in it. The file is gone with the last who has it open, however that one ends.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import pickle
from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any

import msgspec

_ALIGNED = 64
"""Bytes, of which each buffer's place is a multiple: the width of what reads columns fastest."""
_WORTH_IT = 1 << 20
"""Bytes; less goes through the pipe."""


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _KEPT = -1, -3, 1 << 30
"""From glibc's malloc.h, and more than a process of ours holds."""


def keep_memory() -> None:
    """Let this process keep what it has freed until it ends: each batch takes as much again, page by page.

    Other C libraries than glibc are left as they are.
    """
    try:
        for setting in (_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD):
            ctypes.CDLL(None).mallopt(setting, _KEPT)
    except (AttributeError, OSError):  # such as musl
        return


class NotHanded(msgspec.Struct, frozen=True):
    """Stands for what was made where its memory cannot be seen."""


class Handing:
    """Hands over what this process makes, and keeps each piece until it is known to be taken."""

    def __init__(self) -> None:
        self._kept: dict[int, int] = {}

    def hand(self, made: object, number: int) -> object:
        """Return what comes out as `made` in the process that it is sent to, or there as `NotHanded`.

        Where there is no memory to share, that is `made` itself.
        """
        buffers: list[memoryview] = []
        told = pickle.dumps(made, 5, buffer_callback=lambda each: buffers.append(each.raw()))
        places = list(accumulate((-(-each.nbytes // _ALIGNED) * _ALIGNED for each in buffers), initial=0))
        if places[-1] < _WORTH_IT:
            return made
        try:
            file = self._kept[number] = os.memfd_create(f"tollbook {number}")
            os.truncate(file, places[-1])
            for place, buffer in zip(places, buffers, strict=False):
                _write(file, buffer, place)
        except (AttributeError, OSError):  # no Linux, or no room
            self.taken(number)
            return made
        spans = [(first, first + each.nbytes) for (first, _), each in zip(pairwise(places), buffers, strict=True)]
        return _Handed(_take, (os.getpid(), file, spans, told))

    def taken(self, number: int) -> None:
        """Let go of what was handed over up to a number."""
        for each in [each for each in self._kept if each <= number]:
            os.close(self._kept.pop(each))


class _Handed:
    """Comes out of a pickle as what a function returns."""

    def __init__(self, take: Callable[..., Any], values: tuple[Any, ...]) -> None:
        self._reduced = take, values

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return what makes it anew."""
        return self._reduced


def _write(file: int, buffer: memoryview, place: int) -> None:
    while len(buffer):
        written = os.pwrite(file, buffer, place)
        buffer, place = buffer[written:], place + written


def _take(process: int, file: int, spans: list[tuple[int, int]], told: bytes) -> object:
    """Return what another process has handed over; `NotHanded` where the system does not let it be seen."""
    try:
        opened = os.open(f"/proc/{process}/fd/{file}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            shared = memoryview(mmap.mmap(opened, 0, mmap.MAP_SHARED | mmap.MAP_POPULATE, mmap.PROT_READ))
        finally:
            os.close(opened)
    except OSError:
        return NotHanded()
    return pickle.loads(told, buffers=[shared[first:end] for first, end in spans])  # noqa: S301 - of our own process
