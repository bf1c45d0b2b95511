"""What can be set for every server that files are fetched from, whichever protocol it speaks."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, Alias, Kind, Setting, seconds
from tollbook.server_options import secret_file
from tollbook.sources import common
from tollbook.sources.common import WithPassword


def _folder(text: str) -> str:
    if not common.is_plain(text):
        raise ValueError("a folder's path on the server, without line breaks")
    return text if text == "/" else text.rstrip("/")


def _line(text: str) -> str:
    if not common.is_plain(text):
        raise ValueError("text without line breaks")
    return text


class Account(WithPassword, msgspec.Struct, frozen=True, kw_only=True):
    """A server and who logs in to it."""

    host: Annotated[
        str,
        Setting("name or address of the server", common.HOST, required=True, example="192.0.2.10", reach=Reach.CONNECT),
    ]
    username: Annotated[str, Setting("name to log in with", Kind(_line), required=True, example="cdr")]
    password: Annotated[str, Setting("password to log in with", PASSWORD, secret=True)] = ""
    password_file: Annotated[str, secret_file()] = ""
    timeout: Annotated[
        float,
        Setting(
            "longest wait for the server to connect, to answer, or for its next bytes",
            seconds(1, 600),
            "20s",
            advanced=True,
        ),
    ] = 20.0


class RemoteFiles(Account, frozen=True, kw_only=True):
    """Which files of a server are taken, when, and what becomes of them; protocols add how the server is known."""

    path: Annotated[
        str,
        Setting("folder on the server; '.' is the one it opens at login", Kind(_folder), ".", example="/cdr"),
    ] = "."
    names: Annotated[tuple[str, ...], common.names("*", Alias("pattern"), example="cdr_*")] = ("*",)
    interval: Annotated[float, common.interval("polling interval, from look to look", "60s")] = 60.0
    minimum_age: common.MinimumAge = 5.0
    after: Annotated[str, common.after(Alias("then"))] = "leave"
    move_to: Annotated[
        str,
        common.move_to(
            "folder on the server for taken files, within 'path' unless it begins with /",
            Kind(_folder),
            "taken",
            Alias("moved-to"),
        ),
    ] = "taken"
    largest: common.LargestFile = 1024
    most: common.MostFiles = 20_000
