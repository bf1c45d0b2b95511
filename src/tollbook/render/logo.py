"""The site's logo at the head of what is printed: a PNG, looked at before it is kept.

SVG is refused: it can hold programs and the addresses of other machines.
"""

from __future__ import annotations

import struct
import zlib

from tollbook.model.page_limits import LOGO_BYTES, LOGO_SIDE
from tollbook.model.problem import Misconfigured, Problem

_BEGIN = b"\x89PNG\r\n\x1a\n"
_HEAD = struct.Struct(">I4s")
_SIDES = struct.Struct(">II")
_HELP = "save it as PNG, without animation"
_MOVING = b"acTL"


def check_logo(data: bytes) -> None:
    """Raise `Misconfigured` for what is no PNG that can be printed."""
    if len(data) > LOGO_BYTES:
        raise _refused(f"it has {len(data):,} bytes of {LOGO_BYTES:,}")
    if not data.startswith(_BEGIN):
        is_svg = b"<svg" in data[:2000].lower()
        raise _refused("an SVG can hold programs" if is_svg else "it is no PNG")
    kinds, sides = _chunks(data)
    if not 1 <= max(sides) <= LOGO_SIDE or not min(sides):
        raise _refused(f"it is {sides[0]} by {sides[1]} points, and may have {LOGO_SIDE} each way")
    if _MOVING in kinds:
        raise _refused("it is animated")


def _chunks(data: bytes) -> tuple[set[bytes], tuple[int, int]]:
    """Return the kinds of the parts of a PNG, and how wide and high it is; raises `Misconfigured` for a damaged one."""
    kinds, at, sides = list[bytes](), len(_BEGIN), (0, 0)
    while at + _HEAD.size <= len(data):
        length, kind = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length
        if data[end : end + 4] != struct.pack(">I", zlib.crc32(data[at + 4 : end])):
            break
        if not kinds and kind == b"IHDR" and length >= _SIDES.size:
            sides = _SIDES.unpack_from(data, at + _HEAD.size)
        kinds.append(kind)
        at = end + 4
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or b"IDAT" not in kinds:
        raise _refused("it is damaged")
    return set(kinds), sides


def _refused(reason: str) -> Misconfigured:
    return Misconfigured(Problem("the picture cannot be the logo", reason, help=_HELP))
