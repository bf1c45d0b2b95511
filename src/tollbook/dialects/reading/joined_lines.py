"""Records of several lines as one text: what a form divides, while the record stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable

from tollbook.model.record_lines import RecordLines

OneText = Callable[[bytes], bytes]
_LINE_ENDS = re.compile(rb"[\r\n]+")


def texts_of_lines(declared: RecordLines | None) -> OneText | None:
    r"""Return what makes one text of a record's lines; None where each record is a line.

    >>> one_text = texts_of_lines(RecordLines(begins="-"))
    >>> one_text(b"-one\r\n\r\ntwo"), texts_of_lines(RecordLines(width=4))(b"-one\ntwo")
    (b'-one\ntwo', b'-onetwo')
    """
    if declared is None:
        return None
    joint = declared.joint
    return lambda raw: _LINE_ENDS.sub(joint, raw) if b"\n" in raw or b"\r" in raw else raw
