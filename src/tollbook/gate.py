"""The gate in the fence: how Tollbook goes to files, folders, programs and addresses that settings name.

`barred` answers when settings are kept. Everything else here is for the moment of use, and gives what was asked for
only after looking at what it really is: a file as it was opened, whatever links led there; an address as it is
connected to, whatever a name server said before. `OutOfReach` is raised where the fence bars it.

What may hang (a network share, a name server) belongs into `aside`, so that it holds up nobody else.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

from tollbook.model.fence import FILE, Barred, Fence, Ip, Reach
from tollbook.model.limits import SMALL_FILE
from tollbook.model.problem import Unavailable

_OF_A_SITE = (("site.sqlite",), ("journal.sqlite", FILE))
"""What the folder of a site has: its settings, or its journal and the file that says which database has them."""
_OPENED = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
"""A FIFO that nobody writes to would hold whoever opens it, and a terminal would become ours."""
_own_ports: set[int] = set()
Result = TypeVar("Result")


class OutOfReach(Unavailable):
    """The fence bars what settings name."""

    def __init__(self, barred: Barred) -> None:
        super().__init__(str(barred), permanent=True)


def note_own_port(port: int) -> None:
    """Note where this process serves its pages: no setting may have it ask itself."""
    _own_ports.add(port)


# ---------------------------------------------------------------- when settings are kept


def web_address(text: str) -> str:
    """Return an address of something that speaks HTTP(S); raises ValueError with what is expected."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("an address whose port is a number up to 65535; an IPv6 one stands in [ ]") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a full address beginning with http:// or https://")
    if parts.username or parts.password:
        raise ValueError("an address without a name and password in it; set them as 'username' and 'password'")
    return text


def barred(fence: Fence, reach: Reach, value: Any) -> Barred | None:  # noqa: ANN401 - options are of many types
    """Say why the value of an option is out of reach; None where it is not, or where only its use can tell."""
    return _BARS[reach](fence, value) if value else None


def _bars_path(reach: Reach) -> Callable[[Fence, Any], Barred | None]:
    return lambda fence, value: _looked_at(fence, os.path.realpath(value), reach)


def _bars_device(fence: Fence, value: str) -> Barred | None:
    return _bars_host(fence, value) if "://" in value else fence.bars_device(os.path.realpath(value))


def _bars_program(fence: Fence, value: tuple[str, ...]) -> Barred | None:
    return _bars_full(fence, _full(value[0], ""))


def _bars_host(fence: Fence, value: str) -> Barred | None:
    """Look at an address written as a number, in whichever form; what a name stands for is seen when it is used."""
    host, port = value, 0
    if "://" in value:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port or 0
    with suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return _bars_address(fence, _ip(found[0][4]), port)
    return None


_BARS: dict[Reach, Callable[[Fence, Any], Barred | None]] = {
    Reach.READ: _bars_path(Reach.READ),
    Reach.KEY: _bars_path(Reach.KEY),
    Reach.WRITE: _bars_path(Reach.WRITE),
    Reach.DEVICE: _bars_device,
    Reach.RUN: _bars_program,
    Reach.CONNECT: _bars_host,
}


# ---------------------------------------------------------------- files and folders


def place(fence: Fence, path: str | Path, reach: Reach) -> Path:
    """Return where a path really leads, past all links; raises `OutOfReach`."""
    real = os.path.realpath(path)
    found = _looked_at(fence, real, reach)
    if found:
        raise OutOfReach(found)
    return Path(real)


def readable_as(folder: Path) -> int:
    """Return the rights that a new file for others has: whoever may read its folder may read it, and we may write.

    This process makes files for its owner alone, since those of a site are secret; what a sink writes is for others.
    """
    return stat.S_IMODE(folder.stat().st_mode) & 0o444 | 0o600


def open_file(fence: Fence, path: str | Path, reach: Reach = Reach.READ) -> BinaryIO:
    """Open a file for reading; raises `OutOfReach`, or OSError where it cannot be opened."""
    descriptor = _opened(fence, path, reach, os.O_RDONLY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IsADirectoryError(21, "it is no file", str(path))
    return os.fdopen(descriptor, "rb")


def open_folder(fence: Fence, path: str | Path, reach: Reach) -> int:
    """Open a folder, for the `dir_fd` of functions of `os`; raises `OutOfReach`, or OSError. The caller closes it."""
    return _opened(fence, path, reach, os.O_RDONLY | os.O_DIRECTORY)


def read_text(fence: Fence, path: str | Path, reach: Reach = Reach.READ) -> str:
    """Return a small file such as one that holds a password; raises `OutOfReach`, OSError or UnicodeDecodeError."""
    with open_file(fence, path, reach) as file:
        data = file.read(SMALL_FILE + 1)
    if len(data) > SMALL_FILE:
        raise OSError(27, f"it has more than {SMALL_FILE >> 10} KB", str(path))
    return data.decode("utf-8")


def password(fence: Fence, file: str, otherwise: str) -> str:
    """Return the password or token in a file, where one is named; raises `Unavailable` when that cannot be read."""
    if not file:
        return otherwise
    try:
        return read_text(fence, file).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as fault:
        why = getattr(fault, "strerror", None) or "it is no text"
        raise Unavailable(f"the password file cannot be read: {why}", permanent=True) from fault


def _opened(fence: Fence, path: str | Path, reach: Reach, flags: int) -> int:
    """Open what lies within reach; what was put in its place meanwhile is seen by its number on the disk."""
    descriptor = os.open(place(fence, path, reach), flags | _OPENED)
    try:
        _check_same(place(fence, path, reach), descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_same(there: Path, descriptor: int) -> None:
    if not os.path.samestat(there.stat(), os.fstat(descriptor)):
        raise Unavailable(f"{there} was replaced as it was opened; it is tried again")


def _is_site(folder: Path) -> bool:
    return any(all((folder / name).exists() for name in names) for names in _OF_A_SITE)


def _looked_at(fence: Fence, real: str, reach: Reach) -> Barred | None:
    """Say what bars a path that has been resolved; another site on this machine is as little within reach as ours."""
    barred, here = fence.bars_path(real, reach), Path(real)
    site = next((str(each) for each in (here, *here.parents) if _is_site(each)), "")
    if site and not barred:
        return Barred(f"{real} belongs to the site in {site}", "name a folder that is no site's, and not in one")
    return barred


# ---------------------------------------------------------------- programs


def program(fence: Fence, name: str, folder: str = "") -> str:
    """Return the full path of a program to run, which is to be run by that path; raises `OutOfReach`."""
    full = _full(name, folder)
    found = _bars_full(fence, full)
    if found:
        raise OutOfReach(found)
    return full


def _bars_full(fence: Fence, full: str) -> Barred | None:
    if full.startswith("/"):
        return fence.bars_program(full)
    return Barred(f"there is no program called {full} on the machine", "give its full path")


def _full(name: str, folder: str) -> str:
    return os.path.normpath(Path(folder or "/", name)) if "/" in name else shutil.which(name) or name


# ---------------------------------------------------------------- addresses


async def connected(fence: Fence, host: str, port: int) -> socket.socket:
    """Return a connection to a host, without waiting for anybody else; raises `OutOfReach` or OSError."""
    found = await aside(_addresses, fence, host, port)
    loop, fault = asyncio.get_running_loop(), OSError()
    for family, address in found:
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(0)
        try:
            await loop.sock_connect(connection, address)
            return _not_ours(connection)
        except OSError as failure:
            connection.close()
            fault = failure
        except BaseException:
            connection.close()
            raise
    raise fault


def connected_now(fence: Fence, host: str, port: int, timeout_s: float) -> socket.socket:
    """Return a connection to a host, within a time; raises `OutOfReach` or OSError. For a thread that may wait."""
    fault = OSError()
    for family, address in _addresses(fence, host, port):
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(address)
            return _not_ours(connection)
        except OSError as failure:
            connection.close()
            fault = failure
        except BaseException:
            connection.close()
            raise
    raise fault


def address_of(fence: Fence, host: str, port: int) -> str:
    """Return an address of a host, as a number, that may be connected to; raises `OutOfReach` or OSError.

    For clients that connect by themselves: given the number, they look up no name again.
    """
    return str(_addresses(fence, host, port)[0][1][0])


def check_address(fence: Fence, address: str, port: int = 0) -> None:
    """Raise `OutOfReach` for an address, written as a number, that may not be connected to."""
    found = _bars_address(fence, ip_address(address.partition("%")[0]), port)
    if found:
        raise OutOfReach(found)


def check_connection(fence: Fence, connection: socket.socket) -> None:
    """Raise `OutOfReach` for a connection that leads where none may: for clients that connect by themselves."""
    address, port, *_ = connection.getpeername()
    check_address(fence, str(address), int(port))
    _not_ours(connection)


def check_host(fence: Fence, host: str, port: int) -> None:
    """Raise `OutOfReach` where a host has an address that may not be connected to, or OSError where it has none."""
    for _, _, _, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        check_address(fence, str(address[0]), port)


def _addresses(fence: Fence, host: str, port: int) -> list[tuple[int, Any]]:
    """Return the addresses of a host that may be connected to; raises `OutOfReach` where there are others only."""
    found = [(family, address) for family, _, _, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)]
    allowed: list[tuple[int, Any]] = [
        (family, address) for family, address in found if not _bars_address(fence, _ip(address), port)
    ]
    for _, address in found if not allowed else ():
        check_address(fence, str(address[0]), port)
    return allowed


def _bars_address(fence: Fence, address: Ip, port: int) -> Barred | None:
    if port in _own_ports and address.is_loopback:
        return _our_page(port)
    return fence.bars_address(address)


def _not_ours(connection: socket.socket) -> socket.socket:
    """Return a connection unless it leads to the pages of this process, by whichever address of the machine.

    Raises `OutOfReach`, or OSError where the other side has broken it off already.
    """
    here, (there, port, *_) = connection.getsockname()[0], connection.getpeername()
    if here == there and port in _own_ports:
        raise OutOfReach(_our_page(port))
    return connection


def _our_page(port: int) -> Barred:
    return Barred(f"port {port} of this machine serves Tollbook's own pages", "name the address of something else")


def _ip(address: Any) -> Ip:  # noqa: ANN401 - as the socket module has it
    return ip_address(str(address[0]).partition("%")[0])


# ---------------------------------------------------------------- waiting


async def aside(work: Callable[..., Result], *given: Any) -> Result:  # noqa: ANN401 - as the function has it
    """Do something that may hang in a thread of its own, which nobody waits for when the program ends."""
    done: Future[Result] = Future()

    def run() -> None:
        try:
            result = work(*given)
        except BaseException as fault:  # noqa: BLE001 - handed to who waits
            done.set_exception(fault)
        else:
            done.set_result(result)

    threading.Thread(target=run, name="aside", daemon=True).start()
    return await asyncio.shield(asyncio.wrap_future(done))
