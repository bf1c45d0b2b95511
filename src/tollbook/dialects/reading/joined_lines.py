"""Records of several lines as one text: what a form divides, while the record stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable

from tollbook.model.record_lines import RecordLines

OneText = Callable[[bytes], bytes]
_BLANKED = bytes.maketrans(b"\0\r\n", b"   ")
"""In a message whose columns stand in fixed places nothing may move; a column that is not filled holds NULs."""
_LINE_ENDS = re.compile(rb"[\r\n]+")


def texts_of_lines(declared: RecordLines | None) -> OneText | None:
    r"""Return what makes one text of a record's lines; None where each record is a line.

    >>> one_text = texts_of_lines(RecordLines(begins="-"))
    >>> one_text(b"-one\r\n\r\ntwo"), texts_of_lines(RecordLines(width=4))(b"-one\ntwo")
    (b'-one\ntwo', b'-onetwo')
    >>> from tollbook.model.record_lines import RecordFrames
    >>> messages = RecordLines(frames=RecordFrames(begins=("01",), length=4))
    >>> texts_of_lines(messages)(b"\1ab\0")
    b'\x01ab '
    """
    if declared is None:
        return None
    if declared.frames:
        return lambda raw: raw.translate(_BLANKED)
    joint = declared.joint
    return lambda raw: _LINE_ENDS.sub(joint, raw) if b"\n" in raw or b"\r" in raw else raw
