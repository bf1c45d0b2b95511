"""Sites at work: a server, a PBX that it asks, and calls that ended today; with a year of calls before them or none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from bench import importing
from bench.scene import SPAN, Scene
from bench.serving import Server, serving
from tollbook.clock import now
from tollbook.simulator.history import HistoryFile, write_history
from tollbook.simulator.office import Office
from tollbook.simulator.running import RunningPbx

_TODAY = timedelta(hours=18)
_FEWEST = 100


@contextmanager
def full_site(scene: Scene, name: str) -> Iterator[tuple[Server, RunningPbx]]:
    """Serve a copy of the site that holds the generated calls; its PBX is asked every second, the shortest there is."""
    site = scene.folder / name
    shutil.copytree(importing.fill(scene), site)
    with _at_work(scene, name, interval_s=1) as both:
        yield both
    shutil.rmtree(site)


@contextmanager
def small_site(scene: Scene, name: str) -> Iterator[tuple[Server, RunningPbx]]:
    """Serve a site that holds the calls of today and no others; its PBX is asked every five seconds."""
    with _at_work(scene, name, interval_s=5) as both:
        yield both


@contextmanager
def _at_work(scene: Scene, name: str, *, interval_s: float) -> Iterator[tuple[Server, RunningPbx]]:
    today = scene.folder / f"{name}.csv"
    calls = max(scene.sizes.calls // SPAN.days, _FEWEST)
    write_history(HistoryFile(out=today, until=now(), rows=calls, span=_TODAY, office=Office(seed=2)))
    with RunningPbx() as pbx:
        settings = {"url": pbx.url, "interval": f"{interval_s:g}s"}
        with serving(scene.folder / name, settings, today) as server:
            yield server, pbx
