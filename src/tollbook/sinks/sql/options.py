"""What can be set for a table in a database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tollbook.plugins import PASSWORD, TEXT, Kind, Setting, choice, seconds, whole

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


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        message = "an address whose port is a number; an IPv6 one stands in [ ]"
        raise ValueError(message) from None
    if parts.scheme.partition("+")[0] not in SCHEMES:
        message = f"an address that begins with one of {', '.join(f'{each}://' for each in SCHEMES)}"
        raise ValueError(message)
    if parts.username or parts.password:
        message = "an address without a name and password in it; set them as 'username' and 'password'"
        raise ValueError(message)
    if any(_SECRET.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        message = "an address without a secret after its '?'; set it as 'password'"
        raise ValueError(message)
    return text


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
        ),
    ]
    username: Annotated[str, Setting("name to log in with", TEXT, example="tollbook")] = ""
    password: Annotated[str, Setting("password to log in with", PASSWORD, secret=True)] = ""
    password_file: Annotated[
        str,
        Setting("file that holds the password, instead of 'password'", TEXT, advanced=True),
    ] = ""
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
    timeout: Annotated[
        float,
        Setting("longest wait for the database", seconds(1, 3600), default="60s", advanced=True),
    ] = 60.0

    @property
    def backend(self) -> str:
        """Which database it is."""
        return SCHEMES[urlsplit(self.url).scheme.partition("+")[0]]

    def secret(self) -> str:
        """The password, from its file where one is named. Raises OSError for one that cannot be read."""
        return Path(self.password_file).read_text("utf-8").rstrip("\r\n") if self.password_file else self.password
