"""PBXs of every kind of source that there is: each sends a numbered record a second, some now and then odd lines."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

from tests.fakes.peers import PEERS, Peer, Streaming
from tests.fakes.records import START
from tollbook.clock import monotonic_s
from tollbook.simulator.faults import FaultKind, PbxFault
from tollbook.simulator.history import rows
from tollbook.simulator.office import Office
from tollbook.simulator.row import Style, write
from tollbook.simulator.running import Switchroom
from tollbook.sources import known

_OF_THEIR_OWN = frozenset(("rest_poll",))
"""Kinds whose records are no lines of a PBX: what is sent could not be compared with what is stored."""
_NOISY = frozenset(("folder", "tcp_server", "udp"))
_A_DAY = 5_000
"""Calls of the simulated office's day; the next day follows, since how long a soak takes is known when it is over."""
_NOISE_EVERY, _TROUBLE_EVERY, _REFUSED_S = 11, 7, 5.0


class Traffic:
    """The PBXs. `sent` and `noise` hold, by PBX, its records and its lines that are none."""

    def __init__(self, peers: list[Peer]) -> None:
        self.peers = {peer.pbx().name: peer for peer in peers}
        self.forgetful = {name for name, peer in self.peers.items() if not peer.keeps or peer.kind == "http_poll"}
        """Those whose records are lost when nobody is there, or goes while they are handed out."""
        self.sent: dict[str, Counter[bytes]] = {name: Counter() for name in self.peers}
        self.noise: dict[str, set[bytes]] = {name: set() for name in self.peers}
        self.broken = 0
        """Lines that were broken off in the middle of a record."""
        self._records = _numbered()
        self._lock = threading.Lock()
        self._modes: set[str] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._done.set()
        self._thread.join()

    @contextmanager
    def careful(self) -> Iterator[None]:
        """Send nothing that would be lost."""
        with self._in_mode("careful"):
            yield

    @contextmanager
    def troubled(self) -> Iterator[None]:
        """Break lines off in the middle of records, and refuse connections."""
        with self._in_mode("troubled"):
            yield

    @contextmanager
    def _in_mode(self, mode: str) -> Iterator[None]:
        with self._lock:
            self._modes.add(mode)
        yield
        with self._lock:
            self._modes.discard(mode)

    def _run(self) -> None:
        begun = monotonic_s()
        for tick in count(1):
            with self._lock:
                for name, peer in self.peers.items():
                    if "careful" not in self._modes or name not in self.forgetful:
                        self._send(name, peer, tick)
            if self._done.wait(max(begun + tick - monotonic_s(), 0)):
                return

    def _send(self, name: str, peer: Peer, tick: int) -> None:
        lines = [next(self._records)]
        self.sent[name].update(lines)
        if peer.kind in _NOISY and tick % _NOISE_EVERY == 0:
            noise = f"~ line {tick} of {name} is no record".encode()
            self.noise[name].add(noise)
            lines.append(noise)
        if "troubled" in self._modes and tick % _TROUBLE_EVERY == 0:
            peer.break_off()
            self.broken += 1
            if peer.kind == "tcp_client" and isinstance(peer, Streaming):
                peer.running.misbehave(PbxFault(kind=FaultKind.REFUSE, lasting_s=_REFUSED_S))
        peer.send(lines)


def _numbered() -> Iterator[bytes]:
    """Yield records, without end and without their line ends; the account code of each is its number."""
    days = (START + timedelta(days=day) for day in count())
    made = (row for day in days for row in rows(Office(), start=day, end=day + timedelta(hours=8), calls=_A_DAY))
    for number, row in enumerate(each for each in made if each.destination_channel):
        yield write(row._replace(account_code=f"{number:08d}"), Style()).rstrip(b"\n")


@contextmanager
def pbxs(folder: Path) -> Iterator[Traffic]:
    """Make a PBX of each kind that brings its lines by itself."""
    with ExitStack() as stack:
        room = (stack, stack.enter_context(Switchroom()), folder)
        kinds = [kind for kind in known.kinds() if not known.is_by_hand(kind) and kind not in _OF_THEIR_OWN]
        yield Traffic([PEERS[kind](room) for kind in kinds])
