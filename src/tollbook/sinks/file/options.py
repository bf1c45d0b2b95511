"""What can be set for files of calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import Kind, Setting, choice, seconds


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        message = "a full path, beginning with /"
        raise ValueError(message)
    return path


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where the files stand, what they are, and how often they are looked after."""

    path: Annotated[
        Path,
        Setting(
            "folder the files are written to; it is made where there is none",
            Kind(_folder),
            required=True,
            example="/srv/lake/calls",
            reach=Reach.WRITE,
        ),
    ]
    form: Annotated[
        str,
        Setting(
            "csv (for spreadsheets: a text that begins like a formula has an apostrophe before it), jsonl (JSON "
            "lines) or parquet",
            choice("csv", "jsonl", "parquet"),
            default="csv",
        ),
    ] = "csv"
    per: Annotated[
        str,
        Setting("a file a day or month, by the PBX's wall time", choice("day", "month"), default="day"),
    ] = "day"
    interval: Annotated[
        float,
        Setting("shortest time between two writings", seconds(0.1, 86_400), default="1m", advanced=True),
    ] = 60.0
