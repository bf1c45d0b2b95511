"""How much work something is, the same on every machine: lines of the program that are run, rows that are read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
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


def rows_read(work: Callable[[], object]) -> tuple[int, int]:
    """Return how many statements some work asks of the settings database, and how many rows these give in all."""
    from django.db import connection

    told: list[int] = []

    def counted(execute: Callable[..., object], sql: str, given: Sequence[object], *beside: object) -> object:
        with connection.cursor() as cursor:
            is_question = sql.startswith("SELECT")
            told.append(len(cursor.cursor.execute(sql, given).fetchall()) if is_question else 0)
        return execute(sql, given, *beside)

    with connection.execute_wrapper(counted):
        work()
    return len(told), sum(told)
