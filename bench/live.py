"""How long a call takes from the PBX's answer to the screen.

Measured from the moment the simulated PBX begins to answer until the event with the call has arrived at a signed-in
listener of the live feed. How long the call waited to be asked for is the PBX's side, and not in it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime

import httpx2

from bench.busy import full_site
from bench.pages import percentile
from bench.scene import Fact, Result, Scene
from bench.serving import ServerFailed
from bench.tables import Table, count, duration
from tollbook.clock import now
from tollbook.simulator.history import Switchboard
from tollbook.simulator.office import Office
from tollbook.simulator.row import CallRow
from tollbook.simulator.running import RunningPbx

_SEED = 3
_PATIENCE_S = 20.0
_SETTLING_S = 0.5
_FEED = re.compile(r"/live/feed/[^\"]*")


def measure(scene: Scene) -> Result:
    """Let calls come one by one."""
    scene.say("live: making the site ready")
    with full_site(scene, "live") as (server, pbx), server.signed_in() as client:
        times = _times(scene, client, pbx)
    middle, late = percentile(times, 50), percentile(times, 95)
    table = Table(
        title=f"From the PBX's answer to the screen, with {count(scene.sizes.calls)} calls in the site",
        columns=("calls", "p50", "p95", "longest"),
        words=frozenset(),
        rows=[(count(len(times)), duration(middle), duration(late), duration(max(times)))],
        notes=("From the first byte of the answer to the event in the live feed; journalled with fsync on the way.",),
    )
    return Result(tables=[table], facts={Fact.LIVE_P95_S: late})


def _times(scene: Scene, client: httpx2.Client, pbx: RunningPbx) -> list[float]:
    exchange = Switchboard(Office(seed=_SEED))
    times = []
    with client.stream("GET", _feed(client), timeout=_PATIENCE_S) as stream:
        if stream.status_code != httpx2.codes.OK:
            message = f"the live feed was answered {stream.status_code}"
            raise ServerFailed(message)
        events = _events(stream)
        scene.say(f"live: {scene.sizes.live_calls} calls")
        time.sleep(_SETTLING_S)
        for _ in range(scene.sizes.live_calls):
            row = exchange.ended(int(now().timestamp()))
            pbx.add([row])
            event = next(events)
            arrived = now()
            _check(event, row)
            times.append((arrived - _answered(pbx, row)).total_seconds())
    return times


def _feed(client: httpx2.Client) -> str:
    """Return the address that the home page listens to."""
    found = _FEED.search(client.get("/").raise_for_status().text)
    if found is None:
        raise ServerFailed("the home page listens to no feed")
    return found[0]


def _events(stream: httpx2.Response) -> Iterator[str]:
    """Yield the text of each event with calls as it arrives; a feed that ends, or says nothing for long, is a fault."""
    named = False
    for line in stream.iter_lines():
        if line.startswith("data:") and not named:
            yield line
        named = line.startswith("event:")  # such an event is no call, but a word to the page itself
    raise ServerFailed("the live feed ended")


def _check(event: str, row: CallRow) -> None:
    if row.callee not in event:
        message = f"a call to {row.callee} was expected in the live feed, and this came: {event[:200]}"
        raise ServerFailed(message)


def _answered(pbx: RunningPbx, row: CallRow) -> datetime:
    return next(answer.at for answer in reversed(pbx.handed_out) if row in answer.rows)
