"""The ways records arrive, grouped by who begins: as the page shows them that asks for one.

A kind of source that stands in no group here is still offered, in the last one, under its title alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tollbook.sources import known


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of source: the name that a PBX keeps, its title, and when it is the right one."""

    kind: str
    title: str
    about: str = ""


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds of source that are alike in who begins."""

    title: str
    about: str
    ways: tuple[Way, ...]


_ASKED, _SENT, _FILED, _OTHER = "Tollbook asks the PBX", "The PBX sends", "Files", "Other ways"
_GROUPS = {
    _ASKED: "Tollbook begins: it connects to the PBX, or asks it again and again.",
    _SENT: "The PBX begins: it connects to Tollbook, or sends down a cable.",
    _FILED: "The PBX, a person or a script leaves files somewhere.",
    _OTHER: "",
}
_KINDS = {
    "tcp_client": (_ASKED, "The PBX listens on a port, often 2300, and sends each record as the call ends."),
    "http_poll": (_ASKED, "The PBX hands its records over at a web address, and clears them as it does."),
    "command": (_ASKED, "A program of your own prints the records; Tollbook runs it and reads what it prints."),
    "tcp_server": (_SENT, "The PBX is told an address and a port, and connects to them."),
    "udp": (_SENT, "The PBX sends datagrams to an address and a port. What the network drops is lost."),
    "syslog": (_SENT, "The PBX or a gateway writes its records to a syslog server; Tollbook is that server."),
    "serial": (_SENT, "A cable from the PBX's printer or SMDR port ends in this machine."),
    "http_push": (_SENT, "The PBX posts its records to a web address of Tollbook's."),
    "folder": (_FILED, "Files appear in a folder of this machine or of a network share, or one file grows."),
    "ftp": (_FILED, "Files lie on an FTP server, perhaps the PBX itself; Tollbook fetches them."),
    "sftp": (_FILED, "Files lie on a server that is reached over SSH; Tollbook fetches them."),
}


def grouped() -> list[Ways]:
    """Return the kinds of source there are, group by group; the order is that of the tables above."""
    places = list(_KINDS)
    kinds = sorted(known.kinds(), key=lambda kind: places.index(kind) if kind in places else len(places))
    made = (Ways(title=title, about=about, ways=tuple(_of(title, kinds))) for title, about in _GROUPS.items())
    return [group for group in made if group.ways]


def _of(group: str, kinds: list[str]) -> Iterator[Way]:
    for kind in kinds:
        belongs_to, about = _KINDS.get(kind, (_OTHER, ""))
        if belongs_to == group:
            yield Way(kind=kind, title=known.title_of(kind), about=about)
