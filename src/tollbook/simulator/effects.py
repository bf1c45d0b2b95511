"""What each fault does, one table for the rows of an answer and one for the answer itself.

Pure: rows and plans in, rows and plans out. Chance comes from the generator handed in.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from tollbook.simulator.answer import AnyRow, Framing, Plan
from tollbook.simulator.misbehaviour import Clearing, FaultKind, PbxFault
from tollbook.simulator.row import CallRow, Style, write
from tollbook.simulator.wall_clock import WallClock, moved

LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Web Maintenance Console</title></head>\n"
    b'<body><form method="post" action="/login"><input name="username">'
    b'<input type="password" name="password"><button>Login</button></form></body></html>\n'
)
ERROR_PAGE = b"<html><body><h1>500 Internal Server Error</h1></body></html>\n"
HTML = (("Content-Type", "text/html; charset=utf-8"),)
REALM = "KX-HTS"
CHALLENGE = ("WWW-Authenticate", f'Basic realm="{REALM}"')


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContext:
    """What row faults need to know of the PBX."""

    clock: WallClock
    style: Style
    chance: random.Random
    before: tuple[AnyRow, ...]
    """Rows of the answer before this one."""


Rows: TypeAlias = Sequence[AnyRow]


def spoil(rows: Rows, faults: Sequence[PbxFault], around: RowContext) -> tuple[AnyRow, ...]:
    """The rows after all faults that concern rows."""
    for fault in faults:
        if effect := ROW_EFFECTS.get(fault.kind):
            rows = effect(rows, fault, around)
    return tuple(rows)


def distort(plan: Plan, faults: Sequence[PbxFault]) -> Plan:
    """The answer after all faults that concern answers."""
    for fault in faults:
        if effect := PLAN_EFFECTS.get(fault.kind):
            plan = effect(plan, fault)
    return plan


def clears(faults: Sequence[PbxFault]) -> bool:
    """Whether an answer with these faults empties the file."""
    verdicts = [_CLEARING.get(fault.clearing, fault.kind not in KEEPING) for fault in faults]
    return all(verdicts)


KEEPING = frozenset({FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN, FaultKind.REDIRECT, FaultKind.LOGIN_PAGE})
"""Kinds that turn the reader away before the file is touched."""

_CLEARING: Mapping[Clearing, bool] = {Clearing.CLEARS: True, Clearing.KEEPS: False}


def _garbage(rows: Rows, fault: PbxFault, around: RowContext) -> Rows:
    spoilt = list(rows)
    for _ in range(fault.rows):
        rubbish = around.chance.choice(RUBBISH)(rows, around)
        spoilt.insert(around.chance.randint(0, len(spoilt)), rubbish)
    return spoilt


def _noise(_rows: Rows, around: RowContext) -> bytes:
    noise = around.chance.randbytes(around.chance.randint(1, 80))
    return noise.translate(None, b"\r\n") + b"\n"


def _half_row(rows: Rows, around: RowContext) -> bytes:
    whole = [write(row, around.style) for row in rows if isinstance(row, CallRow)]
    line = around.chance.choice(whole) if whole else b'"","102"\n'
    return line[: around.chance.randint(1, len(line) // 2)] + b"\n"


RUBBISH: tuple[Callable[[Rows, RowContext], bytes], ...] = (
    _noise,
    _half_row,
    lambda _rows, _around: b"\n",
    lambda _rows, _around: b"\x00" * 64 + b"\n",
    lambda _rows, _around: b'"unclosed,102,201\n',
    lambda _rows, _around: b"," * 200 + b"\n",
    lambda _rows, _around: b"Account Code,Caller,Callee\n",
    lambda _rows, _around: b"x" * 5000 + b"\n",
)


def _duplicates(rows: Rows, fault: PbxFault, _around: RowContext) -> Rows:
    return [row for n, row in enumerate(rows) for _ in range(2 if n < fault.rows else 1)]


def _replay(rows: Rows, _fault: PbxFault, around: RowContext) -> Rows:
    return [*around.before, *rows]


def _clock_jump(rows: Rows, fault: PbxFault, around: RowContext) -> Rows:
    off_s = round(fault.hours * 3600)
    return [moved(r, around.clock, wall_s=off_s, epoch_s=off_s) if isinstance(r, CallRow) else r for r in rows]


def _fold(rows: Rows, fault: PbxFault, around: RowContext) -> Rows:
    off_s = round(fault.hours * 3600)
    return [moved(r, around.clock, wall_s=off_s, epoch_s=0) if isinstance(r, CallRow) else r for r in rows]


ROW_EFFECTS: Mapping[FaultKind, Callable[[Rows, PbxFault, RowContext], Rows]] = {
    FaultKind.GARBAGE: _garbage,
    FaultKind.DUPLICATES: _duplicates,
    FaultKind.REPLAY: _replay,
    FaultKind.CLOCK_JUMP: _clock_jump,
    FaultKind.FOLD: _fold,
}


def _cut(plan: Plan, fault: PbxFault) -> Plan:
    return replace(plan, cut_after=fault.after_bytes, ending=fault.ending, keep_alive=False)


def _cut_chunked(plan: Plan, fault: PbxFault) -> Plan:
    return replace(_cut(plan, fault), framing=Framing.CHUNKED)


def _silent(plan: Plan, fault: PbxFault) -> Plan:
    return replace(plan, silent=True, cut_after=0, ending=fault.ending, keep_alive=False)


def _server_error(plan: Plan, fault: PbxFault) -> Plan:
    return _page(plan, 500, ERROR_PAGE if fault.rows else b"")


def _slow(plan: Plan, fault: PbxFault) -> Plan:
    return replace(plan, delay_s=fault.delay_s, bytes_per_s=fault.bytes_per_s)


def _page(plan: Plan, status: int, body: bytes, *headers: tuple[str, str]) -> Plan:
    return replace(plan, status=status, body=body, headers=(*HTML, *headers))


def _length(plan: Plan, off_bytes: int) -> Plan:
    return replace(plan, framing=Framing.LENGTH, length_off=off_bytes, keep_alive=False)


PLAN_EFFECTS: Mapping[FaultKind, Callable[[Plan, PbxFault], Plan]] = {
    FaultKind.CUT: _cut,
    FaultKind.CUT_CHUNKED: _cut_chunked,
    FaultKind.SILENT: _silent,
    FaultKind.SERVER_ERROR: _server_error,
    FaultKind.SLOW: _slow,
    FaultKind.UNAUTHORIZED: lambda plan, _: _page(plan, 401, b"", CHALLENGE),
    FaultKind.FORBIDDEN: lambda plan, _: _page(plan, 403, b"<h1>403 Forbidden</h1>\n"),
    FaultKind.REDIRECT: lambda plan, _: _page(plan, 302, b"", ("Location", "/login")),
    FaultKind.LOGIN_PAGE: lambda plan, _: _page(plan, 200, LOGIN_PAGE),
    FaultKind.LENGTH_SHORT: lambda plan, fault: _length(plan, -fault.by),
    FaultKind.LENGTH_LONG: lambda plan, fault: _length(plan, fault.by),
    FaultKind.NO_STATUS_LINE: lambda plan, _: replace(plan, framing=Framing.NAKED, keep_alive=False),
    FaultKind.ODD_TYPE: lambda plan, _: replace(plan, headers=(("Content-Type", "image/png"),)),
}
