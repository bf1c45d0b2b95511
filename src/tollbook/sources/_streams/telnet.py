r"""Telnet's negotiation (RFC 854): whatever a PBX offers or asks for is declined, which leaves plain bytes.

The requests stay in the stream, where framing knows them. One that is cut in two by the network is not answered; a PBX
goes on without an answer.
"""

from __future__ import annotations

import re

_REQUEST = re.compile(rb"\xff([\xfb\xfd])(.)", re.DOTALL)
_ANSWER = {b"\xfb": b"\xff\xfe", b"\xfd": b"\xff\xfc"}
"""WILL is answered with DONT, DO with WONT."""
_ANY = re.compile(rb"\xff(?:[\xfb-\xfe].|[\xf1-\xf9])", re.DOTALL)


def refusals(data: bytes) -> bytes:
    r"""Return the answers to the requests in `data`.

    >>> refusals(b"\xff\xfb\x01\xff\xfd\x1fhello")
    b'\xff\xfe\x01\xff\xfc\x1f'
    """
    return b"".join(_ANSWER[found[1]] + found[2] for found in _REQUEST.finditer(data))


def without_requests(data: bytes) -> bytes:
    """Return text without telnet's requests and commands."""
    return _ANY.sub(b"", data)
