r"""Records that some PBXs and programs put into one array of JSON, all on one line: each becomes a record of its own.

What stands around them is replaced byte for byte by line ends, so that every record stays where it was. An object that
has other members beside the array is a record itself and is left as it is.
"""

from __future__ import annotations

import re

from tollbook.framing.json_signs import signs

_OPENS = re.compile(rb'\s*(?P<within>\{\s*"[\w ]{1,60}"\s*:\s*)?\[\s*(?=\{)')
_signs = signs(rb"[{}\[\],]")


def may_hold(text: bytes) -> bool:
    """Say whether any line of a text may be such an array; a look that costs little."""
    return b'[{"' in text or b"[ {" in text or b"[{ " in text


def taken_apart(line: bytes) -> bytes:
    r"""Return a line with line ends around the objects of its array; any other line as it is.

    >>> taken_apart(b'{"cdr":[{"a":"],{"},{"a":[2]}]}')
    b'\n\n\n\n\n\n\n\n{"a":"],{"}\n{"a":[2]}\n\n'
    >>> taken_apart(b'{"a":[{"b":1}],"c":2}'), taken_apart(b'[{"a":1},')
    (b'{"a":[{"b":1}],"c":2}', b'[{"a":1},')
    """
    opens = _OPENS.match(line)
    if opens is None:
        return line
    objects, end = _objects(line, opens.end())
    closing = line[end:].translate(None, b" \t\r\n")
    if closing != (b"]}" if opens["within"] else b"]"):
        return line
    apart = bytearray(b"\n" * len(line))
    for start, stop in objects:
        apart[start:stop] = line[start:stop]
    return bytes(apart)


def _objects(line: bytes, start: int) -> tuple[list[tuple[int, int]], int]:
    """Return where the objects of an array lie, whose first begins at `start`, and where the array's end is sought."""
    found, depth, begin = list[tuple[int, int]](), 0, start
    for sign in _signs(line, start):
        if sign[0] in (b"{", b"["):
            begin = sign.start() if depth == 0 else begin
            depth += 1
        elif sign[0] in (b"}", b"]"):
            depth -= 1
            if depth < 0:
                return found, sign.start()
            if depth == 0:
                found.append((begin, sign.end()))
    return found, len(line)
