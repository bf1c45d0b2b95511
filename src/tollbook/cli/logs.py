"""Log lines go to stderr: in words for a terminal, as logfmt for a file. Never with the values of variables."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any


def set_up(*, quiet: bool) -> None:
    """Send every log line to stderr; `quiet` leaves out what is no warning, for commands with output of their own."""
    import structlog

    level = logging.WARNING if quiet else logging.INFO
    terminal = sys.stderr.isatty()
    timestamp = structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            timestamp,
            *_rendering(terminal=terminal),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # Refusals are answers, not events; only our own faults are worth a line.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.request").addFilter(_without_secrets)


_SECRET = re.compile(r"(/(?:wall|welcome)/)[^/\s]+|([?&]code=)[^&\s]+")


def _without_secrets(record: logging.LogRecord) -> bool:
    """Take the secret of a link out of the address that a line tells; every line stays."""
    record.msg, record.args = _SECRET.sub(r"\1\2…", record.getMessage()), ()
    return True


def _rendering(*, terminal: bool) -> list[Any]:
    import structlog

    if terminal:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    order = ["timestamp", "level", "event"]
    return [structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer(key_order=order)]
