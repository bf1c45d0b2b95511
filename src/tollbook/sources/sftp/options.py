"""What can be set for files on an SFTP server."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import TEXT, Kind, Setting, whole
from tollbook.sources._remote.options import RemoteFiles

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class Pin(msgspec.Struct, frozen=True):
    """The key a server must show: its fingerprint, and its kind where that is known. Without one it is only shown."""

    fingerprint: str = ""
    kind: str = ""


def _pin(text: str) -> Pin:
    bare = text.strip().rstrip("=")
    if bare in ("", "show"):
        return Pin()
    if _FINGERPRINT.fullmatch(bare):
        return Pin(bare)
    kind, _, rest = text.strip().partition(" ")
    try:
        key = base64.b64decode(rest.split()[0], validate=True)
    except (binascii.Error, ValueError, IndexError):
        key = b""
    if key[4 : 4 + len(kind)] != kind.encode() or not kind:
        raise ValueError("SHA256:… with 43 characters, a public key such as 'ssh-ed25519 AAAA…', or the word show")
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    return Pin(f"SHA256:{digest}", kind)


Port = Annotated[int, Setting("port of the server", whole(1, 65_535), "22", advanced=True)]
HostKey = Annotated[
    Pin,
    Setting(
        "the server's public key or its SHA256 fingerprint; 'show' tells which one the server presents, sends it "
        "nothing and takes nothing",
        Kind(_pin),
        required=True,
        example="show",
    ),
]
KeyFile = Annotated[
    str,
    Setting(
        "file with the private key to log in with instead of a password, which then opens this file",
        TEXT,
        reach=Reach.KEY,
    ),
]


class Options(RemoteFiles, frozen=True, kw_only=True):
    """Files on an SFTP server: which, what becomes of them, and how the server and we are known to each other."""

    port: Port = 22
    host_key: HostKey
    key_file: KeyFile = ""
