"""`tollbook load` in a process of its own, that can be killed and started again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Loader:
    """The process: `start` and `kill` it as often as you like; `told` is what it said last."""

    def __init__(self, words: list[str], log: Path) -> None:
        self._words, self._log = words, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-c", "from tollbook.cli import main; main()", "load", *self._words]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it in whatever it is doing."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        process, self._process = self._process, None
        assert process
        process.terminate()
        return process.wait(30)

    @property
    def told(self) -> str:
        """All that it said."""
        return self._log.read_text()


@contextmanager
def a_loader(source: dict[str, str], target: dict[str, str], folder: Path, name: str = "loader") -> Iterator[Loader]:
    """Give a loader at work, told of both sides as sinks are."""
    words = ["--from", source["url"], "--to", target["url"]]
    for way, settings, left_out in (
        ("from", source, ("url", "interval", "place")),
        ("to", target, ("url", "interval")),
    ):
        words += [
            word
            for option, value in settings.items()
            if option not in left_out
            for word in (f"--{way}-set", f"{option}={value}")
        ]
    loader = Loader(words, folder / f"{name}.log")
    try:
        loader.start()
        yield loader
    finally:
        loader.kill()
