"""Lines that a PBX, a wrong cable or somebody with bad intent might send, made of the records in a dialect's cases."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

RUBBISH = (
    b"\0", b"\xff", b"\x80\xc3", b'"', b"'", b",", b";", b"|", b"\t", b" " * 30, b"9" * 40, b"{" * 9, b"<I>",
    b"\x1b[2J",
)  # fmt: skip
_CELLS = (
    b"", b"0", b"-1", b"9" * 19, b"9" * 400, b"1e308", b"NaN", b"0x1F", b"00:00:00", b"99:99:99", b"-0:00:01",
    b"31/02/2026", b"2026-02-30 25:61:61", b"0000-00-00 00:00:00", b"9999-12-31T23:59:59.9999999Z", b"12:00AM",
    "٣٤".encode(), "²".encode(), "\u202e".encode(), b"\xed\xa0\x80", b"&#0;", b"%00", b"%zz", b"\\u0000", b"\\",
    b"=1+1", b"true", b"null", b"[]", b"{}", b'""', b"*", b"#", b"+", b"I" * 300, b"(((((", b"<unknown>",
)  # fmt: skip
_NESTED = (
    b"[",
    b'{"a":',
    b"<a>",
    b'<!DOCTYPE a [<!ENTITY b "',
    b"(",
    b'"',
    b"<![CDATA[",
    b"&b;",
    b"\\",
    b'"\\',
    b' "a":  ',
)
_APART = re.compile(rb"([,;|\t ]+)")
_ENDS = (b"\r\n", b"\r\n", b"\n", b"\n", b"\r", b"\0", b"\f", b"\x03", b"")
_LONGEST = 60_000
"""Bytes of the longest lines: nearly as many as any record may have."""
_LONG_EVERY = 300
"""Lines of which one is very long."""


def spoilt(raw: bytes, chance: random.Random) -> bytes:
    """Return a record with bytes changed, put in, left out, or another record's end."""
    for _ in range(chance.randrange(1, 4)):
        place, end = sorted((chance.randrange(len(raw) + 1), chance.randrange(len(raw) + 1)))
        between = chance.choice(
            [b"", chance.choice(RUBBISH), chance.randbytes(chance.randrange(6)), raw[place:end] * 2],
        )
        raw = raw[:place] + between + raw[end:]
    return raw or b"?"


class HostileLines:
    """Makes hostile lines out of a dialect's records, and of those of others; the same seed makes the same lines."""

    def __init__(self, own: Sequence[bytes], others: Sequence[bytes], seed: str) -> None:
        self._own, self._others = own, others
        self._chance = random.Random(seed)
        self._ways: tuple[Callable[[], bytes], ...] = (
            self._spoilt, self._spoilt, self._odd_cell, self._odd_cell, self._cut, self._several, self._stranger,
            self._noise, self._nested,
        )  # fmt: skip

    def some(self, count: int) -> list[bytes]:
        """Return so many lines, without their ends."""
        return [self._one() for _ in range(count)]

    def body(self, lines: Sequence[bytes]) -> list[bytes]:
        """Return lines as the pieces of a body, with all kinds of line ends, cut anywhere."""
        whole = b"".join(line + self._chance.choice(_ENDS) for line in lines)
        cuts = sorted(self._chance.randrange(len(whole) + 1) for _ in range(self._chance.randrange(5)))
        return [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    def _one(self) -> bytes:
        if self._chance.randrange(_LONG_EVERY) == 0:
            return self._long()
        return self._chance.choice(self._ways)()

    def _spoilt(self) -> bytes:
        return spoilt(self._chance.choice(self._own), self._chance)

    def _odd_cell(self) -> bytes:
        parts = _APART.split(self._chance.choice(self._own))
        for _ in range(self._chance.randrange(1, 4)):
            parts[self._chance.randrange(len(parts))] = self._chance.choice(_CELLS)
        return b"".join(parts)

    def _cut(self) -> bytes:
        raw = self._chance.choice(self._own)
        return raw[: self._chance.randrange(len(raw) + 1)]

    def _several(self) -> bytes:
        return self._chance.choice(_CELLS[:4]).join([self._chance.choice(self._own)] * self._chance.randrange(2, 9))

    def _stranger(self) -> bytes:
        return self._chance.choice(self._others)

    def _noise(self) -> bytes:
        return self._chance.randbytes(self._chance.randrange(200))

    def _nested(self) -> bytes:
        opened = self._chance.choice(_NESTED) * self._chance.randrange(1, 200)
        raw = self._chance.choice(self._own)
        place = self._chance.randrange(len(raw) + 1)
        return raw[:place] + opened + raw[place:]

    def _long(self) -> bytes:
        raw = self._chance.choice(self._own)
        filling: bytes = self._chance.choice([b"9", b" ", b"a1", b"0:", *_NESTED, *filter(None, _APART.split(raw))])
        place, length = self._chance.randrange(len(raw) + 1), self._chance.choice((_LONGEST // 20, _LONGEST))
        end = self._chance.choice((b"", b"!", raw[place:]))
        return (raw[:place] + filling * (length // len(filling)))[:length] + end
