"""What can be set for a table in a database."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from tollbook.gate import read_text
from tollbook.model.fence import Fence, Reach
from tollbook.plugins import PASSWORD, TEXT, Kind, Setting, choice, seconds, whole
from tollbook.server_options import CaFile, secret_file, tls_choice
from tollbook.tls import is_this_machine

SCHEMES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "mssql": "mssql",
    "sqlserver": "mssql",
    "oracle": "oracle",
}
"""First words of a URL, and the database each means."""
_NAME = re.compile(r"[^\x00-\x1f\"`\[\]]{1,120}")
_SECRET = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)
_TLS = re.compile(r"ssl|tls|encrypt|cert", re.IGNORECASE)
_HOST = re.compile(r"[\w.:\\-]{0,253}")
_DATABASE = re.compile(r"[^\x00-\x1f=;,/\\'\"(){}?#&]{0,120}")
_PLACE = re.compile(r"/[^\x00-\x1f,]{0,200}")
_WORD = re.compile(r"[\w.$-]{1,120}")

IN_URL: dict[str, dict[str, re.Pattern[str]]] = {
    "postgresql": {"host": _PLACE},
    "mysql": {"unix_socket": _PLACE, "charset": _WORD},
    "sqlite": {},
    "mssql": {},
    "oracle": {"service_name": _WORD},
}
"""What a URL may say after its `?`, and how. Drivers know more there, such as files to read and statements to run."""


def _url(text: str) -> str:
    try:
        url = make_url(text)  # the very reading that is connected by: another one could be told something else
    except (ArgumentError, ValueError):
        message = "an address such as postgresql://192.0.2.20/calls; an IPv6 one stands in [ ]"
        raise ValueError(message) from None
    backend = SCHEMES.get(url.drivername.partition("+")[0])
    if backend is None:
        message = f"an address that begins with one of {', '.join(f'{each}://' for each in SCHEMES)}"
        raise ValueError(message)
    if url.username or url.password:
        message = "an address without a name and password in it; set them as 'username' and 'password'"
        raise ValueError(message)
    if any(_SECRET.search(name) for name in url.query):
        message = "an address without a secret after its '?'; set it as 'password'"
        raise ValueError(message)
    for name, value in url.query.items():
        _refuse_unknown(IN_URL[backend], name, value)
    _refuse_odd_place(url, backend)
    return text


def _refuse_unknown(known: dict[str, re.Pattern[str]], name: str, value: object) -> None:
    if _TLS.search(name):
        message = f"an address without {name!r}; TLS is set by 'tls' and 'ca-file'"
        raise ValueError(message)
    if name not in known:
        there = f"known there are: {', '.join(known)}" if known else "nothing can stand there for this database"
        message = f"an address without {name!r} after its '?'; {there}"
        raise ValueError(message)
    if not isinstance(value, str) or not known[name].fullmatch(value):
        message = f"an address whose {name!r} is {'a full path' if known[name] is _PLACE else 'a plain word'}"
        raise ValueError(message)


def _refuse_odd_place(url: URL, backend: str) -> None:
    if backend == "sqlite":
        if not (url.database or "").startswith("/"):
            message = "an address with a full path, such as sqlite:////srv/calls.sqlite"
            raise ValueError(message)
    elif not _HOST.fullmatch(url.host or "") or not _DATABASE.fullmatch(url.database or ""):
        message = "an address of one host and one database, such as postgresql://192.0.2.20/calls"
        raise ValueError(message)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        message = "a name of 1 to 120 characters, without quotes or brackets"
        raise ValueError(message)
    return text


def _schema(text: str) -> str:
    return _name(text) if text else ""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which table, in which database, and how it is reached."""

    url: Annotated[
        str,
        Setting(
            "address of the database: postgresql://host/name, mariadb://host/name, sqlite:////path/to/file, mssql://… "
            "or oracle://…",
            Kind(_url),
            required=True,
            example="postgresql://192.0.2.20/calls",
            reach=Reach.CONNECT,
        ),
    ]
    username: Annotated[str, Setting("name to log in with", TEXT, example="tollbook")] = ""
    password: Annotated[str, Setting("password to log in with", PASSWORD, secret=True)] = ""
    password_file: Annotated[str, secret_file()] = ""
    table: Annotated[str, Setting("table that calls are written to", Kind(_name), default="calls")] = "calls"
    schema: Annotated[str, Setting("schema of the table, where it is not the user's own", Kind(_schema))] = ""
    create: Annotated[
        str,
        Setting("make the table where there is none: yes or no", choice("yes", "no"), default="yes"),
    ] = "yes"
    batch: Annotated[
        int,
        Setting("most calls written in one transaction", whole(1, 200_000), default="100000", advanced=True),
    ] = 100_000
    tls: Annotated[
        str, tls_choice("how to know the database over TLS", auto="verified, but for a database on this machine")
    ] = "auto"
    ca_file: CaFile = ""
    timeout: Annotated[
        float,
        Setting(
            "longest wait for an answer of the database; a delivery as a whole may take four times that",
            seconds(1, 3600),
            default="60s",
            advanced=True,
        ),
    ] = 60.0

    @property
    def backend(self) -> str:
        """Which database it is."""
        return SCHEMES[make_url(self.url).drivername.partition("+")[0]]

    @property
    def is_near(self) -> bool:
        """Whether the database is on this machine: no host, or one by which a machine calls itself."""
        host = make_url(self.url).host
        return not host or is_this_machine(host)

    @property
    def protection(self) -> str:
        """The choice of `tls`; under `auto` verified, and on this machine whatever the driver does by itself."""
        return "verified" if self.tls == "auto" and not self.is_near else self.tls

    def secret(self, fence: Fence) -> str:
        """The password, from its file where one is named; raises `OutOfReach`, or OSError where it cannot be read."""
        return read_text(fence, self.password_file).rstrip("\r\n") if self.password_file else self.password
