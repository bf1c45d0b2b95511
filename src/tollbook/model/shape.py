r"""What a body is, from its first bytes: text, an archive, a document of XML, or a web page where records belong.

Content decides, never a `Content-Type` or a file's name: PBXs get both wrong. The verdict on the first bytes that allow
one is the verdict on any more of them, so that it does not matter in which pieces a body arrives.
"""

from __future__ import annotations

import codecs
import re
from enum import StrEnum

ENOUGH = 512
"""Bytes after which every kind can be told; fewer do where the kind is plain already."""
_BOM = b"\xef\xbb\xbf"
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_16_LOOK = 8
_LETTERS = frozenset((*range(0x20, 0x7F), *b"\t\r\n"))
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257


class Shape(StrEnum):
    """Kinds of body."""

    TEXT = "text"
    MARKUP = "markup"
    XML = "xml"
    ZIP = "zip"
    GZIP = "gzip"
    TAR = "tar"
    UTF_16 = "utf-16"


PACKED = frozenset((Shape.ZIP, Shape.GZIP, Shape.TAR))
"""Bodies that hold files."""
ARCHIVES = PACKED | {Shape.UTF_16}
"""Bodies whose text is not their bytes: they are read once they have ended."""
_MAGIC = ((b"PK\x03\x04", Shape.ZIP), (b"PK\x05\x06", Shape.ZIP), (b"\x1f\x8b", Shape.GZIP))
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<meta")
_XML = b"<?xml"
_IN_XML = re.compile(rb"<[a-z!][^\s<>]*[\s<>/]")
"""The first tag behind the declaration, as far as its name."""


def sniff(head: bytes, *, ended: bool) -> Shape | None:
    r"""Return the shape of a body that begins with `head`, or None while more bytes are needed to tell.

    >>> sniff(b"\x1f\x8b\x08", ended=False), sniff(b"<!DOCTYPE html><title>Login", ended=False)
    (<Shape.GZIP: 'gzip'>, <Shape.MARKUP: 'markup'>)
    >>> sniff(b'<?xml version="1.0"?><root>', ended=False), sniff(b"P", ended=False), sniff(b"<?xml", ended=False)
    (<Shape.XML: 'xml'>, None, None)
    """
    packed = next((shape for magic, shape in _MAGIC if head.startswith(magic)), None)
    if packed or _is_utf_16(head):
        return packed or Shape.UTF_16
    bare = _bare(head).lower()
    if bare.startswith(_XML):
        return _of_xml(bare, whole=ended or len(head) >= ENOUGH)
    if bare.startswith(_MARKUP):
        return Shape.MARKUP
    if _is_text(head[:_TAR_MAGIC_AT]):
        return Shape.TEXT
    if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + len(_TAR_MAGIC)] == _TAR_MAGIC:
        return Shape.TAR
    return Shape.TEXT if ended or len(head) >= ENOUGH or _is_text(head) else None


def _of_xml(bare: bytes, *, whole: bool) -> Shape | None:
    """Tell a document of XML from a web page that is one, by its first tag."""
    found = _IN_XML.search(bare)
    if found is None:
        return Shape.XML if whole else None
    return Shape.MARKUP if found[0][:-1] in (b"<html", b"<!doctype") else Shape.XML


def _bare(head: bytes) -> bytes:
    """Return the first bytes without what may stand before the first letter of a page."""
    return head[:ENOUGH].removeprefix(_BOM).lstrip()


def _is_utf_16(head: bytes) -> bool:
    r"""Tell UTF-16 by its mark, or by a NUL before or after each of the first letters, as no other text has them.

    >>> [_is_utf_16("a,b\r\n".encode(name)) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-8")]
    [True, True, True, False]
    """
    if head.startswith(_UTF_16_MARKS):
        return True
    first = head[:_UTF_16_LOOK]
    if len(first) < _UTF_16_LOOK:
        return False
    ends = first[::2], first[1::2]
    return any(not any(nul) and all(each in _LETTERS for each in text) for nul, text in (ends, ends[::-1]))


def _is_text(head: bytes) -> bool:
    """A whole line without a NUL rules out a tar header; one that does not open a tag rules out markup."""
    line, mark, _ = _bare(head).partition(b"\n")
    return bool(mark) and b"\0" not in line and not line.startswith(b"<")
