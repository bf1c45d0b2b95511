"""What can be set for every server that files are fetched from, whichever protocol it speaks."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Annotated

import msgspec

from tollbook import gate
from tollbook.model.fence import Fence, Reach
from tollbook.plugins import PASSWORD, TEXT, WORDS, Kind, Setting, choice, seconds, whole


def _is_plain(text: str) -> bool:
    return text.isprintable() or not any(character < " " or character == "\x7f" for character in text)


def _host(text: str) -> str:
    bare = text.removeprefix("[").removesuffix("]")
    if not _is_plain(bare) or any(character in bare for character in " /@\\"):
        message = "a host name or an address alone, without a protocol, a name or a folder"
        raise ValueError(message)
    if ":" in bare:
        try:
            IPv6Address(bare.partition("%")[0])
        except ValueError:
            message = "a host name or an address alone; its port is set as 'port'"
            raise ValueError(message) from None
    return bare


def _folder(text: str) -> str:
    if not _is_plain(text):
        message = "a folder's path on the server, without line breaks"
        raise ValueError(message)
    return text if text == "/" else text.rstrip("/")


def _line(text: str) -> str:
    if not _is_plain(text):
        message = "text without line breaks"
        raise ValueError(message)
    return text


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A server and who logs in to it."""

    host: Annotated[
        str,
        Setting("name or address of the server", Kind(_host), required=True, example="192.0.2.10", reach=Reach.CONNECT),
    ]
    username: Annotated[str, Setting("name to log in with", Kind(_line), required=True, example="cdr")]
    password: Annotated[str, Setting("password to log in with", PASSWORD, secret=True)] = ""
    password_file: Annotated[
        str,
        Setting("file that holds the password, instead of 'password'", TEXT, advanced=True, reach=Reach.READ),
    ] = ""
    timeout: Annotated[
        float,
        Setting(
            "longest wait for the server to connect, to answer, or for its next bytes",
            seconds(1, 600),
            "20s",
            advanced=True,
        ),
    ] = 20.0

    def secret(self, fence: Fence) -> str:
        """The password, from its file where one is named; raises `Unavailable` when that cannot be read."""
        return gate.password(fence, self.password_file, self.password)


class Files(Account, frozen=True, kw_only=True):
    """Which files of a server are taken, when, and what becomes of them; protocols add how the server is known."""

    path: Annotated[
        str,
        Setting("folder on the server; '.' is the one it opens at login", Kind(_folder), ".", example="/cdr"),
    ] = "."
    pattern: Annotated[
        tuple[str, ...],
        Setting("names of the files to take, with * and ?, divided by commas", WORDS, "*", example="cdr_*"),
    ] = ("*",)
    interval: Annotated[float, Setting("time between two looks at the folder", seconds(1, 86_400), "60s")] = 60.0
    minimum_age: Annotated[
        float,
        Setting(
            "how long a file must be left unchanged to count as complete",
            seconds(0.1, 3600),
            "5s",
            advanced=True,
        ),
    ] = 5.0
    then: Annotated[
        str,
        Setting(
            "what becomes of a file once its calls are stored: leave it, move it to 'moved-to', or delete it",
            choice("leave", "move", "delete"),
            "leave",
            advanced=True,
        ),
    ] = "leave"
    moved_to: Annotated[
        str,
        Setting(
            "folder on the server for taken files, within 'path' unless it begins with /",
            Kind(_folder),
            "taken",
            needs=("then", ("move",)),
            advanced=True,
        ),
    ] = "taken"
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
