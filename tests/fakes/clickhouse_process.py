"""ClickHouse's engine (chdb) behind HTTP, in a process of its own: what a server of it is to whoever asks.

    python -m tests.fakes.clickhouse_process FOLDER PORT USER PASSWORD

It speaks as the server's documentation says: statement and data, bound values, settings, statuses and texts of faults.
The engine has no stream behind a statement: data is put into a file, and read from there.
"""

from __future__ import annotations

import base64
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chdb.session import Session

_INPUT = re.compile(r"FROM input\(('(?:[^'\\]|\\.)*')\) FORMAT (\w+)$")
_CODE = re.compile(r"Code: (\d+)\.")
_STATUS = {60: 404, 81: 404, 516: 403, 497: 403, 202: 500, 241: 500}
_NO_SETTINGS = ("database", "query", "wait_end_of_query")


class Engine:
    """The engine over a folder, one statement at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._session: Any = Session(str(folder))  # type: ignore[no-untyped-call] # its methods have no types

    def run(self, told: dict[str, str], body: bytes) -> bytes:
        """Do what a request asks for."""
        values = {name.removeprefix("param_"): value for name, value in told.items() if name.startswith("param_")}
        settings = {name: value for name, value in told.items() if not name.startswith(("param_", *_NO_SETTINGS))}
        statement, database = told.get("query", ""), told.get("database", "default")
        if self._done("SELECT name FROM system.databases WHERE name = {it:String}", {"it": database}) == b"":
            message = f"Code: 81. DB::Exception: Database {database} does not exist. (UNKNOWN_DATABASE)"
            raise LookupError(message)
        said = ", ".join(f"{name} = '{_escaped(value)}'" for name, value in settings.items())
        if not statement:
            asked = body.decode()
            is_question = asked.startswith(("SELECT", "WITH")) and said
            return self._done(f"{asked} SETTINGS {said}" if is_question else asked, values)
        with NamedTemporaryFile(dir=self._folder, suffix=".data") as data:
            data.write(body)
            data.flush()
            read = _INPUT.sub(lambda found: f"FROM file('{data.name}', '{found[2]}', {found[1]})", statement)
            return self._done(f"{read} SETTINGS {said}" if said else read, values)

    def _done(self, statement: str, values: dict[str, str]) -> bytes:
        with self._lock:
            return bytes(self._session.query(statement, "TabSeparated", params=values).bytes())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def handler(engine: Engine, user: str, password: str) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests."""
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # as the server does: what it says comes in pieces, none waits for a word

        def do_POST(self) -> None:
            body = b"".join(self._pieces())
            if user and self.headers.get("Authorization") != wanted:
                told = f"Code: 516. DB::Exception: {user}: Authentication failed: password is incorrect, or there is "
                self._say(403, f"{told}no user with such name. (AUTHENTICATION_FAILED)".encode())
                return
            try:
                asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
                status, text = 200, engine.run(asked, body)
            except Exception as fault:  # noqa: BLE001 - whatever the engine says goes to whoever asked
                found = _CODE.search(str(fault))
                status, text = _STATUS.get(int(found[1]) if found else 0, 500), str(fault).encode()
            with suppress(ConnectionError):  # whoever asked was killed meanwhile
                self._say(status, text)

        def _pieces(self) -> Iterator[bytes]:
            if self.headers.get("Transfer-Encoding") != "chunked":
                yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
                return
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def _say(self, status: int, text: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Answering


def main(folder: str, port: str, user: str = "", password: str = "") -> None:
    """Answer until the process is ended."""
    engine = Engine(Path(folder))
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), handler(engine, user, password))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
