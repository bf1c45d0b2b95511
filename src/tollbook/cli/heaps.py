"""How many heaps the C library keeps: memory that one thread has given back is there for the others."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""From glibc's malloc.h."""
_HEAPS = 2


def keep_few_heaps() -> None:
    """Let this process have two heaps in place of eight a core; other C libraries than glibc are left as they are.

    To be called before there are threads, since a heap that is there stays.
    """
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _HEAPS)
    except (AttributeError, OSError):  # such as musl
        return
