"""What can be set for a program whose output is a PBX's records."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import TEXT, Alias, Kind, Setting
from tollbook.sources import common
from tollbook.sources.command.surroundings import Variables, read_variable


def _words(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        words = ()
    if text.strip() and (not words or not words[0]):
        message = "a program with its arguments, divided by blanks; one that holds a blank stands in quotation marks"
        raise ValueError(message)
    return words


def _variables(text: str) -> Variables:
    return tuple(read_variable(word) for word in _words(text))


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A program, and what it finds when it starts."""

    command: Annotated[
        tuple[str, ...],
        Setting(
            "program with its arguments, run without a shell; it runs as Tollbook's user, and only if it is among the "
            "programs of tollbook.toml",
            Kind(_words),
            required=True,
            example="/usr/local/bin/read-pbx --follow",
            reach=Reach.RUN,
        ),
    ]
    directory: Annotated[
        str,
        Setting(
            "folder it runs in; the root folder when empty",
            common.FULL_PATH,
            example="/srv/pbx",
            advanced=True,
            reach=Reach.READ,
        ),
    ] = ""
    environment: Annotated[
        Variables,
        Setting(
            "variables it finds, NAME=value, divided by blanks; no secrets, which belong into 'environment-file'",
            Kind(_variables),
            example="LANG=C.UTF-8",
            advanced=True,
        ),
    ] = ()
    environment_file: Annotated[
        str,
        Setting(
            "file of more variables, NAME=value on each line; no message shows their values",
            TEXT,
            reach=Reach.KEY,
        ),
    ] = ""
    interval: Annotated[
        float,
        common.interval(
            "how long after it ended well it is run again; one that failed is tried again like any PBX that is gone",
            "5s",
            Alias("restart"),
            least_s=0.1,
            advanced=True,
        ),
    ] = 5.0
    idle: Annotated[float, common.idle("end it and start it anew after so long without a byte; 0s never does")] = 0.0

    @property
    def name(self) -> str:
        """What the program is called in messages; its arguments are nobody's business."""
        return Path(self.command[0]).name
