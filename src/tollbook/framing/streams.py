r"""Records in a stream, which PBXs end in more ways than files do.

A line end, a NUL (before or after a record), STX, ETX and a form feed all end one; telnet's negotiation is no part of
any. They are replaced byte for byte by line ends, so that every record stays where it was. Any cut of the stream gives
the same frames.
"""

from __future__ import annotations

import re

from tollbook.framing.lines import LineBlocks
from tollbook.model.frame import Block

_ENDS = bytes.maketrans(b"\r\0\2\3\f", b"\n\n\n\n\n")
_NEGOTIATION = re.compile(rb"\xff(?:[\xfb-\xfe].|[\xf1-\xf9])", re.DOTALL)
"""IAC WILL, WONT, DO or DONT with its option, or a command by itself (RFC 854)."""


class StreamBlocks:
    r"""Divides a stream, fed piece by piece, into blocks of whole records, each ended by a line feed.

    >>> StreamBlocks().feed(b"\xff\xfb\x01\x02one\x03\0two\r\nth").data
    b'\n\n\n\none\n\ntwo\n\n'
    """

    def __init__(self, offset: int = 0) -> None:
        self._lines = LineBlocks(offset)

    @property
    def consumed(self) -> int:
        """How far into the stream every record has been given out."""
        return self._lines.consumed

    @property
    def is_between_lines(self) -> bool:
        """Whether all that came ended in a line end."""
        return self._lines.is_between_lines

    def feed(self, data: bytes) -> Block:
        """Return the records that `data` completes."""
        return _plain(self._lines.feed(data.translate(_ENDS)))

    def end(self) -> Block:
        """Return what came after the last record's end."""
        return _plain(self._lines.end())


def _plain(block: Block) -> Block:
    if b"\xff" not in block.data:
        return block
    return block.holding(_NEGOTIATION.sub(lambda found: b"\n" * len(found[0]), block.data))


def eighth_bit_is_noise(sample: bytes) -> bool:
    r"""Say whether text looks like seven-bit text read with its parity bit, as under a wrong serial setting.

    >>> even = bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in b"01/02 10:03AM 123 5550100")
    >>> eighth_bit_is_noise(even), eighth_bit_is_noise("Café 101".encode())
    (True, False)
    """
    high = sum(byte > 0x7F for byte in sample)  # noqa: PLR2004 - the highest of seven bits
    if high * _ONE_IN < len(sample) or not sample or _is_utf8(sample):
        return False
    stripped = bytes(byte & 0x7F for byte in sample)
    return sum(byte in _PRINTED for byte in stripped) >= len(stripped) * 0.98


_ONE_IN = 5
"""Half of all characters have an odd number of bits; letters of another alphabet beside digits stay below this."""
_PRINTED = frozenset((*range(0x20, 0x7F), *b"\r\n\t\f\0\2\3"))


def _is_utf8(sample: bytes) -> bool:
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as fault:
        return fault.start > len(sample) - 4  # only the last letter was cut by taking a sample
    return True
