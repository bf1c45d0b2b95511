"""Which encodings a layout may name: those that read any bytes or refuse them, and leave ASCII as it is.

Records are cut at line ends and divided at ASCII signs before anything is decoded, so an encoding in which these bytes
mean something else would read no record. Some of Python's codecs are no encodings of text at all, or raise what is no
`UnicodeDecodeError`; that would stop the reader.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

from tollbook.model.problem import Problem

_ASCII = bytes(range(0x20, 0x7F))
_PROBES = (b"\xff\xfe", b"xn--a", b"a" * 80 + b".b", *(bytes([byte]) * 3 for byte in range(256)))
_PLAIN = (_ASCII, rb"\n \u0041 \x41 \N", b"+AGE- ~{ ~~", b"a-b-c=3D")


def encoding_faults(names: Iterable[str], where: str) -> Iterator[Problem]:
    """Yield what is wrong with the encodings that a layout names."""
    for name in names:
        reason = _fault(name)
        if reason:
            hint = 'encodings = ["utf-8", "latin-1"], or a code page such as "cp850"'
            yield Problem(f"the encoding {name!r} cannot be used", reason, where, hint)


def _fault(name: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            plain = all(probe.decode(name) == probe.decode("ascii") for probe in _PLAIN)
            for probe in _PROBES:
                _try(probe, name)
        except (LookupError, ValueError) as fault:  # a NUL in a name, too
            return str(fault) if isinstance(fault, LookupError) else "it does not read text byte by byte"
        except Exception:  # noqa: BLE001 - a codec may raise anything, and that is what is asked
            return "it does not read any bytes there may be"
    return "" if plain else "in it, ASCII letters and digits are other bytes"


def _try(probe: bytes, name: str) -> None:
    try:
        probe.decode(name)
    except UnicodeDecodeError:
        return
