"""How is spoken on a serial line, as the flags of termios(3), and whether a port took them.

A driver silently leaves out what it cannot do, so that a port is asked afterwards what it does. Bytes are handed on as
they come: no character is special, none is changed, and one with wrong parity comes like any other.
"""

from __future__ import annotations

import termios

import msgspec

SPEEDS = tuple(
    str(speed)
    for speed in (
        300, 600, 1200, 1800, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600,
    )
)  # fmt: skip
_CMSPAR = 0o10000000000
"""Mark or space instead of odd or even (Linux); Python has no name for it."""
DATA_BITS = {"7": termios.CS7, "8": termios.CS8}
PARITIES = {
    "none": 0,
    "even": termios.PARENB,
    "odd": termios.PARENB | termios.PARODD,
    "mark": termios.PARENB | termios.PARODD | _CMSPAR,
    "space": termios.PARENB | _CMSPAR,
}
STOP_BITS = {"1": 0, "2": termios.CSTOPB}
FLOWS = {"none": (0, 0), "rts-cts": (0, termios.CRTSCTS), "xon-xoff": (termios.IXON | termios.IXOFF, 0)}
"""Flags of input and of control."""
_INPUT, _OUTPUT, _CONTROL, _LOCAL, _SPEED_IN, _SPEED_OUT, _CHARACTERS = range(7)
_IS_WRONG = (
    (_SPEED_OUT, -1, "speed"),
    (_CONTROL, termios.CSIZE, "data-bits"),
    (_CONTROL, termios.PARENB | termios.PARODD | _CMSPAR, "parity"),
    (_CONTROL, termios.CSTOPB, "stop-bits"),
    (_CONTROL, termios.CRTSCTS, "flow"),
)
"""The flags a driver may have left out, and the option that each belongs to."""


class LineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Speed, form of a character, and how the peer is made to wait."""

    speed: str = "9600"
    data_bits: str = "8"
    parity: str = "none"
    stop_bits: str = "1"
    flow: str = "none"
    watches_carrier: bool = False

    def __str__(self) -> str:
        """Say it as people do.

        >>> str(LineSettings(data_bits="7", parity="even"))
        '9600 bits a second, 7E1'
        """
        return f"{self.speed} bits a second, {self.data_bits}{self.parity[0].upper()}{self.stop_bits}"

    @property
    def flags(self) -> tuple[int, int]:
        """The flags of input and of control; DTR and RTS stay as they are when the port is closed."""
        flow_input, flow_control = FLOWS[self.flow]
        form = DATA_BITS[self.data_bits] | PARITIES[self.parity] | STOP_BITS[self.stop_bits]
        carrier = 0 if self.watches_carrier else termios.CLOCAL
        return flow_input, termios.CREAD | carrier | form | flow_control


def apply(manners: LineSettings, descriptor: int) -> list[str]:
    """Have a port speak so; return the options it does not follow. Raises termios.error for what is no serial port."""
    wanted = termios.tcgetattr(descriptor)
    wanted[_INPUT], wanted[_CONTROL] = manners.flags
    wanted[_OUTPUT] = wanted[_LOCAL] = 0
    wanted[_SPEED_IN] = wanted[_SPEED_OUT] = getattr(termios, f"B{manners.speed}")
    wanted[_CHARACTERS][termios.VMIN], wanted[_CHARACTERS][termios.VTIME] = 1, 0  # nothing read: it has hung up
    refused = None
    try:
        termios.tcsetattr(descriptor, termios.TCSANOW, wanted)
    except termios.error as fault:  # Debian's C library looks afterwards too, and says only that something is wrong
        refused = fault
    done = termios.tcgetattr(descriptor)
    wrong = [option for place, mask, option in _IS_WRONG if wanted[place] & mask != done[place] & mask]
    if refused and not wrong:
        raise refused
    return wrong
