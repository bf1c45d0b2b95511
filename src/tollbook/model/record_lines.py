"""What a format declares of records that span several lines: how one begins, how it goes on, how its end is known."""

from __future__ import annotations

import msgspec


class RecordFrames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records that are binary messages of one `length` in bytes.

    A message `begins` with some bytes, written as hexadecimal digits: several, one for each kind of message. `between`
    is what may stand before, between and behind messages, and belongs to none.
    """

    begins: tuple[str, ...]
    length: int
    between: tuple[str, ...] = ()


class RecordLines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lines of one record. One of `begins`, `count`, `continues`, `width`, `objects` and `frames` tells them.

    `begins` is a pattern at the start of a record's first line; up to the next such line all belongs to it, or up to
    a line that holds `ends`, or to so many lines (`count`). With `count` alone every record has so many. A line that
    `continues` matches at its start goes on with the one before it, and so does any line behind one of exactly `width`
    bytes. With `objects` a record is an object of JSON, from its brace to the one that balances it; one whose first
    name begins with what `within` matches holds records and is none. Blank lines count for nothing. A record has `most`
    lines, no more. With `frames` it has no lines: it is a message. `xml` is not written: it is whether records are
    elements of XML, before which a document's declaration may stand.
    """

    begins: str = ""
    ends: str = ""
    count: int = 0
    continues: str = ""
    width: int = 0
    objects: bool = False
    within: str = ""
    most: int = 200
    frames: RecordFrames | None = None
    xml: bool = False

    @property
    def waits(self) -> bool:
        """Whether the end of some records shows only by what comes next: a pause of the connection ends them, too."""
        return bool(self.begins or self.continues or self.width)

    @property
    def joint(self) -> bytes:
        """What stands between two lines when a record is read: a line feed, and nothing where a line was wrapped."""
        return b"" if self.width else b"\n"
