"""The signs of JSON on one line: its texts, each whole, and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_TEXT = rb'"(?:[^"\\]|\\.)*+'
NAME = _TEXT + rb'"\s*+:\s*+'
"""A pattern for a name with its colon."""

Signs = Callable[[bytes, int], Iterator[re.Match[bytes]]]


def signs(others: bytes) -> Signs:
    r"""Return what yields the texts on a line from a place on, and the other signs, which a pattern describes.

    Of a text without an end the quote is passed over, and what follows it is looked through once: were every quote in
    it tried for an end, thousands of them would take minutes.

    >>> [sign[0] for sign in signs(rb"[{}]")(rb'{"a": "}\"", "b: {', 0)]
    [b'{', b'"a"', b'"}\\""', b'{']
    """
    whole = re.compile(_TEXT + rb'(?:"|(?P<endless>\\?\Z))|' + others, re.DOTALL)
    bare = re.compile(others)

    def found(line: bytes, start: int) -> Iterator[re.Match[bytes]]:
        for sign in whole.finditer(line, start):
            if sign["endless"] is None:
                yield sign
            else:
                yield from bare.finditer(line, sign.start() + 1)

    return found
