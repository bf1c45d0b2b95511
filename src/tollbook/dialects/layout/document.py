"""Reads a `dialect.toml` that anybody may have put into a site's folder."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG
from typing import Any

from tollbook.model.document import read_document
from tollbook.model.limits import FORMAT_FILE
from tollbook.model.problem import Misconfigured, Problem


def read_file(path: Path, where: str) -> dict[str, Any]:
    """Return a layout's file as a document; raises `Misconfigured`, and for anything but a plain file, too."""
    try:
        looked = path.stat()
        if not S_ISREG(looked.st_mode):
            raise Misconfigured(Problem("the layout cannot be read", "it is no plain file", where))
        if looked.st_size > FORMAT_FILE:
            raise Misconfigured(Problem("the layout is too large", f"more than {FORMAT_FILE} bytes", where))
        return read_document(path.read_text("utf-8"), where)
    except (OSError, UnicodeDecodeError) as fault:
        raise Misconfigured(Problem("the layout cannot be read", str(fault), where)) from fault
