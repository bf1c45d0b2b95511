"""Finds what is wrong with what a layout declares of records that span several lines."""

from __future__ import annotations

from collections.abc import Iterator

from tollbook.dialects.layout.patterns import BadPattern, compiled
from tollbook.model.limits import FORMAT_LINES, LONGEST_RECORD
from tollbook.model.problem import Problem
from tollbook.model.record_lines import RecordLines

_EXAMPLE = "begins = '^-{8} '"


def faults_of_lines(lines: RecordLines, where: str) -> Iterator[Problem]:
    """Yield every fault of a declaration."""
    ways = [name for name in ("begins", "continues", "width", "objects") if getattr(lines, name)]
    if len(ways) != 1 and not (not ways and lines.count):
        reason = f"got {', '.join(ways) or 'none'} of begins, count, continues, width and objects"
        yield Problem("the lines of a record are told in one way", reason, where, _EXAMPLE)
    if (lines.ends or lines.count) and ways not in ([], ["begins"]):
        reason = f"got them with {', '.join(ways)}"
        yield Problem("'ends' and 'count' belong to records that begin in a way of their own", reason, where, _EXAMPLE)
    for pattern in filter(None, (lines.begins, lines.ends, lines.continues, lines.within)):
        try:
            compiled(pattern, trusted=False)
        except BadPattern as fault:
            yield Problem(f"the pattern {pattern!r} cannot be used", str(fault), where)
    for name, most in (("most", FORMAT_LINES), ("count", lines.most), ("width", LONGEST_RECORD)):
        number = getattr(lines, name)
        if not (name == "most") <= number <= most:
            yield Problem(f"'{name}' cannot be {number}", f"it is {most} at most", where)
