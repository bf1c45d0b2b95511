"""Whose connection it is, where several PBXs share a port: the longest of their networks decides, then a pattern.

What always holds: a connection is one PBX's or nobody's, never a guess. Two PBXs that nothing tells apart are not both
let in.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from tollbook.model.limits import FIRST_LINE
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources._streams.shared_port import Claim
from tollbook.sources._streams.telnet import without_requests
from tollbook.sources.common import LinePattern, Network

NOT_AMONG = "its address is not among the 'peers' of any PBX on this port"
_LINE = re.compile(rb"[^\r\n\0\2\3\f]+")


class PeerClaim(Claim):
    """A PBX that is known by its address and its first line, and the inbox that what it sends goes to."""

    def __init__(self, pbx: str, inbox: EventMerge, peers: tuple[Network, ...]) -> None:
        super().__init__(pbx)
        self.inbox, self.peers = inbox, peers
        self.pattern = LinePattern()

    def refuse(self, peer: str, reason: str) -> None:
        """Note somebody who was not let in."""
        self.inbox.refuse(peer, reason)

    def closeness(self, address: IPv4Address | IPv6Address) -> int:
        """Return how closely its networks name an address: 0 where it may be anywhere, -1 if not at all."""
        if not self.peers:
            return 0
        return max((network.prefixlen + 1 for network in self.peers if address in network), default=-1)

    def clash(self, other: PeerClaim, where: str) -> str:
        """Say whether there are connections that nothing would tell apart from the other's."""
        places = set(self.peers) & set(other.peers) if self.peers and other.peers else self.peers == other.peers
        if not places or self.pattern != other.pattern:
            return ""
        return (
            f"PBX '{other.pbx}' is awaited on {where} too, and nothing tells the two apart: "
            "set 'peers', or another 'listen' for one of them"
        )


Claimed = TypeVar("Claimed", bound=PeerClaim)


def closest(claims: list[Claimed], address: IPv4Address | IPv6Address) -> list[Claimed]:
    """Return the PBXs that an address can belong to: those whose networks name it most closely."""
    close = [(claim.closeness(address), claim) for claim in claims]
    best = max((closeness for closeness, _ in close), default=-1)
    return [claim for closeness, claim in close if closeness == best >= 0]


def whose(
    claims: list[Claimed],
    address: IPv4Address | IPv6Address,
    heard: bytes,
    *,
    over: bool,
) -> Claimed | str | None:
    """Return whose connection it is, why it is nobody's, or None while more has to be heard.

    `over` says that no more will be.
    """
    close = closest(claims, address)
    anyway = [claim for claim in close if not claim.pattern]
    if not close or len(anyway) == len(close):
        return anyway[0] if anyway else NOT_AMONG
    line = first_line(heard, over=over)
    if line is None:
        return None
    matching = [claim for claim in close if claim.pattern and claim.pattern.is_in(line)]
    if len(matching) > 1:
        return f"its first line matches the 'first-line' of {' and of '.join(each.pbx for each in matching)}"
    if matching or anyway:
        return (matching or anyway)[0]
    return "its first line matches the 'first-line' of no PBX" if line else "it sent no line to tell by whose it is"


def first_line(heard: bytes, *, over: bool) -> bytes | None:
    r"""Return the first line that is not empty, None while it may still grow.

    >>> first_line(b"\r\nSITE7 1015\r\n", over=False), first_line(b"SITE7", over=False), first_line(b"", over=True)
    (b'SITE7 1015', None, b'')
    """
    text = without_requests(heard[:FIRST_LINE])
    found = _LINE.search(text)
    if found and found.end() < len(text):
        return found[0]
    if over or len(heard) >= FIRST_LINE:
        return found[0] if found else b""
    return None
