"""What settings may reach on this machine and in its network: the fence around a site.

Whoever may change PBXs or sinks names folders, files, programs and addresses. The fence says which of them Tollbook
goes to, and `[allow]` in the site's `tollbook.toml` moves it; only who is on the machine can write that file.

How to use it. A source finds the fence in its `Surroundings`, a sink in its `Around`. Mark every option that names
something of the machine or the network with its `Reach` (`Setting(..., reach=Reach.WRITE)`): it is then checked when
settings are kept, and said on the page. That is the first of two moments. The second is the use itself, through
`tollbook.gate`, which resolves links and names, asks here, and gives what was asked for: an open file, a folder, a
connected socket. The questions here take what is resolved already, and answer None or why not.

What always holds: of two places that name a path or an address the closer one decides, be it allowed or kept out. The
site's own files are never within reach.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import PurePosixPath

import msgspec

Network = IPv4Network | IPv6Network
Ip = IPv4Address | IPv6Address

FILE = "tollbook.toml"


class Reach(StrEnum):
    """What an option names: something to read, to write, to encrypt with, a port of the machine, ..."""

    READ = "read"
    """A file or folder whose content goes somewhere: records, a password that is sent."""
    KEY = "key"
    """A certificate or a private key: it is used, and its content is shown to nobody."""
    WRITE = "write"
    DEVICE = "device"
    RUN = "run"
    CONNECT = "connect"


class Barred(msgspec.Struct, frozen=True):
    """Why something is out of reach, and what a person can do about it."""

    reason: str
    help: str

    def __str__(self) -> str:
        """Say both on one line, as a state of health does."""
        return f"{self.reason}; {self.help}"


_SYSTEM = ("/boot", "/dev", "/proc", "/run", "/sys", "/var/run", "/var/spool/cron")
_SECRETS = ("/etc/gshadow", "/etc/gshadow-", "/etc/shadow", "/etc/shadow-", "/etc/ssh", "/etc/sudoers.d")
_PROGRAMS = ("/bin", "/etc", "/lib", "/lib64", "/sbin", "/usr/bin", "/usr/lib", "/usr/sbin", "/usr/share")
_KEPT_OUT: dict[Reach, tuple[str, ...]] = {
    Reach.READ: (*_SYSTEM, "/etc"),
    Reach.KEY: (*_SYSTEM, *_SECRETS),
    Reach.WRITE: (*_SYSTEM, *_PROGRAMS),
}
"""Folders that are out of reach unless `folders` names them or something below them."""
_SERIAL_PORTS = ("/dev/ttyS", "/dev/ttyUSB", "/dev/ttyACM", "/dev/ttyAMA", "/dev/ttyO", "/dev/ttymxc", "/dev/rfcomm")
EVERY_NETWORK: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_NETWORKS_KEPT_OUT: dict[Network, str] = {
    ip_network(network): what
    for network, what in {
        "0.0.0.0/8": "nobody's",
        "::/128": "nobody's",
        "169.254.0.0/16": "link-local, where a cloud keeps a machine's credentials",
        "fe80::/10": "link-local",
        "100.100.100.200/32": "where a cloud (Alibaba) keeps a machine's credentials",
        "168.63.129.16/32": "where a cloud (Azure) serves its machines",
        "192.0.0.192/32": "where a cloud (Oracle) keeps a machine's credentials",
        "fd00:ec2::254/128": "where a cloud (AWS) keeps a machine's credentials",
        "fd20:ce::254/128": "where a cloud (Google) keeps a machine's credentials",
        "224.0.0.0/4": "multicast",
        "ff00::/8": "multicast",
        "240.0.0.0/4": "reserved, or broadcast",
    }.items()
}
"""Networks that are out of reach unless `networks` names them or a part of them, and what they are."""
_NAT64 = ip_network("64:ff9b::/96")
_LOW_32_BITS = 0xFFFF_FFFF


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """What is within reach of settings; the defaults are those of a site without a `tollbook.toml`.

    `site` is the site's folder, resolved; empty where there is none. `folders` and `programs` are absolute paths,
    as is `updater`: no setting's reach, but the program that brings another version of Tollbook.
    """

    site: str = ""
    folders: tuple[str, ...] = ("/",)
    programs: tuple[str, ...] = ()
    networks: tuple[Network, ...] = EVERY_NETWORK
    updater: str = ""

    @property
    def file(self) -> str:
        """The file that moves the fence."""
        return str(PurePosixPath(self.site or "the site's folder", FILE))

    def bars_path(self, path: str, reach: Reach) -> Barred | None:
        """Say why a file or folder may not be read, written or used as a key; None where it may.

        >>> fence = Fence(site="/srv/tollbook")
        >>> fence.bars_path("/srv/pbx", Reach.READ)
        >>> fence.bars_path("/srv/tollbook/api-token", Reach.READ).reason
        "/srv/tollbook/api-token is one of Tollbook's own files, or holds them"
        """
        if self._is_own(path):
            reason = f"{path} is one of Tollbook's own files, or holds them"
            return Barred(reason, "name a folder that is not the site's own, and not above it")
        listed = max((_depth(folder) for folder in self.folders if _holds(folder, path)), default=-1)
        kept_out = max((_depth(folder) for folder in _kept_out(path, reach)), default=-1)
        if listed >= kept_out and listed >= 0:
            return None
        reason = f"{path} is outside the folders of [allow] in {FILE}"
        if kept_out >= 0:
            reason = f"{path} belongs to the machine, and may hold its secrets"
        return Barred(reason, self._mend("folders", path))

    def bars_device(self, path: str) -> Barred | None:
        """Say why a serial port may not be opened; None where it may.

        >>> Fence().bars_device("/dev/ttyUSB0")
        >>> Fence().bars_device("/dev/watchdog").reason
        '/dev/watchdog is not named as serial ports are'
        """
        named = any(path.startswith(start) and path[len(start) :].isalnum() for start in _SERIAL_PORTS)
        listed = any(_holds(folder, path) and folder != "/" for folder in self.folders)
        if named or listed:
            return None
        return Barred(f"{path} is not named as serial ports are", self._mend("folders", path))

    def bars_program(self, program: str) -> Barred | None:
        """Say why a program, by its full path, may not be run; None where it may: those that are listed and no other.

        >>> Fence(programs=("/usr/local/bin/read-pbx",)).bars_program("/bin/sh").reason
        '/bin/sh is not among the programs of [allow] in tollbook.toml'
        """
        if program in self.programs:
            return None
        return Barred(f"{program} is not among the programs of [allow] in {FILE}", self._mend("programs", program))

    def bars_address(self, address: Ip) -> Barred | None:
        """Say why an address of the network may not be connected to; None where it may.

        >>> from ipaddress import ip_address
        >>> Fence().bars_address(ip_address("192.0.2.10"))
        >>> Fence().bars_address(ip_address("::ffff:169.254.169.254")).reason
        "169.254.169.254 is link-local, where a cloud keeps a machine's credentials"
        """
        return next(filter(None, map(self._bars, _meant(address))), None)

    def told(self, reach: Reach) -> str:
        """Say on a page what is within reach.

        >>> Fence(site="/srv/tollbook", folders=("/srv/pbx",)).told(Reach.READ)
        'This server may read: /srv/pbx. Set in /srv/tollbook/tollbook.toml.'
        """
        what = {
            Reach.RUN: ", ".join(self.programs) or "no program",
            Reach.CONNECT: "any network" if self.networks == EVERY_NETWORK else ", ".join(map(str, self.networks)),
            Reach.DEVICE: "serial ports",
        }.get(reach) or self._folders_told()
        verb = {Reach.KEY: "read", Reach.CONNECT: "connect to", Reach.DEVICE: "open"}.get(reach, reach.value)
        return f"This server may {verb}: {what}. Set in {self.file}."

    def _folders_told(self) -> str:
        if self.folders == ("/",):
            return "any folder but its own and those of the system"
        return ", ".join(self.folders)

    def _bars(self, address: Ip) -> Barred | None:
        kept_out = [network for network in _NETWORKS_KEPT_OUT if address in network]
        closest = max(kept_out, key=lambda network: network.prefixlen, default=None)
        listed = max((network.prefixlen for network in self.networks if address in network), default=-1)
        if listed >= 0 and (closest is None or listed >= closest.prefixlen):
            return None
        what = f"is {_NETWORKS_KEPT_OUT[closest]}" if closest else f"is outside the networks of [allow] in {FILE}"
        return Barred(f"{address} {what}", self._mend("networks", str(address)))

    def _is_own(self, path: str) -> bool:
        return bool(self.site) and (_holds(self.site, path) or _holds(path, self.site))

    def _mend(self, name: str, what: str) -> str:
        return f"to allow it add {what!r} to '{name}' of [allow] in {self.file} and start Tollbook again"


def _kept_out(path: str, reach: Reach) -> list[str]:
    """Return the folders above a path, or itself, that are out of reach by default: the system's, and hidden ones."""
    named = [folder for folder in _KEPT_OUT[reach] if _holds(folder, path)]
    here = PurePosixPath(path)
    return [*named, *(str(each) for each in (here, *here.parents) if each.name.startswith("."))]


def _holds(folder: str, path: str) -> bool:
    return folder in (path, "/") or path.startswith(f"{folder}/")


def _depth(folder: str) -> int:
    return len(PurePosixPath(folder).parts)


def _meant(address: Ip) -> list[Ip]:
    """Return an address, and the IPv4 one that it stands for where it is an IPv6 one that does."""
    if isinstance(address, IPv4Address):
        return [address]
    inner = address.ipv4_mapped
    if inner:
        return [inner]
    if address in _NAT64:
        inner = IPv4Address(int(address) & _LOW_32_BITS)
    return [each for each in (address, inner or address.sixtofour) if each]
