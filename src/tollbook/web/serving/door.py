"""The door of the pages and the API: how many connections come in, so that collecting calls keeps its descriptors.

A connection without a place is closed as it is accepted, before the event loop knows of it. Streams of events have
places like any other connection. What always holds: a place is given back with its descriptor, however that ends.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import weakref
from collections import Counter
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Any

import structlog

from tollbook.model.page_limits import DESCRIPTORS, WEB_CONNECTIONS, WEB_CONNECTIONS_KEPT, WEB_CONNECTIONS_OF_ONE

if sys.platform != "win32":
    from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit

_log = structlog.get_logger()
_MACHINE = "this machine"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 26\r\n"
    b"Retry-After: 10\r\nConnection: close\r\n\r\nthere are too many callers"
)


def raise_descriptors() -> int:
    """Let this process have as many file descriptors as it may; return how many these are.

    The limit that a login sets, often 1,024, is made for programs that wait with `select`, which nothing here does.
    """
    if sys.platform == "win32":
        return DESCRIPTORS
    soft, hard = getrlimit(RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft == RLIM_INFINITY or soft >= most:
        return DESCRIPTORS if soft == RLIM_INFINITY else soft
    with suppress(OSError, ValueError):  # a system with a limit of its own keeps what there is
        setrlimit(RLIMIT_NOFILE, (most, hard))
    return getrlimit(RLIMIT_NOFILE)[0]


class Places:
    """How many connections there are, in all and of each address."""

    def __init__(self, descriptors: int) -> None:
        self._most = min(WEB_CONNECTIONS, descriptors // 4)
        self._most_of_one = min(WEB_CONNECTIONS_OF_ONE, self._most // 2)
        self._most_of_others = self._most - min(WEB_CONNECTIONS_KEPT, self._most // 2)
        self._taken: Counter[str] = Counter()
        self._told: set[str] = set()

    @property
    def taken(self) -> int:
        """How many there are."""
        return self._taken.total()

    def take(self, address: str) -> bool:
        """Take a place for a connection from an address; False where there is none."""
        caller = caller_of(address)
        if caller != _MACHINE and self._taken[caller] >= self._most_of_one:
            return self._refuse(caller, f"{caller} has {self._most_of_one} of them, the most of one address")
        if self.taken >= (self._most if caller == _MACHINE else self._most_of_others):
            return self._refuse("", f"there are {self.taken}, the most of all")
        self._taken[caller] += 1
        return True

    def leave(self, address: str) -> None:
        """Give a place back. Refusals are told anew once half of the places are free."""
        caller = caller_of(address)
        self._taken[caller] -= 1
        if self._taken[caller] <= self._most_of_one // 2:
            self._told.discard(caller)
        if self.taken <= self._most // 2:
            self._told.discard("")
        self._taken += Counter()  # forgets who has none

    def _refuse(self, whom: str, reason: str) -> bool:
        if whom not in self._told:
            self._told.add(whom)
            _log.warning("connections to the pages are refused; collecting goes on", reason=reason)
        return False


def caller_of(address: str) -> str:
    """Return whose place a connection takes: whoever has one IPv6 address has its whole /64 network.

    >>> caller_of("192.0.2.7"), caller_of("::ffff:192.0.2.7"), caller_of("2001:db8::1:2"), caller_of("127.0.0.1")
    ('192.0.2.7', '192.0.2.7', '2001:db8::/64', 'this machine')
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return _MACHINE
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_loopback:
        return _MACHINE
    return f"{IPv6Address(int(found) >> 64 << 64)}/64" if isinstance(found, IPv6Address) else str(found)


class _Caller(socket.socket):
    """A connection that gives its place back as it is closed."""

    def __init__(self, accepted: socket.socket, places: Places, address: str) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._leave = weakref.finalize(self, places.leave, address)
        self._leave.atexit = False

    def close(self) -> None:
        super().close()
        self._leave()


class Door(socket.socket):
    """A listening socket that lets in whoever has a place."""

    def __init__(self, family: int, places: Places) -> None:
        # The protocol is named, since asyncio sends small pieces at once (TCP_NODELAY) on such connections alone.
        # Without that an answer waits some 40 ms for the other side's acknowledgement.
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._places = places

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection; raises `ConnectionAbortedError`, as for one that has gone, without a place."""
        connection, address = super().accept()
        if self._places.take(address[0]):
            return _Caller(connection, self._places, address[0]), address
        with connection, suppress(OSError):
            connection.settimeout(0)
            connection.send(_FULL)
        raise ConnectionAbortedError


def open_doors(host: str, port: int, places: Places) -> list[socket.socket]:
    """Listen at each address that a host's name stands for; raises `OSError` where that is not possible."""
    doors: list[socket.socket] = []
    for family, _, _, _, where in dict.fromkeys(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)):
        door = Door(family, places)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(os.name == "posix"))
        if family == socket.AF_INET6:
            door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            door.bind(where)
        except OSError as fault:
            door.close()
            if fault.errno != errno.EADDRNOTAVAIL:  # such as ::1 where there is no IPv6
                raise
            continue
        doors.append(door)
    if not doors:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL), f"{host}:{port}")
    return doors
