"""What faults do to the bytes of a record; pure."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce

from tollbook.simulator.streams.faults import FaultKind, PbxFault
from tollbook.simulator.streams.form import ETX, NUL, STX, LineForm, PageHeading, Parity

IAC_NOP, IAC_AYT, IAC_WILL_SGA, IAC_DO_ECHO = b"\xff\xf1", b"\xff\xf6", b"\xff\xfb\x03", b"\xff\xfd\x01"

_HEADING = PageHeading(every=1)
_NOISE_BYTES = 24
_SPOILT_SHARE = 0.2


def reformed(form: LineForm, faults: Iterable[PbxFault]) -> LineForm:
    """The form in which faults want a record."""
    return reduce(lambda now, fault: _REFORMS[fault.kind](now), (f for f in faults if f.kind in _REFORMS), form)


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


def _noise(frame: bytes, chance: random.Random) -> bytes:
    return bytes(chance.choices(range(0x80, 0x100), k=_NOISE_BYTES)) + frame


def _headed(frame: bytes, _chance: random.Random) -> bytes:
    return _HEADING.heading(1, b"\r\n") + frame


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
    FaultKind.NOISE: _noise,
    FaultKind.HEADING: _headed,
}
