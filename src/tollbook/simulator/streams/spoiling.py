"""What faults do to a record: to its form, to its bytes, and to its way out (in part, slowly, twice, or not at all)."""

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec
from msgspec.structs import replace

from tollbook.simulator.faults import BreakOff, Clearing, FaultKind, PbxFault
from tollbook.simulator.streams.form import ETX, NUL, STX, LineForm, PageHeading, Parity
from tollbook.simulator.streams.wire import RecordWire

IAC_NOP, IAC_AYT, IAC_WILL_SGA, IAC_DO_ECHO = b"\xff\xf1", b"\xff\xf6", b"\xff\xfb\x03", b"\xff\xfd\x01"
PIECE_BYTES = 65536
_NOISE_BYTES = 24
_SPOILT_SHARE = 0.2


def reformed(form: LineForm, faults: Iterable[PbxFault]) -> LineForm:
    """The form in which faults want a record."""
    for fault in faults:
        if reform := _REFORMS.get(fault.kind):
            form = reform(form)
    return form


def spoilt(frame: bytes, faults: Iterable[PbxFault], chance: random.Random) -> bytes:
    """The frame as faults want it."""
    for fault in faults:
        if spoil := _SPOILS.get(fault.kind):
            frame = spoil(frame, chance)
    return frame


def _telnet(frame: bytes, _chance: random.Random) -> bytes:
    middle = len(frame) // 2
    return frame[:middle] + IAC_NOP + IAC_WILL_SGA + IAC_DO_ECHO + IAC_AYT + frame[middle:]


def _eighth_bit(frame: bytes, chance: random.Random) -> bytes:
    spoilable = [at for at, byte in enumerate(frame) if byte >= ord(" ")]
    chosen = chance.sample(spoilable, max(1, int(len(spoilable) * _SPOILT_SHARE))) if spoilable else []
    text = bytearray(frame)
    for at in chosen:
        text[at] |= 0x80
    return bytes(text)


_REFORMS: Mapping[FaultKind, Callable[[LineForm], LineForm]] = {
    FaultKind.NUL_END: lambda form: replace(form, end=NUL),
    FaultKind.LEADING_NULS: lambda form: replace(form, lead=NUL * 4 + form.lead),
    FaultKind.STX_ETX: lambda form: replace(form, lead=STX, end=ETX),
    FaultKind.CR_ONLY: lambda form: replace(form, end=b"\r"),
    FaultKind.CRLFLF: lambda form: replace(form, end=b"\r\n\n"),
    FaultKind.PARITY: lambda form: replace(form, parity=Parity.EVEN),
}

_SPOILS: Mapping[FaultKind, Callable[[bytes, random.Random], bytes]] = {
    FaultKind.TELNET: _telnet,
    FaultKind.EIGHTH_BIT: _eighth_bit,
    FaultKind.NOISE: lambda frame, chance: bytes(chance.choices(range(0x80, 0x100), k=_NOISE_BYTES)) + frame,
    FaultKind.HEADING: lambda frame, _chance: PageHeading(every=1).heading(1, b"\r\n") + frame,
}


class Severed(Exception):
    """A fault ended the connection. `clears`: the record in hand is lost."""

    def __init__(self, ending: BreakOff, *, clears: bool = False) -> None:
        super().__init__(ending.value)
        self.ending, self.clears = ending, clears


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """Frames about to be sent (two of them where they are to be swapped), and the faults that hit them."""

    wire: RecordWire
    frames: list[bytes]
    faults: tuple[PbxFault, ...]
    hold: Callable[[], Awaitable[None]]


async def send(sending: Sending) -> None:
    """Send the frames as the faults want it; the last fault that sends by itself has the say.

    Raises:
        Severed: a fault ended the connection.
        OSError: it ended without one.
    """
    for fault in sending.faults:
        if fault.kind is FaultKind.ENDLESS:
            for start in range(0, fault.size_bytes, PIECE_BYTES):
                await sending.wire.write([b"x" * min(PIECE_BYTES, fault.size_bytes - start)])
    ways = [(_WAYS[fault.kind], fault) for fault in sending.faults if fault.kind in _WAYS]
    if not ways:
        await sending.wire.write(sending.frames)
        return
    way, fault = ways[-1]
    await way(sending, fault)


async def _cut(sending: Sending, fault: PbxFault) -> None:
    frame = sending.frames[0]
    size = min(fault.after_bytes or len(frame) // 2, len(frame))
    await sending.wire.begin(frame, size)
    if fault.ending is BreakOff.HOLD:
        await sending.hold()
        await sending.wire.finish(frame, size)
        return
    raise Severed(fault.ending, clears=fault.clearing is Clearing.CLEARS)


async def _half_open(_sending: Sending, _fault: PbxFault) -> None:
    raise Severed(BreakOff.STALL)


async def _drip(sending: Sending, fault: PbxFault) -> None:
    for frame in sending.frames:
        await sending.wire.drip(frame, fault.delay_s)


async def _lose(_sending: Sending, _fault: PbxFault) -> None:
    return


async def _double(sending: Sending, _fault: PbxFault) -> None:
    await sending.wire.write(sending.frames)
    await sending.wire.write(sending.frames)


async def _swap(sending: Sending, _fault: PbxFault) -> None:
    await sending.wire.write(sending.frames[::-1])


_WAYS: Mapping[FaultKind, Callable[[Sending, PbxFault], Awaitable[None]]] = {
    FaultKind.CUT: _cut,
    FaultKind.HALF_OPEN: _half_open,
    FaultKind.DRIP: _drip,
    FaultKind.LOST: _lose,
    FaultKind.DOUBLED: _double,
    FaultKind.SWAPPED: _swap,
}
