"""What the REST API tells of PBXs and their calls while they come."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx2
import msgspec

from bench.scene import SubjectFailed
from tollbook.clock import monotonic_s


class Progress(msgspec.Struct, frozen=True):
    """How far one PBX's stream is: bytes on the disk in the journal, and calls in the store."""

    pbx: str
    bytes_taken: int
    calls: int


class Listed(msgspec.Struct, frozen=True):
    """A call as the API lists it: its permanent key, its PBX, and the id that its PBX gave it."""

    id: str
    pbx: str
    call_id: str


class _Status(msgspec.Struct, frozen=True):
    pbxs: list[Progress]


_listed = msgspec.json.Decoder(Listed)


def name_of(number: int) -> str:
    """Return the name of a PBX by its number.

    >>> name_of(7)
    'pbx007'
    """
    return f"pbx{number:03d}"


def add_pbxs(client: httpx2.Client, ports: dict[int, int]) -> None:
    """Add PBXs by their numbers, each with the port that it listens on; the server connects to them at once."""
    for number, port in ports.items():
        pbx = {
            "name": name_of(number),
            "dialect": "panasonic-kx-hts",
            "source": "tcp_client",
            "settings": {"host": "127.0.0.1", "port": str(port)},
        }
        client.post("/api/pbxs", json=pbx).raise_for_status()


def progress(client: httpx2.Client) -> Progress:
    """Say how far the only PBX of a site is."""
    answer = client.get("/api/status").raise_for_status()
    return msgspec.json.decode(answer.content, type=_Status).pbxs[0]


def listed(client: httpx2.Client, first: str = "") -> list[Listed]:
    """Return the calls that began at a wall time or later, or all."""
    words = {"format": "ndjson", "order": "started_at", **({"from": first} if first else {})}
    return _listed.decode_lines(client.get("/api/calls", params=words).raise_for_status().content)


def look_every(apart_s: float, longest_s: float, reached: Callable[[], bool]) -> bool:
    """Look again and again, so many seconds apart at least, until something is reached; say whether it was in time."""
    deadline = monotonic_s() + longest_s
    while (begun := monotonic_s()) < deadline:
        if reached():
            return True
        time.sleep(max(begun + apart_s - monotonic_s(), 0))
    return False


def wait_for(what: str, longest_s: float, reached: Callable[[], bool]) -> None:
    """Return once something is reached; raises `SubjectFailed` when it is not in time."""
    if not look_every(0.1, longest_s, reached):
        message = f"{what} did not come about within {longest_s:g} s"
        raise SubjectFailed(message)
