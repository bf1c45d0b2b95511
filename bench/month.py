"""Reports of one month out of many years' worth of calls, and what a store of so many takes on disk."""

from __future__ import annotations

import shutil
from contextlib import closing

from bench import importing
from bench.catalogue import timed
from bench.engines import duck
from bench.prices import priced
from bench.scene import DIRECTORY, Fact, Result, Scene
from bench.tables import Table, count, duration, megabytes
from tollbook.clock import monotonic_s
from tollbook.reports.known import reports
from tollbook.store.store import Store

_MONTH = {"from": "2025-11-01", "to": "2025-11-30"}
_REPORTS = ("by-department", "by-hour", "call-list", "cost-by-destination", "lines-in-use")


def measure(scene: Scene) -> Result:
    """Make the store, priced and with owners, and ask of one month of it."""
    small, large = scene.folder / "month-small.duckdb", scene.folder / "month.duckdb"
    shutil.copyfile(importing.fill(scene) / "calls.duckdb", small)
    with closing(Store(small)) as store:
        scene.say("month: prices")
        store.copy_directory(DIRECTORY)
        priced(store)
    scene.say(f"month: making a store of {count(scene.sizes.calls * scene.sizes.month_more)} calls")
    begun = monotonic_s()
    duck.multiply(small, large, scene.sizes.month_more)
    filled_s = monotonic_s() - begun
    small.unlink()
    size = large.stat().st_size
    with closing(Store(large)) as store:
        calls = int(store.rows("SELECT count(*) FROM call")[0][0])
        found = {}
        for slug in _REPORTS:
            scene.say(f"month: {slug}")
            found[slug] = timed(store, reports()[slug], _MONTH, scene.sizes.repeats)
    large.unlink()
    table = Table(
        title=f"Reports of November 2025 out of {count(calls)} calls",
        columns=("report", "time", "processors", "rows"),
        words=frozenset(("report",)),
        rows=[(slug, duration(it.took_s), duration(it.cpu_s), count(it.rows)) for slug, it in found.items()],
        notes=(
            f"The store takes {megabytes(size)} on disk, {size / calls:.0f} bytes a call.",
            f"It was filled in {duration(filled_s)}, {count(calls / filled_s)} calls/s, with calls of one year again.",
            f"So the month lies in {scene.sizes.month_more} places; where calls came in their order, it lies in one.",
        ),
    )
    return Result(tables=[table], facts={Fact.MONTH_S: max(each.took_s for each in found.values())})
