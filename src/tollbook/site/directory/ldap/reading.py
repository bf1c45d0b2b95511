"""Reads people from an LDAP server, a page at a time, within the fence and within limits.

The connection is our own: opened through the gate, encrypted by Python's own TLS with the name of the server checked,
and broken off when more comes than is taken. Referrals are followed nowhere. A search that the server cuts short is
a fault, so that nobody is thought to have left whom it did not tell.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import re2  # type: ignore[import-untyped]  # the library has none

from tollbook import clock, gate
from tollbook.installing import install_command
from tollbook.model.fence import Fence, Reach
from tollbook.model.page_limits import LDAP_BYTES, LDAP_ENTRIES
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.site.directory.checks import tidied
from tollbook.site.directory.ldap.options import LdapOptions
from tollbook.tls import to_peer

_PAGE = 500
_LONGEST = 10.0
"""All of it may take so many times the longest wait for an answer."""
_PAGED = "1.2.840.113556.1.4.319"
_BINARY_ID = 16
_NO_DIGIT = re2.compile("[^0-9A-Za-z*#+]")


class LdapEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the server tells of them; what it does not tell is empty."""

    dn: str
    unique_id: str
    name: str
    mail: str = ""
    extension: str = ""
    department: str = ""
    cost_centre: str = ""


def read_people(options: LdapOptions, fence: Fence) -> list[LdapEntry]:
    """Return everybody whom the filter finds; raises `Unavailable`, and `Misconfigured` without the library."""
    with opened(options, fence) as connection:
        bind_reader(connection)
        return [_entry(each, options) for each in _found(connection, options)]


def _connection(ldap3: Any, options: LdapOptions, fence: Fence, given: tuple[str, str]) -> Any:  # noqa: ANN401 - it ships no types
    """Return a connection that is not opened yet, by whoever reads, or by the DN and password given."""
    who, word = given
    password = word if who else gate.password(fence, options.password_file, options.password)
    server = ldap3.Server(
        options.host,
        options.port,
        use_ssl=options.is_tls,
        get_info=ldap3.NONE,
        tls=_protection(options, fence),
    )
    connection = ldap3.Connection(
        server,
        who or options.bind_dn or None,
        password or None,
        auto_referrals=False,
        read_only=True,
        check_names=False,
        receive_timeout=int(options.timeout) or 1,
    )
    connection.strategy._open_socket = _opening(connection, options, fence)  # noqa: SLF001 - what it connects by
    return connection


@contextmanager
def opened(options: LdapOptions, fence: Fence, who: str = "", word: str = "") -> Iterator[Any]:
    """Yield a connection that is encrypted as it should be and not bound yet; as who reads, or as somebody by a DN.

    Whatever goes wrong within is raised as `Unavailable`, and `Misconfigured` without the library.
    """
    try:
        import ldap3
        from ldap3.core.exceptions import LDAPExceptionError
    except ImportError:
        hint = f"install it, then start Tollbook again: {install_command('ldap3')}"
        raise Misconfigured(Problem("LDAP cannot be read", "the library ldap3 is not installed", help=hint)) from None
    connection = _connection(ldap3, options, fence, (who, word))
    try:
        connection.open(read_server_info=False)
        if not options.is_tls and options.protection != "off":
            connection.start_tls(read_server_info=False)
        yield connection
    except (LDAPExceptionError, OSError) as fault:
        raise Unavailable(f"the server {options.host} cannot be read: {_said(fault)}") from fault
    except (Unavailable, Misconfigured):
        raise
    except Exception as fault:  # the library stumbles in many ways over what is no LDAP
        raise Unavailable(f"what the server {options.host} sends is no LDAP ({type(fault).__name__})") from fault
    finally:
        connection.strategy.close()


def bind_reader(connection: Any) -> None:  # noqa: ANN401 - the library has no types
    """Say who reads; raises `Unavailable` where the server does not let them."""
    if not connection.bind():
        raise Unavailable(f"the server does not let us read: {connection.result['description']}", permanent=True)


def _protection(options: LdapOptions, fence: Fence) -> Any:  # noqa: ANN401 - the library has no types
    """Return what encrypts a connection: our own context; the library's verifies nothing by itself."""
    import ldap3

    protection = ldap3.Tls()
    if options.protection != "off":
        if options.ca_file:
            gate.read_text(fence, options.ca_file, Reach.KEY)
        context = to_peer(options.ca_file, "1.2", verified=options.protection == "verified")
        protection.wrap_socket = lambda connection, **_said: _encrypt(connection, context, options.host)
    return protection


def _encrypt(connection: Any, context: ssl.SSLContext, host: str) -> None:  # noqa: ANN401 - the same
    connection.socket = _LdapSocket(context.wrap_socket(connection.socket.inner, server_hostname=host))


def _opening(connection: Any, options: LdapOptions, fence: Fence) -> Callable[..., None]:  # noqa: ANN401 - the same
    def open_socket(_address: object, use_ssl: bool = False, unix_socket: bool = False) -> None:  # noqa: FBT001, FBT002, ARG001 - as it is called
        connection.socket = _LdapSocket(gate.connected_now(fence, options.host, options.port, options.timeout))
        if use_ssl:
            connection.server.tls.wrap_socket(connection, do_handshake=True)
        connection.closed = False

    return open_socket


class _LdapSocket:
    """A socket from which so much and so long is read, and no more."""

    def __init__(self, inner: socket.socket) -> None:
        self.inner, self._left = inner, LDAP_BYTES
        self._until = clock.monotonic_s() + _LONGEST * (inner.gettimeout() or 30.0)

    def recv(self, most: int) -> bytes:
        """Return what has come; raises OSError when it is too much, or took too long."""
        if self._left <= 0 or clock.monotonic_s() > self._until:
            raise OSError(f"it sends more than {LDAP_BYTES >> 20} MiB" if self._left <= 0 else "it takes too long")
        data = self.inner.recv(most)
        self._left -= len(data)
        return data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a socket has
        return getattr(self.inner, name)


def _found(connection: Any, options: LdapOptions) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - the same
    cookie, count = None, 0
    while True:
        connection.search(
            options.base_dn,
            options.filter,
            attributes=options.attributes,
            paged_size=_PAGE,
            paged_criticality=True,
            paged_cookie=cookie,
        )
        if connection.result["result"]:
            raise Unavailable(f"the search ended with: {connection.result['description']}", permanent=True)
        for each in connection.response:
            if each["type"] == "searchResEntry":
                count += 1
                yield each
        if count > LDAP_ENTRIES:
            raise Unavailable(f"it finds more than {LDAP_ENTRIES} entries; narrow 'filter'", permanent=True)
        cookie = connection.result.get("controls", {}).get(_PAGED, {}).get("value", {}).get("cookie")
        if not cookie:
            return


def _entry(found: Mapping[str, Any], options: LdapOptions) -> LdapEntry:
    raw = {name.casefold(): values for name, values in found["raw_attributes"].items()}
    number = first_of(raw, options.extension)
    return LdapEntry(
        dn=found["dn"][:500],
        unique_id=unique_id(raw, options.unique_id),
        name=first_of(raw, options.name),
        mail=first_of(raw, options.mail),
        extension=_extension(number, options),
        department=_of_groups(raw.get(options.group.casefold(), ()), options) or first_of(raw, options.department),
        cost_centre=first_of(raw, options.cost_centre),
    )


def first_of(raw: Mapping[str, list[bytes]], names: tuple[str, ...]) -> str:
    """Return the first text that an entry has of some attributes."""
    texts = (tidied(value.decode("utf-8", "replace")) for name in names for value in raw.get(name.casefold(), ()))
    return next(filter(None, texts), "")


def unique_id(raw: Mapping[str, list[bytes]], names: tuple[str, ...]) -> str:
    """Return what never changes of an entry; Active Directory's are 16 bytes, others write theirs."""
    value = next((value for name in names for value in raw.get(name.casefold(), ())), b"")
    if len(value) == _BINARY_ID:
        return str(UUID(bytes_le=value))
    return value.decode("utf-8", "replace")[:100]


def _extension(number: str, options: LdapOptions) -> str:
    if options.extension_pattern:
        found = re2.fullmatch(options.extension_pattern, number)
        number = (found.group(found.re.groups) or "") if found else ""
    number = _NO_DIGIT.sub("", number)
    return number[-options.extension_digits :] if options.extension_digits else number


def _of_groups(values: Any, options: LdapOptions) -> str:  # noqa: ANN401 - the same
    groups = {value.decode("utf-8", "replace").casefold() for value in values}
    groups |= {each.partition(",")[0].partition("=")[2] for each in groups}
    return next((department for group, department in options.groups if group.casefold() in groups), "")


def _said(fault: Exception) -> str:
    return str(fault)[:300] or type(fault).__name__
