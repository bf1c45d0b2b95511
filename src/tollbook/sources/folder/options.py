"""What can be set for files in a folder."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import Alias, Setting
from tollbook.sources import common

USUAL_NAMES = ("Master*", "*.csv", "*.csv.*", "*.zip", "*.gz", "*.tgz", "*.tar")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A folder (or one file) and what becomes of its files."""

    path: Annotated[
        str,
        Setting(
            "folder to watch, or one file",
            common.FULL_PATH,
            required=True,
            example="/srv/pbx/kx-hts",
            reach=Reach.READ,
        ),
    ]
    names: Annotated[tuple[str, ...], common.names(",".join(USUAL_NAMES))] = USUAL_NAMES
    after: Annotated[str, common.after(Alias("after", {"stay": "leave"}))] = "leave"
    move_to: Annotated[
        str,
        common.move_to("folder for taken files; 'taken' beside them when empty", common.FULL_PATH, reach=Reach.WRITE),
    ] = ""
    largest: common.LargestFile = 1024
    most: common.MostFiles = 20_000
    minimum_age: common.MinimumAge = 5.0
    interval: Annotated[
        float,
        common.interval(
            "how often to look without being told, as network shares need",
            "5s",
            Alias("rescan"),
            least_s=0.1,
            advanced=True,
        ),
    ] = 5.0
