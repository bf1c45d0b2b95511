"""The engine that this process runs, for the shells that are started by a framework and are handed nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tollbook.engine.engine import Engine

_running: list[Engine] = []


def bind(engine: Engine) -> None:
    """Make an engine the one of this process."""
    _running[:] = [engine]


def release() -> None:
    """Forget the engine, once it has stopped."""
    _running.clear()


def engine() -> Engine:
    """Return this process's engine; raises `LookupError` before there is one."""
    if not _running:
        message = "no engine runs in this process"
        raise LookupError(message)
    return _running[0]
