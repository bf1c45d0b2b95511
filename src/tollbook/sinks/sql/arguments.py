"""What each driver is told when it connects: how long to wait, how TLS is spoken, and to hand no file over.

Under `tls=auto` a database on this machine is reached as its driver does by itself, and any other as `verified` says.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import URL

from tollbook import tls
from tollbook.model.problem import Misconfigured, Problem
from tollbook.sinks.sql.options import Options

CONNECT_S = 10
_OLDEST = "1.2"
_ORACLE_PORT = 1521
_FOUND_ROWS, _LOCAL_FILES = 2, 128
"""What a client of MySQL says it can do, by the protocol's numbers."""

Arguments = dict[str, Any]


def arguments(options: Options, url: URL) -> Arguments:
    """Return what the driver of the database is given beside the URL."""
    return _OF[options.backend](options, url)


def _postgres(options: Options, _url: URL) -> Arguments:
    limit = int(options.timeout * 1000)
    return {
        "connect_timeout": CONNECT_S,
        "options": f"-c statement_timeout={limit} -c TimeZone=UTC",
        "tcp_user_timeout": limit,
        "keepalives_idle": 10,
        "application_name": "tollbook",
        "gssencmode": "disable",  # else a ticket that is there would be taken in the place of TLS
        **_POSTGRES_TLS[options.protection](options),
    }


def _trusted_by_postgres(options: Options) -> str:
    """Return the file of authorities: libpq brings an OpenSSL of its own, which does not find the system's."""
    return options.ca_file or ssl.get_default_verify_paths().cafile or "system"


_POSTGRES_TLS: dict[str, Callable[[Options], Arguments]] = {
    "auto": lambda _: {},
    "verified": lambda options: {"sslmode": "verify-full", "sslrootcert": _trusted_by_postgres(options)},
    "unverified": lambda _: {"sslmode": "require", "sslrootcert": ""},
    "off": lambda _: {"sslmode": "disable"},
}


def _mysql(options: Options, _url: URL) -> Arguments:
    limit = int(options.timeout)
    return {
        "connect_timeout": CONNECT_S,
        "read_timeout": limit,
        "write_timeout": limit,
        "charset": "utf8mb4",
        "local_infile": False,  # else the driver sends any file that the server names
        "client_flag": _FOUND_ROWS | _LOCAL_FILES,  # what `writers` sends itself is our calls, never a file by name
        "init_command": "SET time_zone = '+00:00', sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
        **_MYSQL_TLS[options.protection](options),
    }


_MYSQL_TLS: dict[str, Callable[[Options], Arguments]] = {
    "auto": lambda _: {},
    "verified": lambda options: {"ssl": tls.to_peer(options.ca_file, _OLDEST, verified=True)},
    "unverified": lambda _: {"ssl": tls.to_peer("", _OLDEST, verified=False)},
    "off": lambda _: {"ssl_disabled": True},
}


def _sql_server(options: Options, _url: URL) -> Arguments:
    if options.ca_file:
        reason = "SQL Server's driver trusts the authorities of this machine and no other"
        raise Misconfigured(Problem("'ca-file' cannot be used here", reason, help="add the authority to the machine's"))
    return {"timeout": CONNECT_S, **_SQL_SERVER_TLS[options.protection]}


_SQL_SERVER_TLS: dict[str, Arguments] = {
    "auto": {"Encrypt": "yes", "TrustServerCertificate": "yes"},
    "verified": {"Encrypt": "yes", "TrustServerCertificate": "no"},
    "unverified": {"Encrypt": "yes", "TrustServerCertificate": "yes"},
    "off": {"Encrypt": "no"},
}


def _oracle(options: Options, url: URL) -> Arguments:
    """Say host, port and service one by one: a description put together of them could say more, such as a wallet."""
    service = url.query.get("service_name")
    told: Arguments = {
        "host": url.host or "localhost",
        "port": url.port or _ORACLE_PORT,
        "tcp_connect_timeout": CONNECT_S,
        **({"service_name": service} if service else {"sid": url.database}),
    }
    if options.protection in ("auto", "off"):
        return told
    verified = options.protection == "verified"
    context = tls.to_peer(options.ca_file if verified else "", _OLDEST, verified=verified)
    return {**told, "protocol": "tcps", "ssl_context": context, "ssl_server_dn_match": verified}


_OF: dict[str, Callable[[Options, URL], Arguments]] = {
    "postgresql": _postgres,
    "mysql": _mysql,
    "sqlite": lambda options, _: {"timeout": options.timeout},
    "mssql": _sql_server,
    "oracle": _oracle,
}
