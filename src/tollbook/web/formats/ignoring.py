"""Lines that are no calls, such as the head of a page: what lines like one of a sample are, unless calls look like it.

Only what no record could read is ever looked for among such patterns, so none of them takes a call away; but one that
fits calls would hide those that come broken.
"""

from __future__ import annotations

from tollbook.dialects.authoring.skipping import like
from tollbook.dialects.layout.written import written_skip
from tollbook.model.problem import Misconfigured, Problem
from tollbook.web.formats.apart import lines_read
from tollbook.web.formats.draft import Draft, layout_of, whole, without

_SHOWN = 80
"""Signs of a line that a fault quotes."""


def ignore(draft: Draft, argument: str) -> Draft:
    """Have a line and those like it ignored, by its number; a line that is read stays as it is.

    Raises `Misconfigured` where a call looks like it, and says which.
    """
    lines = lines_read(layout_of(draft), draft.sample)
    number = whole(argument)
    if not 0 < number <= len(lines.texts) or lines.results[number - 1].fate != "rejected":
        return draft
    skip = like(lines.texts[number - 1])
    if call := lines.ignored(skip).call:
        reason = f"line {call} is a call and looks the same: {lines.texts[call - 1][:_SHOWN]!r}"
        advice = "Change the columns, so that it is read; or take the line out of the sample."
        raise Misconfigured(Problem(f"lines like line {number} cannot be ignored", reason, help=advice))
    draft.skips = [*draft.skips, skip]
    draft.text += written_skip(skip) if draft.text else ""
    return draft


def drop(draft: Draft, argument: str) -> Draft:
    """Ignore one sort of line no longer, by its place from 0."""
    draft.skips = without(draft.skips, argument)
    return draft
