"""Limits on formats that are passed on as files; they stand beside those of `limits`."""

from __future__ import annotations

from tollbook.model import page_limits  # noqa: F401 - the reference tells of its limits first, whoever imports these
from tollbook.model.limits import FORMAT_CASES, way

_FILES = way("Formats that somebody shared")
_NOT_TAKEN = "the file is refused, and nothing is changed"
SHARED_BYTES = _FILES.limit("a format, packed and unpacked", 4 << 20, "bytes", _NOT_TAKEN)
SHARED_FILES = _FILES.limit("files of a format", 3 * FORMAT_CASES + 4, "files", _NOT_TAKEN)
SHARED_RESULT = _FILES.limit("the outcomes of a case", 4 << 20, "bytes", _NOT_TAKEN)
SHARED_CHECK_S = _FILES.limit("comparing a format with those there are", 60, "seconds", _NOT_TAKEN)
