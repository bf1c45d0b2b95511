"""An HTTP answer as a plan: what stands in it, what will happen to its bytes, and what each fault makes of it.

A plan is a plain value. Faults turn rows into other rows and one plan into another; only `kx_hts.py` sends one. Chance
comes from the generator handed in.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from tollbook.simulator.authentication import REALM
from tollbook.simulator.faults import BreakOff, Clearing, FaultKind, PbxFault
from tollbook.simulator.packing import Packing
from tollbook.simulator.row import AnyRow, CallRow, Style, WallClock, moved, write

CHUNK_BYTES = 4096

REASONS: Mapping[int, str] = {
    200: "OK",
    302: "Found",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
}
LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Web Maintenance Console</title></head>\n"
    b'<body><form method="post" action="/login"><input name="username">'
    b'<input type="password" name="password"><button>Login</button></form></body></html>\n'
)
ERROR_PAGE = b"<html><body><h1>500 Internal Server Error</h1></body></html>\n"
HTML = (("Content-Type", "text/html; charset=utf-8"),)
CHALLENGE = ("WWW-Authenticate", f'Basic realm="{REALM}"')


class Framing(Enum):
    """How the reader is told where the body ends."""

    LENGTH = "length"
    CHUNKED = "chunked"
    UNTIL_CLOSE = "until-close"
    NAKED = "naked"
    """No status line and no headers either."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
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
    pieces = (body[start : start + CHUNK_BYTES] for start in range(0, len(body), CHUNK_BYTES))
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


class Handout(msgspec.Struct, kw_only=True):
    """One answer: what was in it, and, while it is sent and ever after, how much of it got out.

    `number` is that of the request it answers, from 0; `at` the aware UTC instant at which the PBX began to answer.
    """

    number: int
    at: datetime
    plan: Plan
    packing: Packing = Packing.TEXT
    rows: tuple[AnyRow, ...] = ()
    """Rows put into the answer, in order, repeated and spoilt ones included."""
    lines: tuple[bytes, ...] = ()
    """The same as written."""
    cleared: tuple[AnyRow, ...] = ()
    """Rows this answer took out of the file, whether or not they are in it."""
    faults: tuple[PbxFault, ...] = ()
    ended: bool = False
    """False while it is still being sent, slow, stalled or held."""
    written_bytes: int = 0
    unsent: Callable[[], int] = lambda: 0
    """Bytes that were written, and that the network has not taken yet."""

    @property
    def status(self) -> int:
        return self.plan.status

    def now(self) -> "Handout":
        """The answer as it is, whatever becomes of it."""
        return replace(self, written_bytes=self.sent_bytes, unsent=lambda: 0)

    @property
    def body(self) -> bytes:
        """As it should have arrived, without HTTP framing."""
        return self.plan.body

    @property
    def sent_bytes(self) -> int:
        """Everything handed to the network, status line and headers included."""
        return max(0, self.written_bytes - self.unsent())

    @property
    def body_sent(self) -> bytes:
        """What of the body was really handed to the network: all the reader can have received."""
        sent = self.plan.framed()[: max(0, self.sent_bytes - len(self.plan.head()))]
        return unchunked(sent) if self.plan.framing is Framing.CHUNKED else sent

    @property
    def complete(self) -> bool:
        """True when every byte got out."""
        return self.sent_bytes == len(self.plan.head()) + len(self.plan.framed())

    @property
    def lines_sent(self) -> tuple[bytes, ...]:
        """Lines that got out whole; of a compressed body all or none."""
        if self.packing is not Packing.TEXT:
            return self.lines if self.body_sent == self.body else ()
        # A byte order mark may stand before the first line.
        at, sent = len(self.body) - sum(map(len, self.lines)), len(self.body_sent)
        whole = []
        for line in self.lines:
            at += len(line)
            if at > sent:
                break
            whole.append(line)
        return tuple(whole)


class RowContext(msgspec.Struct, frozen=True, kw_only=True):
    """What row faults need to know of the PBX; `before` are the rows of the answer before this one."""

    clock: WallClock
    style: Style
    chance: random.Random
    before: tuple[AnyRow, ...]


Rows: TypeAlias = Sequence[AnyRow]


def spoil(rows: Rows, faults: Sequence[PbxFault], context: RowContext) -> tuple[AnyRow, ...]:
    """The rows after all faults that concern rows."""
    for fault in faults:
        if effect := _ROW_EFFECTS.get(fault.kind):
            rows = effect(rows, fault, context)
    return tuple(rows)


def distort(plan: Plan, faults: Sequence[PbxFault]) -> Plan:
    """The answer after all faults that concern answers."""
    for fault in faults:
        if effect := _PLAN_EFFECTS.get(fault.kind):
            plan = effect(plan, fault)
    return plan


def clears(faults: Sequence[PbxFault]) -> bool:
    """Whether an answer with these faults empties the file."""
    told = {Clearing.CLEARS: True, Clearing.KEEPS: False}
    return all(told.get(fault.clearing, fault.kind not in _KEEPING) for fault in faults)


_KEEPING = frozenset({FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN, FaultKind.REDIRECT, FaultKind.LOGIN_PAGE})
"""Kinds that turn the reader away before the file is touched."""


def _garbage(rows: Rows, fault: PbxFault, context: RowContext) -> Rows:
    spoilt = list(rows)
    for _ in range(fault.rows):
        rubbish = context.chance.choice(_RUBBISH)(rows, context)
        spoilt.insert(context.chance.randint(0, len(spoilt)), rubbish)
    return spoilt


def _noise(_rows: Rows, context: RowContext) -> bytes:
    noise = context.chance.randbytes(context.chance.randint(1, 80))
    return noise.translate(None, b"\r\n") + b"\n"


def _half_row(rows: Rows, context: RowContext) -> bytes:
    whole = [write(row, context.style) for row in rows if isinstance(row, CallRow)]
    line = context.chance.choice(whole) if whole else b'"","102"\n'
    return line[: context.chance.randint(1, len(line) // 2)] + b"\n"


_RUBBISH: tuple[Callable[[Rows, RowContext], bytes], ...] = (
    _noise,
    _half_row,
    lambda _rows, _context: b"\n",
    lambda _rows, _context: b"\x00" * 64 + b"\n",
    lambda _rows, _context: b'"unclosed,102,201\n',
    lambda _rows, _context: b"," * 200 + b"\n",
    lambda _rows, _context: b"Account Code,Caller,Callee\n",
    lambda _rows, _context: b"x" * 5000 + b"\n",
)


def _moved(rows: Rows, fault: PbxFault, context: RowContext) -> Rows:
    """The rows by a clock that is off; unique ids are off with it, except around a DST change."""
    off_s = round(fault.hours * 3600)
    epoch_s = off_s if fault.kind is FaultKind.CLOCK_JUMP else 0
    return [moved(r, context.clock, wall_s=off_s, epoch_s=epoch_s) if isinstance(r, CallRow) else r for r in rows]


_ROW_EFFECTS: Mapping[FaultKind, Callable[[Rows, PbxFault, RowContext], Rows]] = {
    FaultKind.GARBAGE: _garbage,
    FaultKind.DUPLICATES: lambda rows, fault, _: [r for n, r in enumerate(rows) for _ in range(1 + (n < fault.rows))],
    FaultKind.REPLAY: lambda rows, _, context: [*context.before, *rows],
    FaultKind.CLOCK_JUMP: _moved,
    FaultKind.FOLD: _moved,
}


def _cut(plan: Plan, fault: PbxFault) -> Plan:
    framing = Framing.CHUNKED if fault.kind is FaultKind.CUT_CHUNKED else plan.framing
    return replace(plan, cut_after=fault.after_bytes, ending=fault.ending, keep_alive=False, framing=framing)


def _page(plan: Plan, status: int, body: bytes, *headers: tuple[str, str]) -> Plan:
    return replace(plan, status=status, body=body, headers=(*HTML, *headers))


def _length(plan: Plan, off_bytes: int) -> Plan:
    return replace(plan, framing=Framing.LENGTH, length_off=off_bytes, keep_alive=False)


_PLAN_EFFECTS: Mapping[FaultKind, Callable[[Plan, PbxFault], Plan]] = {
    FaultKind.CUT: _cut,
    FaultKind.CUT_CHUNKED: _cut,
    FaultKind.SILENT: lambda plan, fault: replace(
        plan, silent=True, cut_after=0, ending=fault.ending, keep_alive=False,
    ),
    FaultKind.SERVER_ERROR: lambda plan, fault: _page(plan, 500, ERROR_PAGE if fault.rows else b""),
    FaultKind.SLOW: lambda plan, fault: replace(plan, delay_s=fault.delay_s, bytes_per_s=fault.bytes_per_s),
    FaultKind.UNAUTHORIZED: lambda plan, _: _page(plan, 401, b"", CHALLENGE),
    FaultKind.FORBIDDEN: lambda plan, _: _page(plan, 403, b"<h1>403 Forbidden</h1>\n"),
    FaultKind.REDIRECT: lambda plan, _: _page(plan, 302, b"", ("Location", "/login")),
    FaultKind.LOGIN_PAGE: lambda plan, _: _page(plan, 200, LOGIN_PAGE),
    FaultKind.LENGTH_SHORT: lambda plan, fault: _length(plan, -fault.by),
    FaultKind.LENGTH_LONG: lambda plan, fault: _length(plan, fault.by),
    FaultKind.NO_STATUS_LINE: lambda plan, _: replace(plan, framing=Framing.NAKED, keep_alive=False),
    FaultKind.ODD_TYPE: lambda plan, _: replace(plan, headers=(("Content-Type", "image/png"),)),
}  # fmt: skip
