"""The bodies in the making: feeds each its bytes and gives out the frames they complete.

Text is cut as it arrives. An archive is held back until its body has ended. A page of markup is one reject. A cut
body's last record, which may be half a record, is rejected unless its own quoting shows it whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tollbook.framing.archives import BadArchive, Limits, unpack
from tollbook.framing.lines import LineCutter
from tollbook.framing.sniff import ARCHIVES, Shape, sniff
from tollbook.model.body import Ending
from tollbook.model.frame import Frames, Rejected
from tollbook.store.retrying import NOT_A_RECORD

SHOWN_OF_A_PAGE = 4096
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)


class Cut(msgspec.Struct, frozen=True):
    """Frames of one member, or rejects that no dialect need see."""

    member: int
    frames: Frames
    rejected: list[Rejected]


class OpenBody:
    """One body: `feed` it bytes, then `end` it."""

    def __init__(self, consumed: int = 0) -> None:
        self._head = b""
        self._shape: Shape | None = Shape.TEXT if consumed else None
        self._cutter = LineCutter(consumed)

    @property
    def consumed(self) -> int:
        """Bytes whose records have all been given out; where to read on from after a restart."""
        return self._cutter.consumed if self._shape is Shape.TEXT else 0

    @property
    def shape(self) -> Shape | None:
        """What the body is, once that can be told."""
        return self._shape

    def feed(self, data: bytes) -> Cut:
        """Return the frames that `data` completes."""
        if self._shape is Shape.TEXT:
            return Cut(0, self._cutter.feed(data), [])
        if self._shape is None:
            self._head += data
            self._shape = sniff(self._head, ended=False)
            if self._shape is Shape.TEXT:
                head, self._head = self._head, b""
                return Cut(0, self._cutter.feed(head), [])
            return _nothing()
        self._head += data if self._shape in ARCHIVES else data[: max(0, SHOWN_OF_A_PAGE - len(self._head))]
        return _nothing()

    def end(self, ending: Ending, reason: str, skip: int) -> Iterator[Cut]:
        """Yield what is left; `skip` frames of an archive have been stored before."""
        if self._shape is None:
            self._shape = sniff(self._head, ended=True)
            if self._shape is Shape.TEXT:
                yield Cut(0, self._cutter.feed(self._head), [])
        if self._shape in ARCHIVES:
            yield from _skipping(self._unpacked(self._shape), skip)
        elif self._shape is Shape.MARKUP:
            yield Cut(0, Frames([], []), [Rejected(self._head, 0, _page(self._head, reason), NOT_A_RECORD)])
        else:
            yield self._last_line(ending, reason)
        self._head = b""

    def _last_line(self, ending: Ending, reason: str) -> Cut:
        frames = self._cutter.end()
        if ending is not Ending.CUT or not len(frames) or _is_closed(frames.raws[0]):
            return Cut(0, frames, [])
        why = f"cut off in the middle of a record: {reason}" if reason else "cut off in the middle of a record"
        return Cut(0, Frames([], []), [Rejected(frames.raws[0], frames.offsets[0], why, NOT_A_RECORD)])

    def _unpacked(self, shape: Shape) -> Iterator[Cut]:
        cutters: dict[int, LineCutter] = {}
        try:
            for member, piece in unpack(self._head, shape, Limits()):
                if member not in cutters:
                    yield from _ends(cutters)
                    cutters[member] = LineCutter()
                yield Cut(member, cutters[member].feed(piece), [])
            yield from _ends(cutters)
        except BadArchive as fault:
            yield Cut(0, Frames([], []), [Rejected(self._head[:SHOWN_OF_A_PAGE], 0, str(fault), NOT_A_RECORD)])


def _ends(cutters: dict[int, LineCutter]) -> Iterator[Cut]:
    yield from (Cut(member, cutter.end(), []) for member, cutter in cutters.items())
    cutters.clear()


def _skipping(cuts: Iterator[Cut], skip: int) -> Iterator[Cut]:
    for cut in cuts:
        here = len(cut.frames) + len(cut.rejected)
        if skip >= here:
            skip -= here
            continue
        first, skip = skip, 0
        yield Cut(cut.member, Frames(cut.frames.raws[first:], cut.frames.offsets[first:]), cut.rejected)


def _is_closed(raw: bytes) -> bool:
    """A record that ends in a closing quote has not lost its last field; anything else may have."""
    return raw.endswith(b'"') and not raw.endswith(b',"') and raw.count(b'"') % 2 == 0


def _page(page: bytes, reason: str) -> str:
    title = _TITLE.search(page)
    named = f" titled {title.group(1).decode('utf-8', 'replace').strip()!r}" if title else ""
    return reason or f"a web page{named} where call records belong"


def _nothing() -> Cut:
    return Cut(0, Frames([], []), [])
