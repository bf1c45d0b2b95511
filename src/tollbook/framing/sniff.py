r"""What a body is, from its first bytes: text, an archive, or a page of markup where records belong.

Content decides, never a `Content-Type` or a file's name: PBXs get both wrong.
"""

from __future__ import annotations

from enum import StrEnum

ENOUGH = 512
"""Bytes after which every kind can be told; fewer do where the kind is plain already."""
_BOM = b"\xef\xbb\xbf"


class Shape(StrEnum):
    """Kinds of body."""

    TEXT = "text"
    MARKUP = "markup"
    ZIP = "zip"
    GZIP = "gzip"
    TAR = "tar"


ARCHIVES = frozenset((Shape.ZIP, Shape.GZIP, Shape.TAR))
_MAGIC = ((b"PK\x03\x04", Shape.ZIP), (b"PK\x05\x06", Shape.ZIP), (b"\x1f\x8b", Shape.GZIP))
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<script", b"<meta")


def sniff(head: bytes, *, ended: bool) -> Shape | None:
    r"""Return the shape of a body that begins with `head`, or None while more bytes are needed to tell.

    >>> sniff(b"\x1f\x8b\x08", ended=False), sniff(b"<!DOCTYPE html><title>Login", ended=False)
    (<Shape.GZIP: 'gzip'>, <Shape.MARKUP: 'markup'>)
    >>> sniff(b"P", ended=False)
    """
    for magic, shape in _MAGIC:
        if head.startswith(magic):
            return shape
    if head[257:262] == b"ustar":
        return Shape.TAR
    text = head.removeprefix(_BOM).lstrip()
    if text.lower().startswith(_MARKUP):
        return Shape.MARKUP
    if ended or len(head) >= ENOUGH or _is_text(text):
        return Shape.TEXT
    return None


def _is_text(text: bytes) -> bool:
    """A whole line without a NUL rules out a tar header; one that does not open a tag rules out markup."""
    line, mark, _ = text.partition(b"\n")
    return bool(mark) and b"\0" not in line and not line.startswith(b"<")
