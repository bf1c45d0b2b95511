"""What can be set for files in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import WORDS, Kind, Setting, choice, seconds, whole

USUAL_NAMES = ("Master*", "*.csv", "*.csv.*", "*.zip", "*.gz", "*.tgz", "*.tar")


def _absolute(text: str) -> str:
    if not Path(text).expanduser().is_absolute():
        message = "a full path, since a server's working folder is nobody's business"
        raise ValueError(message)
    return str(Path(text).expanduser())


def _absolute_if_any(text: str) -> str:
    return _absolute(text) if text else ""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A folder (or one file) and what becomes of its files."""

    path: Annotated[
        str,
        Setting(
            "folder to watch, or one file",
            Kind(_absolute),
            required=True,
            example="/srv/pbx/kx-hts",
            reach=Reach.READ,
        ),
    ]
    names: Annotated[
        tuple[str, ...],
        Setting(
            "names of the files to take, with * and ?, divided by commas",
            WORDS,
            default=",".join(USUAL_NAMES),
            advanced=True,
        ),
    ] = USUAL_NAMES
    after: Annotated[
        str,
        Setting(
            "what becomes of a file once its calls are stored: it stays, it moves to 'move-to', or it is deleted",
            choice("stay", "move", "delete"),
            default="stay",
            advanced=True,
        ),
    ] = "stay"
    move_to: Annotated[
        str,
        Setting(
            "folder for taken files; 'taken' beside them when empty",
            Kind(_absolute_if_any),
            needs=("after", ("move",)),
            advanced=True,
            reach=Reach.WRITE,
        ),
    ] = ""
    largest: Annotated[
        int,
        Setting("most megabytes of one file; a larger one is left and said", whole(1, 65_536), "1024", advanced=True),
    ] = 1024
    most: Annotated[
        int,
        Setting(
            "most files of the folder that are looked at in one round",
            whole(1, 1_000_000),
            "20000",
            advanced=True,
        ),
    ] = 20_000
    minimum_age: Annotated[
        float,
        Setting(
            "how long a file must be left unchanged to count as complete",
            seconds(0.1, 3600),
            default="5s",
            advanced=True,
        ),
    ] = 5.0
    rescan: Annotated[
        float,
        Setting(
            "how often to look without being told, as network shares need",
            seconds(0.1, 3600),
            default="5s",
            advanced=True,
        ),
    ] = 5.0
