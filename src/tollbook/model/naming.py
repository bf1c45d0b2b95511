"""Names of files as people read them: a file may be called by any bytes, and none does harm where it is shown.

The name itself stays what it is wherever a file is opened, moved or asked for.
"""

from __future__ import annotations

SHOWN_NAME = 80


def shown(name: bytes) -> str:
    r"""Return a name as text on one line; two names never look alike.

    >>> shown(b"caf\xc3\xa9.csv"), shown(b"caf\xe9.csv"), shown(rb"a\b"), shown(b"a\nb\x1b[1m")
    ('café.csv', 'caf\\xe9.csv', 'a\\\\b', 'a\\nb\\x1b[1m')
    """
    text = name.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return plain(text)


def plain(text: str) -> str:
    r"""Return a name that came as text, on one line and as text that can be written anywhere.

    >>> plain("a\nb\udcff"), plain(r"a\b")
    ('a\\nb\\udcff', 'a\\b')
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def shortly(name: bytes) -> str:
    """Return a name for a message, where a long one is cut."""
    text = shown(name)
    return text if len(text) <= SHOWN_NAME else f"{text[:SHOWN_NAME]}…"


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
