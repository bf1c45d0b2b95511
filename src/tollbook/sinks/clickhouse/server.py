"""Asks a ClickHouse server over HTTP, and tells what its faults mean.

A statement that has no data is the body of its request. With data behind it, as `INSERT`, it stands in the address,
where no value of a call ever does: values are bound by name, and calls are in the body.
Source of the interface: ClickHouse's documentation, "HTTP interface".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from tollbook import gate
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Unavailable
from tollbook.sinks.bounded_http import BoundedHttp, HttpAnswer, HttpSetup
from tollbook.sinks.clickhouse.options import Options
from tollbook.tls import to_peer

_OLDEST = "1.2"
_CODE = re.compile(r"Code: (\d+)\. DB::")
_SHOWN = 300
UNKNOWN_TABLE, _UNKNOWN_DATABASE = 60, 81
_FOR_A_PERSON = {
    192: "there is no such user",
    193: "the password is wrong",
    194: "the password is missing",
    516: "the user or the password is wrong",
    497: "the user has not got the right to",
    164: "the user may not alter settings or data",
    291: "the user may not use the database",
    _UNKNOWN_DATABASE: "there is no such database",
}
"""Faults that nothing but a person mends, by ClickHouse's numbers, in words."""
OF_THE_DATA = frozenset((6, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 349, 376, 407, 467))
"""Faults of what is written, by ClickHouse's numbers: of a text that is no number, a call without a key …"""
_AWAY = frozenset((408, 425, 429, 502, 503, 504))
_BODY = {"wait_end_of_query": "1"}
"""An answer begins when all of it is known: a fault in the middle has a status of its own."""
_ROWS = msgspec.json.Decoder(list[Any])
_SILENT = {"distributed_ddl_output_mode": "none"}
"""What is done on a cluster answers nothing either."""
_INSERTED = {"optimize_on_insert": "0"}
"""Rows of one call within one insert are rare: to look for them took two thirds of what an insert takes."""


class ClickHouse:
    """One server; not for two threads at once."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options = options
        password = gate.password(fence, options.password_file, options.password)
        protection = options.protection
        self._http = BoundedHttp(
            HttpSetup(
                whom="ClickHouse",
                timeout_s=options.timeout,
                fence=fence,
                auth=(options.username or "default", password) if options.username or password else None,
                tls=None if protection == "off" else _context(options, fence),
            )
        )

    def do(self, statement: str, values: Mapping[str, str] | None = None) -> None:
        """Run a statement; raises `Unavailable`."""
        _check_silent(self._asked(_SILENT, values, statement.encode()))

    def rows(self, question: str, values: Mapping[str, str] | None = None) -> list[list[Any]]:
        """Return the rows of a question, few and small ones; raises `Unavailable`."""
        answer = self._asked({}, values, f"{question} FORMAT JSONCompactEachRow".encode())
        try:
            return _ROWS.decode_lines(answer.beginning)
        except msgspec.DecodeError as fault:
            raise _stranger(answer) from fault

    def insert(
        self,
        statement: str,
        content: Iterator[bytes],
        values: Mapping[str, str],
    ) -> None:
        """Run a statement that reads the data behind it; raises `Unavailable`."""
        _check_silent(self._asked({"query": statement, **_INSERTED}, values, content))

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _asked(
        self, parts: Mapping[str, str], values: Mapping[str, str] | None, content: bytes | Iterator[bytes]
    ) -> HttpAnswer:
        bound = {f"param_{name}": _escaped(value) for name, value in (values or {}).items()}
        said = urlencode({"database": self._options.database, **_BODY, **parts, **bound})
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        answer = self._http.ask("POST", f"{self._options.address}?{said}", content, headers)
        fault = _fault(answer)
        if fault:
            raise fault
        return answer


def _escaped(value: str) -> str:
    r"""Return a value as it is bound by name, where a backslash begins an escape.

    >>> print(_escaped("A\\new"))
    A\\new
    """
    return value.replace("\\", "\\\\")


def _context(options: Options, fence: Fence) -> Any:  # noqa: ANN401 - an SSLContext
    if options.ca_file:
        try:
            gate.open_file(fence, options.ca_file, Reach.KEY).close()
        except OSError as fault:
            message = f"the file of 'ca-file' cannot be used: {fault.strerror}"
            raise Unavailable(message, permanent=True) from fault
    return to_peer(options.ca_file, _OLDEST, verified=options.protection == "verified")


class Faulty(Unavailable):
    """ClickHouse did not do what it was asked; `code` is its number of the fault, 0 where it gave none."""

    def __init__(self, message: str, code: int, *, permanent: bool) -> None:
        super().__init__(message, permanent=permanent)
        self.code = code


def _fault(answer: HttpAnswer) -> Faulty | None:
    """Return what an answer says against a statement, None where it was done."""
    text = _text_of(answer)
    found = _CODE.match(text)
    if found is None:
        return None if answer.status == 200 else _stranger(answer)  # noqa: PLR2004 - as HTTP has it
    code = int(found[1])
    words = _FOR_A_PERSON.get(code)
    told = f"ClickHouse refuses: {f'{words}: ' if words else ''}{text[:_SHOWN]}"
    return Faulty(told, code, permanent=words is not None)


def _check_silent(answer: HttpAnswer) -> None:
    """Raise `Faulty` where something answers that was asked for nothing: a page in between, or a fault at the end."""
    if answer.beginning.strip():
        raise _stranger(answer)


def _stranger(answer: HttpAnswer) -> Faulty:
    told = f"what answers is no ClickHouse, or one that is away: {answer.status} {_text_of(answer)[:_SHOWN]!r}"
    permanent = 300 <= answer.status < 500 and answer.status not in _AWAY  # noqa: PLR2004 - as HTTP has it
    return Faulty(told, 0, permanent=permanent)


def _text_of(answer: HttpAnswer) -> str:
    return " ".join(answer.beginning[: 4 * _SHOWN].decode("utf-8", "replace").split())
