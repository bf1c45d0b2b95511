"""Finds what is wrong with what a layout declares of records that span several lines."""

from __future__ import annotations

from collections.abc import Iterator

from tollbook.dialects.layout.patterns import BadPattern, compiled
from tollbook.model.limits import FORMAT_LINES, FORMAT_WAYS, LONGEST_RECORD
from tollbook.model.problem import Problem
from tollbook.model.record_lines import RecordFrames, RecordLines

_LONGEST_MARK = 32
"""Bytes of a mark: how much of a stream may have to come until it is told what begins in it."""
_EXAMPLE = "begins = '^-{8} '"


def faults_of_lines(lines: RecordLines, where: str) -> Iterator[Problem]:
    """Yield every fault of a declaration."""
    ways = [name for name in ("begins", "continues", "width", "objects", "frames") if getattr(lines, name)]
    if len(ways) != 1 and not (not ways and lines.count):
        reason = f"got {', '.join(ways) or 'none'} of begins, count, continues, width, objects and frames"
        yield Problem("the lines of a record are told in one way", reason, where, _EXAMPLE)
    if (lines.ends or lines.count) and ways not in ([], ["begins"]):
        reason = f"got them with {', '.join(ways)}"
        yield Problem("'ends' and 'count' belong to records that begin in a way of their own", reason, where, _EXAMPLE)
    for pattern in filter(None, (lines.begins, lines.ends, lines.continues, lines.within)):
        try:
            compiled(pattern, trusted=False)
        except BadPattern as fault:
            yield Problem(f"the pattern {pattern!r} cannot be used", str(fault), where)
    if lines.xml:
        yield Problem("'xml' is not written", "it follows from records of form xml", where, "leave it out")
    if lines.frames:
        yield from _faults_of_frames(lines.frames, f"{where}, frames")
    for name, most in (("most", FORMAT_LINES), ("count", lines.most), ("width", LONGEST_RECORD)):
        number = getattr(lines, name)
        if not (name == "most") <= number <= most:
            yield Problem(f"'{name}' cannot be {number}", f"it is {most} at most", where)


def _faults_of_frames(frames: RecordFrames, where: str) -> Iterator[Problem]:
    """Yield what is wrong with messages: their beginnings and their length."""
    written = [*frames.begins, *frames.between]
    known = [each for each in written if 0 < len(_bytes(each)) <= _LONGEST_MARK]
    for text in sorted(set(written) - set(known)):
        reason = f"it is 1 to {_LONGEST_MARK} bytes, as hexadecimal digits"
        yield Problem(f"{text!r} cannot be the beginning of anything", reason, where, 'begins = ["01 00 02 00"]')
    marks = list(map(_bytes, known))
    for number, mark in enumerate(marks):
        if any(other.startswith(mark) for place, other in enumerate(marks) if place != number):
            yield Problem(f"{known[number]!r} is how another mark begins", "nothing could tell the two apart", where)
    if not frames.begins or len(written) > FORMAT_WAYS:
        reason = f"got {len(frames.begins)} of them, and {len(frames.between)} of what stands between"
        yield Problem(f"messages begin in one way at least, and there are {FORMAT_WAYS} marks at most", reason, where)
    shortest = max(map(len, map(_bytes, frames.begins)), default=1)
    if not shortest <= frames.length <= LONGEST_RECORD:
        reason = f"it is {shortest} at least, as its beginning is, and {LONGEST_RECORD} at most"
        yield Problem(f"a message cannot have {frames.length} bytes", reason, where)


def _bytes(text: str) -> bytes:
    """Return the bytes that hexadecimal digits stand for; none for what is none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
