"""What can be set for a folder on an SFTP server that messages are written to."""

from __future__ import annotations

from typing import Annotated

from tollbook.plugins import Kind, Setting, choice
from tollbook.sources import common
from tollbook.sources._remote.options import Account
from tollbook.sources.sftp.options import HostKey, KeyFile, Port


def _folder(text: str) -> str:
    if not common.is_plain(text):
        raise ValueError("a folder's path on the server, without line breaks")
    return text if text == "/" else text.rstrip("/")


class Options(Account, frozen=True, kw_only=True):
    """Which folder files are written to, which there are, and how the server and we are known to each other."""

    path: Annotated[
        str,
        Setting("folder on the server; '.' is the one it opens at login", Kind(_folder), ".", example="/reports"),
    ] = "."
    what: Annotated[
        str,
        Setting(
            "files (those of a message; its text where it has none) or all (the text, HTML and pictures, too)",
            choice("files", "all"),
            default="files",
        ),
    ] = "files"
    port: Port = 22
    host_key: HostKey
    key_file: KeyFile = ""
