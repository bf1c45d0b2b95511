"""What FTP servers write about files: facts as RFC 3659 has them, and the bare names that older servers give."""

from __future__ import annotations

from tollbook.sources._remote.server import RemoteLook

_MOST_DIGITS = 24


def lines(text: bytes) -> list[bytes]:
    """Return a listing's lines without their ends."""
    return [line.removesuffix(b"\r") for line in text.split(b"\n") if line.strip()]


def entry(line: bytes) -> tuple[bytes, RemoteLook | None]:
    """Return the name and look of a line of facts; no look for what is no plain file or has no size.

    >>> entry(b"type=file;size=5;modify=20260105101500; a b.csv")
    (b'a b.csv', RemoteLook(size=5, modified='20260105101500'))
    >>> entry(b"Type=dir;Modify=20260105101500; taken")
    (b'taken', None)
    """
    written, _, name = line.partition(b" ")
    pairs = [fact.partition("=") for fact in written.decode("latin-1").lower().split(";")]
    facts = {key: value for key, _, value in pairs}
    size = facts.get("size", "")
    if facts.get("type", "file") != "file" or not is_number(size):
        return name, None
    return name, RemoteLook(int(size), modified(facts.get("modify", "")))


def modified(text: str) -> str:
    """Return a time of change as a server tells it, nothing for what is none."""
    bare = text.strip()[:_MOST_DIGITS]
    return bare if is_number(bare.replace(".", "", 1)) else ""


def is_number(text: str) -> bool:
    """Say whether text is a whole number of a size that a file can have."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def bare_name(line: bytes, folder: bytes) -> bytes:
    """Return the name of a line that older servers write with the folder before it.

    >>> bare_name(b"./a.csv", b"cdr"), bare_name(b"cdr/a.csv", b"cdr"), bare_name(b"../a.csv", b"cdr")
    (b'a.csv', b'a.csv', b'../a.csv')
    """
    for before in (b"./", folder.rstrip(b"/") + b"/"):
        if line.startswith(before):
            return line.removeprefix(before)
    return line
