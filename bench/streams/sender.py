"""The program that the PBXs run in: `FILE listen PBXS SECONDS` or `FILE dial PORT`; it is told what to do on stdin.

It prints its ports. On `connected N` it answers when the first N PBXs are connected, on `alone` when none is any more.
On `go` it answers when every record has been handed over, with the moments on the monotonic clock at which each was; a
single PBX sends all at once. On `left SECONDS` it says how many records each PBX still has, after so long at most.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from bench.streams.records import plan, read_lines
from tollbook.clock import monotonic_s
from tollbook.simulator.running import RunningStream, Switchroom
from tollbook.simulator.streams import FORMS, StreamSetup, TcpDialler, TcpListener

_FILES = 4096
_PATIENCE_S = 120.0
_LINES = StreamSetup(form=FORMS["lf"])

Pbxs = list[RunningStream[Any]]


def main(file: str, way: str, *arguments: str) -> None:
    """Run the PBXs until stdin ends."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if most < 0 else min(_FILES, most), most))
    records = read_lines(Path(file))
    with Switchroom() as room:
        _WAYS[way](room, records, *arguments)


def _listen(room: Switchroom, records: list[bytes], pbxs: str, lasting_s: str) -> None:
    started = [room.start(TcpListener(), _LINES) for _ in range(int(pbxs))]
    _say([pbx.carrier.port for pbx in started])
    if len(started) > 1:
        _obey(started, lambda: _paced(started, records, float(lasting_s)))
    else:
        _obey(started, lambda: _at_once(started[0], records))


def _dial(room: Switchroom, records: list[bytes], port: str) -> None:
    pbx = room.start(TcpDialler("127.0.0.1", int(port)), _LINES)
    _say([int(port)])
    _obey([pbx], lambda: _at_once(pbx, records))


_WAYS: dict[str, Callable[..., None]] = {"listen": _listen, "dial": _dial}


def _obey(pbxs: Pbxs, send: Callable[[], list[float]]) -> None:
    deeds: dict[str, Callable[..., list[float]]] = {
        "connected": lambda number: _wait(pbxs[: int(number)], connected=True),
        "alone": lambda: _wait(pbxs, connected=False),
        "go": send,
        "left": lambda seconds: _left(pbxs, float(seconds)),
    }
    for line in sys.stdin:
        word, *values = line.split()
        _say(deeds[word](*values))


def _wait(pbxs: Pbxs, *, connected: bool) -> list[float]:
    for pbx in pbxs:
        pbx.wait(lambda: pbx.connected is connected, _PATIENCE_S)  # noqa: B023 - called before `pbx` changes
    return []


def _left(pbxs: Pbxs, patience_s: float) -> list[float]:
    deadline = monotonic_s() + patience_s
    for pbx in pbxs:
        with suppress(TimeoutError):
            pbx.wait_until_sent(patience_s=max(deadline - monotonic_s(), 0))
    return [pbx.waiting for pbx in pbxs]


def _at_once(pbx: RunningStream[Any], records: list[bytes]) -> list[float]:
    begun = monotonic_s()
    pbx.send(records)
    pbx.wait_until_sent(len(records), _PATIENCE_S)
    return [begun, monotonic_s()]


def _paced(pbxs: Pbxs, records: list[bytes], lasting_s: float) -> list[float]:
    begun, sent_at = monotonic_s(), []
    for due, record in zip(plan(len(records), len(pbxs), lasting_s), records, strict=True):
        time.sleep(max(begun + due.at_s - monotonic_s(), 0))
        sent_at.append(monotonic_s())
        pbxs[due.pbx].send([record])
    return sent_at


def _say(values: list[int] | list[float]) -> None:
    print(msgspec.json.encode(values).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
