"""What several kinds of source have in common, above all what they let be set: each option once, under one name.

A kind gives its own default, and the names that the option had in that kind before (`was`).
"""

from __future__ import annotations

import os
import re
import ssl
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any

import msgspec
import re2  # type: ignore[import-untyped]  # the library has none

from tollbook import gate, tls
from tollbook.model.fence import Fence, Reach
from tollbook.plugins import TEXT, WORDS, Alias, Kind, Setting, choice, seconds, whole

Network = IPv4Network | IPv6Network
SENT_HERE = (
    "On the PBX, is the destination this machine's address, and the port the one in the settings?",
    "Does a firewall on this machine or between the two let the port through?",
)
"""What to look at when nothing comes of what the PBX is told to send."""
_HIGHEST_PORT = 65_535
_SHA256_DIGITS = 64
_LISTEN = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>\d{1,5})", re.ASCII)


_OF_ASYNCIO = re.compile(r"call failed|while attempting|\[Errno")
"""Words by which asyncio wraps the system's own."""
_NUMBERED = re.compile(r"^\[Errno -?\d+\] ")


def reason_of(fault: Exception) -> str:
    """Return why something failed, in the system's own words.

    >>> reason_of(ConnectionRefusedError(111, "Connect call failed ('192.0.2.10', 2300)"))
    'connection refused'
    >>> reason_of(ConnectionError("[Errno 111] Connection refused"))  # as HTTP libraries have it
    'connection refused'
    """
    if isinstance(fault, ssl.SSLError):
        return (fault.reason or "not TLS").lower().replace("_", " ")
    if isinstance(fault, UnicodeDecodeError):
        return "it is not UTF-8"
    number, words = getattr(fault, "errno", None) or 0, getattr(fault, "strerror", None) or str(fault) or "it closed"
    if number > 0 and _OF_ASYNCIO.search(words):
        words = os.strerror(number)
    words = _NUMBERED.sub("", words)
    return words[:1].lower() + words[1:]


# ---------------------------------------------------------------- how texts are read


class HostPort(msgspec.Struct, frozen=True):
    """A place of this machine that is listened on."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return it as it is written in `listen`, and in a URL.

        >>> str(HostPort("::", 5000))
        '[::]:5000'
        """
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class LinePattern(msgspec.Struct, frozen=True):
    """A pattern that a person wrote, in RE2's syntax, which no text can make slow; an empty one is none."""

    text: str = ""

    def __bool__(self) -> bool:
        """Say whether there is one."""
        return bool(self.text)

    def is_in(self, data: bytes) -> bool:
        """Say whether it is found in some bytes.

        >>> LinePattern("^SITE7").is_in(b"SITE7 1015"), LinePattern("^SITE7").is_in(b"SITE8")
        (True, False)
        """
        return _compiled(self.text).search(data) is not None


@lru_cache
def _compiled(text: str) -> Any:  # noqa: ANN401 - the library has no types
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # byte for byte: what a PBX sends need not be UTF-8
    options.log_errors = False
    return re2.compile(text.encode(), options)


def _address(text: str) -> HostPort:
    found = _LISTEN.fullmatch(text.strip())
    if not found or int(found["port"]) > _HIGHEST_PORT:
        raise ValueError("an address of this machine and a port, such as 0.0.0.0:5000 or [::]:5000")
    return HostPort(found["v6"] or found["host"], int(found["port"]))


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(each.strip(), strict=False) for each in text.split(",") if each.strip())
    except ValueError:
        raise ValueError("addresses or networks with commas between, such as 192.0.2.10, 198.51.100.0/24") from None


def _pattern(text: str) -> LinePattern:
    try:
        _compiled(text)
    except re2.error as fault:
        why = fault.args[0].decode("utf-8", "replace") if isinstance(fault.args[0], bytes) else fault
        raise ValueError(f"a pattern in RE2's syntax, such as ^SITE7 ({why})") from None
    return LinePattern(text)


def _fingerprint(text: str) -> str:
    digits = text.replace(":", "").replace(" ", "").lower()
    if digits and (len(digits) != _SHA256_DIGITS or any(character not in "0123456789abcdef" for character in digits)):
        raise ValueError("the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, colons allowed")
    return digits


def is_plain(text: str) -> bool:
    """Say whether a text has no line break or other control character."""
    return text.isprintable() or not any(character < " " or character == "\x7f" for character in text)


def _host(text: str) -> str:
    bare = text.removeprefix("[").removesuffix("]")
    if not is_plain(bare) or any(character in bare for character in " /@\\"):
        raise ValueError("a host name or an address alone, without a protocol, a name or a folder")
    if ":" in bare:
        try:
            IPv6Address(bare.partition("%")[0])
        except ValueError:
            raise ValueError("a host name or an address alone; its port is set as 'port'") from None
    return bare


def _full_path(text: str) -> str:
    if text and not Path(text).expanduser().is_absolute():
        raise ValueError("a full path, since a server's working folder is nobody's business")
    return str(Path(text).expanduser()) if text else ""


LISTEN = Kind(_address)
PATTERN = Kind(_pattern)
HOST = Kind(_host)
FULL_PATH = Kind(_full_path)


# ---------------------------------------------------------------- a password


class WithPassword:
    """What options with a password have in common; it may stand in a file."""

    __slots__ = ()
    password: str
    password_file: str

    def secret(self, fence: Fence) -> str:
        """The password, from its file where one is named; raises `Unavailable` when that cannot be read."""
        return gate.password(fence, self.password_file, self.password)


# ---------------------------------------------------------------- a server that is connected to, over TLS

_WITH_TLS = ("tls", ("explicit", "implicit"))
"""Where encryption is an option of its own, those below mean something only with it."""


def certificate(*was: Alias) -> Setting:
    """Return the option for how a server is known by its certificate."""
    return Setting(
        "how to know the other side by its certificate: verified (a known authority or 'ca-file'), pinned "
        "('fingerprint'), or unverified (anyone on the network could answer in its place)",
        choice("verified", "pinned", "unverified"),
        default="verified",
        needs=_WITH_TLS,
        was=was,
    )


CaFile = Annotated[
    str,
    Setting(
        "file with the certificate authority to trust, PEM",
        TEXT,
        needs=("certificate", ("verified",)),
        reach=Reach.KEY,
    ),
]
Fingerprint = Annotated[
    str,
    Setting(
        "SHA-256 fingerprint of the other side's certificate",
        Kind(_fingerprint),
        needs=("certificate", ("pinned",)),
    ),
]


def tls_oldest(*was: Alias, needs: tuple[str, tuple[str, ...]] | None = None) -> Setting:
    """Return the option for the oldest version of TLS."""
    return Setting(
        "oldest TLS version to accept; those before 1.2 can be broken, and some old PBXs know no other",
        choice("1.0", "1.1", "1.2", "1.3"),
        default="1.2",
        needs=needs,
        advanced=True,
        was=was,
    )


ServersTlsOldest = Annotated[str, tls_oldest(needs=_WITH_TLS)]


# ---------------------------------------------------------------- a PBX that connects to us


class Tls(msgspec.Struct, frozen=True):
    """How connections are encrypted, if they are; PBXs that share an address have this in common."""

    certificate_file: str = ""
    key_file: str = ""
    oldest: str = ""

    def __bool__(self) -> bool:
        """Say whether they are."""
        return bool(self.certificate_file or self.key_file)

    def context(self) -> ssl.SSLContext:
        """Return what connections are made with; raises `Unavailable` when the files cannot be used."""
        return tls.for_peers(self.certificate_file, self.key_file, self.oldest)


NO_TLS = Tls()


CertificateFile = Annotated[
    str,
    Setting(
        "file with the certificate to show, PEM; with one, connections are TLS",
        TEXT,
        reach=Reach.KEY,
        was=(Alias("certificate"),),
    ),
]
KeyFile = Annotated[
    str,
    Setting(
        "file with the certificate's key, PEM, where it is not in the same file",
        TEXT,
        reach=Reach.KEY,
        was=(Alias("key"),),
    ),
]
Peers = Annotated[
    tuple[Network, ...],
    Setting(
        "addresses or networks of the PBX, separated by commas; empty: any",
        Kind(_networks),
        example="192.0.2.10, 198.51.100.0/24",
    ),
]


# ---------------------------------------------------------------- files, and how often


def names(default: str, *was: Alias, example: str = "") -> Setting:
    """Return the option for the names of the files to take."""
    return Setting("names of the files to take, with * and ?, separated by commas", WORDS, default, example, was=was)


def after(*was: Alias) -> Setting:
    """Return the option for what becomes of a file once it was taken."""
    return Setting(
        "what becomes of a file once its calls are stored: leave it, move it to 'move-to', or delete it",
        choice("leave", "move", "delete"),
        default="leave",
        advanced=True,
        was=was,
    )


def move_to(meaning: str, kind: Kind, default: str = "", *was: Alias, reach: Reach | None = None) -> Setting:
    """Return the option for where taken files are moved to."""
    return Setting(meaning, kind, default, needs=("after", ("move",)), advanced=True, reach=reach, was=was)


MinimumAge = Annotated[
    float,
    Setting(
        "how long a file must be left unchanged to count as complete",
        seconds(0.1, 3600),
        default="5s",
        advanced=True,
    ),
]
LargestFile = Annotated[
    int,
    Setting("most megabytes of one file; a larger one is left and said", whole(1, 65_536), "1024", advanced=True),
]
MostFiles = Annotated[
    int,
    Setting(
        "most files of the folder that are looked at in one round",
        whole(1, 1_000_000),
        "20000",
        advanced=True,
    ),
]


def interval(meaning: str, default: str, *was: Alias, least_s: float = 1.0, advanced: bool = False) -> Setting:
    """Return the option for the time from one asking, look or run to the next."""
    return Setting(meaning, seconds(least_s, 86_400), default, advanced=advanced, was=was)


def most_connections(meaning: str, most: int, default: str, *was: Alias) -> Setting:
    """Return the option for how many connections there may be at once."""
    return Setting(meaning, whole(1, most), default, advanced=True, was=was)


def idle(meaning: str) -> Setting:
    """Return the option for how long a connection may be silent."""
    return Setting(meaning, seconds(0, 604_800), default="0s", advanced=True)
