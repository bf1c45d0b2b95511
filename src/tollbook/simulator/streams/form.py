"""How records look on a line: what stands before and after each, headings, an envelope, a parity bit.

A `LineForm` is a value given to whatever carries the records; carriers know nothing of what is in a record. A record is
bytes without a line end; one that has it loses it here, so that rows written for a file can be given as they are.
"""

import struct
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

import msgspec

STX, ETX, NUL, FORM_FEED = b"\x02", b"\x03", b"\x00", b"\x0c"


class Parity(Enum):
    """What the eighth bit of each byte holds."""

    NONE = "none"
    """Nothing: text as it is."""
    EVEN = "even"
    """Even parity over the other seven, as 7E1 looks to who reads it as 8N1."""


class PageHeading(msgspec.Struct, frozen=True, kw_only=True):
    """A heading that comes before the first record of a connection and again after each `every` records."""

    every: int
    lines: tuple[bytes, ...] = (b"CALL RECORDS" + b" " * 60 + b"PAGE %03d", b"-" * 80)
    """``%03d`` stands for the page's number."""
    lead: bytes = FORM_FEED
    """Stands before the heading."""

    def heading(self, number: int, end: bytes) -> bytes:
        """The heading of a page, from 1."""
        lines = (line.replace(b"%03d", b"%03d" % number) for line in self.lines)
        return self.lead + b"".join(line + end for line in lines)


class LineForm(msgspec.Struct, frozen=True, kw_only=True):
    """How a record becomes bytes on a line."""

    lead: bytes = b""
    end: bytes = b"\r\n"
    page: PageHeading | None = None
    envelope: Callable[[bytes], bytes] | None = None
    """Goes around the record and its end, such as syslog's."""
    parity: Parity = Parity.NONE

    def frame(self, record: bytes) -> bytes:
        r"""The bytes of one record, its heading left out.

        >>> LineForm(lead=STX, end=ETX).frame(b"1015 063\r\n")
        b'\x021015 063\x03'
        """
        framed = self.lead + record.rstrip(b"\r\n") + self.end
        if self.envelope:
            framed = self.envelope(framed)
        return self.with_parity(framed)

    def with_parity(self, text: bytes) -> bytes:
        """The text with the parity bit this form has."""
        return with_even_parity(text) if self.parity is Parity.EVEN else text


def length_before(framed: bytes) -> bytes:
    r"""A record behind its length in four bytes, least significant first, as the Mitel 5000 sends it.

    >>> length_before(b"TLC\r\n")
    b'\x05\x00\x00\x00TLC\r\n'
    """
    return struct.pack("<I", len(framed)) + framed


def with_even_parity(text: bytes) -> bytes:
    r"""Seven-bit text with even parity in the eighth bit.

    >>> with_even_parity(b"AC")
    b'A\xc3'
    """
    return text.translate(_EVEN)


_EVEN: Final = bytes(byte & 0x7F | (byte & 0x7F).bit_count() % 2 << 7 for byte in range(256))

CRLF = LineForm()
BARE = LineForm(end=b"")

FORMS: Mapping[str, LineForm] = {
    "crlf": CRLF,
    "lf": LineForm(end=b"\n"),
    "cr": LineForm(end=b"\r"),
    "crlflf": LineForm(end=b"\r\n\n"),
    "nul": LineForm(end=NUL),
    "leading-nuls": LineForm(lead=NUL * 4),
    "stx-etx": LineForm(lead=STX, end=ETX),
    "length": LineForm(envelope=length_before),
    "none": BARE,
}
"""Forms by the names they have on a command line."""


class Framer:
    """Frames the records of one connection and knows when a heading is due."""

    def __init__(self, form: LineForm) -> None:
        self.form = form
        self._records = 0

    def frame(self, record: bytes, form: LineForm | None = None) -> bytes:
        """The bytes of the next record, behind a heading where one is due; in another form for once, if given."""
        framed = (form or self.form).frame(record)
        page = self.form.page
        if page and self._records % page.every == 0:
            heading = page.heading(self._records // page.every + 1, self.form.end)
            framed = self.form.with_parity(heading) + framed
        self._records += 1
        return framed
