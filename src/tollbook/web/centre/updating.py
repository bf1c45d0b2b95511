"""Has the owner's own program bring the version of Tollbook that the centre wants; without one, nothing is done.

The program is named in `tollbook.toml` by who is on the machine, and run without a shell, in a session of its own, with
the version as its only argument. A version is checked for its form, and is never older than this one: what a newer
Tollbook has written an older one does not open. A version is tried once in a day, whatever became of it and however
often the server is started meanwhile: a program that restarts Tollbook and changes nothing would else do so for ever.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import msgspec
import structlog

from tollbook.clock import monotonic_s, now_us
from tollbook.model.place import VERSION
from tollbook.web.serving import secret_files

_log = structlog.get_logger()
_FILE = "update.json"
_AGAIN_US = 24 * 3600 * 1_000_000
_LONGEST_S = 1800.0
_HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


class TriedUpdate(msgspec.Struct, frozen=True):
    """A version that was tried to be brought, and when (microseconds since 1970 UTC)."""

    version: str
    at: int


class Updating:
    """What is done for the version that is wanted; asked each minute, by one thread."""

    def __init__(self, site: Path, program: str) -> None:
        self._file, self._program = site / _FILE, program
        self._process: subprocess.Popen[bytes] | None = None
        self._began_s = 0.0
        self.told = ""
        """How it goes, for the centre; nothing where nothing is to be told."""
        self.failed = False
        """Whether that is a fault."""

    def want(self, wanted: str) -> None:
        """See to a version that is wanted; empty where any will do."""
        if self._process:
            self._look(self._process, wanted)
        elif not wanted or wanted == version("tollbook"):
            self._tell("")
        elif not VERSION.fullmatch(wanted):
            self._tell(f"{wanted[:40]!r} is no version", failed=True)
        elif release(wanted) < release(version("tollbook")):
            self._tell(f"{wanted} is older than what runs, and is not brought by itself")
        elif self._program:
            self._bring(wanted)

    def _bring(self, wanted: str) -> None:
        tried = self._tried()
        if tried and tried.version == wanted and 0 <= now_us() - tried.at < _AGAIN_US:
            if not self.told:
                self._tell(f"{self._program} was run for {wanted}, which has not come; again after a day", failed=True)
            return
        secret_files.write(self._file, msgspec.json.encode(TriedUpdate(wanted, now_us())))
        environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the owner's program, and a version of checked form
                [self._program, wanted],
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as fault:
            self._tell(f"{self._program} cannot be run: {fault.strerror}", failed=True)
            _log.error("the update command cannot be run", program=self._program, reason=fault.strerror)
            return
        self._began_s = monotonic_s()
        self._tell(f"{wanted} is being brought")
        _log.info("the centre wants another version", wanted=wanted, program=self._program)

    def _look(self, process: subprocess.Popen[bytes], wanted: str) -> None:
        """See whether the program has ended; one that takes too long is ended."""
        code = process.poll()
        if code is None and monotonic_s() - self._began_s > _LONGEST_S:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = -signal.SIGKILL
        if code is None:
            return
        self._process = None
        if code:
            self._tell(f"{self._program} ended with {code}", failed=True)
        else:
            self._tell(f"{self._program} has ended; {wanted} runs after a restart")
        (_log.error if code else _log.info)("the update command has ended", program=self._program, code=code)

    def _tell(self, told: str, *, failed: bool = False) -> None:
        self.told, self.failed = told, failed

    def _tried(self) -> TriedUpdate | None:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self._file.read_bytes(), type=TriedUpdate)
        return None


def release(text: str) -> tuple[int, ...]:
    """Return the numbers of a version, to compare it by; what comes behind them is left out.

    >>> release("1.4.0rc1"), release("1.10")
    ((1, 4, 0), (1, 10, 0))
    """
    found = re.match(r"[0-9]+(\.[0-9]+)*", text)
    numbers = [int(each) for each in found.group().split(".")] if found else []
    return tuple([*numbers, 0, 0, 0][: max(3, len(numbers))])
