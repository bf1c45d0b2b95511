"""How much work something is, counted in lines of the program that are run: the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import tollbook

if TYPE_CHECKING:
    from _typeshed import TraceFunction

_OURS = str(Path(tollbook.__file__).parent)


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of the program are run by some work; each round of a loop counts."""
    count = 0

    def within(_frame: FrameType, event: str, _given: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return within

    def begin(frame: FrameType, _event: str, _given: object) -> TraceFunction | None:
        return within if frame.f_code.co_filename.startswith(_OURS) else None

    before = sys.gettrace()
    sys.settrace(begin)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
