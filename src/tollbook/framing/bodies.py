"""The bodies in the making: feeds each its bytes and gives out the frames they complete.

Text is cut as it arrives, and so is a document of XML where a format reads elements of it. An archive is left where it
is kept until its body has ended, and is read there. A web page is one reject. A cut body's last record, which may be
half a record, is rejected unless its own quoting shows it whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO

import msgspec

from tollbook.framing.archives import unpack
from tollbook.framing.declared import record_blocks
from tollbook.framing.lines import LineBlocks
from tollbook.framing.several_lines import Blocks, rest_of, taken_rejects
from tollbook.model.archive import BadArchive, Limits
from tollbook.model.body import Ending
from tollbook.model.frame import NOT_A_RECORD, Block, Rejected
from tollbook.model.limits import SHOWN_OF_A_PAGE
from tollbook.model.record_lines import RecordLines
from tollbook.model.shape import ARCHIVES, Shape, sniff

_PAGES = (Shape.MARKUP, Shape.XML)
_OF_XML = (
    "a document of XML where call records belong: the PBX's format reads none. Choose one that does, "
    "or let the PBX write CSV or JSON"
)
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)


class Cut(msgspec.Struct, frozen=True):
    """Whole records of one member, or rejects that no dialect need see; `consumed` is where the body stands after.

    `replayed` records were left out because the PBX had sent them before.
    """

    member: int
    block: Block
    rejected: list[Rejected]
    consumed: int
    replayed: int = 0


class OpenBody:
    """One body: `feed` it bytes, then `end` it.

    `kept` gives all its bytes once it has ended, should it be an archive. `head` are its first bytes, where it is gone
    on with after the first `consumed`.
    """

    fresh_from = 0

    def __init__(
        self,
        kept: Callable[[], IO[bytes]],
        consumed: int = 0,
        head: bytes = b"",
        declared: RecordLines | None = None,
    ) -> None:
        self._kept = kept
        self._declared = declared
        self._shape = self._sniffed(head, ended=False) if head else None
        self._skip = consumed if self._shape in ARCHIVES else 0
        self._held = b""
        self._lines = record_blocks(LineBlocks(0 if self._skip else consumed), declared)

    @property
    def read_again_from(self) -> int:
        """Where its bytes must be read from again after a restart."""
        return self._lines.consumed

    @property
    def consumed(self) -> int:
        """Bytes whose records have all been given out: of the text itself, or of what an archive unpacks to."""
        return self._skip or self._lines.consumed

    @property
    def is_archive(self) -> bool:
        """Whether its records come only at its end."""
        return self._shape in ARCHIVES

    def feed(self, data: bytes) -> Cut:
        """Return the records that `data` completes."""
        if self._shape is Shape.TEXT:
            return self._cut(self._lines.feed(data))
        if self._shape is None:
            self._held += data
            self._shape = self._sniffed(self._held, ended=False)
            if self._shape is not Shape.TEXT:
                return self._cut(Block(b"", 0))
            held, self._held = self._held, b""
            return self._cut(self._lines.feed(held))
        if self._shape in _PAGES:
            self._held += data[: max(0, SHOWN_OF_A_PAGE - len(self._held))]
        return self._cut(Block(b"", 0))

    def settle(self) -> Cut:
        """A body that will end is not waited for, either."""
        return self._cut(Block(b"", 0))

    def pause(self) -> Cut:
        """A pause tells nothing about a body that will end."""
        return self._cut(Block(b"", 0))

    def end(self, ending: Ending, reason: str) -> Iterator[Cut]:
        """Yield what is left."""
        if self._shape is None:
            self._shape = self._sniffed(self._held, ended=True)
            if self._shape is Shape.TEXT:
                yield self._cut(self._lines.feed(self._held))
        if self._shape in _PAGES:
            page = self._held[:SHOWN_OF_A_PAGE]
            why = reason or (_OF_XML if self._shape is Shape.XML else _web_page(page))
            yield self._cut(Block(b"", 0), Rejected(page, 0, why, NOT_A_RECORD))
        elif self._shape in ARCHIVES:
            yield from self._skipping(self._unpacked(self._shape))
        else:
            whole = self._cut(rest_of(self._lines))
            if whole.block.data or whole.rejected:
                yield whole
            block, rejected = last_record(self._lines.end(), ending, reason)
            yield self._cut(block, *rejected)
        self._held = b""

    def _sniffed(self, head: bytes, *, ended: bool) -> Shape | None:
        """Return what the body is; a document of XML is text to a format that reads elements of it."""
        shape = sniff(head, ended=ended)
        return Shape.TEXT if shape is Shape.XML and self._declared and self._declared.xml else shape

    def _cut(self, block: Block, *rejected: Rejected) -> Cut:
        return Cut(0, block, [*taken_rejects(self._lines), *rejected], self.consumed)

    def _unpacked(self, shape: Shape) -> Iterator[Cut]:
        """Yield an archive's records; `consumed` counts the bytes of all members as one text.

        The reject of a broken one counts as a byte more: it, too, is stored once, wherever the program is stopped.
        """
        member, before, lines = 0, 0, record_blocks(LineBlocks(), self._declared)
        try:
            for number, piece in unpack(self._kept(), shape, Limits()):
                if number != member:
                    yield from _ends_of(lines, member, before)
                    before += lines.consumed
                    member, lines = number, record_blocks(LineBlocks(), self._declared)
                whole = lines.feed(piece)
                yield Cut(member, whole, taken_rejects(lines), before + lines.consumed)
            yield from _ends_of(lines, member, before)
        except BadArchive as fault:
            whole = rest_of(lines)
            yield Cut(member, whole, taken_rejects(lines), before + lines.consumed)
            last = lines.end()
            broken = Rejected(self._kept().read(SHOWN_OF_A_PAGE), 0, str(fault), NOT_A_RECORD)
            half = [_half(last, str(fault))] if last.data else []
            yield Cut(member, Block(b"", 0), [*half, broken], before + lines.consumed + 1)

    def _skipping(self, cuts: Iterator[Cut]) -> Iterator[Cut]:
        """Leave out what was stored before a restart, and note how far this body has come."""
        skip = self._skip
        for cut in cuts:
            self._skip = max(skip, cut.consumed)
            stored = len(cut.block.data) - (cut.consumed - skip)
            if cut.consumed > skip and stored > 0:
                yield Cut(cut.member, cut.block.part(stored), cut.rejected, cut.consumed)
            elif cut.consumed > skip:
                yield cut


def _ends_of(lines: Blocks, member: int, before: int) -> Iterator[Cut]:
    """Yield what is left of a member of an archive, which begins after so many bytes of others."""
    for part in (rest_of, _last_of):
        block = part(lines)
        yield Cut(member, block, taken_rejects(lines), before + lines.consumed)


def _last_of(lines: Blocks) -> Block:
    return lines.end()


def last_record(block: Block, ending: Ending, reason: str) -> tuple[Block, list[Rejected]]:
    """Return what came after the last record's end as a record, or as a reject where it may be half of one."""
    if not block.data or (_is_closed(block.data) if ending is Ending.CUT else not _is_open(block.data)):
        return block, []
    return Block(b"", block.offset), [_half(block, reason)]


def _half(last: Block, reason: str) -> Rejected:
    why = f"cut off in the middle of a record: {reason}" if reason else "cut off in the middle of a record"
    return Rejected(last.data, last.offset, why, NOT_A_RECORD)


def _is_open(raw: bytes) -> bool:
    """A record that ends inside quotes is half a record, even in a body that looks whole."""
    return raw.count(b'"') % 2 == 1


def _is_closed(raw: bytes) -> bool:
    """A record that ends in a closing quote has not lost its last field; anything else may have."""
    return raw.endswith(b'"') and not raw.endswith(b',"') and not _is_open(raw)


def _web_page(page: bytes) -> str:
    title = _TITLE.search(page)
    named = f" titled {title.group(1).decode('utf-8', 'replace').strip()!r}" if title else ""
    return f"a web page{named} where call records belong"
