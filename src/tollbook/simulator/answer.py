"""An HTTP answer as a plan: what stands in it, and what will happen to its bytes.

A plan is a plain value. Faults turn one plan into another; only `kx_hts.py` sends one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from tollbook.simulator.misbehaviour import BreakOff, PbxFault
from tollbook.simulator.packing import Packing
from tollbook.simulator.row import CallRow

AnyRow: TypeAlias = CallRow | bytes
"""A row, or a line that never was one."""

CHUNK_BYTES = 4096

REASONS: Mapping[int, str] = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
}


class Framing(Enum):
    """How the reader is told where the body ends."""

    LENGTH = "length"
    CHUNKED = "chunked"
    UNTIL_CLOSE = "until-close"
    NAKED = "naked"
    """No status line and no headers either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An answer before it is sent. `cut_after` counts bytes of the framed body."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    framing: Framing = Framing.LENGTH
    length_off: int = 0
    """Bytes by which Content-Length is wrong."""
    keep_alive: bool = False
    delay_s: float = 0.0
    bytes_per_s: int = 0
    cut_after: int | None = None
    ending: BreakOff = BreakOff.CLOSE
    silent: bool = False
    """Nothing at all is sent."""

    def head(self) -> bytes:
        """Status line and headers, or nothing."""
        if self.framing is Framing.NAKED:
            return b""
        lines = [f"HTTP/1.1 {self.status} {REASONS[self.status]}", "Server: PJMPR"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.framing is Framing.LENGTH:
            lines.append(f"Content-Length: {max(0, len(self.body) + self.length_off)}")
        if self.framing is Framing.CHUNKED:
            lines.append("Transfer-Encoding: chunked")
        lines.append(f"Connection: {'keep-alive' if self.keep_alive else 'close'}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def framed(self) -> bytes:
        """The body as it goes over the wire, uncut."""
        return chunked(self.body) if self.framing is Framing.CHUNKED else self.body


def chunked(body: bytes) -> bytes:
    r"""The body in HTTP chunks.

    >>> chunked(b"abc")
    b'3\r\nabc\r\n0\r\n\r\n'
    """
    starts = range(0, len(body), CHUNK_BYTES)
    pieces = (body[start : start + CHUNK_BYTES] for start in starts)
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def unchunked(wire: bytes) -> bytes:
    r"""The body bytes within the beginning of a chunked body.

    >>> unchunked(b"3\r\nab")
    b'ab'
    """
    body, at = [], 0
    while (line_end := wire.find(b"\r\n", at)) >= 0:
        size = int(wire[at:line_end], 16)
        body.append(wire[line_end + 2 : line_end + 2 + size])
        at = line_end + 2 + size + 2
    return b"".join(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """What the ledger knows of one answer: what was in it, and how much of it got out.

    `at` is the aware UTC instant at which the PBX began to answer.
    """

    number: int
    """Of the request it answers, from 0."""
    at: datetime
    status: int
    rows: tuple[AnyRow, ...]
    """Rows put into the answer, in order, repeated and spoilt ones included."""
    lines: tuple[bytes, ...]
    """The same as written."""
    cleared: tuple[AnyRow, ...]
    """Rows this answer took out of the file, whether or not they are in it."""
    body: bytes
    """As it should have arrived, without HTTP framing."""
    body_sent: bytes
    """What of the body was really handed to the network: all the reader can have received."""
    sent_bytes: int
    """Everything handed to the network, status line and headers included."""
    wire_bytes: int
    """Everything there was to send."""
    ended: bool
    """False while it is still being sent, slow, stalled or held."""
    packing: Packing
    faults: tuple[PbxFault, ...]

    @property
    def complete(self) -> bool:
        """True when every byte got out."""
        return self.sent_bytes == self.wire_bytes

    @property
    def lines_sent(self) -> tuple[bytes, ...]:
        """Lines that got out whole; of a compressed body all or none."""
        if self.packing is not Packing.TEXT:
            return self.lines if self.body_sent == self.body else ()
        # A byte order mark may stand before the first line.
        at = len(self.body) - sum(map(len, self.lines))
        whole = []
        for line in self.lines:
            at += len(line)
            if at > len(self.body_sent):
                break
            whole.append(line)
        return tuple(whole)
