"""Memory of a server with nothing to do but ask one PBX that has nothing to tell."""

from __future__ import annotations

import time

from bench.busy import small_site
from bench.processes import Memory, memory
from bench.scene import Fact, Result, Scene
from bench.tables import Table, megabytes

_SETTLING_S = 2.0


def measure(scene: Scene) -> Result:
    """Look at the server some time after its start, and again after its first page."""
    with small_site(scene, "idle") as (server, _):
        scene.say(f"idle memory: waiting {scene.sizes.idle_s:g} s")
        time.sleep(scene.sizes.idle_s)
        before = memory(server.pid)
        with server.signed_in() as client:
            client.get("/").raise_for_status()
        time.sleep(_SETTLING_S)
        after = memory(server.pid)
    table = Table(
        title="Memory of an idle server, one PBX asked every 5 s",
        columns=("when", "RSS", "PSS"),
        words=frozenset(("when",)),
        rows=[
            _row(f"{scene.sizes.idle_s:g} s after its start", before),
            _row("after somebody signed in and saw the home page", after),
        ],
        notes=(
            "Of the server's process and all its children. PSS divides pages that several processes share.",
            "The home page shows the calls of a day, with its charts.",
        ),
    )
    return Result(tables=[table], facts={Fact.IDLE_BYTES: float(after.rss)})


def _row(when: str, found: Memory) -> tuple[str, ...]:
    return when, megabytes(found.rss), "-" if found.pss is None else megabytes(found.pss)
