r"""PostgreSQL with indexes, where a server answers on this machine; in a database of the bench's own, dropped after.

All is done by `psql`. The server's own `\timing` is taken, so that starting `psql` costs nothing. The table is
unlogged and vacuumed: kind to it, since what is measured here is not the loading.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.engines.timing import LONGEST_S, Answer, TookTooLong
from bench.questions import COLUMNS, INDEXES, kind_of
from tollbook.clock import monotonic_s

_HOST = ("--host", "127.0.0.1", "--port", "5432")
_USERS = ("root", "postgres")
_PATIENCE_S = 10
_TIME = re.compile(r"^Time: ([\d.]+) ms", re.MULTILINE)


class NoServer(Exception):
    """No server can be used; the text says why."""


@contextmanager
def database() -> Iterator[tuple[Postgres | None, str]]:
    """Give a database of the bench's own, or the reason why there is none."""
    try:
        server = Postgres()
    except (NoServer, TookTooLong) as fault:
        yield None, str(fault)
        return
    try:
        yield server, ""
    finally:
        server.drop()


class Postgres:
    """A database of its own on a running server."""

    def __init__(self) -> None:
        self._user = _user()
        self._name = f"tollbook_bench_{os.getpid()}"
        self._psql(f"CREATE DATABASE {self._name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'", database="postgres")

    @property
    def address(self) -> dict[str, str]:
        """Host, port, user and database, for a program that is to write into it."""
        return {"host": _HOST[1], "port": _HOST[3], "user": self._user, "database": self._name}

    @property
    def version(self) -> str:
        """The server's version, and the memory it has set aside."""
        told = self._psql("SHOW server_version; SHOW shared_buffers").split()
        return f"PostgreSQL {told[0]}, shared_buffers {told[-1]}"

    def load(self, source: Path, longest_s: float) -> None:
        """Load a CSV file that DuckDB wrote, in place of what was there; raises `TookTooLong`."""
        columns = ", ".join(f"{name} {kind_of(name)}" for name in COLUMNS)
        steps = [
            f"DROP TABLE IF EXISTS calls; CREATE UNLOGGED TABLE calls ({columns})",
            f"\\copy calls FROM '{source}' (FORMAT csv)",
            "SET maintenance_work_mem = '512MB'; "
            + "; ".join(f"CREATE INDEX calls_{number} ON calls ({index})" for number, index in enumerate(INDEXES)),
            "VACUUM (ANALYZE) calls",
        ]
        deadline = monotonic_s() + longest_s
        for step in steps:
            self._psql(step, longest_s=max(deadline - monotonic_s(), 1))

    def ask(self, question: str) -> tuple[float, Answer]:
        """Return the seconds that an answer took, and the answer; raises `TookTooLong`."""
        script = f"SET statement_timeout = '{LONGEST_S}s';\n\\timing on\n{question};\n"
        told = self._psql(script)
        times = _TIME.findall(told)
        rows = told[: told.rindex("Time: ")].strip("\n").split("\n")
        return float(times[-1]) / 1000, tuple(row for row in rows if row)

    def run(self, script: str, *, longest_s: float = LONGEST_S + 30) -> str:
        """Run statements, and return what they print; raises `NoServer` with what is wrong with them."""
        return self._psql(script, longest_s=longest_s)

    def drop(self) -> None:
        """Take the database away."""
        self._psql(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)", database="postgres")

    def _psql(self, script: str, *, database: str = "", longest_s: float = LONGEST_S + 30) -> str:
        place = (*_HOST, "--username", self._user, "--dbname", database or self._name)
        return _run(script, place, longest_s)


def _run(script: str, place: tuple[str, ...], longest_s: float) -> str:
    command = ["psql", "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t"]
    try:
        ended = subprocess.run(
            [*command, "--set", "ON_ERROR_STOP=1", *place],
            input=script,
            check=False,
            capture_output=True,
            text=True,
            timeout=longest_s,
        )
    except subprocess.TimeoutExpired as fault:
        raise TookTooLong(script) from fault
    if "statement timeout" in ended.stderr:
        raise TookTooLong(script)
    if ended.returncode:
        raise NoServer(ended.stderr.strip())
    return ended.stdout


def _user() -> str:
    """Return a user who may log in without a password and make databases."""
    if shutil.which("psql") is None:
        raise NoServer("there is no psql")
    why = ""
    for user in _USERS:
        question = "SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolcreatedb OR rolsuper)"
        try:
            place = (*_HOST, "--username", user, "--dbname", "postgres")
            if _run(question, place, _PATIENCE_S).strip():
                return user
            why = why or f"{user} may not make a database"
        except (NoServer, TookTooLong) as fault:
            why = why or str(fault)
    raise NoServer(why)
