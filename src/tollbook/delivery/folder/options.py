"""What can be set for a folder that messages are written to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import Kind, Setting, choice


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("a full path, beginning with /")
    return path


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where the files stand, and which there are."""

    path: Annotated[
        Path,
        Setting(
            "folder that files are written to; it is made where there is none",
            Kind(_folder),
            required=True,
            example="/srv/reports",
            reach=Reach.WRITE,
        ),
    ]
    what: Annotated[
        str,
        Setting(
            "files (those of a message; its text where it has none) or all (the text, HTML and pictures, too)",
            choice("files", "all"),
            default="files",
        ),
    ] = "files"
