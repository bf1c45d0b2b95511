r"""What is said to a PBX that wants more than a listener, by name.

`sopho`: FDCR over IP of the Philips and NEC SOPHO iS3000. Each record stands behind its number, 00 to 99, and the PBX
keeps it until the number comes back with an acknowledgement. Source: the maker's text as quoted by a call logger's
page on that PBX (aggsoft.com/pbx/nec-sopho-is3000-rs232-fdcr-format-4.htm), which adds that the PBX is the one that
listens (its example is port 2599). Sure: the number, its place, that it has to come back. Not told there, and never
seen on a wire: what stands around the number (here: CR LF after it) and what ends a record (here: any record end that
framing knows). A PBX that wants it otherwise stops after its first record, and loses none.

`mitel-5000`: the log-in of the Mitel 5000 and Inter-Tel Axxess, which listen on port 4000: the length of what follows
in four bytes, least significant first, 0x84 for SMDR, the password of at most 15 characters, NUL. Source: the maker's
text in ripvannwinkler/smdr-logger-5000 (smdr5000.py), and the same bytes, sent to a real Axxess 8520, in
fmahnke/axxess_8520_smdr_client. Sure. Nothing is acknowledged after it: neither program sends another byte. Records
come behind their length in four bytes; those stay in the stream, where framing leaves the first of them (an R, for 82
bytes) as a line of its own, which is the dialect's to skip.

Left out: the NEAX and SV9500 (request, frames with a sequence number, acknowledgement with a parity byte). The one
program that is known to do it, zombat/NEC-SMDR-Collector, also has to ask again and again and to send a heartbeat,
which is a conversation with a clock and no answer to records; and its parity byte is a constant in places where its
own rule would give another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tollbook.sources._streams.stream_connection import Silent, Talk

_RECORD_END = re.compile(rb"[\r\n\0\2\3\f]")
_NUMBER_BYTES = 2
_SMDR_SOCKET = 0x84


class Numbered:
    r"""Gives each record's number back once the record, to its end, is on the disk.

    >>> talk = Numbered()
    >>> talk.committed(b"07 1015 5550100\r\n0"), talk.committed(b"8 1016 5550101\r\n09 10")
    (b'07\r\n', b'08\r\n')
    """

    def __init__(self) -> None:
        self._head = b""

    def greeting(self) -> bytes:
        """Return nothing: the PBX begins."""
        return b""

    def committed(self, data: bytes) -> bytes:
        """Return the numbers of the records that end in these bytes."""
        *ended, rest = _RECORD_END.split(data)
        answers = []
        for part in ended:
            number, self._head = (self._head + part[:_NUMBER_BYTES])[:_NUMBER_BYTES], b""
            if len(number) == _NUMBER_BYTES and number.isdigit():
                answers.append(number + b"\r\n")
        self._head = (self._head + rest[:_NUMBER_BYTES])[:_NUMBER_BYTES]
        return b"".join(answers)


class HelloTalk:
    r"""Logs in to a Mitel 5000, and is silent then.

    >>> HelloTalk("").greeting()
    b'\x02\x00\x00\x00\x84\x00'
    """

    def __init__(self, password: str) -> None:
        self._password = password.encode()

    def greeting(self) -> bytes:
        """Return the log-in."""
        said = bytes((_SMDR_SOCKET,)) + self._password + b"\0"
        return len(said).to_bytes(4, "little") + said

    def committed(self, _data: bytes) -> bytes:
        """Return nothing."""
        return b""


TALKS: Mapping[str, Callable[[str], Talk]] = {
    "none": lambda _password: Silent(),
    "sopho": lambda _password: Numbered(),
    "mitel-5000": HelloTalk,
}
"""Makes what is said on one connection, given the PBX's password, which not every talk needs."""
ACKNOWLEDGING = ("sopho",)
"""Those that answer records, and need no log-in."""
