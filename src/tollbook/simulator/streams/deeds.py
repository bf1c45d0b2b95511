"""What faults do with a record once it has its bytes: send it in part, slowly, twice, or not at all."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tollbook.simulator.misbehaviour import BreakOff, Clearing
from tollbook.simulator.streams.faults import FaultKind, PbxFault
from tollbook.simulator.streams.wire import RecordWire

PIECE_BYTES = 65536


class Severed(Exception):
    """A fault ended the connection. `clears`: the record in hand is lost."""

    def __init__(self, ending: BreakOff, *, clears: bool = False) -> None:
        super().__init__(ending.value)
        self.ending, self.clears = ending, clears


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
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
            await _write_endless(sending.wire, fault.size_bytes)
    ways = [(_WAYS[fault.kind], fault) for fault in sending.faults if fault.kind in _WAYS]
    if not ways:
        await sending.wire.write(sending.frames)
        return
    way, fault = ways[-1]
    await way(sending, fault)


async def _write_endless(wire: RecordWire, size_bytes: int) -> None:
    for start in range(0, size_bytes, PIECE_BYTES):
        await wire.write([b"x" * min(PIECE_BYTES, size_bytes - start)])


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
