"""The text at the beginning of a file, an archive's as it unpacks: by which it is told what the file is."""

from __future__ import annotations

from typing import IO

from tollbook.framing.archives import unpack
from tollbook.model.archive import BadArchive, Limits
from tollbook.model.shape import ARCHIVES, ENOUGH, sniff


def text_sample(file: IO[bytes], most: int) -> bytes:
    """Return up to `most` bytes of a file's text, whole lines where there is more; the file has to be seekable.

    Of an archive that is broken what can be unpacked is returned; raises `BadArchive` where that is nothing.
    """
    head = file.read(ENOUGH)
    file.seek(0)
    shape = sniff(head, ended=len(head) < ENOUGH)
    if shape not in ARCHIVES or shape is None:
        return _whole_lines(file.read(most + 1), most)
    text = b""
    try:
        for _, piece in unpack(file, shape, Limits()):
            text += piece
            if len(text) > most:
                break
    except BadArchive:
        if not text:
            raise
    return _whole_lines(text, most)


def _whole_lines(text: bytes, most: int) -> bytes:
    if len(text) <= most:
        return text
    end = max(text.rfind(b"\n", 0, most), text.rfind(b"\r", 0, most)) + 1
    return text[: end or most]
