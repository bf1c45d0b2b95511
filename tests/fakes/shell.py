"""A shell in which `tollbook` is the program, kept warm: for commands that a page shows, run as they are written.

The command in the shell only passes on what was typed, and where its streams are; the program itself is forked from a
process that has the heavy modules already.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from tempfile import NamedTemporaryFile
from typing import IO, Any

import msgspec

from tests.fakes.commands import PATIENCE_S, Program
from tests.fakes.sites import until

ROOT = Path(__file__).parents[2]
_PATIENCE_S = PATIENCE_S
_TOO_LONG = 124
"""The exit code of what has not ended by itself, as `timeout` has it."""
_PASSES_ON = f"""#!{sys.executable} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as there:
    there.connect(os.path.dirname(os.path.abspath(__file__)) + "/socket")
    typed = {{"words": sys.argv[1:], "pid": os.getpid(), "folder": os.getcwd(), "environment": dict(os.environ)}}
    there.sendall(json.dumps(typed).encode() + b"\\n")
    sys.exit(int(there.recv(9) or 99))
"""


class Ran(msgspec.Struct, frozen=True):
    """How a piece of a script ended, and what it wrote to both streams."""

    code: int
    out: str


class _Command(StreamRequestHandler):
    """Runs what was typed; ends it when the shell's side of it is gone."""

    def __init__(self, given: dict[str, list[str]], *args: Any) -> None:  # noqa: ANN401 - what a server hands over
        self._given = given
        super().__init__(*args)

    def handle(self) -> None:
        typed = json.loads(self.rfile.readline())
        streams = [Path(f"/proc/{typed['pid']}/fd/{number}") for number in range(3)]
        program = Program(
            *typed["words"],
            *self._given.get(typed["words"][-1], []),
            streams=(streams[0], streams[1], streams[2]),
            folder=Path(typed["folder"]),
            variables=typed["environment"],
        )
        answering = threading.Thread(target=self._answer, args=(program,))
        answering.start()
        self.rfile.read()
        if answering.is_alive():
            with suppress(ProcessLookupError):
                os.kill(program.pid, signal.SIGINT)
        answering.join()

    def _answer(self, program: Program) -> None:
        code = program.wait(10 * PATIENCE_S)
        with suppress(BrokenPipeError):
            self.wfile.write(str(code).encode())


class Shell:
    """Bash in a folder; what a piece of a script exports is there for the next."""

    def __init__(self, folder: Path, variables: dict[str, str], typed: Path) -> None:
        self._folder = folder
        self._variables = variables
        self._typed = typed
        self._exported = typed.with_suffix(".exported")

    def run(self, script: str) -> Ran:
        """Run a piece to its end, or to the first command that fails."""
        with self._begun(script) as process:
            try:
                out, _ = process.communicate(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired as fault:
                os.killpg(process.pid, signal.SIGKILL)
                return Ran(_TOO_LONG, f"{(fault.stdout or b'').decode()}\nit does not end")
        return Ran(process.returncode, out)

    @contextmanager
    def going_on(self, script: str) -> Iterator[str]:
        """Run what goes on until Ctrl-C; yields its first line. All it writes goes into a file: a pipe would fill."""
        with (
            NamedTemporaryFile("w+", prefix="said-", dir=self._typed.parent) as said,
            self._begun(script, said) as process,
        ):
            try:
                until(lambda: process.poll() is not None or "\n" in Path(said.name).read_text(), _PATIENCE_S)
                yield Path(said.name).read_text().partition("\n")[0]
            finally:
                _end(process)

    def _begun(self, script: str, said: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        before = f"test ! -e {self._exported} || . {self._exported}\ntrap 'export -p > {self._exported}' EXIT\n"
        with self._typed.open() as given:
            return subprocess.Popen(
                ["bash", "-ec", before + script],
                cwd=self._folder,
                env=self._variables,
                stdin=given,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )


def _end(process: subprocess.Popen[str]) -> None:
    """End all that a shell has begun, by Ctrl-C, and by force where that does not do."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, number)
            process.communicate(timeout=_PATIENCE_S)
            return


@contextmanager
def program_at(path: Path, given: dict[str, list[str]]) -> Iterator[None]:
    """Put a command at a path that runs the program for as long as this lasts; `given` adds options to its commands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_PASSES_ON)
    path.chmod(0o755)
    with ThreadingUnixStreamServer(str(path.parent / "socket"), partial(_Command, given)) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        try:
            yield
        finally:
            server.shutdown()
