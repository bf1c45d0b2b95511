"""Asks a ClickHouse server over HTTP, and tells what its faults mean.

A statement that has no data is the body of its request. With data behind it, as `INSERT`, it stands in the address,
where no value of a call ever does: values are bound by name, and calls are in the body.
Source of the interface: ClickHouse's documentation, "HTTP interface".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import msgspec

from tollbook import gate
from tollbook.model.fence import Fence
from tollbook.model.problem import Unavailable
from tollbook.sinks.bounded_http import BoundedHttp, HttpAnswer, HttpSetup
from tollbook.sinks.clickhouse.options import Options
from tollbook.sinks.encryption import to_server

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
NOT_OF_THE_DATA = frozenset(
    (*_FOR_A_PERSON, UNKNOWN_TABLE, 3, 159, 160, 202, 209, 210, 236, 241, 242, 243, 252, 285, 319, 394, 439, 999)
)
"""Faults by ClickHouse's numbers that say nothing against what is written: no time, memory, room or right for it."""
_AWAY = frozenset((408, 425, 429, 502, 503, 504))
_BODY = {"wait_end_of_query": "1"}
"""An answer begins when all of it is known: a fault in the middle has a status of its own."""
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
_PIECES_OF_A_FAULT = 4
_ROWS = msgspec.json.Decoder(list[Any])
_SILENT = {"distributed_ddl_output_mode": "none"}
"""What is done on a cluster answers nothing either."""
_INSERTED = {"optimize_on_insert": "0"}
"""Rows of one call within one insert are rare: to look for them took two thirds of what an insert takes."""


class ClickHouse:
    """One server; not for two threads at once."""

    def __init__(self, options: Options, fence: Fence, most_bytes: int = 0) -> None:
        self._options = options
        password = gate.password(fence, options.password_file, options.password)
        self._http = BoundedHttp(
            HttpSetup(
                whom="ClickHouse",
                timeout_s=options.timeout,
                fence=fence,
                auth=(options.username or "default", password) if options.username or password else None,
                tls=to_server(fence, options.ca_file, options.protection),
                most_bytes=most_bytes,
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

    def row(self, question: str, values: Mapping[str, str], width: int) -> list[Any]:
        """Return the one row, of so many cells, of a question that always has one; raises `Unavailable`."""
        found = self.rows(question, values)
        if [len(each) for each in found] != [width]:
            raise Faulty(
                "what answers is no ClickHouse: it has no answer to a question that has one", 0, permanent=True
            )
        return found[0]

    def lines(self, question: str, values: Mapping[str, str], settings: Mapping[str, str]) -> Iterator[bytes]:
        """Yield the lines of an answer, however many, as they come; raises `Unavailable`.

        Values are as ClickHouse reads them: of texts what `escaped` returns, of lists how they are written out.
        """
        with self._http.answered(
            "POST", self._address({**settings, **_bound(values)}, None), question.encode(), _TEXT
        ) as answer:
            _check_answered(answer)
            left = b""
            for piece in answer.iter_raw():
                *whole, left = (left + piece).split(b"\n")
                yield from whole
            if left:
                yield left

    def write(self, question: str, values: Mapping[str, str], settings: Mapping[str, str], path: Path) -> None:
        """Write the answer of a question to a file, in the format that it names; raises `Unavailable`."""
        with self._http.answered("POST", self._address(settings, values), question.encode(), _TEXT) as answer:
            _check_answered(answer)
            with path.open("wb") as file:
                for piece in answer.iter_raw():
                    file.write(piece)

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
        answer = self._http.ask("POST", self._address(parts, values), content, _TEXT)
        fault = _fault(answer)
        if fault:
            raise fault
        return answer

    def _address(self, parts: Mapping[str, str], values: Mapping[str, str] | None) -> str:
        bound = _bound({name: escaped(value) for name, value in (values or {}).items()})
        return f"{self._options.address}?{urlencode({'database': self._options.database, **_BODY, **parts, **bound})}"


def _bound(values: Mapping[str, str]) -> dict[str, str]:
    return {f"param_{name}": value for name, value in values.items()}


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def escaped(value: str) -> str:
    r"""Return a text as it is bound by name, where a backslash begins an escape, and a tab or an end of line ends it.

    >>> print(escaped("A\\new\tone"))
    A\\new\tone
    """
    return value.translate(_ESCAPES)


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


def _check_answered(answer: httpx2.Response) -> None:
    """Raise `Faulty` where an answer says something against the question."""
    if answer.status_code != 200:  # noqa: PLR2004 - as HTTP has it
        beginning = b"".join(itertools.islice(answer.iter_raw(), _PIECES_OF_A_FAULT))
        told = HttpAnswer(status=answer.status_code, beginning=beginning)
        raise _fault(told) or _stranger(told)


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
