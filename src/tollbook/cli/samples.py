"""Files of records that a person shows to a command: read in pieces, archives unpacked, within limits."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from tollbook.cli.exits import say
from tollbook.framing.archives import unpack
from tollbook.model.archive import BadArchive, Limits
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.shape import ARCHIVES, ENOUGH, Shape, sniff

SAMPLE = 8 << 20
"""Bytes of records that are looked at to say what they are."""
_PIECE = 1 << 20
_LARGEST_ARCHIVE = 256 << 20
"""Bytes of an archive that comes through a pipe: a zip is read from its end, so it is taken whole."""
STDIN = Path("-")


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield the text of a file, or of the files in an archive, one after another; `-` is stdin.

    Raises `Misconfigured` for a file that is not there, or that holds no text.
    """
    if path == STDIN:
        yield from _texts(sys.stdin.buffer, "stdin")
        return
    if not path.is_file():
        reason = "it is a folder" if path.is_dir() else "there is no such file"
        raise Misconfigured(
            Problem(f"cannot read {str(path)!r}", reason, help="name a file of records, or - for stdin"),
        )
    with path.open("rb") as file:
        yield from _texts(file, path.name)


def sample_of(path: Path, size: int = SAMPLE) -> bytes:
    """Return the first records of a file: whole lines, of so many bytes at most; says when there are more."""
    taken, length = list[bytes](), 0
    for piece in pieces_of(path):
        taken.append(piece)
        length += len(piece)
        if length > size:
            say(f"only the first {size >> 20} MB are looked at")
            break
    data = b"".join(taken)
    if length <= size:
        return data
    end = data.rfind(b"\n", 0, size) + 1
    return data[: end or size]


def _texts(file: IO[bytes], name: str) -> Iterator[bytes]:
    head = file.read(_PIECE)
    shape = sniff(head[: max(ENOUGH, _PIECE)], ended=len(head) < _PIECE) or Shape.TEXT
    if shape is Shape.MARKUP:
        reason = "it holds a web page where call records belong"
        raise Misconfigured(
            Problem(f"{name} cannot be read", reason, help="a PBX's login page was saved, perhaps"),
        )
    if shape in ARCHIVES:
        whole = file if file.seekable() else io.BytesIO(head + file.read(_LARGEST_ARCHIVE))
        whole.seek(0)
        yield from _unpacked(whole, shape, name)
        return
    yield from chain([head] if head else [], iter(lambda: file.read(_PIECE), b""))


def is_xml(data: bytes) -> bool:
    """Say whether a sample is a document of XML."""
    return sniff(data[:ENOUGH], ended=True) is Shape.XML


def _unpacked(archive: IO[bytes], shape: Shape, name: str) -> Iterator[bytes]:
    """Yield the texts in an archive, a line end between two of them."""
    before = 0
    try:
        for member, piece in unpack(archive, shape, Limits()):
            if member != before:
                yield b"\n"
            before = member
            yield piece
    except BadArchive as fault:
        raise Misconfigured(Problem(f"{name} cannot be read", str(fault))) from fault
